"""Each transformation can be switched off alone: the numbers stay, and what it does is not done."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.compile.buffers import Extent
from graphnet.compile.layout import even_layout
from graphnet.compile.on_numpy import OnNumPy
from graphnet.compile.options import Options
from graphnet.compile.program import ColumnSums, Kernel, Outer, Product, Program
from graphnet.compile.rooms import placed
from graphnet.compile.specialisation import Specialisation
from tests.graphnet.compile.both import compare, programs_of, real

ALL = [field.name for field in fields(Options)]
SHAPE = (6, 5, 3)


def net() -> gn.Recurrence:
    gn.manual_seed(1)
    return gn.Recurrence(nn.stacked([nn.lstm(3, 4), nn.layer_norm_lstm(4, 4)]), final_states=True, lengths=True)


def made(**options: bool) -> Specialisation:
    (found,) = programs_of(compare(net(), [real(*SHAPE), np.array([3, 6, 0, 1, 5])], **options))
    return found


def count(program: Program, kind: Any, *, loop: bool) -> int:
    return sum(isinstance(o, kind) for part in program.parts if part.loop is loop for o in part.operations)


@pytest.mark.parametrize("code", [False, True])
@pytest.mark.parametrize(
    "off", [[name] for name in ALL if name != "machine_code"] + [[n for n in ALL if n != "machine_code"]]
)
def test_the_numbers_stay(off: list[str], code: bool) -> None:
    options = dict.fromkeys(off, False)
    made(**options, machine_code=code)
    compare(nn.lstm(3, 4), [real(5, 3), real(5, 4), real(5, 4)], **options, machine_code=code)
    compare(
        gn.Recurrence(nn.char_rnn(7, 4, 2, dropout=0.3)), np.arange(12).reshape(4, 3) % 7, **options, machine_code=code
    )


def test_fission_takes_out_of_the_loops_what_no_state_waits_for() -> None:
    with_it, without = made(), made(fission=False)
    assert count(with_it.forward, Product, loop=False) >= 1
    assert count(without.forward, Product, loop=False) == 0
    assert count(without.forward, Product, loop=True) > count(with_it.forward, Product, loop=True)


def test_postponing_takes_the_gradients_of_weights_out_of_the_loops() -> None:
    with_it, without = made(), made(postponing=False)
    for kind in (Outer, ColumnSums):
        assert count(with_it.backward, kind, loop=True) == 0
        assert count(without.backward, kind, loop=True) > 0


def test_fusion_makes_few_kernels() -> None:
    def kernels(made_of: Specialisation) -> int:
        return sum(isinstance(o, Kernel) for o in made_of.forward.operations())

    assert kernels(made()) * 2 < kernels(made(fusion=False))


def test_sharing_computes_what_is_equal_once() -> None:
    x = nn.Identity()()
    drawing = gn.gModule([x], [nn.CMulTable()([nn.Tanh()(x), nn.Sigmoid()(nn.Tanh()(x))])])

    def tanhs(**options: bool) -> int:
        (found,) = programs_of(compare(drawing, real(5, 3), **options))
        return sum(s.op == "tanh" for o in found.forward.operations() if isinstance(o, Kernel) for s in o.scalars())

    assert (tanhs(), tanhs(sharing=False)) == (1, 2)


def test_buffers_are_shared_and_shrunk_to_steps() -> None:
    def size(found: Specialisation) -> int:
        layout = even_layout(50, 20)
        return placed(found.forward, [found.backward], np.dtype("f8"), layout, shared=found.shares_room)[1]

    with_it, without = made(), made(buffers=False)
    for program in (without.forward, without.backward):
        assert all(b.extent is not Extent.STEP or b.role != "work" for b in program.buffers)
    assert size(with_it) < size(without)


def test_machine_code_is_left_out_on_request() -> None:
    assert isinstance(made(machine_code=False).backend, OnNumPy)
    assert not isinstance(made().backend, OnNumPy)
