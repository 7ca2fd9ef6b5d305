"""Every slip that the original was tried with: what we say to it names the node, the line and the mend.

`errors.json` holds what the original said. Each of its cases stands in one of three tables: a slip with our error, what
works with us, or what cannot be written in Python.
"""

from __future__ import annotations

import json
import linecache
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import gModule
from graphnet import modules as nn

ORIGINAL = {
    c["name"]: c for c in json.loads((Path(__file__).parent.parent / "golden/errors.json").read_text())["cases"]
}
HERE = re.escape(__file__) + r":\d+"


def sum_of_two() -> gModule:
    a, b = nn.Identity()(), nn.Identity()()
    gn.annotate_nodes()
    return gModule([a, b], [nn.CAddTable()([a, b])])


def tanh_and_sigmoid() -> gModule:
    a = nn.Identity()()
    left, right = nn.Tanh()(a), nn.Sigmoid()(a)
    gn.annotate_nodes()
    return gModule([a], [left, right])


def one_tanh() -> gModule:
    a = nn.Tanh()()
    return gModule([a], [a])


def nil_input() -> None:
    nn.Sigmoid()(None)


def two_args() -> None:
    a, b = nn.Identity()(), nn.Identity()()
    nn.CAddTable()(a, b)


def hole_in_table() -> None:
    nn.CAddTable()([nn.Identity()(), None, nn.Identity()()])


def same_node_twice_as_inputs() -> None:
    a = nn.Identity()()
    gModule([a, a], [a])


def module_output_nil() -> None:
    a = nn.Identity()()
    gModule([a], [a, None, nn.Tanh()(a)])


def gmodule_input_module() -> None:
    a = nn.Identity()()
    gModule([nn.Identity()], [a])


def gmodule_no_outputs() -> None:
    a = nn.Identity()()
    gModule([a], [])


def gmodule_nodes_not_tables() -> None:
    a = nn.Identity()()
    gModule(a, nn.Tanh()(a))


def unused_input() -> None:
    a, b = nn.Identity()(), nn.Identity()()
    gModule([a, b], [nn.Tanh()(a)])


def dangling_node() -> None:
    a = nn.Identity()()
    hidden = nn.Linear(2, 2)(a)
    forgotten = nn.Sigmoid()(hidden)
    gModule([a], [nn.Tanh()(hidden)])
    del forgotten


def unused_split_output() -> None:
    a = nn.Identity()()
    x, _ = a.split(2)
    gModule([a], [x])


def split_zero() -> None:
    nn.Identity()().split(0)


def split(n: int, value: Any, *before: gn.Module) -> None:
    a = nn.Identity()()
    parts = nn.Sequential(*before)(a).split(n)
    gn.annotate_nodes()
    gModule([a], list(parts)).forward(value)


def missing_input() -> None:
    a, b = nn.Identity()(), nn.Identity()()
    gModule([a], [nn.CAddTable()([a, b])])


def input_with_inputs() -> None:
    a = nn.Identity()()
    b = nn.Tanh()(a)
    gModule([b], [nn.Sigmoid()(b)])


def bad_backward(dy: Any, net: gModule | None = None) -> None:
    net = net or tanh_and_sigmoid()
    net.forward(np.zeros(2))
    net.backward(np.zeros(2), dy)


def backward_with_other_input() -> None:
    net = one_tanh()
    net.forward(np.array([1.0, 2.0]))
    net.backward(np.array([10.0, 20.0]), np.ones(2))


def backward_input_changed_in_between() -> None:
    net = one_tanh()
    x = np.array([1.0, 2.0])
    net.forward(x)
    x.fill(100)
    net.backward(x, np.ones(2))


def wrong_size_in_gmodule() -> None:
    a = nn.Identity()()
    bad = nn.Linear(10, 10)(a)
    gn.annotate_nodes()
    gModule([a], [bad]).forward(np.zeros(11))


def sequential_in_gmodule() -> None:
    a = nn.Identity()()
    chain = nn.Sequential(nn.Linear(3, 2), nn.Linear(3, 2))(a)
    gn.annotate_nodes()
    gModule([a], [chain])


def a_class(n: int, *target: Any) -> None:
    nn.ClassNLLCriterion().forward(np.zeros((n, 3)), np.array(target))


Slip = tuple[Callable[[], Any], type[Exception], str]

