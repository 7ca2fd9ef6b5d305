"""The training of the command: a text and settings made into a model, batches and a trainer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from graphnet.batches import Batches, Contiguous, Ragged, Vocabulary
from graphnet.cli.language_model import LanguageModel, Settings, notes_of
from graphnet.cli.text import split_lines, split_text, unigram_entropy
from graphnet.modules import ClassNLLCriterion, SequenceCriterion
from graphnet.optim import SGD, Adam, Optimizer, RMSProp
from graphnet.optim.schedules import linear_decay, warm_up
from graphnet.random import manual_seed
from graphnet.training import Trainer

# Steps in which the learning rate rises from nothing, since the first means of Adam and RMSProp are rough; at most a
# tenth of all steps.
WARM_UP = 50


class Training:
    """The training of a language model on a text.

    The text runs in contiguous batches, the state carried from batch to batch; or with ``settings.lengths``, each of
    its lines is a sequence. The last part of it is for validation.

    Parameters
    ----------
    text : str
    settings : Settings
    file : str or None
        Where the text came from, for whoever resumes.

    Attributes
    ----------
    model : LanguageModel
    batches, validation : Batches
    trainer : Trainer
    entropy : float
        That of the training text's single characters, in nats.
    """

    def __init__(self, text: str, settings: Settings, file: str | None = None) -> None:
        manual_seed(settings.seed)
        self.settings = settings
        self.source = {"file": file, "characters": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}
        self.batches: Batches
        self.validation: Batches
        if settings.lengths:
            learnt, held_out = split_lines(text)
            text += "\n"  # which ends each line, also that of a text without an end of line
            vocabulary = Vocabulary(text)
            self.entropy = unigram_entropy("".join(f"{line}\n" for line in learnt))
            self.batches = _lines(learnt, vocabulary, settings, "new")
            self.validation = _lines(held_out, vocabulary, settings, "once")
        else:
            part, rest = split_text(text, settings.batch, settings.length)
            vocabulary = Vocabulary(text)
            self.entropy = unigram_entropy(part)
            self.batches = Contiguous(vocabulary.encode(part), settings.batch, settings.length)
            # Long rows, since each begins without knowing what went before.
            n_rows = min(settings.batch, max(1, len(rest) // (20 * settings.length)))
            self.validation = Contiguous(vocabulary.encode(rest), n_rows, settings.length)
        self.model = LanguageModel(settings, text)
        total = settings.epochs * len(self.batches)
        criterion = SequenceCriterion(ClassNLLCriterion())
        criterion.type(settings.dtype)
        self.trainer = Trainer(
            self.model.net,
            criterion,
            _optimizer(settings, self.model.net.parameters()),
            clip_norm=settings.clip,
            schedule=warm_up(max(1, min(WARM_UP, total // 10))) * linear_decay(),
            carry=not settings.lengths,
        )
        self.trainer.notes = notes_of(self.model, self.source)

    @property
    def total_steps(self) -> int:
        return self.settings.epochs * len(self.batches)


def _lines(lines: Iterable[str], vocabulary: Vocabulary, settings: Settings, order: str) -> Ragged:
    """Return batches of lines: from the end of the line before, each character is the next one's input."""
    encoded = [vocabulary.encode(f"\n{line}\n") for line in lines]
    inputs, targets = [line[:-1] for line in encoded], [line[1:] for line in encoded]
    batches = Ragged(inputs, targets, settings.batch, seed=settings.seed, order=order)
    batches.unit = "characters"
    return batches


def _optimizer(settings: Settings, parameters: list[Any]) -> Optimizer:
    if settings.optimizer == "adam":
        return Adam(parameters, settings.learning_rate)
    if settings.optimizer == "rmsprop":
        # The epsilon is far below the gradients of rare symbols, which the mean over all characters makes small.
        return RMSProp(parameters, settings.learning_rate, alpha=0.95, epsilon=1e-10)
    return SGD(parameters, settings.learning_rate, momentum=0.9, dampening=0, nesterov=True)
