"""What takes the time: every node of a net, forwards and backwards, and the memory that it holds."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from graphnet.edge import whole_number
from graphnet.inspect.by_node import Report, row_at, shortened
from graphnet.inspect.costs.holdings import Holding, holdings
from graphnet.inspect.costs.units import bar, duration, percent, readable
from graphnet.inspect.costs.watching import Watch
from graphnet.inspect.progress import Progress
from graphnet.inspect.readings import Reading
from graphnet.inspect.table import table
from graphnet.module import Module
from graphnet.nesting import Nested, map_nested
from graphnet.random import drawing_from
from graphnet.splicing import Call, Site, path_of
from graphnet.tape import Tape

if TYPE_CHECKING:
    from graphnet.draw import Picture

Key = TypeVar("Key")

# Of the names in the table, which is to fit into 100 columns.
_WIDTH = 38


@dataclass(frozen=True)
class ProfileRow:
    """What one node takes.

    Attributes
    ----------
    site : tuple of Call
        Where it stands.
    calls : int
        How often it runs forwards: once for each time step of the recurrences around it, and again where these are
        computed again.
    forward, backward : float
        The seconds that it takes on the way there and on the way back, where it may be computed again, as medians over
        the runs; of a recurrence, those of its loop without the nodes inside.
    holding : Holding
        The bytes that it holds after a run.
    """

    site: Site
    calls: int
    forward: float
    backward: float
    holding: Holding

    @property
    def path(self) -> str:
        """The node's name behind those of the nets it stands in."""
        return path_of(self.site)

    @property
    def seconds(self) -> float:
        """Forwards and backwards together."""
        return self.forward + self.backward


@dataclass(frozen=True)
class Profile(Report):
    """What :func:`profile` gives; printed, a table, what takes most first.

    Attributes
    ----------
    net : Module
    rows : list of ProfileRow
        By node, in order of execution.
    forward, backward : float
        The seconds of a whole run there and of one back, as medians; what is in no row is spent between the nodes.
    watching : dict of str to float
        The parts of these seconds that went into taking the times, as medians.
    repeats : int
        How many runs were timed.
    """

    net: Module
    rows: list[ProfileRow]
    forward: float
    backward: float
    watching: dict[str, float]
    repeats: int

    @property
    def seconds(self) -> float:
        """The time of a run there and back."""
        return self.forward + self.backward

    @property
    def reading(self) -> Reading:
        """The seconds of each node, there and back, by where it stands."""
        numbers = {row.site: row.seconds for row in self.rows}
        return Reading("time", "time", "s", "log", "The time that a node takes in a run, there and back.", numbers)

    def __getitem__(self, key: str) -> ProfileRow:
        """Return the row of a node, by its path or its name."""
        row: ProfileRow = row_at(self.rows, key)
        return row

    def draw(self, file: str | os.PathLike[str] | None = None, **options: Any) -> Picture:
        """Return the picture of the net, its nodes in the colours of their times, and save it if a file is named."""
        return self.net.draw(file, **{"show": "time", "color": "time", "profile": self, **options})

    def __str__(self) -> str:
        head = ["node", "calls", "forward", "backward", "share", "", "memory"]
        lines = [self._line_of(row) for row in sorted(self.rows, key=lambda row: -row.seconds)]
        there = self.forward - sum(row.forward for row in self.rows) - self.watching["forward"]
        back = self.backward - sum(row.backward for row in self.rows) - self.watching["backward"]
        lines.append(self._cells("between the nodes", "", there, back, ""))
        lines.append(self._cells("taking the times", "", self.watching["forward"], self.watching["backward"], ""))
        total = (
            f"{duration(self.seconds)} for a run: {duration(self.forward)} forwards, {duration(self.backward)} "
            f"backwards (medians of {self.repeats})"
        )
        return f"{table(head, lines, right=[1, 2, 3, 4, 6])}\n\n{total}"

    def _line_of(self, row: ProfileRow) -> list[str]:
        held = row.holding.total
        return self._cells(row.path, f"{row.calls:,}", row.forward, row.backward, readable(held) if held else "")

    def _cells(self, name: str, calls: str, forward: float, backward: float, memory: str) -> list[str]:
        share = (forward + backward) / self.seconds if self.seconds else 0.0
        times = [duration(max(0.0, seconds)) for seconds in (forward, backward)]
        return [shortened(name, _WIDTH), calls, *times, percent(share), bar(share), memory]


