"""Answers that the net writes on its own: each character is the most probable one, and is read by it in turn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import graphnet as gn
from graphnet.examples.learning_to_execute.columns import VOCABULARY
from graphnet.nesting import Array


def answers(net: gn.Recurrence, questions: Sequence[str], longest: int = 16) -> list[str]:
    """Return what the net answers to programs.

    Parameters
    ----------
    net : Recurrence
        Of characters to [log-probabilities, *states].
    questions : list of str
    longest : int
        Where an answer is cut off that does not end.

    Examples
    --------
    >>> from graphnet.examples.learning_to_execute.model import new_net
    >>> [len(answer) <= 16 for answer in answers(new_net(4, 1, 0.0), ["print(1)@", "print((1+2))@"])]
    [True, True]
    """
    found = [""] * len(questions)
    net.evaluate()
    for length in sorted({len(question) for question in questions}):
        places = [i for i, question in enumerate(questions) if len(question) == length]
        read = np.array([VOCABULARY.encode(questions[i]) for i in places]).T
        for i, symbols in zip(places, _continue(net, read, longest).T, strict=True):
            answer, stop, _ = VOCABULARY.decode(symbols).partition(".")
            found[i] = answer + stop
    net.training()
    return found


def _continue(net: gn.Recurrence, read: Array, n_characters: int) -> Array:
    """Return the most probable characters that follow texts of one length, T x B."""
    stream = gn.Stream(net)
    latest = stream.forward(read)[-1].argmax(-1)
    written = [latest]
    while len(written) < n_characters:
        latest = stream.forward(latest[None])[0].argmax(-1)
        written.append(latest)
    return np.array(written)
