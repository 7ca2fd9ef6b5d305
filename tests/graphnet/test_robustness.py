"""What users do that could end in a wrong number: each is right or refused."""

from __future__ import annotations

import itertools
import pickle
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import Container, Module, Node, Parameter, check_gradients, gModule, nest
from graphnet import modules as nn
from graphnet.interop.torch7 import build_criterion, build_module

# ---- parameters are never lost


def test_names_of_nodes_do_not_decide_which_parameters_there_are() -> None:
    x = nn.Identity()()
    h_4 = nn.Linear(2, 2)(x)
    h = nn.Linear(2, 2)(h_4)
    gn.annotate_nodes()
    for _ in range(2):
        h = nn.Linear(2, 2)(h)
        h.annotate(name="h")
    net = gModule([x], [h])
    assert len(net.parameters()) == len(net.named_parameters()) == 8
    inner = nn.Sequential(nn.Linear(2, 2))(x).annotate(name="a")
    dotted = nn.Linear(2, 2)(inner).annotate(name="a.0")
    net = gModule([x], [dotted], allow_unused=True)
    assert len(net.parameters()) == len(net.named_parameters()) == 4


def test_a_module_that_is_an_attribute_is_seen() -> None:
    class Wrapped(Module):
        def __init__(self) -> None:
            self.inner = nn.Sequential(nn.Linear(2, 2), nn.Dropout())

        def update_output(self, x: Any) -> Any:
            return self.inner.run(x).output

    net = nn.Sequential(Wrapped()).float().evaluate()
    assert len(net.parameters()) == 2
    assert not any(m.train for m in net.list_modules())
    assert net.parameters()[0].dtype == np.float32
    net.replace(lambda m: nn.Tanh() if isinstance(m, nn.Sequential) and m is not net else m)
    assert net.parameters() == []


def test_replacing_keeps_ties() -> None:
    shared = nn.Linear(2, 2)
    net = nn.Sequential(nn.Sequential(shared), nn.Sequential(shared))
    net.replace(lambda m: nn.Linear(2, 2) if isinstance(m, nn.Linear) else m)
    assert len(net.parameters()) == 2
    assert net.parameters()[0] is not shared.weight


def test_a_parameter_is_not_overwritten_by_an_array() -> None:
    layer = nn.Linear(2, 2)
    with pytest.raises(TypeError, match=r"weight is a parameter; write to its numbers: module.weight.value = \.\.\."):
        layer.weight = np.ones((2, 2))  # type: ignore[assignment]
    layer.bias = None
    layer.weight = Parameter(np.ones((2, 2)))
    np.testing.assert_array_equal(layer.forward(np.ones(2)), [2, 2])


def test_misspelt_names_are_refused() -> None:
    layer = nn.Linear(2, 2)
    for act in (lambda: layer.clone("wieght"), lambda: nn.Linear(2, 2).share(layer, "wieght")):
        with pytest.raises(ValueError, match="has no parameter 'wieght'; the names there are: bias, weight"):
            act()
    a, b = nn.Linear(2, 2), nn.Linear(2, 2)
    with pytest.raises(ValueError, match="their modules differ"):
        nn.Sequential(a, b, a).share(nn.Sequential(a, a, b), "weight")


# ---- flat views


def test_flat_views_as_targets_of_numpy() -> None:
    view, _ = nn.Linear(2, 1).get_parameters()
    view.fill(5)
    np.add(view, 1, out=view, where=np.array([True, False, False]))
    np.testing.assert_array_equal(view.copy(), [6, 5, 5])
    np.add.at(view, [0, 0], 10)
    np.testing.assert_array_equal(view.copy(), [26, 5, 5])
    quotient = np.zeros(3)
    np.divmod(view, 4, out=(quotient, view))
    np.testing.assert_array_equal(view.copy(), [2, 1, 1])
    view[view > 1] = 0
    np.testing.assert_array_equal(view.copy(), [0, 1, 1])


# ---- drawings of containers


class Twice(Container):
    def __init__(self, module: Module) -> None:  # forgets super().__init__()
        self.add(module)

    def drawing(self, x: Node) -> Any:
        return self.modules[0](self.modules[0](x))


def test_a_container_that_forgets_its_super() -> None:
    net = Twice(nn.Linear(2, 2))
    assert check_gradients(net, np.ones(2)).ok
    assert check_gradients(pickle.loads(pickle.dumps(net)).clone(), np.ones(2)).ok