def profile(net: Module, x: Nested, dy: Nested = None, *, repeats: int = 5) -> Profile:
    """Tell what takes the time and the memory of a run, by node.

    A copy of the net runs there and back, once to warm up and then ``repeats`` times. The net itself, its gradients and
    statistics and the random numbers stay as they are.

    Parameters
    ----------
    net : Module
    x : ndarray or nested list
        The input, as ``net.forward`` takes it.
    dy : ndarray or nested list, optional
        The gradient of the output; by default ones.
    repeats : int
        How many runs are timed, at least 1.

    Returns
    -------
    Profile
        Printed, a table; its ``draw()`` is a picture.

    Notes
    -----
    Taking the time of a call takes some microseconds, a part of which has a row of its own. Gradients of values that
    are used several times are summed between the nodes, or in the row of the recurrence around them. What a module runs
    by itself, as MapTable does, is a part of its call. Torch7's ``nn.Profile`` times one module, in use.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> net = nn.Sequential(nn.Linear(100, 500), nn.Tanh(), nn.Linear(500, 10))
    >>> found = profile(net, np.zeros((64, 100)))
    >>> print(found)  # doctest: +SKIP
    node                  calls  forward  backward  share                    memory
    [0] Linear(100, 500)      1   320 µs    710 µs   41 %  ██████▌           307 kB
    [1] Tanh()                1   540 µs    380 µs   37 %  █████▉            512 kB
    ...
    >>> found["[1] Tanh()"].calls, found["[1] Tanh()"].holding.values
    (1, 256000)
    """
    repeats = whole_number(repeats, "repeats", 1)
    watch = Timed(net)
    runs: list[dict[tuple[Site, str], float]] = []
    watching: list[dict[str, float]] = []
    with np.errstate(all="ignore"), Progress("profiling", repeats + 1, "runs") as progress:
        for _ in range(repeats + 1):
            with drawing_from(np.random.default_rng(0)):
                tape = watch.run(x, dy)
            runs.append(watch.seconds)
            watching.append(watch.watching)
            progress.step()
    held = {tuple(watch.own[call] for call in site): h for site, h in holdings(tape, watch.copy).items()}
    seconds = _medians(runs[1:])
    rows = [
        ProfileRow(
            site,
            watch.calls[site],
            seconds[site, "forward"],
            seconds.get((site, "backward"), 0.0),
            held.get(site, Holding(0, 0, 0)),
        )
        for site in watch.calls
        if not site[-1].helper
    ]
    whole = seconds[(), "forward"], seconds[(), "backward"]
    return Profile(net, rows, *whole, _medians(watching[1:]), repeats)


def _medians(runs: list[dict[Key, float]]) -> dict[Key, float]:
    return {key: median(run.get(key, 0.0) for run in runs) for key in runs[-1]}


class Timed(Watch):
    """A net whose calls are timed.

    Attributes
    ----------
    seconds : dict of (Site, str) to float
        By site and way, "forward" or "backward", the time of the latest run, without that of the calls inside; of the
        whole run, by ``((), way)``.
    calls : dict of Site to int
        How often each ran forwards.
    watching : dict of str to float
        By way, the part of the time that went into taking the times.
    """

    def __init__(self, net: Module) -> None:
        super().__init__(net)
        self.seconds: dict[tuple[Site, str], float] = {}
        self.calls: dict[Site, int] = {}
        self.watching: dict[str, float] = {}
        # Of each call that runs: what it is, when it was announced and when it began, and the time of the calls inside.
        self._open: list[tuple[tuple[Site, str], float, float]] = []
        self._inside = [0.0]
        self._watching = 0.0
        self._way = ""

    def run(self, x: Nested, dy: Nested) -> Tape:
        """Run there and back; return the tape."""
        self.seconds, self.calls, self._watching = {}, {}, 0.0
        self._way = "forward"
        start = time.perf_counter()
        tape = self.copy.run(x)
        there, watching = time.perf_counter(), self._watching
        if dy is None:
            dy = map_nested(np.ones_like, tape.result())
        self._way = "backward"
        turn = time.perf_counter()
        tape.backward(dy)
        back = time.perf_counter()
        self.seconds[(), "forward"], self.seconds[(), "backward"] = there - start, back - turn
        self.watching = {"forward": watching, "backward": self._watching - watching}
        return tape

    def begin(self, call: Call, direction: str) -> None:
        announced = time.perf_counter()
        self.site = site = (*self.site, call)
        if direction == "forward":
            self.calls[site] = self.calls.get(site, 0) + 1
        self._inside.append(0.0)
        self._open.append(((site, self._way), announced, time.perf_counter()))

    def end(self) -> None:
        stop = time.perf_counter()
        key, announced, start = self._open.pop()
        self.site = self.site[:-1]
        took = stop - start
        self.seconds[key] = self.seconds.get(key, 0.0) + took - self._inside.pop()
        whole = time.perf_counter() - announced
        self._inside[-1] += whole
        self._watching += whole - took
