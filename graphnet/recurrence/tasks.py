"""Tasks: what a loop over time wants done at each step; who does it may do it at once, or node by node.

A loop yields its tasks, one after the other, and is sent what comes of each. So it is written once for both.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, NamedTuple, TypeVar

from graphnet.nesting import Nested
from graphnet.stepping import Stops
from graphnet.tape import Tape

Task = TypeVar("Task")
Done = TypeVar("Done")
Result = TypeVar("Result")


class Forth(NamedTuple):
    """Run step ``t``; its tape is wanted."""

    t: int
    x: Nested
    steady: Mapping[int, Any]


class Back(NamedTuple):
    """Go back over the tape of step ``t``; the gradients of its inputs are wanted."""

    t: int
    tape: Tape
    of_outputs: list[Nested]


def at_once(tasks: Generator[Task, Done, Result], perform: Callable[[Task], Done]) -> Result:
    """Do all tasks of a loop; return what it returns."""
    try:
        task = next(tasks)
        while True:
            try:
                done = perform(task)
            except Exception as error:  # noqa: BLE001  # the loop tells in it which step this was, and raises it
                task = tasks.throw(error)
            else:
                task = tasks.send(done)
    except StopIteration as end:
        result: Result = end.value
        return result


def node_by_node(tasks: Generator[Task, Done, Result], perform: Callable[[Task], Stops[Done]]) -> Stops[Result]:
    """Do all tasks of a loop, with the stops of each; return what it returns."""
    try:
        task = next(tasks)
        while True:
            try:
                done = yield from perform(task)
            except Exception as error:  # noqa: BLE001
                task = tasks.throw(error)
            else:
                task = tasks.send(done)
    except StopIteration as end:
        result: Result = end.value
        return result
