"""Clipping: gradients that have grown too large are made smaller before a step."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from graphnet.parameter import Parameter, distinct


def clip_by_norm(parameters: Iterable[Parameter], max_norm: float) -> float:
    """Scale all gradients by one factor so that their common L2 norm is at most ``max_norm``.

    ``g = g · max_norm / max(norm, max_norm)`` with ``norm = √Σ g²`` over all gradients, each shared one once. The
    direction of the step stays.

    Parameters
    ----------
    parameters : iterable of Parameter
    max_norm : float
        Over 0.

    Returns
    -------
    float
        The norm before clipping. If it is infinite or NaN, no factor would help, and the gradients stay as they are.

    Notes
    -----
    Pascanu et al., "On the difficulty of training recurrent neural networks", 2013.

    Examples
    --------
    >>> p = Parameter([0.0, 0.0]); p.grad = [3.0, 4.0]
    >>> norm = clip_by_norm([p], 1.0)
    >>> print(norm, p.grad)
    5.0 [0.6 0.8]
    """
    _check_limit("max_norm", max_norm)
    gradients = [parameter.grad for parameter in distinct(parameters)]
    # In double precision, since the squares of float32 numbers overflow at 1e19.
    with np.errstate(over="ignore"):  # those of larger ones, too: then the norm is infinite
        norm = math.hypot(*(float(np.linalg.norm(g.astype(np.float64, copy=False))) for g in gradients))
    if max_norm < norm < math.inf:
        for gradient in gradients:
            gradient *= max_norm / norm
    return norm


def clip_by_value(parameters: Iterable[Parameter], limit: float) -> None:
    """Bring every element of every gradient into the range from ``-limit`` to ``limit``.

    Parameters
    ----------
    parameters : iterable of Parameter
    limit : float
        Over 0.

    Notes
    -----
    Torch7's ``gradient:clamp(-limit, limit)``, as in char-rnn. NaN stays NaN.

    Examples
    --------
    >>> p = Parameter([0.0, 0.0]); p.grad = [3.0, -40.0]
    >>> clip_by_value([p], 5.0)
    >>> print(p.grad)
    [ 3. -5.]
    """
    _check_limit("limit", limit)
    for parameter in distinct(parameters):
        np.clip(parameter.grad, -limit, limit, out=parameter.grad)


def _check_limit(name: str, limit: float) -> None:
    if not isinstance(limit, (int, float, np.number)) or not limit > 0:
        raise ValueError(f"{name} must be over 0, not {limit!r}")
