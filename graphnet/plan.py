r"""Plan: a drawing as a flat list of calls over registers; running it gives a tape, pulling gradients goes back over it.

Containers and inner gModules are spliced in, so that a plan is flat however deep the drawing nests. Every call writes
one register once. A call takes an operand: a register, or a (nested) list of operands, of which a list is made when
the call runs.

        x   prev_h                    register 0, 1
        |     |
     Linear Linear                    call 0: 0 -> 2        call 1: 1 -> 3
         \   /
       CAddTable                      call 2: [2, 3] -> 4
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from graphnet.nesting import Array, Nested, Operand, add_gradients, describe, fill_gaps, gather, map_nested
from graphnet.node import Node
from graphnet.tape import Tape

if TYPE_CHECKING:
    from graphnet.container import Container
    from graphnet.graph import Graph
    from graphnet.module import Module

# Gradients of one parameter may be added to by several threads.
_accumulation = threading.Lock()


@dataclass(slots=True, eq=False)
class Call:
    """One node of the drawing in the plan.

    ``hooks`` is what is executed; a node that only passes values on (an input, a list, a container) has none.
    ``parent`` is the call of the container that this one is spliced from.
    """

    node: Node
    module: Module | None
    source: Operand
    target: Operand
    parent: Call | None
    hooks: Any = None

    def path(self) -> str:
        """Name the call: ``layer/forget_gate``, ``net/[1] Linear(3, 2)``."""
        names = []
        call: Call | None = self
        while call is not None:
            label = call.node.name or (call.module.label() if call.module else call.node.action())
            if call.parent is not None and call.node.place is None and call.module is not None:
                label = f"[{call.parent.module.modules.index(call.module)}] {label}"  # type: ignore[union-attr]
            names.append(label)
            call = call.parent
        return "/".join(reversed(names))

    def written_at(self) -> str:
        """Return the line of the innermost node that the user wrote."""
        call: Call | None = self
        while call is not None and call.node.place is None:
            call = call.parent
        return "" if call is None else f", drawn at {call.node.place}"


class Element:
    """The element ``index`` of a list, of ``size`` elements if given; the other elements get no gradient."""

    saves = False

    def accumulates(self) -> bool:
        return False

    def __init__(self, index: int, size: int | None) -> None:
        self.index = index
        self.size = size

    def of(self, items: list[Any]) -> Any:
        """Return the element, of a list of values or of operands."""
        if not isinstance(items, list):
            raise TypeError(
                f"a list is needed to take element {self.index} of, not an array of shape {describe(items)}; "
                "SplitTable makes a list of an array"
            )
        if self.size is not None and len(items) != self.size:
            raise ValueError(f"split({self.size}) cannot split a list of {len(items)}")
        if not -len(items) <= self.index < len(items):
            raise IndexError(f"there is no element {self.index} in a list of {len(items)}")
        return items[self.index]

    def update_output(self, x: Nested) -> Nested:
        return self.of(x)

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested) -> Nested:
        gradient: list[Any] = [None] * len(x)
        gradient[self.index] = dy
        return gradient


class Latest(threading.local):
    """What the latest ``forward`` and ``backward`` of the calling thread gave; no other thread sees it."""

    def __init__(self) -> None:
        self.tape: Tape | None = None
        self.grad_input: Nested = None


class Plan:
    """The calls of one module, flat and in order.

    Parameters
    ----------
    module : Module
        A container is planned call by call, any other module as a single call.
    """

    def __init__(self, module: Module) -> None:
        self.module = module
        self.latest = Latest()
        self.size = 0
        self.calls: list[Call] = []
        self.containers: list[tuple[Container, list[Module]]] = []
        graph = module.graph()
        if graph is None:
            node = Node(module)
            self.input_nodes = [node]
            self.inputs: list[Operand] = [self._register()]
            self.outputs: list[Operand] = [self._emit(node, module, module, self.inputs[0], None)]
            self.output_nodes = [node]
        else:
            self.input_nodes, self.output_nodes = graph.inputs, graph.outputs
            self.inputs = [self._register() for _ in graph.inputs]
            self.containers.append((module, list(module.modules)))  # type: ignore[arg-type,attr-defined]
            self.outputs = self._splice(graph, self.inputs, None)
        self._executed = [call for call in self.calls if call.hooks is not None]
        # What the loop forwards needs, in tuples, since looking it up would cost as much as a small call itself.
        self._program = [
            (c.hooks.update_output, _kind(c.source), c.source, c.target, c.hooks.saves) for c in self._executed
        ]
        parametrised = (call.module for call in self.calls if call.module is not None and call.module.own_parameters())
        self._typed = next(parametrised, module)

    # ---- making the plan

    def _register(self) -> int:
        self.size += 1
        return self.size - 1

    def _emit(self, node: Node, module: Module | None, hooks: Any, source: Operand, parent: Call | None) -> int:
        target = self._register()
        self.calls.append(Call(node, module, source, target, parent, hooks))
        return target

    def _splice(self, graph: Graph, inputs: list[Operand], parent: Call | None) -> list[Operand]:
        """Add the calls of a graph; return the operands of its outputs."""
        values: dict[Node, Operand] = dict(zip(graph.inputs, inputs, strict=True))
        for node in graph.order:
            source = values[node] if node.inputs is None and node in values else self._operand(node, values)
            values[node] = self._call(node, graph.modules.get(node), source, parent)
        return [values[node] for node in graph.outputs]

    @staticmethod
    def _operand(node: Node, values: dict[Node, Operand]) -> Operand:
        return [] if node.inputs is None else map_nested(values.__getitem__, node.inputs)

    def _call(self, node: Node, module: Module | None, source: Operand, parent: Call | None) -> Operand:
        if node.index is not None:
            element = Element(node.index, node.siblings)
            if not isinstance(source, list):  # the list is known only when the net runs
                return self._emit(node, None, element, source, parent)
            try:
                target = element.of(source)
            except (IndexError, ValueError) as error:
                error.add_note(f"in {node}")
                raise
        elif module is None:
            target = source
        elif (inner := module.graph()) is not None:
            self.containers.append((module, list(module.modules)))  # type: ignore[arg-type,attr-defined]
            call = Call(node, module, source, None, parent)
            self.calls.append(call)
            given = [source] if len(inner.inputs) == 1 else self._unpack(call, len(inner.inputs))
            outputs = self._splice(inner, given, call)
            call.target = outputs[0] if len(outputs) == 1 else outputs
            return call.target
        else:
            return self._emit(node, module, module, source, parent)
        self.calls.append(Call(node, None, source, target, parent))
        return target

    def _unpack(self, call: Call, n: int) -> list[Operand]:
        """Return the operands of a spliced gModule's ``n`` inputs."""
        if isinstance(call.source, list):
            if len(call.source) != n:
                raise ValueError(f"{call.node} takes a list of {n} inputs but is called with {len(call.source)}")
            return call.source
        return [self._emit(call.node, None, Element(i, n), call.source, call.parent) for i in range(n)]

    def is_current(self) -> bool:
        """Tell whether the containers still hold the modules that the plan was made of."""
        return all(container.modules == modules for container, modules in self.containers)

    # ---- running it

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the first parameters, which is the net's; or of the module itself where there are none."""
        return self._typed.dtype

    def run(self, x: Nested) -> Tape:
        """Run all calls and return the tape of their values."""
        x = self.admit(x)
        values: list[Any] = [None] * self.size
        saved: dict[int, Any] = {}
        for register, value in zip(self.inputs, [x] if len(self.inputs) == 1 else x, strict=True):
            values[register] = value
        ndarray = np.ndarray
        try:
            with np.errstate(all="ignore"):  # infinities and NaN are values
                for update_output, kind, source, target, saves in self._program:
                    if kind == 1:
                        argument = values[source]
                    elif kind == 2:
                        argument = [values[source[0]], values[source[1]]]
                    else:
                        argument = gather(source, values)
                    y = update_output(argument)
                    if saves:
                        y, saved[target] = y
                    values[target] = y if y.__class__ is ndarray else _check_output(y)
        except Exception as error:
            self._note(error, target, argument, "forward")
            raise
        return Tape(self, x, values, saved)

    def pull(self, tape: Tape, dy: Nested, scale: float = 1.0, *, accumulate: bool = True) -> Nested:
        """Go back over a tape; return the gradient of its input.

        Parameters
        ----------
        tape : Tape
            What :meth:`run` gave.
        dy : ndarray or nested list
            The gradient of the output, of its structure and shapes.
        scale : float
            A factor on what is added to the parameters' gradients.
        accumulate : bool
            Whether anything is added to the parameters' gradients.
        """
        values, saved = tape.values, tape.saved
        gradients: list[Any] = [None] * self.size
        contributions: dict[int, Any] = {}
        dy = self._admit_gradient(dy, tape.output)
        for operand, gradient in zip(self.outputs, [dy] if len(self.outputs) == 1 else dy, strict=True):
            _scatter(operand, gradient, gradients, values)
        try:
            with np.errstate(all="ignore"):
                for call in reversed(self._executed):
                    target, hooks = call.target, call.hooks
                    dy = gradients[target]
                    if dy is None:
                        continue
                    argument, y = gather(call.source, values), values[target]
                    if dy.__class__ is list:
                        dy = gradients[target] = fill_gaps(dy, y)
                    extra = (saved[target],) if hooks.saves else ()
                    dx = contributions[target] = hooks.update_grad_input(argument, y, dy, *extra)
                    if accumulate and hooks.accumulates():
                        with _accumulation:
                            hooks.acc_grad_parameters(argument, y, dy, scale, *extra)
                    _scatter(call.source, dx, gradients, values)
        except Exception as error:
            self._note(error, target, argument, "backward")
            raise
        tape.gradients, tape.contributions = gradients, contributions
        found = [map_nested(lambda r: fill_gaps(gradients[r], values[r]), operand) for operand in self.inputs]
        return found[0] if len(found) == 1 else found

    # ---- the edge: what the user gives

    def admit(self, x: Nested) -> Nested:
        """Check the input and copy it: lists for tuples, floating numbers in the net's type, integers as they are."""
        n = len(self.inputs)
        if n != 1 and not (isinstance(x, (list, tuple)) and len(x) == n):
            names = ", ".join(node.label() for node in self.input_nodes)
            came = f"a list of {len(x)}" if isinstance(x, (list, tuple)) else _came(x)
            raise ValueError(f"{self.module.label()} takes a list of {n} inputs ({names}); it was given {came}")
        return _admit(x, self.dtype, self._name_of_input)

    def _name_of_input(self, path: tuple[int, ...]) -> str:
        if len(self.inputs) != 1 and path:
            return f"input {path[0]} ({self.input_nodes[path[0]].label()})" + "".join(f"[{i}]" for i in path[1:])
        return "the input" + "".join(f"[{i}]" for i in path)

    def _admit_gradient(self, dy: Nested, output: Nested) -> Nested:
        n = len(self.outputs)
        if n != 1 and not (isinstance(dy, (list, tuple)) and len(dy) == n):
            names = ", ".join(node.label() for node in self.output_nodes)
            came = f"a list of {len(dy)}" if isinstance(dy, (list, tuple)) else _came(dy)
            raise ValueError(f"{self.module.label()} takes a list of {n} gradients (of {names}); it was given {came}")
        checked = _admit(dy, self.dtype, lambda path: "the gradient of the output" + "".join(f"[{i}]" for i in path))
        _check_like(checked, output, "the gradient of the output")
        return checked

    def _note(self, error: Exception, target: int, argument: Nested, direction: str) -> None:
        """Tell in the error where it happened: the node, its line, the shapes."""
        call = next(call for call in self._executed if call.target == target)
        error.add_note(f"{direction} in {call.path()}{call.written_at()}; its input: {describe(argument)}")
        error.graphnet_call = call  # type: ignore[attr-defined]  # for the picture with this node in red


