"""``graphnet step``: step through a net, one node at a time, forwards and backwards, in the terminal or on a page.

As in: graphnet step nets.py:lstm 3 2 --shape 4x3 --shape 4x2 --shape 4x2
"""

from __future__ import annotations

import argparse

from graphnet.cli import target
from graphnet.cli.debugger import Debugger
from graphnet.cli.errors import InputError
from graphnet.pages import stepper


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    target.add_arguments(parser)
    target.add_input_arguments(parser, "of a random input, as in 4x3; once for each input")
    parser.add_argument("--page", metavar="FILE", help="write a page (.html) to step through in a browser instead")


def run(options: argparse.Namespace) -> int:
    """Read commands until the user has seen enough, or write the page."""
    found = target.read_target(options)
    x = target.read_input(options, found)
    if options.page is not None:
        try:
            made = stepper(found.net, x, found.dy, options.page)
        except (TypeError, ValueError) as error:
            raise InputError(str(error)) from error
        counts = made.recording.counts
        print(f"{options.page}: {counts['forward']:,} nodes forward, {counts['backward']:,} backward")
        return 0
    debugger = Debugger(found.net, x, found.dy)
    try:
        debugger.cmdloop()
    except KeyboardInterrupt:
        print()
    return 0
