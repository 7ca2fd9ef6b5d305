"""Nets with few rows use weights as they lie in memory: the numbers are the same, and nothing is packed for them."""

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import graphnet as gn
from graphnet import modules as nn
from graphnet.compile.buffers import Buffer
from graphnet.compile.llvm import products
from graphnet.compile.rooms import Room

NARROW, WIDE = 65, 130
TOLERANCE = {"float32": 1e-4, "float64": 1e-10}


def net_of_three_layers(dtype="float64"):
    net = nn.Sequential(nn.Linear(70, NARROW), nn.Tanh(), nn.Linear(NARROW, WIDE), nn.ReLU(), nn.Linear(WIDE, 9))
    for parameter in net.parameters():
        parameter.value = parameter.value.astype(dtype)
    return net


def check_same(net, fast, x, seed=1):
    dtype = str(np.asarray(x).dtype)
    close = {"rtol": TOLERANCE[dtype], "atol": TOLERANCE[dtype]}
    found = []
    for each in (net, fast):
        net.zero_grad_parameters()
        y = each.forward(x)
        outputs = y if isinstance(y, list) else [y]
        rng = np.random.default_rng(seed)
        dy = [rng.normal(size=a.shape).astype(dtype) for a in outputs]
        dx = each.backward(x, dy if isinstance(y, list) else dy[0])
        found.append([*outputs, dx, *(parameter.grad.copy() for parameter in net.parameters())])
    for interpreted, compiled in zip(*found, strict=True):
        np.testing.assert_allclose(compiled, interpreted, **close)


@pytest.fixture
def packings(monkeypatch):
    """The rooms made meanwhile, with NaN for packed weights, and which of them were packed when asked."""
    rooms = []
    make = Room.__init__

    def made(room, *arguments, **named):
        make(room, *arguments, **named)
        rooms.append({b: a for b, a in room.arrays.items() if b.role == "packed"})
        for array in rooms[-1].values():
            array[...] = np.nan

    monkeypatch.setattr(Room, "__init__", made)

    def packed() -> list[Buffer]:
        found = [buffer for room in rooms for buffer, array in room.items() if not np.isnan(array).any()]
        untouched = [buffer for room in rooms for buffer, array in room.items() if np.isnan(array).all()]
        assert len(found) + len(untouched) == sum(map(len, rooms)), "a matrix was packed in part"
        rooms.clear()
        return found

    return packed


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n_rows", [1, 2, 7, 16, 17, 33, 64, 65, 128, 129])
def test_a_batch_of_any_size_has_the_numbers_of_the_interpreter(dtype, n_rows):
    net = net_of_three_layers(dtype)
    check_same(net, gn.compile(net), np.random.default_rng(0).normal(size=(n_rows, 70)).astype(dtype))


def test_weights_are_packed_only_where_rows_are_many(packings):
    net = net_of_three_layers()
    fast = gn.compile(net, buffers=False)  # so that nothing else is ever written in their place
    lanes = products.lanes_of("float64")
    widths = {70, NARROW, WIDE}
    for n_rows in (1, 16, 33, 65, 129):
        check_same(net, fast, np.random.default_rng(0).normal(size=(n_rows, 70)))
        packed = packings()
        forwards = {buffer.source[2] for buffer in packed if buffer.source[1] == "forward"}
        assert forwards == {k for k in widths if n_rows > products.few_rows("forward", k, lanes)}
        backwards = [buffer for buffer in packed if buffer.source[1] == "backward"]
        assert bool(backwards) == (n_rows > products.few_rows("backward", 9, lanes))


def test_rows_are_counted_over_all_steps(packings):
    net = gn.Recurrence(nn.lstm(NARROW, NARROW))
    fast = gn.compile(net, buffers=False)  # so that nothing else is ever written in their place
    rng = np.random.default_rng(0)
    for n_steps, few in ((1, True), (4, True), (60, False)):
        check_same(net, fast, rng.normal(size=(n_steps, 3, NARROW)))
        assert (not packings()) == few


def test_sequences_of_different_lengths_may_be_few_rows():
    net = gn.Recurrence(nn.lstm(NARROW, NARROW), lengths=True)
    fast = gn.compile(net)
    rng = np.random.default_rng(0)
    x, lengths = rng.normal(size=(6, 4, NARROW)), np.array([3, 6, 0, 1])
    dy = rng.normal(size=(6, 4, NARROW))
    for interpreted, compiled in zip(
        (net.forward([x, lengths]), net.backward([x, lengths], dy)[0]),
        (fast.forward([x, lengths]), fast.backward([x, lengths], dy)[0]),
        strict=True,
    ):
        np.testing.assert_allclose(compiled, interpreted, rtol=1e-10, atol=1e-10)


def test_weights_that_change_or_lie_elsewhere_are_seen():
    net = net_of_three_layers()
    fast = gn.compile(net)
    x = np.random.default_rng(0).normal(size=(3, 70))
    check_same(net, fast, x)
    weight = net.parameters()[0]
    weight.value[...] *= 2
    check_same(net, fast, x)
    weight.value = np.asfortranarray(weight.value - 1)
    check_same(net, fast, x)
    weight.value[...] += 3
    check_same(net, fast, x)
