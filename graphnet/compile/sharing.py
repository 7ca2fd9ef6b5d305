"""Sharing: what is equal is computed once, a matrix product of the same rows by the same weights, say."""

from __future__ import annotations

from typing import Any

from graphnet.compile.lowering import Traced
from graphnet.compile.rows import ALONE, Rows, Table
from graphnet.compile.stages import nodes_below

# What is what it is: it comes from outside, is drawn, or is checked by the module that asks for it.
_UNIQUE = frozenset(("input", "state", "index", "checked", "noise"))


def share(traced: Traced) -> None:
    """Let equal nodes of a drawing be one; what is put out or fed back stays apart, each with a buffer of its own."""
    ends = [*traced.outputs, *(node for pair in traced.states for node in pair)]
    apart = {id(node) for node in ends}
    known: dict[Any, Rows] = {}
    meant: dict[int, Rows] = {}
    for node in nodes_below(ends):  # sources first
        node.sources = tuple(meant.get(id(source), source) for source in node.sources)
        if id(node) not in apart and node.kind not in _UNIQUE and node.detail is not ALONE:
            meant[id(node)] = known.setdefault(_key(node), node)


def _key(node: Rows) -> Any:
    detail = node.detail
    if isinstance(detail, Table):
        detail = (id(detail.parameter), detail.turned)
    elif not isinstance(detail, (str, int)):
        detail = (type(detail), repr(detail)) if isinstance(detail, float) else id(detail)
    return (node.kind, tuple(id(source) for source in node.sources), detail, node.inner, node.single)
