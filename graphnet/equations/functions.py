r"""Functions of terms, and what is written as its operand.

>>> from graphnet.equations.leaves import Variable
>>> from graphnet.equations.writer import shown
>>> import numpy as np
>>> x = Variable()
>>> print(shown(Function(np.tanh, r"\tanh(", x + 1), {x: "x"}))
\tanh(x + 1)
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from graphnet.equations.operations import parts_of
from graphnet.equations.terms import ATOM, SUM, Piece, Term, Writer


class Function(Term):
    """A function of terms, as it is written: they stand between ``before`` and ``after``, with commas.

    Attributes
    ----------
    each : int
        How tightly the terms must hold together.
    of_elements : bool
        Whether it is applied to every element by itself.
    """

    linear = False

    def __init__(
        self,
        function: Callable[..., Any],
        before: str,
        *operands: Term,
        after: str = ")",
        comma: str = ", ",
        level: int = ATOM,
        each: int = SUM,
        of_elements: bool = False,
    ) -> None:
        super().__init__(*operands)
        self.function, self.of_elements = function, of_elements
        self.before, self.after, self.comma, self.level, self.each = before, after, comma, level, each

    def compute(self, *values: Any) -> Any:
        return self.function(*values)

    def rebuilt(self, *operands: Term) -> Term:
        new = copy.copy(self)
        Term.__init__(new, *operands)
        return new

    def narrowed(self, piece: Piece) -> Term | None:
        parts = parts_of(self.operands, piece) if self.of_elements else None
        return super().narrowed(piece) if parts is None else self.rebuilt(*parts)

    def latex(self, write: Writer) -> str:
        return f"{self.before}{self.comma.join(write(operand, self.each) for operand in self.operands)}{self.after}"


class AsIs(Term):
    """What is written as its first operand, though it is arranged otherwise: rows merged into one batch, say."""

    def __init__(self, function: Callable[..., Any], *operands: Term) -> None:
        self.function = function
        super().__init__(*operands)

    @property
    def level(self) -> int:  # type: ignore[override]
        return self.operands[0].level

    @property
    def shown(self) -> tuple[Term, ...]:
        return self.operands[:1]

    @property
    def linear(self) -> bool:
        return self.operands[0].linear

    def compute(self, *values: Any) -> Any:
        return self.function(*values)

    def rebuilt(self, *operands: Term) -> Term:
        return AsIs(self.function, *operands)

    def latex(self, write: Writer) -> str:
        return self.operands[0].latex(write)
