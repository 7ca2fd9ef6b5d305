"""Random drawings: what a net computes is what its nodes compute one by one, and its gradients are right."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet import Node, check_gradients, gModule, nest
from graphnet import modules as nn
from graphnet.nesting import leaves, map_nested

N = 3  # every array has three numbers, so that any two nodes fit


@st.composite
def drawings(draw: st.DrawFn) -> tuple[gModule, int]:
    """Draw a net of up to 14 calls, with shared modules, lists, elements, containers and inner nets."""
    gn.manual_seed(draw(st.integers(0, 9)))
    n_inputs = draw(st.integers(1, 3))
    inputs = [nn.Identity()() for _ in range(n_inputs)]
    nodes = list(inputs)
    tied = nn.Linear(N, N)
    inner_x = nn.Identity()()
    inner = gModule([inner_x], [nn.Tanh()(tied(inner_x)), inner_x])

    def pick() -> Node:
        return nodes[draw(st.integers(0, len(nodes) - 1))]

    def some() -> list[Node]:
        return [pick() for _ in range(draw(st.integers(1, 3)))]

    for _ in range(draw(st.integers(1, 14))):
        kind = draw(st.sampled_from(["tanh", "sum", "product", "tied", "chain", "fork", "inner", "nest", "parallel"]))
        if kind == "tanh":
            nodes.append(nn.Tanh()(pick()))
        elif kind == "sum":
            nodes.append(nn.CAddTable()(some()))
        elif kind == "product":
            nodes.append(nn.CMulTable()(some()))
        elif kind == "tied":
            nodes.append(tied(pick()))
        elif kind == "chain":
            nodes.append(nn.Sequential(nn.Sigmoid(), tied)(pick()))
        elif kind == "fork":
            fork = nn.ConcatTable(nn.Tanh(), nn.Sequential())(pick())
            nodes += [fork[0], nn.CAddTable()(fork)]
        elif kind == "inner":
            nodes += inner(pick()).split(2)
        elif kind == "nest":
            listed = nest(some())
            nodes += [listed[0], nn.CMulTable()(listed)]
        else:
            nodes.append(nn.JoinTable(0)([nn.Narrow(0, 0, 1)(pick()), nn.Narrow(0, 1, 2)(pick())]))
            left, _ = nn.ParallelTable(nn.Tanh(), nn.Sigmoid())([pick(), pick()]).split(2)
            nodes.append(left)
    outputs = [pick() for _ in range(draw(st.integers(1, 3)))]
    return gModule(inputs, outputs, allow_unused=True), n_inputs


def naive(net: gModule, x: Any) -> dict[Node, Any]:
    """Return the value of every node, each from those it takes, by nothing but the modules' own forward."""
    inputs = net.graph().inputs
    values = dict(zip(inputs, [x] if len(inputs) == 1 else x, strict=True))
    for node in net.graph().order:
        taken = values[node] if node.inputs is None else map_nested(values.__getitem__, node.inputs)
        if node.module is not None:
            values[node] = node.module.forward(taken)
        else:
            values[node] = taken if node.index is None else taken[node.index]
    return values


def same(a: Any, b: Any) -> bool:
    return all(np.array_equal(p, q) for p, q in zip(leaves(a), leaves(b), strict=True))


@given(drawing=drawings(), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_net_computes_what_its_nodes_compute(drawing: tuple[gModule, int], seed: int) -> None:
    net, n_inputs = drawing
    arrays = [np.random.default_rng(seed + i).uniform(-1, 1, N) for i in range(n_inputs)]
    x = arrays[0] if n_inputs == 1 else arrays
    tape = net.run(x)
    values = naive(net, x)
    outputs = [values[node] for node in net.graph().outputs]
    assert same(tape.output if len(outputs) > 1 else [tape.output], outputs)
    for node in net.graph().order:
        assert same(tape[node].output, values[node])
    report = check_gradients(net, x)
    assert report.ok, f"\n{report}"
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert same(other.forward(x), tape.output)
        assert len(other.parameters()) == len(net.parameters())
    assert gn.draw(net, tape=tape).source == gn.draw(net, tape=tape).source


@given(drawing=drawings(), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_stepping_through_a_net_is_running_it(drawing: tuple[gModule, int], seed: int) -> None:
    net, n_inputs = drawing
    arrays = [np.random.default_rng(seed + i).uniform(-1, 1, N) for i in range(n_inputs)]
    x = arrays[0] if n_inputs == 1 else arrays
    tape, steps = net.run(x), net.steps(x)
    stepped = steps.finish()
    assert same(stepped.output, tape.output)
    dy = map_nested(np.ones_like, tape.output)
    found = steps.backward_steps(dy)
    dx, added = found.finish(), [parameter.grad.copy() for parameter in net.parameters()]
    net.zero_grad_parameters()
    assert same(dx, tape.backward(dy))
    assert same(added, [parameter.grad for parameter in net.parameters()])
    for stop in found.stops:
        if stop.site[0].parent is None:
            assert same(stop.grad_output, tape[stop.node].grad_output)
            assert same(stop.grad_input, tape[stop.node].grad_input)
