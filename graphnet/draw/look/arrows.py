"""Arrows: how they look, and what they are called at their ends."""

from __future__ import annotations

import numpy as np

from graphnet.draw.look import structure, style
from graphnet.draw.look.text import cut, literal, literal_tooltip
from graphnet.draw.look.words import describe_box
from graphnet.draw.scene.loop import input_names, output_names
from graphnet.draw.scene.parts import Arrow, Port
from graphnet.gmodule import gModule
from graphnet.nesting import Nested, describe, leaves
from graphnet.recurrence import Recurrence
from graphnet.shapes import written


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


def _strange(value: Nested) -> str:
    """Return what is no number in a value: ``NaN``, ``inf``."""
    arrays = [a for a in leaves(value) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
    if any(np.isnan(a).any() for a in arrays):
        return "NaN"
    return "inf" if any(np.isinf(a).any() for a in arrays) else ""
