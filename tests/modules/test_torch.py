"""Modules give what PyTorch's give, where PyTorch is installed: it is no dependency of the tests, being 200 MB."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from graphnet import Module
from graphnet import modules as nn
from graphnet.nesting import leaves

torch = pytest.importorskip("torch", reason="PyTorch is optional")
F = torch.nn.functional


def real(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape) + len(shape)).normal(size=shape)


def chances(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).uniform(0.05, 0.95, shape)


CLASSES = np.array([[2, 0, 1], [1, 1, 0]])
LENGTHS = np.array([4, 0, 2])
SIGNS = np.array([1, -1, 1, 1, -1, -1])

STATISTICS = torch.tensor([0.5, -1.0, 2.0]).double(), torch.tensor([0.5, 1.0, 3.0]).double()


def with_statistics(module: Any) -> Module:
    module.running_mean[:], module.running_var[:] = STATISTICS
    return module.evaluate()


# By name: our module, the twin as a function of its inputs and then of our parameters, and the input.
TWINS: dict[str, tuple[Callable[[], Module], Callable[..., Any], Any]] = {
    "Abs": (nn.Abs, torch.abs, real(3, 4)),
    "AbsCriterion": (nn.AbsCriterion, F.l1_loss, [real(3, 4), real(3, 5)[:, :4]]),
    "BCECriterion": (nn.BCECriterion, F.binary_cross_entropy, [chances(3, 4), chances(4, 4)[:3]]),
    "BCECriterion, weights": (
        lambda: nn.BCECriterion([1.0, 2.0], False),
        lambda x, t: F.binary_cross_entropy(x, t, torch.tensor([1.0, 2.0], dtype=torch.float64), reduction="sum"),
        [chances(3, 2), chances(4, 2)[:3]],
    ),
    "BatchNormalization": (
        lambda: nn.BatchNormalization(4, 1e-3),
        lambda x, w, b: F.batch_norm(x, None, None, w, b, True, eps=1e-3),
        3 * real(5, 4) + 1e3,
    ),
    "BatchNormalization, evaluated": (
        lambda: with_statistics(nn.BatchNormalization(3)),
        lambda x, w, b: F.batch_norm(x, *STATISTICS, w, b),
        real(5, 3),
    ),
    "Bilinear": (lambda: nn.Bilinear(3, 2, 4), F.bilinear, [real(5, 3), real(5, 2)]),
    "Bottle": (lambda: nn.Bottle(nn.Linear(3, 2)), F.linear, real(5, 4, 3)),
    "CMaxTable": (nn.CMaxTable, lambda a, b: torch.maximum(a, b), [real(3, 4), real(3, 5)[:, :4]]),
    "CMul": (lambda: nn.CMul(3, 1), lambda x, w: x * w, real(2, 3, 4)),
    "CReLU": (lambda: nn.CReLU(1), lambda x: torch.cat([torch.relu(x), torch.relu(-x)], 1), real(5, 3)),
    "Clamp": (lambda: nn.Clamp(-0.5, 1), lambda x: torch.clamp(x, -0.5, 1), real(3, 4)),
    "ClassNLLCriterion": (
        lambda: nn.ClassNLLCriterion([1.0, 2.0, 3.0], ignore_index=0),
        lambda x, t: F.nll_loss(x, t, torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64), ignore_index=0),
        [real(3, 3), CLASSES[0]],
    ),
    "Collapse": (lambda: nn.Collapse(2), lambda x: torch.flatten(x, 1), real(5, 2, 3)),
    "Cosine": (lambda: nn.Cosine(3, 2), lambda x, w: F.cosine_similarity(x[:, None], w[None], 2), real(5, 3)),
    "CosineDistance": (nn.CosineDistance, lambda a, b: F.cosine_similarity(a, b, 1), [real(5, 3), real(5, 4)[:, :3]]),
    "CosineEmbeddingCriterion": (
        lambda: nn.CosineEmbeddingCriterion(0.1),
        lambda a, b, t: F.cosine_embedding_loss(a, b, t, 0.1),
        [[real(6, 3), real(6, 4)[:, :3]], SIGNS],
    ),
    "DistKLDivCriterion": (
        nn.DistKLDivCriterion,
        lambda x, t: F.kl_div(x, t, reduction="sum") / 12,
        [real(3, 4), chances(3, 4)],
    ),
    "DotProduct": (nn.DotProduct, lambda a, b: (a * b).sum(1), [real(3, 4), real(3, 5)[:, :4]]),
    "ELU": (lambda: nn.ELU(0.5), lambda x: F.elu(x, 0.5), real(3, 4)),
    "Exp": (nn.Exp, torch.exp, real(3, 4)),
    "GatedLinearUnit": (lambda: nn.GatedLinearUnit(1), lambda x: F.glu(x, 1), real(3, 4, 2)),
    "HardShrink": (lambda: nn.HardShrink(0.8), lambda x: F.hardshrink(x, 0.8), real(3, 4)),
    "HardTanh": (nn.HardTanh, F.hardtanh, real(3, 4)),
    "HingeEmbeddingCriterion": (
        lambda: nn.HingeEmbeddingCriterion(0.5),
        lambda x, t: F.hinge_embedding_loss(x, t, 0.5),
        [real(6), SIGNS],
    ),
    "Index": (
        lambda: nn.Index(1),
        lambda x, i: x.index_select(1, i),
        [real(3, 4, 2), np.array([2, 0, 2])],
    ),
    "L1Cost": (nn.L1Cost, lambda x: x.abs().sum(), real(3, 4)),
    "LayerNormalization": (
        lambda: nn.LayerNormalization(4, 0.5, eps=4e-5),
        lambda x, w, b: F.layer_norm(x, (4,), w, b, eps=1e-5),
        real(5, 3, 4),
    ),
    "LeakyReLU": (lambda: nn.LeakyReLU(0.2), lambda x: F.leaky_relu(x, 0.2), real(3, 4)),
    "Linear": (lambda: nn.Linear(3, 2), F.linear, real(4, 3)),
    "LinearWeightNorm": (
        lambda: nn.LinearWeightNorm(3, 2),
        lambda x, v, g, b: F.linear(x, torch._weight_norm(v, g, 0), b),
        real(5, 3),
    ),
    "Log": (nn.Log, torch.log, chances(3, 4)),
    "LogSigmoid": (nn.LogSigmoid, F.logsigmoid, 30 * real(3, 4)),
    "LogSoftMax": (nn.LogSoftMax, lambda x: F.log_softmax(x, -1), real(3, 4)),
    "LookupTable": (lambda: nn.LookupTable(3, 2), F.embedding, CLASSES),
    "MM": (lambda: nn.MM(trans_b=True), lambda a, b: a @ b.mT, [real(5, 2, 3), real(5, 4, 3)]),
    "MSECriterion": (nn.MSECriterion, F.mse_loss, [real(3, 4), real(3, 5)[:, :4]]),
    "MV": (lambda: nn.MV(True), lambda m, v: torch.einsum("bij,bi->bj", m, v), [real(5, 2, 3), real(5, 2)]),
    "MarginRankingCriterion": (
        lambda: nn.MarginRankingCriterion(0.1),
        lambda a, b, t: F.margin_ranking_loss(a, b, t, 0.1),
        [[real(6), real(5, 6)[0]], SIGNS],
    ),
    "MaskedSelect": (nn.MaskedSelect, torch.masked_select, [real(3, 4), real(3, 5)[:, :4] > 0]),
    "MaskedLoss": (
        nn.MaskedLoss,
        lambda x, t: F.nll_loss(x, t, ignore_index=-1, reduction="sum") / len(t),
        [real(4, 3), np.array([2, -1, 0, 1])],
    ),
    "ModuleCriterion": (
        lambda: nn.ModuleCriterion(nn.MSECriterion(), nn.Linear(3, 2), nn.Tanh()),
        lambda x, t, w, b: F.mse_loss(F.linear(x, w, b), torch.tanh(t)),
        [real(5, 3), real(5, 2)],
    ),
    "Max": (lambda: nn.Max(1), lambda x: x.max(1).values, real(3, 4, 2)),
    "Maxout": (
        lambda: nn.Maxout(3, 2, 4),
        lambda x, w, b: F.linear(x, w, b).unflatten(1, (4, 2)).max(1).values,
        real(5, 3),
    ),
    "Mean": (lambda: nn.Mean(-1), lambda x: x.mean(-1), real(3, 4)),
    "Min": (lambda: nn.Min(0), lambda x: x.min(0).values, real(3, 4)),
    "MixtureTable": (nn.MixtureTable, lambda g, x: torch.einsum("bk,bkn->bn", g, x), [real(5, 3), real(5, 3, 4)]),
    "MultiLabelMarginCriterion": (
        nn.MultiLabelMarginCriterion,
        F.multilabel_margin_loss,
        [real(2, 3), np.array([[2, 0, -1], [-1, 1, 1]])],
    ),
    "MultiLabelSoftMarginCriterion": (
        lambda: nn.MultiLabelSoftMarginCriterion([1.0, 2.0, 0.5]),
        lambda x, t: F.multilabel_soft_margin_loss(x, t, torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)),
        [30 * real(4, 3), chances(4, 3)],
    ),
    "MultiMarginCriterion": (
        lambda: nn.MultiMarginCriterion(2, [1.0, 2.0, 0.5], 0.7),
        lambda x, t: F.multi_margin_loss(x, t, 2, 0.7, torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)),
        [real(3, 3), CLASSES[0]],
    ),
    "Normalize": (lambda: nn.Normalize(3, 1e-30), lambda x: F.normalize(x, 3, -1), real(3, 4)),
    "PReLU": (lambda: nn.PReLU(3), F.prelu, real(2, 3, 4, 2)),
    "Padding": (lambda: nn.Padding(1, -2, None, 7), lambda x: F.pad(x, (2, 0), value=7), real(3, 4)),
    "Power": (lambda: nn.Power(1.5), lambda x: x**1.5, chances(3, 4)),
    "RReLU": (lambda: nn.RReLU(0.1, 0.3).evaluate(), lambda x: F.rrelu(x, 0.1, 0.3), real(3, 4)),
    "ReLU": (nn.ReLU, torch.relu, real(3, 4)),
    "ReLU6": (nn.ReLU6, F.relu6, 4 * real(3, 4)),
    "ReverseSequence": (nn.ReverseSequence, lambda x: x.flip(0), real(4, 3, 2)),
    "SelectTerminal": (
        nn.SelectTerminal,
        lambda x, lengths: (
            torch.take_along_dim(x, (lengths - 1).clamp(0)[None, :, None], 0)[0] * (lengths > 0)[:, None]
        ),
        [real(4, 3, 2), LENGTHS],
    ),
    "SequenceCriterion": (
        lambda: nn.SequenceCriterion(nn.CrossEntropyCriterion(ignore_index=0)),
        lambda x, t: F.cross_entropy(x.flatten(0, 1), t.flatten(), ignore_index=0),
        [real(2, 3, 3), CLASSES],
    ),
    "Sigmoid": (nn.Sigmoid, torch.sigmoid, real(3, 4)),
    "SmoothL1Criterion": (nn.SmoothL1Criterion, F.smooth_l1_loss, [real(3, 4), 2.5 * real(3, 5)[:, :4]]),
    "SoftMarginCriterion": (nn.SoftMarginCriterion, F.soft_margin_loss, [3 * real(6), SIGNS]),
    "SoftMax": (nn.SoftMax, lambda x: F.softmax(x, 1), real(3, 4, 2, 2)),
    "SoftMin": (nn.SoftMin, lambda x: F.softmin(x, -1), real(3, 4)),
    "SoftPlus": (lambda: nn.SoftPlus(2), lambda x: F.softplus(x, 2, 1000), 30 * real(3, 4)),
    "SoftShrink": (lambda: nn.SoftShrink(0.8), lambda x: F.softshrink(x, 0.8), real(3, 4)),
    "SoftSign": (nn.SoftSign, F.softsign, real(3, 4)),
    "SpatialBatchNormalization": (
        lambda: nn.SpatialBatchNormalization(3),
        lambda x, w, b: F.batch_norm(x, None, None, w, b, True),
        real(1, 3, 2, 5),
    ),
    "SpatialBatchNormalization, evaluated": (
        lambda: with_statistics(nn.SpatialBatchNormalization(3, affine=False)),
        lambda x: F.batch_norm(x, *STATISTICS),
        real(2, 3, 2, 5),
    ),
    "Sqrt": (nn.Sqrt, torch.sqrt, chances(3, 4)),
    "Tanh": (nn.Tanh, torch.tanh, real(3, 4)),
    "TanhShrink": (nn.TanhShrink, F.tanhshrink, real(3, 4)),
    "Threshold": (lambda: nn.Threshold(0.1, -2), lambda x: F.threshold(x, 0.1, -2), real(3, 4)),
    "VolumetricBatchNormalization": (
        lambda: nn.VolumetricBatchNormalization(3, affine=False),
        lambda x: F.batch_norm(x, None, None, training=True),
        real(4, 3, 2, 2, 5),
    ),
    "WeightNorm": (
        lambda: nn.WeightNorm(nn.Linear(3, 2), 1),
        lambda x, v, g, b: F.linear(x, (g * v / (v.square().sum(1, keepdim=True) + 1e-4).sqrt()).T, b),
        real(5, 3),
    ),
    "DepthConcat": (
        lambda: nn.DepthConcat(1, nn.Identity(), nn.Narrow(-1, 1, 3)),
        lambda x: torch.cat([x, F.pad(x[..., 1:4], (1, 1))], 1),
        real(2, 3, 4, 5),
    ),
    "SpatialAveragePooling": (
        lambda: nn.SpatialAveragePooling(3, 2, 2, 1, 1, 1, ceil=True),
        lambda x: F.avg_pool2d(x, (2, 3), (1, 2), (1, 1), ceil_mode=True),
        real(2, 3, 5, 6),
    ),
    "SpatialAveragePooling, padding not counted": (
        lambda: nn.SpatialAveragePooling(3, 3, 2, 2, 1, 1, ceil=True, count_include_pad=False),
        lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False),
        real(2, 3, 6, 7),
    ),
    "SpatialClassNLLCriterion": (
        lambda: nn.SpatialClassNLLCriterion([1.0, 2.0, 3.0], ignore_index=0),
        lambda x, t: F.nll_loss(x, t, torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64), ignore_index=0),
        [real(2, 3, 2, 3), np.stack([CLASSES, CLASSES[::-1]])],
    ),
    "SpatialConvolution": (
        lambda: nn.SpatialConvolution(3, 4, 3, 2, 2, 1, 1, 0),
        lambda x, w, b: F.conv2d(x, w, b, (1, 2), (0, 1)),
        real(5, 3, 6, 8),
    ),
    "SpatialConvolution, many planes": (
        lambda: nn.SpatialConvolution(20, 9, 3, 3, 1, 1, 2, bias=False),
        lambda x, w: F.conv2d(x, w, None, 1, 2),
        real(3, 20, 5, 4),
    ),
    "SpatialConvolution, many planes and strides": (
        lambda: nn.SpatialConvolution(20, 9, 5, 4, 3, 2, 1, 3),
        lambda x, w, b: F.conv2d(x, w, b, (2, 3), (3, 1)),
        real(3, 20, 7, 9),
    ),
    "SpatialConvolution, more planes than windows": (
        lambda: nn.SpatialConvolution(3, 30, 2, 2),
        F.conv2d,
        real(3, 3, 3, 4),
    ),
    "SpatialDilatedConvolution": (
        lambda: nn.SpatialDilatedConvolution(3, 4, 3, 2, 2, 1, 1, 2, 2, 3),
        lambda x, w, b: F.conv2d(x, w, b, (1, 2), (2, 1), (3, 2)),
        real(2, 3, 6, 8),
    ),
    "SpatialDilatedConvolution, many planes": (
        lambda: nn.SpatialDilatedConvolution(18, 9, 3, 3, 1, 1, 5, 1, 2, 3),
        lambda x, w, b: F.conv2d(x, w, b, 1, (1, 5), (3, 2)),
        real(2, 18, 6, 4),
    ),
    "SpatialFullConvolution": (
        lambda: nn.SpatialFullConvolution(3, 4, 3, 2, 2, 3, 1, 0, 1, 2),
        lambda x, w, b: F.conv_transpose2d(x, w, b, (3, 2), (0, 1), (2, 1)),
        real(2, 3, 4, 5),
    ),
    "SpatialFullConvolution, many planes": (
        lambda: nn.SpatialFullConvolution(18, 9, 5, 4, 2, 2, 3, 1, 1, 0, bias=False),
        lambda x, w: F.conv_transpose2d(x, w, None, 2, (1, 3), (0, 1)),
        real(2, 18, 4, 5),
    ),
    "SpatialFullConvolution, like another": (
        lambda: nn.SpatialFullConvolution(2, 3, 4, 4, 3, 3, 1, 1),
        lambda x, like, w, b: F.conv_transpose2d(x, w, b, 3, 1, (2, 1)),
        [real(2, 2, 3, 4), real(13, 15)[:10, :12]],
    ),
    "SpatialMaxPooling": (
        lambda: nn.SpatialMaxPooling(2, 3),
        lambda x: F.max_pool2d(x, (3, 2)),
        real(2, 3, 7, 6),
    ),
    "SpatialMaxPooling, ceil": (
        lambda: nn.SpatialMaxPooling(3, 2, 2, 3, 1, 1, ceil=True),
        lambda x: F.max_pool2d(x, (2, 3), (3, 2), 1, ceil_mode=True),
        np.round(2 * real(2, 3, 7, 6)),
    ),
    "SpatialUpSamplingNearest": (
        lambda: nn.SpatialUpSamplingNearest(3),
        lambda x: F.interpolate(x, scale_factor=3),
        real(2, 3, 4, 5),
    ),
    "SpatialZeroPadding": (
        lambda: nn.SpatialZeroPadding(1, -2, -1, 3),
        lambda x: F.pad(x, (1, -2, -1, 3)),
        real(2, 3, 4, 5),
    ),
    "TemporalConvolution": (
        lambda: nn.TemporalConvolution(3, 4, 5, 2),
        lambda x, w, b: F.conv1d(x.mT, w.unflatten(1, (5, 3)).mT, b, 2).mT,
        real(2, 10, 3),
    ),
    "TemporalMaxPooling": (
        lambda: nn.TemporalMaxPooling(3, 2),
        lambda x: F.max_pool1d(x.mT, 3, 2).mT,
        np.round(2 * real(2, 10, 3)),
    ),
}


@pytest.mark.parametrize("name", TWINS)
def test_a_module_is_its_twin(name: str) -> None:
    make, twin, x = TWINS[name]
    module = make()
    theirs = [torch.tensor(a, requires_grad=a.dtype.kind == "f") for a in leaves(x)]
    parameters = [torch.tensor(p.value, requires_grad=True) for p in module.parameters()]
    expected = twin(*theirs, *parameters)
    dy = real(*expected.shape)
    expected.backward(torch.tensor(dy))

    tape = module.run(x)
    gradients = [*leaves(tape.backward(dy)), *(p.grad for p in module.parameters())]
    np.testing.assert_allclose(tape.output, expected.detach().numpy(), rtol=1e-10, atol=1e-12)
    for mine, tensor in zip(gradients, [*theirs, *parameters], strict=True):
        if tensor.grad is not None:
            np.testing.assert_allclose(mine, tensor.grad.numpy(), rtol=1e-10, atol=1e-12)
        else:
            assert not mine.any()


def reordered(array: np.ndarray, n: int) -> Any:
    """Turn the rows of our gates (in, forget, out, transform) into PyTorch's order (in, forget, transform, out)."""
    i, f, o, g = (array[k * n : (k + 1) * n] for k in range(4))
    return torch.tensor(np.concatenate([i, f, g, o]))


