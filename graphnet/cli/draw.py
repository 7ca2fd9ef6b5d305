"""``graphnet draw``: write the picture of a net.

As in: graphnet draw nets.py:lstm 3 2 --out lstm.svg
"""

from __future__ import annotations

import argparse

from graphnet.cli import target
from graphnet.cli.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    target.add_arguments(parser)
    parser.add_argument("--out", default="net.svg", metavar="FILE", help="a .svg, .png, .pdf or .dot (%(default)s)")
    parser.add_argument("--title", help="what stands over the picture")


def run(options: argparse.Namespace) -> int:
    """Write the picture."""
    net = target.read_target(options).net
    try:
        net.draw(options.out, title=options.title)
    except (ValueError, RuntimeError) as error:  # an unknown format, or no Graphviz, which tells how to get it
        raise InputError(str(error)) from error
    print(options.out)
    return 0
