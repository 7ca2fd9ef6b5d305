"""Pictures of what is wrong: shapes that do not fit, on their wire; the origin of a NaN; nodes at fault; in red."""

import pickle
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.draw import draw
from graphnet.draw.look.style import FAILED, FAILED_WIRE, NOTE, OUTLINED, RED
from tests.graphnet.test_draw import edge_labels, edges, ends, nodes


def refused(inputs, outputs):
    with pytest.raises(gn.ShapeError) as caught:
        gn.gModule(inputs, outputs)
    return caught.value


def thick(picture):
    """Return the ends and the labels of the arrows on which something does not fit."""
    found = []
    for pair, (_, _, text) in zip(ends(picture), edges(picture), strict=True):
        if f"penwidth={FAILED_WIRE['penwidth']}" in text:
            assert RED in text
            found.append((*pair, re.search(r'\blabel="? ?(.*?) ?"? labeltooltip=', text).group(1).strip()))
    return found


def filled(picture):
    return [name for name, node in nodes(picture)[1].items() if FAILED["fillcolor"] in nodes(picture)[0][node]]


def outlined(picture):
    look = f'color="{RED}"'
    found, names = nodes(picture)
    return [
        name
        for name, node in names.items()
        if look in found[node] and f"penwidth={OUTLINED['penwidth']}" in found[node] and name not in filled(picture)
    ]


def notes(picture):
    return [
        re.sub(r"\\n|\s+", " ", text).replace("\u00a0", " ").strip('" ')
        for text in re.findall(r'^\tnote\d+ \[.*?label=("[^"]*") shape=' + NOTE["shape"], picture.source, re.MULTILINE)
    ]


def test_a_conflict_is_shown_on_its_wire_before_there_is_a_net():
    x = nn.Identity()()
    hidden = nn.Linear(3, 8)(x)
    out = nn.Linear(9, 2)(nn.Tanh()(hidden))
    gn.annotate_nodes()
    picture = refused([x], [out]).draw()
    assert thick(picture) == [("Tanh", "out", "8 ≠ 9")]
    assert filled(picture) == ["out"]
    assert outlined(picture) == ["hidden"]
    assert notes(picture) == ["It would fit with Linear(8, 2) here, or `hidden` = Linear(3, 9)"]
    assert edge_labels(picture)[0] == "8 or Bx8"  # the drawing as far as it is known
    found = nodes(picture)[0]
    told = next(text for text in found.values() if FAILED["fillcolor"] in text)
    assert ">cannot take 8 or Bx8<" in told
    assert "ShapeError: `out` = Linear(9, 2), drawn at" in told
    assert f"drawn at {__file__}" not in told  # a picture does not tell where on a machine it was made
    ET.fromstring(picture.render("svg"))


def test_a_conflict_between_two_wires_is_shown_on_both():
    x = nn.Identity()()
    left, right = nn.Linear(3, 8)(x), nn.Linear(3, 9)(x)
    total = nn.CAddTable()([left, right])
    gn.annotate_nodes()
    picture = refused([x], [nn.Tanh()(total)]).draw()
    assert thick(picture) == [("left", "total", "8 or Bx8"), ("right", "total", "9 or Bx9")]
    assert (filled(picture), outlined(picture)) == (["total"], ["left", "right"])
    assert notes(picture) == ["It would fit with `left` = Linear(3, 9), or `right` = Linear(3, 8)"]


def test_where_no_size_is_known_to_be_meant_the_wire_tells_what_it_leads_into():
    x = nn.Identity()()
    picture = refused([x], [nn.SpatialConvolution(3, 4, 3, 3)(nn.Linear(3, 8)(x))]).draw()
    ((tail, _, label),) = thick(picture)
    assert tail == "Linear(3, 8)"
    assert label.startswith("8 or Bx8 into SpatialConvolution(3, 4, 3, 3")
    x = nn.Identity()()
    picture = refused([x], [nn.Narrow(-1, 6, 4)(nn.Linear(3, 8)(x))]).draw()
    assert thick(picture) == [("Linear(3, 8)", "Narrow(-1, 6, 4)", "8 or Bx8 into Narrow(-1, 6, 4)")]
    assert notes(picture) == ["It would fit with Narrow(-1, 4, 4) here"]


def test_a_conflict_inside_of_a_container_is_shown_there_or_on_its_box():
    x = nn.Identity()()
    block = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(7, 2))
    error = refused([x], [block(x).annotate(name="block")])
    assert thick(error.draw()) == [("ReLU", "Linear(7, 2)", "8 ≠ 7")]
    assert f'color="{RED}"' in error.draw().source.split("subgraph", 1)[1].split("]", 1)[0]
    closed = error.draw(expand=False)
    assert filled(closed) == ["block"]
    assert ">Linear(7, 2): cannot take 8 or Bx8<" in closed.source
    assert thick(closed) == []


def test_a_conflict_inside_of_a_recurrence_is_shown_there():
    layer = gn.Recurrence(nn.rnn(3, 4))
    x = nn.Identity()()
    error = refused([x], [layer(nn.Replicate(5)(nn.Linear(2, 6)(x))).annotate(name="layer")])
    picture = error.draw()
    assert [label for *_, label in thick(picture)] == ["6 ≠ 3"]
    assert filled(picture) == ["i2h"]
    assert len(error.site) == 2
    assert error.site[0].node.name == "layer"


