"""The training of the command: stopped at any moment and resumed, it ends as if it had never been stopped."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

import graphnet
from graphnet.checkpoint import read_checkpoint
from graphnet.cli import main
from graphnet.cli.language_model import Settings
from graphnet.cli.training import DivergedError, Training
from graphnet.random import generator_state

TEXT = "the quick brown fox jumps over the lazy dog.\n" * 10
SETTINGS = Settings(hidden=6, layers=2, dropout=0.3, length=5, batch=4, epochs=2)
OPTIONS = ["--hidden", "6", "--layers", "2", "--dropout", "0.3", "--length", "5", "--batch", "4", "--epochs", "2"]


@pytest.fixture(scope="module", autouse=True)
def _five_steps_to_a_point():
    """Have several steps between two points of the curve, as on long texts, for they are kept, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("graphnet.cli.training.POINTS_PER_EPOCH", 4)
        yield


def advance(training, n):
    for _ in range(n):
        training.step()
    return training


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "sgd"])
@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("k", [0, 8, 21, 25])  # at the start, in an epoch, at its end, in the next
def test_resuming_is_bit_for_bit(tmp_path, optimizer, double, k):
    settings = Settings(**{**vars(SETTINGS), "optimizer": optimizer, "double": double, "learning_rate": 0.01})
    in_one_go = Training(TEXT, settings)
    assert len(in_one_go.batches) == 21
    advance(in_one_go, 42).write(tmp_path / "in one go")
    advance(Training(TEXT, settings), k).write(tmp_path / "half")
    resumed = Training(TEXT, settings)
    resumed.restore(*read_checkpoint(tmp_path / "half"))
    advance(resumed, 42 - k).write(tmp_path / "resumed")
    assert (tmp_path / "resumed").read_bytes() == (tmp_path / "in one go").read_bytes()
    assert all(p.dtype == (np.float64 if double else np.float32) for p in resumed.parameters)


@pytest.fixture(scope="module")
def in_one_go(tmp_path_factory):
    """Return a text and the checkpoint of an uninterrupted training on it."""
    folder = tmp_path_factory.mktemp("in one go")
    (folder / "text.txt").write_text(TEXT)
    assert main(["train", str(folder / "text.txt"), "--out", str(folder), *OPTIONS]) == 0
    return str(folder / "text.txt"), (folder / "checkpoint.safetensors").read_bytes()


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


@pytest.mark.parametrize(
    "where",
    [
        "graphnet.cli.training.clip_by_norm",
        "graphnet.optim.RMSProp.update",
        "graphnet.cli.training.Training.validate",
        "graphnet.cli.training.Training._capture",
        "graphnet.cli.training.write_checkpoint",
        "graphnet.cli.progress.Progress.update",
        "graphnet.tape.Tape.backward",
    ],
)
@pytest.mark.parametrize("after", [False, True])
def test_an_interrupt_at_any_moment(capsys, tmp_path, in_one_go, monkeypatch, where, after):
    text, finished = in_one_go
    owner, name = where.rsplit(".", 1)
    function = getattr(_resolve(owner), name)
    interrupt = Interrupt(function, 1 if "validate" in where or "write" in where else 9, after)
    with monkeypatch.context() as patch:
        patch.setattr(where, lambda *args: interrupt(*args))
        capsys.readouterr()
        assert main(["train", text, "--out", str(tmp_path / "out"), *OPTIONS]) == 130
    file = str(tmp_path / "out" / "checkpoint.safetensors")
    assert f"graphnet train --resume {file}" in capsys.readouterr().err
    assert main(["train", "--resume", file]) == 0
    assert (tmp_path / "out" / "checkpoint.safetensors").read_bytes() == finished


def _resolve(dotted):
    parts = dotted.split(".")
    for n in range(len(parts), 0, -1):
        module = sys.modules.get(".".join(parts[:n]))
        if module is not None:
            for part in parts[n:]:
                module = getattr(module, part)
            return module
    raise LookupError(dotted)


def test_ctrl_c_ends_tidily_with_a_checkpoint(tmp_path, text):
    # What was started in the background may have been told to ignore it.
    listen = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = f"{listen}; import sys; from graphnet.cli import main; sys.exit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", command, "train", text, *OPTIONS, "--epochs", "100000", "--out", str(tmp_path / "out")],
        cwd=graphnet.__path__[0] + "/..",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stdout:
        if line.startswith("epoch 3/"):
            process.send_signal(signal.SIGINT)
            break
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "to go on:" in err
    _, data = read_checkpoint(tmp_path / "out" / "checkpoint.safetensors")
    assert data["n_steps"] >= 63


