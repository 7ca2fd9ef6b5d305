"""Every module says what it takes and what it was given."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from graphnet import modules as nn
from graphnet.interop.torch7 import build_criterion, build_module


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape)


REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
    # Arithmetic.
    (
        lambda: nn.MulConstant([1, 2]).forward(zeros(3)),
        ValueError,
        "MulConstant([1, 2]) takes an array of shape 2 or Bx2; it was given 3",
    ),
    (lambda: nn.AddConstant("1"), TypeError, "AddConstant's constant must be a number or an array of numbers, not '1'"),
    (lambda: nn.AddConstant(1).forward([zeros(2)]), TypeError, "AddConstant(1) takes one array, not the list [2]"),
    (lambda: nn.Add(0), ValueError, "Add's input_size must be at least 1, not 0"),
    (lambda: nn.Add(3).forward(zeros(2, 4)), ValueError, "Add(3) takes an array of shape 3 or Bx3; it was given 2x4"),
    (lambda: nn.CMul(), TypeError, "CMul needs the sizes of its array: CMul(4) or CMul(3, 4)"),
    (lambda: nn.CMul(2.5), TypeError, "CMul's size 0 must be an integer, not 2.5"),
    (lambda: nn.CMul(6).forward(zeros(2, 3)), ValueError, "CMul(6) takes an array of shape 6 or Bx6; it was given 2x3"),
    (
        lambda: nn.CAdd(3, 1).forward(zeros(4, 2)),
        ValueError,
        "CAdd(3, 1) takes an array of shape 3x1 or Bx3x1, where a size of 1 fits any; it was given 4x2",
    ),
    (lambda: nn.Power("2"), TypeError, "Power's p must be a number, not '2'"),
    (lambda: nn.LeakyReLU(True), TypeError, "LeakyReLU's negval must be a number, not True"),
    # Rectifiers and their kin.
    (lambda: nn.Threshold(0, None), TypeError, "Threshold's v must be a number, not None"),
    (lambda: nn.ELU("1"), TypeError, "ELU's alpha must be a number, not '1'"),
    (lambda: nn.PReLU(-1), ValueError, "PReLU's n_output_plane must be at least 0, not -1"),
    (
        lambda: nn.PReLU(3).forward(zeros(5, 4)),
        ValueError,
        "PReLU(3) takes 3 features in dimension 1; it was given 5x4",
    ),
    (
        lambda: nn.PReLU(3).forward(np.array(1.0)),
        ValueError,
        "PReLU(3) takes 3 features in dimension 0; it was given scalar",
    ),
    (lambda: nn.RReLU(0.3, 0.1), ValueError, "RReLU's bounds must be 0 <= lower <= upper; they were 0.3 and 0.1"),
    (lambda: nn.CReLU(0), ValueError, "CReLU's n_input_dims must be at least 1, not 0"),
    (lambda: nn.CReLU(1).add(nn.Tanh()).forward(zeros(2)), ValueError, "CReLU(1) holds three modules of its own"),
    (lambda: nn.HardTanh(1, 1), ValueError, "HardTanh's max_value must be above 1, not 1"),
    (lambda: nn.Clamp(0, None), TypeError, "Clamp's max_value must be a number, not None"),
    (lambda: nn.HardShrink(-1), ValueError, "HardShrink's lambd must be at least 0, not -1"),
    (lambda: nn.SoftShrink("0"), TypeError, "SoftShrink's lambd must be a number, not '0'"),
    (lambda: nn.SoftPlus(0), ValueError, "SoftPlus's beta must be above 0, not 0"),
    (lambda: nn.GradientReversal(None), TypeError, "GradientReversal's lambd must be a number, not None"),
    (
        lambda: nn.GatedLinearUnit().forward(zeros(2, 3)),
        ValueError,
        "GatedLinearUnit() halves dimension -1, which must have an even size; it was given 2x3",
    ),
    (lambda: nn.Maxout(3, 2, 0), ValueError, "Maxout's maxout_number must be at least 1, not 0"),
    (
        lambda: nn.Maxout(3, 2, 2).forward(zeros(5, 4)),
        ValueError,
        "Linear(3, 4) takes an array of shape 3 or Bx3; it was given 5x4",
    ),
    # Normalisation and the softmax.
    (
        lambda: nn.LayerNormalization(3).forward(zeros(2, 4)),
        ValueError,
        "LayerNormalization(3) takes rows of 3 numbers; it was given 2x4",
    ),
    (
        lambda: nn.LayerNormalization(3, eps=0),
        ValueError,
        "LayerNormalization's eps must be above 0, not 0",
    ),
    (lambda: nn.Normalize(0), ValueError, "Normalize's p must be above 0, not 0"),
    (lambda: nn.Normalize(2).forward(zeros(3, 0)), ValueError, "Normalize(2) takes rows of numbers; it was given 3x0"),
    (
        lambda: nn.SoftMax().forward(zeros(1, 1, 1, 1, 1)),
        ValueError,
        "SoftMax() takes an array of 1 to 4 dimensions; it was given 1x1x1x1x1",
    ),
    # Shapes.
    (
        lambda: nn.Reshape(2, 3).forward(zeros(5, 4)),
        ValueError,
        "Reshape(2, 3) cannot read 5x4, which has 20 elements, as 2x3, or as a batch of them",
    ),
    (
        lambda: nn.Reshape(2, 3).forward(zeros(0, 5)),
        ValueError,
        "Reshape(2, 3) cannot read 0x5, which has 0 elements, as 2x3, or as a batch of them",
    ),
    (lambda: nn.Reshape(2, -1), ValueError, "Reshape's size 1 must be at least 1, not -1"),
    (
        lambda: nn.View(4).forward(zeros(3, 3)),
        ValueError,
        "View(4) cannot read 3x3, which has 9 elements, as 4, or as a batch of them",
    ),
    (
        lambda: nn.View(-1, -1),
        ValueError,
        "View's sizes must be at least 1, but for one that may be -1; they were (-1, -1)",
    ),
    (
        lambda: nn.Squeeze(2).forward(zeros(1, 3)),
        ValueError,
        "Squeeze(2): there is no dimension 2 in an array of shape 1x3",
    ),
    (
        lambda: nn.Unsqueeze(3).forward(zeros(2)),
        ValueError,
        "Unsqueeze(3): there is no place 3 for a dimension in an array 2",
    ),
    (
        lambda: nn.Replicate(2, -3).forward(zeros(2)),
        ValueError,
        "Replicate(2, -3): there is no place -1 for a dimension in an array 2",
    ),
    (lambda: nn.Replicate(0), ValueError, "Replicate's n_features must be at least 1, not 0"),
    (
        lambda: nn.Transpose(0, 1),
        ValueError,
        "Transpose takes pairs of dimensions, as in Transpose((0, 1), (1, 2)); not 0",
    ),
    (
        lambda: nn.Transpose((0, 2)).forward(zeros(2, 3)),
        ValueError,
        "Transpose((0, 2)) swaps dimensions that an array of shape 2x3 does not have",
    ),
    (
        lambda: nn.Select(1, 3).forward(zeros(2, 3)),
        ValueError,
        "Select(1, 3) needs an array with an element 3 of dimension 1; it was given 2x3",
    ),
    (lambda: nn.Select(0, 0).forward([zeros(2)]), ValueError, "Select(0, 0) takes one array, not [2]"),
    (
        lambda: nn.Padding(0, 1, index=3).forward(zeros(2)),
        ValueError,
        "Padding(0, 1, index=3): dimension 0 has only 2 elements; it was given 2",
    ),
    # Reductions.
    (lambda: nn.Sum(2).forward(zeros(2, 3)), ValueError, "Sum(2): there is no dimension 2 in an array of shape 2x3"),
    (
        lambda: nn.Max(0).forward(zeros(0, 3)),
        ValueError,
        "Max(0) needs an element along dimension 0; it was given 0x3",
    ),
    # Lists and products.
    (
        lambda: nn.CSubTable().forward([zeros(2)] * 3),
        ValueError,
        "CSubTable() takes a list of two arrays; it was given [2, 2, 2]",
    ),
    (
        lambda: nn.CDivTable().forward([zeros(2), zeros(3)]),
        ValueError,
        "CDivTable() takes arrays of one shape; it was given [2, 3]",
    ),
    (
        lambda: nn.NarrowTable(1, 2).forward([zeros(2), zeros(3)]),
        ValueError,
        "NarrowTable(1, 2) needs a list with elements 1 to 2; it was given [2, 3]",
    ),
    (lambda: nn.MapTable(nn.Tanh()).forward(zeros(2)), ValueError, "takes a list, not an array of shape 2"),
    (lambda: nn.MapTable(nn.Tanh), TypeError, "MapTable takes a module, not type"),
    (
        lambda: nn.MM().forward([zeros(2, 3), zeros(4, 3)]),
        ValueError,
        "MM() takes matrices nxk and kxm, after transposing, or batches of them; it was given [2x3, 4x3]",
    ),
    (
        lambda: nn.MM().forward([zeros(2, 3), zeros(5, 3, 4)]),
        ValueError,
        "MM() takes matrices nxk and kxm, after transposing, or batches of them; it was given [2x3, 5x3x4]",
    ),
    (
        lambda: nn.MM().forward(zeros(2, 3)),
        ValueError,
        "MM() takes a list of two matrices, or two batches of matrices; it was given 2x3",
    ),
    (
        lambda: nn.MV(True).forward([zeros(2, 3), zeros(3)]),
        ValueError,
        "MV(trans=True) takes a matrix nxk, after transposing, and a vector of k, or a batch of each; it was given",
    ),
    (
        lambda: nn.DotProduct().forward([zeros(2, 3), zeros(3)]),
        ValueError,
        "DotProduct() takes two arrays n, or two Bxn, of one shape; it was given [2x3, 3]",
    ),
    (
        lambda: nn.MixtureTable().forward([zeros(5, 3), [zeros(5, 4)] * 2]),
        ValueError,
        "MixtureTable() needs 3 experts of 5 rows, one for each of the weights 5x3; it was given [5x3, [5x4, 5x4]]",
    ),
    (
        lambda: nn.MixtureTable().forward([zeros(2), [zeros(4), zeros(5)]]),
        ValueError,
        "MixtureTable() takes experts of one shape; it was given [4, 5]",
    ),
    (
        lambda: nn.MixtureTable(3).forward([zeros(5, 2), zeros(5, 2, 4)]),
        ValueError,
        "MixtureTable(3): there is no dimension 3 in experts of shape 5x2x4",
    ),
    (
        lambda: nn.MixtureTable().forward(zeros(5, 2)),
        ValueError,
        "MixtureTable() takes [g, experts], g of K or BxK; it was given 5x2",
    ),
    (
        lambda: nn.Bilinear(3, 2, 4).forward([zeros(5, 3), zeros(4, 2)]),
        ValueError,
        "Bilinear(3, 2, 4) takes two batches, Bx3 and Bx2; it was given [5x3, 4x2]",
    ),
    (lambda: nn.Bilinear(3, 0, 4), ValueError, "Bilinear's input_size_2 must be at least 1, not 0"),
    # Distances and templates.
    (
        lambda: nn.Euclidean(3, 2).forward(zeros(5, 4)),
        ValueError,
        "Euclidean(3, 2) takes an array of shape 3 or Bx3; it was given 5x4",
    ),
    (lambda: nn.WeightedEuclidean(3, 0), ValueError, "WeightedEuclidean's output_size must be at least 1, not 0"),
    (
        lambda: nn.Cosine(3, 2).forward(zeros(1, 1, 3)),
        ValueError,
        "Cosine(3, 2) takes an array of shape 3 or Bx3; it was given 1x1x3",
    ),
    (lambda: nn.PairwiseDistance(0.5), ValueError, "PairwiseDistance's p must be at least 1, not 0.5"),
    (
        lambda: nn.PairwiseDistance(2).forward([zeros(5, 3), zeros(3)]),
        ValueError,
        "PairwiseDistance(2) takes two arrays n, or two Bxn, of one shape; it was given [5x3, 3]",
    ),
    (
        lambda: nn.CosineDistance().forward([zeros(3)]),
        ValueError,
        "CosineDistance() takes two arrays n, or two Bxn, of one shape; it was given [3]",
    ),
    # Picking and zipping.
    (
        lambda: nn.Index(1).forward([zeros(2, 3), np.array([0, 3])]),
        IndexError,
        "Index(1): 3 is no index along dimension 1 of 2x3; they run from 0 to 2",
    ),
    (lambda: nn.Index(0).forward([zeros(2), np.array([-1])]), IndexError, "Index(0): -1 is no index"),
    (
        lambda: nn.Index(2).forward([zeros(2, 3), np.array([0])]),
        ValueError,
        "Index(2) takes an array with a dimension 2, and n indices; it was given [2x3, 1]",
    ),
    (
        lambda: nn.Index(0).forward(zeros(2)),
        ValueError,
        "Index(0) takes a list of two, an array and n indices; it was given 2",
    ),
    (
        lambda: nn.MaskedSelect().forward([zeros(2, 3), np.ones(3, int)]),
        ValueError,
        "MaskedSelect() takes an array and a mask of its shape; it was given [2x3, 3]",
    ),
    (
        lambda: nn.ZipTable().forward([[zeros(1)], [zeros(1), zeros(1)]]),
        ValueError,
        "ZipTable() takes a list of lists of one length; it was given [[1], [1, 1]]",
    ),
    (
        lambda: nn.ZipTableOneToMany().forward([zeros(1), zeros(1)]),
        ValueError,
        "ZipTableOneToMany() takes a list of a value and a list; it was given [1, 1]",
    ),
    (
        lambda: nn.CAddTensorTable().forward([zeros(2), [zeros(3)]]),
        ValueError,
        "CAddTable() takes arrays of one shape; it was given [2, 3]",
    ),
    # Containers.
    (
        lambda: nn.Bottle(nn.Linear(3, 2)).forward(zeros(5, 4, 2)),
        ValueError,
        "Linear(3, 2) takes an array of shape 3 or Bx3; it was given 20x2",
    ),
    (
        lambda: nn.Bottle(nn.Sum(1)).forward(zeros(5, 4, 2)),
        ValueError,
        "needs an array of 2 dimensions, the first of size 20, for the rows of 5x4x2; it was given 20",
    ),
    (lambda: nn.Bottle(nn.Tanh()).add(nn.Tanh()).forward(zeros(5, 4, 2)), ValueError, "nothing can be added"),
    (lambda: nn.Bottle(nn.Tanh()).forward([zeros(2)]), ValueError, "MergeLeading(2) takes one array, not [2]"),
    (
        lambda: nn.RestoreLeading().forward(zeros(2)),
        ValueError,
        "RestoreLeading() takes a list of two arrays: what was made, and of what; not 2",
    ),
    (lambda: nn.Concat(0).forward(zeros(2)), ValueError, "Concat(0) holds no branches, so it has no output; add("),
    (
        lambda: nn.Parallel(0, 0, nn.Tanh()).forward(zeros(2, 3)),
        ValueError,
        "split(1) cannot split a list of 2",
    ),
    # Sequences.
    (
        lambda: nn.SelectTerminal().forward([zeros(4, 3, 2), np.array([1, 5, 0])]),
        ValueError,
        "SelectTerminal(): a length is an integer from 0 to 4, the number of steps; not 5 of row 1",
    ),
    (
        lambda: nn.SelectTerminal().forward([zeros(4, 3, 2), np.array([1, 0.5, 0])]),
        ValueError,
        "SelectTerminal(): a length is an integer from 0 to 4, the number of steps; not 0.5 of row 1",
    ),
    (
        lambda: nn.ReverseSequence().forward([zeros(4, 3), np.array([1, -1, 0])]),
        ValueError,
        "ReverseSequence(): a length is an integer from 0 to 4, the number of steps; not -1 of row 1",
    ),
    (
        lambda: nn.SelectTerminal().forward([zeros(4, 3, 2), np.array([1, 2])]),
        ValueError,
        "SelectTerminal(): lengths are an array of 3 integers, one for each row; it was given an array of shape 2",
    ),
    (
        lambda: nn.SelectTerminal().forward(zeros(4, 3, 2)),
        ValueError,
        "SelectTerminal() takes a list of sequences TxBx... and B lengths; it was given 4x3x2",
    ),
    (lambda: nn.ReverseSequence().forward(np.array(1.0)), ValueError, "it was given a scalar"),
    # Criterions.
    (
        lambda: nn.SequenceCriterion(nn.MSECriterion()).forward(zeros(4, 3, 2), zeros(3, 4, 2)),
        ValueError,
        "takes TxBx... and its target TxB..., with the same T and B; the input is 4x3x2 but the target is 3x4x2",
    ),
    (
        lambda: nn.SequenceCriterion(nn.ClassNLLCriterion()).forward(zeros(4, 2), np.zeros(4, int)),
        ValueError,
        "the input is 4x2 but the target is 4",
    ),
    (
        lambda: nn.SequenceCriterion(nn.MSECriterion),
        TypeError,
        "SequenceCriterion takes a criterion, not MSECriterion; write MSECriterion()",
    ),
    (
        lambda: nn.MultiCriterion().add(nn.MSECriterion(), "half"),
        TypeError,
        "MultiCriterion's weight must be a number, not 'half'",
    ),
    (lambda: nn.MultiCriterion().add(nn.Tanh()), TypeError, "MultiCriterion takes a criterion, not Tanh"),
    (
        lambda: nn.MultiCriterion().add(nn.MSECriterion()([nn.Identity()(), nn.Identity()()])),
        TypeError,
        "MultiCriterion takes a criterion, not Node. A node is a call of a module; the criterion itself is meant",
    ),
    (
        lambda: nn.MultiCriterion().forward(zeros(2), zeros(2)),
        ValueError,
        "MultiCriterion() holds no criterions, so it has no loss; add(criterion, weight) some first",
    ),
    (
        lambda: nn.ParallelCriterion().add(nn.MSECriterion()).forward([zeros(2)], zeros(2)),
        ValueError,
        "ParallelCriterion() needs a list of 1 as its target, one for each criterion; it was given 2",
    ),
    (
        lambda: nn.AbsCriterion().forward(zeros(2, 3), zeros(3, 2)),
        ValueError,
        "AbsCriterion(): the input is 2x3 but the target is 3x2",
    ),
    (
        lambda: nn.BCECriterion("equal"),
        TypeError,
        "BCECriterion's weights must be numbers, in a list or an array, not 'equal'",
    ),
    (
        lambda: nn.SpatialClassNLLCriterion([[1], [1, 2]]),
        TypeError,
        "SpatialClassNLLCriterion's weights must be numbers, in a list or an array, not [[1], [1, 2]]",
    ),
    (lambda: nn.MultiMarginCriterion(1, [None]), TypeError, "MultiMarginCriterion's weights must be numbers"),
    (lambda: nn.L1Penalty(1).penalty([[1], [1, 2]]), TypeError, "L1Penalty(1) takes one array of numbers, not a list"),
    (
        lambda: nn.BCECriterion([1, 2]).forward(zeros(4, 3), zeros(4, 3)),
        ValueError,
        "BCECriterion([1, 2]): the weights are 2, the input is 4x3",
    ),
    (
        lambda: nn.WeightedMSECriterion([1, 2]).forward(zeros(4, 3), zeros(4, 3)),
        ValueError,
        "WeightedMSECriterion([1, 2]): the weights are 2, the input is 4x3",
    ),
    (
        lambda: nn.MarginCriterion().forward(zeros(2), np.array([1, 0])),
        ValueError,
        "MarginCriterion(): the target must hold 1 and -1; it has 0",
    ),
    (
        lambda: nn.SoftMarginCriterion().forward(zeros(2), np.array([1, 2, 1])),
        ValueError,
        "SoftMarginCriterion(): the input is 2 but the target is 3",
    ),
    (lambda: nn.HingeEmbeddingCriterion("1"), TypeError, "HingeEmbeddingCriterion's margin must be a number, not '1'"),
    (
        lambda: nn.CosineEmbeddingCriterion().forward([zeros(5, 3), zeros(5, 3)], np.ones(4)),
        ValueError,
        "CosineEmbeddingCriterion() takes two arrays n, or two Bxn, and one target or B; it was given [5x3, 5x3] and 4",
    ),
    (
        lambda: nn.CosineEmbeddingCriterion().forward([zeros(3), zeros(2)], 1),
        ValueError,
        "CosineEmbeddingCriterion() takes a list of two arrays of one shape; it was given [3, 2]",
    ),
    (
        lambda: nn.MarginRankingCriterion().forward([zeros(3), zeros(3)], np.ones(2)),
        ValueError,
        "takes a target for all pairs or one for each; the pairs are [3, 3] and the target is 2",
    ),
    (
        lambda: nn.L1HingeEmbeddingCriterion().forward([zeros(3), zeros(3)], np.ones(3)),
        ValueError,
        "L1HingeEmbeddingCriterion() takes one target, 1 or -1, for its one pair; not 3",
    ),
    (
        lambda: nn.L1HingeEmbeddingCriterion().forward([zeros(3), zeros(3)], 0),
        ValueError,
        "L1HingeEmbeddingCriterion(): the target must hold 1 and -1; it has 0",
    ),
    (
        lambda: nn.DistanceRatioCriterion().forward([zeros(3), zeros(2)]),
        ValueError,
        "DistanceRatioCriterion() takes a list of two arrays of one shape; it was given [3, 2]",
    ),
    (lambda: nn.L1Cost().forward([zeros(3)]), TypeError, "L1Cost() takes one array, not the list [3]"),
    (lambda: nn.MultiMarginCriterion(3), ValueError, "MultiMarginCriterion's p must be 1 or 2, not 3"),
    (
        lambda: nn.MultiMarginCriterion(1, [1, 2]).forward(zeros(4, 3), np.zeros(4, int)),
        ValueError,
        "MultiMarginCriterion(1, [1, 2]): there are 2 weights for 3 classes",
    ),
    (
        lambda: nn.MultiMarginCriterion().forward(zeros(4, 3), np.array([0, 1, 3, 0])),
        IndexError,
        "MultiMarginCriterion(): the target 3 of row 2 is no class; classes run from 0 to 2",
    ),
    (
        lambda: nn.MultiMarginCriterion().forward(zeros(4, 3), np.zeros(3, int)),
        ValueError,
        "MultiMarginCriterion(): the input 4x3 needs 4 classes, one for each row; the target is 3",
    ),
    (
        lambda: nn.MultiLabelMarginCriterion().forward(zeros(2, 3), np.array([[0, -1, 9], [1, 3, -1]])),
        IndexError,
        "MultiLabelMarginCriterion(): the target 3 of row 1 is no class; classes run from 0 to 2",
    ),
    (
        lambda: nn.MultiLabelMarginCriterion().forward(zeros(2, 3), np.zeros(2, int)),
        ValueError,
        "takes n scores, or Bxn, and a target of the same shape that lists the right classes; it was given 2x3 and 2",
    ),
    # What passes on, watches, or compares what modules make.
    (lambda: nn.Collapse(0), ValueError, "Collapse's n_input_dim must be at least 1, not 0"),
    (lambda: nn.Collapse(2).forward([zeros(2)]), ValueError, "Collapse(2) takes one array, not [2]"),
    (lambda: nn.Copy("text"), TypeError, "Copy's intype must be a type of numbers, such as numpy.float32, not 'text'"),
    (
        lambda: nn.Copy(None, complex),
        TypeError,
        "Copy's outtype must be a type of numbers, such as numpy.float32, not complex128",
    ),
    (lambda: nn.Constant("3"), TypeError, "Constant's value must be a number or an array of numbers, not '3'"),
    (lambda: nn.Constant([[1], [2, 3]]), TypeError, "Constant's value must be a number or an array of numbers"),
    (lambda: nn.Constant(1, -1), ValueError, "Constant's n_input_dim must be at least 0, not -1"),
    (lambda: nn.Constant(1, 1).forward([zeros(2)]), ValueError, "Constant(1, 1) takes one array, not [2]"),
    (lambda: nn.L1Penalty("1"), TypeError, "L1Penalty's l1weight must be a number, not '1'"),
    (lambda: nn.L1Penalty(1).forward([zeros(2)]), TypeError, "L1Penalty(1) takes one array, not the list [2]"),
    (lambda: nn.L1Penalty(1).penalty("x"), TypeError, "L1Penalty(1) takes one array of numbers, not str"),
    (lambda: nn.WhiteNoise(0, -1), ValueError, "WhiteNoise's std must be at least 0, not -1"),
    (lambda: nn.WhiteNoise(None), TypeError, "WhiteNoise's mean must be a number, not None"),
    (lambda: nn.Decorator(nn.Tanh), TypeError, "Decorator takes modules, not type"),
    (lambda: nn.NaNCheck(3), TypeError, "NaNCheck takes a module, not int"),
    (lambda: nn.Profile(nn.Tanh(), 0), ValueError, "Profile's print_interval must be at least 1, not 0"),
    (
        lambda: nn.CriterionTable(nn.MSECriterion),
        TypeError,
        "CriterionTable takes a criterion, not MSECriterion; write MSECriterion()",
    ),
    (
        lambda: nn.CriterionTable(nn.MSECriterion()).forward(zeros(2)),
        ValueError,
        "CriterionTable(MSECriterion()) takes a list of two: the input and the target",
    ),
    (lambda: nn.ModuleCriterion(nn.Tanh()), TypeError, "ModuleCriterion takes a criterion, not Tanh"),
    (lambda: nn.ModuleCriterion(nn.MSECriterion(), "tanh"), TypeError, "ModuleCriterion takes modules, not str"),
    (
        lambda: nn.ModuleCriterion(nn.MSECriterion()).add(nn.Tanh()).forward(zeros(2), zeros(2)),
        ValueError,
        "holds two modules and a criterion; nothing can be added or taken away",
    ),
    (
        lambda: nn.MaskedLoss().forward(zeros(2, 3), np.array([-1, 3])),
        IndexError,
        "MaskedLoss(): the target 3 of row 1 is no class; classes run from 0 to 2",
    ),
    (
        lambda: nn.MaskedLoss().forward(zeros(2, 3), np.array([-2, -1])),
        IndexError,
        "MaskedLoss(): the target -2 of row 0 is no class",
    ),
    (
        lambda: nn.MaskedLoss().score(zeros(2, 3), np.array([1])),
        ValueError,
        "MaskedLoss(): the input 2x3 needs 2 classes, one for each row; the target is 1",
    ),
    (
        lambda: nn.MaskedLoss().output_shape([(2, 3), (1,)]),
        ValueError,
        "MaskedLoss(): the input 2x3 needs 2 classes, one for each row; the target is 1",
    ),
    (
        lambda: nn.MaskedLoss().output_shape([(2, 3, 1), (2,)]),
        ValueError,
        "MaskedLoss() takes n log-probabilities, or Bxn, and their classes; it was given 2x3x1 and 2",
    ),
    # Torch7.
    (
        lambda: build_criterion({"ctor": "nn.MSECriterion", "args": [], "calls": [["add", {}]]}),
        KeyError,
        "nn.MSECriterion:add(...) is a call that graphnet.interop.torch7 does not know",
    ),
    (
        lambda: build_module({"ctor": "nn.Tanh", "args": [], "calls": [["setNumInputDims", 2]]}),
        KeyError,
        "nn.Tanh:setNumInputDims(...) is a call",
    ),
    (
        lambda: build_module({"ctor": "nn.Tanh", "args": [], "calls": [["add", {"ctor": "nn.Tanh", "args": []}]]}),
        KeyError,
        "nn.Tanh:add(...) is a call",
    ),
]


@pytest.mark.parametrize(("do", "kind", "text"), REFUSED, ids=[text for _, _, text in REFUSED])
def test_what_cannot_be_is_refused_with_its_reason(do: Callable[[], Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=re.escape(text)):
        do()
