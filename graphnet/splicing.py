r"""Splicing: a module, and all containers inside it, as one flat list of calls over registers.

Every executed call writes one register once. A call takes an operand: a register, or a (nested) list of operands, of
which a list is made when the call runs.

        x   prev_h                    registers 0, 1
        |     |
     Linear Linear                    0 -> 2,  1 -> 3
         \   /
       CAddTable                      [2, 3] -> 4
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from graphnet.debug import Held
from graphnet.nesting import Nested, Operand, describe, leaves, map_nested
from graphnet.node import Node, Place

if TYPE_CHECKING:
    from graphnet.container import Container
    from graphnet.graph import Graph
    from graphnet.module import Module


@dataclass(slots=True, eq=False)
class Call:
    """One node of the drawing in the plan.

    ``hooks`` is what is executed; a node that only passes values on (an input, a list, a container) has none.
    ``parent`` is the call of the container that this one is spliced from; where a container, not the user, drew the
    call, ``position`` is the place of the module in it.
    """

    node: Node
    module: Module | None
    source: Operand
    target: Operand
    parent: Call | None
    hooks: Any = None
    position: int | None = None
    helper: bool = False  # stands for no node of a drawing: takes apart what a container is given, or passes it on

    def path(self) -> str:
        """Name the call: ``layer/forget_gate``, ``net/[1] Linear(3, 2)``."""
        names = []
        call: Call | None = self
        while call is not None:
            label = call.node.name or call.action()
            names.append(label if call.position is None else f"[{call.position}] {label}")
            call = call.parent
        return "/".join(reversed(names))

    def action(self) -> str:
        """Return what the call does; its module may be another than the node's, if it was replaced."""
        return self.node.action() if self.module is None else self.module.label()

    def place(self) -> Place | None:
        """Return the file and line of the innermost node that the user wrote."""
        call: Call | None = self
        while call is not None and call.node.place is None:
            call = call.parent
        return None if call is None else call.node.place

    def written_at(self) -> str:
        """Return that line for the end of a sentence."""
        place = self.place()
        return "" if place is None else f", drawn at {place}"

    def note(self, error: Exception, direction: str, taken: str) -> None:
        """Tell in an error that it happened here."""
        error.add_note(f"{direction} in {self.path()}{self.written_at()}; its input: {taken}")
        # For the picture with this node in red: a call of each plan that is running, the innermost first.
        error.graphnet_calls = Held((*getattr(error, "graphnet_calls", ()), self))  # type: ignore[attr-defined]


# Where a call stands: the calls of the recurrences around it, outermost first, then the call itself.
Site: TypeAlias = tuple[Call, ...]


def path_of(site: Site) -> str:
    """Return the name of a node behind those of the nets it stands in: ``layer/forget_gate``."""
    return "/".join(call.path() for call in site)


def place_of(site: Site) -> Place | None:
    """Return the file and line of the innermost node that the user wrote."""
    return next((place for call in reversed(site) if (place := call.place()) is not None), None)


class Part(NamedTuple):
    """The gradient of a list of which only one element has one; so splitting costs the same however long it is."""

    place: int
    gradient: Nested

    def among(self, n: int) -> Nested:
        """Return the gradient of the whole list, of ``n`` elements."""
        return [self.gradient if i == self.place else None for i in range(n)]


_WANTED = "a list is needed to take element {} of, not an array of shape"
_SPLITS = "; SplitTable makes a list of an array"


class Wire:
    """What moves values and computes nothing; it has the hooks of a module."""

    saves = False
    joint = False
    moves = True
    steady = False
    stepwise = False

    def accumulates(self) -> bool:
        return False

    def output_shape(self, shape: Any) -> Any:
        return shape

    def trace(self, x: Any) -> Any:
        return x


class Element(Wire):
    """The element ``index`` of a list, of ``size`` elements if given; the other elements get no gradient."""

    def __init__(self, index: int, size: int | None) -> None:
        self.index = index
        self.size = size

    def of(self, items: list[Any]) -> Any:
        """Return the element, of a list of values or of operands."""
        if not isinstance(items, list):
            raise TypeError(f"{_WANTED.format(self.index)} {describe(items)}{_SPLITS}")
        if self.size is not None and len(items) != self.size:
            raise ValueError(f"split({self.size}) cannot split a list of {len(items)}")
        if not -len(items) <= self.index < len(items):
            raise IndexError(f"there is no element {self.index} in a list of {len(items)}")
        return items[self.index]

    def update_output(self, x: Nested) -> Nested:
        return self.of(x)

    def output_shape(self, shape: Any) -> Any:
        if isinstance(shape, tuple):
            raise TypeError(f"{_WANTED.format(self.index)} {'x'.join(map(str, shape)) or 'scalar'}{_SPLITS}")
        return None if shape is None else self.of(shape)

    def trace(self, x: Any) -> Any:
        return self.of(x)

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested) -> Nested:
        return Part(self.index % len(x), dy)


