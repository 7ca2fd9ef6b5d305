"""What Lua's arguments have in common: they count from 1, and each may be nil and is left out then."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def from_zero(index: int) -> int:
    """Turn a dimension or an index that counts from 1 into ours; negative ones count from the end in both."""
    if index == 0:
        raise ValueError("Torch7's dimensions and indices count from 1; it was 0")
    return index - 1 if index > 0 else index


def defaults(make: Callable[..., Any], n: int | None = None) -> Callable[..., Any]:
    """Accept nil for each of the first ``n`` arguments, by default of all, and ``inplace`` and its like behind them.

    Settings by name, which stand for methods called after the constructor, are passed on.
    """
    names = [name for name, p in inspect.signature(make).parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD][:n]

    def converted(*arguments: Any, **settings: Any) -> Any:
        return make(**{k: a for k, a in zip(names, arguments, strict=False) if a is not None}, **settings)

    return converted
