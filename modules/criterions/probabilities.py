"""Criterions of probabilities that are targets themselves: distributions, and labels of which several may hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.modules.criterions.compared import Compared, WithWeights


class DistKLDivCriterion(Compared):
    """The divergence of distributions: ``loss = Σ t · (log t - x) / n``; what has a t of 0 adds nothing.

    Parameters
    ----------
    size_average : bool
        Divide by the number n of elements, not of rows; else the sum.

    Raises
    ------
    ValueError
        If input and target differ in shape.

    Notes
    -----
    Torch7's ``nn.DistKLDivCriterion``; Kullback and Leibler, "On information and sufficiency", 1951. The input holds
    log-probabilities, as LogSoftMax gives, the target probabilities. The target gets its gradient, too.

    Examples
    --------
    >>> import numpy as np
    >>> criterion = DistKLDivCriterion(size_average=False)
    >>> criterion.forward(np.log([0.5, 0.5]), np.array([1.0, 0.0]))  # doctest: +ELLIPSIS
    0.693...
    """

    of_difference = False

    def value(self, x: Any, t: Any) -> Any:
        return np.where(t <= 0, 0, t * (_logarithm(t) - x))

    def slope(self, x: Any, t: Any) -> Any:
        return np.where(t <= 0, 0, -t)

    def slope_of_target(self, x: Any, t: Any) -> Any:
        return np.where(t <= 0, 0, _logarithm(t) + 1 - x)


class MultiLabelSoftMarginCriterion(WithWeights):
    """BCECriterion after Sigmoid: ``loss = - Σ w · (t · log σ(x) + (1 - t) · log σ(-x)) / n``.

    Parameters
    ----------
    weights : array_like, optional
        w, of the shape of the input, or of its rows; by default all are 1.
    size_average : bool
        Divide by the number n of elements; else the sum.

    Raises
    ------
    ValueError
        If input and target differ in shape, or the weights fit neither the input nor its rows.

    Notes
    -----
    Torch7's ``nn.MultiLabelSoftMarginCriterion``. The input holds scores, the target the probabilities of labels, often
    0 or 1. It is computed as ``log(1 + exp(x)) - t · x``, so that large scores lose nothing. The target gets its
    gradient, too.

    Examples
    --------
    >>> import numpy as np
    >>> MultiLabelSoftMarginCriterion().forward(np.array([1000.0, 1000.0]), np.array([1.0, 0.0]))
    500.0
    """

    of_difference = False

    def value(self, x: Any, t: Any) -> Any:
        return self.weighed(np.log1p(np.exp(-np.abs(x))) + (np.maximum(x, 0) - t * x))

    def slope(self, x: Any, t: Any) -> Any:
        return self.weighed(1 / (1 + np.exp(-x)) - t)

    def slope_of_target(self, x: Any, t: Any) -> Any:
        return self.weighed(-x)


def _logarithm(t: Any) -> Any:
    return np.log(np.where(t <= 0, 1, t))