def test_checkpoints_in_the_middle_of_a_long_epoch(tmp_path, text, monkeypatch):
    steps = []
    write = Training.write
    monkeypatch.setattr(Training, "write", lambda self, file: steps.append(self.kept_steps) or write(self, file))
    assert main(["train", text, "--out", str(tmp_path), *OPTIONS]) == 0
    assert steps == [21, 42]
    steps.clear()
    monkeypatch.setattr("graphnet.cli.train.SECONDS_BETWEEN_CHECKPOINTS", 0)
    assert main(["train", text, "--out", str(tmp_path), *OPTIONS]) == 0
    assert steps == list(range(1, 43))


def test_an_interrupt_before_the_training(capsys, tmp_path, text, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("graphnet.cli.train.draw_step", interrupt)
    assert main(["train", text, "--out", str(tmp_path / "out"), *OPTIONS]) == 130
    assert capsys.readouterr().err == "graphnet: interrupted\n"


def test_resume_takes_more_epochs_and_refuses_other_changes(capsys, tmp_path, text):
    out = str(tmp_path / "out")
    assert main(["train", text, "--out", out, *OPTIONS]) == 0
    file = out + "/checkpoint.safetensors"
    assert main(["train", "--resume", file, "--epochs", "3", "--hidden", "6"]) == 0
    _, data = read_checkpoint(file)
    assert data["n_steps"] == 63
    assert len(data["history"]["validation"]) == 3
    capsys.readouterr()
    assert main(["train", "--resume", file, "--hidden", "7"]) == 2
    assert f"--hidden is 6 in {file} and cannot be changed" in capsys.readouterr().err
    (tmp_path / "text.txt").write_text(TEXT.upper())
    assert main(["train", "--resume", file]) == 2
    assert "is not the text that" in capsys.readouterr().err


def test_a_finished_training_may_be_resumed(capsys, tmp_path, text):
    assert main(["train", text, "--out", str(tmp_path), *OPTIONS]) == 0
    before = (tmp_path / "checkpoint.safetensors").read_bytes()
    assert main(["train", "--resume", str(tmp_path / "checkpoint.safetensors")]) == 0
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == before


def test_a_step_that_diverges_changes_nothing():
    training = advance(Training(TEXT, SETTINGS), 3)
    before = [p.value.copy() for p in training.parameters]
    training.states[0][:] = np.inf
    training.states[1][:] = np.nan
    with pytest.raises(DivergedError, match="at step 4 the loss was nan, the gradient's norm nan"):
        training.step()
    assert training.n_steps == training.kept_steps == 3
    for p, value in zip(training.parameters, before, strict=True):
        np.testing.assert_array_equal(p.value, value)


def test_the_state_is_carried_over_and_starts_anew_with_an_epoch():
    training = Training(TEXT, SETTINGS)
    runs = []
    run = training.net.run
    training.net.run = lambda x: runs.append(x) or run(x)
    advance(training, 22)
    starts = [x[2] for x in runs if len(x[0][0]) == SETTINGS.batch]
    assert not starts[0].any()
    assert all(start.any() for start in starts[1:21])
    assert not starts[-1].any()


def test_the_learning_rate_rises_and_falls():
    training = Training(TEXT * 10, Settings(**{**vars(SETTINGS), "epochs": 5}))
    rates = []
    for step in range(training.total_steps):
        training.n_steps = step
        rates.append(training.learning_rate())
    assert rates[0] < max(rates) / 40
    assert max(rates) == pytest.approx(0.02, rel=0.1)
    assert 0 < rates[-1] < max(rates) / 100


def test_a_sample_does_not_drop_and_changes_nothing():
    model = Training(TEXT, SETTINGS).model
    before = generator_state()
    first = model.sample(30, 1.0, np.random.default_rng(1))
    assert first == model.sample(30, 1.0, np.random.default_rng(1))
    assert generator_state() == before
    assert all(module.train for module in model.step.list_modules())


def test_validation_does_not_drop_and_changes_nothing():
    training = advance(Training(TEXT, SETTINGS), 3)
    first = training.validate()
    assert first == training.validate()
    assert all(module.train for module in training.net.list_modules())
    assert training.kept_steps == 3
