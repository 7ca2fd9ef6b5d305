"""``graphnet draw``: write the picture of a net, with shapes, parameters, or colours of a run.

As in: graphnet draw nets.py:lstm 3 2 --shape Bx3 --shape Bx2 --shape Bx2 --show parameters --out lstm.svg
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from graphnet.cli import target
from graphnet.cli.errors import failures_told
from graphnet.cli.options import natural_number
from graphnet.draw.look.readings import PROFILE_WORDS, WORDS
from graphnet.draw.look.themes import THEMES
from graphnet.inspect import profile
from graphnet.inspect.readings import KINDS
from graphnet.inspect.untouched import untouched
from graphnet.nesting import map_nested


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    target.add_arguments(parser)
    target.add_input_arguments(parser, "of the input, as in Bx3, or 4x3 where it is to run; once for each input")
    parser.add_argument("--out", default="net.svg", metavar="FILE", help="a .svg, .png, .pdf or .dot (%(default)s)")
    words = ", ".join(WORDS)
    parser.add_argument(
        "--show", action="append", default=[], choices=WORDS, metavar="WHAT", help=f"written in the boxes: {words}"
    )
    parser.add_argument("--color", choices=WORDS, metavar="WHAT", help="what gives the boxes their colours, of these")
    parser.add_argument("--theme", choices=THEMES, default="light", help=f"{', '.join(THEMES)} (%(default)s)")
    parser.add_argument("--expand", type=int, metavar="DEPTH", help="show inner nets down to so many frames")
    parser.add_argument("--unroll", type=natural_number, metavar="STEPS", help="show so many steps of recurrences")
    parser.add_argument("--backward", action="store_true", help="draw the arrows along the gradients")
    parser.add_argument("--title", help="what stands over the picture")


def run(options: argparse.Namespace) -> int:
    """Write the picture."""
    found = target.read_target(options)
    shown: dict[str, Any] = {
        "title": options.title,
        "show": options.show,
        "color": options.color,
        "theme": options.theme,
        "expand": options.expand,
        "unroll": options.unroll,
        "backward": options.backward,
    }
    with failures_told():  # an input that does not fit, an unknown format, no Graphviz
        words = {*options.show, options.color}
        if words & {*KINDS, *PROFILE_WORDS}:
            with untouched(found.net):
                x = target.read_input(options, found)
                shown["tape"] = tape = found.net.run(x)
                tape.backward(map_nested(np.ones_like, tape.output) if found.dy is None else found.dy)
            shown["profile"] = profile(found.net, x, found.dy) if words & set(PROFILE_WORDS) else None
        elif options.shape:
            shown["shapes"] = target.as_input(options.shape)
        found.net.draw(options.out, **shown)
    print(options.out)
    return 0