class Passed(Wire):
    """What a container gives as it took it."""

    def update_output(self, x: Nested) -> Nested:
        return x

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested) -> Nested:
        return dy


class Splice:
    """The calls of one module, flat and in order of execution.

    Parameters
    ----------
    module : Module
        A container is taken apart, call by call; any other module is a single call.

    Attributes
    ----------
    calls : list of Call
    size : int
        The number of registers.
    inputs, outputs : list of operands
    input_nodes, output_nodes : list of Node
    containers : list of (Container, list)
        What was taken apart, and what its drawing was made from.
    """

    def __init__(self, module: Module) -> None:
        self.size = 0
        self.calls: list[Call] = []
        self.containers: list[tuple[Container, list[Any]]] = []
        graph = module.graph()
        if graph is None:
            node = Node(module)
            self.input_nodes = self.output_nodes = [node]
            self.inputs: list[Operand] = [self._register()]
            self.outputs: list[Operand] = [self._emit(Call(node, module, self.inputs[0], None, None, module))]
        else:
            self.input_nodes, self.output_nodes = graph.inputs, graph.outputs
            self.inputs = [self._register() for _ in graph.inputs]
            self.outputs = self._splice(module, graph, self.inputs, None)

    def _register(self) -> int:
        self.size += 1
        return self.size - 1

    def _emit(self, call: Call) -> Operand:
        """Add a call; one that is executed gets a register for what it gives."""
        if call.hooks is not None:
            call.target = self._register()
        self.calls.append(call)
        return call.target

    def _splice(self, container: Any, graph: Graph, inputs: list[Operand], parent: Call | None) -> list[Operand]:
        """Add the calls of a container's graph; return the operands of its outputs."""
        self.containers.append((container, list(container.drawn_from())))
        positions = {id(module): i for i, module in reversed(list(enumerate(container.modules)))}
        values: dict[Node, Operand] = dict(zip(graph.inputs, inputs, strict=True))
        for node in graph.order:
            module = graph.modules.get(node)
            if node.inputs is not None:
                source = map_nested(values.__getitem__, node.inputs)
            else:
                source = values.get(node, [])
            position = positions[id(module)] if module is not None and node.place is None else None
            values[node] = self._add(Call(node, module, source, None, parent, position=position))
        return [values[node] for node in graph.outputs]

    def _add(self, call: Call) -> Operand:
        """Add a call, in its parts if it is of a container; return the operand of its output."""
        node, module = call.node, call.module
        if node.index is not None:
            element = Element(node.index, node.siblings)
            if isinstance(call.source, list):  # known now, so that nothing needs to run
                call.target = _noted(node, element.of, call.source)
            else:
                call.hooks = element
        elif module is None:
            call.target = call.source
        elif (inner := module.graph()) is not None:
            self._emit(call)
            given = [call.source] if len(inner.inputs) == 1 else self._unpack(call, len(inner.inputs))
            outputs = self._splice(module, inner, given, call)
            taken = set(leaves(given))
            outputs = [map_nested(lambda r: self._passed(call, r) if r in taken else r, o) for o in outputs]
            call.target = outputs[0] if len(outputs) == 1 else outputs
            return call.target
        else:
            call.hooks = module
        return self._emit(call)

    def _passed(self, call: Call, register: int) -> Operand:
        """Give what a container passes on a register of its own, so that its gradient is the container's alone."""
        return self._emit(Call(Node(None), None, register, None, call, Passed(), helper=True))

    def _unpack(self, call: Call, n: int) -> list[Operand]:
        """Return the operands of a spliced gModule's ``n`` inputs."""
        if isinstance(call.source, list):
            if len(call.source) != n:
                raise ValueError(f"{call.node} takes a list of {n} inputs but is called with {len(call.source)}")
            return call.source
        elements = [
            Call(Node(None, index=i, siblings=n), None, call.source, None, call, Element(i, n), helper=True)
            for i in range(n)
        ]
        return [self._emit(element) for element in elements]


def _noted(node: Node, function: Callable[[Any], Any], argument: Any) -> Any:
    try:
        return function(argument)
    except (IndexError, ValueError) as error:
        error.add_note(f"in {node}")
        raise
