"""The process of one contestant: ``python -m tests.benchmarks.against_peers.worker ...``, which the benchmark starts.

It reads one command a line, does it, answers with a line, and sleeps until the next one comes. Numbers of threads and
folders of caches are in its environment; on one thread it also keeps to one core.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.against_peers.work import Numbers, Work

LONG = 1.0  # seconds: a call that takes longer is warm by itself


class Worker:
    """One contestant, and what it is told to do."""

    def __init__(self, side: str, who: str, work: dict[str, Any], numbers: str | None, threads: int) -> None:
        self.who, self.work, self.threads = who, Work(**work), threads
        self.side = importlib.import_module(f"tests.benchmarks.against_peers.{side}")
        self.numbers = Numbers({}, {}) if numbers is None else Numbers.load(Path(numbers))

    def make(self) -> None:
        """Make the net."""
        self.contestant = self.side.make(self.who, self.work, self.numbers, self.threads)

    def begin(self) -> None:
        """Compile what is compiled, run once, and keep what that gave."""
        self.call: Callable[[], Any] = self.contestant.begin()
        self.gave = self.call()

    def answers(self, file: str) -> None:
        """Write what the first call gave."""
        np.savez(file, **self.contestant.read(self.gave))
        del self.gave

    def first(self) -> float:
        """Return the seconds until the first call has come back, compilation included."""
        start = time.perf_counter()
        self.begin()
        return time.perf_counter() - start

    def calls(self, least: float) -> int:
        """Return how many calls take so many seconds."""
        n = 1
        while (taken := self._seconds(n)) < least:
            n = max(2 * n, int(1.1 * n * least / max(taken, 1e-7)))
        self.long = taken > LONG * n
        return n

    def time(self, calls: int) -> float:
        """Return the seconds of a call, the mean over so many, once caches and threads are warm."""
        if not self.long:
            self._seconds(max(1, calls // 5))
        return self._seconds(calls) / calls

    def memory(self, calls: int) -> dict[str, float]:
        """Make the net and run it; return what that took at its peak and what the process had then, in megabytes.

        Libraries are there before.
        """
        getattr(self.side, "load", lambda: None)()
        before = _reset_peak()
        self.make()
        self.begin()
        for _ in range(calls):
            self.call()
        peak = _peak()
        return {"taken": (peak - before) / 2**20, "process": peak / 2**20}

    def _seconds(self, calls: int) -> float:
        start = time.perf_counter()
        for _ in range(calls):
            self.call()
        return time.perf_counter() - start


def _status(name: str) -> int:
    """Return what Linux says of this process' memory, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(name + ":"))


def _reset_peak() -> int:
    """Let the peak of the memory begin at what is held now, and return that, in bytes."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
        return _status("VmRSS")
    except OSError:  # not on Linux, or not allowed: then the peak is that of all so far
        return _peak()


def _peak() -> int:
    try:
        return _status("VmHWM")
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else 1024 * peak


def main() -> None:
    """Do commands until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print goes where errors go
    given = json.loads(sys.argv[1])
    if given["threads"] == 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # before libraries count the cores
    worker: Worker | None = None
    for line in sys.stdin:
        command = json.loads(line)
        try:
            if worker is None:
                worker = Worker(**given)
            answer = {"answer": getattr(worker, command.pop("do"))(**command)}
        except Exception:  # noqa: BLE001  # whatever it is, the benchmark is told
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