OURS: dict[str, Slip] = {
    "nil-input": (nil_input, TypeError, r"the input of Sigmoid\(\) is None where a node is meant"),
    "two-args": (two_args, TypeError, r"CAddTable\(\) was called with 2 arguments; pass several nodes as one list"),
    "tensor-as-node": (
        lambda: nn.Identity()(np.zeros(3)),
        TypeError,
        r"should be a node but is an array of shape \(3,\). To compute with values, use module.forward\(x\)",
    ),
    "module-as-node": (
        lambda: nn.Tanh()(nn.Identity()),
        TypeError,
        r"the input of Tanh\(\) is a module, Identity\(\), where a node is meant. Did you forget the second pair",
    ),
    "hole-in-table": (hole_in_table, TypeError, r"the input of CAddTable\(\)\[1\] is None where a node is meant"),
    "same-node-twice-as-inputs": (
        same_node_twice_as_inputs,
        ValueError,
        rf"inputs\[0\] and inputs\[1\] are the same node: `a` = Identity\(\), drawn at {HERE}",
    ),
    "module-output-nil": (module_output_nil, TypeError, r"gModule's outputs\[1\] is None where a node is meant"),
    "gmodule-input-module": (
        gmodule_input_module,
        TypeError,
        r"gModule's inputs\[0\] is a module, Identity\(\), where a node is meant. Did you forget",
    ),
    "gmodule-no-outputs": (gmodule_no_outputs, ValueError, r"gModule's outputs are an empty list"),
    "gmodule-nodes-not-tables": (
        gmodule_nodes_not_tables,
        TypeError,
        rf"gModule's inputs are one node, `a` = Identity\(\), drawn at {HERE}; put it in a list",
    ),
    "unused-input": (
        unused_input,
        ValueError,
        rf"gModule's inputs\[1\], `b` = Identity\(\), drawn at {HERE}, is unused: no output depends on it",
    ),
    "dangling-node": (
        dangling_node,
        ValueError,
        rf"`forgotten` = Sigmoid\(\), drawn at {HERE} takes `hidden` = Linear\(2, 2\), drawn at {HERE} but does not",
    ),
    "unused-split-output": (
        unused_split_output,
        ValueError,
        rf"1 of the split\(2\) outputs of `a` = Identity\(\), drawn at {HERE} are unused; the first is `_`",
    ),
    "split0": (split_zero, ValueError, rf"split\(0\) of Identity\(\), drawn at {HERE}: the number of outputs"),
    "split1-tensor-of-1-row": (
        lambda: split(1, np.zeros((1, 3))),
        TypeError,
        r"a list is needed to take element 0 of, not an array of shape 1x3; SplitTable makes a list of an array",
    ),
    "split1-tensor-3-rows": (lambda: split(1, np.zeros(3)), TypeError, r"a list is needed.*an array of shape 3"),
    "split1-table-of-2": (
        lambda: split(1, [np.zeros(3), np.zeros(3)]),
        ValueError,
        r"split\(1\) cannot split a list of 2",
    ),
    "split2-of-tensor-with-2-rows": (lambda: split(2, np.zeros((2, 3))), TypeError, r"a list is needed.*shape 2x3"),
    "split2-of-tensor-with-3-rows": (lambda: split(2, np.zeros((3, 2))), TypeError, r"a list is needed.*shape 3x2"),
    "split-too-many": (
        lambda: split(2, np.zeros((4, 3)), nn.SplitTable(1)),
        ValueError,
        rf"split\(2\) cannot split a list of 3(.|\n)*forward in parts\[0\], drawn at {HERE}",
    ),
    "nest-nothing": (lambda: gn.nest(), TypeError, r"missing 1 required positional argument"),  # type: ignore[call-arg]
    "nest-nil": (lambda: gn.nest(None), TypeError, r"the argument of nest is None where a node is meant"),
    "nest-empty": (lambda: gn.nest([]), ValueError, r"the argument of nest is an empty list"),
    "nest-number": (lambda: gn.nest(3), TypeError, r"the argument of nest should be a node but is the int 3"),
    "forward-too-many-inputs": (
        lambda: sum_of_two().forward([np.zeros(2)] * 3),
        ValueError,
        r"gModule\(2 in, 1 out\) takes a list of 2 inputs \(a, b\); it was given a list of 3",
    ),
    "forward-tensor-2-rows-instead-of-table": (
        lambda: sum_of_two().forward(np.ones((2, 2))),
        ValueError,
        r"takes a list of 2 inputs \(a, b\); it was given an array of shape 2x2",
    ),
    "forward-table-for-single-input-tensor-module": (
        lambda: one_tanh().forward([np.zeros(2)]),
        TypeError,
        rf"Tanh\(\) takes one array, not the list \[2\](.|\n)*forward in Tanh\(\), drawn at {HERE}; its input: \[2\]",
    ),
    "forward-no-argument": (lambda: one_tanh().forward(), TypeError, r"missing 1 required positional argument: 'x'"),  # type: ignore[call-arg]
    "forward-3-args-unpacked": (
        lambda: sum_of_two().forward(np.zeros(2), np.zeros(2)),  # type: ignore[call-arg]
        TypeError,
        r"takes 2 positional arguments but 3 were given",
    ),
    "backward-without-forward": (
        lambda: one_tanh().backward(np.zeros(2), np.zeros(2)),
        RuntimeError,
        r"gModule\(1 in, 1 out\).backward needs a forward\(x\) before it",
    ),
    "backward-too-many-gradOutputs": (
        lambda: bad_backward([np.ones(2)] * 3),
        ValueError,
        r"takes a list of 2 gradients \(left, right\); it was given a list of 3",
    ),
    "backward-tensor-gradOutput-for-2-outputs": (
        lambda: bad_backward(np.ones(2)),
        ValueError,
        r"takes a list of 2 gradients \(left, right\); it was given an array of shape 2",
    ),
    "backward-nil-gradOutput": (
        lambda: bad_backward(None, one_tanh()),
        TypeError,
        r"the gradient of the output is None, where an array of numbers is meant",
    ),
    "backward-table-gradOutput-for-1-output": (
        lambda: bad_backward([np.ones(2)], one_tanh()),
        ValueError,
        r"the gradient of the output is \[2\]; it must be like its value, 2",
    ),
    "backward-with-other-input": (
        backward_with_other_input,
        ValueError,
        r"backward was given 2 with other numbers than the latest forward saw",
    ),
    "backward-input-changed-in-between": (
        backward_input_changed_in_between,
        ValueError,
        r"with other numbers than the latest forward saw.*Call forward\(x\) first, or keep tapes",
    ),
    "wrong-size-linear-1d": (
        lambda: nn.Linear(3, 2).forward(np.zeros(4)),
        ValueError,
        r"Linear\(3, 2\) takes an array of shape 3 or Bx3; it was given 4",
    ),
    "wrong-size-linear-2d": (
        lambda: nn.Linear(3, 2).forward(np.zeros((2, 4))),
        ValueError,
        r"takes an array of shape 3 or Bx3; it was given 2x4",
    ),
    "wrong-dim-linear-3d": (
        lambda: nn.Linear(3, 2).forward(np.zeros((2, 2, 3))),
        ValueError,
        r"takes an array of shape 3 or Bx3; it was given 2x2x3",
    ),
    "wrong-dim-linear-0d": (
        lambda: nn.Linear(3, 2).forward(np.zeros(())),
        ValueError,
        r"takes an array of shape 3 or Bx3; it was given scalar",
    ),
    "wrong-size-in-gmodule": (
        wrong_size_in_gmodule,
        ValueError,
        rf"takes an array of shape 10 or Bx10; it was given 11\nforward in bad, drawn at {HERE}; its input: 11",
    ),
    "wrong-size-in-sequential": (
        lambda: nn.Sequential(nn.Linear(3, 2), nn.Linear(3, 2)).forward(np.zeros(3)),
        ValueError,
        r"it was given 2\nforward in \[1\] Linear\(3, 2\); its input: 2",
    ),
    "sequential-in-gmodule-error": (
        sequential_in_gmodule,
        ValueError,
        rf"^chain/\[1\] Linear\(3, 2\), drawn at {HERE}, cannot take 2 or Bx2: .* it was given Bx2",
    ),
    "cmultable-shape-mismatch-same-nelement": (
        lambda: nn.CMulTable().forward([np.ones((2, 3)), np.ones(6)]),
        ValueError,
        r"CMulTable\(\) takes arrays of one shape; it was given \[2x3, 6\]",
    ),
    "jointable-mismatch": (
        lambda: nn.JoinTable(0).forward([np.ones((2, 3)), np.ones((2, 2))]),
        ValueError,
        r"JoinTable\(0\) joins arrays that differ in dimension 0 alone; it was given \[2x3, 2x2\]",
    ),
    "narrow-dim-out-of-range": (
        lambda: nn.Narrow(1, 0, 1).forward(np.ones(3)),
        ValueError,
        r"Narrow\(1, 0, 1\) needs an array with dimension 1; it was given 3",
    ),
    "narrow-index-0": (  # the first is 0 with us; what is out of range is beyond the last
        lambda: nn.Narrow(0, 3, 1).forward(np.ones(3)),
        ValueError,
        r"takes elements 3 to 3 of dimension 0, but there are 3 \(0 to 2\)",
    ),
    "view-mismatch": (
        lambda: nn.View(4).forward(np.ones(3)),
        ValueError,
        r"View\(4\) cannot read 3, which has 3 elements, as 4",
    ),
    "bce-out-of-range": (
        lambda: nn.BCECriterion().forward(np.array([1.5]), np.array([1.0])),
        ValueError,
        r"BCECriterion\(\) takes probabilities, from 0 to 1, as Sigmoid gives; they went from 1.5 to 1.5",
    ),
    "lookup-out-of-range": (
        lambda: nn.LookupTable(5, 2).forward(np.array([5])),
        IndexError,
        r"LookupTable\(5, 2\): the index 5 at \(0,\) is out of range; indices run from 0 to 4",
    ),
    "classnll-target-0": (
        lambda: a_class(2, 3, 1),
        IndexError,
        r"the target 3 of row 0 is no class; classes run from 0 to 2",
    ),
    "classnll-target-shape": (
        lambda: a_class(2, 1, 2, 3),
        ValueError,
        r"the input 2x3 needs 2 classes, one for each row; the target is 3",
    ),
    "classnll-target-2d": (lambda: a_class(2, [1], [2]), ValueError, r"needs 2 classes.*the target is 2x1"),
    "mse-size-mismatch": (
        lambda: nn.MSECriterion().forward(np.zeros((2, 3)), np.zeros(4)),
        ValueError,
        r"MSECriterion\(\): the input is 2x3 but the target is 4",
    ),
}

