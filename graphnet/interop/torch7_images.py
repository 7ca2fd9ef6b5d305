"""Torch7's constructors of convolutions, of pooling and of what else works on images and along time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphnet import modules as nn
from graphnet.criterion import Criterion
from graphnet.interop.torch7_arguments import defaults
from graphnet.module import Module
from graphnet.modules.images.windows import Pair
from graphnet.nesting import Array
from graphnet.parameter import Parameter


class SpatialConvolutionMM(nn.SpatialConvolution):
    """SpatialConvolution whose weight is a matrix, n_output_plane x (n_input_plane · k_h · k_w)."""

    def _make(self, n_input: int, n_output: int, sizes: tuple[Any, ...], dilation: Pair, bias: bool) -> None:
        super()._make(n_input, n_output, sizes, dilation, bias)
        self.weight = Parameter(self.weight.value.reshape(n_output, -1))

    def kernels(self, array: Array) -> Array:
        return array.reshape(self.n_output_plane, self.n_input_plane, *self.windows.kernel)


def _depth_concat(dimension: int) -> nn.DepthConcat:
    if dimension < 1:
        raise ValueError(f"nn.DepthConcat's dimension counts from 1; it was {dimension}")
    return nn.DepthConcat(dimension - 1)


def _pixels(weights: Any = None, size_average: bool | None = True) -> nn.SpatialClassNLLCriterion:
    # It has no class to ignore: -101 would be the class -100 of Torch7, which none is.
    return nn.SpatialClassNLLCriterion(weights, size_average is not False, -101)


IMAGES: dict[str, Callable[..., Module]] = {
    "nn.DepthConcat": _depth_concat,
    "nn.SpatialAveragePooling": defaults(nn.SpatialAveragePooling),
    "nn.SpatialConvolution": defaults(nn.SpatialConvolution),
    "nn.SpatialConvolutionMM": defaults(SpatialConvolutionMM),
    "nn.SpatialDilatedConvolution": defaults(nn.SpatialDilatedConvolution),
    "nn.SpatialFullConvolution": defaults(nn.SpatialFullConvolution),
    "nn.SpatialLogSoftMax": nn.LogSoftMax,
    "nn.SpatialMaxPooling": defaults(nn.SpatialMaxPooling),
    "nn.SpatialUpSamplingNearest": nn.SpatialUpSamplingNearest,
    "nn.SpatialZeroPadding": defaults(nn.SpatialZeroPadding),
    "nn.TemporalConvolution": defaults(nn.TemporalConvolution),
    "nn.TemporalMaxPooling": defaults(nn.TemporalMaxPooling),
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
