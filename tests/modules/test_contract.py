"""Every public module keeps the contract: one row each, and the same checks for all."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet import Container, Criterion, Module, Parameter, check_gradients
from graphnet import modules as nn
from graphnet.nesting import copy_nested, leaves, map_nested

Draw = Callable[[Callable[..., Any]], Any]


@dataclass(frozen=True)
class Row:
    """How to make a module, an input for it with a batch of ``b`` and ``f`` features, and its repr."""

    make: Callable[[], Module]
    x: Callable[[int, int], Any]
    shown: str
    features: int | None = None  # the only number of features it takes
    gradient: Callable[[Any], Any] | None = None  # the input's, given the output's, where it is none of the formula's


def real(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape) + len(shape)).normal(size=shape)


def positive(*shape: int) -> np.ndarray:
    return np.abs(real(*shape)) + 0.5


def chances(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).uniform(size=shape)


def whole(top: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).integers(0, top, shape)


def signs(*shape: int) -> np.ndarray:
    return 2 * whole(2, *shape) - 1


def listed(b: int, f: int) -> np.ndarray:
    """Lists of one to three classes, with -1 behind them."""
    return np.where(np.arange(f) <= np.arange(b)[:, None] % 3, (np.arange(f) + np.arange(b)[:, None]) % f, -1)


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
    "Euclidean": [
        Row(lambda: nn.Euclidean(3, 2), lambda b, f: real(b, 3) + 1, "Euclidean(3, 2)", 3),
        Row(lambda: nn.Euclidean(3, 2), lambda b, f: real(3), "Euclidean(3, 2)", 3),
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
        Row(nn.GradientReversal, lambda b, f: real(b, f), "GradientReversal()", gradient=lambda dy: -dy),
        Row(
            lambda: nn.GradientReversal(0.5),
            lambda b, f: real(b, f),
            "GradientReversal(0.5)",
            gradient=lambda dy: -0.5 * dy,
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
    ],
    "Padding": [
        Row(lambda: nn.Padding(1, 2), lambda b, f: real(b, f), "Padding(1, 2)"),
        Row(lambda: nn.Padding(0, -2, 1, 7.5), lambda b, f: real(b, f), "Padding(0, -2, 1, 7.5)"),
        Row(lambda: nn.Padding(-1, -1, index=1), lambda b, f: real(b, f), "Padding(-1, -1, index=1)"),
    ],
    "PairwiseDistance": [
        Row(lambda: nn.PairwiseDistance(2), lambda b, f: [real(b, f), 5 - real(b, f)], "PairwiseDistance(2)"),
        Row(lambda: nn.PairwiseDistance(1), lambda b, f: [real(b, f), real(b, f) + 1], "PairwiseDistance(1)"),
        Row(lambda: nn.PairwiseDistance(1.5), lambda b, f: [real(f), 5 - real(f)], "PairwiseDistance(1.5)"),
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
        Row(lambda: nn.WeightedEuclidean(3, 2), lambda b, f: real(b, 3) + 1, "WeightedEuclidean(3, 2)", 3),
        Row(lambda: nn.WeightedEuclidean(3, 2), lambda b, f: real(3), "WeightedEuclidean(3, 2)", 3),
    ],
    "ZeroGrad": [
        Row(nn.ZeroGrad, lambda b, f: real(b, f), "ZeroGrad()", gradient=np.zeros_like),
    ],
    "ZipTable": [
        Row(nn.ZipTable, lambda b, f: [[real(b), real(f)], [real(b, f), [real(f)]]], "ZipTable()"),
    ],
    "ZipTableOneToMany": [
        Row(nn.ZipTableOneToMany, lambda b, f: [real(b, f), [real(b), [real(f)]]], "ZipTableOneToMany()"),
    ],
    # Criterions, as modules over [input, target].
    "MSECriterion": [
        Row(nn.MSECriterion, lambda b, f: [real(b, f), real(b, f) + 1], "MSECriterion()"),
        Row(lambda: nn.MSECriterion(False), lambda b, f: [real(f), real(f) + 1], "MSECriterion(size_average=False)"),
    ],
    "ClassNLLCriterion": [
        Row(nn.ClassNLLCriterion, lambda b, f: [real(b, f), whole(f, b)], "ClassNLLCriterion()"),
        Row(
            lambda: nn.ClassNLLCriterion([0.5, 1, 2], True, 0),
            lambda b, f: [real(b, 3), np.arange(b) % 3],
            "ClassNLLCriterion([0.5, 1, 2], size_average=True, ignore_index=0)",
            3,
        ),
    ],
    "CrossEntropyCriterion": [
        Row(nn.CrossEntropyCriterion, lambda b, f: [real(b, f), whole(f, b)], "CrossEntropyCriterion()"),
        Row(nn.CrossEntropyCriterion, lambda b, f: [real(f), np.asarray(f - 1)], "CrossEntropyCriterion()"),
    ],
    "AbsCriterion": [
        Row(nn.AbsCriterion, lambda b, f: [real(b, f), 2 * real(b, f)], "AbsCriterion()"),
        Row(lambda: nn.AbsCriterion(False), lambda b, f: [real(f), real(f) + 1], "AbsCriterion(size_average=False)"),
    ],
    "BCECriterion": [
        Row(nn.BCECriterion, lambda b, f: [0.002 + 0.001 * chances(b, f), chances(b, f)], "BCECriterion()"),
        Row(
            lambda: nn.BCECriterion([1, 2, 0.5], False),
            lambda b, f: [0.002 + 0.001 * chances(b, 3), chances(b, 3)],
            "BCECriterion([1, 2, 0.5], size_average=False)",
            3,
        ),
    ],
    "MultiCriterion": [
        Row(
            lambda: nn.MultiCriterion().add(nn.MSECriterion(), 0.5).add(nn.SmoothL1Criterion()),
            lambda b, f: [real(b, f), 2 * real(b, f)],
            "MultiCriterion()",
        ),
    ],
    "ParallelCriterion": [
        Row(
            lambda: nn.ParallelCriterion().add(nn.MSECriterion(), 0.5).add(nn.CrossEntropyCriterion()),
            lambda b, f: [[real(b, f), real(b, f)], [real(b, f) + 1, whole(f, b)]],
            "ParallelCriterion()",
        ),
        Row(
            lambda: nn.ParallelCriterion(True).add(nn.MSECriterion()).add(nn.MSECriterion(), 2),
            lambda b, f: [[real(b, f), real(b, f) + 2], real(b, f) + 1],
            "ParallelCriterion(repeat_target=True)",
        ),
    ],
    "SequenceCriterion": [
        Row(
            lambda: nn.SequenceCriterion(nn.CrossEntropyCriterion(ignore_index=0)),
            lambda b, f: [real(f, b, 3), whole(3, f, b)],
            "SequenceCriterion(CrossEntropyCriterion(ignore_index=0))",
        ),
        Row(
            lambda: nn.SequenceCriterion(nn.MSECriterion()),
            lambda b, f: [real(b, f), real(b, f) + 1],
            "SequenceCriterion(MSECriterion())",
        ),
    ],
    "SmoothL1Criterion": [
        Row(nn.SmoothL1Criterion, lambda b, f: [real(b, f), 2.5 * real(b, f)], "SmoothL1Criterion()"),
        Row(
            lambda: nn.SmoothL1Criterion(False),
            lambda b, f: [real(f), real(f) + 1.1],
            "SmoothL1Criterion(size_average=False)",
        ),
    ],
    "CosineEmbeddingCriterion": [
        Row(
            lambda: nn.CosineEmbeddingCriterion(0.1),
            lambda b, f: [[real(b, f), 1 - 2 * real(b, f)], signs(b)],
            "CosineEmbeddingCriterion(0.1)",
        ),
        Row(
            lambda: nn.CosineEmbeddingCriterion(0, False),
            lambda b, f: [[real(f), real(f) + 1], signs(1)],
            "CosineEmbeddingCriterion(0, size_average=False)",
        ),
    ],
    "DistKLDivCriterion": [
        Row(nn.DistKLDivCriterion, lambda b, f: [real(b, f), chances(b, f)], "DistKLDivCriterion()"),
        Row(
            lambda: nn.DistKLDivCriterion(False),
            lambda b, f: [real(b, f), whole(2, b, f)],
            "DistKLDivCriterion(size_average=False)",
        ),
    ],
    "DistanceRatioCriterion": [
        Row(nn.DistanceRatioCriterion, lambda b, f: [real(b), 2 * real(b)], "DistanceRatioCriterion()"),
        Row(
            lambda: nn.DistanceRatioCriterion(False),
            lambda b, f: [real(b, f), 2 * real(b, f)],
            "DistanceRatioCriterion(size_average=False)",
        ),
    ],
    "HingeEmbeddingCriterion": [
        Row(nn.HingeEmbeddingCriterion, lambda b, f: [real(b, f), signs(b, f)], "HingeEmbeddingCriterion()"),
        Row(
            lambda: nn.HingeEmbeddingCriterion(0.5, False),
            lambda b, f: [real(f), signs(f)],
            "HingeEmbeddingCriterion(0.5, size_average=False)",
        ),
    ],
    "L1Cost": [
        Row(nn.L1Cost, lambda b, f: real(b, f), "L1Cost()"),
    ],
    "L1HingeEmbeddingCriterion": [
        Row(
            nn.L1HingeEmbeddingCriterion,
            lambda b, f: [[real(b, f), 2 * real(b, f) + 0.1], np.array(1)],
            "L1HingeEmbeddingCriterion()",
        ),
        Row(
            lambda: nn.L1HingeEmbeddingCriterion(50),
            lambda b, f: [[real(b, f), 2 * real(b, f) + 0.1], np.array([-1])],
            "L1HingeEmbeddingCriterion(50)",
        ),
    ],
    "MarginCriterion": [
        Row(nn.MarginCriterion, lambda b, f: [real(b, f), signs(b, f)], "MarginCriterion()"),
        Row(
            lambda: nn.MarginCriterion(0.5, False),
            lambda b, f: [real(f), signs(f)],
            "MarginCriterion(0.5, size_average=False)",
        ),
    ],
    "MarginRankingCriterion": [
        Row(nn.MarginRankingCriterion, lambda b, f: [[real(b), -2 * real(b)], signs(b)], "MarginRankingCriterion()"),
        Row(
            lambda: nn.MarginRankingCriterion(0.1, False),
            lambda b, f: [[real(b, f), -2 * real(b, f)], np.array(-1)],
            "MarginRankingCriterion(0.1, size_average=False)",
        ),
    ],
    "MultiLabelMarginCriterion": [
        Row(nn.MultiLabelMarginCriterion, lambda b, f: [real(b, f), listed(b, f)], "MultiLabelMarginCriterion()"),
        Row(
            lambda: nn.MultiLabelMarginCriterion(False),
            lambda b, f: [real(f), listed(1, f)[0]],
            "MultiLabelMarginCriterion(size_average=False)",
        ),
    ],
    "MultiLabelSoftMarginCriterion": [
        Row(
            nn.MultiLabelSoftMarginCriterion,
            lambda b, f: [3 * real(b, f), chances(b, f)],
            "MultiLabelSoftMarginCriterion()",
        ),
        Row(
            lambda: nn.MultiLabelSoftMarginCriterion([1, 2, 0.5], False),
            lambda b, f: [real(b, 3), whole(2, b, 3)],
            "MultiLabelSoftMarginCriterion([1, 2, 0.5], size_average=False)",
            3,
        ),
    ],
    "MultiMarginCriterion": [
        Row(nn.MultiMarginCriterion, lambda b, f: [real(b, f), whole(f, b)], "MultiMarginCriterion()"),
        Row(
            lambda: nn.MultiMarginCriterion(2, [0.5, 1, 2], 0.7, False),
            lambda b, f: [real(b, 3), np.arange(b) % 3],
            "MultiMarginCriterion(2, [0.5, 1, 2], 0.7, size_average=False)",
            3,
        ),
    ],
    "SoftMarginCriterion": [
        Row(nn.SoftMarginCriterion, lambda b, f: [3 * real(b, f), signs(b, f)], "SoftMarginCriterion()"),
        Row(
            lambda: nn.SoftMarginCriterion(False),
            lambda b, f: [real(f), signs(f)],
            "SoftMarginCriterion(size_average=False)",
        ),
    ],
    "WeightedMSECriterion": [
        Row(
            lambda: nn.WeightedMSECriterion([0.5, 1, 2]),
            lambda b, f: [real(b, 3), 2 * real(b, 3)],
            "WeightedMSECriterion([0.5, 1, 2])",
            3,
        ),
    ],
    # Drawings.
    "rnn": [Row(lambda: nn.rnn(3, 2), lambda b, f: [real(b, 3), real(b, 2)], "gModule(2 in, 1 out)", 3)],
    "lstm": [
        Row(lambda: nn.lstm(3, 2), lambda b, f: [real(b, 3), real(b, 2), real(b, 2)], "gModule(3 in, 2 out)", 3),
    ],
    "lstm_of_eight_linears": [
        Row(
            lambda: nn.lstm_of_eight_linears(3, 2),
            lambda b, f: [real(b, 3), real(b, 2), real(b, 2)],
            "gModule(3 in, 2 out)",
            3,
        ),
    ],
    "joined_rnn": [
        Row(lambda: nn.joined_rnn(3, 2), lambda b, f: [real(b, 3), real(b, 2)], "gModule(2 in, 1 out)", 3),
    ],
    "peephole_lstm": [
        Row(
            lambda: nn.peephole_lstm(3, 2), lambda b, f: [real(b, 3), real(b, 2), real(b, 2)], "gModule(3 in, 2 out)", 3
        ),
        Row(
            lambda: nn.peephole_lstm(3, 2, full=True),
            lambda b, f: [real(b, 3), real(b, 2), real(b, 2)],
            "gModule(3 in, 2 out)",
            3,
        ),
    ],
    "coupled_lstm": [
        Row(
            lambda: nn.coupled_lstm(3, 2), lambda b, f: [real(b, 3), real(b, 2), real(b, 2)], "gModule(3 in, 2 out)", 3
        ),
    ],
    "layer_norm_lstm": [
        Row(
            lambda: nn.layer_norm_lstm(3, 4),
            lambda b, f: [real(b, 3), real(b, 4), real(b, 4)],
            "gModule(3 in, 2 out)",
            3,
        ),
    ],
    "gru": [
        Row(lambda: nn.gru(3, 2), lambda b, f: [real(b, 3), real(b, 2)], "gModule(2 in, 1 out)", 3),
        Row(lambda: nn.gru(3, 2, "cudnn"), lambda b, f: [real(b, 3), real(b, 2)], "gModule(2 in, 1 out)", 3),
    ],
    "stacked": [
        Row(
            lambda: nn.stacked([nn.lstm(3, 2), nn.rnn(2, 4)], 0.5),
            lambda b, f: [real(b, 3), real(b, 2), real(b, 2), real(b, 4)],
            "gModule(4 in, 3 out)",
            3,
        ),
    ],
    "variational": [
        Row(
            lambda: nn.variational(nn.gru(3, 2), 0.5),
            lambda b, f: [real(b, 3), real(b, 2)],
            "gModule(2 in, 1 out)",
            3,
        ),
    ],
    "attention": [
        Row(lambda: nn.attention(2, 3, 4), lambda b, f: [real(b, 2), real(b, f, 3)], "gModule(2 in, 2 out)"),
        Row(
            lambda: nn.attention(2, 3, 4, masked=True),
            lambda b, f: [real(b, 2), real(b, f, 3), whole(2, b, f)],
            "gModule(3 in, 2 out)",
        ),
    ],
    "dot_product_attention": [
        Row(lambda: nn.dot_product_attention(3), lambda b, f: [real(b, 3), real(b, f, 3)], "gModule(2 in, 2 out)"),
    ],
    "attending": [
        Row(
            lambda: nn.attending(nn.lstm(5, 2), nn.attention(2, 3, 4)),
            lambda b, f: [real(b, 2), real(b, f, 3), real(b, 2), real(b, 2)],
            "gModule(4 in, 4 out)",
        ),
    ],
    "terminal_state": [
        Row(
            lambda: nn.terminal_state(3, 2),
            lambda b, f: [[real(b, 2) + t for t in range(3)], np.eye(3)[np.arange(b) % 3]],
            "gModule(2 in, 1 out)",
        ),
    ],
    "bidirectional": [
        Row(
            lambda: nn.bidirectional(nn.rnn(3, 2), nn.gru(3, 2)), lambda b, f: real(f, b, 3), "gModule(1 in, 1 out)", 3
        ),
        Row(
            lambda: nn.bidirectional(nn.rnn(3, 2), nn.lstm(3, 2), lengths=True, batch_first=True),
            lambda b, f: [real(b, f, 3), whole(f + 1, b)],
            "gModule(2 in, 1 out)",
            3,
        ),
    ],
    "char_rnn": [
        Row(
            lambda: nn.char_rnn(4, 2, 2, 0.5),
            lambda b, f: [whole(4, b), *(real(b, 2) for _ in range(4))],
            "gModule(5 in, 5 out)",
        ),
    ],
}

CASES = [(name, row) for name, rows in ROWS.items() for row in rows]
IDS = [f"{name}-{i}" for name, rows in ROWS.items() for i in range(len(rows))]
every_row = pytest.mark.parametrize(("name", "row"), CASES, ids=IDS)


def ones_like(y: Any) -> Any:
    return map_nested(lambda a: np.random.default_rng(3).normal(size=a.shape), y)


def equal(a: Any, b: Any) -> bool:
    return len(list(leaves(a))) == len(list(leaves(b))) and all(
        p.shape == q.shape and p.dtype == q.dtype and np.array_equal(p, q, equal_nan=True)
        for p, q in zip(leaves(a), leaves(b), strict=True)
    )


def assert_like(dx: Any, x: Any) -> None:
    """A gradient is nested and shaped like its value, and typed like it where it is floating."""
    assert map_nested(np.shape, dx) == map_nested(np.shape, x)
    assert all(d.dtype == a.dtype for d, a in zip(leaves(dx), leaves(x), strict=True) if a.dtype.kind == "f")


def test_every_public_name_has_a_row() -> None:
    public = {name for name, value in vars(nn).items() if not name.startswith("_") and callable(value)}
    assert public == set(ROWS)


@every_row
@given(sizes=st.tuples(st.integers(1, 4), st.integers(1, 4)), seed=st.integers(0, 99))
@settings(max_examples=6, deadline=None)
def test_gradients_are_right(name: str, row: Row, sizes: tuple[int, int], seed: int) -> None:
    gn.manual_seed(seed)
    x = map_nested(lambda a: a + 0.01 * seed if a.dtype.kind == "f" else a, row.x(*sizes))
    if row.gradient is not None:
        tape = row.make().run(x)
        dy = ones_like(tape.output)
        np.testing.assert_array_equal(tape.output, x)
        np.testing.assert_array_equal(tape.backward(dy), row.gradient(dy))
        return
    report = check_gradients(row.make(), x)
    assert report.ok, f"\n{report}"


@every_row
def test_running_changes_neither_the_input_nor_the_module(name: str, row: Row) -> None:
    module, x = row.make(), row.x(3, 3)
    parameters = [p.value.copy() for p in module.parameters()]
    attributes = {k: v for k, v in vars(module).items() if k != "_plan"}
    kept = copy_nested(x)
    tape = module.run(x)
    dy = ones_like(tape.output)
    given_dy, output = copy_nested(dy), copy_nested(tape.output)
    values = [copy_nested(v) for v in tape.values]
    dx = tape.backward(dy)
    assert equal(x, kept)
    assert equal(tape.input, kept)
    assert equal(dy, given_dy)
    assert equal(tape.output, output)
    assert all(equal(a, b) for a, b in zip(tape.values, values, strict=True))
    assert {k: v for k, v in vars(module).items() if k != "_plan"} == attributes
    assert all(np.array_equal(p.value, v) for p, v in zip(module.parameters(), parameters, strict=True))
    assert_like(dx, x)


@every_row
def test_parameters_accumulate_scaled(name: str, row: Row) -> None:
    module, x = row.make(), row.x(2, 3)
    module.zero_grad_parameters()
    tape = module.run(x)
    dy = ones_like(tape.output)
    tape.backward(dy)
    once = [p.grad.copy() for p in module.parameters()]
    tape.backward(dy, 0.5)
    for parameter, gradient in zip(module.parameters(), once, strict=True):
        np.testing.assert_allclose(parameter.grad, 1.5 * gradient, rtol=1e-12, atol=1e-15)


@every_row
def test_single_precision_stays(name: str, row: Row) -> None:
    module = row.make().float()
    x = map_nested(lambda a: a.astype(np.float32) if a.dtype.kind == "f" else a, row.x(3, 3))
    tape = module.run(x)
    assert all(y.dtype == np.float32 or y.dtype.kind == "i" for v in tape.values for y in leaves(v))
    dx = tape.backward(map_nested(lambda y: np.ones(y.shape, np.float32), tape.output))
    assert all(d.dtype == np.float32 for d, a in zip(leaves(dx), leaves(x), strict=True) if a.dtype.kind == "f")
    assert all(p.grad.dtype == p.value.dtype == np.float32 for p in module.parameters())


@every_row
def test_arrays_of_any_layout_give_the_same(name: str, row: Row) -> None:
    module, x = row.make().evaluate(), row.x(3, 3)
    spread = map_nested(lambda a: np.repeat(a, 2, 0)[::2] if a.ndim else a, x)
    fortran = map_nested(lambda a: np.array(a, order="F"), x)
    expected = module.run(x)
    dx = expected.backward(ones_like(expected.output))
    for other in (spread, fortran):
        tape = module.run(other)
        assert equal(tape.output, expected.output)
        assert equal(tape.backward(ones_like(tape.output)), dx)


@every_row
def test_an_empty_batch_passes(name: str, row: Row) -> None:
    if (name == "ClassNLLCriterion" and row.features) or name in ("Narrow", "Select", "SplitTable"):
        x = row.x(1, 3)
    else:
        x = row.x(0, 3)
    tape = row.make().run(x)
    dx = tape.backward(map_nested(np.zeros_like, tape.output))
    assert_like(dx, x)


@every_row
def test_its_description(name: str, row: Row) -> None:
    assert row.make().label() == row.shown


@every_row
def test_copies_are_equal_and_apart(name: str, row: Row) -> None:
    module = row.make().evaluate()
    x = row.x(2, 3)
    expected = module.run(x).output
    for other in (module.clone(), copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert equal(other.run(x).output, expected)
        assert not {id(p) for p in other.parameters()} & {id(p) for p in module.parameters()}
        for parameter in other.parameters():
            parameter.value += 1
    assert equal(module.run(x).output, expected)


@every_row
def test_the_same_seed_gives_the_same_module(name: str, row: Row) -> None:
    gn.manual_seed(3)
    first = [p.value.copy() for p in row.make().parameters()]
    gn.manual_seed(3)
    assert all(np.array_equal(a, p.value) for a, p in zip(first, row.make().parameters(), strict=True))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("make", [nn.Tanh, nn.Sigmoid, nn.LogSoftMax, lambda: nn.Linear(3, 2), nn.CMulTable])
def test_nan_and_infinity_pass_through(make: Callable[[], Module], bad: float) -> None:
    x = np.array([0.5, bad, 1.0])
    module = make()
    y = module.forward([x, x] if isinstance(module, nn.CMulTable) else x)
    if np.isnan(bad):
        assert np.isnan(y).any()
    elif isinstance(module, (nn.Tanh, nn.Sigmoid)):
        assert y[1] == module.value(bad)
        assert np.isfinite(y).all()
    elif isinstance(module, nn.Linear):
        assert not np.isfinite(y).any()


# ---- the checks can fail


class WrongInput(gn.Elementwise):
    def value(self, x: Any) -> Any:
        return x * x

    def slope(self, x: Any, y: Any) -> Any:
        return 2.001 * x


class WrongParameter(nn.Linear):
    def acc_grad_parameters(self, x: Any, y: Any, dy: Any, scale: float = 1.0) -> None:
        super().acc_grad_parameters(x, y, dy, scale)
        assert self.bias is not None
        self.bias.grad += 1e-3


class Impure(nn.Tanh):
    def update_output(self, x: Any) -> Any:
        x += 1
        return super().update_output(x)


def test_a_wrong_gradient_is_found_and_named() -> None:
    report = check_gradients(WrongInput(), real(2, 3))
    assert not report.ok
    assert "input" in str(report)
    assert "WRONG" in str(report)
    report = check_gradients(nn.Sequential(nn.Tanh(), WrongParameter(3, 2)), real(2, 3))
    assert [check.name for check in report.checks if not check.ok] == ["1.bias"]


def test_a_nan_gradient_is_wrong() -> None:
    class Broken(WrongInput):
        def slope(self, x: Any, y: Any) -> Any:
            return np.full_like(x, np.nan)

    assert not check_gradients(Broken(), real(2)).ok


def test_impurity_is_found() -> None:
    with pytest.raises(AssertionError):
        test_running_changes_neither_the_input_nor_the_module("", Row(Impure, lambda b, f: real(b, f), ""))


def test_the_checker_leaves_module_and_generator_alone() -> None:
    net = nn.Sequential(nn.Linear(3, 2), nn.Dropout()).float()
    before = gn.random.generator_state()
    check_gradients(net, real(2, 3))
    assert gn.random.generator_state() == before
    assert net.dtype == np.float32
    assert not net.parameters()[0].grad.any()


def test_base_classes_say_what_is_missing() -> None:
    for kind, text in (
        (Module, "update_output"),
        (Container, "drawing"),
        (Criterion, "loss"),
        (gn.Elementwise, "value"),
    ):
        with pytest.raises(NotImplementedError, match=f"Half does not define {text}"):
            type("Half", (kind,), {})().run([real(2), real(2)] if kind is Criterion else real(2))


def test_a_parameter_needs_no_registration() -> None:
    class Scale(Module):
        def __init__(self) -> None:
            self.gain = Parameter([2.0])

    assert list(Scale().named_parameters()) == ["gain"]
