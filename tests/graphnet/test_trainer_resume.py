"""Stopped at any moment and resumed, a training ends as if it had never been stopped, bit for bit."""

import functools
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.batches import Contiguous, Ragged, Shuffled
from graphnet.checkpoint import CheckpointError, load, read_checkpoint, save, write_checkpoint
from graphnet.optim.schedules import linear_decay, warm_up

EPOCHS = 3
X = np.random.default_rng(0).normal(size=(43, 3))
TARGET = X @ [[1.0], [-2.0], [0.5]] + 1


@pytest.fixture(scope="module", autouse=True)
def _several_steps_to_a_point():
    """Have several steps between two points of the curve, as on much data, for they are kept, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("graphnet.training.state.POINTS_PER_EPOCH", 3)
        yield


def plain(optimizer="adam"):
    """Return a trainer of a net with dropout, on shuffled rows, that keeps the best."""
    gn.manual_seed(1)
    net = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Dropout(0.4), nn.Linear(6, 1))
    made = {
        "adam": lambda: gn.optim.Adam(net.parameters(), 0.05),
        "rmsprop": lambda: gn.optim.RMSProp(net.parameters(), 0.05),
        "sgd": lambda: gn.optim.SGD(net.parameters(), 0.05, momentum=0.9),
    }
    schedule = warm_up(5) * linear_decay()
    trainer = gn.Trainer(
        net, nn.MSECriterion(), made[optimizer](), clip_norm=1.0, schedule=schedule, progress=False,
        metrics={"largest": lambda y, t: np.abs(y - t).max()},
    )  # fmt: skip
    data = Shuffled(X, TARGET, 4, seed=3)
    return trainer, data, {"validation": [(X[:9], TARGET[:9])], "patience": 2}


def carrying(**options):
    """Return a trainer that carries states, in float32, with dropout."""
    gn.manual_seed(1)
    net = gn.Recurrence(nn.char_rnn(5, 4, 2, 0.3), final_states=True, **options).float()
    trainer = gn.Trainer(
        net, nn.SequenceCriterion(nn.ClassNLLCriterion()), gn.optim.RMSProp(net.parameters(), 0.01),
        carry=True, progress=False,
    )  # fmt: skip
    data = Contiguous(np.random.default_rng(1).integers(5, size=100), n_rows=2, n_steps=4)
    return trainer, data, {"validation": Contiguous(np.arange(40) % 5, 1, 8)}


def learned():
    """Return a trainer that carries states, the first ones learned."""
    return carrying(initial="learned")


def ragged():
    """Return a trainer on ragged batches."""
    gn.manual_seed(1)
    net = gn.Recurrence(nn.char_rnn(5, 4, 1, 0.3), lengths=True)
    trainer = gn.Trainer(
        net, nn.SequenceCriterion(nn.ClassNLLCriterion()), gn.optim.Adam(net.parameters(), 0.01), progress=False
    )
    lines = [np.arange(n) % 5 for n in np.random.default_rng(2).integers(2, 12, 33)]
    return trainer, Ragged([line[:-1] for line in lines], [line[1:] for line in lines], 3), {}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return a function that gives the checkpoint of an uninterrupted training of a kind."""
    folder = tmp_path_factory.mktemp("whole")

    @functools.cache
    def contents(make):
        trainer, data, options = make()
        trainer.fit(data, EPOCHS, checkpoint=folder / "file", **options)
        return (folder / "file").read_bytes()

    return contents


KINDS = [plain, lambda: plain("rmsprop"), lambda: plain("sgd"), carrying, learned, ragged]
NAMES = ["adam", "rmsprop", "sgd", "carrying", "learned", "ragged"]


class StopAt(gn.Callback):
    def __init__(self, n):
        self.n = n

    def after_step(self, trainer):
        if trainer.n_steps == self.n:
            trainer.stop()


def disturb():
    """Leave the process as another one would find it: the generator elsewhere."""
    gn.manual_seed(99)
    gn.generator().random(7)


@pytest.mark.parametrize("make", KINDS, ids=NAMES)
@pytest.mark.parametrize("n", [1, 5, 11, 12, 22, 25])  # in an epoch, at its end, in the next, ...
def test_resuming_is_bit_for_bit(tmp_path, whole, make, n):
    trainer, data, options = make()
    assert len(data) in (11, 12)
    trainer.callbacks.append(StopAt(n))
    trainer.fit(data, EPOCHS, **options)
    trainer.save(tmp_path / "half")
    trainer, data, options = make()
    disturb()
    trainer.resume(tmp_path / "half")
    assert trainer.n_steps == n
    trainer.fit(data, EPOCHS, checkpoint=tmp_path / "resumed", **options)
    assert (tmp_path / "resumed").read_bytes() == whole(make)


