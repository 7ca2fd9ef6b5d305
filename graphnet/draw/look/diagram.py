"""Diagram: a scene as DOT text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Protocol

from graphnet.draw.look import structure, style
from graphnet.draw.look.arrows import arrow_attributes
from graphnet.draw.look.remarks import add_notes, lines_of
from graphnet.draw.look.text import attributes_of, describe_node, literal, literal_tooltip, one_line
from graphnet.draw.look.themes import LIGHT, Theme
from graphnet.draw.look.words import action_of, role_of
from graphnet.draw.scene.parts import Box, Frame
from graphnet.gmodule import gModule
from graphnet.recurrence import Recurrence

if TYPE_CHECKING:
    from graphnet.draw.look.marks import Marks
    from graphnet.draw.look.readings import Readings
    from graphnet.draw.scene.scene import Scene


def dot_source(
    scene: Scene,
    *,
    backward: bool,
    title: str | None,
    marks: Marks,
    readings: Readings | None = None,
    theme: Theme = LIGHT,
) -> str:
    """Return the DOT text of a scene.

    Parameters
    ----------
    scene : Scene
    backward : bool
        Arrows follow the gradients. They point up, so that every node keeps its place in the forward picture.
    title : str or None
    marks : Marks
        What is drawn in red.
    readings : Readings, optional
        The numbers that the boxes show.
    theme : Theme
    """
    import graphviz

    graph = graphviz.Digraph("net")
    legend = [] if readings is None else readings.legend()
    graph.attr(
        "graph",
        _attributes=theme.paint(
            style.GRAPH
            | structure.size_attributes(scene)
            | title_attributes(title, backward, [scene.root.moment, scene.remark], legend)
            | {"rankdir": "BT" if backward else "TB"}
        ),
    )
    graph.attr("node", _attributes=theme.paint(style.NODE))
    line = style.BACKWARD if backward else style.FORWARD
    graph.attr("edge", _attributes=theme.paint(style.EDGE | {"color": line}))
    _fill(graph, scene.root, 0, marks, readings, theme, backward)
    taken = Counter(arrow.head for arrow in scene.arrows)
    for arrow in scene.arrows:
        ends = (f"n{arrow.tail.box.number}", f"n{arrow.head.number}")
        attributes = arrow_attributes(arrow, taken[arrow.head], backward)
        if conflict := marks.on_wire(arrow):
            attributes |= style.FAILED_WIRE | {"label": literal(f" {conflict} ")}
        ordered = reversed(ends) if backward != structure.runs_back(arrow) else ends
        graph.edge(*ordered, _attributes=theme.paint(attributes))
    add_notes(graph, marks, scene.boxes, theme)
    structure.put_side_by_side(graph, scene, backward)
    text: str = graph.source
    return text


def title_attributes(
    title: str | None, backward: bool, remarks: list[str], legend: list[str] | None = None
) -> dict[str, str]:
    """Return the attributes of the whole picture that tell what it is."""
    shown = one_line(title or "", 100)
    lines = [f'<b><font point-size="15">{shown}</font></b>'] if shown else []
    lines += [f'<font point-size="11">{one_line(remark, 160)}</font>' for remark in remarks if remark]
    if backward:
        lines.append(f'<font point-size="11" color="{style.BACKWARD}">backward: arrows carry gradients</font>')
    lines += legend or []
    label = stacked([*lines, " "]) if lines else ""  # a free line below
    return {"label": label, "tooltip": literal_tooltip(title or ("backward" if backward else "forward"))}


def _fill(
    graph: Any, frame: Frame, depth: int, marks: Marks, readings: Readings | None, theme: Theme, backward: bool
) -> None:
    """Add the boxes of a frame and, inside it, the frames within."""
    structure.add_pegs(graph, frame, backward)
    for item in frame.content:
        if isinstance(item, Box):
            graph.node(f"n{item.number}", _attributes=box_attributes(item, marks, readings, theme))
            continue
        with graph.subgraph(name=f"cluster_{item.number}") as inner:
            inner.attr("graph", _attributes=frame_attributes(item, depth, marks, readings, theme))
            _fill(inner, item, depth + 1, marks, readings, theme, backward)


class Told(Protocol):
    """What boxes tell beside what they are, as :class:`Readings` do."""

    def lines(self, box: Box) -> list[str]:
        """Return lines of text in HTML."""

    def look(self, box: Box) -> dict[str, str]:
        """Return attributes, if it tells by these."""

    def tooltip(self, box: Box) -> str:
        """Return text for the tooltip, which begins with the end of a line."""


def box_attributes(box: Box, marks: Marks, readings: Told | None = None, theme: Theme = LIGHT) -> dict[str, str]:
    """Return the attributes of a box."""
    kind = style.kind_of(box)
    node = box.node
    shape = style.KINDS[kind] | theme.kinds.get(kind, {})
    attributes = dict(shape)
    own = {} if node is None else attributes_of(node)
    marked = marks.on(box)
    failed = any(not mark.outlined for mark, _ in marked)
    colored = {} if readings is None or failed else readings.look(box)
    faint = "" if "fontcolor" in own or marked or colored else f' color="{style.FAINT}"'
    name = structure.name_of(box)
    action = action_of(box)
    if box.role == "node":
        second = "" if kind == "input" and name else action.removesuffix("()")
    else:
        second = role_of(box)
    lines = []
    if shown := one_line(name, 34):  # Graphviz refuses tags around nothing
        lines.append(f'<b><font point-size="12">{shown}</font></b>')
    if shown := one_line(second, 44):
        size = "9.5" if lines or box.role != "node" else "11"
        lines.append(f'<font point-size="{size}"{faint if lines else ""}>{shown}</font>')
    if node is not None and (shown := one_line(node.description or "", 44)):
        lines.append(f'<font point-size="9.5"{faint}><i>{shown}</i></font>')
    lines += [f'<font point-size="9.5"{faint}>{fact}</font>' for fact in structure.facts_of(box)]
    for number in readings.lines(box) if readings is not None else []:
        lines.append(f'<font point-size="9.5">{number}</font>')
    attributes["label"] = stacked(lines + lines_of(marked))
    tooltip = describe_node(node, action) if node is not None else role_of(box)
    if box.entry is not None:
        tooltip += f"\n{box.entry.meaning}: {box.entry.detail}"
    if readings is not None:
        tooltip += readings.tooltip(box)
    attributes["tooltip"] = literal_tooltip(tooltip)
    attributes = theme.paint(attributes) | own
    if colored:  # whatever colours the user chose
        attributes |= {"style": shape.get("style", style.NODE["style"])} | colored
    if marked:
        messages = [mark.message for mark, _ in marked if mark.message]
        look = style.FAILED | theme.failed if failed else style.OUTLINED
        attributes |= theme.paint(look) | {"tooltip": literal_tooltip("\n\n".join([tooltip, *messages]))}
    return attributes


def stacked(lines: list[str]) -> str:
    """Return an HTML-like label of several lines; a table, since line breaks alone set them too tight."""
    if len(lines) < 2:
        return f"<{lines[0]}>" if lines else ""
    rows = "".join(f"<tr><td>{line}</td></tr>" for line in lines)
    return f'<<table border="0" cellborder="0" cellspacing="1" cellpadding="0">{rows}</table>>'


def frame_attributes(
    frame: Frame, depth: int, marks: Marks, readings: Readings | None = None, theme: Theme = LIGHT
) -> dict[str, str]:
    """Return the attributes of a frame within ``depth`` others."""
    if frame.node is None or frame.module is None:
        return theme.paint(structure.plain_frame(frame))
    label = frame.module.label()
    name = one_line(structure.name_of(frame), 40)
    lines = [f"<b>{name}</b>"] if name else []
    if not (name and isinstance(frame.module, gModule) and frame.module.name is None):  # what else it is, is seen
        shown = one_line(label.removesuffix("()"), 60) or " "
        lines.append(f'<font point-size="9.5" color="{style.FAINT}">{shown}</font>')
    if frame.moment:
        lines.append(f'<font point-size="9.5">{frame.moment}</font>')
    lines += [f"<b>{fact}</b>" for fact in structure.facts_of(frame)]
    lines += readings.lines_of_frame(frame) if readings is not None else []
    marked = marks.on(frame)
    lines += lines_of([(mark, itself) for mark, itself in marked if itself])
    attributes = style.FRAME | {
        "color": style.FRAME_LINE,
        "fillcolor": style.FRAME_FILLS[min(depth, len(style.FRAME_FILLS) - 1)],
        "label": f"<{'  '.join(lines)}>",
        "tooltip": literal_tooltip(describe_node(frame.node, label)),
    }
    if isinstance(frame.module, Recurrence):
        attributes |= style.FRAME_OF_LOOP
    attributes = theme.paint(attributes) | attributes_of(frame.node)
    return attributes | theme.paint(style.FAILED_FRAME) if marked else attributes
