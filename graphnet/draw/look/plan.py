"""Plan: what a compiled net runs, as DOT text: its nodes in the frames of kernels, loops, and what runs once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphnet.draw.look import structure, style
from graphnet.draw.look.arrows import arrow_attributes
from graphnet.draw.look.diagram import box_attributes, stacked, title_attributes
from graphnet.draw.look.marks import Marks
from graphnet.draw.look.plan_places import Place, Places, both_ways
from graphnet.draw.look.text import literal_tooltip, one_line
from graphnet.draw.scene.parts import Box, Frame
from graphnet.inspect.compiled.parts import AsItIs, Compiled
from graphnet.inspect.compiled.text import moment
from graphnet.recurrence import Recurrence

if TYPE_CHECKING:
    from graphnet.draw.look.themes import Theme
    from graphnet.draw.scene.scene import Scene
    from graphnet.inspect.compiled.explanation import Explanation

_TOLD = "frames with a number: kernels; square corners: matrix products, m × k × n; dashed: called as it is"


@dataclass(eq=False)
class Group:
    """What stands in one frame: boxes and other groups.

    Attributes
    ----------
    look : dict
        Its attributes.
    label : list of str
        The lines of its label, in HTML.
    tooltip : str
    around : Group or None
        The group that it stands in.
    kernel : bool
        Whether it is a kernel; else a recurrence, what of it runs together, or the whole picture.
    """

    look: dict[str, str]
    label: list[str]
    tooltip: str = ""
    around: Group | None = None
    kernel: bool = False
    content: list[Box | Group] = field(default_factory=list)


def plan_source(scene: Scene, explanation: Explanation, title: str | None, theme: Theme) -> str:
    """Return the DOT text of a compiled plan.

    Parameters
    ----------
    scene : Scene
        Its nodes, as the picture of the net shows them.
    explanation : Explanation
    title : str or None
    theme : Theme
    """
    import graphviz

    places = Places(explanation)
    layout = _Layout(scene, places)
    legend = [f'<font point-size="10" color="{style.FAINT}">{one_line(_TOLD, 160)}</font>']
    graph = graphviz.Digraph("plan")
    graph.attr(
        "graph",
        _attributes=theme.paint(
            style.GRAPH
            | structure.size_attributes(scene)
            | title_attributes(title, False, [_remark(explanation), scene.remark], legend)
        ),
    )
    graph.attr("node", _attributes=theme.paint(style.NODE))
    graph.attr("edge", _attributes=theme.paint(style.EDGE))
    marks = Marks(None, explanation.net.plan(), None)
    numbers = _Numbers(places, theme)
    layout.fill(graph, lambda box: box_attributes(box, marks, numbers, theme), theme)
    taken = Counter(arrow.head for arrow in scene.arrows)
    for arrow in scene.arrows:
        ends = (f"n{arrow.tail.box.number}", f"n{arrow.head.number}")
        attributes = arrow_attributes(arrow, taken[arrow.head], False)
        graph.edge(*(reversed(ends) if structure.runs_back(arrow) else ends), _attributes=theme.paint(attributes))
    text: str = graph.source
    return text


def _remark(explanation: Explanation) -> str:
    if not explanation.seconds:
        return f"compiled, {explanation.dtype}"
    there, back = explanation.seconds["forward"], explanation.seconds["backward"]
    return f"compiled, {explanation.dtype}: a run takes {both_ways(there, back)} (→ forwards, ← backwards)"


class _Numbers:
    """What the boxes of a plan tell, and their colours; see :class:`graphnet.draw.look.diagram.Told`."""

    def __init__(self, places: Places, theme: Theme) -> None:
        self._places = places
        self._theme = theme

    def _place(self, box: Box) -> Place | None:
        return self._places.of.get(box.site) if box.site is not None and box.role == "node" else None

    def lines(self, box: Box) -> list[str]:
        """Return the lines of text in a box, escaped."""
        place = self._place(box)
        if place is None:
            return []
        return [one_line(line, 60) for line in (place.lines if not place.reason else ["as it is"])]

    def look(self, box: Box) -> dict[str, str]:
        """Return the attributes by which a box shows how it runs."""
        place = self._place(box)
        if place is None:
            return {}
        look = style.AS_IT_IS if place.reason else style.IN_KERNEL if place.kernel else style.PRODUCT
        return self._theme.paint(look | {"fontcolor": style.INK})

    def tooltip(self, box: Box) -> str:
        """Return why a box is called as it is."""
        place = self._place(box)
        return f"\ncalled as it is: {place.reason}" if place is not None and place.reason else ""


class _Layout:
    """The groups of a picture, and the boxes in them."""

    def __init__(self, scene: Scene, places: Places) -> None:
        self.places = places
        self.groups: dict[Any, Group] = {}
        self.root = Group({}, [])
        self._group_of: dict[Box, Group] = {}
        for box in scene.boxes:
            self._put(box, self._by_place(box))
        users: dict[Box, list[Group]] = {}
        for arrow in scene.arrows:
            if not arrow.shift:
                group = self._group_of[arrow.head]
                users.setdefault(arrow.tail.box, []).append(group.around if group.around and group.kernel else group)
        for box in scene.boxes:  # a state stands in the loop that it goes round in
            around = {id(group): group for group in users.get(box, [])}
            if box.entry is not None and box.entry.meaning == "state" and len(around) == 1:
                self._group_of[box].content.remove(box)
                self._put(box, *around.values())

    def _put(self, box: Box, group: Group) -> None:
        group.content.append(box)
        self._group_of[box] = group

    def _by_place(self, box: Box) -> Group:
        scope = self._scope(box.frame)
        place = self.places.of.get(box.site) if box.site is not None and box.role == "node" else None
        if place is None or not isinstance(place.part, Compiled):
            return scope
        stage = self._stage(scope, place) if place.part.loop else scope
        return self._kernel(stage, place) if place.kernel else stage

    def _scope(self, frame: Frame | None) -> Group:
        """Return the group of the innermost recurrence around; other containers are not shown."""
        while frame is not None and not isinstance(frame.module, Recurrence):
            frame = frame.parent
        if frame is None:
            return self.root
        if id(frame) not in self.groups:
            part = self.places.loops.get(frame.site) if frame.site is not None else None
            group = self._new(
                id(frame), self._scope(frame.parent), style.LOOP if isinstance(part, AsItIs) else style.ONCE
            )
            name = structure.name_of(frame) or (frame.module.label() if frame.module is not None else "")
            group.label = [f"<b>{one_line(name, 60)}</b>"]
            if isinstance(part, AsItIs):
                group.label.append(f"step by step, {part.n_steps} steps" + ", interpreted" * part.interpreted)
                group.tooltip = part.reasons[0]
            if part is not None and part.seconds:
                group.label.append(both_ways(part.seconds["forward"], part.seconds["backward"]))
        return self.groups[id(frame)]

    def _stage(self, scope: Group, place: Place) -> Group:
        part, k = place.part, place.stage
        assert isinstance(part, Compiled)
        stages = part.forward.stages
        while k and moment(part, stages, k - 1) == moment(part, stages, k):  # they are told as one
            k -= 1
        if (id(part), k) not in self.groups:
            group = self._new((id(part), k), scope, style.LOOP if stages[k].loop else style.ONCE)
            group.label = [f"<b>{line}</b>" for line in moment(part, stages, k).split(", ")]
        return self.groups[id(part), k]

    def _kernel(self, around: Group, place: Place) -> Group:
        key = ("kernel", place.kernel)
        if key not in self.groups:
            group = self._new(key, around, style.KERNELS[place.kernel % len(style.KERNELS)])
            group.label, group.kernel = self.places.kernels[place.kernel], True
        return self.groups[key]

    def _new(self, key: Any, around: Group, look: dict[str, str]) -> Group:
        group = self.groups[key] = Group(style.FRAME | look, [], around=around)
        around.content.append(group)
        return group

    def fill(self, graph: Any, attributes_of: Callable[[Box], dict[str, str]], theme: Theme) -> None:
        """Add all groups and boxes to a graph."""
        numbers = iter(range(1, len(self.groups) + 1))

        def fill(inside: Any, group: Group) -> None:
            for item in group.content:
                if isinstance(item, Box):
                    inside.node(f"n{item.number}", _attributes=attributes_of(item))
                    continue
                number = next(numbers)
                titled = item.around is self.root and not item.kernel  # a recurrence
                with inside.subgraph(name=f"cluster_{number}") as cluster:
                    own = f"<{'  '.join(item.label)}>" if titled else ""
                    told = {"label": own, "tooltip": literal_tooltip(item.tooltip)}
                    cluster.attr("graph", _attributes=theme.paint(item.look | told))
                    if not titled:  # arrows go around a node
                        label = style.LABEL | {"label": stacked(item.label)}
                        cluster.node(f"label{number}", _attributes=theme.paint(label))
                    fill(cluster, item)

        fill(graph, self.root)