def _kind(source: Operand) -> int:
    """Return 1 for one register, 2 for a list of two, 0 for any other operand."""
    if isinstance(source, int):
        return 1
    return 2 if len(source) == 2 and all(isinstance(part, int) for part in source) else 0


def _came(value: Any) -> str:
    return f"an array of shape {describe(value)}" if isinstance(value, np.ndarray) else describe(value)


def _admit(x: Any, dtype: np.dtype[Any], name: Callable[[tuple[int, ...]], str], path: tuple[int, ...] = ()) -> Nested:
    if x.__class__ is np.ndarray and x.dtype is dtype:
        return x.copy()
    if isinstance(x, (list, tuple)):
        return [_admit(item, dtype, name, (*path, i)) for i, item in enumerate(x)]
    if isinstance(x, Node):
        raise TypeError(f"{name(path)} is a node, {x}. Values run through a net; to draw a call, use module(node)")
    array = np.asarray(x)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name(path)} is {_came(x)}, where an array of numbers is meant")
    return np.array(array, dtype=dtype if array.dtype.kind == "f" else None, order="C")


def _check_like(gradient: Nested, value: Nested, what: str) -> None:
    """Refuse a gradient that does not have the structure and the shapes of the value."""
    if isinstance(value, list) and isinstance(gradient, list) and len(gradient) == len(value):
        for i, (g, v) in enumerate(zip(gradient, value, strict=True)):
            _check_like(g, v, f"{what}[{i}]")
    elif isinstance(value, list) or isinstance(gradient, list) or np.shape(gradient) != np.shape(value):
        raise ValueError(f"{what} is {describe(gradient)}; it must be like its value, {describe(value)}")


