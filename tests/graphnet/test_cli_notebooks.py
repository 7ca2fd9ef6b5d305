"""``graphnet notebooks`` copies the tutorials, and overwrites nothing of the user's."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from graphnet.cli import main
from tests.notebooks.execute import notebooks


@pytest.fixture(autouse=True)
def jupyter(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Jupyter keep what it trusts in a folder of the test."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path_factory.mktemp("jupyter")))


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["notebooks", *arguments]) == 0
    return capsys.readouterr().out


def test_all_are_copied(capsys, tmp_path: Path) -> None:
    out = told(capsys, str(tmp_path / "new" / "tutorials"))
    copies = sorted((tmp_path / "new" / "tutorials").iterdir())
    assert [copy.name for copy in copies] == [path.name for path in notebooks()]
    assert all(copy.read_bytes() == path.read_bytes() for copy, path in zip(copies, notebooks(), strict=True))
    assert "  01_first_graph.ipynb         First graph\n" in out
    assert "  10_speed.ipynb               Speed\n" in out


def test_jupyter_trusts_the_copies_and_nothing_else(capsys, tmp_path: Path) -> None:
    def trusted(file: Path) -> bool:
        return NotebookNotary().check_signature(nbformat.read(file, as_version=4))

    file = tmp_path / "01_first_graph.ipynb"
    assert not trusted(notebooks()[0])
    told(capsys, str(tmp_path))
    assert all(trusted(tmp_path / path.name) for path in notebooks())
    file.write_text(file.read_text().replace("First graph", "Another"))
    told(capsys, str(tmp_path))
    assert not trusted(file)


def test_without_jupyter_they_are_copied_all_the_same(capsys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nbformat", None)
    told(capsys, str(tmp_path))
    assert len(list(tmp_path.iterdir())) == len(notebooks())


def test_what_the_user_changed_is_kept(capsys, tmp_path: Path) -> None:
    told(capsys, str(tmp_path))
    mine, gone = tmp_path / "03_the_lstm_explained.ipynb", tmp_path / "05_a_toy_series.ipynb"
    mine.write_text("mine")
    gone.unlink()
    lines = told(capsys, str(tmp_path)).splitlines()
    assert mine.read_text() == "mine"
    assert gone.exists()
    assert [line.split()[0] for line in lines if "kept as you have it" in line] == [mine.name]


def test_how_to_open_them(capsys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "my env" / "bin" / "python"
    program.parent.mkdir(parents=True)
    monkeypatch.setattr(sys, "executable", str(program))
    assert told(capsys).endswith("to open them:\n  jupyter lab notebooks\n")
    program.with_name("jupyter").touch()
    assert told(capsys, "my notebooks").endswith('\n  "my env/bin/jupyter" lab "my notebooks"\n')
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert '"my env/bin/python" -m pip install "graphnet-nn[notebooks]"' in told(capsys)


def test_a_folder_that_cannot_be(capsys, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert main(["notebooks", str(tmp_path / "file")]) == 2
    assert str(tmp_path / "file") in capsys.readouterr().err
