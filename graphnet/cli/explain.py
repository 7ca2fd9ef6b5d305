"""``graphnet explain``: compile a net, and print what runs as one kernel, what in a loop, and how long it takes.

As in: graphnet explain nets.py:lstm 3 2 --shape 64x3 --shape 64x2 --shape 64x2 --out plan.svg
"""

from __future__ import annotations

import argparse

from graphnet.cli import target
from graphnet.cli.errors import failures_told
from graphnet.cli.options import natural_number
from graphnet.compile import compile as compiled


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    target.add_arguments(parser)
    target.add_input_arguments(parser, "of a random input, as in 64x3; once for each input")
    parser.add_argument("--repeats", type=natural_number, default=5, help="how many runs are timed (%(default)s)")
    parser.add_argument("--out", metavar="FILE", help="draw the plan, too: a .svg, .png, .pdf or .dot")


def run(options: argparse.Namespace) -> int:
    """Print the explanation, and draw it if that is asked for."""
    found = target.read_target(options)
    x = target.read_input(options, found)
    with failures_told():
        explanation = compiled(found.net).explain(x, repeats=options.repeats)
        print(explanation)
        if options.out is not None:
            explanation.draw(options.out)
            print(f"\n{options.out}")
    return 0
