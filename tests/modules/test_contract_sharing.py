"""One module in several nets, and at several nodes of one: the contract table's rows, tied."""

from __future__ import annotations

from typing import Any

import numpy as np

import graphnet as gn
from graphnet import Module
from graphnet import modules as nn
from graphnet.nesting import leaves, map_nested
from tests.modules.rows import Row, every_row


def net_of(module: Module) -> gn.gModule:
    x = nn.Identity()()
    return gn.gModule([x], [module(x)])


def gradients(module: Module) -> list[np.ndarray]:
    return [p.grad.copy() for p in module.parameters()]


def weighting(y: Any, seed: int) -> Any:
    numbers = np.random.default_rng(seed)
    return map_nested(lambda a: numbers.normal(size=a.shape), y)


def assert_near(a: Any, b: Any) -> None:
    for p, q in zip(leaves(a), leaves(b), strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-12, atol=1e-14)


@every_row
def test_nets_that_share_a_module_agree(name: str, row: Row) -> None:
    module, x = row.make(), row.x(2, 3)
    gn.manual_seed(5)
    tape = module.run(x)
    dy = weighting(tape.output, 1)
    module.zero_grad_parameters()
    dx = tape.backward(dy)
    once = gradients(module)
    for times, net in enumerate((net_of(module), net_of(module), nn.Sequential(module)), 2):
        gn.manual_seed(5)  # the same masks
        other = net.run(x)
        assert_near(other.output, tape.output)
        assert_near(other.backward(dy), dx)
        assert_near(gradients(module), [times * g for g in once])


@every_row
def test_runs_of_two_nets_may_cross(name: str, row: Row) -> None:
    """Both go forwards before either goes back, and the first goes back last."""
    module, x = row.make().evaluate(), row.x(2, 3)
    other_x = row.varied(x, [0.7, 0.9], 0.1, 0)
    expected = []
    for value in (x, other_x):
        tape = net_of(module).run(value)
        expected.append(tape.backward(weighting(tape.output, 1)))
    first, second = net_of(module).run(x), nn.Sequential(module).run(other_x)
    assert_near(second.backward(weighting(second.output, 1)), expected[1])
    assert_near(first.backward(weighting(first.output, 1)), expected[0])


@every_row
def test_a_module_at_two_nodes_sums_gradients(name: str, row: Row) -> None:
    module, x = row.make().evaluate(), row.x(2, 3)
    other_x = row.varied(x, [0.7, 0.9], 0.1, 0)
    module.zero_grad_parameters()
    apart, outputs = [], []
    for seed, value in enumerate((x, other_x, other_x)):
        tape = module.run(value)
        outputs.append(tape.output)
        apart.append(tape.backward(weighting(tape.output, seed)))
    expected = gradients(module)
    a, b = nn.Identity()(), nn.Identity()()
    net = gn.gModule([a, b], [module(a), module(b), module(b)])
    net.zero_grad_parameters()
    tape = net.run([x, other_x])
    assert_near(tape.output, outputs)
    da, db = tape.backward([weighting(y, seed) for seed, y in enumerate(outputs)])
    assert_near(da, apart[0])
    assert_near(db, map_nested(np.add, apart[1], apart[2]))
    assert_near(gradients(module), expected)
    assert len(net.parameters()) == len(module.parameters())
