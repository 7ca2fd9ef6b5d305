"""Numbers and colours on pictures, the themes, and shapes before anything runs."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.draw import draw
from graphnet.draw.look import style
from graphnet.draw.look.scale import Scale, legible_on, luminance, written
from graphnet.draw.look.themes import DARK, LIGHT, PRINT, VIRIDIS
from graphnet.inspect.costs.profiling import profile
from graphnet.inspect.readings import read
from graphnet.random import generator_state
from tests.graphnet.test_draw import edge_labels, nodes

WORDS = ("activation", "gradient", "saturation", "dead", "not finite")


def mlp():
    x = nn.Identity()()
    h = nn.ReLU()(nn.Linear(6, 8)(x))
    y = nn.Sigmoid()(nn.Linear(8, 3)(h))
    gn.annotate_nodes()
    return gn.gModule([x], [y])


def run_of(net, *shapes, seed=0):
    """Return a run there and back."""
    random = np.random.default_rng(seed)
    given = [random.normal(size=shape) for shape in shapes]
    tape = net.run(given[0] if len(given) == 1 else given)
    out = tape.output
    tape.backward([np.ones_like(y) for y in out] if isinstance(out, list) else np.ones_like(out))
    return tape


def lstm_layer(T=4):
    net = gn.Recurrence(nn.lstm(3, 4))
    return net, run_of(net, (T, 2, 3))


def boxes(picture):
    """Return the attributes of the boxes by the sites of their nodes."""
    found = {}
    for name, text in nodes(picture)[0].items():
        if name in picture.sites:
            pairs = re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|<.*?>(?= \w+=|$)|\S+)', text)
            found[picture.sites[name]] = {key: value.strip('"') for key, value in pairs}
    return found


def lines(attributes):
    """Return the lines of text in a box."""
    return [re.sub("<[^>]*>", "", row) for row in attributes["label"][1:-1].split("</tr>")]


def title(picture):
    return re.search(r"graph \[.*?\]\n", picture.source, re.DOTALL)[0]


@pytest.mark.parametrize("word", WORDS)
def test_boxes_tell_the_numbers_of_the_run(word):
    net = mlp()
    tape = run_of(net, (5, 6))
    reading = read(word, tape)
    shown = boxes(draw(net, tape=tape, show=word))
    told = {site: written(number, reading.scale, reading.unit) for site, number in reading.numbers.items()}
    assert told
    for site, attributes in shown.items():
        found = [line for line in lines(attributes) if line.startswith(reading.title)]
        assert found == ([f"{reading.title} {told[site]}"] if site in told else [])
    assert set(told) <= set(shown)


def test_the_numbers_are_those_of_the_values():
    net = mlp()
    x = np.random.default_rng(0).normal(size=(5, 6))
    net.forward(x)
    picture = draw(net, show="activation")  # of the latest forward
    norm = np.linalg.norm(net.plan().latest.tape["h"].output)
    assert f"activation {norm:.3g}" in picture.source


def test_colours_are_those_of_the_scale_above_the_graph():
    net = mlp()
    tape = run_of(net, (5, 6))
    picture = draw(net, tape=tape, color="gradient")
    numbers = read("gradient", tape).numbers
    scale = Scale("log", "norm", numbers.values(), VIRIDIS)
    for site, attributes in boxes(picture).items():
        color = scale.color(numbers[site]) if site in numbers else LIGHT.unread
        assert attributes["fillcolor"] == color
        assert attributes["fontcolor"] == legible_on(color)
        assert "<font" not in attributes["label"] or "color=" not in attributes["label"]
    legend = title(picture)
    assert "gradient (norm)" in legend
    assert all(f">{text}<" in legend for _, text in scale.ticks())
    assert legend.count("<td bgcolor=") == 40


def test_what_has_no_number_stays_plain():
    net = mlp()
    tape = run_of(net, (5, 6))
    fills = {site[-1].path(): a["fillcolor"] for site, a in boxes(draw(net, tape=tape, color="dead")).items()}
    assert [name for name, fill in fills.items() if fill != "#ffffff"] == ["h"]
    picture = draw(net, tape=tape, color="saturation")
    assert [s[-1].path() for s, a in boxes(picture).items() if a["fillcolor"] != "#ffffff"] == ["y"]
    bare = nn.Sequential(nn.Linear(3, 2))
    assert (
        "no node has a finite number for saturation" in draw(bare, tape=run_of(bare, (1, 3)), color="saturation").source
    )


def test_dead_units_are_seen():
    net = mlp()
    first = net.find_modules("Linear")[0][0]
    first.bias.value[:] = [-100] * 3 + [0] * 5
    tape = run_of(net, (50, 6))
    assert "dead units 38 %" in draw(net, tape=tape, show="dead").source


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_nan_and_infinity_are_marked_without_colour_too(theme):
    net = mlp()
    x = np.ones((2, 6))
    x[1, 2] = np.nan
    tape = net.run(x)
    for options in ({"color": "activation"}, {"color": "not finite"}, {"show": "not finite"}):
        picture = draw(net, tape=tape, theme=theme, **options)
        found = boxes(picture)
        assert all(a["peripheries"] == "2" and float(a["penwidth"]) >= 3 for a in found.values())
        told = "activation NaN" if "activation" in options.values() else "not finite"
        assert all(f"<b>{told}" in a["label"] for a in found.values())
        assert "thick double outline: NaN or infinite" in title(picture)
    clean = draw(net, tape=net.run(np.ones((2, 6))), color="not finite")
    assert "peripheries" not in clean.source
    assert "double outline" not in clean.source


def test_parameters_are_told_with_their_arithmetic():
    shared = nn.Linear(8, 8)
    x = nn.Identity()()
    a = shared(nn.Linear(3, 8)(x))
    b = shared(nn.Tanh()(a))
    gn.annotate_nodes()
    picture = draw(gn.gModule([x], [b]), show="parameters")
    told = {site[-1].path(): "|".join(lines(attributes)) for site, attributes in boxes(picture).items()}
    assert "32 = 3·8+8" in told["Linear(3, 8)"]
    assert "72 = 8·8+8" in told["a"]
    assert "8·8+8, tied to a" in told["b"]
    assert "=" not in told["b"]
    assert "104 parameters = (3·8+8) + (8·8+8)" in title(picture)


def test_parameters_inside_of_recurrences_and_of_modules_that_run_others():
    net = nn.Sequential(gn.Recurrence(nn.rnn(3, 4)))
    for unroll in (None, 3):
        picture = draw(net, show="parameters", unroll=unroll)
        assert picture.source.count("16 = 3·4+4") == (unroll or 1)
        assert "tied" not in picture.source  # the same node at another step
        assert f"{sum(p.size for p in net.parameters())} parameters = " in title(picture)
    learned = gn.Recurrence(nn.rnn(3, 4), initial="learned")
    frame = next(
        line for line in draw(nn.Sequential(learned), show="parameters").source.splitlines() if "initial" in line
    )
    assert "4 parameters" in frame
    mapped = nn.Sequential(nn.MapTable(nn.Linear(3, 8)))
    assert "32 = 3·8+8" in draw(mapped, show="parameters").source
    assert "32 = 3·8+8" in draw(nn.Linear(3, 8), show="parameters").source


def test_parameters_of_a_graph_are_told_without_a_run():
    net = mlp()
    picture = draw(net.fg, show="parameters")
    assert "56 = 6·8+8" in picture.source
    assert "83 parameters = (6·8+8) + (8·3+3)" in picture.source


def test_unrolled_steps_have_the_numbers_of_their_step():
    net, tape = lstm_layer()
    picture = draw(net, tape=tape, unroll=[0, 3], show="gradient")
    record = tape.saved[net.plan().calls[0].target]
    for t in (0, 3):
        number = np.linalg.norm(record[t]["next_c"].grad_output)
        assert f"gradient {number:.3g}" in picture.source
    assert "over all steps" not in picture.source


def test_nested_recurrences_unrolled():
    net = gn.Recurrence(gn.gModule(*_rows_of_a_page()))
    tape = run_of(net, (2, 2, 3, 4))
    picture = draw(net, tape=tape, unroll=2, show="activation")
    outer = tape.saved[net.plan().calls[0].target][1]
    inner = next(saved for saved in outer.saved.values() if hasattr(saved, "tapes"))[1]
    number = np.linalg.norm(inner["next_h"].output)
    assert f"activation {number:.3g}" in picture.source


def _rows_of_a_page():
    """Return the inputs and outputs of a step that runs a recurrence itself."""
    x, state = nn.Identity()(), nn.Identity()()
    state.name = "prev_s"
    rows = gn.Recurrence(nn.rnn(4, 2), batch_first=True)(x)
    out = nn.CAddTable()([nn.Select(1, -1)(rows), state])
    out.name = "next_s"
    return [x, state], [out]


def test_rolled_recurrences_have_the_numbers_of_all_steps_or_of_one():
    net, tape = lstm_layer()
    picture = draw(net, tape=tape, color="activation", show="activation")
    assert "activation (norm), over all steps" in title(picture)
    numbers = {site[-1].path(): number for site, number in read("activation", tape).numbers.items()}
    assert f"activation {numbers['next_h']:.3g}" in picture.source
    picture = draw(net, tape=tape, step=2, show="activation")
    record = tape.saved[net.plan().calls[0].target]
    assert f"activation {np.linalg.norm(record[2]['next_h'].output):.3g}" in picture.source
    assert "over all steps" not in picture.source


def test_closed_containers_have_the_number_of_what_they_give_or_the_sum():
    inner = nn.Sequential(nn.Linear(6, 8), nn.ReLU())
    net = nn.Sequential(inner, nn.Linear(8, 2))
    tape = run_of(net, (5, 6))
    picture = draw(net, tape=tape, show="activation", collapse=inner)
    norm = np.linalg.norm(tape.values[net.plan().executed[1].target])
    assert f"activation {norm:.3g}" in picture.source
    found = profile(net, np.ones((5, 6)), repeats=1)
    total = sum(row.seconds for row in found.rows[:2] if row.site[-1].parent is not None)
    picture = draw(net, profile=found, show="time", collapse=inner)
    assert f"time {written(total, 'log', 's')}" in picture.source


def test_time_and_memory_come_from_a_profile():
    net = mlp()
    found = profile(net, np.ones((5, 6)), repeats=1)
    picture = draw(net, profile=found, color="time", show=["time", "memory"])
    row = found["h"]
    assert f"time {written(row.seconds, 'log', 's')}" in picture.source
    assert f"memory {written(row.holding.total, 'log', 'bytes')}" in picture.source
    assert draw(net, color=found.reading).source.count("fillcolor") == picture.source.count("fillcolor")


def test_the_picture_keeps_its_layout():
    net = mlp()
    tape = run_of(net, (5, 6))

    def places(picture):
        svg = ET.fromstring(picture.render("svg"))
        ellipses = [e.attrib for e in svg.iter("{http://www.w3.org/2000/svg}ellipse")]
        return [e["rx"] for e in ellipses]

    assert places(draw(net, tape=tape)) == places(draw(net, tape=tape, color="activation"))


def test_drawing_changes_nothing_and_is_the_same_each_time():
    net, tape = lstm_layer()
    values = [np.copy(v) for v in tape.values if isinstance(v, np.ndarray)]
    gradients = [p.grad.copy() for p in net.parameters()]
    state = generator_state()
    options = {"tape": tape, "color": "gradient", "show": ["parameters", *WORDS]}
    first = draw(net, **options).source
    draw(net, shapes=("T", "B", 3))
    assert draw(net, **options).source == first
    assert generator_state() == state
    assert all(map(np.array_equal, values, [v for v in tape.values if isinstance(v, np.ndarray)]))
    assert all(np.array_equal(g, p.grad) for g, p in zip(gradients, net.parameters(), strict=True))


def test_what_is_missing_is_told():
    net = mlp()
    with pytest.raises(
        ValueError, match=r"draw cannot show 'norm'; it can show 'parameters', 'activation', .*'memory'"
    ):
        draw(net, show="norm")
    for options in ({"color": 3}, {"show": 3}, {"show": [3]}):
        with pytest.raises(TypeError, match="show and color take words or readings, not 3"):
            draw(net, **options)
    with pytest.raises(ValueError, match=r"no run to read the activation of: pass tape=net.run\(x\), or call forward"):
        draw(net, color="activation")
    with pytest.raises(ValueError, match=r"no gradients to read before a backward: call tape.backward\(dy\)"):
        draw(net, tape=net.run(np.ones(6)), show="gradient")
    for word in ("time", "memory"):
        with pytest.raises(
            ValueError, match=rf"the {word} of nodes has to be measured: pass profile=gn.profile\(net, x"
        ):
            draw(net, show=word)
    with pytest.raises(ValueError, match=r"the profile is of .*, not of what is to be drawn"):
        draw(net, show="time", profile=profile(nn.Tanh(), np.ones(2), repeats=1))
    with pytest.raises(ValueError, match="no theme 'blue'; there are 'light', 'dark', 'print'"):
        draw(net, theme="blue")
    with pytest.raises(ValueError, match="shapes tell of a module before it runs: leave out tape, step and backward"):
        draw(net, shapes=("B", 6), tape=net.run(np.ones(6)))
    with pytest.raises(ValueError, match="no run to read the activation of"):
        draw(net, shapes=("B", 6), show="activation")


# ---- shapes


def test_arrows_carry_shapes_before_anything_runs():
    net = mlp()
    assert edge_labels(draw(net)) == []
    assert edge_labels(draw(net, shapes=("B", 6))) == ["Bx6", "Bx8", "Bx8", "Bx3", "Bx3"]
    with pytest.raises(gn.ShapeError):
        draw(net, shapes=("B", 7))


@pytest.mark.parametrize("unroll", [None, 2])
def test_shapes_inside_of_recurrences(unroll):
    net = nn.Sequential(gn.Recurrence(nn.lstm(3, 4)), nn.Tanh())
    labels = edge_labels(draw(net, shapes=("T", "B", 3), unroll=unroll))
    assert {"Bx3", "Bx16", "Bx12", "Bx4"} <= {label.split(": ")[-1] for label in labels}
    assert "TxBx4" in {label.split(": ")[-1] for label in labels}


# ---- themes


def colors_of_style():
    """Return all colours that pictures have by the light theme."""
    found = set()
    pending = [value for name, value in vars(style).items() if name.isupper()]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, tuple):
            pending.extend(value)
        elif isinstance(value, str) and re.fullmatch("#[0-9a-f]{6}", value):
            found.add(value)
    return found


def test_every_colour_has_its_counterpart():
    assert colors_of_style() <= set(DARK.colors)
    assert colors_of_style() - {"#ffffff"} <= set(PRINT.colors)
    for color in PRINT.colors.values():
        assert len({color[1:3], color[3:5], color[5:7]}) == 1  # grey


@pytest.mark.parametrize("theme", [LIGHT, DARK, PRINT])
def test_text_is_legible(theme):
    def contrast(one, other):
        dark, light = sorted(luminance(color) for color in (one, other))
        return (light + 0.05) / (dark + 0.05)

    scale = Scale("share", "share", [], theme.scale)
    for i in range(101):
        color = scale.color(i / 100)
        assert contrast(color, legible_on(color)) >= 4.5
    paper = theme.color("#ffffff")
    fills = [look.get("fillcolor", style.NODE["fillcolor"]) for look in style.KINDS.values()]
    for fill in [paper, *map(theme.color, [*fills, *style.FRAME_FILLS, style.FAILED["fillcolor"]])]:
        assert contrast(theme.color(style.INK), fill) >= 7
        assert contrast(theme.color(style.FAINT), fill) >= 3.5
    for color in (style.RED, style.BACKWARD, style.FEEDBACK["fontcolor"]):
        assert contrast(theme.color(color), paper) >= 4.5
    steps = [luminance(scale.color(i / 20)) for i in range(21)]
    assert steps == sorted(steps, reverse=theme is PRINT)  # so that grey tells them apart, too


def test_themes_change_the_look_only():
    net, tape = lstm_layer()
    pictures = {theme: draw(net, tape=tape, step=1, theme=theme) for theme in ("light", "dark", "print")}
    assert pictures["light"].source == draw(net, tape=tape, step=1).source
    assert len({picture.source for picture in pictures.values()}) == 3
    assert all(edge_labels(picture) == edge_labels(pictures["light"]) for picture in pictures.values())
    assert style.INK not in pictures["dark"].source
    colors = re.findall("#([0-9a-f]{6})", pictures["print"].source)
    assert colors
    assert all(len({c[:2], c[2:4], c[4:]}) == 1 for c in colors)


def test_kinds_differ_in_print_by_outline():
    looks = [
        style.KINDS[kind] | PRINT.kinds.get(kind, {}) for kind in ("parameters", "function", "arithmetic", "other")
    ]
    outlines = {(look.get("shape"), look.get("style"), look.get("penwidth")) for look in looks}
    assert len(outlines) == 4


def test_colours_that_the_user_chose_stay_in_every_theme():
    x = nn.Identity()()
    y = nn.Tanh()(x).annotate(graph_attributes={"fillcolor": "#ffffff"})
    net = gn.gModule([x], [y])
    assert "#ffffff" in draw(net, theme="dark").source
    assert "#ffffff" not in draw(mlp(), theme="dark").source


def test_a_failed_node_is_red_on_coloured_pictures():
    net = mlp()
    tape = run_of(net, (5, 6))
    node = tape["h"].node
    found = {site[-1].path(): a for site, a in boxes(draw(net, tape=tape, color="activation", failed=node)).items()}
    assert found["h"]["fillcolor"] == style.FAILED["fillcolor"]
    assert "fontcolor" not in found["h"]


def test_steps_that_no_gradient_reached_have_no_number():
    net = gn.Recurrence(nn.rnn(3, 4))
    tape = run_of(net, (4, 2, 3))
    options = {"tape": tape, "unroll": [0, 3], "show": "gradient"}
    n_numbers = draw(net, **options).source.count(">gradient ")
    tape.saved[net.plan().calls[0].target].tapes[0].gradients = None
    assert draw(net, **options).source.count(">gradient ") == n_numbers / 2
