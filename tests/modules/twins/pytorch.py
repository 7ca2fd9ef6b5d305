"""What the twins are written with: PyTorch, and numbers for their inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias
from unittest.mock import MagicMock

import numpy as np

from graphnet import Module

try:
    import torch
except ImportError:  # the names of the twins are asked for all the same
    torch: Any = MagicMock()  # type: ignore[no-redef]

F: Any = torch.nn.functional

# Our module, the twin as a function of its inputs and then of our parameters, and the input.
Twin: TypeAlias = tuple[Callable[[], Module], Callable[..., Any], Any]


def real(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape) + len(shape)).normal(size=shape)


def chances(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).uniform(0.05, 0.95, shape)


def two(*shape: int) -> list[np.ndarray]:
    """Return two arrays of this shape, the second of which is not contiguous."""
    return [real(*shape), real(*shape[:-1], shape[-1] + 1)[..., :-1]]


CLASSES = np.array([[2, 0, 1], [1, 1, 0]])
SIGNS = np.array([1, -1, 1, 1, -1, -1])
STATISTICS = torch.tensor([0.5, -1.0, 2.0]).double(), torch.tensor([0.5, 1.0, 3.0]).double()


def with_statistics(module: Any) -> Module:
    module.running_mean[:], module.running_var[:] = STATISTICS
    return module.evaluate()
