"""Diagram: a scene as DOT text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from graphnet.draw.look import structure, style
from graphnet.draw.look.remarks import add_notes, lines_of
from graphnet.draw.look.text import attributes_of, cut, describe_node, literal, literal_tooltip, one_line
from graphnet.draw.look.themes import LIGHT, Theme
from graphnet.draw.scene.loop import input_names, output_names
from graphnet.draw.scene.parts import Arrow, Box, Frame, Port
from graphnet.gmodule import gModule
from graphnet.nesting import Nested, describe, leaves
from graphnet.recurrence import Recurrence
from graphnet.shapes import written

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
    _fill(graph, scene.root, 0, marks, readings, theme)
    taken = Counter(arrow.head for arrow in scene.arrows)
    for arrow in scene.arrows:
        ends = (f"n{arrow.tail.box.number}", f"n{arrow.head.number}")
        attributes = arrow_attributes(arrow, taken[arrow.head], backward)
        if conflict := marks.on_wire(arrow):
            attributes |= style.FAILED_WIRE | {"label": literal(f" {conflict} ")}
        ordered = reversed(ends) if backward != structure.runs_back(arrow) else ends
        graph.edge(*ordered, _attributes=theme.paint(attributes))
    add_notes(graph, marks, scene.boxes, theme)
    structure.put_side_by_side(graph, scene)
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


def _fill(graph: Any, frame: Frame, depth: int, marks: Marks, readings: Readings | None, theme: Theme) -> None:
    """Add the boxes of a frame and, inside it, the frames within."""
    structure.add_pegs(graph, frame)
    for item in frame.content:
        if isinstance(item, Box):
            graph.node(f"n{item.number}", _attributes=box_attributes(item, marks, readings, theme))
            continue
        with graph.subgraph(name=f"cluster_{item.number}") as inner:
            inner.attr("graph", _attributes=frame_attributes(item, depth, marks, readings, theme))
            _fill(inner, item, depth + 1, marks, readings, theme)


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
    action = _action(box)
    if box.role == "node":
        second = "" if kind == "input" and name else action.removesuffix("()")
    else:
        second = _role(box)
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
    tooltip = describe_node(node, action) if node is not None else _role(box)
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


def _action(box: Box) -> str:
    """Return what a box does, by the module that the graph has there; the node may know an older one."""
    if box.module is not None:
        return box.module.label()
    return box.node.action() if box.node is not None else box.role


def _role(box: Box) -> str:
    """Return what a box at the edge of a net or of a step is: ``output``, ``input 1``, ``input 0: sequence``."""
    place = box.role if box.index is None else f"{box.role} {box.index}"
    if box.entry is None:
        return box.note or place
    return box.entry.meaning if box.index is None else f"{place}: {box.entry.meaning}"


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


def arrow_attributes(arrow: Arrow, n_taken: int, backward: bool) -> dict[str, str]:
    """Return the attributes of an arrow to a box that takes ``n_taken`` values."""
    shape = _shape(arrow.value)
    strange = _strange(arrow.value)
    element = _element_name(arrow.tail)
    place = _place_name(arrow, n_taken) if n_taken > 1 else ""
    told = [describe_box(arrow.tail.box), describe_box(arrow.head)]
    told = [f"{box} {which}".strip() for box, which in zip(told, (element, place), strict=True)]
    attributes = structure.leaping(arrow, backward)
    if arrow.leap == "repeat":
        told[1] += " of the next one"
    if arrow.shift:
        told[1] += " of the next step" if arrow.shift > 0 else " of the step before"
    tooltip = literal_tooltip(
        (" ← " if backward else " → ").join(told) + (f": {shape} {strange}".rstrip() if shape else "")
    )
    attributes |= {"tooltip": tooltip, "labeltooltip": tooltip}
    shown = [element, place if style.order_matters(arrow.head.module) else ""]
    which = (" ← " if backward else " → ").join(cut(name, 20) for name in shown if name)
    time = _to_step(arrow, backward)
    # The shape of a state is seen below, where its input passes it on.
    flowing = strange if time else f"{cut(shape, 24)} {strange}".strip()
    label = ": ".join(filter(None, [time or arrow.tail.note, which, flowing]))
    if label and arrow.leap != "repeat":
        attributes["label"] = literal(f" {label} ")
    if time:
        attributes |= style.FEEDBACK | ({"color": style.BACKWARD, "fontcolor": style.BACKWARD} if backward else {})
    if strange:
        attributes |= {"color": style.RED, "fontcolor": style.RED}
    return attributes


def _shape(value: Nested) -> str:
    """Return the shape of a value, or of what is known of one that does not exist; nothing if that is all unknown."""
    parts = list(leaves(value))
    if all(part is None for part in parts):
        return ""
    return describe(value) if any(isinstance(part, np.ndarray) for part in parts) else written(value)


def _to_step(arrow: Arrow, backward: bool) -> str:
    """Return which step an arrow leads to, if to another than it comes from."""
    if not arrow.shift:
        return ""
    return f"t {'←' if backward else '→'} t{'+' if arrow.shift > 0 else '−'}1"


def _element_name(port: Port) -> str:
    """Return which element of the list that a box gives is meant: ``[1]``, or the name of a net's output."""
    module = port.box.module
    names: list[str | None] = []
    if isinstance(module, gModule):
        names = [node.name for node in module.graph().outputs]
    elif isinstance(module, Recurrence):
        names = output_names(module)
    return _name_at(port.element, names) or "".join(f"[{i}]" for i in port.element)


def _place_name(arrow: Arrow, n_taken: int) -> str:
    """Return which place of the list that a box takes is meant: ``1``, or the name of a net's input."""
    module = arrow.head.module
    names: list[str | None] = []
    if isinstance(module, gModule):
        names = [node.name for node in module.graph().inputs]
    elif isinstance(module, Recurrence):
        names = input_names(module, n_taken)
    return _name_at(arrow.place, names) or ".".join(map(str, arrow.place))


def _name_at(path: tuple[int, ...], names: list[str | None]) -> str | None:
    one = len(path) == 1 and len(names) > 1 and path[0] in range(-len(names), len(names))
    return names[path[0]] if one else None


def describe_box(box: Box) -> str:
    """Return a few words for a box, for the tooltips of arrows."""
    if box.role != "node" and box.node is None:
        return _role(box)
    name = box.node.name if box.node is not None else None
    return cut(name or _action(box), 60)


def _strange(value: Nested) -> str:
    """Return what is no number in a value: ``NaN``, ``inf``."""
    arrays = [a for a in leaves(value) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
    if any(np.isnan(a).any() for a in arrays):
        return "NaN"
    return "inf" if any(np.isinf(a).any() for a in arrays) else ""
