"""How contestants are timed: in turn, many calls at a time, by the median over rounds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any


def in_turn(
    *contestants: Callable[[], Any],
    calls: int | None = None,
    rounds: int,
    least: float = 0.002,
    typical: Callable[[list[float]], float] = statistics.median,
) -> list[float]:
    """Return the median seconds of one call of each contestant, or what else is ``typical`` of the rounds.

    Where ``calls`` is left out, each contestant is called as often as ``least`` seconds take.
    """
    counts = [calls or _calls(contestant, least) for contestant in contestants]
    seconds: list[list[float]] = [[] for _ in contestants]
    for _ in range(rounds):
        for contestant, n, measured in zip(contestants, counts, seconds, strict=True):
            measured.append(_seconds(contestant, n) / n)
    return [typical(measured) for measured in seconds]


def _calls(contestant: Callable[[], Any], least: float) -> int:
    """Return how many calls take so many seconds, at least 1."""
    n = 1
    while (taken := _seconds(contestant, n)) < least:
        n = max(2 * n, int(n * least / max(taken, 1e-7)))
    return n


def _seconds(contestant: Callable[[], Any], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        contestant()
    return time.perf_counter() - start