def test_shapes_that_were_asked_for_are_shown_too():
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Bottle(nn.Linear(4, 2)))
    with pytest.raises(gn.ShapeError) as caught:
        gn.infer_shapes(net, ("B", 5))
    picture = caught.value.draw()
    assert filled(picture) == ["Linear(3, 4)"]
    assert [label for *_, label in thick(picture)] == ["5 ≠ 3"]
    assert draw(net, failed=caught.value).source == picture.source


def test_a_conflict_that_comes_up_in_a_run_is_red_in_the_whole_net():
    step = nn.lstm(3, 4)
    net = nn.Sequential(nn.Tanh(), gn.Recurrence(step))
    with pytest.raises(ValueError, match="takes") as caught:  # when the shapes of its states are wanted
        net.forward(np.zeros((2, 5, 6)))
    assert filled(draw(net, failed=caught.value)) == ["i2h"]


def test_a_notebook_shows_a_caught_conflict():
    x = nn.Identity()()
    error = refused([x], [nn.Linear(9, 2)(nn.Linear(3, 8)(x))])
    bundle = error._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert "8 ≠ 9" in bundle["image/svg+xml"]
    assert bundle["text/plain"] == str(error)


def test_a_conflict_from_another_process_has_its_message_only():
    x = nn.Identity()()
    error = refused([x], [nn.Linear(9, 2)(nn.Linear(3, 8)(x))])
    error.add_note("in the second batch")
    other = pickle.loads(pickle.dumps(error))
    assert (str(other), other.__notes__) == (str(error), error.__notes__)
    assert other._repr_mimebundle_() == {"text/plain": str(error)}
    with pytest.raises(LookupError, match="from another process"):
        other.draw()


def test_a_conflict_among_strange_names_makes_a_valid_picture():
    x = nn.Identity()().annotate(name='<x> & "y"')
    y = nn.Linear(9, 2)(nn.Linear(3, 8)(x).annotate(name="a <b> \\N")).annotate(name="]]> & ütf")
    ET.fromstring(refused([x], [y]).draw().render("svg"))


def test_the_origin_of_a_nan_is_red_with_the_time_step():
    x, prev_h = nn.Identity()(), nn.Identity()()
    root = nn.Sqrt()(x)
    next_h = nn.CAddTable()([root, nn.MulConstant(0.5)(prev_h)])
    gn.annotate_nodes()
    net = nn.Sequential(gn.Recurrence(gn.gModule([x, prev_h], [next_h])), nn.Tanh())
    series = np.ones((100, 2, 3))
    series[37, 1, 2] = -1.0
    origin = gn.find_nan(net, series)
    for picture in (origin.draw(), draw(net, failed=origin)):
        assert filled(picture) == ["root"]
        assert ">NaN, forward, step 37<" in picture.source
        assert "the first NaN is made by `root` = Sqrt()" in picture.source
        assert __file__ not in picture.source


def test_many_marks_in_one_box_are_counted():
    class Wrong(nn.Tanh):
        def slope(self, x, y):
            return 2 * super().slope(x, y)

    net = nn.Sequential(nn.Sequential(*[Wrong() for _ in range(7)]), nn.Tanh())
    picture = gn.check_gradients(net, np.array([0.1, 0.2])).draw(expand=False)
    assert filled(picture) == ["Sequential"]
    assert ">and 4 more<" in picture.source


def test_an_error_beside_its_node_is_cut_to_three_lines():
    class Fails(nn.Tanh):
        def update_output(self, x):
            raise ValueError("too long to be told " * 50)

    net = nn.Sequential(Fails())
    with pytest.raises(ValueError, match="too long") as caught:
        net.forward(np.zeros(2))
    (text,) = [text for text in nodes(draw(net, failed=caught.value))[0].values() if FAILED["fillcolor"] in text]
    label = text.split(" tooltip=")[0]
    assert label.count("too long") < 7
    assert "…" in label


def test_a_node_of_a_drawing_that_was_refused_is_red():
    x = nn.Identity()()
    y, unused = nn.Tanh()(x), nn.Sigmoid()(x)
    with pytest.raises(ValueError, match="does not lead to an output") as caught:
        gn.gModule([x], [y])
    net = gn.gModule([x], [y, unused])
    assert filled(draw(net, failed=caught.value)) == ["Sigmoid"]


def test_in_an_unrolled_picture_the_node_is_red_at_its_step_alone():
    x, prev_h = nn.Identity()(), nn.Identity()()
    root = nn.Sqrt()(x)
    next_h = nn.CAddTable()([root, prev_h])
    gn.annotate_nodes()
    net = gn.Recurrence(gn.gModule([x, prev_h], [next_h]))
    series = np.ones((4, 1, 2))
    series[2] = -1
    origin = gn.find_nan(net, series)
    red = draw(net, failed=origin, unroll=4).source.count(FAILED["fillcolor"])
    assert red == draw(net, failed=origin).source.count(FAILED["fillcolor"]) == 1
