"""Pictures: as files, in notebooks, and through either Graphviz."""

import concurrent.futures
import os
import re
import struct
import sys
import time
import xml.etree.ElementTree as ET

import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.draw import Picture, dot, draw, mimebundle, picture
from graphnet.draw.api import MOST_BOXES_SHOWN_UNASKED

COMMAND = 'pip install "graphnet-nn[diagrams]"'
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def library(monkeypatch, tmp_path_factory):
    """Leave only the Graphviz inside pygraphviz."""
    pytest.importorskip("pygraphviz")
    folder = tmp_path_factory.mktemp("bin")
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def no_graphviz(library, monkeypatch):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


@pytest.fixture
def program(library, no_graphviz):
    """Put a program ``dot`` in the place of all Graphviz; return a function that writes it."""
    if os.name != "posix":
        pytest.skip("a shell script is no program here")

    def write(script):
        path = library / "dot"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    return write


@pytest.fixture
def net():
    x = nn.Identity()()
    hidden = nn.Tanh()(nn.Linear(3, 2)(x))
    gn.annotate_nodes()
    return gn.gModule([x], [hidden])


# ---- files


@pytest.mark.parametrize(
    ("name", "beginning"),
    [("a.svg", b"<?xml"), ("a.png", b"\x89PNG"), ("a.PDF", b"%PDF"), ("a.dot", b"digraph"), ("a.gv", b"digraph")],
)
def test_the_name_tells_the_format(net, tmp_path, name, beginning):
    drawn = draw(net, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(beginning)
    assert os.listdir(tmp_path) == [name]
    assert drawn.save(str(tmp_path / name)) == tmp_path / name


def test_a_png_is_large_enough_to_read(net):
    image = draw(net).render("png")
    width, _ = struct.unpack(">II", image[16:24])
    points = float(ET.fromstring(draw(net).render()).get("width").removesuffix("pt"))
    assert width == pytest.approx(points * 150 / 72, rel=0.02)


@pytest.mark.parametrize("name", ["a.jpeg", "a", "svg", ".svg"])
def test_an_unknown_format_is_refused_before_anything_is_drawn(net, tmp_path, name):
    with pytest.raises(ValueError, match=r"the name must end in \.svg, \.png, \.pdf, \.dot, \.gv"):
        draw(net, tmp_path / name)
    with pytest.raises(ValueError, match="svg, png, pdf or dot, not 'jpeg'"):
        draw(net).render("jpeg")
    assert os.listdir(tmp_path) == []


def test_a_missing_folder_is_refused(net, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        draw(net, tmp_path / "missing" / "net.svg")


def test_a_failure_leaves_the_older_file(net, tmp_path, monkeypatch):
    path = tmp_path / "net.svg"
    path.write_text("older")
    with pytest.raises(RuntimeError, match="Graphviz could not draw"):
        Picture("digraph {").save(path)
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk")))
    with pytest.raises(OSError, match="disk"):
        draw(net, path)
    assert path.read_text() == "older"
    assert os.listdir(tmp_path) == ["net.svg"]


@pytest.mark.parametrize("name", ["net", "net.svg", "net.dot", "net.png"])
def test_dot_writes_text_and_picture(net, tmp_path, name):
    dot(net.fg, "My title", tmp_path / name)
    assert sorted(os.listdir(tmp_path)) == ["net.dot", "net.svg"]
    assert "My title" in (tmp_path / "net.dot").read_text()
    assert "My title" in (tmp_path / "net.svg").read_text()


def test_a_point_in_the_name_stays(net, tmp_path):
    dot(net.bg, file=tmp_path / "net.v1")
    assert sorted(os.listdir(tmp_path)) == ["net.v1.dot", "net.v1.svg"]


# ---- what renders


def test_without_graphviz_the_command_is_named(net, no_graphviz, tmp_path):
    with pytest.raises(RuntimeError, match="no Graphviz found") as caught:
        draw(net).render()
    assert COMMAND in str(caught.value)
    draw(net, tmp_path / "net.dot")  # for text, none is needed
    assert COMMAND in mimebundle(net)["text/plain"]
    assert COMMAND in draw(net)._repr_mimebundle_()["text/plain"]


def test_the_program_is_used_if_it_is_there(net, program):
    program('echo "<svg>$*</svg><!-- version 1 -->"')
    assert draw(net).render() == b"<svg>-Kdot -Tsvg</svg>"


def test_what_the_program_says_is_told(net, program):
    program("echo 'no such font' >&2; exit 3")
    with pytest.raises(RuntimeError, match="Graphviz could not draw: no such font"):
        draw(net).render()


def test_what_the_library_says_is_told():
    with pytest.raises(RuntimeError, match="syntax error in line 1"):
        Picture("digraph { a [label=").render()


def test_nothing_is_said_on_standard_error(net, capfd):
    draw(net).render()
    draw(net).render("png")
    assert capfd.readouterr() == ("", "")


def test_what_else_the_library_says_is_passed_on(net, capfd, monkeypatch):
    import pygraphviz

    def talk(self, **_):
        os.write(2, b"Fontconfig warning: a line\nWarning: another\n")
        return b"image"

    monkeypatch.setattr(pygraphviz.AGraph, "draw", talk)
    assert draw(net).render() == b"image"
    assert capfd.readouterr().err == "Warning: another\n"


def test_the_library_draws_one_picture_at_a_time(net, monkeypatch):
    import pygraphviz

    drawing = []

    def slow(self, **_):
        drawing.append(self)
        time.sleep(0.01)
        assert drawing == [self]
        drawing.remove(self)
        return b"image"

    monkeypatch.setattr(pygraphviz.AGraph, "draw", slow)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: draw(net).render(), range(16))) == {b"image"}


