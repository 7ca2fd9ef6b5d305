"""An executor that runs every net compiled, too, and compares: what tests see is the interpreter's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from graphnet.compile.executor import CompiledPlan
from graphnet.compile.options import Options
from graphnet.inspect.untouched import untouched
from graphnet.module import Module
from graphnet.nesting import Nested, leaves, map_nested
from graphnet.plan import Plan
from graphnet.pull import accumulation
from graphnet.random import generator
from graphnet.tape import Tape

TOLERANCE = {"f": 1e-4, "d": 1e-10}  # of float32 and float64, relative to the largest number of an array


class Comparing:
    """What makes the plans of nets; it counts what was compared.

    Parameters
    ----------
    options : Options
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.forwards = self.backwards = 0

    def plan_of(self, module: Module) -> Plan:
        return ComparingPlan(module, self)

    # Nets hold it; their copies hold it, too.
    def __deepcopy__(self, memo: dict[int, Any]) -> Comparing:
        return self


class ComparingPlan(Plan):
    """A plan that runs a net both ways; where one of them fails, the other must fail in the same way."""

    def __init__(self, module: Module, comparing: Comparing) -> None:
        super().__init__(module)
        self.comparing = comparing
        self.other = CompiledPlan(module, comparing.options)
        self.compiled: WeakKeyDictionary[Tape, Tape] = WeakKeyDictionary()

    def run(self, x: Nested) -> Tape:
        with accumulation:  # no other thread draws numbers or adds gradients meanwhile
            return self._run(x)

    def _run(self, x: Nested) -> Tape:
        random = generator().bit_generator
        start = random.state
        compiled, error = _tried(lambda: self.other.run(x))
        end = random.state
        random.state = start
        interpreted: Tape = self._checked(error, lambda: Plan.run(self, x))
        label = self.module.label()
        same(compiled.result(), interpreted.result(), f"the output of {label}")
        assert end == random.state, f"compiled, {label} draws other random numbers"
        self.comparing.forwards += 1
        self.compiled[interpreted] = compiled
        return interpreted

    def pull(self, tape: Tape, dy: Nested, scale: float = 1.0, *, accumulate: bool = True) -> Nested:
        with accumulation:
            return self._pull(tape, dy, scale, accumulate)

    def _pull(self, tape: Tape, dy: Nested, scale: float, accumulate: bool) -> Nested:
        def interpret() -> Nested:
            return Plan.pull(self, tape, dy, scale, accumulate=accumulate)

        if tape not in self.compiled:  # it was stepped through
            return interpret()
        with untouched(self.module):
            other = self.compiled[tape]
            found, error = _tried(lambda: self.other.pull(other, dy, scale, accumulate=accumulate))
            learnt = self._learnt()
        if any(p.grad.any() for p in self.module.parameters()):
            with untouched(self.module):
                self._checked(error, interpret)
                expected = self._learnt()
            interpreted = interpret()
        else:
            interpreted = self._checked(error, interpret)
            expected = self._learnt()
        scale = largest(self.admit_gradient(tape, dy))
        label = self.module.label()
        same(found, interpreted, f"the gradient of the input of {label}", scale)
        for name, array in expected.items():
            same(learnt[name], array, f"{name} of {label} after the backward", scale)
        self.comparing.backwards += 1
        return interpreted

    def _learnt(self) -> dict[str, Any]:
        """Return the parameters' gradients, and the statistics that a backward may change."""
        found: dict[str, Any] = {}
        for k, parameter in enumerate(self.module.parameters()):
            found[f"the gradient of parameter {k}"] = parameter.grad.copy()
        for k, module in enumerate(self.module.list_modules()):
            for name, value in vars(module).items():
                if isinstance(value, (np.ndarray, float)):
                    found[f"{name} of module {k}, {module.label()},"] = np.array(value)
        return found

    def _checked(self, error: Exception | None, interpret: Callable[[], Any]) -> Any:
        """Interpret, which must fail as the compiled net did."""
        try:
            found = interpret()
        except Exception as own:
            told, expected = _told(error), _told(own)
            assert told == expected, (
                f"compiled, {self.module.label()} fails with\n{told}\nbut interpreted with\n{expected}"
            )
            raise
        if error is not None:
            raise AssertionError(f"compiled, {self.module.label()} fails") from error
        return found


def _tried(run: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        return run(), None
    except Exception as error:  # noqa: BLE001  # the interpreter must fail with the same
        return None, error


def _told(error: Exception | None) -> str:
    return "nothing" if error is None else "\n".join([repr(error), *getattr(error, "__notes__", [])])


def same(found: Nested, expected: Nested, what: str, scale: float = 0.0) -> None:
    """Compare nested arrays; NaN is equal to NaN.

    Parameters
    ----------
    found, expected : ndarray or nested list
    what : str
        What is compared, for the message.
    scale : float
        How large the gradients are that it was made of, where they may cancel.
    """
    shapes = map_nested(np.shape, found), map_nested(np.shape, expected)
    assert shapes[0] == shapes[1], f"compiled, {what} is {shapes[0]} instead of {shapes[1]}"
    for a, b in zip(leaves(found), leaves(expected), strict=True):
        if b.dtype.kind != "f" or a.dtype.kind != "f":  # the gradients of indices are zeros of any type
            np.testing.assert_array_equal(a, b, err_msg=f"compiled, {what} differs")
            continue
        assert a.dtype == b.dtype, f"compiled, {what} is of {a.dtype} instead of {b.dtype}"
        tolerance = TOLERANCE[b.dtype.char]
        room = tolerance * max(largest(b), scale / 100)
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=room, err_msg=f"compiled, {what} differs")


def largest(value: Nested) -> float:
    """Return the largest of all finite numbers, without their signs."""
    return max((float(np.abs(a[np.isfinite(a)]).max(initial=0)) for a in leaves(value)), default=0.0)
