"""An executor that runs every net compiled, too, and compares: what tests see is the interpreter's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from graphnet.compile.executor import CompiledPlan
from graphnet.compile.options import Options
from graphnet.inspect.untouched import untouched
from graphnet.module import Module
from graphnet.nesting import Nested, copy_nested, leaves, map_nested
from graphnet.plan import Plan
from graphnet.random import generator_state, set_generator_state
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


class ComparingPlan(CompiledPlan):
    """A plan that runs a net both ways; where one of them fails, the other must fail in the same way."""

    def __init__(self, module: Module, comparing: Comparing) -> None:
        super().__init__(module, comparing.options)
        self.comparing = comparing
        self.compiled: WeakKeyDictionary[Tape, Tape] = WeakKeyDictionary()

    def execute(self, x: Nested, steady: Mapping[int, Any] | None = None) -> Tape:
        if _within.busy:
            return Plan.execute(self, x, steady)
        start = generator_state()
        with _inner():
            compiled, error = _tried(lambda: CompiledPlan.execute(self, copy_nested(x), steady))
            end = generator_state()
            set_generator_state(start)
            interpreted = self._checked(error, lambda: Plan.execute(self, x, steady))
        same(compiled.result(), interpreted.result(), f"the output of {self.module.label()}", self.dtype)
        assert end == generator_state(), f"{self.module.label()} drew other random numbers when it was compiled"
        self.comparing.forwards += 1
        self.compiled[interpreted] = compiled
        return interpreted

    def pull_back(self, tape: Tape, of_outputs: list[Nested], scale: float, accumulate: bool) -> list[Nested]:
        if _within.busy or tape not in self.compiled:
            return Plan.pull_back(self, tape, of_outputs, scale, accumulate)
        with _inner():
            with untouched(self.module):
                found, error = _tried(
                    lambda: CompiledPlan.pull_back(self, self.compiled[tape], copy_nested(of_outputs), scale, accumulate)
                )
                learnt = self._learnt()
            if any(p.grad.any() for p in self.module.parameters()):
                with untouched(self.module):
                    self._checked(error, lambda: Plan.pull_back(self, tape, of_outputs, scale, accumulate))
                    expected = self._learnt()
                interpreted = Plan.pull_back(self, tape, of_outputs, scale, accumulate)
            else:
                interpreted = self._checked(error, lambda: Plan.pull_back(self, tape, of_outputs, scale, accumulate))
                expected = self._learnt()
        label = self.module.label()
        same(found, interpreted, f"the gradient of the input of {label}", self.dtype)
        for name, array in expected.items():
            same(learnt[name], array, f"{name} of {label} after the backward", self.dtype)
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
            assert told == expected, f"compiled, {self.module.label()} fails with\n{told}\nbut interpreted with\n{expected}"
            raise
        if error is not None:
            raise AssertionError(f"compiled, {self.module.label()} fails") from error
        return found


class _Within(threading.local):
    """Whether this thread is within a run that is compared, where nets inside of modules are not compared again."""

    busy = False


_within = _Within()


@contextmanager
def _inner() -> Iterator[None]:
    _within.busy = True
    try:
        yield
    finally:
        _within.busy = False


def _tried(run: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        return run(), None
    except Exception as error:
        return None, error


def _told(error: Exception | None) -> str:
    return "nothing" if error is None else "\n".join([repr(error), *getattr(error, "__notes__", [])])


def same(found: Nested, expected: Nested, what: str, dtype: np.dtype[Any]) -> None:
    """Compare nested arrays; NaN is equal to NaN."""
    kinds = map_nested(lambda a: (a.shape, a.dtype), found), map_nested(lambda a: (a.shape, a.dtype), expected)
    assert kinds[0] == kinds[1], f"compiled, {what} is {kinds[0]} instead of {kinds[1]}"
    tolerance = TOLERANCE[dtype.char]
    for a, b in zip(leaves(found), leaves(expected), strict=True):
        finite = np.abs(b[np.isfinite(b)]) if b.dtype.kind == "f" else b
        np.testing.assert_allclose(
            a, b, rtol=tolerance, atol=tolerance * finite.max(initial=0), err_msg=f"compiled, {what} differs"
        )
