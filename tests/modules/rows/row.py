"""What a row of the contract table says, and numbers for its inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphnet import Module


@dataclass(frozen=True)
class Row:
    """How to make a module, an input for it with a batch of ``b`` and ``f`` features, and its repr."""

    make: Callable[[], Module]
    x: Callable[[int, int], Any]
    shown: str
    features: int | None = None  # the only number of features it takes
    gradient: Callable[[Any], Any] | None = None  # the input's, given the output's, where it is none of the formula's


def real(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape) + len(shape)).normal(size=shape)


def positive(*shape: int) -> np.ndarray:
    return np.abs(real(*shape)) + 0.5


def chances(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).uniform(size=shape)


def whole(top: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).integers(0, top, shape)


def signs(*shape: int) -> np.ndarray:
    return 2 * whole(2, *shape) - 1


def listed(b: int, f: int) -> np.ndarray:
    """Lists of one to three classes, with -1 behind them."""
    return np.where(np.arange(f) <= np.arange(b)[:, None] % 3, (np.arange(f) + np.arange(b)[:, None]) % f, -1)
