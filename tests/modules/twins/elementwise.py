"""Twins of functions of each number, and of what passes numbers on."""

from __future__ import annotations

from typing import Any

import numpy as np

import graphnet as gn
from graphnet import modules as nn
from graphnet.random import generator
from tests.modules.twins.pytorch import F, Twin, chances, real, torch


def dropped(x: Any) -> Any:
    """Drop with the numbers that Dropout(0.3) will draw."""
    gn.manual_seed(0)
    kept = torch.tensor(generator().random(tuple(x.shape)) >= 0.3)
    gn.manual_seed(0)
    return x * kept / 0.7


def noisy(x: Any) -> Any:
    """Add the noise that WhiteNoise(0.5, 2) will draw."""
    gn.manual_seed(0)
    noise = torch.tensor(generator().normal(0.5, 2, tuple(x.shape)))
    gn.manual_seed(0)
    return x + noise


def penalised(x: Any) -> Any:
    """Add the gradient of L1Penalty(0.5) on the way back."""
    y = x.clone()
    y.register_hook(lambda dy: dy + 0.5 * x.sign())
    return y


TWINS: dict[str, Twin] = {
    "Abs": (nn.Abs, torch.abs, real(3, 4)),
    "Add": (lambda: nn.Add(3), lambda x, b: x + b, real(4, 3)),
    "AddConstant": (lambda: nn.AddConstant(1.5), lambda x: x + 1.5, real(3, 4)),
    "CAdd": (lambda: nn.CAdd(3, 1), lambda x, b: x + b, real(2, 3, 4)),
    "CMul": (lambda: nn.CMul(3, 1), lambda x, w: x * w, real(2, 3, 4)),
    "CReLU": (lambda: nn.CReLU(1), lambda x: torch.cat([torch.relu(x), torch.relu(-x)], 1), real(5, 3)),
    "Clamp": (lambda: nn.Clamp(-0.5, 1), lambda x: torch.clamp(x, -0.5, 1), real(3, 4)),
    "Constant": (
        lambda: nn.Constant([1, 2], 1),
        lambda x: torch.tensor([1.0, 2.0]).double().expand(len(x), 2),
        real(3, 4),
    ),
    "Copy": (lambda: nn.Copy(None, np.float32), lambda x: x.float(), real(3, 4)),
    "Dropout": (lambda: nn.Dropout(0.3), dropped, real(30, 4)),
    "Dropout, evaluated": (lambda: nn.Dropout(0.3).evaluate(), lambda x: F.dropout(x, 0.3, False), real(3, 4)),
    "ELU": (lambda: nn.ELU(0.5), lambda x: F.elu(x, 0.5), real(3, 4)),
    "Exp": (nn.Exp, torch.exp, real(3, 4)),
    "GatedLinearUnit": (lambda: nn.GatedLinearUnit(1), lambda x: F.glu(x, 1), real(3, 4, 2)),
    "GradientReversal": (lambda: nn.GradientReversal(2), lambda x: (3 * x).detach() - 2 * x, real(3, 4)),
    "HardShrink": (lambda: nn.HardShrink(0.8), lambda x: F.hardshrink(x, 0.8), real(3, 4)),
    "HardTanh": (nn.HardTanh, F.hardtanh, real(3, 4)),
    "Identity": (nn.Identity, torch.nn.Identity(), real(3, 4)),
    "L1Penalty": (lambda: nn.L1Penalty(0.5), penalised, real(3, 4)),
    "LeakyReLU": (lambda: nn.LeakyReLU(0.2), lambda x: F.leaky_relu(x, 0.2), real(3, 4)),
    "Log": (nn.Log, torch.log, chances(3, 4)),
    "LogSigmoid": (nn.LogSigmoid, F.logsigmoid, 30 * real(3, 4)),
    "LogSoftMax": (nn.LogSoftMax, lambda x: F.log_softmax(x, -1), real(3, 4)),
    "Mul": (nn.Mul, torch.mul, real(3, 4)),
    "MulConstant": (lambda: nn.MulConstant(-1.5), lambda x: -1.5 * x, real(3, 4)),
    "PReLU": (lambda: nn.PReLU(3), F.prelu, real(2, 3, 4, 2)),
    "Power": (lambda: nn.Power(1.5), lambda x: x**1.5, chances(3, 4)),
    "RReLU": (lambda: nn.RReLU(0.1, 0.3).evaluate(), lambda x: F.rrelu(x, 0.1, 0.3), real(3, 4)),
    "ReLU": (nn.ReLU, torch.relu, real(3, 4)),
    "ReLU6": (nn.ReLU6, F.relu6, 4 * real(3, 4)),
    "Sigmoid": (nn.Sigmoid, torch.sigmoid, real(3, 4)),
    "SoftMax": (nn.SoftMax, lambda x: F.softmax(x, 1), real(3, 4, 2, 2)),
    "SoftMin": (nn.SoftMin, lambda x: F.softmin(x, -1), real(3, 4)),
    "SoftPlus": (lambda: nn.SoftPlus(2), lambda x: F.softplus(x, 2, 1000), 30 * real(3, 4)),
    "SoftShrink": (lambda: nn.SoftShrink(0.8), lambda x: F.softshrink(x, 0.8), real(3, 4)),
    "SoftSign": (nn.SoftSign, F.softsign, real(3, 4)),
    "Sqrt": (nn.Sqrt, torch.sqrt, chances(3, 4)),
    "Square": (nn.Square, torch.square, real(3, 4)),
    "Tanh": (nn.Tanh, torch.tanh, real(3, 4)),
    "TanhShrink": (nn.TanhShrink, F.tanhshrink, real(3, 4)),
    "Threshold": (lambda: nn.Threshold(0.1, -2), lambda x: F.threshold(x, 0.1, -2), real(3, 4)),
    "WhiteNoise": (lambda: nn.WhiteNoise(0.5, 2), noisy, real(3, 4)),
    "WhiteNoise, evaluated": (lambda: nn.WhiteNoise(0.5).evaluate(), lambda x: x + 0.5, real(3, 4)),
    "ZeroGrad": (nn.ZeroGrad, torch.detach, real(3, 4)),
}
