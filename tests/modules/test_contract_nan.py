"""NaN and infinity go exactly where the number that they stand for has a say: none is swallowed, and none infects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import Module
from graphnet import modules as nn
from graphnet.nesting import copy_nested, leaves, map_nested
from tests.modules.rows import CASES, IDS, Row

# Where the number has no say because it is multiplied by 0, which makes NaN of NaN and of infinity, as in Torch7.
TIMES_ZERO = {
    "CMulTable-2": "zeros times zeros",
    "attention-1": "what is masked has the weight 0, and is summed",
    "terminal_state-0": "so has every state but the last",
}
# What is made to stop at NaN.
RAISES = ("NaN", "NaNCheck")

KEYS = [(key, row) for key, (name, row) in zip(IDS, CASES, strict=True) if name not in RAISES]
every_key = pytest.mark.parametrize(("key", "row"), KEYS, ids=[key for key, _ in KEYS])

# Whose work it is to raise there.
WATCHES = ("NaN", "NaNCheck")
PASSING = {key: case for key, case in zip(IDS, CASES, strict=True) if case[0] not in WATCHES}


def put(x: Any, leaf: int, place: tuple[int, ...], value: float) -> Any:
    changed = copy_nested(x)
    list(leaves(changed))[leaf][place] = value
    return changed


def output(module: Module, x: Any) -> list[np.ndarray]:
    gn.manual_seed(5)
    return list(leaves(module.run(x).output))


def concerned(
    module: Module, x: Any, leaf: int, place: tuple[int, ...], before: list[np.ndarray], chances: bool
) -> list[np.ndarray]:
    """Return which numbers of the output differ when the one of the input takes other, finite values."""
    now = float(list(leaves(x))[leaf][place])
    found = [np.zeros(y.shape, bool) for y in before]
    for value in (now / 2, 0.0, 0.3) if chances else (1e3, -1e3, 2 * now, 0.0, 0.3, -0.3):
        found = [
            f | (y != b) for f, y, b in zip(found, output(module, put(x, leaf, place, value)), before, strict=True)
        ]
    return found


def assert_only_where_it_concerns(
    module: Module, x: Any, leaf: int, place: tuple[int, ...], *, infects: bool = False, chances: bool = False
) -> None:
    before = output(module, x)
    concerns = concerned(module, x, leaf, place, before, chances)
    for bad in (np.nan,) if chances else (np.nan, np.inf, -np.inf):  # infinite chances are refused
        after = output(module, put(x, leaf, place, bad))
        for y, b, here in zip(after, before, concerns, strict=True):
            if np.isnan(bad):
                assert np.isnan(y[here]).all(), f"the NaN at {place} of input {leaf} is swallowed"
            if not infects:
                np.testing.assert_array_equal(y[~here], b[~here], f"{bad} at {place} of input {leaf} infects others")


@every_key
def test_nan_and_infinity_go_where_they_concern(key: str, row: Row) -> None:
    gn.manual_seed(7)
    module, x = row.make().evaluate(), row.x(2, 3)
    for leaf, array in enumerate(leaves(x)):
        if array.dtype.kind == "f":
            for place in np.ndindex(array.shape):
                assert_only_where_it_concerns(module, x, leaf, place, infects=key in TIMES_ZERO, chances=row.shrinks)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@every_key
def test_nothing_raises_there_and_back(key: str, row: Row, bad: float) -> None:
    if row.shrinks and not np.isnan(bad):
        return  # infinite chances are refused
    x = map_nested(lambda a: np.full_like(a, bad) if a.dtype.kind == "f" else a, row.x(2, 3))
    for module in (row.make().training(), row.make().evaluate()):
        tape = module.run(x)
        tape.backward(map_nested(np.ones_like, tape.output))


def test_only_what_multiplies_by_zero_is_excepted() -> None:
    for key in TIMES_ZERO:
        with pytest.raises(AssertionError, match="infects others"):
            test_nan_and_infinity_go_where_they_concern("", dict(KEYS)[key])


def test_the_check_finds_what_swallows_and_what_infects() -> None:
    class Swallowing(nn.ReLU):
        def value(self, x: Any) -> Any:
            return np.where(x > 0, x, 0)

    class Infecting(nn.Tanh):
        def value(self, x: Any) -> Any:
            return np.tanh(x) + 0 * x.sum()

    x = np.array([[0.5, -0.5], [1.0, 2.0]])
    with pytest.raises(AssertionError, match="is swallowed"):
        assert_only_where_it_concerns(Swallowing(), x, 0, (0, 1))
    with pytest.raises(AssertionError, match="infects others"):
        assert_only_where_it_concerns(Infecting(), x, 0, (0, 1))
