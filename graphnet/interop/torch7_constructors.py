"""Torch7's constructors: each takes its Lua arguments, of which dimensions and indices count from 1, and makes ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from graphnet import modules as nn
from graphnet.interop.torch7_arguments import defaults, from_zero
from graphnet.interop.torch7_images import IMAGES
from graphnet.interop.torch7_normalisation import NORMALISING
from graphnet.interop.torch7_oddities import (
    Add,
    Bilinear,
    CAdd,
    ChannelwiseRReLU,
    CMul,
    Cosine,
    FrequencyLookupTable,
    PairwiseDistance,
    SoftPlus,
    WeightedEuclidean,
)
from graphnet.interop.torch7_only import JustElement, JustTable, ModuleFromCriterion, layer_normalization
from graphnet.interop.torch7_passing import PASSING
from graphnet.module import Module


def _linear(input_size: int, output_size: int, bias: bool | None = True) -> nn.Linear:
    return nn.Linear(input_size, output_size, bias is not False)


def _narrow(dimension: int, offset: int, length: int = 1) -> nn.Narrow:
    if offset >= 0:
        return nn.Narrow(from_zero(dimension), from_zero(offset), length)
    if length >= 0:  # Torch7 ignores a negative offset, and takes all but `length` elements from the first on
        return nn.Narrow(from_zero(dimension), 0, -length - 1)
    kept = offset - length - 2  # what its formula comes to if the length is negative, too, whatever the size
    if kept < 1:
        raise ValueError(f"nn.Narrow({dimension}, {offset}, {length}) is out of range in Torch7, too")
    return nn.Narrow(from_zero(dimension), 0, kept)


def _join(dimension: int, n_input_dims: int | None = None) -> nn.JoinTable:
    return nn.JoinTable(from_zero(dimension), n_input_dims)


def _split(dimension: int, n_input_dims: int | None = None) -> nn.SplitTable:
    return nn.SplitTable(from_zero(dimension), n_input_dims)


def _along(make: Callable[..., Module]) -> Callable[..., Module]:
    """Accept a dimension that counts from 1, and then the number of dimensions without the batch, -1 for none."""

    def converted(dimension: int | None = None, n_input_dims: int | None = None, *others: Any) -> Module:
        given = {k: a for k, a in zip(("size_average", "squeeze"), others, strict=False) if a is not None}
        along = 0 if dimension is None else from_zero(dimension)
        return make(along, None if n_input_dims == -1 else n_input_dims, **given)

    return converted


def _transpose(*pairs: Sequence[float], n_input_dims: int | None = None) -> nn.Transpose:
    swaps = [(from_zero(int(a)), from_zero(int(b))) for a, b in pairs]
    return nn.Transpose(*swaps, n_input_dims=n_input_dims)


def _sizes(sizes: Sequence[Any]) -> list[Any]:
    """Return sizes that may also have been given as one list, which is a LongStorage in Lua."""
    return list(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], list) else list(sizes)


def _sized(make: Callable[..., Module]) -> Callable[..., Module]:
    return lambda *sizes, **settings: make(*_sizes(sizes), **settings)


def _reshape(*sizes: Any, batch_mode: bool | None = None) -> nn.Reshape:
    if sizes and isinstance(sizes[-1], bool):
        sizes, batch_mode = sizes[:-1], sizes[-1]
    return nn.Reshape(*_sizes(sizes), batch_mode=batch_mode)


def _replicate(n_features: int, dimension: int | None = None, n_input_dims: int | None = None) -> nn.Replicate:
    return nn.Replicate(n_features, 0 if dimension is None else from_zero(dimension), n_input_dims)


def _squeeze(dimension: int | None = None, n_input_dims: int | None = None) -> nn.Squeeze:
    return nn.Squeeze(None if dimension is None else from_zero(dimension), n_input_dims)


def _padding(
    dimension: int, pad: int, n_input_dims: int | None = None, value: float | None = None, index: int | None = None
) -> nn.Padding:
    index = 1 if index is None else index
    return nn.Padding(from_zero(dimension), pad, n_input_dims, 0 if value is None else value, index - 1)


def _layer_norm(
    n_output: int, bias: float | None = None, eps: float | None = None, affine: bool | None = None
) -> nn.Sequential:
    return layer_normalization(n_output, bias or 0, 1e-10 if eps is None else eps, affine is not False)


def _with_constant(make: Callable[[Any], Module]) -> Callable[..., Module]:
    return lambda constant, inplace=False: make(constant)


def _lookup(
    n_index: int,
    n_output: int,
    padding: int | None = None,
    max_norm: float | None = None,
    norm_type: float | None = None,
    scaled_by_frequency: bool = False,
) -> nn.LookupTable:
    make = FrequencyLookupTable if scaled_by_frequency else nn.LookupTable
    return make(n_index, n_output, padding - 1 if padding else None, max_norm, 2 if norm_type is None else norm_type)


def _rrelu(
    lower: float | None = None, upper: float | None = None, inplace: bool | None = None, channelwise: bool | None = None
) -> nn.RReLU:
    make = ChannelwiseRReLU if channelwise else nn.RReLU
    return make(1 / 8 if lower is None else lower, 1 / 3 if upper is None else upper)


def _dropout(p: float | None = None, v1: bool = False, inplace: bool = False, stochastic: bool = False) -> nn.Dropout:
    return nn.Dropout(0.5 if p is None else p, bool(v1), stochastic_inference=bool(stochastic))


def _in_place(make: Callable[[], Module]) -> Callable[..., Module]:
    """Accept Torch's argument ``inplace``: a module of ours never writes to its input."""
    return lambda inplace=False: make()


