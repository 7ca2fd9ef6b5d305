"""What a row of the contract table says, and numbers for its inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import numpy as np

from graphnet import Module
from graphnet.nesting import map_nested


@dataclass(frozen=True)
class Row:
    """How to make a module, an input for it with a batch of ``b`` and ``f`` features, and its repr."""

    make: Callable[[], Module]
    x: Callable[[int, int], Any]
    shown: str
    features: int | None = None  # the only number of features it takes
    gradient: Callable[[Any, Any], Any] | None = None  # dx for (dy, x), where it is none of the formula's
    shrinks: bool = False  # whether its numbers are chances, which may become smaller only

    def varied(self, x: Any, factors: list[float], noise: float, seed: int) -> Any:
        """Return an input like ``x`` with other numbers: each array times a factor, and each number times its own.

        Signs and zeros stay, so what must be positive is. Integers are indices or classes, and stay.
        """
        numbers, each = np.random.default_rng(seed), cycle(factors)
        most = max(factors) * (1 + noise) if self.shrinks else 1

        def changed(array: np.ndarray) -> np.ndarray:
            by = next(each) * numbers.uniform(1 - noise, 1 + noise, array.shape) / most
            return array * by if array.dtype.kind == "f" else array

        return map_nested(changed, x)


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
