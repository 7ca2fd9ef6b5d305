"""The Trainer: what a step does, validation, early stopping, callbacks, and what is refused."""

import io
import math
import re
import sys
import time

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.batches import Contiguous, Ragged, Shuffled
from graphnet.optim.schedules import linear_decay


def data(n=40, seed=0):
    x = np.random.default_rng(seed).normal(size=(n, 3))
    return x, x @ [[1.0], [-2.0], [0.5]] + 1


def linear(**options):
    gn.manual_seed(1)
    net = nn.Linear(3, 1)
    options.setdefault("progress", False)
    return gn.Trainer(net, nn.MSECriterion(), gn.optim.SGD(net.parameters(), 0.1), **options)


def weights(trainer):
    return np.concatenate([p.value.ravel() for p in trainer.model.parameters()])


def test_a_step_is_that_of_hand():
    x, target = data(8)
    trainer = linear(clip_norm=0.5, clip_value=0.4, schedule=linear_decay())
    net = trainer.model.clone()
    trainer.fit([(x, target)], epochs=3)
    criterion = nn.MSECriterion()
    for step in range(3):
        net.zero_grad_parameters()
        y = net.forward(x)
        loss = criterion.forward(y, target)
        net.backward(x, criterion.backward(y, target))
        norm = gn.clip.clip_by_norm(net.parameters(), math.inf)
        gn.clip.clip_by_value(net.parameters(), 0.4)
        gn.clip.clip_by_norm(net.parameters(), 0.5)
        net.update_parameters(0.1 * (1 - step / 3))
    np.testing.assert_array_equal(weights(trainer), np.concatenate([p.value.ravel() for p in net.parameters()]))
    assert (trainer.loss, trainer.norm) == (loss, norm)
    assert trainer.learning_rate == pytest.approx(0.1 / 3)
    assert trainer.optimizer.learning_rate == 0.1
    assert [p.learning_rate for p in trainer.history.train] == pytest.approx([0.1, 0.2 / 3, 0.1 / 3])


def test_the_model_runs_once_for_each_step():
    trainer = linear()
    runs = []
    hook = trainer.model.update_output
    trainer.model.update_output = lambda x: runs.append(x) or hook(x)
    trainer.model.clear_state()
    x, target = data(12)
    trainer.fit(Shuffled(x, target, 4), epochs=2)
    assert len(runs) == 6


def test_epochs_count_from_the_start_of_the_training():
    trainer = linear()
    batches = Shuffled(*data(), 10)
    trainer.fit(batches, epochs=2)
    assert (trainer.epoch, trainer.position, trainer.n_steps, trainer.seen) == (2, 0, 8, 80)
    before = weights(trainer)
    trainer.fit(batches, epochs=2)
    np.testing.assert_array_equal(weights(trainer), before)
    trainer.fit(batches, epochs=3)
    assert trainer.n_steps == 12
    once = linear()
    once.fit(batches, epochs=3)
    np.testing.assert_array_equal(weights(trainer), weights(once))


def test_several_inputs_and_outputs():
    a, b = nn.Identity()(), nn.Identity()()
    both = gn.gModule([a, b], [nn.Linear(2, 2)(a), nn.Linear(3, 1)(b)])
    first, second, t1, t2 = (nn.Identity()() for _ in range(4))
    sums = nn.CAddTable()([nn.MSECriterion()([first, t1]), nn.MSECriterion()([second, t2])])
    outputs, targets = nn.Identity()(), nn.Identity()()
    inner = gn.gModule([first, second, t1, t2], [sums])
    criterion = gn.gModule([outputs, targets], [inner([*outputs.split(2), *targets.split(2)])])
    x = [np.random.default_rng(1).normal(size=(20, n)) for n in (2, 3)]
    target = [x[0] @ np.ones((2, 2)), x[1] @ np.ones((3, 1))]
    trainer = gn.Trainer(both, criterion, gn.optim.Adam(both.parameters(), 0.1), progress=False)
    history = trainer.fit(Shuffled(x, target, 5), epochs=50)
    assert history.train[-1].loss < 1e-3


