"""Torch7's constructors of convolutions, of pooling and of what else works on images and along time."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from graphnet import modules as nn
from graphnet.criterion import Criterion
from graphnet.module import Module
from graphnet.nesting import Array
from graphnet.parameter import Parameter


class SpatialConvolutionMM(nn.SpatialConvolution):
    """SpatialConvolution whose weight is a matrix, n_output_plane x (n_input_plane · k_h · k_w)."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.weight = Parameter(self.weight.value.reshape(self.n_output_plane, -1))

    def kernels(self, array: Array) -> Array:
        return array.reshape(self.n_output_plane, self.n_input_plane, *self.windows.kernel)


def _sized(make: Callable[..., Any]) -> Callable[..., Any]:
    """Accept nil for each argument, which then is left out."""
    names = list(inspect.signature(make).parameters)

    def converted(*arguments: Any, **settings: Any) -> Any:
        given = {name: a for name, a in zip(names, arguments, strict=False) if a is not None}
        return make(**given, **settings)

    return converted


def _matrix_convolution(n_input: int, n_output: int, k_w: int, k_h: int, *others: Any, **settings: Any) -> Module:
    names = ("d_w", "d_h", "pad_w", "pad_h")
    given = {name: a for name, a in zip(names, others, strict=False) if a is not None}
    return SpatialConvolutionMM(n_input, n_output, k_w, k_h, **given, **settings)


def _depth_concat(dimension: int) -> nn.DepthConcat:
    if dimension < 1:
        raise ValueError(f"nn.DepthConcat's dimension counts from 1; it was {dimension}")
    return nn.DepthConcat(dimension - 1)


def _pixels(weights: Any = None, size_average: bool | None = True) -> nn.SpatialClassNLLCriterion:
    # It has no class to ignore: -101 would be the class -100 of Torch7, which none is.
    return nn.SpatialClassNLLCriterion(weights, size_average is not False, -101)


IMAGES: dict[str, Callable[..., Module]] = {
    "nn.DepthConcat": _depth_concat,
    "nn.SpatialAveragePooling": _sized(nn.SpatialAveragePooling),
    "nn.SpatialConvolution": _sized(nn.SpatialConvolution),
    "nn.SpatialConvolutionMM": _matrix_convolution,
    "nn.SpatialDilatedConvolution": _sized(nn.SpatialDilatedConvolution),
    "nn.SpatialFullConvolution": _sized(nn.SpatialFullConvolution),
    "nn.SpatialLogSoftMax": nn.LogSoftMax,
    "nn.SpatialMaxPooling": _sized(nn.SpatialMaxPooling),
    "nn.SpatialUpSamplingNearest": nn.SpatialUpSamplingNearest,
    "nn.SpatialZeroPadding": _sized(nn.SpatialZeroPadding),
    "nn.TemporalConvolution": _sized(nn.TemporalConvolution),
    "nn.TemporalMaxPooling": _sized(nn.TemporalMaxPooling),
}

IMAGE_CRITERIONS: dict[str, Callable[..., Criterion]] = {"nn.SpatialClassNLLCriterion": _pixels}

# What a method that is called after the constructor comes to: an argument of ours.
_BY_DIVISION = {"ceil": {"ceil": True}, "floor": {"ceil": False}}
_BY_BIAS = {"noBias": {"bias": False}}
SETTINGS: dict[str, dict[str, dict[str, Any]]] = {
    "nn.SpatialAveragePooling": {
        **_BY_DIVISION,
        "setCountIncludePad": {"count_include_pad": True},
        "setCountExcludePad": {"count_include_pad": False},
    },
    "nn.SpatialConvolution": _BY_BIAS,
    "nn.SpatialConvolutionMM": _BY_BIAS,
    "nn.SpatialDilatedConvolution": _BY_BIAS,
    "nn.SpatialFullConvolution": _BY_BIAS,
    "nn.SpatialMaxPooling": _BY_DIVISION,
}
