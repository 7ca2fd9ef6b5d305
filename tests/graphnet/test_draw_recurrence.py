"""Pictures of recurrences: what is fed back, what goes in and out, and how they stand in nets."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.draw import draw, mimebundle
from graphnet.draw.look.style import BACKWARD, KINDS
from tests.graphnet.test_draw import edge_labels, edges, ends, nodes

DASHED = "style=dashed"


def feedback(picture):
    """Return the dashed arrows as pairs of names, from the output to the input it feeds; DOT has them exchanged."""
    pairs = zip(ends(picture), edges(picture), strict=True)
    return [(b, a) for (a, b), (_, _, text) in pairs if DASHED in text]


def solid(picture):
    pairs = zip(ends(picture), edges(picture), strict=True)
    return [pair for pair, (_, _, text) in pairs if DASHED not in text]


def frames(picture):
    """Return the words of each frame's title."""
    titles = re.findall(r"subgraph cluster_\d+ \{\n.*? label=<(.*)> labeljust", picture.source)
    return [" ".join(re.sub("<[^>]*>", " ", title).split()) for title in titles]


def second_lines(picture):
    """Return what stands below the name of each node."""
    found = {}
    for text in nodes(picture)[0].values():
        first, *rest = [part for part in re.split("<[^>]*>", re.search("label=<(.*)> ", text).group(1)) if part.strip()]
        found[first] = rest[0] if rest else ""
    return found


def step_with_constant():
    """Draw h' = tanh(W x + m + h) and y = V h'."""
    x, memory, prev_h = nn.Identity()(), nn.Identity()(), nn.Identity()()
    next_h = nn.Tanh()(nn.CAddTable()([nn.Linear(3, 2)(x), memory, prev_h]))
    y = nn.Linear(2, 3)(next_h)
    gn.annotate_nodes()
    return gn.gModule([x, memory, prev_h], [next_h, y])


# ---- the step


def test_what_is_fed_back_is_a_dashed_arrow():
    picture = draw(gn.Recurrence(nn.lstm(3, 2)))
    assert feedback(picture) == [("next_c", "prev_c"), ("next_h", "prev_h")]
    dashed = [text for _, _, text in edges(picture) if DASHED in text]
    assert all("dir=back" in text and "t → t+1" in text for text in dashed)
    assert 'tooltip="next_c → prev_c of the next step"' in dashed[0]


def test_all_else_is_the_drawing_of_the_step():
    step = nn.lstm(3, 2)
    outputs = {("next_c", "output 0"), ("next_h", "output 1")}
    assert set(solid(draw(gn.Recurrence(step)))) == set(ends(draw(step))) - outputs | {("next_h", "output")}
    assert gn.Recurrence(step).draw(title="over time").source == draw(gn.Recurrence(step), title="over time").source


def test_inputs_tell_what_they_are():
    net = gn.Recurrence(step_with_constant(), constants=["memory"], lengths=True, initial="learned")
    picture = draw(net)
    told = {"x": "input 0: sequence", "memory": "input 1: constant", "prev_h": "input 2: state"}
    assert second_lines(picture).items() >= told.items()
    assert "input 3: lengths" in nodes(picture)[1]
    found, names = nodes(picture)
    assert "constant: Bx..., the same at every step" in found[names["memory"]]
    assert "fed by next_h; if it is not given, learned before the first step" in found[names["prev_h"]]
    assert "fed by next_h; if it is not given, zeros before" in draw(gn.Recurrence(nn.rnn(3, 2))).source
    assert "sequence: BxTx..." in draw(gn.Recurrence(nn.rnn(3, 2), batch_first=True)).source


def test_outputs_are_those_of_the_recurrence():
    picture = draw(gn.Recurrence(nn.lstm(3, 2), final_states=True, outputs=["next_c"]))
    out = [pair for pair in solid(picture) if pair[1].startswith("output")]
    assert out == [("next_c", "output 0"), ("next_c", "output 1"), ("next_h", "output 2")]
    assert edge_labels(picture).count("final state") == 2


def test_a_reversed_recurrence_goes_to_the_step_before():
    picture = draw(gn.Recurrence(nn.rnn(3, 2), reverse=True))
    assert edge_labels(picture) == ["t → t−1"]
    assert "next_h → prev_h of the step before" in picture.source


