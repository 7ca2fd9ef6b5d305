"""Timing: a compiled net that runs there and back several times, and how long each of its operations takes."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from graphnet.compile.executor import CompiledPlan
from graphnet.compile.program import Program
from graphnet.compile.timing import Timed, timed
from graphnet.compile.units import Fused, Loop, Steps, Unit
from graphnet.inspect.progress import Progress
from graphnet.inspect.untouched import untouched
from graphnet.nesting import Nested, map_nested
from graphnet.pull import Pull
from graphnet.random import drawing_from
from graphnet.tape import Tape


@dataclass(frozen=True)
class Times:
    """How long things take, as medians over runs.

    Attributes
    ----------
    seconds : dict
        Of operations and of whole programs; of units, by ``(unit, way)``; of the net, by way: "forward" or "backward".
    n_threads : dict of Program to int
        On how many threads programs run.
    repeats : int
    """

    seconds: Mapping[Any, float]
    n_threads: Mapping[Program, int]
    repeats: int


class Watched:
    """A unit that adds the time it takes to a table."""

    def __init__(self, unit: Unit, seconds: dict[Any, float]) -> None:
        self.unit = unit
        self.calls = unit.calls
        self.seconds = seconds

    def forward(self, tape: Tape, steady: Mapping[int, Any] | None) -> None:
        start = time.perf_counter()
        self.unit.forward(tape, steady)
        self.seconds[self.unit, "forward"] += time.perf_counter() - start

    def backward(self, back: Pull) -> None:
        start = time.perf_counter()
        self.unit.backward(back)
        self.seconds[self.unit, "backward"] += time.perf_counter() - start


def times_of(plan: CompiledPlan, x: Nested, repeats: int) -> tuple[Tape, Times]:
    """Run a plan there and back, once to compile it and then several times; leave the net as it is."""
    runs: list[dict[Any, float]] = []
    with untouched(plan.module), np.errstate(all="ignore"), Progress("explaining", repeats + 2, "runs") as progress:
        tape, _ = _run(plan, x)
        dy = map_nested(np.ones_like, tape.result())
        tape.backward(dy)
        progress.step()
        with _watched(plan) as (seconds, backends):
            for _ in range(repeats + 1):
                seconds.clear()
                for backend in backends:
                    backend.seconds.clear()
                    backend.whole.clear()
                tape, taken = _run(plan, x)
                start = time.perf_counter()
                tape.backward(dy)
                found = {**seconds, "forward": taken, "backward": time.perf_counter() - start}
                for backend in backends:
                    found |= backend.seconds | backend.whole
                runs.append(found)
                progress.step()
    # The first made the code that takes the times.
    medians = {key: median(run.get(key, 0.0) for run in runs[1:]) for key in runs[-1]}
    threads = {program: n for backend in backends for program, n in backend.n_threads.items()}
    return tape, Times(medians, threads, repeats)


def _run(plan: CompiledPlan, x: Nested) -> tuple[Tape, float]:
    with drawing_from(np.random.default_rng(0)):
        start = time.perf_counter()
        tape = plan.execute(plan.admit(x))
        return tape, time.perf_counter() - start


@contextmanager
def _watched(plan: CompiledPlan) -> Iterator[tuple[dict[Any, float], list[Timed]]]:
    """Let all units of a plan take times until the end; yield the table of those of units, and the backends."""
    seconds: dict[Any, float] = defaultdict(float)
    backends: list[Timed] = []
    before = []
    plans = [plan]
    for one in plans:
        for schedule in one.schedules.values():
            before.append((schedule, "units", schedule.units))
            for unit in schedule.units:
                if isinstance(unit, Steps) and isinstance(unit.plan, CompiledPlan):
                    plans.append(unit.plan)
                for specialisation, _ in unit.known.values() if isinstance(unit, (Fused, Loop)) else ():
                    before.append((specialisation, "backend", specialisation.backend))
                    backends.append(timed(specialisation.backend))
                    specialisation.backend = backends[-1]
            schedule.units = [Watched(unit, seconds) for unit in schedule.units]
    try:
        yield seconds, backends
    finally:
        for thing, name, value in before:
            setattr(thing, name, value)
