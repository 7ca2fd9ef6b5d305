"""Vectors of one type of number: parts of them, sums and maxima over them, in an order that is always the same."""

import ctypes

import numpy as np
import pytest

pytest.importorskip("llvmlite")
import llvmlite.ir as ir

from graphnet.compile.llvm import target
from graphnet.compile.llvm.lanes import Lanes


@pytest.fixture(
    params=[("f4", 16), ("f4", 4), ("f8", 8), ("f8", 2), ("f4", 1)], ids=lambda each: f"{each[0]}x{each[1]}"
)
def lanes(request, monkeypatch):
    monkeypatch.setenv("GRAPHNET_CACHE", "0")
    return Lanes(*request.param)


def run(lanes, body, x, live=0):
    """Run a body that reads at one pointer and writes at another; return what was written."""
    module = ir.Module("lanes")
    types = [lanes.pointer, lanes.pointer, ir.IntType(64)]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), types), "f")
    build = ir.IRBuilder(function.append_basic_block())
    body(build, *function.args)
    build.ret_void()
    y = np.full(lanes.count + 1, -7, lanes.dtype)
    library = target.load(str(module), ["f"])
    library.function("f", [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64])(x.ctypes.data, y.ctypes.data, live)
    return y


def reduced(lanes, reduce, x):
    def body(build, source, to, live):
        build.store(reduce(build, lanes.load(build, source)), to)

    return run(lanes, body, x)[0]


def test_a_sum_adds_halves_to_halves(lanes):
    x = np.random.default_rng(0).normal(size=lanes.count).astype(lanes.dtype)
    wanted = x
    while len(wanted) > 1:
        wanted = wanted[: len(wanted) // 2] + wanted[len(wanted) // 2 :]
    assert reduced(lanes, lanes.sum, x) == wanted[0]


def test_the_maximum_is_nan_wherever_one_is(lanes):
    x = np.random.default_rng(0).normal(size=lanes.count).astype(lanes.dtype)
    assert reduced(lanes, lanes.maximum, x) == x.max()
    for lane in range(lanes.count):
        with_nan = x.copy()
        with_nan[lane] = np.nan
        assert np.isnan(reduced(lanes, lanes.maximum, with_nan))


def test_only_the_first_lanes_are_read_and_written(lanes):
    x = np.arange(1, lanes.count + 1).astype(lanes.dtype)

    def masked(build, source, to, live):
        lanes.store_first(build, build.fadd(lanes.load_first(build, source, live), lanes.constant(1)), to, live)

    def read(build, source, to, live):
        lanes.store(build, lanes.load_first(build, source, live), to)

    for live in (0, 1, lanes.count // 2, lanes.count, 5 * lanes.count):
        there = min(live, lanes.count)
        y = run(lanes, masked, x, live)
        assert (y[:there] == x[:there] + 1).all()
        assert (y[there:] == -7).all()
        y = run(lanes, read, x, live)
        assert (y[:there] == x[:there]).all()
        assert (y[there:-1] == 0).all()


def test_other_types_and_counts_are_refused():
    with pytest.raises(TypeError, match="vectors hold float32 or float64, not int32"):
        Lanes("i4", 4)
    with pytest.raises(ValueError, match=r"a vector has 1, 2, 4, 8, .* lanes, not 3"):
        Lanes("f4", 3)
