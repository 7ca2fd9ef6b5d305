"""Values: what was computed forwards, in the kernel of the way back: read, computed again, or kept from now on."""

from __future__ import annotations

from graphnet.compile.buffers import Access, Buffer, Extent
from graphnet.compile.forward import Forward
from graphnet.compile.program import Kernel, Store
from graphnet.compile.scalars import EXPENSIVE, Scalar, Scalars, evaluate


class Values:
    """What scalars of a forward kernel are in the kernel of its way back: read, computed again, or kept from now on."""

    def __init__(self, forward: Forward, kernel: Kernel, scalars: Scalars) -> None:
        self.forward = forward
        self.kernel = kernel
        self.scalars = scalars
        self.stored = {store.scalar.number: store for store in kernel.stores}
        self.known: dict[int, Scalar] = {}

    def __call__(self, scalar: Scalar) -> Scalar:
        return evaluate(scalar, self.known, self._is_read, self._made)

    def _is_read(self, scalar: Scalar) -> bool:
        return scalar.op in EXPENSIVE or scalar.op in ("sum", "max", "load", "constant") or scalar.number in self.stored

    def _made(self, scalar: Scalar) -> Scalar:
        if scalar.op == "constant":
            return self.scalars.constant(scalar.detail)
        if scalar.op == "load":
            return self.scalars.load(scalar.detail, scalar.length)
        if self._is_read(scalar):
            store = self.stored.get(scalar.number)
            if store is None:
                buffer = Buffer(f"kept {scalar.op}", max(scalar.length, 1), Extent.SEQUENCE, "kept")
                self.forward.buffers.append(buffer)
                store = self.stored[scalar.number] = Store(Access(buffer), scalar, scalar.length)
                self.kernel.stores.append(store)
            return self.scalars.load(store.access, scalar.length)
        if scalar.op == "let":
            return self.known[scalar.operands[0].number]
        return self.scalars.apply(scalar.op, *(self.known[x.number] for x in scalar.operands))