def test_tuples_and_numbers_are_as_good_as_lists_and_arrays():
    net = nn.CAddTable()
    model = gn.gModule([a := nn.Identity()(), b := nn.Identity()()], [net([nn.Linear(2, 2)(a), b])])
    trainer = gn.Trainer(model, nn.MSECriterion(), gn.optim.SGD(model.parameters(), 0.1), progress=False)
    trainer.fit([((np.ones((2, 2)), np.zeros((2, 2))), np.ones((2, 2)))], 2)
    assert trainer.n_steps == 2


def test_parameters_without_an_optimizer_stand_still():
    net = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    fixed = net.get(0).weight.value.copy()
    trainer = gn.Trainer(net, nn.MSECriterion(), gn.optim.SGD(net.get(1).parameters(), 0.01), progress=False)
    trainer.fit([data()], 2)
    np.testing.assert_array_equal(net.get(0).weight.value, fixed)
    once = net.get(0).weight.grad.copy()
    trainer.fit([data()], 3)
    assert abs(net.get(0).weight.grad).max() < 2 * abs(once).max()  # not that of all steps together


def test_validation_and_metrics():
    x, target = data()
    metrics = {"largest": lambda y, t: np.abs(y - t).max(), "shape": lambda y, t: y.shape[0]}
    trainer = linear(metrics=metrics)
    held_out = Shuffled(*data(25, seed=1), 10)
    history = trainer.fit(Shuffled(x, target, 10), epochs=3, validation=held_out)
    assert [point.epoch for point in history.validation] == [1, 2, 3]
    assert [point.step for point in history.validation] == [4, 8, 12]
    last = history.validation[-1]
    found = trainer.evaluate(held_out)
    assert found == {"loss": last.loss, **last.metrics}
    y = trainer.model.forward(data(25, seed=1)[0])
    # Weighted by the rows, so that the last smaller batch counts less.
    assert found["loss"] == pytest.approx(((y - data(25, seed=1)[1]) ** 2).mean())
    assert found["shape"] == (10 * 10 + 10 * 10 + 5 * 5) / 25


def test_validation_does_not_drop_and_changes_nothing():
    gn.manual_seed(1)
    net = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.5), nn.Linear(8, 1))
    frozen = nn.Dropout(0.5).evaluate()
    net.add(frozen)
    trainer = gn.Trainer(net, nn.MSECriterion(), gn.optim.SGD(net.parameters(), 0.01), progress=False)
    batches = Shuffled(*data(), 10)
    trainer.fit(batches, 1)
    before = (weights(trainer), gn.generator().bit_generator.state)
    assert trainer.evaluate(batches) == trainer.evaluate(batches)
    np.testing.assert_array_equal(weights(trainer), before[0])
    assert gn.generator().bit_generator.state == before[1]
    assert net.train
    assert not frozen.train  # as it was given
    net.evaluate()
    trainer.fit(batches, 2)
    assert not net.train
    assert gn.generator().bit_generator.state != before[1]  # it dropped while it trained


def test_early_stopping_restores_the_best():
    x, target = data()
    losses = iter([5.0, 3.0, 4.0, 3.5, 9.0])
    trainer = linear(metrics={"loss_by_order": lambda *_: 0})
    seen = []
    trainer.evaluate = lambda _: seen.append(weights(trainer)) or {"loss": next(losses)}
    history = trainer.fit(Shuffled(x, target, 10), epochs=10, validation=[(x, target)], patience=2)
    assert [point.loss for point in history.validation] == [5, 3, 4, 3.5]
    assert trainer.epoch == 4
    np.testing.assert_array_equal(weights(trainer), seen[1])
    assert history.best.epoch == 2


def test_a_validation_that_is_no_number_is_never_the_best():
    losses = iter([math.nan, 2.0, math.nan, 3.0])
    trainer = linear()
    seen = []
    trainer.evaluate = lambda _: seen.append(weights(trainer)) or {"loss": next(losses)}
    history = trainer.fit([data()], epochs=4, validation=[data()], patience=4)
    np.testing.assert_array_equal(weights(trainer), seen[1])
    assert history.best.loss == 2


