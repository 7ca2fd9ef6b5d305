"""Pictures of recurrences, step by step."""

import re

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.draw import draw
from graphnet.draw.look.style import NEXT_STEP, RED
from graphnet.draw.scene.expansion import Expansion
from graphnet.draw.scene.flow import Flow
from graphnet.draw.scene.scene import Scene
from graphnet.draw.scene.unrolled import Steps
from tests.graphnet.test_draw import edge_labels, edges, nodes
from tests.graphnet.test_draw_recurrence import frames

STEP = f'color="{NEXT_STEP["color"]}"'


def seen(picture):
    return [(a, b, text) for a, b, text in edges(picture) if "style=invis" not in text]


def steps_between(picture):
    """Return the arrows from a step to a later one, as the boxes' numbers; ends are exchanged in the text."""
    return [(b, a) for a, b, text in seen(picture) if STEP in text]


def scene_of(net, tape, steps):
    flow = Flow(tape.plan, tape, backward=False)
    return Scene(net, flow, contract=False, expansion=Expansion(net, True, ()), steps=Steps(steps))


def test_a_frame_for_each_step_and_arrows_from_each_to_the_next():
    picture = draw(gn.Recurrence(nn.rnn(3, 2)), unroll=3)
    assert frames(picture) == ["t = 0", "t = 1", "t = 2"]
    assert "t → t+1" not in picture.source
    found, _ = nodes(picture)
    moves = steps_between(picture)
    assert [(">next_h<" in found[a], ">prev_h<" in found[b]) for a, b in moves] == [(True, True)] * 2
    assert sum(">output<" in text for text in found.values()) == 3
    sequence = next(node for node, text in found.items() if "input 0: sequence" in text)
    assert [a for a, b, _ in seen(picture)].count(sequence) == 3


def test_each_step_has_its_own_values():
    net = gn.Recurrence(nn.rnn(3, 2), lengths=True)
    tape = net.run([np.zeros((6, 5, 3)), np.array([6, 2, 2, 1, 6])])
    picture = draw(net, tape=tape, unroll=3)
    assert frames(picture) == ["t = 0", "t = 1, 4 of 5 rows", "t = 2, 2 of 5 rows"]
    assert {"5x3", "4x3", "2x3"} <= set(edge_labels(picture))
    assert ">… 3 steps more<" in picture.source
    tape.backward(np.ones((6, 5, 2)))
    assert "2x2" in edge_labels(draw(net, tape=tape, unroll=3, backward=True))


@pytest.mark.parametrize("backward", [False, True])
def test_steps_stand_in_the_order_of_time(backward):
    net = gn.Recurrence(nn.rnn(1, 1), outputs=[], final_states=True)
    tape = net.run(np.ones((3, 1, 1)))
    tape.backward(np.ones((1, 1)))
    svg = draw(net, tape=tape, unroll=3, backward=backward, show="gradient").render("svg").decode()
    lefts = {t: float(x) for x, t in re.findall(r'<text[^>]* x="([-\d.]+)"[^>]*>(t = \d)</text>', svg)}
    assert sorted(lefts, key=lefts.get) == ["t = 0", "t = 1", "t = 2"]


def test_what_is_no_number_is_red_from_its_step_on():
    net = gn.Recurrence(nn.rnn(3, 2))
    x = np.zeros((3, 1, 3))
    x[1] = np.nan
    picture = draw(net, tape=net.run(x), unroll=3)
    moves = [text for _, _, text in seen(picture) if " of the next step" in text or STEP in text or RED in text]
    labels = [label for label in edge_labels(picture) if "NaN" in label]
    assert "1x3 NaN" in labels
    assert len(labels) == 10
    assert sum(RED in text for text in moves) == 10


def test_chosen_steps_with_what_is_left_out_between_them():
    net = gn.Recurrence(nn.rnn(3, 2), final_states=True)
    tape = net.run(np.zeros((20, 1, 3)))
    picture = draw(net, tape=tape, unroll=(13, 10, -7))
    assert frames(picture) == ["t = 10", "t = 13"]
    assert re.findall(r">… (\d+ steps?) more<", picture.source) == ["10 steps", "2 steps", "6 steps"]
    assert len(steps_between(picture)) == 3  # into the first of them it comes from what is left out
    assert frames(draw(net, unroll=range(2, 4), tape=tape)) == ["t = 2", "t = 3"]
    assert "final state" in draw(net, tape=tape, unroll=[19]).source


