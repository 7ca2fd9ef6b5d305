"""Twins of modules of several arrays, and of several branches."""

from __future__ import annotations

from typing import Any

from graphnet import modules as nn
from tests.modules.twins.pytorch import F, Twin, chances, real, torch, two


def attended(query: Any, memory: Any) -> Any:
    """Return the context, and the weights, which PyTorch's own function keeps to itself."""
    weights = torch.softmax(torch.einsum("bn,bsn->bs", query, memory) / 3**0.5, 1)
    return F.scaled_dot_product_attention(query[:, None], memory, memory)[:, 0], weights


TWINS: dict[str, Twin] = {
    "Bilinear": (lambda: nn.Bilinear(3, 2, 4), F.bilinear, [real(5, 3), real(5, 2)]),
    "CAddTable": (nn.CAddTable, torch.add, two(3, 4)),
    "CAddTensorTable": (nn.CAddTensorTable, lambda a, b, c: [a + b, a + c], [real(3, 4), two(3, 4)]),
    "CDivTable": (nn.CDivTable, torch.div, [real(3, 4), chances(3, 4)]),
    "CMaxTable": (nn.CMaxTable, lambda a, b: torch.maximum(a, b), two(3, 4)),
    "CMinTable": (nn.CMinTable, torch.minimum, two(3, 4)),
    "CMulTable": (nn.CMulTable, torch.mul, two(3, 4)),
    "CSubTable": (nn.CSubTable, torch.sub, two(3, 4)),
    "Concat": (
        lambda: nn.Concat(1, nn.Linear(3, 2), nn.Tanh()),
        lambda x, w, b: torch.cat([F.linear(x, w, b), torch.tanh(x)], 1),
        real(5, 3),
    ),
    "CosineDistance": (nn.CosineDistance, lambda a, b: F.cosine_similarity(a, b, 1), two(5, 3)),
    "DotProduct": (nn.DotProduct, lambda a, b: (a * b).sum(1), two(3, 4)),
    "JoinCentred": (
        lambda: nn.JoinCentred(0),
        lambda a, b: torch.cat([a, F.pad(b, (1, 2))]),
        [real(3, 4), real(2, 1)],
    ),
    "JoinTable": (lambda: nn.JoinTable(1), lambda a, b: torch.cat([a, b], 1), [real(3, 4), real(3, 2)]),
    "MM": (lambda: nn.MM(trans_b=True), lambda a, b: a @ b.mT, [real(5, 2, 3), real(5, 4, 3)]),
    "MV": (lambda: nn.MV(True), lambda m, v: torch.einsum("bij,bi->bj", m, v), [real(5, 2, 3), real(5, 2)]),
    "MixtureTable": (nn.MixtureTable, lambda g, x: torch.einsum("bk,bkn->bn", g, x), [real(5, 3), real(5, 3, 4)]),
    "PairwiseDistance": (
        lambda: nn.PairwiseDistance(3),
        lambda a, b: F.pairwise_distance(a, b, 3, eps=0),
        [1e6 * a for a in two(5, 3)],
    ),
    "Parallel": (
        lambda: nn.Parallel(1, 1, nn.Linear(3, 2), nn.Tanh()),
        lambda x, w, b: torch.cat([F.linear(x[:, 0], w, b), torch.tanh(x[:, 1])], 1),
        real(5, 2, 3),
    ),
    "dot_product_attention": (lambda: nn.dot_product_attention(3), attended, [real(5, 3), real(5, 4, 3)]),
}
