"""The memory of a run, told before it runs, against what it then takes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.inspect import memory_estimate
from graphnet.nesting import Nested, map_nested


def peak(net: gn.Module, x: Nested, *, forward_only: bool = False) -> int:
    """Return the most memory that a forward and a backward hold at a time, with the gradient of the output."""

    def run() -> list[Nested]:
        y = net.forward(x)
        if forward_only:
            return [y]
        dy = map_nested(np.ones_like, y)
        return [y, dy, net.backward(x, dy)]

    run()  # plans are made
    net.plan().latest.tape = None
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def mlp() -> gn.Module:
    return nn.Sequential(nn.Linear(50, 200), nn.Tanh(), nn.Linear(200, 100), nn.ReLU(), nn.Linear(100, 10))


def wide() -> gn.Module:
    """One in which the gradient of a weight takes more than the values."""
    return nn.Sequential(nn.Linear(20, 600), nn.ReLU(), nn.Linear(600, 600), nn.ReLU(), nn.Linear(600, 10))


def images() -> gn.Module:
    return nn.Sequential(
        nn.SpatialConvolution(3, 8, 5, 5, 1, 1, 2),
        nn.SpatialBatchNormalization(8),
        nn.ReLU(),
        nn.SpatialMaxPooling(2, 2, 2, 2),
        nn.SpatialConvolution(8, 16, 3, 3),
        nn.ReLU(),
        nn.SpatialAveragePooling(2, 2, 2, 2),
        nn.View(16 * 3 * 3),
        nn.Linear(16 * 3 * 3, 10),
        nn.LogSoftMax(),
    )


def lstm(**options: Any) -> gn.Module:
    return gn.Recurrence(nn.lstm(6, 24), **options)


def decoder() -> gn.Module:
    step = nn.attending(nn.lstm(6 + 16, 20), nn.attention(20, 16, 12))
    return gn.Recurrence(step, outputs=["next_h", "weights"], constants=["memory"])


def tagger() -> gn.Module:
    inner = gn.Recurrence(nn.gru(16, 20))
    return nn.Sequential(nn.LookupTable(50, 16), inner, nn.Dropout(), nn.Bottle(nn.Linear(20, 30)))


def looking_at_itself() -> gn.Module:
    """Self-attention, whose weights grow with the square of the number of steps."""
    x = nn.Identity()()
    weights = nn.Bottle(nn.SoftMax())(nn.MM(False, True)([x, x]))
    return gn.gModule([x], [nn.MM()([weights, x])])


CASES: list[tuple[str, Callable[[], gn.Module], Any, dict[str, int], Any]] = [
    ("perceptron", mlp, ("B", 50), {"B": 500}, None),
    ("perceptron in numbers", mlp, (500, 50), {}, None),
    ("wide perceptron", wide, ("B", 20), {"B": 150}, None),
    ("images", images, ("B", 3, 16, 16), {"B": 60}, None),
    ("images in numbers", images, (60, 3, 16, 16), {}, None),
    ("lstm, 50 steps", lstm, ("T", "B", 6), {"T": 50, "B": 32}, None),
    ("lstm, 400 steps", lstm, ("T", "B", 6), {"T": 400, "B": 16}, None),
    ("lstm in numbers", lstm, (100, 16, 6), {}, None),
    ("lstm of as many steps as rows", lstm, (40, 40, 6), {}, None),
    ("ragged", lambda: lstm(lengths=True), [("T", "B", 6), ("B",)], {"T": 60, "B": 16}, [None, "int64"]),
    ("reversed", lambda: lstm(batch_first=True, reverse=True), ("B", "T", 6), {"T": 60, "B": 16}, None),
    ("final states", lambda: lstm(final_states=True), ("T", "B", 6), {"T": 60, "B": 16}, None),
    ("computed again, 50 steps", lambda: lstm(recompute=True), ("T", "B", 6), {"T": 50, "B": 32}, None),
    ("computed again, 90 steps", lambda: lstm(recompute=True), ("T", "B", 6), {"T": 90, "B": 32}, None),
    ("computed again, 300 steps", lambda: lstm(recompute=True), ("T", "B", 6), {"T": 300, "B": 16}, None),
    ("characters", lambda: gn.Recurrence(nn.char_rnn(40, 32, 2)), ("T", "B"), {"T": 50, "B": 16}, "int64"),
    ("two directions", lambda: nn.bidirectional(nn.rnn(6, 24), nn.rnn(6, 24)), ("T", "B", 6), {"T": 90, "B": 32}, None),
    ("attention", decoder, [("T", "B", 6), ("B", "S", 16)], {"T": 40, "B": 16, "S": 70}, None),
    ("recurrence inside", tagger, ("T", "B"), {"T": 80, "B": 16}, int),
    ("dropout", lambda: nn.Sequential(nn.Linear(50, 300), nn.Dropout(0.3)), ("B", 50), {"B": 300}, None),
    ("single precision, perceptron", lambda: mlp().float(), ("B", 50), {"B": 500}, None),
    ("single precision, images", lambda: images().float(), ("B", 3, 16, 16), {"B": 60}, None),
    ("single precision, lstm", lambda: lstm().float(), ("T", "B", 6), {"T": 60, "B": 32}, None),
    ("squares", looking_at_itself, ("B", "T", 8), {"B": 8, "T": 200}, None),
]


@pytest.mark.parametrize(("make", "shape", "numbers", "dtype"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_it_is_within_15_percent_of_what_is_then_measured(
    make: Any, shape: Any, numbers: dict[str, int], dtype: Any
) -> None:
    net = make()
    estimate = memory_estimate(net, shape, dtype=dtype, **numbers)

    def array(part: Any, kind: Any) -> np.ndarray:
        sizes = [numbers.get(size, size) for size in part]
        if part == ("B",):
            return np.full(sizes, numbers["T"])
        return np.random.default_rng(0).uniform(0, 9, sizes).astype(kind or float)

    kinds = dtype if isinstance(dtype, list) else [dtype] * len(shape)
    x = list(map(array, shape, kinds)) if isinstance(shape, list) else array(shape, dtype)
    measured = peak(net, x)
    assert 0.85 < estimate.peak / measured < 1.15
    if "recompute" not in net.arguments():
        assert estimate.total <= measured


@pytest.mark.parametrize("net", [mlp(), lstm(), lstm(recompute=True)])
def test_a_forward_alone(net: gn.Module) -> None:
    x = np.zeros((100, 50) if isinstance(net, nn.Sequential) else (100, 32, 6))
    estimate = memory_estimate(net, x.shape, forward_only=True)
    assert 0.85 < estimate.peak / peak(net, x, forward_only=True) < 1.15
    assert estimate.peak < 0.8 * memory_estimate(net, x).peak
    assert not any(row.gradients for row in estimate.rows)


def test_the_run_itself_is_not_done() -> None:
    rows: list[int] = []

    class Watching(nn.Tanh):
        def update_output(self, x: Any) -> Any:
            rows.append(len(x))
            return super().update_output(x)

    net = nn.Sequential(nn.Linear(3, 100), Watching())
    for shape, numbers in ((("B", 3), {"B": 10**9}), ((10**9, 3), {})):
        estimate = memory_estimate(net, shape, **numbers)
        assert 5e12 < estimate.peak < 7e12  # 7 times what Linear gives
        assert max(rows) < 20_000
    lstm_estimate = memory_estimate(lstm(), ("T", "B", 6), T=10**6, B=10**6)
    assert 10 < lstm_estimate.peak / 1e15 < 100


def test_modules_that_say_nothing_of_their_shapes_are_tried_on_small_ones() -> None:
    rows: list[int] = []

    class Twice(gn.Module):
        def update_output(self, x: Any) -> Any:
            rows.append(len(x))
            return 2 * x

        def update_grad_input(self, x: Any, y: Any, dy: Any) -> Any:
            return 2 * dy

    x, prev_h = nn.Identity()(), nn.Identity()()
    next_h = Twice()(nn.CAddTable()([x, prev_h]))
    layer = gn.Recurrence(gn.gModule([x, prev_h], [next_h]), {next_h: prev_h})
    estimate = memory_estimate(layer, (10**5, 10**5, 20))
    assert max(rows) < 200
    assert estimate["Twice()"].shape == (10**5, 20)
    assert estimate["Twice()"].values == pytest.approx(8 * 20 * 10**10)


def test_the_rows_are_what_the_nodes_hold() -> None:
    x, prev_h = nn.Identity()(), nn.Identity()()
    i2h = nn.Linear(3, 4)(x)
    part = nn.Narrow(1, 0, 2)(i2h)
    dropped = nn.Dropout()(part)
    next_h = nn.CAddTable()([dropped, prev_h])
    gn.annotate_nodes()
    net = nn.Sequential(gn.Recurrence(gn.gModule([x, prev_h], [next_h])), nn.Sum(0))
    estimate = memory_estimate(net, ("T", "B", 3), T=100, B=10)
    step = 10 * 8
    assert estimate["i2h"].values == pytest.approx(100 * 4 * step)
    assert estimate["i2h"].gradients == pytest.approx(100 * 3 * step)
    assert estimate["part"].values == 0  # it is seen in i2h
    assert estimate["part"].gradients == pytest.approx(100 * 4 * step)
    assert estimate["dropped"].saved == estimate["dropped"].values == pytest.approx(100 * 2 * step)
    assert estimate["[1] Sum(0)"].values == pytest.approx(2 * step)
    assert (estimate["i2h"].shape, estimate["i2h"].n_steps) == ((10, 4), 100)
    assert estimate.input == pytest.approx(2 * 100 * 3 * step)
    assert estimate.output == pytest.approx(2 * 2 * step)
    assert estimate.total == pytest.approx(sum(row.total for row in estimate.rows) + estimate.input + estimate.output)
    recurrence = net.plan().executed[0]
    sites = {(recurrence, call) for call in recurrence.module.step.plan().executed}
    assert sites < set(estimate.reading.numbers)


def test_what_is_printed() -> None:
    estimate = memory_estimate(nn.Sequential(lstm(), nn.Bottle(nn.Linear(24, 2))), ("T", "B", 6), T=400, B=16)
    *lines, empty, total = str(estimate).splitlines()
    assert lines[0].split() == ["node", "gives", "values", "saved", "gradients", "share"]
    assert any(line.startswith("  i2h ") and "16x96, 400 times" in line and "4.9 MB" in line for line in lines)
    assert [line.split("  ")[0] for line in lines[-3:]] == [
        "input and its gradient",
        "output and its gradient",
        "temporary arrays, objects",
    ]
    assert not empty
    assert total == estimate.line
    assert total.startswith("about ")
    assert " of memory for a forward and a backward, the most " in total
    assert max(map(len, lines)) <= 100
    assert "<pre>node" in estimate._repr_html_()


def test_what_small_sizes_do_not_do_for() -> None:
    net = nn.Sequential(nn.TemporalConvolution(4, 8, 20), nn.ReLU(), nn.TemporalMaxPooling(3, 3))
    assert 0.85 < memory_estimate(net, ("B", "T", 4), B=20, T=202).peak / peak(net, np.zeros((20, 202, 4))) < 1.15
    fixed = nn.Sequential(nn.Reshape(30, 200, batch_mode=False), nn.Tanh(), nn.Linear(200, 200))
    assert 0.85 < memory_estimate(fixed, (60, 100)).peak / peak(fixed, np.zeros((60, 100))) < 1.15
    signs = nn.MarginCriterion()  # takes targets of 1 and -1
    assert memory_estimate(signs, [(500, 10), (500, 10)]).peak > 4 * 40_000


def test_a_picture_of_it() -> None:
    net = nn.Sequential(nn.Linear(50, 200), nn.Tanh())
    reading = memory_estimate(net, ("B", 50), B=500).reading
    assert "memory 2.4 MB" in net.draw(show=reading, color=reading).source  # Tanh: y, dy and dx


def test_a_net_is_left_as_it_is() -> None:
    gn.manual_seed(3)
    net = images()
    net.add(nn.Dropout())
    x = np.random.default_rng(0).normal(size=(16, 3, 16, 16))
    net.forward(x)
    tape = net.tape
    before = [(p.value.copy(), p.grad.copy()) for p in net.parameters()]
    mean = net.get(1).running_mean.copy()
    state = gn.generator().bit_generator.state
    memory_estimate(net, x)
    assert net.tape is tape
    assert gn.generator().bit_generator.state == state
    np.testing.assert_array_equal(net.get(1).running_mean, mean)
    for parameter, (value, grad) in zip(net.parameters(), before, strict=True):
        np.testing.assert_array_equal(parameter.value, value)
        np.testing.assert_array_equal(parameter.grad, grad)


def test_who_traces_memory_finds_his_peak() -> None:
    tracemalloc.start()
    try:
        large = np.zeros(10**7)
        del large
        estimate = memory_estimate(mlp(), ("B", 50), B=100)
        assert tracemalloc.is_tracing()
        assert tracemalloc.get_traced_memory()[1] > 8e7
    finally:
        tracemalloc.stop()
    assert estimate.peak == pytest.approx(memory_estimate(mlp(), ("B", 50), B=100).peak, rel=0.05)


def test_a_long_chain() -> None:
    net = nn.Sequential(*(nn.Tanh() for _ in range(1000)))
    estimate = memory_estimate(net, ("B", 100), B=100)
    assert len(estimate.rows) == 1000
    assert estimate.total == pytest.approx(2 * 1000 * 80_000, rel=0.01)


@pytest.mark.parametrize(
    ("shapes", "numbers", "error", "message"),
    [
        (("B", 50), {}, ValueError, r"B in the shape Bx50 has no number; add B=\.\.\."),
        (("T", "B"), {"B": 1}, ValueError, r"T in the shape TxB has no number; add T=\.\.\."),
        (("B", 50), {"B": 3, "T": 4}, TypeError, "T is in no shape: Bx50 has the names B"),
        ((3, 50), {"T": 4}, TypeError, "T is in no shape: 3x50 has no names"),
        ((None, 50), {}, ValueError, r"of Bx50, not all are known: write \(\"B\", 3\) and B=32"),
        (("B", 50), {"B": -1}, ValueError, "B must be at least 0, not -1"),
        (("B", 50), {"B": 2.5}, TypeError, "B must be an integer, not 2.5"),
        (None, {}, TypeError, "the shape of every input is needed"),
        (("B", 49), {"B": 20}, gn.ShapeError, "49"),
        ([("B", 50), ("B", 50)], {"B": 20}, gn.ShapeError, "Linear"),
    ],
)
def test_what_cannot_be_is_refused(shapes: Any, numbers: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        memory_estimate(mlp(), shapes, **numbers)
