"""Heat map: a number for each node of a recurrence at each time step, as colours."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from graphnet.inspect.by_node import shortened
from graphnet.inspect.readings import KINDS, read_over_time
from graphnet.module import Module
from graphnet.nesting import Array
from graphnet.node import Node
from graphnet.recurrence.record import Record
from graphnet.splicing import Site, path_of
from graphnet.tape import Tape

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# A node, its name or its path, or the module that it calls.
Key: TypeAlias = str | Node | Module

# In decades, the most that the colours tell apart: what is below, a 0 too, has the lowest.
_MOST_DECADES = 12
# Inches.
_HEIGHT_OF_ROW, _WIDTH_OF_PANEL = 0.24, 5.0
_LONGEST_NAME = 28


def heat_map(
    tapes: Tape | Mapping[str, Tape],
    of: str = "gradient",
    nodes: Iterable[Key] | None = None,
    file: str | os.PathLike[str] | None = None,
) -> Figure:
    """Draw what the nodes inside of recurrences are read for at every step: rows are nodes, columns steps.

    Gradients that vanish or explode on their way back through time are seen at a glance; several runs stand side by
    side in the same colours.

    Parameters
    ----------
    tapes : Tape or dict of str to Tape
        A run, or several, by their titles.
    of : str
        A word of :func:`graphnet.inspect.readings.read`: the norm of the ``"gradient"`` (after a backward) or of the
        ``"activation"``, both in logarithmic colours; ``"saturation"``, ``"dead"``, ``"not finite"``.
    nodes : list of str, Node or Module, optional
        The rows, from top to bottom: names or paths of nodes, the nodes themselves or the modules they call. By default
        all nodes, in order of execution.
    file : path, optional
        Where to write it, too: ``.png``, ``.svg`` or ``.pdf``. It is written whole or not at all.

    Returns
    -------
    matplotlib.figure.Figure
        It shows itself in a notebook. Steps count in the order of running. A × stands where a number is NaN or
        infinite.

    Raises
    ------
    ValueError
        If there is no recurrence, none whose steps were kept, nothing to read, or no backward; if the word or the
        file's suffix is unknown.
    LookupError
        If no run has one of the nodes.
    ImportError
        If the extra ``train`` is not installed.

    Notes
    -----
    The colours are viridis (van der Walt and Smith, 2015), which the colour-blind tell apart, too. Hochreiter, "The
    vanishing gradient problem during learning recurrent neural nets", 1998.

    Examples
    --------
    >>> from graphnet import Recurrence, modules as nn
    >>> tape = Recurrence(nn.rnn(3, 8)).run(np.ones((5, 1, 3)))
    >>> dx = tape.backward(np.ones((5, 1, 8)))
    >>> axes, bar = heat_map(tape, nodes=["i2h", "next_h"]).axes
    >>> axes.images[0].get_array().shape, bar.get_ylabel()
    ((2, 5), 'gradient (norm)')
    """
    from graphnet.figures import check_kind, panels, save_figure

    if file is not None:
        check_kind(file)
    named = {"": tapes} if isinstance(tapes, Tape) else dict(tapes)
    if not named:
        raise ValueError("heat_map was given no runs")
    tables = {title: _table(title, tape, of) for title, tape in named.items()}
    if nodes is not None:
        tables = _chosen(tables, [nodes] if isinstance(nodes, (str, Node, Module)) else list(nodes))
    most_rows = max(len(table) for table in tables.values())
    size = {"width": 1.5 + _WIDTH_OF_PANEL * len(tables), "height": 1.4 + _HEIGHT_OF_ROW * most_rows}
    drawn = panels(1, len(tables), squeeze=False, **size)[0]
    colors = _colors(of, [row for table in tables.values() for row in table.values()])
    for axes, (title, table) in zip(drawn, tables.items(), strict=True):
        _draw(axes, title, table, colors)
    kind = KINDS[of]
    figure: Any = drawn[0].figure
    low = kind.scale == "log" and any((row < colors.vmin).any() for table in tables.values() for row in table.values())
    bar = figure.colorbar(drawn[0].images[0], ax=list(drawn), extend="min" if low else "neither")
    bar.set_label(kind.title if kind.unit in ("share", "numbers") else f"{kind.title} ({kind.unit})")
    if file is not None:
        save_figure(figure, file)
    found: Figure = figure
    return found


def _table(title: str, tape: Tape, of: str) -> dict[Site, Array]:
    """Return the numbers of the nodes inside of a run's recurrences, T each."""
    whose = f" of {title!r}" if title else ""
    if not isinstance(tape, Tape):
        raise TypeError(f"heat_map takes tapes, as net.run(x) gives them, not {tape!r}")
    found = read_over_time(of, tape)
    if found:
        return found
    records = [saved for saved in tape.saved.values() if isinstance(saved, Record)]
    if not records:
        raise ValueError(f"the run{whose} has no recurrence, so there are no steps to show")
    if any(record.segment is not None for record in records):
        raise ValueError(f"the run{whose} kept no steps: make the recurrence without recompute=True to look at them")
    raise ValueError(f"no node{whose} can be read for {of!r}")


