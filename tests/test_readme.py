"""What the README says is true: its code runs, its picture is what the code draws, its commands are the checks'."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

import graphnet as gn
import graphnet.modules

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def texts(svg: Path) -> list[str]:
    """Return the texts of a picture; where they stand depends on Graphviz's version."""
    root = ElementTree.fromstring(svg.read_text())
    return sorted("".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text"))


def test_the_code_runs_and_draws_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(block, "README.md", "exec"), {})
    assert texts(tmp_path / "lstm.svg") == texts(ROOT / "notebooks/lstm.svg")


def test_every_file_it_names_is_there() -> None:
    names = re.findall(r'\]\(([\w/.]+)\)|(?:src|href)="([^"]+)"', README)
    assert len(names) >= 4
    for link, source in names:
        assert (ROOT / (link or source)).exists()


def test_every_notebook_is_listed_with_its_title_and_thumbnail() -> None:
    listed = re.findall(r'href="(.*?)"><img src="(.*?)".*?><br>(.*?)</a>', README)
    assert listed == [
        (
            f"notebooks/{path.name}",
            f"notebooks/thumbnails/{path.stem}.svg",
            json.loads(path.read_text())["cells"][0]["source"][0][2:].strip(),
        )
        for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
    ]


def test_there_are_two_commands() -> None:
    commands = re.findall(r"```sh\n(.*?)\n```", README, re.DOTALL)
    assert len(commands) == 2
    assert commands[0].endswith("graphnet train")
    assert commands[1].endswith("-m pytest")


def test_it_fits_a_screen_or_two() -> None:
    assert len(README.splitlines()) < 150


def test_the_version_is_one() -> None:
    assert f'version = "{gn.__version__}"' in (ROOT / "pyproject.toml").read_text()


def test_contributing_names_every_file_of_the_engine() -> None:
    house = (ROOT / "CONTRIBUTING.md").read_text()
    for path in (ROOT / "graphnet").iterdir():
        if path.name not in ("__init__.py", "py.typed") and not path.name.startswith("_") and path.suffix != ".pyc":
            assert f"  {path.name}" in house, f"{path.name} is not in CONTRIBUTING.md"


def test_every_public_name_has_an_example() -> None:
    for package in (gn, gn.modules, gn.batches, gn.clip, gn.init, gn.optim):
        for name, value in vars(package).items():
            if callable(value) and not name.startswith("_") and value.__module__.startswith("graphnet"):
                assert ">>>" in value.__doc__ or name == "Optimizer", f"{package.__name__}.{name} has no example"
