"""Rows of modules that normalise batches or weights, and of PartialLinear."""

from __future__ import annotations

from graphnet import modules as nn
from tests.modules.rows.row import Row, real

ROWS: dict[str, list[Row]] = {
    "BatchNormalization": [
        Row(lambda: nn.BatchNormalization(3), lambda b, f: real(b, 3), "BatchNormalization(3)", 3),
        Row(
            lambda: nn.BatchNormalization(2, 0.1, 0.3, False),
            lambda b, f: real(b, 2) + 4,
            "BatchNormalization(2, 0.1, 0.3, affine=False)",
            2,
        ),
    ],
    "LinearWeightNorm": [
        Row(lambda: nn.LinearWeightNorm(3, 2), lambda b, f: real(b, 3), "LinearWeightNorm(3, 2)", 3),
        Row(
            lambda: nn.LinearWeightNorm(3, 2, False, 1e-3),
            lambda b, f: real(3),
            "LinearWeightNorm(3, 2, bias=False, eps=0.001)",
            3,
        ),
    ],
    "PartialLinear": [
        Row(lambda: nn.PartialLinear(3, 4), lambda b, f: real(b, 3), "PartialLinear(3, 4)", 3),
        Row(
            lambda: nn.PartialLinear(3, 4, False).set_partition([2, 0, 2]),
            lambda b, f: real(b, 3),
            "PartialLinear(3, 4, bias=False)",
            3,
        ),
        Row(lambda: nn.PartialLinear(3, 4).set_partition([3, 1]), lambda b, f: real(3), "PartialLinear(3, 4)", 3),
    ],
    "SpatialBatchNormalization": [
        Row(
            lambda: nn.SpatialBatchNormalization(2),
            lambda b, f: real(b, 2, 3, f + 1),
            "SpatialBatchNormalization(2)",
        ),
        Row(
            lambda: nn.SpatialBatchNormalization(1, affine=False),
            lambda b, f: real(b, 1, f, 2),
            "SpatialBatchNormalization(1, affine=False)",
        ),
    ],
    "VolumetricBatchNormalization": [
        Row(
            lambda: nn.VolumetricBatchNormalization(2),
            lambda b, f: real(b, 2, 2, 2, f),
            "VolumetricBatchNormalization(2)",
        ),
    ],
    "WeightNorm": [
        Row(lambda: nn.WeightNorm(nn.Linear(3, 2)), lambda b, f: real(b, 3), "WeightNorm(Linear(3, 2))", 3),
        Row(
            lambda: nn.WeightNorm(nn.Linear(3, 2, False), 1),
            lambda b, f: real(3),
            "WeightNorm(Linear(3, 2, bias=False), 1)",
            3,
        ),
        Row(
            lambda: nn.WeightNorm(nn.Bilinear(3, 2, 2), -1),
            lambda b, f: [real(b, 3), real(b, 2)],
            "WeightNorm(Bilinear(3, 2, 2), -1)",
            3,
        ),
    ],
}
