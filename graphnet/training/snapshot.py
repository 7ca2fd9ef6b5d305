"""Snapshot: all that a step of a training changes, copied."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphnet.module import Module
from graphnet.nesting import Array, Nested, leaves


@dataclass(frozen=True)
class Standing:
    """Where a training stands, in plain numbers.

    Attributes
    ----------
    epoch, position : int
        How many epochs were done, and how many batches of the one it is in.
    n_steps, seen : int
        How many steps were done, and how many items were in their batches.
    recent : tuple of (float, float, int)
        Since the last point of the history: the sums of the losses and of the norms, and the steps.
    data : str
        What the batches were: see :func:`signature`.
    loss, norm, learning_rate : float
        Of the last step; NaN before the first.
    """

    epoch: int = 0
    position: int = 0
    n_steps: int = 0
    seen: int = 0
    recent: tuple[float, float, int] = (0.0, 0.0, 0)
    data: str = ""
    loss: float = math.nan
    norm: float = math.nan
    learning_rate: float = math.nan


@dataclass(frozen=True)
class Best:
    """The parameters of the least validation loss so far, and the signature of the validation data."""

    epoch: int
    loss: float
    data: str
    numbers: list[Array]


@dataclass(frozen=True)
class Snapshot:
    """All that a step changes.

    Attributes
    ----------
    numbers : list of ndarray
        See :func:`numbers_of`.
    optimizer : dict
        Its ``state()``.
    generator : dict
        The state of the one generator.
    carried : nested list of ndarray or None
        The states that the next batch starts with.
    n_points : tuple of (int, int)
        How many points the history has, of training and of validation.
    """

    standing: Standing
    numbers: list[Array]
    optimizer: dict[str, Any]
    generator: dict[str, Any]
    carried: list[Nested] | None
    best: Best | None
    n_points: tuple[int, int]


def numbers_of(model: Module) -> dict[str, Callable[[], Array]]:
    """Return functions that give the arrays of a model, by name: its parameters, and its modules' other arrays."""
    arrays: dict[str, Callable[[], Array]] = {}
    for name, parameter in model.named_parameters().items():
        arrays[name] = lambda p=parameter: p.value  # type: ignore[misc]
    for path, module in model._walk(""):
        for name, value in vars(module).items():
            if isinstance(value, np.ndarray):
                where = f"{path}{name}"
                while where in arrays:  # two paths may read the same, since the names of nodes may have dots
                    where += "'"
                arrays[where] = lambda m=module, n=name: getattr(m, n)  # type: ignore[misc]
    return arrays


def signature(n: int, x: Nested, target: Nested) -> str:
    """Return what tells data from other data: the number of batches, and a checksum of the first."""
    checksum = hashlib.sha256()
    for leaf in leaves(_as_lists([x, target])):
        array = np.ascontiguousarray(leaf)
        checksum.update(f"{array.dtype} {array.shape}".encode())
        checksum.update(array.tobytes())
    return f"{n} batches, {checksum.hexdigest()[:16]}"


def _as_lists(value: Any) -> Any:
    return [_as_lists(item) for item in value] if isinstance(value, (list, tuple)) else value
