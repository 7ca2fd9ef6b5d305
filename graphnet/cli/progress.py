"""Progress of a training: a bar on a terminal; elsewhere, a line from time to time."""

from __future__ import annotations

import math
import sys
import time
from typing import Any, Self

SECONDS_BETWEEN_LINES = 30


class Progress:
    """Show how many characters were seen, the loss, and the speed.

    Parameters
    ----------
    seen, total : int
        Characters at the beginning and at the end.

    Attributes
    ----------
    loss : float
        The running mean of the training loss, in nats per character.
    """

    def __init__(self, seen: int, total: int) -> None:
        from tqdm import tqdm

        self._plain = not sys.stderr.isatty()
        self._bar: Any = tqdm(
            total=total,
            initial=seen,
            unit="characters",
            unit_scale=True,
            dynamic_ncols=True,
            disable=self._plain,
        )
        self._total = total
        self._first = self.seen = seen
        self._start = self._latest = time.perf_counter()
        self.loss = math.nan

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.close()

    @property
    def speed(self) -> float:
        """Characters per second so far."""
        return (self.seen - self._first) / max(1e-9, time.perf_counter() - self._start)

    def update(self, seen: int, loss: float) -> None:
        """Show a finished step."""
        # Averaged over about 20 steps, for single batches differ much.
        self.loss = loss if math.isnan(self.loss) else 0.95 * self.loss + 0.05 * loss
        self._bar.set_postfix_str(f"loss {self.loss:.3f} nats", refresh=False)
        self._bar.update(seen - self.seen)
        self.seen = seen
        now = time.perf_counter()
        if self._plain and now - self._latest > SECONDS_BETWEEN_LINES:
            self._latest = now
            self.line(f"{seen / self._total:4.0%}: loss {self.loss:.3f} nats, {self.speed:,.0f} characters/s")

    def line(self, text: str) -> None:
        """Print a line, above the bar if there is one."""
        self._bar.write(text, file=sys.stdout)
        sys.stdout.flush()
