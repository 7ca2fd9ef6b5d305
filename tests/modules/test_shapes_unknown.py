"""What modules say of shapes with sizes that are not known is what running gives, whatever these sizes are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import Module, ShapeError
from graphnet import modules as nn
from graphnet.nesting import leaves, map_nested
from graphnet.shapes import Either, as_shape, output_of, shape_of, written
from graphnet.sizes import UNKNOWN, Size
from tests.modules.test_shapes import assert_fits

MAKERS: list[Callable[[], Module]] = [
    lambda: nn.Reshape(6),
    lambda: nn.Reshape(2, 3),
    lambda: nn.Reshape(2, batch_mode=False),
    lambda: nn.Reshape(6, batch_mode=True),
    lambda: nn.Reshape(),
    lambda: nn.View(6),
    lambda: nn.View(2, 3),
    lambda: nn.View(-1, 2),
    lambda: nn.View(3, -1, n_input_dims=1),
    lambda: nn.View(2, n_input_dims=2),
    lambda: nn.Collapse(1),
    lambda: nn.Collapse(2),
    lambda: nn.Squeeze(),
    lambda: nn.Squeeze(1),
    lambda: nn.Squeeze(0, 1),
    lambda: nn.Squeeze(None, 2),
    lambda: nn.Unsqueeze(1),
    lambda: nn.Unsqueeze(-1, 1),
    lambda: nn.Replicate(2, 1, 1),
    lambda: nn.MergeLeading(2),
    lambda: nn.MergeLeading(1),
    lambda: nn.Narrow(0, 1, 2),
    lambda: nn.Narrow(-1, -2, 1),
    lambda: nn.Narrow(1, 1, -1),
    lambda: nn.Narrow(0, -3, -2),
    lambda: nn.Narrow(0, -1, 2),
    lambda: nn.Select(0, 2),
    lambda: nn.Select(-1, -3),
    lambda: nn.SplitTable(1),
    lambda: nn.SplitTable(0, 1),
    lambda: nn.Padding(0, -2, 1, index=2),
    lambda: nn.Padding(1, 3, index=1),
    lambda: nn.Transpose((0, -1), n_input_dims=1),
    lambda: nn.Sum(1),
    lambda: nn.Sum(-1, squeeze=False),
    lambda: nn.Max(0, 1),
    lambda: nn.Parallel(0, 0, nn.Linear(3, 2), nn.Tanh()),
    lambda: nn.Concat(-1, nn.Linear(3, 2), nn.Identity()),
    lambda: nn.Bottle(nn.Linear(3, 2)),
    lambda: nn.OneHot(3),
]
SIZES = (None, "B", 1, 3, 6)
SHAPES = [
    (),
    *[(n,) for n in SIZES],
    *product(SIZES, SIZES),
    (None, "B", 3),
    ("B", 2, 3),
    (1, None, 6),
    (0, 3),
    (None, 0),
]

SHAPES_IN_LISTS = [
    [("B", 3), (None, 2)],
    [("B", 3), ("B",)],
    [("B", 3), (3, None)],
    [(None, 1), (1, None)],
    [("B",), (None,)],
    [(3,), ()],
    [(None, "B", 2), (None,)],
    [("B", 2), (None, 3, 2)],
    [(None, 2), [(2, 1), ("B", 2)]],
    [[(3,), ("B",)], [(1,), (None, 2)]],
    [[("B", 3), ("B", 3)], [("B", 3)]],
]
MAKERS_OVER_LISTS: list[Callable[[], Module]] = [
    lambda: nn.JoinTable(0),
    lambda: nn.JoinTable(-1),
    lambda: nn.JoinTable(0, 1),
    lambda: nn.CSubTable(),
    lambda: nn.SelectTable(-1),
    lambda: nn.NarrowTable(0, 2),
    nn.FlattenTable,
    nn.ZipTable,
    nn.ZipTableOneToMany,
    nn.CAddTensorTable,
    lambda: nn.MapTable(nn.Linear(3, 2)),
    lambda: nn.MapTable(nn.Squeeze()),
    lambda: nn.RestoreLeading(),
    lambda: nn.RestoreLeading(2, 1),
    lambda: nn.Index(1),
    nn.MaskedSelect,
    nn.SelectTerminal,
    nn.ReverseSequence,
]


def numbered(shape: Any) -> Iterator[tuple[int, Any]]:
    """Yield what a shape may be: each unknown size another number from 1 on, B one from 2 on."""
    n_unknown = sum(size is None for part in leaves(shape) for size in part)
    for b, *others in product(range(2, 5), *[(1, 2, 3, 6)] * n_unknown):
        yield b, _with_numbers(shape, b, iter(others))


def _with_numbers(shape: Any, b: int, others: Iterator[int]) -> Any:
    return map_nested(lambda s: tuple(next(others) if n is None else b if n == "B" else n for n in s), shape)


def numbers_for(said: Any, b: int) -> Any:
    """Replace B by its number; assert_fits knows only one for it."""
    if said is None:
        return None
    if isinstance(said, Either):
        return Either([numbers_for(option, b) for option in said.options])
    if isinstance(said, list):
        return [numbers_for(part, b) for part in said]
    return tuple(UNKNOWN if at is None else at for at in (n if isinstance(n, int) else n.at({"B": b}) for n in said))


def ways(makers: list[Callable[[], Module]], shapes: list[Any]) -> Any:
    cases = [(make, shape) for make in makers for shape in shapes]
    return pytest.mark.parametrize(
        ("make", "shape"), cases, ids=[f"{m().label()}-{written(as_shape(s))}" for m, s in cases]
    )


def check(make: Callable[[], Module], shape: Any) -> None:
    module = make()
    try:
        said = output_of(module, as_shape(shape))
    except (ValueError, TypeError) as error:
        refused: Exception | None = error
    else:
        refused = None
    for b, sizes in numbered(shape):
        try:
            given = shape_of(module.run(map_nested(np.zeros, sizes)).output)
        except (ValueError, TypeError, IndexError):
            continue
        assert refused is None, (str(refused), sizes)
        assert_fits(numbers_for(said, b), given)


@ways(MAKERS, SHAPES)
def test_what_is_said_of_an_array_holds_for_all_sizes(make: Callable[[], Module], shape: Any) -> None:
    check(make, shape)


@ways(MAKERS_OVER_LISTS, SHAPES_IN_LISTS)
def test_what_is_said_of_a_list_holds_for_all_sizes(make: Callable[[], Module], shape: Any) -> None:
    check(make, shape)


SAID: list[tuple[Module, Any, str]] = [
    (nn.Narrow(0, 1, -2), ("T", 3), "T-2x3"),
    (nn.Narrow(0, -2, -1), (None, 3), "2x3"),
    (nn.Padding(1, -2), (2, "T"), "2xT+2"),
    (nn.MergeLeading(2), ("T", "B", 5), "B·Tx5"),
    (nn.Bottle(nn.Linear(5, 2)), ("T", "B", 5), "TxBx2"),
    (nn.RestoreLeading(2, 3), [None, ("T", "B", 5)], "TxBx?x?"),
    (nn.View(-1, 2), ("B", 4), "2·Bx2"),
    (nn.View(6), ("B", 2, 3), "Bx6"),
    (nn.View(6), (None, 2, 3), "Bx6 or 6"),
    (nn.Reshape(2, 3), (None, 6), "Bx2x3"),
    (nn.View(6), ("B", 3), "⌊(3·B)/6⌋x6 or 6"),
    (nn.Squeeze(), (None, 1, 3), "Bx3 or 3"),
    (nn.Squeeze(), ("B", 1, Size("T") - 1), "BxT-1 or B"),
    (nn.JoinTable(1), [("B", "n"), (None, 2)], "Bxn+2"),
    (nn.JoinTable(1), [("B", "n"), None], "Bx?"),
    (nn.SplitTable(1), ("B", 2), "[B, B]"),
    (nn.SplitTable(1), ("B", "n"), "?"),
    (nn.SelectTable(0), [None, (2,)], "?"),
    (nn.ZipTable(), [None, [(1,), (2,)]], "[[?, 1], [?, 2]]"),
    (nn.ZipTableOneToMany(), [None, [(1,), None]], "[[?, 1], [?, ?]]"),
    (nn.FlattenTable(), [(1,), None], "?"),
    (nn.MapTable(nn.Linear(3, 2)), [None, ("B", 3)], "[2 or Bx2, Bx2]"),
    (nn.Index(1), [("B", 3, 2), ("n",)], "Bxnx2"),
    (nn.MaskedSelect(), [("B", 3), None], "B"),
    (nn.LookupTable(5, 2), ("T", "B"), "TxBx2"),
    (nn.SelectTerminal(), [("T", None, 3), ("B",)], "Bx3"),
    (nn.SelectTerminal(), [("T", None, 3), [(), ()]], "2x3"),
    (nn.ReverseSequence(), [("T", "B", 3), None], "TxBx3"),
]


@pytest.mark.parametrize(("module", "shape", "said"), SAID, ids=[f"{m.label()}-{said}" for m, _, said in SAID])
def test_as_much_is_said_as_can_be(module: Module, shape: Any, said: str) -> None:
    shape = [as_shape(part) for part in shape] if isinstance(shape, list) else as_shape(shape)
    assert written(output_of(module, shape)) == said


T = Size("T")
REFUSED: list[tuple[Module, Any, str]] = [
    (nn.Narrow(1, 0, 2), (UNKNOWN,), "Narrow(1, 0, 2) needs an array with dimension 1; it was given B"),
    (nn.Narrow(0, -1, 3), (T, 2), "takes elements T-1 to T+1 of dimension 0, but there are T (0 to T-1)"),
    (nn.Narrow(1, 2, 2), (T, 3), "takes elements 2 to 3 of dimension 1, but there are 3 (0 to 2): it was given Tx3"),
    (nn.Select(1, 3), (T, 3), "Select(1, 3) needs an array with an element 3 of dimension 1; it was given Tx3"),
    (nn.Select(0, 0), [(3,)], "Select(0, 0) takes one array, not [3]"),
    (nn.Sum(0), [(3,)], "Sum(0) takes one array, not the list [3]"),
    (nn.Max(1), (T, 0), "Max(1) needs an element along dimension 1; it was given Tx0"),
    (nn.Replicate(2, 3), (T,), "there is no place 3 for a dimension in an array T"),
    (nn.Reshape(2, 3), (UNKNOWN, 5), "Reshape(2, 3) cannot read Bx5 as 2x3, or as a batch of them"),
    (nn.Reshape(2, 3), (T, 5), "Reshape(2, 3) cannot read Tx5, which has 5·T elements, as 2x3, or as a batch of them"),
    (nn.View(4), (3, 3), "View(4) cannot read 3x3, which has 9 elements, as 4, or as a batch of them"),
    (nn.JoinTable(0), [(T, 2), (UNKNOWN, 3)], "joins arrays that differ in dimension 0 alone; it was given [Tx2, Bx3]"),
    (nn.JoinTable(1), (T, 2), "JoinTable(1) takes a list of arrays, not Tx2"),
    (nn.SelectTable(2), [None, (T,)], "SelectTable(2) needs a list with an element 2; it was given [?, T]"),
    (nn.NarrowTable(1, 2), [None, (T,)], "needs a list with elements 1 to 2; it was given [?, T]"),
    (nn.ZipTable(), [None, (T,)], "ZipTable() takes a list of lists of one length; it was given [?, T]"),
    (nn.ZipTableOneToMany(), [None, (T,)], "takes a list of a value and a list; it was given [?, T]"),
    (nn.MapTable(nn.Tanh()), (T,), "takes a list, not an array of shape T"),
    (nn.CSubTable(), [None, None, None], "CSubTable() takes a list of two arrays; it was given [?, ?, ?]"),
    (
        nn.RestoreLeading(),
        [(T, 2), (T + 1, 2, 3)],
        "the first of size 2·T+2, for the rows of T+1x2x3; it was given Tx2",
    ),
    (nn.RestoreLeading(), (T,), "takes a list of two arrays: what was made, and of what; not T"),
    (nn.Index(2), [(T, 3), None], "Index(2) takes an array with a dimension 2, and n indices; it was given [Tx3, ?]"),
    (nn.MaskedSelect(), [(T, 3), (T, 2)], "takes an array and a mask of its shape; it was given [Tx3, Tx2]"),
    (nn.MaskedSelect(), (T, 3), "MaskedSelect() takes a list of two, an array and a mask; it was given Tx3"),
    (nn.OneHot(3), [(T,)], "OneHot(3) takes one array of indices, not [T]"),
    (nn.SelectTerminal(), (T, 3), "takes a list of sequences TxBx... and B lengths; it was given Tx3"),
    (nn.SelectTerminal(), [(T,), None], "takes a list of sequences TxBx... and B lengths; it was given [T, ?]"),
    (nn.ReverseSequence(), [(T, 3), (2,)], "lengths are an array of 3 integers, one for each row; it was given 2"),
    (nn.ReverseSequence(), (), "it was given a scalar"),
]


@pytest.mark.parametrize(("module", "shape", "text"), REFUSED, ids=[text for _, _, text in REFUSED])
def test_what_cannot_fit_is_refused_before_it_runs(module: Module, shape: Any, text: str) -> None:
    with pytest.raises((ValueError, TypeError), match=re.escape(text)):
        output_of(module, shape)


def test_a_gmodule_refuses_what_cannot_fit_when_it_is_closed() -> None:
    x = nn.Identity()()
    y = nn.Narrow(1, 2, 3)(nn.Bottle(nn.Linear(3, 4))(x))
    net = gn.gModule([x], [y])  # nothing is known of what a Bottle is given
    with pytest.raises(ShapeError, match=r"takes elements 2 to 4 of dimension 1, but there are 4"):
        net.output_shape(as_shape(("B", 3)))
    x = nn.Identity()()
    parts = nn.Linear(3, 4)(x)
    with pytest.raises(ShapeError, match=r"there is no dimension 2 in an array of shape Bx4"):
        gn.gModule([x], [nn.JoinTable(2)([parts, parts])])
