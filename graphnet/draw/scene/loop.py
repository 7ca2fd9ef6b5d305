"""Loop: what a recurrence takes and gives, seen from its step: which input is a sequence, which a state."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from graphnet.recurrence import Recurrence


class Entry(NamedTuple):
    """One of the values that a recurrence takes: ``place`` is that of the step's input, None for the lengths."""

    place: int | None
    meaning: str
    detail: str


class Exit(NamedTuple):
    """One of the values that a recurrence gives: ``place`` is that of the step's output."""

    place: int
    note: str


def entries_of(recurrence: Recurrence) -> list[Entry]:
    """Return what a recurrence takes, in the order in which it takes it; the states can all be left out.

    >>> from graphnet import Recurrence, modules as nn
    >>> [(entry.place, entry.meaning) for entry in entries_of(Recurrence(nn.rnn(3, 2), lengths=True))]
    [(0, 'sequence'), (1, 'state'), (None, 'lengths')]
    """
    wiring = recurrence.wiring
    graph = recurrence.step.graph()
    layout = "BxTx..." if recurrence.batch_first else "TxBx..."
    found = []
    for place in sorted([*wiring.sequences, *wiring.constants]):
        constant = place in wiring.constants
        detail = "Bx..., the same at every step" if constant else f"{layout}, one part of it at every step"
        found.append(Entry(place, "constant" if constant else "sequence", detail))
    first = "learned" if recurrence.own_parameters() else "zeros"
    for place, source in zip(wiring.states, wiring.fed_by, strict=True):
        detail = f"fed by {graph.outputs[source].label()}; if it is not given, {first} before the first step"
        found.append(Entry(place, "state", detail))
    if recurrence.lengths:
        found.append(Entry(None, "lengths", "of the rows, from 0 to T"))
    return found


def exits_of(recurrence: Recurrence) -> list[Exit]:
    """Return what a recurrence gives: sequences, and the final states if they are put out."""
    wiring = recurrence.wiring
    final = wiring.fed_by if recurrence.final_states else ()
    return [*(Exit(place, "") for place in wiring.put_out), *(Exit(place, "final state") for place in final)]


def filled_by(recurrence: Recurrence, n_given: int | None) -> list[Entry] | None:
    """Return the entries that a list of ``n_given`` values fills, None if they cannot fit.

    Where the number is not known, the states are taken to be left out.
    """
    entries = entries_of(recurrence)
    without_states = [entry for entry in entries if entry.meaning != "state"]
    if n_given is None:
        return without_states
    return next((fitting for fitting in (without_states, entries) if len(fitting) == n_given), None)


def input_names(recurrence: Recurrence, n_given: int) -> list[str | None]:
    """Return the names of the values that a list of ``n_given`` holds, for a recurrence that is not taken apart."""
    nodes = recurrence.step.graph().inputs
    entries = filled_by(recurrence, n_given) or []
    return [entry.meaning if entry.place is None else nodes[entry.place].name for entry in entries]


def output_names(recurrence: Recurrence) -> list[str | None]:
    """Return the names of the values that a recurrence gives."""
    nodes = recurrence.step.graph().outputs
    return [f"final {name}" if note and (name := nodes[i].name) else nodes[i].name for i, note in exits_of(recurrence)]