WORKS = {
    "same-node-twice-as-outputs": "an input may be an output, also twice",
    "same-node-twice-by-split": "so may a node be taken twice",
    "gmodule-no-inputs": "a graph without inputs is allowed if its leaves need none",
    "gmodule-second-with-other-inputs": "several graphs may be made over the same nodes",
    "add-consumer-after-gmodule": "what is drawn later does not change a graph",
    "split1-table-of-1": "a list of one is split into one",
    "nest-node-is-node": "nest(a) is a",
    "backward-scale-argument": "the scale is on the parameters' gradients",
    "narrow-neg-index-neg-length": "both count from the end",
    "classnll-two-returns": "the loss alone",
    "crossentropy-batch1-vs-1d": "a batch of one",
    "view-noncontiguous": "an array of any layout can be viewed",
    "batchnorm-batch1-train": "the running statistics stand in for those of a single row",
    "getParameters-no-params": "empty vectors",
    "parameters-no-params": "an empty list",
    "minus-operator-table": "both operators draw",
    "tostring-gmodule": "a name is shown",
    "gmodule-findModules": "found by class",
    "node-module-access": "node.module",
    "annotate-returns-node": "annotate returns the node",
}

CANNOT = {
    "wrong-type-linear-float": "arrays of another floating type are cast at the net's edge",
    "tensor-scalar-sum": "NumPy's own sum",
    "cycle": "a node's inputs are given when it is made, so no cycle can be drawn",
}


