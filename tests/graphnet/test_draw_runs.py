"""Pictures of runs: shapes, gradients, failures."""

import re

import networkx as nx
import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.draw import dot, draw
from graphnet.draw.look.style import BACKWARD, FAILED, RED
from tests.graphnet.test_draw import chain, edge_labels, edges, ends, nodes
from tests.graphnet.unrolled import unroll

LSTM_INPUT = [np.zeros((1, 3)), np.zeros((1, 2)), np.zeros((1, 2))]


def test_arrows_carry_the_shapes_of_a_run():
    net = nn.lstm(3, 2)
    assert edge_labels(draw(net)) == []
    labels = edge_labels(draw(net, tape=net.run(LSTM_INPUT)))
    assert len(labels) == len(edges(draw(net)))
    assert {"1x3", "1x8", "1x6", "1x2"} == set(labels)


def test_the_latest_forward_is_shown():
    net = nn.Sequential(nn.Sequential(nn.Linear(3, 4)), nn.Tanh())
    net.forward(np.zeros((5, 3)))
    assert edge_labels(draw(net)) == ["5x3", "5x4", "5x4"]


def test_shapes_through_tied_modules_and_lists():
    net = unroll(nn.char_rnn(5, 4), 2)
    symbols = [np.array([0, 1, 2])] * 2
    tape = net.run([symbols, symbols, np.zeros((3, 4)), np.zeros((3, 4))])
    for contract in (False, True):
        for expand in (False, True):
            picture = draw(net, tape=tape, contract=contract, expand=expand)
            assert len(edge_labels(picture)) == len(edges(picture))
            assert all(re.search(r"(^|: )(3|3x\d+|scalar|\[.*)$", label) for label in edge_labels(picture))


def test_the_arrow_to_an_element_carries_the_shape_of_the_element():
    x = nn.Identity()()
    first, second = x.split(2)
    net = gn.gModule([x], [nn.Tanh()(first), second])
    tape = net.run([np.zeros(2), np.zeros((3, 4))])
    assert edge_labels(draw(net, tape=tape)) == ["2", "2", "3x4", "2", "3x4"]


def test_the_tape_of_another_net_is_refused():
    tape = nn.lstm(3, 2).run(LSTM_INPUT)
    with pytest.raises(ValueError, match="the tape is of a run of gModule"):
        draw(nn.Linear(3, 2), tape=tape)


def test_what_is_no_number_is_marked():
    net = chain(nn.Tanh())
    net.forward(np.array([np.nan, 1.0]))
    assert edge_labels(draw(net)) == ["2 NaN", "2 NaN"]
    assert RED in draw(net).source


# ---- backward


def test_backward_arrows_are_reversed_and_look_different():
    net = nn.lstm(3, 2)
    forward, backward = draw(net), draw(net, backward=True)
    assert sorted(edges(forward)) != sorted(edges(backward))
    assert sorted((a, b) for a, b, _ in edges(forward)) == sorted((b, a) for a, b, _ in edges(backward))
    assert BACKWARD in backward.source
    assert BACKWARD not in forward.source
    assert "gradients" in backward.source
    assert "rankdir=BT" in backward.source  # so that the nodes stay where they are


def test_backward_arrows_carry_the_shapes_of_gradients():
    net = nn.lstm(3, 2)
    tape = net.run(LSTM_INPUT)
    assert edge_labels(draw(net, tape=tape, backward=True)) == []  # there are none yet
    tape.backward([np.ones((1, 2))] * 2)
    assert sorted(edge_labels(draw(net, tape=tape, backward=True))) == sorted(edge_labels(draw(net, tape=tape)))


def test_an_arrow_without_gradient_has_no_shape():
    class Stop(gn.Module):
        def update_output(self, x):
            return x

        def update_grad_input(self, x, y, dy):
            return None

    x = nn.Identity()().annotate(name="x")
    stopped = Stop()(nn.Sigmoid()(x))
    net = gn.gModule([x], [nn.Tanh()(x), stopped])
    tape = net.run(np.zeros(3))
    tape.backward([np.ones(3), np.ones(3)])
    picture = draw(net, tape=tape, backward=True)
    dead = [(b, a) for (a, b), (_, _, text) in zip(ends(picture), edges(picture), strict=True) if "label=" not in text]
    assert dead == [("x", "Sigmoid"), ("Sigmoid", "Stop")]


def test_networkx_graphs_tell_their_direction():
    net = nn.lstm(3, 2)
    assert draw(net.fg).source == draw(net).source
    assert draw(net.bg).source == draw(net, backward=True).source
    assert dot(net.bg).source == draw(net, backward=True).source


def test_a_part_of_a_networkx_graph():
    x = nn.Identity()().annotate(name="x")
    a = nn.Tanh()(x).annotate(name="a")
    b = nn.CAddTable()([a, x]).annotate(name="b")
    graph = gn.gModule([x], [b]).fg
    assert ends(draw(graph.subgraph([a, b]))) == [("a", "b"), ("b", "output")]
    graph.remove_edge(x, b, key=1)
    assert ends(draw(graph)) == [("x", "a"), ("a", "b"), ("b", "output")]


