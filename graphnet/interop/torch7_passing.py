"""Torch7's constructors of modules that pass on what they take, watch it, or compare it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphnet import modules as nn
from graphnet.criterion import Criterion
from graphnet.interop.torch7_arguments import defaults

# What Torch7 calls its types of numbers.
TYPES = {
    "torch.ByteTensor": "uint8",
    "torch.CharTensor": "int8",
    "torch.DoubleTensor": "float64",
    "torch.FloatTensor": "float32",
    "torch.HalfTensor": "float16",
    "torch.IntTensor": "int32",
    "torch.LongTensor": "int64",
    "torch.ShortTensor": "int16",
}


def _copy(
    intype: str | None = None, outtype: str | None = None, force_copy: bool | None = None, dont_cast: bool | None = None
) -> nn.Copy:
    intype, outtype = (name or "torch.DoubleTensor" for name in (intype, outtype))
    for name in (intype, outtype):
        if name not in TYPES:
            raise KeyError(f"{name} is a type of tensors that graphnet.interop.torch7 does not know")
    passes = intype == outtype and not force_copy  # what comes as it is, of whatever type
    return nn.Copy(TYPES[intype], None if passes else TYPES[outtype], dont_cast=bool(dont_cast))


def _l1_penalty(l1weight: float, size_average: bool | None = None, provide_output: bool | None = None) -> nn.L1Penalty:
    # Its `provideOutput or true` is always true.
    return nn.L1Penalty(l1weight, bool(size_average))


PASSING: dict[str, Callable[..., Any]] = {
    "nn.Collapse": nn.Collapse,
    "nn.Constant": nn.Constant,
    "nn.Copy": _copy,
    "nn.CriterionTable": nn.CriterionTable,
    "nn.Decorator": nn.Decorator,
    "nn.L1Penalty": _l1_penalty,
    "nn.NaN": nn.NaN,
    "nn.PrintSize": nn.PrintSize,
    "nn.Profile": defaults(nn.Profile),
    "nn.WhiteNoise": defaults(nn.WhiteNoise),
}

PASSING_CRITERIONS: dict[str, Callable[..., Criterion]] = {
    "nn.ModuleCriterion": defaults(nn.ModuleCriterion),
}
