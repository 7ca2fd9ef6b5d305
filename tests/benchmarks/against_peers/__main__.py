"""Print the table of figures to reach: ``python -m tests.benchmarks.against_peers``.

Each contestant runs in a process of its own, since two pools of threads in one would fight, and they take turns: one is
timed for a while, the others sleep; then the next. Between turns there is a pause, in which threads that wait for work
stop spinning; nobody is told to wait otherwise than its users have it. What is shown are medians and, in parentheses,
minima. Before anything is timed, all contestants of a row must have given the same numbers.

Ours are the nets that a user draws, compiled, with symbols as indices. PyTorch and JAX are given one-hot vectors ready
made, decode all steps at once, and have their parameters at hand without modules' calls. In rows of single steps and of
the perceptron all give the gradients of inputs, too, and ours and PyTorch's accumulate; elsewhere each clears them as
its users do. Peers that are not installed are left out: pip install torch jax.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from graphnet.files import check_writable, write_atomically
from tests.benchmarks.against_peers.contestants import LOSS_DRAWN, OURS, ROOT
from tests.benchmarks.against_peers.figure import Figure
from tests.benchmarks.against_peers.machine import cores, describe_machine, lines, measure_blas
from tests.benchmarks.against_peers.race import Track
from tests.benchmarks.against_peers.readme import check_readme, write_readme
from tests.benchmarks.against_peers.report import head, row_text, summary
from tests.benchmarks.against_peers.rows import ROWS, Row


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, or read what was measured, and print."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:  # before anything is measured
        if options.json:
            check_writable(options.json, "--json")
        if options.readme:
            check_readme(ROOT)
        read = _read(options.read) if options.read else None
    except (OSError, ValueError) as error:
        parser.error(str(error))
    chosen = [row for row in ROWS if not options.rows or row.name in options.rows]
    machine, figures = read or _measure(options, chosen)
    figures = [figure for figure in figures if figure.row in {row.name for row in chosen}]
    if read:
        print("\n".join(lines(machine)) + f"\n\n{head()}")
        for row in chosen:
            if found := [figure for figure in figures if figure.row == row.name]:
                print(row_text(row.title, found))
    print(summary(figures))
    if options.json:
        kept = {"machine": machine, "figures": [asdict(figure) for figure in figures]}
        write_atomically(options.json, json.dumps(kept, indent=1).encode())
    if options.readme:
        write_readme(ROOT, machine, figures)


def _read(files: Sequence[Path]) -> tuple[dict[str, Any], list[Figure]]:
    """Return what was measured; rows of later files take the place of those of earlier ones."""
    by_row: dict[str, list[Figure]] = {}
    machine: dict[str, Any] = {}
    for file in files:
        kept = json.loads(file.read_text())
        machine = kept["machine"]
        figures = [Figure(**figure) for figure in kept["figures"]]
        by_row |= {row: [figure for figure in figures if figure.row == row] for row in {f.row: None for f in figures}}
    return machine, [figure for row in ROWS for figure in by_row.get(row.name, [])]


def _measure(options: argparse.Namespace, chosen: Sequence[Row]) -> tuple[dict[str, Any], list[Figure]]:
    machine = describe_machine()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, tqdm(file=sys.stderr, unit=" turns", leave=False) as bar:
        track = Track(
            Path(folder),
            options.repeats,
            ours=LOSS_DRAWN if options.loss_drawn else OURS,
            peers=not options.alone,
            least=options.seconds,
            turned=bar.update,
        )
        bar.total = sum(trial.turns(track, options.threads) for row in chosen for trial in row.trials)
        bar.set_description("products")
        machine["blas_speed"] = measure_blas(track)
        bar.reset()
        print("\n".join(lines(machine)) + f"\nmedians of {options.repeats} (minima)\n\n{head()}")
        for row in chosen:
            bar.set_description(row.name)
            found = [figure for trial in row.trials for figure in trial.measure(track, row.name, options.threads)]
            with tqdm.external_write_mode(file=sys.stdout):
                print(row_text(row.title, found), flush=True)
            figures += found
    return machine, figures


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m tests.benchmarks.against_peers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [row.name for row in ROWS]
    parser.add_argument("--rows", nargs="+", metavar="NAME", choices=names, help=f"by default all: {', '.join(names)}")
    parser.add_argument("--repeats", type=_at_least_one, default=10, help="how often each contestant is timed")
    parser.add_argument(
        "--threads",
        type=_at_least_one,
        nargs="+",
        default=sorted({1, min(2, cores())}),
        help="numbers of threads; by default 1 and 2",
    )
    parser.add_argument("--seconds", type=float, default=0.05, help="that calls are repeated for, each time")
    parser.add_argument("--alone", action="store_true", help="leave all peers out")
    parser.add_argument("--loss-drawn", action="store_true", help="our losses are nodes of the nets")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all that was measured")
    parser.add_argument(
        "--read",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="print what --json wrote, rows of the last file that has them; measure nothing",
    )
    parser.add_argument("--readme", action="store_true", help="write the table and its picture into the README")
    return parser


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not at least 1")
    return number


if __name__ == "__main__":
    main()