def test_threads_draw_at_once():
    nets = [nn.lstm(3, n) for n in range(1, 9)]
    expected = [draw(net).render() for net in nets]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            assert list(pool.map(lambda net: draw(net).render(), nets)) == expected


def test_an_svg_holds_no_comments_and_is_always_the_same(net):
    svg = draw(net).render()
    assert b"<!--" not in svg
    assert svg == draw(net).render()


# ---- notebooks


def test_a_net_shows_itself(net):
    bundle = mimebundle(net)
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/plain"] == repr(net)
    assert ET.fromstring(bundle["image/svg+xml"]).tag == f"{SVG}svg"
    assert "image/svg+xml" in draw(net)._repr_mimebundle_(include=None, exclude=None)


@pytest.mark.parametrize("n", [1, 8, 40])
def test_a_wide_picture_fits_the_page_of_a_notebook_as_long_as_it_can_be_read(n):
    wide = draw(nn.ConcatTable(*(nn.AddConstant(k) for k in range(n))))

    def size(svg):
        return [float(number) for number in re.search(r'<svg width="([\d.]+)pt" height="([\d.]+)pt"', svg).groups()]

    (width, height), shown = size(wide.render("svg").decode()), wide._repr_mimebundle_()["image/svg+xml"]
    scale = size(shown)[0] / width
    assert scale == pytest.approx({1: 1.0, 8: 700 / width, 40: 0.6}[n], abs=0.01)
    assert size(shown)[1] == pytest.approx(scale * height, abs=2)
    assert f'viewBox="0.00 0.00 {width:.2f} {height:.2f}"' in shown


def test_showing_never_raises(net, monkeypatch):
    class Broken(gn.Module):
        def label(self):
            raise ZeroDivisionError("broken")

    bundle = mimebundle(Broken())
    assert "Broken object" in bundle["text/plain"]
    assert "broken" in bundle["text/plain"]
    assert "holds no modules" in mimebundle(nn.Sequential(nn.ConcatTable()))["text/plain"]
    assert "Graphviz could not draw" in Picture("digraph {")._repr_mimebundle_()["text/plain"]
    monkeypatch.setattr(picture, "render", lambda *_: b"\xff")
    assert repr(net) in mimebundle(net)["text/plain"]


def test_a_large_net_shows_itself_closed_or_not_at_all():
    inner = nn.Sequential(*[nn.AddConstant(i) for i in range(MOST_BOXES_SHOWN_UNASKED + 1)])
    assert "image/svg+xml" in mimebundle(nn.Sequential(inner))
    bundle = mimebundle(inner)
    assert "only when asked" in bundle["text/plain"]
    assert "image/svg+xml" not in bundle


def test_a_large_net_shows_itself_shortly():
    net = nn.Sequential(*(nn.Tanh() for _ in range(5000)))
    shown = net._repr_mimebundle_()
    assert "drawn only when asked: gn.draw(net)" in shown["text/plain"] or "image/svg+xml" in shown
    assert "... and 4,901 more" in shown["text/plain"]
    assert len(shown["text/plain"]) < 10_000