@pytest.mark.parametrize(("inputs", "n", "batch"), [(3, 2, 1), (5, 4, 7)])
def test_an_lstm_step_is_pytorch_s(inputs: int, n: int, batch: int) -> None:
    layer = nn.lstm(inputs, n)
    cell = torch.nn.LSTMCell(inputs, n, dtype=torch.float64)
    ours = layer.named_parameters()
    pairs = {"weight_ih": "i2h.weight", "bias_ih": "i2h.bias", "weight_hh": "h2h.weight", "bias_hh": "h2h.bias"}
    with torch.no_grad():
        for theirs, name in pairs.items():
            getattr(cell, theirs).copy_(reordered(ours[name].value, n))

    rng = np.random.default_rng(0)
    values = [rng.normal(size=(batch, size)) for size in (inputs, n, n)]
    x, c, h = (torch.tensor(value, requires_grad=True) for value in values)
    next_h, next_c = cell(x, (h, c))
    dc, dh = rng.normal(size=(batch, n)), rng.normal(size=(batch, n))
    torch.autograd.backward([next_c, next_h], [torch.tensor(dc), torch.tensor(dh)])

    layer.zero_grad_parameters()
    out = layer.forward(values)
    gradients = layer.backward(values, [dc, dh])
    for mine, theirs in zip(out, (next_c, next_h), strict=True):
        np.testing.assert_allclose(mine, theirs.detach().numpy(), rtol=1e-12, atol=1e-14)
    for mine, theirs in zip(gradients, (x, c, h), strict=True):
        np.testing.assert_allclose(mine, theirs.grad.numpy(), rtol=1e-12, atol=1e-14)
    for theirs, name in pairs.items():
        expected = getattr(cell, theirs).grad.numpy()
        np.testing.assert_allclose(reordered(ours[name].grad, n).numpy(), expected, rtol=1e-12, atol=1e-14)
