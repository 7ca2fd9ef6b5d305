"""Recurrences that are not one loop: what of a step is worth a program is compiled, the interpreter runs the rest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.compile import rooms, specialisation
from graphnet.inspect.compiled.parts import AsItIs, Compiled
from tests.compiled import same
from tests.graphnet.compile.both import assert_same, compare, real, schedule_of, units_of, units_of_step

ATTENTIONS = {
    "additive": nn.attention(4, 3, 5),
    "dot product": nn.dot_product_attention(3),
}


def attending(cell: Any, kind: str = "dot product", **options: Any) -> gn.Recurrence:
    n = 4 if kind == "additive" else 3
    step = nn.attending(cell(2 + 3, n), ATTENTIONS[kind].clone())
    return gn.Recurrence(step, outputs=["next_h", "weights"], constants=["memory"], **options)


def given(n_steps: int = 6, n_rows: int = 5, n_entries: int = 7) -> list[Any]:
    return [real(n_steps, n_rows, 2), real(n_rows, n_entries, 3)]


@pytest.mark.parametrize("kind", ATTENTIONS)
@pytest.mark.parametrize("options", [{}, {"lengths": True, "final_states": True}, {"recompute": True}, {"truncate": 2}])
def test_with_attention_the_cell_is_one_program_and_the_rest_is_called_as_it_is(
    kind: str, options: dict[str, Any]
) -> None:
    net = attending(nn.lstm, kind, **options)
    x = [*given(), np.array([3, 6, 0, 1, 5])] if "lengths" in options else given()
    compiled = compare(net, x, machine_code=False)
    assert units_of(compiled) == ["Steps 1"]
    hooks, cell = units_of_step(compiled)
    assert (hooks.split()[0], cell) == ("Hooks", "Fused 16")
    for other in (given(4, 2, 3), given(9, 1, 1)):
        assert_same(compiled, net, [*other, np.arange(len(other[1]))] if "lengths" in options else other)


def test_a_small_cell_with_attention_is_run_by_the_interpreter() -> None:
    net = attending(nn.rnn)
    compiled = compare(net, given(), machine_code=False)
    (hooks,) = units_of_step(compiled)
    assert hooks == f"Hooks {len(net.step.plan().executed)}"
    run = compiled.run(given()).own.saved.popitem()[1]  # type: ignore[attr-defined]
    assert {type(tape) for tape in run.tapes.values()} == {gn.tape.Tape}


@pytest.mark.parametrize("cell", [nn.rnn, nn.lstm])
def test_what_is_around_such_a_recurrence_stays_compiled(cell: Any) -> None:
    x, queries = nn.Identity()(), nn.Identity()()
    memory = gn.Recurrence(nn.gru(2, 3), batch_first=True)(x)
    written = attending(cell)([queries, memory])
    net = gn.gModule([x, queries], [gn.Recurrence(nn.rnn(3, 4))(written[0])])
    x = [real(5, 7, 2), real(6, 5, 2)]
    compiled = compare(net, x, machine_code=False)
    units = [unit for unit in units_of(compiled) if unit in ("Loop 1", "Steps 1")]
    assert units == ["Loop 1", "Steps 1", "Loop 1"]
    parts = compiled.explain(x, repeats=1).parts
    assert len([part for part in parts if isinstance(part, Compiled) and part.loop]) == 2
    (steps,) = (part for part in parts if isinstance(part, AsItIs) and part.n_steps)
    assert steps.interpreted == (cell is nn.rnn)
    assert steps.seconds["forward"] > 0
    assert not any(part.interpreted for part in parts if isinstance(part, AsItIs) and part is not steps)


@pytest.mark.parametrize("cell", [nn.rnn, nn.lstm])
def test_tapes_have_what_is_within_the_steps(cell: Any) -> None:
    net = attending(cell)
    compiled = gn.compile(net, machine_code=False)
    y = net.forward(given())
    net.backward(given(), y)
    tape = compiled.run(given())
    tape.backward(y)
    (found,), (expected,) = tape.entries(), net.tape.entries()
    same(found.saved.outputs("weights"), expected.saved.outputs("weights"), "the weights of attention")
    for t in (0, 3, 5):
        for path in ("attention/scores", "cell/h2h", "x_and_context"):
            one, other = found.saved[t][path], expected.saved[t][path]
            same([one.output, one.grad_output], [other.output, other.grad_output], f"{path} at step {t}")


@pytest.mark.parametrize("cell", [nn.rnn, nn.lstm])
def test_states_are_carried_from_piece_to_piece(cell: Any) -> None:
    net = attending(cell, final_states=True)
    stream = gn.Stream(gn.compile(net, machine_code=False))
    x, memory = given(9)
    whole = net.forward([x, memory])[:2]
    pieces = [stream.forward([x[k : k + 3], memory]) for k in (0, 3, 6)]
    for k, name in enumerate(("next_h", "weights")):
        same(np.concatenate([piece[k] for piece in pieces]), whole[k], name)


@pytest.mark.parametrize("cell", [nn.rnn, nn.lstm])
@pytest.mark.parametrize("steady", [False, True])
def test_random_numbers_are_those_of_the_interpreter(cell: Any, steady: bool) -> None:
    x, memory, *states = (nn.Identity()() for _ in range(4 if cell is nn.lstm else 3))
    dropped = nn.Dropout(0.5)(x) if not steady else nn.Dropout(0.5, per_sequence=True)(x)
    inner = nn.attending(cell(2 + 3, 3), nn.dot_product_attention(3))
    *following, context, weights = inner([dropped, memory, *states]).split(len(states) + 2)
    step = gn.gModule([x, memory, *states], [*following, nn.Dropout(0.3)(context), weights])
    net = gn.Recurrence(step, dict(zip(following, states, strict=True)), constants=[memory])
    compare(net, given(), machine_code=False)


def test_errors_name_the_node_and_the_step() -> None:
    net = attending(nn.rnn)
    compiled = gn.compile(net, machine_code=False)
    compiled.forward(given())
    wrong = [real(6, 5, 2), real(5, 7, 4)]
    with pytest.raises(ValueError, match="MV") as expected:
        net.forward(wrong)
    with pytest.raises(ValueError, match="MV") as found:
        compiled.forward(wrong)
    assert found.value.__notes__ == expected.value.__notes__


# ---- rooms


def test_programs_of_steps_find_the_rooms_of_the_last_run(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    class Counted(rooms.Room):
        def __init__(self, *rest: Any) -> None:
            super().__init__(*rest)
            made.append(self)

    monkeypatch.setattr(specialisation, "Room", Counted)
    net = gn.compile(attending(nn.lstm, lengths=True), machine_code=False)
    x = [*given(), np.array([3, 6, 2, 1, 5])]
    for _ in range(2):
        net.backward(x, net.forward(x))
    first = len(made)
    assert first >= 6, "each step has a room until the way back"
    for _ in range(4):
        net.backward(x, net.forward(x))
    assert len(made) == first


def test_of_large_rooms_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    net = gn.compile(attending(nn.lstm), machine_code=False)
    net.forward(given())
    (steps,) = schedule_of(net).units
    (inner,) = steps.plan.schedules.values()  # type: ignore[attr-defined]
    ((made, _),) = inner.units[-1].known.values()

    def kept() -> int:
        net.forward(given())
        del net.plan().latest.tape
        net.plan().latest.tape = None
        return len(made.free[made.forward])

    assert kept() >= 6
    monkeypatch.setattr(rooms, "BYTES_OF_STEPS", 1)
    made.free[made.forward].clear()
    assert kept() == rooms.ROOMS_KEPT
