"""Fit: one call of a trainer's ``fit``: step after step, the validations, the checkpoints, and what interrupts them."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphnet.batches import Batch, Batches
from graphnet.checkpoint.file import require_safetensors
from graphnet.checkpoint.structure import pack
from graphnet.edge import whole_number
from graphnet.optim.optimizer import in_range
from graphnet.optim.schedules import Moment
from graphnet.training.callback import as_callback
from graphnet.training.progress import Progress
from graphnet.training.snapshot import signature
from graphnet.training.step import Comparison, descend, mode

if TYPE_CHECKING:
    from graphnet.training.trainer import Trainer


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
        self.patience = None if patience is None else whole_number(patience, "patience", 1)
        if patience is not None and validation is None:
            raise ValueError("patience needs validation data: fit(..., validation=..., patience=...)")
        self._check_data()

    def run(self, checkpoint: str | os.PathLike[str] | None, every: float) -> None:
        """Take all steps that are left."""
        trainer, state = self.trainer, self.state
        if checkpoint is not None:
            _check_file(checkpoint, trainer)
        trainer.stopping = False
        kept = state.capture()
        written = time.monotonic()
        standing = state.standing
        done = standing.epoch * self.n + standing.position
        with (
            mode(trainer.model, train=True),
            Progress(trainer.progress, self.batches.unit, done, self.epochs * self.n) as shown,
        ):
            try:
                self._introduce(shown)
                for callback in self.callbacks:
                    callback.on_start(trainer)
                while self._goes_on():
                    batches = self.batches.epoch(state.standing.epoch)
                    for position in range(state.standing.position, self.n):
                        items = self._step(batches[position])
                        end_of_epoch = state.standing.position == 0
                        self._call(end_of_epoch)
                        kept = state.capture()
                        shown.update(trainer.loss, items)
                        if end_of_epoch:
                            shown.epoch(state.standing.epoch, self.epochs, self._latest())
                        if checkpoint is not None and (end_of_epoch or time.monotonic() - written > every):
                            trainer.save(checkpoint)
                            written = time.monotonic()
                        if trainer.stopping:
                            break
                if self.patience is not None and not trainer.stopping:
                    state.restore_best()
                    kept = state.capture()
                if checkpoint is not None:
                    trainer.save(checkpoint)
            except BaseException as error:
                state.restore(kept)
                if checkpoint is not None and isinstance(error, KeyboardInterrupt):
                    trainer.save(checkpoint)
                raise
            finally:
                for callback in self.callbacks:
                    callback.on_end(trainer)

    def _goes_on(self) -> bool:
        epoch, best = self.state.standing.epoch, self.state.best
        impatient = self.patience is not None and best is not None and epoch - best.epoch >= self.patience
        return epoch < self.epochs and not impatient and not self.trainer.stopping

    def _step(self, batch: Batch) -> int:
        """Take a step, and validate if it was the last of its epoch; return the number of its items."""
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
        limits = (trainer.clip_value, trainer.clip_norm)
        trainer.norm = descend(trainer.optimizer, comparison, standing.n_steps + 1, factor, *limits)
        trainer.loss = comparison.loss
        trainer.learning_rate = factor * trainer.optimizer.learning_rate
        items = self.batches.count(x, target)
        state.advance(self.n, items, trainer.loss, trainer.norm, trainer.learning_rate)
        if state.standing.position == 0 and self.validation is not None:
            metrics = trainer.evaluate(self.validation)
            state.validated(metrics.pop("loss"), metrics, self.patience is not None)
        return items

    def _call(self, end_of_epoch: bool) -> None:
        for callback in self.callbacks:
            callback.after_step(self.trainer)
        if end_of_epoch:
            for callback in self.callbacks:
                callback.after_epoch(self.trainer)

    # ---- what is told, and what is checked

    def _introduce(self, shown: Progress) -> None:
        model, standing = self.trainer.model, self.state.standing
        n_parameters = sum(parameter.size for parameter in model.parameters())
        shown.line(f"{n_parameters:,} parameters, {self.n:,} batches in an epoch")
        if standing.n_steps:
            shown.line(f"going on after {standing.epoch} epochs and {standing.position} batches")
        estimate: Any = getattr(model, "memory_estimate", None)
        if self.trainer.progress and estimate is not None:
            shown.line(str(estimate(self.batches.largest()[0])))

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
        batch = self.batches.epoch(0)[0]
        if not isinstance(batch, (tuple, list)) or len(batch) != 2:
            raise TypeError(f"a batch is a pair of an input and a target, not {type(batch).__name__}")
        now = signature(self.n, *batch)
        standing = self.state.standing
        if standing.position and standing.data != now:
            raise ValueError(
                f"the training stands after {standing.position} batches of epoch {standing.epoch + 1}, and these are "
                f"other data than those that the epoch was begun with: {now} instead of {standing.data} (checksums of "
                "the first batch)"
            )
        self.state.begin(now)


def _check_file(checkpoint: str | os.PathLike[str], trainer: Trainer) -> None:
    """Find out before the training whether a checkpoint can be written."""
    require_safetensors()
    folder = Path(checkpoint).parent
    if not folder.is_dir():
        raise FileNotFoundError(f"the folder of the checkpoint, {folder}, is not there")
    pack(trainer.model)
