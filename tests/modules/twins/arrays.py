"""Twins of what gives an array another shape, or parts of it."""

from __future__ import annotations

import numpy as np

from graphnet import modules as nn
from tests.modules.twins.pytorch import CLASSES, F, Twin, real, torch

TWINS: dict[str, Twin] = {
    "Bottle": (lambda: nn.Bottle(nn.Linear(3, 2)), F.linear, real(5, 4, 3)),
    "Collapse": (lambda: nn.Collapse(2), lambda x: torch.flatten(x, 1), real(5, 2, 3)),
    "Contiguous": (nn.Contiguous, torch.clone, real(3, 5)[:, :4]),
    "Index": (
        lambda: nn.Index(1),
        lambda x, i: x.index_select(1, i),
        [real(3, 4, 2), np.array([2, 0, 2])],
    ),
    "LookupTable": (lambda: nn.LookupTable(3, 2), F.embedding, CLASSES),
    "MaskedSelect": (nn.MaskedSelect, torch.masked_select, [real(3, 4), real(3, 5)[:, :4] > 0]),
    "Max": (lambda: nn.Max(1), lambda x: x.max(1).values, real(3, 4, 2)),
    "Mean": (lambda: nn.Mean(-1), lambda x: x.mean(-1), real(3, 4)),
    "MergeLeading": (nn.MergeLeading, lambda x: x.flatten(0, 1), real(5, 3, 4)),
    "Min": (lambda: nn.Min(0), lambda x: x.min(0).values, real(3, 4)),
    "Narrow": (lambda: nn.Narrow(1, 1, 2), lambda x: x.narrow(1, 1, 2), real(3, 4)),
    "OneHot": (lambda: nn.OneHot(3), lambda x: F.one_hot(x, 3), CLASSES),
    "Padding": (lambda: nn.Padding(1, -2, None, 7), lambda x: F.pad(x, (2, 0), value=7), real(3, 4)),
    "Replicate": (lambda: nn.Replicate(2, 1), lambda x: x[:, None].expand(-1, 2, -1), real(3, 4)),
    "Reshape": (lambda: nn.Reshape(2, 6), lambda x: x.reshape(3, 2, 6), real(3, 4, 3)),
    "RestoreLeading": (nn.RestoreLeading, lambda y, x: y.unflatten(0, x.shape[:2]), [real(15, 2), real(5, 3, 4)]),
    "ReverseSequence": (nn.ReverseSequence, lambda x: x.flip(0), real(4, 3, 2)),
    "Select": (lambda: nn.Select(1, -1), lambda x: x.select(1, -1), real(3, 4, 2)),
    "SelectTerminal": (
        nn.SelectTerminal,
        lambda x, lengths: (
            torch.take_along_dim(x, (lengths - 1).clamp(0)[None, :, None], 0)[0] * (lengths > 0)[:, None]
        ),
        [real(4, 3, 2), np.array([4, 0, 2])],
    ),
    "SplitTable": (lambda: nn.SplitTable(1), lambda x: x.unbind(1), real(3, 4, 2)),
    "Squeeze": (nn.Squeeze, torch.squeeze, real(3, 1, 4, 1)),
    "Sum": (lambda: nn.Sum(1), lambda x: x.sum(1), real(3, 4, 2)),
    "Transpose": (
        lambda: nn.Transpose((0, 1), (1, 2)),
        lambda x: x.transpose(0, 1).transpose(1, 2),
        real(2, 3, 4),
    ),
    "Unsqueeze": (lambda: nn.Unsqueeze(1), lambda x: x.unsqueeze(1), real(3, 4)),
    "View": (lambda: nn.View(-1, 4), lambda x: x.view(-1, 4), real(3, 4, 2)),
}