def test_without_patience_the_last_parameters_stay():
    losses = iter([1.0, 2.0])
    trainer = linear()
    seen = []
    trainer.evaluate = lambda _: seen.append(weights(trainer)) or {"loss": next(losses)}
    trainer.fit([data()], epochs=2, validation=[data()])
    np.testing.assert_array_equal(weights(trainer), seen[1])


def test_the_best_on_other_validation_data_is_not_gone_back_to():
    x, target = data()
    trainer = linear()
    trainer.fit([(x, target)], 20, validation=[(x, target)], patience=3)
    first = trainer.state.best
    other = [(x, target + 5)]
    found = []
    trainer.callbacks.append(lambda trainer: found.append((trainer.history.validation[-1].loss, weights(trainer))))
    trainer.fit([(x, target + 3)], 40, validation=other, patience=3)
    losses = [loss for loss, _ in found]
    assert min(losses) > first.loss  # which would have been gone back to
    assert len(losses) == 20
    np.testing.assert_array_equal(weights(trainer), found[int(np.argmin(losses))][1])
    assert trainer.state.best.epoch > 20


def test_the_best_on_the_same_validation_data_stays():
    x, target = data()
    trainer = linear()
    trainer.fit([(x, target)], 20, validation=[(x, target)], patience=3)
    best = trainer.state.best
    trainer.fit([(x, target + 9)], 40, validation=[(x.copy(), target.copy())], patience=3)
    assert trainer.state.best is best
    assert trainer.epoch == 23


@pytest.mark.parametrize("recompute", [False, True])
def test_evaluation_draws_nothing_from_the_generator(recompute):
    net = gn.Recurrence(nn.char_rnn(5, 4, 1, 0.3), final_states=True, recompute=recompute)
    criterion = nn.SequenceCriterion(nn.ClassNLLCriterion())
    trainer = gn.Trainer(
        net, criterion, gn.optim.SGD(net.parameters()), carry=True, progress=False,
        metrics={"drawn": lambda y, t: gn.generator().random()},
    )  # fmt: skip
    batches = Contiguous(np.arange(60) % 5, n_rows=2, n_steps=6)
    before = gn.generator().bit_generator.state
    assert trainer.evaluate(batches) == trainer.evaluate(batches)
    assert gn.generator().bit_generator.state == before


def test_the_last_loss_is_that_of_the_last_step_that_was_done():
    x, target = data()
    trainer = linear()
    assert np.isnan([trainer.loss, trainer.norm, trainer.learning_rate]).all()
    trainer.fit([(x, target)], 2)
    last = (trainer.loss, trainer.norm, trainer.learning_rate)

    class Fails(gn.Callback):
        def after_step(self, trainer):
            assert (trainer.loss, trainer.norm) != last[:2]
            raise ValueError("in a callback")

    trainer.callbacks.append(Fails())
    with pytest.raises(ValueError, match="in a callback"):
        trainer.fit([(x, target)], 3)
    assert trainer.n_steps == 2
    assert (trainer.loss, trainer.norm, trainer.learning_rate) == last


def test_the_speed_is_that_of_the_steps():
    class Sleeps(gn.Callback):
        def after_step(self, trainer):
            time.sleep(0.05)

        on_start = after_epoch = after_step

    trainer = linear(callbacks=[Sleeps()])
    assert math.isnan(trainer.speed)
    trainer.fit([data()], 4, validation=[data()])
    assert trainer.speed > 4 * 40 / 0.2  # as it would be with the sleep after the steps alone
    trainer.fit([data()], 4)
    assert math.isnan(trainer.speed)  # there was nothing to do


class Diary(gn.Callback):
    def __init__(self):
        self.entries = []

    def on_start(self, trainer):
        self.entries.append("start")

    def after_step(self, trainer):
        self.entries.append(trainer.n_steps)

    def after_epoch(self, trainer):
        self.entries.append(f"epoch {trainer.epoch}, {len(trainer.history.validation)}")

    def on_end(self, trainer):
        self.entries.append("end")


