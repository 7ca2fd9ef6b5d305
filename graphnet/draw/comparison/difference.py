"""Difference: what two nets have in common and what only one of them has, in one picture and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphnet.draw.comparison.both import compared_source
from graphnet.draw.comparison.matching import Matching, is_changed, label_of, labels_of, wire_of
from graphnet.draw.look.themes import Theme, theme_of
from graphnet.draw.picture import Picture
from graphnet.draw.scene.expansion import Expansion
from graphnet.draw.scene.flow import Flow
from graphnet.draw.scene.parts import Arrow, Box, Drawing
from graphnet.draw.scene.scene import Scene
from graphnet.graph import Graph
from graphnet.module import Module
from graphnet.node import Node
from graphnet.recurrence import Recurrence

if TYPE_CHECKING:
    from graphnet.draw.scene.overview import Expand


class Difference(Picture):
    """The picture of two nets over each other; printed, the difference in words.

    Attributes
    ----------
    names : tuple of (str, str)
        What the nets are called.
    same : list of (Box, Box)
        The nodes that are the same in both.
    changed : list of (Box, Box)
        Those that both have, with another name, another module, or another argument of it.
    only : tuple of (list of Box, list of Box)
        The nodes that only the first has, and those that only the second has.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> difference = compare(nn.Sequential(nn.Linear(3, 2), nn.Tanh()), nn.Sequential(nn.Linear(3, 2), nn.ReLU()))
    >>> difference.is_none
    False
    """

    def __init__(self, first: Scene, second: Scene, names: tuple[str, str], title: str | None, theme: Theme) -> None:
        matching = Matching(first, second)
        self.names = names
        pairs = list(matching.boxes.items())
        self.changed = [pair for pair in pairs if is_changed(*pair)]
        self.same = [pair for pair in pairs if not is_changed(*pair)]
        matched = set(matching.boxes.values())
        self.only = (
            [box for box in first.boxes if box not in matching.boxes],
            [box for box in second.boxes if box not in matched],
        )
        super().__init__(compared_source(first, second, matching, names, title, theme))
        wires = [{_ends(arrow, matching.boxes) for arrow in scene.arrows} for scene in (first, second)]
        self._n_wires = len(wires[0] - wires[1]), len(wires[1] - wires[0])

    @property
    def is_none(self) -> bool:
        """Whether there is no difference."""
        return not (self.changed or any(self.only) or any(self._n_wires))

    def __str__(self) -> str:
        a, b = self.names
        if self.is_none:
            return f"{a} and {b} are the same: {_nodes(len(self.same))}"
        lines = [f"− {a}", f"+ {b}", f"  {_nodes(len(self.same))} the same"]
        for one, other in self.changed:
            name, label = (
                " → ".join(dict.fromkeys(filter(None, texts)))
                for texts in ((_name(one), _name(other)), labels_of(one, other))
            )
            lines.append(f"~ {name + ': ' if name else ''}{label}")
        for sign, boxes in zip("−+", self.only, strict=True):
            lines += [f"{sign} {_name(box) + ': ' if _name(box) else ''}{label_of(box, exact=False)}" for box in boxes]
        for sign, n in zip("−+", self._n_wires, strict=True):
            if n:
                lines.append(f"{sign} {n:,} arrow{'s' if n > 1 else ''}")
        return "\n".join(lines)


def compare(
    a: Module,
    b: Module,
    *,
    names: tuple[str, str] | None = None,
    contract: bool = False,
    expand: Expand = True,
    title: str | None = None,
    theme: str = "light",
) -> Difference:
    """Draw the difference of two nets: one picture of both, in which stands out what only one of them has.

    What both have is grey. What only the first has is orange, dashed and marked "−"; what only the second has is blue,
    bold and marked "+". Where a node calls another module, or one with other arguments, both are told.

    Parameters
    ----------
    a, b : Module
        Any two modules; of recurrences, the steps are compared.
    names : (str, str), optional
        What they are called in the legend; by default the modules' labels.
    contract, expand, title, theme
        As in :func:`graphnet.draw.draw`.

    Returns
    -------
    Difference
        A picture to show or to save; ``print`` tells the difference in words.

    Raises
    ------
    TypeError
        If one is no module.

    Notes
    -----
    Nodes are the same by their names, or if they call modules of one class between nodes that are the same. See
    :class:`graphnet.draw.comparison.matching.Matching`.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> print(compare(nn.rnn(3, 4), nn.rnn(3, 5), names=("small", "large")))
    − small
    + large
      5 nodes the same
    ~ i2h: Linear(3, 4) → Linear(3, 5)
    ~ h2h: Linear(4, 4) → Linear(5, 5)
    """
    for net in (a, b):
        if not isinstance(net, Module):
            raise TypeError(f"compare takes two modules, not {net!r}")
    look = theme_of(theme)
    labels = (a.label(), b.label())
    if labels[0] == labels[1]:
        labels = (f"{labels[0]}, the first", f"{labels[1]}, the second")
    first, second = (_scene(net, contract, expand) for net in (a, b))
    return Difference(first, second, labels if names is None else (str(names[0]), str(names[1])), title, look)


def _scene(net: Module, contract: bool, expand: Expand) -> Scene:
    graph: Graph | Drawing | Recurrence | None = net if isinstance(net, Recurrence) else net.graph()
    if graph is None:
        node = Node(net)
        graph = Drawing([node], [node], [node], {node: net})
    return Scene(graph, Flow(None, None, backward=False), contract=contract, expansion=Expansion(graph, expand, ()))


def _ends(arrow: Arrow, boxes: dict[Box, Box]) -> tuple[object, ...]:
    """Return an arrow's ends, as boxes of the second scene where they are matched."""
    tail, head = arrow.tail.box, arrow.head
    return (boxes.get(tail, tail), boxes.get(head, head), wire_of(arrow))


def _name(box: Box) -> str:
    name = box.node.name if box.node is not None else None
    return name or ""


def _nodes(n: int) -> str:
    return f"{n:,} node{'' if n == 1 else 's'}"
