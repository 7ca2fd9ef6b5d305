"""Which call of a run each node of a drawing is, and what flowed along its arrows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphnet.draw.scene.sketch import Sketch
from graphnet.nesting import Nested, Operand, gather, map_nested

if TYPE_CHECKING:
    from graphnet.draw.scene.parts import Drawing
    from graphnet.graph import Graph
    from graphnet.node import Node
    from graphnet.plan import Plan
    from graphnet.recurrence import Recurrence
    from graphnet.recurrence.record import Record
    from graphnet.splicing import Call
    from graphnet.tape import Tape


class Flow:
    """A plan and, if it ran, its tape, seen from the drawing.

    Containers draw anew each time they are asked, so their nodes are not those of the plan; but the order is the same,
    and by that each node finds its call.

    Parameters
    ----------
    plan : Plan or None
        Without a plan, nothing is known and nothing is labelled.
    tape : Tape or None
    backward : bool
        Whether the gradients are meant, or else the values.
    step : int, optional
        Which step's values are meant inside recurrences.
    moment : str
        Of the inside of a recurrence: which step this is, in words.
    """

    def __init__(
        self,
        plan: Plan | None,
        tape: Tape | None,
        *,
        backward: bool,
        step: int | None = None,
        moment: str = "",
    ) -> None:
        self.plan = plan
        self.tape = tape
        self.backward = backward
        self.step = step
        self.moment = moment
        self.values = None if tape is None else tape.gradients if backward else tape.values
        self.contributions = tape.contributions if tape is not None and backward else None
        self._siblings: dict[Call | None, dict[Node, Call]] = {}
        for call in plan.calls if plan is not None else ():
            if not call.helper:
                self._siblings.setdefault(call.parent, {})[call.node] = call

    def calls(self, graph: Graph | Drawing, parent: Call | None) -> dict[Node, Call]:
        """Return the call of each node of a graph that stands inside ``parent``; none if the plan is of another net."""
        calls = list(self._siblings.get(parent, {}).values())
        wanted = [graph.modules.get(node) for node in graph.order]
        if [call.module for call in calls] != wanted:
            return {}
        return dict(zip(graph.order, calls, strict=True))

    def only_call(self) -> Call | None:
        """Return the call of a net that is not made of others."""
        return self.plan.calls[0] if self.plan is not None else None

    def record(self, call: Call | None) -> Record | None:
        """Return the run of a recurrence, if its steps were run and kept."""
        run = self.tape.saved.get(call.target) if self.tape is not None and call is not None else None
        return run if run is not None and run.segment is None and len(run) else None

    def within(self, recurrence: Recurrence, call: Call | None) -> Flow:
        """Return what flowed inside a recurrence, at the step that is asked for; without one, no values."""
        run = self.tape.saved.get(call.target) if self.tape is not None and call is not None else None
        if run is None or self.step is None:
            return self._within_unknown(recurrence, call)
        tape = run[self.step]
        moment = f"step {self.step % len(run)} of {len(run)}" + (", from the end" if recurrence.reverse else "")
        return Flow(tape.plan, tape, backward=self.backward, moment=moment)

    def at_step(self, recurrence: Recurrence, call: Call | None, t: int) -> Flow:
        """Return what flowed inside a recurrence at step ``t``."""
        run = self.record(call)
        return self._within_unknown(recurrence, call) if run is None else Flow(run.plan, run[t], backward=self.backward)

    def _within_unknown(self, recurrence: Recurrence, call: Call | None) -> Flow:
        """Return what is known where there was no run: shapes, if they were asked for."""
        if isinstance(self.tape, Sketch) and call is not None:
            inside = self.tape.inside[call.target]
            return Flow(inside.plan, inside, backward=self.backward)
        plan = recurrence.step._plan
        current = plan is not None and plan.is_current()
        return Flow(plan if current else None, None, backward=self.backward)

    def into(self, call: Call | None) -> Nested:
        """Return what a call takes or, backward, the gradient that it passes back; None where nothing is known."""
        if self.values is None or call is None:
            return None
        if call.node.index is not None:  # of the list it takes, only the element
            return self._at(call.target)
        if self.contributions is not None and call.hooks is not None:
            return self.contributions.get(call.target)
        return self._at(call.source)

    def of_input(self, i: int) -> Nested:
        """Return what came in by the net's input ``i``, or its gradient."""
        return None if self.plan is None or self.values is None else self._at(self.plan.inputs[i])

    def of_output(self, i: int) -> Nested:
        """Return what went out by the net's output ``i``, or its gradient."""
        return None if self.plan is None or self.values is None else self._at(self.plan.outputs[i])

    def _at(self, operand: Operand) -> Nested:
        assert self.values is not None
        if self.contributions is None:
            return gather(operand, self.values)
        gradients = self.values
        return map_nested(lambda register: gradients[register], operand)


def part(value: Nested, path: tuple[int, ...]) -> Nested:
    """Return the part of a nested list at a path; None if there is none."""
    for index in path:
        if not isinstance(value, list) or not -len(value) <= index < len(value):
            return None
        value = value[index]
    return value