def test_callbacks():
    diary, epochs = Diary(), []
    trainer = linear(callbacks=[diary, lambda trainer: epochs.append(trainer.epoch)])
    batches = Shuffled(*data(20), 10)
    trainer.fit(batches, epochs=2, validation=batches)
    assert diary.entries == ["start", 1, 2, "epoch 1, 1", 3, 4, "epoch 2, 2", "end"]
    assert epochs == [1, 2]


def test_a_callback_may_stop_the_training_and_it_may_go_on():
    class Stop(gn.Callback):
        def after_step(self, trainer):
            if trainer.n_steps == 3:
                trainer.stop()

    batches = Shuffled(*data(20), 5)
    trainer = linear(callbacks=[Stop()])
    trainer.fit(batches, epochs=2)
    assert (trainer.epoch, trainer.position, trainer.n_steps) == (0, 3, 3)
    trainer.fit(batches, epochs=2)
    whole = linear()
    whole.fit(batches, epochs=2)
    np.testing.assert_array_equal(weights(trainer), weights(whole))


def test_an_error_leaves_the_last_finished_step(tmp_path):
    class Fail(Diary):
        def after_step(self, trainer):
            if trainer.n_steps == 3:
                trainer.model.weight.value.fill(7)
                raise ValueError("in a callback")

    diary = Fail()
    batches = Shuffled(*data(20), 5)
    trainer = linear(callbacks=[diary])
    with pytest.raises(ValueError, match="in a callback"):
        trainer.fit(batches, 2, checkpoint=tmp_path / "file")
    assert not (tmp_path / "file").exists()
    assert diary.entries[-1] == "end"
    other = linear(callbacks=[lambda t: None])
    other.fit(batches, 2)
    trainer.callbacks.clear()
    assert trainer.n_steps == 2
    trainer.fit(batches, 2)
    np.testing.assert_array_equal(weights(trainer), weights(other))


@pytest.mark.parametrize("what", ["the loss", "the gradient", "a parameter"])
def test_diverging_changes_nothing(what):
    x, target = data(20)
    gn.manual_seed(1)
    net = nn.Sequential(nn.Linear(3, 1), nn.Dropout(0.2))
    optimizer = gn.optim.SGD(net.parameters(), 0.01, momentum=0.5)
    trainer = gn.Trainer(net, nn.MSECriterion(), optimizer, progress=False, clip_value=50.0)
    trainer.fit(Shuffled(x, target, 5), epochs=1)
    before = (weights(trainer), gn.generator().bit_generator.state, optimizer.state()["dfdx.0"])
    points = len(trainer.history.train)
    if what == "the loss":
        x[:] = np.nan
    elif what == "the gradient":
        trainer.criterion = _Steep()
    else:
        optimizer.learning_rate = 1e308
    with pytest.raises(gn.DivergedError, match=f"{what} is not finite at step 5: the loss of the batch is") as error:
        trainer.fit(Shuffled(x, target, 5), epochs=2)
    assert error.value.step == trainer.n_steps + 1 == 5
    assert math.isfinite(error.value.norm) == (what == "a parameter")
    np.testing.assert_array_equal(weights(trainer), before[0])
    assert gn.generator().bit_generator.state == before[1]
    np.testing.assert_array_equal(optimizer.state()["dfdx.0"], before[2])
    assert len(trainer.history.train) == points


class _Steep(gn.Criterion):
    """A loss of zero with an infinite slope."""

    def loss(self, x, target):
        return 0.0

    def grad_input_of(self, x, target):
        return np.full_like(x, np.inf)


# ---- states carried from batch to batch


def recurrence(**options):
    gn.manual_seed(1)
    return gn.Recurrence(nn.char_rnn(5, 4), final_states=True, **options)


