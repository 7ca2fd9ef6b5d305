"""Figures as text: each beside the figure aimed at, reached or missed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from tests.benchmarks.against_peers.figure import Figure, amount, written

_WIDTHS = "{:<24} {:>7}  {:<23} {:>19} {:>19} {:>8} {:>8}  {}"


def head() -> str:
    """Return the names of the columns."""
    return "  " + _WIDTHS.format("", "threads", "against", "ours", "theirs", "value", "at most", "")


def row_text(title: str, figures: Sequence[Figure]) -> str:
    """Return a row: its title, and a line for each figure; what explains it stands below."""
    shown = [title]
    for figure in figures:
        shown.append("  " + _line(figure).rstrip())
        if figure.note and figure.theirs:
            shown.append(f"{'':>36}{figure.note}")
    return "\n".join(shown)


def summary(figures: Sequence[Figure]) -> str:
    """Return how many of the figures aimed at were reached, and which were not.

    >>> lstm, mlp = Figure("lstm", "", 1, "torch", [2.0], [1.0], 1.0), Figure("mlp", "", 1, "torch", [1.0], [1.0], 1.0)
    >>> print(summary([lstm, mlp]))
    1 of 2 figures aimed at are reached; missed:
      lstm against torch, 1 thread: 2.00, at most 1.00
    """
    aimed = [figure for figure in figures if figure.verdict()]
    missed = [figure for figure in aimed if figure.missed()]
    text = f"{len(aimed) - len(missed)} of {len(aimed)} figures aimed at are reached"
    return "\n".join([text + ("; missed:" if missed else ""), *(f"  {_missed(figure)}" for figure in missed)])


def _line(figure: Figure) -> str:
    value = figure.value()
    return _WIDTHS.format(
        figure.what,
        figure.threads,
        figure.peer or "itself",
        _measured(figure.ours, figure.unit),
        _measured(figure.theirs, figure.unit) if figure.theirs else "-",
        "-" if value is None else written(value, figure),
        "-" if figure.target is None else written(figure.target, figure),
        figure.verdict() if figure.theirs or figure.kind == "amount" else figure.note,
    )


def _missed(figure: Figure) -> str:
    value, target = figure.value(), figure.target
    assert value is not None
    assert target is not None
    name = " ".join(filter(None, [figure.row, figure.what, f"against {figure.peer}" if figure.peer else ""]))
    threads = f"{figure.threads} thread{'s' * (figure.threads > 1)}"
    return f"{name}, {threads}: {written(value, figure)}, at most {written(target, figure)}"


def _measured(numbers: Sequence[float], unit: str) -> str:
    """Return the median and the minimum."""
    return f"{amount(statistics.median(numbers), unit)} ({amount(min(numbers), unit)})"
