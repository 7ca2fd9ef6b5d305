"""Walk: stops made one at a time, on and back, to a node, to a time step, until a condition holds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import numpy as np

from graphnet.debug import failed
from graphnet.module import Module
from graphnet.node import Node
from graphnet.plan import Plan
from graphnet.splicing import Call
from graphnet.stepping import Stop, Stops

# So much memory is taken, at most, by what the parameters' gradients were at earlier stops.
MOST_BYTES_OF_GRADIENTS = 2**28

Result = TypeVar("Result")


class Walk(Generic[Result]):
    """What :class:`Steps` and :class:`BackwardSteps` have in common: the stops made so far, and where one stands.

    Iterating over it goes on to the end, a stop at a time.

    Attributes
    ----------
    stops : list of Stop
        Those that were made. Going back makes none.
    """

    def __init__(self, stops: Stops[Result], calls: list[Call], plan: Plan) -> None:
        self.stops: list[Stop] = []
        self._place = -1
        self._plan = plan
        self._calls = calls  # in the order in which they run
        self._running = stops
        self._result: list[Result] = []  # empty until the end
        self._failure: Exception | None = None
        self._kept: deque[Stop] = deque()
        self._bytes_kept = 0
        if not calls:
            self._end()

    # ---- where it stands

    @property
    def here(self) -> Stop | None:
        """The stop that one stands at; None before the first."""
        return self.stops[self._place] if self._place >= 0 else None

    @property
    def at_end(self) -> bool:
        """Whether all nodes have run and one stands at the last stop."""
        return bool(self._result) and self._place == len(self.stops) - 1

    # ---- going

    def next(self) -> Stop:
        """Run the next node, or go on to its stop if one went back before; return the stop.

        Raises
        ------
        LookupError
            At the end.
        """
        if self.at_end:
            raise LookupError(f"all {len(self.stops)} nodes have run: this is the end; back() goes back")
        if self._place == len(self.stops) - 1:
            self._make()
        self._place += 1
        return self.stops[self._place]

    def back(self) -> Stop:
        """Go back to the stop before this one, and return it; nothing is undone.

        Raises
        ------
        LookupError
            At the first stop.
        """
        if self._place < 1:
            raise LookupError("there is no stop before this one")
        self._place -= 1
        return self.stops[self._place]

    def to(self, key: str | Node | Module | None = None, t: int | None = None) -> Stop:
        """Go on to the next stop at a node, or at a time step, or at a node in a time step, and return it.

        Parameters
        ----------
        key : str, Node or Module, optional
            The node, its name or path, or what it calls.
        t : int, optional
            The time step, in the order of running.

        Raises
        ------
        LookupError
            If there is none ahead; then one stands where one stood.
        """
        start = self._place
        wanted = _wanted(key, t)
        found = self.until(lambda stop: _matches(stop, key, t))
        if found is not None:
            return found
        self._place = start
        behind = any(_matches(stop, key, t) for stop in self.stops[: max(start, 0)])
        names = ", ".join(dict.fromkeys(stop.name for stop in self.stops if stop.name)) or "none"
        hint = "; back_to goes back to it" if behind else f"; the nodes that have names: {names}"
        raise LookupError(f"there is no stop at {wanted} ahead{hint}")

    def back_to(self, key: str | Node | Module | None = None, t: int | None = None) -> Stop:
        """Go back to the latest stop before this one at a node, or in a time step; see :meth:`to`."""
        for place in reversed(range(max(0, self._place))):
            if _matches(self.stops[place], key, t):
                self._place = place
                return self.stops[place]
        raise LookupError(f"there is no stop at {_wanted(key, t)} behind")

    def until(self, condition: Callable[[Stop], bool]) -> Stop | None:
        """Go on to the next stop for which a condition holds, and return it; None if one comes to the end first.

        Parameters
        ----------
        condition : callable
            Of a stop, as ``lambda stop: abs(stop.grad).max(initial=0) > 1e3``.
        """
        for stop in self:
            if condition(stop):
                return stop
        return None

    def until_not_finite(self) -> Stop | None:
        """Go on to the next node that makes a NaN or an infinity; None if there is none."""
        return self.until(makes_not_finite)

    def finish(self) -> Result:
        """Run all nodes that are left; return what the run gives."""
        while not self.at_end:
            self.next()
        return self._result[0]

    def __iter__(self) -> Iterator[Stop]:
        while not self.at_end:
            yield self.next()

    def __len__(self) -> int:
        return len(self.stops)

    def __bool__(self) -> bool:
        return True

    # ---- running

    def _make(self) -> None:
        if self._failure is not None:
            raise self._failure
        try:
            stop = next(self._running)
            self.stops.append(stop)
            self._keep(stop)
            if stop.site == (self._calls[-1],):
                self._end()
        except Exception as error:
            self._failure = error
            failed(error, self._plan.module)
            raise

    def _end(self) -> None:
        """Run what is left, where no stop is."""
        try:
            next(self._running)
        except StopIteration as end:
            self._result.append(end.value)

    def _keep(self, stop: Stop) -> None:
        """Forget the oldest gradients of parameters that were kept, if there are too many."""
        size = sum(gradient.nbytes for gradient in stop.accumulated().values())
        if size:
            self._kept.append(stop)
            self._bytes_kept += size
        while self._bytes_kept > MOST_BYTES_OF_GRADIENTS and len(self._kept) > 1:
            oldest = self._kept.popleft()
            self._bytes_kept -= sum(gradient.nbytes for gradient in oldest.accumulated().values())
            oldest.drop_accumulated()

    def __repr__(self) -> str:
        where = "before the first node" if self.here is None else f"at {self.here}, stop {self._place + 1}"
        return f"{type(self).__name__}({where}{', the last' if self.at_end else ''})"


def makes_not_finite(stop: Stop) -> bool:
    """Tell whether a node made one: in its output, or backwards in what it passed back or its parameters' gradients."""
    return not all(np.isfinite(array).all() for array in stop.made())


def _matches(stop: Stop, key: str | Node | Module | None, t: int | None) -> bool:
    if t is not None and stop.t != t:
        return False
    if isinstance(key, str):
        return key in (stop.name, stop.path, stop.site[-1].path())
    return key is None or (stop.node is key if isinstance(key, Node) else stop.module is key)


def _wanted(key: str | Node | Module | None, t: int | None) -> str:
    if key is None and t is None:
        raise TypeError("where to? Give a node, its name or path, or a time step t")
    at = "" if key is None else repr(key) if isinstance(key, str) else str(key)
    return " in ".join(filter(None, [at, "" if t is None else f"time step {t}"]))
