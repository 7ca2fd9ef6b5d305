"""Noise: what modules draw for the rows of all steps, in the order in which the interpreter draws it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from graphnet.compile.layout import Layout
from graphnet.compile.rows import Rows
from graphnet.nesting import Array


def drawn(nodes: Sequence[Rows], layout: Layout, dtype: np.dtype[Any]) -> Callable[[Rows], Array]:
    """Draw for all noise nodes, given in the order of their calls; return a function that gives what was drawn.

    It is T x B x width, or B x width for steady ones. Rows that have ended draw nothing.
    """
    found = {id(node): _room(node, layout, dtype) for node in nodes}
    if len(nodes) == 1 and layout.even and not nodes[0].detail[1]:
        shape = (layout.n_steps, layout.n_rows, *nodes[0].inner)
        found[id(nodes[0])] = nodes[0].detail[0](shape, dtype)  # the same numbers as step by step
    else:
        _step_by_step(nodes, layout, dtype, found)
    return lambda node: found[id(node)]


def _room(node: Rows, layout: Layout, dtype: np.dtype[Any]) -> Array:
    steady = node.detail[1]
    return np.zeros((layout.n_rows, *node.inner) if steady else (layout.n_steps, layout.n_rows, *node.inner), dtype)


def _step_by_step(nodes: Sequence[Rows], layout: Layout, dtype: np.dtype[Any], found: dict[int, Array]) -> None:
    for t in range(layout.n_run):
        rows: Any = slice(None) if layout.order is None else np.sort(layout.order[: layout.counts[t]])
        for node in nodes:
            draw, steady = node.detail
            if steady and t:
                continue
            place = found[id(node)] if steady else found[id(node)][t]
            place[rows] = draw((int(layout.counts[t]), *node.inner), dtype)
