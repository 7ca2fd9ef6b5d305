"""Progress of a training: a bar on a terminal or in a notebook; elsewhere, a line from time to time."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from graphnet.console import in_notebook, shows_bars

SECONDS_BETWEEN_LINES = 30
EPOCHS_SHOWN = 20  # of many epochs, lines are printed for about so many


class Progress:
    """Show how many steps were done, the loss, and the speed.

    Parameters
    ----------
    shown : bool
        Whether to print anything.
    unit : str
        What the speed is told in, in the plural.
    done, total : int
        Steps at the beginning and at the end, which may be infinite.

    Attributes
    ----------
    loss : float
        The running mean of the training loss.
    """

    def __init__(self, shown: bool, unit: str, done: int, total: float) -> None:
        self._shown = shown
        self._unit = unit
        self._done, self._total = done, total
        self._bar: Any = None
        if shown and shows_bars():
            tqdm = _tqdm()
            self._bar = tqdm(total=total, initial=done, unit="steps", dynamic_ncols=True)
        self._items = 0
        self._start = self._latest = time.perf_counter()
        self.loss = math.nan

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def start(self) -> None:
        """Count the time from here, where the first step begins."""
        self._start = time.perf_counter()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave what is done inside out of the time that steps take."""
        before = time.perf_counter()
        try:
            yield
        finally:
            self._start += time.perf_counter() - before

    @property
    def items_per_second(self) -> float:
        """The speed of the steps so far; NaN before the first."""
        return self._items / max(1e-9, time.perf_counter() - self._start) if self._items else math.nan

    @property
    def speed(self) -> str:
        """Items per second so far, such as ``38,541 characters/s``."""
        return f"{self.items_per_second:,.0f} {self._unit}/s"

    def update(self, loss: float, items: int) -> None:
        """Show a finished step."""
        # Averaged over about 20 steps, for single batches differ much.
        self.loss = loss if math.isnan(self.loss) else 0.95 * self.loss + 0.05 * loss
        self._items += items
        self._done += 1
        if self._bar is not None:
            self._bar.set_postfix_str(f"loss {self.loss:.4g}, {self.speed}", refresh=False)
            self._bar.update(1)
        elif time.perf_counter() - self._latest > SECONDS_BETWEEN_LINES:
            self._latest = time.perf_counter()
            share = f"{self._done / self._total:4.0%}: " if math.isfinite(self._total) else ""
            self.line(f"{share}loss {self.loss:.4g}, {self.speed}")

    def epoch(self, epoch: int, epochs: int, values: dict[str, float]) -> None:
        """Print what an epoch ended with; of many epochs, not each."""
        if epoch % -(-epochs // EPOCHS_SHOWN) == 0 or epoch == epochs:
            told = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
            # The bar tells the speed, too; a notebook keeps its lines, which shall be the same after each run.
            self.line(f"epoch {epoch}/{epochs}: {told}" + ("" if in_notebook() else f", {self.speed}"))

    def line(self, text: str) -> None:
        """Print a line, above the bar if there is one."""
        if self._bar is not None:
            if sys.stdout is not None:
                self._bar.write(text, file=sys.stdout)
                sys.stdout.flush()
        elif self._shown:
            print(text, flush=True)


def _tqdm() -> Any:
    try:
        from tqdm import tqdm
    except ImportError as error:
        raise ImportError(
            f"a bar of progress needs the package tqdm ({error}); install it with: "
            'pip install "graphnet-nn[train]", or do without: Trainer(..., progress=False)'
        ) from error
    return tqdm
