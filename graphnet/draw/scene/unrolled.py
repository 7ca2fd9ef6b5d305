"""Unrolled: a recurrence as several of its steps, each in a frame, with arrows from every step's states to the next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from graphnet.draw.scene.loop import Entry, entries_of, exits_of
from graphnet.draw.scene.parts import Box, Frame, Port, Source
from graphnet.draw.scene.rolled import entry_box
from graphnet.draw.scene.sources import OverTime, noted
from graphnet.edge import whole_number

if TYPE_CHECKING:
    from graphnet.draw.scene.flow import Flow
    from graphnet.draw.scene.scene import Scene
    from graphnet.nesting import Nested
    from graphnet.recurrence import Recurrence
    from graphnet.recurrence.record import Record
    from graphnet.splicing import Call


class Steps:
    """Which steps of a recurrence are shown.

    Parameters
    ----------
    which : int or iterable of int
        The first so many, or those of these numbers, in the order of running; of a run, negative ones count from the
        last.

    Raises
    ------
    TypeError, ValueError
        If they are no such numbers, or none.

    Examples
    --------
    >>> Steps(3).of(None), Steps([4, 0]).of(None)
    ([0, 1, 2], [0, 4])
    """

    def __init__(self, which: int | Iterable[int]) -> None:
        self.first: int | None = None
        self.chosen: list[int] = []
        if isinstance(which, Iterable) and not isinstance(which, str):
            self.chosen = [whole_number(t, "a step of draw's unroll") for t in which]
            if not self.chosen:
                raise ValueError("draw's unroll names no step")
        else:
            self.first = whole_number(which, "draw's unroll", 1)

    def of(self, run: Record | None) -> list[int]:
        """Return the numbers of the steps, in order.

        Raises
        ------
        IndexError
            If a run has no such step, or a negative number is given without one.
        """
        if self.first is not None:
            return list(range(self.first if run is None else min(self.first, len(run))))
        for t in self.chosen:
            if run is None and t < 0:
                raise IndexError(f"there is no run of which step {t} could be counted from the last")
            if run is not None and not -len(run) <= t < len(run):
                raise IndexError(f"there is no step {t} in a run of {len(run)}")
        return sorted({t if run is None else t % len(run) for t in self.chosen})

    def length(self, run: Record | None) -> int | None:
        """Return how many steps there are, if that is known."""
        return self.first if run is None else len(run)


def unrolled(
    scene: Scene,
    recurrence: Recurrence,
    given: dict[Entry, tuple[Source, Nested]] | None,
    frame: Frame,
    call: Call | None,
) -> list[Source]:
    """Add steps of a recurrence one by one; return where what it gives comes from. Arguments as for ``rolled``."""
    assert scene.steps is not None
    return _Unrolling(scene, recurrence, frame, call).draw(given, scene.steps)


class _Unrolling:
    """The steps of one recurrence while they are drawn."""

    def __init__(self, scene: Scene, recurrence: Recurrence, frame: Frame, call: Call | None) -> None:
        self.scene = scene
        self.recurrence = recurrence
        self.graph = recurrence.step.graph()
        self.frame = frame
        self.call = call
        self.flow = scene.flow
        self.run = scene.flow.record(call)
        self.states: dict[int, tuple[Source, Nested]] = {}  # by the place of the step's input: where it comes from
        self.flows: dict[int, Flow] = {}
        self.next_t = 0

    def draw(self, given: dict[Entry, tuple[Source, Nested]] | None, steps: Steps) -> list[Source]:
        shown = steps.of(self.run)
        self.length = steps.length(self.run)
        taken = self._taken(given)
        self.states = {place: taken[place] for place in self.recurrence.wiring.states if place in taken}
        frames: list[Frame] = []
        self.scene.unrolled.append(frames)
        gives: dict[int, list[Source]] = {}
        for t in shown:
            if t > self.next_t:
                self._skip(t - self.next_t)
            frames.append(self._frame_of(t))
            gives[t] = self._step(t, frames[-1], taken)
            self.next_t = t + 1
        rest = None
        if self.length is not None and self.next_t < self.length:
            rest = self._skip(self.length - self.next_t)
        self.scene.shows_step = True
        return [self._given_back(place, note, gives, rest) for place, note in exits_of(self.recurrence)]

    def _taken(self, given: dict[Entry, tuple[Source, Nested]] | None) -> dict[int, tuple[Source, Nested]]:
        """Return where the values come from that the recurrence takes, by the places of the step's inputs."""
        found: dict[int, tuple[Source, Nested]] = {}
        for i, entry in enumerate(entries_of(self.recurrence)):
            if given is None:
                source, value = Port(entry_box(self.scene, self.recurrence, entry, self.frame, i)), None
            elif entry in given:
                source, value = given[entry]
            else:
                continue
            if entry.place is not None:
                found[entry.place] = (source, value)
            elif given is not None:
                box = entry_box(self.scene, self.recurrence, entry, self.frame, None)
                self.scene.connect(source, box, value)
        return found

    def _frame_of(self, t: int) -> Frame:
        inside = self.scene.frame(None, None, self.frame)
        inside.t = t
        words = [f"t = {t}"]
        if self.recurrence.reverse:
            words.append("from the end" if self.length is None else f"from the end: place {self.length - 1 - t}")
        if self.run is not None and (rows := self.run.rows(t)) is not None:
            words.append(f"{len(rows)} of {self.run.n_rows} rows")
        inside.moment = ", ".join(words)
        return inside

    def _step(self, t: int, inside: Frame, taken: dict[int, tuple[Source, Nested]]) -> list[Source]:
        """Add one step; return where its outputs come from."""
        scene, wiring = self.scene, self.recurrence.wiring
        flow = scene.flow = self.flows[t] = self.flow.at_step(self.recurrence, self.call, t)
        inputs: list[Any] = [None] * len(self.graph.inputs)
        for entry in entries_of(self.recurrence):
            if entry.place is None:
                continue
            box = entry_box(scene, self.recurrence, entry, inside, None)
            inputs[entry.place] = Port(box)
            if entry.place in wiring.states:
                source, value = self.states.get(entry.place, (None, None))
                scene.connect(source, box, value, leap="step" if self.next_t else "")
            elif entry.place in taken:
                source = taken[entry.place][0]
                if entry.place in wiring.sequences and isinstance(source, OverTime):
                    source = source.at(self._position(t))
                scene.connect(source, box, flow.of_input(entry.place))
        sources = scene.splice(self.graph, inputs, inside, flow.calls(self.graph, None))
        self.states = {place: (sources[output], flow.of_output(output)) for output, place in self.recurrence.feedback}
        return sources

    def _position(self, t: int) -> int:
        """Return where in the sequence a step stands; counted from the end if it is not known how long it is."""
        if not self.recurrence.reverse:
            return t
        ragged = self.run is not None and self.run.lengths is not None
        return -1 - t if self.length is None or ragged else self.length - 1 - t

    def _skip(self, n: int) -> Box:
        """Add a box for steps that are not shown, through which the states go."""
        box = self.scene.box("gap", None, None, self.frame)
        box.note = f"… {n:,} step{'s' if n > 1 else ''} more"
        for place, (source, value) in self.states.items():
            self.scene.connect(source, box, value, leap="step" if self.next_t else "")
            self.states[place] = (Port(box), None)
        return box

    def _given_back(self, place: int, note: str, gives: dict[int, list[Source]], rest: Box | None) -> Source:
        if note:  # a final state
            return noted(Port(rest) if rest is not None else gives[max(gives)][place], note)
        parts = {self._position(t): sources[place] for t, sources in gives.items()}
        values = {self._position(t): flow.of_output(place) for t, flow in self.flows.items()}
        word = "place" if self.recurrence.reverse else "t ="
        return OverTime(parts, None if rest is None else Port(rest), values, word)
