"""Trainer: fits a model to batches, and may be stopped and resumed at any point."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

import numpy as np

from graphnet.batches import Batches, as_batches
from graphnet.module import Module
from graphnet.nesting import Nested
from graphnet.optim import Optimizer
from graphnet.optim.schedules import Moment, Schedule, constant
from graphnet.random import drawing_from
from graphnet.recurrence import Stream
from graphnet.tape import Tape
from graphnet.training.arguments import check_limit, checked_callbacks, checked_metrics, value_of
from graphnet.training.callback import Callback
from graphnet.training.files import read, write
from graphnet.training.fit import Fit
from graphnet.training.history import History
from graphnet.training.state import State
from graphnet.training.step import Comparison, Modes, keeping_modes, mode


class Trainer:
    """Fits a model to batches, down the gradients of a criterion.

    At every moment it stands after a finished step: what interrupts a step, an error or Ctrl-C, leaves everything as it
    was before. A checkpoint holds the model as ``gn.save`` writes it, and all that is needed to go on bit for bit: the
    optimizer's buffers, the generator of random numbers, the place in the data, carried states, the history, and the
    best parameters so far.

    The model trains in training mode, and is left in the modes that it had, which are also those in its checkpoints;
    modes that a callback changes are put back after it. Small nets run fastest on one thread: set the environment's
    ``OPENBLAS_NUM_THREADS=1`` before Python starts, since the threads of a small product wait for each other.

    Parameters
    ----------
    model : Module
        Takes the batches' inputs.
    criterion : Module
        Takes ``[output, target]`` and gives one number, the loss of a batch.
    optimizer : Optimizer
        Over the parameters of the model, or some of them; the others stand still.
    clip_norm, clip_value : float, optional
        The largest norm of all gradients together, as :func:`~graphnet.clip.clip_by_norm`; the largest size of a
        gradient's element, as :func:`~graphnet.clip.clip_by_value`. If both are given, values are clipped first.
    schedule : callable, optional
        A factor on the optimizer's learning rate at each step: one of ``graphnet.optim.schedules``, or any function of
        a :class:`~graphnet.optim.schedules.Moment`.
    carry : bool
        The model is a Recurrence with ``final_states=True``: those of a batch are the first states of the next one. No
        gradient goes back over them; an epoch starts with the net's own, which are zeros if none are learned; the
        criterion takes the outputs without the states.
    metrics : dict of str to callable, optional
        Functions of (output, target) that give a number, for the validation; not named as a column of the history.
    callbacks : iterable of Callback or callable
        A function is called with the trainer after each epoch.
    progress : bool
        Print a bar, or lines where stderr is no terminal.

    Attributes
    ----------
    history : History
    epoch, position, n_steps, seen : int
        Epochs that are done, batches that are done of the one it is in, steps and items in all.
    loss, norm, learning_rate : float
        Of the last step: its loss, the norm of the gradient before clipping, and the rate; NaN before the first.
    speed : float
        Items per second in the steps of the last fit, without validation, callbacks and files; NaN if it had no step.
    notes : dict
        Plain data of the user's that checkpoints carry along.
    tape : Tape or None
        For callbacks: the model's run of the step, with its gradients, which are those before clipping; those of the
        parameters, clipped, stay until the next step. At the end of a fit, the run of a step that failed, or None.
    batches, epochs : Batches or None, int
        For callbacks: the data of the fit, and the epochs that it goes to.
    failure : exception or None
        For callbacks: what ends the fit, at its end.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, or the optimizer has other parameters than the model's.

    Examples
    --------
    >>> import graphnet as gn
    >>> from graphnet import modules as nn
    >>> gn.manual_seed(1)
    >>> x = gn.generator().normal(size=(200, 2)); target = x @ [[2.0], [-1.0]] + 3
    >>> net = nn.Linear(2, 1)
    >>> trainer = Trainer(net, nn.MSECriterion(), gn.optim.Adam(net.parameters(), 0.1), progress=False)
    >>> history = trainer.fit(gn.batches.Shuffled(x, target, size=20), epochs=20)
    >>> print(net.weight.value.round(2), net.bias.value.round(2))
    [[ 2. -1.]] [3.]
    >>> trainer.evaluate([(x, target)])["loss"] < 1e-4
    True
    """

    def __init__(
        self,
        model: Module,
        criterion: Module,
        optimizer: Optimizer,
        *,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        schedule: Callable[[Moment], float] | None = None,
        carry: bool = False,
        metrics: Mapping[str, Callable[[Nested, Nested], float]] | None = None,
        callbacks: Iterable[Callback | Callable[[Trainer], Any]] = (),
        progress: bool = True,
    ) -> None:
        for name, module in (("model", model), ("criterion", criterion)):
            if not isinstance(module, Module):
                raise TypeError(f"{name} is a module, not {module!r}")
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"optimizer is one of graphnet.optim over model.parameters(), not {optimizer!r}")
        check_limit("clip_norm", clip_norm)
        check_limit("clip_value", clip_value)
        self.model, self.criterion, self.optimizer = model, criterion, optimizer
        self.clip_norm, self.clip_value = clip_norm, clip_value
        self.schedule = Schedule(schedule) if schedule is not None else constant()
        self.carry = carry
        self.metrics = checked_metrics(metrics)
        self.callbacks = checked_callbacks(callbacks)
        self.progress = progress
        self.notes: dict[str, Any] = {}
        self.speed = math.nan
        self.stopping = False
        self.tape: Tape | None = None
        self.batches: Batches | None = None
        self.epochs = 0
        self.failure: BaseException | None = None
        self.modes: Modes = []  # while a fit goes on, those that the modules had before
        self.state = State(model, optimizer, self.new_stream())

    @property
    def history(self) -> History:
        return self.state.history

    @property
    def epoch(self) -> int:
        return self.state.standing.epoch

    @property
    def position(self) -> int:
        return self.state.standing.position

    @property
    def n_steps(self) -> int:
        return self.state.standing.n_steps

    @property
    def seen(self) -> int:
        return self.state.standing.seen

    @property
    def loss(self) -> float:
        return self.state.standing.loss

    @property
    def norm(self) -> float:
        return self.state.standing.norm

    @property
    def learning_rate(self) -> float:
        return self.state.standing.learning_rate

    def stop(self) -> None:
        """End the fit after the step it is in, from which another may go on; for callbacks."""
        self.stopping = True

    def new_stream(self) -> Stream | None:
        """Return what carries states from batch to batch, with zeros; None where none are carried."""
        return Stream(self.model) if self.carry else None  # type: ignore[arg-type]  # it refuses all but a Recurrence

    def fit(
        self,
        batches: Batches | list[Any],
        epochs: int,
        *,
        validation: Batches | list[Any] | None = None,
        patience: int | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        every: float = 60.0,
    ) -> History:
        """Train until ``epochs`` epochs are done, those of earlier fits and of the resumed checkpoint counted.

        Parameters
        ----------
        batches : Batches or list of (x, target)
            The data. In the middle of an epoch, they must be those that it was begun with.
        epochs : int
        validation : Batches or list of (x, target), optional
            Data held out, looked at after each epoch.
        patience : int, optional
            End after so many epochs in a row without a smaller validation loss. At the end, be it this one or that of
            all epochs, go back to the parameters of the smallest. On other validation data than before, begin anew.
        checkpoint : path, optional
            A file to write after every so many seconds, on Ctrl-C, and at the end; and at the end of an epoch, if the
            last time was more than a second ago. Whether it can be written is found out before the first step.
        every : float
            Seconds between checkpoints.

        Returns
        -------
        History

        Raises
        ------
        DivergedError
            If the loss, the gradient or a parameter is not finite.
        ValueError
            If the data are other ones in the middle of an epoch, or there is a patience without a validation.
        OSError
            If the checkpoint cannot be written.
        KeyboardInterrupt
            After Ctrl-C, when the trainer is back at the last finished step and its checkpoint is written.
        """
        try:
            held_out = None if validation is None else as_batches(validation)
        except (TypeError, ValueError) as error:
            raise type(error)(f"validation: {error}") from None
        Fit(self, as_batches(batches), epochs, held_out, patience).run(checkpoint, every)
        return self.history

    def evaluate(self, batches: Batches | list[Any]) -> dict[str, float]:
        """Return the mean loss, as ``"loss"``, and the mean of each metric over batches, weighted by their items.

        The model runs in evaluation; nothing is changed, the generator of random numbers included: what draws from it
        all the same, such as a metric, draws the same numbers each time.
        """
        batches = as_batches(batches)
        stream = self.new_stream()
        totals = dict.fromkeys(("loss", *self.metrics), 0.0)
        items = 0
        with mode(self.model, train=False), drawing_from(np.random.default_rng(0)):
            for x, target in batches.epoch(0):
                comparison = Comparison(self.model, stream, self.criterion, x, target)
                weight = batches.count(x, target)
                items += weight
                totals["loss"] += weight * comparison.loss
                for name, metric in self.metrics.items():
                    totals[name] += weight * value_of(name, metric, comparison.output, target)
        return {name: total / items if items else float("nan") for name, total in totals.items()}

    # ---- files

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write a checkpoint, from which :meth:`resume` goes on, and which ``gn.load(file)`` reads as the model.

        Raises
        ------
        TypeError
            If the model holds something that a checkpoint cannot, or the notes are no plain data.
        ImportError
            If the extra ``train`` is not installed.
        """
        with keeping_modes(self.model):
            for module, before in self.modes:
                module.train = before
            write(file, self.model, self.optimizer, self.state.capture(), self.history, self.notes)

    def resume(self, file: str | os.PathLike[str]) -> Self:
        """Go to where the trainer stood that wrote a checkpoint; return the trainer.

        The model, the optimizer and the trainer are made as they were then; the numbers, the optimizer's learning rate
        and the generator of random numbers become those of the file, and the next :meth:`fit` goes on bit for bit.

        Raises
        ------
        CheckpointError
            If the file is damaged, holds no training, or one of another model or with another optimizer; then nothing
            is changed.
        """
        snapshot, history, notes = read(file, self.model, self.optimizer)
        self.state.go_to(file, snapshot, history)
        self.notes = notes
        return self

    def __repr__(self) -> str:
        return f"Trainer({self.model.label()}, epoch {self.epoch}, {self.n_steps} steps done)"
