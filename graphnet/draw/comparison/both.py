"""Comparison: two matched scenes as the DOT text of one picture."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from graphnet.draw.comparison.matching import Matching, is_changed, labels_of, wire_of
from graphnet.draw.look import style
from graphnet.draw.look.arrows import arrow_attributes
from graphnet.draw.look.diagram import box_attributes, frame_attributes, title_attributes
from graphnet.draw.look.marks import Marks
from graphnet.draw.look.structure import runs_back
from graphnet.draw.look.text import one_line
from graphnet.draw.scene.parts import Arrow, Box, Frame

if TYPE_CHECKING:
    from graphnet.draw.look.themes import Theme
    from graphnet.draw.scene.scene import Scene

_SIGNS = ("−", "+")


def compared_source(
    first: Scene, second: Scene, matching: Matching, names: tuple[str, str], title: str | None, theme: Theme
) -> str:
    """Return the DOT text of two scenes over each other."""
    import graphviz

    graph = graphviz.Digraph("net")
    graph.attr("graph", _attributes=theme.paint(style.GRAPH | title_attributes(title, False, [])))
    graph.attr("node", _attributes=theme.paint(style.NODE))
    graph.attr("edge", _attributes=theme.paint(style.EDGE | {"color": style.FORWARD}))
    both = _Both(graph, first, second, matching, theme)
    both.fill(first.root, second.root, 0)
    both.add_arrows()
    _add_legend(graph, both.kinds, names, theme)
    text: str = graph.source
    return text


class _Both:
    """Two scenes while they are drawn over each other."""

    def __init__(self, graph: Any, first: Scene, second: Scene, matching: Matching, theme: Theme) -> None:
        self.graph = graph
        self.theme = theme
        self.scenes = (first, second)
        self.matching = matching
        self.back = {other: one for one, other in matching.boxes.items()}
        self.back_frames = {other: one for one, other in matching.frames.items()}
        self.marks = Marks(None, None)
        self.ids: dict[Box, str] = {}
        self.kinds: set[str] = set()  # those of the legend that there are

    def fill(self, first: Frame | None, second: Frame | None, depth: int, graph: Any = None) -> None:
        """Add what is in two matched frames, or in one that only one scene has."""
        graph = self.graph if graph is None else graph
        for which, frame in enumerate((first, second)):
            for item in frame.content if frame is not None else []:
                if isinstance(item, Box):
                    self._add_box(graph, item, which)
                elif which == 0:
                    self._add_frame(graph, item, self.matching.frames.get(item), depth)
                elif item not in self.back_frames:
                    self._add_frame(graph, None, item, depth)

    def _add_frame(self, graph: Any, first: Frame | None, second: Frame | None, depth: int) -> None:
        shown = first if first is not None else second
        assert shown is not None
        which = 0 if second is None else 1
        with graph.subgraph(name=f"cluster_{'ab'[first is None]}{shown.number}") as inner:
            attributes = frame_attributes(shown, depth, self.marks, theme=self.theme)
            if first is None or second is None:
                self.kinds.add("ab"[which])
                look = self.theme.paint(style.ONLY_IN[which] | {"fillcolor": "#ffffff"})
                attributes |= look | {"label": self._signed(shown, attributes, which)}
            inner.attr("graph", _attributes=attributes)
            self.fill(first, second, depth + 1, inner)

    def _add_box(self, graph: Any, box: Box, which: int) -> None:
        if which == 1 and box in self.back:
            self.ids[box] = self.ids[self.back[box]]
            return
        self.ids[box] = f"{'ab'[which]}{box.number}"
        attributes = box_attributes(box, self.marks, theme=self.theme)
        other = self.matching.boxes.get(box) if which == 0 else None
        if other is None:
            self.kinds.add("ab"[which])
            look = self.theme.paint(style.ONLY_IN[which])
            attributes |= look | {"label": self._signed(box, attributes, which)}
        elif not is_changed(box, other):
            self.kinds.add("both")
            attributes |= self.theme.paint(style.IN_BOTH)
        else:
            self.kinds.add("changed")
            attributes |= self.theme.paint(style.CHANGED | {"label": _changed(box, other)})
        graph.node(self.ids[box], _attributes=attributes)

    def add_arrows(self) -> None:
        """Add the arrows of both scenes, those that both have once."""
        found: dict[tuple[object, ...], tuple[Arrow, set[int]]] = {}
        for which, scene in enumerate(self.scenes):
            for arrow in scene.arrows:
                key = (self.ids[arrow.tail.box], self.ids[arrow.head], wire_of(arrow))
                found.setdefault(key, (arrow, set()))[1].add(which)
        taken = [Counter(arrow.head for arrow in scene.arrows) for scene in self.scenes]
        for (tail, head, _), (arrow, where) in found.items():
            attributes = arrow_attributes(arrow, taken[min(where)][arrow.head], False)
            if len(where) == 1:
                self.kinds.add("ab"[min(where)])
                attributes |= style.WIRE_ONLY_IN[min(where)]
            ends = (head, tail) if runs_back(arrow) else (tail, head)
            self.graph.edge(*ends, _attributes=self.theme.paint(attributes))

    def _signed(self, item: Box | Frame, attributes: dict[str, str], which: int) -> str:
        """Return an item's label with the sign of the net that alone has it."""
        color = self.theme.color(style.ONLY_IN[which]["color"])
        sign = f'<font point-size="14" color="{color}"><b>{_SIGNS[which]}</b></font>'
        chosen = None if item.node is None else item.node.graph_attributes.get("label")
        inside = attributes["label"][1:-1] if chosen is None else one_line(chosen, 60)
        if inside.startswith("<table"):
            row = f"<tr><td>{sign}</td></tr>"
            return f"<{inside.replace('<tr>', row + '<tr>', 1)}>"
        return f"<{sign} {inside}>"


