"""Shortcut: a whole net that is one program, from the user's arrays into its room and out again, with little between.

A small net is done in less time than its input takes to be looked at in general. So inputs that are just like the last
ones, of the same shapes and in the net's type, are copied into the room, the code is called, and the outputs are copied
out. Whatever is not quite so takes the usual way.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from graphnet.compile.layout import even_layout
from graphnet.compile.native import NONE, Code, Native, Table
from graphnet.compile.rooms import Frame, Room
from graphnet.compile.rows import Rows
from graphnet.compile.specialisation import Specialisation
from graphnet.compile.tape import CompiledTape
from graphnet.compile.units import Fused, Unit
from graphnet.nesting import Array, Nested
from graphnet.parameter import Parameter
from graphnet.pull import accumulation

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
        self.there, self.back = backend.codes[specialisation.forward], backend.codes[specialisation.backward]
        self.direct = specialisation.direct
        self.n_rows = n_rows
        self.units: list[Unit] = [unit]
        self.key = unit.calls[0].target
        self.specialisation = specialisation
        self.forward, self.backward = specialisation.forward, specialisation.backward
        self.layout = even_layout(1, n_rows)
        self.sizes = ctypes.addressof(self.layout.sizes)
        self.dtype = plan.dtype
        self.single_in, self.single_out = len(plan.inputs) == 1, len(plan.outputs) == 1
        traced = specialisation.traced
        taken = [unit.taken.index(register) for register in plan.inputs]
        given = [unit.given.index(register) for register in plan.outputs]
        self.shapes = [(n_rows, *traced.inputs[k].inner) for k in taken]
        self.output_shapes = [(n_rows, *traced.outputs[k].inner) for k in given]
        self.inputs = [specialisation.inputs[k] for k in taken]
        self.outputs = [specialisation.outputs[k] for k in given]
        self.seeds = [specialisation.back.seeds[k] for k in given]
        gradients = specialisation.back.gradients
        self.gradients = [None if b is None else gradients.get(b) for b in self.inputs]
        self.free: list[Views] = []
        self.free_back: list[Views] = []

    def run(self, x: Nested) -> ShortTape | None:
        """Run forwards; return None for an input that is to take the usual way."""
        views = self.free.pop() if self.free else self._views(self.forward)
        if not views.take((x,) if self.single_in else x):
            self.free.append(views)
            return None
        self._call(self.there, views, views.room)
        return ShortTape(self, views)

    def _call(self, code: Code, views: Views, first: Room) -> None:
        """Call the code of a program in a room; ``first`` is that of the way there."""
        table = views.table
        if table is None or table.first() is not first:
            rooms = [first] if first is views.room else [first, views.room]
            table = views.table = code.table(rooms, self.layout)
        if table.moves != Parameter.moves or views.room is not first:
            table.follow(self.direct() if views.room is not first else NONE)
        code.whole(table.address, self.sizes, 0, self.n_rows)

    def pull(self, tape: ShortTape, dy: Nested) -> Nested:
        """Go back; return the gradient of the input, or None for one of the output that is to take the usual way."""
        if not accumulation.acquire(blocking=False):
            return None
        try:
            views = self.free_back.pop() if self.free_back else self._views(self.backward)
            arrays = (dy,) if self.single_out else dy
            if not views.take(arrays):
                self.free_back.append(views)
                return None
            direct = self.direct()
            rows = views.room.arrays
            for buffer in self.back.cleared:
                if buffer not in direct:
                    rows[buffer][...] = 0
            if tape.back is not None and self.specialisation.overwrites:
                self._call(self.there, tape.views, tape.views.room)
            self._call(self.back, views, tape.views.room)
            if len(direct) < self.specialisation.n_totals:
                self.specialisation.accumulate(rows, 1, direct)
            found = [a.copy() for a in views.given]
            self.free_back.append(views)
        finally:
            accumulation.release()
        tape.back = arrays
        return found[0] if self.single_in else found

    def _views(self, program: Any) -> Views:
        room = self.specialisation.room(program, self.layout)
        if program is self.forward:
            return Views(room, self.inputs, self.shapes, self.outputs, self.output_shapes, self.dtype)
        return Views(room, self.seeds, self.output_shapes, self.gradients, self.shapes, self.dtype)


class Views:
    """A room and, as the arrays of the user, what is put in and what is taken out."""

    def __init__(self, room: Room, inputs: Any, shapes: Any, outputs: Any, output_shapes: Any, dtype: Any) -> None:
        self.room = room
        self.table: Table | None = None

        def views(buffers: Any, shapes: Any) -> list[Array]:
            return [
                room.arrays[b.root()].reshape(shape)
                if b is not None and b.root() in room.arrays
                else np.zeros(shape, dtype)
                for b, shape in zip(buffers, shapes, strict=True)
            ]

        self.taken, self.given = views(inputs, shapes), views(outputs, output_shapes)
        self.dtype = dtype
        self.places = list(zip(self.taken, shapes, strict=True))

    def take(self, arrays: Any) -> bool:
        """Copy arrays to where they are put in, if they are just of the shapes and the type; tell whether they are."""
        places = self.places
        if (arrays.__class__ is not list and arrays.__class__ is not tuple) or len(arrays) != len(places):
            return False
        dtype = self.dtype
        for k, (place, shape) in enumerate(places):
            a = arrays[k]
            if a.__class__ is not np.ndarray or a.dtype is not dtype or a.shape != shape:
                return False
            place[...] = a
        return True

    def took(self, arrays: Any) -> bool:
        """Tell whether these surely are the arrays that were copied."""
        places = self.places
        if (arrays.__class__ is not list and arrays.__class__ is not tuple) or len(arrays) != len(places):
            return False
        dtype = self.dtype
        for k, (place, shape) in enumerate(places):
            a = arrays[k]
            if a.__class__ is not np.ndarray or a.dtype is not dtype or a.shape != shape or not _same(a, place):
                return False
        return True


class ShortTape(CompiledTape):
    """The tape of a run that took a shortcut; what is seldom asked for is made when it is."""

    __slots__ = ("back", "views", "way", "whole")

    def __init__(self, way: Shortcut, views: Views) -> None:
        self.way = way
        self.views = views
        self.back: Sequence[Array] | None = None  # the gradients of the outputs, after a way back
        self.whole = False  # whether what is seldom asked for has been made; from then on the usual way is taken
        self.plan = way.plan

    def __del__(self) -> None:
        if len(self.way.free) < 2:
            self.way.free.append(self.views)

    def __getattr__(self, name: str) -> Any:
        if name in ("views", "way", "back", "whole", "plan"):
            raise AttributeError(name)
        way = self.way
        plan = way.plan
        copies = [a.copy() for a in self.views.taken]
        CompiledTape.__init__(self, plan, copies[0] if way.single_in else copies, plan.registers(copies), way.units)
        for register, a in zip(plan.outputs, self.views.given, strict=True):
            self.own.values[register] = a.copy()
        frame = Frame(way.layout, self.views.room, [])
        self.own.saved[way.key] = (way.specialisation, frame)
        if self.back is not None:
            frame.spent = way.specialisation.overwrites
            self.of_outputs = [a.copy() for a in self.back]
        self.whole = True
        return getattr(self, name)

    @property
    def output(self) -> Nested:
        """The net's output: an array, or a list if the net has several outputs."""
        given = self.views.given
        return given[0].copy() if self.way.single_out else [a.copy() for a in given]

    def took(self, x: Nested) -> bool:
        return self.views.took((x,) if self.way.single_in else x) or super().took(x)

    def backward(self, dy: Nested, scale: float = 1.0) -> Nested:
        if scale == 1 and not self.whole:
            dx = self.way.pull(self, dy)
            if dx is not None:
                return dx
        return super().backward(dy, scale)


def _same(a: Array, b: Array) -> bool:
    return a.tobytes() == b.tobytes() if a.size < 4096 else bool(np.array_equal(a, b, equal_nan=True))


def shortcut_of(plan: CompiledPlan, tape: CompiledTape) -> Shortcut | None:
    """Return the shortcut for inputs like that of a run, if there is one."""
    unit = tape.units[0] if len(tape.units) == 1 else None
    if not isinstance(unit, Fused) or sorted(unit.taken) != sorted(plan.inputs):
        return None
    whole = all(isinstance(register, int) for register in plan.outputs)
    if not whole or sorted(plan.outputs) != sorted(unit.given):  # an input may be an output, or one twice
        return None
    specialisation, frame = tape.own.saved[unit.calls[0].target]
    plain = all(node.kind == "input" for node in specialisation.traced.inputs) and not unit.draws(specialisation)
    single = all(isinstance(structure, Rows) for structure in specialisation.traced.structure)
    backend = specialisation.backend
    if not plain or not single or not isinstance(backend, Native):
        return None
    if any(backend.is_long(program, frame.layout) for program in (specialisation.forward, specialisation.backward)):
        return None  # its parts may be split over threads
    return Shortcut(plan, unit, specialisation, frame.layout.n_rows)
