"""``graphnet step``: step through a net, one node at a time, forwards and backwards, in the terminal.

As in: graphnet step nets.py:lstm 3 2 --shape 4x3 --shape 4x2 --shape 4x2
"""

from __future__ import annotations

import argparse

from graphnet.cli import target
from graphnet.cli.debugger import Debugger


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    target.add_arguments(parser)
    parser.add_argument(
        "--shape", type=target.shape, action="append", default=[], metavar="BxN",
        help="of a random input, as in 4x3; once for each input",
    )  # fmt: skip
    parser.add_argument("--input", metavar="FILE", help="a .npy, or an .npz with an array for each input")


def run(options: argparse.Namespace) -> int:
    """Read commands until the user has seen enough."""
    found = target.read_target(options)
    debugger = Debugger(found.net, target.read_input(options, found), found.dy)
    try:
        debugger.cmdloop()
    except KeyboardInterrupt:
        print()
    return 0
