"""Torch7's constructors: each takes its Lua arguments, of which dimensions and indices count from 1, and makes ours."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from graphnet import modules as nn
from graphnet.criterion import Criterion
from graphnet.interop.torch7_images import IMAGE_CRITERIONS, IMAGES
from graphnet.interop.torch7_normalisation import NORMALISING
from graphnet.interop.torch7_only import JustElement, JustTable, ModuleFromCriterion, layer_normalization
from graphnet.interop.torch7_passing import PASSING, PASSING_CRITERIONS
from graphnet.module import Module


def _from_zero(index: int) -> int:
    """Turn a dimension or an index that counts from 1 into ours; negative ones count from the end in both."""
    if index == 0:
        raise ValueError("Torch7's dimensions and indices count from 1; it was 0")
    return index - 1 if index > 0 else index


def _linear(input_size: int, output_size: int, bias: bool | None = True) -> nn.Linear:
    return nn.Linear(input_size, output_size, bias is not False)


def _narrow(dimension: int, offset: int, length: int = 1) -> nn.Narrow:
    if offset >= 0:
        return nn.Narrow(_from_zero(dimension), _from_zero(offset), length)
    if length >= 0:  # Torch7 ignores a negative offset, and takes all but `length` elements from the first on
        return nn.Narrow(_from_zero(dimension), 0, -length - 1)
    kept = offset - length - 2  # what its formula comes to if the length is negative, too, whatever the size
    if kept < 1:
        raise ValueError(f"nn.Narrow({dimension}, {offset}, {length}) is out of range in Torch7, too")
    return nn.Narrow(_from_zero(dimension), 0, kept)


def _join(dimension: int, n_input_dims: int | None = None) -> nn.JoinTable:
    return nn.JoinTable(_from_zero(dimension), n_input_dims)


def _split(dimension: int, n_input_dims: int | None = None) -> nn.SplitTable:
    return nn.SplitTable(_from_zero(dimension), n_input_dims)


def _along(make: Callable[..., Module]) -> Callable[..., Module]:
    """Accept a dimension that counts from 1, and then the number of dimensions without the batch, -1 for none."""

    def converted(dimension: int = 1, n_input_dims: int | None = None, *others: Any) -> Module:
        return make(_from_zero(dimension), None if n_input_dims == -1 else n_input_dims, *others)

    return converted


def _transpose(*pairs: Sequence[float], n_input_dims: int | None = None) -> nn.Transpose:
    swaps = [(_from_zero(int(a)), _from_zero(int(b))) for a, b in pairs]
    return nn.Transpose(*swaps, n_input_dims=n_input_dims)


def _reshape(*sizes: int, batch_mode: bool | None = None) -> nn.Reshape:
    if sizes and isinstance(sizes[-1], bool):
        return nn.Reshape(*sizes[:-1], batch_mode=sizes[-1])
    return nn.Reshape(*sizes, batch_mode=batch_mode)


def _replicate(n_features: int, dimension: int = 1, n_input_dims: int | None = None) -> nn.Replicate:
    return nn.Replicate(n_features, _from_zero(dimension), n_input_dims)


def _squeeze(dimension: int | None = None, n_input_dims: int | None = None) -> nn.Squeeze:
    return nn.Squeeze(None if dimension is None else _from_zero(dimension), n_input_dims)


def _padding(
    dimension: int, pad: int, n_input_dims: int | None = None, value: float | None = 0, index: int = 1
) -> nn.Padding:
    return nn.Padding(_from_zero(dimension), pad, n_input_dims, 0 if value is None else value, index - 1)


def _layer_norm(
    n_output: int, bias: float | None = None, eps: float | None = None, affine: bool | None = None
) -> nn.Sequential:
    return layer_normalization(n_output, bias or 0, 1e-10 if eps is None else eps, affine is not False)


def _leaky(negval: float | None = 0.01, inplace: bool = False) -> nn.LeakyReLU:
    return nn.LeakyReLU(0.01 if negval is None else negval)


def _with_constant(make: Callable[[Any], Module]) -> Callable[..., Module]:
    return lambda constant, inplace=False: make(constant)


def _defaults(make: Callable[..., Any], n: int) -> Callable[..., Any]:
    """Accept nil for each of the ``n`` arguments, which then is left out, and ``inplace`` and its like behind them."""
    names = list(inspect.signature(make).parameters)[:n]

    def converted(*arguments: Any) -> Any:
        return make(**{k: a for k, a in zip(names, arguments, strict=False) if a is not None})

    return converted


def _lookup(n_index: int, n_output: int, padding: int = 0, *norm: Any) -> nn.LookupTable:
    return nn.LookupTable(n_index, n_output, padding - 1 if padding else None, *norm)


def _dropout(p: float | None = 0.5, v1: bool = False, inplace: bool = False, stochastic: bool = False) -> nn.Dropout:
    return nn.Dropout(0.5 if p is None else p, bool(v1), stochastic_inference=bool(stochastic))


def _in_place(make: Callable[[], Module]) -> Callable[..., Module]:
    """Accept Torch's argument ``inplace``: a module of ours never writes to its input."""
    return lambda inplace=False: make()