@pytest.mark.parametrize(
    ("draw", "kind", "text"),
    [
        (lambda self, x: None, TypeError, r"what Odd.drawing\(x\) returns is None where a node is meant"),
        (lambda self, x: [], ValueError, "is an empty list"),
        (lambda self, x: nn.Linear(2, 2)(x), ValueError, r"Odd.drawing calls Linear\(2, 2\), which is not among its"),
        (lambda self, x: self.modules[0](), ValueError, r"Odd.drawing calls Tanh\(\) without an input"),
    ],
)
def test_drawings_that_cannot_be_right(draw: Any, kind: type[Exception], text: str) -> None:
    odd = type("Odd", (Container,), {"drawing": draw})(nn.Tanh())
    with pytest.raises(kind, match=text):
        odd.forward(np.ones(2))


def test_a_drawing_may_return_a_tuple() -> None:
    both = type("Both", (Container,), {"drawing": lambda self, x: (x, self.modules[0](x))})(nn.Tanh())
    assert check_gradients(both, np.ones(2)).ok


def test_a_container_cannot_hold_itself() -> None:
    net = nn.Sequential()
    with pytest.raises(ValueError, match="cannot hold itself"):
        net.add(net)
    with pytest.raises(ValueError, match="cannot hold itself"):
        net.add(nn.Sequential(net))


@dataclass
class Scale(Module):
    gain: float = 1.0

    def update_output(self, x: Any) -> Any:
        return self.gain * x

    def update_grad_input(self, x: Any, y: Any, dy: Any) -> Any:
        return self.gain * dy


def test_a_plan_goes_by_identity() -> None:
    net = nn.Sequential(Scale(2.0))
    assert net.forward(np.ones(1)) == 2
    net.modules[0] = other = Scale(2.0)
    other.gain = 3.0
    assert net.forward(np.ones(1)) == 3
    x = nn.Identity()()
    assert gModule([x], [Scale(2.0)(x)]).forward(np.ones(1)) == 2


class Repeated(Container):
    def __init__(self, module: Module, n: int) -> None:
        super().__init__(module)
        self.n = n

    def drawing(self, x: Node) -> Any:
        for _ in range(self.n):
            x = self.modules[0](x)
        return x


def test_a_drawing_follows_the_attributes_it_is_made_from() -> None:
    inner = Repeated(Scale(2.0), 1)
    x = nn.Identity()()
    for net in (nn.Sequential(inner), gModule([x], [inner(x)])):
        inner.n = 1
        assert net.forward(np.ones(1)) == 2
        inner.n = 3
        assert net.forward(np.ones(1)) == 8
        inner.evaluate()
        assert net.backward(np.ones(1), np.ones(1)) == 8  # a change of mode is none of the drawing


def test_the_modules_of_a_gmodule_are_not_changed_in_vain() -> None:
    with pytest.raises(TypeError, match="does not support item assignment"):
        nn.rnn(1, 1).modules[0] = nn.Tanh()


def test_a_gmodule_without_inputs_may_be_an_inner_one() -> None:
    class Constant(Module):
        needs_input = False

        def update_output(self, x: Any) -> Any:
            return np.ones(2)

        def update_grad_input(self, x: Any, y: Any, dy: Any) -> Any:
            return []

    a = nn.Identity()()
    inner = gModule([], [Constant()()])
    net = gModule([a], [nn.CAddTable()([a, inner()])])
    np.testing.assert_array_equal(net.forward(np.ones(2)), [2, 2])
    np.testing.assert_array_equal(net.backward(np.ones(2), np.ones(2)), [1, 1])


def test_deeply_nested_containers_are_copied() -> None:
    net: Module = nn.Tanh()
    for _ in range(300):
        net = nn.Sequential(net)
    assert net.clone().forward(np.zeros(1)) == 0


def test_removed_modules_are_let_go() -> None:
    net = nn.Sequential(nn.Linear(300, 300))
    net.remove()
    assert len(pickle.dumps(net)) < 1000


# ---- what the tape tells of containers


def test_a_gmodule_that_takes_one_list() -> None:
    a = nn.Identity()()
    layer = nn.lstm(3, 2)(a)
    c, h = layer.split(2)
    gn.annotate_nodes()
    tape = gModule([a], [c, h]).run([np.ones((1, 3)), np.ones((1, 2)), np.ones((1, 2))])
    dx = tape.backward([np.ones((1, 2))] * 2)
    for mine, whole in zip(tape["layer"].grad_input, dx, strict=True):
        np.testing.assert_array_equal(mine, whole)
    # What its consumers gave it, without what next_c gets from next_h inside.
    np.testing.assert_array_equal(tape["layer"].grad_output, [[[1, 1]], [[1, 1]]])
    assert len(tape["layer"].input) == 3


