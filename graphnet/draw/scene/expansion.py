"""Expansion: which of the graphs inside a net are shown, and what those hide that are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from graphnet.container import Container
from graphnet.draw.scene.parts import Drawing, Hidden, is_identity
from graphnet.edge import whole_number
from graphnet.graph import Graph
from graphnet.module import Module
from graphnet.node import Node
from graphnet.recurrence import Recurrence

# A node, its name or its path, or the module that it calls.
Key: TypeAlias = str | Node | Module
# Where a node stands: its place in the order of the drawing, behind those of what it stands in.
Place: TypeAlias = tuple[int, ...]


class Inner(NamedTuple):
    """A container or recurrence in a drawing."""

    place: Place
    path: str
    node: Node
    module: Module
    graph: Graph

    def is_called(self, key: Key) -> bool:
        """Tell whether the key stands for it."""
        if isinstance(key, str):
            return key in (self.node.name, self.path, getattr(self.module, "name", None))
        return key in (self.node, self.module)


class Expansion:
    """Which containers and recurrences are shown as frames; each other is one box.

    Parameters
    ----------
    net : Graph, Drawing or Recurrence
    expand : bool, int or keys
        All; none; those down to a depth; or those named, with what stands around them.
    collapse : keys
        What is one box whatever ``expand`` says.
    around : Module, optional
        The container whose drawing it is, in which the modules have places.

    Raises
    ------
    LookupError
        If a key stands for nothing that has an inside.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> graph = nn.Sequential(nn.Tanh(), nn.Sequential(nn.Tanh())).graph()
    >>> [Expansion(graph, expand).shows((2,)) for expand in (True, 0, "Sequential()")]
    [True, False, True]
    """

    def __init__(
        self,
        net: Graph | Drawing | Recurrence,
        expand: bool | int | Key | Iterable[Key] = True,
        collapse: Key | Iterable[Key] = (),
        around: Module | None = None,
    ) -> None:
        self.depth: int | None = None
        self.shown: frozenset[Place] | None = None
        if isinstance(expand, bool):
            self.depth = None if expand else 0
        elif isinstance(expand, int):
            self.depth = whole_number(expand, "draw's expand", 0)
        else:
            found = _places(net, _keys(expand), "expand", around)
            self.shown = frozenset(place[:n] for place in found for n in range(1, len(place) + 1))
        self.collapsed = frozenset(_places(net, _keys(collapse), "collapse", around))
        self._is_particular = bool(self.shown or self.collapsed)

    def shows(self, place: Place) -> bool:
        """Tell whether the inside of what stands at a place is shown."""
        if place in self.collapsed or (self.depth is not None and len(place) > self.depth):
            return False
        return self.shown is None or place in self.shown

    def beneath(self, place: Place) -> tuple[Place, ...]:
        """Return what is named of a place and of what stands there inside, in order, as seen from there."""
        named = [*sorted(self.shown or ()), *sorted(self.collapsed)] if self._is_particular else []
        return tuple(other[len(place) :] for other in named if other[: len(place)] == place)


def inside_of(module: Module | None) -> Graph | None:
    """Return the drawing inside a module, of a recurrence that of its step; None if there is nothing in it."""
    if module is None:
        return None
    graph = module.step.graph() if isinstance(module, Recurrence) else module.graph()
    return graph if graph is not None and graph.modules else None


def what_is_hidden(module: Module) -> Hidden | None:
    """Return how many nodes compute something inside a module, and how many parameters it has."""
    graph = inside_of(module)
    if graph is None:
        return None
    return Hidden(count_nodes(graph), sum(parameter.size for parameter in module.parameters()))


def count_nodes(graph: Graph | Drawing) -> int:
    """Return how many nodes compute something in a drawing and in all that is inside it."""
    n_nodes = 0
    pending = [graph]
    while pending:
        for module in pending.pop().modules.values():
            if (inner := inside_of(module)) is not None:
                pending.append(inner)
            else:
                n_nodes += not is_identity(module)
    return n_nodes


def inner_graphs(net: Graph | Drawing | Recurrence, around: Module | None = None) -> Iterator[Inner]:
    """Yield all containers and recurrences in a drawing, each before those inside it."""
    start = net.step.graph() if isinstance(net, Recurrence) else net
    pending: list[tuple[Place, str, Graph | Drawing, Module | None]] = [((), "", start, around)]
    while pending:
        place, path, graph, around = pending.pop()
        inside = []
        for i, node in enumerate(graph.order):
            module = graph.modules.get(node)
            if module is None or (inner := inside_of(module)) is None:
                continue
            label = node.name or module.label()
            siblings = list(around.modules) if isinstance(around, Container) and node.place is None else []
            if module in siblings:
                label = f"[{siblings.index(module)}] {label}"
            found = Inner((*place, i), path + label, node, module, inner)
            yield found
            inside.append((found.place, f"{found.path}/", inner, module))
        pending.extend(reversed(inside))


def _keys(given: Key | Iterable[Key]) -> list[Key]:
    keys = [given] if isinstance(given, (str, Node, Module)) or not isinstance(given, Iterable) else list(given)
    for key in keys:
        if not isinstance(key, (str, Node, Module)):
            raise TypeError(f"what to expand or collapse is given by name, path, node or module, not by {key!r}")
    return keys


def _places(net: Graph | Drawing | Recurrence, keys: list[Key], argument: str, around: Module | None) -> list[Place]:
    """Return where all those stand that the keys name."""
    if not keys:
        return []
    inside = list(inner_graphs(net, around))
    places = []
    for key in keys:
        found = [inner.place for inner in inside if inner.is_called(key)]
        if not found:
            paths = "; ".join(dict.fromkeys(inner.path for inner in inside)) or "nothing"
            wanted = repr(key) if isinstance(key, str) else str(key)
            raise LookupError(f"{argument}: nothing that has an inside is {wanted}; what has one: {paths}")
        places += found
    return places