def test_every_slip_of_the_original_is_here() -> None:
    assert set(ORIGINAL) == set(OURS) | set(WORKS) | set(CANNOT)


def error_text(error: BaseException) -> str:
    return "\n".join([str(error), *getattr(error, "__notes__", [])])


@pytest.mark.parametrize("name", OURS)
def test_what_we_say(name: str) -> None:
    run, kind, text = OURS[name]
    with pytest.raises(kind) as caught:
        run()
    assert re.search(text, error_text(caught.value)), error_text(caught.value)


def test_the_line_is_the_right_one() -> None:
    with pytest.raises(ValueError, match="is unused") as caught:
        unused_input()
    line = int(re.search(rf"{re.escape(__file__)}:(\d+)", str(caught.value)).group(1))  # type: ignore[union-attr]
    assert "a, b = nn.Identity()(), nn.Identity()()" in linecache.getline(__file__, line)


def test_a_missing_input_is_named() -> None:
    with pytest.raises(ValueError, match=rf"`b` = Identity\(\), drawn at {HERE} has no inputs and is not .*: `a`\)"):
        missing_input()


def test_an_input_that_has_inputs_is_named() -> None:
    with pytest.raises(ValueError, match=r"inputs\[0\], `b` = Tanh\(\).* has inputs itself. An input is drawn with"):
        input_with_inputs()