def test_states_are_carried_and_start_anew_with_an_epoch():
    net = recurrence()
    batches = Contiguous(np.arange(60) % 5, n_rows=2, n_steps=6)
    criterion = nn.SequenceCriterion(nn.ClassNLLCriterion())
    shapes = []
    trainer = gn.Trainer(
        net,
        criterion,
        gn.optim.SGD(net.parameters(), 0.1),
        carry=True,
        progress=False,
        metrics={"shape": lambda y, t: shapes.append((y.shape, t.shape)) or 0},
    )
    starts, run = [], net.run
    net.run = lambda x: starts.append(x[1:] if isinstance(x, list) else None) or run(x)
    trainer.fit(batches, epochs=2, validation=batches)
    assert [start is None for start in starts] == [True, False, False, False, False] * 4
    assert set(shapes) == {((6, 2, 5), (6, 2))}
    assert all(start[0].any() for start in starts if start)


def test_a_carried_step_is_that_of_hand():
    batches = Contiguous(np.arange(24) % 5, n_rows=2, n_steps=6)
    net = recurrence()
    trainer = gn.Trainer(
        net,
        nn.SequenceCriterion(nn.ClassNLLCriterion()),
        gn.optim.SGD(net.parameters(), 0.1),
        carry=True,
        progress=False,
    )
    by_hand = net.clone()
    trainer.fit(batches, 1)
    criterion = nn.SequenceCriterion(nn.ClassNLLCriterion())
    states = [np.zeros((2, 4))] * 2
    for x, target in batches:
        by_hand.zero_grad_parameters()
        y, *states = by_hand.forward([x, *states])
        criterion.forward(y, target)
        dy = criterion.backward(y, target)
        by_hand.backward(by_hand.tape.input, [dy, *map(np.zeros_like, states)])
        by_hand.update_parameters(0.1)
    for p, q in zip(net.parameters(), by_hand.parameters(), strict=True):
        np.testing.assert_array_equal(p.value, q.value)


def test_ragged_batches():
    gn.manual_seed(1)
    net = gn.Recurrence(nn.char_rnn(5, 16), lengths=True)
    lines = [np.arange(start, start + n) % 5 for start, n in zip(range(40), [3, 9, 5, 12] * 10, strict=True)]
    batches = Ragged([line[:-1] for line in lines], [line[1:] for line in lines], 8)
    trainer = gn.Trainer(
        net, nn.SequenceCriterion(nn.ClassNLLCriterion()), gn.optim.Adam(net.parameters(), 0.03), progress=False
    )
    history = trainer.fit(batches, 10, validation=batches)
    assert history.validation[-1].loss < 0.1
    assert trainer.seen == 10 * sum(len(line) - 1 for line in lines)


# ---- what is printed


def test_what_it_prints(capsys):
    net = recurrence()
    trainer = gn.Trainer(
        net, nn.SequenceCriterion(nn.ClassNLLCriterion()), gn.optim.SGD(net.parameters(), 0.1), carry=True
    )
    batches = Contiguous(np.arange(60) % 5, n_rows=2, n_steps=6)
    trainer.fit(batches, 2, validation=batches)
    out, err = capsys.readouterr()
    assert not err  # no bar, since this is no terminal
    lines = out.splitlines()
    assert lines[0] == f"{sum(p.size for p in net.parameters())} parameters, 5 batches in an epoch"
    assert re.fullmatch(r"about [\d.]+ [kM]B of memory for a forward and a backward, the most .+", lines[1])
    assert lines[3].startswith("epoch 2/2: train 1.")
    assert ", validation 1." in lines[3]
    assert lines[3].endswith(" characters/s")
    trainer.fit(batches, 3)
    assert "going on after 2 epochs and 0 batches" in capsys.readouterr().out


def test_of_many_epochs_some_are_told(capsys):
    linear(progress=True).fit([data()], 105)
    told = [line.split(":")[0] for line in capsys.readouterr().out.splitlines() if line.startswith("epoch")]
    assert told == [f"epoch {k}/105" for k in [*range(6, 105, 6), 105]]


