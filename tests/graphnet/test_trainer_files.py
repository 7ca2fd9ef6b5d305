"""Checkpoints of a fit: refused before the first step where they cannot be written, and compared when resumed."""

import errno
import os

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.batches import Contiguous, Shuffled
from graphnet.checkpoint import CheckpointError, read_checkpoint

X = np.random.default_rng(0).normal(size=(20, 2))
DATA = Shuffled(X, X, 5)


def made(*modules):
    gn.manual_seed(1)
    net = nn.Sequential(nn.Linear(2, 2), *modules)
    return gn.Trainer(net, nn.MSECriterion(), gn.optim.SGD(net.parameters(), 0.01), progress=False)


class StopAt(gn.Callback):
    def __init__(self, n):
        self.n = n

    def after_step(self, trainer):
        if trainer.n_steps == self.n:
            trainer.stop()


# ---- before the first step


def test_files_that_cannot_be_written_are_refused_before_the_first_step(tmp_path, monkeypatch):
    trainer = made()
    for file, error, message in (
        (tmp_path, IsADirectoryError, f"the checkpoint, {tmp_path}, is a folder; give the name of a file in it"),
        (tmp_path / "no" / "a", FileNotFoundError, f"the folder of the checkpoint, {tmp_path / 'no'}, is not there"),
        ("", ValueError, "the checkpoint is the name of a file, not an empty text"),
    ):
        with pytest.raises(error, match=message):
            trainer.fit(DATA, 1, checkpoint=file)

    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", "some name")

    monkeypatch.setattr("graphnet.files.tempfile.mkstemp", refuse)
    with pytest.raises(PermissionError, match=r"the checkpoint, .*/a, cannot be written: Permission denied in its"):
        trainer.fit(DATA, 1, checkpoint=tmp_path / "a")
    assert trainer.n_steps == 0


def test_the_trial_leaves_nothing(tmp_path):
    made().fit(DATA, 1, checkpoint=tmp_path / "a")
    assert os.listdir(tmp_path) == ["a"]


def test_notes_that_cannot_be_written_are_refused_before_the_first_step(tmp_path):
    trainer = made()
    trainer.notes = {"data": {1, 2}}
    with pytest.raises(TypeError, match=r"trainer\.notes cannot be saved, since JSON cannot hold it: .*set"):
        trainer.fit(DATA, 1, checkpoint=tmp_path / "a")
    trainer.notes = {"itself": trainer.notes}
    trainer.notes["itself"]["data"] = trainer.notes
    with pytest.raises(TypeError, match="since JSON cannot hold it: Circular"):
        trainer.fit(DATA, 1, checkpoint=tmp_path / "a")
    assert trainer.n_steps == 0


def test_a_full_disk_names_the_file(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    trainer = made()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*checkpoint of mine'"):
        trainer.save(tmp_path / "checkpoint of mine")
    assert not os.listdir(tmp_path)


# ---- when


class Clock:
    """A clock that a step moves on."""

    def __init__(self, monkeypatch, seconds):
        self.now, self.seconds = 0.0, seconds
        monkeypatch.setattr("graphnet.training.fit.time.monotonic", lambda: self.now)

    def __call__(self, trainer):
        self.now += self.seconds


@pytest.mark.parametrize(
    ("seconds_an_epoch", "every", "expected"),
    [
        (0.4, 60, [12, 24, 28]),
        (1.5, 60, [4, 8, 12, 16, 20, 24, 28, 28]),
        (0.4, np.inf, [12, 24, 28]),
        (0.4, 0.3, [4, 8, 12, 16, 20, 24, 28, 28]),
    ],
)
def test_short_epochs_are_not_each_written(tmp_path, monkeypatch, seconds_an_epoch, every, expected):
    trainer = made()
    trainer.callbacks.append(Clock(monkeypatch, seconds_an_epoch))
    steps, save = [], trainer.save
    trainer.save = lambda file: steps.append(trainer.n_steps) or save(file)
    trainer.fit(DATA, 7, checkpoint=tmp_path / "a", every=every)
    assert steps == expected


# ---- resumed


def refused(trainer, file, message):
    before = [p.value.copy() for p in trainer.model.parameters()]
    with pytest.raises(CheckpointError, match=message):
        trainer.resume(file)
    for p, value in zip(trainer.model.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.value, value)
    assert trainer.n_steps == 0


@pytest.mark.parametrize(
    ("kept", "here", "message"),
    [
        (np.ones(2), np.ones((2, 2)), r"1\.constant is array\(2, float64\) in the file and array\(2x2, float64\) in"),
        (np.ones((2, 2)), np.ones(2), r"1\.constant is array\(2x2, float64\) in the file and array\(2, float64\) in"),
        (np.ones(2), 3.0, r"1\.constant is array\(2, float64\) in the file and 3\.0 in this trainer's model"),
        (3.0, np.ones(2), r"1\.constant is 3\.0 in the file and array\(2, float64\) in this trainer's model"),
    ],
)
def test_arrays_of_other_shapes_are_refused(tmp_path, kept, here, message):
    made(nn.MulConstant(kept)).save(tmp_path / "a")
    refused(made(nn.MulConstant(here)), tmp_path / "a", f"is of another model: {message}")


def test_a_best_of_other_shapes_is_refused(tmp_path):
    trainer = made()
    trainer.fit(DATA, 1, validation=[(X, X)], patience=1)
    trainer.state.best.numbers[0] = np.ones(2)
    trainer.save(tmp_path / "a")
    refused(made(), tmp_path / "a", "or changed .*the best parameters are of other shapes than the last")


def recurrent(carry):
    gn.manual_seed(1)
    net = gn.Recurrence(nn.char_rnn(5, 4), final_states=True)
    criterion = nn.SequenceCriterion(nn.ClassNLLCriterion())
    if not carry:
        drawn, target = nn.Identity()(), nn.Identity()()
        criterion = gn.gModule([drawn, target], [criterion([drawn[0], target])])
    optimizer = gn.optim.SGD(net.parameters(), 0.1)
    return gn.Trainer(net, criterion, optimizer, carry=carry, progress=False, callbacks=[StopAt(2)])


def test_checkpoints_that_do_not_carry_are_refused_in_the_middle_of_an_epoch(tmp_path):
    data = Contiguous(np.arange(60) % 5, n_rows=2, n_steps=6)
    without = recurrent(carry=False)
    without.save(tmp_path / "first")
    without.fit(data, 1)
    without.save(tmp_path / "middle")
    refused(recurrent(carry=True), tmp_path / "middle", "carries no states, in the middle of an epoch; .* carry=True")
    assert recurrent(carry=True).resume(tmp_path / "first").n_steps == 0


def test_the_last_loss_is_of_the_checkpoint(tmp_path):
    trainer = made()
    trainer.fit(DATA, 1, checkpoint=tmp_path / "a")
    last = (trainer.loss, trainer.norm, trainer.learning_rate)
    other = made()
    assert np.isnan([other.loss, other.norm, other.learning_rate]).all()
    other.resume(tmp_path / "a")
    assert (other.loss, other.norm, other.learning_rate) == last
    assert read_checkpoint(tmp_path / "a")[1]["training"]["standing"]["loss"] == last[0]
