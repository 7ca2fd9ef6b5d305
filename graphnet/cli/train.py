"""``graphnet train``: train a character-level language model on a text, and print a sample of what it writes.

The net, an LSTM or another cell, is drawn for one step and run along time. The text is one stream, whose state is
carried from batch to batch; or with --lengths, each line is a sequence of its own. The picture of the step, a page that
shows the training while it goes on, the loss curve and checkpoints go to the folder given with --out. Ctrl-C stops at a
point from which --resume goes on, with the same result.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import shlex
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from graphnet.cli.errors import InputError
from graphnet.cli.language_model import CELLS, LEARNING_RATES, Settings, read_notes
from graphnet.cli.options import finite, natural_number, not_negative, positive, probability_to_drop, seed
from graphnet.cli.packages import require
from graphnet.cli.pictures import draw_losses, draw_step
from graphnet.cli.text import read_text
from graphnet.cli.training import Training
from graphnet.training import DivergedError, LivePage
from graphnet.training.files import understood

CHECKPOINT = "checkpoint.safetensors"
PAGE = "training.html"
SECONDS_BETWEEN_CHECKPOINTS = 60.0  # and one at the end of each epoch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    default = Settings()
    rates = ", ".join(f"{rate} for {name}" for name, rate in LEARNING_RATES.items())
    parser.add_argument("text", nargs="?", metavar="TEXT", help="a UTF-8 text file; without one, Python's own help")
    parser.add_argument("--out", metavar="DIR", help="the folder for all files (char_rnn, or that of the checkpoint)")
    parser.add_argument("--resume", metavar="CHECKPOINT", help="go on from a checkpoint, with its settings")
    net = parser.add_argument_group("the net")
    net.add_argument("--cell", choices=list(CELLS), help=f"what a layer is made of ({default.cell})")
    net.add_argument("--hidden", type=natural_number, help=f"units in a layer ({default.hidden})")
    net.add_argument("--layers", type=natural_number, help=f"layers ({default.layers})")
    net.add_argument(
        "--dropout",
        type=probability_to_drop,
        help=f"the probability to DROP what passes between layers and into the decoder ({default.dropout:g})",
    )
    net.add_argument(
        "--variational",
        action="store_true",
        default=None,
        help="of what passes between layers and into the decoder, drop the same units at all steps of a sequence",
    )
    net.add_argument(
        "--forget-bias", type=finite, metavar="BIAS", help="of the forget gates at the start; 1 or 2 make memory longer"
    )
    net.add_argument("--double", action="store_true", default=None, help="compute in float64 instead of float32")
    run = parser.add_argument_group("the training")
    run.add_argument("--length", type=natural_number, help=f"steps of a sequence of the stream ({default.length})")
    run.add_argument(
        "--lengths",
        action="store_true",
        default=None,
        help="train on separate lines instead of one stream: each line that is not empty is a sequence, which starts "
        "from nothing; batches are lines of like length, padded, and the padding counts for nothing",
    )
    run.add_argument(
        "--truncate", type=natural_number, metavar="N", help="let gradients go back over at most N steps (a sequence)"
    )
    run.add_argument("--batch", type=natural_number, help=f"sequences side by side ({default.batch})")
    run.add_argument("--epochs", type=natural_number, help=f"times through the text ({default.epochs})")
    run.add_argument("--optimizer", choices=sorted(LEARNING_RATES), help=f"({default.optimizer})")
    run.add_argument("--learning-rate", type=positive, help=f"at its highest ({rates})")
    run.add_argument("--clip", type=positive, help=f"the largest norm of the mean loss's gradient ({default.clip:g})")
    run.add_argument(
        "--recompute",
        action="store_true",
        default=None,
        help="take less memory and more time: keep the states of few steps",
    )
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
    require("train", "safetensors", "tqdm", "matplotlib", "threadpoolctl")  # now and not after the training
    training = _started(options) if options.resume is None else _resumed(options)
    trainer = training.trainer
    folder = Path(options.out or ("char_rnn" if options.resume is None else Path(options.resume).parent))
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / CHECKPOINT
    _introduce(training)
    picture, hint = draw_step(training.model.net.step, folder)
    if hint:
        print(hint)
    page = LivePage(folder / PAGE, title=f"Language model, {training.settings.cell}")
    trainer.callbacks.append(page)
    print(f"to see it, open {page.file} in a browser (or: graphnet watch {shlex.quote(str(page.file))})", flush=True)
    try:
        with _threads(options.threads):
            trainer.fit(
                training.batches,
                training.settings.epochs,
                validation=training.validation,
                checkpoint=checkpoint,
                every=SECONDS_BETWEEN_CHECKPOINTS,
            )
    except KeyboardInterrupt:
        trainer.save(checkpoint)  # if it came before the first step
        print(
            f"\nstopped after step {trainer.n_steps} of {training.total_steps}; to go on:\n"
            f"    graphnet train --resume {shlex.quote(str(checkpoint))}",
            file=sys.stderr,
        )
        return 130
    except DivergedError as error:
        kept = f"the last good checkpoint is {checkpoint}" if checkpoint.exists() else "there is no checkpoint yet"
        print(f"graphnet: {error}. Try a smaller --learning-rate or --clip; {kept}", file=sys.stderr)
        return 1
    draw_losses(trainer.history, training.entropy, folder / "loss.png")
    _report(training)
    generator = np.random.default_rng(training.settings.seed)
    print(f"\na sample at temperature {options.temperature:g}:\n")
    print(training.model.sample(options.sample, options.temperature, generator))
    print(f"\nwritten: {checkpoint}, {picture}, {folder / 'loss.png'}, {page.file}")
    print(f"more text: graphnet sample {shlex.quote(str(checkpoint))}")
    return 0


def _threads(number: int) -> AbstractContextManager[Any]:
    """Limit the threads of NumPy's library of matrix products, which collapse where cores are shared."""
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(number, "blas")
    return limits


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that stand on the command line."""
    if options.length is not None and options.lengths:
        raise InputError("--length means nothing with --lengths, where each line is a sequence; give one of them")
    names = [field.name for field in dataclasses.fields(Settings)]
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


def _started(options: argparse.Namespace) -> Training:
    given = _given(options)
    given.setdefault("learning_rate", LEARNING_RATES[given.get("optimizer", Settings.optimizer)])
    settings = Settings(**given)
    _refuse_what_does_nothing(settings)
    return Training(read_text(options.text), settings, _absolute(options.text))


def _refuse_what_does_nothing(settings: Settings) -> None:
    if settings.variational and not settings.dropout:
        raise InputError("--variational does nothing without --dropout; give a probability to drop, such as 0.3")
    if settings.truncate is not None and settings.truncate > settings.length and not settings.lengths:
        raise InputError(
            f"--truncate {settings.truncate} does nothing where sequences have {settings.length} steps; give a larger "
            "--length, or a smaller --truncate"
        )


def _absolute(file: str | None) -> str | None:
    """Return a path that holds from everywhere, since a training may be resumed from elsewhere."""
    return None if file is None else str(Path(file).absolute())


def _resumed(options: argparse.Namespace) -> Training:
    notes = read_notes(options.resume)
    given = _given(options)
    with understood(options.resume):
        settings = Settings(**notes["settings"])
        text = notes["text"]
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
    notes = training.trainer.notes
    training.trainer.resume(options.resume).notes = notes  # the epochs and the text's place may be others
    return training


def _introduce(training: Training) -> None:
    settings, characters = training.settings, training.source["characters"]
    print(f"text: {characters:,} characters, {len(training.model.vocabulary)} symbols, the last 5 % for validation")
    print(f"net: {settings.layers} x {settings.hidden} units, cell: {settings.cell}")
    print(
        f"training: {settings.epochs} epochs of {len(training.batches)} steps, seed {settings.seed}; losses are in "
        "nats per character",
        flush=True,
    )


def _report(training: Training) -> None:
    print(f"\nvalidation loss  {_nats_and_bits(training.trainer.history.validation[-1].loss)}")
    print(f"unigram entropy  {_nats_and_bits(training.entropy)} of the training text")
    speed = training.trainer.speed
    if not math.isnan(speed):  # where there was nothing left to do
        print(f"speed            {speed:,.0f} characters/s of training")


def _nats_and_bits(nats: float) -> str:
    return f"{nats:.3f} nats = {nats / math.log(2):.3f} bits per character"
