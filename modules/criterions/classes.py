"""Criterions of classes: losses of probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.criterion import Criterion
from graphnet.elementwise import as_numbers
from graphnet.forms import fits
from graphnet.modules.arguments import weights_of
from graphnet.modules.transfer.usual import shifted
from graphnet.nesting import Array
from graphnet.shapes import Shape, shape_of, written
from graphnet.sizes import Size


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
        self.weights = weights_of(weights, f"{type(self).__name__}'s weights")
        self.size_average = size_average
        self.ignore_index = ignore_index

    def check_shapes(self, x: Shape, target: Shape) -> None:
        check_class_shapes(x, target, self, "log-probabilities")
        if x is not None:
            check_weights(self.weights, x[-1], self)

    def loss(self, x: Any, target: Any) -> Any:
        rows, classes, shares = self._cases(x, target)
        return -np.where(shares != 0, shares * self.picked(rows, classes), 0).sum()

    def picked(self, rows: Array, classes: Array) -> Array:
        """Return the log-probability that each row has for its class."""
        return rows[np.arange(len(rows)), classes]

    def grad_input_of(self, x: Any, target: Any) -> Any:
        rows, classes, shares = self._cases(x, target)
        dx = np.zeros_like(rows)
        dx[np.arange(len(rows)), classes] = -shares
        return dx.reshape(x.shape)

    def _cases(self, x: Any, target: Any) -> tuple[Array, Array, Array]:
        """Return the input as rows, and each row's class and its share in the loss."""
        rows, classes = class_rows(x, target, self, "log-probabilities")
        rows, n = as_numbers(rows, self), rows.shape[1]
        counts = classes != self.ignore_index
        if np.count_nonzero(counts) == counts.size:
            check_classes(classes, n, self)
        else:
            check_classes(classes[counts], n, self, np.nonzero(counts)[0])
            classes = np.where(counts, classes, 0)
        check_weights(self.weights, n, self)
        weights = counts.astype(np.float64) if self.weights is None else counts * self.weights[classes]
        if self.size_average and (total := np.add.reduce(weights)) != 0:
            weights /= total
        return rows, classes, weights.astype(rows.dtype, copy=False)


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

    def picked(self, rows: Array, classes: Array) -> Array:
        scores = shifted(rows, 1)
        picked: Array = scores[np.arange(len(rows)), classes] - np.log(np.exp(scores).sum(1))
        return picked

    def grad_input_of(self, x: Any, target: Any) -> Any:
        rows, classes, shares = self._cases(x, target)
        dx = shifted(rows, 1)
        np.exp(dx, out=dx)
        dx *= (shares / dx.sum(1))[:, None]
        dx[np.arange(len(rows)), classes] -= shares
        return dx.reshape(x.shape)


