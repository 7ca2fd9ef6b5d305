"""Counting: how many numbers the parameters of a net are, and what is multiplied and added to get there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from graphnet.module import Module
from graphnet.parameter import Parameter


class Count(NamedTuple):
    """How the own parameters of one module are counted.

    Attributes
    ----------
    arithmetic : str
        ``3·8+8``; empty if it has none.
    n : int
        How many numbers these are, without those that belong to an earlier one.
    tied_to : str or None
        What the earlier one is called.
    """

    arithmetic: str
    n: int
    tied_to: str | None


class Counting:
    """Parameters while they are counted, one module after the other; each belongs to the first that has it.

    Attributes
    ----------
    n : int
        How many numbers they are.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> layer, counting = nn.Linear(3, 8), Counting()
    >>> counting.add(layer, "h"), counting.add(layer, "again")
    (Count(arithmetic='3·8+8', n=32, tied_to=None), Count(arithmetic='3·8+8', n=0, tied_to='h'))
    """

    def __init__(self) -> None:
        self.n = 0
        self._owners: dict[int, str] = {}
        self._terms: dict[str, int] = {}

    def add(self, module: Module, name: str) -> Count:
        """Count what a module has besides the modules inside it."""
        own = module.own_parameters().values()
        tied = next((self._owners[id(parameter)] for parameter in own if id(parameter) in self._owners), None)
        n = sum(parameter.size for parameter in own if id(parameter) not in self._owners)
        for parameter in own:
            self._owners.setdefault(id(parameter), name)
        arithmetic = "+".join(map(_product, own))
        if n:
            self._count(arithmetic, n)
        return Count(arithmetic, n, tied)

    def _count(self, term: str, n: int) -> None:
        self.n += n
        self._terms[term] = self._terms.get(term, 0) + 1

    def add_rest(self, parameters: Iterable[Parameter]) -> None:
        """Count those of them that belong to none yet."""
        for parameter in parameters:
            if id(parameter) not in self._owners:
                self._owners[id(parameter)] = ""
                self._count(_product(parameter), parameter.size)

    def total(self) -> str:
        """Return how many there are, and why: ``32 parameters = 3·8+8``."""
        return total(self.n, self.sum())

    def sum(self) -> str:
        """Return what is added, equal terms together: ``4·(1·16+16) + (16·1+1)``."""
        several = len(self._terms) > 1
        return " + ".join(
            f"{n}·({term})" if n > 1 else f"({term})" if several else term for term, n in self._terms.items()
        )


def total(n_parameters: int, arithmetic: str) -> str:
    """Return how many parameters there are, and why: ``32 parameters = 3·8+8``."""
    many = "parameter" if n_parameters == 1 else "parameters"
    return f"{n_parameters:,} {many}" + (f" = {arithmetic}" if arithmetic else "")


def _product(parameter: Parameter) -> str:
    """Write the sizes of a parameter as a product, those of the input first."""
    return "·".join(map(str, reversed(parameter.shape))) or "1"
