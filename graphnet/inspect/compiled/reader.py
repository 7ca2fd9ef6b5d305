"""Reader: from a plan and a tape of it to the parts that are told of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graphnet.compile.executor import CompiledPlan, Schedule
from graphnet.compile.layout import Layout
from graphnet.compile.llvm.host import host, why_unavailable
from graphnet.compile.loops import Loop, LoopRun, Steps
from graphnet.compile.native import Native
from graphnet.compile.program import Program
from graphnet.compile.specialisation import Specialisation
from graphnet.compile.tape import CompiledTape
from graphnet.compile.units import Fused, Unit
from graphnet.inspect.compiled.memory import memory_of
from graphnet.inspect.compiled.parts import AsItIs, Compiled, Way
from graphnet.inspect.compiled.timing import Times, Watched
from graphnet.inspect.compiled.works import Naming
from graphnet.random import drawing_from
from graphnet.recurrence.loop import Run
from graphnet.splicing import Site
from graphnet.tape import Tape

if TYPE_CHECKING:
    from graphnet.splicing import Call


class Reader:
    """Reads plans and their tapes; kernels are numbered through."""

    def __init__(self, times: Times | None) -> None:
        self.times = times
        self.n_kernels = 0
        self.n_times = 1

    def parts(self, plan: CompiledPlan, tape: Tape, around: Site, calls: list[Call]) -> list[Compiled | AsItIs]:
        """Return the units of a run, within the calls of recurrences; ``calls`` are those that pictures know."""
        site_of = {own: (*around, call) for own, call in zip(plan.executed, calls, strict=True)}
        schedule = plan.schedule(tape.x)
        found = tape.units if isinstance(tape, CompiledTape) else schedule.units
        units = [unit.unit if isinstance(unit, Watched) else unit for unit in found]
        return [self._part(unit, schedule, tape, site_of) for unit in units]

    def _part(self, unit: Unit, schedule: Schedule, tape: Tape, site_of: dict[Call, Site]) -> Compiled | AsItIs:
        sites = tuple(site_of[call] for call in unit.calls)
        if isinstance(unit, Fused):
            assert isinstance(tape, CompiledTape)
            specialisation, frame = tape.own.saved[unit.calls[0].target]
            inside = {call: site_of[call] for call in unit.calls}
            return self._compiled(unit, sites, specialisation, frame.layout, inside)
        if isinstance(unit, Loop):
            assert isinstance(tape, CompiledTape)
            loop: LoopRun = tape.own.saved[unit.call.target]
            executed = unit.recurrence.step.plan().executed
            inside = {call: (*sites[0], call) for call in executed}
            return self._compiled(unit, sites, loop.specialisation, loop.layout, inside)
        reasons = tuple(schedule.reason(call) for call in unit.calls)
        if isinstance(unit, Steps):
            assert isinstance(tape, CompiledTape)
            run: Run = tape.own.saved[unit.call.target]
            parts = []
            if run.n_run and isinstance(unit.plan, CompiledPlan):
                before, self.n_times = self.n_times, self.n_times * run.n_run
                parts = self.parts(unit.plan, _first_step(run), sites[0], unit.call.hooks.step.plan().executed)
                self.n_times = before
            return AsItIs(sites, reasons, self._seconds(unit), parts, run.n_run)
        return AsItIs(sites, reasons, {} if schedule.interpreted else self._seconds(unit))

    def _seconds(self, unit: Unit) -> dict[str, float]:
        if self.times is None:
            return {}
        return {way: self.times.seconds.get((unit, way), 0.0) for way in ("forward", "backward")}

    def _compiled(
        self, unit: Unit, sites: tuple[Site, ...], made: Specialisation, layout: Layout, inside: dict[Call, Site]
    ) -> Compiled:
        naming = Naming(made, inside, self.n_kernels + 1, self.n_times)
        self.n_kernels = naming.next - 1
        times = self.times

        def way(program: Program) -> Way:
            return Way(
                naming.stages(program, layout, None if times is None else times.seconds),
                memory_of(made, program, layout, naming),
                None if times is None else times.seconds.get(program, 0.0),
                None if times is None else times.n_threads.get(program),
            )

        return Compiled(
            sites,
            isinstance(unit, Loop),
            layout.n_run,
            layout.n_rows,
            layout.n_all,
            self.n_times,
            way(made.forward),
            way(made.backward),
            _told(made),
            made.seconds,
            made.n_compiled,
            made.n_from_disk,
            self._seconds(unit),
        )


def _first_step(run: Run) -> Tape:
    """Return the tape of the first step, run again where no tapes were kept."""
    if 0 in run.tapes:
        return run.tapes[0]
    with drawing_from(np.random.default_rng(0)):
        tape, _ = run.step(0, run.first_states)
    return tape


def _told(made: Specialisation) -> str:
    """Return what runs the programs, and why it is not machine code if it is not."""
    if isinstance(made.backend, Native):
        return f"machine code for {host().cpu}, {made.backend.lanes} numbers at a time"
    reason = why_unavailable()
    return "NumPy, as asked for with machine_code=False" if reason is None else f"NumPy, since {reason}"
