"""Convolutions, pooling and their kin: what the contract table does not ask of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.interop.torch7 import build_criterion, build_module
from graphnet.modules.images.windows import Windows
from graphnet.shapes import as_shape
from graphnet.sizes import Size


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape)


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape)


REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (
        lambda: nn.SpatialConvolution(2, 3, 3, 2).forward(zeros(3, 4, 4)),
        ValueError,
        "SpatialConvolution(2, 3, 3, 2) takes 2xHxW or Bx2xHxW with H at least 2 and W at least 3; it was given 3x4x4",
    ),
    (lambda: nn.SpatialConvolution(2, 3, 3, 2).forward(zeros(2, 1, 4)), ValueError, "it was given 2x1x4"),
    (lambda: nn.SpatialConvolution(2, 3, 3, 2).forward(zeros(2, 4, 2)), ValueError, "it was given 2x4x2"),
    (lambda: nn.SpatialConvolution(2, 3, 3, 2).forward(zeros(4, 4)), ValueError, "it was given 4x4"),
    (lambda: nn.SpatialConvolution(2, 3, 3, 2).forward([zeros(2, 4, 4)]), TypeError, "it was given a list of 1"),
    (lambda: nn.SpatialConvolution(2, 3, 3, 2).output_shape([(2, 4, 4)]), TypeError, "it was given [2x4x4]"),
    (
        lambda: nn.SpatialConvolution(0, 3, 1, 1),
        ValueError,
        "SpatialConvolution's n_input_plane must be at least 1, not 0",
    ),
    (lambda: nn.SpatialConvolution(2, 3.5, 1, 1), TypeError, "n_output_plane must be an integer, not 3.5"),
    (lambda: nn.SpatialConvolution(2, 3, 0, 1), ValueError, "SpatialConvolution's k_w must be at least 1, not 0"),
    (lambda: nn.SpatialConvolution(2, 3, 1, 1, 1, 0), ValueError, "SpatialConvolution's d_h must be at least 1, not 0"),
    (lambda: nn.SpatialConvolution(2, 3, 1, 1, 1, 1, -1), ValueError, "pad_w must be at least 0, not -1"),
    (
        lambda: nn.SpatialDilatedConvolution(2, 3, 2, 2, dilation_h=0),
        ValueError,
        "dilation_h must be at least 1, not 0",
    ),
    (
        lambda: nn.SpatialDilatedConvolution(2, 3, 2, 2, dilation_w=3).forward(zeros(2, 4, 3)),
        ValueError,
        "with H at least 2 and W at least 4; it was given 2x4x3",
    ),
    (
        lambda: nn.SpatialFullConvolution(2, 3, 2, 2, 2, 2, adj_h=2),
        ValueError,
        "SpatialFullConvolution's adj_h must be less than d_h, 2; it was 2",
    ),
    (
        lambda: nn.SpatialFullConvolution(2, 3, 1, 1, 1, 1, 1, 0).forward(zeros(2, 2, 2)),
        ValueError,
        "takes 2xHxW or Bx2xHxW with H at least 1 and W at least 3; it was given 2x2x2",
    ),
    (
        lambda: nn.SpatialFullConvolution(2, 3, 2, 2).forward([zeros(2, 4, 4), zeros(3)]),
        ValueError,
        "takes images, or a list of them and an array that ends in the H and W of what shall come out; it was given",
    ),
    (lambda: nn.SpatialFullConvolution(2, 3, 2, 2).output_shape([(2, 4, 4)]), ValueError, "given the list [2x4x4]"),
    (lambda: nn.SpatialFullConvolution(2, 3, 2, 2).forward([zeros(3, 4, 4), zeros(5, 5)]), ValueError, "given 3x4x4"),
    (
        lambda: nn.SpatialMaxPooling(2, 2, pad_w=2),
        ValueError,
        "SpatialMaxPooling's pad_w must be at most half of k_w, 2; it was 2",
    ),
    (
        lambda: nn.SpatialMaxPooling(3, 2).forward(zeros(3, 1, 4)),
        ValueError,
        "SpatialMaxPooling(3, 2) takes CxHxW or BxCxHxW with H at least 2 and W at least 3; it was given 3x1x4",
    ),
    (lambda: nn.SpatialAveragePooling(3, 3, 1, 0), ValueError, "SpatialAveragePooling's d_h must be at least 1, not 0"),
    (lambda: nn.SpatialAveragePooling(3, 3).forward([]), TypeError, "it was given a list of 0"),
    (
        lambda: nn.SpatialZeroPadding(1, -2).forward(zeros(1, 2, 2)),
        ValueError,
        "SpatialZeroPadding(1, -2) takes CxHxW or BxCxHxW with H at least 1 and W at least 3; it was given 1x2x2",
    ),
    (lambda: nn.SpatialZeroPadding(0.5), TypeError, "SpatialZeroPadding's pad_l must be an integer, not 0.5"),
    (lambda: nn.SpatialZeroPadding(1, 1, None, 0.5), TypeError, "SpatialZeroPadding's pad_b must be an integer"),
    (lambda: nn.SpatialUpSamplingNearest(0), ValueError, "SpatialUpSamplingNearest's scale must be at least 1, not 0"),
    (
        lambda: nn.SpatialUpSamplingNearest(2).forward(zeros(2, 2)),
        ValueError,
        "SpatialUpSamplingNearest(2) takes CxHxW or BxCxHxW; it was given 2x2",
    ),
    (
        lambda: nn.TemporalConvolution(3, 2, 2).forward(zeros(1, 3)),
        ValueError,
        "TemporalConvolution(3, 2, 2) takes Tx3 or BxTx3 with T at least 2; it was given 1x3",
    ),
    (lambda: nn.TemporalConvolution(3, 2, 2).forward(zeros(4, 2)), ValueError, "it was given 4x2"),
    (lambda: nn.TemporalConvolution(3, 2, 2).forward([zeros(4, 3)]), TypeError, "it was given a list of 1"),
    (lambda: nn.TemporalConvolution(3, 0, 2), ValueError, "output_frame_size must be at least 1, not 0"),
    (lambda: nn.TemporalMaxPooling(2, 0), ValueError, "TemporalMaxPooling's d_w must be at least 1, not 0"),
    (
        lambda: nn.TemporalMaxPooling(3).forward(zeros(2, 5)),
        ValueError,
        "TemporalMaxPooling(3) takes TxF or BxTxF with T at least 3; it was given 2x5",
    ),
    (
        lambda: nn.SpatialClassNLLCriterion().forward(zeros(2, 3, 4, 4), np.zeros((2, 4, 3), int)),
        ValueError,
        "takes CxHxW log-probabilities and HxW classes, or BxCxHxW and BxHxW; it was given 2x3x4x4 and 2x4x3",
    ),
    (
        lambda: nn.SpatialClassNLLCriterion().forward(zeros(2, 3, 1, 2), np.array([[[0, 1]], [[2, 3]]])),
        IndexError,
        "SpatialClassNLLCriterion(): the target 3 at (1, 0, 1) is no class; classes run from 0 to 2",
    ),
    (
        lambda: nn.SpatialClassNLLCriterion().forward(zeros(3, 1, 1), np.array([[0.5]])),
        ValueError,
        "SpatialClassNLLCriterion(): the target must hold whole numbers; it has 0.5",
    ),
    (
        lambda: nn.SpatialClassNLLCriterion([1, 2]).forward(zeros(3, 1, 1), np.array([[0]])),
        ValueError,
        "there are 2 weights for 3 classes",
    ),
    (
        lambda: nn.JoinCentred(0).forward([zeros(2), zeros(2, 2)]),
        ValueError,
        "JoinCentred(0) joins arrays of as many dimensions; it was given [2, 2x2]",
    ),
    (lambda: nn.JoinCentred(0).output_shape([(2,), (2, 2)]), ValueError, "it was given [2, 2x2]"),
    (lambda: nn.JoinCentred(0).forward([]), ValueError, "JoinCentred(0) takes a list of arrays, not []"),
    (lambda: nn.JoinCentred(0).output_shape((2,)), ValueError, "JoinCentred(0) takes a list of arrays, not 2"),
    (lambda: nn.DepthConcat(0).forward(zeros(2)), ValueError, "DepthConcat(0) holds no branches, so it has no output"),
    (
        lambda: build_module({"ctor": "nn.DepthConcat", "args": [0]}),
        ValueError,
        "nn.DepthConcat's dimension counts from 1; it was 0",
    ),
]


@pytest.mark.parametrize(("do", "kind", "text"), REFUSED, ids=[text for _, _, text in REFUSED])
def test_what_cannot_be_is_refused_with_its_reason(do: Callable[[], Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=re.escape(text)):
        do()


def test_a_drawing_refuses_images_of_other_planes() -> None:
    x = nn.Identity()()
    wrong = nn.SpatialConvolution(4, 2, 3, 3)(nn.SpatialMaxPooling(2, 2)(nn.SpatialConvolution(1, 3, 3, 3)(x)))
    with pytest.raises(ValueError, match=re.escape("SpatialConvolution(4, 2, 3, 3) takes 4xHxW or Bx4xHxW")):
        gn.gModule([x], [wrong]).output_shape(as_shape(("B", 1, "H", "W")))


@pytest.mark.parametrize(
    ("module", "shape", "expected"),
    [
        (nn.SpatialConvolution(1, 2, 3, 3, 1, 1, 1), ("B", 1, "H", "W"), "(B, 2, H, W)"),
        (nn.SpatialMaxPooling(2, 2), ("C", "H", "W"), "(C, ⌊H/2⌋, ⌊W/2⌋)"),
        (nn.SpatialFullConvolution(1, 2, 2, 2, 2, 2), ("B", 1, "H", "W"), "(B, 2, 2·H, 2·W)"),
        (nn.TemporalConvolution(3, 2, 4), ("B", "T", 3), "(B, T-3, 2)"),
        (nn.TemporalMaxPooling(2), ("T", 3), "(⌊T/2⌋, 3)"),
        (nn.SpatialUpSamplingNearest(2), ("B", 1, "H", 3), "(B, 1, 2·H, 6)"),
    ],
)
def test_sizes_that_are_not_known_stay_symbols(module: gn.Module, shape: Any, expected: str) -> None:
    said = module.output_shape(as_shape(shape))
    n = {"B": 4, "C": 3, "H": 8, "W": 10, "T": 8}
    assert str(said) == expected
    ran = module.run(zeros(*(n.get(size, size) for size in shape))).output.shape
    assert all(size.at(n) in (None, number) for size, number in zip(said, ran, strict=True) if isinstance(size, Size))


def by_hand(size: int, k: int, d: int, p: int, ceil: bool) -> int:
    """Count windows one by one: those that fit, and with ceil the one behind them that begins before the padding."""
    starts = [start for start in range(-p, size + p, d) if start + k <= size + p]
    following = len(starts) * d - p
    reaches = ceil and starts[-1] + k < size + p
    return len(starts) + (reaches and following < size)


@pytest.mark.parametrize("ceil", [False, True])
def test_windows_are_counted(ceil: bool) -> None:
    for size in range(1, 9):
        for k in range(1, 5):
            for d in range(1, 5):
                for p in range(k // 2 + 1):
                    if size + 2 * p >= k:
                        windows = Windows((k, 1), (d, 1), (p, 0), ceil=ceil)
                        assert windows.counts(size, 1)[0] == by_hand(size, k, d, p, ceil), (size, k, d, p)


def test_of_equal_elements_the_first_gets_the_gradient() -> None:
    x = np.ones((1, 2, 4))
    dx = nn.SpatialMaxPooling(2, 2).run(x).backward(np.ones((1, 1, 2)))
    np.testing.assert_array_equal(dx, [[[1, 0, 1, 0], [0, 0, 0, 0]]])
    x[0, 0, 0] = x[0, 0, 2] = 0  # now the largest stand in the first row's second column, and in the second row
    dx = nn.SpatialMaxPooling(2, 2).run(x).backward(np.ones((1, 1, 2)))
    np.testing.assert_array_equal(dx, [[[0, 1, 0, 1], [0, 0, 0, 0]]])


def test_large_windows_have_places_enough() -> None:
    x = np.zeros((1, 20, 20))
    x[0, 18, 17] = 1
    dx = nn.SpatialMaxPooling(20, 20).run(x).backward(np.ones((1, 1, 1)))
    np.testing.assert_array_equal(dx, x)


@pytest.mark.parametrize("negative", [-1.0, -np.inf])
def test_padding_is_never_the_largest(negative: float) -> None:
    pooled = nn.SpatialMaxPooling(3, 3, 2, 2, 1, 1).forward(np.full((1, 3, 3), negative))
    np.testing.assert_array_equal(pooled, np.full((1, 2, 2), negative))


def test_a_mean_counts_the_padding_or_not() -> None:
    x = np.ones((1, 2, 2))
    corner = nn.SpatialAveragePooling(3, 3, 1, 1, 1, 1).forward(x)[0, 0, 0]
    assert corner == pytest.approx(4 / 9)
    assert nn.SpatialAveragePooling(3, 3, 1, 1, 1, 1, count_include_pad=False).forward(x)[0, 0, 0] == 1
    assert nn.SpatialAveragePooling(3, 3, 1, 1, 1, 1, divide=False).forward(x)[0, 0, 0] == pytest.approx(4)
    assert nn.SpatialAveragePooling(2, 2, divide=False).forward(x)[0, 0, 0] == 4


def test_integers_are_numbers() -> None:
    x = np.arange(32).reshape(2, 4, 4)
    for module in (
        nn.SpatialConvolution(2, 3, 2, 2),
        nn.SpatialFullConvolution(2, 3, 2, 2),
        nn.SpatialMaxPooling(2, 2, pad_w=1),
        nn.SpatialAveragePooling(2, 2),
        nn.SpatialUpSamplingNearest(2),
        nn.TemporalConvolution(4, 3, 2),
        nn.TemporalMaxPooling(2),
    ):
        first, second = module.run(x), module.run(x.astype(float))
        np.testing.assert_array_equal(first.output, second.output)
        first.backward(np.ones_like(second.output))
        once = [p.grad.copy() for p in module.parameters()]
        module.zero_grad_parameters()
        second.backward(np.ones_like(second.output))
        for gradient, parameter in zip(once, module.parameters(), strict=True):
            np.testing.assert_array_equal(gradient, parameter.grad)


@pytest.mark.parametrize(
    ("module", "bound"),
    [
        (nn.SpatialConvolution(40, 30, 3, 2), 1 / np.sqrt(240)),
        (nn.SpatialFullConvolution(40, 30, 3, 2), 1 / np.sqrt(240)),
        (nn.TemporalConvolution(40, 300, 3), 1 / np.sqrt(120)),
    ],
)
def test_parameters_start_as_torch7_s(module: Any, bound: float) -> None:
    for parameter in (module.weight, module.bias):
        assert 0.8 * bound < np.abs(parameter.value).max() <= bound
    module.reset(0.5)
    assert np.abs(module.weight.value).max() == pytest.approx(0.5 * np.sqrt(3), rel=0.02)


def test_fans_are_those_of_the_kernel() -> None:
    assert nn.SpatialConvolution(4, 3, 3, 2).fans("weight") == (24, 18)
    assert nn.SpatialFullConvolution(4, 3, 3, 2).fans("weight") == (24, 18)
    assert nn.TemporalConvolution(4, 3, 5).fans("weight") == (20, 15)
    assert nn.TemporalConvolution(4, 3, 5).fans("bias") is None


def test_a_full_convolution_undoes_the_sizes_of_a_convolution() -> None:
    for height, width in ((7, 8), (8, 9), (9, 10)):
        x = numbers(2, 3, height, width)
        small = nn.SpatialConvolution(3, 4, 3, 2, 3, 2, 1).forward(x)
        full = nn.SpatialFullConvolution(4, 3, 3, 2, 3, 2, 1, 1)
        assert full.forward([small, x]).shape == x.shape
        assert full.output_shape([small.shape, x.shape]) == x.shape


# ---- Torch7's constructors


@pytest.mark.parametrize(
    ("spec", "label"),
    [
        (("SpatialMaxPooling", [2, 2], [["ceil"]]), "SpatialMaxPooling(2, 2, ceil=True)"),
        (("SpatialMaxPooling", [2, 3, None, 1], [["ceil"], ["floor"]]), "SpatialMaxPooling(2, 3, d_h=1, ceil=False)"),
        (
            ("SpatialAveragePooling", [2, 2], [["setCountExcludePad"], ["ceil"]]),
            "SpatialAveragePooling(2, 2, count_include_pad=False, ceil=True)",
        ),
        (
            ("SpatialAveragePooling", [2, 2], [["setCountExcludePad"], ["setCountIncludePad"]]),
            "SpatialAveragePooling(2, 2, count_include_pad=True)",
        ),
        (("SpatialConvolution", [2, 3, 1, 1], [["noBias"]]), "SpatialConvolution(2, 3, 1, 1, bias=False)"),
        (("SpatialConvolution", [2, 3, 1, 1, None, None, 1], []), "SpatialConvolution(2, 3, 1, 1, pad_w=1)"),
        (("SpatialZeroPadding", [1, None, 2], []), "SpatialZeroPadding(1, pad_t=2)"),
        (("TemporalMaxPooling", [2, None], []), "TemporalMaxPooling(2)"),
        (("DepthConcat", [2], []), "DepthConcat(1)"),
    ],
)
def test_a_call_comes_to_an_argument(spec: Any, label: str) -> None:
    name, arguments, calls = spec
    module = build_module({"ctor": f"nn.{name}", "args": arguments, "calls": calls})
    assert module.arguments() == eval(f"nn.{label}", {"nn": nn}).arguments()


def test_a_convolution_with_a_matrix_is_the_same() -> None:
    spec = {"args": [2, 3, 3, 2, 2, 1, 1], "calls": []}
    flat = build_module({"ctor": "nn.SpatialConvolutionMM", **spec})
    plain = build_module({"ctor": "nn.SpatialConvolution", **spec})
    assert [p.shape for p in flat.parameters()] == [(3, 12), (3,)]
    for mine, theirs in zip(plain.parameters(), flat.parameters(), strict=True):
        mine.value = theirs.value.reshape(mine.shape)
    x = numbers(2, 2, 4, 5)
    first, second = flat.run(x), plain.run(x)
    np.testing.assert_array_equal(first.output, second.output)
    dy = numbers(*second.output.shape)
    np.testing.assert_array_equal(first.backward(dy), second.backward(dy))
    for mine, theirs in zip(plain.parameters(), flat.parameters(), strict=True):
        np.testing.assert_array_equal(mine.grad.reshape(theirs.shape), theirs.grad)
    assert len(build_module({"ctor": "nn.SpatialConvolutionMM", **spec, "calls": [["noBias"]]}).parameters()) == 1


def test_torch7_s_criterion_of_pixels_ignores_none() -> None:
    criterion = build_criterion({"ctor": "nn.SpatialClassNLLCriterion", "args": [None, False]})
    assert criterion.forward(-np.ones((2, 1, 3)), np.array([[0, 1, 1]])) == 3
    with pytest.raises(IndexError, match="is no class"):
        criterion.forward(-np.ones((2, 1, 1)), np.array([[-100]]))
