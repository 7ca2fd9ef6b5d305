"""Pieces: where the columns of rows are cut, so that all that is computed together has the same places."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from graphnet.compile.buffers import Access, When
from graphnet.compile.rows import Rows
from graphnet.compile.scalars import Scalar, Scalars

if TYPE_CHECKING:
    from graphnet.compile.forward import Forward


def cuts_of(nodes: list[Rows], is_loaded: Any) -> dict[int, set[int]]:
    """Return where each node's columns are cut, so that all that is computed together has the same pieces."""
    cuts = {id(node): {0, node.width} for node in nodes}
    changed = True
    while changed:
        changed = False
        for node in [*nodes, *reversed(nodes)]:
            if is_loaded(node) or node.single or node.kind in ("sum", "max"):
                continue
            offset = 0
            for source in node.sources:
                if source.single:
                    continue
                if node.kind == "part":
                    offset = -node.detail
                mine, theirs = cuts[id(node)], cuts[id(source)]
                for ours, others, shift in ((mine, theirs, -offset), (theirs, mine, offset)):
                    width = source.width if others is theirs else node.width
                    new = {c + shift for c in ours if 0 <= c + shift <= width} - others
                    others |= new
                    changed = changed or bool(new)
                if node.kind == "join":
                    offset += source.width
    return cuts


class Pieces:
    """The scalars of a kernel, a piece of each node's columns for each."""

    def __init__(self, forward: Forward, scalars: Scalars, is_loaded: Any, cuts: dict[int, set[int]]) -> None:
        self.forward = forward
        self.scalars = scalars
        self.is_loaded = is_loaded
        self.cuts = cuts
        self.known: dict[tuple[int, int, int], Scalar] = {}

    def add(self, node: Rows) -> None:
        """Make all pieces of a node, whose sources are there."""
        if self.is_loaded(node):
            return
        for low, high in pairwise(sorted(self.cuts[id(node)])):
            self.known[id(node), low, high] = self._made(node, low, high)

    def piece(self, node: Rows, low: int, high: int) -> Scalar:
        """Return the scalar of a piece of a node's columns."""
        if node.single:
            low, high = 0, 1
        if not self.is_loaded(node):
            return self.known[id(node), low, high]
        length = 0 if node.single else high - low
        if node.kind == "lookup":
            index = self.forward.buffer_of[id(node.sources[0])]
            access = Access(self.forward.table(node), low, When.LOOKED_UP, index)
        else:
            access = self.forward.access(node)
            access = Access(access.buffer, access.column + low, access.when)
        return self.scalars.load(access, length)

    def _made(self, node: Rows, low: int, high: int) -> Scalar:
        scalars = self.scalars
        if node.kind == "constant":
            return scalars.constant(node.detail)
        if node.kind == "part":
            return self.piece(node.sources[0], low + node.detail, high + node.detail)
        if node.kind == "join":
            offset = 0
            for source in node.sources:
                if low < offset + source.width:
                    return self.piece(source, low - offset, high - offset)
                offset += source.width
        if node.kind in ("sum", "max"):
            source = node.sources[0]
            return scalars.over_row(
                node.kind, [self.piece(source, a, b) for a, b in pairwise(sorted(self.cuts[id(source)]))]
            )
        pieces = [self.piece(source, low, high) for source in node.sources]
        if node.kind == "map":
            return scalars.apply(node.detail, *pieces)
        assert node.kind == "let"
        n = len(pieces) // 2
        return scalars.let(pieces[0], zip(pieces[1 : n + 1], pieces[n + 1 :], strict=True)) if n else pieces[0]
