"""The stepper as data and as HTML: its numbers are those of the tape, and nothing that is named can break it."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.draw.look.scale import luminance
from graphnet.nesting import leaves
from graphnet.pages import step_through as room
from graphnet.pages import stepper, tensors
from graphnet.pages.page import asset, embedded, page
from graphnet.pages.tensors import tensor_data, tensor_html, tensors_data
from graphnet.random import generator_state

RNG = np.random.default_rng(0)
LSTM_INPUT = [RNG.normal(size=(4, 3)), RNG.normal(size=(4, 2)), RNG.normal(size=(4, 2))]
NASTY = '</script><img src=x onerror="alert(1)"> <!-- & \'"\\ \u2028 żółć 漢字 \u202e' + "long " * 80


def data_of(html):
    return json.loads(re.search(r'class="gn-data">(.*?)</script>', html, re.DOTALL)[1])


def numbers(data, references):
    """Return the arrays of a stop's part as they are shown."""
    found = []
    for reference in references:
        tensor = data["tensors"][reference]
        values = [{"NaN": np.nan, "∞": np.inf, "−∞": -np.inf}.get(v, v) for v in tensor["values"]]
        found.append(np.array(values, float).reshape(-1, tensor["width"] or 1))
    return found


def agree(shown, value):
    arrays = [np.atleast_2d(array) for array in leaves(value)]
    return len(shown) == len(arrays) and all(
        np.allclose(a, b.reshape(a.shape), rtol=1e-5, atol=0) for a, b in zip(shown, arrays, strict=True)
    )


def test_the_numbers_are_those_of_the_tape():
    net = nn.lstm(3, 2)
    data = data_of(stepper(net, LSTM_INPUT).html)
    tape = net.run(LSTM_INPUT)
    tape.backward([np.ones((4, 2)), np.ones((4, 2))])
    assert len(data["stops"]) == 2 * len(tape.plan.executed)
    for stop in data["stops"]:
        node = data["nodes"][stop["node"]]
        call = tape.plan.executed[stop["node"]]
        entry = tape[call.node]
        assert node["name"] == (call.node.name or "")
        assert node["action"] == call.action()
        assert agree(numbers(data, stop["input"]), entry.input)
        assert agree(numbers(data, stop["output"]), entry.output)
        if stop.get("back"):
            assert agree(numbers(data, stop["grad_output"]), entry.grad_output)
            assert agree(numbers(data, stop["grad_input"]), entry.grad_input)
            for name, reference in stop.get("gradients", {}).items():
                assert agree(numbers(data, [reference]), getattr(entry.module, name).grad)


def test_time_steps_and_their_gradients_are_there():
    step = nn.rnn(3, 2)
    net = gn.Recurrence(step)
    data = data_of(stepper(net, np.ones((3, 1, 3))).html)
    forward = [stop["times"] for stop in data["stops"] if not stop.get("back") and "times" in stop]
    assert sorted(set(map(tuple, forward))) == [(0,), (1,), (2,)]
    last = [s for s in data["stops"] if s.get("back") and data["nodes"][s["node"]]["name"] == "i2h"][-1]
    net.run(np.ones((3, 1, 3))).backward(np.ones((3, 1, 2)))
    assert agree(numbers(data, [last["gradients"]["weight"]]), step.named_parameters()["i2h.weight"].grad)


def test_the_shapes_on_the_diagram_are_those_of_the_run_and_not_of_another():
    net = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
    net.forward(np.ones((5, 3)))
    html = stepper(net, np.ones((4, 3))).html
    assert "> 4x3 </text>" in html
    assert "5x3" not in html


def test_every_node_that_stops_has_its_box_on_the_diagram():
    for net, x in ((nn.lstm(3, 2), LSTM_INPUT), (nn.Sequential(gn.Recurrence(nn.lstm(3, 2))), np.ones((2, 1, 3)))):
        html = stepper(net, x).html
        titles = set(re.findall(r"<title>(n\d+)</title>", html))
        own = {node["box"] for node in data_of(html)["nodes"] if "Recurrence" not in node["action"]}
        assert own <= titles


def test_a_recurrence_whose_steps_are_shown_has_a_frame_that_lights_up():
    html = stepper(nn.Sequential(gn.Recurrence(nn.lstm(3, 2)), nn.Tanh()), np.ones((2, 1, 3))).html
    (box,) = (node["box"] for node in data_of(html)["nodes"] if "Recurrence()" in node["action"])
    assert re.search(rf'class="cluster">\s*<title>{box}</title>.*?>Recurrence</text>', html, re.DOTALL)


