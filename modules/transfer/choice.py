"""Choosing between numbers, element by element, without np.where, whose branches cost more than several products."""

from __future__ import annotations

from typing import Any

import numpy as np


def indicator(condition: Any, like: Any) -> Any:
    """Return 1 where a condition holds and 0 elsewhere, in the type of ``like``.

    What is multiplied by it must be finite where it shall go, since ``0 · inf`` is NaN.
    """
    dtype = np.result_type(like)
    return condition.astype(dtype) if hasattr(condition, "astype") else np.asarray(condition, dtype)


def one_or(condition: Any, other: Any, like: Any) -> Any:
    """Return 1 where a condition holds and ``other``, which is finite, elsewhere, in the type of ``like``."""
    chosen = indicator(condition, like)
    other = np.asarray(other, chosen.dtype)
    chosen *= 1 - other
    chosen += other  # 1 exactly, if `other` is at least 0: what 1 - other lost is less than is rounded here
    return chosen
