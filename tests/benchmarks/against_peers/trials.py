"""What the rows of the table measure: races, first calls, peaks of memory, and steps of ever longer sequences."""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from tests.benchmarks.against_peers.contestants import COMPILED, OURS, PRODUCTS, PRODUCTS_OF_PYTORCH
from tests.benchmarks.against_peers.figure import Figure, amount
from tests.benchmarks.against_peers.race import Track
from tests.benchmarks.against_peers.work import Work

# The highest value on one thread, and on more.
Targets: TypeAlias = tuple[float | None, float | None]

FEW = 3  # repeats of what does not vary, or takes a minute


@dataclass(frozen=True)
class Race:
    """Ours against peers, on every number of threads.

    Parameters
    ----------
    work : Work
        What is computed.
    peers : dict of str to Targets
        Whom we run against.
    what : str
        What this is of a row that has several.
    share : Targets, optional
        How much of our time may be outside matrix products; asking for it times them alone, too.
    products : bool
        Whether the matrix products are timed alone, since they may be what a figure is bound by.
    recorded : dict of str to float
        Seconds that a peer took which cannot run here, measured once.
    only : int, optional
        The only number of threads that it is run on.
    """

    work: Work
    peers: Mapping[str, Targets]
    what: str = ""
    share: Targets | None = None
    products: bool = False
    recorded: Mapping[str, float] = field(default_factory=dict)
    only: int | None = None

    def turns(self, track: Track, threads: Sequence[int]) -> int:
        """Return how many turns it takes."""
        return len(self._threads(threads)) * len(self._contestants(track)) * track.repeats

    def measure(self, track: Track, row: str, threads: Sequence[int]) -> list[Figure]:
        """Return its figures."""
        found = []
        for n in self._threads(threads):
            seconds = track.race({one: (one, self.work) for one in self._contestants(track)}, n)
            seconds |= {peer: [once] for peer, once in self.recorded.items()}
            for peer, targets in self.peers.items():
                note = self._bound(seconds, peer) if peer in seconds else track.absence(peer)
                figure = Figure(row, self.what, n, peer, seconds[OURS], seconds.get(peer, []), _of(targets, n))
                found.append(replace(figure, note=note))
            if self.share is not None:
                what, target = "outside matrix products", _of(self.share, n)
                found.append(Figure(row, what, n, PRODUCTS, seconds[OURS], seconds[PRODUCTS], target, "share"))
        return found

    def _threads(self, threads: Sequence[int]) -> list[int]:
        return [n for n in threads if self.only in (None, n)]

    def _contestants(self, track: Track) -> list[str]:
        products = [PRODUCTS] if self.share is not None or self.products else []
        if products and track.peers:
            products.append(PRODUCTS_OF_PYTORCH)
        return track.available([OURS, *(peer for peer in self.peers if peer not in self.recorded), *products])

    def _bound(self, seconds: Mapping[str, list[float]], peer: str) -> str:
        """Tell what the products alone take of both, and what ratio is left when ours does nothing else."""
        if not self.products and self.share is None:
            return ""
        medians = {who: statistics.median(measured) for who, measured in seconds.items()}
        shown = [
            f"{alone} {amount(medians[alone], 's')}, {100 * medians[alone] / medians[whole]:.0f} % of {whole}"
            for alone, whole in ((PRODUCTS, OURS), (PRODUCTS_OF_PYTORCH, peer))
            if alone in medians
        ]
        return f"{'; '.join(shown)}; with nothing else ours would be {medians[PRODUCTS] / medians[peer]:.2f}"