def test_what_a_container_passes_through_has_its_gradient() -> None:
    a = nn.Identity()()
    empty = nn.Sequential()(a)
    fork = nn.ConcatTable(nn.Sequential(), nn.Identity())(empty)
    gn.annotate_nodes()
    tape = gModule([a], [fork]).run(np.ones(2))
    tape.backward([np.ones(2), np.ones(2)])
    np.testing.assert_array_equal(tape["empty"].grad_input, [2, 2])
    np.testing.assert_array_equal(tape["fork"].grad_input, [2, 2])


def test_a_tape_is_not_written_to() -> None:
    a = nn.Identity()()
    b = nn.Tanh()(a)
    gn.annotate_nodes()
    tape = gModule([a], [b]).run(np.ones(2))
    tape.backward(np.ones(2))
    for value in (tape["b"].grad_output, tape["b"].grad_input, tape["a"].output, tape.input, tape.output):
        kept = value.copy()
        value *= 100
        assert kept.any()
    np.testing.assert_array_equal(tape["b"].grad_output, [1, 1])
    np.testing.assert_array_equal(tape.input, [1, 1])


def test_every_path_can_be_looked_up() -> None:
    tape = nn.Sequential(nn.Tanh(), nn.Sequential(nn.Sigmoid())).run(np.ones(2))
    for entry in tape.entries():
        if entry.module is not None:
            assert tape[entry.path].call is entry.call


# ---- numbers of other types


@pytest.mark.parametrize("dtype", [np.uint8, bool, np.int32])
def test_integers_do_not_wrap(dtype: Any) -> None:
    big = np.array([1, 1] if dtype is bool else [200, 100], dtype)
    real = big.astype(float)
    assert nn.MSECriterion().forward(big, big[::-1]) == nn.MSECriterion().forward(real, real[::-1])
    np.testing.assert_array_equal(nn.CAddTable().forward([big, big]), 2 * real)
    np.testing.assert_array_equal(nn.CMulTable().forward([big, real]), real * real)

    class Square(gn.Elementwise):
        def value(self, x: Any) -> Any:
            return x * x

        def slope(self, x: Any, y: Any) -> Any:
            return 2 * x

    square = Square()
    square.forward(big)
    np.testing.assert_array_equal(square.backward(big, np.ones(2)), 2 * real)
    x = nn.Identity()()
    fork = gModule([x], [nn.Identity()(x), nn.Identity()(x)])
    fork.forward(real)
    np.testing.assert_array_equal(fork.backward(real, [big, big]), 2 * real)


def test_single_precision_does_not_leak() -> None:
    single = np.ones(2, np.float32)
    for module in (nn.CMulTable(), nn.JoinTable(0)):
        assert module.float().forward([single, np.ones(2, int)]).dtype == np.float32
    layer = nn.Linear(2, 2).float()
    layer.forward(single)
    assert layer.backward(single, np.ones(2, int)).dtype == np.float32
    other = layer.clone("weight", "bias").double()
    layer.float()
    assert other.type() == np.float32
    assert other.forward(np.ones(2)).dtype == np.float32
    assert nn.Sequential(layer).type() == np.float32


def test_scalar_gradients_stay_arrays() -> None:
    x = nn.Identity()()
    net = gModule([x], [nn.Tanh()(x), nn.Sigmoid()(x)])
    net.forward(np.array(0.5))
    assert isinstance(net.backward(np.array(0.5), [np.array(1.0), np.array(1.0)]), np.ndarray)


def test_the_same_input_may_be_of_another_type() -> None:
    net = nn.Tanh()
    net.forward(np.array([0, 1]))
    assert net.backward(np.array([-0.0, 1.0]), np.ones(2)).shape == (2,)


# ---- hooks and calls


def test_a_module_that_saves_must_return_a_pair() -> None:
    class Keep(Module):
        saves = True

        def update_output(self, x: Any) -> Any:
            return x * 2

    with pytest.raises(TypeError, match=r"must return \(y, saved\), since its class says saves = True"):
        Keep().forward(np.ones((2, 2)))


def test_a_hook_stores_nothing() -> None:
    class Stored(nn.Tanh):
        def update_output(self, x: Any) -> Any:
            self.output = super().update_output(x)
            return self.output

    with pytest.raises(AttributeError, match="a module stores no output: its hooks return what they compute"):
        Stored().forward(np.ones(2))


def test_classes_that_take_no_arguments_say_so() -> None:
    x = nn.Identity()()
    for slip in (lambda: nn.Sigmoid(x), lambda: x >> nn.Tanh, lambda: nn.CAddTable(wrong=3)):
        with pytest.raises(TypeError, match=r"takes no arguments; to draw a call, use \w+\(\)\(node\)"):
            slip()


