"""Nodes and nested lists: names, places, lists, random numbers."""

from __future__ import annotations

import numpy as np
import pytest

import graphnet as gn
from graphnet import Node, nest
from graphnet import modules as nn
from graphnet.nesting import add_gradients, describe, map_nested
from graphnet.node import Place
from graphnet.random import generator_state


def test_nodes_take_their_variables_names() -> None:
    x = nn.Identity()()
    gates = [nn.Sigmoid()(x) for _ in range(2)]
    named = nn.Tanh()(x).annotate(name="mine")
    gn.annotate_nodes()
    assert (x.name, gates[1].name, named.name) == ("x", "gates[1]", "mine")
    other = x
    gn.annotate_nodes()
    assert other.name == "x"


def test_annotations() -> None:
    x = nn.Identity()()
    assert x.annotate(name="x", description="the input", graph_attributes={"color": "red"}) is x
    x.annotate(graph_attributes={"style": "dashed"})
    assert (x.name, x.description) == ("x", "the input")
    assert x.graph_attributes == {"color": "red", "style": "dashed"}


def test_actions() -> None:
    x = nn.Identity()()
    first, _ = x.split(2)
    assert [n.action() for n in (x, first, x[1], nest([x]), Node(None))] == [
        *("Identity()", "split(2)[0]", "[1]", "nest", "input")
    ]
    assert nn.Linear(2, 1)(x).label() == "Linear(2, 1)"


def test_a_node_knows_its_place_through_operators_and_helpers() -> None:
    x = nn.Identity()()
    for node in (x >> nn.Tanh(), x - nn.Tanh(), x[0], nest([x]), x.split(1)[0], -nn.Tanh(), [x, x] >> nn.CAddTable()):
        assert node.place is not None
        assert node.place.file == __file__


def test_a_place_in_a_notebook_tells_only_its_line() -> None:
    assert str(Place("nets.py", 7)) == "nets.py:7"
    assert str(Place("/somewhere/ipykernel_77/12.py", 7)) == "notebook cell:7"


def test_the_place_inside_a_cell_is_the_cell_s_own_line() -> None:
    place = nn.lstm(3, 2).graph().order[0].place
    assert place is not None
    assert place.file.endswith("lstm.py")


def test_consumers_are_known() -> None:
    x = nn.Identity()()
    y = nn.CAddTable()([x, x])
    assert x.consumers == [y, y]
    assert y.sources() == [x, x]


def test_nest() -> None:
    a, b = nn.Identity()(), nn.Identity()()
    assert nest(a) is a
    net = gn.gModule([a, b], [nest([a, [b]]), nn.CAddTable()(nest([a, b]))])
    assert describe(net.forward([np.ones(2), np.ones(2)])) == "[[2, [2]], 2]"
    assert nn.CAddTable()((a, b)).inputs == [a, b]  # a tuple is a list


def test_elements_count_from_the_end_too() -> None:
    a = nn.Identity()()
    net = gn.gModule([a], [a[-1]])
    assert net.forward([np.zeros(1), np.ones(1)]) == 1
    np.testing.assert_array_equal(net.backward([np.zeros(1), np.ones(1)], np.ones(1)), [[0], [1]])
    with pytest.raises(IndexError, match="there is no element -1 in a list of 0"):
        net.forward([])


def test_an_element_of_a_list_that_is_drawn_is_found_at_once() -> None:
    a, b = nn.Identity()(), nn.Identity()()
    net = gn.gModule([a, b], [nest([a, b])[1], nn.Tanh()(a)])
    assert net.forward([np.zeros(1), np.ones(1)])[0] == 1
    with pytest.raises(IndexError, match="there is no element 3 in a list of 1"):
        gn.gModule([a], [nest([a])[3]], allow_unused=True)


def test_nested_lists() -> None:
    assert map_nested(lambda a, b: a + b, [1, [2]], [10, [20]]) == [11, [22]]
    with pytest.raises(ValueError, match="differ in structure"):
        map_nested(lambda a, b: a, [np.ones(1)], [np.ones(1), np.ones(1)])
    assert add_gradients(None, 1) == add_gradients(1, None) == 1
    assert add_gradients([1, None], [2, 3]) == [3, 3]
    assert describe([np.zeros((2, 3)), [np.zeros(())]]) == "[2x3, [scalar]]"


def test_the_generator_repeats_itself() -> None:
    gn.manual_seed(5)
    state = generator_state()
    first = gn.generator().random(3)
    gn.random.set_generator_state(state)
    np.testing.assert_array_equal(gn.generator().random(3), first)
    gn.manual_seed(5)
    np.testing.assert_array_equal(gn.generator().random(3), first)
