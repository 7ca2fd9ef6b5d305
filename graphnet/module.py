"""Module: a differentiable function with parameters; three hooks to write, and the user's side that follows."""

from __future__ import annotations

import copy
import os
import threading
from types import NoneType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from graphnet.looking import Looking
from graphnet.nesting import Nested, describe
from graphnet.node import Node, caller_place, check_nodes
from graphnet.parameter import Parameter
from graphnet.parametrised import Parametrised
from graphnet.plan import Plan
from graphnet.probing import probed
from graphnet.shapes import Shape, by_trying
from graphnet.tape import Tape

if TYPE_CHECKING:
    from graphnet.graph import Graph


# One plan for all threads, since it keeps what the latest forward of each gave.
_planning = threading.RLock()


class Executor(Protocol):
    """What runs modules in another way than the interpreter."""

    def plan_of(self, module: Module) -> Plan:
        """Return a plan that runs the module."""


class Module(Parametrised, Looking):
    """The contract of all modules.

    A module is written as one to three hooks. They compute from their arguments and the parameters, store nothing on
    the module and change no argument; so one module may stand at many nodes and many time steps, and that ties its
    weights. ``x``, ``y`` and their gradients are an array or a (nested) list of arrays.

    ========================================  =======================================================
    ``update_output(x)``                      returns ``y``
    ``update_grad_input(x, y, dy)``           returns the gradient of ``x``, nested like ``x``
    ``acc_grad_parameters(x, y, dy, scale)``  adds ``scale`` times the gradients to the parameters'
    ========================================  =======================================================

    With ``saves = True``, ``update_output`` returns ``(y, saved)``, where ``saved`` is whatever the backward hooks need
    beyond ``x`` and ``y`` (a mask, say); it stays on the tape and comes to them as their last argument.

    Attributes that are a :class:`Parameter` are the module's own parameters, in the order of their assignment.

    Attributes
    ----------
    train : bool
        The mode: True while training, as a fresh module; False after :meth:`evaluate`.
    dtype : numpy.dtype
        The type of its numbers: float64, or float32 after :meth:`float`.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet import Parameter
    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.gain = Parameter([2.0])
    ...     def update_output(self, x):
    ...         return self.gain.value * x
    ...     def update_grad_input(self, x, y, dy):
    ...         return self.gain.value * dy
    ...     def acc_grad_parameters(self, x, y, dy, scale=1.0):
    ...         self.gain.grad += scale * (x * dy).sum()
    >>> scale = Scale()
    >>> scale.forward(np.ones(3)), scale.backward(np.ones(3), np.ones(3)), scale.gain.grad
    (array([2., 2., 2.]), array([2., 2., 2.]), array([3.]))
    """

    saves: ClassVar[bool] = False
    # Whether its backward is one pass, `pull_back`, instead of two hooks.
    joint: ClassVar[bool] = False
    # Whether all numbers of its output are numbers of its input, moved: so they have the same bounds.
    moves: ClassVar[bool] = False
    # Whether one can stop at every node inside it; see `graphnet.stepping`.
    stepwise: ClassVar[bool] = False
    # Whether what it saves at the first step of a sequence holds for all steps; `update_output` then gets it back.
    steady: bool = False
    # Whether a call without arguments must be an input of the gModule. A constant needs none.
    needs_input: ClassVar[bool] = True
    _plan: Plan | None = None
    _executor: Executor | None = None  # what makes the plan, where it is not the interpreter
    changes: ClassVar[int] = 0  # how often an attribute of any module was set
    __array_ufunc__ = None  # so that `array - module` is refused here and not made an array of nodes by NumPy

    # ---- the hooks

    def update_output(self, x: Nested) -> Any:
        """Return the output ``y``, or ``(y, saved)`` if the class ``saves``."""
        raise NotImplementedError(f"{type(self).__name__} does not define update_output(self, x)")

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested, *saved: Any) -> Nested:
        """Return the gradient of ``x``, given that of ``y``."""
        raise NotImplementedError(f"{type(self).__name__} does not define update_grad_input(self, x, y, dy)")

    def acc_grad_parameters(self, x: Nested, y: Nested, dy: Nested, scale: Any = 1.0, *saved: Any) -> None:
        """Add ``scale`` times the gradients of the own parameters to their ``grad``."""

    def pull_back(self, x: Nested, y: Nested, dy: Nested, scale: Any, accumulate: bool, *saved: Any) -> Nested:
        """Do the work of both backward hooks in one pass, for a class that says ``joint = True``."""
        raise NotImplementedError(f"{type(self).__name__} does not define pull_back(self, x, y, dy, scale, accumulate)")

    def accumulates(self) -> bool:
        """Tell whether ``acc_grad_parameters`` does anything."""
        return type(self).acc_grad_parameters is not Module.acc_grad_parameters

    @by_trying
    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of the output for that of the input, or refuse it; see :mod:`graphnet.shapes`.

        By default the module is tried on zeros, when shapes are asked for. A class that states its output's shape is
        also checked when a gModule is closed.
        """
        return probed(self, shape)

    def inner_shapes(self, shape: Shape) -> dict[str, Shape]:
        """Return, by name, what the modules take that this one runs itself, None where that is not known."""
        return dict.fromkeys(name for name, _ in self.named_children())

    def trace(self, x: Any) -> Any:
        """Return what the module makes of rows, for :func:`graphnet.compile`; None if it cannot be said.

        ``x`` stands for the rows of a batch, B x width, or is a list of such; arithmetic, NumPy's functions of numbers
        and the methods of :class:`graphnet.compile.rows.Rows` make others of them. The gradients follow. A module that
        says nothing is called through its hooks.
        """
        return None

    # ---- drawing

    def __call__(self, *inputs: Any) -> Node:
        """Draw a call: ``module(node)``, ``module([a, b])``, or ``module()`` for an input of the drawing."""
        if len(inputs) > 1:
            raise TypeError(
                f"{self.label()} was called with {len(inputs)} arguments; pass several nodes as one list: "
                f"{type(self).__name__}(...)([a, b])"
            )
        checked = check_nodes(inputs[0], self) if inputs else None
        return Node(self, checked, place=caller_place())

    def __neg__(self) -> Node:
        return self()

    def __rrshift__(self, inputs: Any) -> Node:
        return self(inputs)

    def __rsub__(self, inputs: Any) -> Node:
        return self(inputs)

    def graph(self) -> Graph | None:
        """Return the drawing that the module is made of; None for a module that has none."""
        return None

    # ---- running

    def plan(self) -> Plan:
        """Return the flat list of calls that runs the module."""
        plan = self._plan
        if plan is None or not plan.is_current():
            with _planning:
                plan = self._plan
                if plan is None or not plan.is_current():
                    plan = self._plan = Plan(self) if self._executor is None else self._executor.plan_of(self)
        return plan

    def run(self, x: Nested) -> Tape:
        """Run the module and return the tape: all its values, which can be asked for by node or by name.

        No value is stored in the module, so several threads may run it at once. The tape goes with the parameters as
        they are: change them after its ``backward``, not before.

        Parameters
        ----------
        x : ndarray or nested list
            The input; a list for a net with several inputs.
        """
        return self.plan().run(x)

    def forward(self, x: Nested) -> Nested:
        """Return the output for ``x``; :meth:`backward` may follow.

        Floating input is cast to the module's type; integers are left as they are, since they are indices or classes.
        """
        plan = self.plan()
        plan.latest.tape = None  # so that two are never held at a time
        tape = plan.latest.tape = plan.run(x)
        return tape.output

    def backward(self, x: Nested, dy: Nested, scale: Any = 1.0) -> Nested:
        """Return the gradient of ``x``; add ``scale`` times the parameters' gradients to theirs.

        Parameters
        ----------
        x : ndarray or nested list
            What the latest :meth:`forward` was given; another input is an error.
        dy : ndarray or nested list
            The gradient of the output, of its structure and shapes.
        scale : float
            A factor on what is added to the parameters' gradients.
        """
        tape = self.tape
        if tape is None:
            raise RuntimeError(f"{self.label()}.backward needs a forward(x) before it, in the same thread")
        if not tape.took(x):
            raise ValueError(
                f"{self.label()}.backward was given {describe(x)} with other numbers than the latest forward saw "
                f"({describe(tape.x)}). Call forward(x) first, or keep tapes: tape = net.run(x); tape.backward(dy)"
            )
        dx = tape.backward(dy, scale)
        tape.plan.latest.grad_input = dx
        return dx

    @property
    def tape(self) -> Tape | None:
        """The tape of the latest :meth:`forward` in this thread; None before the first."""
        return self.plan().latest.tape

    @property
    def output(self) -> Nested:
        """The output of the latest :meth:`forward`; None before the first."""
        tape = self.tape
        return None if tape is None else tape.output

    @property
    def grad_input(self) -> Nested:
        """What the latest :meth:`backward` returned; None before the first."""
        return self.plan().latest.grad_input

    def clear_state(self) -> Self:
        """Forget the latest run, which frees its memory."""
        for module in self.list_modules():
            module._plan = None
        return self

    def acc_update_grad_parameters(self, x: Nested, dy: Nested, learning_rate: Any) -> None:
        """Take a step down the gradient of this example alone; the accumulated gradients stay as they are."""
        self.backward_update(x, dy, learning_rate)

    def backward_update(self, x: Nested, dy: Nested, learning_rate: Any) -> Nested:
        """Return the gradient of ``x`` and take a step down the gradient of this example alone."""
        parameters = self.parameters()
        kept = [parameter.grad.copy() for parameter in parameters]
        self.zero_grad_parameters()
        try:
            dx = self.backward(x, dy)
            self.update_parameters(learning_rate)
        finally:
            for parameter, gradient in zip(parameters, kept, strict=True):
                parameter.grad = gradient
        return dx

    # ---- files and copies

    def write(self, file: str | os.PathLike[str]) -> None:
        """Save structure and numbers in one file, atomically and without pickle; needs the extra ``train``."""
        from graphnet.checkpoint import save

        save(self, file)

    @staticmethod
    def read(file: str | os.PathLike[str]) -> Module:
        """Load what :meth:`write` saved."""
        from graphnet.checkpoint import load

        return load(file)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Copy this module and all inside it, the inner ones first, so that no depth of containers is too much."""
        for module in reversed(self.list_modules()):
            if id(module) not in memo:
                memo[id(module)] = other = type(module).__new__(type(module))
                module._copy_into(other, memo)
        copied: Self = memo[id(self)]
        return copied

    def _copy_into(self, other: Self, memo: dict[int, Any]) -> None:
        vars(other).update(copy.deepcopy(self.__getstate__(), memo))

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("output", "grad_input"):
            raise AttributeError(f"a module stores no {name}: its hooks return what they compute")
        if isinstance(vars(self).get(name), Parameter) and not isinstance(value, (Parameter, NoneType)):
            raise TypeError(f"{name} is a parameter; write to its numbers: module.{name}.value = ...")
        super().__setattr__(name, value)
        Module.changes += 1

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_plan"}
