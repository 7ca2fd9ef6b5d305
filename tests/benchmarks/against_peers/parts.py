"""The peers' nets, part by part as ours are drawn; written once for all libraries of arrays.

``do`` is the library: ``linear(x, weight, bias)``, ``sigmoid``, ``tanh``, ``relu``, ``layer_norm(x, weight, bias)`` and
``split(x, sizes)``, which cuts columns. Parts are those that cost the peers least: one split where our drawings have
several Narrows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.benchmarks.against_peers.work import Arrays, Work, parts_of


def lstm(do: Any, p: Arrays, x: Any, c: Any, h: Any) -> tuple[Any, ...]:
    n = c.shape[1]
    gates, transform = do.split(_sum(do, p, x, h), [3 * n, n])
    return _remember(do, *do.split(do.sigmoid(gates), [n, n, n]), do.tanh(transform), c)


def peephole_lstm(do: Any, p: Arrays, x: Any, c: Any, h: Any) -> tuple[Any, ...]:
    n = c.shape[1]
    into, forget, out, transform = do.split(_sum(do, p, x, h), [n] * 4)
    into = do.sigmoid(into + p["in_peephole.weight"] * c)
    forget = do.sigmoid(forget + p["forget_peephole.weight"] * c)
    next_c = forget * c + into * do.tanh(transform)
    out = do.sigmoid(out + p["out_peephole.weight"] * next_c)
    return next_c, out * do.tanh(next_c)


def coupled_lstm(do: Any, p: Arrays, x: Any, c: Any, h: Any) -> tuple[Any, ...]:
    n = c.shape[1]
    gates, transform = do.split(_sum(do, p, x, h), [2 * n, n])
    forget, out = do.split(do.sigmoid(gates), [n, n])
    return _remember(do, 1 - forget, forget, out, do.tanh(transform), c)


def layer_norm_lstm(do: Any, p: Arrays, x: Any, c: Any, h: Any) -> tuple[Any, ...]:
    n = c.shape[1]
    sums = [
        do.layer_norm(do.linear(value, p[f"{name}.weight"], None), *_affine(p, f"normal_{name}"))
        for name, value in (("i2h", x), ("h2h", h))
    ]
    gates, transform = do.split(sums[0] + sums[1], [3 * n, n])
    into, forget, out = do.split(do.sigmoid(gates), [n, n, n])
    next_c = forget * c + into * do.tanh(transform)
    return next_c, out * do.tanh(do.layer_norm(next_c, *_affine(p, "normal_c")))


def gru(do: Any, p: Arrays, x: Any, h: Any) -> tuple[Any, ...]:
    n = h.shape[1]
    gates, candidate = do.split(do.linear(x, *_affine(p, "i2h")), [2 * n, n])
    reset, update = do.split(do.sigmoid(gates + do.linear(h, *_affine(p, "h2h"))), [n, n])
    candidate = do.tanh(candidate + do.linear(reset * h, *_affine(p, "candidate_h2h")))
    return ((1 - update) * h + update * candidate,)


CELLS = {cell.__name__: cell for cell in (lstm, peephole_lstm, coupled_lstm, layer_norm_lstm, gru)}


def layers_step(do: Any, work: Work, parameters: Arrays, x: Any, states: list[Any]) -> list[Any]:
    """Run one step of all layers; states and next states stand layer by layer, the top h last."""
    n_states = len(work.states())
    following: list[Any] = []
    for layer in range(work.n_layers):
        mine = states[layer * n_states : (layer + 1) * n_states]
        following += CELLS[work.cell](do, parts_of(parameters, f"layer_{layer + 1}"), x, *mine)
        x = following[-1]
    return following


def mlp(do: Any, p: Arrays, x: Any) -> tuple[Any]:
    """Run nngraph's perceptron."""
    for k in range(len(p) // 4):  # two Linears, of a weight and a bias
        x = do.relu(do.linear(x, *_affine(p, f"left_{k}")) + do.linear(x, *_affine(p, f"right_{k}")))
    return (x,)


def one_call(do: Any, work: Work) -> tuple[Callable[..., tuple[Any, ...]], list[str], list[str]]:
    """Return a step or the perceptron, of parameters and inputs; and the names of its inputs and of its outputs."""
    if work.net == "mlp":
        return partial(mlp, do), ["x"], ["y"]
    return partial(CELLS[work.cell], do), ["x", *work.states()], [f"y {state}" for state in work.states()]


def _affine(p: Arrays, name: str) -> tuple[Any, Any]:
    return p[f"{name}.weight"], p[f"{name}.bias"]


def _sum(do: Any, p: Arrays, x: Any, h: Any) -> Any:
    return do.linear(x, *_affine(p, "i2h")) + do.linear(h, *_affine(p, "h2h"))


def _remember(do: Any, into: Any, forget: Any, out: Any, transform: Any, c: Any) -> tuple[Any, Any]:
    next_c = forget * c + into * transform
    return next_c, out * do.tanh(next_c)
