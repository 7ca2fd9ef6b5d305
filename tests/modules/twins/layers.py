"""Twins of layers with parameters, and of what normalises."""

from __future__ import annotations

from graphnet import modules as nn
from tests.modules.twins.pytorch import STATISTICS, F, Twin, real, torch, with_statistics

TWINS: dict[str, Twin] = {
    "BatchNormalization": (
        lambda: nn.BatchNormalization(4, 1e-3),
        lambda x, w, b: F.batch_norm(x, None, None, w, b, True, eps=1e-3),
        3 * real(5, 4) + 1e3,
    ),
    "BatchNormalization, evaluated": (
        lambda: with_statistics(nn.BatchNormalization(3)),
        lambda x, w, b: F.batch_norm(x, *STATISTICS, w, b),
        real(5, 3),
    ),
    "Cosine": (lambda: nn.Cosine(3, 2), lambda x, w: F.cosine_similarity(x[:, None], w[None], 2), real(5, 3)),
    "Euclidean": (lambda: nn.Euclidean(3, 2), lambda x, w: torch.cdist(x, w.T), 1e6 * real(5, 3)),
    "LayerNormalization": (
        lambda: nn.LayerNormalization(4, 0.5, eps=4e-5),
        lambda x, w, b: F.layer_norm(x, (4,), w, b, eps=1e-5),
        real(5, 3, 4),
    ),
    "Linear": (lambda: nn.Linear(3, 2), F.linear, real(4, 3)),
    "LinearWeightNorm": (
        lambda: nn.LinearWeightNorm(3, 2),
        lambda x, v, g, b: F.linear(x, torch._weight_norm(v, g, 0), b),
        real(5, 3),
    ),
    "Maxout": (
        lambda: nn.Maxout(3, 2, 4),
        lambda x, w, b: F.linear(x, w, b).unflatten(1, (4, 2)).max(1).values,
        real(5, 3),
    ),
    "Normalize": (lambda: nn.Normalize(3, 1e-30), lambda x: F.normalize(x, 3, -1), real(3, 4)),
    "PartialLinear": (
        lambda: nn.PartialLinear(3, 5).set_partition([4, 0]),
        lambda x, w, b: F.linear(x, w[[4, 0]], b[0, [4, 0]]),
        real(5, 3),
    ),
    "Sequential": (
        lambda: nn.Sequential(nn.Linear(3, 2), nn.Tanh()),
        lambda x, w, b: torch.tanh(F.linear(x, w, b)),
        real(5, 3),
    ),
    "WeightNorm": (
        lambda: nn.WeightNorm(nn.Linear(3, 2), 1),
        lambda x, v, g, b: F.linear(x, (g * v / (v.square().sum(1, keepdim=True) + 1e-4).sqrt()).T, b),
        real(5, 3),
    ),
    "WeightedEuclidean": (
        lambda: nn.WeightedEuclidean(3, 2),
        lambda x, w, c: torch.linalg.vector_norm(c * (x[:, :, None] - w), dim=1),
        1e6 * real(5, 3),
    ),
}
