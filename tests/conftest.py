"""What all test files use."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from graphnet.compile.options import Options
from graphnet.module import Module
from tests.compiled import Comparing


@pytest.fixture(autouse=True)
def comparing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    mode = os.environ.get("CMP", "numpy")
    if mode == "off" or "compile" in request.module.__name__:
        yield
        return
    monkeypatch.setattr(Module, "_executor", Comparing(Options(machine_code=mode == "native")))
    yield
