"""The table and the picture in the README, made of figures."""

from __future__ import annotations

import re
import statistics
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from graphnet.files import write_atomically
from tests.benchmarks.against_peers.contestants import COMPILED, EAGER, FUSED, JIT
from tests.benchmarks.against_peers.figure import Figure, amount, written
from tests.benchmarks.against_peers.picture import draw
from tests.benchmarks.against_peers.rows import ROWS, TORCH7

BEGIN, END = "<!-- figures of tests/benchmarks/against_peers -->", "<!-- end of figures -->"
PICTURE = "notebooks/against_peers.svg"
PEERS = (FUSED, EAGER, JIT)
# Works of a row that the table gives one line; those of other rows have one each.
TOGETHER = ("cells-128", "cells-512")


def check_readme(root: Path) -> None:
    """Refuse a README that has no place for the table, before anything is measured.

    Raises
    ------
    ValueError
        If it has not both comments, one after the other.
    """
    if not _place().search((root / "README.md").read_text()):
        raise ValueError(f"README.md has no lines {BEGIN!r} and {END!r}, between which the table is to stand")


def write_readme(root: Path, machine: dict[str, Any], figures: Sequence[Figure]) -> None:
    """Write the table between the README's two comments, and the picture that stands below it."""
    check_readme(root)
    draw(figures, root / PICTURE)
    picture = f'<img src="{PICTURE}" alt="Bars: the times of graphnet, PyTorch and JAX for the same work" width="830">'
    text = "\n".join(
        [
            BEGIN,
            table(figures),
            "",
            *textwrap.wrap(sentences(machine, figures), 120, break_on_hyphens=False),
            "",
            picture,
            END,
        ]
    )
    file = root / "README.md"
    write_atomically(file, _place().sub(lambda _: text, file.read_text()).encode())


def table(figures: Sequence[Figure]) -> str:
    """Return the table of ratios: a line for each work, a column for each peer."""
    threads = sorted({figure.threads for figure in figures})
    on = " · ".join(map(str, threads)) + f" thread{'s' * (threads[-1] > 1)}"
    lines = [
        f"| forward + backward, float32, on {on} | graphnet | " + " | ".join(f"÷ {peer}" for peer in PEERS) + " |",
        "|---" * (2 + len(PEERS)) + "|",
    ]
    for title, of_work in _works(figures):
        cells = [_by_threads(of_work, _times), *(_by_threads(_against(of_work, peer), _ratios) for peer in PEERS)]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def sentences(machine: dict[str, Any], figures: Sequence[Figure]) -> str:
    """Return what is said below the table: how to read it, and the figures that are no ratios to these peers."""
    said = ["Times of graphnet, and divided by the peers': below 1 it is faster."]
    if any(figure.missed() for figure in figures):
        said.append("A * marks what misses the figure that it aims at.")
    if shares := [figure for figure in figures if figure.kind == "share"]:
        if all(share.value() <= 0 for share in shares):
            said.append("With 512 units, a whole step takes less time than its matrix products alone take NumPy.")
        else:
            said.append(f"With 512 units, {_by_threads(shares, _ratios)} of a step are spent outside matrix products.")
    if first := {figure.what: figure for figure in figures if figure.row == "first-call" and not figure.peer}:
        said.append(f"The first call takes {_single(first['cold'])}, once kernels are kept {_single(first['warm'])}")
        said[-1] += _first_calls_of_peers(figures)
    said += [
        f"A step of {figure.what.removeprefix('a step at ')} costs {_single(figure)} times one of "
        f"{figure.peer.removeprefix('itself at ')}."
        for figure in figures
        if figure.row == "length"
    ][-1:]
    said += [f"In float64 the MLP takes {_single(figure)} of Torch7's time." for figure in _against(figures, TORCH7)]
    packages = {"torch": "PyTorch", "jax": "JAX", "numpy": "NumPy"}
    versions = ", ".join(f"{packages[name]} {v}" for name, v in machine["versions"].items() if name in packages)
    said.append(f"Measured by `python -m tests.benchmarks.against_peers`: {machine['cpu']}, {versions}.")
    return " ".join(said)


def _first_calls_of_peers(figures: Sequence[Figure]) -> str:
    shown = []
    for peer in (COMPILED, JIT):
        measured = [figure.theirs for figure in _against(figures, peer) if figure.row == "first-call"]
        if measured and all(measured):
            shown.append(f"{peer} {' and '.join(amount(statistics.median(theirs), 's') for theirs in measured)}")
    return f" ({', '.join(shown)})." if shown else "."


def _works(figures: Sequence[Figure]) -> Iterable[tuple[str, list[Figure]]]:
    """Return the lines of the table: what is said of the work, and its figures."""
    for row in ROWS:
        mine = [f for f in figures if f.row == row.name and f.peer in PEERS and row.name != "first-call"]
        whats = [""] if row.name in TOGETHER else list(dict.fromkeys(figure.what for figure in mine))
        for what in whats:
            of_work = [figure for figure in mine if row.name in TOGETHER or figure.what == what]
            if of_work:
                yield row.title + (f": {what}" if len(whats) > 1 else ""), of_work


def _against(figures: Sequence[Figure], peer: str) -> list[Figure]:
    return [figure for figure in figures if figure.peer == peer and figure.value() is not None]


def _by_threads(figures: Sequence[Figure], shown: Any) -> str:
    threads = sorted({figure.threads for figure in figures})
    return " · ".join(shown([figure for figure in figures if figure.threads == n]) for n in threads)


def _times(figures: Sequence[Figure]) -> str:
    return _range(
        [(statistics.median(figure.ours), amount(statistics.median(figure.ours), figure.unit)) for figure in figures]
    )


def _ratios(figures: Sequence[Figure]) -> str:
    values = [(value, written(value, figure)) for figure in figures if (value := figure.value()) is not None]
    return _range(values) + "*" * any(figure.missed() for figure in figures)


def _single(figure: Figure) -> str:
    return _ratios([figure])


def _range(values: Sequence[tuple[float, str]]) -> str:
    """Return the least and the greatest, or the one there is.

    >>> _range([(2.0, "2.0 ms"), (1.0, "1.0 ms")]), _range([(1.0, "1.0")])
    ('1.0-2.0 ms', '1.0')
    """
    least, greatest = min(values)[1], max(values)[1]
    if least == greatest:
        return least
    number, _, unit = least.partition(" ")
    return f"{number if greatest.endswith(' ' + unit) else least}-{greatest}"


def _place() -> re.Pattern[str]:
    return re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
