"""Sources: where the value comes from that a node takes, and parts of it, as far as the drawing tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from graphnet.draw.scene.parts import Link, Port, Source
from graphnet.nesting import Nested, map_nested


@dataclass(frozen=True, slots=True)
class OverTime:
    """A sequence that an unrolled recurrence puts out: where each step's part of it comes from.

    ``parts`` are keyed by the place in the sequence and stand in the order of running, ``values`` are what flowed
    there; ``rest`` is where the steps come from that are not shown. ``word`` is written before a place.
    """

    parts: dict[int, Source]
    rest: Source = None
    values: dict[int, Nested] = field(default_factory=dict)
    word: str = "t ="

    def each(self, function: Callable[[Source], Source]) -> OverTime:
        """Return the sequence with a function applied to the source of every step."""
        rest = None if self.rest is None else function(self.rest)
        return OverTime({t: function(source) for t, source in self.parts.items()}, rest, word=self.word)

    def at(self, t: int) -> Source:
        """Return where the value at one place comes from; of a place that is not known, all of them."""
        return self.parts.get(t, self if self.rest is None else self.rest)


def ports(source: Source, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Port]]:
    """Yield the ports of a source with their places in it."""
    if isinstance(source, list):
        for i, item in enumerate(source):
            yield from ports(item, (*path, i))
    elif isinstance(source, OverTime):
        for t, of_step in sorted(source.parts.items()):
            yield from ports(noted(of_step, f"{source.word} {t}"), path)
        if source.rest is not None:
            yield from ports(source.rest, path)
    elif source is not None:
        yield path, source


def element(source: Source, index: int) -> Source:
    """Return where an element of a list comes from."""
    if isinstance(source, Port):
        return source._replace(element=(*source.element, index))
    if isinstance(source, OverTime):
        return source.each(lambda part: element(part, index))
    inside = isinstance(source, list) and -len(source) <= index < len(source)
    return source[index] if inside else source  # a wrong index is for the plan to refuse; the picture shows it


def elements(source: Source, path: tuple[int, ...]) -> Source:
    """Return where an element of a nested list comes from."""
    for index in path:
        source = element(source, index)
    return source


def take_apart(source: Source, n: int) -> list[Source] | None:
    """Return the sources of a container's ``n`` inputs; None if they cannot fit."""
    if n == 1:
        return [source]
    if isinstance(source, (Port, OverTime)):
        return [element(source, i) for i in range(n)]
    return source if isinstance(source, list) and len(source) == n else None


def noted(source: Source, note: str) -> Source:
    """Return a source whose ports tell more of what comes from them."""
    return _each_port(source, lambda port: port._replace(note=note)) if note else source


def linked(source: Source, link: Link) -> Source:
    """Return a source whose ports tell that by them a repeated part takes from the repetition before."""

    def with_link(port: Port, path: tuple[int, ...]) -> Port:
        return port._replace(links=(*port.links, link._replace(path=path, n_elements=len(port.element))))

    def within(part: Source, path: tuple[int, ...]) -> Source:
        if isinstance(part, list):
            return [within(item, (*path, i)) for i, item in enumerate(part)]
        return _each_port(part, lambda port: with_link(port, path))

    return within(source, ())


def _each_port(source: Source, function: Callable[[Port], Port]) -> Source:
    def at(leaf: Source) -> Source:
        if isinstance(leaf, OverTime):
            return leaf.each(lambda part: _each_port(part, function))
        return leaf if leaf is None else function(leaf)

    return map_nested(at, source)
