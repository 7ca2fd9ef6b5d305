"""What the page of a training tells, as data that JSON can hold: numbers rounded to what is shown of them."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from graphnet.draw.look.scale import Scale
from graphnet.draw.look.text import clean
from graphnet.draw.look.themes import LIGHT
from graphnet.inspect.readings import KINDS
from graphnet.training.recorder import READINGS, Recorder, steps_per_epoch, total_steps
from graphnet.training.watched_net import WatchedNet

if TYPE_CHECKING:
    from graphnet.training.trainer import Trainer

SECONDS_UNTIL_STALE = 60.0  # at least; a training whose steps are slow writes seldom
DIGITS = 4
TITLES = {
    "loss": "training loss",
    "validation": "validation loss",
    "epoch": "epochs",
    "step": "steps",
    "speed": "speed",
    "rate": "learning rate",
    "elapsed": "time so far",
    "left": "time left",
}


def page_data(
    trainer: Trainer, recorder: Recorder, net: WatchedNet, title: str, state: str, seconds: float, longest: float
) -> dict[str, Any]:
    """Return the data of the page.

    Parameters
    ----------
    trainer : Trainer
    recorder : Recorder
    net : WatchedNet
    title : str
    state : {"running", "finished", "stopped", "failed"}
    seconds : float
        Between two writes.
    longest : float
        The most seconds that ever were between two.
    """
    total = total_steps(trainer)
    moments = recorder.moments.kept
    return {
        "run": recorder.name,
        "title": clean(title),
        "state": state,
        "written": round(time.time(), 2),
        "seconds": seconds,
        "staleAfter": max(SECONDS_UNTIL_STALE, 10 * seconds, 5 * longest),
        "step": trainer.n_steps,
        "share": round(trainer.n_steps / total, 4) if total else 1.0,
        "stepsPerEpoch": steps_per_epoch(trainer),
        "unit": "items" if trainer.batches is None else clean(trainer.batches.unit),
        "titles": TITLES,
        "facts": _facts(trainer, recorder, state, total),
        "alarms": [clean(text) for text in recorder.alarms[:5]],
        "norms": _norms(trainer, len(recorder.parameters)),
        "clipNorm": _rounded(trainer.clip_norm),
        "losses": _losses(trainer, recorder),
        "validation": _validation(trainer),
        "parameters": [
            {"name": clean(name), "shape": " × ".join(map(str, parameter.shape)) or "a number"}
            for name, parameter in recorder.parameters.items()
        ],
        "nodes": net.described(recorder.parameters.values()),
        "strange": recorder.strange,
        "readings": [_reading(what, [moment.nodes[i] for moment in moments]) for i, what in enumerate(READINGS)],
        "palette": LIGHT.scale,
        "moments": [
            {
                "step": moment.step,
                "epoch": _rounded(moment.epoch),
                "rate": _rounded(moment.rate),
                "norm": _rounded(moment.norm),
                "speed": _rounded(moment.speed),
                "gradients": _all(moment.gradients),
                "values": _all(moment.values),
                "nodes": [_all(values) for values in moment.nodes],
            }
            for moment in moments
        ],
    }


def _reading(what: str, found: Sequence[Sequence[float | None]]) -> dict[str, Any]:
    """Return what the colours of a reading mean: one scale for all moments, so that changes are seen."""
    kind = KINDS[what]
    scale = Scale(kind.scale, kind.unit, (number for row in found for number in row if number is not None), LIGHT.scale)
    ends = {"low": scale.low, "high": scale.high}
    return {"key": what, "title": kind.title, "unit": kind.unit, "scale": kind.scale, "meaning": kind.meaning, **ends}


def _losses(trainer: Trainer, recorder: Recorder) -> dict[str, Any]:
    """Return the losses, those of the history before the recording began first."""
    earlier = [point for point in trainer.history.train if point.step <= recorder.first]
    means = _all(point.loss for point in earlier)
    losses = recorder.losses
    return {
        "steps": [point.step for point in earlier] + losses.steps,
        "means": means + _all(losses.means),
        "lows": means + _all(losses.lows),
        "highs": means + _all(losses.highs),
    }


def _validation(trainer: Trainer) -> dict[str, Any]:
    points = trainer.history.validation
    names = dict.fromkeys(name for point in points for name in point.metrics)
    return {
        "steps": [point.step for point in points],
        "losses": _all(point.loss for point in points),
        "metrics": {clean(name): _all(point.metrics.get(name) for point in points) for name in names},
    }


def _norms(trainer: Trainer, n_shown: int) -> str:
    """Return which norms of the parameters' gradients are shown."""
    limits = [("norm", _rounded(trainer.clip_norm)), ("value", _rounded(trainer.clip_value))]
    clipped = " and ".join(f"by {what} {limit:g}" for what, limit in limits if limit is not None)
    after = f", after clipping {clipped}" if clipped else ""
    n = len(trainer.model.named_parameters())
    few = f" {n_shown} of {n:,} parameters are shown, from all depths of the net." if n_shown < n else ""
    return f"The norm of the gradient of each parameter, as the optimizer took it{after}.{few}"


def _facts(trainer: Trainer, recorder: Recorder, state: str, total: int) -> dict[str, tuple[str, str]]:
    """Return the latest numbers as they are shown, and what stands below each."""
    losses, points = recorder.losses.means, trainer.history.validation
    speeds = [moment.speed for moment in recorder.moments.kept if math.isfinite(moment.speed)]
    best = trainer.history.best
    done = trainer.epoch + trainer.position / steps_per_epoch(trainer)
    unit = "items" if trainer.batches is None else clean(trainer.batches.unit)
    facts = {"loss": (_shown(losses[-1] if losses else trainer.loss), f"gradient {_shown(trainer.norm)}")}
    if points:
        told = "" if best is None else f"best {_shown(best.loss)} after epoch {best.epoch}"
        facts["validation"] = (_shown(points[-1].loss), told)
    facts["epoch"] = (_shown(done), f"of {trainer.epochs}")
    facts["step"] = (f"{trainer.n_steps:,}", f"of {total:,}")
    facts["speed"] = (f"{speeds[-1]:,.0f}" if speeds else "–", f"{unit} per second")
    facts["rate"] = (_shown(trainer.learning_rate), "")
    facts["elapsed"] = (clock(recorder.seconds), "")
    if state == "running":
        facts["left"] = (clock(recorder.seconds_left(trainer)), "at the latest pace")
    return facts


def _shown(number: float) -> str:
    return f"{number:.4g}" if math.isfinite(number) else "–"


def clock(seconds: float) -> str:
    """Return a time as people read it.

    Examples
    --------
    >>> clock(7.4), clock(75), clock(3725), clock(200_000), clock(float("nan"))
    ('7 s', '1:15 min', '1:02 h', '2 d 7 h', '–')
    """
    if not math.isfinite(seconds):
        return "–"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return (
        f"{whole // 3600}:{whole // 60 % 60:02d} h" if whole < 86400 else f"{whole // 86400} d {whole // 3600 % 24} h"
    )


def _all(numbers: Iterable[float | None]) -> list[float | None]:
    return [_rounded(number) for number in numbers]


def _rounded(number: float | None) -> float | None:
    """Return a number with the digits that are shown; None for what is none."""
    return float(f"{number:.{DIGITS}g}") if number is not None and math.isfinite(number) else None
