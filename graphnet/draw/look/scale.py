"""Scale: colours for numbers, text that is legible on them, and the bar that tells which colour is which number."""

from __future__ import annotations

import math
from collections.abc import Iterable

from graphnet.draw.look.text import one_line
from graphnet.inspect.costs.units import duration, percent, readable

# Cells of the bar, and how many points wide each is; and how many a tick's text takes at either side, and at an end.
_N_CELLS, _CELL = 40, 6
_HALF_A_TICK, _END_TICK = 4, 6
# In decades, the most that a logarithmic scale shows: what is beyond, an exact 0 too, has the lowest colour.
MOST_DECADES = 12


class Scale:
    """Colours for numbers from low to high.

    Parameters
    ----------
    kind : {"log", "share", "count", "linear"}
    unit : str
        "s" and "bytes" are written with their prefixes.
    numbers : iterable of float
        What is to be shown; what is not finite is left out.
    colors : tuple of str
        From low to high, ``#rrggbb``.

    Examples
    --------
    >>> scale = Scale("log", "norm", [0.02, 30.0], ("#000000", "#ffffff"))
    >>> scale.low, scale.high, scale.color(1.0), [text for _, text in scale.ticks()]
    (0.01, 100.0, '#808080', ['0.01', '0.1', '1', '10', '100'])
    """

    def __init__(self, kind: str, unit: str, numbers: Iterable[float], colors: tuple[str, ...]) -> None:
        self.kind = kind
        self.unit = unit
        self.colors = colors
        finite = [number for number in numbers if math.isfinite(number)]
        self.low, self.high = _log_ends(finite) if kind == "log" else _linear_ends(finite, kind)

    def position(self, number: float) -> float:
        """Return where a number stands between the ends, from 0 to 1."""
        if self.kind == "log":
            if number <= self.low:
                return 0.0
            share = math.log(number / self.low) / math.log(self.high / self.low)
        else:
            share = (number - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, share))

    def color(self, number: float) -> str:
        """Return the colour of a number."""
        return self._mixed(self.position(number))

    def _mixed(self, position: float) -> str:
        place = position * (len(self.colors) - 1)
        below = min(int(place), len(self.colors) - 2)
        share = place - below
        pairs = zip(_channels(self.colors[below]), _channels(self.colors[below + 1]), strict=True)
        return "#" + "".join(f"{int(one + share * (other - one) + 0.5):02x}" for one, other in pairs)

    def ticks(self) -> list[tuple[float, str]]:
        """Return positions on the bar and what stands below them."""
        if self.kind == "log":
            first, last = round(math.log10(self.low)), round(math.log10(self.high))
            every = -(-(last - first) // 4)
            numbers = [10.0**power for power in range(first, last + 1, every)]
        else:
            steps = 4 if self.kind != "count" or self.high >= 4 else int(self.high)
            numbers = [self.low + (self.high - self.low) * i / steps for i in range(steps + 1)]
            if self.kind == "count":
                numbers = sorted({float(round(number)) for number in numbers})
        return [(self.position(number), written(number, self.kind, self.unit)) for number in numbers]

    def bar(self, caption: str) -> str:
        """Return a label in HTML: a caption, the colours from low to high, and numbers below them."""
        cells = "".join(
            f'<td bgcolor="{self._mixed((i + 0.5) / _N_CELLS)}" width="{_CELL}" height="11"></td>'
            for i in range(_N_CELLS)
        )
        row, at = "", 0
        for position, text in self.ticks():
            middle = round(position * _N_CELLS)
            start, stop = max(0, middle - _HALF_A_TICK), min(_N_CELLS, middle + _HALF_A_TICK)
            start, stop = (start, max(stop, _END_TICK)) if start == 0 else (min(start, _N_CELLS - _END_TICK), stop)
            if start < at:
                continue
            row += _empty(start - at)
            align = "left" if start == 0 else "right" if stop == _N_CELLS else "center"
            shown = f'<font point-size="9">{one_line(text, 12)}</font>'
            row += f'<td colspan="{stop - start}" align="{align}">{shown}</td>'
            at = stop
        row += _empty(_N_CELLS - at)
        shown = f'<font point-size="10">{one_line(caption, 90)}</font>'
        head = f'<tr><td colspan="{_N_CELLS}" cellpadding="3">{shown}</td></tr>'
        return (
            f'<table border="0" cellborder="0" cellspacing="0" cellpadding="0">{head}'
            f"<tr>{cells}</tr><tr>{row}</tr></table>"
        )


def _empty(n_cells: int) -> str:
    return f'<td colspan="{n_cells}"></td>' if n_cells else ""


def written(number: float, kind: str, unit: str) -> str:
    """Return a number as pictures show it.

    Examples
    --------
    >>> written(0.25, "share", "share"), written(0.0021, "log", "s"), written(1234.5, "log", "norm")
    ('25 %', '2.1 ms', '1.23e+03')
    """
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    if kind == "share":
        return percent(number)
    if unit == "s":
        return duration(number)
    if unit == "bytes":
        return readable(number)
    return f"{number:,.0f}" if kind == "count" or unit == "numbers" else f"{number:.3g}"


def legible_on(color: str) -> str:
    """Return black or white, whichever has more contrast to a colour, at least 4.5 to 1.

    The contrast is that of the Web Content Accessibility Guidelines 2.1, 1.4.3.

    Examples
    --------
    >>> legible_on("#440154"), legible_on("#fde725")
    ('#ffffff', '#000000')
    """
    return "#000000" if luminance(color) > 0.179 else "#ffffff"


def luminance(color: str) -> float:
    """Return the relative luminance of a colour, from 0 for black to 1 for white."""
    shares = [channel / 255 for channel in _channels(color)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(color: str) -> list[int]:
    return [int(color[i : i + 2], 16) for i in (1, 3, 5)]


def _log_ends(numbers: list[float]) -> tuple[float, float]:
    """Return the powers of ten around numbers."""
    positive = [number for number in numbers if number > 0]
    if not positive:
        return 0.1, 1.0
    last = math.ceil(math.log10(max(positive)) - 1e-9)
    first = max(math.floor(math.log10(min(positive)) + 1e-9), last - MOST_DECADES)
    return 10.0 ** min(first, last - 1), 10.0**last


def _linear_ends(numbers: list[float], kind: str) -> tuple[float, float]:
    if kind == "share":
        return 0.0, 1.0
    high = max(numbers, default=0.0)
    low = 0.0 if kind == "count" else min(numbers, default=0.0)
    return low, high if high > low else low + 1
