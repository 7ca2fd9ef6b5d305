"""The tape of a compiled run: what goes in and out is there; all else is computed anew when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graphnet.nesting import Nested
from graphnet.plan import Plan
from graphnet.random import drawing_again
from graphnet.tape import Entry, Tape

if TYPE_CHECKING:
    from graphnet.compile.executor import CompiledPlan
    from graphnet.compile.units import Unit
    from graphnet.module import Module
    from graphnet.node import Node


class CompiledTape(Tape):
    """A tape whose inner values the interpreter computes, from the same random numbers, when they are looked at.

    Attributes
    ----------
    units : list of Unit
        What ran.
    own : Tape
        What the units took, gave and keep.
    """

    __slots__ = ("_detailed", "_pulled", "of_outputs", "own", "random", "units")

    def __init__(self, plan: CompiledPlan, x: Nested, registers: list[Any], units: list[Unit]) -> None:
        self.plan = plan
        self.x = x
        self.own = Tape(plan, x, registers, {})
        self.units = units
        self.random: Mapping[str, Any] | None = None
        self.of_outputs: list[Nested] | None = None  # their gradients, after a backward
        self._detailed: Tape | None = None
        self._pulled: list[Nested] | None = None  # those that the detailed tape went back from

    def result(self) -> Nested:
        return self.own.result()

    def detailed(self) -> Tape:
        """Return the same run with all its values, by the interpreter; with gradients, after a backward."""
        if self._detailed is None:
            with drawing_again(self.random):
                self._detailed = Plan.execute(self.plan, self.x)
        if self.of_outputs is not None and self._pulled is not self.of_outputs:
            Plan.pull_back(self.plan, self._detailed, self.of_outputs, 1.0, False)
            self._pulled = self.of_outputs
        return self._detailed

    def __getitem__(self, key: str | Node | Module) -> Entry:
        return self.detailed()[key]

    def entries(self) -> list[Entry]:
        return self.detailed().entries()

    # What those read who look into a tape.

    @property
    def values(self) -> list[Any]:  # type: ignore[override]
        """By register, what every call gave."""
        return self.detailed().values

    @property
    def saved(self) -> dict[int, Any]:  # type: ignore[override]
        """By register, what calls keep for their backward; to a recurrence whose step this is, what is steady."""
        return self.own.saved if self.plan.of_step else self.detailed().saved  # type: ignore[attr-defined]

    @property
    def gradients(self) -> list[Any] | None:  # type: ignore[override]
        """By register, the gradient of what every call gave; None before a backward."""
        return None if self.of_outputs is None else self.detailed().gradients

    @property
    def contributions(self) -> dict[int, Any]:  # type: ignore[override]
        """By register, what the call that writes it passed back to what it took."""
        return self.detailed().contributions

    @property
    def seeds(self) -> list[Any]:  # type: ignore[override]
        """By register, the gradients that came from outside."""
        return self.detailed().seeds
