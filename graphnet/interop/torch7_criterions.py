"""Torch7's constructors of criterions, whose classes count from 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphnet import modules as nn
from graphnet.criterion import Criterion
from graphnet.interop.torch7_arguments import defaults
from graphnet.interop.torch7_images import IMAGE_CRITERIONS
from graphnet.interop.torch7_oddities import CrossEntropyCriterion, MarginRankingCriterion
from graphnet.interop.torch7_passing import PASSING_CRITERIONS


def _nll(make: Callable[..., Criterion]) -> Callable[..., Criterion]:
    def converted(weights: Any = None, size_average: bool | None = None, ignore_index: int | None = None) -> Criterion:
        return make(weights, size_average is not False, (-100 if ignore_index is None else ignore_index) - 1)

    return converted


def _averaged(make: Callable[[bool], Criterion]) -> Callable[..., Criterion]:
    return lambda size_average=True: make(size_average is not False)


CRITERIONS: dict[str, Callable[..., Criterion]] = {
    **IMAGE_CRITERIONS,
    **PASSING_CRITERIONS,
    "nn.AbsCriterion": _averaged(nn.AbsCriterion),
    "nn.BCECriterion": lambda weights=None, size_average=True: nn.BCECriterion(weights, size_average is not False),
    "nn.ClassNLLCriterion": _nll(nn.ClassNLLCriterion),
    "nn.CosineEmbeddingCriterion": defaults(nn.CosineEmbeddingCriterion, 1),
    "nn.CrossEntropyCriterion": _nll(CrossEntropyCriterion),
    "nn.DistKLDivCriterion": _averaged(nn.DistKLDivCriterion),
    "nn.DistanceRatioCriterion": _averaged(nn.DistanceRatioCriterion),
    "nn.HingeEmbeddingCriterion": defaults(nn.HingeEmbeddingCriterion, 1),
    "nn.L1Cost": nn.L1Cost,
    "nn.L1HingeEmbeddingCriterion": defaults(nn.L1HingeEmbeddingCriterion, 1),
    "nn.MSECriterion": _averaged(nn.MSECriterion),
    "nn.MarginCriterion": defaults(nn.MarginCriterion, 1),
    "nn.MarginRankingCriterion": defaults(MarginRankingCriterion, 1),
    "nn.MultiCriterion": nn.MultiCriterion,
    "nn.MultiLabelMarginCriterion": nn.MultiLabelMarginCriterion,
    "nn.MultiLabelSoftMarginCriterion": nn.MultiLabelSoftMarginCriterion,
    "nn.MultiMarginCriterion": defaults(nn.MultiMarginCriterion, 3),
    "nn.ParallelCriterion": lambda repeat_target=False: nn.ParallelCriterion(bool(repeat_target)),
    "nn.SmoothL1Criterion": _averaged(nn.SmoothL1Criterion),
    "nn.SoftMarginCriterion": nn.SoftMarginCriterion,
    "nn.WeightedMSECriterion": nn.WeightedMSECriterion,
}
