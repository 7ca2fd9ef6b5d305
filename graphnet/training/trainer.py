"""Trainer: fits a model to batches, and may be stopped and resumed at any point."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

from graphnet.batches import Batches, as_batches
from graphnet.module import Module
from graphnet.nesting import Nested
from graphnet.optim import Optimizer
from graphnet.optim.schedules import Moment, Schedule, constant
from graphnet.recurrence import Stream
from graphnet.training.callback import Callback, as_callback
from graphnet.training.files import read, write
from graphnet.training.fit import Fit
from graphnet.training.history import History
from graphnet.training.state import State
from graphnet.training.step import Comparison, mode


class Trainer:
    """Fits a model to batches, down the gradients of a criterion.

    At every moment it stands after a finished step: what interrupts a step, an error or Ctrl-C, leaves everything as it
    was before. A checkpoint holds the model as ``gn.save`` writes it, and all that is needed to go on bit for bit: the
    optimizer's buffers, the generator of random numbers, the place in the data, carried states, the history, and the
    best parameters so far.

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
        Functions of (output, target) that give a number, for the validation.
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
        Of the last step: its loss, the norm of the gradient before clipping, and the rate.
    notes : dict
        Plain data of the user's that checkpoints carry along.

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
        for name, limit in (("clip_norm", clip_norm), ("clip_value", clip_value)):
            if limit is not None and not (isinstance(limit, (int, float)) and limit > 0):
                raise ValueError(f"{name} must be over 0, not {limit!r}")
        if "loss" in (metrics or {}):
            raise ValueError('a metric cannot be called "loss", which evaluate gives of its own accord')
        self.model, self.criterion, self.optimizer = model, criterion, optimizer
        self.clip_norm, self.clip_value = clip_norm, clip_value
        self.schedule = Schedule(schedule) if schedule is not None else constant()
        self.carry = carry
        self.metrics = dict(metrics or {})
        self.callbacks = list(callbacks)
        for callback in self.callbacks:
            as_callback(callback)
        self.progress = progress
        self.notes: dict[str, Any] = {}
        self.loss = self.norm = self.learning_rate = float("nan")
        self.stopping = False
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
            all epochs, go back to the parameters of the smallest.
        checkpoint : path, optional
            A file to write at the end of each epoch, after every so many seconds, on Ctrl-C, and at the end.
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
        KeyboardInterrupt
            After Ctrl-C, when the trainer is back at the last finished step and its checkpoint is written.
        """
        fit = Fit(self, as_batches(batches), epochs, None if validation is None else as_batches(validation), patience)
        fit.run(checkpoint, every)
        return self.history

    def evaluate(self, batches: Batches | list[Any]) -> dict[str, float]:
        """Return the mean loss, as ``"loss"``, and the mean of each metric over batches, weighted by their items.

        The model runs in evaluation; nothing is changed.
        """
        batches = as_batches(batches)
        stream = self.new_stream()
        totals = dict.fromkeys(("loss", *self.metrics), 0.0)
        items = 0
        with mode(self.model, train=False):
            for x, target in batches.epoch(0):
                comparison = Comparison(self.model, stream, self.criterion, x, target)
                weight = batches.count(x, target)
                items += weight
                totals["loss"] += weight * comparison.loss
                for name, metric in self.metrics.items():
                    totals[name] += weight * float(metric(comparison.output, target))
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
