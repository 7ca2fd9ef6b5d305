"""Tables of text, aligned by their columns."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> str:
    """Return rows of text under a head; the columns in ``right`` end, and others begin, at one place.

    >>> print(table(["name", "n"], [["a", "1"], ["b", "10"]], right=[1]))
    name   n
    a      1
    b     10
    """
    lines = [head, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
