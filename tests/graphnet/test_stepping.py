"""A run node by node, there and back: what each stop tells, where one can go, and that it is the run itself."""

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.inspect import BackwardSteps
from graphnet.inspect import walk as rooms
from graphnet.nesting import leaves

LSTM_INPUT = [np.full((4, 3), 0.5), np.full((4, 2), 0.1), np.full((4, 2), -0.2)]


def same(a, b):
    pairs = list(zip(leaves(a), leaves(b), strict=True))
    return bool(pairs) and all(np.array_equal(x, y) for x, y in pairs)


def ones_like(value):
    return [np.ones_like(item) for item in value] if isinstance(value, list) else np.ones_like(value)


def gradients(net):
    return [parameter.grad.copy() for parameter in net.parameters()]


# ---- the stops are those of a run


def test_every_stop_tells_what_the_tape_of_a_run_tells():
    net = nn.lstm(3, 2)
    steps = net.steps(LSTM_INPUT)
    stops = list(steps)
    tape = net.run(LSTM_INPUT)
    assert [stop.node for stop in stops] == [call.node for call in tape.plan.executed]
    for stop in stops:
        entry = tape[stop.node]
        assert same(stop.input, entry.input)
        assert same(stop.output, entry.output)
        assert (stop.direction, stop.grad_output, stop.grad_input, stop.parameter_gradients) == ("forward",) + (
            None,
        ) * 3
    assert same(steps.tape.output, tape.output)


def test_every_stop_backwards_tells_what_the_tape_tells_and_what_has_accumulated():
    net = nn.lstm(3, 2)
    dy = [np.ones((4, 2)), np.full((4, 2), 2.0)]
    back = net.steps(LSTM_INPUT).backward_steps(dy)
    stops = list(back)
    found, added = back.finish(), gradients(net)
    net.zero_grad_parameters()
    tape = net.run(LSTM_INPUT)
    assert same(found, tape.backward(dy))
    assert same(added, gradients(net))
    for stop in stops:
        entry = tape[stop.node]
        assert same(stop.grad_output, entry.grad_output)
        assert same(stop.grad_input, entry.grad_input)
    i2h = next(stop for stop in stops if stop.name == "i2h")
    assert same(i2h.parameter_gradients["weight"], i2h.module.weight.grad)


def test_one_node_runs_at_a_time():
    ran = []

    class Counted(nn.Tanh):
        def update_output(self, x):
            ran.append("forward")
            return super().update_output(x)

        def update_grad_input(self, x, y, dy, *saved):
            ran.append("backward")
            return super().update_grad_input(x, y, dy, *saved)

    net = nn.Sequential(Counted(), Counted(), Counted())
    steps = net.steps(np.ones(2))
    assert ran == []
    steps.next()
    assert ran == ["forward"]
    steps.next()
    assert len(ran) == 2
    back = steps.backward_steps(np.ones(2))
    assert ran == ["forward"] * 3
    back.next()
    assert ran == ["forward"] * 3 + ["backward"]


def test_gradients_of_a_tied_module_accumulate_from_stop_to_stop():
    shared = nn.Linear(2, 2)
    net = nn.Sequential(shared, nn.Tanh(), shared)
    back = net.steps(np.ones(2)).backward_steps(np.ones(2))
    first = back.next().parameter_gradients["bias"]
    last = back.to(shared).parameter_gradients["bias"]
    assert not same(first, last)
    assert same(last, shared.bias.grad)
    assert same(back.stops[0].parameter_gradients["bias"], first)


def test_what_is_done_to_an_array_of_a_stop_stays_with_the_user():
    net = nn.Sequential(nn.Tanh(), nn.Tanh())
    steps = net.steps(np.ones(2))
    steps.next().output[:] = 7
    assert same(steps.finish().output, net.forward(np.ones(2)))


def test_a_node_that_no_gradient_reaches_has_zeros():
    x = nn.Identity()()
    out, unused = nn.Tanh()(x), nn.Sigmoid()(x)
    net = gn.gModule([x], [out, unused])
    back = net.steps(np.ones(2)).backward_steps([np.ones(2), np.zeros(2)])
    stop = back.to(unused)
    assert same(stop.grad_output, np.zeros(2))
    assert same(stop.grad_input, np.zeros(2))


def test_elements_of_lists_are_stops_too():
    x = nn.Identity()()
    first, second = nn.SplitTable(0)(x).split(2)
    net = gn.gModule([x], [nn.CSubTable()([first, second])])
    steps = net.steps(np.array([[3.0], [1.0]]))
    assert same(steps.to(second).output, np.array([1.0]))
    back = steps.backward_steps(np.ones(1))
    assert same(back.to(second).grad_input, [np.zeros(1), -np.ones(1)])


