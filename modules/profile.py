"""Profile: a module, and the time that it takes."""

from __future__ import annotations

import threading
import time
from typing import Any

from graphnet.edge import whole_number
from graphnet.module import Module
from graphnet.modules.decorators import Decorator
from graphnet.nesting import Nested
from graphnet.shapes import Shape, output_of
from graphnet.tape import Tape


class Times:
    """How often a module ran, and how long it took.

    Attributes
    ----------
    calls, seconds : dict
        The sums over all runs, for "forward" and for "backward".
    """

    def __init__(self) -> None:
        self.calls = {"forward": 0, "backward": 0}
        self.seconds = {"forward": 0.0, "backward": 0.0}
        self._since = {"forward": 0.0, "backward": 0.0}  # those of the calls that were not printed yet
        self._lock = threading.Lock()

    def add(self, direction: str, seconds: float, interval: int) -> float | None:
        """Count a call; return the time that the last ``interval`` calls took together, if so many are full."""
        with self._lock:
            self.calls[direction] += 1
            self.seconds[direction] += seconds
            self._since[direction] += seconds
            if self.calls[direction] % interval:
                return None
            took, self._since[direction] = self._since[direction], 0.0
            return took


class Profile(Decorator):
    """A module, and the time that it takes: ``y = module(x)``.

    Every so many calls a line is printed; :attr:`report` has the sums. Keeping them is all that it is for, so this
    module is not pure: they stay with it, and are left out of copies and files. A net sees it as one call.

    Parameters
    ----------
    module : Module
        What is timed; it is ``modules[0]``.
    print_interval : int
        A line is printed every so many forward, and every so many backward calls; at least 1.
    name : str, optional
        What the lines call it; by default the module's own description.

    Attributes
    ----------
    calls : dict of str to int
        How many runs were timed: ``{"forward": ..., "backward": ...}``.
    seconds : dict of str to float
        How long they took together.

    Notes
    -----
    Torch7's ``nn.Profile``.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet.modules import Tanh
    >>> timed = Profile(Tanh(), name="squash")
    >>> y = timed.forward(np.zeros(2))
    >>> timed.calls
    {'forward': 1, 'backward': 0}
    >>> print(timed.report)  # doctest: +ELLIPSIS
    squash: 1 forward call took ... s (... ms each)
    """

    joint = True

    def __init__(self, module: Module, print_interval: int = 100, name: str | None = None) -> None:
        super().__init__(module)
        self.print_interval = whole_number(print_interval, "Profile's print_interval", 1)
        self.name = name
        self._times = Times()

    @property
    def calls(self) -> dict[str, int]:
        return dict(self._kept.calls)

    @property
    def seconds(self) -> dict[str, float]:
        return dict(self._kept.seconds)

    @property
    def report(self) -> str:
        """The calls so far and how long they took, in words."""
        calls, seconds = self.calls, self.seconds
        lines = [self._line(direction, calls[direction], seconds[direction]) for direction in calls if calls[direction]]
        return "\n".join(lines) or f"{self._called()}: no calls yet"

    def graph(self) -> None:  # type: ignore[override]  # it is not taken apart
        return None

    def update_output(self, x: Nested) -> tuple[Nested, Tape]:
        start = time.perf_counter()
        tape = self._held(1)[0].run(x)
        self._add("forward", time.perf_counter() - start)
        return tape.result(), tape

    def pull_back(self, x: Nested, y: Nested, dy: Nested, scale: Any, accumulate: bool, *saved: Any) -> Nested:
        tape: Tape = saved[0]
        start = time.perf_counter()
        dx = tape.plan.pull(tape, dy, scale, accumulate=accumulate)
        self._add("backward", time.perf_counter() - start)
        return dx

    def output_shape(self, shape: Shape) -> Shape:
        return output_of(self.modules[0], shape)

    def inner_shapes(self, shape: Shape) -> dict[str, Shape]:
        return {"0": shape}

    def _add(self, direction: str, seconds: float) -> None:
        took = self._kept.add(direction, seconds, self.print_interval)
        if took is not None:
            print(self._line(direction, self.print_interval, took), flush=True)

    def _line(self, direction: str, n: int, seconds: float) -> str:
        calls = f"{n} {direction} call{'s' if n != 1 else ''}"
        return f"{self._called()}: {calls} took {seconds:.3g} s ({1000 * seconds / n:.3g} ms each)"

    def _called(self) -> str:
        return self.name or self.modules[0].label()

    @property
    def _kept(self) -> Times:
        """The times; those of a copy begin anew."""
        times: Times = vars(self).setdefault("_times", Times())
        return times

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_times"}