def test_the_net_stays_as_it_was():
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNormalization(4), nn.Dropout(0.5))
    for parameter in net.parameters():
        parameter.grad.fill(3.0)
    mean, state = net.modules[1].running_mean.copy(), generator_state()
    first = stepper(net, np.ones((5, 3)))
    assert stepper(net, np.ones((5, 3))).html == first.html  # the same each time
    assert all((parameter.grad == 3).all() for parameter in net.parameters())
    assert (net.modules[1].running_mean == mean).all()
    assert generator_state() == state
    assert net.tape is None


def test_it_is_small(tmp_path):
    assert stepper(nn.lstm(3, 2), LSTM_INPUT).save(tmp_path / "a.html").stat().st_size < 150_000
    net = nn.Sequential(gn.Recurrence(nn.lstm(3, 2)), nn.Bottle(nn.Linear(2, 1)))
    file = stepper(net, RNG.normal(size=(20, 4, 3))).save(tmp_path / "b.html")
    assert file.stat().st_size < 500_000


def test_large_arrays_and_long_lists_are_cut_and_say_so():
    data = tensor_data(np.arange(100_000.0).reshape(10, 10, 1000))
    assert len(data["values"]) == 16 * 32
    assert (data["rows"], data["columns"], data["shape"]) == (100, 1000, [10, 10, 1000])
    assert data["told"][:3] == [0, 99999, 49999.5]
    x = nn.Identity()()
    net = gn.gModule([x], [nn.JoinTable(0)(nn.SplitTable(0)(x))])
    stop = data_of(stepper(net, np.ones((20, 2))).html)["stops"][1]
    assert len(stop["output"]) == 9
    assert stop["output"][-1] == -12


def test_of_many_arrays_less_is_shown_of_each_so_that_browsers_can_hold_the_page(monkeypatch):
    monkeypatch.setattr(tensors, "MOST_NUMBERS", 6000)
    one = np.ones((64, 64))
    assert {len(data["values"]) for data in tensors_data([one] * 10)} == {16 * 32}
    assert {len(data["values"]) for data in tensors_data([one] * 20)} == {8 * 16}
    assert {len(data["values"]) for data in tensors_data([one] * 60)} == {4 * 8}
    assert tensors_data([one] * 60)[0]["told"][3] == 64  # the statistics are of the whole


