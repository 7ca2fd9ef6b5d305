"""What a compiled net tells of what it runs, and the picture of its plan."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.cli import main
from graphnet.compile import division
from graphnet.compile import native as backend
from graphnet.compile.llvm.host import available
from graphnet.compile.program import Program
from graphnet.compile.timing import timed
from graphnet.inspect.compiled.parts import AsItIs, Compiled
from graphnet.random import generator_state
from graphnet.splicing import path_of

native = pytest.mark.skipif(not available(), reason="needs llvmlite")
BACKENDS = [pytest.param(True, marks=native, id="machine code"), pytest.param(False, id="NumPy")]
RNG = np.random.default_rng(0)


class Mine(gn.Module):
    """A module of a user's own, of which the compiler knows nothing."""

    def update_output(self, x: Any) -> Any:
        return np.sin(x)

    def update_grad_input(self, x: Any, y: Any, dy: Any) -> Any:
        return dy * np.cos(x)


class Slow(Mine):
    """Takes 2 ms forwards and 4 ms backwards."""

    def update_output(self, x: Any) -> Any:
        time.sleep(0.002)
        return super().update_output(x)

    def update_grad_input(self, x: Any, y: Any, dy: Any) -> Any:
        time.sleep(0.004)
        return super().update_grad_input(x, y, dy)


def step_of_mine() -> gn.Recurrence:
    x, h = nn.Identity()(), nn.Identity()()
    mine = Mine()(nn.Linear(4, 4)(h))
    next_h = nn.Tanh()(nn.CAddTable()([nn.Linear(3, 4)(x), mine]))
    gn.annotate_nodes()
    return gn.Recurrence(gn.gModule([x, h], [next_h]), feedback={next_h: h})


def lstm_of_mine() -> gn.Recurrence:
    x, prev_c, prev_h = (nn.Identity()() for _ in range(3))
    next_c, next_h = nn.lstm(3, 4)([Mine()(x), prev_c, prev_h]).split(2)
    gn.annotate_nodes()
    return gn.Recurrence(gn.gModule([x, prev_c, prev_h], [next_c, next_h]))


def on_numpy(net: gn.Module) -> gn.Module:
    return gn.compile(net, machine_code=False)


def only(found: gn.inspect.Explanation) -> Compiled:
    (part,) = found.parts
    assert isinstance(part, Compiled)
    return part


def kinds(part: Compiled, way: str) -> list[tuple[bool, list[str]]]:
    return [(stage.loop, [work.kind for work in stage.works]) for stage in part.ways[way].stages]


# ---- what runs


def test_all_between_matrix_products_is_one_kernel_that_names_its_nodes() -> None:
    net = on_numpy(nn.lstm(3, 2))
    part = only(net.explain([np.ones((4, 3)), np.ones((4, 2)), np.ones((4, 2))], repeats=1))
    i2h, h2h, kernel = part.forward.works()
    assert (i2h.kind, i2h.paths, i2h.sizes, i2h.operations) == ("product", ["i2h"], (4, 3, 8), 2 * 4 * 3 * 8)
    assert (h2h.kind, h2h.paths, h2h.sizes) == ("product", ["h2h"], (4, 2, 8))
    assert kernel.kind == "kernel"
    assert {"forget_gate", "in_gate", "next_c", "next_h"} <= {path_of(site) for site in kernel.sites}
    assert [path_of(site) for site in kernel.biases] == ["i2h", "h2h"]
    (back,) = (work for work in part.backward.works() if work.kind == "kernel")
    assert (back.number, back.paths) == (kernel.number, kernel.paths)