def test_backward_the_dashed_arrows_are_turned():
    net = gn.Recurrence(nn.rnn(3, 2))
    forward, backward = draw(net), draw(net, backward=True)
    assert edge_labels(backward) == ["t ← t+1"]
    assert [(b, a) for a, b in ends(forward)] == ends(backward)
    (dashed,) = [text for _, _, text in edges(backward) if DASHED in text]
    assert dashed.count(BACKWARD) == 2
    assert "dir=back" in dashed


def test_contraction_keeps_what_goes_from_step_to_step():
    picture = draw(gn.Recurrence(nn.stacked([nn.rnn(3, 2), nn.rnn(2, 2)])), contract=True)
    assert {"prev_h_1", "prev_h_2"} == {head for _, head in feedback(picture)}
    assert len(nodes(picture)[0]) < len(nodes(draw(gn.Recurrence(nn.stacked([nn.rnn(3, 2), nn.rnn(2, 2)]))))[0])


def test_an_input_may_carry_a_module_and_be_fed_back():
    x, h = nn.Identity()().annotate("x"), nn.Sigmoid()()
    y = nn.CAddTable()([x, h])
    picture = draw(gn.Recurrence(gn.gModule([x, h], [y, x]), {x: h}, outputs=[y]))
    assert feedback(picture) == [("x", "input 1: state")]
    assert ("input 1: state", "Sigmoid") in solid(picture)


def test_a_state_may_be_a_list():
    x, h = nn.Identity()().annotate("x"), nn.Identity()().annotate("h")
    a, b = h.split(2)
    new = gn.nest([nn.CAddTable()([x, a]).annotate("p"), nn.Tanh()(b).annotate("q")])
    picture = draw(gn.Recurrence(gn.gModule([x, h], [new]), {new: h}), contract=True)
    assert feedback(picture) == [("p", "h"), ("q", "h")]
    assert "t → t+1: 0" in edge_labels(picture)


# ---- inside of a larger net


def test_a_recurrence_in_a_net_is_a_frame_around_its_step():
    net = nn.Sequential(gn.Recurrence(nn.rnn(3, 2)), gn.Recurrence(nn.rnn(2, 4), reverse=True), nn.Tanh())
    picture = draw(net)
    assert frames(picture) == ["Recurrence", "Recurrence(reverse=True)"]
    found, _ = nodes(picture)
    inside = [re.findall(r"^\t\t(n\d+) ", part, re.MULTILINE) for part in picture.source.split("subgraph")[1:]]
    assert [sum(f">{name}<" in found[n] for n in inside[0]) for name in ("x", "prev_h", "next_h")] == [1, 1, 1]
    dashed = [(a, b) for a, b, text in edges(picture) if DASHED in text]
    assert len(dashed) == 2
    assert set(dashed[0]) <= set(inside[0])
    assert set(dashed[1]) <= set(inside[1])
    between = [(a, b) for a, b, _ in edges(picture) if a in inside[0] and b in inside[1]]
    assert [[re.search("<b>.*?>(.*?)</", found[n]).group(1) for n in pair] for pair in between] == [["next_h", "x"]]


def test_values_go_into_the_inputs_that_take_them():
    x, c, h, lengths = (nn.Identity()() for _ in range(4))
    layer = gn.Recurrence(nn.lstm(3, 2), lengths=True, final_states=True)
    out = layer([x, c, h, lengths]).annotate("layer")
    y, last_c, last_h = out.split(3)
    for node, name in [(x, "X"), (c, "C"), (h, "H"), (lengths, "L"), (y, "y"), (last_c, "last_c"), (last_h, "last_h")]:
        node.annotate(name)
    picture = draw(gn.gModule([x, c, h, lengths], [y, last_c, last_h]))
    arrows = {("X", "x"), ("C", "prev_c"), ("H", "prev_h"), ("L", "lengths")}
    arrows |= {("next_h", "y"), ("next_c", "last_c"), ("next_h", "last_h")}
    assert set(solid(picture)) >= arrows
    assert frames(picture) == ["layer Recurrence(final_states=True, lengths=True)"]
    assert edge_labels(picture).count("final state") == 2


def test_states_left_out_are_fed_by_the_dashed_arrow_alone():
    x, lengths = nn.Identity()().annotate("X"), nn.Identity()().annotate("L")
    picture = draw(gn.gModule([x, lengths], [gn.Recurrence(nn.lstm(3, 2), lengths=True)([x, lengths])]))
    assert {pair for pair in solid(picture) if pair[0] in "XL"} == {("X", "x"), ("L", "lengths")}
    assert not [pair for pair in solid(picture) if pair[1].startswith("prev")]
    assert len(feedback(picture)) == 2


