"""``graphnet train``: train a character-level language model (an LSTM) on a text, and print a sample of what it writes.

The net is drawn for one step and placed at every step of a sequence. Its picture, the loss curve and checkpoints go to
the folder given with --out. Ctrl-C stops at a point from which --resume goes on, with the same result.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import math
import shlex
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from graphnet.cli.language_model import LEARNING_RATES, Settings, read_training, understood
from graphnet.cli.options import natural_number, not_negative, positive, probability_to_drop, seed
from graphnet.cli.pictures import draw_losses, draw_step
from graphnet.cli.progress import Progress
from graphnet.cli.text import InputError, read_text
from graphnet.cli.training import DivergedError, Training

CHECKPOINT = "checkpoint.safetensors"
SECONDS_BETWEEN_CHECKPOINTS = 60  # and one at the end of each epoch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    default = Settings()
    rates = ", ".join(f"{rate} for {name}" for name, rate in LEARNING_RATES.items())
    parser.add_argument("text", nargs="?", metavar="TEXT", help="a UTF-8 text file; without one, Python's own help")
    parser.add_argument("--out", metavar="DIR", help="the folder for all files (char_rnn, or that of the checkpoint)")
    parser.add_argument("--resume", metavar="CHECKPOINT", help="go on from a checkpoint, with its settings")
    net = parser.add_argument_group("the net")
    net.add_argument("--hidden", type=natural_number, help=f"LSTM units in a layer ({default.hidden})")
    net.add_argument("--layers", type=natural_number, help=f"LSTM layers ({default.layers})")
    net.add_argument("--dropout", type=probability_to_drop, help=f"the probability to DROP ({default.dropout:g})")
    net.add_argument("--double", action="store_true", default=None, help="compute in float64 instead of float32")
    run = parser.add_argument_group("the training")
    run.add_argument("--length", type=natural_number, help=f"steps of a sequence ({default.length})")
    run.add_argument("--batch", type=natural_number, help=f"sequences side by side ({default.batch})")
    run.add_argument("--epochs", type=natural_number, help=f"times through the text ({default.epochs})")
    run.add_argument("--optimizer", choices=sorted(LEARNING_RATES), help=f"({default.optimizer})")
    run.add_argument("--learning-rate", type=positive, help=f"at its highest ({rates})")
    run.add_argument("--clip", type=positive, help=f"the largest norm of the gradient ({default.clip:g})")
    run.add_argument(
        "--threads",
        type=natural_number,
        default=1,
        metavar="N",
        help="for one product of matrices (%(default)s; more may gain a little, and lose much on shared cores)",
    )
    run.add_argument("--seed", type=seed, help=f"of everything random ({default.seed})")
    end = parser.add_argument_group("the sample at the end")
    end.add_argument("--temperature", type=not_negative, default=0.8, help="see `graphnet sample --help` (%(default)s)")
    end.add_argument("--sample", type=seed, default=500, metavar="N", help="its characters (%(default)s)")


def run(options: argparse.Namespace) -> int:
    """Train, and report."""
    _require("safetensors", "tqdm", "matplotlib", "threadpoolctl")  # now and not after the training
    training = _started(options) if options.resume is None else _resumed(options)
    folder = Path(options.out or ("char_rnn" if options.resume is None else Path(options.resume).parent))
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / CHECKPOINT
    _introduce(training)
    picture, hint = draw_step(training.model.step, folder)
    if hint:
        print(hint)
    if training.n_steps >= training.total_steps:  # there is nothing to do, but the files may be wanted elsewhere
        training.write(checkpoint)
    try:
        with _threads(options.threads):
            speed = _train(training, checkpoint)
    except KeyboardInterrupt:
        training.write(checkpoint)
        print(
            f"\nstopped after step {training.kept_steps} of {training.total_steps}; to go on:\n"
            f"    graphnet train --resume {shlex.quote(str(checkpoint))}",
            file=sys.stderr,
        )
        return 130
    except DivergedError as error:
        kept = f"the last good checkpoint is {checkpoint}" if checkpoint.exists() else "there is no checkpoint yet"
        print(f"graphnet: {error}. Try a smaller --learning-rate or --clip; {kept}", file=sys.stderr)
        return 1
    draw_losses(training.history, training.entropy, folder / "loss.png")
    _report(training, speed)
    generator = np.random.default_rng(training.settings.seed)
    print(f"\na sample at temperature {options.temperature:g}:\n")
    print(training.model.sample(options.sample, options.temperature, generator))
    print(f"\nwritten: {checkpoint}, {picture}, {folder / 'loss.png'}")
    print(f"more text: graphnet sample {shlex.quote(str(checkpoint))}")
    return 0


def _require(*packages: str) -> None:
    for package in packages:
        try:
            importlib.import_module(package)
        except ImportError as error:
            raise ImportError(
                f"`graphnet train` needs the package {package} ({error}); install it with: "
                'pip install "graphnet-nn[train]"'
            ) from error


def _threads(number: int) -> AbstractContextManager[Any]:
    """Limit the threads of NumPy's library of matrix products, which collapse where cores are shared."""
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(number, "blas")
    return limits


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that stand on the command line."""
    names = [field.name for field in dataclasses.fields(Settings)]
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


def _started(options: argparse.Namespace) -> Training:
    given = _given(options)
    given.setdefault("learning_rate", LEARNING_RATES[given.get("optimizer", Settings.optimizer)])
    return Training(read_text(options.text), Settings(**given), _absolute(options.text))


def _absolute(file: str | None) -> str | None:
    """Return a path that holds from everywhere, since a training may be resumed from elsewhere."""
    return None if file is None else str(Path(file).absolute())


def _resumed(options: argparse.Namespace) -> Training:
    arrays, data = read_training(options.resume)
    given = _given(options)
    with understood(options.resume):
        settings = Settings(**data["settings"])
        text = data["text"]
    if "epochs" in given:  # all that may be changed: one may want more of them
        settings = dataclasses.replace(settings, epochs=given.pop("epochs"))
    for name, value in given.items():
        if value != getattr(settings, name):
            option = f"--{name.replace('_', '-')}"
            raise InputError(f"{option} is {getattr(settings, name)} in {options.resume} and cannot be changed")
    file = _absolute(options.text) or text["file"]
    training = Training(read_text(file), settings, file)
    if training.source["sha256"] != text["sha256"]:
        raise InputError(
            f"{file or 'the text of Python’s help'} is not the text that {options.resume} was trained on "
            f"({training.source['characters']} characters instead of {text['characters']}, or other ones). "
            "Give that text: graphnet train TEXT --resume CHECKPOINT"
        )
    with understood(options.resume):
        training.restore(arrays, data)
    return training


def _introduce(training: Training) -> None:
    n_parameters = sum(p.size for p in training.parameters)
    characters = training.source["characters"]
    print(f"text: {characters:,} characters, {len(training.model.vocabulary)} symbols, the last 5 % for validation")
    print(f"net: {training.settings.layers} x {training.settings.hidden} LSTM units, {n_parameters:,} parameters")
    start = f"going on after step {training.n_steps}" if training.n_steps else f"seed {training.settings.seed}"
    print(f"training: {training.settings.epochs} epochs of {len(training.batches)} steps; {start}", flush=True)


def _train(training: Training, checkpoint: Path) -> float:
    """Take all steps that are left; return the characters per second."""
    per_step = training.settings.batch * training.settings.length
    written = time.monotonic()
    with Progress(training.characters, training.total_steps * per_step) as progress:
        while training.n_steps < training.total_steps:
            loss = training.step()
            progress.update(training.characters, loss)
            end_of_epoch = training.n_steps % len(training.batches) == 0
            if end_of_epoch:
                epoch = training.n_steps // len(training.batches)
                _, validation = training.history["validation"][-1]
                progress.line(
                    f"epoch {epoch}/{training.settings.epochs}: train {progress.loss:.3f}, validation {validation:.3f} "
                    f"nats per character, {progress.speed:,.0f} characters/s"
                )
            if end_of_epoch or time.monotonic() - written > SECONDS_BETWEEN_CHECKPOINTS:
                training.write(checkpoint)
                written = time.monotonic()
        return progress.speed


def _report(training: Training, speed: float) -> None:
    _, validation = training.history["validation"][-1]
    print(f"\nvalidation loss  {_nats_and_bits(validation)}")
    print(f"unigram entropy  {_nats_and_bits(training.entropy)} of the training text")
    print(f"speed            {speed:,.0f} characters/s")


def _nats_and_bits(nats: float) -> str:
    return f"{nats:.3f} nats = {nats / math.log(2):.3f} bits per character"
