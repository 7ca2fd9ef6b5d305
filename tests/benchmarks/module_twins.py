"""Our modules and their twins in PyTorch, at two sizes; the twins of the tests, where their sizes do not matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import torch

from graphnet import Module
from graphnet import modules as nn
from graphnet.nesting import Nested
from tests.modules.twins import TWINS

F = torch.nn.functional


class Pair(NamedTuple):
    """Our module, made for its input; the twin, of the input's arrays and then of our parameters; two inputs."""

    make: Callable[[Any], Module]
    twin: Callable[..., Any]
    small: Nested
    large: Nested
    drawn: bool = False  # at random, so that the two differ


def real(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).normal(size=shape)


def chances(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).uniform(0.05, 0.95, shape)


def classes(n: int, *shape: int) -> Any:
    return np.random.default_rng(sum(shape)).integers(0, n, shape)


def signs(*shape: int) -> Any:
    return 2 * classes(2, *shape) - 1


def log_chances(*shape: int) -> Any:
    numbers = chances(*shape)
    return np.log(numbers / numbers.sum(-1, keepdims=True))


def two(*shape: int) -> Any:
    return [real(*shape), real(*shape[:-1], shape[-1] + 1)[..., :-1].copy()]


SMALL, LARGE = (1, 16), (256, 1024)
BATCH, IMAGES = (8, 32, 4, 4), (16, 64, 16, 16)


def sized(make: Callable[[Any], Module], twin: Callable[..., Any], *of: Callable[..., Any]) -> Pair:
    """Return a pair of which each input is made by a function of the shape; one input is no list."""
    small, large = ([each(*shape) for each in of] for shape in (SMALL, LARGE))
    return Pair(make, twin, *((small[0], large[0]) if len(of) == 1 else (small, large)))


def tested(name: str, *of: Callable[..., Any]) -> Pair:
    """Return a pair of the tests, with larger inputs."""
    make, twin, _ = TWINS[name]
    return sized(lambda _: make(), twin, *of)


def pairs() -> Iterator[tuple[str, Pair]]:
    """Yield all pairs by name."""
    for name in [
        "Abs",
        "Clamp",
        "ELU",
        "Exp",
        "HardShrink",
        "HardTanh",
        "LeakyReLU",
        "LogSigmoid",
        "LogSoftMax",
        "ReLU",
        "ReLU6",
        "Sigmoid",
        "SoftMin",
        "SoftPlus",
        "SoftShrink",
        "SoftSign",
        "Tanh",
        "TanhShrink",
        "Threshold",
        "Normalize",
        "RReLU",
        "L1Cost",
        "GatedLinearUnit",
    ]:
        yield name, tested(name, real)
    for name in ("Log", "Power", "Sqrt"):
        yield name, tested(name, chances)
    yield "Square", sized(lambda _: nn.Square(), torch.square, real)
    yield "SoftMax", sized(lambda _: nn.SoftMax(), lambda x: F.softmax(x, -1), real)
    yield "CReLU", sized(lambda _: nn.CReLU(1), lambda x: torch.cat([torch.relu(x), torch.relu(-x)], 1), real)
    yield "PReLU", Pair(lambda x: nn.PReLU(x.shape[1]), F.prelu, real(*BATCH), real(*IMAGES))
    yield "Dropout", sized(lambda _: nn.Dropout(0.5), lambda x: F.dropout(x, 0.5), real)._replace(drawn=True)
    yield from tables()
    yield from learnt()
    yield from products()
    yield from shapes()
    yield from reductions()
    yield from indices()
    yield from criterions()
    yield from images()
    yield from wrappers()
    yield from combined()


def tables() -> Iterator[tuple[str, Pair]]:
    yield "CAddTable", sized(lambda _: nn.CAddTable(), torch.add, real, chances)
    yield "CSubTable", sized(lambda _: nn.CSubTable(), torch.sub, real, chances)
    yield "CMulTable", sized(lambda _: nn.CMulTable(), torch.mul, real, chances)
    yield "CDivTable", sized(lambda _: nn.CDivTable(), torch.div, real, chances)
    yield "CMaxTable", sized(lambda _: nn.CMaxTable(), torch.maximum, real, chances)
    yield "CMinTable", sized(lambda _: nn.CMinTable(), torch.minimum, real, chances)
    yield "JoinTable", sized(lambda _: nn.JoinTable(1), lambda a, b: torch.cat([a, b], 1), real, chances)
    yield (
        "SplitTable",
        Pair(lambda _: nn.SplitTable(0), lambda x: list(x.unbind(0)), real(4, 16), real(32, 64, 128)),
    )
    yield "MixtureTable", Pair(*made("MixtureTable"), [real(2, 3), real(2, 3, 4)], [real(256, 8), real(256, 8, 128)])


