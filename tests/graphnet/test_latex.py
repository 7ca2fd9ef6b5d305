"""Equations: the tutorial's six, and that no equation says anything else than what the net computes."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet import Module, Node, Tape, annotate_nodes, gModule
from graphnet import modules as nn
from graphnet.equations import Equations
from graphnet.equations.leaves import Variable
from graphnet.equations.notation import affine
from graphnet.equations.writer import shown
from graphnet.nesting import leaves
from tests.graphnet.test_random_drawings import drawings
from tests.modules.rows import Row, every_row

GATES = {"in_gate": "i", "forget_gate": "f", "out_gate": "o"}
SIX = {
    r"i_t = \sigma(W_{xi} x_t + W_{hi} h_{t-1} + b_i)",
    r"f_t = \sigma(W_{xf} x_t + W_{hf} h_{t-1} + b_f)",
    r"o_t = \sigma(W_{xo} x_t + W_{ho} h_{t-1} + b_o)",
    r"c_{in, t} = \tanh(W_{xc} x_t + W_{hc} h_{t-1} + b_{c_{in}})",
    r"c_t = f_t \odot c_{t-1} + i_t \odot c_{in, t}",
    r"h_t = o_t \odot \tanh(c_t)",
}
TUTORIAL = {**GATES, "in_transform": "c_{in}", "W_{x c_{in}}": "W_{xc}", "W_{h c_{in}}": "W_{hc}"}


def check_values(equations: Equations, module: Module, tape: Tape) -> int:
    """Compare what the equations of a module make of the values of a run with what the run has; return how many."""
    (group,) = [group for group in equations.groups if group.module is module]
    for equation in group.equations:
        left, right = (list(leaves(side)) for side in equation.values(tape))
        assert [np.shape(array) for array in left] == [np.shape(array) for array in right], str(equation)
        for ours, theirs in zip(left, right, strict=True):
            np.testing.assert_allclose(theirs, ours, rtol=1e-9, atol=1e-9, err_msg=str(equation))
    lefts = [equation.left for equation in group.equations]
    assert len(set(lefts)) == len(lefts), "two variables have one symbol"
    return len(group.equations)


# ---- the cells


@pytest.mark.parametrize("cell", [nn.lstm, nn.lstm_of_eight_linears])
def test_both_drawings_of_the_lstm_give_the_tutorials_six_equations(cell: Any) -> None:
    assert set(cell(3, 2).latex(TUTORIAL).lines) == SIX


def test_the_tutorials_own_drawing_with_all_its_names_gives_its_six_equations() -> None:
    n = 2
    x, prev_c, prev_h = nn.Identity()(), nn.Identity()(), nn.Identity()()
    i2h, h2h = nn.Linear(3, 4 * n)(x), nn.Linear(n, 4 * n)(prev_h)
    preactivations = nn.CAddTable()([i2h, h2h])
    pre_sigmoid_chunk = nn.Narrow(1, 0, 3 * n)(preactivations)
    all_gates = nn.Sigmoid()(pre_sigmoid_chunk)
    in_chunk = nn.Narrow(1, 3 * n, n)(preactivations)
    in_transform = nn.Tanh()(in_chunk)
    in_gate, forget_gate = nn.Narrow(1, 0, n)(all_gates), nn.Narrow(1, n, n)(all_gates)
    out_gate = nn.Narrow(1, 2 * n, n)(all_gates)
    c_forget = nn.CMulTable()([forget_gate, prev_c])
    c_input = nn.CMulTable()([in_gate, in_transform])
    next_c = nn.CAddTable()([c_forget, c_input])
    c_transform = nn.Tanh()(next_c)
    next_h = nn.CMulTable()([out_gate, c_transform])
    annotate_nodes()
    net = gModule([x, prev_c, prev_h], [next_c, next_h])
    assert set(net.latex(TUTORIAL).lines) == SIX
    plain = net.latex(inline=False)
    assert len(plain) == 15  # every call but the inputs
    assert r"c_{\mathit{transform}, t} = \tanh(c_t)" in plain.lines
    assert r"\mathit{in\_chunk}_t = \mathit{preactivations}_t[6{:}8]" in plain.lines


def test_names_are_written_as_words_in_the_order_of_execution() -> None:
    f, i, g, c, o, h = nn.lstm(3, 2).latex().lines
    assert f == (
        r"\mathit{forget\_gate}_t = \sigma(W_{x, \mathit{forget\_gate}} x_t + "
        r"W_{h, \mathit{forget\_gate}} h_{t-1} + b_{\mathit{forget\_gate}})"
    )
    assert i.startswith(r"\mathit{in\_gate}_t = \sigma(")
    assert g.startswith(r"\mathit{in\_transform}_t = \tanh(")
    assert c == r"c_t = \mathit{forget\_gate}_t \odot c_{t-1} + \mathit{in\_gate}_t \odot \mathit{in\_transform}_t"
    assert o.startswith(r"\mathit{out\_gate}_t = ")
    assert h == r"h_t = \mathit{out\_gate}_t \odot \tanh(c_t)"


def test_where_tells_the_rows_of_each_symbol_and_sums_of_biases() -> None:
    assert nn.lstm(3, 2).latex({**GATES, "in_transform": "g"}).where == [
        (
            r"W_{xi}, W_{xf}, W_{xo}, W_{xg} = \text{rows } 0{:}2, 2{:}4, 4{:}6, 6{:}8 \text{ of } "
            r"\mathtt{i2h.weight} \; (8 \times 3)"
        ),
        (
            r"W_{hi}, W_{hf}, W_{ho}, W_{hg} = \text{rows } 0{:}2, 2{:}4, 4{:}6, 6{:}8 \text{ of } "
            r"\mathtt{h2h.weight} \; (8 \times 2)"
        ),
        (
            r"b_i, b_f, b_o, b_g = \text{rows } 0{:}2, 2{:}4, 4{:}6, 6{:}8 \text{ of } "
            r"\mathtt{i2h.bias} \; (8) + \mathtt{h2h.bias} \; (8)"
        ),
    ]
    assert nn.rnn(3, 2).latex().where[2] == r"b_h = \mathtt{i2h.bias} \; (2) + \mathtt{h2h.bias} \; (2)"


def test_the_gru_in_both_conventions() -> None:
    names = {"reset_gate": "r", "update_gate": "z", "candidate": r"\tilde{h}"}
    gates = [
        r"z_t = \sigma(W_{xz} x_t + W_{hz} h_{t-1} + b_z)",
        r"r_t = \sigma(W_{xr} x_t + W_{hr} h_{t-1} + b_r)",
    ]
    assert nn.gru(3, 2).latex(names).lines == [
        *gates,
        r"\tilde{h}_t = \tanh(W_{x \tilde{h}} x_t + W_{h \tilde{h}} (r_t \odot h_{t-1}) + b_{\tilde{h}})",
        r"h_t = (1 - z_t) \odot h_{t-1} + z_t \odot \tilde{h}_t",
    ]
    assert nn.gru(3, 2, "cudnn").latex(names).lines == [
        *gates,
        (
            r"\tilde{h}_t = \tanh(W_{x \tilde{h}} x_t + r_t \odot (W_{h \tilde{h}} h_{t-1} + b_{h \tilde{h}}) + "
            r"b_{x \tilde{h}})"
        ),
        r"h_t = (1 - z_t) \odot \tilde{h}_t + z_t \odot h_{t-1}",
    ]


def test_peepholes_and_coupled_gates() -> None:
    assert r"i_t = \sigma(W_{xi} x_t + W_{hi} h_{t-1} + w_{ci} \odot c_{t-1} + b_i)" in (
        nn.peephole_lstm(3, 2).latex({"in_gate": "i"}).lines
    )
    assert r"o_t = \sigma(W_{xo} x_t + W_{ho} h_{t-1} + W_{co} c_t + b_o)" in (
        nn.peephole_lstm(3, 2, full=True).latex({"out_gate": "o"}).lines
    )
    assert r"c_t = f_t \odot c_{t-1} + (1 - f_t) \odot g_t" in (
        nn.coupled_lstm(3, 2).latex({"forget_gate": "f", "in_transform": "g"}).lines
    )


def test_layers_of_a_net_are_told_apart_above_their_symbols() -> None:
    names = {**GATES, "in_transform": "g", "layer_1": "1", "layer_2": "2"}
    lines = nn.stacked([nn.lstm(3, 2), nn.lstm(2, 2)]).latex(names).lines
    assert r"i_t^{(1)} = \sigma(W_{xi}^{(1)} x_t + W_{h_1 i}^{(1)} h_{1, t-1} + b_i^{(1)})" in lines
    assert r"i_t^{(2)} = \sigma(W_{h_1 i}^{(2)} h_{1, t} + W_{h_2 i}^{(2)} h_{2, t-1} + b_i^{(2)})" in lines
    assert r"h_{2, t} = o_t^{(2)} \odot \tanh(c_{2, t})" in lines
    assert len(lines) == 12


# ---- recurrences and functions


def test_a_recurrence_is_its_step_with_its_first_states_and_times() -> None:
    net = gn.Recurrence(nn.rnn(3, 2))
    (group,) = net.latex().groups
    assert group.head == (
        r"(x_1, \ldots, x_T) \mapsto (h_1, \ldots, h_T)",
        r"h_0 = 0\text{ unless given}, \; \text{for } t = 1, \ldots, T\text{:}",
    )
    assert [str(equation) for equation in group.equations] == [r"h_t = \tanh(W_{xh} x_t + W_{hh} h_{t-1} + b_h)"]
    learnt = gn.Recurrence(nn.lstm(3, 2), initial="learned", lengths=True, final_states=True).latex().groups[0].head
    assert learnt[0].endswith(r"\mapsto (h_1, \ldots, h_T), c_T, h_T")
    assert r"c_0 = \mathtt{initial\_0}, \; h_0 = \mathtt{initial\_1}" in learnt[1]
    assert r"T\text{ (the length of each row)}\text{:}" in learnt[1]


def test_a_recurrence_from_the_end_looks_at_what_comes_after() -> None:
    net = nn.bidirectional(nn.rnn(3, 2), nn.rnn(3, 2))
    equations = net.latex()
    assert equations.lines == [
        r"\mathit{joined} = [\operatorname{Recurrence}_{1}(x);\, \operatorname{Recurrence}_{2}(x)]",
        r"h_t = \tanh(W_{xh}^{(1)} x_t + W_{hh}^{(1)} h_{t-1} + b_h^{(1)})",
        r"h_t = \tanh(W_{xh}^{(2)} x_t + W_{hh}^{(2)} h_{t+1} + b_h^{(2)})",
    ]
    assert equations.groups[2].head == (
        r"\operatorname{Recurrence}_{2} \colon (x_1, \ldots, x_T) \mapsto (h_1, \ldots, h_T)",
        r"h_{T+1} = 0, \; \text{for } t = T, \ldots, 1\text{:}",
    )
    tape = net.run(np.random.default_rng(0).normal(size=(4, 2, 3)))
    assert check_values(equations, net, tape) == 1
    for call in tape.plan.executed:
        if isinstance(call.module, gn.Recurrence):
            for t in range(4):
                assert check_values(equations, call.module, tape.saved[call.target][t]) == 1


def test_constants_have_no_time_and_states_may_be_given() -> None:
    x, memory = nn.Identity()(), nn.Identity()()
    first = nn.Identity()()
    h = gn.Recurrence(nn.attending(nn.rnn(2 + 3, 4), nn.attention(4, 3, 5)), constants=["memory"])([x, memory, first])
    annotate_nodes()
    equations = gModule([x, memory, first], [h[0]], allow_unused=True).latex()
    assert (
        equations.groups[1]
        .head[0]
        .startswith(r"\operatorname{Recurrence} \colon (x_1, \ldots, x_T), \mathit{memory}, h_0 \mapsto")
    )
    assert any(r"\, \mathit{memory}[k]" in line and r"\mathit{weights}_t[k]" in line for line in equations.lines)


def test_dimensions_of_size_1_come_and_go_unwritten() -> None:
    query, keys = nn.Identity()(), nn.Identity()()
    scores = nn.Squeeze(2)(nn.MM(trans_b=True)([keys, nn.Unsqueeze(1)(nn.Tanh()(query))]))
    annotate_nodes()
    net = gModule([query, keys], [scores])
    equations = net.latex()
    assert equations.lines == [r"\mathit{scores} = \mathit{keys} \, \tanh(\mathit{query})^{\top}"]
    assert check_values(equations, net, net.run([np.ones((2, 3)), np.ones((2, 5, 3))])) == 1


def test_a_step_without_names_has_letters_and_a_state_may_be_an_input() -> None:
    x, state = nn.Identity()(), nn.Identity()()
    y = nn.CAddTable()([nn.Tanh()(x), state])
    net = gn.Recurrence(gModule([x, state], [y, x]), feedback={x: state}, outputs=[y])
    assert net.latex().lines == [r"y_t = \tanh(x_t) + s_{t-1}", "s_t = x_t"]


def test_a_net_at_several_nodes_is_a_function_with_equations_of_its_own() -> None:
    u = nn.Identity()()
    inner = gModule([u], [nn.Tanh()(nn.Linear(3, 3)(u)), nn.Sigmoid()(nn.Linear(3, 3)(u))])
    twice = nn.Sequential(nn.Linear(3, 3), nn.Tanh())
    x = nn.Identity()()
    a, b = inner(x).split(2)
    c, d = inner(twice(nn.CMulTable()([a, b]))).split(2)
    e = twice(nn.CSubTable()([c, d]))
    annotate_nodes()
    net = gModule([x], [e])
    equations = net.latex()
    assert equations.lines[:2] == [
        r"(a, b) = \operatorname{gModule}(x)",
        r"(c, d) = \operatorname{gModule}(\operatorname{Sequential}(a \odot b))",
    ]
    assert equations.lines[2] == r"e = \operatorname{Sequential}(c - d)"
    assert equations.groups[1].head == (r"\operatorname{gModule}(u) = (y_1, y_2), \text{ where}",)
    assert equations.lines[-1] == r"\operatorname{Sequential}(x) = \tanh(W_{xy} x + b_y)"
    values = np.random.default_rng(1).normal(size=(2, 3))
    assert check_values(equations, net, net.run(values)) == 3
    assert check_values(equations, inner, inner.run(values)) == 2
    assert check_values(equations, twice, twice.run(values)) == 1


# ---- how modules are written


@every_row
def test_every_module_has_equations_that_compute_what_it_computes(name: str, row: Row) -> None:
    gn.manual_seed(0)
    module = row.make()
    x = row.x(4, row.features or 5)
    state = gn.random.generator_state()
    equations = [module.latex(inline=inline) for inline in (True, False)]
    assert gn.random.generator_state() == state
    assert all(str(one).count(r"\begin") == str(one).count(r"\end") for one in equations)
    evaluated = module.evaluate()  # nothing is drawn then
    tape = evaluated.run(x)
    for inline in (True, False):
        if not isinstance(module, gn.Recurrence):
            check_values(evaluated.latex(inline=inline), evaluated, tape)


@pytest.mark.parametrize(
    ("module", "right"),
    [
        (nn.Linear(3, 2), "W x + b"),
        (nn.Linear(3, 2, bias=False), "W x"),
        (nn.Power(-0.5), "x^{-0.5}"),
        (nn.MulConstant(-1), "-x"),
        (nn.MulConstant(1 / 3), "0.333333 x"),
        (nn.AddConstant(-2), "x - 2"),
        (nn.SoftShrink(0.25), r"x - \min(\max(x, -0.25), 0.25)"),
        (nn.SoftSign(), r"\frac{x}{1 + \lvert x \rvert}"),
        (nn.ELU(0.5), r"\max(x, 0) + 0.5 (\exp(\min(x, 0)) - 1)"),
        (nn.HardShrink(), r"x \odot \mathbb{1}[(x > 0.5) \lor (x \mathrel{<} -0.5)]"),
        (nn.LogSoftMax(), r"\log \operatorname{softmax}(x)"),
        (nn.SoftPlus(2), r"\operatorname{softplus}_{\beta = 2}(x)"),
        (nn.LookupTable(5, 2), "E[x]"),
        (nn.Dropout(0.25), r"m \odot x"),
        (nn.Dropout(0.25).evaluate(), "x"),
        (nn.Mul(), "w x"),
        (nn.SpatialMaxPooling(2, 3), r"\operatorname{SpatialMaxPooling}_{2, 3}(x)"),
        (nn.BatchNormalization(3, 1e-4), r"\operatorname{BatchNormalization}_{\mathit{eps} = 0.0001}(x; w, b)"),
        (nn.Bottle(nn.Linear(3, 2)), "W x + b"),
        (nn.Sequential(), "x"),
        (nn.Sum(-1), r"\sum_k x[k]"),
        (nn.Mean(1), r"\operatorname{mean}_k x[{:}, k, \ldots]"),
        (nn.Min(0), r"\min_k x[k, \ldots]"),
        (nn.Sequential(nn.Tanh(), nn.Max(-1)), r"\max_k \tanh(x)[k]"),
        (nn.Sum(0, n_input_dims=1), r"\operatorname{Sum}_{\mathit{n\_input\_dims} = 1}(x)"),
        (nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), r"W_2 \operatorname{ReLU}(W_1 x + b_1) + b_2"),
    ],
)
def test_modules_have_the_notation_of_textbooks(module: Module, right: str) -> None:
    assert module.latex().lines == [f"y = {right}"]


@pytest.mark.parametrize(
    ("module", "right"),
    [
        (nn.CAddTable(), "a + b"),
        (nn.CMulTable(), r"a \odot b"),
        (nn.CSubTable(), "a - b"),
        (nn.CDivTable(), r"\frac{a}{b}"),
        (nn.CMaxTable(), r"\max(a, b)"),
        (nn.JoinTable(-1), r"[a;\, b]"),
        (nn.JoinTable(0), r"[a;\, b]_{0}"),
        (nn.MM(trans_a=True), r"a^{\top} \, b"),
        (nn.MV(), r"a \, b"),
        (nn.DotProduct(), r"a \cdot b"),
        (nn.PairwiseDistance(2), r"\lVert a - b \rVert_{2}"),
        (nn.MixtureTable(), r"\sum_k a[k] \, b[k]"),
        (nn.SelectTable(1), "b"),
        (nn.MSECriterion(), r"\operatorname{MSE}(a, b)"),
        (nn.ClassNLLCriterion(), r"\operatorname{ClassNLL}(a, b)"),
    ],
)
def test_modules_of_two_have_the_notation_of_textbooks(module: Module, right: str) -> None:
    a, b = nn.Identity()(), nn.Identity()()
    y = module([a, b])
    annotate_nodes()
    assert gModule([a, b], [y]).latex().lines == [f"y = {right}"]


def test_brackets_stand_where_they_must() -> None:
    a, b = Variable(), Variable()
    text = shown((a + b) * (a - b) / (1 - a) - (b - a * 2) ** 2 + -a, {a: "a", b: "b"})
    assert text == r"\frac{(a + b) \odot (a - b)}{1 - a} - (b - 2 a)^{2} - a"


def test_a_range_of_unknown_dimensions_says_which_one_it_is_of() -> None:
    net = nn.Sequential(nn.Narrow(1, 0, 2), nn.Tanh())
    assert net.latex().lines == [r"y = \tanh(x[{:}, 0{:}2, \ldots])"]
    assert net.latex(shape=("B", 4)).lines == [r"y = \tanh(x[0{:}2])"]


def test_a_module_may_state_its_equation_and_a_subclass_that_computes_otherwise_does_not_inherit_it() -> None:
    class Doubled(nn.Linear):
        def update_output(self, x: Any) -> Any:
            return 2 * super().update_output(x)

    class Shifted(Doubled):
        def equation(self, x: Any) -> Any:
            return 2 * affine(self.weight, x, self.bias)

    assert Doubled(3, 2).latex().lines == [r"y = \operatorname{Doubled}(x; W, b)"]
    assert Shifted(3, 2).latex().lines == ["y = 2 (W x + b)"]


def test_a_formula_that_asks_what_its_input_is_is_written_by_its_name() -> None:
    class Branching(nn.Power):
        def value(self, x: Any) -> Any:
            return x if x > 0 else -x

    assert Branching(2).latex().lines == [r"y = \operatorname{Branching}_{2}(x)"]


def test_a_wrong_equation_would_be_found() -> None:
    class Wrong(nn.Linear):
        def equation(self, x: Any) -> Any:
            return affine(self.weight, x)

    wrong = Wrong(3, 2)
    with pytest.raises(AssertionError, match="y = W x"):
        check_values(wrong.latex(), wrong, wrong.run(np.ones((2, 3))))


# ---- whatever is drawn


@given(drawing=drawings(), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_equations_of_random_drawings_compute_what_the_drawings_do(drawing: tuple[gModule, int], seed: int) -> None:
    net, n_inputs = drawing
    arrays = [np.random.default_rng(seed + i).uniform(-1, 1, 3) for i in range(n_inputs)]
    for inline in (True, False):
        equations = net.latex(inline=inline)
        check_values(equations, net, net.run(arrays[0] if n_inputs == 1 else arrays))
        for group in equations.groups[1:]:
            check_values(equations, group.module, group.module.run(arrays[0]))


NAMES = ["a", "b", "gate", "x_1", "h", "next_h", "prev_h", "W", "m_1"]


@st.composite
def nets_of_ranges(draw: st.DrawFn) -> gModule:
    """Draw a net of matrices, ranges, sums and products, as cells are made of, with names that may be alike."""
    gn.manual_seed(draw(st.integers(0, 5)))
    inputs = [nn.Identity()(), nn.Identity()()]
    nodes: list[tuple[Node, int]] = [(inputs[0], 4), (inputs[1], 6)]
    kinds = [
        "linear",
        "range",
        "range",
        "range",
        "sum",
        "product",
        "quotient",
        "function",
        "weights",
        "constant",
        "join",
    ]
    for _ in range(draw(st.integers(2, 14))):
        kind = draw(st.sampled_from(kinds))
        node, n = draw(st.sampled_from(nodes))
        other = draw(st.sampled_from([item for item in nodes if item[1] == n]))[0]
        if kind == "linear":
            width = draw(st.sampled_from([4, 6, 12]))
            new = (nn.Linear(n, width, draw(st.booleans()))(node), width)
        elif kind == "range":
            length = draw(st.integers(1, n))
            offset = draw(st.integers(0, n - length)) - n * draw(st.booleans())
            new = (nn.Narrow(draw(st.sampled_from([1, -1])), offset, length)(node), length)
        elif kind == "sum":
            new = (draw(st.sampled_from([nn.CAddTable(), nn.CSubTable()]))([node, other]), n)
        elif kind == "product":
            new = (nn.CMulTable()([node, other]), n)
        elif kind == "quotient":
            new = (nn.CDivTable()([node, nn.AddConstant(3)(nn.Tanh()(other))]), n)
        elif kind == "function":
            new = (draw(st.sampled_from([nn.Tanh(), nn.Sigmoid(), nn.SoftSign(), nn.LeakyReLU(0.1)]))(node), n)
        elif kind == "weights":
            new = (draw(st.sampled_from([nn.CMul(n), nn.Mul(), nn.Add(n), nn.LayerNormalization(n)]))(node), n)
        elif kind == "constant":
            factor = draw(st.sampled_from([-1, 2.5, list(range(n))]))
            new = (nn.AddConstant(list(range(n)))(nn.MulConstant(factor)(node)), n)
        else:
            more, m = draw(st.sampled_from(nodes))
            new = (nn.JoinTable(1)([node, more]), n + m)
        if draw(st.booleans()):
            new[0].annotate(draw(st.sampled_from(NAMES)))
        nodes.append(new)
    some = [node for node, _ in draw(st.lists(st.sampled_from(nodes), max_size=2))]
    return gModule(inputs, [nodes[-1][0], *some], allow_unused=True)


@given(net=nets_of_ranges(), seed=st.integers(0, 99))
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_ranges_pushed_into_sums_and_matrices_compute_what_the_drawing_does(net: gModule, seed: int) -> None:
    numbers = np.random.default_rng(seed)
    tape = net.run([numbers.uniform(-1, 1, (3, 4)), numbers.uniform(-1, 1, (3, 6))])
    for inline in (True, False):
        equations = net.latex(inline=inline)
        check_values(equations, net, tape)
        assert str(equations) == str(net.latex(inline=inline))
        symbols = [symbol for several, _ in equations.meanings for symbol in several]
        assert len(set(symbols)) == len(symbols), "two constants have one symbol"


def test_long_chains_and_long_sums_are_divided() -> None:
    x = nn.Identity()()
    y = x
    for _ in range(5000):
        y = nn.Tanh()(y)
    lines = gModule([x], [y]).latex().lines
    assert sum(line.count(r"\tanh") for line in lines) == 5000
    assert max(line.count(r"\tanh") for line in lines) < 10
    x = nn.Identity()()
    many = nn.CAddTable()([nn.Tanh()(x) for _ in range(100)])
    (equation,) = gModule([x], [many]).latex().groups[0].equations
    assert len(equation.rows) > 4
    assert str(equation).count("+") == 99
    assert all(row.startswith(" + ") for row in equation.rows[1:])


# ---- symbols, names and pages


def test_symbols_may_be_given_for_nodes_paths_parameters_and_whole_symbols() -> None:
    inner = nn.rnn(3, 2)
    x, h = nn.Identity()(), nn.Identity()()
    y = nn.Linear(2, 2)(inner([x, h]).annotate("cell"))
    annotate_nodes()
    net = gModule([x, h], [y])
    assert net.latex().lines == [
        r"\mathit{cell} = \tanh(W_{x, \mathit{cell}} x + W_{h, \mathit{cell}} h + b_{\mathit{cell}})",
        r"y = W_{\mathit{cell}, y} \, \mathit{cell} + b_y",
    ]
    symbols = {"cell/next_h": "s", "y.weight": "V", "b_y": "c", "x": r"\xi"}
    assert net.latex(symbols).lines == [r"s = \tanh(W_{\xi s} \xi + W_{hs} h + b_s)", "y = V s + c"]


def test_a_symbol_that_nothing_has_or_that_is_no_latex_is_refused() -> None:
    net = nn.lstm(3, 2)
    with pytest.raises(LookupError, match=r"'input_gate', which nothing in these equations is called.*in_gate"):
        net.latex({"input_gate": "i"})
    with pytest.raises(ValueError, match=r"the symbol of 'in_gate' is 'i_\{', .*braces must be balanced"):
        net.latex({"in_gate": "i_{"})
    with pytest.raises(ValueError, match="line breaks would end the equation"):
        net.latex({"in_gate": r"i \\ j"})
    with pytest.raises(TypeError, match="LaTeX in a string, not 3"):
        net.latex({"in_gate": 3})  # type: ignore[dict-item]


def test_no_name_breaks_the_latex_or_the_page_it_stands_on() -> None:
    x = nn.Identity()().annotate("a<b>&lt;\"'\\{x}$%#^~\n")
    y = nn.Linear(3, 2)(nn.Tanh()(x)).annotate("<script>alert(1)</script>")
    z = nn.Tanh()(y).annotate("naïve 变量 α " + "very_long_name_" * 30)
    text = str(gModule([x], [z, y]).latex())
    assert not re.search(r"<[A-Za-z/!?]|&[A-Za-z#]", text)
    bare = re.sub(r"\\[\\{}]", "", text)
    assert bare.count("{") == bare.count("}")
    assert not re.search(r"(?<!\\)[$%#~]", text)
    assert max(map(len, text.splitlines())) < 400


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("alpha", r"\alpha"),
        ("σ", r"\sigma"),
        ("lambda_1", r"\lambda_1"),
        ("x_hat", r"x_{\mathit{hat}}"),
        ("h12", "h_{12}"),
        ("gates[0]", r"\mathit{gates}_0"),
        ("layer_2", r"\mathit{layer}_2"),
        ("_", r"\mathit{\_}"),
        ("é", r"\mathit{\text{é}}"),
    ],
)
def test_names_become_symbols(name: str, written: str) -> None:
    x = nn.Identity()().annotate(name)
    assert gModule([x], [nn.Tanh()(x)]).latex().lines == [rf"y = \tanh({written})"]


def test_notebooks_typeset_the_equations() -> None:
    shown_there = nn.lstm(3, 2).latex()._repr_latex_()
    assert shown_there.startswith("$$\n")
    assert shown_there.endswith("\n$$")
    assert r"\begin{aligned}" in shown_there
    assert r"c_t &= " in shown_there
    assert r"\text{where}" in shown_there
    assert str(nn.Tanh().latex()) == "\\begin{aligned}\ny &= \\tanh(x)\n\\end{aligned}"
