"""Node: one call in a drawing: what was called, with which nodes, and where that was written."""

from __future__ import annotations

import operator
import sys
from collections.abc import Iterator
from pathlib import PurePath
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple, SupportsIndex

from graphnet.nesting import Nested, describe, leaves, map_nested

if TYPE_CHECKING:
    from graphnet.module import Module


class Place(NamedTuple):
    """The file and line where a node was written; of a notebook, only the line of its cell."""

    file: str
    line: int

    def in_notebook(self) -> bool:
        """Tell whether it is a notebook's cell, whose file holds the number of the process."""
        return PurePath(self.file).parent.name.startswith("ipykernel_")

    def __str__(self) -> str:
        return f"notebook cell:{self.line}" if self.in_notebook() else f"{self.file}:{self.line}"


class Node:
    """A call event: a module, its inputs and the place where the call was written.

    A node is not a module, since one module may be called several times, and it holds no values: those are on the tape
    of a run. Four kinds exist: a call of a module; an input (``module()``); an element of a list (``node[i]``,
    ``split``); and a list of nodes (``nest``).

    Attributes
    ----------
    module : Module or None
        What is called; None for elements, lists and the inputs of a container's own drawing.
    inputs : Node, (nested) list of Node, or None
        What it is called with; None for an input of the drawing.
    index : int or None
        For an element: its place in the list.
    siblings : int or None
        For an output of ``split(n)``: n.
    name, description, graph_attributes
        What ``annotate`` gave.
    place : Place or None
        The file and line of the call.
    consumers : list of Node
        The calls that take this node.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> x = nn.Identity()()
    >>> y = x >> nn.Linear(3, 2) >> nn.Tanh()
    >>> y.action(), y.inputs.action(), y.inputs.inputs is x
    ('Tanh()', 'Linear(3, 2)', True)
    """

    __array_ufunc__ = None  # so that NumPy makes no array of nodes of `array - node`
    __slots__ = (
        "__weakref__",
        "consumers",
        "description",
        "graph_attributes",
        "index",
        "inputs",
        "module",
        "name",
        "place",
        "siblings",
    )

    def __init__(
        self,
        module: Module | None,
        inputs: Nested = None,
        *,
        index: int | None = None,
        siblings: int | None = None,
        place: Place | None = None,
    ) -> None:
        self.module = module
        self.inputs = inputs
        self.index = index
        self.siblings = siblings
        self.place = place
        self.name: str | None = None
        self.description: str | None = None
        self.graph_attributes: dict[str, str] = {}
        self.consumers: list[Node] = []
        for source in self.sources():
            source.consumers.append(self)

    def sources(self) -> list[Node]:
        """Return the nodes this one takes, in order; a node taken twice stands there twice."""
        return [] if self.inputs is None else list(leaves(self.inputs))

    def split(self, n: int) -> tuple[Node, ...]:
        """Return ``n`` nodes, one for each element of this node's list.

        Every one of them must be used, and the list must have exactly ``n`` elements when the net runs. An array is
        never split: SplitTable makes a list of it.

        Examples
        --------
        >>> from graphnet import modules as nn
        >>> first, second = nn.Identity()().split(2)
        """
        if not isinstance(n, SupportsIndex) or operator.index(n) < 1:
            raise ValueError(f"split({n!r}) of {self}: the number of outputs must be an integer of at least 1")
        place = caller_place()
        n = operator.index(n)
        return tuple(Node(None, self, index=i, siblings=n, place=place) for i in range(n))

    def annotate(
        self,
        name: str | None = None,
        description: str | None = None,
        graph_attributes: dict[str, str] | None = None,
    ) -> Node:
        """Give the node a name, a description and Graphviz attributes (``color``, ``style``, ...); return the node."""
        if name is not None:
            self.name = str(name)
        if description is not None:
            self.description = description
        self.graph_attributes.update({str(key): str(value) for key, value in (graph_attributes or {}).items()})
        return self

    def __getitem__(self, index: int) -> Node:
        if not isinstance(index, SupportsIndex):
            raise TypeError(f"{self}[{index!r}]: an element of a node is taken with one integer, as in node[0]")
        return Node(None, self, index=operator.index(index), place=caller_place())

    def __iter__(self) -> Iterator[Node]:
        raise TypeError(f"{self} does not know how many elements its list will have; unpack node.split(n) instead")

    def __deepcopy__(self, memo: Any) -> Node:
        return self  # it holds no values, so copies of nets and graphs share it

    def __rshift__(self, module: Module) -> Node:
        return call_with(module, self)

    def __sub__(self, module: Module) -> Node:
        return call_with(module, self)

    def label(self) -> str:
        """Return the node's name, or else what it calls."""
        return self.name or self.action()

    def known_as(self) -> str | None:
        """Return the node's name, or that of a variable which holds it now; for messages."""
        return self.name or _variable_of(self)

    def action(self) -> str:
        """Return what the node does: ``Linear(3, 8)``, ``split(2)[0]``, ``[1]``, ``nest``, ``input``."""
        if self.module is not None:
            return self.module.label()
        if self.index is not None:
            return f"split({self.siblings})[{self.index}]" if self.siblings else f"[{self.index}]"
        return "input" if self.inputs is None else "nest"

    def __repr__(self) -> str:
        return f"Node({self})"

    def __str__(self) -> str:
        name = self.known_as()
        action = self.action()
        where = f", drawn at {self.place}" if self.place else ""
        return f"`{name}` = {action}{where}" if name else f"{action}{where}"


