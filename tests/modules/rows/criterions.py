"""Rows of criterions, as modules over [input, target]."""

from __future__ import annotations

import numpy as np

from graphnet import modules as nn
from tests.modules.rows.row import Row, chances, listed, real, signs, whole

ROWS: dict[str, list[Row]] = {
    "MSECriterion": [
        Row(nn.MSECriterion, lambda b, f: [real(b, f), real(b, f) + 1], "MSECriterion()"),
        Row(lambda: nn.MSECriterion(False), lambda b, f: [real(f), real(f) + 1], "MSECriterion(size_average=False)"),
    ],
    "ClassNLLCriterion": [
        Row(nn.ClassNLLCriterion, lambda b, f: [real(b, f), whole(f, b)], "ClassNLLCriterion()"),
        Row(
            lambda: nn.ClassNLLCriterion([0.5, 1, 2], True, 0),
            lambda b, f: [real(b, 3), np.arange(b) % 3],
            "ClassNLLCriterion([0.5, 1, 2], size_average=True, ignore_index=0)",
            3,
        ),
    ],
    "CrossEntropyCriterion": [
        Row(nn.CrossEntropyCriterion, lambda b, f: [real(b, f), whole(f, b)], "CrossEntropyCriterion()"),
        Row(nn.CrossEntropyCriterion, lambda b, f: [real(f), np.asarray(f - 1)], "CrossEntropyCriterion()"),
    ],
    "AbsCriterion": [
        Row(nn.AbsCriterion, lambda b, f: [real(b, f), 2 * real(b, f)], "AbsCriterion()"),
        Row(lambda: nn.AbsCriterion(False), lambda b, f: [real(f), real(f) + 1], "AbsCriterion(size_average=False)"),
    ],
    "BCECriterion": [
        Row(
            nn.BCECriterion,
            lambda b, f: [0.1 + 0.8 * chances(b, f), chances(b, f)],
            "BCECriterion()",
            shrinks=True,
        ),
        Row(
            lambda: nn.BCECriterion([1, 2, 0.5], False),
            lambda b, f: [0.1 + 0.8 * chances(b, 3), chances(b, 3)],
            "BCECriterion([1, 2, 0.5], size_average=False)",
            3,
            shrinks=True,
        ),
    ],
    "CriterionTable": [
        Row(
            lambda: nn.CriterionTable(nn.MSECriterion()),
            lambda b, f: [real(b, f), real(b, f) + 1],
            "CriterionTable(MSECriterion())",
        ),
        Row(
            lambda: nn.CriterionTable(nn.L1Cost()),
            lambda b, f: [real(b, f), whole(2, b)],
            "CriterionTable(L1Cost())",
        ),
        Row(
            lambda: nn.CriterionTable(nn.ModuleCriterion(nn.MSECriterion(), nn.Linear(3, 2))),
            lambda b, f: [real(b, 3), real(b, 2)],
            "CriterionTable(ModuleCriterion(MSECriterion()))",
            3,
        ),
    ],
    "MaskedLoss": [
        Row(nn.MaskedLoss, lambda b, f: [real(b, f), whole(f + 1, b) - 1], "MaskedLoss()"),
        Row(nn.MaskedLoss, lambda b, f: [real(f), np.asarray(f - 1)], "MaskedLoss()"),
    ],
    "ModuleCriterion": [
        Row(
            lambda: nn.ModuleCriterion(nn.CrossEntropyCriterion(), nn.Linear(3, 3)),
            lambda b, f: [real(b, 3), np.arange(b) % 3],
            "ModuleCriterion(CrossEntropyCriterion())",
            3,
        ),
        Row(
            lambda: nn.ModuleCriterion(nn.MSECriterion(), nn.Tanh(), nn.Linear(3, 2)),
            lambda b, f: [real(b, 2), real(b, 3)],
            "ModuleCriterion(MSECriterion())",
            3,
        ),
        Row(
            lambda: nn.ModuleCriterion(nn.L1Cost(), None, nn.Tanh(), False),
            lambda b, f: [real(b, f), real(f)],
            "ModuleCriterion(L1Cost(), cast_target=False)",
        ),
    ],
    "MultiCriterion": [
        Row(
            lambda: nn.MultiCriterion().add(nn.MSECriterion(), 0.5).add(nn.SmoothL1Criterion()),
            lambda b, f: [real(b, f), 2 * real(b, f)],
            "MultiCriterion()",
        ),
    ],
    "ParallelCriterion": [
        Row(
            lambda: nn.ParallelCriterion().add(nn.MSECriterion(), 0.5).add(nn.CrossEntropyCriterion()),
            lambda b, f: [[real(b, f), real(b, f)], [real(b, f) + 1, whole(f, b)]],
            "ParallelCriterion()",
        ),
        Row(
            lambda: nn.ParallelCriterion(True).add(nn.MSECriterion()).add(nn.MSECriterion(), 2),
            lambda b, f: [[real(b, f), real(b, f) + 2], real(b, f) + 1],
            "ParallelCriterion(repeat_target=True)",
        ),
    ],
    "SequenceCriterion": [
        Row(
            lambda: nn.SequenceCriterion(nn.CrossEntropyCriterion(ignore_index=0)),
            lambda b, f: [real(f, b, 3), whole(3, f, b)],
            "SequenceCriterion(CrossEntropyCriterion(ignore_index=0))",
        ),
        Row(
            lambda: nn.SequenceCriterion(nn.MSECriterion()),
            lambda b, f: [real(b, f), real(b, f) + 1],
            "SequenceCriterion(MSECriterion())",
        ),
    ],
    "SmoothL1Criterion": [
        Row(nn.SmoothL1Criterion, lambda b, f: [real(b, f), 2.5 * real(b, f)], "SmoothL1Criterion()"),
        Row(
            lambda: nn.SmoothL1Criterion(False),
            lambda b, f: [real(f), real(f) + 1.1],
            "SmoothL1Criterion(size_average=False)",
        ),
    ],
    "CosineEmbeddingCriterion": [
        Row(
            lambda: nn.CosineEmbeddingCriterion(0.1),
            lambda b, f: [[real(b, f), 1 - 2 * real(b, f)], signs(b)],
            "CosineEmbeddingCriterion(0.1)",
        ),
        Row(
            lambda: nn.CosineEmbeddingCriterion(0, False),
            lambda b, f: [[real(f), real(f) + 1], signs(1)],
            "CosineEmbeddingCriterion(0, size_average=False)",
        ),
    ],
    "DistKLDivCriterion": [
        Row(nn.DistKLDivCriterion, lambda b, f: [real(b, f), chances(b, f)], "DistKLDivCriterion()", shrinks=True),
        Row(
            lambda: nn.DistKLDivCriterion(False),
            lambda b, f: [real(b, f), whole(2, b, f)],
            "DistKLDivCriterion(size_average=False)",
        ),
    ],
    "DistanceRatioCriterion": [
        Row(nn.DistanceRatioCriterion, lambda b, f: [real(b), 2 * real(b)], "DistanceRatioCriterion()"),
        Row(
            lambda: nn.DistanceRatioCriterion(False),
            lambda b, f: [real(b, f), 2 * real(b, f)],
            "DistanceRatioCriterion(size_average=False)",
        ),
    ],
    "HingeEmbeddingCriterion": [
        Row(nn.HingeEmbeddingCriterion, lambda b, f: [real(b, f), signs(b, f)], "HingeEmbeddingCriterion()"),
        Row(
            lambda: nn.HingeEmbeddingCriterion(0.5, False),
            lambda b, f: [real(f), signs(f)],
            "HingeEmbeddingCriterion(0.5, size_average=False)",
        ),
    ],
    "L1Cost": [
        Row(nn.L1Cost, lambda b, f: real(b, f), "L1Cost()"),
    ],
    "L1HingeEmbeddingCriterion": [
        Row(
            nn.L1HingeEmbeddingCriterion,
            lambda b, f: [[real(b, f), 2 * real(b, f) + 0.1], np.array(1)],
            "L1HingeEmbeddingCriterion()",
        ),
        Row(
            lambda: nn.L1HingeEmbeddingCriterion(50),
            lambda b, f: [[real(b, f), 2 * real(b, f) + 0.1], np.array([-1])],
            "L1HingeEmbeddingCriterion(50)",
        ),
    ],
    "MarginCriterion": [
        Row(nn.MarginCriterion, lambda b, f: [real(b, f), signs(b, f)], "MarginCriterion()"),
        Row(
            lambda: nn.MarginCriterion(0.5, False),
            lambda b, f: [real(f), signs(f)],
            "MarginCriterion(0.5, size_average=False)",
        ),
    ],
    "MarginRankingCriterion": [
        Row(nn.MarginRankingCriterion, lambda b, f: [[real(b), -2 * real(b)], signs(b)], "MarginRankingCriterion()"),
        Row(
            lambda: nn.MarginRankingCriterion(0.1, False),
            lambda b, f: [[real(b, f), -2 * real(b, f)], np.array(-1)],
            "MarginRankingCriterion(0.1, size_average=False)",
        ),
    ],
    "MultiLabelMarginCriterion": [
        Row(nn.MultiLabelMarginCriterion, lambda b, f: [real(b, f), listed(b, f)], "MultiLabelMarginCriterion()"),
        Row(
            lambda: nn.MultiLabelMarginCriterion(False),
            lambda b, f: [real(f), listed(1, f)[0]],
            "MultiLabelMarginCriterion(size_average=False)",
        ),
    ],
    "MultiLabelSoftMarginCriterion": [
        Row(
            nn.MultiLabelSoftMarginCriterion,
            lambda b, f: [3 * real(b, f), chances(b, f)],
            "MultiLabelSoftMarginCriterion()",
            shrinks=True,
        ),
        Row(
            lambda: nn.MultiLabelSoftMarginCriterion([1, 2, 0.5], False),
            lambda b, f: [real(b, 3), whole(2, b, 3)],
            "MultiLabelSoftMarginCriterion([1, 2, 0.5], size_average=False)",
            3,
        ),
    ],
    "MultiMarginCriterion": [
        Row(nn.MultiMarginCriterion, lambda b, f: [real(b, f), whole(f, b)], "MultiMarginCriterion()"),
        Row(
            lambda: nn.MultiMarginCriterion(2, [0.5, 1, 2], 0.7, False),
            lambda b, f: [real(b, 3), np.arange(b) % 3],
            "MultiMarginCriterion(2, [0.5, 1, 2], 0.7, size_average=False)",
            3,
        ),
    ],
    "SoftMarginCriterion": [
        Row(nn.SoftMarginCriterion, lambda b, f: [3 * real(b, f), signs(b, f)], "SoftMarginCriterion()"),
        Row(
            lambda: nn.SoftMarginCriterion(False),
            lambda b, f: [real(f), signs(f)],
            "SoftMarginCriterion(size_average=False)",
        ),
    ],
    "WeightedMSECriterion": [
        Row(
            lambda: nn.WeightedMSECriterion([0.5, 1, 2]),
            lambda b, f: [real(b, 3), 2 * real(b, 3)],
            "WeightedMSECriterion([0.5, 1, 2])",
            3,
        ),
    ],
}