def _chosen(tables: dict[str, dict[Site, Array]], nodes: list[Key]) -> dict[str, dict[Site, Array]]:
    """Return the rows that are asked for, of each run those that it has."""
    missing = [key for key in nodes if not any(_is_called(site, key) for table in tables.values() for site in table)]
    if missing:
        names = dict.fromkeys(_name(site) for table in tables.values() for site in table)
        raise LookupError(f"there is no node {missing[0]!r} with a number; there are {', '.join(names)}")
    found = {
        title: {site: table[site] for key in nodes for site in table if _is_called(site, key)}
        for title, table in tables.items()
    }
    for title, table in found.items():
        if not table:
            raise LookupError(f"the run of {title!r} has none of these nodes")
    return found


def _is_called(site: Site, key: Key) -> bool:
    call = site[-1]
    if isinstance(key, str):
        return key in (call.node.name, _name(site), path_of(site))
    return key is call.node or key is call.module


def _name(site: Site) -> str:
    """Return the path of a node inside of the outermost recurrence."""
    return path_of(site[1:])


def _colors(of: str, rows: list[Array]) -> Any:
    """Return how numbers become colours: a norm of matplotlib, the same for all runs."""
    from matplotlib.colors import LogNorm, Normalize

    numbers = np.concatenate(rows)
    numbers = numbers[np.isfinite(numbers)]
    scale = KINDS[of].scale
    if scale == "share":
        return Normalize(0, 1)
    if scale == "log":
        positive = numbers[numbers > 0]
        high = positive.max() if positive.size else 1.0
        low = max(positive.min(initial=high), high * 10.0**-_MOST_DECADES)
        return LogNorm(low if low < high else high / 10, high)
    return Normalize(0, max(1.0, numbers.max(initial=0)))


def _draw(axes: Any, title: str, table: dict[Site, Array], colors: Any) -> None:
    n_steps = max(len(row) for row in table.values())
    numbers = np.full((len(table), n_steps), np.nan)
    for i, row in enumerate(table.values()):
        numbers[i, : len(row)] = row
    shown = np.ma.masked_invalid(np.where(numbers < colors.vmin, colors.vmin, numbers))
    axes.imshow(shown, norm=colors, cmap="viridis", aspect="auto", interpolation="nearest")
    strange = [
        (t, i) for i, row in enumerate(table.values()) for t, number in enumerate(row) if not np.isfinite(number)
    ]
    if strange:
        axes.plot(*zip(*strange, strict=True), "x", color="#c81e1e", markersize=6)
    several = len({site[0] for site in table}) > 1
    names = [path_of(site) if several else _name(site) for site in table]
    axes.set_yticks(range(len(table)), [shortened(name, _LONGEST_NAME) for name in names])
    axes.set_xlabel("step")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_title(title)
    axes.grid(visible=False)
