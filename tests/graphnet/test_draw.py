"""Pictures: what stands in them."""

import re
import time

import graphnet as gn
from graphnet import modules as nn
from graphnet.draw import Picture, dot, draw
from graphnet.draw.look.style import KINDS, order_matters
from tests.graphnet.unrolled import unroll


def nodes(picture):
    """Return the attribute text of each node by its id, and the id by each visible first line."""
    found = dict(re.findall(r"^\t+(n\d+) \[(.*)\]$", picture.source, re.MULTILINE))
    names = {}
    for node, text in found.items():
        label = re.search(r"label=<(.*?)> ", text + " ").group(1)
        first = [part for part in re.sub("<[^>]*>", "\n", label).split("\n") if part.strip()]
        names.setdefault(first[0] if first else "", node)
    return found, names


def edges(picture):
    return re.findall(r"^\t+(n\d+) -> (n\d+) \[(.*)\]$", picture.source, re.MULTILINE)


def edge_labels(picture):
    found = [re.search(r"\blabel=(.*?) labeltooltip=", text) for _, _, text in edges(picture)]
    return [match.group(1).strip(' "') for match in found if match]


def ends(picture):
    """Return the arrows as pairs of names."""
    _, names = nodes(picture)
    by_id = {node: name for name, node in names.items()}
    return [(by_id.get(a, a), by_id.get(b, b)) for a, b, _ in edges(picture)]


def chain(*modules):
    x = nn.Identity()().annotate(name="x")
    node = x
    for module in modules:
        node = module(node)
    return gn.gModule([x], [node])


# ---- nodes


def test_nodes_carry_variable_names_arguments_and_descriptions():
    x = nn.Identity()()
    hidden = nn.Linear(3, 8)(x).annotate(description="the hidden layer")
    gn.annotate_nodes()
    source = draw(gn.gModule([x], [nn.Tanh()(hidden)])).source
    assert "<b>" in source
    for text in (">hidden<", ">Linear(3, 8)<", ">the hidden layer<", ">x<", ">Tanh<"):
        assert text in source


def test_the_label_shows_the_module_that_the_graph_has_now():
    net = chain(nn.Linear(3, 8))
    net.replace(lambda m: nn.Linear(3, 9) if isinstance(m, nn.Linear) else m)
    assert "Linear(3, 9)" in draw(net).source
    assert "Linear(3, 8)" not in draw(net).source


def test_every_kind_of_module_has_its_look():
    x, t = nn.Identity()(), nn.Identity()()
    y = nn.Narrow(0, 0, 2)(nn.CAddTable()([nn.Tanh()(nn.Linear(3, 3)(x)), x]))
    found, names = nodes(draw(gn.gModule([x, t], [nn.MSECriterion()([y, t])])))
    kinds = {"Linear(3, 3)": "parameters", "Tanh": "function", "CAddTable": "arithmetic", "MSECriterion": "criterion"}
    for name, kind in kinds.items():
        assert f'fillcolor="{KINDS[kind]["fillcolor"]}"' in found[names[name]], name
    assert 'fillcolor="' not in found[names["Narrow(0, 0, 2)"]]  # it has the common look
    assert "shape=ellipse" in found[names["input 0"]]
    assert "shape=ellipse" in found[names["output"]]


def test_inputs_and_outputs_are_numbered_when_several():
    many = draw(nn.lstm(3, 2)).source
    assert all(f">{text}<" in many for text in ("input 0", "input 1", "input 2", "output 0", "output 1"))
    one = draw(chain(nn.Tanh())).source
    assert ">input<" in one
    assert ">output<" in one


def test_an_input_may_carry_a_module_and_be_an_output():
    h = nn.Linear(3, 2)()
    assert ends(draw(gn.gModule([h], [h]))) == [("input", "Linear(3, 2)"), ("Linear(3, 2)", "output")]
    x = nn.Identity()().annotate(name="x")
    assert ends(draw(gn.gModule([x], [x]))) == [("x", "output")]


def test_annotated_attributes_win():
    x = nn.Identity()()
    attributes = {"color": "red", "style": "filled", "fillcolor": "yellow", "tooltip": "mine", "penwidth": 7}
    y = nn.Tanh()(x).annotate(name="y", graph_attributes=attributes)
    found, names = nodes(draw(gn.gModule([x], [y])))
    for text in ("color=red", "style=filled", "fillcolor=yellow", "tooltip=mine", "penwidth=7"):
        assert text in found[names["y"]]


def test_tooltips_tell_the_line():
    x = nn.Identity()()
    y = nn.Tanh()(x)
    assert f'test_draw.py:{y.place.line}"' in draw(gn.gModule([x], [y])).source


def test_the_list_that_takes_a_node_twice_has_two_arrows():
    x = nn.Identity()().annotate(name="x")
    assert ends(draw(gn.gModule([x], [nn.CMulTable()([x, x])]))).count(("x", "CMulTable")) == 2


