"""Measures: where the numbers come from that a picture shows in its boxes: a run, a profile, or the parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from graphnet.draw.look.marks import sites_around
from graphnet.draw.look.scale import written
from graphnet.draw.look.text import cut
from graphnet.draw.scene.parts import Box, Frame
from graphnet.inspect.counting import Count, Counting, total
from graphnet.inspect.readings import Reading, read
from graphnet.recurrence.record import Record

if TYPE_CHECKING:
    from graphnet.draw.scene.scene import Scene
    from graphnet.module import Module
    from graphnet.splicing import Site
    from graphnet.tape import Tape

# Of a box that hides others, these are the sum of all; the others are what it gives itself.
SUMMED = ("time", "memory", "not finite", "parameters")


class Measure(ABC):
    """One number for each box of a picture.

    Attributes
    ----------
    what, title, unit, kind, meaning : str
        As in :class:`~graphnet.inspect.readings.Reading`, whose ``scale`` is ``kind``.
    """

    def __init__(self, what: str, title: str, unit: str, kind: str, meaning: str) -> None:
        self.what = what
        self.title = title
        self.unit = unit
        self.kind = kind
        self.meaning = meaning

    @abstractmethod
    def number(self, box: Box) -> float | None:
        """Return the number of a box, None if it has none."""

    def line(self, box: Box) -> str:
        """Return what stands in a box, nothing if it has no number."""
        number = self.number(box)
        return "" if number is None else f"{self.title} {written(number, self.kind, self.unit)}"

    def line_of_frame(self, frame: Frame) -> str:
        """Return what stands in the label of a frame."""
        return ""

    def over_steps(self, scene: Scene) -> bool:
        """Tell whether a number inside of a recurrence is that of all its steps together."""
        return False


class OfNodes(Measure):
    """A reading, which gives each node one number."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(reading.what, reading.title, reading.unit, reading.scale, reading.meaning)
        self._numbers = _ByNode(reading)

    def number(self, box: Box) -> float | None:
        return None if box.site is None else self._numbers.at(box.site, box)

    def over_steps(self, scene: Scene) -> bool:
        return any(box.site is not None and len(box.site) > 1 for box in scene.boxes)


class OfRun(Measure):
    """What a run is read for; in the frame of a step of an unrolled recurrence, that step of it.

    Parameters
    ----------
    what : str
        As for :func:`graphnet.inspect.readings.read`.
    tape : Tape
    step : int, optional
        The step that is shown where recurrences are not unrolled; by default all of them.
    """

    def __init__(self, what: str, tape: Tape, step: int | None) -> None:
        whole = read(what, tape, step)
        super().__init__(what, whole.title, whole.unit, whole.scale, whole.meaning)
        self._tape = tape
        self._step = step
        self._found: dict[tuple[Site, tuple[int, ...]], _ByNode | None] = {((), ()): _ByNode(whole)}

    def number(self, box: Box) -> float | None:
        site = box.site
        if site is None:
            return None
        times = box.times
        around = site[: len(times)]
        numbers = self._at(around, times)
        return None if numbers is None else numbers.at(site[len(around) :], box)

    def _at(self, around: Site, times: tuple[int, ...]) -> _ByNode | None:
        """Return the numbers of one step of a recurrence, which may stand in a step of another."""
        key = around, times
        if key not in self._found:
            tape: Tape | None = self._tape
            for call, t in zip(around, times, strict=True):
                record = None if tape is None else tape.saved.get(call.target)
                tape = record.tapes.get(t) if isinstance(record, Record) else None
            if tape is not None and self.what == "gradient" and tape.gradients is None:  # no gradient came so far back
                tape = None
            self._found[key] = None if tape is None else _ByNode(read(self.what, tape))
        return self._found[key]

    def over_steps(self, scene: Scene) -> bool:
        inside = (box for box in scene.boxes if box.site is not None and len(box.site) > 1)
        return self._step is None and any(not box.times for box in inside)


class OfParameters(Measure):
    """How many numbers are learnt at each node, and why these are so many.

    Parameters
    ----------
    scene : Scene
        Parameters that stand at several of its boxes count at the first.
    """

    def __init__(self, scene: Scene) -> None:
        meaning = "How many numbers are learnt at a node."
        super().__init__("parameters", "parameters", "numbers", "log", meaning)
        self._counts: dict[object, list[Count]] = {}
        counting = Counting()
        pending: list[Box | Frame] = [scene.root]
        while pending:
            item = pending.pop()
            if isinstance(item, Frame):
                pending.extend(reversed(item.content))
            if item.module is None or _key(item) in self._counts:  # the same node, at another step
                continue
            modules = [item.module] if isinstance(item, Frame) else item.module.list_modules()
            name = (item.node.name if item.node is not None else None) or item.module.label()
            self._counts[_key(item)] = [count for m in modules if (count := counting.add(m, name)).arithmetic]

    def number(self, box: Box) -> float | None:
        counts = self._counts.get(_key(box))
        return float(sum(count.n for count in counts)) if counts else None

    def line(self, box: Box) -> str:
        return self._told(box) if box.hides is None else ""  # it tells already how many it hides

    def line_of_frame(self, frame: Frame) -> str:
        return self._told(frame)

    def _told(self, item: Box | Frame) -> str:
        counts = self._counts.get(_key(item))
        if not counts:
            return ""
        n = sum(count.n for count in counts)
        arithmetic = "+".join(count.arithmetic for count in counts)
        tied = next((count.tied_to for count in counts if count.tied_to is not None), None)
        counted = f"{n:,} = {arithmetic}" if n else arithmetic
        if arithmetic == str(n):
            counted = total(n, "")
        return counted if tied is None else f"{counted}, tied to {cut(tied, 20)}"


def sum_of(modules: list[Module]) -> Counting:
    """Return the parameters of modules and all inside them, counted."""
    counting = Counting()
    for module in modules:
        for inside in module.list_modules():
            counting.add(inside, "")
    return counting


def _key(item: Box | Frame) -> object:
    return item.site or item.node


class _ByNode:
    """The numbers of a reading, also for boxes that stand for several nodes."""

    def __init__(self, reading: Reading) -> None:
        self._numbers = reading.numbers
        self._summed = reading.what in SUMMED
        self._sums: dict[Site, float] = {}
        self._given: dict[tuple[Site, int], float] = {}
        for site, number in reading.numbers.items():
            if self._summed:
                for around in sites_around(site):
                    self._sums[around] = self._sums.get(around, 0.0) + number
            else:
                self._given[site[:-1], site[-1].target] = number

    def at(self, site: Site, box: Box) -> float | None:
        """Return the number of a box that stands at a site."""
        if self._summed:
            return self._numbers.get(site) if box.hides is None else self._sums.get(site)
        target = site[-1].target
        if site in self._numbers or not isinstance(target, int):
            return self._numbers.get(site)
        return self._given.get((site[:-1], target))  # what a container gives, one of the nodes inside it gave
