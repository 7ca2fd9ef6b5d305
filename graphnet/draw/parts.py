"""What a scene is made of: frames, boxes, and the arrows between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from graphnet.draw.loop import Entry
from graphnet.nesting import Nested, map_nested
from graphnet.node import Node
from graphnet.recurrence import Recurrence

if TYPE_CHECKING:
    from graphnet.module import Module
    from graphnet.splicing import Call, Site


@dataclass(slots=True, eq=False)
class Frame:
    """The outline of an expanded container or recurrence, and of the whole picture, which has no node.

    The whole picture has a module and a call only if it is the inside of a recurrence.

    ``moment`` tells which step of a recurrence is shown, if one is.
    """

    number: int
    node: Node | None = None
    module: Module | None = None
    parent: Frame | None = None
    call: Call | None = None
    content: list[Box | Frame] = field(default_factory=list)
    moment: str = ""

    @property
    def site(self) -> Site | None:
        """Where the container or recurrence stands in the net's plan; None if that is not known."""
        return None if self.call is None else _site(self.call, self.parent)


@dataclass(slots=True, eq=False)
class Box:
    """One node of the picture.

    ``role`` is ``"input"`` or ``"output"`` at the edge of the net, where ``index`` is its place (None if it is the
    only one), else ``"node"``. An output, and an input that carries a module, is a marker beside its node: it has none.
    An input of a recurrence's step has an ``entry``, which tells what it is.
    """

    number: int
    role: str
    node: Node | None
    module: Module | None
    frame: Frame
    call: Call | None = None
    index: int | None = None
    entry: Entry | None = None

    @property
    def site(self) -> Site | None:
        """Where the node stands in the net's plan; None if that is not known."""
        return None if self.call is None else _site(self.call, self.frame)


def _site(call: Call, frame: Frame | None) -> Site | None:
    calls = [call]
    while frame is not None:
        if isinstance(frame.module, Recurrence):
            if frame.call is None:
                return None
            calls.append(frame.call)
        frame = frame.parent
    return tuple(reversed(calls))


@dataclass(frozen=True, slots=True)
class Drawing:
    """The part of a graph that a picture needs; of a networkx graph, the nodes and edges that are left in it."""

    inputs: list[Node]
    outputs: list[Node]
    order: list[Node]
    modules: dict[Node, Module]
    hidden: frozenset[tuple[Node, int]] = frozenset()  # edges taken out: the consumer, and which of its sources


class Port(NamedTuple):
    """Where a value comes from: a box, or an element of the list that the box gives; a ``note`` tells more of it."""

    box: Box
    element: tuple[int, ...] = ()
    note: str = ""


# A port or a (nested) list of ports: a value whose list is known from the drawing.
Source: TypeAlias = Any


class Arrow(NamedTuple):
    """A value that a box takes; ``place`` is its place in the list that the box takes.

    ``shift`` is 0 within a step; where a recurrence feeds a state back, 1, or -1 if it runs from the end.
    """

    tail: Port
    head: Box
    place: tuple[int, ...]
    value: Nested
    shift: int = 0


def ports(source: Source, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Port]]:
    """Yield the ports of a source with their places in it."""
    if isinstance(source, list):
        for i, item in enumerate(source):
            yield from ports(item, (*path, i))
    else:
        yield path, source


def element(source: Source, index: int) -> Source:
    """Return where an element of a list comes from."""
    if isinstance(source, Port):
        return Port(source.box, (*source.element, index))
    inside = isinstance(source, list) and -len(source) <= index < len(source)
    return source[index] if inside else source  # a wrong index is for the plan to refuse; the picture shows it


def take_apart(source: Source, n: int) -> list[Source] | None:
    """Return the sources of a container's ``n`` inputs; None if they cannot fit."""
    if n == 1:
        return [source]
    if isinstance(source, Port):
        return [element(source, i) for i in range(n)]
    return source if isinstance(source, list) and len(source) == n else None


def noted(source: Source, note: str) -> Source:
    """Return a source whose ports tell more of what comes from them."""
    return map_nested(lambda port: port._replace(note=note), source) if note else source


def is_identity(module: Module | None) -> bool:
    """Tell whether a module passes on what it takes; by name, since the engine knows no concrete module."""
    return type(module).__name__ == "Identity"


def is_plain_input(node: Node, module: Module | None) -> bool:
    """Tell whether an input is nothing but that, so that it needs no marker beside it."""
    return module is None or is_identity(module)
