"""A compiled net is the same object from the user's side."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.compile import specialisation
from graphnet.compile.executor import CompiledPlan
from graphnet.compile.layout import Layout
from graphnet.compile.rooms import placed
from tests.compiled import same
from tests.graphnet.compile.both import assert_same, compare, like, programs_of, real, there_and_back, units_of


def mlp() -> gn.Module:
    gn.manual_seed(3)
    return nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 4), nn.LogSoftMax())


def layer(**options: bool) -> gn.Recurrence:
    gn.manual_seed(3)
    return gn.Recurrence(nn.lstm(3, 4), **options)


def test_it_is_of_the_same_class_and_has_the_same_parameters() -> None:
    for net in (mlp(), layer(), nn.gru(3, 4)):
        compiled = gn.compile(net)
        assert type(compiled) is type(net)
        assert compiled is not net
        assert all(a is b for a, b in zip(compiled.parameters(), net.parameters(), strict=True))
        assert repr(compiled) == repr(net)


def test_the_net_itself_stays_interpreted() -> None:
    net = mlp()
    gn.compile(net).forward(real(2, 3))
    net.forward(real(2, 3))
    assert not isinstance(net.plan(), CompiledPlan)


def test_what_cannot_be_compiled_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="compile takes a net, a module with all that is in it; it was given 3"):
        gn.compile(3)  # type: ignore[type-var]
    with pytest.raises(TypeError, match=r"compile knows the transformations fission, .*; not fision"):
        gn.compile(mlp(), fision=False)
    with pytest.raises(TypeError, match="compile's fission is True or False, not 0"):
        gn.compile(mlp(), fission=0)  # type: ignore[arg-type]


@pytest.mark.parametrize("cast", [gn.Module.float, gn.Module.double])
@pytest.mark.parametrize("n_rows", [0, 1, 2, 33])
def test_a_drawing_is_one_program_for_any_number_of_rows(cast, n_rows: int) -> None:
    net = cast(mlp())
    compiled = compare(net, real(5, 3))
    assert_same(compiled, net, real(n_rows, 3))
    assert units_of(compiled) == ["Fused 4"]
    assert len(list(programs_of(compiled))) == 1


def test_gradients_accumulate_scaled() -> None:
    net = mlp()
    compiled, x = gn.compile(net), real(4, 3)
    *_, once = there_and_back(net, x, 1.0)
    for scale in (1, 0.5, -2, 0):
        compiled.backward(x, like(compiled.forward(x)), scale)
    same([p.grad for p in net.parameters()], [-0.5 * g for g in once], "the gradient", 1.0)


def test_arrays_of_any_layout_and_lists_of_numbers_give_the_same() -> None:
    net = mlp()
    compiled = gn.compile(net)
    for _ in range(2):  # the second one may take a shorter way
        for x in (
            real(3, 6).T[::2],
            np.asfortranarray(real(4, 3)),
            real(4, 3).astype("f4"),
            np.arange(6).reshape(2, 3),
        ):
            assert_same(compiled, net, x)


def test_what_the_user_was_given_is_never_overwritten() -> None:
    for net, x, other in ((mlp(), real(4, 3), real(4, 3, seed=1)), (layer(), real(6, 4, 3), real(6, 4, 3, seed=1))):
        compiled = gn.compile(net)
        first = there_and_back(compiled, x)
        kept = copy.deepcopy(first)
        for _ in range(3):
            there_and_back(compiled, other)
        same(first, kept, "what was given before")
        first[0][...] = np.nan  # and writing to it does no harm
        first[1][...] = np.nan
        same(there_and_back(compiled, x), kept, "what is given later")


def test_the_input_is_copied_before_the_backward_needs_it() -> None:
    net, x = mlp(), real(4, 3)
    expected = there_and_back(net, x)
    compiled = gn.compile(net)
    for _ in range(2):
        own = x.copy()
        tape = compiled.run(own)
        own[...] = np.nan
        dx = tape.backward(like(tape.output), 0.5)
        same([tape.output, dx, [p.grad for p in net.parameters()]], expected, "a run whose input was changed", 1.0)
        net.zero_grad_parameters()


def test_another_input_for_the_backward_is_an_error() -> None:
    compiled, x = gn.compile(mlp()), real(4, 3)
    y = compiled.forward(x)
    with pytest.raises(ValueError, match="with other numbers than the latest forward saw"):
        compiled.backward(x + 1, y)
    with pytest.raises(RuntimeError, match="needs a forward"):
        gn.compile(mlp()).backward(x, y)


@pytest.mark.parametrize(
    ("net", "right", "wrong"),
    [
        (mlp, real(4, 3), real(4, 2)),
        (mlp, real(4, 3), [real(4, 3)]),
        (layer, real(6, 4, 3), real(6, 4, 2)),
        (layer, real(6, 4, 3), [real(6, 4, 3), real(4, 5), real(4, 4)]),
        (lambda: layer(lengths=True), [real(6, 4, 3), np.array([1, 2, 3, 4])], [real(6, 4, 3), np.array([1, 2, 3, 7])]),
        (lambda: gn.Recurrence(nn.char_rnn(7, 4, 2)), np.full((3, 2), 6), np.full((3, 2), 7)),
        (lambda: nn.LookupTable(7, 4), np.array([6, 0]), np.array([0, -1])),
    ],
)
def test_errors_are_those_of_the_interpreter(net, right, wrong) -> None:
    plain = net()
    compiled = gn.compile(plain)
    with pytest.raises(Exception) as expected:
        plain.forward(wrong)
    for n_before in (0, 2):  # which may take a shorter way the second time
        for _ in range(n_before):
            compiled.forward(right)
        with pytest.raises(type(expected.value)) as found:
            compiled.forward(wrong)
        assert str(found.value) == str(expected.value)
        assert getattr(found.value, "__notes__", []) == getattr(expected.value, "__notes__", [])
    assert_same(compiled, plain, right)
    with pytest.raises(ValueError, match="the gradient of the output"):
        compiled.backward(right, real(1, 1))


def test_copies_are_compiled_and_have_parameters_of_their_own() -> None:
    for net, x in ((mlp(), real(4, 3)), (layer(), real(6, 4, 3))):
        compiled = gn.compile(net)
        expected = there_and_back(compiled, x)
        for other in (compiled.clone(), copy.deepcopy(compiled), pickle.loads(pickle.dumps(compiled))):
            assert isinstance(other.plan(), CompiledPlan)
            same(there_and_back(other, x), expected, "a copy's", 1.0)
            other.parameters()[0].value += 1
        same(there_and_back(compiled, x), expected, "the net's own", 1.0)


def test_files_hold_the_net_alone(tmp_path: Path) -> None:
    net = layer()
    compiled, x = gn.compile(net), real(6, 4, 3)
    compiled.write(tmp_path / "net")
    again = gn.Module.read(tmp_path / "net")
    assert type(again) is gn.Recurrence
    assert not isinstance(again.plan(), CompiledPlan)
    assert_same(gn.compile(again), net, x)


def test_it_stands_in_other_drawings() -> None:
    net = mlp()
    compiled = gn.compile(net)

    def around(inner: gn.Module) -> gn.gModule:
        x = nn.Identity()()
        return gn.gModule([x], [nn.Tanh()(inner(x))])

    outer, plain = around(compiled), around(net)
    assert_same(outer, plain, real(4, 3))
    assert_same(gn.compile(outer), plain, real(4, 3))


def test_several_threads_run_it_at_once() -> None:
    net = layer()
    compiled = gn.compile(net)
    xs = [real(5, n, 3, seed=n) for n in (1, 2, 3, 4)]
    expected = [there_and_back(net, x, 1.0) for x in xs]
    failures: list[BaseException] = []

    def work(k: int) -> None:
        try:
            for _ in range(10):
                tape = compiled.run(xs[k])
                dx = tape.backward(like(tape.output))
                same([tape.output, dx], expected[k][:2], f"a run of thread {k}", 1.0)
        except BaseException as error:  # noqa: BLE001  # told below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(len(xs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[0]
    totals = [10 * sum(arrays) for arrays in zip(*(gradients for *_, gradients in expected), strict=True)]
    same([p.grad for p in net.parameters()], totals, "the sum of all threads' gradients", 1.0)


def test_memory_is_used_again() -> None:
    compiled, x = gn.compile(layer()), real(50, 20, 3)
    tracemalloc.start()
    for _ in range(3):
        there_and_back(compiled, x)
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(50):
        there_and_back(compiled, x)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 50_000  # the room of one run takes more


def test_tapes_of_many_sizes_keep_no_rooms() -> None:
    compiled = gn.compile(layer())
    for n_steps in range(1, 30):
        there_and_back(compiled, real(n_steps, 4, 3))
    (made,) = programs_of(compiled)
    assert all(len(rooms) <= 2 for rooms in made.free.values())


def test_where_buffers_lie_is_found_once_for_each_number_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[tuple[int, int]] = []

    def counted(program: object, others: object, dtype: object, layout: Layout, **named: object) -> object:
        found.append((layout.n_all, layout.n_rows))
        return placed(program, others, dtype, layout, **named)

    monkeypatch.setattr(specialisation, "placed", counted)
    net = layer(lengths=True, final_states=True)
    compiled = gn.compile(net)
    for lengths in ([4, 2], [1, 4], [4, 2], [2, 3], [3, 2], [1, 4]):
        assert_same(compiled, net, [real(4, 2, 3), np.array(lengths)])
    assert sorted(found) == [(5, 2), (5, 2), (6, 2), (6, 2)]  # there and back


def test_places_of_few_numbers_of_rows_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specialisation, "PLACES_KEPT", 4)
    compiled = gn.compile(layer())
    for n_steps in range(1, 12):
        there_and_back(compiled, real(n_steps, 4, 3))
    (made,) = programs_of(compiled)
    assert len(made._places) <= 4
