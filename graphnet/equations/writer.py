"""Writing terms as LaTeX, with brackets where they are needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphnet.equations.terms import SUM, Term

# What stands higher than a line needs brackets that grow with it.
_HIGH = (r"\frac", r"\sqrt", r"\left")


class LatexWriter:
    """Writes terms, given the symbols of their variables and constants, and the names of modules written elsewhere."""

    def __init__(self, symbols: Callable[[Term], str], functions: Mapping[int, str]) -> None:
        self.symbol = symbols
        self.functions = functions

    def function(self, module: Any) -> str | None:
        """Return the symbol of a module whose equations are written elsewhere."""
        return self.functions.get(id(module))

    def __call__(self, term: Term, level: int = SUM) -> str:
        """Write a term, in brackets if it holds together less than the level asks for."""
        text = term.latex(self)
        return text if term.level >= level else in_brackets(text)


def in_brackets(text: str) -> str:
    """Put brackets around a text, as high as it."""
    return rf"\left({text}\right)" if any(sign in text for sign in _HIGH) else f"({text})"


def shown(term: Term, symbols: Mapping[Term, str]) -> str:
    """Write one term with these symbols."""
    return LatexWriter(symbols.__getitem__, {})(term)
