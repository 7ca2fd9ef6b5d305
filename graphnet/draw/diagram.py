"""Diagram: a scene as DOT text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from graphnet.draw import style
from graphnet.draw.scene import Arrow, Box, Frame, Port, Scene
from graphnet.draw.text import attributes_of, cut, describe_node, literal, literal_tooltip, one_line
from graphnet.gmodule import gModule
from graphnet.nesting import Nested, describe, leaves

if TYPE_CHECKING:
    from graphnet.draw.failure import Failure
    from graphnet.node import Node


def dot_source(scene: Scene, *, backward: bool, title: str | None, failure: Failure) -> str:
    """Return the DOT text of a scene.

    Parameters
    ----------
    scene : Scene
    backward : bool
        Arrows follow the gradients. They point up, so that every node keeps its place in the forward picture.
    title : str or None
    failure : Failure
        What is drawn in red.
    """
    import graphviz

    graph = graphviz.Digraph("net")
    graph.attr("graph", _attributes=style.GRAPH | _title(title, backward) | {"rankdir": "BT" if backward else "TB"})
    graph.attr("node", _attributes=style.NODE)
    line = style.BACKWARD if backward else style.FORWARD
    graph.attr("edge", _attributes=style.EDGE | {"color": line})
    _fill(graph, scene.root, 0, failure)
    taken = Counter(arrow.head for arrow in scene.arrows)
    for arrow in scene.arrows:
        ends = (f"n{arrow.tail.box.number}", f"n{arrow.head.number}")
        attributes = _arrow(arrow, taken[arrow.head], backward)
        graph.edge(*(reversed(ends) if backward else ends), _attributes=attributes)
    text: str = graph.source
    return text


def _title(title: str | None, backward: bool) -> dict[str, str]:
    shown = one_line(title or "", 100)
    lines = [f'<b><font point-size="15">{shown}</font></b>'] if shown else []
    if backward:
        lines.append(f'<font point-size="11" color="{style.BACKWARD}">backward: arrows carry gradients</font>')
    label = _stacked([*lines, " "]) if lines else ""  # a free line below
    return {"label": label, "tooltip": literal_tooltip(title or ("backward" if backward else "forward"))}


def _fill(graph: Any, frame: Frame, depth: int, failure: Failure) -> None:
    """Add the boxes of a frame and, inside it, the frames within."""
    for item in frame.content:
        if isinstance(item, Box):
            graph.node(f"n{item.number}", _attributes=_box(item, failure))
            continue
        with graph.subgraph(name=f"cluster_{item.number}") as inner:
            inner.attr("graph", _attributes=_frame(item, depth, failure))
            _fill(inner, item, depth + 1, failure)


def _box(box: Box, failure: Failure) -> dict[str, str]:
    kind = style.kind_of(box)
    node = box.node
    attributes = dict(style.KINDS[kind])
    count = "" if box.index is None else f" {box.index}"
    own = {} if node is None else attributes_of(node)
    faint = "" if "fontcolor" in own else f' color="{style.FAINT}"'
    name = node.name if node is not None else None
    action = _action(box)
    if box.role == "node":
        second = "" if kind == "input" and name else action.removesuffix("()")
    else:
        second = f"{box.role}{count}"
    lines = []
    if shown := one_line(name or "", 32):  # Graphviz refuses tags around nothing
        lines.append(f'<b><font point-size="12">{shown}</font></b>')
    if shown := one_line(second, 44):
        size = "9.5" if lines or box.role != "node" else "11"
        lines.append(f'<font point-size="{size}"{faint if lines else ""}>{shown}</font>')
    if node is not None and (shown := one_line(node.description or "", 44)):
        lines.append(f'<font point-size="9.5"{faint}><i>{shown}</i></font>')
    attributes["label"] = _stacked(lines)
    tooltip = describe_node(node, action) if node is not None else f"{box.role}{count}"
    attributes["tooltip"] = literal_tooltip(tooltip)
    attributes |= own
    if failure.marks(box):  # whatever colours the user chose
        attributes |= style.FAILED | {"tooltip": literal_tooltip(tooltip + failure.message)}
    return attributes


def _stacked(lines: list[str]) -> str:
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


def _frame(frame: Frame, depth: int, failure: Failure) -> dict[str, str]:
    assert frame.node is not None
    assert frame.module is not None
    label = frame.module.label()
    name = one_line(frame.node.name or "", 40)
    lines = [f"<b>{name}</b>"] if name else []
    if not (name and isinstance(frame.module, gModule) and frame.module.name is None):  # what else it is, is seen
        shown = one_line(label.removesuffix("()"), 60) or " "
        lines.append(f'<font point-size="9.5" color="{style.FAINT}">{shown}</font>')
    attributes = style.FRAME | {
        "color": style.FRAME_LINE,
        "fillcolor": style.FRAME_FILLS[min(depth, len(style.FRAME_FILLS) - 1)],
        "label": f"<{'  '.join(lines)}>",
        "tooltip": literal_tooltip(describe_node(frame.node, label)),
    }
    attributes |= attributes_of(frame.node)
    return attributes | style.FAILED_FRAME if failure.marks(frame) else attributes


def _arrow(arrow: Arrow, n_taken: int, backward: bool) -> dict[str, str]:
    shape = "" if arrow.value is None else describe(arrow.value)
    strange = _strange(arrow.value)
    element = _element_name(arrow.tail)
    place = _place_name(arrow) if n_taken > 1 else ""
    told = [describe_box(arrow.tail.box), describe_box(arrow.head)]
    told = [f"{box} {which}".strip() for box, which in zip(told, (element, place), strict=True)]
    tooltip = literal_tooltip(
        (" ← " if backward else " → ").join(told) + (f": {shape} {strange}".rstrip() if shape else "")
    )
    attributes = {"tooltip": tooltip, "labeltooltip": tooltip}
    shown = [element, place if style.order_matters(arrow.head.module) else ""]
    which = (" ← " if backward else " → ").join(cut(name, 20) for name in shown if name)
    label = ": ".join(filter(None, [which, f"{cut(shape, 24)} {strange}".strip()]))
    if label:
        attributes["label"] = literal(f" {label} ")
    if strange:
        attributes |= {"color": style.RED, "fontcolor": style.RED}
    return attributes


def _element_name(port: Port) -> str:
    """Return which element of the list that a box gives is meant: ``[1]``, or the name of a gModule's output."""
    return _name_in(port.box, port.element, "outputs") or "".join(f"[{i}]" for i in port.element)


def _place_name(arrow: Arrow) -> str:
    """Return which place of the list that a box takes is meant: ``1``, or the name of a gModule's input."""
    return _name_in(arrow.head, arrow.place, "inputs") or ".".join(map(str, arrow.place))


def _name_in(box: Box, path: tuple[int, ...], side: str) -> str | None:
    if not isinstance(box.module, gModule) or len(path) != 1:
        return None
    nodes: list[Node] = getattr(box.module.graph(), side)
    return nodes[path[0]].name if len(nodes) > 1 and path[0] in range(-len(nodes), len(nodes)) else None


def describe_box(box: Box) -> str:
    """Return a few words for a box, for the tooltips of arrows."""
    if box.role != "node" and box.node is None:
        return box.role if box.index is None else f"{box.role} {box.index}"
    name = box.node.name if box.node is not None else None
    return cut(name or _action(box), 60)


def _strange(value: Nested) -> str:
    """Return what is no number in a value: ``NaN``, ``inf``."""
    arrays = [a for a in leaves(value) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
    if any(np.isnan(a).any() for a in arrays):
        return "NaN"
    return "inf" if any(np.isinf(a).any() for a in arrays) else ""