@pytest.mark.parametrize("options", [{}, {"lengths": True}])
def test_a_list_that_only_a_run_tells(options):
    class Two(gn.Module):
        def update_output(self, x):
            return [x, np.array([1, 2], dtype=np.intp)] if options else [x, x[0, :, :2]]

    net = nn.Sequential(Two(), gn.Recurrence(nn.rnn(3, 2), **options))
    assert ("Two", "x") in solid(draw(net))
    assert (("Two", "lengths") in solid(draw(net))) == bool(options)
    tape = net.run(np.zeros((4, 2, 3)))
    assert ("Two", "lengths" if options else "prev_h") in solid(draw(net, tape=tape))


def test_what_cannot_fit_stays_closed():
    x = nn.Identity()()
    net = gn.gModule([x], [nn.CAddTable()([x, x, x])])  # closing it with the recurrence would be refused
    net.replace(lambda module: gn.Recurrence(nn.rnn(3, 2)) if isinstance(module, nn.CAddTable) else module)
    picture = draw(net)
    assert frames(picture) == []
    assert "Recurrence" in nodes(picture)[1]


def test_without_expansion_a_recurrence_is_one_box():
    x, c, h = nn.Identity()(), nn.Identity()(), nn.Identity()()
    net = gn.gModule([x, c, h], [gn.Recurrence(nn.lstm(3, 2))([x, c, h])])
    picture = draw(net, expand=False)
    assert frames(picture) == feedback(picture) == []
    found, names = nodes(picture)
    assert f'fillcolor="{KINDS["container"]["fillcolor"]}"' in found[names["Recurrence"]]
    assert edge_labels(picture) == ["x", "prev_c", "prev_h"]


def test_a_closed_recurrence_names_what_it_takes_and_gives():
    x, lengths = nn.Identity()(), nn.Identity()()
    both = gn.Recurrence(nn.rnn(3, 2), lengths=True, final_states=True)([x, lengths])
    picture = draw(gn.gModule([x, lengths], [nn.Tanh()(both[0]), nn.Sigmoid()(both[1])]), expand=False, contract=True)
    assert edge_labels(picture) == ["x", "lengths", "next_h", "final next_h"]


def test_recurrences_nest():
    x, prev_h = nn.Identity()(), nn.Identity()()
    rows = gn.Recurrence(nn.rnn(3, 2))(x)
    next_h = nn.CAddTable()([rows, prev_h])
    gn.annotate_nodes()
    picture = draw(gn.Recurrence(gn.gModule([x, prev_h], [next_h])))
    assert frames(picture) == ["rows Recurrence"]
    assert len(feedback(picture)) == 2


# ---- notebooks and text


def test_a_recurrence_shows_itself():
    net = gn.Recurrence(nn.lstm(3, 2), reverse=True)
    bundle = mimebundle(net)
    root = ET.fromstring(bundle["image/svg+xml"])
    assert sum("stroke-dasharray" in element.attrib for element in root.iter()) == 2
    assert bundle == net._repr_mimebundle_() == mimebundle(net)
    assert bundle["text/plain"] == repr(net)


@pytest.mark.parametrize(
    "text", ["<script>&amp;</script>", '\\" ]; evil [label="', "\\N\n-->", "漢字 \x00", "x" * 3000]
)
def test_no_name_can_break_a_picture(text):
    x, h = nn.Identity()().annotate(text, text), nn.Identity()().annotate(text + "h", graph_attributes={"label": text})
    new = nn.CAddTable()([x, h]).annotate(text, text, {"tooltip": text})
    layer = gn.Recurrence(gn.gModule([x, h], [new]), {new: h}, lengths=True, final_states=True)
    outer, lengths = nn.Identity()().annotate(text), nn.Identity()()
    net = gn.gModule([outer, lengths], [layer([outer, lengths]).annotate(text)])
    net.forward([np.zeros((2, 3, 4)), np.array([1, 2, 2])])
    layer.forward([np.zeros((2, 3, 4)), np.array([1, 2, 2])])
    for options in ({}, {"step": 0}, {"backward": True}, {"expand": False}, {"contract": True}):
        for drawn in (net, layer):
            root = ET.fromstring(draw(drawn, title=text, **options).render())
            assert not [element for element in root.iter() if element.tag.endswith("script")]


def test_the_same_recurrence_gives_the_same_text():
    def build():
        return nn.Sequential(gn.Recurrence(nn.lstm(3, 2)), gn.Recurrence(nn.rnn(2, 2), reverse=True))

    assert draw(build()).source == draw(build()).source
