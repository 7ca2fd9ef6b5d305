"""Races: contestants that give the same numbers, timed in turn, each in its process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import numpy as np

from tests.benchmarks.against_peers.contestants import OURS, PRODUCTS, Process, missing
from tests.benchmarks.against_peers.work import Arrays, Work

TOLERANCE = 1e-3  # of what contestants give, relative to the number and to the largest one beside it


class DisagreementError(RuntimeError):
    """A contestant computes something else."""


@dataclass
class Track:
    """What all races have in common.

    Parameters
    ----------
    folder : Path
        For numbers, answers and caches.
    repeats : int
        How often each contestant is timed.
    ours : str
        Which of our contestants stands for us.
    peers : bool
        Whether the others run, too.
    least : float
        The seconds that calls are repeated for, each time.
    pause : float
        The seconds between two turns: threads that wait for more work spin for a while before they sleep.
    turned : callable
        Told of every turn that is over.
    """

    folder: Path
    repeats: int
    ours: str = OURS
    peers: bool = True
    least: float = 0.05
    pause: float = 0.2
    turned: Callable[[], object] = lambda: None

    def available(self, who: Sequence[str]) -> list[str]:
        """Return who of the contestants can run here."""
        return [one for one in who if one in (OURS, PRODUCTS) or (self.peers and missing(one) is None)]

    def absence(self, who: str) -> str:
        """Return why a contestant did not run."""
        return missing(who) or "left out"

    def numbers(self, work: Work) -> Path:
        """Return the file of the numbers of a work, which all contestants and thread counts share."""
        from tests.benchmarks.against_peers.with_graphnet import numbers_of

        work = replace(work, backward=True)
        file = self.folder / f"{'-'.join(map(str, astuple(work)))}.npz"
        if not file.exists():
            numbers_of(work).save(file)
        return file

    @contextmanager
    def process(
        self, who: str, work: Work, threads: int, caches: Path | None = None, made: bool = True
    ) -> Iterator[Process]:
        """Return the process of a contestant, in which the net is made, until it is no longer needed."""
        numbers = None if work.net == "square" else self.numbers(work)
        who = self.ours if who == OURS else who
        with Process(who, work, numbers, threads, caches or self.folder / "caches") as process:
            if made:
                process.ask("make")
            yield process

    def race(self, entries: Mapping[str, tuple[str, Work]], threads: int) -> dict[str, list[float]]:
        """Return the seconds of a call of each entry, a contestant and its work, which take turns.

        Raises
        ------
        DisagreementError
            If two contestants give different numbers for one work.
        """
        answers: dict[Work, dict[str, Arrays]] = {}
        with ExitStack() as stack:
            processes = {}
            for name, (who, work) in entries.items():
                processes[name] = process = stack.enter_context(self.process(who, work, threads))
                answers.setdefault(work, {})[name] = self._answers(process)
            for of_work in answers.values():
                check_agreement(of_work)
            calls = {}
            for name, process in processes.items():
                calls[name] = process.ask("calls", least=self.least)
                time.sleep(self.pause)
            seconds: dict[str, list[float]] = {name: [] for name in processes}
            for _ in range(self.repeats):
                for name, process in processes.items():
                    seconds[name].append(process.ask("time", calls=calls[name]))
                    time.sleep(self.pause)
                    self.turned()
        return seconds

    def _answers(self, process: Process) -> Arrays:
        process.ask("begin")
        file = self.folder / "answers.npz"
        process.ask("answers", file=str(file))
        with np.load(file) as arrays:
            return dict(arrays)


def check_agreement(answers: dict[str, Arrays]) -> None:
    """Refuse contestants that give other numbers than the first one; who gives none is let pass.

    >>> check_agreement({"a": {"loss": np.ones(1)}, "b": {"loss": np.ones(1) + 1e-6}, "products alone": {}})
    """
    (first, expected), *others = answers.items()
    for one, found in others:
        if found and found.keys() != expected.keys():
            odd = ", ".join(sorted(found.keys() ^ expected.keys()))
            raise DisagreementError(f"{one} and {first} do not give the same: {odd}")
        for name, value in found.items():
            right = expected[name]
            largest = float(np.abs(right).max(initial=0))
            if value.shape != right.shape or not np.allclose(value, right, TOLERANCE, TOLERANCE * largest):
                off = f"{np.abs(value - right).max():.3g}" if value.shape == right.shape else f"the shape {value.shape}"
                raise DisagreementError(f"{one} computes another {name} than {first}: off by {off}, of {largest:.3g}")
