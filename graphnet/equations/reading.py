"""Reading: the calls of a plan as equations, one for each, between variables that stand for what the calls give."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from graphnet.elementwise import Elementwise, ElementwiseTable
from graphnet.equations.leaves import Drawn, Variable
from graphnet.equations.notation import Applied
from graphnet.equations.parts import element
from graphnet.equations.terms import Term
from graphnet.inference import infer
from graphnet.module import Module
from graphnet.nesting import Nested, gather, leaves, map_nested
from graphnet.plan import Plan
from graphnet.recurrence import Recurrence
from graphnet.shapes import Shape
from graphnet.splicing import Call, Element, Passed

# What may go wrong with a formula that takes arrays, when it is given terms: it is not written out then.
_UNWRITABLE = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, NotImplementedError)
# What classes leave to their subclasses to state.
_STATED_BELOW = (None, Module.update_output, Elementwise.value, ElementwiseTable.value)


@dataclass
class Formula:
    """What one call computes.

    Attributes
    ----------
    targets : list of Variable
        What it gives: one variable, or all in the list that it gives.
    term : Term
    """

    targets: list[Variable]
    term: Term


@dataclass
class Reading:
    """A plan, read.

    Attributes
    ----------
    plan : Plan
    inputs : list of Variable
    outputs : list of nested Term
    formulas : list of Formula
        In order of execution.
    names : dict
        For each variable the names of its nodes: in how many containers the node stands, its name, its path, and the
        names of those containers.
    called : list of Applied
        The first calls of modules that have equations of their own, since they stand at several places, or run in time.
    """

    plan: Plan
    inputs: list[Variable]
    outputs: list[Nested] = field(default_factory=list)
    formulas: list[Formula] = field(default_factory=list)
    names: dict[Variable, list[tuple[int, str, str, tuple[str, ...]]]] = field(default_factory=dict)
    called: list[Applied] = field(default_factory=list)


def read(plan: Plan, shapes: list[Shape] | None = None) -> Reading:
    """Read a plan.

    Parameters
    ----------
    plan : Plan
    shapes : list of shapes, optional
        Of its inputs, as far as they are known.
    """
    found = infer(plan, shapes or [None] * len(plan.inputs), probe=False)
    values: list[Any] = [Variable(register, (), found[register]) for register in range(len(plan.inputs))]
    reading = Reading(plan, list(values))
    values = [_spread(value, value.shape) for value in values]
    values += [None] * (plan.splice.size - len(values))
    apart = _written_apart(plan)
    inside: set[Call] = set()  # of a module that is written elsewhere
    for call in plan.calls:
        if call.parent in inside or call.parent in apart:
            inside.add(call)
            continue
        x = gather(call.source, values)
        if call in apart:
            _call_apart(call, x, values, found, reading)
        elif call.hooks is not None:
            values[call.target] = _given(call, x, found[call.target], reading)
    for call in plan.calls:
        if call not in inside and not call.helper:
            _note_name(call, gather(call.target, values), reading)
    reading.outputs = [gather(operand, values) for operand in plan.outputs]
    return reading


def _spread(value: Term, shape: Shape) -> Nested:
    """Return an input as the list that it is, if that is known."""
    if not isinstance(shape, list):
        return value
    return [_spread(element(value, i), part) for i, part in enumerate(shape)]


def _given(call: Call, x: Nested, shape: Shape, reading: Reading) -> Nested:
    """Return what a call gives: what it took, or a new variable and the formula for it."""
    if isinstance(call.hooks, Passed):
        return x
    if isinstance(call.hooks, Element):
        y = element(x, call.hooks.index)
    elif isinstance(call.hooks, Recurrence):
        return _in_time(call.hooks, x, call.target, shape, reading)
    else:
        y = _formula_of(call.hooks, x)
    place = iter(range(len(list(leaves(y)))))
    listed = isinstance(y, list)

    def variable(term: Term) -> Variable:
        at = next(place)
        if isinstance(term, Variable):
            return term
        for leaf in term.leaves():
            if isinstance(leaf, Drawn):
                leaf.register = call.target
        if not listed:
            new = Variable(call.target, (), shape)
        else:
            new = Variable(call.target, (at,), shape[at] if isinstance(shape, list) and len(shape) > at else None)
        reading.formulas.append(Formula([new], term))
        return new

    return map_nested(variable, y)


def _formula_of(module: Any, x: Nested) -> Nested:
    try:
        y = module.equation(x) if _still_holds(type(module)) else None
    except _UNWRITABLE:
        y = None
    written = y is not None and all(isinstance(part, Term) for part in leaves(y))
    # A list in a list has no place that a variable could name.
    flat = not isinstance(y, list) or not any(isinstance(part, list) for part in y) or _all_there(y)
    return y if written and flat else Applied(module, x)


def _still_holds(kind: type[Module]) -> bool:
    """Tell whether no subclass computes something else than the class that states the equation."""
    stating = next(one for one in kind.__mro__ if "equation" in vars(one))
    for name in ("update_output", "value"):
        then = getattr(stating, name, None)
        if then not in _STATED_BELOW and getattr(kind, name, None) is not then:
            return False
    return True


def _all_there(y: Nested) -> bool:
    return all(isinstance(part, Variable) for part in leaves(y))


def _in_time(module: Recurrence, x: Nested, register: int, shape: Shape, reading: Reading) -> Nested:
    n = len(module.wiring.put_out) + module.final_states * len(module.feedback)
    known = shape if isinstance(shape, list) and len(shape) == n else [None] * n if n > 1 else [shape]
    targets = [Variable(register, (i,) if n > 1 else (), known[i]) for i in range(n)]
    _apply(module, x, targets, reading)
    return targets if n > 1 else targets[0]


def _call_apart(call: Call, x: Nested, values: list[Any], found: list[Shape], reading: Reading) -> None:
    """Write a call of a container as a function; its equations stand elsewhere."""
    assert call.module is not None
    registers = list(dict.fromkeys(leaves(call.target)))
    targets = []
    for register in registers:
        values[register] = Variable(register, (), found[register])
        targets.append(values[register])
    _apply(call.module, x, targets, reading)


def _apply(module: Module, x: Nested, targets: list[Variable], reading: Reading) -> None:
    applied = Applied(module, x)
    reading.formulas.append(Formula(targets, applied))
    if not any(other.module is module for other in reading.called):
        reading.called.append(applied)


def _note_name(call: Call, value: Nested, reading: Reading) -> None:
    if call.node.name and isinstance(value, Variable):
        around: list[str] = []
        parent = call.parent
        while parent is not None:
            around.insert(0, parent.node.name or "")
            parent = parent.parent
        names = tuple(filter(None, around))
        reading.names.setdefault(value, []).append((len(around), call.node.name, call.path(), names))


def _written_apart(plan: Plan) -> set[Call]:
    """Return the calls of containers that are called at several places and do several things: the outermost of such."""
    depth: dict[Call, int] = {}
    for call in plan.calls:
        depth[call] = 0 if call.parent is None else depth[call.parent] + 1
    containers = [call for call in plan.calls if call.hooks is None and call.module is not None]
    apart: set[Call] = set()
    for level in sorted({depth[call] for call in containers}):
        containers = [call for call in containers if not _stands_in(call, apart)]
        places = Counter(id(call.module) for call in containers)
        repeated = {call for call in containers if depth[call] == level and places[id(call.module)] > 1}
        apart |= {call for call in repeated if call.module is not None and len(call.module.plan().executed) > 1}
    return apart


def _stands_in(call: Call, others: set[Call]) -> bool:
    parent = call.parent
    while parent is not None:
        if parent in others:
            return True
        parent = parent.parent
    return False