def test_a_line_from_time_to_time_in_a_long_epoch(capsys, monkeypatch):
    monkeypatch.setattr("graphnet.training.progress.SECONDS_BETWEEN_LINES", 0)
    linear(progress=True).fit(Shuffled(*data(), 10), 1)
    assert " 50%: loss " in capsys.readouterr().out


def test_a_bar_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    linear(progress=True).fit(Shuffled(*data(), 10), 2)
    out, err = capsys.readouterr()
    assert "loss" in err
    assert "rows/s" in err
    assert "epoch 2/2" in out
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pytest.raises(ImportError, match=r'needs the package tqdm .* pip install "graphnet-nn\[train\]"'):
        linear(progress=True).fit([data()], 2)


def test_a_bar_in_a_notebook_whose_lines_are_the_same_after_each_run(capsys, monkeypatch):
    class OutStream(io.StringIO):  # what a kernel has for stderr
        __module__ = "ipykernel.iostream"

    stderr = OutStream()
    monkeypatch.setattr(sys, "stderr", stderr)
    linear(progress=True).fit(Shuffled(*data(), 10), 2, validation=[data()])
    assert "rows/s" in stderr.getvalue()
    last = capsys.readouterr().out.splitlines()[-1]
    assert re.fullmatch(r"epoch 2/2: train [\d.]+, validation [\d.]+", last)


@pytest.mark.parametrize("name", ["stderr", "stdout"])
def test_without_a_console(monkeypatch, name):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(sys, name, None)
    trainer = linear(progress=True)
    trainer.fit([data()], 2)
    assert trainer.n_steps == 2


def test_silence(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    linear().fit([data()], 2, validation=[data()])
    assert capsys.readouterr() == ("", "")


# ---- what is refused


def make(model=None, criterion=None, optimizer=None, **options):
    model = model or nn.Linear(3, 1)
    return gn.Trainer(model, criterion or nn.MSECriterion(), optimizer or gn.optim.SGD(model.parameters()), **options)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": print}, TypeError, "model is a module, not <built-in function print>"),
        ({"criterion": print}, TypeError, "criterion is a module"),
        ({"optimizer": 0.1}, TypeError, r"optimizer is one of graphnet.optim over model.parameters\(\), not 0.1"),
        (
            {"optimizer": gn.optim.SGD(nn.Linear(3, 1).parameters())},
            ValueError,
            r"the optimizer has 2 parameters that are not the model's, the first of which is Parameter\(1x3, float64\)",
        ),
        ({"clip_norm": 0}, ValueError, "clip_norm must be over 0, not 0"),
        ({"clip_value": math.nan}, ValueError, "clip_value must be over 0, not nan"),
        ({"schedule": 0.5}, TypeError, "a schedule is a function of a Moment, not 0.5"),
        ({"callbacks": [Diary]}, TypeError, r"a callback is an object; Diary is a class: write Diary\(\)"),
        ({"callbacks": [3]}, TypeError, "a callback is a Callback or a function of the trainer, not int"),
        ({"metrics": {"loss": len}}, ValueError, 'a metric cannot be called "loss"'),
        ({"metrics": {"train": len}}, ValueError, 'a metric cannot be called "train", which the history has'),
        ({"metrics": {"validation": len}}, ValueError, 'a metric cannot be called "validation"'),
        ({"metrics": {"epoch": len}}, ValueError, 'a metric cannot be called "epoch"'),
        ({"metrics": {"learning rate": len}}, ValueError, 'a metric cannot be called "learning rate"'),
        ({"metrics": {"m": 3}}, TypeError, r'the metric "m" is a function of \(output, target\), not 3'),
        ({"metrics": {3: len}}, TypeError, "a metric's name is text, not 3"),
        ({"metrics": [len]}, TypeError, r"metrics are functions by name, \{.*\}, not a list of 1"),
        (
            {"callbacks": print},
            TypeError,
            r"callbacks are a list, also of a single one: callbacks=\[...\]; not builtin",
        ),
        ({"callbacks": Diary()}, TypeError, "callbacks are a list, also of a single one"),
        ({"clip_norm": True}, ValueError, "clip_norm must be over 0, not True"),
        ({"carry": True}, TypeError, "a Stream runs a Recurrence, not Linear"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, message):
    if "model" in arguments:
        arguments = {**arguments, "optimizer": gn.optim.SGD(nn.Linear(3, 1).parameters())}
    with pytest.raises(error, match=message):
        make(**arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([data()], 1.5), TypeError, "epochs must be an integer, not 1.5"),
        (([data()], -1), ValueError, "epochs must be at least 0, not -1"),
        ((iter([data()]), 1), TypeError, "a batcher of graphnet.batches or a list of pairs"),
        (([], 1), ValueError, "there is no batch"),
    ],
)
def test_wrong_fits_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        linear().fit(*arguments)


