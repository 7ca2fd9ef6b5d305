"""The tape of a compiled run: what goes in and out is there; all else is computed anew when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graphnet.nesting import Nested
from graphnet.plan import Plan
from graphnet.random import drawing_again
from graphnet.tape import Entry, Tape

if TYPE_CHECKING:
    from graphnet.compile.units import Unit
    from graphnet.module import Module
    from graphnet.node import Node


class CompiledTape(Tape):
    """A tape whose inner values the interpreter computes, from the same random numbers, when they are looked at."""

    __slots__ = ("_detailed", "_pulled", "of_outputs", "random", "units")

    def __init__(self, plan: Plan, x: Nested, values: list[Any], units: list[Unit]) -> None:
        super().__init__(plan, x, values, {})
        self.units = units
        self.random: Mapping[str, Any] | None = None
        self.of_outputs: list[Nested] = []
        self._detailed: Tape | None = None
        self._pulled: list[Nested] | None = None  # the gradients of outputs that the detailed one went back from

    def detailed(self) -> Tape:
        """Return the same run with all its values, by the interpreter; with gradients, after a backward."""
        if self._detailed is None:
            with drawing_again(self.random):
                self._detailed = Plan.execute(self.plan, self.x)
        if self.gradients is not None and self._pulled is not self.of_outputs:
            Plan.pull_back(self.plan, self._detailed, self.of_outputs, 1.0, False)
            self._pulled = self.of_outputs
        return self._detailed

    def __getitem__(self, key: str | Node | Module) -> Entry:
        return self.detailed()[key]

    def entries(self) -> list[Entry]:
        return self.detailed().entries()
