"""What a training has seen of itself: points, tables, pictures."""

import os
import sys

import matplotlib.pyplot
import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.batches import Shuffled
from graphnet.training import History, TrainPoint, ValidationPoint


@pytest.fixture(scope="module")
def history():
    """Return the history of three epochs of 50 steps."""
    gn.manual_seed(1)
    x = gn.generator().normal(size=(100, 3))
    net = nn.Linear(3, 1)
    trainer = gn.Trainer(
        net,
        nn.MSECriterion(),
        gn.optim.SGD(net.parameters(), 0.01),
        metrics={"error": lambda y, t: np.abs(y - t).mean()},
        schedule=gn.optim.schedules.step_decay(0.5, every=1),
        progress=False,
    )
    return trainer.fit(Shuffled(x, x[:, :1], 2), 3, validation=[(x, x[:, :1])])


def test_points(history):
    assert [point.step for point in history.train] == list(range(2, 151, 2))  # 25 in an epoch, each of two steps
    assert [point.seen for point in history.train] == list(range(4, 301, 4))
    assert history.train[4].epoch == pytest.approx(10 / 50)
    assert {point.learning_rate for point in history.train[25:50]} == {0.005}
    assert all(point.norm > 0 for point in history.train)
    points = [(point.epoch, point.step, point.seen) for point in history.validation]
    assert points == [(1, 50, 100), (2, 100, 200), (3, 150, 300)]
    assert history.best is history.validation[-1]


def test_a_point_is_the_mean_since_the_one_before():
    losses = []

    class Note(gn.Callback):
        def after_step(self, trainer):
            losses.append((trainer.loss, trainer.norm))

    net = nn.Linear(1, 1)
    trainer = gn.Trainer(
        net, nn.MSECriterion(), gn.optim.SGD(net.parameters(), 0.01), callbacks=[Note()], progress=False
    )
    x = np.arange(41.0)[:, None]
    found = trainer.fit(Shuffled(x / 41, x, 1), 1)
    assert [point.step for point in found.train] == [*range(2, 41, 2), 41]
    assert found.train[3].loss == pytest.approx((losses[6][0] + losses[7][0]) / 2)
    assert found.train[3].norm == pytest.approx((losses[6][1] + losses[7][1]) / 2)
    assert found.train[-1].loss == losses[-1][0]
    assert found.epochs()[0]["train"] == pytest.approx(np.mean([loss for loss, _ in losses]))


def test_the_table(history):
    lines = str(history).splitlines()
    assert lines[0].split() == ["epoch", "train", "validation", "error", "learning", "rate"]
    assert [line.split()[0] for line in lines[1:4]] == ["1", "2", "3"]
    assert lines[2].split()[-1] == "0.005"
    assert len({len(line) for line in lines[:4]}) == 1
    assert lines[-1] == f"best: validation {history.best.loss:.4g} after epoch 3"
    assert repr(history) == "History(75 points of training, 3 of validation)"


def test_a_table_of_many_epochs_is_short():
    many = History()
    assert str(many) == "no epoch is finished"
    many.train += [TrainPoint(float(k), k, k, 1.0, 1.0, 0.1) for k in range(1, 101)]
    lines = str(many).splitlines()
    assert [line.split()[0] for line in lines] == ["epoch", *(str(k) for k in range(5, 101, 5))]


def test_metrics_may_begin_later():
    mixed = History()
    mixed.train += [TrainPoint(1.0, 1, 1, 1.0, 1.0, 0.1), TrainPoint(2.0, 2, 2, 0.5, 1.0, 0.1)]
    mixed.validation += [ValidationPoint(2, 2, 2, 0.75, {"accuracy": 0.5})]
    assert str(mixed).splitlines()[1].split() == ["1", "1", "0.1"]
    assert str(mixed).splitlines()[2].split() == ["2", "0.5", "0.75", "0.5", "0.1"]
    assert mixed.plot().axes[1].get_lines()[0].get_ydata().tolist() == [0.5]


def test_it_becomes_data_and_back(history):
    assert History.from_data(history.to_data()).to_data() == history.to_data()
    assert History().best is None


def test_the_picture(history, tmp_path):
    figure = history.plot()
    losses, metrics = figure.axes
    assert [line.get_label() for line in losses.get_lines()] == ["train", "validation"]
    assert losses.get_lines()[0].get_ydata().tolist() == [point.loss for point in history.train]
    assert losses.get_lines()[1].get_xdata().tolist() == [1, 2, 3]
    assert metrics.get_lines()[0].get_label() == "error"
    assert metrics.get_xlabel() == "epochs"
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert not matplotlib.pyplot.get_fignums()  # none of the user's windows


def test_a_single_point_can_be_seen():
    single = History()
    single.train.append(TrainPoint(1.0, 1, 1, 1.0, 1.0, 0.1))
    assert single.plot().axes[0].get_lines()[0].get_marker() == "o"
    single.train.append(TrainPoint(2.0, 2, 2, 1.0, 1.0, 0.1))
    assert single.plot().axes[0].get_lines()[0].get_marker() == "None"


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.SVG", b"<?xml"), ("a.pdf", b"%PDF")])
def test_the_file(history, tmp_path, name, start):
    history.plot(tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)


def test_a_failed_write_leaves_the_old_file(history, tmp_path, monkeypatch):
    history.plot(tmp_path / "a.png")
    old = (tmp_path / "a.png").read_bytes()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        History.from_data({**history.to_data(), "validation": []}).plot(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == old
    assert list(tmp_path.iterdir()) == [tmp_path / "a.png"]


def test_what_cannot_be_plotted(history, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="there is nothing to plot yet: the history is empty"):
        History().plot()
    for name, kind in (("a.bmp", r"\.bmp"), ("a", "a file without suffix")):
        with pytest.raises(ValueError, match=rf"a plot is written as \.png, \.svg, \.pdf, not as {kind}"):
            history.plot(tmp_path / name)
    assert not list(tmp_path.iterdir())
    for name in ("graphnet.training.plot", "graphnet.figures"):
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r'plots need the package matplotlib .* pip install "graphnet-nn\[train\]"'):
        history.plot()