def call_with(module: Any, inputs: Nested) -> Node:
    """Call a module with nodes, for the operators ``>>`` and ``-``."""
    if not hasattr(module, "update_output"):
        raise TypeError(f"a module must stand to the right of a node in `node >> module`, not {_came(module)}")
    node: Node = module(inputs)
    return node


def check_nodes(inputs: Nested, whose: Module | str, path: str = "") -> Nested:
    """Return ``inputs`` with tuples as lists, or name the first part of it that is no node."""
    if inputs.__class__ is Node:
        return inputs
    if isinstance(inputs, (list, tuple)) and inputs:
        return [check_nodes(item, whose, f"{path}[{i}]") for i, item in enumerate(inputs)]
    what = (whose if isinstance(whose, str) else f"the input of {whose.label()}") + path
    if isinstance(inputs, (list, tuple)):
        raise ValueError(f"{what} is an empty list; to draw an input, leave the brackets empty: module()")
    if inputs is None:
        raise TypeError(f"{what} is None where a node is meant (a typing slip, or a function without return?)")
    if hasattr(inputs, "update_output"):
        raise TypeError(
            f"{what} is a module, {inputs!r}, where a node is meant. Did you forget the second pair of brackets, "
            "which makes a node of it: module()(node), or module() for an input?"
        )
    hint = " To compute with values, use module.forward(x)." if hasattr(inputs, "__array__") else ""
    raise TypeError(f"{what} should be a node but is {_came(inputs)}.{hint}")


def nest(inputs: Nested) -> Node:
    """Return a node whose value is the (nested) list of the given nodes' values.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> a, b = nn.Identity()(), nn.Identity()()
    >>> both = nest([a, [b]])
    >>> nest(a) is a
    True
    """
    checked = map_nested(lambda node: node, check_nodes(inputs, "the argument of nest"))
    return checked if isinstance(checked, Node) else Node(None, checked, place=caller_place())


def annotate_nodes() -> None:
    """Name the nodes that the calling function's local variables hold after those variables.

    A node in a list is named after the list and its place there, ``h[0]``. Names that nodes have stay.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> def draw_two():
    ...     first = nn.Identity()()
    ...     gates = [nn.Sigmoid()(first), nn.Tanh()(first)]
    ...     annotate_nodes()
    ...     return [first, *gates]
    >>> [node.name for node in draw_two()]
    ['first', 'gates[0]', 'gates[1]']
    """
    variables = sys._getframe(1).f_locals.items()
    # Those with an underscore last, for `_` may be another name of a node, as in IPython.
    for variable, value in sorted(variables, key=lambda item: item[0].startswith("_")):
        if isinstance(value, Node):
            value.name = value.name or variable
        elif isinstance(value, (list, tuple)):
            for i, item in enumerate(value):
                if isinstance(item, Node):
                    item.name = item.name or f"{variable}[{i}]"


def _came(value: Any) -> str:
    if hasattr(value, "shape"):
        return f"an array of shape {tuple(value.shape)}"
    return f"the {type(value).__name__} {describe(value) if isinstance(value, list) else repr(value)}"


def _is_engine(frame: FrameType) -> bool:
    name = frame.f_globals.get("__name__", "")
    return name.startswith("graphnet.") and not name.startswith("graphnet.modules.")


def _user_frame() -> FrameType | None:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_engine(frame):
        frame = frame.f_back
    return frame


def caller_place() -> Place | None:
    """Return the file and line, outside the engine, that is being executed."""
    frame = _user_frame()
    return None if frame is None else Place(frame.f_code.co_filename, frame.f_lineno)


def _variable_of(node: Node) -> str | None:
    """Find a variable that holds the node in the functions being executed; for messages only."""
    frame = _user_frame()
    while frame is not None:
        for variable, value in frame.f_locals.items():
            if value is node and variable.isidentifier() and not _is_engine(frame):
                return variable
        frame = frame.f_back
    return None
