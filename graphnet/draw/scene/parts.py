"""What a scene is made of: frames, boxes, and the arrows between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from graphnet.draw.scene.loop import Entry
from graphnet.nesting import Nested
from graphnet.node import Node
from graphnet.recurrence import Recurrence

if TYPE_CHECKING:
    from graphnet.module import Module
    from graphnet.splicing import Call, Site


class Hidden(NamedTuple):
    """What a box does not show of the container or recurrence that it stands for."""

    n_nodes: int
    n_parameters: int


@dataclass(slots=True, eq=False)
class Frame:
    """The outline of an expanded container or recurrence, and of the whole picture, which has no node.

    The whole picture has a module and a call only if it is the inside of a recurrence. The frames of an unrolled
    recurrence's steps have no node either, nor have those around several nodes that repeat.

    ``moment`` tells which step of a recurrence is shown, if one is; in the frame of an unrolled step ``t`` is its
    number. ``repeats`` tells how many equal parts in a row the frame stands for, of which ``last`` is the last.
    """

    number: int
    node: Node | None = None
    module: Module | None = None
    parent: Frame | None = None
    call: Call | None = None
    content: list[Box | Frame] = field(default_factory=list)
    moment: str = ""
    place: tuple[int, ...] = ()  # of the container's node, as in Expansion
    t: int | None = None
    repeats: int = 1
    last: Node | None = None

    @property
    def site(self) -> Site | None:
        """Where the container or recurrence stands in the net's plan; None if that is not known."""
        return None if self.call is None else _site(self.call, self.parent)


@dataclass(slots=True, eq=False)
class Box:
    """One node of the picture.

    ``role`` is ``"input"`` or ``"output"`` at the edge of the net, where ``index`` is its place (None if it is the
    only one), else ``"node"``. An output, and an input that carries a module, is a marker beside its node: it has none.
    Where an unrolled recurrence has steps that are not shown, a box ``"gap"`` stands for them.

    An input of a recurrence's step has an ``entry``, which tells what it is; a box that stands for a container tells
    what it ``hides``. ``repeats`` tells how many equal nodes in a row it stands for, of which ``last`` is the last.
    """

    number: int
    role: str
    node: Node | None
    module: Module | None
    frame: Frame
    call: Call | None = None
    index: int | None = None
    entry: Entry | None = None
    hides: Hidden | None = None
    repeats: int = 1
    last: Node | None = None
    note: str = ""

    @property
    def times(self) -> tuple[int, ...]:
        """The steps that it belongs to, of the unrolled recurrences around it, outermost first."""
        found = []
        frame: Frame | None = self.frame
        while frame is not None:
            if frame.t is not None:
                found.append(frame.t)
            frame = frame.parent
        return tuple(reversed(found))

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
    """Where a value comes from: a box, or an element of the list that the box gives; a ``note`` tells more of it.

    ``links`` are those ways into a repeated part by which each repetition but the first takes from the one before.
    """

    box: Box
    element: tuple[int, ...] = ()
    note: str = ""
    links: tuple[Link, ...] = ()


class Link(NamedTuple):
    """A way into a repeated part: what came by it at first, and the node from which the later repetitions take it."""

    repeat: int
    giver: Node
    path: tuple[int, ...] = ()
    n_elements: int = 0


# A port, a value over time, or a (nested) list of these: a value whose list is known from the drawing.
Source: TypeAlias = Any


class Arrow(NamedTuple):
    """A value that a box takes; ``place`` is its place in the list that the box takes.

    ``shift`` is 0 within a step; where a recurrence feeds a state back, 1, or -1 if it runs from the end. ``leap`` is
    ``"step"`` from one unrolled step to the next, and ``"repeat"`` from one repetition of a folded part to the next.
    """

    tail: Port
    head: Box
    place: tuple[int, ...]
    value: Nested
    shift: int = 0
    leap: str = ""


def is_identity(module: Module | None) -> bool:
    """Tell whether a module passes on what it takes; by name, since the engine knows no concrete module."""
    return type(module).__name__ == "Identity"


def is_plain_input(node: Node, module: Module | None) -> bool:
    """Tell whether an input is nothing but that, so that it needs no marker beside it."""
    return module is None or is_identity(module)
