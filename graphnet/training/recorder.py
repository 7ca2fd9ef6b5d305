"""Recorder: what the page of a training shows, taken from its steps as they are done."""

from __future__ import annotations

import math
import os
import time
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from graphnet.draw.look.text import short_place
from graphnet.inspect.readings import read
from graphnet.nesting import Array
from graphnet.parameter import Parameter
from graphnet.splicing import Site, path_of
from graphnet.tape import Tape
from graphnet.training.moments import Losses, Moment, Moments

if TYPE_CHECKING:
    from graphnet.training.trainer import Trainer

READINGS = ("gradient", "activation", "saturation", "dead")
MOMENTS_PER_FIT = 150
MOST_NUMBERS = 100_000  # of all moments together; in the page, each takes about 7 bytes
MOST_PARAMETERS = 200  # a chart of more lines shows nothing, and takes long
MOST_MOMENTS, LEAST_MOMENTS = 200, 24
# Looking may take this share of the time so far, and some seconds more; at a large net, it would else take too much.
SHARE_OF_TIME, SECONDS_TO_BEGIN = 0.03, 0.5
SECONDS_OF_PACE = 30.0  # over which the speed is measured that tells the time left


class Recorder:
    """Records the losses of all steps and, at some of them, what the nodes and the parameters are like.

    Parameters
    ----------
    trainer : Trainer
        At the start of a fit.
    sites, read_at : list of Site
        The nodes that are looked at, and for each where it is read.
    every : int or None
        The steps from one moment to the next, at first; None for about 150 moments in the fit, or fewer, so that
        looking takes little of the time.

    Attributes
    ----------
    parameters : dict of str to Parameter
        Those whose gradients are recorded: all, or 200 from all depths of the net.
    name : str
        Tells this recording from others in the same file.
    first : int
        The steps that were done before.
    losses : Losses
    moments : Moments
    alarms : list of str
        What was found to be infinite or no number, and when.
    strange : list of int
        The nodes of which the latest moment has such numbers, if it is of a step that failed.
    """

    def __init__(self, trainer: Trainer, sites: list[Site], read_at: list[Site], every: int | None) -> None:
        self.sites, self.read_at = sites, read_at
        self.parameters = _some(trainer.model.named_parameters())
        self.first = trainer.n_steps
        self.losses = Losses()
        self.alarms: list[str] = []
        self.strange: list[int] = []
        numbers = len(sites) * len(READINGS) + 2 * len(self.parameters) + 6
        most = min(MOST_MOMENTS, max(LEAST_MOMENTS, MOST_NUMBERS // numbers))
        left = max(1, total_steps(trainer) - self.first)
        self._sparing = every is None
        self._spent = 0.0
        self.moments = Moments(every or -(-left // min(most, MOMENTS_PER_FIT)), most)
        self.name = f"{os.getpid()}-{time.time_ns()}"
        self._trainer = trainer
        self._last = self.first
        self._started = time.monotonic()
        self._before = (self._started, trainer.seen)  # at the moment before
        self._pace = deque([(self._started, self.first)])

    def goes_on(self, trainer: Trainer) -> bool:
        """Tell whether a fit goes on from the last step that was recorded."""
        return trainer is self._trainer and trainer.n_steps == self._last

    def begin(self, trainer: Trainer) -> None:
        """Count the time from here, where a fit begins."""
        now = time.monotonic()
        self._before = (now, trainer.seen)
        self._pace = deque([(now, trainer.n_steps)])

    def add(self, trainer: Trainer) -> None:
        """Record a step that was done."""
        step = self._last = trainer.n_steps
        self.losses.add(step, trainer.loss)
        now = time.monotonic()
        self._pace.append((now, step))
        while len(self._pace) > 2 and now - self._pace[1][0] > SECONDS_OF_PACE:
            self._pace.popleft()
        afforded = not self._sparing or self._spent < SECONDS_TO_BEGIN + SHARE_OF_TIME * (now - self._started)
        if step == self.first + 1 or (self.moments.wants(step) and afforded) or trainer.epoch >= trainer.epochs:
            self._record(trainer, step)

    def fail(self, trainer: Trainer, failure: Exception) -> None:
        """Record the step that failed, as far as it went, and where it did."""
        self.alarms.append(str(failure))
        if trainer.tape is None:
            return
        moment = self._record(trainer, trainer.n_steps + 1)
        readings = dict(zip(READINGS, moment.nodes, strict=True))
        for key, order, told in (
            ("activation", 1, "the first node that gave what is not finite: {}"),
            ("gradient", -1, "the first gradient on the way back that is not finite: that of what {} gave"),
        ):
            strange = [i for i, value in enumerate(readings[key]) if value is not None and not math.isfinite(value)]
            if strange:
                self.strange = strange
                site = self.sites[strange[::order][0]]
                place = site[-1].place()
                where = "" if place is None else f", drawn at {short_place(place)}"
                self.alarms.append(told.format(path_of(site)) + where)
                break
        for name, gradient in zip(self.parameters, moment.gradients, strict=True):
            if not math.isfinite(gradient):
                self.alarms.append(f"the gradient of {name} is not finite")

    def _record(self, trainer: Trainer, step: int) -> Moment:
        now = time.monotonic()
        before, seen = self._before
        self._before = (now, trainer.seen)
        failed = step > trainer.n_steps
        moment = Moment(
            step=step,
            epoch=trainer.epoch + trainer.position / steps_per_epoch(trainer),
            rate=trainer.learning_rate,
            norm=trainer.norm,
            speed=math.nan if failed else (trainer.seen - seen) / max(1e-9, now - before),
            gradients=[_norm(parameter.grad) for parameter in self.parameters.values()],
            values=[_norm(parameter.value) for parameter in self.parameters.values()],
            nodes=[self._read(what, trainer.tape) for what in READINGS],
        )
        self.moments.add(moment)
        self._spent += time.monotonic() - now
        return moment

    def _read(self, what: str, tape: Tape | None) -> list[float | None]:
        """Return a reading of each node; None where it cannot be told."""
        if tape is None or (what == "gradient" and tape.gradients is None):
            return [None] * len(self.sites)
        numbers = read(what, tape).numbers
        return [numbers.get(site) for site in self.read_at]

    def seconds_left(self, trainer: Trainer) -> float:
        """Return how long the steps that are left will take at the pace of the latest; NaN if that is not known."""
        (then, first), (now, last) = self._pace[0], self._pace[-1]
        return (total_steps(trainer) - trainer.n_steps) * (now - then) / (last - first) if last > first else math.nan

    @property
    def seconds(self) -> float:
        """How long the training has gone on since the recording began."""
        return time.monotonic() - self._started


def steps_per_epoch(trainer: Trainer) -> int:
    """Return the number of batches in an epoch of the fit."""
    return 1 if trainer.batches is None else max(1, len(trainer.batches))


def total_steps(trainer: Trainer) -> int:
    """Return the number of steps that are done when the fit has ended."""
    return trainer.n_steps + (trainer.epochs - trainer.epoch) * steps_per_epoch(trainer) - trainer.position


def _some(parameters: dict[str, Parameter]) -> dict[str, Parameter]:
    """Return all parameters, or as many as are shown, at equal distances."""
    names = list(parameters)
    if len(names) > MOST_PARAMETERS:
        last = len(names) - 1
        names = [names[i * last // (MOST_PARAMETERS - 1)] for i in range(MOST_PARAMETERS)]
    return {name: parameters[name] for name in names}


def _norm(array: Array) -> float:
    """Return the norm, in double precision, since the squares of float32 numbers overflow at 1e19."""
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(array.astype(np.float64, copy=False)))