def test_stages_tell_what_runs_once_for_all_steps_and_what_in_loops() -> None:
    net = on_numpy(gn.Recurrence(nn.char_rnn(7, 4, 2)))
    found = net.explain(RNG.integers(0, 7, (6, 5)), repeats=1)
    part = only(found)
    assert (part.loop, part.n_steps, part.n_rows) == (True, 6, 5)
    assert kinds(part, "forward") == [
        (True, ["product", "kernel"]),
        (False, ["product"]),
        (True, ["product", "kernel"]),
        (False, ["product", "kernel"]),
    ]
    in_loops = [kind for loop, works in kinds(part, "backward") if loop for kind in works]
    assert in_loops == ["kernel", "product"] * 2, "the gradients of weights are postponed"
    once = [kind for loop, works in kinds(part, "backward") if not loop for kind in works]
    assert (once.count("weights"), once.count("table")) == (4, 1)
    for told in ("loop over 6 steps", "once, for all 6 steps, between loops", "once, for all 6 steps, after the loop"):
        assert told in str(found)


@pytest.mark.parametrize("options", [{}, {"fusion": False}, {"fission": False, "sharing": False}], ids=str)
@pytest.mark.parametrize("cell", [nn.lstm, nn.gru, nn.peephole_lstm, nn.layer_norm_lstm, nn.lstm_of_eight_linears])
def test_every_node_that_computes_is_in_an_operation(cell: Any, options: dict[str, bool]) -> None:
    net = gn.compile(gn.Recurrence(cell(3, 4)), machine_code=False, **options)
    part = only(net.explain(RNG.normal(size=(3, 2, 3)), repeats=1))
    told = {site[-1] for work in part.forward.works() for site in (*work.sites, *work.biases)}
    for call in net.step.plan().executed:
        assert call in told or not hasattr(call.module, "forward") or isinstance(call.module, nn.Identity), call.path()
    back = {path for work in part.backward.works() for path in work.paths}
    assert back >= {path_of((*part.sites[0], call)) for call in told}


def test_a_node_is_found_in_all_operations_that_it_takes_part_in() -> None:
    net = on_numpy(nn.Sequential(nn.Linear(3, 5), nn.Tanh()))
    found = net.explain(np.ones((2, 3)), repeats=1)
    assert [work.kind for work in found["[0] Linear(3, 5)"]] == [
        "product", "kernel", "kernel", "product", "biases", "weights",
    ]  # fmt: skip
    with pytest.raises(KeyError, match=r"no program has a node 'Tan'; there are \[0\] Linear\(3, 5\), \[1\] Tanh\(\)"):
        found["Tan"]


def test_equal_biases_are_summed_once_for_all_that_have_them() -> None:
    part = only(on_numpy(nn.lstm(3, 2)).explain([np.ones((4, n)) for n in (3, 2, 2)], repeats=1))
    (sums,) = (work for work in part.backward.works() if work.kind == "biases")
    assert sorted(sums.paths) == ["h2h", "i2h"]


def test_calls_that_could_not_be_compiled_tell_why() -> None:
    net = on_numpy(nn.Sequential(nn.Linear(3, 4), Mine(), nn.Linear(4, 2), nn.Tanh()))
    before, mine, after = net.explain(np.ones((5, 3)), repeats=1).parts
    assert isinstance(mine, AsItIs)
    assert [path_of(site) for site in mine.sites] == ["[1] Mine()"]
    assert mine.reasons == ("its module does not say what it does to rows",)
    assert isinstance(before, Compiled)
    assert isinstance(after, Compiled)
    assert [work.number for part in (before, after) for work in part.forward.works() if work.kind == "kernel"] == [1, 2]


@pytest.mark.parametrize("recompute", [False, True])
def test_a_recurrence_that_goes_step_by_step_tells_what_a_step_runs(recompute: bool) -> None:
    net = gn.Recurrence(nn.lstm(3, 4), recompute=True) if recompute else lstm_of_mine()
    found = on_numpy(net).explain(RNG.normal(size=(6, 5, 3)), repeats=1)
    (steps,) = found.parts
    assert isinstance(steps, AsItIs)
    assert steps.n_steps == 6
    inside = list(found.compiled())
    assert {part.n_times for part in inside} == {6}
    products = [work for part in inside for work in part.forward.works() if work.kind == "product"]
    assert all(work.operations == 6 * 2 * np.prod(work.sizes) for work in products)
    assert not steps.interpreted
    assert "step by step, 6 steps:" in str(found)


