"""Progress of what may take long: a bar on a terminal or in a notebook, once it has taken a while."""

from __future__ import annotations

from typing import Any, Self

from graphnet.console import shows_bars

SECONDS_UNTIL_SHOWN = 2


class Progress:
    """A bar; nothing where none can be shown, or the package tqdm is not installed.

    Parameters
    ----------
    task : str
        What is done.
    total : int
        The number of steps.
    unit : str
        What a step is, in the plural.

    Examples
    --------
    >>> with Progress("counting", 3, "numbers") as progress:
    ...     for _ in range(3):
    ...         progress.step()
    """

    def __init__(self, task: str, total: int, unit: str) -> None:
        self._bar: Any = None
        if shows_bars():
            try:
                from tqdm import tqdm
            except ImportError:
                return
            delay = SECONDS_UNTIL_SHOWN
            self._bar = tqdm(total=total, desc=task, unit=f" {unit}", delay=delay, leave=False, dynamic_ncols=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def step(self) -> None:
        """Tell that a step is done."""
        if self._bar is not None:
            self._bar.update()
