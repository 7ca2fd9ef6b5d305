"""Reports that have a row for each node, also for those inside of recurrences."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from graphnet.splicing import path_of


def row_at(rows: Sequence[Any], key: str) -> Any:
    """Return the row of a node, found by its path or its name.

    Raises
    ------
    KeyError
        If there is none, or if there are several.
    """
    found = [row for row in rows if path_of(row.site) == key]
    found = found or [row for row in rows if key in (row.site[-1].path(), row.site[-1].node.name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise KeyError(f"{key!r} is the name of {len(found)} nodes: {', '.join(path_of(row.site) for row in found)}")
    raise KeyError(f"there is no node {key!r}; there are {', '.join(path_of(row.site) for row in rows)}")


def shortened(text: str, most: int) -> str:
    """Return a text without its middle if it is too long.

    Examples
    --------
    >>> shortened("SpatialConvolution(3, 16, 5, 5)", 24)
    'SpatialConvo…, 16, 5, 5)'
    """
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}…{text[len(text) - (most - half - 1) :]}"


class Report:
    """What is printed as a table; a notebook shows it as it is printed."""

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"