# ---- recurrences


def recurrent(**options):
    return nn.Sequential(gn.Recurrence(nn.lstm(3, 2), **options), nn.Bottle(nn.Linear(2, 1)))


@pytest.mark.parametrize("options", [{}, {"reverse": True}, {"batch_first": True}, {"truncate": 2}])
def test_the_nodes_of_every_time_step_are_stops(options):
    net, x = recurrent(**options), np.linspace(-1, 1, 4 * 4 * 3).reshape(4, 4, 3)
    steps = net.steps(x)
    times = [stop.t for stop in steps if stop.name == "forget_gate"]
    assert times == [0, 1, 2, 3]
    tape = net.run(x)
    record = tape[net.modules[0]].saved
    for stop in steps.stops:
        if stop.t is not None:
            assert same(stop.output, record[stop.t][stop.node].output)
    back = steps.backward_steps(ones_like(steps.tape.output))
    assert [stop.t for stop in back if stop.name == "forget_gate"] == [3, 2, 1, 0]
    added = gradients(net)
    net.zero_grad_parameters()
    assert same(back.finish(), tape.backward(ones_like(tape.output)))
    assert same(added, gradients(net))
    for stop in back.stops:
        if stop.t is not None:
            assert same(stop.grad_output, record[stop.t][stop.node].grad_output)


@pytest.mark.parametrize("recompute", [False, True])
def test_random_numbers_lengths_states_and_learned_starts_are_those_of_a_run(recompute):
    step = nn.Sequential(nn.Dropout(0.5)).modules[0]
    x, prev_h = nn.Identity()(), nn.Identity()()
    next_h = nn.Tanh()(nn.CAddTable()([step(nn.Linear(3, 2)(x)), nn.Linear(2, 2)(prev_h)]))
    net = gn.Recurrence(
        gn.gModule([x, prev_h], [next_h]),
        {next_h: prev_h},
        lengths=True,
        initial="learned",
        final_states=True,
        recompute=recompute,
    )
    given = [np.ones((9, 3, 3)), np.array([9, 1, 4])]
    gn.manual_seed(3)
    steps = net.steps(given)
    for _ in steps:
        gn.generator()  # what the user draws between the stops is another matter, where the run has its own generator
    gn.manual_seed(3)
    tape = net.run(given)
    assert same(steps.tape.output, tape.output)
    dy = ones_like(tape.output)
    found = steps.backward_steps(dy).finish()
    added = gradients(net)
    net.zero_grad_parameters()
    expected = tape.backward(dy)
    assert same(found, expected)
    assert same(added, gradients(net))


def test_a_recomputing_run_draws_from_its_own_generator_only_while_it_runs():
    net = gn.Recurrence(nn.rnn(3, 2), recompute=True)
    gn.manual_seed(1)
    steps = net.steps(np.ones((4, 1, 3)))
    steps.next()
    between = gn.generator()
    assert between is not None
    gn.manual_seed(1)
    assert gn.generator() is between


def test_recurrences_inside_recurrences_tell_all_their_times():
    inner = gn.Recurrence(nn.rnn(3, 2))
    x, prev_h = nn.Identity()(), nn.Identity()()
    summed = nn.Sum(0)(inner(nn.Replicate(2, 0)(x)))
    next_h = nn.Tanh()(nn.CAddTable()([summed, prev_h]))
    net = gn.Recurrence(gn.gModule([x, prev_h], [next_h]), {next_h: prev_h})
    steps = net.steps(np.ones((3, 1, 3)))
    stops = [stop for stop in steps if stop.name == "i2h"]
    assert [stop.times for stop in stops] == [(t, k) for t in range(3) for k in range(2)]
    assert stops[0].path.count("Recurrence") == 2
    assert len(stops[0].site) == 3


# ---- going about


