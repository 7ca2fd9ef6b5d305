"""``graphnet sample``: write text with a model that `graphnet train` has trained."""

from __future__ import annotations

import argparse

import numpy as np

from graphnet.cli.language_model import read_model
from graphnet.cli.options import natural_number, not_negative, seed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="the file that `graphnet train` wrote")
    parser.add_argument("--length", type=natural_number, default=500, help="characters to write (%(default)s)")
    parser.add_argument(
        "--temperature",
        type=not_negative,
        default=0.8,
        help="1 draws as the model believes, less is more cautious, 0 takes the most probable (%(default)s)",
    )
    parser.add_argument("--prime", default="", metavar="TEXT", help="a beginning to go on from")
    parser.add_argument("--seed", type=seed, help="a number that makes the sample repeat itself")


def run(options: argparse.Namespace) -> int:
    """Print a sample."""
    model = read_model(options.checkpoint)
    generator = np.random.default_rng(options.seed)
    print(options.prime + model.sample(options.length, options.temperature, generator, options.prime))
    return 0
