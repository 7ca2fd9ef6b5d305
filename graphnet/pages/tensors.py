"""Arrays on a page: as data, cut to what can be looked at, and as small heat maps in plain HTML."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from graphnet.inspect.statistics import Statistics
from graphnet.nesting import Array, describe

# So many rows and columns of an array are shown; what it holds in all is told in numbers. On a page of many arrays less
# is shown of each, so that browsers can hold it.
CUTS = ((16, 32), (8, 16), (4, 8))
MOST_NUMBERS = 600_000  # about 5 MB
DIGITS = 6  # of a number, those that count


def tensors_data(arrays: Sequence[Array]) -> list[dict[str, Any]]:
    """Return the arrays of a page, all cut in the same way.

    Examples
    --------
    >>> import numpy as np
    >>> [len(data["values"]) for data in tensors_data([np.ones((20, 3)), np.ones(2)])]
    [48, 2]
    """
    for most in CUTS[:-1]:
        if sum(_cut(array, most).size for array in arrays) <= MOST_NUMBERS:
            return [tensor_data(array, most) for array in arrays]
    return [tensor_data(array, CUTS[-1]) for array in arrays]


def tensor_data(array: Array, most: tuple[int, int] = CUTS[0]) -> dict[str, Any]:
    """Return an array as a page has it: rows of its last dimension, the first of them, as JSON can hold them.

    ``shape``; ``rows`` and ``columns``, how many it has; ``width``, how many columns are there; ``values``, row after
    row; and ``told``, the statistics of the whole, where it is cut.

    Examples
    --------
    >>> import numpy as np
    >>> tensor_data(np.array([[1.0, np.nan]]))
    {'shape': [1, 2], 'rows': 1, 'columns': 2, 'width': 2, 'values': [1, 'NaN']}
    """
    shown = _cut(array, most)
    columns = array.shape[-1] if array.ndim else 1
    data = {
        "shape": list(array.shape),
        "rows": array.size // columns if columns else 0,
        "columns": columns,
        "width": shown.shape[1],
        "values": [number(value) for value in shown.ravel().tolist()],
    }
    if shown.size < array.size:
        told = Statistics.of(array)
        moments = [number(value) for value in (told.least, told.largest, told.mean, told.norm)]
        data["told"] = [*moments, told.n_nan, told.n_infinite]
    return data


def _cut(array: Array, most: tuple[int, int]) -> Array:
    """Return the first rows and columns of an array, where all dimensions but the last are one after the other."""
    table = array.reshape(-1, array.shape[-1]) if array.size and array.ndim else array.reshape(1, -1)
    return table[: most[0], : most[1]]


def number(value: float) -> float | int | str:
    """Return a number with the digits that count; as a text if it is not finite."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    rounded = float(f"{value:.{DIGITS}g}")
    return int(rounded) if rounded == int(rounded) and abs(rounded) < 1e15 else rounded


def tensor_html(label: str, array: Array) -> str:
    """Return an array as a figure, as the script of the stepper makes it."""
    data = tensor_data(array)
    width = data["width"]
    limit = max((abs(value) for value in data["values"] if not isinstance(value, str)), default=0)
    cells = "".join(_cell(value, limit) for value in data["values"])
    cut = len(data["values"]) < array.size
    note = f"the first {len(data['values']) // max(1, width)} x {width}" if cut else ""
    return (
        f'<figure class="gn-tensor"><figcaption><b>{escape(label)}</b> <span>{describe(array)}</span></figcaption>'
        f'<div class="gn-cells gn-numbers" style="--n:{max(1, width)}">{cells}</div><small>{note}</small></figure>'
    )


def _cell(value: float | str, limit: float) -> str:
    """Return a number in the colour that it has among numbers of at most that size."""
    if isinstance(value, str):
        return f'<i class="gn-nan">{value}</i>'
    share = abs(value) / limit if limit else 0
    kind = f"gn-{'below' if value < 0 else 'above'}{' gn-half' * (share > 0.62)}{' gn-full' * (share > 0.87)}"
    return f'<i class="{kind}" style="--share:{share:.0%}">{value:.3g}</i>'
