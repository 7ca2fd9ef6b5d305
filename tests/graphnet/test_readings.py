"""Readings of a run: one number for each node, over all steps or of one, compared with what the tape holds."""

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.inspect.readings import KINDS, bounds_of, read, read_over_time

RNG = np.random.default_rng(0)


def by_name(numbers):
    return {site[-1].node.name: number for site, number in numbers.items() if site[-1].node.name}


def lstm_run():
    net = nn.lstm(3, 2)
    tape = net.run([RNG.normal(size=(4, 3)), RNG.normal(size=(4, 2)), RNG.normal(size=(4, 2))])
    tape.backward([np.ones((4, 2)), np.ones((4, 2))])
    return tape


def test_activations_and_gradients_are_norms_of_what_the_tape_holds():
    tape = lstm_run()
    values, gradients = (by_name(read(what, tape).numbers) for what in ("activation", "gradient"))
    for name in values:
        assert values[name] == pytest.approx(np.linalg.norm(tape[name].output), rel=1e-12)
        assert gradients[name] == pytest.approx(np.linalg.norm(tape[name].grad_output), rel=1e-12)


def test_saturation_of_gates_is_told_also_where_they_are_cut_out():
    net = nn.lstm(1, 2, forget_bias=50.0)
    tape = net.run([np.zeros((1, 1)), np.zeros((1, 2)), np.zeros((1, 2))])
    found = by_name(read("saturation", tape).numbers)
    assert found["forget_gate"] == 1
    assert found["in_gate"] == 0
    assert found["gates"] == pytest.approx(2 / 6)
    assert "i2h" not in found  # it has no bounds
    assert "next_c" not in found


def test_values_near_an_end_of_the_range_are_saturated():
    for module, x, share in (
        (nn.Sigmoid(), [-3.0, 0.0, 3.0, 1.0], 0.5),
        (nn.Tanh(), [0.5, -2.0, 0.0, 0.0], 0.25),
        (nn.HardTanh(0, 10), [0.5, 5.0, 9.5, 12.0], 0.75),
    ):
        (found,) = read("saturation", module.run(np.array(x))).numbers.values()
        assert found == share


def test_bounds_follow_what_only_moves_values_and_end_where_they_mix():
    x = nn.Identity()()
    a, b = nn.Sigmoid()(x), nn.Sigmoid()(x)
    both = nn.JoinTable(0)([a, b])
    mixed = nn.JoinTable(0)([a, nn.Tanh()(x)])
    turned = nn.Transpose((0, 1))(both)
    part = nn.SplitTable(0)(turned)[0]
    net = gn.gModule([x], [part, nn.CMulTable()([a, b]), mixed])
    plan = net.plan()
    bounds = bounds_of(plan)
    found = {call.node: bounds.get(call.target) for call in plan.executed}
    assert found[both] == found[turned] == found[part] == (0, 1)
    assert found[mixed] is None


def test_dead_units_are_those_flat_for_all_rows():
    relu = nn.ReLU()
    (found,) = read("dead", relu.run(np.array([[-1.0, 1.0, -1.0, 2.0], [-2.0, -1.0, -3.0, 1.0]]))).numbers.values()
    assert found == 0.5
    assert read("dead", nn.Tanh().run(np.zeros((2, 2)))).numbers == {}  # it cannot die


@pytest.mark.parametrize(
    ("module", "share"),
    [(nn.HardTanh(-5, 5), 0.5), (nn.HardTanh(-200, 200), 0.5), (nn.Threshold(-10, 0), 0.5), (nn.ReLU(), 0.5)],
)
def test_units_die_wherever_a_function_is_flat(module, share):
    assert list(read("dead", module.run(np.array([[-900.0, 1.0]]))).numbers.values()) == [share]


def test_units_are_dead_where_a_constant_of_theirs_is_zero():
    x = np.ones((2, 4))
    assert list(read("dead", nn.MulConstant([1.0, 0.0, 2.0, 3.0]).run(x)).numbers.values()) == [0.25]
    assert read("dead", nn.AddConstant(np.zeros((2, 4))).run(x)).numbers == {}


@pytest.mark.parametrize("module", [nn.Sigmoid(), nn.SoftSign(), nn.SoftPlus(), nn.ELU(), nn.LogSigmoid(), nn.Exp()])
def test_functions_that_are_flat_nowhere_have_no_dead_units(module):
    assert read("dead", module.run(np.array([[-2000.0, 1.0]]))).numbers == {}


def test_shares_of_what_is_nan_are_nan():
    x = np.array([[np.nan, 1.0], [2.0, 3.0]])
    for what, module in (("saturation", nn.Sigmoid()), ("dead", nn.ReLU())):
        (found,) = read(what, module.run(x)).numbers.values()
        assert np.isnan(found)


