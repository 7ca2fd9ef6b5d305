"""Curves as plain SVG, for pages in which no script runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 64, WIDTH - 12, 12, HEIGHT - 36


class Line(NamedTuple):
    """A line of a curve over steps; numbers that are not finite leave a gap."""

    name: str
    x: Sequence[int]
    y: Sequence[float | None]


def curve(lines: Sequence[Line], label: str, x_name: str) -> str:
    """Return an SVG element with lines over a linear axis, their names beside their ends.

    Parameters
    ----------
    lines : sequence of Line
    label : str
        What the picture is, for who cannot see it.
    x_name : str
        Stands at the end of the axis.

    Examples
    --------
    >>> svg = curve([Line("a < b", [0, 1], [2.0, 1.0])], "two points", "step")
    >>> "a &lt; b" in svg, svg.count("<path")
    (True, 1)
    """
    points = [
        (at, value)
        for line in lines
        for at, value in zip(line.x, line.y, strict=True)
        if value is not None and math.isfinite(value)
    ]
    head = f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
    if not points:
        return f'{head}<text class="tick" x="{WIDTH / 2}" y="{HEIGHT / 2}">nothing to show yet</text></svg>'
    first, last = _widened(min(at for at, _ in points), max(at for at, _ in points))
    low, high = _widened(min(value for _, value in points), max(value for _, value in points))
    parts = [head]

    def place(x: float, y: float) -> str:
        across = LEFT + (x - first) / (last - first) * (RIGHT - LEFT)
        return f"{across:.1f} {BOTTOM - (y - low) / (high - low) * (BOTTOM - TOP):.1f}"

    for tick in ticks(low, high, 5):
        y = place(first, tick).split()[1]
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 6}" y="{y}" dy="4" text-anchor="end">{tick:g}</text>')
    for tick in filter(float.is_integer, ticks(first, last, 6)):
        x = place(tick, low).split()[0]
        parts.append(f'<text class="tick" x="{x}" y="{BOTTOM + 17}" text-anchor="middle">{tick:,g}</text>')
    parts.append(f'<line class="axis" x1="{LEFT}" x2="{RIGHT}" y1="{BOTTOM}" y2="{BOTTOM}"/>')
    parts.append(f'<text class="tick name" x="{RIGHT}" y="{HEIGHT - 4}" text-anchor="end">{escape(x_name)}</text>')
    for i, line in enumerate(lines):
        pen, path = "M", ""
        for at, value in zip(line.x, line.y, strict=True):
            known = value is not None and math.isfinite(value)
            path += f"{pen}{place(at, value)}" if value is not None and known else ""
            pen = "L" if known else "M"
        parts.append(f'<path class="line" style="--line: var(--series-{i % 8})" d="{path or "M0 0"}"/>')
        parts.append(
            f'<text class="tick" style="fill: var(--series-{i % 8})" x="{RIGHT - 4}" y="{TOP + 12 + 16 * i}" '
            f'text-anchor="end">{escape(line.name)}</text>'
        )
    return "".join([*parts, "</svg>"])


def ticks(low: float, high: float, count: int) -> list[float]:
    """Return about so many round numbers from low to high.

    Examples
    --------
    >>> ticks(0.9, 3.2, 5)
    [1.0, 1.5, 2.0, 2.5, 3.0]
    """
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(k * power for k in (1, 2, 5, 10) if k * power >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{i * step:.12g}") for i in range(first, last + 1)]


def _widened(low: float, high: float) -> tuple[float, float]:
    room = (high - low) * 0.04 if high - low > abs(high) * 1e-9 else abs(high) * 0.1 or 0.5
    return low - room, high + room