def test_wrong_options_of_a_fit_are_refused(tmp_path):
    with pytest.raises(ValueError, match="patience needs validation data"):
        linear().fit([data()], 1, patience=3)
    with pytest.raises(ValueError, match="patience must be at least 1, not 0"):
        linear().fit([data()], 1, validation=[data()], patience=0)
    with pytest.raises(FileNotFoundError, match=r"the folder of the checkpoint, .*nowhere, is not there"):
        linear().fit([data()], 1, checkpoint=tmp_path / "nowhere" / "file")
    with pytest.raises(ValueError, match="the factor of the schedule must be a number of at least 0, not -1"):
        linear(schedule=lambda moment: -1).fit([data()], 1)
    with pytest.raises(ValueError, match="every must be a number of seconds of at least 0, not 'a'"):
        linear().fit([data()], 1, every="a")
    with pytest.raises(ValueError, match="validation: there is no batch"):
        linear().fit([data()], 1, validation=[])
    with pytest.raises(TypeError, match=r"validation: a batcher of graphnet\.batches or a list"):
        linear().fit([data()], 1, validation=3)


@pytest.mark.parametrize("limit", [np.float32(0.5), np.int64(1), 0.5])
def test_limits_are_numbers_of_every_kind(limit):
    trainer = linear(clip_norm=limit, clip_value=limit)
    trainer.fit([data()], 1)
    assert trainer.norm > limit


def test_a_metric_that_fails_is_named():
    with pytest.raises(ValueError, match="in itself") as error:
        linear(metrics={"mine": _fails}).evaluate([data()])
    assert error.value.__notes__ == ['this happened in the metric "mine"']
    for wrong, told in ((lambda y, t: y - t, "an array of shape 40x1"), (lambda y, t: "a", "str")):
        with pytest.raises(TypeError, match=f'the metric "mine" gave {told}, where one number is meant'):
            linear(metrics={"mine": wrong}).evaluate([data()])


def _fails(output, target):
    raise ValueError("in itself")


def test_a_criterion_that_gives_no_number_is_refused():
    net = nn.Linear(3, 1)
    trainer = make(net, nn.CAddTable())
    with pytest.raises(ValueError, match=r"a criterion gives one number, .* CAddTable\(\) gave 40x1"):
        trainer.fit([data()], 1)


def test_other_data_in_the_middle_of_an_epoch_are_refused():
    class Stop(gn.Callback):
        def after_step(self, trainer):
            trainer.stop()

    trainer = linear(callbacks=[Stop()])
    trainer.fit(Shuffled(*data(), 10), 1)
    for other in (Shuffled(*data(seed=3), 10), Shuffled(*data(), 5)):
        with pytest.raises(ValueError, match="stands after 1 batches of epoch 1, and these are other data"):
            trainer.fit(other, 1)
    trainer.callbacks.clear()
    trainer.fit(Shuffled(*data(), 10), 1)
    trainer.fit(Shuffled(*data(seed=3), 5), 2)  # between two epochs it may be others
    assert trainer.n_steps == 12


def test_it_shows_where_it_stands():
    trainer = linear()
    trainer.fit([data()], 3)
    assert repr(trainer) == "Trainer(Linear(3, 1), epoch 3, 3 steps done)"
