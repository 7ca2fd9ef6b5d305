"""What nngraph's own test suite asks of a gModule, and what ours adds."""

from __future__ import annotations

import copy
import itertools
import pickle
import sys
import threading
from typing import Any

import networkx as nx
import numpy as np
import pytest

import graphnet as gn
from graphnet import check_gradients, gModule, nest
from graphnet import modules as nn
from tests.graphnet.unrolled import unroll


def x(*shape: int) -> np.ndarray:
    return np.random.default_rng(len(shape)).normal(size=shape)


# ---- nngraph's suite


def test_one_output() -> None:
    a = nn.Identity()()
    assert check_gradients(gModule([a], [nn.Sigmoid()(nn.Tanh()(a))]), x(5)).ok


def test_two_outputs_fork_and_their_gradients_sum() -> None:
    a = nn.Identity()()
    prod = nn.CMulTable()([nn.Sigmoid()(a), a])
    net = gModule([a], [nn.Tanh()(prod), nn.Sigmoid()(prod)])
    value = x(5)
    assert [y.shape for y in net.forward(value)] == [(5,), (5,)]
    assert check_gradients(net, value).ok


def test_two_grad_outputs() -> None:
    a = nn.Sigmoid()()
    net = gModule([a], list(nn.SplitTable(0)(a).split(2)))
    value = x(2, 3)
    net.forward(value)
    both = net.backward(value, [np.ones(3), np.full(3, 2.0)])
    y = nn.Sigmoid().forward(value)
    np.testing.assert_allclose(both, y * (1 - y) * [[1], [2]])


@pytest.mark.parametrize("nested", [False, True])
def test_two_inputs_also_nested(nested: bool) -> None:
    a, b = nn.Identity()(), nn.Identity()()
    if nested:
        first, second = a.split(2)
        net = gModule([a, b], [nn.CAddTable()([first, second, b])])
        assert check_gradients(net, [[x(3), x(3)], x(3)]).ok
    else:
        net = gModule([a, b], [nn.CMulTable()([a, b])])
        assert check_gradients(net, [x(3), x(3) + 1]).ok


def test_the_place_of_a_split_is_known() -> None:
    a = nn.Identity()()
    first, _ = a.split(2)
    assert first.place is not None
    assert first.place.file == __file__


def test_inputs_may_be_outputs() -> None:
    a, b = nn.Identity()(), nn.Identity()()
    net = gModule([a, b], [b, nn.Tanh()(a), a])
    value = [x(3), x(4)]
    out = net.forward(value)
    np.testing.assert_array_equal(out[0], value[1])
    np.testing.assert_array_equal(out[2], value[0])
    assert check_gradients(net, value).ok


def test_the_gradient_is_nested_like_the_input() -> None:
    a, b = nn.Identity()(), nn.Identity()()
    b1, b2 = b.split(2)
    net = gModule([a, b], [nn.CAddTable()([nn.CMulTable()([a, b1]), nn.CMulTable()([b1, b2])])])
    value = [x(2, 3), [x(2, 3), x(2, 3)]]
    net.forward(value)
    gradient = net.backward(value, np.ones((2, 3)))
    assert gn.nesting.describe(gradient) == gn.nesting.describe(value)
    assert check_gradients(net, value).ok


def test_tabular_input() -> None:
    a = nn.Identity()()
    first, second = a.split(2)
    assert check_gradients(gModule([a], [nn.CMulTable()([first, second])]), [x(3), x(3) + 2]).ok


@pytest.mark.parametrize("value", [np.ones(2), [np.ones(2)], [[np.ones(2)], np.ones(1)]])
def test_a_list_stays_a_list(value: Any) -> None:
    a = nn.Identity()()
    net = gModule([a], [nn.Identity()(a)])
    assert gn.nesting.describe(net.forward(value)) == gn.nesting.describe(value)
    assert gn.nesting.describe(net.backward(value, value)) == gn.nesting.describe(value)


