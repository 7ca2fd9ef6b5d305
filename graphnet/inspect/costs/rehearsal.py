"""Rehearsal: a net run forwards and backwards on numbers that mean nothing, and the memory that it took."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from graphnet.inspect.costs.extrapolation import Measured
from graphnet.inspect.costs.holdings import bytes_of, holdings
from graphnet.inspect.costs.watching import Watch
from graphnet.module import Module
from graphnet.nesting import Nested, gather, map_nested
from graphnet.random import drawing_from
from graphnet.recurrence import Recurrence
from graphnet.recurrence.record import Record
from graphnet.splicing import Call, Site
from graphnet.tape import Tape


class Rehearsal(Watch):
    """A net whose calls tell the most memory that is taken while they run.

    Parameters
    ----------
    net : Module
    forward_only : bool
        Whether it is not run backwards.
    """

    def __init__(self, net: Module, forward_only: bool) -> None:
        super().__init__(net)
        self._forward_only = forward_only
        self._peaks: dict[tuple[Site, str], int] = {}
        self._inside: list[tuple[Site, str]] = []  # the site and the direction that run, the innermost last
        self._base = 0
        self._ran = False
        recurrences = [module for module in self.copy.list_modules() if isinstance(module, Recurrence)]
        self._lengths = any(recurrence.lengths for recurrence in recurrences)
        # Steps that are computed again leave no tapes, so their arrays are counted in a net that keeps them.
        self._keeping: Watch = self
        if any(recurrence.recompute for recurrence in recurrences):
            self._keeping = Watch(net)
            for module in self._keeping.copy.list_modules():
                if isinstance(module, Recurrence):
                    module.recompute = False

    def measure(self, x: Nested) -> Measured:
        """Run; return the bytes of the arrays of each site, by kind, of what goes in and out, and the peaks.

        The keys are ``("values", site)``, likewise "saved" and "gradients"; ``("input",)`` and ``("output",)``; and
        ``("peak", site, direction)``, the most that is held at a time while a site runs, Python's objects included.
        """
        self._inside, self.site = [], ()  # whatever failed before
        with np.errstate(all="ignore"), drawing_from(np.random.default_rng(0)), _traced():
            if self._lengths:
                x = _with_full_lengths(self.copy.run(x), x)
            if not self._ran:
                self._there_and_back(self.copy, x)  # what is found out once, such as plans, is no part of a run
                self._ran = True
            self._peaks = dict.fromkeys(self._peaks, 0)
            self._base = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            tape, given = self._there_and_back(self.copy, x)
            measured: Measured = {("peak", *key): float(peak) for key, peak in self._peaks.items()}
            if self._keeping is not self:
                tape, _ = self._there_and_back(self._keeping.copy, x)
        for site, holding in holdings(tape, self._keeping.copy).items():
            own = tuple(self._keeping.own[call] for call in site)
            for kind in ("values", "saved", "gradients"):
                measured[kind, own] = float(getattr(holding, kind))
        measured["input",] = float(bytes_of([tape.x, *given[2:]]))
        measured["output",] = float(bytes_of(given[:2]))
        return measured

    def _there_and_back(self, net: Module, x: Nested) -> tuple[Tape, list[Nested]]:
        """Return the tape, and what its user has of it: the output, its gradient and the input's."""
        self.begin(None, "forward")
        tape = net.run(x)
        y = tape.output
        self.end()
        if self._forward_only:
            return tape, [y]
        self.begin(None, "backward")
        dy = map_nested(np.ones_like, y)
        dx = tape.backward(dy)
        self.end()
        return tape, [y, dy, dx]

    def _note(self) -> None:
        """Note the most memory since the last note, for what runs."""
        if self._inside:
            key = self._inside[-1]
            self._peaks[key] = max(self._peaks.get(key, 0), tracemalloc.get_traced_memory()[1] - self._base)
            tracemalloc.reset_peak()

    def begin(self, call: Call | None, direction: str) -> None:
        """Note what was taken before, and that a call begins; None is the whole run."""
        self._note()
        if call is not None:
            super().begin(call, direction)
        self._inside.append((self.site, direction))

    def end(self) -> None:
        self._note()
        site, _ = self._inside.pop()
        if site:
            super().end()


def _with_full_lengths(tape: Tape, x: Nested) -> Nested:
    """Return an input in which the lengths of rows are the number of steps."""
    steps: dict[int, int] = {}
    for call in tape.plan.executed:
        record = tape.saved.get(call.target)
        if isinstance(record, Record) and record.lengths is not None:
            steps[id(gather(call.source, tape.values)[-1])] = record.n_steps
    return map_nested(lambda own, a: np.full_like(a, steps[id(own)]) if id(own) in steps else a, tape.x, x)


@contextmanager
def _traced() -> Iterator[None]:
    """Trace the memory; who traces it already finds the peak that was."""
    theirs = tracemalloc.is_tracing()
    if not theirs:
        tracemalloc.start()
    peak = tracemalloc.get_traced_memory()[1]
    collects = gc.isenabled()
    gc.disable()  # what others have left behind is not to be freed meanwhile
    try:
        yield
    finally:
        if collects:
            gc.enable()
        if theirs:
            np.empty(max(0, peak - tracemalloc.get_traced_memory()[0]), np.uint8)
        else:
            tracemalloc.stop()
