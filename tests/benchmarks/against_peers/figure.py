"""A figure of the table: what was measured of us and of a peer, and how it stands to the figure aimed at."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Figure:
    """One comparison.

    Parameters
    ----------
    row : str
        The name of the table's row.
    what : str
        What of the row, where it has several works.
    threads : int
        How many each had.
    peer : str
        Whom we are compared with; empty for nobody.
    ours, theirs : list of float
        All that was measured, in seconds or megabytes; no numbers of a peer that did not run.
    target : float or None
        What the value should be at most.
    kind : {"ratio", "amount", "share"}
        Whether the value is ours to theirs, ours alone, or the part of ours that theirs leaves.
    unit : {"s", "MB"}
        Of what was measured.
    note : str
        What explains the figure.
    """

    row: str
    what: str
    threads: int
    peer: str
    ours: list[float]
    theirs: list[float] = field(default_factory=list)
    target: float | None = None
    kind: Literal["ratio", "amount", "share"] = "ratio"
    unit: Literal["s", "MB"] = "s"
    note: str = ""

    def value(self) -> float | None:
        """Return the value, of medians; None if the peer did not run.

        >>> Figure("lstm", "", 1, "torch", [2.0, 1.0, 9.0], [4.0]).value()
        0.5
        """
        ours = statistics.median(self.ours)
        if self.kind == "amount":
            return ours
        if not self.theirs:
            return None
        ratio = ours / statistics.median(self.theirs)
        return ratio if self.kind == "ratio" else 1 - 1 / ratio

    def verdict(self) -> str:
        """Return whether the value is what was aimed at, or by how much it is not.

        >>> Figure("lstm", "", 1, "torch", [2.2], [2.0], target=1.0).verdict()
        'missed by 10 %'
        """
        value = self.value()
        if value is None or self.target is None:
            return ""
        return "reached" if value <= self.target else f"missed by {100 * (value / self.target - 1):.0f} %"

    def missed(self) -> bool:
        """Tell whether the figure aimed at was missed."""
        return self.verdict().startswith("missed")


def amount(number: float, unit: str) -> str:
    """Return a measurement as it is read, with three digits.

    >>> amount(0.0235, "s"), amount(4.2e-6, "s"), amount(105.16, "MB")
    ('23.5 ms', '4.20 µs', '105 MB')
    """
    factor, unit = (1.0, unit) if unit != "s" or number >= 1 else (1e3, "ms") if number >= 1e-3 else (1e6, "µs")
    number *= factor
    decimals = 0 if number >= 100 else 1 if number >= 10 else 2
    return f"{number:.{decimals}f} {unit}"


def written(value: float, figure: Figure) -> str:
    """Return a value, or what it should be at most, as it is read."""
    if figure.kind == "amount":
        return amount(value, figure.unit)
    return f"{value:.2f}" if figure.kind == "ratio" else f"{100 * value:.1f} %"
