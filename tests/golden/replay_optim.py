"""Run a golden case of the original's optimizers through ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphnet.nesting import Array
from graphnet.optim import ASGD, NAG, SGD, Adadelta, Adagrad, Adam, Adamax, Optimizer, RMSProp, RProp
from graphnet.parameter import Parameter
from tests.golden.forms import Case, ours, theirs

MAKERS: dict[str, Callable[..., Optimizer]] = {
    "adadelta": Adadelta,
    "adagrad": Adagrad,
    "adam": Adam,
    "adamax": Adamax,
    "asgd": ASGD,
    "nag": NAG,
    "rmsprop": RMSProp,
    "rprop": RProp,
    "sgd": SGD,
}

# The original's options under our names, where those differ.
NAMES = {
    "learningRate": "learning_rate",
    "learningRateDecay": "learning_rate_decay",
    "weightDecay": "weight_decay",
    "learningRates": "learning_rates",
    "weightDecays": "weight_decays",
    "initialMean": "initial_mean",
    "eps": "epsilon",
    "eta0": "learning_rate",
    "lambda": "lambd",
    "stepsize": "step_size",
    "stepsizemax": "step_size_max",
    "stepsizemin": "step_size_min",
    "etaplus": "eta_plus",
    "etaminus": "eta_minus",
}

# Options that say how a call goes, or nothing: optim.nag reads a dampening and does not use it.
OF_CALLS = {"nag": ("dampening",), "rprop": ("niter",)}


def replay_optim(case: Case, context: Case) -> Case:
    """Run one case; ``context`` holds the file's ``A`` and ``b``."""
    if case["method"] not in MAKERS:
        raise KeyError(f"optim.{case['method']} is a method that graphnet.optim does not have")
    x = Parameter(ours(case["x0"]))
    unused = OF_CALLS.get(case["method"], ())
    options = {NAMES.get(name, name): ours(value) for name, value in case["config"].items() if name not in unused}
    for per_parameter in ("learning_rates", "weight_decays"):
        if per_parameter in options:
            options[per_parameter] = [options[per_parameter]]
    optimizer = MAKERS[case["method"]]([x], **options)
    xs, values, thirds = [theirs(x.value)], [], []
    for _ in range(len(case["f"])):
        steps = []
        for _ in range(int(case["config"].get("niter", 1))):  # steps in one call
            before = {"x": x.value.copy(), **{name: arrays[0].copy() for name, arrays in optimizer.buffers.items()}}
            value, x.grad = _function(case["func"], before["x"], context)
            steps.append(value)
            optimizer.step()
        values.append(steps[0])
        xs.append(theirs(optimizer.behind()[0] if isinstance(optimizer, NAG) else x.value))
        if isinstance(optimizer, ASGD):  # the original returns its averages as a third value
            thirds.append(theirs(optimizer.averages[0]))
    state = {**case["config"], **_state(optimizer, before, x.value, x.grad)}
    state.pop("nesterov", None)  # the original keeps it out of its state
    return {"x": xs, "f": values, "finalState": state, "third": thirds}


def _state(optimizer: Optimizer, before: dict[str, Array], x: Array, gradient: Array) -> Case:
    """Return the state after the last step under the original's names; ``before`` are the arrays before that step."""
    kept = {name: arrays[0] for name, arrays in optimizer.buffers.items()}
    state = _KEPT[type(optimizer)](optimizer, kept, before, x, gradient)
    return {name: theirs(value) if isinstance(value, np.ndarray) else value for name, value in state.items()}


def _sgd(optimizer: Any, kept: Case, before: Case, x: Array, gradient: Array) -> Case:
    state = {"evalCounter": optimizer.n_steps, **kept}
    if optimizer.weight_decays is not None:
        state["decayParameters"] = optimizer.weight_decays[0] * before["x"]
    if optimizer.learning_rates is not None:
        state["deltaParameters"] = (before["x"] - x) / _rate(optimizer)
    return state


