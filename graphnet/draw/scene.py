"""Scene: what a picture shows, before it has colours: boxes for nodes, arrows, frames around containers and steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphnet.draw.flow import Flow, part
from graphnet.draw.loop import Entry, entries_of, exits_of, filled_by
from graphnet.draw.parts import (
    Arrow,
    Box,
    Drawing,
    Frame,
    Port,
    Source,
    element,
    is_identity,
    is_plain_input,
    noted,
    ports,
    take_apart,
)
from graphnet.graph import Graph
from graphnet.nesting import Nested, map_nested
from graphnet.node import Node
from graphnet.recurrence import Recurrence

if TYPE_CHECKING:
    from graphnet.module import Module
    from graphnet.splicing import Call


class Scene:
    """The boxes, arrows and frames of a drawing.

    Parameters
    ----------
    net : Graph, Drawing or Recurrence
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
    shows_step : bool
        Whether the step of a recurrence is shown that was asked for.
    """

    def __init__(self, net: Graph | Drawing | Recurrence, flow: Flow, *, contract: bool, expand: bool) -> None:
        self.flow = flow
        self.contract = contract
        self.expand = expand
        self.hidden: frozenset[tuple[Node, int]] = net.hidden if isinstance(net, Drawing) else frozenset()
        self.boxes: list[Box] = []
        self.arrows: list[Arrow] = []
        self.n_frames = 0
        self.shows_step = False
        self.root = Frame(0)
        if isinstance(net, Recurrence):
            self.root.module, self.root.call = net, flow.only_call()
            sources = self._loop(net, None, self.root, self.root.call)
            nodes = [net.step.graph().outputs[gives.place] for gives in exits_of(net)]
            whole = flow.of_output(0)  # for the plan, it is one value
            self._put_out(nodes, sources, [part(whole, (i,)) for i in range(len(nodes))] if len(nodes) > 1 else [whole])
        else:
            self._net(net)

    def _net(self, graph: Graph | Drawing) -> None:
        several = len(graph.inputs) > 1
        given: list[Source] = []
        for i, node in enumerate(graph.inputs):
            box = self._box("input", None, None, self.root, None, i if several else None)
            if is_plain_input(node, graph.modules.get(node)):
                box.node, box.module = node, graph.modules.get(node)
            given.append(Port(box))
        calls = self.flow.calls(graph, None)
        sources = self._splice(graph, given, self.root, calls)
        values = [self.flow.of_output(i) if calls else None for i in range(len(sources))]
        self._put_out(graph.outputs, sources, values)

    def _put_out(self, nodes: list[Node], sources: list[Source], values: list[Nested]) -> None:
        """Add the outputs of the net: which nodes they are, where they come from, and what went out."""
        several = len(sources) > 1
        for i, (node, source, value) in enumerate(zip(nodes, sources, values, strict=True)):
            box = self._box("output", None, None, self.root, None, i if several else None)
            if node.name and not (isinstance(source, Port) and source.box.node is node):
                box.node = node  # it is contracted, so its name would else be lost
            self._connect(source, box, value)

    # ---- the parts

    def _box(
        self, role: str, node: Node | None, module: Module | None, frame: Frame, call: Call | None, index: int | None
    ) -> Box:
        box = Box(len(self.boxes), role, node, module, frame, call, index)
        self.boxes.append(box)
        frame.content.append(box)
        return box

    def _connect(self, source: Source, head: Box, value: Nested, shift: int = 0) -> None:
        for path, port in ports(source):
            if port is not None:
                self.arrows.append(Arrow(port, head, path, part(value, path), shift))

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
                source = element(source, node.index)
            if omitted:
                return source
        elif self.contract and is_identity(module):
            return source
        elif self.expand and isinstance(module, Recurrence):
            value = self.flow.into(call)
            if (given := _given(module, source, value)) is not None:
                inside = self._frame(node, module, frame, call)
                outputs = self._loop(module, given, inside, call)
                return outputs[0] if len(outputs) == 1 else outputs
        elif self.expand and (inner := module.graph()) is not None:
            parts = take_apart(source, len(inner.inputs))
            if inner.modules and parts is not None:
                return self._expand(inner, parts, self._frame(node, module, frame, call), call)
        box = self._box("node", node, module, frame, call, None)
        self._connect(source, box, self.flow.into(call))
        return Port(box)

    def _frame(self, node: Node, module: Module, frame: Frame, call: Call | None) -> Frame:
        self.n_frames += 1
        inside = Frame(self.n_frames, node, module, frame, call)
        frame.content.append(inside)
        return inside

    def _expand(self, inner: Graph, parts: list[Source], inside: Frame, call: Call | None) -> Source:
        calls = self.flow.calls(inner, call) if call is not None else {}
        outputs = self._splice(inner, parts, inside, calls)
        return outputs[0] if len(outputs) == 1 else outputs

    def _loop(
        self, recurrence: Recurrence, given: dict[Entry, tuple[Source, Nested]] | None, frame: Frame, call: Call | None
    ) -> list[Source]:
        """Add the step of a recurrence and what is fed back; without ``given``, its entries are the net's inputs."""
        graph = recurrence.step.graph()
        outer, self.flow = self.flow, self.flow.within(recurrence, call)
        frame.moment = self.flow.moment
        self.shows_step = self.shows_step or bool(frame.moment)
        marks: dict[int | None, Box] = {}
        for i, entry in enumerate(entries_of(recurrence)):
            box = marks[entry.place] = self._box("input", None, None, frame, None, i if given is None else None)
            box.entry = entry
            if entry.place is not None and is_plain_input(node := graph.inputs[entry.place], graph.modules.get(node)):
                box.node, box.module = node, graph.modules.get(node)
            if given is not None and entry in given:
                self._connect(given[entry][0], box, given[entry][1])
        inputs: list[Source] = [Port(marks[place]) for place in range(len(graph.inputs))]
        sources = self._splice(graph, inputs, frame, self.flow.calls(graph, None))
        for output, place in recurrence.feedback:
            self._connect(sources[output], marks[place], self.flow.of_output(output), -1 if recurrence.reverse else 1)
        self.flow = outer
        return [noted(sources[place], note) for place, note in exits_of(recurrence)]


def _given(recurrence: Recurrence, source: Source, value: Nested) -> dict[Entry, tuple[Source, Nested]] | None:
    """Return where each value that a recurrence takes comes from, and the value if it is known; None if it cannot fit.

    What is no list in the drawing can be one in a run; if there was none, the states are taken to be left out.
    """
    listed = next((len(items) for items in (source, value) if isinstance(items, list)), None)
    entries = filled_by(recurrence, listed)
    if entries is None:
        return None
    if len(entries) == 1 and listed is None:
        return {entries[0]: (source, value)}
    lengths_last = [*range(len(entries) - 1), -1] if listed is None else range(len(entries))
    return {
        entry: (source[i] if isinstance(source, list) else element(source, i), part(value, (i,)))
        for i, entry in zip(lengths_last, entries, strict=True)
    }
