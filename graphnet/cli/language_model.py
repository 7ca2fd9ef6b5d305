"""The language model of the command: its settings, its net, and samples from it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from graphnet import modules
from graphnet.batches import Vocabulary
from graphnet.checkpoint import CheckpointError, read_checkpoint
from graphnet.checkpoint.structure import unpack
from graphnet.cli.errors import InputError
from graphnet.compile import compile as compiled
from graphnet.gmodule import gModule
from graphnet.module import Module
from graphnet.modules import Dropout, char_rnn
from graphnet.recurrence import Recurrence
from graphnet.training.files import check_model, understood
from graphnet.training.step import mode

KIND = "training of a language model"
LEARNING_RATES = {"adam": 0.02, "rmsprop": 0.02, "sgd": 0.1}
CELLS: dict[str, Callable[..., gModule]] = {
    "rnn": modules.rnn,
    "lstm": modules.lstm,
    "gru": modules.gru,
    "peephole": modules.peephole_lstm,
    "coupled": modules.coupled_lstm,
    "layer-norm": modules.layer_norm_lstm,
}
WITHOUT_FORGET_GATE = ("rnn", "gru")


@dataclass(frozen=True)
class Settings:
    """What a training was asked for; the defaults are those of the command."""

    cell: str = "lstm"
    hidden: int = 128
    layers: int = 1
    dropout: float = 0.0
    variational: bool = False
    forget_bias: float | None = None
    length: int = 50
    lengths: bool = False
    truncate: int | None = None
    recompute: bool = False
    batch: int = 32
    epochs: int = 8
    optimizer: str = "rmsprop"
    learning_rate: float = LEARNING_RATES["rmsprop"]
    clip: float = 0.1
    seed: int = 1
    double: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float64 if self.double else np.float32)


class LanguageModel:
    """A vocabulary and a recurrence of a character-level net over it.

    Parameters
    ----------
    settings : Settings
    symbols : str
        The characters it shall know.

    Attributes
    ----------
    net : Recurrence
        Of symbols to log-probabilities and the final states; or with ``settings.lengths``, of symbols and lengths to
        log-probabilities.

    Raises
    ------
    InputError
        If the settings cannot go together.
    """

    def __init__(self, settings: Settings, symbols: str) -> None:
        self.settings = settings
        self.vocabulary = Vocabulary(symbols)
        step: Module = char_rnn(
            len(self.vocabulary), settings.hidden, settings.layers, settings.dropout, cell=_cell(settings)
        )
        if settings.variational:
            step = step.replace(_with_one_mask)
        assert isinstance(step, gModule)
        net = Recurrence(
            step,
            final_states=not settings.lengths,
            lengths=settings.lengths,
            truncate=settings.truncate,
            recompute=settings.recompute,
        )
        net.type(settings.dtype)
        self.net = compiled(net)

    def sample(self, n: int, temperature: float, generator: np.random.Generator, prime: str = "") -> str:
        """Return ``n`` characters that the model writes after ``prime``.

        The next character is drawn from ``softmax(log-probabilities / temperature)``; at temperature 0 it is the most
        probable one. Without a prime, the model begins a line.

        Raises
        ------
        InputError
            If the prime has a character that the vocabulary has not.
        """
        begin = "\n" if "\n" in self.vocabulary.symbols else ""
        try:
            # A model of lines has never seen how one goes on without its beginning.
            given = self.vocabulary.encode(begin + prime if self.settings.lengths else prime or begin)
        except ValueError as error:
            raise InputError(f"--prime: {error}") from None
        step = self.net.step
        states = [np.zeros((1, self.settings.hidden), self.settings.dtype) for _ in self.net.feedback]
        written: list[int] = []
        following = [int(index) for index in given] or [0]
        with mode(step, train=False):
            while len(written) < n:
                for index in following:
                    *states, scores = step.run([np.array([index]), *states]).output
                following = [_draw(scores[0].astype(np.float64), temperature, generator)]
                written += following
        return self.vocabulary.decode(written)


def _cell(settings: Settings) -> Callable[..., gModule]:
    cell = CELLS[settings.cell]
    if settings.forget_bias is None:
        return cell
    if settings.cell in WITHOUT_FORGET_GATE:
        raise InputError(f"--forget-bias: the cell {settings.cell} has no forget gate")
    return functools.partial(cell, forget_bias=settings.forget_bias)


def _with_one_mask(module: Module) -> Module:
    return Dropout(module.p, per_sequence=True) if isinstance(module, Dropout) else module


def _draw(log_probabilities: Any, temperature: float, generator: np.random.Generator) -> int:
    if temperature == 0:
        return int(np.argmax(log_probabilities))
    with np.errstate(over="ignore"):  # at a very low temperature
        weights = np.exp((log_probabilities - log_probabilities.max()) / temperature)
    return int(generator.choice(len(weights), p=weights / weights.sum()))


def notes_of(model: LanguageModel, text: dict[str, Any]) -> dict[str, Any]:
    """Return what a checkpoint tells beside the training, as data that JSON can hold."""
    return {"kind": KIND, "settings": asdict(model.settings), "symbols": model.vocabulary.symbols, "text": text}


def read_notes(file: str) -> dict[str, Any]:
    """Return the notes of a checkpoint of ``graphnet train``; refuse any other file."""
    _, data = read_checkpoint(file)
    training = data.get("training") if data.get("kind") == "module" else None
    with understood(file):
        notes: dict[str, Any] = {} if training is None else training["notes"]
    if notes.get("kind") != KIND:
        what = data.get("kind") if training is None else "training of another kind"
        raise CheckpointError(f"{file} holds a {what}, not a training as `graphnet train` writes")
    return notes


def read_model(file: str) -> LanguageModel:
    """Return the model of a checkpoint that ``graphnet train`` wrote."""
    notes = read_notes(file)
    arrays, data = read_checkpoint(file)
    with understood(file):
        model = LanguageModel(Settings(**notes["settings"]), notes["symbols"])
        kept = unpack(data, arrays)
    check_model(file, model.net, kept)
    assert isinstance(kept, Recurrence)
    model.net = compiled(kept)
    return model
