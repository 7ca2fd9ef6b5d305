"""Twins of modules of images and along time."""

from __future__ import annotations

import numpy as np

from graphnet import modules as nn
from tests.modules.twins.pytorch import STATISTICS, F, Twin, real, torch, with_statistics

TWINS: dict[str, Twin] = {
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
    "SpatialFullConvolution, like another": (
        lambda: nn.SpatialFullConvolution(2, 3, 4, 4, 3, 3, 1, 1),
        lambda x, like, w, b: F.conv_transpose2d(x, w, b, 3, 1, (2, 1)),
        [real(2, 2, 3, 4), real(13, 15)[:10, :12]],
    ),
    "SpatialFullConvolution, many planes": (
        lambda: nn.SpatialFullConvolution(18, 9, 5, 4, 2, 2, 3, 1, 1, 0, bias=False),
        lambda x, w: F.conv_transpose2d(x, w, None, 2, (1, 3), (0, 1)),
        real(2, 18, 4, 5),
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
    "VolumetricBatchNormalization": (
        lambda: nn.VolumetricBatchNormalization(3, affine=False),
        lambda x: F.batch_norm(x, None, None, training=True),
        real(4, 3, 2, 2, 5),
    ),
}
