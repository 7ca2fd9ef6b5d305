"""What modules refuse before they run, in the words of a run; and what they take as long as it may be right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import Module
from graphnet import modules as nn
from graphnet.nesting import map_nested
from graphnet.shapes import as_shape, output_of, shape_of

REFUSED: list[tuple[Module, Any]] = [
    (nn.Sigmoid(), [(2,), (2,)]),
    (nn.Dropout(), [(2,)]),
    (nn.ZeroGrad(), [(2,)]),
    (nn.SoftMax(), (1, 2, 3, 4, 5)),
    (nn.LogSoftMax(), ()),
    (nn.PReLU(4), (2, 3, 4)),
    (nn.GatedLinearUnit(), (4, 3)),
    (nn.GatedLinearUnit(1), (4,)),
    (nn.AddConstant([1, 2]), (2, 3)),
    (nn.Add(3), (3, 4)),
    (nn.CMul(2, 1), (3, 4)),
    (nn.CAdd(3), (2, 2, 3)),
    (nn.LayerNormalization(3), (3, 4)),
    (nn.Normalize(2), (3, 0)),
    (nn.Euclidean(3, 2), (4, 2)),
    (nn.Linear(3, 2), (4, 2)),
    (nn.Linear(3, 2), [(3,)]),
    (nn.LinearWeightNorm(3, 2), [(3,)]),
    (nn.PartialLinear(3, 2), (2, 4, 3)),
    (nn.PartialLinear(3, 2), [(3,)]),
    (nn.Cosine(3, 2), [(3,)]),
    (nn.Bilinear(3, 2, 4), [(5, 3), (4, 2)]),
    (nn.MM(), [(2, 3), (2, 3)]),
    (nn.MM(trans_a=True), [(5, 2, 3), (4, 2, 3)]),
    (nn.MM(), (2, 3)),
    (nn.MV(), [(2, 3), (2,)]),
    (nn.DotProduct(), [(5, 3), (4, 3)]),
    (nn.CosineDistance(), [(2, 5, 3), (2, 5, 3)]),
    (nn.MixtureTable(), [(5, 3), [(5, 4)] * 2]),
    (nn.MixtureTable(), [(2,), [(4,), (5,)]]),
    (nn.MixtureTable(), [(2,), []]),
    (nn.MixtureTable(3), [(5, 2), (5, 2, 4)]),
    (nn.MSECriterion(), (5, 3)),
    (nn.MSECriterion(), [(5, 3), (5,)]),
    (nn.AbsCriterion(), [[(5, 3)], (5, 3)]),
    (nn.AbsCriterion(), [(2, 3), [(3,), (3,), (3,)]]),
    (nn.BCECriterion([1, 2]), [(4, 3), (4, 3)]),
    (nn.MarginCriterion(), [(5,), (4,)]),
    (nn.ClassNLLCriterion(), [(5, 3), (4,)]),
    (nn.ClassNLLCriterion(), [(5, 3), (5, 1)]),
    (nn.ClassNLLCriterion(), [(3,), (2,)]),
    (nn.ClassNLLCriterion(), [(2, 5, 3), (5,)]),
    (nn.ClassNLLCriterion([1, 2]), [(5, 3), (5,)]),
    (nn.MultiMarginCriterion(), [(5, 3), (4,)]),
    (nn.MultiLabelMarginCriterion(), [(5, 3), (5,)]),
    (nn.CosineEmbeddingCriterion(), [[(5, 3), (5, 3)], (4,)]),
    (nn.CosineEmbeddingCriterion(), [[(5, 3), (5, 4)], (5,)]),
    (nn.MarginRankingCriterion(), [[(5,), (5,)], (4,)]),
    (nn.L1HingeEmbeddingCriterion(), [[(5,), (5,)], (5,)]),
    (nn.DistanceRatioCriterion(), [(5,), (4,)]),
    (nn.L1Cost(), [(5,)]),
    (nn.SequenceCriterion(nn.MSECriterion()), [(4, 3, 2), (3, 4, 2)]),
    (nn.SequenceCriterion(nn.ClassNLLCriterion()), [(4, 3), (4, 3)]),
    (nn.SequenceCriterion(nn.ClassNLLCriterion()), [(4, 3, 2), (4, 3, 2)]),
    (nn.MultiCriterion().add(nn.MSECriterion()), [(5, 3), (3,)]),
    (nn.ParallelCriterion().add(nn.MSECriterion()), [[(5,)], (5,)]),
    (nn.ParallelCriterion().add(nn.MSECriterion()), [[(5,)], [(4,)]]),
]


@pytest.mark.parametrize(("module", "shape"), REFUSED, ids=lambda value: getattr(value, "label", lambda: None)())
def test_what_running_refuses_is_refused_before_in_its_words(module: Module, shape: Any) -> None:
    with pytest.raises((ValueError, TypeError)) as when_run:
        module.run(map_nested(np.ones, shape))
    with pytest.raises(type(when_run.value)) as before:
        output_of(module, shape)
    assert str(before.value) == str(when_run.value)


@pytest.mark.parametrize(
    ("module", "shape", "expected"),
    [
        (nn.GatedLinearUnit(), ("B", "F"), ("B", "⌊F/2⌋")),
        (nn.MM(), [("T", "B"), ("B", 4)], ("T", 4)),
        (nn.MM(), [("T", "B"), ("K", 4)], ("T", 4)),
        (nn.MM(), [None, (2, "B", 4)], (2, None, 4)),
        (nn.MV(), [(5, "T", 3), None], (5, "T")),
        (nn.Bilinear(3, 2, 4), [None, ("B", 2)], ("B", 4)),
        (nn.Bilinear(3, 2, 4), None, (None, 4)),
        (nn.DotProduct(), None, (None,)),
        (nn.DotProduct(), [None, ("B", 2)], ("B",)),
        (nn.MixtureTable(), [("B", 2), None], None),
        (nn.MixtureTable(), [None, [(None, 4), ("B", None)]], ("B", 4)),
        (nn.MixtureTable(1), [None, ("B", 2, 4)], ("B", 4)),
        (nn.MixtureTable(), [("B", 2), (None, 2, 4)], ("B", 4)),
        (nn.MSECriterion(), [("B", 3), (None, None)], ()),
        (nn.MSECriterion(), [("B", 3), [("C",), (3,)]], ()),  # a target may be a list of its rows
        (nn.MSECriterion(), None, ()),
        (nn.ClassNLLCriterion([1, 2]), [("B", "C"), None], ()),
        (nn.CosineEmbeddingCriterion(), [[("B", 3), None], ()], ()),  # B may be 1
        (nn.SequenceCriterion(nn.CrossEntropyCriterion()), [("T", None, 3), (None, "B")], ()),
        (nn.SequenceCriterion(nn.MSECriterion()), [None, None], ()),
        (nn.MultiCriterion(), [(5, 3), (3,)], ()),  # to which criterions may still be added
        (nn.ParallelCriterion(), [(5, 3), (3,)], ()),
        (nn.ParallelCriterion().add(nn.MSECriterion()), None, ()),
        (nn.ParallelCriterion(True).add(nn.MSECriterion()), [[("B", 3)], ("B", 3)], ()),
    ],
    ids=lambda value: getattr(value, "label", lambda: None)(),
)
def test_what_may_be_right_is_taken(module: Module, shape: Any, expected: Any) -> None:
    given = None if shape is None else map_nested(as_shape, shape)
    found = output_of(module, given)
    assert found is expected is None or tuple(map(str, found)) == tuple("?" if n is None else str(n) for n in expected)


def test_a_loss_that_cannot_be_is_refused_when_the_graph_is_closed() -> None:
    x, t = nn.Identity()(), nn.Identity()()
    loss = nn.MSECriterion()([nn.Linear(3, 2)(x), nn.Linear(3, 4)(t)])
    with pytest.raises(gn.ShapeError, match=r"MSECriterion\(\): the input is Bx2 but the target is Bx4"):
        gn.gModule([x, t], [loss])


def test_one_bias_for_all_keeps_a_number_without_dimensions() -> None:
    assert shape_of(nn.Add(1, True).run(np.array(2.0)).output) == ()
