"""Columns: programs written one after the other, given out some steps at a time, scored on their answers alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graphnet.batches import Batch, Batches, Epoch, Vocabulary
from graphnet.examples.learning_to_execute.programs import SYMBOLS, Hardness, Program, programs
from graphnet.nesting import Array, Nested

IGNORED = -100  # what ClassNLLCriterion ignores
VOCABULARY = Vocabulary(SYMBOLS)


class Columns(Batches):
    """Programs and their answers in columns side by side, given out some steps at a time.

    The target of a character is the one that follows it, if that belongs to an answer; otherwise -100, which
    ClassNLLCriterion ignores. A batch's columns go on in the next one, so the state is to be carried. No program goes
    over the end of a column; what is left of it is filled with ``#``.

    Parameters
    ----------
    hardness : callable
        Gives (length, nesting), as for :func:`programs`.
    part : {"train", "validation", "test"}
    n_rows, n_steps : int
        The columns side by side, B, and the steps of a batch, T.
    n_batches : int
    seed : int

    Attributes
    ----------
    inputs, targets : ndarray
        (number of batches · T) x B.
    programs : list of Program
        All that are in the columns.

    Raises
    ------
    ValueError
        If a program is longer than a column.

    Examples
    --------
    >>> columns = Columns(lambda generator: (1, 1), "train", n_rows=1, n_steps=30, n_batches=1, seed=0)
    >>> x, target = columns.epoch(0)[0]
    >>> VOCABULARY.decode(x)
    'print((6-8))@-2.##############'
    >>> "".join(" " if symbol == IGNORED else VOCABULARY.decode(symbol) for symbol in target[:, 0])
    '            -2.               '
    """

    unit = "answer characters"

    def __init__(self, hardness: Hardness, part: str, n_rows: int, n_steps: int, n_batches: int, seed: int) -> None:
        self.n_steps, self.n_batches = n_steps, n_batches
        length = n_batches * n_steps
        self.programs: list[Program] = []
        self.inputs: Array = np.zeros((length, n_rows), np.intp)
        self.targets: Array = np.full((length, n_rows), IGNORED)
        endless = programs(hardness, part, seed)
        program = next(endless)
        for column in range(n_rows):
            text, scored = "", ""
            while len(text) + len(program.text) <= length + 1:
                self.programs.append(program)
                text += program.text
                scored += "#" * len(program.question) + program.answer
                program = next(endless)
            if not text:
                raise ValueError(
                    f"a column of {length + 1} characters is too short for a program of {len(program.text)}; take more "
                    "batches or more steps"
                )
            symbols = VOCABULARY.encode(text.ljust(length + 1, "#"))
            answered = np.frombuffer(scored.ljust(length + 1, "#").encode(), "S1")[1:] != b"#"
            self.inputs[:, column] = symbols[:-1]
            self.targets[answered, column] = symbols[1:][answered]

    def __len__(self) -> int:
        return self.n_batches

    def epoch(self, k: int) -> Sequence[Batch]:
        return Epoch(self.n_batches, self._batch)

    def count(self, x: Nested, target: Nested) -> int:
        return int((target != IGNORED).sum())

    def _batch(self, i: int) -> Batch:
        steps = slice(i * self.n_steps, (i + 1) * self.n_steps)
        return self.inputs[steps], self.targets[steps]


def accuracy(log_probabilities: Nested, target: Nested) -> float:
    """Return the share of the answers' characters that are the most probable ones, given those before them.

    Parameters
    ----------
    log_probabilities : ndarray
        T x B x V.
    target : ndarray
        T x B.

    Examples
    --------
    >>> accuracy(np.log([[[0.9, 0.1], [0.2, 0.8]]]), np.array([[1, 1]]))
    0.5
    """
    scored = target != IGNORED
    right = log_probabilities.argmax(-1)[scored] == target[scored]
    return float(right.mean()) if right.size else 0.0
