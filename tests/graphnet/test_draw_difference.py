"""The difference of two nets."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.draw import compare
from graphnet.draw.look.style import CHANGED, ONLY_IN
from tests.graphnet.test_draw import chain


def names(boxes):
    return [box.node.name for box in boxes if box.node is not None and box.node.name]


def found(difference):
    """Return the names of what is changed, and of what only the one or the other has."""
    return [one.node.name for one, _ in difference.changed], *map(names, difference.only)


def test_peepholes_are_what_a_peephole_lstm_has_more():
    difference = compare(nn.lstm(3, 4), nn.peephole_lstm(3, 4), names=("LSTM", "peephole LSTM"))
    changed, gone, new = found(difference)
    assert sorted(changed) == ["forget_gate", "in_gate", "out_gate"]
    assert gone == ["gates"]
    assert sorted(new) == [f"{gate}_{what}" for gate in ("forget", "in", "out") for what in ("peephole", "sum")]
    assert {"x", "prev_c", "prev_h", "i2h", "h2h", "in_transform", "next_c", "next_h"} <= set(
        names(one for one, _ in difference.same)
    )


def test_a_gru_has_no_cell():
    difference = compare(nn.lstm(3, 4), nn.gru(3, 4))
    changed, gone, new = found(difference)
    assert changed == ["i2h", "h2h", "next_h"]
    assert {"prev_c", "in_gate", "forget_gate", "out_gate", "next_c"} <= set(gone)
    assert {"reset_gate", "update_gate", "candidate"} <= set(new)
    text = str(difference)
    assert "~ i2h: Linear(3, 16) → Linear(3, 12)" in text
    assert "− next_c: CAddTable()" in text
    assert "+ candidate: Tanh()" in text


def test_equal_nets_have_no_difference():
    for net in (nn.lstm(3, 4), gn.Recurrence(nn.gru(3, 4)), nn.Linear(2, 2), nn.Sequential(nn.Tanh(), nn.Tanh())):
        difference = compare(net, net)
        assert difference.is_none
        assert "are the same" in str(difference)
    assert compare(nn.lstm(3, 4), nn.lstm(3, 4)).is_none


def test_changed_arguments_without_names():
    a = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))
    b = nn.Sequential(nn.Linear(3, 9), nn.Tanh(), nn.Dropout(0.5), nn.Linear(9, 2))
    difference = compare(a, b, names=("narrow", "wide"))
    assert str(difference).splitlines()[:6] == [
        "− narrow",
        "+ wide",
        "  3 nodes the same",
        "~ Linear(3, 8) → Linear(3, 9)",
        "~ Linear(8, 2) → Linear(9, 2)",
        "+ Dropout(0.5)",
    ]


def test_other_names_for_the_same():
    def net(first, second):
        x = nn.Identity()().annotate(f"in_{first}")
        h = nn.Tanh()(nn.Linear(3, 3)(x).annotate(first)).annotate(second)
        return gn.gModule([x], [h])

    difference = compare(net("a", "b"), net("c", "d"))
    assert not any(difference.only)
    assert "~ a → c: Linear(3, 3)" in str(difference)


def test_wires_that_lead_elsewhere():
    def net(swapped):
        a, b = nn.Identity()().annotate("a"), nn.Identity()().annotate("b")
        return gn.gModule([a, b], [nn.CSubTable()([b, a] if swapped else [a, b])])

    difference = compare(net(False), net(True))
    assert not any(difference.only)
    assert not difference.changed
    assert not difference.is_none
    assert "− 2 arrows" in str(difference)


def test_frames_and_steps_are_compared_inside():
    a = nn.Sequential(gn.Recurrence(nn.lstm(3, 4)), nn.Linear(4, 2))
    b = nn.Sequential(gn.Recurrence(nn.peephole_lstm(3, 4)), nn.Linear(4, 2))
    difference = compare(a, b)
    assert "gates" in names(difference.only[0])
    assert difference.source.count("subgraph cluster_a") == 1
    assert "subgraph cluster_b" not in difference.source
    more = compare(nn.Sequential(nn.Tanh()), nn.Sequential(nn.Tanh(), nn.Sequential(nn.Abs())))
    assert more.source.count("subgraph cluster_b") == 1


def test_colours_outlines_signs_and_a_legend():
    difference = compare(chain(nn.Linear(2, 3)), chain(nn.Linear(2, 4), nn.Tanh()), names=("<a>", "b & c"))
    source = difference.source
    assert f'fillcolor="{ONLY_IN[1]["fillcolor"]}"' in source
    assert "peripheries=2" in source
    assert CHANGED["peripheries"] == "2"
    assert "dashed" in ONLY_IN[0]["style"]
    assert "only in &lt;a&gt;" in source
    root = ET.fromstring(difference.render("svg"))
    text = " ".join(element.text or "" for element in root.iter() if element.tag.endswith("text"))
    assert "+ only in b & c" in text
    assert re.search(r"− ?Linear\(2, 3\)", text)


def test_the_legend_has_the_kinds_that_there_are():
    def legend(first, second):
        return set(re.findall(r"legend_(\w+) \[", compare(first, second).source))

    assert legend(nn.Tanh(), nn.Tanh()) == {"both"}
    assert legend(chain(nn.Tanh()), chain(nn.Tanh(), nn.Abs())) == {"both", "a", "b"}  # the arrow to the output is gone
    assert legend(chain(nn.Linear(2, 3)), chain(nn.Linear(2, 4))) == {"both", "changed"}


def test_the_legend_stands_in_a_column_and_makes_no_picture_wide():
    svg = compare(nn.lstm(3, 2), nn.coupled_lstm(3, 2), names=("LSTM", "coupled")).render("svg").decode()
    assert float(re.search(r'width="([\d.]+)pt"', svg)[1]) < 800  # 935 with the four side by side


def test_the_same_each_time_and_without_touching_the_nets(tmp_path):
    a, b = nn.lstm(3, 4), nn.gru(3, 4)
    before = [p.value.copy() for p in (*a.parameters(), *b.parameters())], gn.generator().bit_generator.state
    assert compare(a, b).source == compare(a, b).source
    assert gn.generator().bit_generator.state == before[1]
    assert all(map(np.array_equal, [p.value for p in (*a.parameters(), *b.parameters())], before[0]))
    assert compare(a, b).save(tmp_path / "difference.svg").exists()


def test_large_nets_in_seconds():
    a = chain(*[nn.AddConstant(i) for i in range(1500)])
    b = chain(*[nn.AddConstant(i) for i in range(1500) if i != 700])
    difference = compare(a, b)
    assert len(difference.only[0]) == 1
    assert not difference.only[1]


def test_what_is_no_module_is_refused():
    with pytest.raises(TypeError, match="compare takes two modules, not 3"):
        compare(nn.Tanh(), 3)


def test_themes_change_colours_and_nothing_else():
    nets = nn.lstm(3, 4), nn.peephole_lstm(3, 4)
    pictures = {theme: compare(*nets, theme=theme) for theme in ("light", "dark", "print")}
    assert len({str(picture) for picture in pictures.values()}) == 1
    assert len({picture.source for picture in pictures.values()}) == 3
    assert "#ffffff" not in pictures["dark"].source
    for picture in pictures.values():
        ET.fromstring(picture.render("svg"))
    with pytest.raises(ValueError, match="no theme 'blue'"):
        compare(*nets, theme="blue")


def test_floats_are_rounded_unless_their_last_digits_are_the_difference():
    a, b = (nn.Sequential(nn.Linear(3, 3), nn.Dropout(p)) for p in (0.1, 1 - 0.9))
    assert "~ Dropout(0.1) → Dropout(0.09999999999999998)" in str(compare(a, b))
    c = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.3))
    assert "~ Dropout(0.1) → Dropout(0.3)" in str(compare(b, c))
    assert "− Dropout(0.1)" in str(compare(b, nn.Sequential(nn.Linear(3, 3)))).splitlines()
    assert "Dropout(0.1)" in gn.draw(b).source
    assert "0.0999" not in gn.draw(b).source
