"""Explanation: what a compiled net tells of what it runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from graphnet.compile.executor import CompiledPlan
from graphnet.compile.llvm.target import Statistics, statistics
from graphnet.compile.tape import CompiledTape
from graphnet.edge import whole_number
from graphnet.inspect.by_node import Report
from graphnet.inspect.compiled.parts import AsItIs, Compiled
from graphnet.inspect.compiled.reader import Reader
from graphnet.inspect.compiled.text import text_of
from graphnet.inspect.compiled.timing import times_of
from graphnet.inspect.compiled.works import Work
from graphnet.inspect.untouched import untouched
from graphnet.module import Module
from graphnet.nesting import Nested
from graphnet.splicing import path_of

if TYPE_CHECKING:
    from graphnet.draw import Picture


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
    watched : float
        The time of a run there and back in which those of all operations are taken; shares are of this.
    repeats : int
        How many runs were measured; all times are medians of these.
    cache : Statistics
        What this process has compiled and what it found on disk.

    Examples
    --------
    >>> import numpy as np, graphnet as gn
    >>> from graphnet import modules as nn
    >>> found = gn.compile(gn.Recurrence(nn.lstm(3, 8))).explain(np.zeros((20, 5, 3)))
    >>> [work.kind for work in found["forget_gate"]]
    ['kernel', 'kernel']
    """

    net: Module
    parts: list[Compiled | AsItIs]
    dtype: np.dtype[Any]
    seconds: dict[str, float]
    watched: float
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
        raise TypeError(
            f"{net.label()} is run by the interpreter, call by call; to explain: gn.compile(net).explain(x)"
        )
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
    parts = Reader(times).parts(plan, tape, (), plan.executed)
    if times is None:
        return Explanation(net, parts, plan.dtype, {}, 0.0, 0, statistics())
    watched = times.seconds["forward"] + times.seconds["backward"]
    return Explanation(net, parts, plan.dtype, times.plain, watched, times.repeats, statistics())