class Interrupt:
    """Wraps a function so that its ``n``-th call is interrupted, before or after its work."""

    def __init__(self, function, n, after):
        self.function, self.n, self.after = function, n, after

    def __call__(self, *args, **kwargs):
        self.n -= 1
        if self.n == 0 and not self.after:
            raise KeyboardInterrupt
        result = self.function(*args, **kwargs)
        if self.n == 0:
            raise KeyboardInterrupt
        return result


PLACES = {
    "graphnet.training.step.clip_by_norm": 8,
    "graphnet.optim.optimizer.Optimizer.step": 9,
    "graphnet.optim.optimizer.Optimizer.buffer": 45,  # in the middle of an optimizer's step
    "graphnet.optim.optimizer.Optimizer.state": 10,  # while a step is captured
    "graphnet.training.trainer.Trainer.evaluate": 2,
    "graphnet.training.trainer.Comparison": 3,  # in the middle of a validation
    "graphnet.training.state.State.advance": 7,
    "graphnet.training.state.State.validated": 1,
    "graphnet.training.state.State.capture": 13,
    "graphnet.training.fit.Comparison": 25,
    "graphnet.training.progress.Progress.update": 12,
    "graphnet.training.files.write_checkpoint": 1,
    "graphnet.tape.Tape.backward": 16,
}


@pytest.mark.parametrize("make", [plain, carrying], ids=["plain", "carrying"])
@pytest.mark.parametrize("place", list(PLACES))
@pytest.mark.parametrize("after", [False, True])
def test_an_interrupt_at_any_moment(tmp_path, whole, monkeypatch, make, place, after):
    whole(make)  # not with what is patched below
    trainer, data, options = make()
    owner, name = place.rsplit(".", 1)
    interrupt = Interrupt(getattr(_resolve(owner), name), PLACES[place], after)
    with monkeypatch.context() as patch:
        patch.setattr(place, lambda *args: interrupt(*args))
        with pytest.raises(KeyboardInterrupt):
            trainer.fit(data, EPOCHS, checkpoint=tmp_path / "half", **options)
    assert all(module.train for module in trainer.model.list_modules())
    # The trainer itself may go on.
    trainer.fit(data, EPOCHS, checkpoint=tmp_path / "continued", **options)
    assert (tmp_path / "continued").read_bytes() == whole(make)
    # So may another one, from the file.
    trainer, data, options = make()
    disturb()
    trainer.resume(tmp_path / "half").fit(data, EPOCHS, checkpoint=tmp_path / "resumed", **options)
    assert (tmp_path / "resumed").read_bytes() == whole(make)


def _resolve(dotted):
    parts = dotted.split(".")
    for n in range(len(parts), 0, -1):
        module = sys.modules.get(".".join(parts[:n]))
        if module is not None:
            for part in parts[n:]:
                module = getattr(module, part)
            return module
    raise LookupError(dotted)


def test_callbacks_of_an_interrupted_step_are_called_again(tmp_path):
    class Shrink(gn.Callback):
        """Changes the parameters after each step, and is interrupted once."""

        def __init__(self, fails_at):
            self.fails_at = fails_at

        def after_step(self, trainer):
            for parameter in trainer.model.parameters():
                parameter.value *= 0.99
                if trainer.n_steps == self.fails_at:
                    self.fails_at = 0
                    raise KeyboardInterrupt

    trainer, data, options = plain()
    trainer.callbacks.append(Shrink(0))
    trainer.fit(data, EPOCHS, checkpoint=tmp_path / "whole", **options)
    trainer, data, options = plain()
    trainer.callbacks.append(Shrink(15))
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(data, EPOCHS, checkpoint=tmp_path / "half", **options)
    trainer.fit(data, EPOCHS, checkpoint=tmp_path / "continued", **options)
    assert (tmp_path / "continued").read_bytes() == (tmp_path / "whole").read_bytes()


def test_a_callback_may_save(tmp_path, whole):
    trainer, data, options = plain()
    trainer.callbacks.append(lambda trainer: trainer.save(tmp_path / f"epoch {trainer.epoch}"))
    trainer.fit(data, EPOCHS, **options)
    trainer, data, options = plain()
    trainer.resume(tmp_path / "epoch 1")
    assert (trainer.epoch, len(trainer.history.validation)) == (1, 1)
    trainer.fit(data, EPOCHS, checkpoint=tmp_path / "resumed", **options)
    assert (tmp_path / "resumed").read_bytes() == whole(plain)


PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background may ignore it
sys.path.insert(0, {root!r})
import graphnet as gn
from tests.graphnet.test_trainer_resume import carrying
trainer, data, options = carrying()
trainer.progress = True
if {resume!r}:
    gn.manual_seed(5)
    trainer.resume({resume!r})
