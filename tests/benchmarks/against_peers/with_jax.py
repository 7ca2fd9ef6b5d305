"""JAX's side: the parts of our drawings under jit, along time by lax.scan."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import accumulate
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tests.benchmarks.against_peers.parts import layers_step, one_call
from tests.benchmarks.against_peers.work import Arrays, Contestant, Numbers, Work, one_hot


class Jax:
    """The operations of the cells."""

    sigmoid = staticmethod(jax.nn.sigmoid)
    tanh = staticmethod(jnp.tanh)
    relu = staticmethod(jax.nn.relu)

    @staticmethod
    def linear(x: Any, weight: Any, bias: Any) -> Any:
        y = x @ weight.T
        return y if bias is None else y + bias

    @staticmethod
    def layer_norm(x: Any, weight: Any, bias: Any) -> Any:
        centred = x - x.mean(-1, keepdims=True)
        return centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * weight + bias

    @staticmethod
    def split(x: Any, sizes: list[int]) -> Any:
        return jnp.split(x, list(accumulate(sizes))[:-1], 1)


def make(who: str, work: Work, numbers: Numbers, threads: int) -> Contestant:
    """Return JAX as a contestant; it gives all gradients afresh, and its threads are those of the environment."""
    parameters = {name: jnp.asarray(value) for name, value in numbers.parameters.items()}
    if work.net == "characters":
        return _characters(work, numbers, parameters)
    return _one_step(work, numbers, parameters)


def _ready(function: Callable[..., Any], *arguments: Any) -> Callable[[], Callable[[], Any]]:
    """Return what begins: a call that is over when its numbers are there."""
    return lambda: partial(_run, jax.jit(function), *arguments)


def _run(function: Callable[..., Any], *arguments: Any) -> Any:
    return jax.block_until_ready(function(*arguments))


def _characters(work: Work, numbers: Numbers, parameters: Arrays) -> Contestant:
    x = jnp.asarray(one_hot(numbers.inputs["symbols"], work))
    targets = jnp.asarray(numbers.inputs["targets"])

    def predict(parameters: Arrays, x: Any) -> Any:
        def step(states: list[Any], x_t: Any) -> tuple[list[Any], Any]:
            following = layers_step(Jax, work, parameters, x_t, states)
            return following, following[-1]

        zeros = jnp.zeros((work.n_rows, work.n), x.dtype)
        _, h = jax.lax.scan(step, [zeros] * (len(work.states()) * work.n_layers), x)
        return jax.nn.log_softmax(Jax.linear(h, parameters["scores.weight"], parameters["scores.bias"]))

    def loss(parameters: Arrays, x: Any, targets: Any) -> Any:
        return -jnp.take_along_axis(predict(parameters, x), targets[..., None], -1).mean()

    if not work.backward:
        return Contestant(_ready(predict, parameters, x), lambda y: {"log-probabilities": np.asarray(y)})
    return Contestant(
        _ready(jax.value_and_grad(loss), parameters, x, targets),
        lambda gave: {"loss": np.asarray(gave[0]), **_gradients(gave[1])},
    )


def _one_step(work: Work, numbers: Numbers, parameters: Arrays) -> Contestant:
    run, inputs, outputs = one_call(Jax, work)
    x = [jnp.asarray(numbers.inputs[name]) for name in inputs]
    dy = tuple(jnp.asarray(numbers.inputs[f"d{name}"]) for name in outputs)

    def there_and_back(parameters: Arrays, x: list[Any], dy: tuple[Any, ...]) -> Any:
        y, back = jax.vjp(lambda parameters, x: run(parameters, *x), parameters, x)
        return y, back(dy)

    def read(gave: Any) -> Arrays:
        y, gradients = gave if work.backward else (gave, None)
        found = dict(zip(outputs, map(np.asarray, y), strict=True))
        if gradients is not None:
            found |= {**_gradients(gradients[0]), **_gradients(dict(zip(inputs, gradients[1], strict=True)))}
        return found

    if work.backward:
        return Contestant(_ready(there_and_back, parameters, x, dy), read)
    return Contestant(_ready(lambda parameters, x: run(parameters, *x), parameters, x), read)


def _gradients(arrays: Arrays) -> Arrays:
    return {f"grad {name}": np.asarray(value) for name, value in arrays.items()}