def _nll(make: Callable[..., Criterion]) -> Callable[..., Criterion]:
    def converted(weights: Any = None, size_average: bool | None = True, ignore_index: int = -100) -> Criterion:
        return make(weights, size_average is not False, ignore_index - 1)

    return converted


def _averaged(make: Callable[[bool], Criterion]) -> Callable[..., Criterion]:
    return lambda size_average=True: make(size_average is not False)


MODULES: dict[str, Callable[..., Module]] = {
    **IMAGES,
    **NORMALISING,
    **PASSING,
    "nn.Abs": nn.Abs,
    "nn.Add": lambda input_size, scalar=False: nn.Add(input_size, bool(scalar)),
    "nn.AddConstant": _with_constant(nn.AddConstant),
    "nn.Bilinear": nn.Bilinear,
    "nn.Bottle": nn.Bottle,
    "nn.CAdd": nn.CAdd,
    "nn.CAddTable": _in_place(nn.CAddTable),
    "nn.CAddTensorTable": nn.CAddTensorTable,
    "nn.CDivTable": nn.CDivTable,
    "nn.CMaxTable": nn.CMaxTable,
    "nn.CMinTable": nn.CMinTable,
    "nn.CMul": nn.CMul,
    "nn.CMulTable": nn.CMulTable,
    "nn.CReLU": _defaults(nn.CReLU, 1),
    "nn.CSubTable": nn.CSubTable,
    "nn.Clamp": nn.Clamp,
    "nn.Concat": lambda dimension: nn.Concat(_from_zero(dimension)),
    "nn.ConcatTable": nn.ConcatTable,
    "nn.Contiguous": nn.Contiguous,
    "nn.Cosine": nn.Cosine,
    "nn.CosineDistance": nn.CosineDistance,
    "nn.DotProduct": nn.DotProduct,
    "nn.Dropout": _dropout,
    "nn.ELU": _defaults(nn.ELU, 1),
    "nn.Euclidean": nn.Euclidean,
    "nn.Exp": nn.Exp,
    "nn.FlattenTable": nn.FlattenTable,
    "nn.GatedLinearUnit": lambda dimension=None: nn.GatedLinearUnit(-1 if dimension is None else _from_zero(dimension)),
    "nn.GradientReversal": _defaults(nn.GradientReversal, 1),
    "nn.HardShrink": _defaults(nn.HardShrink, 1),
    "nn.HardTanh": _defaults(nn.HardTanh, 2),
    "nn.Identity": nn.Identity,
    "nn.Index": lambda dimension: nn.Index(_from_zero(dimension)),
    "nn.JoinTable": _join,
    "nn.LayerNormalization": _layer_norm,
    "nn.LeakyReLU": _leaky,
    "nn.Linear": _linear,
    "nn.Log": nn.Log,
    "nn.LogSigmoid": nn.LogSigmoid,
    "nn.LogSoftMax": nn.LogSoftMax,
    "nn.LookupTable": _lookup,
    "nn.MM": lambda trans_a=False, trans_b=False: nn.MM(bool(trans_a), bool(trans_b)),
    "nn.MV": lambda trans=False: nn.MV(bool(trans)),
    "nn.MapTable": lambda module, shared=None: nn.MapTable(module),  # ours has one module, which shares all
    "nn.MaskedSelect": nn.MaskedSelect,
    "nn.Max": _along(nn.Max),
    "nn.Maxout": nn.Maxout,
    "nn.Mean": _along(nn.Mean),
    "nn.Min": _along(nn.Min),
    "nn.MixtureTable": lambda dimension=None: nn.MixtureTable(None if dimension is None else _from_zero(dimension)),
    "nn.ModuleFromCriterion": ModuleFromCriterion,
    "nn.Mul": nn.Mul,
    "nn.MulConstant": _with_constant(nn.MulConstant),
    "nn.Narrow": _narrow,
    "nn.NarrowTable": lambda offset, length=1: nn.NarrowTable(_from_zero(offset), length),
    "nn.Normalize": nn.Normalize,
    "nn.OneHot": nn.OneHot,
    "nn.PReLU": _defaults(nn.PReLU, 1),
    "nn.Padding": _padding,
    "nn.PairwiseDistance": nn.PairwiseDistance,
    "nn.Parallel": lambda along, joined: nn.Parallel(_from_zero(along), _from_zero(joined)),
    "nn.ParallelTable": nn.ParallelTable,
    "nn.Power": nn.Power,
    "nn.RReLU": _defaults(nn.RReLU, 2),
    "nn.ReLU": _in_place(nn.ReLU),
    "nn.ReLU6": _in_place(nn.ReLU6),
    "nn.Replicate": _replicate,
    "nn.Reshape": _reshape,
    "nn.Select": lambda dimension, index: nn.Select(_from_zero(dimension), _from_zero(index)),
    "nn.SelectTable": lambda index: nn.SelectTable(_from_zero(index)),
    "nn.Sequential": nn.Sequential,
    "nn.Sigmoid": nn.Sigmoid,
    "nn.SoftMax": nn.SoftMax,
    "nn.SoftMin": nn.SoftMin,
    "nn.SoftPlus": _defaults(nn.SoftPlus, 1),
    "nn.SoftShrink": _defaults(nn.SoftShrink, 1),
    "nn.SoftSign": nn.SoftSign,
    "nn.SpatialSoftMax": nn.SoftMax,
    "nn.SplitTable": _split,
    "nn.Sqrt": lambda b=0: nn.Sqrt(),  # the original keeps b and never uses it
    "nn.Square": nn.Square,
    "nn.Squeeze": _squeeze,
    "nn.Sum": _along(nn.Sum),
    "nn.Tanh": nn.Tanh,
    "nn.TanhShrink": nn.TanhShrink,
    "nn.Threshold": _defaults(nn.Threshold, 2),
    "nn.Transpose": _transpose,
    "nn.Unsqueeze": lambda position, n_input_dims=None: nn.Unsqueeze(_from_zero(position), n_input_dims),
    "nn.View": nn.View,
    "nn.WeightedEuclidean": nn.WeightedEuclidean,
    "nn.ZeroGrad": nn.ZeroGrad,
    "nn.ZipTable": nn.ZipTable,
    "nn.ZipTableOneToMany": nn.ZipTableOneToMany,
    "nngraph.JustElement": JustElement,
    "nngraph.JustTable": JustTable,
}