@dataclass(frozen=True)
class FirstCalls:
    """The first call of fresh processes, compilation included: with nothing kept from before, and with all."""

    work: Work
    peers: Sequence[str]
    cold: float
    warm: float

    def turns(self, track: Track, threads: Sequence[int]) -> int:
        """Return how many turns it takes."""
        return sum(2 * self._repeats(track, who) for who in track.available([OURS, *self.peers]))

    def measure(self, track: Track, row: str, threads: Sequence[int]) -> list[Figure]:
        """Return its figures, for the most threads."""
        n = max(threads)
        measured = {who: self._of(track, who, n) for who in track.available([OURS, *self.peers])}
        ours = measured[OURS]
        targets = {"cold": self.cold, "warm": self.warm}
        found = [Figure(row, what, n, "", ours[what], [], target, "amount") for what, target in targets.items()]
        for what in targets:
            for peer in self.peers:
                figure = Figure(row, what, n, peer, ours[what], note=track.absence(peer))
                if peer in measured:
                    figure = replace(figure, theirs=measured[peer][what], note="")
                found.append(figure)
        return found

    def _repeats(self, track: Track, who: str) -> int:
        return min(track.repeats, FEW) if who == COMPILED else track.repeats

    def _of(self, track: Track, who: str, threads: int) -> dict[str, list[float]]:
        seconds: dict[str, list[float]] = {"cold": [], "warm": []}
        for _ in range(self._repeats(track, who)):
            caches = Path(tempfile.mkdtemp(dir=track.folder))
            for measured in seconds.values():
                with track.process(who, self.work, threads, caches) as process:
                    measured.append(process.ask("first"))
                track.turned()
            shutil.rmtree(caches)
        return seconds


@dataclass(frozen=True)
class Memory:
    """The peak of the memory that fresh processes take for a net and three training steps, for several T."""

    work: Work
    peer: str
    lengths: Sequence[int]
    target: float

    def turns(self, track: Track, threads: Sequence[int]) -> int:
        """Return how many turns it takes."""
        return len(self.lengths) * len(track.available([OURS, self.peer])) * min(track.repeats, FEW)

    def measure(self, track: Track, row: str, threads: Sequence[int]) -> list[Figure]:
        """Return its figures, for the most threads."""
        n = max(threads)
        found = []
        for length in self.lengths:
            work = replace(self.work, n_steps=length)
            measured = {who: self._of(track, who, work, n) for who in track.available([OURS, self.peer])}
            taken, whole = (
                {who: [one[key] for one in of] for who, of in measured.items()} for key in ("taken", "process")
            )
            note = "the whole process: " + ", ".join(f"{who} {amount(max(of), 'MB')}" for who, of in whole.items())
            if self.peer not in measured:
                note = f"{track.absence(self.peer)}; {note}"
            figure = Figure(row, f"T {length}", n, self.peer, taken[OURS], taken.get(self.peer, []), self.target)
            found.append(replace(figure, unit="MB", note=note))
        return found

    def _of(self, track: Track, who: str, work: Work, threads: int) -> list[dict[str, float]]:
        with track.process(who, work, threads, made=False) as process:  # so that the caches of compilers are filled
            process.ask("memory", calls=1)
        found = []
        for _ in range(min(track.repeats, FEW)):
            with track.process(who, work, threads, made=False) as process:
                found.append(process.ask("memory", calls=2))
            track.turned()
        return found


@dataclass(frozen=True)
class Lengths:
    """The time for a step of ever longer sequences, beside that of the shortest."""

    work: Work
    lengths: Sequence[int]
    target: float

    def turns(self, track: Track, threads: Sequence[int]) -> int:
        """Return how many turns it takes."""
        return len(self.lengths) * track.repeats

    def measure(self, track: Track, row: str, threads: Sequence[int]) -> list[Figure]:
        """Return its figures, for the most threads."""
        n = max(threads)
        works = {length: replace(self.work, n_steps=length) for length in self.lengths}
        seconds = track.race({f"T {length}": (OURS, work) for length, work in works.items()}, n)
        per_step = {length: [one / length for one in seconds[f"T {length}"]] for length in self.lengths}
        shortest, *longer = self.lengths
        return [
            Figure(row, f"a step at T {length:,}", n, f"itself at T {shortest}", *of_both, self.target)
            for length, of_both in ((length, (per_step[length], per_step[shortest])) for length in longer)
        ]


def _of(targets: Targets, threads: int) -> float | None:
    return targets[threads > 1]
