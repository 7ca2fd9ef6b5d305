"""The heat map of what nodes are read for at every step."""

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.inspect.heat_map import heat_map
from graphnet.random import generator_state


def run_of(cell, T=6, **options):
    net = gn.Recurrence(cell, **options)
    tape = net.run(np.random.default_rng(0).normal(size=(T, 2, 3)))
    dy = np.zeros_like(tape.output)
    dy[-1] = 1
    tape.backward(dy)
    return tape


def record_of(tape):
    return tape.saved[tape.plan.calls[0].target]


def rows_of(axes):
    """Return the numbers of an image by the names of its rows."""
    names = [label.get_text() for label in axes.get_yticklabels()]
    return dict(zip(names, np.asarray(axes.images[0].get_array()), strict=True))


def test_numbers_are_the_norms_of_the_gradients_at_each_step():
    tape = run_of(nn.lstm(3, 4))
    axes, bar = heat_map(tape).axes
    rows = rows_of(axes)
    for name in ("gates", "forget_gate", "next_c", "i2h"):
        gradients = record_of(tape).grad_outputs(name)
        assert gradients.shape[0] == 6
        found = rows[name]
        norms = np.linalg.norm(gradients.reshape(6, -1), axis=1)
        positive = norms > 0
        assert np.allclose(found[positive], norms[positive], rtol=1e-12)
    assert bar.get_ylabel() == "gradient (norm)"
    assert axes.get_xlabel() == "step"


def test_rows_stand_in_order_of_execution_unless_they_are_chosen():
    tape = run_of(nn.rnn(3, 4))
    names = list(rows_of(heat_map(tape).axes[0]))
    assert names == ["x", "i2h", "prev_h", "h2h", "CAddTable()", "next_h"]
    step = tape.plan.module.step
    adding = next(m for m in step.list_modules() if type(m).__name__ == "CAddTable")
    chosen = heat_map(tape, nodes=["next_h", adding, step.graph().outputs[0], "i2h"])
    assert list(rows_of(chosen.axes[0])) == ["next_h", "CAddTable()", "i2h"]
    assert list(rows_of(heat_map(tape, nodes="h2h").axes[0])) == ["h2h"]


def test_several_runs_have_one_scale():
    tapes = {"RNN": run_of(nn.rnn(3, 4)), "LSTM": run_of(nn.lstm(3, 4), T=9)}
    rnn, lstm, bar = heat_map(tapes).axes
    assert [rnn.get_title(), lstm.get_title()] == ["RNN", "LSTM"]
    assert rnn.images[0].norm is lstm.images[0].norm
    assert rnn.images[0].get_array().shape[1] == 6
    assert lstm.images[0].get_array().shape[1] == 9
    highest = max(np.max(row) for axes in (rnn, lstm) for row in rows_of(axes).values())
    assert bar.get_ylim()[1] == pytest.approx(highest)
    assert list(rows_of(heat_map(tapes, nodes=["forget_gate", "next_h"]).axes[1])) == ["forget_gate", "next_h"]


def test_gradients_that_vanish_have_lower_colours():
    tape = run_of(nn.rnn(3, 4), T=30)
    row = rows_of(heat_map(tape).axes[0])["next_h"]
    colors = heat_map(tape).axes[0].images[0].norm(row)
    assert row[-1] > 1e3 * row[0]
    assert colors[-1] - colors[0] > 0.2


def test_shares_and_activations():
    tape = run_of(nn.lstm(3, 4))
    axes, bar = heat_map(tape, of="saturation").axes
    assert axes.images[0].get_clim() == (0, 1)
    assert bar.get_ylabel() == "saturation"
    rows = rows_of(heat_map(tape, of="activation").axes[0])
    assert rows["next_h"] == pytest.approx(np.linalg.norm(record_of(tape).outputs("next_h").reshape(6, -1), axis=1))


def test_a_step_with_nan_is_crossed_out():
    net = gn.Recurrence(nn.rnn(3, 4))
    x = np.zeros((5, 1, 3))
    x[3, 0, 0] = np.nan
    axes = heat_map(net.run(x), of="activation", nodes=["i2h"]).axes[0]
    assert [line.get_xydata().tolist() for line in axes.lines] == [[[3.0, 0.0]]]
    assert not heat_map(net.run(x[:3]), of="activation").axes[0].lines


def test_recurrences_inside_of_nets_and_several_of_them():
    net = nn.Sequential(gn.Recurrence(nn.rnn(3, 4)), gn.Recurrence(nn.rnn(4, 2)))
    tape = net.run(np.ones((5, 1, 3)))
    names = list(rows_of(heat_map(tape, of="activation").axes[0]))
    assert len(names) == 12
    assert len(set(names)) == 12
    assert names[0].startswith("[0]")


def test_it_shows_itself_and_is_written_whole(tmp_path):
    tape = run_of(nn.rnn(3, 4))
    figure = heat_map(tape, file=tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert figure._repr_png_().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match=r"a plot is written as \.png, \.svg, \.pdf, not as \.bmp"):
        heat_map(tape, file=tmp_path / "a.bmp")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_looking_changes_nothing():
    tape = run_of(nn.rnn(3, 4))
    before = [array.copy() for t in range(6) for array in record_of(tape)[t].values]
    gradients = [p.grad.copy() for p in tape.plan.module.parameters()]
    state = generator_state()
    heat_map(tape)
    after = [array for t in range(6) for array in record_of(tape)[t].values]
    assert all(map(np.array_equal, before, after))
    assert all(np.array_equal(g, p.grad) for g, p in zip(gradients, tape.plan.module.parameters(), strict=True))
    assert generator_state() == state


def test_what_is_missing_is_told():
    cell = nn.rnn(3, 4)
    x = np.ones((4, 1, 3))
    with pytest.raises(ValueError, match=r"no gradients to read before a backward: call tape.backward\(dy\) first"):
        heat_map(gn.Recurrence(cell).run(x))
    with pytest.raises(ValueError, match="the run of 'MLP' has no recurrence, so there are no steps to show"):
        heat_map({"MLP": nn.Linear(3, 2).run(np.ones(3))}, of="activation")
    with pytest.raises(ValueError, match="kept no steps: make the recurrence without recompute=True"):
        heat_map(gn.Recurrence(cell, recompute=True).run(x), of="activation")
    with pytest.raises(ValueError, match="no node can be read for 'dead'"):
        heat_map(gn.Recurrence(cell).run(x), of="dead")
    with pytest.raises(ValueError, match="'norm' is nothing that a run can be read for"):
        heat_map(gn.Recurrence(cell).run(x), of="norm")
    with pytest.raises(LookupError, match="there is no node 'h' with a number; there are x, i2h, prev_h"):
        heat_map(gn.Recurrence(cell).run(x), of="activation", nodes=["h"])
    tapes = {"RNN": gn.Recurrence(cell).run(x), "LSTM": gn.Recurrence(nn.lstm(3, 4)).run(x)}
    with pytest.raises(LookupError, match="the run of 'RNN' has none of these nodes"):
        heat_map(tapes, of="activation", nodes=["forget_gate"])
    with pytest.raises(TypeError, match="heat_map takes tapes"):
        heat_map({"RNN": cell})
    with pytest.raises(ValueError, match="heat_map was given no runs"):
        heat_map({})