CRITERIONS: dict[str, Callable[..., Criterion]] = {
    **IMAGE_CRITERIONS,
    **PASSING_CRITERIONS,
    "nn.AbsCriterion": _averaged(nn.AbsCriterion),
    "nn.BCECriterion": lambda weights=None, size_average=True: nn.BCECriterion(weights, size_average is not False),
    "nn.ClassNLLCriterion": _nll(nn.ClassNLLCriterion),
    "nn.CosineEmbeddingCriterion": _defaults(nn.CosineEmbeddingCriterion, 1),
    "nn.CrossEntropyCriterion": _nll(nn.CrossEntropyCriterion),
    "nn.DistKLDivCriterion": _averaged(nn.DistKLDivCriterion),
    "nn.DistanceRatioCriterion": _averaged(nn.DistanceRatioCriterion),
    "nn.HingeEmbeddingCriterion": _defaults(nn.HingeEmbeddingCriterion, 1),
    "nn.L1Cost": nn.L1Cost,
    "nn.L1HingeEmbeddingCriterion": _defaults(nn.L1HingeEmbeddingCriterion, 1),
    "nn.MSECriterion": _averaged(nn.MSECriterion),
    "nn.MarginCriterion": _defaults(nn.MarginCriterion, 1),
    "nn.MarginRankingCriterion": _defaults(nn.MarginRankingCriterion, 1),
    "nn.MultiCriterion": nn.MultiCriterion,
    "nn.MultiLabelMarginCriterion": nn.MultiLabelMarginCriterion,
    "nn.MultiLabelSoftMarginCriterion": nn.MultiLabelSoftMarginCriterion,
    "nn.MultiMarginCriterion": _defaults(nn.MultiMarginCriterion, 3),
    "nn.ParallelCriterion": lambda repeat_target=False: nn.ParallelCriterion(bool(repeat_target)),
    "nn.SmoothL1Criterion": _averaged(nn.SmoothL1Criterion),
    "nn.SoftMarginCriterion": nn.SoftMarginCriterion,
    "nn.WeightedMSECriterion": nn.WeightedMSECriterion,
}
