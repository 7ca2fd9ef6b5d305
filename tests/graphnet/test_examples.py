"""The command ``graphnet example``, and that its examples keep to what it expects of them."""

from __future__ import annotations

import inspect
import pkgutil
import sys
from pathlib import Path

import pytest

import graphnet.examples
from graphnet.cli import main
from graphnet.examples import NAMES, examples, summary

HELPERS = {"pictures"}


def test_every_example_has_a_name() -> None:
    found = {module.name for module in pkgutil.iter_modules(graphnet.examples.__path__)}
    assert found - HELPERS == set(NAMES)
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_a_summary_and_a_function(name: str) -> None:
    example = examples()[name]
    assert 20 < len(summary(example)) <= 120
    assert summary(example).endswith(".")
    parameters = inspect.signature(example.run).parameters.values()
    assert [(p.name, p.kind.name) for p in parameters] == [
        ("folder", "POSITIONAL_OR_KEYWORD"),
        ("quick", "KEYWORD_ONLY"),
        ("seed", "KEYWORD_ONLY"),
    ]


def test_without_a_name_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["example"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(NAMES)
    assert all(line.endswith(summary(examples()[line.split()[0]])) for line in lines)


def test_another_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["example", "toy_serious"])
    error = capsys.readouterr().err
    assert "toy_serious" in error
    assert "toy_series" in error


def test_pictures_need_matplotlib(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["example", "embedding", "--out", str(tmp_path)]) == 2
    assert 'pip install "graphnet-nn[train]"' in capsys.readouterr().err