def _changed(box: Box, other: Box) -> str:
    """Return the label of a node that calls something else in the second net."""
    names = list(dict.fromkeys(item.node.name for item in (box, other) if item.node is not None and item.node.name))
    lines = [f'<b><font point-size="12">{one_line(" → ".join(names), 40)}</font></b>'] if names else []
    texts = [one_line(label.removesuffix("()"), 44) for label in labels_of(box, other)]
    if texts[0] == texts[1]:
        return f"<{lines[0]}<br/>{texts[0]}>"
    colors = [style.ONLY_IN[which]["color"] for which in (0, 1)]
    lines += [
        f'<font point-size="10" color="{color}">{sign} {text}</font>'
        for sign, text, color in zip(_SIGNS, texts, colors, strict=True)
    ]
    rows = "".join(f"<tr><td>{line}</td></tr>" for line in lines)
    return f'<<table border="0" cellborder="0" cellspacing="1" cellpadding="0">{rows}</table>>'


def _add_legend(graph: Any, kinds: set[str], names: tuple[str, str], theme: Theme) -> None:
    with graph.subgraph(name="cluster_legend") as legend:
        legend.attr("graph", _attributes=theme.paint(style.LEGEND))
        known = [
            ("both", "in both", style.IN_BOTH),
            ("a", f"− only in {names[0]}", style.ONLY_IN[0]),
            ("b", f"+ only in {names[1]}", style.ONLY_IN[1]),
            ("changed", "in both, changed", style.CHANGED),
        ]
        entries = [entry for entry in known if entry[0] in kinds]
        for key, text, look in entries:
            legend.node(
                f"legend_{key}", _attributes=theme.paint(look) | {"label": f"<{one_line(text, 60)}>", "tooltip": " "}
            )
        # Under each other: side by side they would make narrow pictures wide.
        for (above, *_), (below, *_) in pairwise(entries):
            legend.edge(f"legend_{above}", f"legend_{below}", style="invis")
