"""Remarks: what a picture says of its marks: lines below a node's name, and notes beside nodes on what would fit."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

from graphnet.draw.look import style
from graphnet.draw.look.text import literal, one_line

if TYPE_CHECKING:
    from graphnet.draw.look.marks import Mark, Marks
    from graphnet.draw.look.themes import Theme
    from graphnet.draw.scene.parts import Box

# A box that has more marks tells only their number.
MOST_TOLD = 4


def lines_of(marked: list[tuple[Mark, bool]]) -> list[str]:
    """Return the lines of an HTML-like label for marks, each given with whether it is on the box itself or inside."""
    told = [mark.label if itself else f"{mark.name()}: {mark.label}" for mark, itself in marked if mark.label]
    if len(told) > MOST_TOLD:
        told[MOST_TOLD - 1 :] = [f"and {len(told) - MOST_TOLD + 1} more"]
    lines = [line for text in told for line in textwrap.wrap(text, 40, max_lines=3, placeholder=" …")]
    return [f'<font point-size="9.5" color="{style.RED_TEXT}">{one_line(line, 44)}</font>' for line in lines]


def add_notes(graph: Any, marks: Marks, boxes: list[Box], theme: Theme) -> None:
    """Add a note beside each node for which is known what would fit."""
    for i, (box, note) in enumerate(marks.notes(boxes)):
        whole = re.sub(r", (?=[^()]*\))", ",\u00a0", note)  # no line ends inside of round brackets
        graph.node(f"note{i}", _attributes=theme.paint(style.NOTE) | {"label": literal(textwrap.fill(whole, 36))})
        graph.edge(f"note{i}", f"n{box.number}", _attributes=theme.paint(style.NOTE_LINE))
