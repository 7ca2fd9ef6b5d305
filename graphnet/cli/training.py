"""The training of the command: one step after the other, and at every moment a consistent point to go on from."""

from __future__ import annotations

import hashlib
import math
import os
from typing import Any

import numpy as np

from graphnet.batches import Batches
from graphnet.checkpoint import write_checkpoint
from graphnet.cli.language_model import LanguageModel, Settings, load_parameters, model_data
from graphnet.cli.text import split_text, unigram_entropy
from graphnet.clip import clip_by_norm
from graphnet.modules import unroll
from graphnet.nesting import Array
from graphnet.optim import SGD, Adam, Optimizer, RMSProp
from graphnet.random import generator_state, manual_seed, set_generator_state

# Steps in which the learning rate rises from nothing, since the first means of Adam and RMSProp are rough; at most a
# tenth of all steps.
WARM_UP = 50
POINTS_PER_EPOCH = 20  # of the curve of the training loss


class DivergedError(ArithmeticError):
    """A loss or a gradient that is infinite or not a number."""


class Training:
    """The training of a language model on a text.

    The text runs in contiguous batches through an unrolled net; the state is carried from batch to batch and starts
    with zeros at the beginning of each epoch. At the end of an epoch comes the validation.

    Parameters
    ----------
    text : str
    settings : Settings
    file : str or None
        Where the text came from, for whoever resumes.

    Attributes
    ----------
    n_steps, total_steps : int
        How many steps were done, and how many are to be done.
    history : dict
        ``train`` and ``validation``: lists of [characters seen, nats per character].
    entropy : float
        That of the training text's single characters, in nats.
    """

    def __init__(self, text: str, settings: Settings, file: str | None = None) -> None:
        learnt, held_out = split_text(text, settings.batch, settings.length)
        manual_seed(settings.seed)
        self.settings = settings
        self.source = {"file": file, "characters": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}
        self.entropy = unigram_entropy(learnt)
        self.model = LanguageModel(settings, text)
        self.net = unroll(self.model.step, settings.length)
        self.net.type(settings.dtype)
        vocabulary = self.model.vocabulary
        self.batches = Batches(vocabulary.encode(learnt), settings.batch, settings.length)
        # Long rows, since each begins without knowing what went before.
        n_rows = min(settings.batch, max(1, len(held_out) // (20 * settings.length)))
        self.validation = Batches(vocabulary.encode(held_out), n_rows, settings.length)
        self.parameters = self.net.parameters()
        self.optimizer = _optimizer(settings, self.parameters)
        self.states = self.model.zero_states(settings.batch)
        self.n_steps = 0
        self.total_steps = settings.epochs * len(self.batches)
        self.history: dict[str, list[list[float]]] = {"train": [], "validation": []}
        self._recent: list[float] = []
        self._kept = self._capture()

    @property
    def characters(self) -> int:
        """How many characters were seen, those of every epoch counted."""
        return self.n_steps * self.settings.batch * self.settings.length

    def learning_rate(self) -> float:
        """Return the rate of the next step: after a short rise, it falls in a straight line to nothing at the end."""
        rise = min(1.0, (self.n_steps + 1) / min(WARM_UP, 1 + self.total_steps / 10))
        return self.settings.learning_rate * rise * max(0.0, 1 - self.n_steps / self.total_steps)

    def step(self) -> float:
        """Take one step; return its loss in nats per character.

        Raises
        ------
        DivergedError
            If the loss or the gradient is not finite; the parameters are as before the step.
        """
        position = self.n_steps % len(self.batches)
        states = self.states if position else self.model.zero_states(self.settings.batch)
        inputs, targets = self.batches[position]
        for parameter in self.parameters:
            parameter.grad.fill(0)
        tape = self.net.run([inputs, targets, *states])
        loss, *states = tape.output
        tape.backward([np.ones_like(loss), *map(np.zeros_like, states)])
        norm = clip_by_norm(self.parameters, self.settings.clip)
        nats = float(loss) / self.settings.length
        if not math.isfinite(nats + norm):
            raise DivergedError(f"at step {self.n_steps + 1} the loss was {nats:.3g}, the gradient's norm {norm:.3g}")
        self.optimizer.learning_rate = self.learning_rate()
        with np.errstate(all="ignore"):  # what overflows is seen in the next loss
            self.optimizer.step()
        self.states = states
        self.n_steps += 1
        self._record(nats)
        self._kept = self._capture()
        return nats

    def _record(self, nats: float) -> None:
        self._recent.append(nats)
        end_of_epoch = self.n_steps % len(self.batches) == 0
        if end_of_epoch or len(self._recent) >= max(1, len(self.batches) // POINTS_PER_EPOCH):
            self.history["train"].append([self.characters, sum(self._recent) / len(self._recent)])
            self._recent = []
        if end_of_epoch:
            self.history["validation"].append([self.characters, self.validate()])

    def validate(self) -> float:
        """Return the loss on the text held out, in nats per character."""
        self.net.evaluate()
        total = 0.0
        states = self.model.zero_states(self.validation.n_rows)
        for inputs, targets in self.validation:
            loss, *states = self.net.run([inputs, targets, *states]).output
            total += float(loss)
        self.net.training()
        return total / (len(self.validation) * self.settings.length)

    # ---- going on from where it stood

    def _capture(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return a copy of all that a step changes.

        It is taken after every step, since an interrupt may come in the middle of the next; the copy takes a hundredth
        of the step's time.
        """
        parameters = {f"parameters.{n}": p.value.copy() for n, p in self.model.step.named_parameters().items()}
        optimizer = self.optimizer.state()
        arrays = {f"optimizer.{name}": x for name, x in optimizer.items() if isinstance(x, np.ndarray)}
        data = {
            "n_steps": self.n_steps,
            "optimizer": {name: x for name, x in optimizer.items() if not isinstance(x, np.ndarray)},
            "generator": generator_state(),
            "history": {name: list(points) for name, points in self.history.items()},
            "recent": list(self._recent),
        }
        return {**parameters, **arrays, **{f"states.{i}": x for i, x in enumerate(self.states)}}, data

    @property
    def kept_steps(self) -> int:
        """How many steps were done at the point that :meth:`write` writes."""
        return int(self._kept[1]["n_steps"])

    def write(self, file: str | os.PathLike[str]) -> None:
        """Write a checkpoint of the point after the last finished step."""
        arrays, data = self._kept
        write_checkpoint(file, arrays, {**model_data(self.model), "text": self.source, **data})

    def restore(self, arrays: dict[str, Array], data: dict[str, Any]) -> None:
        """Go back to the point of a checkpoint, bit for bit."""
        load_parameters(self.model, arrays)
        kept = {n.removeprefix("optimizer."): x for n, x in arrays.items() if n.startswith("optimizer.")}
        self.optimizer.load_state({**data["optimizer"], **kept})
        self.states = [arrays[f"states.{i}"] for i in range(len(self.states))]
        self.n_steps = data["n_steps"]
        self.history = data["history"]
        self._recent = data["recent"]
        set_generator_state(data["generator"])
        self._kept = self._capture()


def _optimizer(settings: Settings, parameters: list[Any]) -> Optimizer:
    if settings.optimizer == "adam":
        return Adam(parameters, settings.learning_rate)
    if settings.optimizer == "rmsprop":
        return RMSProp(parameters, settings.learning_rate, alpha=0.95)
    return SGD(parameters, settings.learning_rate, momentum=0.9, dampening=0, nesterov=True)
