"""Specialisation: a traced drawing as programs for one type of numbers, and their runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from graphnet.compile import passes
from graphnet.compile.adjoint import Backward
from graphnet.compile.backends import backend_for
from graphnet.compile.buffers import Buffer, Extent
from graphnet.compile.forward import Forward
from graphnet.compile.layout import Layout
from graphnet.compile.llvm import target
from graphnet.compile.lowering import Traced
from graphnet.compile.options import Options
from graphnet.compile.overlays import overlay
from graphnet.compile.program import Program
from graphnet.compile.rooms import ROOMS_KEPT, Frame, Room, keep, placed, rooms_of_steps
from graphnet.compile.rows import Rows
from graphnet.compile.sharing import share
from graphnet.compile.stages import staged
from graphnet.nesting import Array
from graphnet.parameter import Parameter
from graphnet.pull import accumulation

PLACES_KEPT = 256  # of so many numbers of rows it is known where buffers lie; ragged batches have ever others


class Specialisation:
    """The programs of a traced drawing.

    Parameters
    ----------
    traced : Traced
    options : Options
    dtype : numpy.dtype
    of_step : bool
        Whether they run at each step of a recurrence anew.
    """

    def __init__(self, traced: Traced, options: Options, dtype: np.dtype[Any], *, of_step: bool = False) -> None:
        start, before = time.perf_counter(), target.counted()
        self.traced = traced
        if options.sharing:
            share(traced)
        stages = staged(traced.outputs, traced.states, fission=options.fission)
        self.there = Forward(stages, traced.outputs, traced.states, shared=options.sharing)
        self.back = Backward(self.there, traced.outputs, postponed=options.postponing)
        self.forward, self.backward = self.there.program, self.back.program
        if options.sharing:
            passes.merge_equal_gradients(self.backward)
        passes.sum_columns_later(self.backward, postponed=options.postponing)
        if options.sharing:
            passes.merge_equal_sums(self.backward)
        if options.buffers:
            passes.shrink_to_steps(self.forward, [self.backward])
            passes.shrink_to_steps(self.backward, [self.forward])
        self.overwrites = options.buffers and overlay(self.forward, self.backward)
        passes.drop_unused(self.forward, [self.backward])
        passes.drop_unused(self.backward, [self.forward])
        programs = (self.forward, self.backward)
        n_operations = sum(len(part.operations) for program in programs for part in program.parts)
        self.backend = backend = backend_for(dtype, n_operations, machine_code=options.machine_code)
        for program in programs:
            for buffer in program.buffers:
                if buffer.role == "packed":
                    buffer.fixed = backend.packed_shape(*buffer.source[2:])
                elif buffer.role == "turned":
                    buffer.fixed = buffer.source.shape[::-1]
                elif buffer.role == "total":
                    buffer.fixed = (buffer.source[2], buffer.width)
            backend.compile(program)
        # What it took to make, for those who look.
        self.seconds = time.perf_counter() - start
        self.n_compiled, self.n_from_disk = (now - then for now, then in zip(target.counted(), before, strict=True))
        self.of_step = of_step
        self.free: dict[Program, list[Room]] = {self.forward: [], self.backward: []}
        self._places: dict[tuple[bool, int, int, bool], tuple[dict[Buffer, int], int]] = {}
        self.shares_room = options.buffers
        self._totals = [(turned, p, total.root()) for (_, turned), (p, total) in self.back.totals.items()]
        self.n_totals = len(self._totals)
        roots = [total.root() for _, total in self.back.totals.values()]
        # Sums that may be added to a gradient as they are made: of one parameter, and in its layout.
        self._direct = {
            total: parameter
            for (_, turned), (parameter, total) in self.back.totals.items()
            if not turned and roots.count(total.root()) == 1 and total.alias is None
        }
        self._known_direct: tuple[int, dict[Buffer, Parameter]] = (-1, {})
        self.inputs = [self.there.buffer_of.get(id(node)) for node in traced.inputs]
        self._filled = list(self._filled_before())
        self.outputs = [self.there.buffer_of[id(node)] for node in traced.outputs]
        self.states = [self.there.state_of[id(state)] for state, _ in traced.states]

    # ---- forwards

    def _filled_before(self) -> Iterator[tuple[Buffer, int]]:
        """Yield what is filled before a run, and which of the inputs comes there; -1 for what is drawn."""
        place = {id(node): k for k, node in enumerate(self.traced.inputs)}
        for buffer in self.forward.buffers:
            if buffer.role == "input":
                yield buffer, place[id(buffer.source)]
            elif buffer.role == "index":
                yield buffer, place[id(buffer.source.sources[0])]
            elif buffer.role == "noise":
                yield buffer, -1

    def run(
        self, inputs: Sequence[Array], first_states: Sequence[Array], layout: Layout, draw: Callable[[Rows], Array]
    ) -> Frame:
        """Run forwards.

        Parameters
        ----------
        inputs : list of ndarray
            T x B x width for sequences, B x width for what is steady, T x B for indices.
        first_states : list of ndarray
            B x width.
        layout : Layout
        draw : callable
            Returns what was drawn for a noise node, as inputs are given.
        """
        room = self.room(self.forward, layout)
        frame = Frame(layout, room, self.free[self.forward], self.kept(room))
        arrays = room.arrays
        for buffer, k in self._filled:
            if buffer.role == "input":
                arrays[buffer][...] = layout.rows_for(buffer, inputs[k])
            elif buffer.role == "noise":
                arrays[buffer][...] = layout.rows_for(buffer, draw(buffer.source))
            else:
                check = buffer.source.detail
                arrays[buffer][...] = check(layout.packed(inputs[k])).reshape(-1, 1)
        for buffer, state in zip(self.states, first_states, strict=True):
            arrays[buffer][: layout.n_rows] = layout.sorted(state, buffer.width)
        self.backend.run(self.forward, [room], layout)
        return frame

    def room(self, program: Program, layout: Layout) -> Room:
        """Return room for a run, one that was used before if it fits."""
        free, shared = self.free[program], self.shares(program, layout)
        capacity = (layout.n_all, layout.n_rows, shared)
        for room in list(free):
            # Rooms for other numbers of rows go, but not those of steps, of which later ones may have fewer rows.
            if room.capacity == capacity or not self.of_step:
                try:
                    free.remove(room)
                except ValueError:  # another thread had it
                    continue
                if room.capacity == capacity:
                    return room
        places, size = self.placed(program, layout)
        return Room(program, self.backend.dtype, layout, places, size, shared)

    def kept(self, room: Room) -> int:
        """Return how many rooms like this are kept for later runs."""
        return rooms_of_steps(room) if self.of_step else ROOMS_KEPT

    def shares(self, program: Program, layout: Layout) -> bool:
        """Tell whether buffers that live at different times share places; several threads are at different times."""
        return self.shares_room and self.backend.n_parts(program, layout) == 1

    def placed(self, program: Program, layout: Layout) -> tuple[dict[Buffer, int], int]:
        """Return where each buffer of one of the programs lies in its room, and how large that is."""
        shared = self.shares(program, layout)
        key = (program is self.forward, layout.n_all, layout.n_rows, shared)
        found = self._places.get(key)
        if found is None:
            others = [self.backward] if program is self.forward else []
            found = placed(program, others, self.backend.dtype, layout, shared=shared)
            if len(self._places) >= PLACES_KEPT:
                self._places.clear()
            self._places[key] = found
        return found

    def output(self, frame: Frame, k: int) -> Array:
        """Return what was put out, T x B x ...; zeros where a row has ended."""
        buffer, layout = self.outputs[k], frame.layout
        rows = frame.room.arrays[buffer]
        if buffer.extent is Extent.STATE:
            rows = rows[layout.n_rows :]
        return layout.spread(rows, self.traced.outputs[k].inner)

    def final_state(self, frame: Frame, k: int) -> Array:
        """Return a state after each row's last step, B x ...."""
        return frame.layout.last(frame.room.arrays[self.states[k]], self.traced.states[k][0].inner)

    # ---- backwards

    def pull(
        self,
        frame: Frame,
        of_outputs: Sequence[Array],
        of_states: Sequence[Array] | None,
        *,
        truncate: int = 0,
        scale: Any = 1.0,
        accumulate: bool = True,
    ) -> tuple[list[Array | None], list[Array]]:
        """Go back; return the gradients of the inputs, None for those that have none, and of the first states."""
        layout = frame.layout
        room = self.room(self.backward, layout)
        arrays = room.arrays
        filled: set[Buffer] = set()
        for seed, dy in zip(self.back.seeds, of_outputs, strict=True):
            flat = layout.packed(dy).reshape(layout.n_all, seed.width)
            if seed in filled:
                arrays[seed] += flat
            else:
                arrays[seed][...] = flat
            filled.add(seed)
        for k, buffer in enumerate(self.states):
            carry = arrays[self.back.carries[buffer]]
            if of_states is None:
                carry[...] = 0
            else:
                carry[: layout.n_rows] = carry[layout.n_rows :] = layout.sorted(of_states[k], buffer.width)
        rooms = [frame.room, room]
        if frame.spent:
            self.backend.run(self.forward, rooms[:1], layout)
        frame.spent = self.overwrites
        if not accumulate:
            self.backend.run(self.backward, rooms, layout, truncate)
        elif scale != 1 or not accumulation.acquire(blocking=False):
            self.backend.run(self.backward, rooms, layout, truncate)
            with accumulation:
                self.accumulate(arrays, scale, {})
        else:
            try:
                direct = self.direct()
                self.backend.run(self.backward, rooms, layout, truncate, direct)
                self.accumulate(arrays, scale, direct)
            finally:
                accumulation.release()
        found = self.input_gradients(arrays, layout), self._state_gradients(arrays, layout)
        keep(self.free[self.backward], room, self.kept(room))
        return found

    def direct(self) -> dict[Buffer, Parameter]:
        """Return the sums that are added to the gradients of parameters as they are made."""
        moves, known = self._known_direct
        if moves != Parameter.moves:
            dtype = self.backend.dtype
            known = {b: p for b, p in self._direct.items() if p.dtype == dtype and p.grad.flags.c_contiguous}
            self._known_direct = (Parameter.moves, known)
        return known

    def accumulate(self, arrays: dict[Buffer, Array], scale: Any, done: Mapping[Buffer, Parameter]) -> None:
        """Add the sums that are not added yet to the gradients of parameters."""
        for turned, parameter, total in self._totals:
            if total not in done:
                rows = arrays[total]
                gradient = (rows.T if turned else rows).reshape(parameter.shape)
                parameter.grad += gradient if scale == 1 else scale * gradient

    def input_gradients(self, arrays: dict[Buffer, Array], layout: Layout) -> list[Array | None]:
        """Return copies of the gradients of the inputs, None for those that have none."""
        found: list[Array | None] = []
        for buffer, node in zip(self.inputs, self.traced.inputs, strict=True):
            gradient = None if buffer is None else self.back.gradients.get(buffer)
            if gradient is None:
                found.append(None)
            elif gradient.extent is Extent.STEP:
                found.append(layout.unsorted(arrays[gradient], node.inner))
            else:
                found.append(layout.spread(arrays[gradient.root()], node.inner))
        return found

    def _state_gradients(self, arrays: dict[Buffer, Array], layout: Layout) -> list[Array]:
        return [
            layout.unsorted(arrays[self.back.carries[buffer]][: layout.n_rows], state.inner)
            for buffer, (state, _) in zip(self.states, self.traced.states, strict=True)
        ]