trainer.fit(data, {epochs}, checkpoint={file!r}, **options)
"""


def program(**arguments):
    return [sys.executable, "-c", PROGRAM.format(root=os.path.dirname(gn.__path__[0]), **arguments)]


def test_ctrl_c_and_another_process(tmp_path):
    half, resumed, whole = (str(tmp_path / name) for name in ("half", "resumed", "whole"))
    process = subprocess.Popen(
        program(resume=None, epochs=200, file=half), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    for line in process.stdout:
        if line.startswith("epoch "):  # the tenth
            process.send_signal(signal.SIGINT)
            break
    _, err = process.communicate(timeout=60)
    assert process.returncode != 0
    assert err.rstrip().endswith("KeyboardInterrupt")
    steps = read_checkpoint(half)[1]["training"]["standing"]["n_steps"]
    assert steps >= 120
    epochs = steps // 12 + 2
    for start, file in ((half, resumed), (None, whole)):
        subprocess.run(program(resume=start, epochs=epochs, file=file), check=True, capture_output=True, timeout=60)
    with open(resumed, "rb") as first, open(whole, "rb") as second:
        assert first.read() == second.read()


# ---- checkpoints


@pytest.fixture
def finished(tmp_path):
    trainer, data, options = plain()
    trainer.notes = {"of": "the user", "list": [1, 2.5, None]}
    trainer.fit(data, 2, checkpoint=tmp_path / "file", **options)
    return trainer, tmp_path / "file"


def test_a_checkpoint_is_the_model_too(finished):
    trainer, file = finished
    model = load(file)
    np.testing.assert_array_equal(model.evaluate().forward(X), trainer.model.evaluate().forward(X))


def test_a_checkpoint_holds_all(finished):
    trainer, file = finished
    other, _, _ = plain()
    assert other.resume(file) is other
    assert other.history.to_data() == trainer.history.to_data()
    assert other.history.best == trainer.history.best
    assert other.notes == {"of": "the user", "list": [1, 2.5, None]}
    assert (other.epoch, other.position, other.n_steps, other.seen) == (2, 0, 22, 86)
    assert other.optimizer.n_steps == 22
    arrays, _ = read_checkpoint(file)
    assert {name.split(":")[1].split(".")[0] for name in arrays if ":" in name} == {"optimizer", "best"}


def test_when_checkpoints_are_written(tmp_path, monkeypatch):
    steps = []
    save_as_it_is = gn.Trainer.save
    monkeypatch.setattr(gn.Trainer, "save", lambda self, file: steps.append(self.n_steps) or save_as_it_is(self, file))
    trainer, data, _ = plain()
    trainer.fit(data, 2, checkpoint=tmp_path / "file")
    assert steps == [22]  # short epochs are not each written
    steps.clear()
    trainer, data, _ = plain()
    trainer.fit(data, 1, checkpoint=tmp_path / "file", every=0)
    assert steps == [*range(1, 12), 11]


def test_arrays_of_any_order_in_memory_survive(tmp_path):
    def make():
        net = nn.Linear(3, 2)
        net.weight = gn.Parameter(np.asfortranarray(np.arange(6.0).reshape(2, 3)))
        assert net.weight.value.flags.f_contiguous
        return gn.Trainer(net, nn.MSECriterion(), gn.optim.Adam(net.parameters(), 0.1), progress=False)

    trainer = make()
    trainer.fit([(X, X[:, :2])], 3, checkpoint=tmp_path / "file")
    assert trainer.optimizer.buffers["m"][0].flags.f_contiguous
    other = make().resume(tmp_path / "file")
    for p, q in zip(trainer.model.parameters(), other.model.parameters(), strict=True):
        np.testing.assert_array_equal(p.value, q.value)
    for a, b in zip(trainer.optimizer.buffers["m"], other.optimizer.buffers["m"], strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(load(tmp_path / "file").weight.value, trainer.model.weight.value)


def test_arrays_of_modules_are_kept(tmp_path):
    class Mean(gn.Module):
        """Counts what it saw, as running means do."""

        def __init__(self):
            self.seen = np.zeros(1)

        def update_output(self, x):
            self.seen += self.train
            return x

        def update_grad_input(self, x, y, dy):
            return dy

    def make():
        net = nn.Sequential(nn.Linear(3, 1), Mean())
        return gn.Trainer(net, nn.MSECriterion(), gn.optim.SGD(net.parameters(), 0.01), progress=False)

    trainer = make()
    trainer.fit([(X, TARGET)], 3, checkpoint=tmp_path / "file")
    other = make()
    other.resume(tmp_path / "file")
    assert other.model.get(1).seen == trainer.model.get(1).seen == [3]
    X_with_nan = X * np.nan
    with pytest.raises(gn.DivergedError):
        trainer.fit([(X_with_nan, TARGET)], 4)
    assert trainer.model.get(1).seen == [3]


def refused(file, message, make=plain):
    trainer, _, _ = make()
    before = [p.value.copy() for p in trainer.model.parameters()]
    state = gn.generator().bit_generator.state
    with pytest.raises(CheckpointError, match=message):
        trainer.resume(file)
    for p, value in zip(trainer.model.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.value, value)
    assert gn.generator().bit_generator.state == state
    assert trainer.n_steps == 0
    assert trainer.optimizer.n_steps == 0
    assert not trainer.history.train


def test_damaged_and_foreign_files_are_refused(finished, tmp_path):
    _, file = finished
    whole = file.read_bytes()
    for contents in (b"", b"To be", whole[:200], whole[:-5], whole[:-3] + bytes([whole[-3] ^ 1]) + whole[-2:]):
        (tmp_path / "other").write_bytes(contents)
        refused(tmp_path / "other", "other is (not a checkpoint|damaged)")
    save(nn.Linear(3, 2), tmp_path / "other")
    refused(tmp_path / "other", "other holds a model without its training, not a checkpoint as Trainer.save")
    write_checkpoint(tmp_path / "other", {}, {"kind": "recipe"})
    refused(tmp_path / "other", "other holds a recipe")
    with pytest.raises(FileNotFoundError):
        plain()[0].resume(tmp_path / "nowhere")


def other_net(net, optimizer=gn.optim.Adam):
    return lambda: (gn.Trainer(net, nn.MSECriterion(), optimizer(net.parameters(), 0.1), progress=False), None, None)


class Mine(nn.Linear):
    """A module of the user's."""


