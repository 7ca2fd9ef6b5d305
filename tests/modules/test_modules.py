"""What single modules promise beyond the contract that all keep."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphnet as gn
from graphnet import Module
from graphnet import modules as nn
from graphnet.interop.torch7 import build_module


def real(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape) + len(shape)).normal(size=shape)


# ---- slopes where a function has a kink, and ties


@pytest.mark.parametrize(
    ("module", "slope"),
    [
        (nn.ReLU(), 0),
        (nn.LeakyReLU(0.2), 0.2),
        (nn.Abs(), 1),
        (nn.Sqrt(), 0),
        (nn.ELU(0.5), 0.5),
        (nn.PReLU(), 0.25),
        (nn.RReLU(0.2, 0.2), 0.2),
        (nn.ReLU6(), 0),
        (nn.Threshold(0, -1), 0),
        (nn.HardShrink(0), 0),
        (nn.SoftShrink(0), 0),
    ],
    ids=repr,
)
def test_the_slope_at_zero(module: Module, slope: float) -> None:
    for zero in (0.0, -0.0):
        module.forward(np.array([zero]))
        assert module.backward(np.array([zero]), np.array([3.0])) == pytest.approx([3 * slope])


@pytest.mark.parametrize(
    ("module", "ends"),
    [
        (nn.HardTanh(), (-1, 1)),
        (nn.Clamp(-0.5, 2), (-0.5, 2)),
        (nn.ReLU6(), (0, 6)),
        (nn.HardShrink(), (-0.5, 0.5)),
        (nn.SoftShrink(0.8), (-0.8, 0.8)),
        (nn.Threshold(0.1, 7), (0.1, 0.1)),
    ],
    ids=repr,
)
def test_the_slope_is_zero_where_a_function_is_cut_off(module: Module, ends: tuple[float, float]) -> None:
    x = np.array(ends)
    module.forward(x)
    np.testing.assert_array_equal(module.backward(x, np.ones(2)), [0, 0])


@pytest.mark.parametrize(
    ("criterion", "x", "target", "slope"),
    [
        (nn.MarginCriterion(2), np.array([2.0]), np.array([1]), [0]),
        (nn.HingeEmbeddingCriterion(2), np.array([2.0]), np.array([-1]), [-1]),
        (nn.MultiMarginCriterion(), np.array([1.0, 0.0]), np.array(0), [0, 0]),
        (nn.MultiLabelMarginCriterion(), np.array([1.0, 0.0]), np.array([0, -1]), [0, 0]),
        (nn.MarginRankingCriterion(1), [np.array([1.0]), np.array([0.0])], np.array(1), [[-1], [1]]),
        (
            nn.L1HingeEmbeddingCriterion(1),
            [np.array([1.0, 2.0]), np.array([0.0, 2.0])],
            np.array(-1),
            [[-1, 0], [1, 0]],
        ),
        (nn.CosineEmbeddingCriterion(0), [np.array([1.0, 0.0]), np.array([0.0, 1.0])], np.array(-1), [[0, 0], [0, 0]]),
    ],
    ids=repr,
)
def test_the_slope_at_the_margin(criterion: Any, x: Any, target: Any, slope: Any) -> None:
    criterion.forward(x, target)
    np.testing.assert_array_equal(criterion.backward(x, target), slope)


def test_equal_numbers_have_the_slope_one_in_the_absolute_error() -> None:
    criterion = nn.AbsCriterion(False)
    criterion.forward(np.ones(2), np.ones(2))
    np.testing.assert_array_equal(criterion.backward(np.ones(2), np.ones(2)), [1, 1])


@pytest.mark.parametrize("module", [nn.Max(0), nn.Min(0)])
def test_of_equal_extremes_the_first_gets_the_gradient(module: Module) -> None:
    x = np.array([1.0, 1.0, 1.0])
    module.forward(x)
    np.testing.assert_array_equal(module.backward(x, np.ones(1)), [1, 0, 0])


@pytest.mark.parametrize("module", [nn.CMaxTable(), nn.CMinTable()])
def test_of_equal_arguments_the_first_gets_the_gradient(module: Module) -> None:
    x = [np.ones(1)] * 3
    module.forward(x)
    assert [float(dx[0]) for dx in module.backward(x, np.ones(1))] == [1, 0, 0]


@pytest.mark.parametrize(
    "make",
    [
        *(nn.ReLU, nn.Abs, nn.Max, nn.Min, nn.SoftMax, lambda: nn.LayerNormalization(2)),
        *(nn.ELU, nn.PReLU, nn.RReLU, nn.ReLU6, nn.Threshold, nn.HardTanh, nn.HardShrink, nn.SoftShrink, nn.TanhShrink),
        *(nn.SoftPlus, nn.SoftSign, nn.LogSigmoid, nn.GatedLinearUnit, lambda: nn.CReLU(1)),
    ],
)
def test_nan_stays_nan(make: Callable[[], Module]) -> None:
    assert np.isnan(make().forward(np.array([np.nan, 1.0]))).any()


# ---- types


@pytest.mark.parametrize(
    ("module", "values", "slopes"),
    [
        (nn.SoftPlus(), [0, 1e-300, 800], [0, 1e-300, 1]),
        (nn.LogSigmoid(), [-800, -np.log(1e300), 0], [1, 1, 0]),
        (nn.ELU(), [-1, -1, 800], [0, 0, 1]),
        (nn.SoftSign(), [-800 / 801, None, 800 / 801], [801**-2, None, 801**-2]),
    ],
    ids=repr,
)
def test_large_numbers_neither_overflow_nor_vanish(module: Module, values: list[Any], slopes: list[Any]) -> None:
    x = np.array([-800, -np.log(1e300), 800])
    for got, expected in ((module.forward(x), values), (module.backward(x, np.ones(3)), slopes)):
        wanted = [i for i, number in enumerate(expected) if number is not None]
        np.testing.assert_allclose(got[wanted], [expected[i] for i in wanted], rtol=1e-12)


def test_losses_of_large_scores_are_exact() -> None:
    scores, kinds, labels = np.array([-800.0, 800.0]), np.array([1, -1]), np.array([1.0, 0.0])
    for criterion, target in (
        (nn.SoftMarginCriterion(False), kinds),
        (nn.MultiLabelSoftMarginCriterion(None, False), labels),
        (nn.DistanceRatioCriterion(False), None),
    ):
        x = scores if target is not None else [-scores * kinds, np.zeros(2)]
        arguments = (x,) if target is None else (x, target)
        assert criterion.forward(*arguments) == 1600
        slopes = criterion.backward(*arguments)
        np.testing.assert_array_equal(np.abs(slopes if target is not None else slopes[0]), [1, 1])


def test_equal_rows_have_a_distance_without_a_slope() -> None:
    for p in (1, 1.5, 2, 3):
        module, x = nn.PairwiseDistance(p), [np.ones((2, 3))] * 2
        np.testing.assert_array_equal(module.forward(x), [0, 0])
        np.testing.assert_array_equal(module.backward(x, np.ones(2)), np.zeros((2, 2, 3)))
    layer = nn.Euclidean(2, 1)
    x = layer.weight.value[:, 0].copy()
    np.testing.assert_array_equal(layer.forward(x), [0])
    np.testing.assert_array_equal(layer.backward(x, np.ones(1)), [0, 0])


def test_a_rectifier_draws_a_slope_for_each_element_and_keeps_it_on_the_tape() -> None:
    x = -np.ones(1000)
    tape = nn.RReLU(0.1, 0.3).run(x)
    assert tape.output.min() > -0.3
    assert tape.output.max() < -0.1
    assert len(set(tape.output)) == 1000
    np.testing.assert_array_equal(tape.backward(np.ones(1000)), -tape.output)
    np.testing.assert_array_equal(nn.RReLU(0.1, 0.3).evaluate().forward(x), np.full(1000, -0.2))


def test_a_criterion_without_a_target_is_a_node_of_its_input() -> None:
    x = nn.Identity()()
    net = gn.gModule([x], [nn.L1Cost()(nn.MulConstant(2)(x))])
    values = np.array([1.0, -3.0])
    assert net.forward(values) == 8
    np.testing.assert_array_equal(net.backward(values, np.array(0.5)), [1, -1])
    assert nn.L1Cost().forward(values, np.zeros(2)) == 4
    both = nn.MultiCriterion().add(nn.MSECriterion()).add(nn.L1Cost(), 0.5)
    assert both.forward(values, values) == 2


def test_a_mask_may_be_of_truths_and_is_left_alone() -> None:
    x = [real(2, 3), real(2, 3) > 0]
    module = nn.MaskedSelect()
    np.testing.assert_array_equal(module.forward(x), x[0][x[1]])
    dx, dmask = module.backward(x, np.ones(x[1].sum()))
    np.testing.assert_array_equal(dx, x[1])
    assert not dmask.any()


def test_a_slice_that_is_picked_twice_gets_both_gradients() -> None:
    module, x = nn.Index(0), [real(3, 2), np.array([2, 0, 2])]
    np.testing.assert_array_equal(module.forward(x), x[0][[2, 0, 2]])
    np.testing.assert_array_equal(module.backward(x, np.ones((3, 2)))[0], [[1, 1], [0, 0], [2, 2]])


def test_constants_follow_the_type_of_the_net() -> None:
    x = nn.Identity()()
    net = gn.gModule([x], [nn.MulConstant([2.0, 3.0])(nn.AddConstant([1, 1])(nn.Linear(3, 2).float()(x)))])
    y = net.forward(np.ones((4, 3), np.float32))
    assert y.dtype == np.float32
    assert net.backward(np.ones((4, 3), np.float32), y).dtype == np.float32


# ---- parameters


@pytest.mark.parametrize("make", [lambda: nn.CMul(400), lambda: nn.CAdd(20, 20), lambda: nn.Add(400)])
def test_learnt_numbers_are_drawn_by_their_number(make: Callable[[], Module]) -> None:
    (parameter,) = make().parameters()
    assert 0.045 < np.abs(parameter.value).max() <= 1 / 20
    module = make()
    module.reset(1.0)
    assert module.parameters()[0].value.std() == pytest.approx(1, rel=0.1)


def test_layer_normalization_starts_anew_with_what_it_was_made_with() -> None:
    module = nn.LayerNormalization(3, 0.5)
    module.weight.value += 1
    module.bias.value += 1
    module.reset()
    assert module.weight.value.tolist() == [1, 1, 1]
    assert module.bias.value.tolist() == [0.5, 0.5, 0.5]


def test_layer_normalization_treats_every_row_by_itself() -> None:
    x = real(5, 4, 3) * 10 + 7
    y = nn.LayerNormalization(3).forward(x)
    np.testing.assert_allclose(y.mean(-1), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(-1), 1, rtol=1e-9)
    np.testing.assert_array_equal(nn.LayerNormalization(3).forward(x[2, 1]), y[2, 1])
    torch7 = build_module({"ctor": "nn.LayerNormalization", "args": [3]})
    np.testing.assert_allclose(torch7.forward(x[2, 1]), y[2, 1])
    np.testing.assert_allclose(torch7.forward(x[2, :1]), y[2, :1])
    assert np.abs(torch7.forward(x[2]) - y[2]).max() > 0.1  # which takes the means of other rows


# ---- shapes


def test_one_dimension_always_stays() -> None:
    assert nn.Squeeze().forward(np.zeros((1, 1))).shape == (1,)
    assert nn.Squeeze(0).forward(np.zeros(1)).shape == (1,)
    assert nn.Sum(0).forward(np.zeros(3)).shape == (1,)


def test_squeezing_leaves_what_is_larger_and_the_batch() -> None:
    assert nn.Squeeze(1).forward(np.zeros((2, 3))).shape == (2, 3)
    assert nn.Squeeze(None, 2).forward(np.zeros((1, 1, 3))).shape == (1, 3)


def test_a_batch_of_one_is_a_batch_to_reshape_and_none_to_view() -> None:
    assert nn.Reshape(4).forward(np.zeros((1, 4))).shape == (1, 4)
    assert nn.View(4).forward(np.zeros((1, 4))).shape == (4,)
    assert nn.View(4, n_input_dims=1).forward(np.zeros((1, 4))).shape == (1, 4)
    assert nn.Reshape(4, batch_mode=False).forward(np.zeros((1, 4))).shape == (4,)


# ---- containers


def test_a_bottle_does_to_every_row_what_its_module_does() -> None:
    layer = nn.Linear(3, 2)
    bottle = nn.Bottle(layer)
    x, dy = real(4, 5, 3), real(4, 5, 2)
    bottle.zero_grad_parameters()
    y = bottle.forward(x)
    dx = bottle.backward(x, dy)
    of_bottle = [p.grad.copy() for p in layer.parameters()]
    layer.zero_grad_parameters()
    for t in range(4):
        np.testing.assert_allclose(y[t], layer.forward(x[t]))
        np.testing.assert_allclose(dx[t], layer.backward(x[t], dy[t]))
    for gradient, parameter in zip(of_bottle, layer.parameters(), strict=True):
        np.testing.assert_allclose(gradient, parameter.grad)
    assert list(bottle.named_parameters()) == ["0.weight", "0.bias"]


def test_plans_see_through_a_bottle() -> None:
    inner = nn.Tanh()
    x = nn.Identity()()
    tape = gn.gModule([x], [nn.Bottle(nn.Sequential(nn.Linear(3, 2), inner))(x)]).run(real(4, 5, 3))
    assert tape[inner].output.shape == (20, 2)


def test_branches_stand_in_front_of_what_joins_them() -> None:
    first, second, third = nn.Linear(3, 1), nn.Linear(3, 2), nn.Linear(3, 3)
    concat = nn.Concat(1, first).add(second)
    concat.add(third)
    assert concat.modules[:3] == [first, second, third]
    np.testing.assert_array_equal(concat.forward(np.ones((1, 3)))[:, 1:3], second.forward(np.ones((1, 3))))
    parallel = nn.Parallel(0, 0).add(first).add(second)
    assert parallel.modules[:2] == [first, second]
    concat.replace(lambda module: nn.Tanh() if module is second else module)
    assert concat.forward(np.ones((1, 3))).shape == (1, 7)


def test_mapping_adds_the_gradients_of_all_elements() -> None:
    layer = nn.Linear(3, 2)
    x = nn.Identity()()
    mapped = gn.gModule([x], [nn.MapTable(layer)(x)])
    pair = nn.ParallelTable(layer, layer)
    values, dy = [real(4, 3), real(2, 3)], [real(4, 2), real(2, 2)]
    grads = []
    for net in (mapped, pair):
        net.zero_grad_parameters()
        tape = net.run(values)
        grads.append([*tape.output, *tape.backward(dy, 0.5), layer.weight.grad.copy(), layer.bias.grad.copy()])
    for ours, theirs in zip(*grads, strict=True):
        np.testing.assert_allclose(ours, theirs)
    assert mapped.forward([]) == []


# ---- sequences of different lengths


@given(st.integers(0, 4), st.integers(1, 4), st.data())
def test_terminal_steps_and_reversals(n_steps: int, n_rows: int, data: Any) -> None:
    lengths = np.array(data.draw(st.lists(st.integers(0, n_steps), min_size=n_rows, max_size=n_rows)))
    x = real(n_steps, n_rows, 2)
    terminal = nn.SelectTerminal().forward([x, lengths])
    reversal = nn.ReverseSequence()
    turned = reversal.forward([x, lengths])
    np.testing.assert_array_equal(reversal.forward([turned, lengths]), x)
    for row, length in enumerate(lengths):
        np.testing.assert_array_equal(terminal[row], x[length - 1, row] if length else 0)
        np.testing.assert_array_equal(turned[:length, row], x[:length, row][::-1])
        np.testing.assert_array_equal(turned[length:, row], x[length:, row])


def test_padding_gets_no_gradient_from_the_terminal_step() -> None:
    x, lengths = real(3, 2, 1), np.array([2, 0])
    module = nn.SelectTerminal()
    module.forward([x, lengths])
    dx, _ = module.backward([x, lengths], np.ones((2, 1)))
    np.testing.assert_array_equal(dx[..., 0], [[0, 0], [1, 0], [0, 0]])


# ---- criterions


def test_a_loss_over_sequences_counts_real_steps_alone() -> None:
    x, classes = real(3, 2, 4), np.array([[0, 1], [2, -100], [3, -100]])
    criterion = nn.SequenceCriterion(nn.CrossEntropyCriterion())
    counted = classes != -100
    assert criterion.forward(x, classes) == pytest.approx(
        nn.CrossEntropyCriterion().forward(x[counted], classes[counted])
    )
    dx = criterion.backward(x, classes)
    assert not dx[~counted].any()
    assert dx[counted].all()


def test_a_loss_over_sequences_takes_lists_of_predictions() -> None:
    inner = nn.ParallelCriterion().add(nn.MSECriterion()).add(nn.CrossEntropyCriterion())
    x, target = [real(3, 2, 4), real(3, 2, 5)], [real(3, 2, 4) + 1, np.zeros((3, 2), int)]
    criterion = nn.SequenceCriterion(inner)
    rows = [a.reshape(6, -1) for a in x], [target[0].reshape(6, 4), target[1].ravel()]
    assert criterion.forward(x, target) == pytest.approx(inner.forward(*rows))
    assert [dx.shape for dx in criterion.backward(x, target)] == [(3, 2, 4), (3, 2, 5)]


def test_inner_criterions_are_children() -> None:
    inner = nn.ClassNLLCriterion([1, 2])
    both = nn.MultiCriterion().add(nn.SequenceCriterion(inner))
    assert inner in both.list_modules()
    assert both.float().criterions[0].criterion.weights.dtype == np.float32
    assert not both.evaluate().criterions[0].criterion.train
    other = nn.CrossEntropyCriterion()
    both.replace(lambda module: other if module is inner else module)
    assert both.criterions[0].criterion is other
    with pytest.raises(TypeError, match="MultiCriterion takes a criterion, not Tanh"):
        both.replace(lambda module: nn.Tanh() if isinstance(module, nn.SequenceCriterion) else module)


# ---- files


@pytest.mark.parametrize(
    ("module", "x"),
    [
        (nn.Bottle(nn.Linear(3, 2)), real(4, 5, 3)),
        (nn.Concat(1, nn.Linear(3, 2), nn.Tanh()), real(4, 3)),
        (nn.MapTable(nn.Linear(3, 2)), [real(4, 3)]),
        (nn.LayerNormalization(3, 0.5), real(4, 3)),
        (nn.MulConstant([1, 2, 3]), real(4, 3)),
        (nn.Transpose((0, 2), n_input_dims=None), real(4, 3, 2)),
        (nn.Reshape(2, 3, batch_mode=True), real(4, 6)),
        (nn.PReLU(3), real(4, 3)),
        (build_module({"ctor": "nn.Cosine", "args": [3, 2]}), real(4, 3)),
        (build_module({"ctor": "nn.WeightNorm", "args": [{"ctor": "nn.Linear", "args": [3, 2]}]}), real(4, 3)),
        (nn.CReLU(1), real(4, 3)),
        (nn.Maxout(3, 2, 2), real(4, 3)),
        (nn.CAddTensorTable(), [real(4), [real(4), real(4)]]),
        (nn.WeightedEuclidean(3, 2), real(4, 3)),
        (nn.WeightedMSECriterion([1, 2, 3]), [real(4, 3), real(4, 3) + 1]),
        (nn.MultiCriterion().add(nn.MSECriterion(), 0.5).add(nn.AbsCriterion()), [real(4, 3), real(4, 3) + 1]),
        (nn.SequenceCriterion(nn.CrossEntropyCriterion([1, 2, 3])), [real(4, 2, 3), np.ones((4, 2), int)]),
    ],
    ids=lambda value: value.label() if isinstance(value, Module) else "",
)
def test_modules_survive_a_file(tmp_path: Path, module: Module, x: Any) -> None:
    gn.save(module, tmp_path / "net")
    loaded = gn.load(tmp_path / "net")
    assert loaded.label() == module.label()
    expected = module.run(x).output
    got = loaded.run(x).output
    np.testing.assert_array_equal(np.asarray(got), np.asarray(expected))
