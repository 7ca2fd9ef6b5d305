"""Random drawings and random cells: compiled, they give what the interpreter gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet import Node
from graphnet import modules as nn
from tests.graphnet.compile.both import assert_same, compare, real

N = 4  # every value has as many columns, so that any two nodes fit
# Fewer examples than elsewhere, for each is compiled.
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# What is drawn over one node, and over a list of some.
ONE: dict[str, Callable[[Node], Node]] = {
    "tanh": lambda x: nn.Tanh()(x),
    "sigmoid": lambda x: nn.Sigmoid()(x),
    "relu": lambda x: nn.ReLU()(x),
    "elu": lambda x: nn.ELU()(x),
    "square": lambda x: nn.Square()(nn.Tanh()(x)),
    "scaled": lambda x: nn.AddConstant(0.5)(nn.MulConstant(-0.7)(x)),
    "linear": lambda x: nn.Linear(N, N)(x),
    "softmax": lambda x: nn.SoftMax()(x),
    "log softmax": lambda x: nn.LogSoftMax()(x),
    "layer norm": lambda x: nn.LayerNormalization(N)(x),
    "dropout": lambda x: nn.Dropout(0.3)(x),
    "moved": lambda x: nn.JoinTable(1)([nn.Narrow(1, 1, 3)(x), nn.Narrow(1, 0, 1)(x)]),
    "forked": lambda x: nn.CAddTable()(nn.ConcatTable(nn.Tanh(), nn.Identity())(x)),
    "halves": lambda x: nn.JoinTable(1)(nn.Reshape(2, N // 2)(x) >> nn.SplitTable(1)),
}
SOME: dict[str, Callable[[list[Node]], Node]] = {
    "sum": lambda xs: nn.CAddTable()(xs),
    "product": lambda xs: nn.CMulTable()([nn.Tanh()(x) for x in xs]),
    "maximum": lambda xs: nn.CMaxTable()(xs),
    "joined": lambda xs: nn.Linear(N * len(xs), N)(nn.JoinTable(1)(xs)),
    "picked": lambda xs: gn.nest(xs)[0],
}


def grown(draw: st.DrawFn, nodes: list[Node], most: int) -> list[Node]:
    """Return nodes, and calls drawn over them; two share their weights."""
    nodes = list(nodes)
    tied = nn.Linear(N, N)
    for _ in range(draw(st.integers(1, most))):
        kind = draw(st.sampled_from(["tied", *ONE, *SOME]))
        some = [
            nodes[draw(st.integers(0, len(nodes) - 1))] for _ in range(draw(st.integers(1, 3)) if kind in SOME else 1)
        ]
        nodes.append(tied(some[0]) if kind == "tied" else ONE[kind](some[0]) if kind in ONE else SOME[kind](some))
    return nodes


@st.composite
def drawings(draw: st.DrawFn) -> gn.gModule:
    gn.manual_seed(draw(st.integers(0, 9)))
    inputs = [nn.Identity()() for _ in range(draw(st.integers(1, 3)))]
    nodes = grown(draw, inputs, 10)
    outputs = [nodes[draw(st.integers(0, len(nodes) - 1))] for _ in range(draw(st.integers(1, 2)))]
    return gn.gModule(inputs, [*outputs, nodes[-1]], allow_unused=True)


@st.composite
def recurrences(draw: st.DrawFn) -> gn.Recurrence:
    gn.manual_seed(draw(st.integers(0, 9)))
    x, *states = [nn.Identity()() for _ in range(draw(st.integers(2, 3)))]
    nodes = grown(draw, [x, *states], 8)
    # Bounded, so that many steps do not explode.
    following = [nn.Tanh()(nodes[-1 - draw(st.integers(0, len(nodes) - 1))]) for _ in states]
    put_out = nodes[draw(st.integers(0, len(nodes) - 1))]
    step = gn.gModule([x, *states], [put_out, *following], allow_unused=True)
    return gn.Recurrence(
        step,
        dict(zip(following, states, strict=True)),
        outputs=[put_out],
        lengths=True,
        final_states=True,
        reverse=draw(st.booleans()),
        truncate=draw(st.sampled_from([None, 2])),
    )


def prepared(net: Any, single: bool, train: bool) -> Any:
    net = net.float() if single else net.double()
    return net.training() if train else net.evaluate()


@given(net=drawings(), n_rows=st.integers(0, 5), single=st.booleans(), train=st.booleans(), code=st.booleans())
@few
def test_drawings(net: gn.gModule, n_rows: int, single: bool, train: bool, code: bool) -> None:
    prepared(net, single, train)
    xs = [real(n_rows, N, seed=i) for i in range(len(net.graph().inputs))]
    compiled = compare(net, xs if len(xs) > 1 else xs[0], machine_code=code)
    xs = [real(n_rows + 1, N, seed=9 + i) for i in range(len(xs))]
    assert_same(compiled, net, xs if len(xs) > 1 else xs[0])


@given(
    net=recurrences(),
    lengths=st.lists(st.integers(0, 5), min_size=1, max_size=5),
    given_states=st.booleans(),
    single=st.booleans(),
    train=st.booleans(),
    code=st.booleans(),
)
@few
def test_cells(
    net: gn.Recurrence, lengths: list[int], given_states: bool, single: bool, train: bool, code: bool
) -> None:
    prepared(net, single, train)
    n_rows, n_states = len(lengths), len(net.feedback)
    states = (
        [np.tanh(real(n_rows, N, seed=i)) for i in range(n_states)]
        if given_states
        else [np.zeros((n_rows, N))] * n_states
    )
    compare(net, [real(5, n_rows, N), *states, np.array(lengths)], machine_code=code)
