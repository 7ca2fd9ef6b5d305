"""Container: a module made of modules, by a drawing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

from graphnet.graph import Graph
from graphnet.inference import infer_outputs, inputs_of
from graphnet.module import Module
from graphnet.nesting import Nested
from graphnet.node import Node, check_nodes
from graphnet.shapes import Shape
from graphnet.tape import Tape

# Attributes of a container that its drawing does not depend on, or that are compared otherwise.
_NOT_DRAWN_FROM = frozenset({"modules", "train", "dtype", "name", "_plan", "_arguments"})


class Container(Module):
    """A module whose work is drawn from the modules inside it.

    A subclass writes one method, :meth:`drawing`; running, differentiating and picturing follow from it, and nets
    that hold the container see right through it. A drawing may depend on ``modules``, which may change at any time, and
    on other attributes; nets see that one of these was assigned anew, but not that it was changed inside.

    Attributes
    ----------
    modules : list of Module
        The modules inside.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet import modules as nn
    >>> class Twice(Container):
    ...     def drawing(self, x):
    ...         return self.modules[0](self.modules[0](x))
    >>> print(Twice(nn.Tanh()).forward(np.zeros(2)))
    [0. 0.]
    """

    saves = True  # the tape of its own run, when it is not spliced into a plan
    modules: list[Module]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        self = super().__new__(cls, *args, **kwargs)
        self.modules = []
        return self

    def __init__(self, *modules: Module) -> None:
        args, kwargs = self._arguments
        if all(isinstance(argument, Module) for argument in args):
            self._arguments = ((), kwargs)  # they are in `modules`, until they are replaced or removed
        for module in modules:
            self.add(module)

    def drawing(self, x: Node) -> Nested:
        """Return the node, or the (nested) list of nodes, that the modules make of the input ``x``."""
        raise NotImplementedError(f"{type(self).__name__} does not define drawing(self, x)")

    def graph(self) -> Graph:
        x = Node(None)
        drawn = check_nodes(self.drawing(x), f"what {type(self).__name__}.drawing(x) returns")
        graph = Graph([x], [drawn if isinstance(drawn, Node) else Node(None, drawn)])
        mine = set(map(id, self.modules))
        for node, module in graph.modules.items():
            if id(module) not in mine:
                raise ValueError(
                    f"{type(self).__name__}.drawing calls {module.label()}, which is not among its modules, so its "
                    "parameters would not be found; make it once, in super().__init__(module, ...) or with add"
                )
            if node.inputs is None and module.needs_input:
                raise ValueError(f"{type(self).__name__}.drawing calls {module.label()} without an input")
        for node in graph.order:
            node.place = None  # the user wrote the container's call, not this line of its code
        return graph

    def drawn_from(self) -> Sequence[Any]:
        """Return the objects whose identity decides whether an earlier drawing still holds."""
        return [*self.modules, *(value for name, value in vars(self).items() if name not in _NOT_DRAWN_FROM)]

    def add(self, module: Module) -> Self:
        """Append a module; return the container."""
        if _checked(module, self) is self or any(inside is self for inside in module.list_modules()):
            raise ValueError(f"{self.label()} cannot hold itself")
        self.modules.append(module)
        return self

    def get(self, index: int) -> Module:
        """Return the module at a place; negative places count from the end."""
        if not -len(self.modules) <= index < len(self.modules):
            raise IndexError(f"{self.label()} has {len(self.modules)} modules, so there is none at {index}")
        return self.modules[index]

    def size(self) -> int:
        """Return how many modules are inside."""
        return len(self.modules)

    def __len__(self) -> int:
        return len(self.modules)

    def __bool__(self) -> bool:
        return True

    def apply_to_modules(self, function: Callable[[Module], Any]) -> None:
        """Call ``function`` with each module directly inside."""
        for module in self.modules:
            function(module)

    def named_children(self) -> list[tuple[str, Module]]:
        return [(str(i), module) for i, module in enumerate(self.modules)]

    def reset(self, stdv: Any = None) -> None:
        for module in self.modules:
            module.reset(stdv)

    def _replaced(self, function: Callable[[Module], Module], done: dict[int, Module]) -> Module:
        if id(self) not in done:
            done[id(self)] = function(self)
            new = {id(module): _checked(module._replaced(function, done), self) for module in self.modules}
            self._put(new)
        return done[id(self)]

    def _put(self, new: dict[int, Module]) -> None:
        """Put new modules in the places of the old ones."""
        self.modules[:] = [new[id(module)] for module in self.modules]

    def output_shape(self, shape: Shape) -> Shape:
        plan = self.plan()
        found = infer_outputs(plan, inputs_of(plan, shape))
        return found[0] if len(found) == 1 else found

    # ---- the hooks, for a module that calls a container inside its own

    def update_output(self, x: Nested) -> tuple[Nested, Tape]:
        tape = self.run(x)
        return tape.result(), tape

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested, *saved: Any) -> Nested:
        tape: Tape = saved[0]
        return tape.plan.pull(tape, dy, accumulate=False)

    def acc_grad_parameters(self, x: Nested, y: Nested, dy: Nested, scale: Any = 1.0, *saved: Any) -> None:
        tape: Tape = saved[0]
        tape.plan.pull(tape, dy, scale)

    def _written(self, text: Callable[[Any], str]) -> str:
        given = ", ".join(text(value) for value in self.arguments().values() if not _holds_modules(value))
        return f"{type(self).__name__}({given})"


def _holds_modules(value: Any) -> bool:
    return isinstance(value, Module) or (isinstance(value, (list, tuple)) and any(map(_holds_modules, value)))


def _checked(module: Any, container: Container) -> Module:
    if isinstance(module, Module):
        return module
    hint = " A node is a call of a module; the container wants the module itself." if isinstance(module, Node) else ""
    raise TypeError(f"{type(container).__name__} takes modules, not {type(module).__name__}.{hint}")
