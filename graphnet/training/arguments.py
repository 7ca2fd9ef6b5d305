"""What a trainer is given beside its model: checked at once, and what a metric gives, too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from graphnet.edge import given
from graphnet.nesting import Nested
from graphnet.training.callback import Callback, as_callback
from graphnet.training.history import COLUMNS


def check_limit(name: str, limit: Any) -> None:
    """Refuse a limit that is neither None nor a number over 0."""
    is_number = isinstance(limit, (int, float, np.integer, np.floating)) and not isinstance(limit, bool)
    if limit is not None and not (is_number and limit > 0):
        raise ValueError(f"{name} must be over 0, not {limit!r}")


def check_seconds(name: str, seconds: Any) -> None:
    """Refuse what is no time; it may be infinite."""
    if not isinstance(seconds, (int, float, np.integer, np.floating)) or not seconds >= 0:
        raise ValueError(f"{name} must be a number of seconds of at least 0, not {seconds!r}")


def checked_metrics(metrics: Any) -> dict[str, Callable[[Nested, Nested], float]]:
    """Return the metrics, or refuse what are none."""
    if metrics is None:
        return {}
    if not isinstance(metrics, Mapping):
        raise TypeError(f'metrics are functions by name, {{"accuracy": accuracy}}, not {given(metrics)}')
    for name, metric in metrics.items():
        if not isinstance(name, str):
            raise TypeError(f"a metric's name is text, not {name!r}")
        if name in ("loss", *COLUMNS):
            raise ValueError(f'a metric cannot be called "{name}", which the history has of its own accord')
        if not callable(metric):
            raise TypeError(f'the metric "{name}" is a function of (output, target), not {metric!r}')
    return dict(metrics)


def checked_callbacks(callbacks: Any) -> list[Any]:
    """Return the callbacks, or refuse what are none."""
    if isinstance(callbacks, Callback) or not isinstance(callbacks, Iterable):
        raise TypeError(f"callbacks are a list, also of a single one: callbacks=[...]; not {given(callbacks)}")
    found = list(callbacks)
    for callback in found:
        as_callback(callback)
    return found


def value_of(name: str, metric: Callable[[Nested, Nested], float], output: Nested, target: Nested) -> float:
    """Return what a metric gives, or refuse what is no number."""
    try:
        value: Any = metric(output, target)
    except Exception as error:
        error.add_note(f'this happened in the metric "{name}"')
        raise
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "fiub":
        raise TypeError(f'the metric "{name}" gave {given(value)}, where one number is meant')
    return float(array.reshape(()))
