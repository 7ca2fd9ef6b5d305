"""The summary of a net: shapes, and parameters with their arithmetic."""

from __future__ import annotations

import html.parser

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn


def test_the_arithmetic_of_the_tutorial() -> None:
    summary = nn.lstm_of_eight_linears(400, 400).summary()
    assert summary.n_parameters == 1_283_200
    assert summary.arithmetic == "8·(400·400+400)"
    assert nn.lstm(3, 2).summary().arithmetic == "(3·8+8) + (2·8+8)"
    assert nn.lstm(3, 2).summary().n_parameters == 56


def test_equal_modules_are_taken_together() -> None:
    net = nn.Sequential(nn.ConcatTable(*(nn.Linear(1, 16) for _ in range(4))), nn.CAddTable(), nn.Linear(16, 1))
    assert net.summary().arithmetic == "4·(1·16+16) + (16·1+1)"
    assert str(net.summary()).endswith("145 parameters = 4·(1·16+16) + (16·1+1) (float64, 1,160 bytes)")


def test_tied_parameters_count_once() -> None:
    shared = nn.Linear(4, 4)
    x = nn.Identity()()
    first = shared(x)
    second = shared(first)
    other = shared.clone("weight")(second)
    gn.annotate_nodes()
    summary = gn.gModule([x], [other]).summary((None, 4))
    counts = {row.name: row.n_parameters for row in summary.rows}
    assert counts == {"x": 0, "first": 20, "second": 0, "other": 4}
    assert [row.tied_to for row in summary.rows] == [None, None, "first", "first"]
    assert summary.n_parameters == 24 == sum(counts.values())


def test_shapes_stand_beside_the_nodes() -> None:
    net = nn.Sequential(gn.Recurrence(nn.lstm(1, 16)), nn.Bottle(nn.Linear(16, 1)))
    rows = {row.path: row for row in net.summary(("T", "B", 1)).rows}
    assert rows["[0] Recurrence()"].gives == "TxBx16"
    assert rows["[0] Recurrence()/step/preactivations"].gives == "Bx64"
    assert rows["[0] Recurrence()/step/preactivations"].depth == 2
    assert rows["[1] Bottle()"].gives == "TxBx1"
    assert sum(row.n_parameters for row in rows.values()) == net.get_parameters()[0].size


def test_the_sum_of_the_rows_is_the_whole(request: pytest.FixtureRequest) -> None:
    for net in (nn.char_rnn(65, 128, 2), nn.stacked([nn.lstm(3, 2), nn.rnn(2, 4)], 0.5), nn.Linear(3, 2), nn.Tanh()):
        summary = net.summary()
        assert (
            sum(row.n_parameters for row in summary.rows)
            == summary.n_parameters
            == sum(p.size for p in net.parameters())
        )


def test_parameters_that_no_node_calls_are_counted() -> None:
    layer = gn.Recurrence(nn.rnn(3, 2), initial="learned")
    assert layer.summary().n_parameters == 3 * 2 + 2 + 2 * 2 + 2 + 2
    assert "(2)" in layer.summary().arithmetic


def test_single_precision_takes_half() -> None:
    assert nn.Linear(3, 2).float().summary().n_bytes == 32
    assert "(float32, 32 bytes)" in str(nn.Linear(3, 2).float().summary())


def test_it_shows_in_a_notebook() -> None:
    x = nn.Identity()()
    y = nn.Linear(3, 2)(x).annotate(name="<b>&")
    shown = gn.gModule([x], [y]).summary(("B", 3))._repr_html_()
    html.parser.HTMLParser().feed(shown)
    assert "&lt;b&gt;&amp;" in shown
    assert "<b>" not in shown


def test_a_net_is_left_as_it_is() -> None:
    net = nn.Sequential(nn.Linear(3, 2), nn.Dropout())
    before = gn.random.generator_state()
    net.summary(("B", 3))
    assert gn.random.generator_state() == before
    assert net.output is None
    assert np.isfinite(net.get_parameters()[0]).all()


def test_a_module_that_does_not_run_by_itself_has_no_shapes() -> None:
    summary = nn.WeightNorm(nn.Linear(3, 2)).summary(("B", 3))
    assert [row.gives for row in summary.rows] == ["Bx2", "", "?"]
    assert summary.n_parameters == 3 * 2 + 2 + 2


def test_a_module_that_is_only_watched_is_not_listed_again() -> None:
    net = nn.Linear(3, 3)
    for _ in range(30):  # the checks before and behind would be 2³⁰
        net = nn.NaN(net)
    assert len(net.summary(("B", 3)).rows) == 3 * 30 + 1


def test_what_stands_inside_is_given_what_its_module_is_given() -> None:
    for net, shape in (
        (nn.MapTable(nn.Linear(3, 2)), [("B", 3), ("B", 3)]),
        (nn.Profile(nn.Linear(3, 2)), ("B", 3)),
    ):
        assert net.summary(shape).rows[-1].gives == "Bx2"
    assert nn.MapTable(nn.Linear(3, 2)).summary([("B", 3), (3,)]).rows[-1].gives == "2 or Bx2"


def test_a_recurrence_may_be_given_one_of_several_shapes() -> None:
    net = nn.Sequential(nn.Squeeze(), gn.Recurrence(nn.lstm(3, 2)))
    rows = {row.path: row.gives for row in net.summary((None, "B", 3)).rows}
    assert rows["[1] Recurrence()"] == "BxBx2"
