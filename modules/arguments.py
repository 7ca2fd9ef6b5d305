"""Numbers among the arguments of constructors, checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.nesting import Array


def number(value: Any, what: str, above: float | None = None) -> float:
    """Return a number as Python's, which leaves the type of arrays alone, or refuse it; ``what`` names the argument.

    >>> number(np.float64(0.5), "Power's p")
    0.5
    """
    if not isinstance(value, (int, float, np.integer, np.floating)) or isinstance(value, bool):
        raise TypeError(f"{what} must be a number, not {value!r}")
    if above is not None and not value > above:
        raise ValueError(f"{what} must be above {above}, not {value!r}")
    return value if isinstance(value, int) else float(value)


def array_of(value: Any) -> Array:
    """Return what was given as an array; lists that are none, being of several lengths, as one of objects.

    >>> array_of([1, 2]), array_of([[1], [1, 2]])
    (array([1, 2]), array(None, dtype=object))
    """
    try:
        return np.asarray(value)
    except ValueError:
        return np.asarray(None)


def weights_of(value: Any, what: str) -> Array | None:
    """Return weights as an array of floating numbers, or refuse them; None stays.

    >>> weights_of([1, 2], "BCECriterion's weights")
    array([1., 2.])
    """
    if value is None:
        return None
    array = array_of(value)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{what} must be numbers, in a list or an array, not {value!r}")
    return array.astype(np.float64)
