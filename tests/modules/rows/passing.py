"""Rows of modules that pass on what they take, or watch it."""

from __future__ import annotations

import numpy as np

from graphnet import modules as nn
from tests.modules.rows.row import Row, real, whole

ROWS: dict[str, list[Row]] = {
    "Collapse": [
        Row(lambda: nn.Collapse(2), lambda b, f: real(b, f, 2), "Collapse(2)"),
        Row(lambda: nn.Collapse(2), lambda b, f: real(b, f), "Collapse(2)"),
        Row(lambda: nn.Collapse(1), lambda b, f: real(b, f, 2), "Collapse(1)"),
    ],
    "Constant": [
        Row(lambda: nn.Constant(3.5), lambda b, f: [real(b, f), real(f)], "Constant(3.5)"),
        Row(lambda: nn.Constant([1, 2, 3], 1), lambda b, f: real(b, f), "Constant([1, 2, 3], 1)"),
        Row(lambda: nn.Constant(np.ones((2, 3)), 2), lambda b, f: real(b, f), "Constant(array 2x3, 2)"),
    ],
    "Copy": [
        Row(nn.Copy, lambda b, f: real(b, f), "Copy()"),
        Row(lambda: nn.Copy(float, np.float64), lambda b, f: [real(b), real(f)], "Copy('float64', 'float64')"),
        Row(lambda: nn.Copy(outtype="f8"), lambda b, f: [real(b, f), whole(5, b)], "Copy(outtype='float64')"),
    ],
    "Decorator": [Row(lambda: nn.Decorator(nn.Linear(3, 2)), lambda b, f: real(b, 3), "Decorator()", 3)],
    "L1Penalty": [
        Row(
            lambda: nn.L1Penalty(0.5),
            lambda b, f: real(b, f),
            "L1Penalty(0.5)",
            gradient=lambda dy, x: dy + 0.5 * np.sign(x),
        ),
        Row(
            lambda: nn.L1Penalty(2, True, False),
            lambda b, f: real(b, f),
            "L1Penalty(2, size_average=True, provide_output=False)",
            gradient=lambda dy, x: 2 / x.size * np.sign(x),
        ),
    ],
    "NaN": [
        Row(lambda: nn.NaN(nn.Linear(3, 2)), lambda b, f: real(b, 3), "NaN()", 3),
        Row(lambda: nn.NaN(nn.CMulTable(), "gate"), lambda b, f: [real(b, f), real(b, f)], "NaN('gate')"),
    ],
    "NaNCheck": [
        Row(
            lambda: nn.NaNCheck(nn.Tanh(), False, 3),
            lambda b, f: [real(b), [real(f), whole(3, b)]],
            "NaNCheck(Tanh(), before=False, id=3)",
        ),
    ],
    "PrintSize": [
        Row(nn.PrintSize, lambda b, f: real(b, f), "PrintSize()"),
        Row(lambda: nn.PrintSize("h"), lambda b, f: [real(b), real(f)], "PrintSize('h')"),
    ],
    "Profile": [
        Row(lambda: nn.Profile(nn.Linear(3, 2)), lambda b, f: real(b, 3), "Profile()", 3),
        Row(
            lambda: nn.Profile(nn.Sequential(nn.Tanh(), nn.Dropout()), 1, "two"),
            lambda b, f: real(b, f),
            "Profile(1, 'two')",
        ),
    ],
    "WhiteNoise": [
        Row(nn.WhiteNoise, lambda b, f: real(b, f), "WhiteNoise()"),
        Row(lambda: nn.WhiteNoise(0.5, 2).evaluate(), lambda b, f: real(b, f), "WhiteNoise(0.5, 2)"),
    ],
}
