"""Timing: a compiled net that runs there and back several times, and how long each of its operations takes."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from graphnet.compile.executor import CompiledPlan
from graphnet.compile.loops import Loop, Steps
from graphnet.compile.program import Program
from graphnet.compile.timing import Timed, timed
from graphnet.compile.units import Fused, Unit
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
    plain : dict
        Of the net, by way, without times being taken inside of it.
    n_threads : dict of Program to int
        On how many threads programs run.
    repeats : int
    """

    seconds: Mapping[Any, float]
    plain: dict[str, float]
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
    with untouched(plan.module), np.errstate(all="ignore"), Progress("explaining", 2 * repeats + 2, "runs") as progress:
        plain = []
        for _ in range(repeats + 1):
            plain.append(_there_and_back(plan.run, x)[1])
            progress.step()
        given = plan.admit(x)
        with _watched(plan) as (seconds, backends):
            for _ in range(repeats + 1):
                seconds.clear()
                for backend in backends:
                    backend.seconds.clear()
                    backend.whole.clear()
                # Not by run, which takes small nets by a shorter way.
                tape, found = _there_and_back(plan.execute, given)
                found |= seconds
                for backend in backends:
                    found |= backend.seconds | backend.whole
                runs.append(found)
                progress.step()
    threads = {program: n for backend in backends for program, n in backend.n_threads.items()}
    return tape, Times(_medians(runs), _medians(plain), threads, repeats)


def _medians(runs: list[dict[Any, float]]) -> dict[Any, float]:
    """Return medians over all runs but the first, which compiled what ran."""
    return {key: median(run.get(key, 0.0) for run in runs[1:]) for key in runs[-1]}


def _there_and_back(run: Callable[[Nested], Tape], x: Nested) -> tuple[Tape, dict[Any, float]]:
    """Run there and back; return the tape and how long it took."""
    with drawing_from(np.random.default_rng(0)):
        start = time.perf_counter()
        tape = run(x)
        there = time.perf_counter()
    dy = map_nested(np.ones_like, tape.result())
    turn = time.perf_counter()
    tape.backward(dy)
    return tape, {"forward": there - start, "backward": time.perf_counter() - turn}


@contextmanager
def _watched(plan: CompiledPlan) -> Iterator[tuple[dict[Any, float], list[Timed]]]:
    """Let all units of a plan take times until the end; yield the table of those of units, and the backends."""
    seconds: dict[Any, float] = defaultdict(float)
    backends: list[Timed] = []
    before: list[tuple[Any, str, Any]] = []
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
