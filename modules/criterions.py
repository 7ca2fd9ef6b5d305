"""Criterions of classes: losses of probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.criterion import Criterion
from graphnet.modules.transfer import LogSoftMax
from graphnet.nesting import Array, describe


class ClassNLLCriterion(Criterion):
    """The negative log-likelihood of classes: ``loss = - Σ_b w[t_b] x[b, t_b] / Σ_b w[t_b]``.

    Parameters
    ----------
    weights : array_like, optional
        A weight for each class; by default all are 1.
    size_average : bool
        Divide by the sum of the targets' weights.
    ignore_index : int
        A target that counts for nothing.

    Raises
    ------
    ValueError, IndexError
        If the shapes do not fit, or a target is no class. Classes run from 0 to n - 1.

    Notes
    -----
    Torch7's ``nn.ClassNLLCriterion``, where classes count from 1. The input holds log-probabilities, as LogSoftMax
    gives: n with one class, or B x n with B classes.

    Examples
    --------
    >>> import numpy as np
    >>> ClassNLLCriterion().forward(np.log([[0.5, 0.5], [0.1, 0.9]]), np.array([0, 1]))  # doctest: +ELLIPSIS
    0.399...
    """

    def __init__(self, weights: Any = None, size_average: bool = True, ignore_index: int = -100) -> None:
        self.weights = None if weights is None else np.asarray(weights, np.float64)
        self.size_average = size_average
        self.ignore_index = ignore_index

    def loss(self, x: Any, target: Any) -> Any:
        rows, classes, weights = self._cases(x, target)
        picked = rows[np.arange(len(rows)), classes]
        return -np.where(weights != 0, weights * picked, 0).sum()

    def grad_input_of(self, x: Any, target: Any) -> Any:
        rows, classes, weights = self._cases(x, target)
        dx = np.zeros_like(rows)
        dx[np.arange(len(rows)), classes] = -weights
        return dx.reshape(x.shape)

    def _cases(self, x: Any, target: Any) -> tuple[Array, Array, Array]:
        """Return the input as rows, and each row's class and its share in the loss."""
        rows, classes = class_rows(x, target, self, "log-probabilities")
        counts = classes != self.ignore_index
        n = rows.shape[1]
        check_classes(classes[counts], n, self, np.nonzero(counts)[0])
        classes = np.where(counts, classes, 0)
        weights = counts.astype(rows.dtype) * (1 if self.weights is None else self._weights(n)[classes])
        total = weights.sum()
        return rows, classes, (weights / total if self.size_average and total != 0 else weights).astype(rows.dtype)

    def _weights(self, n: int) -> Array:
        assert self.weights is not None
        if self.weights.shape != (n,):
            raise ValueError(f"{self.label()}: there are {self.weights.size} weights for {n} classes")
        return self.weights


class CrossEntropyCriterion(ClassNLLCriterion):
    """The negative log-likelihood of classes from scores: ClassNLLCriterion after LogSoftMax.

    Parameters
    ----------
    weights, size_average, ignore_index
        As in :class:`ClassNLLCriterion`.

    Notes
    -----
    Torch7's ``nn.CrossEntropyCriterion``.

    Examples
    --------
    >>> import numpy as np
    >>> CrossEntropyCriterion().forward(np.zeros((1, 2)), np.array([1])) # doctest: +ELLIPSIS
    0.693...
    """

    def loss(self, x: Any, target: Any) -> Any:
        return super().loss(LogSoftMax().update_output(x), target)

    def grad_input_of(self, x: Any, target: Any) -> Any:
        log_softmax = LogSoftMax()
        y = log_softmax.update_output(x)
        return log_softmax.update_grad_input(x, y, super().grad_input_of(y, target))


def class_rows(x: Any, target: Any, criterion: Criterion, what: str) -> tuple[Array, Array]:
    """Return n numbers, or B x n, as rows, and the class of each as integers; or refuse them."""
    if not isinstance(x, np.ndarray) or x.ndim not in (1, 2) or not isinstance(target, np.ndarray):
        raise ValueError(
            f"{criterion.label()} takes n {what}, or Bxn, and their classes; it was given {describe(x)} and "
            f"{describe(target)}"
        )
    rows = np.atleast_2d(x)
    fits = target.shape == rows.shape[:1] or (x.ndim == 1 and target.ndim == 0)
    if not fits:
        wanted = "one class" if x.ndim == 1 else f"{len(rows)} classes, one for each row"
        raise ValueError(
            f"{criterion.label()}: the input {describe(x)} needs {wanted}; the target is {describe(target)}"
        )
    classes = np.atleast_1d(target).astype(np.intp)
    if (classes != target).any():
        raise ValueError(
            f"{criterion.label()}: the target must hold whole numbers; it has {target[classes != target][0]}"
        )
    return rows, classes


def check_classes(classes: Array, n: int, criterion: Criterion, rows: Array | None = None) -> None:
    """Refuse what is none of n classes; ``rows`` tells where each stands, for the message."""
    wrong = (classes < 0) | (classes >= n)
    if wrong.any():
        place = int(np.argmax(wrong))
        row = place if rows is None else int(rows[place])
        raise IndexError(
            f"{criterion.label()}: the target {classes[place]} of row {row} is no class; classes run from 0 to {n - 1}"
        )