def test_a_recurrence_of_whose_step_nothing_is_worth_a_program_tells_so() -> None:
    found = on_numpy(step_of_mine()).explain(RNG.normal(size=(6, 5, 3)), repeats=1)
    (steps,) = found.parts
    assert isinstance(steps, AsItIs)
    assert steps.interpreted
    (inside,) = steps.parts
    assert isinstance(inside, AsItIs)
    assert len(inside.sites) == 7
    assert sorted(set(inside.reasons)) == [
        "a program of so few calls would cost more at each step than it saves",
        "its module does not say what it does to rows",
    ]
    text = str(found)
    assert "Recurrence(), step by step, 6 steps, each run by the interpreter:" in text
    assert "since it could not be one loop: mine: its module does not say what it does to rows" in text
    assert text.count("would cost more at each step than it saves") == 1, "nodes of one reason stand together"
    source = found.draw().source
    assert "step by step, 6 steps, interpreted" in source
    assert "called as it is: a program of so few calls would cost more" in source


def test_of_rows_that_have_ended_nothing_is_counted() -> None:
    net = on_numpy(gn.Recurrence(nn.rnn(3, 4), lengths=True))
    part = only(net.explain([np.ones((6, 5, 3)), np.array([3, 6, 0, 1, 5])], repeats=1))
    assert (part.n_steps, part.n_rows, part.n_places) == (6, 5, 15)
    (product,) = (
        work for work in part.forward.works() if work.paths == ["Recurrence(lengths=True)/h2h"] and work.sizes
    )
    assert product.operations == 2 * 15 * 4 * 4


# ---- when


def test_a_net_that_is_not_compiled_says_how_to_compile_it() -> None:
    with pytest.raises(TypeError, match=r"Tanh\(\) is run by the interpreter.*gn\.compile\(net\)\.explain\(x\)"):
        nn.Tanh().explain(np.ones((2, 2)))


def test_before_anything_has_run_there_is_nothing_to_explain() -> None:
    with pytest.raises(ValueError, match="nothing has run yet, so nothing is compiled: pass x, or call forward"):
        on_numpy(nn.Tanh()).explain()


def test_without_an_input_the_latest_forward_is_explained_without_times() -> None:
    net = on_numpy(nn.Sequential(nn.Linear(3, 4), nn.Tanh()))
    net.forward(np.ones((2, 3)))
    net.forward(np.ones((7, 3)))
    found = net.explain()
    assert only(found).n_rows == 7
    assert all(work.seconds is None for work in only(found).forward.works())
    assert "times are taken if an input is given" in str(found)


@native
def test_a_net_so_small_that_it_goes_a_shorter_way_is_explained_all_the_same() -> None:
    net = gn.compile(nn.lstm(3, 2))
    for _ in range(3):
        net.forward([np.ones((1, n)) for n in (3, 2, 2)])
    assert [work.kind for work in only(net.explain()).forward.works()] == ["product", "product", "kernel"]


