"""A step along time: equal to loops by hand, for all policies of states, and clear about what cannot be right."""

from __future__ import annotations

import pickle
import threading
import tracemalloc
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.nesting import leaves

T, B, F, N = 6, 4, 3, 2


def real(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def by_hand(step: gn.gModule, n_steps: int) -> gn.gModule:
    """Draw the same modules at every step: [list of x, *states] to [*list of last outputs, *states]."""
    xs = nn.Identity()()
    first = [nn.Identity()() for _ in step.graph().inputs[1:]]
    states, put_out = list(first), []
    for x in xs.split(n_steps):
        given = [x, *states]
        states = list(step(given).split(len(states))) if len(states) > 1 else [step(given)]
        put_out.append(states[-1])
    return gn.gModule([xs, *first], [*put_out, *states])


def assert_same(a: Any, b: Any, tolerance: float = 1e-12) -> None:
    for p, q in zip(leaves(a), leaves(b), strict=True):
        np.testing.assert_allclose(p, q, rtol=tolerance, atol=tolerance)


def gradients(net: gn.Module) -> list[np.ndarray]:
    return [parameter.grad.copy() for parameter in net.parameters()]


@pytest.mark.parametrize("cell", [nn.rnn, nn.lstm])
@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("recompute", [False, True])
@pytest.mark.parametrize("n_steps", [1, 2, 50])
def test_it_equals_the_same_modules_drawn_at_every_step(cell, given, recompute, n_steps) -> None:
    step = cell(F, N)
    layer = gn.Recurrence(step, final_states=True, recompute=recompute)
    net = by_hand(step, n_steps)
    n_states = len(layer.feedback)
    x, states = real(n_steps, B, F), [real(B, N, seed=i) * given for i in range(n_states)]
    dy, dstates = real(n_steps, B, N, seed=8), [real(B, N, seed=9 + i) for i in range(n_states)]
    outputs = layer.forward([x, *states] if given else x)
    expected = net.forward([list(x), *states])
    assert_same([outputs[0], *outputs[1:]], [np.stack(expected[:n_steps]), *expected[n_steps:]])
    dx = layer.backward([x, *states] if given else x, [dy, *dstates], 0.5)
    found = gradients(layer)
    layer.zero_grad_parameters()
    dxs, *dfirst = net.backward([list(x), *states], [*dy, *dstates], 0.5)
    assert_same(dx, [np.stack(dxs), *dfirst] if given else np.stack(dxs))
    assert_same(found, gradients(net))


def test_a_thousand_steps_equal_the_drawing() -> None:
    step = nn.rnn(F, N)
    layer, net = gn.Recurrence(step), by_hand(step, 1000)
    x, dy = real(1000, 2, F), real(1000, 2, N)
    assert_same(layer.forward(x), np.stack(net.forward([list(x), np.zeros((2, N))])[:-1]))
    dx = layer.backward(x, dy)
    found = gradients(layer)
    layer.zero_grad_parameters()
    assert_same(dx, np.stack(net.backward([list(x), np.zeros((2, N))], [*dy, np.zeros((2, N))])[0]))
    assert_same(found, gradients(net))


# ---- lengths


@pytest.mark.parametrize("options", [{}, {"recompute": True}, {"reverse": True}, {"batch_first": True}])
def test_with_lengths_every_row_is_as_if_it_were_alone(options) -> None:
    layer = gn.Recurrence(nn.lstm(F, N), lengths=True, final_states=True, **options)
    alone = gn.Recurrence(layer.step, final_states=True, reverse=layer.reverse)
    lengths, x = np.array([T, 0, 2, 3]), real(T, B, F)
    dy, dstates = real(T, B, N, seed=1), [real(B, N, seed=2), real(B, N, seed=3)]

    def layout(a: np.ndarray) -> np.ndarray:
        return a.swapaxes(0, 1) if layer.batch_first else a

    y, *states = layer.forward([layout(x), lengths])
    dx, dlengths = layer.backward([layout(x), lengths], [layout(dy), *dstates])
    found = gradients(layer)
    layer.zero_grad_parameters()
    y, dx = layout(y), layout(dx)
    assert dlengths.dtype == lengths.dtype
    assert not dlengths.any()
    for row, n in enumerate(lengths):
        assert not y[n:, row].any()
        assert not dx[n:, row].any()
        if n == 0:
            assert not states[0][row].any()
            continue
        piece, one = x[:n, row : row + 1], slice(row, row + 1)
        expected, *expected_states = alone.forward(piece)
        assert_same([y[:n, one], *(s[one] for s in states)], [expected, *expected_states])
        assert_same(dx[:n, one], alone.backward(piece, [dy[:n, one], *(ds[one] for ds in dstates)]))
    assert_same(found, gradients(layer))


def test_padding_has_no_influence_whatever_it_holds() -> None:
    layer = gn.Recurrence(nn.lstm(F, N), lengths=True)
    lengths, x = np.array([T, 1, 2, 0]), real(T, B, F)
    spoilt = x.copy()
    for row, n in enumerate(lengths):
        spoilt[n:, row] = np.nan
    y, dx = layer.forward([x, lengths]), layer.backward([x, lengths], np.ones((T, B, N)))
    found = gradients(layer)
    layer.zero_grad_parameters()
    assert_same(y, layer.forward([spoilt, lengths]), 0)
    assert_same(dx, layer.backward([spoilt, lengths], np.ones((T, B, N))), 0)
    assert_same(found, gradients(layer), 0)
    assert np.isfinite(found[0]).all()


def test_initial_states_of_empty_rows_are_their_final_ones() -> None:
    layer = gn.Recurrence(nn.rnn(F, N), lengths=True, final_states=True)
    h = real(B, N)
    y, last = layer.forward([real(T, B, F), h, np.zeros(B, int)])
    assert not y.any()
    assert_same(last, h)
    dx, dh, _ = layer.backward([real(T, B, F), h, np.zeros(B, int)], [np.ones_like(y), np.ones_like(h)])
    assert not dx.any()
    assert (dh == 1).all()


def test_running_in_reverse_is_turning_the_sequence() -> None:
    layer = gn.Recurrence(nn.rnn(F, N), reverse=True)
    forwards = gn.Recurrence(layer.step)
    x = real(T, B, F)
    assert_same(layer.forward(x), forwards.forward(x[::-1])[::-1])
    assert_same(layer.backward(x, real(T, B, N)), forwards.backward(x[::-1], real(T, B, N)[::-1])[::-1])


# ---- states


def test_learned_initial_states_get_the_gradient_of_all_rows() -> None:
    layer = gn.Recurrence(nn.lstm(F, N), initial="learned", final_states=True)
    x = real(T, B, F)
    assert [name for name in layer.named_parameters() if name.startswith("initial")] == ["initial_0", "initial_1"]
    layer.initial_0.value[...] = [0.3, -0.2]
    zero = gn.Recurrence(layer.step, final_states=True)
    first = [np.tile([0.3, -0.2], (B, 1)), np.zeros((B, N))]
    assert_same(layer.forward(x), zero.forward([x, *first]))
    assert gn.check_gradients(layer, x).ok
    layer.forward([x, *first])  # given states take their place
    layer.zero_grad_parameters()
    layer.backward([x, *first], [np.ones((T, B, N)), np.ones((B, N)), np.ones((B, N))])
    assert not layer.initial_0.grad.any()
    layer.reset()
    assert not layer.initial_0.value.any()


def test_truncation_drops_what_comes_back_over_its_multiples() -> None:
    layer = gn.Recurrence(nn.rnn(F, N), truncate=2)
    pieces = gn.Stream(gn.Recurrence(layer.step, final_states=True))
    x, dy = real(T, B, F), real(T, B, N)
    y, dx = layer.forward(x), layer.backward(x, dy)
    found = gradients(layer)
    layer.zero_grad_parameters()
    for t in range(0, T, 2):
        assert_same(y[t : t + 2], pieces.forward(x[t : t + 2]))
        back = pieces.backward(dy[t : t + 2])
        assert_same(dx[t : t + 2], back[0] if t else back)
    assert_same(found, gradients(layer))


def test_a_stream_carries_the_state_and_begins_anew() -> None:
    layer = gn.Recurrence(nn.lstm(F, N), final_states=True, lengths=True)
    stream = gn.Stream(layer)
    x = real(T, B, F)
    whole, *last = layer.forward([x, np.full(B, T)])
    pieces = [stream.forward([x[:2], np.full(B, 2)]), stream.forward([x[2:], np.full(B, T - 2)])]
    assert_same(np.concatenate(pieces), whole)
    assert_same(stream.states, last)
    stream.reset()
    assert stream.states is None
    assert_same(stream.forward([x[:2], np.full(B, 2)]), whole[:2])
    assert stream.backward(np.ones((2, B, N)))[0].shape == (2, B, F)


def test_a_stream_refuses_what_has_no_states_to_carry() -> None:
    with pytest.raises(TypeError, match="runs a Recurrence"):
        gn.Stream(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="final_states=True"):
        gn.Stream(gn.Recurrence(nn.rnn(F, N)))
    with pytest.raises(ValueError, match="runs from the end"):
        gn.Stream(gn.Recurrence(nn.rnn(F, N), final_states=True, reverse=True))
    stream = gn.Stream(gn.Recurrence(nn.rnn(F, N), final_states=True))
    with pytest.raises(RuntimeError, match="forward"):
        stream.backward(np.ones(2))
    stream.forward(real(T, B, F))
    with pytest.raises(ValueError, match="rows") as raised:
        stream.forward(real(T, 2, F))
    assert any("the stream carries the states [4x2]; reset()" in note for note in raised.value.__notes__)


def test_a_stream_takes_tuples_and_gives_lists_back() -> None:
    step = nested_step()
    layer = gn.Recurrence(step, {"next_state": "state"}, constants=["level"], outputs=["next_state"], final_states=True)
    stream = gn.Stream(layer)
    for _ in range(2):
        y = stream.forward((real(T, B, F), real(B, N), real(T, B, N)))
        assert [a.shape for a in y] == [(T, B, N)] * 2
        assert len(stream.backward(y)) in (3, 4)


# ---- steps of other kinds


def nested_step() -> gn.gModule:
    """Draw a step with a state that is a list of two, two sequences, a constant and two outputs of its own."""
    a, b, level, state = (nn.Identity()() for _ in range(4))
    c, h = state.split(2)
    next_c = [nn.Linear(F, N)(a), c, level] >> nn.CAddTable() >> nn.Tanh()
    next_h = [nn.Linear(N, N)(h), b, next_c] >> nn.CAddTable() >> nn.Sigmoid()
    difference = nn.CMulTable()([next_c, next_h])
    next_state = gn.nest([next_c, next_h])
    gn.annotate_nodes()
    return gn.gModule([a, level, b, state], [difference, next_state, next_h])


@pytest.mark.parametrize("options", [{}, {"recompute": True}, {"lengths": True}, {"lengths": True, "reverse": True}])
def test_nested_states_several_inputs_outputs_and_constants(options) -> None:
    step = nested_step()
    layer = gn.Recurrence(step, {"next_state": "state"}, constants=["level"], final_states=True, **options)
    x: list[Any] = [real(T, B, F), real(B, N), real(T, B, N), [real(B, N, seed=1), real(B, N, seed=2)]]
    if "lengths" in options:
        x.append(np.array([2, T, 0, 3]))
    first, second, last = layer.forward(x)
    assert first.shape == second.shape == (T, B, N)
    assert [s.shape for s in last] == [(B, N), (B, N)]
    assert gn.check_gradients(layer, x).ok
    if not options:
        c, h = x[3]
        for t in range(T):
            y, (c, h), z = step.forward([x[0][t], x[1], x[2][t], [c, h]])
            assert_same([first[t], second[t]], [y, z])
        assert_same(last, [c, h])
    else:
        with_zeros = layer.forward([*x[:3], [np.zeros((B, N))] * 2, *x[4:]])
        assert_same(with_zeros, layer.forward([*x[:3], *x[4:]]))  # states left out


def test_a_state_as_long_as_the_input_gets_its_zeros_from_the_data() -> None:
    x, total = nn.Identity()(), nn.Identity()()
    next_total = nn.CAddTable()([x, total])
    layer = gn.Recurrence(gn.gModule([x, total], [next_total]), {next_total: total})
    assert_same(layer.forward(np.ones((T, B, F)))[-1], np.full((B, F), T))


def test_a_state_of_no_known_shape_must_be_given() -> None:
    x, kept = nn.Identity()(), nn.Identity()()
    same = nn.Identity()(kept)
    layer = gn.Recurrence(gn.gModule([x, kept], [x, same]), {same: kept}, final_states=True)
    with pytest.raises(ValueError, match=r"the shape of the state `kept`.* give the states"):
        layer.forward(np.ones((T, B, F)))
    assert_same(layer.forward([np.ones((T, B, F)), real(B, 1)])[1], real(B, 1))
    with pytest.raises(ValueError, match="cannot learn its initial states"):
        gn.Recurrence(layer.step, {same: kept}, initial="learned")


def test_indices_run_through_a_recurrence() -> None:
    net = gn.Recurrence(nn.char_rnn(5, 4), final_states=True)
    symbols = np.random.default_rng(0).integers(0, 5, (T, B))
    y, *_ = net.forward(symbols)
    assert y.shape == (T, B, 5)
    dx = net.backward(symbols, [np.ones_like(y), np.zeros((B, 4)), np.zeros((B, 4))])
    assert dx.shape == (T, B)
    assert not dx.any()


def test_integers_get_the_gradient_that_the_step_gives_them() -> None:
    x, level, prev_h = nn.Identity()(), nn.Identity()(), nn.Identity()()
    next_h = nn.Tanh()(nn.CAddTable()([nn.MulConstant(0.5)(x), level, prev_h]))
    step = gn.gModule([x, level, prev_h], [next_h])
    layer = gn.Recurrence(step, {next_h: prev_h}, constants=[level], truncate=1)
    whole, mask = np.arange(T * B * N).reshape(T, B, N) % 3, np.ones((B, N), bool)
    state = np.zeros((B, N))
    y = layer.forward([whole, mask, state])
    dx, dmask, _ = layer.backward([whole, mask, state], np.ones_like(y))
    expected = np.zeros((B, N))
    for t in range(T):
        step.forward([whole[t], mask, y[t - 1] if t else state])
        back = step.backward([whole[t], mask, y[t - 1] if t else state], np.ones((B, N)))
        assert_same(dx[t], back[0])
        expected += back[1]
    assert_same(dmask, expected)


def test_scalars_of_every_step_come_out_as_a_sequence() -> None:
    x, prev_h, target = nn.Identity()(), nn.Identity()(), nn.Identity()()
    next_h = nn.Tanh()(nn.CAddTable()([nn.Linear(F, N)(x), prev_h]))
    loss = nn.MSECriterion()([next_h, target])
    layer = gn.Recurrence(gn.gModule([x, target, prev_h], [next_h, loss]), {next_h: prev_h})
    losses = layer.forward([real(T, B, F), real(T, B, N)])
    assert losses.shape == (T,)
    assert gn.check_gradients(layer, [real(T, B, F), real(T, B, N)]).ok
    ragged = gn.Recurrence(layer.step, {next_h: prev_h}, lengths=True)
    with pytest.raises(
        ValueError, match=r"must have a row for each row of the batch; .*MSECriterion.* gave scalar for 4 rows"
    ):
        ragged.forward([real(T, B, F), real(T, B, N), np.ones(B, int)])


def test_one_mask_serves_all_steps_of_a_sequence() -> None:
    x, prev_h = nn.Identity()(), nn.Identity()()
    next_h = nn.CAddTable()([nn.Dropout(0.5, per_sequence=True)(x), nn.MulConstant(0.0)(prev_h)])
    every = nn.Dropout(0.5)(x)
    step = gn.gModule([x, prev_h], [next_h, every])
    layer = gn.Recurrence(step, {next_h: prev_h}, outputs=[next_h, every], lengths=True)
    gn.manual_seed(3)
    lengths = np.array([T, 2, 0, T])
    steady, changing = layer.forward([np.ones((T, B, 20)), lengths])
    for row, n in enumerate(lengths):
        assert (steady[:n, row] == steady[0, row]).all()
        assert n < T or (changing[:n, row] != changing[0, row]).any()
    assert set(np.unique(steady)) == {0, 2}
    again = layer.forward([np.ones((T, B, 20)), lengths])[0]
    assert (again != steady).any()  # a new sequence, a new mask
    layer.evaluate()
    assert (layer.forward([np.ones((T, B, 20)), lengths])[0][0, 0] == 1).all()


def dropping(recompute: bool = True) -> gn.Recurrence:
    x, prev_h = nn.Identity()(), nn.Identity()()
    dropped = nn.Dropout(0.5)(nn.Dropout(0.5, per_sequence=True)(x))
    next_h = nn.Tanh()(nn.CAddTable()([nn.Linear(F, N)(dropped), nn.Linear(N, N)(prev_h)]))
    return gn.Recurrence(gn.gModule([x, prev_h], [next_h]), {next_h: prev_h}, recompute=recompute)


def test_recomputing_draws_the_same_masks_again() -> None:
    layer, x = dropping(), real(T, B, F)
    assert gn.check_gradients(layer, x).ok
    gn.manual_seed(1)
    tape = layer.run(x)
    follows = gn.generator().bit_generator.state
    first, second = tape.backward(np.ones((T, B, N))), tape.backward(np.ones((T, B, N)))
    assert_same(first, second, 0)
    assert gn.generator().bit_generator.state == follows  # going back draws nothing from it
    assert (layer.forward(x) != tape.output).any()
    gn.manual_seed(1)
    assert_same(layer.forward(x), tape.output, 0)


def test_masks_are_the_same_again_whatever_other_threads_draw() -> None:
    layer, x, dy = dropping(), real(30, B, F), np.ones((30, B, N))
    differences: list[float] = []

    def work() -> None:
        for _ in range(15):
            tape = layer.run(x)
            differences.append(np.abs(tape.plan.pull(tape, dy, accumulate=False) - tape.backward(dy)).max())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(differences) == 60
    assert max(differences) == 0


def test_a_step_is_not_computed_again_in_another_mode() -> None:
    layer = dropping()
    tape = layer.run(real(T, B, F))
    layer.evaluate()
    with pytest.raises(RuntimeError, match="switched between training and evaluation"):
        tape.backward(np.ones((T, B, N)))


def test_looking_for_shapes_draws_nothing() -> None:
    gn.manual_seed(1)
    layer = dropping(recompute=False)
    layer.reset()
    before = gn.generator().bit_generator.state
    gn.infer_shapes(layer, (T, B, F))
    gn.Recurrence(layer.step, {layer.step.graph().outputs[0]: layer.step.graph().inputs[1]})
    assert gn.generator().bit_generator.state == before


def test_steps_of_the_drawing_may_be_recurrences_themselves() -> None:
    x, prev_h = nn.Identity()(), nn.Identity()()  # x of one step is T x B x F itself
    inner = gn.Recurrence(nn.rnn(F, N), final_states=True)(x)
    next_h = nn.Tanh()(nn.CAddTable()([inner[1], prev_h]))
    layer = gn.Recurrence(gn.gModule([x, prev_h], [next_h]), {next_h: prev_h})
    sequences = real(2, 3, B, F)
    with pytest.raises(ValueError, match=r"`prev_h`|does not fit|rows"):
        layer.forward([sequences, np.zeros((1, N))])
    assert gn.check_gradients(layer, real(2, B, B, F)).ok


# ---- a module like any other


def test_it_stands_in_chains_and_drawings() -> None:
    chain = nn.Sequential(gn.Recurrence(nn.lstm(F, N)), nn.Tanh(), gn.Recurrence(nn.rnn(N, 5)))
    assert chain.forward(real(T, B, F)).shape == (T, B, 5)
    assert gn.check_gradients(chain, real(T, B, F)).ok
    x = nn.Identity()()
    forwards, backwards = gn.Recurrence(nn.lstm(F, N))(x), gn.Recurrence(nn.lstm(F, N), reverse=True)(x)
    net = gn.gModule([x], [nn.JoinTable(-1)([forwards, backwards])])
    assert net.forward(real(T, B, F)).shape == (T, B, 2 * N)
    assert gn.check_gradients(net, real(T, B, F)).ok
    assert sum(p.size for p in net.parameters()) == 2 * 56
    assert len(net.find_modules("Recurrence")[0]) == 2


def test_the_same_step_in_two_recurrences_is_tied() -> None:
    step = nn.rnn(F, N)
    x = nn.Identity()()
    net = gn.gModule([x], [nn.CAddTable()([gn.Recurrence(step)(x), gn.Recurrence(step, reverse=True)(x)])])
    assert len(net.parameters()) == 4
    assert gn.check_gradients(net, real(T, B, F)).ok


def test_copies_files_modes_and_types(tmp_path) -> None:
    layer = gn.Recurrence(nn.lstm(F, N), final_states=True, initial="learned", truncate=4)
    layer.initial_1.value[...] = 0.5
    x = real(T, B, F)
    expected = layer.forward(x)
    gn.save(layer, tmp_path / "layer")
    copies = [layer.clone(), pickle.loads(pickle.dumps(layer)), gn.load(tmp_path / "layer")]
    for copied in copies:
        assert_same(copied.forward(x), expected, 0)
        assert repr(copied) == repr(layer)
        assert copied.truncate == 4
        copied.reset()
    assert_same(layer.forward(x), expected, 0)
    assert repr(layer).splitlines()[0] == "Recurrence(final_states=True, initial='learned', truncate=4)"
    assert all(not module.train for module in layer.evaluate().list_modules())
    layer.float()
    assert all(a.dtype == np.float32 for a in layer.forward(x))
    assert layer.backward(x, expected).dtype == np.float32


def test_a_step_that_was_cast_before_keeps_its_type() -> None:
    layer = gn.Recurrence(nn.lstm(F, N).float(), final_states=True)
    assert layer.type() == np.float32
    assert all(a.dtype == np.float32 for a in layer.forward(real(T, B, F)))

    class Outer(gn.Module):
        def __init__(self) -> None:
            self.inner = nn.lstm(F, N).float()

        def update_output(self, x: Any) -> Any:
            return x

    assert Outer().forward(real(T, F)).dtype == np.float32


def test_a_step_is_not_exchanged_for_one_of_another_kind() -> None:
    layer = gn.Recurrence(nn.lstm(F, N))
    layer.step = nn.rnn(F, N)
    with pytest.raises(ValueError, match="was given another step"):
        layer.forward(real(T, B, F))


def test_the_shape_of_a_recurrence_is_told_before() -> None:
    layer = gn.Recurrence(nn.lstm(F, N), final_states=True)
    assert gn.infer_shapes(layer, (7, 5, F)).output == [(7, 5, N), (5, N), (5, N)]
    assert gn.infer_shapes(layer).output == [(None, None, N), (None, N), (None, N)]
    turned = gn.Recurrence(nn.lstm(F, N), batch_first=True, lengths=True)
    assert gn.infer_shapes(turned, [("B", "T", F), ("B",)]).output == ("B", "T", N)
    x, prev_h = nn.Identity()(), nn.Identity()()
    next_h = gn.Recurrence(nn.rnn(F, N), final_states=True)([x, prev_h])[1]
    outer = gn.Recurrence(gn.gModule([x, prev_h], [next_h]), {next_h: prev_h})  # that of its state is told through it
    assert gn.check_gradients(outer, real(2, B, B, F)).ok


def test_several_threads_run_one_recurrence() -> None:
    layer = gn.Recurrence(nn.lstm(F, N))
    inputs = [real(20, B, F, seed=i) for i in range(4)]
    expected = [layer.run(x).output for x in inputs]
    found: dict[int, list[Any]] = {}

    def work(i: int) -> None:
        found[i] = [layer.run(inputs[i]).output for _ in range(10)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i in range(4):
        assert_same(found[i], [expected[i]] * 10, 0)


def test_every_step_of_a_run_can_be_looked_at() -> None:
    layer = gn.Recurrence(nn.lstm(F, N), lengths=True)
    tape = layer.run([real(T, B, F), np.array([T, 2, 3, 0])])
    record = tape[layer].saved
    assert len(record) == T
    assert_same(record.outputs("next_h"), tape.output)
    assert record.grad_outputs("next_h") is None
    tape.backward(np.ones((T, B, N)))
    assert record[2]["forget_gate"].output.shape == (2, N)  # two rows have a step 2
    norms = np.abs(record.grad_outputs("next_c")).sum((1, 2))
    assert norms.shape == (T,)
    assert (norms > 0).all()
    with pytest.raises(LookupError, match=r"no 'next_h'; .* of a step of Recurrence\(lengths=True\) are in its record"):
        tape["next_h"]
    with pytest.raises(IndexError, match="no step 6 in a run of 6"):
        record[T]
    frugal = gn.Recurrence(layer.step, recompute=True)
    with pytest.raises(LookupError, match="recompute=True"):
        frugal.run(real(T, B, F))[frugal].saved[0]


# ---- memory


def peak(layer: gn.Recurrence, x: np.ndarray) -> int:
    layer.run(x)  # plans are made
    tracemalloc.start()
    try:
        tape = layer.run(x)
        tape.backward(np.ones_like(tape.result()))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_grows_linearly_or_with_the_root() -> None:
    step = nn.lstm(8, 32)
    whole, frugal = gn.Recurrence(step), gn.Recurrence(step, recompute=True)
    short, long = real(100, 64, 8), real(400, 64, 8)
    grows, creeps = peak(whole, long) / peak(whole, short), peak(frugal, long) / peak(frugal, short)
    assert 3.5 < grows < 4.5
    around = 2 * (long.nbytes + 400 * 64 * 32 * 8) - 2 * (short.nbytes + 100 * 64 * 32 * 8)  # sequences in and out
    assert peak(frugal, long) - around < 2.6 * peak(frugal, short)
    assert creeps < grows


# ---- what may be, and was once refused or wrong


def test_final_states_alone() -> None:
    layer = gn.Recurrence(nn.lstm(F, N), outputs=[], final_states=True)
    whole = gn.Recurrence(layer.step, final_states=True)
    x = real(T, B, F)
    assert_same(layer.forward(x), whole.forward(x)[1:])
    assert gn.check_gradients(layer, x).ok
    with pytest.raises(ValueError, match="nothing would be put out"):
        gn.Recurrence(nn.lstm(F, N), outputs=[])


def test_gradients_of_integer_states_are_not_cut() -> None:
    x, count, prev_h = nn.Identity()(), nn.Identity()(), nn.Identity()()
    same = nn.Identity()(count)
    next_h = nn.Tanh()(nn.CAddTable()([x, nn.MulConstant(0.5)(count)]))
    y = nn.CAddTable()([next_h, prev_h])
    feedback = {same: count, next_h: prev_h}
    layer = gn.Recurrence(gn.gModule([x, count, prev_h], [same, next_h, y]), feedback, lengths=True)
    alone = gn.Recurrence(layer.step, feedback)
    given = [real(T, B, N), np.ones((B, N), int), real(B, N)]
    lengths = np.array([T, 1, 2, 3])
    layer.forward([*given, lengths])
    dcount = layer.backward([*given, lengths], np.ones((T, B, N)))[1]
    for row, n in enumerate(lengths):
        one = slice(row, row + 1)
        piece = [given[0][:n, one], given[1][one], given[2][one]]
        alone.forward(piece)
        assert_same(dcount[one], alone.backward(piece, np.ones((n, 1, N)))[1])


def test_outputs_without_rows_are_refused_with_lengths() -> None:
    x, prev_h = nn.Identity()(), nn.Identity()()
    next_h = nn.CAddTable()([x, prev_h])
    total = nn.Sum(0)(next_h)
    layer = gn.Recurrence(gn.gModule([x, prev_h], [next_h, total]), {next_h: prev_h}, lengths=True)
    for lengths in ([T] * 4, [T, 1, 2, 3], [0] * 4):
        with pytest.raises(ValueError, match=r"must have a row for each row of the batch; `total` = Sum"):
            layer.forward([real(T, B, 5), np.array(lengths)])


def test_a_constant_may_be_one_number_for_all_rows() -> None:
    x, factor, prev_h = nn.Identity()(), nn.Identity()(), nn.Identity()()

    class Times(gn.Module):
        def update_output(self, x: Any) -> Any:
            return x[0] * x[1]

        def update_grad_input(self, x: Any, y: Any, dy: Any) -> Any:
            return [dy * x[1], np.asarray((dy * x[0]).sum())]

    next_h = nn.CAddTable()([Times()([x, factor]), prev_h])
    layer = gn.Recurrence(gn.gModule([x, factor, prev_h], [next_h]), {next_h: prev_h}, constants=[factor], lengths=True)
    assert gn.check_gradients(layer, [real(T, B, N), np.array(2.0), np.array([T, 1, 0, 2])]).ok


def test_a_batch_of_empty_rows_does_not_look_at_its_padding() -> None:
    layer = gn.Recurrence(nn.char_rnn(5, 4), lengths=True)
    y = layer.forward([np.full((T, B), -1), np.zeros(B, int)])
    assert y.shape == (T, B, 5)
    assert not y.any()
    tape = layer.run([np.full((T, B), -1), np.zeros(B, int)])
    with pytest.raises(LookupError, match="has no steps"):
        tape[layer].saved.outputs("scores")


def test_lengths_may_be_a_list() -> None:
    layer = gn.Recurrence(nn.rnn(F, N), lengths=True)
    assert_same(layer.forward([real(T, B, F), [6, 0, 2, 3]]), layer.forward([real(T, B, F), np.array([6, 0, 2, 3])]))


class Choosy(gn.Module):
    """Works on positive numbers alone, and on batches of four."""

    def update_output(self, x: Any) -> Any:
        if not (x > 0).all() or len(x) != B:
            raise KeyError("choosy")
        return np.sqrt(x)

    def update_grad_input(self, x: Any, y: Any, dy: Any) -> Any:
        return dy / (2 * y)


def test_modules_that_do_not_work_on_zeros_are_no_reason_to_refuse() -> None:
    x, prev_h = nn.Identity()(), nn.Identity()()
    next_h = nn.Exp()(nn.MulConstant(0.2)(nn.CAddTable()([x, Choosy()(prev_h), nn.View(B, N)(prev_h)])))
    layer = gn.Recurrence(gn.gModule([x, prev_h], [next_h]), {next_h: prev_h})
    assert gn.check_gradients(layer, [real(2, B, N), np.ones((B, N))]).ok
    x, prev_h = nn.Identity()(), nn.Identity()()
    next_h = nn.CAddTable()([x, prev_h])
    joined = nn.JoinTable(1)([x, nn.Linear(F, N)(prev_h)])
    layer = gn.Recurrence(gn.gModule([x, prev_h], [next_h, joined]), {next_h: prev_h})
    assert layer.forward(real(T, B, F)).shape == (T, B, F + N)


# ---- what cannot be right


def step_of(n_fed: int) -> tuple[gn.gModule, dict[str, gn.Node]]:
    x, prev_h = nn.Identity()(), nn.Identity()()
    h2h = nn.Linear(n_fed, 2)(prev_h)
    next_h = nn.Tanh()(nn.CAddTable()([nn.Linear(3, 2)(x), h2h]))
    gn.annotate_nodes()
    return gn.gModule([x, prev_h], [next_h, h2h]), {"x": x, "prev_h": prev_h, "h2h": h2h, "next_h": next_h}


def test_feedback_that_does_not_fit_is_refused_with_both_lines() -> None:
    step, nodes = step_of(5)
    line = r"drawn at .*test_recurrence\.py:\d+"
    with pytest.raises(
        ValueError, match=rf"from `next_h` = .*{line} to `prev_h` = .*{line} does not fit: .*Linear\(5, 2\)"
    ):
        gn.Recurrence(step, {nodes["next_h"]: nodes["prev_h"]})


def test_feedback_of_another_shape_or_type_is_refused_while_running() -> None:
    x, prev = nn.Identity()(), nn.Identity()()
    next_ = nn.JoinTable(1)([x, prev])
    gn.annotate_nodes()
    layer = gn.Recurrence(gn.gModule([x, prev], [next_]), {next_: prev})
    with pytest.raises(ValueError, match=r"from `next_`.* to `prev`.* gives 4x5 of float64, the other took 4x2 of"):
        layer.forward([np.ones((T, B, 3)), np.ones((B, 2))])
    step, nodes = step_of(2)
    layer = gn.Recurrence(step, {nodes["next_h"]: nodes["prev_h"]})
    with pytest.raises(ValueError, match=r"gives 4x2 of float64, the other took 4x2 of int64"):
        layer.forward([real(T, B, 3), np.zeros((B, 2), int)])


def test_feedback_between_other_nodes_is_refused() -> None:
    step, nodes = step_of(2)
    other = nn.Identity()()
    next_h, prev_h, x, h2h = (nodes[name] for name in ("next_h", "prev_h", "x", "h2h"))
    for feedback, message in [
        (
            {other: prev_h},
            r"feedback to .*`prev_h`.*: `other` = .* is not an output of the step; its outputs are `next_h`",
        ),
        ({next_h: other}, r"feedback from .*`next_h`.*: `other` = .* is not an input of the step; its inputs are `x`"),
        ({next_h: prev_h, h2h: prev_h}, r"input `prev_h` = .* is fed twice: by `next_h` = .* and by `h2h` = "),
        ({"next_h": "previous"}, r"the step has no input named 'previous'; its inputs are `x`"),
        ({next_h: 3}, r"an input of the step is meant, as a node or by its name, not 3"),
        ({}, "feedback is empty"),
        ([next_h], "a dict of output nodes to input nodes, not list"),
        ({next_h: prev_h, h2h: x}, "no input that is a sequence"),
    ]:
        with pytest.raises((TypeError, ValueError), match=message):
            gn.Recurrence(step, feedback)
    with pytest.raises(ValueError, match=r"constants names `prev_h` = .*, but `next_h` = .* is fed back to it"):
        gn.Recurrence(step, {next_h: prev_h}, constants=[prev_h])
    with pytest.raises(ValueError, match=r"outputs names .* twice"):
        gn.Recurrence(step, {next_h: prev_h}, outputs=[h2h, "h2h"])
    with pytest.raises(TypeError, match="constants is a list of nodes or of their names, not None"):
        gn.Recurrence(step, {next_h: prev_h}, constants=None)
    with pytest.raises(TypeError, match=r"lengths is True or False, not \[3\]"):
        gn.Recurrence(step, {next_h: prev_h}, lengths=[3])
    unnamed = gn.gModule([a := nn.Identity()()], [nn.Tanh()(a)])
    with pytest.raises(ValueError, match=r"no feedback is given.*annotate_nodes"):
        gn.Recurrence(unnamed)
    with pytest.raises(TypeError, match="the step of a Recurrence is a gModule"):
        gn.Recurrence(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="initial is 'zero' or 'learned', not 'random'"):
        gn.Recurrence(step, {next_h: prev_h}, initial="random")
    with pytest.raises(ValueError, match="truncate must be at least 1"):
        gn.Recurrence(step, {next_h: prev_h}, truncate=0)


def test_inputs_that_cannot_be_right_are_refused() -> None:
    layer = gn.Recurrence(nn.lstm(F, N), lengths=True)
    x, lengths, state = real(T, B, F), np.full(B, T), np.zeros((B, N))
    for given, message in [
        (x, r"takes x, \[prev_c\], \[prev_h\], lengths, of which the states in brackets may all be left out"),
        ([x, state, lengths], "it was given a list of 3"),
        ([x, state, state, state, lengths], "it was given a list of 5"),
        ([x[0, 0], lengths], r"a sequence is TxBx..., with steps and rows; .* was given 3"),
        ([x[:0], lengths], "sequences of no steps; T must be at least 1"),
        ([x, state[:2], state, lengths], r"`prev_c`.* has shape 2x2, but the sequences have 4 rows"),
        ([x, lengths[:2]], "lengths are an array of 4 integers, one for each row"),
        ([x, lengths + 1], "a length is an integer from 0 to 6, the number of steps; not 7 of row 0"),
        ([x, lengths - 8], "not -2 of row 0"),
        ([x, lengths - 0.5], "not 5.5 of row 0"),
        ([x, np.array([1, np.nan, 2, 3])], "not nan of row 1"),
        ([x, lengths > 0], "not of bool"),
        ([x[..., :2], lengths], r"Linear\(3, 8\) takes an array of shape 3 or Bx3"),
    ]:
        with pytest.raises((TypeError, ValueError), match=message):
            layer.forward(given)
    with pytest.raises(ValueError, match="Linear") as raised:
        layer.forward([x[..., :2], lengths])
    assert any("at step 0 of 6" in note for note in raised.value.__notes__)
    assert any("i2h" in note and "drawn at" in note for note in raised.value.__notes__)
    two = gn.Recurrence(nested_step(), {"next_state": "state"}, constants=["level"])
    with pytest.raises(
        ValueError, match=r"all sequences must have the same T and B .* given 5x4x2 where others have T = 6"
    ):
        two.forward([x, real(B, N), real(T - 1, B, N)])
    with pytest.raises(ValueError, match=r"`level`.* has shape 3x2, but the sequences have 4 rows"):
        two.forward([x, real(3, N), real(T, B, N)])


def test_a_state_of_single_numbers_is_not_taken_for_rows() -> None:
    x, h = nn.Identity()(), nn.Identity()()
    scaled = nn.MV()([nn.View(8, 1)(h), nn.Narrow(0, 0, 1)(h)])
    next_h = nn.Linear(8, 8)(nn.CAddTable()([x, scaled]))
    layer = gn.Recurrence(gn.gModule([x, h], [next_h]), feedback={next_h: h})
    assert layer.forward([np.ones((3, 8)), np.ones(8)]).shape == (3, 8)