def test_what_is_no_number_and_what_has_no_dimensions():
    assert tensor_data(np.array([np.nan, np.inf, -np.inf]))["values"] == ["NaN", "∞", "−∞"]
    assert tensor_data(np.array(2.5))["values"] == [2.5]
    assert tensor_data(np.empty((0, 3)))["values"] == []
    assert tensor_data(np.array([1e300, 12345678.0]))["values"] == [1e300, 12345700]
    assert tensor_data(np.array([3, 4]))["values"] == [3, 4]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_numbers_are_legible_on_the_colours_of_their_cells(theme):
    rule = r"\.gn-stepper {(.*?)}" if theme == "light" else r'\.gn-stepper\[data-theme="dark"\] {(.*?)}'
    text = re.search(rule, asset("stepper.css"), re.DOTALL)[1].replace("#000;", "#000000;").replace("#fff;", "#ffffff;")
    colors = dict(re.findall(r"--([\w-]+): (#\w{6});", text))
    html = tensor_html("x", np.arange(-199, 201).reshape(16, 25))
    cells = re.findall(r'<i class="gn-(\w+)([^"]*)" style="--share:(\d+)%"', html)
    assert len(cells) == 400
    for sign, kinds, share in cells:
        ends = [colors["negative" if sign == "below" else "positive"], colors["zero"]]
        far, near = ([int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in ends)
        ground = "#" + "".join(f"{round(near[i] + (far[i] - near[i]) * int(share) / 100):02x}" for i in range(3))
        ink = colors["on-full" if "full" in kinds else "on-half" if "half" in kinds else "on-pale"]
        low, high = sorted(map(luminance, (ground, ink)))
        assert (high + 0.05) / (low + 0.05) >= 4.45, (sign, share)


def test_only_the_first_stops_of_many_are_shown():
    made = stepper(nn.Sequential(*[nn.Tanh() for _ in range(9)]), np.ones(2), most=4)
    assert len(data_of(made.html)["stops"]) == 8
    assert "Of 9 stops forward, the first 4 are shown" in made.html


def test_a_node_that_fails_is_shown_with_what_it_raised():
    x = nn.Identity()()
    net = gn.gModule([x], [nn.Linear(2, 3)(nn.Tanh()(x))])
    html = stepper(net, np.ones(4)).html
    data = data_of(html)
    assert len(data["stops"]) == 2
    assert re.search(rf"<title>{data['failed']}</title>.*?Linear\(2, 3\)", html, re.DOTALL)
    assert "gn-wrong" in html
    with pytest.raises(ValueError, match="takes a list of 3 inputs"):
        stepper(nn.lstm(3, 2), np.ones(3))
    with pytest.raises(ValueError, match=r"Sequential\(\) has no node to stop at"):
        stepper(nn.Sequential(), np.ones(3))


class Checker(HTMLParser):
    """Refuses HTML whose elements do not nest."""

    VOID = ("meta", "input", "br", "img", "link")

    def __init__(self):
        super().__init__()
        self.stack, self.tags = [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag


def nasty_net():
    x = nn.Identity()().annotate(name=NASTY, description=NASTY)
    return gn.gModule([x], [nn.Tanh()(x).annotate(name=NASTY, description=NASTY)])


def test_no_name_breaks_out_or_injects(tmp_path):
    net = nasty_net()
    net.name = NASTY
    text = stepper(net, np.ones((2, 2))).save(tmp_path / "page.html").read_text()
    checker = Checker()
    checker.feed(text)
    assert checker.stack == []
    assert "img" not in checker.tags
    assert checker.tags.count("script") == 3  # the page's theme, the data, the stepper
    name = data_of(text)["nodes"][0]["name"]
    assert name.startswith("</script><img src=x")
    assert len(name) <= 200


def test_data_cannot_end_its_element():
    text = embedded({"a": "</script><!--<script>&\u2028"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"a": "</script><!--<script>&\u2028"}
    with pytest.raises(ValueError, match="Out of range"):
        embedded([float("nan")])


def test_a_page_loads_nothing():
    text = page("t", stepper(nn.Tanh(), np.ones(2)).html)
    addresses = set(re.findall(r"https?://[^\"' ]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}  # names, which nothing loads
    assert not re.search(r"(src|href)=|@import|url\(", text.replace("xlink:href", ""))


def test_it_is_written_whole_or_not_at_all_and_only_where_it_is_told(tmp_path, monkeypatch):
    made = stepper(nn.Tanh(), np.ones(2), file=tmp_path / "page.html")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    kept = (tmp_path / "page.html").read_bytes()
    assert b"<!doctype html>" in kept

    def broken(*arguments):
        raise OSError(28, "no space")

    monkeypatch.setattr("os.replace", broken)
    with pytest.raises(OSError, match="no space"):
        made.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_bytes() == kept
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    with pytest.raises(ValueError, match=r"must end in .html"):
        made.save(tmp_path / "page.txt")
    with pytest.raises(FileNotFoundError):
        stepper(nn.Tanh(), np.ones(2), file=tmp_path / "nowhere" / "page.html")


def test_without_graphviz_the_nodes_are_a_list(monkeypatch):
    def absent(picture):
        raise RuntimeError("no Graphviz")

    monkeypatch.setattr(room, "svg_text", absent)
    html = stepper(nn.lstm(3, 2), LSTM_INPUT).html
    assert html.count("<li ") == 18
    assert 'pip install "graphnet-nn[diagrams]"' in html.replace("&quot;", '"')
    assert {node["box"] for node in data_of(html)["nodes"]} == set(re.findall(r'data-box="(n\d+)"', html))


def test_a_notebook_shows_the_block_and_without_scripts_its_first_frame():
    made = stepper(nn.lstm(3, 2), LSTM_INPUT)
    html = made._repr_html_()
    assert made.html in html
    still = re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
    assert 'class="node gn-here"' in still
    assert "Here stands the first of 36 stops" in still
    cells = re.findall(r"<i [^>]*>([^<]*)</i>", still)
    assert len(cells) == 24  # what x takes and gives
    assert np.allclose([float(cell) for cell in cells[:12]], LSTM_INPUT[0].ravel(), rtol=5e-3)
    largest = np.abs(LSTM_INPUT[0]).argmax()
    assert re.findall(r"--share:(\d+)%", still)[largest] == "100"  # coloured without scripts, too