@pytest.mark.parametrize("machine_code", BACKENDS)
def test_explaining_changes_nothing(machine_code: bool) -> None:
    norm = nn.BatchNormalization(4)
    net = gn.compile(nn.Sequential(nn.Linear(3, 4), norm, nn.Dropout(0.5), nn.Tanh()), machine_code=machine_code)
    x = RNG.normal(size=(6, 3))
    net.backward(x, net.forward(x))
    tape = net.tape
    gradients = [parameter.grad.copy() for parameter in net.parameters()]
    statistics, state = norm.running_mean.copy(), generator_state()
    schedules = {id(s): s.units for s in net.plan().schedules.values()}  # type: ignore[attr-defined]
    specialisations = {
        s: s.backend for units in schedules.values() for u in units if hasattr(u, "known") for s, _ in u.known.values()
    }
    net.explain(x, repeats=2)
    assert net.tape is tape
    assert generator_state() == state
    np.testing.assert_array_equal(norm.running_mean, statistics)
    for parameter, gradient in zip(net.parameters(), gradients, strict=True):
        np.testing.assert_array_equal(parameter.grad, gradient)
    assert {id(s): s.units for s in net.plan().schedules.values()} == schedules  # type: ignore[attr-defined]
    assert all(s.backend is before for s, before in specialisations.items())


# ---- times


@pytest.mark.parametrize("machine_code", BACKENDS)
def test_the_times_of_operations_make_up_that_of_their_program(
    machine_code: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "get_num_threads", lambda: 1)
    net = gn.compile(gn.Recurrence(nn.lstm(32, 64)), machine_code=machine_code)
    found = net.explain(RNG.normal(size=(50 if machine_code else 5, 32, 32)), repeats=3)
    part = only(found)
    for name, way in part.ways.items():
        seconds = [work.seconds for work in way.works()]
        assert all(s is not None and s > 0 for s in seconds)
        assert 0.3 * way.seconds < sum(seconds) <= 1.2 * way.seconds
        assert way.seconds <= part.seconds[name] * 1.2
    assert "GF/s" in str(found)
    assert all(seconds > 0 for seconds in found.seconds.values())


def test_what_is_called_as_it_is_has_its_time_too() -> None:
    _, slow, _ = on_numpy(nn.Sequential(nn.Linear(3, 4), Slow(), nn.Tanh())).explain(np.ones((5, 3)), repeats=3).parts
    assert 0.002 <= slow.seconds["forward"] < 0.02
    assert 0.004 <= slow.seconds["backward"] < 0.04


@pytest.mark.parametrize("machine_code", BACKENDS)
def test_programs_that_take_times_compute_the_same(machine_code: bool) -> None:
    net = gn.compile(gn.Recurrence(nn.gru(3, 4)), machine_code=machine_code)
    x = RNG.normal(size=(6, 5, 3))
    y = net.forward(x)
    dx = net.backward(x, y)
    ((unit,),) = (s.units for s in net.plan().schedules.values())  # type: ignore[attr-defined]
    ((specialisation, _),) = unit.known.values()
    specialisation.backend = watch = timed(specialisation.backend)
    np.testing.assert_array_equal(net.forward(x), y)
    np.testing.assert_array_equal(net.backward(x, y), dx)
    assert set(watch.seconds) == {*specialisation.forward.operations(), *specialisation.backward.operations()}


@native
def test_on_several_threads_times_are_their_average(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "get_num_threads", lambda: 2)
    net = gn.compile(gn.Recurrence(nn.lstm(64, 128)).float())
    part = only(net.explain(RNG.normal(size=(20, 32, 64)), repeats=2))
    assert part.forward.n_threads == 2
    assert sum(work.seconds for work in part.forward.works()) <= 1.2 * part.forward.seconds
    assert "2 threads" in str(net.explain(RNG.normal(size=(20, 32, 64)), repeats=1))


@native
def test_on_arm_the_clock_is_the_one_that_programs_may_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from graphnet.compile.llvm import target
    from graphnet.compile.llvm.lanes import Lanes
    from graphnet.compile.llvm.timed import TimedProgramCode

    arm = replace(target.host(), triple="aarch64-unknown-linux-gnu")
    monkeypatch.setattr(target, "host", lambda: arm)
    text = TimedProgramCode(Program([], []), {}, {}, Lanes(np.dtype(np.float32), 4)).text()
    assert "cntvct_el0" in text
    assert "readcyclecounter" not in text


