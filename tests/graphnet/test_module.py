"""The user's side of modules and containers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import Module, Parameter
from graphnet import modules as nn


def chain() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


def test_output_and_grad_input_show_the_latest_call() -> None:
    net = chain()
    assert net.output is None
    assert net.grad_input is None
    y = net.forward(np.ones(3))
    np.testing.assert_array_equal(net.output, y)
    dx = net.backward(np.ones(3), np.ones(2))
    np.testing.assert_array_equal(net.grad_input, dx)
    net.clear_state()
    assert net.output is None


def test_integers_are_cast_where_numbers_are_meant_and_left_where_indices_are() -> None:
    layer = nn.Linear(3, 2).float()
    assert layer.forward(np.array([1, 2, 3])).dtype == np.float32
    assert layer.forward(np.array([1.0, 2.0, 3.0])).dtype == np.float32
    assert nn.Tanh().float().forward(np.array([1])).dtype == np.float32
    table = nn.LookupTable(2**25, 1)
    last = np.array([2**25 - 1])
    np.testing.assert_array_equal(table.float().forward(last), table.weight.value[last])


def test_scale_multiplies_the_parameters_gradients_only() -> None:
    layer = nn.Linear(2, 1)
    layer.forward(np.ones(2))
    full = layer.backward(np.ones(2), np.ones(1))
    layer.zero_grad_parameters()
    layer.forward(np.ones(2))
    np.testing.assert_array_equal(layer.backward(np.ones(2), np.ones(1), 0.25), full)
    np.testing.assert_array_equal(layer.weight.grad, [[0.25, 0.25]])


def test_update_parameters() -> None:
    layer = nn.Linear(2, 1)
    before = layer.weight.value.copy()
    layer.weight.grad = [[1, 2]]
    layer.update_parameters(0.1)
    np.testing.assert_allclose(before - layer.weight.value, [[0.1, 0.2]])


def test_backward_update_leaves_the_gradients() -> None:
    layer = nn.Linear(2, 1)
    layer.weight.grad = [[5, 5]]
    before = layer.weight.value.copy()
    layer.forward(np.array([1.0, 2.0]))
    dx = layer.backward_update(np.array([1.0, 2.0]), np.ones(1), 0.1)
    np.testing.assert_array_equal(dx, before[0])
    np.testing.assert_array_equal(layer.weight.grad, [[5, 5]])
    np.testing.assert_allclose(before - layer.weight.value, [[0.1, 0.2]])
    layer.forward(np.zeros(2))
    layer.acc_update_grad_parameters(np.zeros(2), np.zeros(1), 0.1)


def test_modes() -> None:
    net = nn.Sequential(nn.Dropout(), nn.Sequential(nn.Dropout()))
    assert net.train
    assert net.evaluate() is net
    assert not any(m.train for m in net.list_modules())
    np.testing.assert_array_equal(net.forward(np.ones(9)), np.ones(9))
    net.training()
    assert all(m.train for m in net.list_modules())


def test_backward_in_evaluation() -> None:
    net = nn.Dropout().evaluate()
    net.forward(np.ones(3))
    np.testing.assert_array_equal(net.backward(np.ones(3), np.ones(3)), np.ones(3))


def test_dropout_keeps_the_expected_value() -> None:
    gn.manual_seed(0)
    y = nn.Dropout(0.3).forward(np.ones(20_000))
    assert set(np.unique(y)) == {0.0, 1 / 0.7}
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.02)
    assert y.mean() == pytest.approx(1, abs=0.03)
    assert set(np.unique(nn.Dropout(0.3, True).forward(np.ones(99)))) == {0, 1}
    assert 0 in nn.Dropout(0.9, stochastic_inference=True).evaluate().forward(np.ones(99))
    for p in (1, -0.1, 2):
        with pytest.raises(ValueError, match="the probability to drop"):
            nn.Dropout(p)


def test_share_and_clone() -> None:
    a, b = chain(), chain()
    assert b.share(a, "weight") is b
    assert [m.weight for m in a.modules[::2]] == [m.weight for m in b.modules[::2]]  # type: ignore[attr-defined]
    assert a.modules[0].bias is not b.modules[0].bias  # type: ignore[attr-defined]
    c = a.clone("weight", "bias")
    assert c.parameters() == a.parameters()
    assert a.clone().parameters() != a.parameters()
    with pytest.raises(ValueError, match="their modules differ"):
        nn.Tanh().share(nn.Sigmoid(), "weight")
    with pytest.raises(ValueError, match="cannot share the weight"):
        nn.Linear(2, 2).share(nn.Linear(3, 2), "weight")


def test_ties_survive_casting() -> None:
    a = chain()
    b = a.clone("weight", "bias")
    a.float()
    assert b.parameters() == a.parameters()
    assert all(p.dtype == np.float32 for p in b.parameters())
    a.parameters()[0].value[...] = 7
    assert (b.parameters()[0].value == 7).all()


def test_named_parameters() -> None:
    assert list(nn.lstm(3, 2).named_parameters()) == ["i2h.weight", "i2h.bias", "h2h.weight", "h2h.bias"]
    names = list(nn.Sequential(chain(), chain()).named_parameters())
    assert names[:2] == ["0.0.weight", "0.0.bias"]
    assert len(set(names)) == 8


def test_walking_the_tree() -> None:
    net = nn.Sequential(chain(), nn.Tanh())
    assert [type(m).__name__ for m in net.list_modules()] == [
        *("Sequential", "Sequential", "Linear", "Tanh", "Linear", "Tanh")
    ]
    seen: list[Module] = []
    assert net.apply(seen.append) is net
    assert seen == net.list_modules()
    linears, containers = net.find_modules("Linear")
    assert linears == net.find_modules(nn.Linear)[0]
    assert [c is net.modules[0] for c in containers] == [True, True]
    assert net.find_modules(nn.Sequential) == ([net, net.modules[0]], [None, net])
    assert net.find_modules(Module) == ([], [])  # exactly this class


def test_the_first_place_of_a_shared_module_counts() -> None:
    shared = nn.Linear(2, 2)
    net = nn.Sequential(nn.Sequential(shared), nn.Linear(2, 2), shared)
    assert list(net.named_parameters()) == ["0.0.weight", "0.0.bias", "1.weight", "1.bias"]


def test_changing_a_chain() -> None:
    net = nn.Sequential()
    np.testing.assert_array_equal(net.forward(np.ones(2)), np.ones(2))
    assert net.add(nn.Tanh()) is net
    net.insert(nn.Linear(2, 3), 0).insert(nn.Sigmoid())
    assert [type(m).__name__ for m in net.modules] == ["Linear", "Tanh", "Sigmoid"]
    assert net.forward(np.ones(2)).shape == (3,)
    assert isinstance(net.remove(), nn.Sigmoid)
    assert isinstance(net.remove(0), nn.Linear)
    np.testing.assert_array_equal(net.forward(np.ones(2)), np.tanh(np.ones(2)))
    assert net.size() == len(net) == 1
    assert net.get(0) is net.get(-1)
    for change in (lambda: net.get(1), lambda: net.remove(3), lambda: net.insert(nn.Tanh(), 5)):
        with pytest.raises(IndexError, match="has 1 modules"):
            change()
    with pytest.raises(TypeError, match=r"Sequential takes modules, not Node. A node is a call of a module"):
        net.add(nn.Tanh()())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a gModule is drawn"):
        nn.rnn(1, 1).add(nn.Tanh())
    for empty in (nn.ConcatTable(), nn.ParallelTable()):
        with pytest.raises(ValueError, match="holds no modules, so it has no output"):
            empty.forward(np.ones(2))


def test_apply_to_modules_takes_the_children_only() -> None:
    seen: list[Module] = []
    net = nn.Sequential(chain())
    net.apply_to_modules(seen.append)
    assert seen == net.modules


def test_parallel_wants_as_many_inputs_as_modules() -> None:
    with pytest.raises(ValueError, match=r"split\(1\) cannot split a list of 2"):
        nn.ParallelTable(nn.Tanh()).forward([np.ones(1), np.ones(1)])


def test_reset_draws_anew() -> None:
    net = nn.Sequential(nn.Linear(300, 200), nn.LookupTable(300, 200))
    gn.manual_seed(4)
    before = [p.value.copy() for p in net.parameters()]
    net.reset()
    assert not any(np.array_equal(a, p.value) for a, p in zip(before, net.parameters(), strict=True))
    assert np.abs(net.parameters()[0].value).max() <= 1 / np.sqrt(300)
    net.reset(0.5)
    assert [round(float(p.value.std()), 2) for p in net.parameters()[::2]] == [0.5, 0.5]
    assert nn.Tanh().reset() is None


@pytest.mark.parametrize(("args", "text"), [((0, 2), "input_size"), ((2, -1), "output_size"), ((2.5, 2), "input_size")])
def test_linear_sizes(args: Any, text: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"Linear's {text} must be (an integer|at least 1)"):
        nn.Linear(*args)


def test_narrow_arguments() -> None:
    with pytest.raises(TypeError, match="Narrow's offset must be an integer, not 'first'"):
        nn.Narrow(0, "first")  # type: ignore[arg-type]
    np.testing.assert_array_equal(nn.Narrow(0, 1, -2).forward(np.arange(5.0)), [1, 2, 3])
    np.testing.assert_array_equal(nn.Narrow(0, -3, 2).forward(np.arange(5.0)), [2, 3])
    for narrow in (nn.Narrow(0, -6, 1), nn.Narrow(0, 4, 2), nn.Narrow(0, 3, -4)):
        with pytest.raises(ValueError, match="but there are 5"):
            narrow.forward(np.arange(5.0))


@pytest.mark.parametrize(
    ("module", "value", "text"),
    [
        (nn.JoinTable(0), np.ones(2), "takes a list of arrays, not 2"),
        (nn.JoinTable(2), [np.ones(2)], "there is no dimension 2 in an array of shape 2"),
        (nn.JoinTable(1), [np.ones((2, 2)), np.ones(2)], r"it was given \[2x2, 2\]"),
        (nn.SplitTable(0), [np.ones(2)], r"takes one array, not \[2\]"),
        (nn.SplitTable(1), np.ones(2), "there is no dimension 1"),
        (nn.SelectTable(2), [np.ones(2)], r"needs a list with an element 2; it was given \[2\]"),
        (nn.SelectTable(0), np.ones(2), "needs a list with an element 0; it was given 2"),
        (nn.CAddTable(), np.ones(2), "takes a list of arrays, not an array of shape 2"),
        (nn.CAddTable(), [], "takes a list of arrays"),
        (nn.CAddTable(), [[np.ones(1)], [np.ones(1)]], r"takes arrays of one shape; it was given \[\[1\], \[1\]\]"),
        (nn.CAddTable(), [np.ones(1), np.ones(1), np.ones(2)], r"it was given \[1, 1, 2\]"),
        (nn.LogSoftMax(), np.ones(()), "takes an array of 1 to 4 dimensions; it was given scalar"),
        (nn.ParallelTable(nn.Tanh()), [np.ones(1)] * 2, "cannot split a list of 2"),
        (nn.MSECriterion(), np.ones(2), "takes a list of two: the input and the target"),
        (nn.ClassNLLCriterion([1, 2]), [np.ones((2, 3)), np.array([0, 1])], "there are 2 weights for 3 classes"),
        (nn.ClassNLLCriterion(), [np.ones((2, 3)), np.array([0.5, 1])], "must hold whole numbers; it has 0.5"),
        (nn.ClassNLLCriterion(), [np.ones((2, 3, 4)), np.array([0, 1])], "takes n log-probabilities, or Bxn"),
    ],
)
def test_bad_values(module: Module, value: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        module.run(value)


def test_bad_indices() -> None:
    with pytest.raises(TypeError, match=r"takes whole numbers as indices; it was given 0\.5"):
        nn.LookupTable(3, 2).forward(np.array([0.5]))
    with pytest.raises(IndexError, match=r"the index -1 at \(1,\) is out of range"):
        nn.OneHot(3).forward(np.array([0, -1]))
    with pytest.raises(TypeError, match="takes one array of indices"):
        nn.OneHot(3).forward([np.array([0])])


def test_an_embedding_is_one_hot_times_w() -> None:
    table = nn.LookupTable(5, 3)
    indices = np.array([4, 0, 4])
    np.testing.assert_allclose(table.forward(indices), nn.OneHot(5).forward(indices) @ table.weight.value)


def test_max_norm_applies_to_what_is_looked_up() -> None:
    table = nn.LookupTable(5, 3, max_norm=0.1)
    before = table.weight.value.copy()
    rows = table.forward(np.array([1, 2]))
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 0.1, rtol=1e-5)
    np.testing.assert_array_equal(table.weight.value, before)
    table.renormalise(np.array([1, 1]))
    np.testing.assert_allclose(table.weight.value[1], rows[0])
    np.testing.assert_array_equal(table.weight.value[2], before[2])


def test_padding_gets_no_gradient() -> None:
    table = nn.LookupTable(3, 2, 0)
    table.forward(np.array([0, 1]))
    table.backward(np.array([0, 1]), np.ones((2, 2)))
    np.testing.assert_array_equal(table.weight.grad, [[0, 0], [1, 1], [0, 0]])


def test_a_loss_is_a_number() -> None:
    criterion = nn.ClassNLLCriterion()
    assert isinstance(criterion.forward(np.zeros((2, 3)), np.array([0, 1])), float)
    assert criterion.forward(np.zeros(3), 1) == 0
    with pytest.raises(ValueError, match="with other numbers than the latest forward saw"):
        criterion.backward(np.ones(3), 1)


def test_ignored_targets_alone_give_no_loss() -> None:
    criterion = nn.ClassNLLCriterion(ignore_index=1)
    x = np.ones((2, 3))
    assert criterion.forward(x, np.array([1, 1])) == 0
    assert not criterion.backward(x, np.array([1, 1])).any()


def test_an_infinite_score_that_is_not_asked_for() -> None:
    x = np.array([[0.0, -np.inf]])
    criterion = nn.CrossEntropyCriterion()
    assert criterion.forward(x, np.array([0])) == 0
    assert np.isfinite(criterion.backward(x, np.array([0]))).all()


def test_texts() -> None:
    assert repr(nn.Linear(3, 2, bias=False)) == "Linear(3, 2, bias=False)"
    assert repr(chain()) == "Sequential()\n  (0) Linear(3, 4)\n  (1) Tanh()\n  (2) Linear(4, 2)"
    net = nn.rnn(1, 1)
    net.name = "cell"
    assert net.label() == "cell"
    assert repr(net).splitlines()[1] == "  (x) Identity()"
    dropout = nn.Dropout(0.5)
    dropout.p = 0.25
    assert repr(dropout) == "Dropout(0.25)"


def test_labels_round_what_repr_shows_exactly() -> None:
    dropout = nn.Dropout(1 - 0.9)
    assert (dropout.label(), repr(dropout)) == ("Dropout(0.1)", "Dropout(0.09999999999999998)")
    net = nn.Sequential(dropout)
    assert "0.09999999999999998" in repr(net)
    assert nn.Dropout(1 / 3).label() == "Dropout(0.333333)"
    assert nn.Power(np.float32(0.1)).label() == "Power(0.1)"
    assert nn.MulConstant(1234567.0).label() == "MulConstant(1234567.0)"
    assert nn.MulConstant(2e-17 / 3).label() == "MulConstant(6.66667e-18)"
    assert nn.MulConstant(float("-inf")).label() == "MulConstant(-inf)"

    class Mix(Module):
        def __init__(self, shares: Any, of: Any = None) -> None:
            self.shares, self.of = shares, of

    inner = Mix((0.1 + 0.2,), dropout)
    assert inner.label() == "Mix((0.3,), Dropout(0.1))"
    assert Mix([[0.1 + 0.2, 1], True]).label() == "Mix([[0.3, 1], True])"
    assert repr(inner).splitlines()[0] == "Mix((0.30000000000000004,), Dropout(0.09999999999999998))"
    holding = nn.ModuleCriterion(nn.MarginCriterion(1 - 0.9))
    assert holding.label() == "ModuleCriterion(MarginCriterion(0.1))"
    assert repr(holding).splitlines()[0] == "ModuleCriterion(MarginCriterion(0.09999999999999998))"


def test_a_label_of_ones_own_is_shown_by_repr() -> None:
    class Named(nn.Tanh):
        def label(self) -> str:
            return "mine"

    assert repr(Named()) == "mine"


def test_write_and_read(tmp_path: Path) -> None:
    net = nn.lstm(3, 2)
    net.write(tmp_path / "lstm.safetensors")
    value = [np.ones((1, 3)), np.ones((1, 2)), np.ones((1, 2))]
    other = Module.read(tmp_path / "lstm.safetensors")
    assert all(np.array_equal(a, b) for a, b in zip(net.forward(value), other.forward(value), strict=True))


def test_a_constructor_needs_no_super() -> None:
    class Scale(Module):
        def __init__(self, gain: float = 2.0) -> None:
            self.gain = Parameter([gain])

        def update_output(self, x: Any) -> Any:
            return self.gain.value * x

        def update_grad_input(self, x: Any, y: Any, dy: Any) -> Any:
            return self.gain.value * dy

    assert Scale(3.0).forward(np.ones(1)) == 3
    assert repr(Scale(gain=3.0)) == "Scale(3.0)"


def test_a_net_draws_itself(tmp_path: Path) -> None:
    net = nn.rnn(1, 1)
    assert net.draw(title="a cell").source == gn.draw(net, title="a cell").source
    net.draw(tmp_path / "cell.dot")
    assert (tmp_path / "cell.dot").exists()
    assert "i2h" in net._repr_mimebundle_()["text/plain"]
