"""Debug: who is told of what fails inside a net. The engine itself draws no pictures."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

if TYPE_CHECKING:
    from graphnet.graph import Graph
    from graphnet.module import Module
    from graphnet.tape import Tape

Listener: TypeAlias = Callable[[Exception, "Module | Graph", "Tape | None"], None]
Function = TypeVar("Function", bound=Callable[..., Any])

_listeners: list[Listener] = []
_running: set[CodeType] = set()


class Held(tuple[Any, ...]):
    """What an error holds for its picture; the nets behind it go to no other process, so a copy from there has none."""

    __slots__ = ()

    def __reduce__(self) -> Any:
        return Held, ()


def listen(listener: Listener | None) -> None:
    """Tell a function, and no other, of what fails from now on; None for no one."""
    _listeners[:] = [] if listener is None else [listener]


def runs(function: Function) -> Function:
    """Mark a function that runs a plan, or infers over one; what fails inside of it is told where it fails itself."""
    _running.add(function.__code__)
    return function


def failed(error: Exception, net: Module | Graph, tape: Tape | None = None) -> None:
    """Tell of a failure, unless another plan is running around it: that one may handle it, or fails next.

    Parameters
    ----------
    error : Exception
        With a note from each plan so far.
    net : Module or Graph
        What failed, or the drawing that is refused.
    tape : Tape, optional
        What was computed before.
    """
    if not _listeners:
        return
    frame = sys._getframe(1).f_back
    while frame is not None:
        if frame.f_code in _running:
            return
        frame = frame.f_back
    for listener in _listeners:
        listener(error, net, tape)
