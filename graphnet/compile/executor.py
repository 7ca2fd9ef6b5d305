"""Executor: a plan that runs a net as units, most of them compiled; to its user it is the plan of any net."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from graphnet.compile.lowering import says_rows
from graphnet.compile.options import Options
from graphnet.compile.rows import Untraceable
from graphnet.compile.tape import CompiledTape
from graphnet.compile.units import Fused, Hooks, Loop, Unit
from graphnet.nesting import Nested, leaves
from graphnet.plan import Plan
from graphnet.pull import Pull
from graphnet.random import generator_state, set_generator_state
from graphnet.recurrence import Recurrence
from graphnet.tape import Tape

if TYPE_CHECKING:
    from graphnet.module import Module
    from graphnet.splicing import Call


class CompiledPlan(Plan):
    """The plan of a module, compiled when it first runs, for each kind of input.

    Parameters
    ----------
    module : Module
    options : Options
    """

    def __init__(self, module: Module, options: Options) -> None:
        super().__init__(module)
        self.options = options
        self.schedules: dict[Any, Schedule] = {}

    def execute(self, x: Nested, steady: Mapping[int, Any] | None = None) -> Tape:
        if steady:
            return super().execute(x, steady)
        schedule = self.schedule(x)
        while True:
            tape = CompiledTape(self, x, self.begin(x).values, schedule.units)
            if schedule.run(tape):
                return tape

    def schedule(self, x: Nested) -> Schedule:
        """Return how inputs of this kind are run."""
        key = _kind(x)
        schedule = self.schedules.get(key)
        if schedule is None:
            schedule = self.schedules[key] = Schedule(self)
        return schedule

    def pull_back(self, tape: Tape, of_outputs: list[Nested], scale: float, accumulate: bool) -> list[Nested]:
        if not isinstance(tape, CompiledTape):
            return super().pull_back(tape, of_outputs, scale, accumulate)
        back = Pull(tape, of_outputs, scale, accumulate)
        for unit in reversed(tape.units):
            unit.backward(back)
        return back.finish()


class Schedule:
    """The units of a plan for one kind of input; what turns out not to be compilable is executed as it is."""

    def __init__(self, plan: CompiledPlan) -> None:
        self.plan = plan
        self.refused: dict[int, str] = {}  # by call, why it is executed as it is
        self.units = self._divided()

    def run(self, tape: Tape) -> bool:
        """Run all units; or find out that one cannot be compiled, divide anew, and return False."""
        state = generator_state()
        for unit in self.units:
            try:
                unit.forward(tape)
            except Untraceable as reason:
                set_generator_state(state)
                self._refuse(unit, str(reason))
                return False
        return True

    def _refuse(self, unit: Unit, reason: str) -> None:
        for call in unit.calls:
            self.refused[id(call)] = reason
        self.units = self._divided()

    def _divided(self) -> list[Unit]:
        """Divide the calls into units: neighbours that can become one program, loops, and calls as they are."""
        plan = self.plan
        level: dict[int, int] = dict.fromkeys(range(len(plan.inputs)), 0)
        groups: dict[int, list[Call]] = {}
        for call in plan.executed:
            # Even levels are of calls as they are, odd ones of programs; a recurrence has a level of its own.
            before = max((level[r] for r in leaves(call.source)), default=0)
            fused = self._fuses(call)
            mine = before + ((before % 2 == 0) if fused else (before % 2 == 1))
            level[call.target] = mine
            groups.setdefault(mine, []).append(call)
        units: list[Unit] = []
        for mine in sorted(groups):
            units += self._units(groups[mine], fused=bool(mine % 2))
        return units

    def _fuses(self, call: Call) -> bool:
        return id(call) not in self.refused and says_rows(call.hooks)

    def _units(self, calls: list[Call], *, fused: bool) -> list[Unit]:
        plan = self.plan
        if fused:
            mine = {call.target for call in calls}
            elsewhere = {
                r for call in plan.executed if call.target not in mine for r in leaves(call.source)
            } | set(leaves(plan.outputs))
            given = [call.target for call in calls if call.target in elsewhere]
            return [Fused(plan, calls, given, plan.options)]
        units: list[Unit] = []
        for call in calls:
            if type(call.hooks) is Recurrence and id(call) not in self.refused:
                units.append(Loop(call, plan.options))
            elif units and isinstance(units[-1], Hooks):
                units[-1] = Hooks(plan, [*units[-1].calls, call])
            else:
                units.append(Hooks(plan, [call]))
        return units


def _kind(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_kind, value))
    assert isinstance(value, np.ndarray)
    return (value.ndim, value.shape[-1:], value.dtype.char)
