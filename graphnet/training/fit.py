"""Fit: one call of a trainer's ``fit``: step after step, the validations, the checkpoints, and what interrupts them."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from graphnet.batches import Batch, Batches
from graphnet.checkpoint.file import require_safetensors
from graphnet.checkpoint.structure import pack
from graphnet.edge import whole_number
from graphnet.files import check_writable
from graphnet.inspect.costs.memory import memory_estimate
from graphnet.optim.optimizer import in_range
from graphnet.optim.schedules import Moment
from graphnet.training.arguments import check_seconds
from graphnet.training.callback import Callback, as_callback
from graphnet.training.progress import Progress
from graphnet.training.snapshot import signature
from graphnet.training.step import Comparison, descend, keeping_modes, mode

if TYPE_CHECKING:
    from graphnet.training.trainer import Trainer

SECONDS_BETWEEN_EPOCHS_WRITTEN = 1.0  # a file takes milliseconds, which many short epochs would feel


class Fit:
    """One call of a trainer's ``fit``; its arguments are described there."""

    def __init__(
        self, trainer: Trainer, batches: Batches, epochs: int, validation: Batches | None, patience: int | None
    ) -> None:
        self.trainer = trainer
        self.state = trainer.state
        self.callbacks = [as_callback(callback) for callback in trainer.callbacks]
        self.batches = batches
        self.n = len(batches)
        self.epochs = whole_number(epochs, "epochs", 0)
        self.validation = validation
        self.held_out = None if validation is None else signature(len(validation), *_first(validation))
        self.patience = None if patience is None else whole_number(patience, "patience", 1)
        if patience is not None and validation is None:
            raise ValueError("patience needs validation data: fit(..., validation=..., patience=...)")
        self._check_data()

    def run(self, checkpoint: str | os.PathLike[str] | None, every: float) -> None:
        """Take all steps that are left."""
        trainer, state = self.trainer, self.state
        check_seconds("every", every)
        if checkpoint is not None:
            _check_file(checkpoint, trainer)
        trainer.stopping = False
        trainer.batches, trainer.epochs, trainer.failure = self.batches, self.epochs, None
        if self.patience is not None and self.held_out is not None:
            state.forget_best_of_other(self.held_out)
        kept = state.capture()
        written = time.monotonic()
        begun: list[Callback] = []
        failure: BaseException | None = None
        standing = state.standing
        done = standing.epoch * self.n + standing.position
        with (
            mode(trainer.model, train=True) as modes,
            Progress(trainer.progress, self.batches.unit, done, self.epochs * self.n) as shown,
        ):
            try:
                trainer.modes = modes
                self._introduce(shown)
                for callback in self.callbacks:
                    with keeping_modes(trainer.model):
                        callback.on_start(trainer)
                    begun.append(callback)
                shown.start()
                while self._goes_on():
                    batches = self.batches.epoch(state.standing.epoch)
                    for position in range(state.standing.position, self.n):
                        items = self._step(batches[position])
                        end_of_epoch = state.standing.position == 0
                        with shown.paused():
                            self._validate(end_of_epoch)
                            self._call(end_of_epoch)
                        trainer.tape = None  # so that two are never held at a time
                        kept = state.capture()
                        shown.update(trainer.loss, items)
                        if end_of_epoch:
                            shown.epoch(state.standing.epoch, self.epochs, self._latest())
                        wait = min(every, SECONDS_BETWEEN_EPOCHS_WRITTEN) if end_of_epoch else every
                        if checkpoint is not None and time.monotonic() - written > wait:
                            with shown.paused():
                                trainer.save(checkpoint)
                            written = time.monotonic()
                        if trainer.stopping:
                            break
                if self.patience is not None and not trainer.stopping:
                    state.restore_best()
                    kept = state.capture()
                if checkpoint is not None:
                    with shown.paused():
                        trainer.save(checkpoint)
            except BaseException as error:
                failure = trainer.failure = error
                state.restore(kept)
                if checkpoint is not None and isinstance(error, KeyboardInterrupt):
                    trainer.save(checkpoint)
                raise
            finally:
                trainer.speed = shown.items_per_second
                try:
                    self._end(begun, failure)
                finally:
                    trainer.modes = []
                    trainer.tape = None

    def _goes_on(self) -> bool:
        epoch, best = self.state.standing.epoch, self.state.best
        impatient = self.patience is not None and best is not None and epoch - best.epoch >= self.patience
        return epoch < self.epochs and not impatient and not self.trainer.stopping

    def _step(self, batch: Batch) -> int:
        """Take a step; return the number of its items."""
        trainer, state = self.trainer, self.state
        standing = state.standing
        x, target = batch
        moment = Moment(standing.epoch * self.n + standing.position, self.n, self.epochs)
        factor = in_range("the factor of the schedule", trainer.schedule(moment))
        if state.stream is not None and standing.position == 0:
            state.stream.reset()
        for parameter in state.parameters:
            parameter.grad.fill(0)
        comparison = Comparison(trainer.model, state.stream, trainer.criterion, x, target)
        trainer.tape = comparison.tape if self.callbacks else None  # also for the end, if this step fails
        limits = (trainer.clip_value, trainer.clip_norm)
        norm = descend(trainer.optimizer, comparison, standing.n_steps + 1, factor, *limits)
        items = self.batches.count(x, target)
        state.advance(self.n, items, comparison.loss, norm, factor * trainer.optimizer.learning_rate)
        return items

    def _validate(self, end_of_epoch: bool) -> None:
        if end_of_epoch and self.validation is not None:
            metrics = self.trainer.evaluate(self.validation)
            self.state.validated(metrics.pop("loss"), metrics, None if self.patience is None else self.held_out)

    def _call(self, end_of_epoch: bool) -> None:
        """Call what the user wants done; a look at the model in evaluation shall not stop dropout for good."""
        for callback in self.callbacks:
            with keeping_modes(self.trainer.model):
                callback.after_step(self.trainer)
        if end_of_epoch:
            for callback in self.callbacks:
                with keeping_modes(self.trainer.model):
                    callback.after_epoch(self.trainer)

    def _end(self, begun: list[Callback], failure: BaseException | None) -> None:
        """Call the end of every callback that has begun; what ended the fit is not hidden by what fails here."""
        first = failure
        for callback in begun:
            try:
                callback.on_end(self.trainer)
            except BaseException as error:  # noqa: BLE001  # it is raised below, or told by the one that is
                if first is None:
                    first = error
                else:
                    first.add_note(f"after it, {type(callback).__name__}.on_end failed: {error!r}")
        if failure is None and first is not None:
            raise first

    # ---- what is told, and what is checked

    def _introduce(self, shown: Progress) -> None:
        model, standing = self.trainer.model, self.state.standing
        n_parameters = sum(parameter.size for parameter in model.parameters())
        shown.line(f"{n_parameters:,} parameters, {self.n:,} batches in an epoch")
        if standing.n_steps:
            shown.line(f"going on after {standing.epoch} epochs and {standing.position} batches")
        if self.trainer.progress:
            with suppress(Exception):  # a net that runs on its own numbers alone may be trained all the same
                x = model.plan().admit(self.batches.largest()[0])
                shown.line(memory_estimate(model, x).line)

    def _latest(self) -> dict[str, float]:
        """Return what the epoch just done ended with."""
        history = self.state.history
        values = {"train": history.train[-1].loss}
        if self.validation is not None:
            point = history.validation[-1]
            values |= {"validation": point.loss, **point.metrics}
        return values

    def _check_data(self) -> None:
        """Refuse other data than those that the epoch was begun with."""
        now = signature(self.n, *_first(self.batches))
        standing = self.state.standing
        if standing.position and standing.data != now:
            raise ValueError(
                f"the training stands after {standing.position} batches of epoch {standing.epoch + 1}, and these are "
                f"other data than those that the epoch was begun with: {now} instead of {standing.data} (checksums of "
                "the first batch)"
            )
        self.state.begin(now)


def _first(batches: Batches) -> Batch:
    """Return the first batch, or refuse what is none."""
    batch = batches.epoch(0)[0]
    if not isinstance(batch, (tuple, list)) or len(batch) != 2:
        raise TypeError(f"a batch is a pair of an input and a target, not {type(batch).__name__}")
    return batch


def _check_file(checkpoint: str | os.PathLike[str], trainer: Trainer) -> None:
    """Find out before the training whether a checkpoint can be written."""
    require_safetensors()
    check_writable(checkpoint, "the checkpoint")
    pack(trainer.model)
    try:
        json.dumps(trainer.notes)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"trainer.notes cannot be saved, since JSON cannot hold it: {error}") from error
