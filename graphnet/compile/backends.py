"""Backends: what runs programs, machine code or NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.compile.on_numpy import OnNumPy
from graphnet.compile.rows import Untraceable
from graphnet.compile.specialisation import Backend


def backend_for(dtype: np.dtype[Any]) -> Backend:
    """Return what runs programs of this type of numbers."""
    if dtype.char not in "fd":
        raise Untraceable(f"numbers of type {dtype}")
    import os
    if os.environ.get("GN_NUMPY"): return OnNumPy(dtype)
    from graphnet.compile.native import Native
    return Native(dtype)
