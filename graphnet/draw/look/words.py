"""Words: what boxes are called."""

from __future__ import annotations

from graphnet.draw.look.text import cut
from graphnet.draw.scene.parts import Box


def action_of(box: Box) -> str:
    """Return what a box does, by the module that the graph has there; the node may know an older one."""
    if box.module is not None:
        return box.module.label()
    return box.node.action() if box.node is not None else box.role


def role_of(box: Box) -> str:
    """Return what a box at the edge of a net or of a step is: ``output``, ``input 1``, ``input 0: sequence``."""
    place = box.role if box.index is None else f"{box.role} {box.index}"
    if box.entry is None:
        return box.note or place
    return box.entry.meaning if box.index is None else f"{place}: {box.entry.meaning}"


def describe_box(box: Box) -> str:
    """Return a few words for a box, for the tooltips of arrows."""
    if box.role != "node" and box.node is None:
        return role_of(box)
    name = box.node.name if box.node is not None else None
    return cut(name or action_of(box), 60)
