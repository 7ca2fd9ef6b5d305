"""Twins of criterions."""

from __future__ import annotations

import numpy as np

from graphnet import modules as nn
from tests.modules.twins.pytorch import CLASSES, SIGNS, F, Twin, chances, real, torch, two

TWINS: dict[str, Twin] = {
    "AbsCriterion": (nn.AbsCriterion, F.l1_loss, two(3, 4)),
    "BCECriterion": (nn.BCECriterion, F.binary_cross_entropy, [chances(3, 4), chances(4, 4)[:3]]),
    "BCECriterion, weights": (
        lambda: nn.BCECriterion([1.0, 2.0], False),
        lambda x, t: F.binary_cross_entropy(x, t, torch.tensor([1.0, 2.0], dtype=torch.float64), reduction="sum"),
        [chances(3, 2), chances(4, 2)[:3]],
    ),
    "ClassNLLCriterion": (
        lambda: nn.ClassNLLCriterion([1.0, 2.0, 3.0], ignore_index=0),
        lambda x, t: F.nll_loss(x, t, torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64), ignore_index=0),
        [real(3, 3), CLASSES[0]],
    ),
    "CosineEmbeddingCriterion": (
        lambda: nn.CosineEmbeddingCriterion(0.1),
        lambda a, b, t: F.cosine_embedding_loss(a, b, t, 0.1),
        [two(6, 3), SIGNS],
    ),
    "CriterionTable": (lambda: nn.CriterionTable(nn.MSECriterion()), F.mse_loss, two(3, 4)),
    "CrossEntropyCriterion": (
        lambda: nn.CrossEntropyCriterion([1.0, 2.0, 0.5]),
        lambda x, t: F.cross_entropy(x, t, torch.tensor([1.0, 2.0, 0.5]).double()),
        [30 * real(3, 3), CLASSES[0]],
    ),
    "DistKLDivCriterion": (
        nn.DistKLDivCriterion,
        lambda x, t: F.kl_div(x, t, reduction="sum") / 12,
        [real(3, 4), chances(3, 4)],
    ),
    "HingeEmbeddingCriterion": (
        lambda: nn.HingeEmbeddingCriterion(0.5),
        lambda x, t: F.hinge_embedding_loss(x, t, 0.5),
        [real(6), SIGNS],
    ),
    "L1Cost": (nn.L1Cost, lambda x: x.abs().sum(), real(3, 4)),
    "L1HingeEmbeddingCriterion": (
        lambda: nn.L1HingeEmbeddingCriterion(5),
        lambda a, b, t: F.hinge_embedding_loss((a - b).abs().sum(), t, 5),
        [two(3), np.array(-1)],
    ),
    "MSECriterion": (nn.MSECriterion, F.mse_loss, two(3, 4)),
    "MarginCriterion": (lambda: nn.MarginCriterion(0.5), lambda x, t: torch.relu(0.5 - t * x).mean(), [real(6), SIGNS]),
    "MarginRankingCriterion": (
        lambda: nn.MarginRankingCriterion(0.1),
        lambda a, b, t: F.margin_ranking_loss(a, b, t, 0.1),
        [[real(6), real(5, 6)[0]], SIGNS],
    ),
    "MaskedLoss": (
        nn.MaskedLoss,
        lambda x, t: F.nll_loss(x, t, ignore_index=-1, reduction="sum") / len(t),
        [real(4, 3), np.array([2, -1, 0, 1])],
    ),
    "ModuleCriterion": (
        lambda: nn.ModuleCriterion(nn.MSECriterion(), nn.Linear(3, 2), nn.Tanh()),
        lambda x, t, w, b: F.mse_loss(F.linear(x, w, b), torch.tanh(t)),
        [real(5, 3), real(5, 2)],
    ),
    "MultiCriterion": (
        lambda: nn.MultiCriterion().add(nn.MSECriterion(), 0.5).add(nn.AbsCriterion()),
        lambda x, t: 0.5 * F.mse_loss(x, t) + F.l1_loss(x, t),
        two(3, 4),
    ),
    "MultiLabelMarginCriterion": (
        nn.MultiLabelMarginCriterion,
        F.multilabel_margin_loss,
        [real(2, 3), np.array([[2, 0, -1], [-1, 1, 1]])],
    ),
    "MultiLabelSoftMarginCriterion": (
        lambda: nn.MultiLabelSoftMarginCriterion([1.0, 2.0, 0.5]),
        lambda x, t: F.multilabel_soft_margin_loss(x, t, torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)),
        [30 * real(4, 3), chances(4, 3)],
    ),
    "MultiMarginCriterion": (
        lambda: nn.MultiMarginCriterion(2, [1.0, 2.0, 0.5], 0.7),
        lambda x, t: F.multi_margin_loss(x, t, 2, 0.7, torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)),
        [real(3, 3), CLASSES[0]],
    ),
    "ParallelCriterion": (
        lambda: nn.ParallelCriterion().add(nn.MSECriterion(), 0.5).add(nn.ClassNLLCriterion()),
        lambda x, y, t, u: 0.5 * F.mse_loss(x, t) + F.nll_loss(y, u),
        [[real(3, 4), real(3, 3)], [real(3, 5)[:, :4], CLASSES[0]]],
    ),
    "SequenceCriterion": (
        lambda: nn.SequenceCriterion(nn.CrossEntropyCriterion(ignore_index=0)),
        lambda x, t: F.cross_entropy(x.flatten(0, 1), t.flatten(), ignore_index=0),
        [real(2, 3, 3), CLASSES],
    ),
    "SmoothL1Criterion": (nn.SmoothL1Criterion, F.smooth_l1_loss, [real(3, 4), 2.5 * real(3, 5)[:, :4]]),
    "SoftMarginCriterion": (nn.SoftMarginCriterion, F.soft_margin_loss, [3 * real(6), SIGNS]),
    "SpatialClassNLLCriterion": (
        lambda: nn.SpatialClassNLLCriterion([1.0, 2.0, 3.0], ignore_index=0),
        lambda x, t: F.nll_loss(x, t, torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64), ignore_index=0),
        [real(2, 3, 2, 3), np.stack([CLASSES, CLASSES[::-1]])],
    ),
    "WeightedMSECriterion": (
        lambda: nn.WeightedMSECriterion([1.0, 2.0, 0.5]),
        lambda x, t: F.mse_loss(x, t * torch.tensor([1.0, 2.0, 0.5]).double()),
        two(4, 3),
    ),
}
