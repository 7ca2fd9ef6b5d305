"""State: all that the steps of a training change, and how it is captured and put back."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import replace

from graphnet.checkpoint import CheckpointError
from graphnet.module import Module
from graphnet.nesting import Array
from graphnet.optim import Optimizer
from graphnet.random import generator_state, set_generator_state
from graphnet.recurrence import Stream
from graphnet.training.history import History, TrainPoint, ValidationPoint
from graphnet.training.snapshot import Best, Snapshot, Standing, numbers_of

POINTS_PER_EPOCH = 20  # of the history of the training loss


class State:
    """All that the steps of a training change.

    Parameters
    ----------
    model : Module
    optimizer : Optimizer
    stream : Stream or None
        What carries states.
    """

    def __init__(self, model: Module, optimizer: Optimizer, stream: Stream | None) -> None:
        self.parameters = model.parameters()
        known = set(map(id, self.parameters))
        strangers = [parameter for parameter in optimizer.parameters if id(parameter) not in known]
        if strangers:
            raise ValueError(
                f"the optimizer has {len(strangers)} parameters that are not the model's, the first of which is "
                f"{strangers[0]!r}. Perhaps they are those of a copy: make it of model.parameters()"
            )
        self.optimizer = optimizer
        self.stream = stream
        self.standing = Standing()
        self.history = History()
        self.best: Best | None = None
        self._numbers = list(numbers_of(model).values())

    def begin(self, data: str) -> None:
        """Keep what the data are, by their signature."""
        self.standing = replace(self.standing, data=data)

    def advance(self, n: int, items: int, loss: float, norm: float, learning_rate: float) -> None:
        """Count a step of an epoch of ``n``, and put a point into the history if it is time."""
        before = self.standing
        losses, norms, steps = before.recent
        losses, norms, steps = losses + loss, norms + norm, steps + 1
        position = before.position + 1
        n_steps, seen = before.n_steps + 1, before.seen + items
        if position == n or steps >= max(1, n // POINTS_PER_EPOCH):
            point = TrainPoint(before.epoch + position / n, n_steps, seen, losses / steps, norms / steps, learning_rate)
            self.history.train.append(point)
            losses, norms, steps = 0.0, 0.0, 0
        self.standing = replace(
            before,
            epoch=before.epoch + position // n,
            position=position % n,
            n_steps=n_steps,
            seen=seen,
            recent=(losses, norms, steps),
            loss=loss,
            norm=norm,
            learning_rate=learning_rate,
        )

    def validated(self, loss: float, metrics: dict[str, float], data: str | None) -> None:
        """Put the validation of the epoch just done into the history.

        Keep the parameters if they are the best on the data of this signature; without one, none are kept.
        """
        here = self.standing
        self.history.validation.append(ValidationPoint(here.epoch, here.n_steps, here.seen, loss, metrics))
        if data is not None and (self.best is None or math.isnan(self.best.loss) or loss < self.best.loss):
            self.best = Best(here.epoch, loss, data, self._copies())

    def forget_best_of_other(self, data: str) -> None:
        """Forget the best so far if it was so on other validation data, since losses on both compare as nothing."""
        if self.best is not None and self.best.data != data:
            self.best = None

    def restore_best(self) -> None:
        """Go back to the parameters of the least validation loss, if they were kept."""
        if self.best is not None:
            self._write(self.best.numbers)

    def capture(self) -> Snapshot:
        """Return a copy of everything."""
        carried = None if self.stream is None else self.stream.states
        points = (len(self.history.train), len(self.history.validation))
        return Snapshot(
            self.standing, self._copies(), self.optimizer.state(), generator_state(), carried, self.best, points
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of this training."""
        self._write(snapshot.numbers)
        self.optimizer.load_state(snapshot.optimizer)
        set_generator_state(snapshot.generator)
        if self.stream is not None:
            self.stream.states = snapshot.carried
        self.standing = snapshot.standing
        self.best = snapshot.best
        del self.history.train[snapshot.n_points[0] :]
        del self.history.validation[snapshot.n_points[1] :]

    def go_to(self, file: str | os.PathLike[str], snapshot: Snapshot, history: History) -> None:
        """Go to the snapshot and the history of a file; refuse those of another kind of training."""
        if snapshot.carried is not None and self.stream is None:
            raise CheckpointError(f"{file} is of a training that carries states; this trainer does not: carry=True")
        if snapshot.carried is None and self.stream is not None and snapshot.standing.position:
            raise CheckpointError(
                f"{file} is of a training that carries no states, in the middle of an epoch; this trainer does: "
                "carry=True"
            )
        try:
            self.optimizer.load_state(snapshot.optimizer)
        except ValueError as error:
            raise CheckpointError(f"{file} does not fit this trainer's optimizer: {error}") from error
        self.history = history
        self.restore(snapshot)

    def _copies(self) -> list[Array]:
        return [array().copy() for array in self._numbers]

    def _write(self, numbers: Sequence[Array]) -> None:
        for array, kept in zip(self._numbers, numbers, strict=True):
            array()[...] = kept
