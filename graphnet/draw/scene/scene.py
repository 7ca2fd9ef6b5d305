"""Scene: what a picture shows, before it has colours: boxes for nodes, arrows, frames around containers and steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphnet.draw.scene.expansion import Expansion, inside_of, what_is_hidden
from graphnet.draw.scene.flow import Flow, part
from graphnet.draw.scene.folded import add_once, repeats_in
from graphnet.draw.scene.folding import Folding, Repeat
from graphnet.draw.scene.loop import Entry, exits_of
from graphnet.draw.scene.parts import (
    Arrow,
    Box,
    Drawing,
    Frame,
    Link,
    Port,
    Source,
    is_identity,
    is_plain_input,
)
from graphnet.draw.scene.rolled import given_to, rolled
from graphnet.draw.scene.sources import OverTime, element, linked, ports, take_apart
from graphnet.draw.scene.unrolled import Steps, unrolled
from graphnet.graph import Graph
from graphnet.nesting import Nested, map_nested
from graphnet.node import Node
from graphnet.recurrence import Recurrence

if TYPE_CHECKING:
    from graphnet.module import Module
    from graphnet.splicing import Call


class TooManyBoxesError(Exception):
    """A scene would have more boxes than it may."""


class Scene:
    """The boxes, arrows and frames of a drawing.

    Parameters
    ----------
    net : Graph, Drawing or Recurrence
    flow : Flow
        The run, if there was one.
    contract : bool
        Leave out the nodes that compute nothing, and join their arrows.
    expansion : Expansion
        Which containers show their inside, in frames.
    folding : Folding, optional
        What finds equal parts in a row, of which one is shown.
    steps : Steps, optional
        Which steps of a recurrence are shown one by one; by default it is shown as a loop.
    apart : set of Node or Call
        What is never folded.
    most : int, optional
        How many boxes there may be.

    Attributes
    ----------
    boxes : list of Box
    arrows : list of Arrow
    root : Frame
    shows_step : bool
        Whether the step of a recurrence is shown that was asked for.
    unrolled : list of list of Frame
        The frames of the steps of each unrolled recurrence, in the order of time.
    n_folded : int
        How many parts stand for several.
    remark : str
        What the picture tells of what it does not show.

    Raises
    ------
    TooManyBoxesError
        If there are more than ``most``.
    """

    def __init__(
        self,
        net: Graph | Drawing | Recurrence,
        flow: Flow,
        *,
        contract: bool,
        expansion: Expansion,
        folding: Folding | None = None,
        steps: Steps | None = None,
        apart: frozenset[Node | Call] = frozenset(),
        most: int | None = None,
    ) -> None:
        self.flow = flow
        self.contract = contract
        self.expansion = expansion
        self.folding = folding
        self.steps = steps
        self.apart = apart
        self.most = most
        self.remark = ""
        self.hidden: frozenset[tuple[Node, int]] = net.hidden if isinstance(net, Drawing) else frozenset()
        self.boxes: list[Box] = []
        self.arrows: list[Arrow] = []
        self.unrolled: list[list[Frame]] = []
        self.n_frames = 0
        self.n_folded = 0
        self.shows_step = False
        self.root = Frame(0)
        if isinstance(net, Recurrence):
            self._recurrence(net)
        else:
            self._net(net)

    def _net(self, graph: Graph | Drawing) -> None:
        several = len(graph.inputs) > 1
        given: list[Source] = []
        for i, node in enumerate(graph.inputs):
            box = self.box("input", None, None, self.root, index=i if several else None)
            if is_plain_input(node, graph.modules.get(node)):
                box.node, box.module = node, graph.modules.get(node)
            given.append(Port(box))
        calls = self.flow.calls(graph, None)
        sources = self.splice(graph, given, self.root, calls)
        for i, (node, source) in enumerate(zip(graph.outputs, sources, strict=True)):
            value = self.flow.of_output(i) if calls else None
            self._put_out(node, source, value, self.root, i if len(sources) > 1 else None)

    def _recurrence(self, net: Recurrence) -> None:
        self.root.module, self.root.call = net, self.flow.only_call()
        sources = self._loop(net, None, self.root, self.root.call)
        whole = self.flow.of_output(0)  # for the plan, it is one value
        for i, (leaving, source) in enumerate(zip(exits_of(net), sources, strict=True)):
            node = net.step.graph().outputs[leaving.place]
            index = i if len(sources) > 1 else None
            if isinstance(source, OverTime):
                for frame, (t, of_step) in zip(self.unrolled[0], source.parts.items(), strict=True):
                    self._put_out(node, of_step, source.values[t], frame, index)
            else:
                self._put_out(node, source, whole if index is None else part(whole, (i,)), self.root, index)

    def _put_out(self, node: Node, source: Source, value: Nested, frame: Frame, index: int | None) -> None:
        """Add an output of the net: which node it is, where it comes from, and what went out."""
        box = self.box("output", None, None, frame, index=index)
        if node.name and not (isinstance(source, Port) and source.box.node is node):
            box.node = node  # it is contracted, so its name would else be lost
        self.connect(source, box, value)

    # ---- the parts

    def box(
        self,
        role: str,
        node: Node | None,
        module: Module | None,
        frame: Frame,
        call: Call | None = None,
        index: int | None = None,
    ) -> Box:
        """Add a box to a frame."""
        box = Box(len(self.boxes), role, node, module, frame, call, index)
        if self.most is not None and len(self.boxes) >= self.most:
            raise TooManyBoxesError
        self.boxes.append(box)
        frame.content.append(box)
        return box

    def connect(self, source: Source, head: Box, value: Nested, shift: int = 0, leap: str = "") -> None:
        """Add the arrows from all ports of a source to a box."""
        for path, port in ports(source):
            self.arrows.append(Arrow(port, head, path, part(value, path), shift, leap))

    def frame(
        self,
        node: Node | None,
        module: Module | None,
        around: Frame,
        call: Call | None = None,
        place: tuple[int, ...] | None = None,
    ) -> Frame:
        """Add a frame within another."""
        self.n_frames += 1
        inside = Frame(self.n_frames, node, module, around, call, place=around.place if place is None else place)
        around.content.append(inside)
        return inside

    # ---- from the drawing

    def splice(
        self, graph: Graph | Drawing, given: list[Source], frame: Frame, calls: dict[Node, Call]
    ) -> list[Source]:
        """Add the boxes of a graph whose inputs come from ``given``; return where its outputs come from."""
        sources: dict[Node, Source] = dict(zip(graph.inputs, given, strict=True))
        inputs = set(graph.inputs)
        place = {node: i for i, node in enumerate(graph.order)}
        order, repeats = graph.order, dict[int, Repeat]()
        if self.folding is not None:  # the inputs first, since one within the first of equal parts is in no other
            order = [*(node for node in order if node in inputs), *(node for node in order if node not in inputs)]
            repeats = repeats_in(self, self.folding, graph, order, frame, calls)
        i = 0
        while i < len(order):
            if i in repeats:
                add_once(self, graph, order, repeats[i], sources, frame, calls)
                i = repeats[i].stop
                continue
            node = order[i]
            source = sources[node] if node in inputs else self.sources_of(node, sources)
            sources[node] = self.add(node, graph.modules.get(node), source, frame, calls.get(node), place[node])
            i += 1
        return [sources[node] for node in graph.outputs]

    def sources_of(self, node: Node, sources: dict[Node, Source], links: list[Link | None] | None = None) -> Source:
        if node.inputs is None:
            return []
        places = iter(range(len(node.sources())))

        def of(taken: Node) -> Source:
            place = next(places)
            if (node, place) in self.hidden:
                return None
            link = None if links is None else links[place]
            source = sources.get(taken) if self.hidden else sources[taken]
            return source if link is None else linked(source, link)

        return map_nested(of, node.inputs)

    def add(
        self, node: Node, module: Module | None, source: Source, frame: Frame, call: Call | None, place: int
    ) -> Source:
        """Add one node; return where its value comes from."""
        if isinstance(source, Port) and source.box.node is node:  # an input of the net: its box is there
            source.box.call = call
            return source
        where = (*frame.place, place)
        graph = None
        if module is None:
            # A container draws lists and elements without the user having written any.
            omitted = self.contract or node.place is None
            if node.index is not None and (omitted or isinstance(source, list)):
                source = element(source, node.index)
            if omitted:
                return source
        elif self.contract and is_identity(module):
            return source
        elif (graph := inside_of(module)) is not None and self.expansion.shows(where):
            if isinstance(module, Recurrence):
                value = self.flow.into(call)
                if (given := given_to(module, source, value)) is not None:
                    outputs = self._loop(module, given, self.frame(node, module, frame, call, where), call)
                    return outputs[0] if len(outputs) == 1 else outputs
            elif (parts := take_apart(source, len(graph.inputs))) is not None:
                return self._expand(graph, parts, self.frame(node, module, frame, call, where), call)
        box = self.box("node", node, module, frame, call)
        if graph is not None and module is not None:
            box.hides = what_is_hidden(module)
        self.connect(source, box, self.flow.into(call))
        return Port(box)

    def _expand(self, inner: Graph, parts: list[Source], inside: Frame, call: Call | None) -> Source:
        calls = self.flow.calls(inner, call) if call is not None else {}
        outputs = self.splice(inner, parts, inside, calls)
        return outputs[0] if len(outputs) == 1 else outputs

    def _loop(
        self, recurrence: Recurrence, given: dict[Entry, tuple[Source, Nested]] | None, frame: Frame, call: Call | None
    ) -> list[Source]:
        """Add a recurrence, in a frame that is there; without ``given``, its entries are the net's inputs."""
        outer = self.flow
        draw = rolled if self.steps is None else unrolled
        sources = draw(self, recurrence, given, frame, call)
        self.flow = outer
        return sources
