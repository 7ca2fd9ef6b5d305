"""Torch7's constructors of modules that normalise, and of linear ones beside nn.Linear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphnet import modules as nn
from graphnet.module import Module


def _batch(make: Callable[..., Module]) -> Callable[..., Module]:
    def converted(
        n_output: int, eps: float | None = None, momentum: float | None = None, affine: bool | None = None
    ) -> Module:
        # In Lua only nil and false count as left out, so 0 is a number.
        eps = 1e-5 if eps is None else eps
        return make(n_output, eps, 0.1 if momentum is None else momentum, affine is not False)

    return converted


def _linear_weight_norm(
    input_size: int, output_size: int, bias: bool | None = None, eps: float | None = None
) -> nn.LinearWeightNorm:
    # Its `bias == nil and true or bias` makes nil true and leaves false.
    return nn.LinearWeightNorm(input_size, output_size, bias is not False, 1e-16 if eps is None else eps)


def _weight_norm(module: Module, output_dim: int | None = None) -> nn.WeightNorm:
    if output_dim is not None and output_dim < 1:
        raise ValueError(f"Torch7's dimensions count from 1; it was {output_dim}")
    return nn.WeightNorm(module, 0 if output_dim is None else output_dim - 1)


def _partial(input_size: Any, output_size: Any, bias: bool | None = None) -> nn.PartialLinear:
    return nn.PartialLinear(input_size, output_size, bias is not False)


NORMALISING: dict[str, Callable[..., Module]] = {
    "nn.BatchNormalization": _batch(nn.BatchNormalization),
    "nn.LinearWeightNorm": _linear_weight_norm,
    "nn.PartialLinear": _partial,
    "nn.SpatialBatchNormalization": _batch(nn.SpatialBatchNormalization),
    "nn.VolumetricBatchNormalization": _batch(nn.VolumetricBatchNormalization),
    "nn.WeightNorm": _weight_norm,
}