def test_a_list_of_one_node_gives_a_list_of_one_value() -> None:
    a = nn.Identity()()
    assert isinstance(gModule([a], [nn.Identity()([a])]).forward(np.ones(2)), list)
    assert isinstance(gModule([a], [nest([a])], allow_unused=True).forward(np.ones(2)), list)


def test_parameters_accumulate_over_consumers() -> None:
    layer = nn.Linear(3, 3)()
    net = gModule([layer], [nn.Identity()(layer), nn.Identity()(layer)])
    value = x(2, 3)
    net.forward(value)
    net.backward(value, [np.ones((2, 3)), np.full((2, 3), 2.0)])
    np.testing.assert_allclose(net.parameters()[1].grad, [6, 6, 6])


def readme_two_in_two_out() -> gModule:
    h1, h2 = nn.Linear(20, 20)(), nn.Linear(10, 10)()
    hh1 = nn.Linear(20, 1)(nn.Tanh()(h1))
    hh2 = nn.Linear(10, 1)(nn.Tanh()(h2))
    madd = nn.CAddTable()([hh1, hh2])
    return gModule([h1, h2], [nn.Sigmoid()(madd), nn.Tanh()(madd)])


def test_readme_mlp_with_calls_and_with_operators() -> None:
    gn.manual_seed(1)
    h1 = nn.Linear(20, 10)()
    calls = gModule([h1], [nn.Linear(10, 1)(nn.Tanh()(nn.Linear(10, 10)(nn.Tanh()(h1))))])
    gn.manual_seed(1)
    h1 = nn.Linear(20, 10)()
    layers = nn.Linear(10, 10), nn.Linear(10, 1)
    chained = gModule([h1], [h1 >> nn.Tanh() >> layers[0] >> nn.Tanh() >> layers[1]])
    gn.manual_seed(1)
    h1 = -nn.Linear(20, 10)
    layers = nn.Linear(10, 10), nn.Linear(10, 1)
    lua = gModule([h1], [h1 - nn.Tanh() - layers[0] - nn.Tanh() - layers[1]])
    value = x(4, 20)
    assert calls.forward(value).shape == (4, 1)
    by_name = [p.size for p in calls.parameters()]
    assert by_name == [p.size for p in chained.parameters()] == [p.size for p in lua.parameters()]
    for net in (calls, chained, lua):
        assert check_gradients(net, x(2, 20)).ok


def test_lists_chain_from_the_left() -> None:
    a, b = nn.Identity()(), nn.Identity()()
    assert gModule([a, b], [[a, b] >> nn.CAddTable()]).forward([np.ones(1), np.ones(1)]) == 2
    a, b = -nn.Identity(), -nn.Identity()
    assert gModule([a, b], [[a, b] - nn.JoinTable(0)]).forward([np.ones(1), np.ones(2)]).shape == (3,)


def test_readme_two_in_two_out() -> None:
    net = readme_two_in_two_out()
    assert check_gradients(net, [x(20), x(10)]).ok
    assert [list(p.shape) for p in net.parameters()][::2] == [[20, 20], [1, 20], [10, 10], [1, 10]]


def test_readme_containers() -> None:
    a = nn.Identity()()
    parts = nn.Sequential(nn.SplitTable(0), nn.ParallelTable(nn.Linear(10, 20), nn.Linear(10, 30)))(a).split(2)
    net = gModule([a], [nn.JoinTable(0)(list(parts))])
    value = x(2, 10)
    assert net.forward(value).shape == (50,)
    assert net.backward(value, x(50)).shape == (2, 10)
    assert check_gradients(net, value).ok


def test_readme_more_fun() -> None:
    a = nn.Identity()()
    l1 = nn.Tanh()(nn.Linear(10, 20)(a))
    l2 = nn.Tanh()(nn.Linear(30, 60)(nn.JoinTable(0)([a, l1])))
    l3 = nn.Tanh()(nn.Linear(80, 160)(nn.JoinTable(0)([l1, l2])))
    net = gModule([a], [l3])
    assert net.forward(x(10)).shape == (160,)
    assert check_gradients(net, x(10)).ok


