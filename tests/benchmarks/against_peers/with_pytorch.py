"""PyTorch's side: its fused LSTM, the parts of our drawings run eagerly, and the parts compiled."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from tests.benchmarks.against_peers.contestants import COMPILED, FUSED
from tests.benchmarks.against_peers.parts import layers_step, one_call
from tests.benchmarks.against_peers.work import Arrays, Contestant, Numbers, Work, one_hot

GATES_OF_FUSED = (0, 1, 3, 2)  # of our gates i, f, o, g; it is its own inverse


class Torch:
    """The operations of the cells."""

    linear = staticmethod(F.linear)
    sigmoid = staticmethod(torch.sigmoid)
    tanh = staticmethod(torch.tanh)
    relu = staticmethod(torch.relu)

    @staticmethod
    def layer_norm(x: Any, weight: Any, bias: Any) -> Any:
        return F.layer_norm(x, weight.shape, weight, bias)

    @staticmethod
    def split(x: Any, sizes: list[int]) -> Any:
        return torch.split(x, sizes, 1)


def make(who: str, work: Work, numbers: Numbers, threads: int) -> Contestant:
    """Return PyTorch as a contestant."""
    torch.set_num_threads(threads)
    if work.net != "characters":
        return _one_step(work, numbers)
    return _characters(work, numbers, _Fused(work, numbers) if who == FUSED else _Parts(work, numbers, who))


def _gradients(parameters: Arrays) -> Arrays:
    return {f"grad {name}": p.grad.numpy() for name, p in parameters.items()}


class _Parts:
    """The same parts in a loop over the steps; the decoder once, after it."""

    def __init__(self, work: Work, numbers: Numbers, who: str) -> None:
        self.work, self.who = work, who
        self.parameters = {name: torch.tensor(v, requires_grad=True) for name, v in numbers.parameters.items()}
        self.step: Callable[..., list[Any]] = partial(layers_step, Torch, work, self.parameters)

    def begin(self) -> None:
        if self.who == COMPILED:
            self.step = torch.compile(self.step, dynamic=False)

    def all_parameters(self) -> list[Any]:
        return list(self.parameters.values())

    def scores(self, x: Any) -> Any:
        work = self.work
        states = [torch.zeros(work.n_rows, work.n, dtype=x.dtype)] * (len(work.states()) * work.n_layers)
        tops = []
        for x_t in x.unbind(0):
            states = self.step(x_t, states)
            tops.append(states[-1])
        return F.linear(torch.stack(tops), self.parameters["scores.weight"], self.parameters["scores.bias"])

    def gradients(self) -> Arrays:
        return _gradients(self.parameters)


class _Fused:
    """The vendor's LSTM, and a decoder."""

    def __init__(self, work: Work, numbers: Numbers) -> None:
        if work.cell != "lstm":
            raise ValueError(f"{FUSED} has no {work.cell}")
        dtype = getattr(torch, work.dtype)
        self.lstm = torch.nn.LSTM(work.n_inputs, work.n, work.n_layers, dtype=dtype)
        self.decoder = torch.nn.Linear(work.n, work.n_inputs, dtype=dtype)
        self.places = {"scores.weight": self.decoder.weight, "scores.bias": self.decoder.bias}
        for layer in range(work.n_layers):
            for mine, theirs in (("i2h", "ih"), ("h2h", "hh")):
                for kind in ("weight", "bias"):
                    self.places[f"layer_{layer + 1}.{mine}.{kind}"] = getattr(self.lstm, f"{kind}_{theirs}_l{layer}")
        with torch.no_grad():
            for name, value in numbers.parameters.items():
                self.places[name].copy_(torch.from_numpy(_regated(name, value)))

    def begin(self) -> None:
        """Compile nothing."""

    def all_parameters(self) -> list[Any]:
        return list(self.places.values())

    def scores(self, x: Any) -> Any:
        return self.decoder(self.lstm(x)[0])

    def gradients(self) -> Arrays:
        return {f"grad {name}": _regated(name, p.grad.numpy()) for name, p in self.places.items()}


def _regated(name: str, value: Any) -> Any:
    """Bring the gates from our order to PyTorch's, or back."""
    if name.startswith("scores."):
        return value
    gates = np.split(value, 4)
    return np.concatenate([gates[k] for k in GATES_OF_FUSED])


def _characters(work: Work, numbers: Numbers, net: _Parts | _Fused) -> Contestant:
    x = torch.from_numpy(one_hot(numbers.inputs["symbols"], work))
    targets = torch.from_numpy(numbers.inputs["targets"]).reshape(-1)

    def predict() -> Any:
        with torch.no_grad():
            return F.log_softmax(net.scores(x), -1)

    def learn() -> Any:
        for parameter in net.all_parameters():
            parameter.grad = None
        loss = F.cross_entropy(net.scores(x).reshape(-1, work.n_inputs), targets)
        loss.backward()
        return loss.detach()

    def begin() -> Callable[[], Any]:
        net.begin()
        return learn if work.backward else predict

    def read(gave: Any) -> Arrays:
        if not work.backward:
            return {"log-probabilities": gave.numpy()}
        return {"loss": gave.numpy(), **net.gradients()}

    return Contestant(begin, read)


def _one_step(work: Work, numbers: Numbers) -> Contestant:
    """Run one step of a cell, or the perceptron, eagerly; gradients of parameters and inputs accumulate."""
    run, inputs, outputs = one_call(Torch, work)
    given = {name: numbers.inputs[name] for name in inputs}
    tensors = {
        name: torch.tensor(value, requires_grad=work.backward)
        for name, value in {**numbers.parameters, **given}.items()
    }
    parameters = {name: tensors[name] for name in numbers.parameters}
    x = [tensors[name] for name in inputs]
    dy = [torch.from_numpy(numbers.inputs[f"d{name}"]) for name in outputs]

    def forward() -> Any:
        with torch.no_grad():
            return run(parameters, *x)

    def there_and_back() -> Any:
        y = run(parameters, *x)
        torch.autograd.backward(y, dy)
        return y

    def read(gave: Any) -> Arrays:
        found = {name: y.detach().numpy() for name, y in zip(outputs, gave, strict=True)}
        return {**found, **_gradients(tensors)} if work.backward else found

    return Contestant(lambda: there_and_back if work.backward else forward, read)
