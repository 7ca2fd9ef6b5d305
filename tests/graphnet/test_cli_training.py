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
from graphnet.cli.training import Training
from graphnet.optim.schedules import Moment
from graphnet.random import generator_state
from graphnet.training import Trainer

TEXT = "the quick brown fox jumps over the lazy dog.\n" * 10
SETTINGS = Settings(hidden=6, layers=2, dropout=0.3, length=5, batch=4, epochs=2)
OPTIONS = ["--hidden", "6", "--layers", "2", "--dropout", "0.3", "--length", "5", "--batch", "4", "--epochs", "2"]
LINES = ["--hidden", "6", "--dropout", "0.3", "--variational", "--lengths", "--batch", "2", "--epochs", "3"]


@pytest.fixture(scope="module", autouse=True)
def _five_steps_to_a_point():
    """Have several steps between two points of the curve, as on long texts, for they are kept, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("graphnet.training.state.POINTS_PER_EPOCH", 4)
        yield


@pytest.fixture(scope="module")
def in_one_go(tmp_path_factory):
    """Return a text and the checkpoints of uninterrupted trainings on it, as a stream and by lines."""
    folder = tmp_path_factory.mktemp("in one go")
    (folder / "text.txt").write_text(TEXT)
    finished = []
    for options in (OPTIONS, LINES):
        assert main(["train", str(folder / "text.txt"), "--out", str(folder), *options]) == 0
        finished.append((folder / "checkpoint.safetensors").read_bytes())
    return str(folder / "text.txt"), finished


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
    ("owner", "name", "n"),
    [
        (Trainer, "fit", 1),
        (graphnet.optim.RMSProp, "update", 9),
        (Trainer, "evaluate", 1),
        (Trainer, "save", 1),
        (graphnet.Tape, "backward", 7),
    ],
)
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("by_lines", [False, True])
def test_an_interrupt_at_any_moment(capsys, tmp_path, in_one_go, monkeypatch, owner, name, n, after, by_lines):
    text, finished = in_one_go
    interrupt = Interrupt(getattr(owner, name), n, after)
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, lambda *args, **kwargs: interrupt(*args, **kwargs))
        capsys.readouterr()
        options = LINES if by_lines else OPTIONS
        assert main(["train", text, "--out", str(tmp_path / "out"), *options]) == 130
    file = str(tmp_path / "out" / "checkpoint.safetensors")
    assert f"graphnet train --resume {file}" in capsys.readouterr().err
    graphnet.manual_seed(99)
    assert main(["train", "--resume", file]) == 0
    assert (tmp_path / "out" / "checkpoint.safetensors").read_bytes() == finished[by_lines]


def test_recompute_is_kept_when_resumed(capsys, tmp_path, text, monkeypatch):
    options = [*OPTIONS, "--recompute"]
    assert main(["train", text, "--out", str(tmp_path / "whole"), *options]) == 0
    interrupt = Interrupt(graphnet.optim.RMSProp.update, 99, after=True)
    with monkeypatch.context() as patch:
        patch.setattr(graphnet.optim.RMSProp, "update", lambda *args: interrupt(*args))
        assert main(["train", text, "--out", str(tmp_path / "half"), *options]) == 130
    half, whole = (tmp_path / name / "checkpoint.safetensors" for name in ("half", "whole"))
    assert 0 < read_checkpoint(half)[1]["training"]["standing"]["n_steps"] < 42
    assert main(["train", "--resume", str(half)]) == 0
    assert half.read_bytes() == whole.read_bytes()
    assert main(["train", text, "--out", str(tmp_path / "plain"), *OPTIONS]) == 0
    capsys.readouterr()
    file = tmp_path / "plain" / "checkpoint.safetensors"
    losses = [read_checkpoint(name)[1]["training"]["history"]["train"][-1]["loss"] for name in (file, whole)]
    assert losses[0] != losses[1]  # for the masks of dropout are others
    assert main(["train", "--resume", str(file), "--recompute"]) == 2
    assert f"--recompute is False in {file} and cannot be changed" in capsys.readouterr().err


def test_ctrl_c_ends_tidily_with_a_checkpoint(tmp_path, text):
    # What was started in the background may have been told to ignore it.
    listen = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = f"{listen}; import sys; from graphnet.cli import main; sys.exit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", command, "train", text, *OPTIONS, "--epochs", "100", "--out", str(tmp_path / "out")],
        cwd=graphnet.__path__[0] + "/..",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stdout:
        if line.startswith("epoch "):
            process.send_signal(signal.SIGINT)
            break
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "to go on:" in err
    _, data = read_checkpoint(tmp_path / "out" / "checkpoint.safetensors")
    assert data["training"]["standing"]["n_steps"] >= 63


def test_checkpoints_in_the_middle_of_a_long_epoch(tmp_path, text, monkeypatch):
    steps = []
    save = Trainer.save
    monkeypatch.setattr(Trainer, "save", lambda self, file: steps.append(self.n_steps) or save(self, file))
    monkeypatch.setattr("graphnet.cli.train.SECONDS_BETWEEN_CHECKPOINTS", 0)
    assert main(["train", text, "--out", str(tmp_path), *OPTIONS]) == 0
    assert steps == [*range(1, 43), 42]


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
    assert data["training"]["standing"]["n_steps"] == 63
    assert len(data["training"]["history"]["validation"]) == 3
    assert data["training"]["notes"]["settings"]["epochs"] == 3
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


def test_the_learning_rate_rises_and_falls():
    training = Training(TEXT * 10, Settings(**{**vars(SETTINGS), "epochs": 5}))
    n = len(training.batches)
    rates = [0.02 * training.trainer.schedule(Moment(step, n, 5)) for step in range(5 * n)]
    assert rates[0] < max(rates) / 40
    assert max(rates) == pytest.approx(0.02, rel=0.1)
    assert 0 < rates[-1] < max(rates) / 100


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "sgd"])
@pytest.mark.parametrize("double", [False, True])
def test_every_optimizer_in_both_types(optimizer, double):
    settings = Settings(**{**vars(SETTINGS), "optimizer": optimizer, "double": double, "learning_rate": 0.01})
    training = Training(TEXT, settings)
    training.trainer.progress = False
    training.trainer.fit(training.batches, 1)
    assert type(training.trainer.optimizer).__name__.lower() == optimizer
    assert all(p.dtype == (np.float64 if double else np.float32) for p in training.model.net.parameters())


def test_a_sample_does_not_drop_and_changes_nothing():
    model = Training(TEXT, SETTINGS).model
    before = generator_state()
    first = model.sample(30, 1.0, np.random.default_rng(1))
    assert first == model.sample(30, 1.0, np.random.default_rng(1))
    assert generator_state() == before
    assert all(module.train for module in model.net.list_modules())
