"""Shapes before anything runs: what does not fit is refused when the graph is closed, and what fits is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import ShapeError, infer_shapes
from graphnet import modules as nn


def line_of(node: gn.Node) -> str:
    assert node.place is not None
    return f"test_shapes.py:{node.place.line}"


def test_a_conflict_is_refused_when_the_graph_is_closed() -> None:
    x = nn.Identity()()
    h = nn.Linear(3, 8)(x)
    y = nn.Linear(9, 2)(nn.Tanh()(h))
    with pytest.raises(ShapeError) as caught:
        gn.gModule([x], [y])
    message = str(caught.value)
    assert message.startswith("`y` = Linear(9, 2)")
    assert line_of(y) in message
    assert line_of(h) in message
    assert "cannot take 8 or Bx8: Linear(9, 2) takes an array of shape 9 or Bx9; it was given Bx8" in message
    assert "8 or Bx8 comes from `h` = Linear(3, 8)" in message
    assert message.endswith("It would fit with Linear(8, 2) here, or `h` = Linear(3, 9)")


def test_both_that_do_not_agree_are_named() -> None:
    a, b = nn.Identity()(), nn.Identity()()
    p, q = nn.Linear(3, 8)(a), nn.Linear(3, 9)(b)
    with pytest.raises(ShapeError) as caught:
        gn.gModule([a, b], [nn.CAddTable()([p, q])])
    message = str(caught.value)
    assert "8 or Bx8 comes from `p` = Linear(3, 8)" in message
    assert "9 or Bx9 comes from `q` = Linear(3, 9)" in message
    assert message.endswith("It would fit with `p` = Linear(3, 9), or `q` = Linear(3, 8)")


def test_what_would_fit_does() -> None:
    x = nn.Identity()()
    gates = nn.Linear(3, 8)(x)
    with pytest.raises(ShapeError, match=re.escape("It would fit with Narrow(1, 5, 3) here")):
        gn.gModule([x], [nn.CAddTable()([nn.Narrow(1, 0, 2)(gates), nn.Narrow(1, 6, 3)(gates)])])
    fitting = gn.gModule([x], [nn.Narrow(1, 5, 3)(gates)], allow_unused=True)
    assert fitting.forward(np.ones((1, 3))).shape == (1, 3)


def test_a_transposed_array_is_recognised() -> None:
    net = nn.Sequential(nn.Linear(3, 8))
    with pytest.raises(ShapeError, match=re.escape("It would fit with Linear(5, 8) here, or Transpose((0, 1)) before")):
        infer_shapes(net, (3, 5))
    with pytest.raises(ShapeError, match=re.escape("Bottle(Linear(3, 8)) here")):
        infer_shapes(net, ("T", "B", 3))


def test_a_conflict_inside_an_inner_net_names_the_user_s_line() -> None:
    inner = nn.Sequential(nn.Tanh(), nn.Linear(4, 2))
    x = nn.Identity()()
    y = inner(nn.Linear(3, 5)(x))
    with pytest.raises(ShapeError) as caught:
        gn.gModule([x], [y])
    assert "[1] Linear(4, 2)" in str(caught.value)
    assert line_of(y) in str(caught.value)


@pytest.mark.parametrize(
    ("draw", "x"),
    [
        # A row without a batch may become several rows.
        (lambda x: nn.Linear(4, 2)(nn.View(2, 4)(nn.Linear(3, 8)(x))), np.ones(3)),
        (lambda x: nn.MV()([nn.View(2, 4)(nn.Linear(3, 8)(x)), nn.Linear(3, 4)(x)]), np.ones(3)),
        (lambda x: nn.JoinTable(0)([nn.Linear(3, 8)(x), nn.Linear(3, 2)(x)]), np.ones(3)),
        (lambda x: nn.Linear(8, 2)(nn.Select(0, 1)(nn.Linear(3, 8)(x))), np.ones((2, 3))),
        (lambda x: nn.Linear(2, 8)(nn.Transpose((0, 1))(nn.Linear(3, 8)(x))), np.ones((2, 3))),
    ],
)
def test_what_can_run_is_never_refused(draw: Callable[[gn.Node], gn.Node], x: Any) -> None:
    node = nn.Identity()()
    assert gn.gModule([node], [draw(node)]).forward(x) is not None


def test_symbols_go_through() -> None:
    x = nn.Identity()()
    h = nn.Linear(3, 8)(x)
    joined = nn.JoinTable(0)([h, h])
    part = nn.Narrow(0, 1, -1)(x)
    gn.annotate_nodes()
    shapes = infer_shapes(gn.gModule([x], [joined, part]), ("B", 3))
    assert shapes["h"] == ("B", 8)
    assert shapes[joined] == ("2·B", 8)
    assert shapes.output == [("2·B", 8), ("B-1", 3)]
    assert "2·Bx8" in str(shapes)


def test_time_and_batch_go_through_a_recurrence() -> None:
    net = nn.Sequential(gn.Recurrence(nn.lstm(1, 16)), nn.Bottle(nn.Linear(16, 1)))
    assert infer_shapes(net, ("T", "B", 1)).output == ("T", "B", 1)
    assert infer_shapes(net, (7, None, 1)).output == (7, None, 1)
    with pytest.raises(ShapeError, match=re.escape("Linear(1, 64) takes an array of shape 1 or Bx1")):
        infer_shapes(net, ("T", "B", 2))


def test_what_follows_from_the_drawing_alone() -> None:
    cell = nn.lstm(3, 4)
    assert infer_shapes(cell).output == [(None, 4), (None, 4)]
    assert infer_shapes(nn.Tanh()).output is None


def test_a_module_that_says_nothing_is_tried_when_asked() -> None:
    calls = []

    class Doubled(gn.Module):
        def update_output(self, x: Any) -> Any:
            calls.append(x.shape)
            return np.concatenate([x, x[:1]])

    x = nn.Identity()()
    net = gn.gModule([x], [nn.Linear(3, 2)(Doubled()(x))])
    assert not calls  # closing a graph runs nothing
    assert infer_shapes(net, ("B", 3)).output == ("B+1", 2)
    assert infer_shapes(net, (4, 3)).output == (5, 2)
    assert infer_shapes(net, (None, 3)).output == (None, 2)


def test_a_module_that_fails_on_zeros_is_unknown() -> None:
    class Fussy(gn.Module):
        def update_output(self, x: Any) -> Any:
            raise RuntimeError("no zeros, please")

    assert infer_shapes(nn.Sequential(Fussy()), ("B", 3)).output is None


def test_neither_numbers_nor_the_generator_change() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.Dropout())
    before, values = gn.random.generator_state(), net.get_parameters()[0].copy()
    infer_shapes(net, ("B", 3))
    with pytest.raises(ShapeError):
        infer_shapes(net, ("B", 4))
    assert gn.random.generator_state() == before
    assert np.array_equal(net.get_parameters()[0], values)


def test_a_shape_that_is_none_is_refused() -> None:
    net = nn.Linear(3, 2)
    for wrong, said in (
        (3, "a shape is a tuple"),
        ((3.0,), "a size is"),
        ((-1, 3), "a size is"),
        (("a b", 3), "a size"),
    ):
        with pytest.raises(TypeError, match=said):
            infer_shapes(net, wrong)
    with pytest.raises(ValueError, match=r"takes a list of 3 inputs \(x, prev_c, prev_h\), not Bx3"):
        infer_shapes(nn.lstm(3, 2), ("B", 3))
    with pytest.raises(LookupError, match="no 'gate'"):
        infer_shapes(net, ("B", 3))["gate"]


def test_a_long_chain_is_checked_in_time() -> None:
    x = y = nn.Identity()()
    for _ in range(5000):
        y = nn.Linear(2, 2)(y)
    assert infer_shapes(gn.gModule([x], [y]), ("B", 2)).output == ("B", 2)


def test_only_what_fits_for_every_size_of_batch_is_proposed() -> None:
    net = nn.Sequential(nn.SpatialConvolution(1, 3, 3, 3), nn.View(48), nn.Linear(100, 2))
    with pytest.raises(ShapeError) as caught:
        infer_shapes(net, ("B", 1, 6, 6))
    assert str(caught.value).endswith("It would fit with Linear(48, 2) here")
    x = nn.Identity()()
    with pytest.raises(ShapeError) as caught:  # Reshape(8, 3) would take three rows, and only those
        gn.gModule([x], [nn.Reshape(2, 3)(nn.Linear(3, 8)(x))])
    assert "It would fit" not in str(caught.value)


def test_no_large_module_is_made_to_find_what_would_fit() -> None:
    with pytest.raises(ShapeError) as caught:
        infer_shapes(nn.Linear(3, 1000), (5, 10**9))
    assert "It would fit" not in str(caught.value)


def test_a_constructor_that_fails_does_not_hide_the_conflict() -> None:
    class OneOf(gn.Module):
        def __init__(self, size: int) -> None:
            self.size = {8: 8}[size]

        def output_shape(self, shape: Any) -> Any:
            if shape is not None and shape[-1] != self.size:
                raise ValueError(f"takes {self.size} only")
            return shape

    with pytest.raises(ShapeError, match="takes 8 only"):
        infer_shapes(nn.Sequential(OneOf(8)), (5, 3))


def test_what_was_put_in_the_place_of_a_module_is_named() -> None:
    x = nn.Identity()()
    net = gn.gModule([x], [nn.Linear(4, 2)(nn.Linear(3, 4)(x))])
    net.replace(lambda module: nn.Linear(3, 5) if module.label() == "Linear(3, 4)" else module)
    with pytest.raises(ShapeError) as caught:
        infer_shapes(net, ("B", 3))
    assert "Bx5 comes from Linear(3, 5)" in str(caught.value)
    assert str(caught.value).endswith("Linear(3, 4) in place of Linear(3, 5)")
    shapes = infer_shapes(net.replace(lambda module: nn.Linear(5, 2) if module.label() == "Linear(4, 2)" else module))
    assert "Linear(5, 2)  5 or Bx5" in str(shapes)


def test_a_conflict_inside_a_cell_names_the_line_that_calls_it() -> None:
    x, prev_h = nn.Identity()(), nn.Identity()()
    h = nn.rnn(3, 4)([nn.Linear(2, 5)(x), prev_h])
    with pytest.raises(ShapeError) as caught:
        gn.gModule([x, prev_h], [h])
    first = str(caught.value).splitlines()[0]
    assert "`i2h` = Linear(3, 4)" in first
    assert line_of(h) in first


def test_lists_of_arrays_that_may_have_several_shapes_are_taken_apart() -> None:
    x = nn.Identity()()
    rows = nn.MapTable(nn.Squeeze())(nn.ConcatTable(nn.Linear(3, 8), nn.Linear(3, 8))(x))
    net = gn.gModule([x], [nn.JoinCentred(0)(rows), nn.JoinTable(0)(rows)])
    assert [y.shape for y in net.forward(np.ones((1, 3)))] == [(16,), (16,)]
    assert [y.shape for y in net.forward(np.ones((2, 3)))] == [(4, 8), (4, 8)]


def test_planes_and_frames_are_checked_when_the_graph_is_closed() -> None:
    x = nn.Identity()()
    planes = nn.SpatialMaxPooling(2, 2)(nn.SpatialConvolution(1, 3, 3, 3)(x))
    with pytest.raises(ShapeError, match=re.escape("cannot take 3x?x? or Bx3x?x?")):
        gn.gModule([x], [nn.SpatialConvolution(4, 2, 3, 3)(planes)])
    x = nn.Identity()()
    with pytest.raises(ShapeError, match=re.escape("cannot take Bx3 or Bx?x3")):
        gn.gModule([x], [nn.TemporalConvolution(4, 2, 1)(nn.TemporalConvolution(5, 3, 1)(x))])


@pytest.mark.parametrize(
    ("options", "shape", "said"),
    [
        ({}, ("T",), "a sequence is TxBx..., with steps and rows; `x` = Identity()"),
        ({}, [("T", "B", 3), ("B", 4)], "takes x, [prev_c], [prev_h], of which the states in brackets may all be left"),
        ({}, [(7, 5, 3), (6, 4), (5, 4)], "has shape 6x4, but the sequences have 5 rows"),
        ({}, (0, "B", 3), "sequences of no steps; T must be at least 1"),
        ({"lengths": True}, ("T", "B", 3), "lengths, of which the states in brackets may all be left out"),
        ({"lengths": True}, [("T", "B", 3), ("B", 1)], "lengths are an array of B integers, one for each row"),
        ({"lengths": True, "batch_first": True}, [(5, "T", 3), (6,)], "lengths are an array of 5 integers"),
    ],
)
def test_what_a_recurrence_cannot_be_given_is_refused_before_it_runs(
    options: dict[str, Any], shape: Any, said: str
) -> None:
    with pytest.raises(ShapeError, match=re.escape(said)):
        infer_shapes(gn.Recurrence(nn.lstm(3, 4), **options), shape)


def test_sequences_of_different_lengths_are_refused_before_they_run() -> None:
    x, y, prev_h = nn.Identity()(), nn.Identity()(), nn.Identity()()
    next_h = nn.CAddTable()([x, y, prev_h])
    layer = gn.Recurrence(gn.gModule([x, y, prev_h], [next_h]), feedback={next_h: prev_h})
    assert infer_shapes(layer, [("T", None, 3), ("T", "B", 3)]).output == ("T", "B", 3)
    with pytest.raises(ShapeError, match="all sequences must have the same T and B"):
        infer_shapes(layer, [(7, "B", 3), (6, "B", 3)])


def test_lengths_tell_the_number_of_rows() -> None:
    layer = gn.Recurrence(nn.lstm(3, 4), lengths=True)
    assert infer_shapes(layer, [("T", None, 3), ("B",)]).output == ("T", "B", 4)
