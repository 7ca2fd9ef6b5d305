"""Run a golden case of the original through our objects and return our results in the golden files' own form.

The files' indices and classes count from 1; a tensor is ``{"shape", "data", "dtype"?}`` and a table is a list.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np

from graphnet import Module, Recurrence
from graphnet import modules as nn
from graphnet.clip import clip_by_value
from graphnet.interop.torch7 import build_criterion, build_graph, build_module, set_parameters
from graphnet.interop.torch7_oddities import ChannelwiseRReLU
from graphnet.optim import RMSProp
from graphnet.parameter import Parameter
from tests.golden.forms import Case, ours, theirs
from tests.golden.indices import classes_from_zero, from_one, from_zero
from tests.golden.replay_optim import replay_optim


def replay(kind: str, case: Case, context: Case | None = None) -> Case:
    """Run one case.

    Parameters
    ----------
    kind : {"module", "criterion", "graph", "unrolled", "optim"}
    case : dict
        The case as it stands in the golden files.
    context : dict, optional
        For "optim": the file's ``A`` and ``b``.

    Returns
    -------
    dict
        The case's own result keys, in the files' form.
    """
    run: dict[str, Callable[[], Case]] = {
        "module": lambda: _module(build_module(case["spec"]), case),
        "criterion": lambda: _criterion(case),
        "graph": lambda: _module(build_graph(case["graph"], case.get("innerGraph")), case),
        "unrolled": lambda: _unrolled(case),
        "optim": lambda: replay_optim(case, context or {}),
    }
    return run[kind]()


# ---- modules and graphs


def _module(module: Module, case: Case) -> Case:
    module.training() if case["mode"] == "train" else module.evaluate()
    owners = case.get("graph", {}).get("parameterOwners")
    listed = _set_parameters(module, case["parameters"], owners)
    for name, state in case.get("stateBefore", {}).items():
        if name.startswith("running_"):  # weights are parameters, and noise is what was drawn last
            getattr(module, name)[...] = ours(state)
    module.zero_grad_parameters()

    def convert(x: Any) -> Any:
        return from_zero(module, x)

    with _noise(case):
        result = _pass(module, case, convert)
    result["gradParameters"] = _gradients(module, listed, case["gradParameters"])
    if "stateAfter" in case:
        result["stateAfter"] = {name: _state(module, name, convert(ours(case["input"]))) for name in case["stateAfter"]}
    if "inputAfter" in case:
        # Ours never writes to its input. In the original's in-place modules the (first) input becomes the output.
        after = result["output"]
        result["inputAfter"] = [after, *case["input"][1:]] if isinstance(case["input"], list) else after
    if "second" in case:
        result["second"] = _pass(module, case["second"], convert)
        result["second"]["gradParametersAccumulated"] = [theirs(p.grad) for p in listed]
    return result


def _gradients(module: Module, listed: list[Parameter], expected: list[Any]) -> list[Any]:
    """Return the gradients; that of WeightNorm's v has the shape of the module's weight in the original."""
    result = [theirs(p.grad) for p in listed]
    if isinstance(module, nn.WeightNorm) and math.prod(expected[0]["shape"]) == listed[0].size:
        result[0]["shape"] = expected[0]["shape"]
    return result


def _pass(module: Module, case: Case, convert: Callable[[Any], Any]) -> Case:
    x = convert(ours(case["input"]))
    output = module.forward(x)
    grad_input = module.backward(x, ours(case["gradOutput"]), case.get("scale", 1.0))
    return {"output": theirs(output), "gradInput": theirs(grad_input)}


def _set_parameters(module: Module, values: list[Any], owners: list[Any] | None) -> list[Parameter]:
    """Write the parameters; return them as the case lists them, where a tied one may stand several times."""
    parameters = module.parameters()
    if owners is None or len(values) == len(parameters):
        set_parameters(module, ours(values))
        return parameters
    places = {tuple(owner): i for i, owner in reversed(list(enumerate(owners)))}
    first = sorted(places.values())
    set_parameters(module, [ours(values[i]) for i in first])
    return [parameters[first.index(places[tuple(owner)])] for owner in owners]


@contextmanager
def _noise(case: Case) -> Iterator[None]:
    """Let a module that draws, such as Dropout, draw what the original drew."""
    noise = case.get("stateAfter", {}).get("noise")
    if noise is None:
        yield
        return
    if case["spec"]["ctor"] == "nn.RReLU":  # whose noise are slopes, and 1 where none was drawn
        module = build_module(case["spec"])
        drawn = (ours(noise) - module.lower) / (module.upper - module.lower or 1)
    elif case["spec"]["ctor"] == "nn.WhiteNoise":
        drawn = ours(noise)
    else:
        drawn = (ours(noise) != 0).astype(float)
    with (
        mock.patch("graphnet.modules.noise.generator") as generator,
        mock.patch("graphnet.interop.torch7_oddities.generator", generator),
    ):
        generator().random = lambda shape: drawn.reshape(shape)
        generator().normal = lambda mean, std, shape: drawn.reshape(shape)
        yield


def _state(module: Module, name: str, x: Any) -> Any:
    if name == "noise":
        assert module.tape is not None
        saved = module.tape.entries()[0].saved
        return theirs(saved.ravel() if isinstance(module, ChannelwiseRReLU) else saved)
    if name == "weight" and isinstance(module, nn.LookupTable):
        module.renormalise(x)  # the original writes the limited norms to the weights as it looks them up
        return theirs(module.weight.value)
    return theirs(getattr(module, name))


# ---- criterions


def _criterion(case: Case) -> Case:
    criterion = build_criterion(case["spec"])
    for field, value in (case.get("set") or {}).items():
        setattr(criterion, {"sizeAverage": "size_average"}.get(field, field), value)
    x = ours(case["input"])
    if case["target"] is None:
        return {"output": criterion.forward(x), "gradInput": theirs(criterion.backward(x))}
    target = ours(case["target"])
    target = classes_from_zero(criterion, target)
    if isinstance(criterion, nn.HingeEmbeddingCriterion) and np.shape(x) == (1,):
        target = np.reshape(target, 1)  # a number, for a tensor of one
    output = criterion.forward(x, target)
    return {"output": output, "gradInput": theirs(criterion.backward(x, target))}


# ---- a step graph along time


def _unrolled(case: Case) -> Case:
    step = build_graph(case["graph"])
    set_parameters(step, ours(case["parameters"]))
    drawing = step.graph()
    n = case["nstate"]
    net = Recurrence(step, dict(zip(drawing.outputs[:n], drawing.inputs[1:], strict=True)), outputs=drawing.outputs)
    weights, gradients = net.get_parameters()
    criterion = nn.SequenceCriterion(nn.ClassNLLCriterion(size_average=False))
    x = [np.stack(ours(case["xs"])), *ours(case["initState"])]
    n_rows = len(x[1])
    targets = np.stack(from_one(ours(case["ys"])))

    def run() -> tuple[list[Any], list[float], Any]:
        net.zero_grad_parameters()
        *states, log_probabilities = net.forward(x)
        losses = [nn.ClassNLLCriterion().forward(y, t) for y, t in zip(log_probabilities, targets, strict=True)]
        criterion.forward(log_probabilities, targets)
        dy = criterion.backward(log_probabilities, targets) / n_rows  # a mean over the rows, a sum over the steps
        return [*states, log_probabilities], losses, net.backward(x, [*map(np.zeros_like, states), dy])

    (*states, log_probabilities), losses, (grad_xs, *grad_states) = run()
    result = {
        "logProbs": theirs(list(log_probabilities)),
        "states": theirs([list(step_states) for step_states in zip(*states, strict=True)]),
        "losses": losses,
        "totalLoss": sum(losses),
        "flatParameters": theirs(weights.copy()),
        "gradParameters": [theirs(p.grad) for p in net.parameters()],
        "flatGradParameters": theirs(gradients.copy()),
        "gradXs": theirs(list(grad_xs)),
        "gradInitState": theirs(grad_states),
    }
    if "train" in case:
        plan = case["train"]
        optimizer = RMSProp(net.parameters(), plan["learningRate"], plan["alpha"])
        history = []
        for _ in range(plan["iterations"]):
            _, losses, _ = run()
            history.append(sum(losses) / case["T"])
            clip_by_value(net.parameters(), plan["clip"])
            optimizer.step()
        result["train"] = {"losses": history, "finalFlatParameters": theirs(weights.copy())}
    return result
