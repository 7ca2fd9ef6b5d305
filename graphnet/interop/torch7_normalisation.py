"""Torch7's constructors of modules that normalise, and of linear ones beside nn.Linear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphnet import modules as nn
from graphnet.interop.torch7_arguments import defaults
from graphnet.interop.torch7_oddities import (
    LinearWeightNorm,
    SpatialBatchNormalization,
    VolumetricBatchNormalization,
    WeightNorm,
)
from graphnet.module import Module


def _weight_norm(module: Module, output_dim: int | None = None) -> nn.WeightNorm:
    if output_dim is not None and output_dim < 1:
        raise ValueError(f"Torch7's dimensions count from 1; it was {output_dim}")
    return WeightNorm(module, 0 if output_dim is None else output_dim - 1)


def _partial(input_size: int, output_size: int, bias: bool = True, partition: Any = None) -> nn.PartialLinear:
    """Make the layer; the partition, of indices that count from 1, is what ``setPartition`` was given."""
    layer = nn.PartialLinear(input_size, output_size, bias)
    return layer if partition is None else layer.set_partition(np.asarray(partition).astype(np.intp) - 1)


NORMALISING: dict[str, Callable[..., Module]] = {
    "nn.BatchNormalization": defaults(nn.BatchNormalization),
    "nn.LinearWeightNorm": defaults(LinearWeightNorm),
    "nn.PartialLinear": defaults(_partial),
    "nn.SpatialBatchNormalization": defaults(SpatialBatchNormalization),
    "nn.VolumetricBatchNormalization": defaults(VolumetricBatchNormalization),
    "nn.WeightNorm": _weight_norm,
}
