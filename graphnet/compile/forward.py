"""Forward: from the stages of a traced drawing to the program that runs it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from graphnet.compile.buffers import Access, Buffer, Extent, When
from graphnet.compile.pieces import Pieces, cuts_of
from graphnet.compile.program import Kernel, Operation, Part, Product, Program, Store
from graphnet.compile.rows import Rows
from graphnet.compile.scalars import Scalars
from graphnet.compile.stages import OUTSIDE, TRANSPARENT, Stage, nodes_below


class Forward:
    """The program of a drawing, forwards, and what its way back needs to know.

    Parameters
    ----------
    stages : list of Stage
    outputs : list of Rows
        What is put out.
    states : list of (Rows, Rows)
        For each state what it is at a step, and what it will be at the next.
    shared : bool
        Whether what is equal is computed once.

    Attributes
    ----------
    program : Program
    buffer_of : dict
        By the identity of a node the buffer that has it.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        outputs: Sequence[Rows],
        states: Sequence[tuple[Rows, Rows]],
        *,
        shared: bool = True,
    ) -> None:
        self.shared = shared
        self.buffers: list[Buffer] = []
        self.buffer_of: dict[int, Buffer] = {}
        self.nodes: dict[int, Rows] = {}  # those that have buffers, kept alive with them
        self.state_of: dict[int, Buffer] = {}  # by state node, the buffer of what it will be
        self.weights: dict[tuple[int, str], Buffer] = {}
        self.group = {
            id(node): (s, k) for s, stage in enumerate(stages) for k, level in enumerate(stage.levels) for node in level
        }
        for state, following in states:
            buffer = self._new(following, Extent.STATE, "state", "state")
            self.state_of[id(state)] = buffer
        for node in outputs:
            if id(node) not in self.buffer_of:
                self._new(node, Extent.SEQUENCE, "output", "output")
        nodes = [node for stage in stages for level in stage.levels for node in level]
        for node in nodes:
            self._materialise(node)
        for node in nodes:
            if node.kind in ("part", "join") and id(node) in self.buffer_of:
                self._need_others(node)
        self.program = Program([self._part(s, stage) for s, stage in enumerate(stages)], self.buffers)

    # ---- which nodes have buffers

    def _new(self, node: Rows, extent: Extent, name: str, role: str = "work", source: Any = None) -> Buffer:
        buffer = Buffer(name, node.width, extent, role, source)
        self.buffers.append(buffer)
        self.buffer_of[id(node)] = buffer
        self.nodes[id(node)] = node
        return buffer

    def _materialise(self, node: Rows) -> None:
        """Give buffers to what a node takes from other groups, or as a whole, and to what comes from outside."""
        if id(node) in self.buffer_of:
            pass
        elif node.kind == "affine":
            self._new(node, Extent.SEQUENCE, "product")
        elif node.kind in ("input", "checked", "noise"):
            self._from_outside(node)
        elif node.kind == "vector":
            self._new(node, Extent.ONE, "vector", "weights", node.detail)
        elif node.kind == "lookup":
            self.table(node)
        if node.kind in OUTSIDE or node.kind in TRANSPARENT:
            return
        if node.kind == "affine":
            self._whole(node.sources[0])
        else:
            self._need_others(node)

    def _need_others(self, node: Rows) -> None:
        """Have buffers for what a node takes from other groups."""
        for source in node.sources:
            for real in _real(source):
                if self.group[id(real)] != self.group[id(node)] and real.kind not in OUTSIDE | TRANSPARENT:
                    self._need(real)

    def _from_outside(self, node: Rows) -> None:
        if node.kind == "input":
            steady = node.detail[1]
            self._new(node, Extent.STEP if steady else Extent.SEQUENCE, "input", "input", node)
        elif node.kind == "checked":
            self._new(node, Extent.SEQUENCE, "index", "index", node)
        else:
            self._new(node, Extent.STEP if node.detail[1] else Extent.SEQUENCE, "noise", "noise", node)

    def _need(self, node: Rows) -> None:
        if id(node) not in self.buffer_of:
            self._new(node, Extent.SEQUENCE, node.kind)

    def _whole(self, node: Rows) -> None:
        """Have a buffer in which all columns of a node lie beside each other."""
        while node.kind == "part":
            node = node.sources[0]
        if node.kind not in ("state", "input"):
            self._need(node)

    # ---- operations

    def _part(self, s: int, stage: Stage) -> Part:
        operations: list[Operation] = []
        for level in stage.levels:
            stored = [node for node in level if self._is_stored(node)]
            if stored:
                operations.append(self.kernel(stored))
            operations += [self._product(node) for node in level if node.kind == "affine"]
        return Part(stage.loop, operations)

    def _is_stored(self, node: Rows) -> bool:
        return id(node) in self.buffer_of and node.kind not in OUTSIDE and node.kind != "affine"

    def _product(self, node: Rows) -> Product:
        out = Access(self.buffer_of[id(node)])
        x, calls = node.sources[0], tuple(_calls_of([node]))
        return Product(self.access(x), x.width, self.packed(node, "forward"), out, node.width, calls=calls)

    def packed(self, node: Rows, direction: str) -> Buffer:
        """Return the buffer of an affine node's packed weights, for one direction."""
        weight = node.detail
        key = (id(weight), direction)
        if key not in self.weights:
            k, n = (weight.shape[1], weight.shape[0]) if direction == "forward" else weight.shape
            self.weights[key] = Buffer(f"packed {direction}", n, Extent.ONE, "packed", (weight, direction, k, n))
            self.buffers.append(self.weights[key])
        return self.weights[key]

    def table(self, node: Rows) -> Buffer:
        """Return the buffer of the table that a node looks up in."""
        table = node.detail
        key = (id(table.parameter), "turned" if table.turned else "table")
        if key not in self.weights:
            self.weights[key] = Buffer(key[1], node.width, Extent.ONE, key[1], table.parameter)
            self.buffers.append(self.weights[key])
        return self.weights[key]

    def access(self, node: Rows) -> Access:
        """Return where a node's columns are, all in one buffer."""
        column = 0
        while node.kind == "part" and id(node) not in self.buffer_of:
            column += node.detail
            node = node.sources[0]
        if node.kind == "state":
            return Access(self.state_of[id(node)], column, When.PREVIOUS)
        return Access(self.buffer_of[id(node)], column)

    # ---- kernels

    def kernel(self, stored: list[Rows]) -> Kernel:
        """Return the kernel that computes nodes of one level."""
        nodes = nodes_below(stored, stop=self._is_loaded_by(stored))
        cuts = cuts_of(nodes, self._is_loaded_by(stored))
        scalars = Scalars(shared=self.shared)
        pieces = Pieces(self, scalars, self._is_loaded_by(stored), cuts)
        for node in nodes:
            pieces.add(node)
        stores = [
            Store(Access(self.buffer_of[id(node)], low), pieces.piece(node, low, high), high - low)
            for node in stored
            for low, high in pairwise(sorted(cuts[id(node)]))
        ]
        is_loaded = self._is_loaded_by(stored)
        computed = [node for node in nodes if node.kind == "lookup" or not is_loaded(node)]
        return Kernel(stores, scalars, tuple(_calls_of(computed)))

    def _is_loaded_by(self, stored: list[Rows]) -> Any:
        mine = self.group[id(stored[0])]

        def is_loaded(node: Rows) -> bool:
            if node.kind in OUTSIDE or node.kind in ("affine", "lookup"):
                return node.kind != "constant"
            return id(node) in self.buffer_of and self.group[id(node)] != mine

        return is_loaded


def _calls_of(nodes: Sequence[Rows]) -> dict[Any, None]:
    """Return the calls that said nodes; of what is looked up, also those that made the indices of it."""
    named = [one for node in nodes for one in ((*node.sources, node) if node.kind == "lookup" else (node,))]
    return dict.fromkeys(node.call for node in named if node.call is not None)


def _real(node: Rows) -> list[Rows]:
    """Return what a node is, or what it only passes on."""
    found, waiting = [], [node]
    while waiting:
        node = waiting.pop()
        if node.kind in ("part", "join"):
            waiting.extend(node.sources)
        else:
            found.append(node)
    return found
