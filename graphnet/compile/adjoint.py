"""Adjoint: from the program of a drawing to the program of its way back, by reverse mode on every operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphnet.compile.buffers import Access, Buffer, Extent, When
from graphnet.compile.forward import Forward
from graphnet.compile.program import (
    Clear,
    Kernel,
    Operation,
    Outer,
    Part,
    Product,
    Program,
    Scatter,
    Store,
)
from graphnet.compile.rows import Rows
from graphnet.compile.scalars import Scalar, Scalars, needed_by
from graphnet.compile.slopes import contributions
from graphnet.compile.values import Values
from graphnet.parameter import Parameter


class Backward:
    """The way back over a program.

    Parameters
    ----------
    forward : Forward
        Whose kernels are made to keep what the way back needs.
    outputs : list of Rows
    postponed : bool
        Compute the gradients of weights once for all steps, after the loop; else at each step.

    Attributes
    ----------
    program : Program
    seeds : list of Buffer
        For each output the gradient that is given.
    carries : dict
        By the buffer of a state its gradient, on its way from step to step.
    gradients : dict
        By buffer that of its gradient.
    totals : dict
        By the identity of a parameter, the parameter and the buffers in which parts of its gradient are summed, each
        with whether it is turned.
    """

    def __init__(self, forward: Forward, outputs: Sequence[Rows], *, postponed: bool = True) -> None:
        self.forward = forward
        self.postponed = postponed
        self.buffers: list[Buffer] = []
        self.gradients: dict[Buffer, Buffer] = {}
        self.carries: dict[Buffer, Buffer] = {}
        self.totals: dict[tuple[int, bool], tuple[Parameter, Buffer]] = {}
        self._written: dict[Buffer, list[tuple[int, int]]] = {}
        self._cleared: dict[Buffer, None] = {}
        self._scatters: dict[tuple[Buffer, Buffer], Buffer] = {}
        self.seeds: list[Buffer] = []
        for node in outputs:
            buffer = forward.buffer_of[id(node)]
            seed = self._gradient(buffer, "seed")
            self.seeds.append(seed)
            self._written[seed] = [(0, seed.width)]
        for buffer in forward.state_of.values():
            self.carries[buffer] = self._new(f"carried {buffer.name}", buffer.width, Extent.CARRY, "carry")
        parts: list[Part] = []
        for part in reversed(forward.program.parts):
            parts += self._part(part)
        for buffer in forward.buffers:
            if buffer.role == "input" and (gradient := self.gradients.get(buffer)) is not None:
                self._whole(gradient)
                gradient.role = "input gradient"
        if self._cleared:
            parts.insert(0, Part(False, [Clear(buffer) for buffer in self._cleared]))
        self.program = Program(parts, self.buffers, backwards=True)

    # ---- buffers of gradients

    def _new(self, name: str, width: int, extent: Extent, role: str = "gradient", source: Any = None) -> Buffer:
        buffer = Buffer(name, width, extent, role, source)
        self.buffers.append(buffer)
        return buffer

    def _gradient(self, buffer: Buffer, role: str = "gradient") -> Buffer:
        """Return the buffer of the gradient of another."""
        if buffer not in self.gradients:
            extent = Extent.STEP if buffer.extent is Extent.STEP else Extent.SEQUENCE
            self.gradients[buffer] = gradient = self._new(f"d {buffer.name}", buffer.width, extent, role)
            if extent is Extent.STEP:  # of what is the same at all steps: their sum
                self._cleared[gradient] = None
        return self.gradients[buffer]

    def _total(self, parameter: Parameter, *, turned: bool = False) -> Buffer:
        """Return where the gradient of a parameter is summed."""
        key = (id(parameter), turned)
        if key not in self.totals:
            width = parameter.shape[0] if turned or len(parameter.shape) == 1 else parameter.shape[1]
            rows = parameter.size // width
            total = self._new("total", width, Extent.ONE, "total", (parameter, turned, rows))
            self.totals[key] = (parameter, total)
        return self.totals[key][1]

    def _target(self, access: Access) -> Access | None:
        """Return where the gradient of what an access reads goes; None if it has none."""
        buffer = access.buffer
        if access.when is When.PREVIOUS:
            return Access(self.carries[buffer], access.column)
        if access.when is When.LOOKED_UP:
            assert access.index is not None
            key = (buffer, access.index)
            if key not in self._scatters:
                self._scatters[key] = self._new("d lookup", buffer.width, Extent.SEQUENCE)
            return Access(self._scatters[key], access.column)
        if buffer.role == "weights":
            return Access(self._total(buffer.source), access.column) if isinstance(buffer.source, Parameter) else None
        return None if buffer.role == "noise" else Access(self._gradient(buffer), access.column)

    def _is_added(self, access: Access, length: int) -> bool:
        """Tell whether columns hold something already, to which is to be added, and note that they do now."""
        low, high = access.column, access.column + length
        written = self._written.setdefault(access.buffer, [])
        if access.buffer in self._cleared or access.buffer.extent is Extent.ONE:
            return True
        if all(high <= a or b <= low for a, b in written):
            written.append((low, high))
            return False
        if not _covers(written, low, high):
            self._cleared[access.buffer] = None
        return True

    def _has(self, buffer: Buffer | None) -> bool:
        return buffer is not None and bool(self._written.get(buffer) or buffer in self._cleared)

    def _whole(self, buffer: Buffer) -> None:
        """See to it that all columns of a gradient mean something."""
        if not _covers(self._written.get(buffer, []), 0, buffer.width):
            self._cleared[buffer] = None

    # ---- operations

    def _part(self, part: Part) -> list[Part]:
        """Return what goes back over one part, and what comes after it for all steps at once."""
        operations: list[Operation] = []
        after: list[Operation] = []
        sums = after if self.postponed else operations
        for operation in reversed(part.operations):
            if isinstance(operation, Product):
                self._product(operation, operations, sums)
            else:
                assert isinstance(operation, Kernel)
                self._kernel(operation, operations)
        for (table, index), gradient in self._scatters.items():
            if self._has(gradient):
                self._whole(gradient)
                total = self._total(table.source, turned=table.role == "turned")
                after.append(Scatter(Access(gradient), gradient.width, index, total))
        self._scatters.clear()
        for state, carry in self.carries.items():
            if any(access.buffer is state for operation in part.operations for access in _written_by(operation)):
                self._fill(carry, operations)
        found = [Part(part.loop, operations)] if operations else []
        return [*found, Part(False, after)] if after else found

    def _fill(self, carry: Buffer, operations: list[Operation]) -> None:
        """See to it that all columns of what a loop carries back are written at every step."""
        if _covers(self._written.get(carry, []), 0, carry.width):
            return
        self._cleared.pop(carry, None)  # it is cleared at every step instead
        operations.insert(0, Clear(carry))
        for operation in operations:
            if isinstance(operation, Kernel):
                for store in operation.stores:
                    store.accumulate |= store.access.buffer is carry
            elif isinstance(operation, Product) and operation.out.buffer is carry:
                operation.accumulate = True

    def _product(self, product: Product, operations: list[Operation], sums: list[Operation]) -> None:
        gradient = self.gradients.get(product.out.buffer)
        if gradient is None or not self._has(gradient):
            return
        self._whole(gradient)
        dy = Access(gradient)
        weight, _, _, _ = product.weights.source
        sums.append(Outer(dy, product.n, product.x, product.k, self._total(weight), product.calls))
        target = self._target(product.x)
        if target is not None:
            packed = self._packed(weight)
            added = self._is_added(target, product.k)
            operations.append(Product(dy, product.n, packed, target, product.k, added, product.calls))

    def _packed(self, weight: Parameter) -> Buffer:
        for buffer in self.buffers:
            if buffer.role == "packed" and buffer.source[0] is weight:
                return buffer
        n, k = weight.shape[1], weight.shape[0]
        return self._new("packed backward", n, Extent.ONE, "packed", (weight, "backward", k, n))

    def _kernel(self, kernel: Kernel, operations: list[Operation]) -> None:
        scalars = Scalars(shared=self.forward.shared)
        values = Values(self.forward, kernel, scalars)
        forward = needed_by(_with_slopes(kernel))
        # What comes back to each scalar, as it is found.
        found: dict[int, list[Scalar]] = {}
        for store in kernel.stores:
            for access in self._given(store):
                found.setdefault(store.scalar.number, []).append(scalars.load(access, store.length))
        stores: list[Store] = []
        for scalar in reversed(forward):
            if scalar.number not in found:
                continue
            gradient = _added(scalars, scalar, found.pop(scalar.number))
            if scalar.op == "load":
                target = self._target(scalar.detail)
                if target is not None:
                    over_rows = target.buffer.extent is Extent.ONE
                    length = scalar.length
                    stores.append(Store(target, gradient, length, False, over_rows))
            for operand, contribution in contributions(scalar, gradient, values, scalars):
                found.setdefault(operand.number, []).append(contribution)
        for store in stores:
            store.accumulate = self._is_added(store.access, max(store.length, 1))
        if stores:
            operations.append(Kernel(stores, scalars, kernel.calls))

    def _given(self, store: Store) -> list[Access]:
        """Return where the gradient of what was stored is."""
        buffer, low = store.access.buffer, store.access.column
        high = low + max(store.length, 1)
        found = []
        gradient = self.gradients.get(buffer)
        if gradient is not None:
            written = self._written.get(gradient, [])
            if gradient in self._cleared or any(a < high and low < b for a, b in written):
                if not _covers(written, low, high):
                    self._cleared[gradient] = None
                found.append(Access(gradient, low))
        if buffer in self.carries:
            found.append(Access(self.carries[buffer], low, When.PREVIOUS))
        return found


def _added(scalars: Scalars, scalar: Scalar, parts: list[Scalar]) -> Scalar:
    """Return the sum of what came back to a scalar; to one number for a row it came from all its places."""
    if scalar.length == 0 and (wide := [part for part in parts if part.length]):
        parts = [part for part in parts if not part.length] + [scalars.over_row("sum", wide)]
    total = parts[0]
    for part in parts[1:]:
        total = scalars.apply("add", total, part)
    return total


def _with_slopes(kernel: Kernel) -> list[Scalar]:
    """Return what a kernel stores, and what the values on the way to it have slopes along."""
    found = [store.scalar for store in kernel.stores]
    return found + [x for scalar in needed_by(found) for x, _ in scalar.slopes]


def _covers(written: list[tuple[int, int]], low: int, high: int) -> bool:
    """Tell whether intervals cover another one."""
    for a, b in sorted(written):
        if a <= low < b:
            low = b
    return low >= high


def _written_by(operation: Operation) -> list[Access]:
    if isinstance(operation, Kernel):
        return [store.access for store in operation.stores]
    return [operation.out] if isinstance(operation, Product) else []
