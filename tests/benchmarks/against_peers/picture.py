"""The picture of the table: bars of ours and of the peers', for each work."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from graphnet.figures import panels, save_figure
from tests.benchmarks.against_peers.contestants import EAGER, FUSED, JIT, OURS
from tests.benchmarks.against_peers.figure import Figure, amount

# Okabe and Ito's, which those who see few colours tell apart; on white, so that they do in dark pages, too.
COLOURS = {OURS: "#0072B2", FUSED: "#E69F00", EAGER: "#56B4E9", JIT: "#CC79A7"}
INK = "#1f2933"
LONGEST = 4.0  # of the bars, in times of ours; longer ones are cut
# What is shown on the left and on the right: a row and one of its works, and what it is called.
GROUPS: tuple[dict[tuple[str, str], str], ...] = (
    {
        ("lstm-128", ""): "2 x 128 LSTM,\nT 50, batch 50",
        ("lstm-512", ""): "2 x 512 LSTM,\nT 50, batch 64",
        ("cells-128", "peephole_lstm"): "peephole LSTM,\n128 units",
        ("cells-128", "layer_norm_lstm"): "layer-norm LSTM,\n128 units",
        ("cells-128", "gru"): "GRU, 128 units",
    },
    {
        ("step-tutorial", "forward + backward"): "one step 3/2,\nbatch 1",
        ("step-128", "forward + backward"): "one step 65/128,\nbatch 50",
        ("step-512", "forward + backward"): "one step 512/512,\nbatch 64",
        ("mlp", "float32"): "MLP 512-1024x10-128,\nbatch 16",
        ("inference", ""): "inference, T 1,000,\nbatch 1, 1 thread",
    },
)


def draw(figures: Sequence[Figure], file: Path) -> None:
    """Draw the works that were measured, on the most threads that they were, and write the picture."""
    sides = [times for group in GROUPS if (times := _times(figures, group))]
    if not sides:
        raise ValueError("none of the works that the picture shows was measured")
    n_bars = max(sum(len(bars) + 0.8 for _, bars in side) for side in sides)
    drawn = panels(1, len(sides), width=4.15 * len(sides), height=0.75 + 0.17 * n_bars, squeeze=False)[0]
    for axes, side in zip(drawn, sides, strict=True):
        _draw_side(axes, side)
    figure = drawn[0].figure
    there = {who for side in sides for _, bars in side for who in bars}
    handles = [drawn[0].barh(0, 0, color=colour, label=who) for who, colour in COLOURS.items() if who in there]
    figure.legend(handles=handles, loc="outside upper center", ncols=4, frameon=False, fontsize=9, labelcolor=INK)
    save_figure(figure, file)


def _times(figures: Sequence[Figure], group: dict[tuple[str, str], str]) -> list[tuple[str, dict[str, float]]]:
    """Return, for each work that was measured, its name and the median seconds of all contestants."""
    found = []
    for (row, what), name in group.items():
        mine = [figure for figure in figures if (figure.row, figure.what) == (row, what) and figure.kind == "ratio"]
        if mine:
            most = max(figure.threads for figure in mine)
            bars = {OURS: statistics.median(mine[0].ours)}
            for figure in mine:
                if figure.threads == most:
                    bars[OURS] = statistics.median(figure.ours)
                    if figure.theirs:
                        bars[figure.peer] = statistics.median(figure.theirs)
            found.append((name, bars))
    return found


def _draw_side(axes: Any, side: Sequence[tuple[str, dict[str, float]]]) -> None:
    at, ticks = 0.0, []
    for _, bars in side:
        ticks.append(at + (len(bars) - 1) / 2)
        for who, seconds in bars.items():
            length = seconds / bars[OURS]
            axes.barh(at, min(length, LONGEST), height=0.86, color=COLOURS[who])
            cut = length > LONGEST
            label = amount(seconds, "s") + (f"  ({length:.1f} x)" if cut else "")
            axes.text(
                LONGEST - 0.06 if cut else length + 0.05,
                at,
                label,
                ha="right" if cut else "left",
                va="center",
                fontsize=8,
                color=INK,
                fontweight="bold" if who == OURS else "normal",
                bbox=None if cut else {"facecolor": "white", "edgecolor": "none", "pad": 0.6},
            )
            at += 1
        at += 0.8
    axes.set_yticks(ticks, [name for name, _ in side], fontsize=9, color=INK)
    axes.set_ylim(at - 1.1, -0.7)
    axes.set_xlim(0, LONGEST + 0.15)  # so that the last number is not cut
    axes.set_xticks(range(int(LONGEST) + 1))
    axes.set_xlabel("time, graphnet = 1", fontsize=9, color=INK)
    axes.axvline(1, color=INK, linewidth=0.8, linestyle=":")
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=8, colors=INK)
    axes.grid(visible=False, axis="y")
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