def test_type() -> None:
    net = readme_two_in_two_out()
    assert net.type() == np.float64
    assert net.float() is net
    assert net.type() == np.float32
    assert all(y.dtype == np.float32 for y in net.forward([x(20), x(10)]))
    assert net.double().forward([x(20), x(10)])[0].dtype == np.float64
    with pytest.raises(TypeError, match="cannot be cast to int64"):
        net.type(int)


def test_nested_grad_input() -> None:
    a = nn.Identity()()
    net = gModule([a], [nn.Identity()(a)])
    value = [x(2), [x(3), [x(4)]]]
    net.forward(value)
    assert gn.nesting.describe(net.backward(value, value)) == "[2, [3, [4]]]"


def test_a_node_may_be_used_after_its_split() -> None:
    a = nn.Identity()()
    first, second = a.split(2)
    net = gModule([a], [first, nn.Identity()(a), nn.Sigmoid()(second)])
    assert check_gradients(net, [x(2), x(3)]).ok


def test_the_shape_may_change_from_run_to_run() -> None:
    a = nn.Identity()()
    net = gModule([a], [nn.Identity()(a), nn.Identity()(a)])
    for value in (x(2), [x(2), x(3)], [x(1)], x(4, 4)):
        assert gn.nesting.describe(net.forward(value)) == gn.nesting.describe([value, value])
        net.backward(value, [value, value])


def test_zero_gradients_reach_parameters_with_two_consumers() -> None:
    layer = nn.Linear(3, 2)()
    net = gModule([layer], [nn.Identity()(layer), nn.Identity()(layer)])
    value = x(2, 3)
    net.forward(value)
    zeros = np.broadcast_to(np.zeros(1), (2, 2))  # one element in storage, on which the original crashed
    np.testing.assert_allclose(net.backward(value, [zeros, zeros]), 0)


def test_replace() -> None:
    a = nn.Identity()()
    net = gModule([a], [nn.Linear(2, 5)(nn.Sigmoid()(nn.Linear(5, 2)(a)))])
    net.forward(x(5))
    nodes = net.graph().order
    assert net.replace(lambda m: nn.Tanh() if isinstance(m, nn.Sigmoid) else m) is net
    assert [type(m).__name__ for m in net.modules] == ["Identity", "Linear", "Tanh", "Linear"]
    assert check_gradients(net, x(5)).ok
    assert net.graph().order == nodes
    assert [type(n.module).__name__ for n in nodes][2] == "Sigmoid"  # nodes are never written to


def test_replace_inside_a_container_reaches_the_plan() -> None:
    inner = nn.Sequential(nn.Sigmoid())
    net = nn.Sequential(inner)
    assert net.forward(np.zeros(1)) == 0.5
    net.replace(lambda m: nn.Tanh() if isinstance(m, nn.Sigmoid) else m)
    assert net.forward(np.zeros(1)) == 0
    inner.add(nn.Sigmoid())
    assert net.forward(np.zeros(1)) == 0.5


# ---- one module at several nodes


def test_one_module_at_two_nodes_is_tied() -> None:
    a, b = nn.Identity()(), nn.Identity()()
    layer = nn.Linear(3, 2)
    net = gModule([a, b], [nn.CMulTable()([layer(a), layer(b)])])
    assert len(net.parameters()) == 2
    assert check_gradients(net, [x(4, 3), x(4, 3) + 1]).ok
    before = layer.bias.value.copy()
    net.forward([x(4, 3), x(4, 3)])
    net.zero_grad_parameters()
    net.backward([x(4, 3), x(4, 3)], np.ones((4, 2)))
    net.update_parameters(0.1)
    np.testing.assert_allclose(layer.bias.value, before - 0.1 * layer.bias.grad)  # once, not once for each node