def test_arrays_do_not_become_arrays_of_nodes() -> None:
    x = nn.Identity()()
    for slip in (
        lambda: np.ones(2) - nn.Tanh(),
        lambda: np.zeros(0) >> nn.Tanh(),
        lambda: np.array([x, x], object) >> nn.CAddTable(),
    ):
        with pytest.raises(TypeError, match="should be a node but is an array of shape"):
            slip()
    with pytest.raises(TypeError, match="unsupported operand"):
        np.ones(2) * x


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: nn.Dropout("a"), "the probability to drop"),
        (lambda: nn.SelectTable("a"), "SelectTable's index must be an integer, not 'a'"),
        (lambda: nn.JoinTable(1.5), "JoinTable's dimension must be an integer, not 1.5"),
        (lambda: nn.LookupTable(-1, 2), "LookupTable's n_index must be at least 1, not -1"),
        (lambda: nn.OneHot(0), "OneHot's output_size must be at least 1, not 0"),
    ],
)
def test_constructor_arguments(make: Any, text: str) -> None:
    with pytest.raises((TypeError, ValueError), match=text):
        make()


def test_numpy_integers_are_integers() -> None:
    x = nn.Identity()()
    assert len(x.split(np.int64(2))) == 2  # type: ignore[arg-type]
    assert x[np.int64(1)].index == 1  # type: ignore[index]
    assert nn.Narrow(np.int64(0), np.int64(1)).forward(np.arange(3.0)) == 1  # type: ignore[arg-type]


def test_an_underscore_does_not_name_a_node() -> None:
    _ = hidden = nn.Identity()()
    gn.annotate_nodes()
    assert _.name == "hidden"
    assert hidden is _


def test_tuples_are_lists_everywhere() -> None:
    x = (np.ones(2), np.zeros(2))
    assert check_gradients(nn.CAddTable(), x).ok
    np.testing.assert_array_equal(nn.CAddTable().forward(x), [1, 1])


def test_splitting_costs_the_same_however_long_the_list_is() -> None:
    def seconds(n: int) -> float:
        x = nn.Identity()()
        net = gModule([x], [nn.JoinTable(0)(list(x.split(n)))])
        values = [np.ones(1)] * n
        tape = net.run(values)
        best = []
        for _ in range(3):
            start = time.perf_counter()
            tape.backward(np.ones(n))
            best.append(time.perf_counter() - start)
        return min(best)

    assert seconds(4000) < 30 * seconds(400)  # ten times the elements; it was a hundred times the work


def test_gradients_of_lists_with_other_consumers() -> None:
    x = nn.Identity()()
    first, second = x.split(2)
    both = nn.CAddTable()(x)
    net = gModule([x], [both, nn.Tanh()(first), first, nn.Sigmoid()(second), nest([x, x])])
    assert check_gradients(net, [np.ones(2), np.full(2, 0.5)]).ok
    again = net.run([np.ones(2), np.full(2, 0.5)])
    dy = [np.ones(2)] * 4 + [[[np.ones(2)] * 2] * 2]
    once = again.backward(dy)
    np.testing.assert_array_equal(again.backward(dy), once)


# ---- Torch7's arguments


@pytest.mark.parametrize(
    ("spec", "size", "kept"),
    [([1, -1, -5], 5, 2), ([1, -3, -6], 5, 1), ([1, -2, 3], 5, 2), ([1, 2, -1], 5, 4)],
)
def test_narrow_as_torch7_narrows(spec: list[int], size: int, kept: int) -> None:
    assert build_module({"ctor": "nn.Narrow", "args": spec}).forward(np.arange(float(size))).size == kept


def test_arguments_that_torch7_would_not_take() -> None:
    with pytest.raises(ValueError, match="out of range in Torch7, too"):
        build_module({"ctor": "nn.Narrow", "args": [1, -1, -1]})
    for ctor, args in itertools.product(("nn.JoinTable", "nn.SelectTable", "nn.SplitTable"), ([0],)):
        with pytest.raises(ValueError, match="count from 1; it was 0"):
            build_module({"ctor": ctor, "args": args})


def test_nil_is_an_argument_left_out_and_numbers_may_be_floats() -> None:
    assert repr(build_module({"ctor": "nn.Linear", "args": [3.0, 2.0, None]})) == "Linear(3, 2, bias=True)"
    assert build_module({"ctor": "nn.Linear", "args": [3, 2, None]}).parameters()[1].size == 2
    assert build_module({"ctor": "nn.Dropout", "args": [None, True]}).p == 0.5  # type: ignore[attr-defined]
    assert repr(build_module({"ctor": "nn.Narrow", "args": [1, 1, None]})) == "Narrow(0, 0, 1)"
    criterion = build_criterion({"ctor": "nn.ClassNLLCriterion", "args": [None, None, None]})
    assert criterion.forward(np.zeros((1, 2)), np.array([1])) == 0
