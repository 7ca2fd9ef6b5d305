"""Pictures: names that mean harm, and places that tell of the machine."""

import pathlib
import warnings
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.draw import compare, draw
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


@pytest.mark.parametrize("theme", ["dark", "print"])
@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<b>bold</b>", "<!-- -->", "#ffffff"])
def test_no_theme_takes_text_for_markup_or_colours(text, theme):
    root = ET.fromstring(draw(nn.Tanh(), title=text, theme=theme).render())
    assert text in {element.text for element in root.iter(f"{SVG}text")}
    assert any(value == text for element in root.iter() for value in element.attrib.values())
    x = nn.Identity()()
    net = gn.gModule([x], [nn.Tanh()(x).annotate(graph_attributes={"label": text})])
    root = ET.fromstring(compare(net, nn.Tanh(), title=text, theme=theme).render())
    assert any((element.text or "").strip() == text for element in root.iter(f"{SVG}text"))


def test_neither_fonts_nor_links_hold_scripts():
    x = nn.Identity()()
    font = {"fontname": 'Arial" onload="alert(1)'}
    links = [
        {name: link} for name in ("URL", "href") for link in ("javascript:alert(1)", "java\nScript:alert(1)", "data:x")
    ]
    kept = [{"URL": link} for link in ("https://a.org/?b:c", "pages/lstm.html#a:b", "mailto:a@b.org")]
    outputs = [nn.Tanh()(x).annotate(graph_attributes=attributes) for attributes in [font, *links, *kept]]
    root = ET.fromstring(draw(gn.gModule([x], outputs)).render())
    attributes = [item for element in root.iter() for item in element.attrib.items()]
    assert not [name for name, _ in attributes if name.startswith("on")]
    found = {value for name, value in attributes if name.endswith("}href")}
    assert found == {link for attributes in kept for link in attributes.values()}


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
