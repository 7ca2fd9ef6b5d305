"""Numbers among the arguments of constructors, checked."""

from __future__ import annotations

from typing import Any

import numpy as np


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
