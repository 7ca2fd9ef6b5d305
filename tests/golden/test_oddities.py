"""What interop.torch7 takes of Torch7's calls, and where its modules compute otherwise than ours: its formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graphnet import Module
from graphnet import modules as nn
from graphnet.interop.torch7 import build_criterion, build_module
from tests.golden.forms import theirs
from tests.golden.replay import replay
from tests.golden.replay_optim import replay_optim

LINEAR = {"ctor": "nn.Linear", "args": [3, 2]}


def made(ctor: str, *args: Any, calls: Any = None) -> Any:
    return build_module({"ctor": f"nn.{ctor}", "args": list(args), "calls": calls})


def real(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def both_ways(module: Module, x: Any, scale: float = 1.0) -> tuple[Any, Any, list[Any]]:
    """Return the output, its gradient, which is drawn, and the parameters' gradients."""
    y = module.forward(x)
    dy = real(*y.shape)
    module.zero_grad_parameters()
    module.backward(x, dy, scale)
    return y, dy, [p.grad.copy() for p in module.parameters()]


# ---- calls and arguments


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (("Dropout", [0.5], [["setp", 0.25]]), nn.Dropout(0.25)),
        (("GradientReversal", [], [["setLambda", 3]]), nn.GradientReversal(3)),
        (("Linear", [3, 2], [["noBias"]]), nn.Linear(3, 2, bias=False)),
        (
            ("LookupTable", [5, 3], [["setPadding", 2], ["setMaxNorm", 1], ["setNormType", 1]]),
            nn.LookupTable(5, 3, 1, 1, 1),
        ),
        (("Squeeze", [1], [["setNumInputDims", 2]]), nn.Squeeze(0, 2)),
        (("Unsqueeze", [1], [["setNumInputDims", 2]]), nn.Unsqueeze(0, 2)),
        (("View", [6], [["resetSize", 3, 2], ["setNumInputDims", 1]]), nn.View(3, 2, n_input_dims=1)),
        (("View", [[3, 2]], None), nn.View(3, 2)),
        (("Reshape", [[3, 2], True], None), nn.Reshape(3, 2, batch_mode=True)),
        (("Replicate", [2, None, 1], None), nn.Replicate(2, 0, 1)),
        (("Mean", [None, 1], None), nn.Mean(0, 1)),
        (("Sum", [2, None, None, False], None), nn.Sum(1, squeeze=False)),
        (("Padding", [1, 2, None, None, 2], None), nn.Padding(0, 2, index=1)),
        (("LookupTable", [5, 3, None, 1], None), nn.LookupTable(5, 3, None, 1)),
    ],
    ids=lambda value: str(value[0]) if isinstance(value, tuple) else "",
)
def test_methods_and_nil_come_to_arguments(spec: Any, expected: Module) -> None:
    ctor, args, calls = spec
    module = made(ctor, *args, calls=calls)
    state = {k: v for k, v in vars(module).items() if k in vars(expected) and np.isscalar(v)}
    assert state == {k: v for k, v in vars(expected).items() if k in state}
    assert [p.shape for p in module.parameters()] == [p.shape for p in expected.parameters()]
    x = np.array([[1, 2], [3, 1]]) if "Lookup" in ctor else real(1, 3) if ctor == "Linear" else real(1, 6)
    for module_, other in zip(module.parameters(), expected.parameters(), strict=True):
        other.value = module_.value
    for net in (module, expected):
        net.evaluate()
    np.testing.assert_array_equal(module.forward(x), expected.forward(x))


def test_a_partition_counts_from_1_and_can_be_taken_back() -> None:
    layer = made("PartialLinear", 4, 3, calls=[["setPartition", theirs(np.array([3.0, 1.0]))]])
    assert layer.partition.tolist() == [2, 0]
    assert (
        made("PartialLinear", 4, 3, calls=[["setPartition", theirs(np.array([3]))], ["resetPartition"]]).partition
        is None
    )


def test_modules_are_inserted_and_removed() -> None:
    tanh, relu = {"ctor": "nn.Tanh", "args": []}, {"ctor": "nn.ReLU", "args": []}
    net = made("Sequential", calls=[["add", LINEAR], ["insert", tanh, 1], ["insert", relu], ["add", tanh], ["remove"]])
    assert [type(module) for module in net.modules] == [nn.Tanh, nn.Linear, nn.ReLU]
    net = made("Sequential", calls=[["add", LINEAR], ["add", tanh], ["remove", 1]])
    assert [type(module) for module in net.modules] == [nn.Tanh]
    assert isinstance(made("MapTable", calls=[["add", LINEAR]]).module, nn.Linear)


