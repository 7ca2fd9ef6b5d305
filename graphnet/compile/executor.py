"""Executor: a plan that runs a net as units, most of them compiled; to its user it is the plan of any net."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from graphnet.compile.division import divided
from graphnet.compile.fingerprint import Fingerprint
from graphnet.compile.loops import Loop, Steps
from graphnet.compile.lowering import UNSAID, says_rows
from graphnet.compile.operators import Untraceable
from graphnet.compile.options import Options
from graphnet.compile.shortcut import Shortcut, shortcut_of
from graphnet.compile.tape import CompiledTape
from graphnet.compile.units import Fused, Hooks, Unit, places_of
from graphnet.module import Module
from graphnet.nesting import Nested
from graphnet.plan import Plan
from graphnet.pull import Pull
from graphnet.random import drawing_again, generator
from graphnet.recurrence import Recurrence
from graphnet.tape import Tape

if TYPE_CHECKING:
    from graphnet.splicing import Call

TOO_SMALL = "a program of so few calls would cost more at each step than it saves"
VERSIONS_KEPT = 8  # of a net whose modes and attributes change
REFUSED_ALONE = 8  # so many calls; from then on others of the same class go along, or long chains would take long


class CompiledPlan(Plan):
    """The plan of a module, compiled when it first runs, for each kind of input.

    Parameters
    ----------
    module : Module
    options : Options
    of_step : bool
        Whether it runs a step of a recurrence, where what is steady is handed on from step to step.
    """

    def __init__(self, module: Module, options: Options, *, of_step: bool = False) -> None:
        super().__init__(module)
        self.options = options
        self.of_step = of_step
        self.versions: dict[Fingerprint, dict[Any, Schedule]] = {}
        self._changes = -1
        self._shortcut: Shortcut | None = None  # for inputs like the latest
        self.schedules: dict[Any, Schedule] = {}  # by kind of input, for the net as it is now

    def run(self, x: Nested) -> Tape:
        shortcut = self._shortcut
        if shortcut is not None and self._changes == Module.changes and (short := shortcut.run(x)) is not None:
            return short
        tape = super().run(x)
        assert isinstance(tape, CompiledTape)
        self._shortcut = shortcut_of(self, tape)
        return tape

    def registers(self, inputs: list[Nested]) -> list[Any]:
        """Return the registers of a run of which nothing is done yet."""
        return [*inputs, *self._unset]

    def execute(self, x: Nested, steady: Mapping[int, Any] | None = None) -> Tape:
        if self._changes != Module.changes:
            self._look()
        schedule = self.schedule(x)
        while not schedule.interpreted:
            tape = CompiledTape(self, x, self.registers([x] if len(self.inputs) == 1 else x), schedule.units)
            tape.random = generator().bit_generator.state
            if schedule.run(tape, steady):
                return tape
        return super().execute(x, steady)

    def _look(self) -> None:
        """See whether modules are as they were when they were compiled; modes may change, and what is shared."""
        self._changes = Module.changes
        self._shortcut = None
        now = Fingerprint(self.module)
        self.schedules = self.versions.setdefault(now, {})
        while len(self.versions) > VERSIONS_KEPT:
            del self.versions[next(version for version in self.versions if version != now)]

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
        back = Pull(tape.own, of_outputs, scale, accumulate)
        for unit in reversed(tape.units):
            unit.backward(back)
        tape.of_outputs = of_outputs
        return back.finish()


class Schedule:
    """The units of a plan for one kind of input; what turns out not to be compilable is executed as it is.

    Attributes
    ----------
    units : list of Unit
    refused : dict
        By the identity of a call why it is executed as it is.
    small : set of int
        The identities of calls that could be programs, but at each step of a recurrence would gain nothing by it.
    interpreted : bool
        Whether nothing of a step is compiled, so that the interpreter runs it.
    """

    def __init__(self, plan: CompiledPlan) -> None:
        self.plan = plan
        self.refused: dict[int, str] = {}
        self.small: set[int] = set()
        self.interpreted = False
        self._made: dict[tuple[int, ...], Unit] = {}  # by the identities of their calls, for when it is divided anew
        self._drawing: set[int] = set()  # the identities of calls among which some draw random numbers, in turn
        self._apart = False  # whether calls that have nothing to do with each other are units of their own
        self.units = self._divided()

    def run(self, tape: CompiledTape, steady: Mapping[int, Any] | None) -> bool:
        """Run all units; or find out that one cannot be compiled, divide anew, and return False."""
        drew: list[Call] = []
        before = tape.random
        for unit in tape.units:
            try:
                unit.forward(tape.own, steady)
            except Untraceable as reason:
                assert tape.random is not None
                generator().bit_generator.state = tape.random
                if isinstance(unit, Fused) and reason.call is None and not self._apart:
                    self._apart = True
                else:
                    for call in self._refused_with(reason.call, unit):
                        self.refused[id(call)] = str(reason)
                self.units = self._divided()
                return False
            except Exception:
                self._interpret(tape)
                raise
            if len(tape.units) > 1 and before != (now := generator().bit_generator.state):
                drew += unit.calls
                before = now
        if self._in_order(drew):
            return True
        assert tape.random is not None
        generator().bit_generator.state = tape.random
        self._drawing |= {id(call) for call in drew}
        self.units = self._divided()
        return False

    def _in_order(self, calls: list[Call]) -> bool:
        """Tell whether calls that draw random numbers come in the plan's order, or cannot be brought nearer to it."""
        places = places_of(self.plan)
        order = [places[id(call)] for call in calls]
        return order == sorted(order) or self._drawing.issuperset(map(id, calls))

    def _refused_with(self, call: Call | None, unit: Unit) -> list[Call]:
        """Return the calls that are executed as they are, where one of a unit, or all of it, cannot be compiled."""
        if call not in unit.calls:
            return unit.calls
        if len(self.refused) < REFUSED_ALONE:
            return [call]
        return [other for other in unit.calls if type(other.hooks) is type(call.hooks)]

    def _interpret(self, tape: CompiledTape) -> None:
        """Have the interpreter say what is wrong with an input, and where."""
        with drawing_again(tape.random):
            Plan.execute(self.plan, tape.x)

    def _divided(self) -> list[Unit]:
        """Divide the calls into units: those that become one program, loops, and calls as they are."""
        self.small = set()
        while True:
            groups = list(divided(self.plan, self._fuses, self._drawing, apart=self._apart))
            small = [group for group in groups if group.fused and self.plan.of_step and not group.is_worth_a_start()]
            if not small:
                break
            self.small.update(id(call) for group in small for call in group.calls)
        units: list[Unit] = []
        for group in groups:
            if group.fused:
                units.append(self._fused(group.calls, group.given))
            else:
                units += self._others(group.calls)
        self.interpreted = self.plan.of_step and all(isinstance(unit, Hooks) for unit in units)
        return units

    def reason(self, call: Call) -> str:
        """Return why a call is executed as it is."""
        if id(call) in self.refused:
            return self.refused[id(call)].removeprefix(f"{call.path()}: ")
        if id(call) in self.small:
            return TOO_SMALL
        if says_rows(call.hooks):
            return "what it draws is the same at all steps, which go one by one"
        return UNSAID

    def _fuses(self, call: Call) -> bool:
        if self.plan.of_step and call.hooks.steady:
            return False
        return id(call) not in self.refused and id(call) not in self.small and says_rows(call.hooks)

    def _fused(self, calls: list[Call], given: list[int]) -> Unit:
        key = tuple(map(id, calls))
        if key not in self._made:
            self._made[key] = Fused(self.plan, calls, given, self.plan.options, of_step=self.plan.of_step)
        return self._made[key]

    def _others(self, calls: list[Call]) -> Iterator[Unit]:
        plan, options = self.plan, self.plan.options
        as_they_are: list[Call] = []
        for call in calls:
            if type(call.hooks) is not Recurrence:
                as_they_are.append(call)
                continue
            if as_they_are:
                yield Hooks(plan, as_they_are)
                as_they_are = []
            if id(call) in self.refused:
                yield Steps(call, CompiledPlan(call.hooks.step, options, of_step=True))
            else:
                yield Loop(call, options, of_step=plan.of_step)
        if as_they_are:
            yield Hooks(plan, as_they_are)


def _kind(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_kind, value))
    assert isinstance(value, np.ndarray)
    return (value.ndim, value.shape[1:] if value.ndim < 3 else value.shape[2:], value.dtype.char)
