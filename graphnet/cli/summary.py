"""``graphnet summary``: print a net's nodes, shapes and parameters, with their arithmetic.

As in: graphnet summary nets.py:lstm 3 2 --shape Bx3 --shape Bx2 --shape Bx2
"""

from __future__ import annotations

import argparse

from graphnet.cli import target
from graphnet.cli.errors import failures_told


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    target.add_arguments(parser)
    parser.add_argument(
        "--shape", type=target.shape, action="append", default=[], metavar="BxN",
        help="of the input, as in Bx3; once for each input",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Print the table."""
    net = target.read_target(options).net
    with failures_told():
        print(net.summary(target.as_input(options.shape)))
    return 0
