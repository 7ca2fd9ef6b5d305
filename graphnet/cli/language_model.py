"""The language model of the command: its settings, its net, and samples from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from graphnet.batches import Vocabulary
from graphnet.checkpoint import CheckpointError, read_checkpoint
from graphnet.cli.text import InputError
from graphnet.modules import char_rnn
from graphnet.nesting import Array

KIND = "training of a language model"
LEARNING_RATES = {"adam": 0.02, "rmsprop": 0.02, "sgd": 0.1}


@dataclass(frozen=True)
class Settings:
    """What a training was asked for; the defaults are those of the command."""

    hidden: int = 128
    layers: int = 1
    dropout: float = 0.0
    length: int = 50
    batch: int = 32
    epochs: int = 8
    optimizer: str = "rmsprop"
    learning_rate: float = LEARNING_RATES["rmsprop"]
    clip: float = 5.0
    seed: int = 1
    double: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float64 if self.double else np.float32)


class LanguageModel:
    """A vocabulary and the step graph of a character-level LSTM over it.

    Its parameters start as every Linear's do; the forget gates' biases are not raised.

    Parameters
    ----------
    settings : Settings
    symbols : str
        The characters it shall know.
    """

    def __init__(self, settings: Settings, symbols: str) -> None:
        self.settings = settings
        self.vocabulary = Vocabulary(symbols)
        self.step = char_rnn(len(self.vocabulary), settings.hidden, settings.layers, settings.dropout)
        self.step.type(settings.dtype)

    def zero_states(self, n_rows: int) -> list[Array]:
        """Return the state before a text: c and h of each layer, of zeros."""
        n = self.settings.hidden
        return [np.zeros((n_rows, n), self.settings.dtype) for _ in range(2 * self.settings.layers)]

    def sample(self, n: int, temperature: float, generator: np.random.Generator, prime: str = "") -> str:
        """Return ``n`` characters that the model writes after ``prime``.

        The next character is drawn from ``softmax(log-probabilities / temperature)``; at temperature 0 it is the most
        probable one. Without a prime, the model begins a line.

        Raises
        ------
        InputError
            If the prime has a character that the vocabulary has not.
        """
        try:
            given = self.vocabulary.encode(prime or ("\n" if "\n" in self.vocabulary.symbols else ""))
        except ValueError as error:
            raise InputError(f"--prime: {error}") from None
        written: list[int] = []
        following = [int(index) for index in given] or [0]
        states = self.zero_states(1)
        self.step.evaluate()
        try:
            while len(written) < n:
                for index in following:
                    *states, scores = self.step.run([np.array([index]), *states]).output
                following = [_draw(scores[0].astype(np.float64), temperature, generator)]
                written += following
        finally:
            self.step.training()
        return self.vocabulary.decode(written)


def _draw(log_probabilities: Array, temperature: float, generator: np.random.Generator) -> int:
    if temperature == 0:
        return int(np.argmax(log_probabilities))
    with np.errstate(over="ignore"):  # at a very low temperature
        weights = np.exp((log_probabilities - log_probabilities.max()) / temperature)
    return int(generator.choice(len(weights), p=weights / weights.sum()))


def model_data(model: LanguageModel) -> dict[str, Any]:
    """Return what describes the model but for its numbers, as data that JSON can hold."""
    return {"kind": KIND, "settings": asdict(model.settings), "symbols": model.vocabulary.symbols}


def read_model(file: str) -> LanguageModel:
    """Return the model of a checkpoint that ``graphnet train`` wrote."""
    arrays, data = read_training(file)
    with understood(file):
        model = LanguageModel(Settings(**data["settings"]), data["symbols"])
        load_parameters(model, arrays)
    return model


@contextmanager
def understood(file: str) -> Iterator[None]:
    """Say of a checkpoint whose contents are other than expected that it is of another version."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise CheckpointError(f"{file} was written by another version of graphnet, or changed ({error!r})") from error


def read_training(file: str) -> tuple[dict[str, Array], dict[str, Any]]:
    """Return the arrays and the data of a checkpoint of ``graphnet train``; refuse any other file."""
    arrays, data = read_checkpoint(file)
    kind = data.get("kind") if isinstance(data, dict) else "list"
    if kind != KIND:
        raise CheckpointError(f"{file} holds a {kind}, not a training as `graphnet train` writes")
    return arrays, data


def load_parameters(model: LanguageModel, arrays: dict[str, Array]) -> None:
    """Write the numbers of a checkpoint into the model's parameters."""
    for name, parameter in model.step.named_parameters().items():
        parameter.value = arrays[f"parameters.{name}"]