def learnt() -> Iterator[tuple[str, Pair]]:
    yield "Mul", sized(lambda _: nn.Mul(), torch.mul, real)
    yield "Add", sized(lambda x: nn.Add(x.shape[1]), torch.add, real)
    yield "AddConstant", sized(lambda _: nn.AddConstant(0.5), lambda x: x + 0.5, real)
    yield "MulConstant", sized(lambda _: nn.MulConstant(0.5), lambda x: x * 0.5, real)
    yield "CMul", sized(lambda x: nn.CMul(x.shape[1]), torch.mul, real)
    yield "CAdd", sized(lambda x: nn.CAdd(x.shape[1]), torch.add, real)
    yield "Linear", Pair(lambda x: nn.Linear(x.shape[1], x.shape[1]), F.linear, real(*SMALL), real(256, 512))
    yield (
        "Bottle",
        Pair(lambda x: nn.Bottle(nn.Linear(x.shape[2], x.shape[2])), F.linear, real(2, 3, 16), real(8, 32, 512)),
    )
    yield (
        "Maxout",
        Pair(
            lambda x: nn.Maxout(x.shape[1], x.shape[1] // 2, 4),
            lambda x, w, b: F.linear(x, w, b).unflatten(1, (4, -1)).max(1).values,
            real(*SMALL),
            real(256, 256),
        ),
    )
    yield (
        "Bilinear",
        Pair(
            lambda x: nn.Bilinear(x[0].shape[1], x[1].shape[1], 8),
            F.bilinear,
            two(1, 8),
            two(256, 64),
        ),
    )
    yield (
        "LayerNormalization",
        sized(
            lambda x: nn.LayerNormalization(x.shape[1], eps=1e-5 * x.shape[1]),
            lambda x, w, b: F.layer_norm(x, x.shape[1:], w, b),
            real,
        ),
    )
    yield (
        "Euclidean",
        Pair(
            lambda x: nn.Euclidean(x.shape[1], 16),
            lambda x, w: torch.cdist(x, w.T, compute_mode="donot_use_mm_for_euclid_dist"),
            real(*SMALL),
            real(256, 128),
        ),
    )
    yield (
        "Cosine",
        Pair(
            lambda x: nn.Cosine(x.shape[1], 64),
            lambda x, w: F.normalize(x, dim=1) @ F.normalize(w, dim=1).T,
            real(*SMALL),
            real(256, 512),
        ),
    )


def products() -> Iterator[tuple[str, Pair]]:
    yield "MM", Pair(lambda _: nn.MM(), torch.matmul, [real(1, 16), real(16, 16)], [real(256, 512), real(512, 512)])
    yield (
        "MM, batches",
        Pair(*made("MM"), [real(2, 2, 8), real(2, 3, 8)], [real(32, 64, 64), real(32, 65, 64)]),
    )
    yield "MV", Pair(*made("MV"), [real(2, 4, 8), real(2, 4)], [real(32, 128, 64), real(32, 128)])
    for name in ("DotProduct", "CosineDistance"):
        yield name, tested(name, real, chances)
    yield "PairwiseDistance", sized(lambda _: nn.PairwiseDistance(2), lambda a, b: (a - b).norm(dim=1), real, chances)


def shapes() -> Iterator[tuple[str, Pair]]:
    yield "Identity", sized(lambda _: nn.Identity(), lambda x: x.view_as(x), real)
    yield "Reshape", sized(lambda x: nn.Reshape(x.shape[1] // 4, 4), lambda x: x.reshape(x.shape[0], -1, 4), real)
    yield "View", sized(lambda _: nn.View(-1, 4), lambda x: x.view(-1, 4), real)
    yield "Squeeze", Pair(lambda _: nn.Squeeze(), torch.squeeze, real(1, 16), real(256, 1, 1024))
    yield "Unsqueeze", sized(lambda _: nn.Unsqueeze(1), lambda x: x.unsqueeze(1), real)
    yield "Transpose", sized(lambda _: nn.Transpose((0, 1)), lambda x: x.transpose(0, 1), real)
    yield (
        "Contiguous",
        Pair(lambda _: nn.Contiguous(), lambda x: x.contiguous(), real(4, 8).T, real(512, 512).T),
    )
    yield "Narrow", sized(lambda _: nn.Narrow(1, 2, 8), lambda x: x.narrow(1, 2, 8), real)
    yield "Select", sized(lambda _: nn.Select(1, 3), lambda x: x.select(1, 3), real)
    yield "Padding", sized(lambda _: nn.Padding(1, 4), lambda x: F.pad(x, (0, 4)), real)
    yield "Replicate", sized(lambda _: nn.Replicate(4, 1), lambda x: x.unsqueeze(1).repeat(1, 4, 1), real)
    yield (
        "ReverseSequence",
        Pair(*made("ReverseSequence"), real(4, 2, 4), real(32, 64, 128)),
    )


def reductions() -> Iterator[tuple[str, Pair]]:
    for axis in (0, 1):
        yield f"Sum, {axis}", sized(lambda _, a=axis: nn.Sum(a), lambda x, a=axis: x.sum(a), real)
        yield f"Mean, {axis}", sized(lambda _, a=axis: nn.Mean(a), lambda x, a=axis: x.mean(a), real)
        yield f"Max, {axis}", sized(lambda _, a=axis: nn.Max(a), lambda x, a=axis: x.max(a).values, real)
        yield f"Min, {axis}", sized(lambda _, a=axis: nn.Min(a), lambda x, a=axis: x.min(a).values, real)


def indices() -> Iterator[tuple[str, Pair]]:
    yield (
        "LookupTable",
        Pair(
            lambda x: nn.LookupTable(10 if x.size < 99 else 10_000, 16 if x.size < 99 else 128),
            F.embedding,
            classes(10, 1, 4),
            classes(10_000, 64, 64),
        ),
    )
    yield (
        "OneHot",
        Pair(
            lambda _: nn.OneHot(100),
            lambda x: F.one_hot(x, 100).double(),
            classes(100, 4),
            classes(100, 64, 64),
        ),
    )
    yield "Index", Pair(*made("Index"), [real(2, 4, 4), classes(4, 3)], [real(64, 128, 64), classes(128, 64)])
    yield "MaskedSelect", sized(lambda _: nn.MaskedSelect(), torch.masked_select, real, lambda *s: real(*s) > 0)
    yield (
        "SelectTerminal",
        Pair(*made("SelectTerminal"), [real(4, 2, 4), classes(4, 2)], [real(32, 64, 128), classes(32, 64)]),
    )


def criterions() -> Iterator[tuple[str, Pair]]:
    for name in ("AbsCriterion", "MSECriterion", "SmoothL1Criterion"):
        yield name, tested(name, real, chances)
    yield "BCECriterion", tested("BCECriterion", chances, chances)
    yield (
        "DistKLDivCriterion",
        sized(lambda _: nn.DistKLDivCriterion(), lambda x, t: F.kl_div(x, t, reduction="mean"), log_chances, chances),
    )
    yield (
        "MultiLabelSoftMarginCriterion",
        sized(lambda _: nn.MultiLabelSoftMarginCriterion(), F.binary_cross_entropy_with_logits, real, chances),
    )
    for name in ("HingeEmbeddingCriterion", "SoftMarginCriterion"):
        yield name, tested(name, real, signs)
    yield (
        "MarginRankingCriterion",
        Pair(
            *made("MarginRankingCriterion"),
            [two(16), signs(16)],
            [two(2**18), signs(2**18)],
        ),
    )
    yield (
        "CosineEmbeddingCriterion",
        Pair(*made("CosineEmbeddingCriterion"), [two(1, 16), signs(1)], [two(*LARGE), signs(256)]),
    )
    yield "ClassNLLCriterion", Pair(lambda _: nn.ClassNLLCriterion(), F.nll_loss, *scored(log_chances))
    yield "CrossEntropyCriterion", Pair(lambda _: nn.CrossEntropyCriterion(), F.cross_entropy, *scored(real))
    yield "MultiMarginCriterion", Pair(lambda _: nn.MultiMarginCriterion(), F.multi_margin_loss, *scored(real))
    yield (
        "MultiLabelMarginCriterion",
        Pair(*made("MultiLabelMarginCriterion"), [real(1, 16), labels(1, 16)], [real(64, 64), labels(64, 64)]),
    )
    yield (
        "SequenceCriterion",
        Pair(
            *made("SequenceCriterion"),
            [real(2, 3, 8), 1 + classes(7, 2, 3)],
            [real(32, 32, 128), 1 + classes(127, 32, 32)],
        ),
    )


def images() -> Iterator[tuple[str, Pair]]:
    """Yield what works on images and sequences, and normalises batches."""
    small, large = real(1, 3, 8, 8), real(8, 32, 32, 32)
    yield (
        "SpatialConvolution",
        Pair(
            lambda x: nn.SpatialConvolution(x.shape[1], 2 * x.shape[1], 3, 3, 1, 1, 1),
            lambda x, w, b: F.conv2d(x, w, b, 1, 1),
            small,
            large,
        ),
    )
    yield (
        "SpatialConvolution, strides",
        Pair(
            lambda x: nn.SpatialConvolution(x.shape[1], 2 * x.shape[1], 4, 4, 2, 2, 1),
            lambda x, w, b: F.conv2d(x, w, b, 2, 1),
            small,
            large,
        ),
    )
    yield (
        "SpatialDilatedConvolution",
        Pair(
            lambda x: nn.SpatialDilatedConvolution(x.shape[1], x.shape[1], 3, 3, 1, 1, 2, 2, 2, 2),
            lambda x, w, b: F.conv2d(x, w, b, 1, 2, 2),
            small,
            large,
        ),
    )
    yield (
        "SpatialFullConvolution",
        Pair(
            lambda x: nn.SpatialFullConvolution(x.shape[1], x.shape[1], 4, 4, 2, 2, 1, 1),
            lambda x, w, b: F.conv_transpose2d(x, w, b, 2, 1),
            small,
            large,
        ),
    )
    yield (
        "TemporalConvolution",
        Pair(
            lambda x: nn.TemporalConvolution(x.shape[2], x.shape[2], 5),
            lambda x, w, b: F.conv1d(x.mT, w.unflatten(1, (5, -1)).mT, b).mT,
            real(1, 16, 4),
            real(16, 128, 64),
        ),
    )
    yield (
        "SpatialMaxPooling",
        Pair(lambda _: nn.SpatialMaxPooling(2, 2), lambda x: F.max_pool2d(x, 2), small, large),
    )
    yield (
        "SpatialMaxPooling, overlapping",
        Pair(lambda _: nn.SpatialMaxPooling(3, 3, 2, 2), lambda x: F.max_pool2d(x, 3, 2), small, large),
    )
    yield (
        "SpatialAveragePooling",
        Pair(lambda _: nn.SpatialAveragePooling(2, 2, 2, 2), lambda x: F.avg_pool2d(x, 2), small, large),
    )
    yield (
        "TemporalMaxPooling",
        Pair(
            lambda _: nn.TemporalMaxPooling(2),
            lambda x: F.max_pool1d(x.mT, 2).mT,
            real(1, 16, 4),
            real(16, 128, 64),
        ),
    )
    yield (
        "SpatialUpSamplingNearest",
        Pair(lambda _: nn.SpatialUpSamplingNearest(2), lambda x: F.interpolate(x, scale_factor=2), small, large),
    )
    yield (
        "SpatialZeroPadding",
        Pair(lambda _: nn.SpatialZeroPadding(1, 1, 1, 1), lambda x: F.pad(x, (1, 1, 1, 1)), small, large),
    )
    yield (
        "BatchNormalization",
        Pair(lambda x: nn.BatchNormalization(x.shape[1]), normalised, real(4, 16), real(256, 1024)),
    )
    yield (
        "SpatialBatchNormalization",
        Pair(lambda x: nn.SpatialBatchNormalization(x.shape[1]), normalised, small, large),
    )


def normalised(x: Any, w: Any, b: Any) -> Any:
    return F.batch_norm(x, None, None, w, b, True)


def scored(of: Callable[..., Any]) -> tuple[Nested, Nested]:
    return [of(1, 16), classes(16, 1)], [of(256, 1024), classes(1024, 256)]


def labels(n_rows: int, n: int) -> Any:
    """Return three classes for each row, and -1 behind them."""
    listed = np.full((n_rows, n), -1)
    listed[:, :3] = np.random.default_rng(0).permuted(np.tile(np.arange(n), (n_rows, 1)), axis=1)[:, :3]
    return listed


def made(name: str) -> tuple[Callable[[Any], Module], Callable[..., Any]]:
    """Return the module and the twin of the tests."""
    make, twin, _ = TWINS[name]
    return lambda _: make(), twin


def wrappers() -> Iterator[tuple[str, Pair]]:
    """Yield what is made of other modules, or passes on what it takes."""
    for name in ("Copy", "WhiteNoise, evaluated"):
        yield name, tested(name, real)
    yield "Collapse", Pair(*made("Collapse"), real(1, 4, 4), real(256, 32, 32))
    yield "CAddTensorTable", Pair(*made("CAddTensorTable"), [real(*SMALL), two(*SMALL)], [real(*LARGE), two(*LARGE)])
    yield (
        "JoinCentred",
        Pair(
            lambda _: nn.JoinCentred(0),
            lambda a, b: torch.cat([a, F.pad(b, (2, 2))]),
            [real(1, 16), real(1, 12)],
            [real(256, 1024), real(256, 1020)],
        ),
    )
    yield "MergeLeading", Pair(*made("MergeLeading"), real(2, 2, 4), real(32, 8, 1024))
    yield (
        "RestoreLeading",
        Pair(*made("RestoreLeading"), [real(4, 4), real(2, 2, 4)], [real(256, 1024), real(32, 8, 16)]),
    )
    yield "DepthConcat", Pair(*made("DepthConcat"), real(1, 3, 8, 5), real(16, 32, 64, 5))
    square = lambda x: nn.Linear(x.shape[-1], x.shape[-1])  # noqa: E731
    yield (
        "Sequential",
        Pair(
            lambda x: nn.Sequential(square(x), nn.Tanh()),
            lambda x, w, b: torch.tanh(F.linear(x, w, b)),
            real(*SMALL),
            real(256, 512),
        ),
    )
    yield (
        "Concat",
        Pair(
            lambda x: nn.Concat(1, square(x), nn.Tanh()),
            lambda x, w, b: torch.cat([F.linear(x, w, b), torch.tanh(x)], 1),
            real(*SMALL),
            real(256, 512),
        ),
    )
    yield (
        "Parallel",
        Pair(
            lambda x: nn.Parallel(1, 1, square(x), nn.Tanh()),
            lambda x, w, b: torch.cat([F.linear(x[:, 0], w, b), torch.tanh(x[:, 1])], 1),
            real(1, 2, 16),
            real(256, 2, 512),
        ),
    )
    yield (
        "LinearWeightNorm",
        Pair(
            lambda x: nn.LinearWeightNorm(x.shape[1], x.shape[1]),
            lambda x, v, g, b: F.linear(x, torch._weight_norm(v, g, 0), b),
            real(*SMALL),
            real(256, 512),
        ),
    )
    yield (
        "WeightNorm",
        Pair(
            lambda x: nn.WeightNorm(square(x), 1),
            lambda x, v, g, b: F.linear(x, (g * v / (v.square().sum(1, keepdim=True) + 1e-4).sqrt()).T, b),
            real(*SMALL),
            real(256, 512),
        ),
    )
    yield (
        "PartialLinear",
        Pair(
            lambda x: nn.PartialLinear(x.shape[1], 2 * x.shape[1]).set_partition(range(0, 2 * x.shape[1], 2)),
            lambda x, w, b: F.linear(x, w[::2], b[0, ::2]),
            real(*SMALL),
            real(256, 512),
        ),
    )


def combined() -> Iterator[tuple[str, Pair]]:
    """Yield the criterions that are made of others, or work on pixels."""
    for name in ("CriterionTable", "MultiCriterion"):
        yield name, tested(name, real, chances)
    yield "MarginCriterion", tested("MarginCriterion", real, signs)
    yield "MaskedLoss", Pair(*made("MaskedLoss"), *scored(log_chances))
    yield (
        "L1HingeEmbeddingCriterion",
        Pair(*made("L1HingeEmbeddingCriterion"), [two(16), np.array(-1)], [two(2**18), np.array(-1)]),
    )
    yield (
        "ParallelCriterion",
        Pair(
            *made("ParallelCriterion"),
            [[real(1, 16), log_chances(1, 16)], [chances(1, 16), classes(16, 1)]],
            [[real(256, 512), log_chances(256, 512)], [chances(256, 512), classes(512, 256)]],
        ),
    )
    yield (
        "SpatialClassNLLCriterion",
        Pair(
            lambda _: nn.SpatialClassNLLCriterion(),
            F.nll_loss,
            [real(1, 3, 8, 8), classes(3, 1, 8, 8)],
            [real(4, 21, 64, 64), classes(21, 4, 64, 64)],
        ),
    )
    yield (
        "VolumetricBatchNormalization",
        Pair(*made("VolumetricBatchNormalization"), real(2, 3, 2, 2, 4), real(4, 3, 8, 32, 32)),
    )
