"""Text map: the characters of a text, each on the colour of its number."""

from __future__ import annotations

import math
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from graphnet.nesting import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# A character, as it is shown, and its number.
Cell: TypeAlias = tuple[str, float]

_MOST_CHARACTERS, _MOST_LINES, _WIDEST = 20_000, 500, 400
# Light to dark, and orange over white to purple: the colour-blind tell both apart (Brewer, 2003).
_ONE_SIGN, _TWO_SIGNS = "Blues", "PuOr"
# Inches, but for the letters, which are measured in points: an advance of 0.602 of their size is that of the font.
_WIDTH, _HEIGHT, _LETTERS = 0.086, 0.22, 10.0
_ADVANCE, _X_HEIGHT = 0.602 * _LETTERS, 0.55 * _LETTERS
_LEAST_COLUMNS = 48  # room for the scale
_SHOWN = {"\n": "↵", "\t": "→", "\xa0": " "}


def text_map(
    text: str | Sequence[str],
    values: ArrayLike,
    label: str = "",
    limits: tuple[float, float] | None = None,
    width: int = 80,
    file: str | os.PathLike[str] | None = None,
) -> Figure:
    """Draw a text with a colour behind each character: what a unit does there, say, or how surprised a net is.

    Parameters
    ----------
    text : str or sequence of str
        The characters; or tokens, each coloured as a whole.
    values : array of numbers
        One for each character, or for each token. NaN is left plain: grey letters without a colour. What lies beyond
        the limits, as infinity does, has the colour at the end of the scale, which is then drawn with a point.
    label : str
        What the numbers are, to be written at the scale.
    limits : tuple of two floats, optional
        The numbers at the ends of the scale. By default the least and the greatest finite value; or, if there are both
        signs, the largest magnitude to both sides.
    width : int
        The most characters on a line; longer lines are broken.
    file : path, optional
        Where to write it, too: ``.png``, ``.svg`` or ``.pdf``. It is written whole or not at all.

    Returns
    -------
    matplotlib.figure.Figure
        It shows itself in a notebook. A line end is shown as ↵, a tab as →, what cannot be printed as �.

    Raises
    ------
    TypeError
        If there is something other than strings in the text, or than real numbers in the values.
    ValueError
        If there are more values than characters (tokens) or fewer; if there is no text, or too much of it; if the
        limits, the width or the file's suffix cannot be.
    ImportError
        If the extra ``train`` is not installed.

    Notes
    -----
    If the limits have both signs, the colours are orange below 0, white at 0 and purple above. Otherwise they are blue,
    light to dark. Letters are black or white, whichever is easier to read; the contrast is at least 4.5 to 1. Coloured
    so, texts show cells that count and neurons that know of quotes (Karpathy, Johnson and Li, "Visualizing and
    understanding recurrent networks", 2015).

    Examples
    --------
    >>> depth = [0, 1, 1, 1, 1, 2, 2, 1, 0]
    >>> axes, scale = text_map("f(a, (b))", depth, label="depth in brackets", width=5).axes
    >>> axes.images[0].get_array()[:, :4].tolist(), scale.get_xlabel()
    ([[0.0, 1.0, 1.0, 1.0], [2.0, 2.0, 1.0, 0.0]], 'depth in brackets')
    """
    from graphnet.figures import check_kind, panels, save_figure

    if file is not None:
        check_kind(file)
    if isinstance(width, bool) or not isinstance(width, (int, np.integer)) or not 1 <= width <= _WIDEST:
        raise ValueError(f"the width is a number of characters from 1 to {_WIDEST}, not {width!r}")
    tokens = _tokens(text)
    numbers = _numbers(values, len(tokens), "character" if isinstance(text, str) else "token")
    lines = list(_lines(tokens, numbers, width))
    _check_size(sum(map(len, tokens)), len(lines))
    low, high = _default_limits(numbers) if limits is None else _checked(limits)

    grid = np.full((len(lines), max(_LEAST_COLUMNS, *map(len, lines))), np.nan)
    for row, line in enumerate(lines):
        grid[row, : len(line)] = [number for _, number in line]
    axes = panels(width=0.3 + _WIDTH * grid.shape[1], height=0.8 + _HEIGHT * len(lines))
    image = axes.imshow(
        np.ma.masked_invalid(np.clip(grid, low, high)),
        cmap=_colors(low, high),
        vmin=low,
        vmax=high,
        aspect="auto",
        interpolation="nearest",
    )
    axes.axis("off")
    _write(axes, lines, image)
    beyond = bool((numbers < low).any()), bool((numbers > high).any())
    ends = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}[beyond]
    place = {"location": "bottom", "anchor": (0.0, 1.0), "shrink": min(1.0, 40 / grid.shape[1]), "aspect": 30}
    axes.figure.colorbar(image, label=label, extend=ends, pad=0.02, **place)
    if file is not None:
        save_figure(axes.figure, file)
    found: Figure = axes.figure
    return found


