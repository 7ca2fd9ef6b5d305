"""Curriculum: how hard programs are, and when they become harder."""

from __future__ import annotations

import numpy as np

STRATEGIES = ("baseline", "naive", "mix", "blend")


class Curriculum:
    """How hard programs are while a net learns: a strategy, and the (length, nesting) it has come to.

    ==========  ==============================================================================================
    baseline    always the target
    naive       what was come to: from (1, 1), a digit more at a time; then one operation more, and one digit
    mix         each number is drawn by chance, from 1 to the target
    blend       mix for one number in five, otherwise naive
    ==========  ==============================================================================================

    Parameters
    ----------
    strategy : {"baseline", "naive", "mix", "blend"}
    length, nesting : int
        The target.

    Attributes
    ----------
    current : tuple of (int, int)
        What it has come to: at first (1, 1) for naive and blend, the target for the others.

    Raises
    ------
    ValueError
        If there is no such strategy, or the target is not positive.

    Notes
    -----
    Zaremba and Sutskever, "Learning to execute", 2014, section 4.

    Examples
    --------
    >>> curriculum = Curriculum("naive", length=2, nesting=2)
    >>> steps = [curriculum.current]
    >>> while curriculum.harder():
    ...     steps.append(curriculum.current)
    >>> steps
    [(1, 1), (2, 1), (1, 2), (2, 2)]
    """

    def __init__(self, strategy: str, length: int, nesting: int) -> None:
        if strategy not in STRATEGIES:
            raise ValueError(f"a strategy is one of {', '.join(STRATEGIES)}; not {strategy!r}")
        if min(length, nesting) < 1:
            raise ValueError(f"length and nesting are at least 1; they are {length} and {nesting}")
        self.strategy = strategy
        self.target = (length, nesting)
        self.current = (1, 1) if strategy in ("naive", "blend") else self.target

    def hardness(self, generator: np.random.Generator) -> tuple[int, int]:
        """Return the (length, nesting) for the next number of a program for training."""
        if self.strategy == "mix" or (self.strategy == "blend" and generator.integers(5) == 0):
            length, nesting = (int(generator.integers(1, most + 1)) for most in self.target)
            return length, nesting
        return self.current

    def of_current(self, generator: np.random.Generator) -> tuple[int, int]:
        """Return what it has come to; for validation."""
        return self.current

    def of_target(self, generator: np.random.Generator) -> tuple[int, int]:
        """Return the target; for the test."""
        return self.target

    def harder(self) -> bool:
        """Go on to harder programs; False if they are the hardest already."""
        if self.current == self.target:
            return False
        length, nesting = self.current
        self.current = (length + 1, nesting) if length < self.target[0] else (1, nesting + 1)
        return True
