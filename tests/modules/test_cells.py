"""Every cell is its equations, written out once more in NumPy; its parameters and names; cells put together."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import pytest

import graphnet as gn
from graphnet import check_gradients, gModule
from graphnet import modules as nn

Array = np.ndarray


def real(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def sigmoid(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))


def numbers(net: gn.Module) -> dict[str, Array]:
    return {name: parameter.value for name, parameter in net.named_parameters().items()}


def scattered(net: gModule) -> gModule:
    """Give every parameter numbers of its own, so that none is 0 or 1 as it may start with."""
    for i, parameter in enumerate(net.parameters()):
        parameter.value = 0.5 * real(*parameter.shape, seed=i + 1)
    return net


# ---- the equations


def rnn(p: dict[str, Array], x: Array, h: Array) -> list[Array]:
    return [np.tanh(x @ p["i2h.weight"].T + p["i2h.bias"] + h @ p["h2h.weight"].T + p["h2h.bias"])]


def joined_rnn(p: dict[str, Array], x: Array, h: Array) -> list[Array]:
    return [np.tanh(np.hstack([h, x]) @ p["preactivations.weight"].T + p["preactivations.bias"])]


def sums(p: dict[str, Array], x: Array, h: Array, n_parts: int) -> list[Array]:
    both = x @ p["i2h.weight"].T + p["i2h.bias"] + h @ p["h2h.weight"].T + p["h2h.bias"]
    return np.split(both, n_parts, axis=1)


def lstm(p: dict[str, Array], x: Array, c: Array, h: Array) -> list[Array]:
    i, f, o, g = sums(p, x, h, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return [c, sigmoid(o) * np.tanh(c)]


def lstm_of_eight_linears(p: dict[str, Array], x: Array, c: Array, h: Array) -> list[Array]:
    numbered = iter(p.values())

    def new_input_sum() -> Array:
        w, b, u, d = (next(numbered) for _ in range(4))
        return x @ w.T + b + h @ u.T + d

    f, i, g, o = (new_input_sum() for _ in range(4))  # in the order of the drawing: c' needs f first
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return [c, sigmoid(o) * np.tanh(c)]


def peephole_lstm(p: dict[str, Array], x: Array, c: Array, h: Array) -> list[Array]:
    i, f, o, g = sums(p, x, h, 4)
    new_c = sigmoid(f + p["forget_peephole.weight"] * c) * c
    new_c = new_c + sigmoid(i + p["in_peephole.weight"] * c) * np.tanh(g)
    return [new_c, sigmoid(o + p["out_peephole.weight"] * new_c) * np.tanh(new_c)]


def full_peephole_lstm(p: dict[str, Array], x: Array, c: Array, h: Array) -> list[Array]:
    numbered = iter(p.values())

    def new_sum(*inputs: Array) -> Array:
        return sum(a @ next(numbered).T + next(numbered) for a in inputs)

    f, i, g = new_sum(x, h, c), new_sum(x, h, c), new_sum(x, h)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return [c, sigmoid(new_sum(x, h, c)) * np.tanh(c)]


def coupled_lstm(p: dict[str, Array], x: Array, c: Array, h: Array) -> list[Array]:
    f, o, g = sums(p, x, h, 3)
    c = sigmoid(f) * c + (1 - sigmoid(f)) * np.tanh(g)
    return [c, sigmoid(o) * np.tanh(c)]


def layer_norm_lstm(p: dict[str, Array], x: Array, c: Array, h: Array) -> list[Array]:
    def normal(a: Array, name: str) -> Array:
        a = (a - a.mean(1, keepdims=True)) / np.sqrt(a.var(1, keepdims=True) + 1e-5)
        return a * p[f"{name}.weight"] + p[f"{name}.bias"]

    both = normal(x @ p["i2h.weight"].T, "normal_i2h") + normal(h @ p["h2h.weight"].T, "normal_h2h")
    i, f, o, g = np.split(both, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return [c, sigmoid(o) * np.tanh(normal(c, "normal_c"))]


def gru_of_torch7(p: dict[str, Array], x: Array, h: Array) -> list[Array]:
    w, u, v = p["i2h.weight"], p["h2h.weight"], p["candidate_h2h.weight"]
    a, b = p["i2h.bias"], p["h2h.bias"]
    n = h.shape[1]
    r = sigmoid(x @ w[:n].T + a[:n] + h @ u[:n].T + b[:n])
    z = sigmoid(x @ w[n : 2 * n].T + a[n : 2 * n] + h @ u[n:].T + b[n:])
    candidate = np.tanh(x @ w[2 * n :].T + a[2 * n :] + (r * h) @ v.T + p["candidate_h2h.bias"])
    return [(1 - z) * h + z * candidate]


def gru_of_cudnn(p: dict[str, Array], x: Array, h: Array) -> list[Array]:
    from_x = np.split(x @ p["i2h.weight"].T + p["i2h.bias"], 3, axis=1)
    from_h = np.split(h @ p["h2h.weight"].T + p["h2h.bias"], 3, axis=1)
    r, z = sigmoid(from_x[0] + from_h[0]), sigmoid(from_x[1] + from_h[1])
    candidate = np.tanh(from_x[2] + r * from_h[2])
    return [(1 - z) * candidate + z * h]


CELLS: dict[str, tuple[Callable[[int, int], gModule], Callable[..., list[Array]]]] = {
    "rnn": (nn.rnn, rnn),
    "joined_rnn": (nn.joined_rnn, joined_rnn),
    "lstm": (nn.lstm, lstm),
    "lstm_of_eight_linears": (nn.lstm_of_eight_linears, lstm_of_eight_linears),
    "peephole_lstm": (nn.peephole_lstm, peephole_lstm),
    "peephole_lstm, full": (functools.partial(nn.peephole_lstm, full=True), full_peephole_lstm),
    "coupled_lstm": (nn.coupled_lstm, coupled_lstm),
    "layer_norm_lstm": (nn.layer_norm_lstm, layer_norm_lstm),
    "gru": (nn.gru, gru_of_torch7),
    "gru, cudnn": (functools.partial(nn.gru, convention="cudnn"), gru_of_cudnn),
}
every_cell = pytest.mark.parametrize("name", CELLS)


def states_of(cell: gModule, rows: int, n: int) -> list[Array]:
    return [real(rows, n, seed=9 + i) for i in range(len(cell.graph().inputs) - 1)]


@every_cell
@pytest.mark.parametrize(("inputs", "n", "rows"), [(1, 1, 1), (3, 2, 4), (2, 5, 3)])
def test_a_cell_is_its_equations(name: str, inputs: int, n: int, rows: int) -> None:
    draw, by_hand = CELLS[name]
    cell = scattered(draw(inputs, n))
    x, states = real(rows, inputs), states_of(cell, rows, n)
    expected = by_hand(numbers(cell), x, *states)
    found = cell.forward([x, *states])
    for mine, theirs in zip(found if isinstance(found, list) else [found], expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-14)


@every_cell
def test_the_gradients_of_a_cell(name: str) -> None:
    cell = scattered(CELLS[name][0](3, 4))
    report = check_gradients(cell, [real(2, 3), *states_of(cell, 2, 4)])
    assert report.ok, f"\n{report}"


@every_cell
def test_the_names_of_a_cell(name: str) -> None:
    graph = CELLS[name][0](3, 2).graph()
    inputs = ["x", "prev_c", "prev_h"] if "lstm" in name else ["x", "prev_h"]
    assert [node.name for node in graph.inputs] == inputs
    assert [node.name for node in graph.outputs] == [state.replace("prev", "next") for state in inputs[1:]]


# ---- how many parameters


def size(net: gn.Module) -> int:
    return sum(parameter.size for parameter in net.parameters())


@pytest.mark.parametrize(("inputs", "n"), [(1, 1), (3, 2), (2, 7)])
def test_the_numbers_of_parameters(inputs: int, n: int) -> None:
    of_x, of_h = inputs * n + n, n * n + n
    counts = {
        "rnn": of_x + of_h,
        "joined_rnn": (inputs + n) * n + n,
        "lstm": 4 * of_x + 4 * of_h,
        "lstm_of_eight_linears": 4 * of_x + 4 * of_h,
        "peephole_lstm": 4 * of_x + 4 * of_h + 3 * n,
        "peephole_lstm, full": 4 * of_x + 7 * of_h,
        "coupled_lstm": 3 * of_x + 3 * of_h,
        "layer_norm_lstm": 4 * inputs * n + 4 * n * n + 18 * n,
        "gru": 3 * of_x + 3 * of_h,
        "gru, cudnn": 3 * of_x + 3 * of_h,
    }
    assert {name: size(draw(inputs, n)) for name, (draw, _) in CELLS.items()} == counts


def test_the_numbers_of_the_tutorials() -> None:
    assert size(nn.lstm(3, 2)) == 56
    assert size(nn.lstm_of_eight_linears(400, 400)) == 1_283_200
    assert size(nn.char_rnn(65, 128, 2)) == 240_321
    assert size(nn.joined_rnn(1, 26)) + size(nn.Linear(26, 1)) == 755
    assert size(nn.peephole_lstm(1, 16, full=True)) + size(nn.Linear(16, 1)) == 2_049
    assert len(nn.peephole_lstm(1, 16, full=True).find_modules(nn.Linear)[0]) == 11
    for convention in ("torch7", "cudnn"):
        assert size(nn.gru(1, 16, convention)) + size(nn.Linear(16, 1)) == 929


# ---- the relations between them


def test_a_joined_rnn_is_an_rnn_with_its_matrices_side_by_side() -> None:
    two, one = nn.rnn(3, 2), nn.joined_rnn(3, 2)
    p = numbers(two)
    weight, bias = one.parameters()
    weight.value = np.hstack([p["h2h.weight"], p["i2h.weight"]])
    bias.value = p["h2h.bias"] + p["i2h.bias"]
    x = [real(4, 3), real(4, 2)]
    np.testing.assert_allclose(one.forward(x), two.forward(x), rtol=1e-13)


def test_diagonal_matrices_are_vectors_of_peepholes() -> None:
    n = 3
    vectors, full = scattered(nn.peephole_lstm(2, n)), nn.peephole_lstm(2, n, full=True)
    p = numbers(vectors)
    targets = iter(full.parameters())
    for gate, k in (("forget", 1), ("in", 0), (None, 3), ("out", 2)):
        part = slice(k * n, k * n + n)
        for source in ("i2h", "h2h"):
            next(targets).value = p[f"{source}.weight"][part]
            next(targets).value = p[f"{source}.bias"][part]
        if gate:
            next(targets).value = np.diag(p[f"{gate}_peephole.weight"])
            next(targets).value = np.zeros(n)
    x = [real(4, 2), real(4, n), real(4, n) + 1]
    for mine, theirs in zip(full.forward(x), vectors.forward(x), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)


def test_what_an_update_gate_of_one_means() -> None:
    x, h = real(4, 3), real(4, 2)
    for convention, keeps in (("torch7", False), ("cudnn", True)):
        cell = nn.gru(3, 2, convention)
        cell.named_parameters()["i2h.bias"].value[2:4] = 1000
        assert np.array_equal(cell.forward([x, h]), h) == keeps


def test_a_coupled_cell_takes_in_what_it_forgets() -> None:
    cell = nn.coupled_lstm(3, 2, forget_bias=1000.0)
    c = real(4, 2)
    np.testing.assert_array_equal(cell.forward([real(4, 3), c, real(4, 2)])[0], c)


# ---- the forget gate's bias


@pytest.mark.parametrize(
    ("name", "parameter", "place"),
    [
        ("lstm", "i2h.bias", slice(2, 4)),
        ("lstm_of_eight_linears", 1, slice(None)),
        ("peephole_lstm", "i2h.bias", slice(2, 4)),
        ("peephole_lstm, full", 1, slice(None)),
        ("coupled_lstm", "i2h.bias", slice(0, 2)),
        ("layer_norm_lstm", "normal_i2h.bias", slice(2, 4)),
    ],
)
def test_the_forget_bias(name: str, parameter: str | int, place: slice) -> None:
    draw = CELLS[name][0]
    gn.manual_seed(1)
    plain = draw(3, 2).parameters()
    gn.manual_seed(1)
    raised_net = draw(3, 2, forget_bias=1.5)
    raised = raised_net.parameters()
    which = parameter if isinstance(parameter, int) else list(raised_net.named_parameters()).index(parameter)
    np.testing.assert_array_equal(raised[which].value[place], 1.5)
    for i, (a, b) in enumerate(zip(plain, raised, strict=True)):
        different = a.value != b.value
        if i == which:
            different[place] = ~different[place]
        assert not different.any()
    # It opens the forget gate, and that of no other: an empty memory stays what the other gates make of it.
    zeros = [np.zeros((1, 2))] * 2
    gates = raised_net.run([np.zeros((1, 3)), *zeros])["forget_gate"].output
    gn.manual_seed(1)
    low = draw(3, 2, forget_bias=0.0).run([np.zeros((1, 3)), *zeros])["forget_gate"].output
    assert (gates > low).all()


def test_a_reset_draws_the_forget_bias_anew() -> None:
    cell = nn.lstm(3, 2, forget_bias=5.0)
    cell.reset()
    assert np.abs(cell.named_parameters()["i2h.bias"].value).max() <= 1 / np.sqrt(3)


# ---- slips


def test_an_unknown_convention_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'torch7' and 'cudnn'.*not 'keras'"):
        nn.gru(3, 2, "keras")
