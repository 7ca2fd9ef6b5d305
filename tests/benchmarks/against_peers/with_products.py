"""The matrix products of a work alone, by NumPy and by PyTorch: what is left when all else costs nothing.

Products with one-hot vectors are left out, since they only pick columns and sum rows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from tests.benchmarks.against_peers.contestants import PRODUCTS_OF_PYTORCH
from tests.benchmarks.against_peers.work import Contestant, Numbers, Work


class Use(NamedTuple):
    """One Linear, called so many times with so many rows; the gradient of its weights is one product for all calls."""

    n_calls: int
    n_rows: int
    n_inputs: int
    n_outputs: int


def uses(work: Work) -> list[Use]:
    """Return what the work multiplies.

    >>> uses(Work("step", n_inputs=3, n=2, n_rows=1))
    [Use(n_calls=1, n_rows=1, n_inputs=3, n_outputs=8), Use(n_calls=1, n_rows=1, n_inputs=2, n_outputs=8)]
    """
    if work.net == "square":
        return [Use(1, work.n, work.n, work.n)]
    if work.net == "mlp":
        return [Use(1, work.n_rows, *sizes) for sizes in work.mlp_sizes() for _ in range(2)]
    n = work.n
    width = {"gru": 3, "coupled_lstm": 3}.get(work.cell, 4) * n
    of_h = [(n, 2 * n), (n, n)] if work.cell == "gru" else [(n, width)]
    if work.net == "step":
        return [Use(1, work.n_rows, *sizes) for sizes in ((work.n_inputs, width), *of_h)]
    together = work.n_steps * work.n_rows
    found = [Use(work.n_steps, work.n_rows, *sizes) for _ in range(work.n_layers) for sizes in of_h]
    found += [Use(1, together, n, width)] * (work.n_layers - 1)  # of what the layer below gave at all steps
    return [*found, Use(1, together, n, work.n_inputs)]


def make(who: str, work: Work, numbers: Numbers, threads: int) -> Contestant:
    """Return the products as a contestant, which gives nothing that could be compared."""
    multiply, array = _in_pytorch(work, threads) if who == PRODUCTS_OF_PYTORCH else (np.matmul, partial(_array, work))
    products = []
    for n_calls, n_rows, n_inputs, n_outputs in uses(work):
        x = [array(n_rows, n_inputs) for _ in range(n_calls)]
        weight, y = array(n_inputs, n_outputs), array(n_rows, n_outputs)
        products += [(a, weight, y) for a in x]
        if work.backward:
            products += [(y, weight.T, a) for a in x]
            all_x, all_dy = array(n_calls * n_rows, n_inputs), array(n_calls * n_rows, n_outputs)
            products.append((all_dy.T, all_x, array(n_outputs, n_inputs)))

    def call() -> None:
        for a, b, out in products:
            multiply(a, b, out=out)

    return Contestant(lambda: call, lambda _: {})


def _array(work: Work, *shape: int) -> Any:
    return np.full(shape, 0, work.dtype)  # in memory of its own, which np.zeros has only when it is written to


def _in_pytorch(work: Work, threads: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
    import torch

    torch.set_num_threads(threads)
    return torch.mm, lambda *shape: torch.from_numpy(_array(work, *shape))
