"""Shortcut: a whole net that is one program, from the user's arrays into its room and out again, with little between.

A small net is done in less time than its input takes to be looked at in general. So inputs that are just like the last
ones, of the same shapes and in the net's type, are copied into the room, the code is called, and the outputs are copied
out. Whatever is not quite so takes the usual way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from graphnet.compile.layout import even_layout
from graphnet.compile.native import Native
from graphnet.compile.specialisation import Frame, Specialisation
from graphnet.compile.tape import CompiledTape
from graphnet.compile.units import Fused
from graphnet.nesting import Array, Nested
from graphnet.pull import accumulation
from graphnet.tape import Tape

if TYPE_CHECKING:
    from graphnet.compile.executor import CompiledPlan


class Shortcut:
    """The way of inputs of certain shapes through a net that is one program, there and back.

    Parameters
    ----------
    plan : CompiledPlan
    unit : Fused
        The plan's only unit.
    specialisation : Specialisation
    n_rows : int
    """

    def __init__(self, plan: CompiledPlan, unit: Fused, specialisation: Specialisation, n_rows: int) -> None:
        backend = specialisation.backend
        assert isinstance(backend, Native)
        self.plan = plan
        self.units = [unit]
        self.key = unit.calls[0].target
        self.specialisation = specialisation
        self.layout = even_layout(1, n_rows)
        self.dtype = plan.dtype
        self.n_rows = n_rows
        # In the order of the plan's inputs.
        taken = [unit.taken.index(register) for register in plan.inputs]
        self.inputs = [specialisation.inputs[k] for k in taken]
        self.taken = taken
        self.shapes = [(n_rows, *specialisation.traced.inputs[k].inner) for k in taken]
        # In the order of the plan's outputs.
        order = [unit.given.index(register) for register in plan.outputs]
        self.outputs = [specialisation.outputs[k] for k in order]
        self.output_shapes = [(n_rows, *specialisation.traced.outputs[k].inner) for k in order]
        self.seeds = [specialisation.back.seeds[k] for k in order]
        self.there, self.back = (backend.codes[p] for p in (specialisation.forward, specialisation.backward))

    def run(self, x: Nested) -> Tape | None:
        """Run forwards; return None for an input that is to take the usual way."""
        arrays = self._arrays(x, self.shapes)
        if arrays is None:
            return None
        specialisation, layout = self.specialisation, self.layout
        room = specialisation.room(specialisation.forward, layout)
        rows = room.arrays
        for buffer, a in zip(self.inputs, arrays, strict=True):
            if buffer in rows:
                rows[buffer][...] = a if a.ndim == 2 else a.reshape(self.n_rows, -1)
        table = self.there.table([room], layout)
        table.follow()
        self.there.whole(table.entries, layout.sizes, 0, self.n_rows)
        copies = [a.copy() for a in arrays]
        tape = CompiledTape(
            self.plan, copies if len(copies) > 1 else copies[0], self.plan.registers(copies), self.units
        )
        for register, buffer, shape in zip(self.plan.outputs, self.outputs, self.output_shapes, strict=True):
            tape.values[register] = rows[buffer].reshape(shape).copy()
        tape.saved[self.key] = (specialisation, Frame(layout, room, specialisation.free[specialisation.forward]))
        tape.shortcut = self
        return tape

    def pull(self, tape: Tape, dy: Nested) -> Nested:
        """Go back; return the gradient of the input, or None for one of the output that is to take the usual way."""
        arrays = self._arrays(dy, self.output_shapes)
        if arrays is None or not accumulation.acquire(blocking=False):
            return None
        try:
            specialisation, layout = self.specialisation, self.layout
            room = specialisation.room(specialisation.backward, layout)
            rows = room.arrays
            for seed, a in zip(self.seeds, arrays, strict=True):
                if seed in rows:
                    rows[seed][...] = a if a.ndim == 2 else a.reshape(self.n_rows, -1)
            direct = specialisation.direct()
            specialisation.backend.run(specialisation.backward, [tape.saved[self.key][1].room, room], layout, 0, direct)
            specialisation.accumulate(rows, 1, direct)
            gradients = specialisation.input_gradients(rows, layout)
            found = [
                np.zeros(shape, self.dtype) if gradients[k] is None else gradients[k][0]
                for shape, k in zip(self.shapes, self.taken, strict=True)
            ]
            specialisation.free[specialisation.backward].append(room)
        finally:
            accumulation.release()
        tape.gradients = []  # only to tell that there are some, which are computed when they are asked for
        tape.of_outputs = [a.copy() for a in arrays]  # type: ignore[attr-defined]
        return found[0] if len(found) == 1 else found

    def _arrays(self, x: Nested, shapes: list[tuple[int, ...]]) -> Sequence[Array] | None:
        """Return the arrays of a value, if they are just of these shapes and of the net's type."""
        arrays: Any = x if len(shapes) > 1 else (x,)
        if (arrays.__class__ is not list and arrays.__class__ is not tuple) or len(arrays) != len(shapes):
            return None
        dtype = self.dtype
        for a, shape in zip(arrays, shapes, strict=True):
            if a.__class__ is not np.ndarray or a.shape != shape or a.dtype is not dtype:
                return None
        kept: Sequence[Array] = arrays
        return kept


def shortcut_of(plan: CompiledPlan, tape: CompiledTape) -> Shortcut | None:
    """Return the shortcut for inputs like that of a run, if there is one."""
    unit = tape.units[0] if len(tape.units) == 1 else None
    if (
        not isinstance(unit, Fused)
        or sorted(unit.taken) != sorted(plan.inputs)
        or len(set(map(str, plan.outputs))) != len(plan.outputs)
    ):
        return None
    specialisation, frame = tape.saved[unit.calls[0].target]
    plain = all(node.kind == "input" for node in specialisation.traced.inputs) and not specialisation.has_noise()
    flat = all(isinstance(register, int) and register in unit.given for register in plan.outputs)
    if not plain or not flat or len(unit.given) != len(plan.outputs) or not isinstance(specialisation.backend, Native):
        return None
    return Shortcut(plan, unit, specialisation, frame.layout.n_rows)
