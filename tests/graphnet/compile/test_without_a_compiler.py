"""Where no machine code can be made, NumPy runs the same programs, and that is said once."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.compile import backends
from graphnet.compile.on_numpy import OnNumPy
from tests.graphnet.compile.both import assert_same, programs_of, real


@pytest.fixture(autouse=True)
def _without_a_compiler(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(backends, "why_unavailable", lambda: "there is no llvmlite; install it with: pip")
    backends._warn.cache_clear()
    yield
    backends._warn.cache_clear()


def test_numpy_runs_it_and_that_is_said_once() -> None:
    net = gn.Recurrence(nn.lstm(3, 4), lengths=False, final_states=True)
    fast = gn.compile(net)
    with pytest.warns(
        RuntimeWarning, match="NumPy alone here, which is slower: there is no llvmlite; install it"
    ) as said:
        assert_same(fast, net, real(6, 5, 3))
    assert len(said) == 1
    (found,) = programs_of(fast)
    assert isinstance(found.backend, OnNumPy)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gn.compile(nn.Sequential(nn.Linear(3, 4), nn.Tanh())).forward(real(5, 3))


def test_who_asks_for_numpy_is_not_warned() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gn.compile(nn.Sequential(nn.Linear(3, 4), nn.Tanh()), machine_code=False).forward(real(5, 3))
