"""The golden files' own form: a tensor is ``{"shape", "data", "dtype"?}`` and a table is a list."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.interop.torch7 import as_array

Case = dict[str, Any]

_NAMED = {"i": "long", "b": "byte", "u": "byte"}


def ours(value: Any) -> Any:
    """Turn a value of the files into ours; indices still count from 1."""
    if isinstance(value, list):
        return [ours(item) for item in value]
    return as_array(value) if isinstance(value, dict) else value


def theirs(value: Any) -> Any:
    """Turn a value of ours into the files' form."""
    if isinstance(value, list):
        return [theirs(item) for item in value]
    array = np.asarray(value)
    form = {"shape": list(array.shape), "data": array.ravel().tolist()}
    named = "float" if array.dtype == np.float32 else _NAMED.get(array.dtype.kind)
    return {**form, "dtype": named} if named else form
