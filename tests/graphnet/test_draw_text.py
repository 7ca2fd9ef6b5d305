"""Pictures: names that mean harm, and places that tell of the machine."""

import pathlib
import warnings
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.draw import draw
from graphnet.draw.look.text import short_place
from graphnet.node import Place

pytest.importorskip("pygraphviz")

SVG = "{http://www.w3.org/2000/svg}"

NASTY = [
    "<script>alert(1)</script>",
    "a & b &amp; &lt; &#60;",
    '"quoted" end\\',
    '\\" ]; evil [label="',
    "\\N \\G \\L \\n \\l \\E",
    "first\nsecond\r\nthird",
    "ünïcödé 漢字 🎉",
    "x" * 5000,
    "\x00\x01\x1b\ud800\ufffe\u202e",
    "<b>bold</b>",
    "<<b>bold</b>>",
    "--> <!-- </td></table>",
    ">]; }",
    " ",
    "\t\n",
]


@pytest.mark.parametrize("text", NASTY)
def test_no_text_can_break_a_picture(text, monkeypatch):
    x = nn.Identity()()
    step = nn.Tanh()(x).annotate(text, text, {"xlabel": text, text: text})
    inner = gn.gModule([x], [nn.Tanh()(step).annotate(description=text)])
    inner.name = text
    outer = nn.Identity()()
    drawn = inner(outer).annotate(text, text, {"tooltip": text})
    net = gn.gModule([outer], [drawn, nn.Tanh()(outer).annotate(graph_attributes={"label": text})])
    net.forward(np.zeros(2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for options in ({}, {"backward": True}, {"expand": False}, {"contract": True}):
            svg = draw(net, title=text, **options).render()
            root = ET.fromstring(svg)
            assert not list(root.iter(f"{SVG}script"))
            if text.isprintable() and text.strip():
                texts = {element.text for element in root.iter(f"{SVG}text")}
                shown = {text, text[:31] + "…"}
                assert texts & shown, texts


@pytest.mark.parametrize("text", [text for text in NASTY if text.isprintable() and text.strip()])
def test_the_whole_text_is_in_the_tooltip(text):
    x = nn.Identity()()
    net = gn.gModule([x], [nn.Tanh()(x).annotate(name=text, description=text)])
    root = ET.fromstring(draw(net).render())
    titles = [value for element in root.iter() for key, value in element.attrib.items() if key.endswith("}title")]
    assert any(title.startswith(f"{text} = Tanh()\n{text}\n") for title in titles)


def test_places_do_not_tell_of_the_machine(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert short_place(Place(str(tmp_path / "nets" / "deep" / "lstm.py"), 3)) == "nets/deep/lstm.py:3"
    assert short_place(Place("/somewhere/else/nets/lstm.py", 3)) == "nets/lstm.py:3"
    assert short_place(Place("/lstm.py", 3)) == "lstm.py:3"
    assert short_place(Place("<stdin>", 3)) == "<stdin>:3"
    assert short_place(Place(str(pathlib.PurePath("/tmp", "ipykernel_77", "12.py")), 3)) == "notebook cell:3"


@pytest.mark.parametrize("text", ["x" * 40_000, "&" * 20_000, "\\" * 20_000, "\N{SNOWMAN}" * 20_000])
def test_texts_too_long_for_graphviz_are_cut(text):
    x = nn.Identity()()
    y = nn.Tanh()(x).annotate(name=text, description=text, graph_attributes={"URL": text, "label": text})
    ET.fromstring(draw(gn.gModule([x], [y]), title=text).render())
    ET.fromstring(draw(nn.ClassNLLCriterion([1.0] * 5000)).render())


def test_what_users_give_nodes_neither_runs_scripts_nor_breaks_out_of_the_picture():
    def drawn(**attributes):
        x = nn.Identity()()
        y = nn.Tanh()(x).annotate(graph_attributes=attributes)
        return gn.draw(gn.gModule([x], [y])).render("svg")

    assert b"https://example.org/a" in drawn(URL="https://example.org/a")
    for link in (
        "javascript:alert(1)",
        " java\tscript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,x",
        "vbscript:x",
    ):
        for name in ("URL", "href"):
            assert b"alert" not in drawn(**{name: link}).replace(b"data:", b"alert")
    hostile = drawn(fontname='Arial" onload="alert(1)"><script>')
    ET.fromstring(hostile)
    assert b'onload="' not in hostile
    assert b"<script" not in hostile


def test_a_label_of_the_users_that_looks_like_html_stays_text_in_every_theme_and_comparison():
    def net(module):
        x = nn.Identity()()
        return gn.gModule([x], [module(x).annotate(graph_attributes={"label": "<b>&</b>"})])

    for theme in ("light", "dark", "print"):
        for picture in (gn.draw(net(nn.Tanh()), theme=theme), gn.compare(net(nn.Tanh()), nn.Linear(3, 2), theme=theme)):
            root = ET.fromstring(picture.render("svg"))
            assert any("<b>&</b>" in "".join(element.itertext()) for element in root.iter())