def _check_output(y: Any) -> Nested:
    """Return what a module gave as arrays in lists, or refuse it."""
    if isinstance(y, list):
        return [_check_output(item) for item in y]
    if isinstance(y, (np.ndarray, np.generic, float)):
        return np.asarray(y)
    raise TypeError(f"update_output returned {_came(y)}; an array or a (nested) list of arrays is meant")


def _scatter(source: Operand, dx: Nested, gradients: list[Any], values: list[Any]) -> None:
    """Add the gradient of a call's input to the registers it was made of."""
    if source.__class__ is int:
        if dx.__class__ is np.ndarray and dx.shape == getattr(values[source], "shape", None):
            total = gradients[source]
            gradients[source] = dx if total is None else total + dx
        else:
            gradients[source] = add_gradients(gradients[source], _check_gradient(dx, values[source]))
    else:
        if not isinstance(dx, list) or len(dx) != len(source):
            raise ValueError(f"update_grad_input returned {describe(dx)} for an input that is a list of {len(source)}")
        for part, gradient in zip(source, dx, strict=True):
            _scatter(part, gradient, gradients, values)


def _check_gradient(dx: Nested, value: Nested) -> Nested:
    if dx is None:  # a part that has no gradient
        return None
    if isinstance(dx, list) and isinstance(value, list) and len(dx) == len(value):
        return [_check_gradient(d, v) for d, v in zip(dx, value, strict=True)]
    if isinstance(dx, (np.ndarray, np.generic, float)) and np.shape(dx) == np.shape(value):
        array: Array = np.asarray(dx)
        return array
    raise ValueError(f"update_grad_input returned {describe(dx)} for an input that is {describe(value)}")
