"""Run a net both ways, compiled and interpreted, and compare."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import graphnet as gn
from graphnet.compile.executor import CompiledPlan, Schedule
from graphnet.compile.loops import Loop, Steps
from graphnet.compile.specialisation import Specialisation
from graphnet.compile.units import Fused
from graphnet.nesting import Nested, map_nested
from graphnet.random import generator_state, set_generator_state
from tests.compiled import largest, same


def real(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def like(y: Nested, seed: int = 1) -> Nested:
    """Return numbers of the shapes of y."""
    numbers = np.random.default_rng(seed)
    return map_nested(lambda a: numbers.normal(size=a.shape), y)


def there_and_back(net: gn.Module, x: Nested, scale: float = 0.5) -> list[Nested]:
    """Return the output, the gradient of the input and those of the parameters, which are zero again afterwards."""
    y = net.forward(x)
    dx = net.backward(x, like(y), scale)
    gradients = [parameter.grad.copy() for parameter in net.parameters()]
    net.zero_grad_parameters()
    return [y, dx, gradients]


def compare(net: gn.Module, x: Nested, **options: bool) -> gn.Module:
    """Return the net compiled, after it gave the same as the net, there and back, from the same random numbers."""
    compiled = gn.compile(net, **options)
    assert_same(compiled, net, x)
    return compiled


def assert_same(compiled: gn.Module, net: gn.Module, x: Nested) -> None:
    start = generator_state()
    expected = there_and_back(net, x)
    end = generator_state()
    set_generator_state(start)
    found = there_and_back(compiled, x)
    assert generator_state() == end
    for a, b, what in zip(
        found, expected, ("the output", "the input's gradient", "a parameter's gradient"), strict=True
    ):
        same(a, b, f"{what} of {net.label()}", largest(like(expected[0])))


def schedule_of(net: gn.Module) -> Schedule:
    """Return how the inputs that came last are run."""
    plan = net.plan()
    assert isinstance(plan, CompiledPlan)
    return list(plan.schedules.values())[-1]


def units_of(net: gn.Module) -> list[str]:
    """Return the kinds of the units of a compiled net, with the numbers of their calls."""
    return [f"{type(unit).__name__} {len(unit.calls)}" for unit in schedule_of(net).units]


def units_of_step(net: gn.Module) -> list[str]:
    """Return the same of the step of the recurrence that goes step by step."""
    (steps,) = (unit for unit in schedule_of(net).units if isinstance(unit, Steps))
    assert isinstance(steps.plan, CompiledPlan)
    return [f"{type(unit).__name__} {len(unit.calls)}" for unit in list(steps.plan.schedules.values())[-1].units]


def programs_of(net: gn.Module) -> Iterator[Specialisation]:
    """Yield what a net was compiled to."""
    for unit in schedule_of(net).units:
        if isinstance(unit, (Fused, Loop)):
            for specialisation, _ in unit.known.values():
                yield specialisation