def test_an_inner_gmodule_at_two_nodes_is_tied() -> None:
    cell = nn.rnn(3, 2)
    a, b, h = nn.Identity()(), nn.Identity()(), nn.Identity()()
    net = gModule([a, b, h], [cell([b, cell([a, h])])])
    assert len(net.parameters()) == 4
    assert check_gradients(net, [x(2, 3), x(2, 3) + 1, x(2, 2)]).ok


def test_dropout_at_two_nodes_draws_twice() -> None:
    a = nn.Identity()()
    dropout = nn.Dropout()
    gn.manual_seed(0)
    first, second = gModule([a], [dropout(a), dropout(a)]).forward(np.ones(50))
    assert not np.array_equal(first, second)


# ---- graphs


def test_fg_and_bg_are_networkx_graphs() -> None:
    net = nn.lstm(3, 2)
    fg, bg = net.fg, net.bg
    assert isinstance(fg, nx.MultiDiGraph)
    assert isinstance(bg, nx.MultiDiGraph)
    assert nx.is_directed_acyclic_graph(fg)
    assert list(fg.nodes) == net.graph().order
    assert list(bg.nodes) == net.graph().order[::-1]
    assert {(v, u, k) for u, v, k in fg.edges(keys=True)} == set(bg.edges(keys=True))
    position = {node: i for i, node in enumerate(fg)}
    assert all(position[u] < position[v] for u, v in fg.edges())
    assert fg.graph["direction"] == "forward"
    assert fg.nodes[net.graph().order[1]]["module"] is net.modules[1]


def test_a_node_taken_twice_has_two_edges() -> None:
    a = nn.Identity()()
    net = gModule([a], [nn.CMulTable()([a, a])])
    assert [key for _, _, key in net.fg.edges(keys=True)] == [0, 1]


def test_the_order_is_depth_first_from_the_outputs() -> None:
    net = nn.lstm(3, 2)
    names = [node.name for node in net.graph().order if node.name]
    assert names[:6] == ["x", "i2h", "prev_h", "h2h", "preactivations", "gates"]
    assert names[-2:] == ["out_gate", "next_h"]


