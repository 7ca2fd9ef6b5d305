"""``graphnet example``: run one of the tutorials' experiments; without a name, list them.

An example prints its figures and writes its pictures to the folder given with --out. With --quick it is a small form of
itself that takes seconds. Products of matrices run on one thread, since more lose much where cores are shared.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from graphnet.cli.options import seed
from graphnet.cli.packages import require
from graphnet.examples import NAMES, examples, summary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    parser.add_argument("name", nargs="?", choices=sorted(NAMES), metavar="NAME", help="the example to run")
    parser.add_argument("--out", metavar="DIR", help="the folder for its pictures (one of the example's name)")
    parser.add_argument("--quick", action="store_true", help="a small form that takes seconds")
    parser.add_argument("--seed", type=seed, default=1, help="of everything random (%(default)s)")


def run(options: argparse.Namespace) -> int:
    """Run an example, or list all."""
    if options.name is None:
        width = max(map(len, NAMES))
        for name, example in sorted(examples().items()):
            print(f"{name:<{width}}  {summary(example)}")
        return 0
    require("example", "matplotlib", "threadpoolctl", "tqdm")  # now and not after the computing
    from threadpoolctl import threadpool_limits

    folder = Path(options.out or options.name)
    folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    with threadpool_limits(1, "blas"):
        examples()[options.name].run(folder, quick=options.quick, seed=options.seed)
    print(f"took {time.perf_counter() - start:,.0f} s")
    return 0
