"""The file of a checkpoint: named arrays as safetensors, plain data as JSON beside them, a checksum over both."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from graphnet.files import write_atomically
from graphnet.nesting import Array

FORMAT = "graphnet checkpoint"
VERSION = "1"


class CheckpointError(ValueError):
    """A file that is no checkpoint, is damaged, or asks for what it may not have."""


def write_checkpoint(file: str | os.PathLike[str], arrays: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    """Write arrays and plain data in one file, atomically.

    Parameters
    ----------
    file : path
        It is replaced at once and as a whole, or, if anything fails, not at all. Its folder must exist.
    arrays : dict of str to array_like
        Floats, integers or booleans; of any order in memory and any byte order.
    data : dict
        What JSON can hold: dicts with text keys, lists, text, numbers, booleans, None. Tuples come back as lists.

    Raises
    ------
    TypeError
        If something can be held by neither.
    ImportError
        If the extra ``train`` is not installed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_checkpoint(f"{folder}/run", {"x": np.arange(3)}, {"epoch": 7})
    ...     read_checkpoint(f"{folder}/run")
    ({'x': array([0, 1, 2])}, {'epoch': 7})
    """
    serialise = require_safetensors().numpy.save
    contiguous = {name: _contiguous(name, array) for name, array in arrays.items()}
    text = json.dumps(data, ensure_ascii=False)
    # One entry, since safetensors writes several in an order that changes from file to file.
    write_atomically(file, serialise(contiguous, {FORMAT: f"{VERSION} {_digest(contiguous, text)} {text}"}))


def read_checkpoint(file: str | os.PathLike[str]) -> tuple[dict[str, Array], dict[str, Any]]:
    """Return the arrays and the data that :func:`write_checkpoint` wrote.

    Raises
    ------
    CheckpointError
        If the file is damaged, cut short, or no checkpoint.
    OSError
        If the file cannot be read.
    ImportError
        If the extra ``train`` is not installed.
    """
    safetensors = require_safetensors()
    with open(file, "rb"):  # for a missing file, a folder or a forbidden file Python's own error is clear
        pass
    try:
        with safetensors.safe_open(os.fspath(file), framework="numpy") as opened:
            metadata = opened.metadata() or {}
            arrays = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118  # it is no dict
    except (safetensors.SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{file} is not a checkpoint of graphnet: it is damaged, cut short or of another kind ({error})"
        ) from None
    if FORMAT not in metadata:
        raise CheckpointError(f"{file} is a safetensors file, but not a checkpoint of graphnet")
    version, digest, text = (*metadata[FORMAT].split(" ", 2), "", "")[:3]
    if version != VERSION:
        raise CheckpointError(f"{file} has version {version} of the format; this graphnet reads version {VERSION}")
    if digest != _digest(arrays, text):
        raise CheckpointError(f"{file} is damaged: its contents do not have the checksum they were written with")
    return arrays, json.loads(text)


def _contiguous(name: str, array: Any) -> Array:
    """Return an array in C order and native byte order: safetensors 0.8.0 silently reorders others."""
    contiguous = np.asarray(array, order="C")
    if contiguous.dtype.kind not in "fiub" or contiguous.dtype.itemsize > 8:
        raise TypeError(
            f"the array {name!r} is of type {contiguous.dtype}; a checkpoint holds floats, integers and booleans of at "
            "most 64 bits"
        )
    return contiguous.astype(contiguous.dtype.newbyteorder("="), copy=False)


def _digest(arrays: Mapping[str, Array], text: str) -> str:
    """Return a checksum of all contents, since safetensors has none."""
    checksum = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        checksum.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode())
        checksum.update(arrays[name].tobytes())
    return checksum.hexdigest()


def require_safetensors() -> Any:
    """Return the package safetensors, or tell how to install it."""
    try:
        import safetensors
        import safetensors.numpy
    except ImportError as error:
        raise ImportError(
            f'checkpoints need the package safetensors ({error}); install it with: pip install "graphnet-nn[train]"'
        ) from error
    return safetensors
