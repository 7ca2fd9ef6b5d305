"""Arrays on a page: as data, cut to what can be looked at, and as small heat maps in plain HTML."""

from __future__ import annotations

import math
from html import escape
from typing import Any

from graphnet.inspect.statistics import Statistics
from graphnet.nesting import Array, describe

# So much of an array is shown; what it holds in all is told in numbers.
MOST_ROWS, MOST_COLUMNS = 16, 32
DIGITS = 6  # of a number, those that count


def tensor_data(array: Array) -> dict[str, Any]:
    """Return an array as a page has it: rows of its last dimension, the first of them, as JSON can hold them.

    ``shape``; ``rows`` and ``columns``, how many it has; ``width``, how many columns are there; ``values``, row after
    row; and ``told``, the statistics of the whole, where it is cut.

    Examples
    --------
    >>> import numpy as np
    >>> tensor_data(np.array([[1.0, np.nan]]))
    {'shape': [1, 2], 'rows': 1, 'columns': 2, 'width': 2, 'values': [1, 'NaN']}
    """
    table = array.reshape(-1, array.shape[-1]) if array.ndim else array.reshape(1, 1)
    shown = table[:MOST_ROWS, :MOST_COLUMNS]
    data = {
        "shape": list(array.shape),
        "rows": len(table),
        "columns": table.shape[1],
        "width": shown.shape[1],
        "values": [number(value) for value in shown.ravel().tolist()],
    }
    if shown.size < table.size:
        told = Statistics.of(array)
        moments = [number(value) for value in (told.least, told.largest, told.mean, told.norm)]
        data["told"] = [*moments, told.n_nan, told.n_infinite]
    return data


def number(value: float) -> float | int | str:
    """Return a number with the digits that count; as a text if it is not finite."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    rounded = float(f"{value:.{DIGITS}g}")
    return int(rounded) if rounded == int(rounded) and abs(rounded) < 1e15 else rounded


def tensor_html(label: str, array: Array) -> str:
    """Return an array as a figure, as the script of the stepper makes it; without colours, which are the script's."""
    data = tensor_data(array)
    width = data["width"]
    cells = "".join(f"<i>{escape(_short(value))}</i>" for value in data["values"])
    cut = len(data["values"]) < array.size
    note = f"the first {len(data['values']) // max(1, width)} x {width}" if cut else ""
    return (
        f'<figure class="gn-tensor"><figcaption><b>{escape(label)}</b> <span>{describe(array)}</span></figcaption>'
        f'<div class="gn-cells" style="--n:{max(1, width)}">{cells}</div><small>{note}</small></figure>'
    )


def _short(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.3g}"