def _nag(optimizer: Any, kept: Case, before: Case, x: Array, gradient: Array) -> Case:
    state = {"evalCounter": optimizer.n_steps, "dfdx": kept["v"]}
    if optimizer.learning_rates is not None:
        state["deltaParameters"] = (optimizer.momentum * before.get("v", 0) - kept["v"]) / _rate(optimizer)
    return state


def _rate(optimizer: Any) -> float:
    """Return the rate of the last step."""
    rate: float = optimizer.learning_rate / (1 + (optimizer.n_steps - 1) * optimizer.learning_rate_decay)
    return rate


def _rmsprop(optimizer: Any, kept: Case, before: Case, x: Array, gradient: Array) -> Case:
    return {"tmp": np.sqrt(kept["m"]) + optimizer.epsilon, **kept}


def _adam(optimizer: Any, kept: Case, before: Case, x: Array, gradient: Array) -> Case:
    return {"t": optimizer.n_steps, "denom": np.sqrt(kept["v"]) + optimizer.epsilon, **kept}


def _adamax(optimizer: Any, kept: Case, before: Case, x: Array, gradient: Array) -> Case:
    decayed = gradient + optimizer.weight_decay * before["x"]
    compared = np.stack([optimizer.beta2 * before["u"], np.abs(decayed) + optimizer.epsilon])
    return {"t": optimizer.n_steps, "max": compared, "m": kept["m"], "u": kept["u"][None]}


def _adagrad(optimizer: Any, kept: Case, before: Case, x: Array, gradient: Array) -> Case:
    root = np.sqrt(kept["v"]) + optimizer.epsilon
    return {"evalCounter": optimizer.n_steps, "paramVariance": kept["v"], "paramStd": root}


def _adadelta(optimizer: Any, kept: Case, before: Case, x: Array, gradient: Array) -> Case:
    root = np.sqrt(kept["v"] + optimizer.epsilon)
    arrays = {"paramVariance": kept["v"], "paramStd": root, "accDelta": kept["u"], "delta": before["x"] - x}
    return {"evalCounter": optimizer.n_steps, **arrays}


def _asgd(optimizer: Any, kept: Case, before: Case, x: Array, gradient: Array) -> Case:
    t, rate, lambd = optimizer.n_steps, optimizer.learning_rate, optimizer.lambd
    return {
        "eta0": rate,
        "t0": optimizer.t0,
        "alpha": optimizer.alpha,
        "lambda": lambd,
        "t": t,
        "eta_t": rate / (1 + lambd * rate * t) ** optimizer.alpha,
        "mu_t": 1 / max(1, t - optimizer.t0),
        "ax": kept["a"],
        "tmp": kept["a"] - before["a"],
    }


def _rprop(optimizer: Any, kept: Case, before: Case, x: Array, gradient: Array) -> Case:
    turn = np.sign(before.get("g", 0)) * np.sign(gradient)
    signs = {"psign": turn > 0, "nsign": turn < 0, "zsign": turn == 0, "sign": np.sign(kept["g"])}
    factor = np.where(turn > 0, optimizer.eta_plus, np.where(turn < 0, optimizer.eta_minus, 1))
    steps = np.minimum(before.get("s", optimizer.step_size) * factor, optimizer.step_size_max)
    below = steps < optimizer.step_size_min  # the limit that is looked at last
    return {"delta": kept["g"], "stepsize": kept["s"], "dminmax": below, **signs}


_KEPT: dict[type[Optimizer], Callable[..., Case]] = {
    Adadelta: _adadelta,
    Adagrad: _adagrad,
    Adam: _adam,
    Adamax: _adamax,
    ASGD: _asgd,
    NAG: _nag,
    RMSProp: _rmsprop,
    RProp: _rprop,
    SGD: _sgd,
}


def _function(name: str, x: Any, context: Case) -> tuple[float, Any]:
    if name == "rosenbrock":
        slope = 200 * (x[1] - x[0] ** 2)
        value = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
        return float(value), np.array([-2 * (1 - x[0]) - 2 * x[0] * slope, slope])
    a, b = ours(context["A"]), ours(context["b"])
    return float(0.5 * x @ a @ x - b @ x), a @ x - b