@pytest.mark.parametrize(("call", "message"), [(["insert", LINEAR, 3], "insert"), (["remove", 2], "remove")])
def test_no_module_is_inserted_or_removed_beyond_the_end(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        made("Sequential", calls=[["add", LINEAR], call])


# ---- gradients of parameters


def test_bilinear_leaves_scale_out_for_its_weight() -> None:
    x = [real(5, 3), real(5, 4)]
    _, dy, (dw, db) = both_ways(made("Bilinear", 3, 4, 2), x, 0.5)
    np.testing.assert_allclose(dw, np.einsum("bk,bi,bj->kij", dy, *x))
    np.testing.assert_allclose(db, 0.5 * dy.sum(0))


def test_cosine_leaves_scale_out() -> None:
    for x in (real(2, 4), real(4)):
        layer = made("Cosine", 4, 3)
        y, dy, (dw,) = both_ways(layer, x, 0.5)
        w = layer.weight.value
        lengths, rows = np.linalg.norm(w, axis=1), np.atleast_2d(x)
        units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        first = np.atleast_2d(dy).T @ units / lengths[:, None]
        second = w * ((np.atleast_2d(dy) * y).sum(0) / lengths**2)[:, None]
        np.testing.assert_allclose(dw, (0.5 if x.ndim == 1 else 1) * first - second, atol=1e-10)


def test_weighted_euclidean_leaves_scale_out_for_the_scales_of_a_vector() -> None:
    for x, factor in ((real(4), 1.0), (real(2, 4), 0.5)):
        layer, ours = made("WeightedEuclidean", 4, 3), nn.WeightedEuclidean(4, 3)
        ours.weight.value = layer.weight.value
        _, _, (dw, dc) = both_ways(layer, x, 0.5)
        _, _, (expected_w, expected_c) = both_ways(ours, x)
        np.testing.assert_allclose(dw, 0.5 * expected_w)
        np.testing.assert_allclose(dc, factor * expected_c)


@pytest.mark.parametrize(
    ("module", "eps"),
    [(("LinearWeightNorm", 4, 3), 0.0), (("WeightNorm", {"ctor": "nn.Linear", "args": [4, 3]}), 1e-4)],
    ids=["LinearWeightNorm", "WeightNorm"],
)
def test_weight_norm_turns_its_gradients_once_more(module: Any, eps: float) -> None:
    layer, x = made(*module), real(2, 4)
    v, g = layer.v.value, layer.g.value
    norm = np.sqrt((v**2).sum(1, keepdims=True) + eps)
    gathered = np.zeros_like(v)
    layer.forward(x)
    layer.zero_grad_parameters()
    for scale in (0.5, 1.0):
        dy = real(2, 3)
        layer.backward(x, dy, scale)
        gathered = gathered + scale * dy.T @ x  # which already are gradients of v in the second round
        dg = (gathered * v).sum(1, keepdims=True) / norm
        gathered = g / norm * (gathered - dg / norm * v)
        np.testing.assert_allclose(layer.v.grad, gathered, atol=1e-12)
        np.testing.assert_allclose(layer.g.grad, dg, atol=1e-12)


def test_gradients_of_indices_are_divided_by_how_often_they_come() -> None:
    table = made("LookupTable", 5, 2, calls=[["scaleGradByFreq"]])
    x = np.array([[0, 1, 1], [4, 0, 1]])
    _, dy, (dw,) = both_ways(table, x)
    np.testing.assert_allclose(dw[1], (dy[0, 1] + dy[0, 2] + dy[1, 2]) / 3)
    np.testing.assert_allclose(dw[4], dy[1, 0])


# ---- values


@pytest.mark.parametrize("ctor", ["SpatialBatchNormalization", "VolumetricBatchNormalization"])
def test_a_single_image_is_normalised_with_the_running_statistics(ctor: str) -> None:
    x = real(1, 3, 2, 2) if ctor.startswith("Spatial") else real(1, 3, 2, 2, 2)
    layer = made(ctor, 3, None, None, False)
    layer.running_mean[...] = 2
    y, dy, _ = both_ways(layer, x)
    np.testing.assert_allclose(y, (x - 2) / np.sqrt(1 + 1e-5))
    np.testing.assert_allclose(layer.backward(x, dy), dy / np.sqrt(1 + 1e-5))
    assert (layer.running_mean == 2).all()


def test_softplus_is_cut_off() -> None:
    x = np.array([9.0, 11.0])
    layer = made("SoftPlus", 2)
    np.testing.assert_array_equal(layer.forward(x), [np.log1p(np.exp(18)) / 2, 11])
    np.testing.assert_allclose(layer.backward(x, np.ones(2)), [1 - 1 / (1 + np.exp(18)), 1], rtol=1e-15)


def test_a_distance_between_those_of_1_and_2_has_the_gradient_of_2() -> None:
    a, b = x = [real(3, 4), real(3, 2)[:, [0, 1, 0, 1]]]
    layer = made("PairwiseDistance", 1.5)
    y, dy, _ = both_ways(layer, x)
    expected = (a - b) * (dy * (y + 1e-6) ** -0.5)[:, None]
    np.testing.assert_allclose(layer.backward(x, dy)[0], expected)
    two = made("PairwiseDistance", 2)
    np.testing.assert_allclose(two.forward(x), nn.PairwiseDistance(2).forward(x))


@pytest.mark.parametrize(("shape", "axis"), [((3,), 0), ((4, 3), 1), ((3, 2, 5), 0), ((4, 3, 2, 5), 1)])
def test_slopes_are_drawn_for_each_feature(shape: Any, axis: int) -> None:
    layer, x = made("RReLU", 0.1, 0.3, False, True), -np.ones(shape)
    slopes = -np.moveaxis(layer.forward(x), axis, 0).reshape(3, -1)
    assert (slopes == slopes[:, :1]).all()
    assert len(set(slopes[:, 0])) == 3
    assert ((slopes >= 0.1) & (slopes <= 0.3)).all()
    np.testing.assert_array_equal(layer.backward(x, np.ones(shape)), -layer.output)
    np.testing.assert_allclose(layer.evaluate().forward(x), 0.2 * x)


@pytest.mark.parametrize(
    ("ctor", "sizes", "shape", "laid"),
    [
        ("CMul", (4, 3), (3, 4), (4, 3)),
        ("CMul", (12,), (2, 3, 4), (2, 12)),
        ("CAdd", (12,), (2, 3, 4), (2, 12)),
        ("Add", (4,), (3, 2, 2), (3, 4)),
        ("CMul", (1, 4), (3, 4), (3, 4)),
    ],
)
def test_elements_are_counted(ctor: str, sizes: Any, shape: Any, laid: Any) -> None:
    layer, ours = made(ctor, *sizes), getattr(nn, ctor)(*sizes)
    for parameter, value in zip(ours.parameters(), layer.parameters(), strict=True):
        parameter.value = value.value
    x = real(*shape)
    y, dy, gradients = both_ways(layer, x)
    np.testing.assert_array_equal(y, ours.forward(x.reshape(laid)).reshape(shape))
    ours.zero_grad_parameters()
    dx = ours.backward(x.reshape(laid), dy.reshape(laid))
    np.testing.assert_array_equal(layer.backward(x, dy), dx.reshape(shape))
    np.testing.assert_allclose(gradients[0], ours.parameters()[0].grad)
    assert layer.output_shape(shape) == shape
    with pytest.raises(ValueError, match=ctor):
        layer.forward(real(5, 7))


def test_the_targets_gradient_of_a_criterion_is_of_floating_zeros() -> None:
    module = build_module({"ctor": "nn.ModuleFromCriterion", "args": [{"ctor": "nn.ClassNLLCriterion", "args": []}]})
    x = [real(3, 4), np.array([0, 3, 1])]
    module.forward(x)
    zeros = module.backward(x, np.ones(1))[1]
    assert zeros.dtype == np.float64
    assert not zeros.any()


# ---- criterions


def test_cross_entropy_takes_dimensions_of_1_off() -> None:
    criterion, ours = build_criterion({"ctor": "nn.CrossEntropyCriterion", "args": []}), nn.CrossEntropyCriterion()
    x, t = real(3, 4), np.array([0, 3, 1])
    loss, dx = ours.forward(x, t), ours.backward(x, t)
    assert criterion.forward(x[:, :, None], t[:, None]) == loss
    np.testing.assert_array_equal(criterion.backward(x[:, :, None], t[:, None]), dx[:, :, None])
    assert criterion.forward(x[:1], np.array(2)) == pytest.approx(ours.forward(x[:1], np.array([2])))


def test_margin_ranking_divides_by_the_rows() -> None:
    criterion = build_criterion({"ctor": "nn.MarginRankingCriterion", "args": [0.2]})
    a, b, t = real(4, 2), real(2, 4).T, np.ones((4, 2))
    assert criterion.forward([a, b], t) == pytest.approx(np.maximum(0, 0.2 - (a - b)).sum() / 4)


@pytest.mark.parametrize("target", [np.array([1, 4, 2]), np.array([1.0, 4.0, 2.0])])
def test_classes_of_several_criterions_are_replayed(target: Any) -> None:
    nll = {"ctor": "nn.ClassNLLCriterion", "args": []}
    both = {"ctor": "nn.ParallelCriterion", "args": [True], "calls": [["add", nll], ["add", nll, 2]]}
    x = [real(3, 4), real(4, 3).T]
    got = replay("criterion", {"spec": both, "input": theirs(x), "target": theirs(target)})
    rows, classes = np.arange(3), target.astype(int) - 1
    assert got["output"] == pytest.approx(-x[0][rows, classes].mean() - 2 * x[1][rows, classes].mean())


# ---- optim


def test_options_of_rprop_and_asgd_are_replayed() -> None:
    context = {"A": theirs(np.eye(2)), "b": theirs(np.zeros(2))}
    case = {"func": "quadratic", "x0": theirs(np.array([1.0, -2.0])), "f": [0, 0]}
    options = {"stepsize": 0.1, "etaplus": 2, "etaminus": 0.1, "stepsizemax": 0.15, "stepsizemin": 0.05, "niter": 2}
    got = replay_optim({**case, "method": "rprop", "config": options}, context)
    np.testing.assert_allclose([x["data"] for x in got["x"]], [[1, -2], [0.75, -1.75], [0.45, -1.45]])
    got = replay_optim({**case, "method": "asgd", "config": {"lambda": 0.5, "eta0": 0.1}}, context)
    np.testing.assert_allclose(got["x"][1]["data"], 0.95 * np.array([1, -2]) - 0.1 * np.array([1, -2]))
    assert got["finalState"]["t0"] == 1e6