@pytest.mark.parametrize("thing", [nx.MultiDiGraph(), nx.path_graph(3), None, "net", nn.Tanh()(nn.Identity()())])
def test_what_cannot_be_drawn_is_refused(thing):
    with pytest.raises(TypeError, match="draw takes a module"):
        draw(thing)


# ---- failures


def failure_of(net, x):
    with pytest.raises(ValueError, match="takes an array of shape") as caught:
        net.forward(x)
    return caught.value


def red_nodes(picture):
    return [text for text in nodes(picture)[0].values() if f'fillcolor="{FAILED["fillcolor"]}"' in text]


def test_the_failing_node_is_red():
    x = nn.Identity()()
    bad = nn.Linear(4, 2)(nn.Tanh()(x)).annotate(name="bad", graph_attributes={"fillcolor": "yellow"})
    net = gn.gModule([x], [nn.Tanh()(bad)])
    error = failure_of(net, np.zeros(3))
    (red,) = red_nodes(draw(net, failed=error))
    assert ">bad<" in red
    assert "failed: ValueError" in red
    assert red_nodes(draw(net)) == []
    assert red_nodes(draw(net, failed=bad)) == red_nodes(draw(net, failed=bad, contract=True)) != []
    assert red_nodes(draw(net, failed=ValueError("of no node"))) == []
    with pytest.raises(TypeError, match="failed is the exception"):
        draw(net, failed="bad")


def test_of_tied_modules_only_the_call_that_failed_is_red():
    tied = nn.Linear(3, 4)
    net = nn.Sequential(tied, nn.Sequential(nn.Tanh(), tied), nn.Sigmoid())
    error = failure_of(net, np.zeros(3))
    picture = draw(net, failed=error)
    assert len(red_nodes(picture)) == 1
    assert picture.source.count(RED) == 2  # and the frame around it
    (box,) = red_nodes(draw(net, failed=error, expand=False))
    assert "Sequential" in box


def test_of_tied_modules_side_by_side_only_the_call_that_failed_is_red():
    tied = nn.Linear(3, 4)
    net = nn.Sequential(tied, nn.Tanh(), tied)
    picture = draw(net, failed=failure_of(net, np.zeros(3)))
    assert [FAILED["fillcolor"] in nodes(picture)[0][node] for node in ("n1", "n3")] == [False, True]


def test_the_shapes_of_an_older_run_do_not_stand_in_the_picture_of_a_failure():
    net = chain(nn.Linear(3, 4))
    net.forward(np.zeros(3))
    assert edge_labels(draw(net)) != []
    assert edge_labels(draw(net, failed=failure_of(net, np.zeros(2)))) == []


def test_the_failing_node_is_found_after_the_plan_was_forgotten():
    net = nn.Sequential(nn.Tanh(), nn.Sequential(nn.Linear(4, 2), nn.Tanh()))
    error = failure_of(net, np.zeros(3))
    net.clear_state()
    (red,) = red_nodes(draw(net, failed=error))
    assert "Linear(4, 2)" in red


def test_a_tape_of_another_net_is_refused():
    x = nn.Identity()()
    hidden = nn.Linear(3, 2)(x)
    y = nn.Linear(2, 5)(hidden)
    one, other = gn.gModule([x], [y, hidden]), gn.gModule([x], [hidden, y])
    tape = one.run(np.ones(3))
    for picture in (lambda: draw(other, tape=tape), lambda: draw(other.fg, tape=tape), lambda: other.draw(tape=tape)):
        with pytest.raises(ValueError, match="the tape is of a run of"):
            picture()
    assert draw(one, tape=tape).source == draw(one.fg, tape=tape).source == dot(one.fg, tape=tape).source


def test_a_graph_that_networkx_reversed_is_the_backward_one():
    net = nn.lstm(3, 2)
    assert draw(net.fg.reverse()).source.count("->") == draw(net.bg).source.count("->") > 20


def test_a_graph_over_something_else_is_refused():
    graph = nn.rnn(1, 1).fg
    graph.add_node("stranger")
    with pytest.raises(TypeError, match=r"draw takes a graph over nodes, as net\.fg is; it has 'stranger'"):
        draw(graph)


def test_the_tips_of_arrows_tell_what_flows_where():
    net = nn.rnn(3, 2)
    tape = net.run([np.ones((1, 3)), np.ones((1, 2))])
    tape.backward(np.ones((1, 2)))
    forward, backward = draw(net, tape=tape).source, draw(net, tape=tape, backward=True).source
    for tip in ("tooltip", "labeltooltip"):
        assert f'{tip}="i2h → CAddTable() 0: 1x2"' in forward
        assert f'{tip}="i2h ← CAddTable() 0: 1x2"' in backward
