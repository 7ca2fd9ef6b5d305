"""The pictures that training leaves: the step graph and the loss curve."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

from graphnet.draw import draw
from graphnet.files import write_atomically
from graphnet.gmodule import gModule


def draw_step(step: gModule, folder: Path) -> tuple[Path, str]:
    """Write the picture of the step graph, or without Graphviz its source; return the file, and a hint or nothing."""
    picture = draw(step, title="one step of the language model")
    try:
        return picture.save(folder / "step.svg"), ""
    except RuntimeError as error:  # there is no Graphviz, and the message says how to get it
        return picture.save(folder / "step.dot"), f"the step graph is written as DOT text alone: {error}"


def draw_losses(history: dict[str, list[list[float]]], entropy: float, file: Path) -> None:
    """Write the loss curves as a PNG: nats per character over characters seen, beside the unigram entropy."""
    # Figure itself and not pyplot, whose global state and windows are the user's.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes: Any = figure.add_subplot()
    for name, style in (("train", "-"), ("validation", "o-")):
        if history[name]:
            characters, losses = zip(*history[name], strict=True)
            axes.plot([n / 1e6 for n in characters], losses, style, label=name)
    axes.axhline(entropy, linestyle="--", color="grey", label=f"unigram entropy, {entropy:.2f} nats")
    axes.set_xlabel("characters seen (millions)")
    axes.set_ylabel("loss (nats per character)")
    axes.set_ylim(bottom=0)
    axes.secondary_yaxis("right", functions=(_bits, _nats)).set_ylabel("loss (bits per character)")
    axes.grid(alpha=0.3)
    axes.legend()
    contents = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(contents, format="png", dpi=120)
    write_atomically(file, contents.getvalue())


def _bits(nats: float) -> float:
    return nats / math.log(2)


def _nats(bits: float) -> float:
    return bits * math.log(2)
