"""Our modules, graphs and optimizers give the figures that the original computed, to 1e-10."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphnet.interop.torch7 import build_criterion, build_graph, build_module
from tests.golden.replay import replay

HERE = Path(__file__).parent
MODULES = json.loads((HERE / "modules.json").read_text())
GRAPHS = json.loads((HERE / "graphs.json").read_text())
OPTIM = json.loads((HERE / "optim.json").read_text())

RESULTS = {
    "module": ("output", "gradInput", "gradParameters", "second", "stateAfter", "inputAfter"),
    "graph": ("output", "gradInput", "gradParameters", "second", "stateAfter"),
    "criterion": ("output", "gradInput"),
    "unrolled": (
        *("logProbs", "states", "losses", "totalLoss", "gradParameters", "flatParameters", "flatGradParameters"),
        *("gradXs", "gradInitState", "train"),
    ),
    "optim": ("x", "f", "finalState", "third"),
}

CASES = [
    *(("module", case) for case in MODULES["modules"]),
    *(("criterion", case) for case in MODULES["criterions"]),
    *(("graph", case) for case in GRAPHS["graphs"]),
    *(("unrolled", case) for case in GRAPHS["unrolled"]),
    *(("optim", case) for case in OPTIM["cases"]),
]


def assert_alike(got: Any, expected: Any, path: str) -> None:
    """Compare what the case lists; dictionaries of ours may hold more."""
    if isinstance(expected, dict) and "shape" in expected:
        assert got["shape"] == expected["shape"], path
        assert got.get("dtype") == expected.get("dtype"), path
        np.testing.assert_allclose(got["data"], expected["data"], rtol=1e-10, atol=1e-10, err_msg=path)
    elif isinstance(expected, dict):
        for key in expected:
            if key not in ("input", "gradOutput", "optimizer", "learningRate", "alpha", "clip", "iterations", "note"):
                assert_alike(got[key], expected[key], f"{path}.{key}")
    elif isinstance(expected, list):
        assert len(got) == len(expected), path
        for i, item in enumerate(expected):
            assert_alike(got[i], item, f"{path}[{i}]")
    else:
        assert got == pytest.approx(expected, rel=1e-10, abs=1e-10), path


@pytest.mark.parametrize(("kind", "case"), CASES, ids=[f"{kind}: {case['name']}" for kind, case in CASES])
def test_the_original_gives_the_same(kind: str, case: dict[str, Any]) -> None:
    got = replay(kind, case, OPTIM)
    compared = [key for key in RESULTS[kind] if key in case]
    assert len(compared) >= 2
    for key in compared:
        assert_alike(got[key], case[key], key)


def test_the_comparison_can_fail() -> None:
    case = json.loads(json.dumps(MODULES["modules"][1]))
    case["output"]["data"][0] += 1e-8
    with pytest.raises(AssertionError):
        test_the_original_gives_the_same("module", case)


@pytest.mark.parametrize("case", GRAPHS["graphs"], ids=lambda case: case["name"])
def test_parameters_come_in_the_order_of_the_original(case: dict[str, Any]) -> None:
    net = build_graph(case["graph"], case.get("innerGraph"))
    shapes = [list(p.shape) for p in net.parameters()]
    assert shapes == [p["shape"] for p in case["parameters"]]


@pytest.mark.parametrize("build", [build_module, build_criterion])
def test_an_unknown_class_is_named(build: Any) -> None:
    with pytest.raises(KeyError, match=re.escape("nn.Wonder")):
        build({"ctor": "nn.Wonder", "args": []})


def test_an_unknown_call_is_named() -> None:
    with pytest.raises(KeyError, match=r"nn\.Sequential:shuffle"):
        build_module({"ctor": "nn.Sequential", "args": [], "calls": [["shuffle", 3]]})