def test_on_and_back_and_to_a_node_and_to_a_time_step():
    steps = recurrent().steps(np.ones((4, 1, 3)))
    assert steps.here is None
    assert repr(steps) == "Steps(before the first node)"
    assert steps.next() is steps.here
    assert steps.to("forget_gate", t=2).times == (2,)
    assert steps.to("forget_gate").t == 3
    assert steps.back_to("forget_gate").t == 2
    assert steps.to(t=3).t == 3
    made = len(steps.stops)
    assert steps.back().t == 2
    steps.next()
    assert len(steps.stops) == made  # going back and on again runs nothing
    with pytest.raises(LookupError, match="no stop at 'x' in time step 7 ahead"):
        steps.to("x", t=7)
    assert steps.here.t == 3
    with pytest.raises(LookupError, match="back_to goes back to it"):
        steps.to("x", t=0)
    with pytest.raises(LookupError, match="no stop at 'next_h' in time step 9 behind"):
        steps.back_to("next_h", t=9)
    with pytest.raises(TypeError, match="where to"):
        steps.to()
    steps.finish()
    assert steps.at_end
    with pytest.raises(LookupError, match="all 76 nodes have run"):
        steps.next()


def test_before_the_first_stop_there_is_no_way_back():
    steps = nn.Tanh().steps(np.ones(2))
    steps.next()
    with pytest.raises(LookupError, match="no stop before this one"):
        steps.back()


def test_until_a_condition_holds():
    net = nn.Sequential(*[nn.MulConstant(10.0) for _ in range(6)])
    back = net.steps(np.ones(1)).backward_steps(np.ones(1))
    stop = back.until(lambda stop: abs(stop.grad).max() > 1e3)
    assert stop.grad_output == 1e4
    assert back.here is stop
    assert back.until(lambda stop: abs(stop.grad).max() > 1e9) is None
    assert back.at_end


def test_until_the_first_nan():
    net = nn.Sequential(nn.AddConstant(-2.0), nn.Sqrt(), nn.Tanh())
    steps = net.steps(np.array([3.0, 1.0]))
    assert steps.until_not_finite().module is net.modules[1]
    assert nn.Tanh().steps(np.ones(1)).until_not_finite() is None


def test_a_run_that_fails_stays_at_the_stop_before_and_fails_again():
    net = nn.Sequential(nn.Tanh(), nn.Linear(3, 2))
    steps = net.steps(np.ones(4))
    steps.next()
    for _ in range(2):
        with pytest.raises(ValueError, match="3") as raised:
            steps.next()
        assert any("Linear(3, 2)" in note for note in raised.value.__notes__)
        assert steps.here.module is net.modules[0]


def test_a_failure_in_a_time_step_tells_the_step_and_the_nodes():
    class Brittle(nn.Tanh):
        def update_output(self, x):
            if x.max() > 2:
                raise ValueError("too much")
            return super().update_output(x)

    x, prev_h = nn.Identity()(), nn.Identity()()
    next_h = nn.CAddTable()([Brittle()(x), prev_h])
    net = gn.Recurrence(gn.gModule([x, prev_h], [next_h]), {next_h: prev_h})
    series = np.zeros((5, 1, 2))
    series[3] = 3
    steps = net.steps(series)
    with pytest.raises(ValueError, match="too much") as raised:
        steps.finish()
    with pytest.raises(ValueError, match="too much") as plain:
        net.run(series)
    assert raised.value.__notes__[: len(plain.value.__notes__)] == plain.value.__notes__
    assert any("at step 3 of 5" in note for note in plain.value.__notes__)
    assert steps.here.t == 3


def test_nets_without_nodes_that_run_end_at_once():
    x = gn.Node(None)
    net = gn.gModule([x], [x])
    steps = net.steps(np.ones(2))
    assert steps.at_end
    assert same(steps.backward_steps(np.ones(2)).finish(), np.ones(2))


def test_gradients_kept_for_earlier_stops_take_limited_memory(monkeypatch):
    monkeypatch.setattr(rooms, "MOST_BYTES_OF_GRADIENTS", 100)
    net = nn.Sequential(*[nn.Linear(2, 2) for _ in range(5)])
    back = net.steps(np.ones(2)).backward_steps(np.ones(2))
    back.finish()
    assert back.here.parameter_gradients["weight"].shape == (2, 2)
    with pytest.raises(LookupError, match="no longer kept"):
        assert back.stops[0].parameter_gradients


def test_the_way_back_begins_from_any_tape():
    net = nn.lstm(3, 2)
    tape = net.run(LSTM_INPUT)
    with pytest.raises(ValueError, match="takes a list of 2 gradients"):
        BackwardSteps(tape, np.ones((4, 2)))
    assert len(list(BackwardSteps(tape, ones_like(tape.output)))) == len(tape.plan.executed)


def test_a_stop_says_where_its_node_was_drawn():
    x = nn.Identity()()
    y = nn.Tanh()(x)
    stop = gn.gModule([x], [y]).steps(np.ones(1)).to(y)
    assert stop.place.file == __file__
    assert str(stop) == "Tanh() forward"
