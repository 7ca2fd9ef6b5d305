"""Backends: what runs programs, machine code or NumPy."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np

from graphnet.compile.llvm.host import why_unavailable
from graphnet.compile.native import Native
from graphnet.compile.on_numpy import OnNumPy
from graphnet.compile.rows import Untraceable
from graphnet.compile.specialisation import Backend


def backend_for(dtype: np.dtype[Any], *, machine_code: bool) -> Backend:
    """Return what runs programs of this type of numbers; without a compiler NumPy does, and a warning says so once."""
    if dtype.char not in "fd":
        raise Untraceable(f"numbers of type {dtype}")
    if not machine_code:
        return OnNumPy(dtype)
    reason = why_unavailable()
    if reason is None:
        return Native(dtype)
    _warn(reason)
    return OnNumPy(dtype)


@cache  # once
def _warn(reason: str) -> None:
    warnings.warn(f"compiled nets run on NumPy alone, which is slower: {reason}", RuntimeWarning, stacklevel=2)
