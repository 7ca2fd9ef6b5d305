"""The pictures of the toy series; needs matplotlib, and is imported only when they are drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter

from graphnet.examples.pictures import panels, write
from graphnet.examples.toy_series.data import END, NOISE, curve, heights_before
from graphnet.examples.toy_series.nets import LSTM, Outcome
from graphnet.nesting import Array

COLOURS = {"RNN": "tab:orange", "LSTM": "tab:blue", "GRU": "tab:green"}
PLACE = 7.0  # the one whose inputs are shown


def draw_task(generator: np.random.Generator, file: Path) -> Path:
    """Draw the curve, the three heights that are seen of a place, and the other places of the same height."""
    axes = panels()
    z = np.linspace(-2, END, 500)
    axes.plot(z, curve(z), color="grey", label="f(z)")
    height = curve(np.array(PLACE))
    axes.axhline(float(height), linestyle=":", color="tab:red", label=f"f({PLACE}) alone does not tell z")
    crossings = places_of_height(float(height))
    axes.plot(crossings, curve(crossings), "x", color="tab:red")
    places = PLACE - np.arange(3)
    seen = heights_before(np.array([PLACE]), 3)[0] + generator.normal(0, NOISE, 3)
    axes.plot(places, seen, "v", markersize=9, color="tab:blue", label="three heights seen, with noise")
    for place, text in zip(places, ("z", "z - 1", "z - 2"), strict=True):
        axes.axvline(place, linestyle="--", linewidth=0.8, color="tab:blue")
        axes.annotate(text, (place, 0.1), xytext=(3, 0), textcoords="offset points", color="tab:blue")
    axes.set(xlabel="z", ylabel="f(z)", title="Which z has these heights?", ylim=(0, None))
    axes.legend()
    return write(axes, file)


def places_of_height(height: float, end: float = END) -> Array:
    """Return the places from 0 to ``end`` where the curve has a height.

    >>> len(places_of_height(float(curve(np.array(7.0)))))
    7
    """
    z = np.linspace(0, end, 10_001)
    above = curve(z) > height
    found: Array = z[:-1][above[1:] != above[:-1]]
    return found


def draw_predictions(outcomes: list[Outcome], file: Path) -> Path:
    """Draw what each net tells of inputs without noise against the truth, on a grid of 200 places."""
    n_columns = -(-len(outcomes) // 2)
    axes = panels(2, n_columns, width=3.3 * n_columns, height=7.8, sharex=True, sharey=True, squeeze=False)
    for one, outcome in zip(axes.flat, outcomes, strict=False):
        z, told = outcome.on_grid()
        one.plot(z, z, color="grey", linewidth=1, label="z")
        one.plot(z, told, ".", markersize=4, color=colour_of(outcome), label="predicted")
        error = float(np.sqrt(np.mean((told - z) ** 2)))
        setting = outcome.setting
        how = f"batch {setting.batch}, rate {setting.rate:g}, {setting.epochs} epochs"
        one.set_title(f"{setting.name}\n{how}\noff by {error:.2f} (root mean square)", fontsize=9)
        one.legend(loc="upper left")
    for one in axes.flat[len(outcomes) :]:
        one.set_visible(False)
    for one in axes[-1]:
        one.set_xlabel("true z")
    for one in axes[:, 0]:
        one.set_ylabel("predicted z")
    return write(axes.flat[0], file)


def draw_learning(outcomes: list[Outcome], file: Path) -> Path:
    """Draw the training errors over epochs and over seconds, and where the source's LSTM stood at its end."""
    axes = panels(1, 2, width=11, height=5, sharey=True)
    named: set[str] = set()
    for outcome in outcomes:
        label = outcome.setting.name if outcome.setting.name not in named else None
        named.add(outcome.setting.name)
        style: dict[str, Any] = {"color": colour_of(outcome), "marker": ".", "linewidth": 1, "label": label}
        axes[0].plot(range(1, len(outcome.train) + 1), outcome.train, **style)
        axes[1].plot(outcome.seconds, outcome.train, **style)
    axes[0].set(xlabel="epochs", ylabel="training error (mean square)", yscale="log")
    axes[0].set_xticks(range(0, 21, 5))
    axes[0].yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes[0].yaxis.set_major_formatter("{x:g}")
    axes[0].yaxis.set_minor_formatter(NullFormatter())
    axes[1].set(xlabel="seconds of the processor")
    for one in axes:
        one.axhline(LSTM.documented[5], linestyle=":", color="grey", label="source: the LSTM after 5 epochs")
        one.legend()
    return write(axes[0], file)


def colour_of(outcome: Outcome) -> str:
    """Return the colour of a kind of net, which its name begins with."""
    return COLOURS[outcome.setting.name.split(",")[0]]
