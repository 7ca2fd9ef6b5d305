"""Rows of modules that are neither criterions nor drawings."""

from __future__ import annotations

import numpy as np

from graphnet import modules as nn
from tests.modules.rows.row import Row, positive, real, whole

ROWS: dict[str, list[Row]] = {
    "Abs": [Row(nn.Abs, lambda b, f: real(b, f), "Abs()")],
    "Add": [
        Row(lambda: nn.Add(3), lambda b, f: real(b, 3), "Add(3)", 3),
        Row(lambda: nn.Add(3), lambda b, f: real(3), "Add(3)", 3),
        Row(lambda: nn.Add(1, True), lambda b, f: real(b, f, 2), "Add(1, scalar=True)"),
    ],
    "AddConstant": [
        Row(lambda: nn.AddConstant(1.5), lambda b, f: real(b, f, 2), "AddConstant(1.5)"),
        Row(lambda: nn.AddConstant([1, -1]), lambda b, f: real(b, 2), "AddConstant([1, -1])", 2),
    ],
    "Bilinear": [
        Row(lambda: nn.Bilinear(3, 2, 4), lambda b, f: [real(b, 3), real(b, 2)], "Bilinear(3, 2, 4)", 3),
        Row(
            lambda: nn.Bilinear(2, 2, 1, False),
            lambda b, f: [real(b, 2), real(b, 2) + 1],
            "Bilinear(2, 2, 1, bias=False)",
            2,
        ),
    ],
    "Bottle": [
        Row(lambda: nn.Bottle(nn.Linear(3, 2)), lambda b, f: real(f, b, 3), "Bottle()", 3),
        Row(lambda: nn.Bottle(nn.Linear(3, 2)), lambda b, f: real(b, 3), "Bottle()", 3),
        Row(lambda: nn.Bottle(nn.Sum(1), 2, 1), lambda b, f: real(2, f, b, 3), "Bottle(2, 1)"),
        Row(lambda: nn.Bottle(nn.LookupTable(5, 2), 1, 2), lambda b, f: whole(5, f, b), "Bottle(1, 2)"),
    ],
    "CAdd": [
        Row(lambda: nn.CAdd(3), lambda b, f: real(b, 3), "CAdd(3)", 3),
        Row(lambda: nn.CAdd(1, 3), lambda b, f: real(b, 3), "CAdd(1, 3)", 3),
    ],
    "CAddTable": [
        Row(nn.CAddTable, lambda b, f: [real(b, f), real(b, f) + 1], "CAddTable()"),
        Row(nn.CAddTable, lambda b, f: [real(f), real(f), real(f)], "CAddTable()"),
        Row(nn.CAddTable, lambda b, f: [real(f)], "CAddTable()"),
    ],
    "CAddTensorTable": [
        Row(nn.CAddTensorTable, lambda b, f: [real(b, f), [real(b, f) + 1, real(b, f) + 2]], "CAddTensorTable()"),
    ],
    "CDivTable": [Row(nn.CDivTable, lambda b, f: [real(b, f), positive(b, f)], "CDivTable()")],
    "CMaxTable": [
        Row(nn.CMaxTable, lambda b, f: [real(b, f), -real(b, f), real(b, f) + 0.1], "CMaxTable()"),
        Row(nn.CMaxTable, lambda b, f: [real(f)], "CMaxTable()"),
    ],
    "CMinTable": [
        Row(nn.CMinTable, lambda b, f: [real(b, f), -real(b, f), real(b, f) + 0.1], "CMinTable()"),
        Row(nn.CMinTable, lambda b, f: [real(f)], "CMinTable()"),
    ],
    "CMul": [
        Row(lambda: nn.CMul(3), lambda b, f: real(b, 3), "CMul(3)", 3),
        Row(lambda: nn.CMul(3), lambda b, f: real(3), "CMul(3)", 3),
        Row(lambda: nn.CMul(3, 1), lambda b, f: real(b, 3, f), "CMul(3, 1)"),
        Row(lambda: nn.CMul(1, 1), lambda b, f: real(b, f), "CMul(1, 1)"),
    ],
    "CMulTable": [
        Row(nn.CMulTable, lambda b, f: [real(b, f), real(b, f) + 1], "CMulTable()"),
        Row(nn.CMulTable, lambda b, f: [real(f), real(f) + 1, real(f) + 2], "CMulTable()"),
        Row(nn.CMulTable, lambda b, f: [np.zeros((b, f)), np.zeros((b, f))], "CMulTable()"),
    ],
    "CReLU": [
        Row(lambda: nn.CReLU(1), lambda b, f: real(b, f), "CReLU(1)"),
        Row(lambda: nn.CReLU(2), lambda b, f: real(b, f, 2), "CReLU(2)"),
    ],
    "CSubTable": [Row(nn.CSubTable, lambda b, f: [real(b, f), real(b, f) + 1], "CSubTable()")],
    "Clamp": [
        Row(lambda: nn.Clamp(-0.5, 1), lambda b, f: real(b, f), "Clamp(-0.5, 1)"),
    ],
    "Concat": [
        Row(lambda: nn.Concat(1, nn.Linear(3, 2), nn.Tanh()), lambda b, f: real(b, 3), "Concat(1)", 3),
        Row(lambda: nn.Concat(-1).add(nn.Tanh()), lambda b, f: real(b, f), "Concat(-1)"),
    ],
    "ConcatTable": [
        Row(lambda: nn.ConcatTable(nn.Tanh(), nn.Sigmoid()), lambda b, f: real(b, f), "ConcatTable()"),
    ],
    "Contiguous": [Row(nn.Contiguous, lambda b, f: real(b, f), "Contiguous()")],
    "Cosine": [
        Row(lambda: nn.Cosine(3, 2), lambda b, f: real(b, 3), "Cosine(3, 2)", 3),
        Row(lambda: nn.Cosine(3, 2), lambda b, f: real(3), "Cosine(3, 2)", 3),
    ],
    "CosineDistance": [
        Row(nn.CosineDistance, lambda b, f: [real(b, f), 1 - 2 * real(b, f)], "CosineDistance()"),
        Row(nn.CosineDistance, lambda b, f: [real(f), real(f) + 1], "CosineDistance()"),
    ],
    "DotProduct": [
        Row(nn.DotProduct, lambda b, f: [real(b, f), real(b, f) + 1], "DotProduct()"),
        Row(nn.DotProduct, lambda b, f: [real(f), real(f) + 1], "DotProduct()"),
    ],
    "Dropout": [
        Row(nn.Dropout, lambda b, f: real(b, f), "Dropout()"),
        Row(lambda: nn.Dropout(0.2, True), lambda b, f: real(b, f), "Dropout(0.2, v1=True)"),
        Row(lambda: nn.Dropout(0.2).evaluate(), lambda b, f: real(b, f), "Dropout(0.2)"),
    ],
    "ELU": [
        Row(nn.ELU, lambda b, f: real(b, f), "ELU()"),
        Row(lambda: nn.ELU(0.5), lambda b, f: real(b, f), "ELU(0.5)"),
    ],
    "Euclidean": [  # far from the points, since Torch7 adds 1e-7 to the distance in the gradient
        Row(lambda: nn.Euclidean(3, 2), lambda b, f: real(b, 3) + 9, "Euclidean(3, 2)", 3),
        Row(lambda: nn.Euclidean(3, 2), lambda b, f: real(3) + 9, "Euclidean(3, 2)", 3),
    ],
    "Exp": [Row(nn.Exp, lambda b, f: real(b, f), "Exp()")],
    "FlattenTable": [
        Row(nn.FlattenTable, lambda b, f: [real(b, f), [real(b), [real(f)]]], "FlattenTable()"),
        Row(nn.FlattenTable, lambda b, f: [real(b, f)], "FlattenTable()"),
    ],
    "GatedLinearUnit": [
        Row(nn.GatedLinearUnit, lambda b, f: real(b, 2 * f), "GatedLinearUnit()"),
        Row(lambda: nn.GatedLinearUnit(1), lambda b, f: real(b, 2 * f, 3), "GatedLinearUnit(1)"),
    ],
    "GradientReversal": [
        Row(nn.GradientReversal, lambda b, f: real(b, f), "GradientReversal()", gradient=lambda dy, x: -dy),
        Row(
            lambda: nn.GradientReversal(0.5),
            lambda b, f: real(b, f),
            "GradientReversal(0.5)",
            gradient=lambda dy, x: -0.5 * dy,
        ),
    ],
    "HardShrink": [
        Row(nn.HardShrink, lambda b, f: real(b, f), "HardShrink()"),
        Row(lambda: nn.HardShrink(0.8), lambda b, f: real(b, f), "HardShrink(0.8)"),
    ],
    "HardTanh": [
        Row(nn.HardTanh, lambda b, f: real(b, f), "HardTanh()"),
        Row(lambda: nn.HardTanh(-0.5, 0.7), lambda b, f: real(b, f), "HardTanh(-0.5, 0.7)"),
    ],
    "Identity": [
        Row(nn.Identity, lambda b, f: real(b, f), "Identity()"),
        Row(nn.Identity, lambda b, f: [real(b), [real(f)]], "Identity()"),
    ],
    "Index": [
        Row(lambda: nn.Index(1), lambda b, f: [real(b, f), np.array([0, f - 1, 0])], "Index(1)"),
        Row(lambda: nn.Index(-1), lambda b, f: [real(b, 2, f), np.array([f - 1])], "Index(-1)"),
    ],
    "JoinTable": [
        Row(lambda: nn.JoinTable(1), lambda b, f: [real(b, f), real(b, f + 2)], "JoinTable(1)"),
        Row(lambda: nn.JoinTable(-1), lambda b, f: [real(b, f), real(b, 1), real(b, f)], "JoinTable(-1)"),
        Row(lambda: nn.JoinTable(0, 1), lambda b, f: [real(b, f), real(b, 1)], "JoinTable(0, 1)"),
    ],
    "LayerNormalization": [
        Row(lambda: nn.LayerNormalization(3, 0.5), lambda b, f: real(b, 3), "LayerNormalization(3, 0.5)", 3),
        Row(lambda: nn.LayerNormalization(3), lambda b, f: real(f, b, 3), "LayerNormalization(3)", 3),
        Row(
            lambda: nn.LayerNormalization(3, eps=0.1, affine=False),
            lambda b, f: real(3),
            "LayerNormalization(3, eps=0.1, affine=False)",
            3,
        ),
    ],
    "LeakyReLU": [
        Row(nn.LeakyReLU, lambda b, f: real(b, f), "LeakyReLU()"),
        Row(lambda: nn.LeakyReLU(0.2), lambda b, f: real(b, f), "LeakyReLU(0.2)"),
    ],
    "Linear": [
        Row(lambda: nn.Linear(3, 2), lambda b, f: real(b, 3), "Linear(3, 2)", 3),
        Row(lambda: nn.Linear(3, 2, False), lambda b, f: real(3), "Linear(3, 2, bias=False)", 3),
    ],
    "Log": [Row(nn.Log, lambda b, f: positive(b, f), "Log()")],
    "LogSigmoid": [
        Row(nn.LogSigmoid, lambda b, f: real(b, f), "LogSigmoid()"),
    ],
    "LogSoftMax": [
        Row(nn.LogSoftMax, lambda b, f: real(b, f), "LogSoftMax()"),
        Row(nn.LogSoftMax, lambda b, f: real(f), "LogSoftMax()"),
        Row(nn.LogSoftMax, lambda b, f: real(f, b, 2), "LogSoftMax()"),
        Row(nn.LogSoftMax, lambda b, f: real(b, f, 2, 2), "LogSoftMax()"),
    ],
    "LookupTable": [
        Row(lambda: nn.LookupTable(5, 2), lambda b, f: whole(5, b, f), "LookupTable(5, 2)"),
        Row(lambda: nn.LookupTable(5, 2, 1), lambda b, f: np.zeros(f, int), "LookupTable(5, 2, 1)"),
    ],
    "MM": [
        Row(nn.MM, lambda b, f: [real(b, f), real(f, 2)], "MM()"),
        Row(lambda: nn.MM(True, True), lambda b, f: [real(b, f, 2), real(b, 3, f)], "MM(trans_a=True, trans_b=True)"),
        Row(lambda: nn.MM(trans_b=True), lambda b, f: [real(b, 2, f), real(b, 3, f)], "MM(trans_b=True)"),
    ],
    "MV": [
        Row(nn.MV, lambda b, f: [real(b, f), real(f)], "MV()"),
        Row(nn.MV, lambda b, f: [real(b, 2, f), real(b, f)], "MV()"),
        Row(lambda: nn.MV(True), lambda b, f: [real(b, 2, f), real(b, 2)], "MV(trans=True)"),
    ],
    "MapTable": [
        Row(
            lambda: nn.MapTable(nn.Linear(3, 2)), lambda b, f: [real(b, 3), real(b, 3) + 1], "MapTable(Linear(3, 2))", 3
        ),
        Row(lambda: nn.MapTable(nn.CAddTable()), lambda b, f: [[real(b), real(b)]], "MapTable(CAddTable())"),
    ],
    "MaskedSelect": [
        Row(nn.MaskedSelect, lambda b, f: [real(b, f), whole(2, b, f)], "MaskedSelect()"),
    ],
    "Max": [
        Row(lambda: nn.Max(1), lambda b, f: real(b, f), "Max(1)"),
        Row(lambda: nn.Max(0, 1), lambda b, f: real(b, f), "Max(0, 1)"),
        Row(nn.Max, lambda b, f: real(f), "Max()"),
    ],
    "Maxout": [
        Row(lambda: nn.Maxout(3, 2, 2), lambda b, f: real(b, 3), "Maxout(3, 2, 2)", 3),
        Row(lambda: nn.Maxout(3, 1, 4), lambda b, f: real(3), "Maxout(3, 1, 4)", 3),
    ],
    "Mean": [
        Row(lambda: nn.Mean(1), lambda b, f: real(b, f), "Mean(1)"),
        Row(nn.Mean, lambda b, f: real(b, f), "Mean()"),
        Row(lambda: nn.Mean(0, 1), lambda b, f: real(f), "Mean(0, 1)"),
    ],
    "MergeLeading": [
        Row(nn.MergeLeading, lambda b, f: real(2, b, f), "MergeLeading()"),
        Row(lambda: nn.MergeLeading(3), lambda b, f: real(b, f), "MergeLeading(3)"),
    ],
    "Min": [
        Row(lambda: nn.Min(-1), lambda b, f: real(b, 2, f), "Min(-1)"),
        Row(nn.Min, lambda b, f: real(f), "Min()"),
    ],
    "MixtureTable": [
        Row(nn.MixtureTable, lambda b, f: [real(b, 2), [real(b, f), real(b, f) + 1]], "MixtureTable()"),
        Row(nn.MixtureTable, lambda b, f: [real(b, f), real(b, f, 2)], "MixtureTable()"),
        Row(nn.MixtureTable, lambda b, f: [real(f), real(f, 2)], "MixtureTable()"),
        Row(lambda: nn.MixtureTable(-1), lambda b, f: [real(b, f), real(b, 3, 2, f)], "MixtureTable(-1)"),
        Row(nn.MixtureTable, lambda b, f: [real(2), [real(b, f), real(b, f) + 1]], "MixtureTable()"),
    ],
    "Mul": [Row(nn.Mul, lambda b, f: real(b, f), "Mul()")],
    "MulConstant": [
        Row(lambda: nn.MulConstant(-1), lambda b, f: real(b, f), "MulConstant(-1)"),
        Row(lambda: nn.MulConstant(np.array([2.0, 3.0])), lambda b, f: real(b, 2), "MulConstant(array 2)", 2),
        Row(lambda: nn.MulConstant([[2, 3]]), lambda b, f: real(1, 2), "MulConstant([[2, 3]])", 2),
    ],
    "Narrow": [
        Row(lambda: nn.Narrow(1, 0, 1), lambda b, f: real(b, f), "Narrow(1, 0, 1)"),
        Row(lambda: nn.Narrow(-1, -1), lambda b, f: real(b, 2, f), "Narrow(-1, -1)"),
        Row(lambda: nn.Narrow(0, 0, -1), lambda b, f: real(f), "Narrow(0, 0, -1)"),
    ],
    "NarrowTable": [
        Row(lambda: nn.NarrowTable(1, 2), lambda b, f: [real(b), [real(f)], real(b, f)], "NarrowTable(1, 2)"),
        Row(lambda: nn.NarrowTable(-1), lambda b, f: [real(b), real(f)], "NarrowTable(-1)"),
    ],
    "Normalize": [
        Row(lambda: nn.Normalize(2), lambda b, f: real(b, f), "Normalize(2)"),
        Row(lambda: nn.Normalize(3, 0.1), lambda b, f: real(f), "Normalize(3, 0.1)"),
        Row(lambda: nn.Normalize(float("inf")), lambda b, f: real(b, f), "Normalize(inf)"),
        Row(lambda: nn.Normalize(1), lambda b, f: real(b, f), "Normalize(1)"),
    ],
    "OneHot": [Row(lambda: nn.OneHot(4), lambda b, f: whole(4, b, f), "OneHot(4)")],
    "PReLU": [
        Row(nn.PReLU, lambda b, f: real(b, f), "PReLU()"),
        Row(lambda: nn.PReLU(3), lambda b, f: real(b, 3), "PReLU(3)", 3),
        Row(lambda: nn.PReLU(3), lambda b, f: real(b, 3, f, 2), "PReLU(3)", 3),
        Row(lambda: nn.PReLU(3), lambda b, f: real(b, 3, f), "PReLU(3)", 3),
    ],
    "Padding": [
        Row(lambda: nn.Padding(1, 2), lambda b, f: real(b, f), "Padding(1, 2)"),
        Row(lambda: nn.Padding(0, -2, 1, 7.5), lambda b, f: real(b, f), "Padding(0, -2, 1, 7.5)"),
        Row(lambda: nn.Padding(-1, -1, index=1), lambda b, f: real(b, f), "Padding(-1, -1, index=1)"),
    ],
    "PairwiseDistance": [  # far from each other, since 1e-6 is added to the distance in the gradient
        Row(lambda: nn.PairwiseDistance(2), lambda b, f: [real(b, f), 40 - real(b, f)], "PairwiseDistance(2)"),
        Row(lambda: nn.PairwiseDistance(1), lambda b, f: [real(b, f), real(b, f) + 1], "PairwiseDistance(1)"),
        Row(lambda: nn.PairwiseDistance(1.5), lambda b, f: [real(f), 40 - real(f)], "PairwiseDistance(1.5)"),
    ],
    "Parallel": [
        Row(lambda: nn.Parallel(1, 1, nn.Tanh(), nn.Linear(3, 2)), lambda b, f: real(b, 2, 3), "Parallel(1, 1)", 3),
    ],
    "ParallelTable": [
        Row(lambda: nn.ParallelTable(nn.Tanh(), nn.Sigmoid()), lambda b, f: [real(b), real(f)], "ParallelTable()"),
    ],
    "Power": [
        Row(lambda: nn.Power(3), lambda b, f: real(b, f), "Power(3)"),
        Row(lambda: nn.Power(0.5), lambda b, f: positive(b, f), "Power(0.5)"),
        Row(lambda: nn.Power(-1), lambda b, f: positive(b, f), "Power(-1)"),
    ],
    "RReLU": [
        Row(nn.RReLU, lambda b, f: real(b, f), "RReLU()"),
        Row(lambda: nn.RReLU(0.1, 0.3).evaluate(), lambda b, f: real(b, f), "RReLU(0.1, 0.3)"),
    ],
    "ReLU": [Row(nn.ReLU, lambda b, f: real(b, f), "ReLU()")],
    "ReLU6": [
        Row(nn.ReLU6, lambda b, f: 4 * real(b, f), "ReLU6()"),
    ],
    "Replicate": [
        Row(lambda: nn.Replicate(2), lambda b, f: real(b, f), "Replicate(2)"),
        Row(lambda: nn.Replicate(2, 0, 1), lambda b, f: real(b, f), "Replicate(2, 0, 1)"),
        Row(lambda: nn.Replicate(2, -1), lambda b, f: real(b, f), "Replicate(2, -1)"),
    ],
    "Reshape": [
        Row(lambda: nn.Reshape(2, 3), lambda b, f: real(b, 6), "Reshape(2, 3)", 6),
        Row(lambda: nn.Reshape(6), lambda b, f: real(2, 3), "Reshape(6)", 6),
        Row(lambda: nn.Reshape(6, batch_mode=True), lambda b, f: real(b, 2, 3), "Reshape(6, batch_mode=True)", 6),
    ],
    "RestoreLeading": [
        Row(nn.RestoreLeading, lambda b, f: [real(2 * b, 3), real(2, b, f)], "RestoreLeading()"),
        Row(lambda: nn.RestoreLeading(2, 1), lambda b, f: [real(2 * b), real(2, b, f)], "RestoreLeading(2, 1)"),
        Row(nn.RestoreLeading, lambda b, f: [real(b, 3), real(b, f)], "RestoreLeading()"),
    ],
    "ReverseSequence": [
        Row(nn.ReverseSequence, lambda b, f: [real(f, b, 2), np.arange(b) % (f + 1)], "ReverseSequence()"),
        Row(nn.ReverseSequence, lambda b, f: real(f, b), "ReverseSequence()"),
    ],
    "Select": [
        Row(lambda: nn.Select(0, -1), lambda b, f: real(b, f), "Select(0, -1)"),
        Row(lambda: nn.Select(-1, 0), lambda b, f: real(b, 2, f), "Select(-1, 0)"),
        Row(lambda: nn.Select(0, 0), lambda b, f: real(f), "Select(0, 0)"),
    ],
    "SelectTable": [
        Row(lambda: nn.SelectTable(1), lambda b, f: [real(b), real(f)], "SelectTable(1)"),
        Row(lambda: nn.SelectTable(-2), lambda b, f: [[real(b), real(f)], real(f)], "SelectTable(-2)"),
    ],
    "SelectTerminal": [
        Row(nn.SelectTerminal, lambda b, f: [real(f, b, 2), np.arange(b) % (f + 1)], "SelectTerminal()"),
        Row(nn.SelectTerminal, lambda b, f: [real(f, b), np.full(b, f)], "SelectTerminal()"),
        Row(nn.SelectTerminal, lambda b, f: [real(0, b, f), np.zeros(b, int)], "SelectTerminal()"),
    ],
    "Sequential": [
        Row(lambda: nn.Sequential(nn.Linear(3, 4), nn.Tanh()), lambda b, f: real(b, 3), "Sequential()", 3),
        Row(nn.Sequential, lambda b, f: real(b, f), "Sequential()"),
    ],
    "Sigmoid": [Row(nn.Sigmoid, lambda b, f: real(b, f), "Sigmoid()")],
    "SoftMax": [
        Row(nn.SoftMax, lambda b, f: real(b, f), "SoftMax()"),
        Row(nn.SoftMax, lambda b, f: real(f), "SoftMax()"),
        Row(nn.SoftMax, lambda b, f: real(f, b, 2), "SoftMax()"),
        Row(nn.SoftMax, lambda b, f: real(b, f, 2, 2), "SoftMax()"),
    ],
    "SoftMin": [
        Row(nn.SoftMin, lambda b, f: real(b, f), "SoftMin()"),
        Row(nn.SoftMin, lambda b, f: real(f, b, 2), "SoftMin()"),
    ],
    "SoftPlus": [
        Row(nn.SoftPlus, lambda b, f: real(b, f), "SoftPlus()"),
        Row(lambda: nn.SoftPlus(2), lambda b, f: real(b, f), "SoftPlus(2)"),
    ],
    "SoftShrink": [
        Row(nn.SoftShrink, lambda b, f: real(b, f), "SoftShrink()"),
        Row(lambda: nn.SoftShrink(0.8), lambda b, f: real(b, f), "SoftShrink(0.8)"),
    ],
    "SoftSign": [
        Row(nn.SoftSign, lambda b, f: real(b, f), "SoftSign()"),
    ],
    "SplitTable": [
        Row(lambda: nn.SplitTable(1), lambda b, f: real(b, f), "SplitTable(1)"),
        Row(lambda: nn.SplitTable(-1), lambda b, f: real(b, 2, f), "SplitTable(-1)"),
        Row(lambda: nn.SplitTable(0, 1), lambda b, f: real(b, f), "SplitTable(0, 1)"),
    ],
    "Sqrt": [Row(nn.Sqrt, lambda b, f: positive(b, f), "Sqrt()")],
    "Square": [Row(nn.Square, lambda b, f: real(b, f), "Square()")],
    "Squeeze": [
        Row(nn.Squeeze, lambda b, f: real(b, 1, f), "Squeeze()"),
        Row(lambda: nn.Squeeze(-1), lambda b, f: real(b, f, 1), "Squeeze(-1)"),
        Row(lambda: nn.Squeeze(0, 2), lambda b, f: real(b, 1, f), "Squeeze(0, 2)"),
    ],
    "Sum": [
        Row(lambda: nn.Sum(1), lambda b, f: real(b, f), "Sum(1)"),
        Row(nn.Sum, lambda b, f: real(f), "Sum()"),
        Row(lambda: nn.Sum(0, 1, True, False), lambda b, f: real(b, f), "Sum(0, 1, size_average=True, squeeze=False)"),
    ],
    "Tanh": [Row(nn.Tanh, lambda b, f: real(b, f, 2), "Tanh()")],
    "TanhShrink": [
        Row(nn.TanhShrink, lambda b, f: real(b, f), "TanhShrink()"),
    ],
    "Threshold": [
        Row(nn.Threshold, lambda b, f: real(b, f), "Threshold()"),
        Row(lambda: nn.Threshold(0.1, -2), lambda b, f: real(b, f), "Threshold(0.1, -2)"),
    ],
    "Transpose": [
        Row(lambda: nn.Transpose((0, 1)), lambda b, f: real(b, f), "Transpose((0, 1))"),
        Row(lambda: nn.Transpose((0, 2), (1, 2)), lambda b, f: real(b, f, 2), "Transpose((0, 2), (1, 2))"),
        Row(
            lambda: nn.Transpose((0, -1), n_input_dims=2),
            lambda b, f: real(b, f, 2),
            "Transpose((0, -1), n_input_dims=2)",
        ),
    ],
    "Unsqueeze": [
        Row(lambda: nn.Unsqueeze(1), lambda b, f: real(b, f), "Unsqueeze(1)"),
        Row(lambda: nn.Unsqueeze(-1, 1), lambda b, f: real(b, f), "Unsqueeze(-1, 1)"),
    ],
    "View": [
        Row(lambda: nn.View(6), lambda b, f: real(b, 2, 3), "View(6)", 6),
        Row(lambda: nn.View(-1, 2), lambda b, f: real(b, 4), "View(-1, 2)", 4),
        Row(lambda: nn.View(-1, n_input_dims=2), lambda b, f: real(b, f, 2), "View(-1, n_input_dims=2)"),
    ],
    "WeightedEuclidean": [
        Row(lambda: nn.WeightedEuclidean(3, 2), lambda b, f: real(b, 3) + 9, "WeightedEuclidean(3, 2)", 3),
        Row(lambda: nn.WeightedEuclidean(3, 2), lambda b, f: real(3) + 9, "WeightedEuclidean(3, 2)", 3),
    ],
    "ZeroGrad": [
        Row(nn.ZeroGrad, lambda b, f: real(b, f), "ZeroGrad()", gradient=lambda dy, x: 0 * dy),
    ],
    "ZipTable": [
        Row(nn.ZipTable, lambda b, f: [[real(b), real(f)], [real(b, f), [real(f)]]], "ZipTable()"),
    ],
    "ZipTableOneToMany": [
        Row(nn.ZipTableOneToMany, lambda b, f: [real(b, f), [real(b), [real(f)]]], "ZipTableOneToMany()"),
    ],
}
