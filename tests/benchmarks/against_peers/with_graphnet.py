"""Our side: the nets as a user draws them, compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import graphnet as gn
from graphnet import modules as nn
from graphnet.compile.llvm import host
from tests.benchmarks.against_peers.contestants import LOSS_DRAWN
from tests.benchmarks.against_peers.parts import one_call
from tests.benchmarks.against_peers.work import Arrays, Contestant, Numbers, Work, draw_inputs


def load() -> None:
    """Load the compiler, as importing PyTorch or JAX loads theirs."""
    host.available()


def numbers_of(work: Work) -> Numbers:
    """Draw the parameters of a work as our modules do, and its inputs."""
    gn.manual_seed(1)
    parameters = {
        name.removeprefix("step."): p.value for name, p in _cast(_draw(work), work).named_parameters().items()
    }
    return Numbers(parameters, draw_inputs(work, np.random.default_rng(1)))


def make(who: str, work: Work, numbers: Numbers, threads: int) -> Contestant:
    """Return ourselves as a contestant."""
    gn.set_num_threads(threads)
    net = _draw(work)
    if work.net != "characters":
        return _one_step(_started(net, work, numbers), work, numbers)
    criterion = nn.SequenceCriterion(nn.ClassNLLCriterion())
    if not work.backward:
        return _predicting(_started(net, work, numbers), numbers)
    if who == LOSS_DRAWN:
        symbols, targets = nn.Identity()(), nn.Identity()()
        loss = criterion([net(symbols), targets])
        return _learning_inside(_started(gn.gModule([symbols, targets], [loss]), work, numbers), numbers)
    return _learning(_started(net, work, numbers), criterion.type(work.dtype), numbers)


def _draw(work: Work) -> Any:
    cell = getattr(nn, work.cell)
    if work.net == "characters":
        return gn.Recurrence(nn.char_rnn(work.n_inputs, work.n, work.n_layers, cell=cell))
    return cell(work.n_inputs, work.n) if work.net == "step" else _draw_mlp(work)


def _draw_mlp(work: Work) -> gn.gModule:
    x = node = nn.Identity()()
    for k, sizes in enumerate(work.mlp_sizes()):
        sums = [nn.Linear(*sizes)(node).annotate(f"{side}_{k}") for side in ("left", "right")]
        node = nn.ReLU()(nn.CAddTable()(sums))
    return gn.gModule([x], [node])


def _cast(net: Any, work: Work) -> Any:
    net = net.type(work.dtype)
    return net if work.backward else net.evaluate()


def _started(net: Any, work: Work, numbers: Numbers) -> Any:
    """Give a net the common numbers."""
    net = _cast(net, work)
    for parameter, value in zip(net.parameters(), numbers.parameters.values(), strict=True):
        parameter.value[...] = value
    return net


def _gradients(net: Any, numbers: Numbers) -> Arrays:
    return {f"grad {name}": p.grad for name, p in zip(numbers.parameters, net.parameters(), strict=True)}


def _learning(net: Any, criterion: Any, numbers: Numbers) -> Contestant:
    symbols, targets = numbers.inputs["symbols"], numbers.inputs["targets"]

    def begin() -> Callable[[], Any]:
        fast = gn.compile(net)

        def call() -> Any:
            fast.zero_grad_parameters()
            y = fast.forward(symbols)
            loss = criterion.forward(y, targets)
            fast.backward(symbols, criterion.backward(y, targets))
            return loss

        return call

    return Contestant(begin, lambda loss: {"loss": np.asarray(loss), **_gradients(net, numbers)})


def _learning_inside(net: Any, numbers: Numbers) -> Contestant:
    inputs = [numbers.inputs["symbols"], numbers.inputs["targets"]]

    def begin() -> Callable[[], Any]:
        fast = gn.compile(net)

        def call() -> Any:
            fast.zero_grad_parameters()
            loss = fast.forward(inputs)
            fast.backward(inputs, np.ones_like(loss))
            return loss

        return call

    return Contestant(begin, lambda loss: {"loss": np.asarray(loss), **_gradients(net, numbers)})


def _predicting(net: Any, numbers: Numbers) -> Contestant:
    symbols = numbers.inputs["symbols"]

    def begin() -> Callable[[], Any]:
        fast = gn.compile(net)
        return lambda: fast.forward(symbols)

    return Contestant(begin, lambda y: {"log-probabilities": y})


def _one_step(net: Any, work: Work, numbers: Numbers) -> Contestant:
    """Run one step, or the perceptron; gradients accumulate, as the peers' do here."""
    _, names, outputs = one_call(None, work)
    given = [numbers.inputs[name] for name in names]
    gradients = [numbers.inputs[f"d{name}"] for name in outputs]
    x, dy = (arrays if len(arrays) > 1 else arrays[0] for arrays in (given, gradients))

    def begin() -> Callable[[], Any]:
        fast = gn.compile(net)
        if work.backward:
            return lambda: (fast.forward(x), fast.backward(x, dy))
        return lambda: (fast.forward(x),)

    def read(gave: Any) -> Arrays:
        found = dict(zip(outputs, _listed(gave[0]), strict=True))
        if work.backward:
            found |= {f"grad {name}": dx for name, dx in zip(names, _listed(gave[1]), strict=True)}
            found |= _gradients(net, numbers)
        return found

    return Contestant(begin, read)


def _listed(x: Any) -> list[Any]:
    return x if isinstance(x, list) else [x]
