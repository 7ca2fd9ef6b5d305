"""Pictures of nested and repeated parts: collapsed, expanded in part, folded."""

import re

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.draw import draw
from tests.graphnet.test_draw import chain, edge_labels, edges, ends, nodes
from tests.graphnet.test_draw_recurrence import frames


def block(n=8):
    return nn.Sequential(nn.Linear(n, n), nn.Tanh())


def two_halves():
    x = nn.Identity()()
    encoder = nn.Sequential(block(), block())(x)
    decoder = nn.Sequential(block(), nn.Sequential(block(), nn.Sigmoid()))(encoder)
    gn.annotate_nodes()
    return gn.gModule([x], [decoder])


def arrows(picture):
    """Return the arrows that are not between repetitions, and those that are."""
    found = [(a, b, "of the next one" in text) for a, b, text in edges(picture)]
    return [(a, b) for a, b, next_ in found if not next_], [(a, b) for a, b, next_ in found if next_]


# ---- collapsed and expanded


def test_what_is_closed_tells_how_much_it_hides():
    source = draw(two_halves(), expand=False).source
    assert ">4 nodes, 144 parameters<" in source
    assert ">5 nodes, 144 parameters<" in source
    assert ">15 nodes, 144 parameters<" in draw(nn.Sequential(gn.Recurrence(nn.lstm(3, 4))), expand=0).source
    single = nn.Sequential(nn.Sequential(nn.Linear(1, 1, bias=False)), nn.Sequential(nn.Tanh()))
    closed = draw(single, expand=0).source
    assert ">1 node, 1 parameter<" in closed
    assert ">1 node<" in closed


def test_a_depth():
    net = two_halves()
    assert [len(frames(draw(net, expand=depth))) for depth in range(5)] == [0, 2, 6, 7, 7]
    assert draw(net, expand=3).source == draw(net).source
    assert draw(net, expand=True).source == draw(net).source
    assert draw(net, expand=0).source == draw(net, expand=False).source


def test_what_is_named_is_shown_with_what_stands_around_it():
    net = two_halves()
    assert len(frames(draw(net, expand="encoder"))) == 1
    path = "decoder/[1] Sequential()"
    for key in (path, [path], net.modules[2].modules[1], [net.modules[2].modules[1]]):
        picture = draw(net, expand=key)
        assert len(frames(picture)) == 2, key
        assert "Sigmoid" in picture.source
    assert len(frames(draw(net, expand=["encoder", net.graph().outputs[0]]))) == 2


def test_what_is_collapsed_is_closed_whatever_is_expanded():
    net = two_halves()
    assert len(frames(draw(net, collapse="encoder"))) == 4
    assert len(frames(draw(net, expand=["encoder", "decoder"], collapse=["encoder"]))) == 1
    assert frames(draw(net, collapse=[net.modules[1], "decoder"])) == []


def test_parts_of_recurrences():
    layer = gn.Recurrence(nn.char_rnn(5, 4, 3))
    assert len(frames(draw(layer, expand="layer_2"))) == 1
    net = nn.Sequential(layer)
    assert frames(draw(net, collapse="[0] Recurrence()")) == []
    assert len(frames(draw(net, expand="[0] Recurrence()/layer_2"))) == 2


def test_what_cannot_be_found_is_refused_with_what_there_is():
    net = two_halves()
    with pytest.raises(LookupError, match="expand: nothing that has an inside is 'coder'; what has one: encoder; "):
        draw(net, expand="coder")
    with pytest.raises(LookupError, match=r"collapse: nothing that has an inside is Tanh\(\)"):
        draw(net, collapse=nn.Tanh())
    with pytest.raises(TypeError, match=r"by name, path, node or module, not by 1\.5"):
        draw(net, collapse=1.5)
    with pytest.raises(ValueError, match="draw's expand"):
        draw(net, expand=-1)


# ---- folded


def test_equal_blocks_are_shown_once():
    net = nn.Sequential(*[block() for _ in range(12)], nn.Linear(8, 2))
    picture = draw(net, fold=True)
    assert frames(picture) == ["Sequential × 12"]
    _, names = nodes(picture)
    linear, tanh, last = names["Linear(8, 8)"], names["Tanh"], names["Linear(8, 2)"]
    within, between = arrows(picture)
    assert within == [(names["input"], linear), (linear, tanh), (tanh, last), (last, names["output"])]
    assert between == [(linear, tanh)]  # with its ends exchanged, and drawn so that it points back
    closed = draw(net, fold=True, expand=False)
    assert ">× 12<" in closed.source
    assert ">2 nodes, 72 parameters<" in closed.source


