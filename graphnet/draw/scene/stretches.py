"""Stretches: a graph of too many nodes for any picture, as boxes for many nodes that follow one another."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from graphnet.draw.scene.parts import Arrow, Box, Port

if TYPE_CHECKING:
    from graphnet.draw.scene.scene import Scene

# So many kinds of modules are named of a stretch.
MOST_KINDS = 3


def gather_in_stretches(scene: Scene, most: int) -> None:
    """Put boxes that follow one another in the order of running together, until there are no more than ``most``.

    In that order every box follows what it takes, so the stretches, too, follow what they take. Inputs and outputs stay
    as they are, if they are few.
    """
    ends = [box for box in scene.boxes if box.role != "node"]
    kept = set(ends) if len(ends) < most // 2 else set()
    inside = [box for box in scene.boxes if box not in kept]
    size = -(-len(inside) // (most - len(kept)))
    stands_for = {box: box for box in kept}
    boxes = [box for box in scene.boxes if box in kept]
    for start in range(0, len(inside), size):
        members = inside[start : start + size]
        box = Box(members[0].number, "stretch", None, None, scene.root, note=_told(members))
        boxes.append(box)
        stands_for.update(dict.fromkeys(members, box))
    for box in boxes:
        box.frame = scene.root
    arrows: dict[tuple[Box, Box], Arrow] = {}
    for arrow in scene.arrows:
        tail, head = stands_for[arrow.tail.box], stands_for[arrow.head]
        if tail is not head:
            arrows.setdefault((tail, head), Arrow(Port(tail), head, (), None))
    scene.boxes = sorted(boxes, key=lambda box: box.number)
    scene.arrows = list(arrows.values())
    scene.root.content = list(scene.boxes)


def _told(members: list[Box]) -> str:
    """Return how many boxes these are, and of which modules most: ``120 nodes: 60 Linear, 60 Tanh``."""
    kinds = Counter(type(box.module).__name__ if box.module is not None else "list" for box in members)
    named = [f"{n:,} {kind}" for kind, n in kinds.most_common(MOST_KINDS)]
    return f"{len(members):,} nodes: {', '.join(named)}{', …' if len(kinds) > MOST_KINDS else ''}"
