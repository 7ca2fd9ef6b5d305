"""Checkpoints of trainings: the model as ``save`` writes it, and all that is needed to go on, in one file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import numpy as np

from graphnet.checkpoint import CheckpointError, read_checkpoint, write_checkpoint
from graphnet.checkpoint.structure import pack, unpack
from graphnet.module import Module
from graphnet.nesting import Array, describe
from graphnet.optim import Optimizer
from graphnet.training.history import History
from graphnet.training.snapshot import Best, Snapshot, Standing, numbers_of

PREFIX = "training:"  # of the names of arrays that are not the model's


def write(
    file: str | os.PathLike[str],
    model: Module,
    optimizer: Optimizer,
    snapshot: Snapshot,
    history: History,
    notes: dict[str, Any],
) -> None:
    """Write a checkpoint of the model, as ``save`` does, and beside it of the training."""
    structure, arrays = pack(model)
    plain = {}
    for name, value in snapshot.optimizer.items():
        if isinstance(value, np.ndarray):
            _put(arrays, f"optimizer.{name}", value)
        else:
            plain[name] = value
    best = snapshot.best
    carried = _put(arrays, "carried", snapshot.carried)
    training = {
        "standing": asdict(snapshot.standing),
        "optimizer": {"class": type(optimizer).__name__, "state": plain},
        "generator": snapshot.generator,
        "carried": carried,
        "best": best
        and {
            "epoch": best.epoch,
            "loss": best.loss,
            "data": best.data,
            "numbers": _put(arrays, "best", best.numbers),
        },
        "history": history.to_data(),
        "notes": notes,
    }
    write_checkpoint(file, arrays, {"kind": "module", **structure, "training": training})


def read(file: str | os.PathLike[str], model: Module, optimizer: Optimizer) -> tuple[Snapshot, History, dict[str, Any]]:
    """Return the snapshot, the history and the notes of a checkpoint of a training of such a model.

    Raises
    ------
    CheckpointError
        If the file is damaged, holds no training, or one of another model or with another optimizer.
    """
    arrays, data = read_checkpoint(file)
    if data.get("kind") != "module" or "training" not in data:
        what = "a model without its training" if data.get("kind") == "module" else f"a {data.get('kind')}"
        raise CheckpointError(f"{file} holds {what}, not a checkpoint as Trainer.save(file) writes")
    with understood(file):
        training = data["training"]
        kept = unpack(data, arrays, tuple({type(module) for module in model.list_modules()}))
    check_model(file, model, kept)
    theirs = numbers_of(kept)
    numbers = [theirs[name]() for name in numbers_of(model)]
    with understood(file):
        named = training["optimizer"]["class"]
        if named != type(optimizer).__name__:
            raise CheckpointError(f"{file} was trained by {named}, and this trainer has {type(optimizer).__name__}")
        start = f"{PREFIX}optimizer."
        buffers = {name.removeprefix(start): a for name, a in arrays.items() if name.startswith(start)}
        points = training["history"]
        best = training["best"]
        standing = dict(training["standing"])
        snapshot = Snapshot(
            standing=Standing(**standing | {"recent": tuple(standing["recent"])}),
            numbers=numbers,
            optimizer={**training["optimizer"]["state"], **buffers},
            generator=training["generator"],
            carried=_get(arrays, training["carried"]),
            best=best and Best(best["epoch"], best["loss"], best["data"], _get(arrays, best["numbers"])),
            n_points=(len(points["train"]), len(points["validation"])),
        )
        if snapshot.best is not None and list(map(np.shape, snapshot.best.numbers)) != list(map(np.shape, numbers)):
            raise ValueError("the best parameters are of other shapes than the last")
        return snapshot, History.from_data(points), training["notes"]


def _put(arrays: dict[str, Array], name: str, value: Any) -> Any:
    """Put an array or a nested list of them among the arrays; return their names in that structure; None stays."""
    if isinstance(value, list):
        return [_put(arrays, f"{name}.{i}", item) for i, item in enumerate(value)]
    if value is None:
        return None
    arrays[PREFIX + name] = value
    return PREFIX + name


def _get(arrays: dict[str, Array], names: Any) -> Any:
    """Return what :func:`_put` put there."""
    if isinstance(names, list):
        return [_get(arrays, name) for name in names]
    return None if names is None else arrays[names]


def check_model(file: str | os.PathLike[str], model: Module, kept: Module) -> None:
    """Refuse a model that differs in its parameters or other arrays: their names, their shapes or their types."""
    mine, theirs = map(_described, (model, kept))
    for name in [*theirs, *mine]:
        if mine.get(name) != theirs.get(name):
            there, here = theirs.get(name) or _other(kept, name), mine.get(name) or _other(model, name)
            raise CheckpointError(
                f"{file} is of another model: {name} is {there} in the file and {here} in this trainer's model"
            )


def _described(model: Module) -> dict[str, str]:
    """Return the shape and the type of each of a model's parameters and other arrays."""
    arrays = {name: array() for name, array in numbers_of(model).items()}
    named = model.named_parameters()
    return {
        name: repr(named[name]) if name in named else f"array({describe(array)}, {array.dtype})"
        for name, array in arrays.items()
    }


def _other(model: Module, name: str) -> str:
    """Return what stands where another model has an array."""
    for path, module in model._walk(""):
        for attribute, value in vars(module).items():
            if f"{path}{attribute}" == name:
                return repr(value)
    return "not there"


@contextmanager
def understood(file: str | os.PathLike[str]) -> Iterator[None]:
    """Say of a checkpoint whose contents are other than expected that it is of another version."""
    try:
        yield
    except CheckpointError:
        raise
    except LookupError as error:
        if "which is not one of graphnet.modules" in str(error):
            raise CheckpointError(f"{file} is of another model: {error.args[0]}") from error
        raise CheckpointError(f"{file} was written by another version of graphnet, or changed ({error!r})") from error
    except (AttributeError, TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{file} was written by another version of graphnet, or changed ({error!r})") from error
