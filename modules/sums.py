"""Sums: of the products of rows, and into the rows that indices name."""

from __future__ import annotations

import numpy as np

from graphnet.nesting import Array


def dots(a: Array, b: Array) -> Array:
    """Return the dot products of the last dimensions, which stay with size 1."""
    products: Array = np.asarray(np.einsum("...i,...i->...", a, b))[..., None]
    return products


def add_rows(total: Array, places: Array, rows: Array) -> None:
    """Add rows to those of ``total`` at n places, of which one may be named several times.

    np.add.at adds number by number. So all rows that stand at different places are added at once, as long as they are
    a good part of those that are left, and those are many.
    """
    while rows.size > 2**14:
        different, first = np.unique(places, return_index=True)
        if 4 * different.size < places.size:
            break
        total[different] += rows[first]
        if different.size == places.size:
            return
        places, rows = np.delete(places, first), np.delete(rows, first, 0)
    np.add.at(total, places, rows)
