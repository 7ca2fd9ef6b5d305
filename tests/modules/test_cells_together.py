"""Cells over each other, cells with dropout, and the language model drawn from them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from graphnet import check_gradients, gModule
from graphnet import modules as nn
from graphnet.nesting import leaves
from tests.modules.test_cells import real, size


def equal(a: Any, b: Any) -> bool:
    return all(np.array_equal(p, q) for p, q in zip(leaves(a), leaves(b), strict=True))


# ---- layers


def test_stacked_cells_are_one_after_the_other() -> None:
    cells = [nn.lstm(3, 4), nn.rnn(4, 2), nn.gru(2, 5)]
    net = nn.stacked(cells)
    names = ["prev_c_1", "prev_h_1", "prev_h_2", "prev_h_3"]
    assert [node.name for node in net.graph().inputs] == ["x", *names]
    assert [node.name for node in net.graph().outputs] == [name.replace("prev", "next") for name in names]
    assert size(net) == sum(map(size, cells))
    x, c, h, k, m = real(2, 3), real(2, 4), real(2, 4) + 1, real(2, 2), real(2, 5)
    next_c, next_h = cells[0].forward([x, c, h])
    next_k = cells[1].forward([next_h, k])
    next_m = cells[2].forward([next_k, m])
    for mine, theirs in zip(net.forward([x, c, h, k, m]), [next_c, next_h, next_k, next_m], strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert list(net.named_parameters())[:2] == ["layer_1.i2h.weight", "layer_1.i2h.bias"]
    assert check_gradients(net, [x, c, h, k, m]).ok


def test_dropout_between_layers() -> None:
    net = nn.stacked([nn.rnn(3, 50), nn.rnn(50, 4), nn.rnn(4, 4)], dropout=0.5, per_sequence=True)
    dropouts = net.find_modules(nn.Dropout)[0]
    assert [dropout.label() for dropout in dropouts] == ["Dropout(0.5, per_sequence=True)"] * 2
    states = [real(1, 50), real(1, 4), real(1, 4)]
    tape = net.run([real(1, 3), *states])
    below = tape["layer_1"].output
    passed = tape[dropouts[0]].output
    assert set(np.unique((passed / below).round(12))) == {0.0, 2.0}
    np.testing.assert_array_equal(tape["next_h_1"].output, below)  # what the layer itself goes on with is whole
    assert not nn.stacked([nn.rnn(3, 4), nn.rnn(4, 4)]).find_modules(nn.Dropout)[0]


def test_one_cell_for_two_layers_is_refused() -> None:
    cell = nn.lstm(4, 4)
    with pytest.raises(ValueError, match=r"cells\[0\] and cells\[2\] are one cell.*same weights.*not \[lstm"):
        nn.stacked([cell, nn.lstm(4, 4), cell])


@pytest.mark.parametrize(
    ("cells", "error", "text"),
    [
        ([], ValueError, "at least one cell"),
        (nn.lstm(3, 2), TypeError, "a list of cells; this is one"),
        ([nn.lstm], TypeError, "cells\\[0\\] is the function lstm, where a cell is meant"),
        ([nn.rnn(3, 2), nn.Linear(2, 2)], TypeError, "cells\\[1\\] is Linear"),
        ([nn.bidirectional(nn.rnn(3, 2), nn.rnn(3, 2))], ValueError, "takes 1 values and gives 1"),
        ([nn.char_rnn(3, 2)], ValueError, "cells\\[0\\] takes 3 values and gives 3"),
    ],
)
def test_what_is_no_cell_is_refused(cells: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        nn.stacked(cells)


def test_cells_without_names_get_some() -> None:
    x, s = nn.Identity()(), nn.Identity()()
    cell = gModule([x, s], [nn.CAddTable()([x, s])])
    graph = nn.stacked([cell, cell.clone()]).graph()
    assert [node.name for node in graph.inputs] == ["x", "prev_state_1_1", "prev_state_1_2"]
    assert [node.name for node in graph.outputs] == ["next_state_1_1", "next_state_1_2"]


@pytest.mark.parametrize("draw", [nn.lstm, nn.gru])
def test_variational_dropout(draw: Callable[[int, int], gModule]) -> None:
    cell = draw(30, 40)
    net = nn.variational(cell, 0.25)
    assert [node.name for node in net.graph().inputs] == [node.name for node in cell.graph().inputs]
    assert [node.name for node in net.graph().outputs] == [node.name for node in cell.graph().outputs]
    assert size(net) == size(cell)
    x, states = real(2, 30), [real(2, 40, seed=i) for i in range(len(cell.graph().inputs) - 1)]
    tape = net.run([x, *states])
    for name, whole in (("dropped_x", x), ("dropped_h", states[-1])):
        assert set(np.unique((tape[name].output / whole).round(12))) == {0.0, round(4 / 3, 12)}
    given = [tape["dropped_x"].output, *states[:-1], tape["dropped_h"].output]
    assert equal(tape.output, cell.forward(given))
    assert equal(net.evaluate().forward([x, *states]), cell.forward([x, *states]))
    with pytest.raises(TypeError, match="variational's cell is 3"):
        nn.variational(3, 0.5)


# ---- the language model


@pytest.mark.parametrize(("n_layers", "count"), [(1, 108_225), (2, 240_321), (3, 372_417)])
def test_a_language_model_of_lstms(n_layers: int, count: int) -> None:
    net = nn.char_rnn(65, 128, n_layers)
    assert size(net) == count
    states = [f"{state}_{k + 1}" for k in range(n_layers) for state in ("prev_c", "prev_h")]
    assert [node.name for node in net.graph().inputs] == ["symbols", *states]
    following = [state.replace("prev", "next") for state in states]
    assert [node.name for node in net.graph().outputs] == [*following, "log_probabilities"]
    layers = [f"layer_{k + 1}.{name}" for k in range(n_layers) for name in nn.lstm(1, 1).named_parameters()]
    assert list(net.named_parameters()) == [*layers, "scores.weight", "scores.bias"]


def test_a_language_model_of_other_cells() -> None:
    net = nn.char_rnn(5, 4, 2, cell=functools.partial(nn.gru, convention="cudnn"))
    assert size(net) == size(nn.gru(5, 4)) + size(nn.gru(4, 4)) + size(nn.Linear(4, 5))
    states = [np.zeros((3, 4))] * 2
    h_1, h_2, log_probabilities = net.forward([np.array([0, 1, 4]), *states])
    lower, upper = (container for container in net.modules if isinstance(container, gModule))
    np.testing.assert_array_equal(h_1, lower.forward([np.eye(5)[[0, 1, 4]], states[0]]))
    np.testing.assert_array_equal(h_2, upper.forward([h_1, states[1]]))
    np.testing.assert_allclose(np.exp(log_probabilities).sum(1), 1, rtol=1e-14)


def test_a_language_model_drops_between_layers_and_before_the_decoder() -> None:
    assert len(nn.char_rnn(5, 4, 3, 0.5).find_modules(nn.Dropout)[0]) == 3
    assert not nn.char_rnn(5, 4, 3).find_modules(nn.Dropout)[0]
    with pytest.raises(ValueError, match="n_layers must be at least 1"):
        nn.char_rnn(5, 4, 0)
