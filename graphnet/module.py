"""Module: a differentiable function with parameters; three hooks to write, and the user's side that follows."""

from __future__ import annotations

import copy
import inspect
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import DTypeLike

from graphnet.nesting import Nested, copy_nested, describe, leaves
from graphnet.node import Node, caller_place, check_nodes
from graphnet.parameter import FlatView, Parameter
from graphnet.plan import Plan
from graphnet.tape import Tape

if TYPE_CHECKING:
    from graphnet.graph import Graph


class Module:
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
    # Whether a call without arguments must be an input of the gModule. A constant needs none.
    needs_input: ClassVar[bool] = True
    train: bool = True
    dtype: np.dtype[Any] = np.dtype(np.float64)

    _plan: Plan | None = None
    _arguments: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Remember the arguments of the constructor: they are the module's description in pictures and files."""
        self = super().__new__(cls)
        self._arguments = (args, kwargs)
        return self

    # ---- the hooks

    def update_output(self, x: Nested) -> Any:
        """Return the output ``y``, or ``(y, saved)`` if the class ``saves``."""
        raise NotImplementedError(f"{type(self).__name__} does not define update_output(self, x)")

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested, *saved: Any) -> Nested:
        """Return the gradient of ``x``, given that of ``y``."""
        raise NotImplementedError(f"{type(self).__name__} does not define update_grad_input(self, x, y, dy)")

    def acc_grad_parameters(self, x: Nested, y: Nested, dy: Nested, scale: Any = 1.0, *saved: Any) -> None:
        """Add ``scale`` times the gradients of the own parameters to their ``grad``."""

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
            plan = self._plan = Plan(self)
        return plan

    def run(self, x: Nested) -> Tape:
        """Run the module and return the tape: all its values, which can be asked for by node or by name.

        Nothing is stored in the module, so several threads may run it at once.

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
        tape = plan.latest.tape = plan.run(x)
        return copy_nested(tape.output)

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
        if not _same(tape.plan.admit(x), tape.input):
            raise ValueError(
                f"{self.label()}.backward was given {describe(x)} with other numbers than the latest forward saw "
                f"({describe(tape.input)}). Call forward(x) first, or keep tapes: tape = net.run(x); tape.backward(dy)"
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
        return None if tape is None else copy_nested(tape.output)

    @property
    def grad_input(self) -> Nested:
        """What the latest :meth:`backward` returned; None before the first."""
        return self.plan().latest.grad_input

    def clear_state(self) -> Self:
        """Forget the latest run, which frees its memory."""
        for module in self.list_modules():
            module._plan = None
        return self

    # ---- parameters

    def own_parameters(self) -> dict[str, Parameter]:
        """Return the parameters that are attributes of this module, by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Parameter)}

    def accumulates(self) -> bool:
        """Tell whether ``acc_grad_parameters`` does anything."""
        return type(self).acc_grad_parameters is not Module.acc_grad_parameters

    def parameters(self) -> list[Parameter]:
        """Return all parameters in topological order, each shared one once."""
        return list(self.named_parameters().values())

    def named_parameters(self) -> dict[str, Parameter]:
        """Return all parameters by name (``i2h.weight``), in the order of :meth:`parameters`."""
        named: dict[str, Parameter] = {}
        seen: set[int] = set()
        for path, module in self._walk(""):
            for name, parameter in module.own_parameters().items():
                if id(parameter) not in seen:
                    seen.add(id(parameter))
                    named[path + name] = parameter
        return named

    def named_children(self) -> list[tuple[str, Module]]:
        """Return the modules directly inside this one, with a name for each."""
        return []

    def _walk(self, path: str) -> Iterator[tuple[str, Module]]:
        """Yield this module and all inside it, each before its children and each once."""
        seen: set[int] = set()
        pending: list[tuple[str, Module]] = [(path, self)]
        while pending:
            prefix, module = pending.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield prefix, module
            pending.extend((f"{prefix}{name}.", child) for name, child in reversed(module.named_children()))

    def get_parameters(self) -> tuple[FlatView, FlatView]:
        """Return all parameters and all gradients as two flat vectors.

        Both are views: writing to them writes to the parameters. They may be asked for at any time and repeatedly, and
        stay right when parameters are shared or cast afterwards.

        Examples
        --------
        >>> from graphnet import modules as nn
        >>> weights, gradients = nn.Linear(3, 2).get_parameters()
        >>> weights.fill(0.5); weights.shape
        (8,)
        """
        return self.flatten(self.parameters)

    @staticmethod
    def flatten(parameters: Callable[[], list[Parameter]]) -> tuple[FlatView, FlatView]:
        """Return flat views of the values and the gradients of the parameters that the function gives."""
        return FlatView(parameters, "value"), FlatView(parameters, "grad")

    def zero_grad_parameters(self) -> None:
        """Set all accumulated gradients to zero."""
        for parameter in self.parameters():
            parameter.grad.fill(0)

    def update_parameters(self, learning_rate: Any) -> None:
        """Take a step down the gradient: ``value -= learning_rate * grad``, once for each shared parameter."""
        for parameter in self.parameters():
            parameter.value -= learning_rate * parameter.grad

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

    def reset(self, stdv: Any = None) -> None:
        """Draw the initial parameters anew; ``stdv`` is their standard deviation, by default the module's own choice."""

    def share(self, other: Module, *names: str) -> Self:
        """Use the parameters of these names of ``other``, of the same structure, instead of the own ones.

        Parameters are objects with identity: the value and the gradient are shared together, and stay so when cast.
        """
        pairs = list(zip(self.list_modules(), other.list_modules(), strict=False))
        if [type(a) for a in self.list_modules()] != [type(b) for b in other.list_modules()]:
            raise ValueError(f"{self.label()} cannot share with {other.label()}: their modules differ")
        for mine, theirs in pairs:
            for name, parameter in theirs.own_parameters().items():
                if name in names:
                    own = mine.own_parameters().get(name)
                    if own is None or own.shape != parameter.shape:
                        raise ValueError(
                            f"{mine.label()} cannot share the {name} of {theirs.label()}: {own!r}, {parameter!r}"
                        )
                    setattr(mine, name, parameter)
        return self

    def clone(self, *names: str) -> Self:
        """Return a copy of its own, but for the parameters of the given names, which it shares.

        Examples
        --------
        >>> from graphnet import modules as nn
        >>> a = nn.Linear(3, 2); b = a.clone("weight")
        >>> b.weight is a.weight, b.bias is a.bias
        (True, False)
        """
        shared = {
            id(parameter): parameter
            for module in self.list_modules()
            for name, parameter in module.own_parameters().items()
            if name in names
        }
        return copy.deepcopy(self, shared)  # what the memo holds is not copied

    # ---- mode and type

    def training(self) -> Self:
        """Switch this module and all inside it to training."""
        for module in self.list_modules():
            module.train = True
        return self

    def evaluate(self) -> Self:
        """Switch this module and all inside it to evaluation: dropout passes on, statistics stand still."""
        for module in self.list_modules():
            module.train = False
        return self

    def type(self, dtype: DTypeLike | None = None) -> Any:
        """Return the type of the numbers, or cast everything to ``dtype`` and return the module."""
        if dtype is None:
            return self.dtype
        wanted = np.dtype(dtype)
        if wanted.kind != "f":
            raise TypeError(f"a module's numbers are floating; it cannot be cast to {wanted}")
        for module in self.list_modules():
            module.dtype = wanted
            for name, value in vars(module).items():
                if isinstance(value, Parameter):
                    value.cast(wanted)
                elif isinstance(value, np.ndarray) and value.dtype.kind == "f":
                    setattr(module, name, value.astype(wanted))
        return self

    def float(self) -> Self:
        """Cast to float32: half the memory, about twice the speed."""
        self.type(np.float32)
        return self

    def double(self) -> Self:
        """Cast to float64."""
        self.type(np.float64)
        return self

    # ---- the tree of modules

    def list_modules(self) -> list[Module]:
        """Return this module and all inside it, each before its children and each once."""
        return [module for _, module in self._walk("")]

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call ``function`` with this module and all inside it; return the module."""
        for module in self.list_modules():
            function(module)
        return self

    def find_modules(self, kind: str | Callable[..., Module]) -> tuple[list[Module], list[Module | None]]:
        """Return the modules of exactly this class (given itself or by its name), and the container of each."""
        found: list[Module] = []
        containers: list[Module | None] = []
        owner: dict[int, Module] = {}
        for module in self.list_modules():
            for _, child in module.named_children():
                owner.setdefault(id(child), module)
            if kind in (module.__class__, module.__class__.__name__):
                found.append(module)
                containers.append(owner.get(id(module)))
        return found, containers

    def replace(self, function: Callable[[Module], Module]) -> Module:
        """Return ``function(self)``, after putting ``function(child)`` in the place of every module inside.

        A module that stands at several places is replaced by one and the same module.
        """
        return function(self)

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

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_plan"}

    def arguments(self) -> dict[str, Any]:
        """Return the constructor's arguments by name, as they stand now if they are attributes of that name."""
        args, kwargs = self._arguments
        bound = inspect.signature(type(self)).bind_partial(*args, **kwargs)
        for name, given in bound.arguments.items():
            current = vars(self).get(name, given)
            if type(current) is type(given) or (isinstance(given, (int, float)) and isinstance(current, (int, float))):
                bound.arguments[name] = current
        return dict(bound.arguments)

    def label(self) -> str:
        """Return the module's class and arguments, for pictures and messages: ``Linear(3, 8)``."""
        return f"{type(self).__name__}({', '.join(_argument_texts(self))})"

    def __repr__(self) -> str:
        return self.label()


def _argument_texts(module: Module) -> Iterator[str]:
    parameters = inspect.signature(type(module)).parameters
    named = False
    for name, value in module.arguments().items():
        parameter = parameters[name]
        if parameter.kind is parameter.VAR_POSITIONAL:
            yield from map(_text, value)
        elif parameter.kind is parameter.VAR_KEYWORD:
            yield from (f"{key}={_text(item)}" for key, item in value.items())
        elif value is parameter.default:
            named = True  # left out, so that what follows needs its name
        else:
            named = named or parameter.kind is parameter.KEYWORD_ONLY
            yield f"{name}={_text(value)}" if named or isinstance(value, bool) else _text(value)


def _text(value: Any) -> str:
    return f"array {describe(value)}" if isinstance(value, np.ndarray) else repr(value)


def _same(a: Nested, b: Nested) -> bool:
    """Tell whether two inputs hold the same numbers, NaN for NaN."""
    first, second = list(leaves(a)), list(leaves(b))
    return describe(a) == describe(b) and all(
        p.dtype == q.dtype and p.tobytes() == q.tobytes() for p, q in zip(first, second, strict=True)
    )
