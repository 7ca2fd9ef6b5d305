"""Memory: the buffers of a compiled program, and the room that they share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphnet.compile.buffers import Buffer
from graphnet.compile.layout import Layout
from graphnet.compile.program import Kernel, Program
from graphnet.compile.rooms import ALIGNMENT, shape_of
from graphnet.compile.specialisation import Specialisation
from graphnet.splicing import Site, path_of

if TYPE_CHECKING:
    from graphnet.inspect.compiled.works import Naming

# What a buffer's role is, in words; those of a way stand in this order.
ROLES = {
    "input": "inputs",
    "index": "indices",
    "noise": "random numbers",
    "packed": "weights, packed for products",
    "turned": "tables, turned",
    "state": "states",
    "work": "between operations",
    "kept": "kept for the way back",
    "output": "outputs",
    "seed": "gradients of outputs",
    "carry": "gradients of states",
    "gradient": "gradients between operations",
    "input gradient": "gradients of inputs",
    "total": "gradients of parameters",
}


@dataclass(frozen=True)
class Held:
    """One buffer.

    Attributes
    ----------
    role : str
        A key of :data:`ROLES`.
    what : str
        The node whose value or gradient it has, where there is one; or what else it has.
    shape : tuple of int
        Its rows and columns.
    bytes : int
    """

    role: str
    what: str
    shape: tuple[int, int]
    bytes: int


@dataclass(frozen=True)
class Memory:
    """What a program works in.

    Attributes
    ----------
    buffers : list of Held
    bytes : int
        The room of all of them, in which those that are needed at different times may lie in the same place.
    apart : int
        What they would take if each had a place of its own.
    """

    buffers: list[Held]
    bytes: int
    apart: int


def memory_of(specialisation: Specialisation, program: Program, layout: Layout, naming: Naming) -> Memory:
    """Return the buffers of one of the programs of a specialisation."""
    places, size = specialisation.placed(program, layout)
    names = _names(specialisation, naming)
    itemsize = specialisation.backend.dtype.itemsize
    buffers = []
    for buffer in program.buffers:
        if buffer in places:
            shape = shape_of(buffer, layout)
            taken = math.prod(shape) * (8 if buffer.role == "index" else itemsize)
            buffers.append(Held(buffer.role, names.get(buffer, ""), shape, taken))
    order = list(ROLES)
    apart = sum(-(-held.bytes // ALIGNMENT) * ALIGNMENT for held in buffers)
    return Memory(sorted(buffers, key=lambda held: order.index(held.role)), size, apart)


def _names(specialisation: Specialisation, naming: Naming) -> dict[Buffer, str]:
    """Return what buffers have in them."""
    there, back = specialisation.there, specialisation.back
    names: dict[Buffer, str] = {}

    def name(buffer: Buffer, sites: tuple[Site, ...]) -> None:
        if sites and buffer not in names:
            names[buffer] = ", ".join(path_of(site) for site in sites)

    for identity, node in there.nodes.items():
        if node.call is not None or node.sources:
            name(
                there.buffer_of[identity],
                naming.sites([c for c in (node.call, *(s.call for s in node.sources)) if c][:1]),
            )
    for kernel in (operation for operation in there.program.operations() if isinstance(operation, Kernel)):
        kept: dict[Buffer, list[str]] = {}  # some lie beside each other
        for store in kernel.stores:
            if store.access.buffer.role == "kept":
                kept.setdefault(store.access.buffer.root(), []).append(store.scalar.op)
        for buffer, ops in kept.items():
            names[buffer] = f"{' and '.join(dict.fromkeys(ops))} in kernel {naming.number_of(kernel)}"
    for buffer in [*there.weights.values(), *back.buffers]:
        if buffer.role in ("packed", "turned", "total"):
            name(buffer, naming.users_of(buffer.source if buffer.role == "turned" else buffer.source[0]))
    for pairs in (back.gradients, back.carries):
        for buffer, gradient in pairs.items():
            if buffer in names:
                names.setdefault(gradient, names[buffer])
    return names
