"""Pictures of recurrences that ran: the values of a step, and where a run failed."""

import re

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.draw import draw
from graphnet.draw.look.style import FAILED, FAILED_FRAME, RED
from tests.graphnet.test_draw import edge_labels, edges, nodes
from tests.graphnet.test_draw_recurrence import DASHED, frames


def test_the_values_of_a_step():
    net = gn.Recurrence(nn.rnn(3, 2), lengths=True)
    tape = net.run([np.zeros((7, 5, 3)), np.array([7, 2, 2, 1, 7])])
    assert edge_labels(draw(net, tape=tape)) == ["t → t+1", "7x5x2"]
    early, late = draw(net, tape=tape, step=0), draw(net, tape=tape, step=-1)
    assert edge_labels(early).count("5x2") == edge_labels(late).count("2x2") == 4
    assert ">step 0 of 7<" in early.source
    assert ">step 6 of 7<" in late.source
    assert "prev_h of the next step: 2x2" in late.source  # its label tells the step alone
    tape.backward(np.ones((7, 5, 2)))
    assert edge_labels(draw(net, tape=tape, step=-1, backward=True)).count("2x2") == 4


def test_the_values_of_a_step_in_frames():
    net = nn.Sequential(gn.Recurrence(nn.rnn(3, 2)), gn.Recurrence(nn.rnn(2, 4), reverse=True))
    net.forward(np.zeros((7, 5, 3)))
    assert edge_labels(draw(net)) == ["7x5x3", "t → t+1", "7x5x2", "t → t−1", "7x5x4"]
    picture = draw(net, step=2)
    assert frames(picture) == ["Recurrence step 2 of 7", "Recurrence(reverse=True) step 2 of 7, from the end"]
    assert edge_labels(picture).count("5x4") == 4


def test_what_is_no_number_is_red_at_its_step():
    net = gn.Recurrence(nn.rnn(3, 2))
    x = np.zeros((4, 1, 3))
    x[2] = np.nan
    tape = net.run(x)
    assert "t → t+1" in edge_labels(draw(net, tape=tape, step=1))
    picture = draw(net, tape=tape, step=2)
    assert "t → t+1: NaN" in edge_labels(picture)
    assert all(f'color="{RED}"' in text for _, _, text in edges(picture) if DASHED in text)


def test_a_step_that_cannot_be_shown_is_refused():
    net = gn.Recurrence(nn.rnn(3, 2))
    with pytest.raises(ValueError, match="there is no run to show step 1 of"):
        draw(net, step=1)
    tape = net.run(np.zeros((4, 1, 3)))
    with pytest.raises(IndexError, match="there is no step 4 in a run of 4"):
        draw(net, tape=tape, step=4)
    with pytest.raises(TypeError, match="draw's step must be an integer, not 'last'"):
        draw(net, tape=tape, step="last")
    linear = nn.Linear(3, 2)
    with pytest.raises(ValueError, match="the inside of no recurrence, so there is no step 1"):
        draw(linear, tape=linear.run(np.zeros(3)), step=1)


def test_the_node_of_a_step_that_failed_is_red():
    step = nn.rnn(4, 2)
    layer = gn.Recurrence(step)
    given = [np.zeros((5, 1, 3)), np.zeros((1, 2))]
    x, h = nn.Identity()(), nn.Identity()()
    net = gn.gModule([x, h], [nn.Tanh()(layer([x, h]))])
    for drawn in (net, layer):
        with pytest.raises(ValueError, match="takes an array of shape") as caught:
            drawn.forward(given)
        for forget in (False, True):  # by the plan, and without it
            picture = draw(drawn, failed=caught.value)
            (red,) = [text for text in nodes(picture)[0].values() if f'fillcolor="{FAILED["fillcolor"]}"' in text]
            assert ">i2h<" in red
            assert "failed: ValueError" in red
            assert picture.source.count(f'color="{FAILED_FRAME["color"]}" ') == (2 if drawn is net else 1)
            if not forget:
                drawn.clear_state()


def test_the_frame_of_a_recurrence_that_failed_is_red():
    net = nn.Sequential(nn.Tanh(), gn.Recurrence(nn.rnn(4, 2)))
    with pytest.raises(ValueError, match="Linear") as caught:
        net.forward(np.zeros((5, 1, 3)))
    picture = draw(net, failed=caught.value)
    (frame,) = re.findall(r"subgraph cluster_\d+ \{\n(.*)", picture.source)
    assert f'color="{FAILED_FRAME["color"]}"' in frame
    (closed,) = [text for text in nodes(draw(net, failed=caught.value, expand=False))[0].values() if RED in text]
    assert "Recurrence" in closed
    assert f'fillcolor="{FAILED["fillcolor"]}"' in closed
