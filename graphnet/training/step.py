"""One batch: the model runs, the criterion compares, and the gradient goes back, each once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

import numpy as np

from graphnet.clip import clip_by_norm, clip_by_value
from graphnet.module import Module
from graphnet.nesting import Nested, describe
from graphnet.optim import Optimizer
from graphnet.recurrence import Stream
from graphnet.tape import Tape


class DivergedError(ArithmeticError):
    """A loss, a gradient or a parameter that is infinite or not a number; the training is as before the step.

    Attributes
    ----------
    step : int
        The step that failed, the first being 1.
    loss, norm : float
        The loss of its batch, and the norm of the gradient before clipping.

    Examples
    --------
    >>> print(DivergedError(7, float("nan"), float("inf"), "the loss"))
    the loss is not finite at step 7: the loss of the batch is nan, the gradient's norm inf
    """

    def __init__(self, step: int, loss: float, norm: float, what: str) -> None:
        super().__init__(
            f"{what} is not finite at step {step}: the loss of the batch is {loss:.3g}, the gradient's norm {norm:.3g}"
        )
        self.step = step
        self.loss = loss
        self.norm = norm


class Comparison:
    """A batch that has run through the model and its criterion.

    Attributes
    ----------
    tape : Tape
        Of the model; with the gradients, after :meth:`backward`.
    output : nested
        The model's, without the final states where states are carried; not to be written to.
    loss : float
    """

    def __init__(self, model: Module, stream: Stream | None, criterion: Module, x: Nested, target: Nested) -> None:
        self._stream = stream
        self.tape = model.run(x) if stream is None else stream.run(x)
        result = self.tape.result()
        if stream is not None:
            outputs = result[: -len(stream.net.feedback)]
            result = outputs[0] if len(outputs) == 1 else outputs
        self.output: Nested = result
        self._loss_tape: Tape = criterion.run([self.output, target])
        value = self._loss_tape.result()
        if isinstance(value, list) or value.size != 1:
            raise ValueError(
                f"a criterion gives one number, the loss of the batch; {criterion.label()} gave {describe(value)}"
            )
        self.loss = float(value.reshape(()))

    def backward(self) -> None:
        """Add the gradients of the loss to those of the model's parameters."""
        dy = self._loss_tape.backward(np.ones_like(self._loss_tape.result()))[0]
        (self.tape if self._stream is None else self._stream).backward(dy)


def descend(
    optimizer: Optimizer,
    comparison: Comparison,
    step: int,
    factor: float,
    clip_value: float | None,
    clip_norm: float | None,
) -> float:
    """Take a step with ``factor`` times the learning rate, down gradients that are zero before; return their norm.

    Parameters
    ----------
    step : int
        Its number, for the message.

    Raises
    ------
    DivergedError
        If something is not finite. The parameters may have changed.
    """
    comparison.backward()
    norm = clip_by_norm(optimizer.parameters, math.inf if clip_value is not None or clip_norm is None else clip_norm)
    if not math.isfinite(comparison.loss + norm):
        what = "the gradient" if math.isfinite(comparison.loss) else "the loss"
        raise DivergedError(step, comparison.loss, norm, what)
    if clip_value is not None:
        clip_by_value(optimizer.parameters, clip_value)
        if clip_norm is not None:
            clip_by_norm(optimizer.parameters, clip_norm)
    rate = optimizer.learning_rate
    optimizer.learning_rate = rate * factor
    with np.errstate(all="ignore"):  # what overflows is found below
        optimizer.step()
    optimizer.learning_rate = rate
    if not all(np.isfinite(parameter.value).all() for parameter in optimizer.parameters):
        raise DivergedError(step, comparison.loss, norm, "a parameter")
    return norm


Modes: TypeAlias = list[tuple[Module, bool]]


@contextmanager
def keeping_modes(model: Module) -> Iterator[Modes]:
    """Switch every module inside a model at the end to the mode that it had at the beginning; give these modes."""
    kept = [(module, module.train) for module in model.list_modules()]
    try:
        yield kept
    finally:
        for module, before in kept:
            module.train = before


@contextmanager
def mode(model: Module, train: bool) -> Iterator[Modes]:
    """Switch a model to training or evaluation, and at the end every module inside it to what it was."""
    with keeping_modes(model) as kept:
        if train:
            model.training()
        else:
            model.evaluate()
        yield kept