def _tokens(text: str | Sequence[str]) -> list[str]:
    tokens = list(text)
    for token in tokens:
        if not isinstance(token, str):
            raise TypeError(f"text_map takes a text, or a sequence of strings, not one with {token!r} in it")
    if not any(tokens):
        raise ValueError("text_map was given no text")
    return tokens


def _numbers(values: ArrayLike, n: int, what: str) -> Array:
    """Return the values as floats, one for each of ``n`` characters or tokens."""
    found = np.asarray(values)
    if found.dtype.kind not in "biuf":
        raise TypeError(f"the values of a text are real numbers, not of type {found.dtype}")
    if found.shape != (n,):
        given = f"{len(found):,} values" if found.ndim == 1 else f"values of shape {found.shape}"
        raise ValueError(f"text_map takes one value for each {what}: the text has {n:,}, and there are {given}")
    return found.astype(np.float64)


def _lines(tokens: list[str], numbers: Array, width: int) -> Iterator[list[Cell]]:
    """Yield the lines: they end after a line end, which may stand one place beyond the width, and are broken there."""
    line: list[Cell] = []
    for token, number in zip(tokens, numbers.tolist(), strict=True):
        for character in token:
            if len(line) == width and character != "\n":
                yield line
                line = []
            shown = character if character.isprintable() else "\N{REPLACEMENT CHARACTER}"
            line.append((_SHOWN.get(character, shown), number))
            if character == "\n":
                yield line
                line = []
    if line:
        yield line


def _check_size(n_characters: int, n_lines: int) -> None:
    if n_characters > _MOST_CHARACTERS or n_lines > _MOST_LINES:
        raise ValueError(
            f"text_map draws at most {_MOST_CHARACTERS:,} characters on {_MOST_LINES} lines; this text has "
            f"{n_characters:,} on {n_lines:,}. Draw a part of it: text_map(text[a:b], values[a:b])"
        )


def _default_limits(numbers: Array) -> tuple[float, float]:
    finite = numbers[np.isfinite(numbers)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if low < 0 < high:
        return -max(-low, high), max(-low, high)
    if low == high:  # one number: the scale begins, or ends, at 0
        low, high = min(low, 0.0), max(high, 0.0)
    return (low, high) if low < high else (0.0, 1.0)


def _checked(limits: tuple[float, float]) -> tuple[float, float]:
    low, high = map(float, limits)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"the limits are two finite numbers, the lower one first, not {limits!r}")
    return low, high


def _colors(low: float, high: float) -> Any:
    """Return the colours from one limit to the other: of two signs with the neutral one at 0."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    if not low < 0 < high:
        return colormaps[_ONE_SIGN]
    most = max(-low, high)
    return ListedColormap(colormaps[_TWO_SIGNS](np.linspace(0.5 + low / most / 2, 0.5 + high / most / 2, 256)))


def _write(axes: Any, lines: list[list[Cell]], image: Any) -> None:
    """Write the letters: each of the alphabet is one path, drawn at all its places, since texts are slow to draw."""
    from matplotlib.collections import PathCollection
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row, line in enumerate(lines):
        for column, (character, _) in enumerate(line):
            places[character].append((column, row))
    inks = _inks(image)
    # The monospaced font first, and for what it does not have the usual one.
    font = FontProperties(family=["monospace", "sans-serif"])
    scale = Affine2D().translate(-_ADVANCE / 2, -_X_HEIGHT / 2).scale(1 / 72) + axes.figure.dpi_scale_trans
    for character, at in places.items():
        if character.isspace():
            continue
        path = TextPath((0, 0), character, size=_LETTERS, prop=font)
        colors = [inks[row, column] for column, row in at]
        letters = PathCollection([path], offsets=at, offset_transform=axes.transData, facecolors=colors, linewidths=0)
        letters.set_transform(scale)
        letters.set_snap(False)  # else thin ones, as the underscore, are rounded away
        letters.set_label(f"_{character}")  # the underscore keeps it out of legends
        axes.add_collection(letters, autolim=False)


def _inks(image: Any) -> Array:
    """Return the colours of the letters: on a colour black or white, whichever is easier to read, else grey."""
    grid = image.get_array()
    rgb = image.to_rgba(grid)[..., :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]  # as the Web Content Accessibility Guidelines define it
    black_is_better = (luminance + 0.05) ** 2 > 1.05 * 0.05
    inks = np.where(black_is_better[..., None], 0.0, 1.0) * np.ones(3)
    inks[np.ma.getmaskarray(grid)] = 0.4
    return inks
