"""The ``graphnet`` command: train a language model and sample from it; draw, sum up, step through, explain any net."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

import graphnet
from graphnet.checkpoint import CheckpointError
from graphnet.cli import draw, example, explain, notebooks, sample, step, summary, train, watch
from graphnet.cli.errors import InputError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 0 if all went well, 1 if training failed, 2 for a wrong input, 130 after Ctrl-C.

    Examples
    --------
    >>> main(["sample", "nowhere.safetensors"])  # which says so on stderr
    2
    """
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115  # closed by whoever started the command
    options = _parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a sample may have characters that a terminal cannot show
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _complain("interrupted", 130)
    except MemoryError:
        return _complain("there is not enough memory; take a smaller --hidden, --batch or --length, or --recompute", 2)
    except BrokenPipeError:  # the reader, `head` say, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _complain(f"{error.filename}: {error.strerror}" if error.filename else str(error), 2)
    except (CheckpointError, ImportError, InputError) as error:
        return _complain(str(error), 2)
    return code


def _complain(message: str, code: int) -> int:
    print(f"graphnet: {message}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="graphnet", description=(__doc__ or "").replace("``", ""))
    parser.add_argument("--version", action="version", version=f"graphnet {graphnet.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in (train, watch, sample, draw, summary, step, explain, example, notebooks):
        name = command.__name__.rsplit(".", 1)[-1]
        told = (command.__doc__ or "").split(": ", 1)[1]
        added = commands.add_parser(name, help=told.splitlines()[0], description=told)
        command.add_arguments(added)
        added.set_defaults(run=command.run)
    return parser
