"""What the contestants compute: one description for all of them, and the numbers that all of them start from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

Arrays: TypeAlias = dict[str, Any]

MLP_OUTPUTS = 128


@dataclass(frozen=True)
class Work:
    """A net, its sizes, and how far it is run.

    ``net`` is "characters" (layers of a cell over one-hot symbols, a decoder and the loss; forwards alone, the
    log-probabilities), "step" (one step of one cell), "mlp" (nngraph's speed test: before the first hidden layer,
    between them, and after the last, ReLUs of the sum of two Linears) or "square" (one product of two square matrices).
    """

    net: str
    cell: str = "lstm"
    n_inputs: int = 65
    n: int = 128
    n_layers: int = 1
    n_steps: int = 50
    n_rows: int = 50
    backward: bool = True
    dtype: str = "float32"

    def states(self) -> list[str]:
        """Return the names of the cell's states, h the last."""
        return ["h"] if self.cell == "gru" else ["c", "h"]

    def mlp_sizes(self) -> list[tuple[int, int]]:
        """Return the sizes of each pair of Linears."""
        hidden = [(self.n, self.n)] * self.n_layers
        return [(self.n_inputs, self.n), *hidden, (self.n, MLP_OUTPUTS)]


class Numbers(NamedTuple):
    """The arrays that all contestants start from; parameters by the names and in the order of our net."""

    parameters: Arrays
    inputs: Arrays

    def save(self, file: Path) -> None:
        named = {f"parameter {name}": value for name, value in self.parameters.items()}
        np.savez(file, **named, **{f"input {name}": value for name, value in self.inputs.items()})

    @classmethod
    def load(cls, file: Path) -> Numbers:
        parts: dict[str, Arrays] = {"parameter": {}, "input": {}}
        with np.load(file) as arrays:
            for key in arrays.files:
                part, name = key.split(" ", 1)
                parts[part][name] = arrays[key]
        return cls(parts["parameter"], parts["input"])


class Contestant(NamedTuple):
    """Who computes a work.

    ``begin`` does what comes once before the first call (compilation, where it is asked for) and returns the call that
    is timed; ``read`` gives names to what a call gave, the same for all contestants: "loss", or "y", or "y c" and
    "y h", and "grad NAME" for parameters and inputs.
    """

    begin: Callable[[], Callable[[], Any]]
    read: Callable[[Any], Arrays]


def draw_inputs(work: Work, rng: np.random.Generator) -> Arrays:
    """Draw the inputs of a work, and the gradients that come to its outputs."""
    if work.net == "characters":
        symbols = rng.integers(0, work.n_inputs, (work.n_steps + 1, work.n_rows))
        return {"symbols": symbols[:-1], "targets": symbols[1:]}
    shapes = {"x": (work.n_rows, work.n_inputs)}
    if work.net == "step":
        shapes |= {name: (work.n_rows, work.n) for state in work.states() for name in (state, f"dy {state}")}
    elif work.net == "mlp":
        shapes["dy"] = (work.n_rows, MLP_OUTPUTS)
    return {name: rng.normal(size=shape).astype(work.dtype) for name, shape in shapes.items()}


def parts_of(parameters: Arrays, prefix: str) -> Arrays:
    """Return the parameters of one part of the net, such as ``layer_1``, by the names they have in it.

    >>> parts_of({"layer_1.i2h.bias": 1, "layer_2.i2h.bias": 2}, "layer_2")
    {'i2h.bias': 2}
    """
    start = prefix + "."
    return {name.removeprefix(start): value for name, value in parameters.items() if name.startswith(start)}


def one_hot(symbols: Any, work: Work) -> Any:
    """Return the one-hot vectors of symbols; peers get them ready-made, ours makes them in its drawing."""
    return np.eye(work.n_inputs, dtype=work.dtype)[symbols]