def test_checkpoints_of_other_models_are_refused(finished, tmp_path):
    _, file = finished
    narrow = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Dropout(0.4), nn.Linear(5, 1))
    refused(
        file,
        r"of another model: 0.weight is Parameter\(6x3, float64\) in the file and Parameter\(5x3",
        other_net(narrow),
    )
    refused(file, "of another model: .* is .* in the file and not there in", other_net(nn.Sequential(nn.Linear(3, 6))))
    single = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Dropout(0.4), nn.Linear(6, 1)).float()
    refused(file, r"float64\) in the file and Parameter\(6x3, float32\)", other_net(single))
    same = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Dropout(0.4), nn.Linear(6, 1))
    refused(file, "was trained by Adam, and this trainer has SGD", other_net(same, gn.optim.SGD))
    of_one = other_net(same, lambda parameters, rate: gn.optim.Adam(parameters[:1], rate))
    refused(file, "does not fit this trainer's optimizer: .* over 1 parameters", of_one)
    mine = Mine(3, 1)
    trainer, _, _ = other_net(mine)()
    trainer.fit([(X, TARGET)], 1, checkpoint=tmp_path / "mine")
    refused(tmp_path / "mine", "of another model: it uses the class Mine of", other_net(nn.Linear(3, 1)))
    other, _, _ = other_net(Mine(3, 1))()
    assert other.resume(tmp_path / "mine").n_steps == 1


def test_a_checkpoint_that_carries_is_refused_by_a_trainer_that_does_not(tmp_path):
    trainer, data, _ = carrying()
    trainer.fit(data, 1, checkpoint=tmp_path / "file")

    def other():
        made, data, _ = carrying()
        net = made.model
        criterion = nn.SequenceCriterion(nn.ClassNLLCriterion())
        return gn.Trainer(net, criterion, gn.optim.RMSProp(net.parameters(), 0.01)), data, None

    refused(tmp_path / "file", "carries states; this trainer does not: carry=True", other)


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays, data: data["training"].pop("standing"),
        lambda arrays, data: data["training"]["standing"].update(wonder=3),
        lambda arrays, data: data["training"]["history"].pop("train"),
        lambda arrays, data: data["training"]["best"].update(numbers=["nothing"]),
        lambda arrays, data: data.pop("graphs"),
        lambda arrays, data: data.update(training=3),
    ],
)
def test_a_checkpoint_with_other_contents_is_refused(finished, tmp_path, change):
    arrays, data = read_checkpoint(finished[1])
    change(arrays, data)
    write_checkpoint(tmp_path / "changed", arrays, data)
    refused(tmp_path / "changed", "was written by another version of graphnet, or changed")


def test_what_cannot_be_saved_is_found_out_before_the_training(tmp_path, monkeypatch):
    trainer, data, _ = plain()
    trainer.model.get(1).secret = print
    with pytest.raises(TypeError, match=r"Tanh.* cannot be saved"):
        trainer.fit(data, 1, checkpoint=tmp_path / "file")
    assert trainer.n_steps == 0
    del trainer.model.get(1).secret
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(ImportError, match=r'pip install "graphnet-nn\[train\]"'):
        trainer.fit(data, 1, checkpoint=tmp_path / "file")
    assert trainer.n_steps == 0
