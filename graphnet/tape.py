"""Tape: the values of one run, asked for by node, by name or by module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from graphnet.lookup import find_call
from graphnet.nesting import Nested, add_gradients, copy_nested, fill_gaps, gather, map_nested, same_numbers
from graphnet.node import Node
from graphnet.splicing import Part

if TYPE_CHECKING:
    from graphnet.module import Module
    from graphnet.plan import Plan
    from graphnet.splicing import Call


_FEW = 4096


class Tape:
    """What one run of a net computed, and, after :meth:`backward`, its gradients.

    A net holds no values, so any number of tapes may exist at a time, also in several threads.

    Examples
    --------
    >>> import numpy as np, graphnet as gn
    >>> from graphnet import modules as nn
    >>> x = nn.Identity()(); half = nn.Sigmoid()(x); gn.annotate_nodes()
    >>> tape = gn.gModule([x], [half]).run(np.zeros(2))
    >>> tape["half"].output
    array([0.5, 0.5])
    >>> tape.backward(np.ones(2)), tape[x].grad_output
    (array([0.25, 0.25]), array([0.25, 0.25]))
    """

    __slots__ = ("__weakref__", "contributions", "gradients", "plan", "saved", "seeds", "values", "x")

    def __init__(self, plan: Plan, x: Nested, values: list[Any], saved: dict[int, Any]) -> None:
        self.plan = plan
        self.x = x
        self.values = values
        self.saved = saved
        self.gradients: list[Any] | None = None
        self.seeds: list[Any] = []
        self.contributions: dict[int, Any] = {}

    @property
    def input(self) -> Nested:
        """The net's input, in its type."""
        return copy_nested(self.x)

    @property
    def output(self) -> Nested:
        """The net's output: an array, or a list if the net has several outputs."""
        return copy_nested(self.result())

    def took(self, x: Nested) -> bool:
        """Tell whether this is what the run was given, as far as its type can tell."""
        mine, given = (self.x, x) if isinstance(x, list) else ([self.x], [x])
        if isinstance(mine, list) and len(mine) == len(given) and all(map(_are_same, mine, given)):
            return True
        return same_numbers(self.plan.admit(x), self.x)

    def result(self) -> Nested:
        """Return the output itself, which must not be written to."""
        outputs = self.plan.outputs
        return gather(outputs[0] if len(outputs) == 1 else outputs, self.values)

    def backward(self, dy: Nested, scale: float = 1.0) -> Nested:
        """Return the gradient of the input; add ``scale`` times the parameters' gradients to theirs.

        Parameters
        ----------
        dy : ndarray or nested list
            The gradient of the output, of its structure and shapes.
        scale : float
            A factor on the parameters' gradients.
        """
        return copy_nested(self.plan.pull(self, dy, scale))

    def __getitem__(self, key: str | Node | Module) -> Entry:
        hint = "".join(
            f". The nodes of a step of {call.path()} are in its record: tape[...].saved[t], for step t"
            for call in self.plan.executed
            if hasattr(self.saved.get(call.target), "tapes")
        )
        return Entry(self, find_call(self.plan.calls, key, hint))

    def entries(self) -> list[Entry]:
        """Return what every node computed, in order of execution."""
        return [Entry(self, call) for call in self.plan.calls if not call.helper]


def _are_same(a: Any, b: Any) -> bool:
    """Tell at little cost whether two values surely are the same array of few numbers."""
    return (
        a.__class__ is np.ndarray
        and b.__class__ is np.ndarray
        and a.size < _FEW
        and a.dtype is b.dtype
        and a.shape == b.shape
        and a.tobytes() == b.tobytes()
    )


class Entry:
    """What one node of a run took and gave; arrays are copies, so that the tape stays what it is.

    Attributes
    ----------
    node : Node
    module : Module or None
    """

    def __init__(self, tape: Tape, call: Call) -> None:
        self.tape = tape
        self.call = call
        self.node = call.node
        self.module = call.module

    @property
    def path(self) -> str:
        """The node's name behind those of the nets it stands in, as in ``layer/forget_gate``."""
        return self.call.path()

    @property
    def input(self) -> Nested:
        """What the node took."""
        return copy_nested(gather(self.call.source, self.tape.values))

    @property
    def output(self) -> Nested:
        """What the node gave."""
        return copy_nested(gather(self.call.target, self.tape.values))

    @property
    def grad_output(self) -> Nested:
        """The gradient of what the node gave, summed over its consumers; None before ``backward``.

        A list (``nest``) is no value of its own: it shows the gradients of its elements, from all their consumers.
        """
        if self.tape.gradients is None:
            return None
        if self.call.hooks is None and self.module is not None:  # a container, which may use what it gives
            outside = dict(enumerate(self.tape.seeds))
            for call in self.tape.plan.calls:
                if call.hooks is not None and not _is_within(call, self.call):
                    self._collect(call, outside)
            return self._filled(self.call.target, outside)
        return self._filled(self.call.target, dict(enumerate(self.tape.gradients)))

    @property
    def grad_input(self) -> Nested:
        """What this node passed back to what it took; None before ``backward``."""
        if self.tape.gradients is None:
            return None
        if self.call.hooks is not None:
            taken = gather(self.call.source, self.tape.values)
            return copy_nested(fill_gaps(self._passed_back(self.call), taken))
        if self.module is None:  # an input or a list: it passes on what it gets
            return self.grad_output
        collected: dict[int, Any] = {}
        for call in self.tape.plan.calls:
            if call.hooks is not None and _is_within(call, self.call):
                self._collect(call, collected)
        return self._filled(self.call.source, collected)

    def _passed_back(self, call: Call) -> Nested:
        dx = self.tape.contributions.get(call.target)
        return dx.among(len(self.tape.values[call.source])) if isinstance(dx, Part) else dx

    def _collect(self, call: Call, into: dict[int, Any]) -> None:
        """Add what a call passed back to the registers that it took."""
        _add_to(call.source, self._passed_back(call), into)

    def _filled(self, operand: Any, gradients: dict[int, Any]) -> Nested:
        """Return copies of the gradients of an operand's registers, zeros for those that have none."""
        values = self.tape.values
        return copy_nested(map_nested(lambda r: fill_gaps(gradients.get(r), values[r]), operand))

    @property
    def saved(self) -> Any:
        """What the module kept for its backward, such as a mask, itself and no copy; None if nothing."""
        return self.tape.saved.get(self.call.target) if self.call.hooks is not None else None

    def __repr__(self) -> str:
        return f"Entry({self.path})"


def _is_within(call: Call | None, ancestor: Call) -> bool:
    while call is not None and call is not ancestor:
        call = call.parent
    return call is not None


def _add_to(source: Any, dx: Nested, into: dict[int, Any]) -> None:
    """Add the parts of a gradient to the registers they belong to."""
    if isinstance(source, list):
        for part, gradient in zip(source, [None] * len(source) if dx is None else dx, strict=True):
            _add_to(part, gradient, into)
    else:
        into[source] = add_gradients(into.get(source), dx)