def test_what_works_although_the_original_refuses() -> None:
    a = nn.Identity()()
    assert len(gModule([a], [a, a]).forward(np.ones(2))) == 2
    x = np.array([2.0, 3.0])
    square = gModule([a], [nn.CMulTable()([a, a])], allow_unused=True)
    np.testing.assert_array_equal(square.forward(x), [4, 9])
    np.testing.assert_array_equal(square.backward(x, np.ones(2)), [4, 6])


def test_several_graphs_over_the_same_nodes() -> None:
    a, b = nn.Identity()(), nn.Identity()()
    c = nn.CAddTable()([a, b])
    first, second = gModule([a, b], [c]), gModule([b, a], [c])
    x = [np.array([1.0]), np.array([2.0])]
    assert first.forward(x) == second.forward(x) == 3


def test_a_consumer_drawn_later_changes_nothing() -> None:
    a = nn.Identity()()
    b = nn.Tanh()(a)
    net = gModule([a], [b])
    nn.Sigmoid()(b)
    assert net.forward(np.array([0.5])) == np.tanh(0.5)


def test_a_graph_without_inputs() -> None:
    class Constant(gn.Module):
        needs_input = False

        def update_output(self, x: Any) -> Any:
            assert x == []
            return np.array([1.0, 2.0])

        def update_grad_input(self, x: Any, y: Any, dy: Any) -> Any:
            return []

    layer = nn.Linear(2, 1)
    net = gModule([], [layer(Constant()())])
    np.testing.assert_allclose(net.forward([]), layer.forward(np.array([1.0, 2.0])))
    assert net.backward([], np.ones(1)) == []
    np.testing.assert_array_equal(layer.weight.grad, [[1, 2]])


def test_a_part_of_a_larger_drawing() -> None:
    a, b = nn.Identity()(), nn.Identity()()
    code = nn.Tanh()(a)
    whole = nn.CAddTable()([code, b])
    with pytest.raises(ValueError, match="does not lead to an output"):
        gModule([a], [code])
    assert gModule([a], [code], allow_unused=True).forward(np.zeros(1)) == 0
    assert gModule([a, b], [whole]).forward([np.zeros(1), np.ones(1)]) == 1


def test_wrong_values_at_the_edge() -> None:
    net = sum_of_two()
    with pytest.raises(TypeError, match=r"input 1 \(b\) is str, where an array of numbers is meant"):
        net.forward([np.zeros(2), "zero"])
    with pytest.raises(TypeError, match=r"input 0 \(a\) is None"):
        net.forward([None, np.zeros(2)])
    with pytest.raises(TypeError, match=r"input 0 \(a\) is a node, .*to draw a call, use module\(node\)"):
        net.forward([nn.Identity()(), np.zeros(2)])
    with pytest.raises(TypeError, match="an array of numbers is meant"):
        net.forward([np.array([1j]), np.zeros(1)])


@pytest.mark.parametrize(
    ("result", "text"),
    [(None, "update_output returned None"), ("text", "returned str"), ((1.0, 2.0), "returned a tuple of 2")],
)
def test_what_a_module_returns_is_checked(result: Any, text: str) -> None:
    class Wrong(nn.Identity):
        def update_output(self, x: Any) -> Any:
            return result

    with pytest.raises(TypeError, match=text) as caught:
        nn.Sequential(nn.Tanh(), Wrong()).forward(np.zeros(2))
    assert "forward in [1] Wrong()" in error_text(caught.value)


@pytest.mark.parametrize("gradient", [np.ones(3), [np.ones(2)], 1.0])
def test_a_gradient_of_another_shape_is_refused(gradient: Any) -> None:
    class Wrong(nn.Identity):
        def update_grad_input(self, x: Any, y: Any, dy: Any) -> Any:
            return gradient

    net = nn.Sequential(nn.Tanh(), Wrong())
    net.forward(np.zeros(2))
    with pytest.raises(ValueError, match=r"update_grad_input returned .* for an input that is 2") as caught:
        net.backward(np.zeros(2), np.ones(2))
    assert "backward in [1] Wrong()" in error_text(caught.value)


def test_a_node_is_not_iterable() -> None:
    with pytest.raises(TypeError, match=r"unpack node.split\(n\) instead"):
        _, _ = nn.Identity()()
    with pytest.raises(TypeError, match="taken with one integer"):
        nn.Identity()()[0:1]  # type: ignore[index]


def test_a_chain_of_operators_names_what_is_no_module() -> None:
    with pytest.raises(TypeError, match="a module must stand to the right of a node"):
        nn.Identity()() >> np.tanh  # type: ignore[operator]
    with pytest.raises(TypeError, match="Did you forget the second pair of brackets"):
        nn.Linear(3, 2) >> nn.Tanh()
