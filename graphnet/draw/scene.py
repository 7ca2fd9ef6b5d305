"""Scene: what a picture shows, before it has colours: boxes for the nodes, arrows, frames around containers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from graphnet.draw.flow import Flow, part
from graphnet.graph import Graph
from graphnet.nesting import Nested, map_nested
from graphnet.node import Node

if TYPE_CHECKING:
    from graphnet.module import Module
    from graphnet.splicing import Call


@dataclass(slots=True, eq=False)
class Frame:
    """The outline of an expanded container, and of the whole picture, which has no node."""

    number: int
    node: Node | None = None
    module: Module | None = None
    parent: Frame | None = None
    call: Call | None = None
    content: list[Box | Frame] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Box:
    """One node of the picture.

    ``role`` is ``"input"`` or ``"output"`` at the edge of the net, where ``index`` is its place (None if it is the
    only one), else ``"node"``. An output, and an input that carries a module, is a marker beside its node: it has none.
    """

    number: int
    role: str
    node: Node | None
    module: Module | None
    frame: Frame
    call: Call | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """The part of a graph that a picture needs; of a networkx graph, the nodes and edges that are left in it."""

    inputs: list[Node]
    outputs: list[Node]
    order: list[Node]
    modules: dict[Node, Module]
    hidden: frozenset[tuple[Node, int]] = frozenset()  # edges taken out: the consumer, and which of its sources


class Port(NamedTuple):
    """Where a value comes from: a box, or an element of the list that the box gives."""

    box: Box
    element: tuple[int, ...] = ()


# A port or a (nested) list of ports: a value whose list is known from the drawing.
Source: TypeAlias = Any


class Arrow(NamedTuple):
    """A value that a box takes; ``place`` is its place in the list that the box takes."""

    tail: Port
    head: Box
    place: tuple[int, ...]
    value: Nested


def ports(source: Source, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Port]]:
    """Yield the ports of a source with their places in it."""
    if isinstance(source, list):
        for i, item in enumerate(source):
            yield from ports(item, (*path, i))
    else:
        yield path, source


class Scene:
    """The boxes, arrows and frames of a drawing.

    Parameters
    ----------
    graph : Graph or Drawing
    flow : Flow
        The run, if there was one.
    contract : bool
        Leave out the nodes that compute nothing, and join their arrows.
    expand : bool
        Show the inside of containers, in frames.

    Attributes
    ----------
    boxes : list of Box
    arrows : list of Arrow
    root : Frame
    """

    def __init__(self, graph: Graph | Drawing, flow: Flow, *, contract: bool, expand: bool) -> None:
        self.flow = flow
        self.contract = contract
        self.expand = expand
        self.hidden: frozenset[tuple[Node, int]] = graph.hidden if isinstance(graph, Drawing) else frozenset()
        self.boxes: list[Box] = []
        self.arrows: list[Arrow] = []
        self.n_frames = 0
        self.root = Frame(0)
        several = len(graph.inputs) > 1
        given: list[Source] = []
        for i, node in enumerate(graph.inputs):
            box = self._box("input", None, None, self.root, None, i if several else None)
            if is_plain_input(node, graph.modules.get(node)):
                box.node, box.module = node, graph.modules.get(node)
            given.append(Port(box))
        calls = flow.calls(graph, None)
        outputs = self._splice(graph, given, self.root, calls)
        several = len(outputs) > 1
        for i, (node, source) in enumerate(zip(graph.outputs, outputs, strict=True)):
            box = self._box("output", None, None, self.root, None, i if several else None)
            if node.name and not (isinstance(source, Port) and source.box.node is node):
                box.node = node  # it is contracted, so its name would else be lost
            self._connect(source, box, flow.of_output(i) if calls else None)

    # ---- the parts

    def _box(
        self, role: str, node: Node | None, module: Module | None, frame: Frame, call: Call | None, index: int | None
    ) -> Box:
        box = Box(len(self.boxes), role, node, module, frame, call, index)
        self.boxes.append(box)
        frame.content.append(box)
        return box

    def _connect(self, source: Source, head: Box, value: Nested) -> None:
        for path, port in ports(source):
            if port is not None:
                self.arrows.append(Arrow(port, head, path, part(value, path)))

    # ---- from the drawing

    def _splice(
        self, graph: Graph | Drawing, given: list[Source], frame: Frame, calls: dict[Node, Call]
    ) -> list[Source]:
        """Add the boxes of a graph whose inputs come from ``given``; return where its outputs come from."""
        sources: dict[Node, Source] = dict(zip(graph.inputs, given, strict=True))
        inputs = set(graph.inputs)
        for node in graph.order:
            source = sources[node] if node in inputs else self._sources_of(node, sources)
            sources[node] = self._add(node, graph.modules.get(node), source, frame, calls.get(node))
        return [sources[node] for node in graph.outputs]

    def _sources_of(self, node: Node, sources: dict[Node, Source]) -> Source:
        if node.inputs is None:
            return []
        if not self.hidden:
            return map_nested(sources.__getitem__, node.inputs)
        places = iter(range(len(node.sources())))
        return map_nested(lambda n: None if (node, next(places)) in self.hidden else sources.get(n), node.inputs)

    def _add(self, node: Node, module: Module | None, source: Source, frame: Frame, call: Call | None) -> Source:
        """Add one node; return where its value comes from."""
        if isinstance(source, Port) and source.box.node is node:  # an input of the net: its box is there
            source.box.call = call
            return source
        if module is None:
            # A container draws lists and elements without the user having written any.
            omitted = self.contract or node.place is None
            if node.index is not None and (omitted or isinstance(source, list)):
                source = _element(source, node.index)
            if omitted:
                return source
        elif self.contract and is_identity(module):
            return source
        elif self.expand and (inner := module.graph()) is not None:
            parts = _take_apart(source, len(inner.inputs))
            if inner.modules and parts is not None:
                return self._expand(inner, parts, node, module, frame, call)
        box = self._box("node", node, module, frame, call, None)
        self._connect(source, box, self.flow.into(call))
        return Port(box)

    def _expand(
        self, inner: Graph, parts: list[Source], node: Node, module: Module, frame: Frame, call: Call | None
    ) -> Source:
        self.n_frames += 1
        inside = Frame(self.n_frames, node, module, frame, call)
        frame.content.append(inside)
        calls = self.flow.calls(inner, call) if call is not None else {}
        outputs = self._splice(inner, parts, inside, calls)
        return outputs[0] if len(outputs) == 1 else outputs


def _element(source: Source, index: int) -> Source:
    if isinstance(source, Port):
        return Port(source.box, (*source.element, index))
    inside = isinstance(source, list) and -len(source) <= index < len(source)
    return source[index] if inside else source  # a wrong index is for the plan to refuse; the picture shows it


def _take_apart(source: Source, n: int) -> list[Source] | None:
    """Return the sources of a container's ``n`` inputs; None if they cannot fit."""
    if n == 1:
        return [source]
    if isinstance(source, Port):
        return [_element(source, i) for i in range(n)]
    return source if isinstance(source, list) and len(source) == n else None


def is_identity(module: Module | None) -> bool:
    """Tell whether a module passes on what it takes; by name, since the engine knows no concrete module."""
    return type(module).__name__ == "Identity"


def is_plain_input(node: Node, module: Module | None) -> bool:
    """Tell whether an input is nothing but that, so that it needs no marker beside it."""
    return module is None or is_identity(module)