def test_places_in_a_list_are_shown_where_order_matters():
    a, b = nn.Identity()(), nn.Identity()()
    assert edge_labels(draw(gn.gModule([a, b], [nn.JoinTable(0)([a, b])]))) == ["0", "1"]
    a, b = nn.Identity()(), nn.Identity()()
    assert edge_labels(draw(gn.gModule([a, b], [nn.CAddTable()([a, b])]))) == []
    assert not order_matters(nn.CMulTable())
    assert order_matters(nn.MSECriterion())

    class Quotient(gn.ElementwiseTable):
        def value(self, x, y):
            return x / y

    assert order_matters(Quotient())


# ---- frames


def test_containers_are_frames_and_arrows_go_to_the_nodes_inside():
    net = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.Tanh(), nn.Linear(4, 2)))
    picture = draw(net)
    assert picture.source.count("subgraph cluster_") == 1  # the net itself is the picture
    assert ends(picture) == [
        ("input", "Linear(3, 4)"),
        ("Linear(3, 4)", "Tanh"),
        ("Tanh", "Linear(4, 2)"),
        ("Linear(4, 2)", "output"),
    ]
    assert picture.source.index("subgraph cluster_1") < picture.source.index("Tanh()") < picture.source.index("\t}")


def test_frames_nest():
    inner = nn.Sequential(nn.Tanh())
    for _ in range(5):
        inner = nn.Sequential(inner)
    source = draw(nn.Sequential(inner)).source
    assert re.findall(r"subgraph (\w+)", source) == [f"cluster_{i}" for i in range(1, 7)]
    assert "\t" * 7 + "n1" in source


def test_a_net_called_twice_has_two_frames():
    step = nn.char_rnn(5, 4)
    source = draw(unroll(step, 3)).source
    clusters = re.findall(r"subgraph (\w+)", source)
    assert len(clusters) == len(set(clusters)) == 6
    assert source.count(">OneHot(5)<") == 3


def test_without_expansion_a_container_is_one_box():
    picture = draw(nn.char_rnn(5, 4, 2), expand=False)
    assert "subgraph" not in picture.source
    assert ">layer_1<" in picture.source
    assert ">gModule(3 in, 2 out)<" in picture.source
    assert {"x", "prev_c", "prev_h"} <= set(edge_labels(picture))  # what the box calls its inputs


def test_bundles_join_and_split_without_boxes_of_their_own():
    net = nn.Sequential(nn.ConcatTable(nn.Linear(3, 4), nn.Tanh()), nn.ParallelTable(nn.Sigmoid(), nn.Tanh()))
    _, names = nodes(draw(net))
    assert "nest" not in names
    assert not any(name.startswith("split") for name in names)
    assert ("Linear(3, 4)", "Sigmoid") in ends(draw(net))


def test_an_element_of_a_list_is_named_on_its_arrow():
    net = nn.Sequential(nn.SplitTable(0), nn.ParallelTable(nn.Sigmoid(), nn.Linear(3, 2)))
    assert edge_labels(draw(net))[:2] == ["[0]", "[1]"]


def test_any_module_can_be_drawn():
    assert ends(draw(nn.Linear(3, 2))) == [("input", "Linear(3, 2)"), ("Linear(3, 2)", "output")]
    assert ">MSECriterion<" in draw(nn.MSECriterion()).source
    assert ends(draw(nn.Sequential())) == [("input", "output")]


# ---- contraction


def test_contraction_leaves_out_what_computes_nothing():
    x = nn.Identity()().annotate(name="x")
    first, second = nn.SplitTable(0)(x).split(2)
    both = gn.nest([nn.Identity()(first), second])
    net = gn.gModule([x], [nn.JoinTable(0)(both)])
    _, names = nodes(draw(net))
    assert {"Identity", "nest", "split(2)[0]", "split(2)[1]"} <= set(names)
    contracted = draw(net, contract=True)
    assert set(nodes(contracted)[1]) == {"x", "SplitTable(0)", "JoinTable(0)", "output"}
    assert ends(contracted).count(("SplitTable(0)", "JoinTable(0)")) == 2
    assert edge_labels(contracted) == ["[0] → 0", "[1] → 1"]


def test_contraction_keeps_the_name_of_an_output():
    x = nn.Identity()().annotate(name="x")
    y = nn.Identity()(nn.Tanh()(x)).annotate(name="y")
    picture = draw(gn.gModule([x], [y]), contract=True)
    assert ends(picture) == [("x", "Tanh"), ("Tanh", "y")]


# ---- the whole


def test_the_title_is_shown():
    assert ">my net<" in draw(nn.lstm(3, 2), title="my net").source
    assert ">my net<" in dot(nn.lstm(3, 2).fg, "my net").source


def test_the_same_drawing_gives_the_same_text():
    first, second = draw(nn.char_rnn(5, 4, 2)).source, draw(nn.char_rnn(5, 4, 2)).source
    assert first == second
    assert "0x" not in first


def test_line_numbers_alone_differ():
    def build():
        x = nn.Identity()()
        y = nn.Tanh()(x)
        gn.annotate_nodes()
        return draw(gn.gModule([x], [y])).source

    assert build() == build()


def test_a_chain_of_5000_nodes():
    net = chain(*[nn.Tanh() for _ in range(5000)])
    start = time.perf_counter()
    picture = draw(net, expand=True, fold=False)
    assert time.perf_counter() - start < 5
    assert len(edges(picture)) == 5001
    assert isinstance(picture, Picture)
