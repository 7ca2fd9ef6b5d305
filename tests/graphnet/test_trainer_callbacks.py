"""Callbacks of a fit: the modes they change are put back, their ends are called, and hide no error."""

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.batches import Shuffled

X = np.random.default_rng(0).normal(size=(20, 3))
TARGET = X @ [[1.0], [-2.0], [0.5]] + 1


def dropping(*callbacks):
    gn.manual_seed(1)
    net = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.5), nn.Linear(8, 1))
    optimizer = gn.optim.SGD(net.parameters(), 0.01)
    return gn.Trainer(net, nn.MSECriterion(), optimizer, callbacks=callbacks, progress=False)


class Looks(gn.Callback):
    """Looks at the model in evaluation at one of its calls, and leaves it so."""

    def __init__(self, call):
        setattr(self, call, lambda trainer: trainer.model.evaluate())


@pytest.mark.parametrize("call", ["on_start", "after_step", "after_epoch"])
def test_a_callback_that_evaluates_does_not_stop_dropout(call):
    losses = []
    for callbacks in ([], [Looks(call)]):
        history = dropping(*callbacks).fit(Shuffled(X, TARGET, 5), 3)
        losses.append([point.loss for point in history.train])
    assert losses[0] == losses[1]


def test_modes_in_files_are_those_before_the_fit(tmp_path):
    class Saves(gn.Callback):
        def after_step(self, trainer):
            assert all(module.train for module in trainer.model.list_modules())
            trainer.model.evaluate()
            trainer.save(tmp_path / "of a callback")

    trainer = dropping(Saves())
    trainer.model.get(1).evaluate()
    trainer.fit(Shuffled(X, TARGET, 5), 1, checkpoint=tmp_path / "last")
    for name in ("of a callback", "last"):
        modes = [module.train for module in gn.load(tmp_path / name).list_modules()]
        assert modes == [True, True, False, True]
    trainer.model.evaluate()
    trainer.save(tmp_path / "later")
    assert not gn.load(tmp_path / "later").train


class Diary(gn.Callback):
    def __init__(self, diary, name, fails=()):
        self.diary, self.name, self.fails = diary, name, fails

    def _write(self, what):
        self.diary.append(f"{self.name} {what}")
        if what in self.fails:
            raise ValueError(f"{self.name} failed at {what}")

    def on_start(self, trainer):
        self._write("start")

    def after_step(self, trainer):
        self._write("step")

    def on_end(self, trainer):
        self._write("end")


def test_an_end_that_fails_hides_no_error_and_no_other_end():
    diary = []
    trainer = dropping(Diary(diary, "a", fails=["step", "end"]), Diary(diary, "b", fails=["end"]), Diary(diary, "c"))
    with pytest.raises(ValueError, match="a failed at step") as error:
        trainer.fit([(X, TARGET)], 1)
    assert diary == ["a start", "b start", "c start", "a step", "a end", "b end", "c end"]
    assert error.value.__notes__ == [
        "after it, Diary.on_end failed: ValueError('a failed at end')",
        "after it, Diary.on_end failed: ValueError('b failed at end')",
    ]


def test_an_end_that_fails_alone_is_told(tmp_path):
    diary = []
    trainer = dropping(Diary(diary, "a", fails=["end"]), Diary(diary, "b"))
    with pytest.raises(ValueError, match="a failed at end"):
        trainer.fit([(X, TARGET)], 1)
    assert diary[-2:] == ["a end", "b end"]
    assert trainer.n_steps == 1
    trainer.model.evaluate()
    trainer.save(tmp_path / "later")
    assert not gn.load(tmp_path / "later").train


def test_only_what_has_begun_ends():
    diary = []
    trainer = dropping(Diary(diary, "a"), Diary(diary, "b", fails=["start"]), Diary(diary, "c"))
    with pytest.raises(ValueError, match="b failed at start"):
        trainer.fit([(X, TARGET)], 1)
    assert diary == ["a start", "b start", "a end"]