@pytest.mark.parametrize("n", [10_000])
def test_nothing_recurses_over_a_long_chain(n: int) -> None:
    a = first = nn.Identity()()
    layer = nn.Linear(2, 2)
    for _ in range(n):
        a = nn.Tanh()(a)
    net = gModule([first], [layer(a)])
    value = x(2)
    net.forward(value)
    assert net.backward(value, np.ones(2)).shape == (2,)
    assert len(net.list_modules()) == n + 3
    for other in (net.clone(), copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        np.testing.assert_array_equal(other.forward(value), net.forward(value))
    assert net.fg.number_of_nodes() == n + 2
    assert len(net.parameters()) == 2


def test_copies_keep_the_order_of_the_parameters() -> None:
    a, b = nn.Linear(2, 3)(), nn.Linear(4, 3)()
    net = gModule([a, b], [nn.CAddTable()([b, a])])
    shapes = [p.shape for p in net.parameters()]
    assert shapes == [(3, 4), (3,), (3, 2), (3,)]
    for other in (net.clone(), copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert [p.shape for p in other.parameters()] == shapes


def test_a_chain_of_100_000_nodes() -> None:
    a = first = nn.Identity()()
    for _ in range(100_000):
        a = nn.Identity()(a)
    net = gModule([first], [a])
    assert net.forward(np.array(3.0)) == 3
    assert net.backward(np.array(3.0), np.array(1.0)) == 1


# ---- containers inside graphs


def test_plans_are_flat() -> None:
    a = nn.Identity()()
    inner = gModule([a], [nn.Sequential(nn.Tanh(), nn.Sequential(nn.Sigmoid()))(a)])
    b = nn.Identity()()
    net = gModule([b], [inner(inner(b))])
    executed = [type(call.module).__name__ for call in net.plan().calls if call.hooks is not None]
    assert executed == ["Identity", "Identity", "Tanh", "Sigmoid", "Identity", "Tanh", "Sigmoid"]


def test_a_gmodule_is_a_module_like_any_other() -> None:
    net = nn.Sequential(nn.ParallelTable(nn.Identity(), nn.Identity(), nn.Identity()), nn.lstm(3, 2), nn.JoinTable(1))
    value = [x(2, 3), x(2, 2), x(2, 2)]
    assert net.forward(value).shape == (2, 4)
    assert check_gradients(net, value).ok


def test_a_gmodule_takes_the_list_that_a_node_gives() -> None:
    a = nn.Identity()()
    net = gModule([a], list(nn.lstm(3, 2)(a).split(2)))
    assert check_gradients(net, [x(2, 3), x(2, 2), x(2, 2)]).ok
    with pytest.raises(ValueError, match=r"split\(3\) cannot split a list of 2"):
        net.forward([x(2, 3), x(2, 2)])


def test_a_gmodule_drawn_with_the_wrong_number_of_nodes() -> None:
    a, b = nn.Identity()(), nn.Identity()()
    with pytest.raises(ValueError, match="takes a list of 3 inputs but is called with 2"):
        gModule([a, b], [nn.Identity()(nn.lstm(3, 2)([a, b]))])


def test_a_container_called_inside_a_module() -> None:
    class Doubled(gn.Module):
        saves = True

        def __init__(self) -> None:
            self.inner = nn.Sequential(nn.Linear(3, 3), nn.Dropout(), nn.Tanh())

        def named_children(self) -> list[tuple[str, gn.Module]]:
            return [("inner", self.inner)]

        def update_output(self, x: Any) -> Any:
            y, tape = self.inner.update_output(x)
            return 2 * y, (y, tape)

        def update_grad_input(self, x: Any, y: Any, dy: Any, saved: Any) -> Any:
            return self.inner.update_grad_input(x, saved[0], 2 * dy, saved[1])

        def acc_grad_parameters(self, x: Any, y: Any, dy: Any, scale: Any = 1.0, saved: Any = None) -> None:
            self.inner.acc_grad_parameters(x, saved[0], 2 * dy, scale, saved[1])

    assert check_gradients(Doubled(), x(2, 3)).ok


# ---- several at once


def test_earlier_results_stay() -> None:
    net = readme_two_in_two_out()
    first = net.forward([x(20), x(10)])
    kept = copy.deepcopy(first)
    net.forward([x(20) + 1, x(10)])
    np.testing.assert_array_equal(first, kept)
    assert first is not net.output


def test_what_the_user_does_with_a_result_stays_with_the_user() -> None:
    net = gModule([a := nn.Identity()()], [nn.Sigmoid()(a)])
    value = x(3)
    expected = nn.Sigmoid().forward(value)
    y = net.forward(value)
    y += 100
    np.testing.assert_allclose(net.backward(value, np.ones(3)), expected * (1 - expected))
    tape = net.run(value)
    tape[a].output.fill(7)
    tape.output.fill(7)
    np.testing.assert_array_equal(tape.output, expected)


def test_threads_run_one_net_at_once() -> None:
    net = nn.lstm(3, 2)
    values = [[x(4, 3) + i, x(4, 2), x(4, 2) - i] for i in range(8)]
    ones = [np.ones((4, 2))] * 2
    net.zero_grad_parameters()
    expected = [net.run(value) for value in values]
    gradients = [tape.backward(ones) for tape in expected]
    total = [p.grad.copy() for p in net.parameters()]
    net.zero_grad_parameters()
    wrong: list[int] = []

    def work(i: int) -> None:
        for _ in range(30):
            tape = net.run(values[i])
            same = all(np.array_equal(a, b) for a, b in zip(tape.output, expected[i].output, strict=True))
            y = net.forward(values[i])
            same &= all(np.array_equal(a, b) for a, b in zip(y, expected[i].output, strict=True))
            dx = net.backward(values[i], ones)
            if not same or not all(np.array_equal(a, b) for a, b in zip(dx, gradients[i], strict=True)):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    for parameter, gradient in zip(net.parameters(), total, strict=True):
        np.testing.assert_allclose(parameter.grad, 30 * gradient)


def test_threads_that_come_first_share_one_plan(request: pytest.FixtureRequest) -> None:
    interval = sys.getswitchinterval()
    request.addfinalizer(lambda: sys.setswitchinterval(interval))
    sys.setswitchinterval(1e-6)  # so that the threads meet
    for _ in range(20):
        net = nn.Sequential(*(nn.Tanh() for _ in range(50)))
        start = threading.Barrier(4)
        failed: list[Exception] = []

        def work(net: nn.Sequential = net, start: threading.Barrier = start, failed: Any = failed) -> None:
            start.wait()
            try:
                net.forward(np.ones(1))
                net.backward(np.ones(1), np.ones(1))
            except RuntimeError as error:  # "backward needs a forward", where another thread put a plan of its own
                failed.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed


# ---- counts of the tutorials


@pytest.mark.parametrize(
    ("net", "count"),
    [
        (nn.lstm(3, 2), 56),
        (nn.lstm_of_eight_linears(400, 400), 1_283_200),
        (nn.char_rnn(65, 128, 1), 108_225),
        (nn.char_rnn(65, 128, 2), 240_321),
        (nn.char_rnn(65, 128, 3), 372_417),
    ],
)
def test_parameter_counts(net: gModule, count: int) -> None:
    assert sum(p.size for p in net.parameters()) == count
    assert net.get_parameters()[0].size == count


def test_the_two_lstms_are_one() -> None:
    n = 2
    fused, eight = nn.lstm(3, n), nn.lstm_of_eight_linears(3, n)
    linears = {id(m): m for m in eight.find_modules("Linear")[0]}
    named = {node.name: node for node in eight.graph().order}
    parts = [named[k].sources()[0].sources() for k in ("in_gate", "forget_gate", "out_gate", "in_transform")]
    for k, (i2h, h2h) in enumerate(parts):
        for name, node in (("i2h", i2h), ("h2h", h2h)):
            source = fused.named_parameters()
            module = linears[id(node.module)]
            module.weight.value = source[f"{name}.weight"].value[k * n : k * n + n]
            module.bias.value = source[f"{name}.bias"].value[k * n : k * n + n]
    value = [x(4, 3), x(4, n), x(4, n) + 1]
    for a, b in zip(fused.forward(value), eight.forward(value), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)


def test_an_unrolled_sequence_equals_a_loop() -> None:
    step = nn.char_rnn(5, 4, 2)
    net = unroll(step, 3)
    rng = np.random.default_rng(0)
    symbols = [rng.integers(0, 5, 2) for _ in range(4)]
    states = [rng.normal(size=(2, 4)) for _ in range(4)]
    loss, *last = net.forward([symbols[:-1], symbols[1:], *states])
    total = 0.0
    for here, following in itertools.pairwise(symbols):
        *states, log_probabilities = step.forward([here, *states])
        total += nn.ClassNLLCriterion().forward(log_probabilities, following)
    assert loss == pytest.approx(total, rel=1e-13)
    np.testing.assert_allclose(last, states, rtol=1e-13)
    assert len(net.parameters()) == len(step.parameters())


def test_a_criterion_is_a_node() -> None:
    a, t = nn.Identity()(), nn.Identity()()
    loss = nn.MSECriterion()([nn.Linear(3, 2)(a), t])
    net = gModule([a, t], [loss])
    value = [x(4, 3), x(4, 2)]
    assert net.forward(value).shape == ()
    assert check_gradients(net, value).ok
    dx, dt = net.backward(value, np.ones(()))
    assert np.abs(dt).sum() > 0  # the target has its own gradient, which the original left at zero
    assert dx.shape == (4, 3)