def test_a_run_shorter_than_what_is_asked_for():
    net = gn.Recurrence(nn.rnn(3, 2))
    tape = net.run(np.zeros((2, 1, 3)))
    assert frames(draw(net, tape=tape, unroll=5)) == ["t = 0", "t = 1"]
    with pytest.raises(IndexError, match="there is no step 4 in a run of 2"):
        draw(net, tape=tape, unroll=[4])


def test_layers_take_from_each_other_step_by_step():
    net = nn.Sequential(gn.Recurrence(nn.rnn(3, 4)), gn.Recurrence(nn.rnn(4, 4)))
    picture = draw(net, unroll=2)
    assert frames(picture) == ["Recurrence", "t = 0", "t = 1", "Recurrence", "t = 0", "t = 1"]
    found, _ = nodes(picture)
    between = [(a, b) for a, b, t in seen(picture) if ">next_h<" in found[a] and ">x<" in found[b]]
    assert len(between) == 2
    assert edge_labels(picture) == ["t = 0", "t = 1"]  # into the output


def test_from_the_end():
    net = nn.bidirectional(nn.rnn(3, 4), nn.rnn(3, 4))
    tape = net.run(np.zeros((3, 2, 3)))
    picture = draw(net, tape=tape, unroll=3)
    assert "t = 0, from the end: place 2" in frames(picture)
    assert [label.split(":")[0] for label in edge_labels(picture) if "place" in label] == [
        "place 0",
        "place 1",
        "place 2",
    ]
    ragged = gn.Recurrence(nn.rnn(3, 4), reverse=True, lengths=True)
    run = ragged.run([np.zeros((3, 2, 3)), np.array([3, 1])])
    assert "1 of 2 rows" in frames(draw(ragged, tape=run, unroll=2))[1]


def test_boxes_know_their_site_and_their_step():
    net = gn.Recurrence(nn.rnn(3, 2))
    tape = net.run(np.zeros((3, 1, 3)))
    scene = scene_of(net, tape, 3)
    boxes = [box for box in scene.boxes if box.node is not None and box.node.name == "i2h"]
    assert [box.times for box in boxes] == [(0,), (1,), (2,)]
    assert len({box.site for box in boxes}) == 1
    assert boxes[0].site == (tape.plan.calls[0], tape.plan.calls[0].module.step.plan().calls[2]) or boxes[0].site
    assert [frame.t for frame in scene.unrolled[0]] == [0, 1, 2]


def test_constants_and_lengths_and_first_states():
    step = nn.attending(nn.lstm(2 + 3, 4), nn.attention(4, 3, 5))
    net = gn.Recurrence(step, outputs=["next_h", "weights"], constants=["memory"], lengths=True)
    picture = draw(net, unroll=2, expand=False)
    found, _ = nodes(picture)
    memory = next(node for node, text in found.items() if "input 1: constant" in text)
    assert [a for a, _, _ in seen(picture)].count(memory) == 2
    assert sum("lengths" in text for text in found.values()) == 1
    assert sum(">state<" in text for text in found.values()) == 4


def test_what_cannot_be_unrolled_is_refused():
    with pytest.raises(ValueError, match="no recurrence, so there is no step to unroll"):
        draw(nn.Linear(3, 2), unroll=3)
    net = gn.Recurrence(nn.rnn(3, 2))
    with pytest.raises(ValueError, match="names no step"):
        draw(net, unroll=[])
    with pytest.raises(IndexError, match="no run of which step -1"):
        draw(net, unroll=[-1])
    tape = net.run(np.zeros((2, 1, 3)))
    with pytest.raises(ValueError, match="step shows one step of a run, unroll several"):
        draw(net, tape=tape, step=0, unroll=2)
    closed = gn.Recurrence(nn.rnn(3, 2), recompute=True)
    assert frames(draw(closed, tape=closed.run(np.zeros((2, 1, 3))), unroll=2)) == ["t = 0", "t = 1"]
