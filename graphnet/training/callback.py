"""Callback: what a user wants done while a training goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from graphnet.edge import given

if TYPE_CHECKING:
    from graphnet.training.trainer import Trainer


class Callback:
    """What is called while a training goes on; a subclass writes those of the four methods that it wants.

    It may run the model, whose modes are put back after it, read all of the trainer, change parameters and the
    optimizer's learning rate, ``trainer.save(file)``, and ``trainer.stop()``. What it keeps for itself is not part of a
    checkpoint. A step that is interrupted in a callback was not done, and its callbacks are called again when it is
    done again.

    Examples
    --------
    >>> from graphnet import Trainer, modules as nn, optim
    >>> import numpy as np
    >>> class UntilSmall(Callback):
    ...     def after_step(self, trainer):
    ...         if trainer.loss < 0.5:
    ...             trainer.stop()
    >>> net = nn.Linear(2, 1)
    >>> trainer = Trainer(net, nn.MSECriterion(), optim.SGD(net.parameters(), 0.1), callbacks=[UntilSmall()],
    ...                   progress=False)
    >>> history = trainer.fit([(np.ones((3, 2)), np.ones((3, 1)))], epochs=100)
    >>> trainer.loss < 0.5, trainer.n_steps < 100
    (True, True)
    """

    def on_start(self, trainer: Trainer) -> None:
        """Do something before the first step of a fit."""

    def after_step(self, trainer: Trainer) -> None:
        """Do something after a step; ``trainer.loss`` and ``trainer.norm`` are those of its batch."""

    def after_epoch(self, trainer: Trainer) -> None:
        """Do something after an epoch and its validation, whose point is the last of ``trainer.history``."""

    def on_end(self, trainer: Trainer) -> None:
        """Do something at the end of a fit whose :meth:`on_start` was done, also if an error ends it.

        Those of all callbacks are called; if one fails after an error, that error goes on and has a note of it.
        """


class _AfterEpoch(Callback):
    def __init__(self, function: Callable[[Trainer], Any]) -> None:
        self._function = function

    def after_epoch(self, trainer: Trainer) -> None:
        self._function(trainer)


def as_callback(callback: Any) -> Callback:
    """Return a callback, or one that calls a function after each epoch."""
    if isinstance(callback, Callback):
        return callback
    if isinstance(callback, type):
        raise TypeError(f"a callback is an object; {callback.__name__} is a class: write {callback.__name__}()")
    if not callable(callback):
        raise TypeError(f"a callback is a Callback or a function of the trainer, not {given(callback)}")
    return _AfterEpoch(callback)