class MaskedLoss(Criterion):
    """The negative log-likelihood of those classes that are scored: ``loss = - Σ_b x[b, t_b] / B``, t_b ≠ -1.

    A target of -1 is not scored: its row adds nothing to the sum, but is one of the B rows by which it is divided.

    Raises
    ------
    ValueError, IndexError
        If the shapes do not fit, or a target is neither -1 nor a class. Classes run from 0 to n - 1.

    Notes
    -----
    ``MaskedLoss`` of Zaremba and Sutskever, "Learning to execute", 2014, whose classes count from 1, with 0 for those
    that are not scored, and which gives a list of what :meth:`score` returns. The input holds log-probabilities, as
    LogSoftMax gives: B x n with B classes, or n with one.

    Examples
    --------
    >>> import numpy as np
    >>> x, target = np.array([[-0.5, -1.0], [-0.25, -1.5]]), np.array([1, -1])
    >>> MaskedLoss().forward(x, target), MaskedLoss().score(x, target)
    (0.5, (0.5, 0, 1))
    """

    def loss(self, x: Any, target: Any) -> Any:
        rows, classes, counts = self._cases(x, target)
        return -self._picked(rows, classes, counts).sum() / max(1, len(rows))

    def grad_input_of(self, x: Any, target: Any) -> Any:
        rows, classes, counts = self._cases(x, target)
        dx = np.zeros_like(rows)
        dx[counts, classes[counts]] = -1 / max(1, len(rows))
        return dx.reshape(x.shape)

    def score(self, x: Any, target: Any) -> tuple[float, int, int]:
        """Return the loss, in how many of the scored rows the class is a likeliest one, and how many are scored."""
        rows, classes, counts = self._cases(np.asarray(x), np.asarray(target))
        picked = self._picked(rows, classes, counts)
        likeliest = rows[counts].max(1, initial=-np.inf)
        return float(-picked.sum() / max(1, len(rows))), int((picked == likeliest).sum()), len(picked)

    def check_shapes(self, x: Shape, target: Shape) -> None:
        check_class_shapes(x, target, self, "log-probabilities")

    def _picked(self, rows: Array, classes: Array, counts: Array) -> Array:
        """Return the number of its class, of each scored row."""
        picked: Array = rows[np.flatnonzero(counts), classes[counts]]
        return picked

    def _cases(self, x: Any, target: Any) -> tuple[Array, Array, Array]:
        """Return the input as rows, the class of each, and which of them are scored."""
        rows, classes = class_rows(x, target, self, "log-probabilities")
        counts = classes != -1
        check_classes(classes[counts], rows.shape[1], self, np.nonzero(counts)[0])
        return as_numbers(rows, self), classes, counts


def check_class_shapes(x: Shape, target: Shape, criterion: Criterion, what: str) -> None:
    """Refuse what surely is neither n numbers with one class, nor B x n with B classes."""
    if isinstance(x, list) or isinstance(target, list) or (x is not None and len(x) not in (1, 2)):
        raise ValueError(
            f"{criterion.label()} takes n {what}, or Bxn, and their classes; it was given {written(x)} and "
            f"{written(target)}"
        )
    if x is not None and not fits([x, target], [("n",), ()], [("n",), (1,)], [("B", "n"), ("B",)]):
        wanted = "one class" if len(x) == 1 else f"{written(x[:1])} classes, one for each row"
        raise ValueError(f"{criterion.label()}: the input {written(x)} needs {wanted}; the target is {written(target)}")


def check_weights(weights: Array | None, n: Size | int, criterion: Criterion) -> None:
    """Refuse weights that surely are not one for each of n classes."""
    if weights is not None and not fits((n,), weights.shape):
        raise ValueError(f"{criterion.label()}: there are {weights.size} weights for {n} classes")


def class_rows(x: Any, target: Any, criterion: Criterion, what: str) -> tuple[Array, Array]:
    """Return n numbers, or B x n, as rows, and the class of each as integers; or refuse them."""
    arrays = isinstance(x, np.ndarray) and isinstance(target, np.ndarray)
    if not arrays or x.ndim != 2 or target.shape != x.shape[:1]:  # not the usual case
        check_class_shapes(shape_of(x), shape_of(target), criterion, what)
        x, target = np.atleast_2d(x), np.atleast_1d(target)
    classes: Array = target.astype(np.intp, copy=False)
    if classes is not target and (classes != target).any():
        raise ValueError(
            f"{criterion.label()}: the target must hold whole numbers; it has {target[classes != target][0]}"
        )
    return x, classes


def check_classes(classes: Array, n: int, criterion: Criterion, rows: Array | None = None) -> None:
    """Refuse what is none of n classes; ``rows`` tells where each stands, for the message."""
    wrong = classes.view(np.uintp) >= n  # where negative ones are large
    if np.count_nonzero(wrong):
        place = int(np.argmax(wrong))
        row = place if rows is None else int(rows[place])
        raise IndexError(
            f"{criterion.label()}: the target {classes[place]} of row {row} is no class; classes run from 0 to {n - 1}"
        )
