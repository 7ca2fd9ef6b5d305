"""Pictures of large nets: whole within seconds, or with a remark on what is not shown."""

import re
import time

import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.draw import draw, mimebundle
from graphnet.draw.scene.overview import LARGE, MOST_LAID_OUT
from tests.graphnet.test_draw import chain, edges, nodes


def grid(width, height, start=0):
    """Return a net of nodes that all differ, each taking two."""
    row = inputs = [nn.Identity()() for _ in range(width)]
    for y in range(height):
        following = []
        for x in range(width):
            both = nn.CAddTable()([row[x], following[-1] if x else row[-1]])
            following.append(nn.AddConstant(start + y * width + x)(both))
        row = following
    return gn.gModule(inputs, row)


def remark(picture):
    return re.search(r"[\d,]+ nodes; [^<]*", picture.source)


def test_small_nets_are_shown_whole_without_a_remark():
    picture = draw(nn.Sequential(*[nn.Tanh() for _ in range(50)]))
    assert remark(picture) is None
    assert len(edges(picture)) == 51


def test_equal_parts_of_a_large_net_are_folded():
    picture = draw(chain(*[module for _ in range(2500) for module in (nn.Linear(3, 3), nn.Tanh())]))
    assert ">× 2,500<" in picture.source
    assert remark(picture)[0] == "5,000 nodes; equal parts in a row are shown once"
    assert "image/svg+xml" in mimebundle(chain(*[nn.Tanh() for _ in range(5000)]))


def test_parts_that_differ_in_a_last_digit_only_are_not_equal():
    picture = draw(chain(*[nn.MulConstant(c) for c in (0.1, 1 - 0.9) for _ in range(500)]))
    assert picture.source.count(">× 500<") == 2
    assert "0.0999" not in picture.source


def test_inner_graphs_of_a_large_net_are_closed_the_innermost_first():
    parts = [
        nn.Sequential(*[nn.Sequential(nn.AddConstant(i), nn.AddConstant(j)) for i in range(20)]) for j in range(20)
    ]
    picture = draw(nn.Sequential(*parts))
    assert remark(picture)[0] == "800 nodes; inner graphs are closed" or "below depth" in remark(picture)[0]
    assert len(nodes(picture)[0]) <= LARGE
    assert len(edges(draw(nn.Sequential(*parts), expand=True))) == 801
    assert "AddConstant" in draw(nn.Sequential(*parts), expand=2, fold=False).source


@pytest.mark.parametrize("net", [grid(20, 25), chain(*[nn.AddConstant(i) for i in range(1000)])], ids=["grid", "chain"])
def test_a_picture_of_1000_nodes_takes_less_than_three_seconds(net, capfd):
    start = time.perf_counter()
    picture = draw(net, expand=True, fold=False)
    svg = picture.render("svg")
    assert time.perf_counter() - start < 3
    assert svg.count(b'class="node"') >= 1000
    assert capfd.readouterr().err == ""


def test_a_large_net_of_which_all_nodes_differ_is_shown_whole():
    net = grid(50, 25)
    start = time.perf_counter()
    svg = draw(net).render("svg")
    assert time.perf_counter() - start < 15
    assert svg.count(b'class="node"') >= 2500


def test_steps_called_one_by_one():
    step = nn.lstm(3, 4)
    sequence, *states = nn.Identity()(), nn.Identity()(), nn.Identity()()
    inputs = [sequence, *states]
    outputs = []
    for x in sequence.split(55):
        states = step([x, *states]).split(2)
        outputs.append(states[1])
    net = gn.gModule(inputs, [*outputs, states[0]])
    start = time.perf_counter()
    picture = draw(net)
    assert picture.render("svg")
    assert time.perf_counter() - start < 3
    assert "inner graphs are closed" in remark(picture)[0]


def test_more_nodes_than_can_be_laid_out_are_put_together():
    net = chain(*[nn.AddConstant(i) for i in range(MOST_LAID_OUT + 1)])
    picture = draw(net)
    assert "put together, many in one box" in remark(picture)[0]
    assert len(nodes(picture)[0]) <= LARGE
    assert len(edges(picture)) == len(nodes(picture)[0]) - 1
    assert re.search(r">\d+ nodes: \d+ AddConstant<", picture.source)
