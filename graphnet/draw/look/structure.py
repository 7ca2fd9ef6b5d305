"""Structure: how a picture tells of steps, of parts that repeat, of what is hidden, and of what is beside what."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from graphnet.draw.look import style
from graphnet.draw.look.text import cut, literal_tooltip, one_line
from graphnet.draw.scene.parts import Box, Frame

if TYPE_CHECKING:
    from graphnet.draw.scene.parts import Arrow, Hidden
    from graphnet.draw.scene.scene import Scene


def name_of(item: Box | Frame) -> str:
    """Return the name of a node, of several that are shown once the first and the last: ``h[0] … h[11]``."""
    name = item.node.name if item.node is not None else None
    if name and item.last is not None and item.last.name:
        return f"{cut(name, 15)} … {cut(item.last.name, 15)}"
    return name or ""


def facts_of(item: Box | Frame) -> list[str]:
    """Return what else is told of a box or frame: how often it stands there, and how much it hides."""
    facts = []
    if item.repeats > 1:
        facts.append(f"× {item.repeats:,}")
    hides: Hidden | None = getattr(item, "hides", None)
    if hides is not None:
        facts.append(told(hides))
    return facts


def told(hides: Hidden) -> str:
    """Return how much is hidden, in words: ``17 nodes, 1,024 parameters``."""
    nodes = f"{hides.n_nodes:,} node{'' if hides.n_nodes == 1 else 's'}"
    if not hides.n_parameters:
        return nodes
    return f"{nodes}, {hides.n_parameters:,} parameter{'' if hides.n_parameters == 1 else 's'}"


def plain_frame(frame: Frame) -> dict[str, str]:
    """Return the attributes of a frame that is no container's: of a step, or of several nodes that repeat."""
    if frame.t is not None:
        return style.FRAME | style.FRAME_OF_STEP | _label(frame.moment)
    return style.FRAME | style.FRAME_OF_REPEAT | _label(facts_of(frame)[0])


def _label(text: str) -> dict[str, str]:
    return {"label": f"<<b>{one_line(text, 60)}</b>>", "tooltip": literal_tooltip(text)}


def leaping(arrow: Arrow, backward: bool) -> dict[str, str]:
    """Return what differs about an arrow between steps, or from one repetition to the next."""
    if arrow.leap == "repeat":
        return style.NEXT_REPETITION | {"label": "to the next "}
    if arrow.leap == "step":
        return style.NEXT_STEP | ({"color": style.BACKWARD, "fontcolor": style.BACKWARD} if backward else {})
    return {}


def runs_back(arrow: Arrow) -> bool:
    """Tell whether an arrow leads back in its frame, to a later step or repetition that is shown as the same."""
    return bool(arrow.shift or arrow.leap)


def add_pegs(graph: Any, frame: Frame, backward: bool) -> None:
    """Add what cannot be seen above the steps in a frame: a row of points from left to right, from which they hang."""
    steps = [item for item in frame.content if _is_step(item)]
    if len(steps) < 2:
        return
    with graph.subgraph() as row:
        row.attr(rank="same")
        for step in steps:
            row.node(_peg(step), _attributes=style.PEG)
        for left, right in pairwise(steps):
            row.edge(_peg(left), _peg(right), _attributes=style.UNSEEN)
    for step in steps:
        if isinstance(step, Box):
            _hang(graph, step, step, backward)


def _hang(graph: Any, step: Box | Frame, box: Box, backward: bool) -> None:
    ends = (_peg(step), f"n{box.number}")
    graph.edge(*(reversed(ends) if backward else ends), _attributes=style.UNSEEN)


def _is_step(item: Box | Frame) -> bool:
    return item.role == "gap" if isinstance(item, Box) else item.t is not None


def _peg(step: Box | Frame) -> str:
    return f"peg{'_gap' if isinstance(step, Box) else ''}{step.number}"


def put_side_by_side(graph: Any, scene: Scene, backward: bool) -> None:
    """Let unrolled steps stand in the order of time from left to right, and equal nodes of them at one height."""
    for frames in scene.unrolled:
        for step in frames:
            has_peg = step.parent is not None and sum(map(_is_step, step.parent.content)) > 1
            for box in step.content if has_peg else []:
                if isinstance(box, Box) and box.role == "input":
                    _hang(graph, step, box, backward)
        for left, right in pairwise(frames):
            for one, other in zip(boxes_in(left), boxes_in(right), strict=False):
                graph.edge(f"n{one.number}", f"n{other.number}", _attributes=style.UNSEEN | {"minlen": "0"})


def boxes_in(frame: Frame) -> Iterator[Box]:
    """Yield the boxes in a frame and in the frames inside it."""
    pending: list[Box | Frame] = [frame]
    while pending:
        item = pending.pop()
        if isinstance(item, Frame):
            pending.extend(reversed(item.content))
        else:
            yield item


def size_attributes(scene: Scene) -> dict[str, str]:
    """Return how Graphviz is to lay out a picture: a large one in fewer rounds of improvement, with straight lines.

    Its time goes with the ranks that the arrows span.
    """
    rank: dict[Box, int] = {}
    spanned = 0
    for arrow in scene.arrows:  # those to a box stand before those from it
        if not runs_back(arrow):
            rank[arrow.head] = max(rank.get(arrow.head, 0), rank.get(arrow.tail.box, 0) + 1)
    for arrow in scene.arrows:
        spanned += abs(rank.get(arrow.head, 0) - rank.get(arrow.tail.box, 0))
    if spanned > style.VERY_MANY_RANKS_SPANNED:
        return style.VERY_LARGE
    return style.LARGE if spanned > style.MANY_RANKS_SPANNED else {}
