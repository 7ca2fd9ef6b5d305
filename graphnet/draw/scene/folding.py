"""Folding: equal parts that follow one another in a drawing, to be shown once."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Hashable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from graphnet.draw.scene.expansion import inside_of
from graphnet.nesting import map_nested

if TYPE_CHECKING:
    from graphnet.draw.scene.parts import Drawing
    from graphnet.graph import Graph
    from graphnet.module import Module
    from graphnet.node import Node

# Longer parts are not looked for; the time goes with the length of the longest.
MOST_IN_A_PART = 512


class Repeat(NamedTuple):
    """Equal parts in a row, so many times ``period`` nodes, from a place of the drawing's order on."""

    start: int
    period: int
    times: int

    @property
    def stop(self) -> int:
        """The place after the last of them."""
        return self.start + self.period * self.times


class Folding:
    """What repeats in drawings; it remembers what modules are made of.

    Two nodes are equal if they call modules of the same label and, where these are drawn from others, of the same
    drawing; and if their names are the same but for numbers, as ``h[0]`` and ``h[1]``. Parts repeat if their nodes are
    equal and each takes from its own part what the next takes from its own; from the part before what the next takes
    from the part before it; or both take the same. What an earlier part gives goes only to the next one.

    Parameters
    ----------
    least : int
        How often something must stand in a row to be folded.
    """

    def __init__(self, least: int) -> None:
        self.least = least
        self._numbers: dict[Hashable, int] = {}
        self._of_modules: dict[int, int] = {}
        self._kept: list[Module] = []  # so that no other module gets the id of one that was drawn in passing

    def repeats(self, graph: Graph | Drawing, order: list[Node], more: Callable[[Node], Hashable]) -> list[Repeat]:
        """Return what repeats in a drawing, in order and without overlaps; what saves most comes first.

        Parameters
        ----------
        graph : Graph or Drawing
        order : list of Node
            Its nodes, each behind what it takes.
        more : callable
            What else must be equal about a node.
        """
        if len(order) < self.least:
            return []
        number = {node: i for i, node in enumerate(order)}
        sources = [[number.get(source, -1) for source in node.sources()] for node in order]
        inputs = set(graph.inputs)
        kinds = np.array(
            [
                self._number(
                    ("alone", i) if node in inputs else (self._kind(node, graph.modules.get(node)), more(node))
                )
                for i, node in enumerate(order)
            ]
        )
        last_use = list(range(len(order)))
        for i, taken in enumerate(sources):
            for j in taken:
                if j >= 0:
                    last_use[j] = max(last_use[j], i)
        for node in graph.outputs:
            if node in number:
                last_use[number[node]] = len(order)
        return self._chosen(kinds, sources, last_use)

    def _chosen(self, kinds: Any, sources: list[list[int]], last_use: list[int]) -> list[Repeat]:
        """Return the repeats that save most nodes: first bounds of what can be saved, which are looked into in turn."""
        n = len(sources)
        waiting: list[tuple[int, int, int, int, Repeat | None]] = []
        for period in range(1, min(MOST_IN_A_PART, n // self.least) + 1):
            for start, stop in _stretches(kinds, period, self.least):
                waiting.append((start + period - stop, period, start, stop, None))
        heapq.heapify(waiting)
        taken = np.zeros(n, bool)
        chosen = []
        while waiting:
            _, period, start, stop, repeat = heapq.heappop(waiting)
            if taken[start:stop].all() or (repeat is not None and taken[start:stop].any()):
                continue
            if repeat is not None:
                taken[start:stop] = True
                chosen.append(repeat)
                continue
            for begin, end in _wired_alike(sources, start, stop, period):
                for found in self._kept_inside(begin, end, period, last_use):
                    saved = period - period * found.times
                    heapq.heappush(waiting, (saved, period, found.start, found.stop, found))
        return sorted(chosen)

    def _kept_inside(self, start: int, stop: int, period: int, last_use: list[int]) -> Iterator[Repeat]:
        """Yield the parts of a run between which nothing leaves it but from the last."""
        begin = start
        for end in range(start + period, stop + 1, period):
            is_last = end + period > stop
            leaves = is_last or any(last_use[i] >= end + period for i in range(end - period, end))
            if leaves:
                times = (end - begin) // period
                if times >= self.least:
                    yield Repeat(begin, period, times)
                begin = end

    def _number(self, key: Hashable) -> int:
        return self._numbers.setdefault(key, len(self._numbers))

    def _kind(self, node: Node, module: Module | None) -> Hashable:
        """Return what must be the same about two nodes, beside where their values come from."""
        name = re.sub(r"\d+", "0", node.name or "")
        shape = repr(map_nested(lambda _: 0, node.inputs)) if isinstance(node.inputs, list) else node.inputs is None
        attributes = tuple(sorted(node.graph_attributes.items()))
        return (self._module(module), name, node.description, attributes, shape, node.index, node.siblings)

    def _module(self, module: Module | None) -> int:
        """Return a number that modules have in common which look the same, also inside."""
        if module is None:
            return -1
        if id(module) not in self._of_modules:
            graph: Any = inside_of(module)
            inside: list[Hashable] = []
            if graph is not None:
                number = {node: i for i, node in enumerate(graph.order)}
                for node in graph.order:
                    wired = tuple(number[source] for source in node.sources())
                    inside.append((self._kind(node, graph.modules.get(node)), wired))
                inside.append(tuple(number.get(node, -1) for node in (*graph.inputs, *graph.outputs)))
            self._kept.append(module)
            feedback = getattr(module, "feedback", None)
            self._of_modules[id(module)] = self._number((module.exact_label(), feedback, tuple(inside)))
        return self._of_modules[id(module)]


def _stretches(kinds: Any, period: int, least: int) -> list[tuple[int, int]]:
    """Return the stretches, at least as long as so many periods, in which kinds come again after each period."""
    again = np.concatenate([[False], kinds[:-period] == kinds[period:], [False]])
    (edges,) = np.nonzero(again[1:] != again[:-1])
    starts, stops = edges[::2].tolist(), (edges[1::2] + period).tolist()
    return [pair for pair in zip(starts, stops, strict=True) if pair[1] - pair[0] >= period * least]


def _wired_alike(sources: list[list[int]], start: int, stop: int, period: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches within one in which also the wires come again after each period."""
    begin = start
    for i in range(start, stop):
        end = i + period  # the node that should be as the one at i
        if end >= stop or not _alike(sources[i], sources[end], begin, period, i - begin < period):
            if min(end, stop) - begin >= 2 * period:
                yield begin, min(end, stop)
            begin = i + 1
        if end >= stop:
            return


def _alike(earlier: list[int], later: list[int], begin: int, period: int, is_first: bool) -> bool:
    """Tell whether two nodes take alike; the first part may take from anywhere what the next takes from the first."""
    return all(
        (a == b and a < begin) or (b == a + period and a >= begin) or (is_first and a < begin <= b < begin + period)
        for a, b in zip(earlier, later, strict=True)
    )
