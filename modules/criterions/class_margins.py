"""Criterions of classes by margins: the scores of the right classes above those of the others."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.criterion import Criterion, of_numbers
from graphnet.edge import whole_number
from graphnet.elementwise import as_numbers
from graphnet.forms import fits
from graphnet.modules.arguments import number, weights_of
from graphnet.modules.criterions.classes import check_class_shapes, check_classes, check_weights, class_rows
from graphnet.nesting import Array, describe
from graphnet.shapes import Shape, shape_of, written


class MultiMarginCriterion(Criterion):
    """The score of the right class above all others by a margin.

    ``loss = Σ_b w[t_b] Σ_{i≠t_b} max(0, margin - x[b, t_b] + x[b, i])^p / (n B)``

    Parameters
    ----------
    p : int
        1 or 2.
    weights : array_like, optional
        A weight for each class; by default all are 1.
    margin : float
    size_average : bool
        Divide by the number B of rows; the sum over the n classes is divided by n in any case.

    Raises
    ------
    TypeError, ValueError
        If p is neither 1 nor 2, or the margin is no number.
    ValueError, IndexError
        If the shapes do not fit, or a target is no class. Classes run from 0 to n - 1.

    Notes
    -----
    Torch7's ``nn.MultiMarginCriterion``, where classes count from 1. The input holds scores: n with one class, or B x n
    with B classes. The slope at the margin is 0.

    Examples
    --------
    >>> import numpy as np
    >>> MultiMarginCriterion().forward(np.array([[0.5, 1.0], [3.0, 0.0]]), np.array([0, 0]))
    0.375
    """

    def __init__(self, p: int = 1, weights: Any = None, margin: float = 1, size_average: bool = True) -> None:
        self.p = whole_number(p, "MultiMarginCriterion's p")
        if self.p not in (1, 2):
            raise ValueError(f"MultiMarginCriterion's p must be 1 or 2, not {p!r}")
        self.weights = weights_of(weights, f"{type(self).__name__}'s weights")
        self.margin = number(margin, "MultiMarginCriterion's margin")
        self.size_average = size_average

    def check_shapes(self, x: Shape, target: Shape) -> None:
        check_class_shapes(x, target, self, "scores")
        if x is not None:
            check_weights(self.weights, x[-1], self)

    def loss(self, x: Any, target: Any) -> Any:
        short, _, shares = self._shortfalls(x, target)
        return (shares * short**self.p).sum()

    def grad_input_of(self, x: Any, target: Any) -> Any:
        short, classes, shares = self._shortfalls(x, target)
        dx = shares * ((short > 0).astype(short.dtype) if self.p == 1 else 2 * short)
        dx[np.arange(len(dx)), classes] = -dx.sum(1)
        return dx.reshape(x.shape)

    def _shortfalls(self, x: Any, target: Any) -> tuple[Array, Array, Array]:
        """Return what each score lacks to the margin, at least 0; the classes; the share of each row in the loss."""
        rows, classes = class_rows(x, target, self, "scores")
        rows = as_numbers(rows, self)
        n_rows, n = rows.shape
        check_classes(classes, n, self)
        check_weights(self.weights, n, self)
        places = np.arange(n_rows)
        short = np.maximum(0, self.margin - rows[places, classes][:, None] + rows)
        short[places, classes] = 0
        shares = np.ones(n_rows) if self.weights is None else self.weights[classes]
        shares = shares / (n * (n_rows or 1) if self.size_average else n)
        return short, classes, shares[:, None].astype(rows.dtype)


class MultiLabelMarginCriterion(Criterion):
    """The scores of several right classes above all others by 1.

    ``loss = Σ_b Σ_{t right} Σ_{i not right} max(0, 1 - x[b, t] + x[b, i]) / (n B)``

    Parameters
    ----------
    size_average : bool
        Divide by the number B of rows; the sum over the n classes is divided by n in any case.

    Raises
    ------
    ValueError, IndexError
        If input and target are not of one shape, n or B x n, or a target is no class.

    Notes
    -----
    Torch7's ``nn.MultiLabelMarginCriterion``. The target lists the right classes of each row, from 0 to n - 1, and has
    -1 behind them; what follows means nothing. There, classes count from 1 and 0 ends them. A class that is listed
    twice counts twice. The slope at the margin is 0.

    Examples
    --------
    >>> import numpy as np
    >>> scores, right = np.array([0.1, 0.2, 0.4, 0.8]), np.array([3, 0, -1, 1])
    >>> round(MultiLabelMarginCriterion().forward(scores, right), 6)
    0.85
    """

    def __init__(self, size_average: bool = True) -> None:
        self.size_average = size_average

    def check_shapes(self, x: Shape, target: Shape) -> None:
        if not fits([x, of_numbers(target)], [("n",), ("n",)], [("B", "n"), ("B", "n")]):
            raise self._unlike(written(x), written(target))

    def _unlike(self, x: str, target: str) -> ValueError:
        return ValueError(
            f"{self.label()} takes n scores, or Bxn, and a target of the same shape that lists the right classes; it "
            f"was given {x} and {target}"
        )

    def loss(self, x: Any, target: Any) -> Any:
        short, _ = self._shortfalls(x, target)
        return short.sum() * self._share(x)

    def grad_input_of(self, x: Any, target: Any) -> Any:
        short, right = self._shortfalls(x, target)
        each = (short > 0).astype(short.dtype)
        dx = each.sum(1)
        np.subtract.at(dx, (np.arange(len(dx))[:, None], right), each.sum(2))
        dx *= self._share(x)
        return dx.reshape(x.shape)

    def _share(self, x: Array) -> float:
        n = x.size if self.size_average else x.shape[-1]
        return 1 / (n or 1)

    def _shortfalls(self, x: Any, target: Any) -> tuple[Array, Array]:
        """Return what each right score lacks against each other one, and the right classes, 0 where a row has fewer."""
        if isinstance(x, list) or isinstance(target, list):
            self.check_shapes(shape_of(x), shape_of(target))
        if np.shape(x) != np.shape(target) or np.ndim(x) not in (1, 2):
            raise self._unlike(describe(x), describe(target))
        n = x.shape[-1]
        shape = (len(x) if x.ndim == 2 else 1, n)
        rows, listed = as_numbers(x, self).reshape(shape), target.astype(np.intp).reshape(shape)
        counted = np.logical_and.accumulate(listed != -1, axis=1)
        places, columns = np.nonzero(counted)
        classes = listed[places, columns]
        check_classes(classes, n, self, places)
        is_right = np.zeros(rows.shape, bool)
        is_right[places, classes] = True
        most = columns.max(initial=-1) + 1
        right = np.zeros((len(rows), most), np.intp)
        right[places, columns] = classes
        short = rows[:, None, :] + (1 - rows[np.arange(len(rows))[:, None], right])[:, :, None]
        np.maximum(short, 0, out=short)
        np.copyto(short, 0, where=is_right[:, None, :])
        short[~counted[:, :most]] = 0
        return short, right
