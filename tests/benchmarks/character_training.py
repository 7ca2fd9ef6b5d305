"""The training of char-rnn that is compared with PyTorch's: its setting, its data, and our side of it.

LSTM layers, rmsprop with a rate of 2e-3 and a decay of 0.95, gradients clipped to ±5 where they are summed over the
steps, as char-rnn has them: to ±0.1 where they are their mean.
"""

from __future__ import annotations

import itertools
import random
import time
from dataclasses import dataclass
from typing import Any

import graphnet as gn
from graphnet import modules as nn
from graphnet.cli.text import split_text

RATE, DECAY, LIMIT = 2e-3, 0.95, 0.1
BETWEEN_VALIDATIONS = 10
WIDTH = 0.08  # parameters start uniformly between -WIDTH and WIDTH


@dataclass
class Curve:
    """The losses of one contestant, in nats per character, the norms of its gradients, and its seconds.

    ``validation`` has the losses on the text held out, after every so many steps.
    """

    losses: list[float]
    norms: list[float]
    validation: list[float]
    seconds: float


def ours(net: gn.Recurrence, train: list[Any], validation: list[Any]) -> Curve:
    losses, norms, held_out = [], [], []

    class Watch(gn.Callback):
        def after_step(self, trainer: gn.Trainer) -> None:
            losses.append(trainer.loss)
            norms.append(trainer.norm)
            if len(losses) % BETWEEN_VALIDATIONS == 0:
                held_out.append(trainer.evaluate(validation)["loss"])

    trainer = gn.Trainer(
        net,
        nn.SequenceCriterion(nn.ClassNLLCriterion()),
        gn.optim.RMSProp(net.parameters(), RATE, DECAY),
        clip_value=LIMIT,
        carry=True,
        callbacks=[Watch()],
        progress=False,
    )
    start = time.perf_counter()
    trainer.fit(train, epochs=1)
    seconds = time.perf_counter() - start
    return Curve(losses, norms, held_out, seconds)


def prepare(
    text: str, n_layers: int, n: int, n_batches: int, n_rows: int, n_steps: int
) -> tuple[gn.Recurrence, list[Any], list[Any]]:
    """Return a fresh net, the first batches of a text, and as many of its end to validate on."""
    vocabulary = gn.batches.Vocabulary(text)
    train, validation = (
        gn.batches.Contiguous(vocabulary.encode(part), n_rows, n_steps).epoch(0)
        for part in split_text(text, n_rows, n_steps)
    )
    net = gn.Recurrence(nn.char_rnn(len(vocabulary), n, n_layers), final_states=True)
    weights, _ = net.get_parameters()
    drawn = random.Random(1)  # which draws the same in every version of Python
    weights[:] = [drawn.uniform(-WIDTH, WIDTH) for _ in range(weights.size)]
    return net, list(itertools.islice(train, n_batches)), list(itertools.islice(validation, n_batches))