MODULES: dict[str, Callable[..., Module]] = {
    **IMAGES,
    **NORMALISING,
    **PASSING,
    "nn.Abs": nn.Abs,
    "nn.Add": lambda input_size, scalar=False: Add(input_size, bool(scalar)),
    "nn.AddConstant": _with_constant(nn.AddConstant),
    "nn.Bilinear": lambda m, n, output_size, bias=None: Bilinear(m, n, output_size, bias is not False),
    "nn.Bottle": nn.Bottle,
    "nn.CAdd": _sized(CAdd),
    "nn.CAddTable": _in_place(nn.CAddTable),
    "nn.CAddTensorTable": nn.CAddTensorTable,
    "nn.CDivTable": nn.CDivTable,
    "nn.CMaxTable": nn.CMaxTable,
    "nn.CMinTable": nn.CMinTable,
    "nn.CMul": _sized(CMul),
    "nn.CMulTable": nn.CMulTable,
    "nn.CReLU": defaults(nn.CReLU, 1),
    "nn.CSubTable": nn.CSubTable,
    "nn.Clamp": nn.Clamp,
    "nn.Concat": lambda dimension: nn.Concat(from_zero(dimension)),
    "nn.ConcatTable": nn.ConcatTable,
    "nn.Contiguous": nn.Contiguous,
    "nn.Cosine": Cosine,
    "nn.CosineDistance": nn.CosineDistance,
    "nn.DotProduct": nn.DotProduct,
    "nn.Dropout": _dropout,
    "nn.ELU": defaults(nn.ELU, 1),
    "nn.Euclidean": nn.Euclidean,
    "nn.Exp": nn.Exp,
    "nn.FlattenTable": nn.FlattenTable,
    "nn.GatedLinearUnit": lambda dimension=None: nn.GatedLinearUnit(-1 if dimension is None else from_zero(dimension)),
    "nn.GradientReversal": defaults(nn.GradientReversal, 1),
    "nn.HardShrink": defaults(nn.HardShrink, 1),
    "nn.HardTanh": defaults(nn.HardTanh, 2),
    "nn.Identity": nn.Identity,
    "nn.Index": lambda dimension: nn.Index(from_zero(dimension)),
    "nn.JoinTable": _join,
    "nn.LayerNormalization": _layer_norm,
    "nn.LeakyReLU": defaults(nn.LeakyReLU, 1),
    "nn.Linear": _linear,
    "nn.Log": nn.Log,
    "nn.LogSigmoid": nn.LogSigmoid,
    "nn.LogSoftMax": nn.LogSoftMax,
    "nn.LookupTable": _lookup,
    "nn.MM": lambda trans_a=False, trans_b=False: nn.MM(bool(trans_a), bool(trans_b)),
    "nn.MV": lambda trans=False: nn.MV(bool(trans)),
    "nn.MapTable": lambda module=None, shared=None: nn.MapTable(module),  # ours has one module, which shares all
    "nn.MaskedSelect": nn.MaskedSelect,
    "nn.Max": _along(nn.Max),
    "nn.Maxout": nn.Maxout,
    "nn.Mean": _along(nn.Mean),
    "nn.Min": _along(nn.Min),
    "nn.MixtureTable": lambda dimension=None: nn.MixtureTable(None if dimension is None else from_zero(dimension)),
    "nn.ModuleFromCriterion": ModuleFromCriterion,
    "nn.Mul": nn.Mul,
    "nn.MulConstant": _with_constant(nn.MulConstant),
    "nn.Narrow": _narrow,
    "nn.NarrowTable": lambda offset, length=None: nn.NarrowTable(from_zero(offset), 1 if length is None else length),
    "nn.Normalize": nn.Normalize,
    "nn.OneHot": nn.OneHot,
    "nn.PReLU": defaults(nn.PReLU, 1),
    "nn.Padding": _padding,
    "nn.PairwiseDistance": PairwiseDistance,
    "nn.Parallel": lambda along, joined: nn.Parallel(from_zero(along), from_zero(joined)),
    "nn.ParallelTable": nn.ParallelTable,
    "nn.Power": nn.Power,
    "nn.RReLU": _rrelu,
    "nn.ReLU": _in_place(nn.ReLU),
    "nn.ReLU6": _in_place(nn.ReLU6),
    "nn.Replicate": _replicate,
    "nn.Reshape": _reshape,
    "nn.Select": lambda dimension, index: nn.Select(from_zero(dimension), from_zero(index)),
    "nn.SelectTable": lambda index: nn.SelectTable(from_zero(index)),
    "nn.Sequential": nn.Sequential,
    "nn.Sigmoid": nn.Sigmoid,
    "nn.SoftMax": nn.SoftMax,
    "nn.SoftMin": nn.SoftMin,
    "nn.SoftPlus": defaults(SoftPlus, 1),
    "nn.SoftShrink": defaults(nn.SoftShrink, 1),
    "nn.SoftSign": nn.SoftSign,
    "nn.SpatialSoftMax": nn.SoftMax,
    "nn.SplitTable": _split,
    "nn.Sqrt": lambda b=0: nn.Sqrt(),  # the original keeps b and never uses it
    "nn.Square": nn.Square,
    "nn.Squeeze": _squeeze,
    "nn.Sum": _along(nn.Sum),
    "nn.Tanh": nn.Tanh,
    "nn.TanhShrink": nn.TanhShrink,
    "nn.Threshold": defaults(nn.Threshold, 2),
    "nn.Transpose": _transpose,
    "nn.Unsqueeze": lambda position, n_input_dims=None: nn.Unsqueeze(from_zero(position), n_input_dims),
    "nn.View": _sized(nn.View),
    "nn.WeightedEuclidean": WeightedEuclidean,
    "nn.ZeroGrad": nn.ZeroGrad,
    "nn.ZipTable": nn.ZipTable,
    "nn.ZipTableOneToMany": nn.ZipTableOneToMany,
    "nngraph.JustElement": JustElement,
    "nngraph.JustTable": JustTable,
}
