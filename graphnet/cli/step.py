"""``graphnet step``: step through a net, one node at a time, forwards and backwards, in the terminal or on a page.

As in: graphnet step nets.py:lstm 3 2 --shape 4x3 --shape 4x2 --shape 4x2
"""

from __future__ import annotations

import argparse

from graphnet.cli import target
from graphnet.cli.debugger import Debugger
from graphnet.cli.errors import failures_told
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
        with failures_told():
            recording = stepper(found.net, x, found.dy, options.page).recording
        there, back = (recording.counts[way] for way in ("forward", "backward"))
        print(f"{options.page}: {there:,} node{'' if there == 1 else 's'} forward, {back:,} backward")
        if recording.failure:
            print(f"there it fails: {recording.failure}")
        return 0
    with failures_told():
        debugger = Debugger(found.net, x, found.dy)
    try:
        debugger.cmdloop()
    except KeyboardInterrupt:
        print()
    return 0