@native
def test_names_of_nodes_are_no_part_of_the_code_so_that_equal_nets_share_it() -> None:
    def net(name: str) -> gn.Module:
        x = nn.Identity()()
        return gn.compile(gn.gModule([x], [nn.Tanh()(nn.Linear(3, 11)(x)).annotate(name=name)]))

    first, second = (only(net(name).explain(np.ones((2, 3)), repeats=1)) for name in ("one", "other"))
    assert first.n_compiled + first.n_from_disk <= 2
    assert (second.n_compiled, second.n_from_disk) == (0, 0)


# ---- buffers


@pytest.mark.parametrize("buffers", [True, False])
def test_buffers_and_their_bytes_are_those_of_the_rooms(buffers: bool) -> None:
    net = gn.compile(gn.Recurrence(nn.lstm(3, 4)), machine_code=False, buffers=buffers)
    x = RNG.normal(size=(6, 5, 3))
    part = only(net.explain(x, repeats=1))
    net.forward(x)
    (run,) = net.tape.own.saved.values()
    assert part.forward.memory.bytes == run.frame.room.bytes
    for way in part.ways.values():
        assert sum(buffer.bytes for buffer in way.memory.buffers) <= way.memory.apart
    assert (part.forward.memory.bytes < part.forward.memory.apart) == buffers
    kept = [buffer for buffer in part.forward.memory.buffers if buffer.role == "kept"]
    assert kept
    assert all("in kernel" in buffer.what for buffer in kept)
    assert "kept for the way back" in str(net.explain())


# ---- the picture


def test_the_picture_has_a_frame_for_each_kernel_and_each_stage() -> None:
    net = on_numpy(gn.Recurrence(nn.char_rnn(7, 4, 2)))
    source = net.explain(RNG.integers(0, 7, (6, 5)), repeats=1).draw(title="the plan").source
    assert source.count("subgraph") == 1 + 4 + 3
    for told in ("the plan", "<b>kernel 1</b>", "<b>kernel 2</b> of layer_2", "loop over 6 steps", "between loops"):
        assert told in source
    assert "30 × 4 × 16" in source, "the sizes of a product"
    kernel = source[source.index("<b>kernel 3</b>") :]
    assert "log_probabilities" in kernel[: kernel.index("}")]


def test_the_picture_shows_what_is_called_as_it_is_within_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(division, "WORTH_A_START", 1)
    source = on_numpy(step_of_mine()).explain(RNG.normal(size=(6, 5, 3)), repeats=1).draw().source
    assert "step by step, 6 steps" in source
    assert "its module does not say what it does to rows" in source
    assert "bias: kernel 1" in source, "a kernel that only adds biases stands in the boxes of their products"


def test_without_times_the_picture_tells_of_none() -> None:
    net = on_numpy(nn.Sequential(nn.Linear(3, 4), nn.Tanh()))
    net.forward(np.ones((2, 3)))
    source = net.explain().draw(theme="dark").source
    assert "kernel 1" in source
    assert "µs" not in source


def test_the_picture_of_a_plan_is_of_its_net_alone() -> None:
    net = on_numpy(nn.Sequential(nn.Linear(3, 4), nn.Tanh()))
    found = net.explain(np.ones((2, 3)), repeats=1)
    with pytest.raises(ValueError, match="the explanation is of Sequential"):
        nn.Tanh().draw(explanation=found)
    with pytest.raises(ValueError, match="leave out runs, steps, shapes and numbers"):
        found.draw(show="parameters")


def test_the_command_prints_and_draws_a_plan(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "plan.dot"
    shapes = [part for n in (3, 2, 2) for part in ("--shape", f"4x{n}")]
    assert main(["explain", "graphnet.modules:lstm", "3", "2", *shapes, "--repeats", "1", "--out", str(file)]) == 0
    assert "18 calls as one program for 4 rows" in capsys.readouterr().out
    assert "kernel 1" in file.read_text(encoding="utf-8")