def test_dead_units_are_not_told_where_steps_differ_in_how_many_they_have():
    x, prev_s = nn.Identity()(), nn.Identity()()
    next_s = nn.CAddTable()([x, prev_s])
    one = nn.ReLU()(nn.Select(1, 0)(x))  # a number for each row, of which fewer and fewer are left
    net = gn.Recurrence(gn.gModule([x, prev_s], [next_s, one]), {next_s: prev_s}, outputs=[one], lengths=True)
    for lengths in ([4, 2, 2], [4, 1, 1]):
        tape = net.run([-np.ones((4, 3, 2)), np.array(lengths)])
        assert read("dead", tape).numbers == {}
        assert list(read("dead", tape, step=0).numbers.values()) == [1]


def test_a_unit_that_lives_at_one_step_is_not_dead():
    x, prev_h = nn.Identity()(), nn.Identity()()
    next_h = nn.ReLU()(nn.CAddTable()([x, nn.MulConstant(0.0)(prev_h)]))
    net = gn.Recurrence(gn.gModule([x, prev_h], [next_h]), {next_h: prev_h})
    series = -np.ones((3, 1, 4))
    series[1, 0, :2] = 1
    tape = net.run(series)
    assert [n for site, n in read("dead", tape).numbers.items() if site[-1].node is next_h] == [0.5]
    assert [n for site, n in read("dead", tape, step=0).numbers.items() if site[-1].node is next_h] == [1]


def test_what_is_not_finite_is_counted_there_and_back():
    net = nn.Sequential(nn.Power(0.5), nn.MulConstant(2.0))
    tape = net.run(np.array([-1.0, 0.0, 4.0]))
    assert list(read("not finite", tape).numbers.values()) == [1, 1]
    tape.backward(np.ones(3))
    assert list(read("not finite", tape).numbers.values()) == [1, 1]
    assert np.isnan(next(iter(read("activation", tape).numbers.values())))


def test_recurrences_are_read_over_all_steps_at_one_or_along_them():
    net = gn.Recurrence(nn.lstm(3, 2))
    tape = net.run(RNG.normal(size=(5, 2, 3)))
    tape.backward(RNG.normal(size=(5, 2, 2)))
    record = tape[net].saved
    for what, part in (("activation", "output"), ("gradient", "grad_output")):
        along = by_name(read_over_time(what, tape))
        norms = np.array([np.linalg.norm(getattr(record[t]["forget_gate"], part)) for t in range(5)])
        assert along["forget_gate"] == pytest.approx(norms, rel=1e-12)
        whole = by_name(read(what, tape).numbers)["forget_gate"]
        assert whole == pytest.approx(np.sqrt(np.mean(norms**2)), rel=1e-12)
        assert by_name(read(what, tape, step=-2).numbers)["forget_gate"] == pytest.approx(norms[3], rel=1e-12)


def test_runs_that_keep_no_steps_tell_of_the_recurrence_alone():
    net = gn.Recurrence(nn.lstm(3, 2), recompute=True)
    tape = net.run(np.ones((5, 2, 3)))
    assert [len(site) for site in read("activation", tape).numbers] == [1]
    assert read_over_time("activation", tape) == {}


def test_large_numbers_of_single_precision_do_not_overflow():
    tape = nn.MulConstant(1.0).float().run(np.full(4, 1e30, np.float32))
    assert list(read("activation", tape).numbers.values()) == [pytest.approx(2e30)]


@pytest.mark.parametrize("module", [nn.Log(), nn.Sqrt(), nn.Power(0.5)])
def test_functions_that_do_not_take_all_numbers_are_read_without_a_warning(module):
    assert read("dead", module.run(np.array([1.0, -1.0]))).numbers == {}


def test_norms_that_overflow_are_infinite_without_a_warning():
    assert list(read("activation", nn.Identity().run(np.full(3, 1e200))).numbers.values()) == [np.inf]


def test_what_cannot_be_read_is_refused():
    tape = nn.Tanh().run(np.ones(2))
    with pytest.raises(ValueError, match="'size' is nothing that a run can be read for; there are: 'activation'"):
        read("size", tape)
    with pytest.raises(ValueError, match="before a backward"):
        read("gradient", tape)
    with pytest.raises(ValueError, match="before a backward"):
        read_over_time("gradient", tape)
    run = gn.Recurrence(nn.rnn(3, 2)).run(np.ones((5, 1, 3)))
    with pytest.raises(LookupError, match="there is no step 5 in a run of 5"):
        read("activation", run, step=5)


def test_integers_and_lists_are_read_where_that_means_something():
    net = nn.Sequential(nn.LookupTable(5, 3), nn.SplitTable(0))
    tape = net.run(np.array([1, 2]))
    for what in KINDS:
        if what != "gradient":
            read(what, tape)
    first, second = read("activation", tape).numbers.values()
    assert first == second
