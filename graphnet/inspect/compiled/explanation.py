"""Explanation: the units of a compiled net, and what runs for each of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from graphnet.compile.executor import CompiledPlan, Schedule
from graphnet.compile.layout import Layout, even_layout
from graphnet.compile.llvm.host import host, why_unavailable
from graphnet.compile.llvm.target import Statistics, statistics
from graphnet.compile.native import Native
from graphnet.compile.program import Program
from graphnet.compile.specialisation import Specialisation
from graphnet.compile.tape import CompiledTape
from graphnet.compile.units import Fused, Loop, LoopRun, Steps, Unit
from graphnet.edge import whole_number
from graphnet.inspect.by_node import Report
from graphnet.inspect.compiled.memory import Memory, memory_of
from graphnet.inspect.compiled.text import text_of
from graphnet.inspect.compiled.timing import Times, Watched, times_of
from graphnet.inspect.compiled.works import Naming, Stage, Work
from graphnet.inspect.untouched import untouched
from graphnet.module import Module
from graphnet.nesting import Nested
from graphnet.splicing import Site, path_of
from graphnet.tape import Tape

if TYPE_CHECKING:
    from graphnet.draw import Picture
    from graphnet.splicing import Call


@dataclass(frozen=True)
class Way:
    """A program, forwards or backwards.

    Attributes
    ----------
    stages : list of Stage
    memory : Memory
    seconds : float or None
        The time of the whole program, and of packing weights for it.
    n_threads : int or None
        On how many threads it runs.
    """

    stages: list[Stage]
    memory: Memory
    seconds: float | None
    n_threads: int | None

    def works(self) -> Iterator[Work]:
        """Yield all operations in order."""
        for stage in self.stages:
            yield from stage.works


@dataclass(frozen=True)
class Compiled:
    """Calls, or a whole recurrence, that became programs.

    Attributes
    ----------
    sites : tuple of Site
        The calls; of a recurrence, its own.
    loop : bool
        Whether it is a recurrence.
    n_steps, n_rows : int
        Of the run that is explained.
    n_places : int
        How many rows there are at all steps together; sequences that end earlier have fewer.
    forward, backward : Way
    backend : str
        What runs the programs.
    making : float
        The seconds that it took to make them.
    n_compiled, n_from_disk : int
        How much machine code was compiled for them, and how much was found on disk instead.
    seconds : dict of str to float
        The time forwards and backwards, with what goes in and out.
    """

    sites: tuple[Site, ...]
    loop: bool
    n_steps: int
    n_rows: int
    n_places: int
    forward: Way
    backward: Way
    backend: str
    making: float
    n_compiled: int
    n_from_disk: int
    seconds: dict[str, float]

    @property
    def ways(self) -> dict[str, Way]:
        """Both ways by their names."""
        return {"forward": self.forward, "backward": self.backward}


@dataclass(frozen=True)
class AsItIs:
    """Calls that are executed by the hooks of their modules; a recurrence goes step by step, and has ``parts``.

    Attributes
    ----------
    sites : tuple of Site
    reasons : tuple of str
        For each why it could not be compiled.
    parts : list of Compiled or AsItIs
        What a step of a recurrence runs.
    n_steps : int
        How often.
    seconds : dict of str to float
        The time forwards and backwards, of all together.
    """

    sites: tuple[Site, ...]
    reasons: tuple[str, ...]
    seconds: dict[str, float]
    parts: list[Compiled | AsItIs] = field(default_factory=list)
    n_steps: int = 0


@dataclass(frozen=True)
class Explanation(Report):
    """What :meth:`graphnet.Module.explain` gives; printed, a table.

    Attributes
    ----------
    net : Module
    parts : list of Compiled or AsItIs
        In order of execution.
    dtype : numpy.dtype
    seconds : dict of str to float
        The time of a run of the whole net, "forward" and "backward"; empty if it was not measured.
    repeats : int
        How many runs were measured; all times are medians of these.
    cache : Statistics
        What this process has compiled and what it found on disk.
    """

    net: Module
    parts: list[Compiled | AsItIs]
    dtype: np.dtype[Any]
    seconds: dict[str, float]
    repeats: int
    cache: Statistics

    def compiled(self) -> Iterator[Compiled]:
        """Yield all that became programs, also within recurrences that go step by step."""
        waiting = self.parts[::-1]
        while waiting:
            part = waiting.pop()
            if isinstance(part, Compiled):
                yield part
            else:
                waiting.extend(part.parts[::-1])

    def __getitem__(self, key: str) -> list[Work]:
        """Return the operations in which a node takes part, there and back, by its path or its name.

        Raises
        ------
        KeyError
            If no program has such a node.
        """
        found: list[Work] = []
        known: dict[str, None] = {}
        for part in self.compiled():
            for way in part.ways.values():
                for work in way.works():
                    sites = (*work.sites, *work.biases)
                    known.update(dict.fromkeys(map(path_of, sites)))
                    if any(key in (path_of(site), site[-1].path(), site[-1].node.name) for site in sites):
                        found.append(work)
        if not found:
            raise KeyError(f"no program has a node {key!r}; there are {', '.join(known)}")
        return found

    def draw(self, file: str | os.PathLike[str] | None = None, **options: Any) -> Picture:
        """Return the picture of the plan: its kernels, products and loops around the nodes, and save it if asked to."""
        return self.net.draw(file, explanation=self, **options)

    def __str__(self) -> str:
        return text_of(self)


def explain(net: Module, x: Nested = None, *, repeats: int = 5) -> Explanation:
    """Tell what a compiled net runs; see :meth:`graphnet.Module.explain`."""
    plan = net.plan()
    if not isinstance(plan, CompiledPlan):
        raise TypeError(f"{net.label()} is run by the interpreter, call by call; to explain: gn.compile(net).explain(x)")
    times = None
    if x is None:
        tape = net.tape
        if tape is None:
            raise ValueError("nothing has run yet, so nothing is compiled: pass x, or call forward(x) before")
    else:
        tape, times = times_of(plan, x, whole_number(repeats, "repeats", 1))
    if not isinstance(tape, CompiledTape):  # a net so small that it went a shorter way
        with untouched(net):
            tape = plan.execute(tape.x)
    assert isinstance(tape, CompiledTape)
    seconds = {} if times is None else {way: times.seconds[way] for way in ("forward", "backward")}
    parts = _Reader(times).parts(plan, tape, (), plan.executed)
    return Explanation(net, parts, plan.dtype, seconds, 0 if times is None else times.repeats, statistics())


class _Reader:
    """Reads plans and their tapes; kernels are numbered through."""

    def __init__(self, times: Times | None) -> None:
        self.times = times
        self.n_kernels = 0

    def parts(
        self, plan: CompiledPlan, tape: CompiledTape, around: Site, calls: list[Call]
    ) -> list[Compiled | AsItIs]:
        """Return the units of a run, within the calls of recurrences; ``calls`` are those that pictures know."""
        site_of = {own: (*around, call) for own, call in zip(plan.executed, calls, strict=True)}
        schedule = plan.schedule(tape.x)
        units = [unit.unit if isinstance(unit, Watched) else unit for unit in tape.units]
        return [self._part(unit, schedule, tape, site_of) for unit in units]

    def _part(
        self, unit: Unit, schedule: Schedule, tape: CompiledTape, site_of: dict[Call, Site]
    ) -> Compiled | AsItIs:
        sites = tuple(site_of[call] for call in unit.calls)
        if isinstance(unit, Fused):
            specialisation, frame = tape.saved[unit.calls[0].target]
            inside = {call: site_of[call] for call in unit.calls}
            return self._compiled(unit, sites, specialisation, frame.layout, inside)
        if isinstance(unit, Loop):
            run: LoopRun = tape.saved[unit.call.target]
            executed = unit.recurrence.step.plan().executed
            inside = {call: (*sites[0], call) for call in executed}
            return self._compiled(unit, sites, run.specialisation, run.layout, inside)
        reasons = tuple(schedule.reason(call) for call in unit.calls)
        if isinstance(unit, Steps):
            run = tape.saved[unit.call.target]
            step = next((step for step in run.tapes if isinstance(step, CompiledTape)), None)
            parts = []
            if step is not None and isinstance(unit.plan, CompiledPlan):
                parts = self.parts(unit.plan, step, sites[0], unit.call.hooks.step.plan().executed)
            return AsItIs(sites, reasons, self._seconds(unit), parts, run.n_run)
        return AsItIs(sites, reasons, self._seconds(unit))

    def _seconds(self, unit: Unit) -> dict[str, float]:
        if self.times is None:
            return {}
        return {way: self.times.seconds.get((unit, way), 0.0) for way in ("forward", "backward")}

    def _compiled(
        self, unit: Unit, sites: tuple[Site, ...], made: Specialisation, layout: Layout, inside: dict[Call, Site]
    ) -> Compiled:
        naming = Naming(made, inside, self.n_kernels + 1)
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
            way(made.forward),
            way(made.backward),
            _told(made),
            made.seconds,
            made.n_compiled,
            made.n_from_disk,
            self._seconds(unit),
        )


def _told(made: Specialisation) -> str:
    """Return what runs the programs, and why it is not machine code if it is not."""
    if isinstance(made.backend, Native):
        return f"machine code for {host().cpu}, {made.backend.lanes} numbers at a time"
    reason = why_unavailable()
    return "NumPy, as asked for with machine_code=False" if reason is None else f"NumPy, since {reason}"