def test_several_nodes_that_come_again_are_folded_together():
    x = h = nn.Identity()()
    memory = nn.Identity()()
    for _ in range(5):
        inner = nn.Tanh()(nn.Linear(4, 4)(h))
        h = nn.CAddTable()([h, inner, memory])
    picture = draw(gn.gModule([x, memory], [nn.Sigmoid()(h)]), fold=True)
    assert frames(picture) == ["× 5"]
    _, names = nodes(picture)
    total, linear = names["CAddTable"], names["Linear(4, 4)"]
    within, between = arrows(picture)
    assert sorted(between) == sorted([(linear, total), (total, total)])
    assert (total, names["Sigmoid"]) in within
    assert [pair for pair in within if pair[0] == names["input 1"]] == [(names["input 1"], total)]


def test_a_module_called_again_and_again():
    x = h = nn.Identity()()
    tied = nn.Linear(3, 3)
    for _ in range(4):
        h = tied(h)
    assert ">× 4<" in draw(gn.gModule([x], [h]), fold=True).source


def test_names_that_differ_by_numbers_alone():
    x = nn.Identity()()
    h = [x]
    for _ in range(4):
        h.append(nn.Tanh()(h[-1]))
    gn.annotate_nodes()
    assert ">h[1] … h[4]<" in draw(gn.gModule([x], [h[-1]]), fold=True).source


def test_what_is_not_equal_or_is_used_elsewhere_is_not_folded():
    sizes = nn.Sequential(*[nn.Linear(n, n + 1) for n in range(2, 8)])
    assert "×" not in draw(sizes, fold=True).source
    x = h = nn.Identity()()
    all_of_them = []
    for _ in range(6):
        h = nn.Tanh()(h)
        all_of_them.append(h)
    assert "×" not in draw(gn.gModule([x], [nn.CAddTable()(all_of_them)]), fold=True).source
    h = [nn.Identity()()]
    for _ in range(6):
        h.append(nn.Tanh()(h[-1]))
    picture = draw(gn.gModule([h[0]], [nn.CAddTable()([h[3], h[6]])]), fold=True)
    assert picture.source.count(">× 3<") == 2  # what is used from the middle is the last of its part


def test_what_takes_from_two_back_is_folded_in_pairs():
    h = [nn.Identity()(), nn.Identity()()]
    for _ in range(8):
        h.append(nn.CAddTable()(h[-2:]))
    picture = draw(gn.gModule(h[:2], [h[-1]]), fold=True)
    assert frames(picture) == ["× 4"]
    assert len(arrows(picture)[1]) == 3


def test_from_how_many_on_is_said_by_a_number():
    net = chain(nn.Tanh(), nn.Tanh(), nn.Tanh(), nn.Sigmoid(), nn.Sigmoid())
    assert re.findall(">× (.)<", draw(net, fold=True).source) == ["3", "2"]
    assert re.findall(">× (.)<", draw(net, fold=3).source) == ["3"]
    assert "×" not in draw(net, fold=False).source
    assert "×" not in draw(net).source
    with pytest.raises(ValueError, match="draw's fold"):
        draw(net, fold=1)


def test_what_is_to_be_shown_otherwise_is_not_folded():
    net = nn.Sequential(*[block() for _ in range(6)])
    picture = draw(net, fold=True, collapse=net.modules[2])
    assert frames(picture) == ["Sequential × 2", "Sequential × 3"]


def test_what_failed_is_not_folded_away():
    net = nn.Sequential(*[nn.Sequential(nn.Tanh(), nn.Narrow(0, 0, 4)) for _ in range(6)])
    net.modules[3].modules[1].length = 9
    with pytest.raises(Exception, match="Narrow") as caught:
        net.forward(np.zeros(4))
    picture = draw(net, fold=True, failed=caught.value)
    assert frames(picture)[0].startswith("Sequential × 3")
    assert len(frames(picture)) == 3


def test_nested_repeats():
    net = nn.Sequential(*[nn.Sequential(*[block() for _ in range(3)]) for _ in range(4)])
    picture = draw(net, fold=True)
    assert frames(picture) == ["Sequential × 4", "Sequential × 3"]
    assert len(edges(picture)) == 5
    assert sorted(ends(picture)).count(("Linear(8, 8)", "Tanh")) == 3


def test_shapes_of_the_first_are_shown():
    net = nn.Sequential(*[nn.Linear(8, 8) for _ in range(3)])
    tape = net.run(np.zeros((5, 8)))
    assert edge_labels(draw(net, tape=tape, fold=True)) == ["5x8", "to the next", "5x8"]


def test_looking_changes_nothing():
    net = gn.Recurrence(nn.char_rnn(5, 4, 2))
    tape = net.run(np.zeros((4, 2), int))
    before = [p.value.copy() for p in net.parameters()], gn.generator().bit_generator.state
    pictures = [
        (draw(net, tape=tape, fold=True).source, draw(net, tape=tape, unroll=2).source, draw(net, expand=1).source)
        for _ in range(2)
    ]
    assert pictures[0] == pictures[1]
    assert gn.generator().bit_generator.state == before[1]
    assert all((p.value == old).all() for p, old in zip(net.parameters(), before[0], strict=True))
