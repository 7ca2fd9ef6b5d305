"""The net that a command is to show: made by a function or held by a variable of the user's, or kept in a file."""

from __future__ import annotations

import argparse
import ast
import difflib
import importlib
import importlib.util
import sys
import traceback
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from graphnet.checkpoint import load
from graphnet.cli.errors import InputError, notes_of
from graphnet.cli.options import seed
from graphnet.module import Module
from graphnet.nesting import Array, Nested
from graphnet.random import generator, manual_seed

HELP = (
    "a Python file or module, a colon, and the name of a net or of what returns one, or (net, x) or (net, x, dy), as "
    "in nets.py:lstm or graphnet.modules:lstm; or a file that gn.save, a Trainer or `graphnet train` wrote"
)


class Target(NamedTuple):
    """A net, and what came with it: an input and the gradient of an output, or None."""

    net: Module
    x: Nested = None
    dy: Nested = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that tell which net is meant."""
    parser.add_argument("target", metavar="FILE.py:NAME", help=HELP)
    parser.add_argument(
        "arguments", nargs="*", metavar="ARGUMENT", help="what the function is called with: 3 2 'text' name=True"
    )
    parser.add_argument("--seed", type=seed, default=1, help="of everything random (%(default)s)")


def add_input_arguments(parser: argparse.ArgumentParser, told: str) -> None:
    """Add the arguments that tell what the net is to run on."""
    parser.add_argument("--shape", type=shape, action="append", default=[], metavar="BxN", help=told)
    parser.add_argument("--input", metavar="FILE", help="a .npy, or an .npz with an array for each input")


def read_target(options: argparse.Namespace) -> Target:
    """Return what is meant.

    Raises
    ------
    InputError
        If there is no such file, module or name, if the user's code fails, or if it gives something else than a net.
    """
    manual_seed(options.seed)
    where, colon, name = options.target.rpartition(":")
    if not colon or not name.replace(".", "").isidentifier():
        if options.target.endswith(".safetensors"):
            return _checked(load(options.target), options.target)
        raise InputError(f"{options.target}: which net? Give {HELP}")
    found: Any = _module(where)
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            own = getattr(found, "__dict__", {})
            there = [key for key, value in own.items() if callable(value) and key[0] != "_"]
            near = difflib.get_close_matches(part, there) or there[:10] or ["nothing that could be called"]
            raise InputError(f"{where} has no {part!r}; it has {', '.join(near)}") from None
    if callable(found) and not isinstance(found, Module):
        args, kwargs = _arguments(options.arguments)
        try:
            found = found(*args, **kwargs)
        except Exception as error:
            raise InputError(_told(options.target, error)) from error
    elif options.arguments:
        raise InputError(f"{options.target} is no function, so it takes no arguments")
    return _checked(found, options.target)


def _checked(found: Any, name: str) -> Target:
    parts = found if isinstance(found, tuple) else (found,)
    if not parts or not isinstance(parts[0], Module) or len(parts) > 3:
        raise InputError(f"{name} gives {type(found).__name__} {found!r:.60}, where a net is meant, or (net, x, dy)")
    return Target(*parts)


def _module(where: str) -> Any:
    """Import a file, or a module by its name; its folder stays in the path, as functions may import, too."""
    path = Path(where)
    if path.suffix != ".py":
        sys.path.insert(0, "")
        try:
            return importlib.import_module(where)
        except ImportError as error:
            hint = f"; is {where}.py meant?" if Path(f"{where}.py").exists() else ""
            raise InputError(f"{where} cannot be imported: {error}{hint}") from error
        except Exception as error:
            raise InputError(_told(where, error)) from error
    if not path.is_file():
        raise InputError(f"there is no file {where}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent.absolute()))
    sys.modules.setdefault(path.stem, module)  # where dataclasses look for the types that they name
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InputError(_told(where, error)) from error
    return module


def _told(what: str, error: Exception) -> str:
    """Return what the user's code raised, with the line of it that did."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "graphnet" not in Path(f.filename).parts]
    place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{what} failed{place} with {type(error).__name__}: {error}{notes_of(error)}"


def _arguments(texts: list[str]) -> tuple[list[Any], dict[str, Any]]:
    """Return the values of ``3``, ``'text'``, ``[1, 2]``, ``text`` and ``name=value``."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if equals and name.isidentifier():
            kwargs[name] = _literal(value)
        else:
            args.append(_literal(text))
    return args, kwargs


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


# ---- shapes and inputs


def shape(text: str) -> tuple[int | str, ...]:
    """Return the sizes that a text such as ``7x4x3`` or ``TxBx3`` names."""
    sizes = tuple(int(part) if part.isdecimal() else part for part in text.split("x")) if text else ()
    if not all(isinstance(size, int) or size.isidentifier() for size in sizes):
        raise argparse.ArgumentTypeError(f"sizes are numbers or names joined by x, as in 7x4x3 or TxBx3, not {text!r}")
    return sizes


def as_input(shapes: list[Any]) -> Any:
    """Return the shape of a net's input: that of the only one, or a list of several; None without any."""
    return None if not shapes else shapes[0] if len(shapes) == 1 else shapes


def read_input(options: argparse.Namespace, target: Target) -> Nested:
    """Return the input that a net is to run on: what came with it, a file's, or random numbers of the given shapes.

    Raises
    ------
    InputError
        If there is none, or it cannot be read.
    """
    if options.input is not None:
        return _read_arrays(options.input)
    if options.shape:
        for sizes in options.shape:
            if not all(isinstance(size, int) for size in sizes):
                raise InputError(f"--shape {'x'.join(map(str, sizes))}: to run, every size must be a number")
        arrays = [generator().normal(size=sizes) for sizes in options.shape]
        return arrays[0] if len(arrays) == 1 else arrays
    if target.x is None:
        nodes = target.net.plan().splice.input_nodes
        names = ", ".join(node.label() for node in nodes)
        raise InputError(
            f"what shall it run on? Its inputs are: {names}. Give --shape for each, as in --shape 4x3, or --input "
            "FILE; or let the function return (net, x)"
        )
    return target.x


def _read_arrays(file: str) -> Nested:
    """Return the array of a .npy file, or those of an .npz file in their order, as a list."""
    try:
        read = np.load(file, allow_pickle=False)
    except OSError:
        raise
    except Exception as error:
        raise InputError(f"{file} is no file of NumPy's .npy or .npz: {error}") from error
    if isinstance(read, np.ndarray):
        return read
    with read:
        arrays: list[Array] = [read[name] for name in read.files]
    return arrays[0] if len(arrays) == 1 else arrays
