"""Rolled: a recurrence as its step, with an arrow back from each output that is fed back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphnet.draw.scene.flow import part
from graphnet.draw.scene.loop import Entry, entries_of, exits_of, filled_by
from graphnet.draw.scene.parts import Box, Frame, Port, Source, is_plain_input
from graphnet.draw.scene.sources import element, noted

if TYPE_CHECKING:
    from graphnet.draw.scene.scene import Scene
    from graphnet.nesting import Nested
    from graphnet.recurrence import Recurrence
    from graphnet.splicing import Call


def rolled(
    scene: Scene,
    recurrence: Recurrence,
    given: dict[Entry, tuple[Source, Nested]] | None,
    frame: Frame,
    call: Call | None,
) -> list[Source]:
    """Add the step of a recurrence and what is fed back; return where what it gives comes from.

    Parameters
    ----------
    scene : Scene
    recurrence : Recurrence
    given : dict of Entry to (source, value), or None
        What it takes; None if its entries are the net's inputs.
    frame : Frame
        Where the step is drawn.
    call : Call or None
    """
    graph = recurrence.step.graph()
    scene.flow = scene.flow.within(recurrence, call)
    frame.moment = scene.flow.moment
    scene.shows_step = scene.shows_step or bool(frame.moment)
    marks: dict[int | None, Box] = {}
    for i, entry in enumerate(entries_of(recurrence)):
        box = marks[entry.place] = entry_box(scene, recurrence, entry, frame, i if given is None else None)
        if given is not None and entry in given:
            scene.connect(given[entry][0], box, given[entry][1])
    inputs: list[Source] = [Port(marks[place]) for place in range(len(graph.inputs))]
    sources = scene.splice(graph, inputs, frame, scene.flow.calls(graph, None))
    for output, place in recurrence.feedback:
        scene.connect(sources[output], marks[place], scene.flow.of_output(output), -1 if recurrence.reverse else 1)
    return [noted(sources[place], note) for place, note in exits_of(recurrence)]


def entry_box(scene: Scene, recurrence: Recurrence, entry: Entry, frame: Frame, index: int | None) -> Box:
    """Add the box of an input of a step, which is its node if that is nothing but an input."""
    graph = recurrence.step.graph()
    box = scene.box("input", None, None, frame, index=index)
    box.entry = entry
    if entry.place is not None and is_plain_input(node := graph.inputs[entry.place], graph.modules.get(node)):
        box.node, box.module = node, graph.modules.get(node)
    return box


def given_to(recurrence: Recurrence, source: Source, value: Nested) -> dict[Entry, tuple[Source, Nested]] | None:
    """Return where each value that a recurrence takes comes from, and the value if it is known; None if it cannot fit.

    What is no list in the drawing can be one in a run; if there was none, the states are taken to be left out.
    """
    listed = next((len(items) for items in (source, value) if isinstance(items, list)), None)
    entries = filled_by(recurrence, listed)
    if entries is None:
        return None
    if len(entries) == 1 and listed is None:
        return {entries[0]: (source, value)}
    lengths_last = [*range(len(entries) - 1), -1] if listed is None else range(len(entries))
    return {
        entry: (source[i] if isinstance(source, list) else element(source, i), part(value, (i,)))
        for i, entry in zip(lengths_last, entries, strict=True)
    }
