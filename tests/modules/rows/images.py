"""Rows of modules over images and along time."""

from __future__ import annotations

import numpy as np

from graphnet import modules as nn
from tests.modules.rows.row import Row, real, whole


def even(*shape: int) -> np.ndarray:
    """Different numbers of even distances, of which the largest stays the largest where each changes a little."""
    n = int(np.prod(shape))
    return 1.0 + np.random.default_rng(n).permutation(n).reshape(shape)


def full(b: int, f: int) -> list[np.ndarray]:
    return [real(b, 2, f, 3), real(2 * f, 7)]


ROWS: dict[str, list[Row]] = {
    "DepthConcat": [
        Row(
            lambda: nn.DepthConcat(1, nn.SpatialConvolution(2, 1, 1, 1), nn.SpatialConvolution(2, 3, 2, 3, 1, 1, 0, 1)),
            lambda b, f: real(b, 2, f, 4),
            "DepthConcat(1)",
        ),
        Row(lambda: nn.DepthConcat(-2, nn.Tanh(), nn.Narrow(-1, 0, 1)), lambda b, f: real(b, f, 4), "DepthConcat(-2)"),
    ],
    "JoinCentred": [
        Row(lambda: nn.JoinCentred(1), lambda b, f: [real(b, f, 4), real(b, 2, 1)], "JoinCentred(1)"),
        Row(lambda: nn.JoinCentred(0, 2), lambda b, f: [real(b, f, 2), real(b, f, 5)], "JoinCentred(0, 2)"),
    ],
    "SpatialAveragePooling": [
        Row(lambda: nn.SpatialAveragePooling(2, 3), lambda b, f: real(b, f, 4, 5), "SpatialAveragePooling(2, 3)"),
        Row(
            lambda: nn.SpatialAveragePooling(3, 2, 2, 2, 1, 1, ceil=True),
            lambda b, f: real(2, f, 6),
            "SpatialAveragePooling(3, 2, 2, 2, 1, 1, ceil=True)",
        ),
        Row(
            lambda: nn.SpatialAveragePooling(3, 3, 2, 3, 1, 1, count_include_pad=False, divide=False),
            lambda b, f: real(b, f, 5, 4),
            "SpatialAveragePooling(3, 3, 2, 3, 1, 1, count_include_pad=False, divide=False)",
        ),
    ],
    "SpatialClassNLLCriterion": [
        Row(
            nn.SpatialClassNLLCriterion,
            lambda b, f: [real(b, f, 2, 3), whole(f, b, 2, 3)],
            "SpatialClassNLLCriterion()",
        ),
        Row(
            lambda: nn.SpatialClassNLLCriterion([0.5, 1, 2], False, 0),
            lambda b, f: [real(3, b, f), whole(3, b, f)],
            "SpatialClassNLLCriterion([0.5, 1, 2], size_average=False, ignore_index=0)",
        ),
    ],
    "SpatialConvolution": [
        Row(
            lambda: nn.SpatialConvolution(2, 3, 2, 2),
            lambda b, f: real(b, 2, f + 1, 4),
            "SpatialConvolution(2, 3, 2, 2)",
        ),
        Row(
            lambda: nn.SpatialConvolution(2, 3, 3, 2, 2, 1, 1, 0),
            lambda b, f: real(2, f + 1, 5),
            "SpatialConvolution(2, 3, 3, 2, 2, 1, 1, 0)",
        ),
        Row(  # enough planes for products row by row
            lambda: nn.SpatialConvolution(9, 8, 2, 3, 1, 1, 1),
            lambda b, f: real(b, 9, f, 3),
            "SpatialConvolution(9, 8, 2, 3, 1, 1, 1)",
        ),
        Row(
            lambda: nn.SpatialConvolution(2, 3, 1, 1, bias=False),
            lambda b, f: real(b, 2, f, 3),
            "SpatialConvolution(2, 3, 1, 1, bias=False)",
        ),
        Row(
            lambda: nn.SpatialConvolution(1, 2, 1, 1, 2, 3, 1, 2),
            lambda b, f: real(b, 1, f, 2),
            "SpatialConvolution(1, 2, 1, 1, 2, 3, 1, 2)",
        ),
    ],
    "SpatialDilatedConvolution": [
        Row(
            lambda: nn.SpatialDilatedConvolution(2, 2, 2, 3, 2, 1, 1, 2, 3, 2),
            lambda b, f: real(b, 2, f, 4),
            "SpatialDilatedConvolution(2, 2, 2, 3, 2, 1, 1, 2, 3, 2)",
        ),
        Row(
            lambda: nn.SpatialDilatedConvolution(8, 8, 2, 2, 1, 1, 0, 1, 2, 3),
            lambda b, f: real(8, f + 1, 4),
            "SpatialDilatedConvolution(8, 8, 2, 2, 1, 1, 0, 1, 2, 3)",
        ),
    ],
    "SpatialFullConvolution": [
        Row(
            lambda: nn.SpatialFullConvolution(2, 3, 2, 3),
            lambda b, f: real(b, 2, f, 3),
            "SpatialFullConvolution(2, 3, 2, 3)",
        ),
        Row(
            lambda: nn.SpatialFullConvolution(2, 3, 3, 2, 2, 3, 1, 0, 1, 2, bias=False),
            lambda b, f: real(2, f, 3),
            "SpatialFullConvolution(2, 3, 3, 2, 2, 3, 1, 0, 1, 2, bias=False)",
        ),
        Row(
            lambda: nn.SpatialFullConvolution(8, 8, 3, 2, 1, 1, 1, 0),
            lambda b, f: real(b, 8, f, 3),
            "SpatialFullConvolution(8, 8, 3, 2, 1, 1, 1, 0)",
        ),
        Row(
            lambda: nn.SpatialFullConvolution(2, 1, 3, 2, 2, 2, 0, 0),
            full,
            "SpatialFullConvolution(2, 1, 3, 2, 2, 2, 0, 0)",
        ),
    ],
    "SpatialMaxPooling": [
        Row(lambda: nn.SpatialMaxPooling(2, 1), lambda b, f: even(b, f, 3, 5), "SpatialMaxPooling(2, 1)"),
        Row(
            lambda: nn.SpatialMaxPooling(3, 3, 2, 2, 1, 1, ceil=True),
            lambda b, f: even(b, 2, f + 2, 6),
            "SpatialMaxPooling(3, 3, 2, 2, 1, 1, ceil=True)",
        ),
        Row(
            lambda: nn.SpatialMaxPooling(1, 2, 3, 1, 0, 1, ceil=True),
            lambda b, f: even(2, f, 4),
            "SpatialMaxPooling(1, 2, 3, 1, 0, 1, ceil=True)",
        ),
    ],
    "SpatialUpSamplingNearest": [
        Row(lambda: nn.SpatialUpSamplingNearest(2), lambda b, f: real(b, f, 2, 3), "SpatialUpSamplingNearest(2)"),
        Row(lambda: nn.SpatialUpSamplingNearest(3), lambda b, f: real(2, f, 2), "SpatialUpSamplingNearest(3)"),
        Row(lambda: nn.SpatialUpSamplingNearest(1), lambda b, f: real(b, 1, f, 2), "SpatialUpSamplingNearest(1)"),
    ],
    "SpatialZeroPadding": [
        Row(lambda: nn.SpatialZeroPadding(1), lambda b, f: real(b, 2, f, 3), "SpatialZeroPadding(1)"),
        Row(
            lambda: nn.SpatialZeroPadding(1, -2, -1, 3),
            lambda b, f: real(2, f + 1, 3),
            "SpatialZeroPadding(1, -2, -1, 3)",
        ),
        Row(
            lambda: nn.SpatialZeroPadding(0, -1, 0, 0), lambda b, f: real(b, 2, f, 3), "SpatialZeroPadding(0, -1, 0, 0)"
        ),
        Row(lambda: nn.SpatialZeroPadding(0), lambda b, f: real(b, 2, f, 3), "SpatialZeroPadding(0)"),
    ],
    "TemporalConvolution": [
        Row(lambda: nn.TemporalConvolution(3, 2, 2), lambda b, f: real(b, f + 1, 3), "TemporalConvolution(3, 2, 2)"),
        Row(
            lambda: nn.TemporalConvolution(2, 3, 2, 3),
            lambda b, f: real(f + 2, 2),
            "TemporalConvolution(2, 3, 2, 3)",
        ),
        Row(lambda: nn.TemporalConvolution(3, 2, 1), lambda b, f: real(b, f, 3), "TemporalConvolution(3, 2, 1)"),
    ],
    "TemporalMaxPooling": [
        Row(lambda: nn.TemporalMaxPooling(2), lambda b, f: even(b, 5, f), "TemporalMaxPooling(2)"),
        Row(lambda: nn.TemporalMaxPooling(3, 2), lambda b, f: even(f + 2, 3), "TemporalMaxPooling(3, 2)"),
    ],
}
