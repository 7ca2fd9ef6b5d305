"""The pictures that training leaves: the step graph and the loss curve."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from graphnet.draw import draw
from graphnet.gmodule import gModule
from graphnet.training import History


def draw_step(step: gModule, folder: Path) -> tuple[Path, str]:
    """Write the picture of the step graph, or without Graphviz its source; return the file, and a hint or nothing."""
    picture = draw(step, title="one step of the language model")
    try:
        return picture.save(folder / "step.svg"), ""
    except RuntimeError as error:  # there is no Graphviz, and the message says how to get it
        return picture.save(folder / "step.dot"), f"the step graph is written as DOT text alone: {error}"


def draw_losses(history: History, entropy: float, file: Path) -> None:
    """Write the loss curves as a PNG, in nats per character and in bits, beside the unigram entropy."""
    from graphnet.figures import save_figure

    figure = history.plot()
    axes: Any = figure.axes[0]
    axes.axhline(entropy, linestyle="--", color="grey", label=f"unigram entropy, {entropy:.2f} nats")
    axes.set_ylabel("loss (nats per character)")
    axes.set_ylim(bottom=0)
    axes.secondary_yaxis("right", functions=(_bits, _nats)).set_ylabel("loss (bits per character)")
    axes.legend()
    save_figure(figure, file)


def _bits(nats: float) -> float:
    return nats / math.log(2)


def _nats(bits: float) -> float:
    return bits * math.log(2)
