"""Checkpoints: a module's structure as JSON and its numbers as safetensors, in one file, without pickle.

Reading a checkpoint runs no code from it: it holds numbers, names and plain data, and the classes it may name are those
of ``graphnet.modules``, ``gModule``, and those the caller passes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from graphnet.checkpoint.file import CheckpointError as CheckpointError
from graphnet.checkpoint.file import read_checkpoint as read_checkpoint
from graphnet.checkpoint.file import write_checkpoint as write_checkpoint
from graphnet.checkpoint.structure import pack, unpack
from graphnet.module import Module


def save(module: Module, file: str | os.PathLike[str]) -> None:
    """Save a module: the classes and the wiring, and all numbers but the gradients and the values of runs.

    Shared modules and parameters are stored once and are shared again after :func:`load`. The type of the numbers,
    the mode (training or evaluation), the names of nodes and the places where they were drawn are kept.

    Parameters
    ----------
    module : Module
    file : path
        It is replaced at once and as a whole, or, if anything fails, not at all.

    Raises
    ------
    TypeError
        If a module holds something that a checkpoint cannot: the message names it.
    ImportError
        If the extra ``train`` is not installed.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> from graphnet import modules as nn
    >>> net = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(net, f"{folder}/net.safetensors")
    ...     same = load(f"{folder}/net.safetensors")
    >>> bool((same.forward(np.ones(3)) == net.forward(np.ones(3))).all())
    True
    """
    if not isinstance(module, Module):
        raise TypeError(f"save takes a module, not {type(module).__name__}; write_checkpoint takes arrays and data")
    data, arrays = pack(module)
    write_checkpoint(file, arrays, {"kind": "module", **data})


def load(file: str | os.PathLike[str], classes: type[Module] | Iterable[type[Module]] = ()) -> Module:
    """Load what :func:`save` saved.

    Parameters
    ----------
    file : path
    classes : class or iterable of classes
        The classes beside those of ``graphnet.modules`` that the file may use, such as modules of your own.

    Raises
    ------
    CheckpointError
        If the file is no checkpoint of a module or is damaged, or needs a class that is not allowed.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from graphnet import modules as nn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(nn.lstm(3, 2), f"{folder}/lstm.safetensors")
    ...     layer = load(f"{folder}/lstm.safetensors")
    >>> list(layer.named_parameters())
    ['i2h.weight', 'i2h.bias', 'h2h.weight', 'h2h.bias']
    """
    arrays, data = read_checkpoint(file)
    if data.get("kind") != "module":
        raise CheckpointError(
            f"{file} holds a {data.get('kind')}, not a module as save(module, file) writes; read_checkpoint reads it"
        )
    try:
        return unpack(data, arrays, (classes,) if isinstance(classes, type) else tuple(classes))
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        reason = error.args[0] if error.args else repr(error)
        raise CheckpointError(f"{file} cannot be loaded: {reason}") from error
