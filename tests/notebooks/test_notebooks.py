"""Every notebook runs with the answers to its exercises, and gives again what is committed in it."""

from __future__ import annotations

import math
import multiprocessing
import re
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.notebooks.execute import NOTEBOOKS, THUMBNAILS, answers, clean, executed, notebooks
from tests.notebooks.thumbnail import thumbnail

NUMBER = re.compile(r"-?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?")
RELATIVE = 0.01  # machines round differently, and trainings make it grow

each = pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)


def texts(cell: Any) -> list[str]:
    """Return what a cell prints and shows as text; pictures depend on Graphviz's version."""
    return [
        output.text if output.output_type == "stream" else str(output.get("data", {}).get("text/plain", ""))
        for output in cell.get("outputs", [])
    ]


def kinds(cell: Any) -> list[set[str]]:
    """Return the kinds of what a cell shows."""
    return [set(output.get("data", {})) for output in cell.get("outputs", [])]


def words(text: str) -> list[str]:
    return NUMBER.sub("#", text).split()  # how columns are filled up depends on the numbers


def same(one: str, other: str) -> bool:
    """Return whether two texts are the same, but for numbers that differ by a hundredth or in their last digit."""
    if words(one) != words(other):
        return False
    return all(map(near, NUMBER.findall(one), NUMBER.findall(other)))


def near(one: str, other: str) -> bool:
    """Return whether two numbers differ by a hundredth or in their last decimal at most; integers have to be equal."""
    a, b = (float(number.replace(",", "")) for number in (one, other))
    mantissa, _, exponent = other.partition("e")
    decimals = len(mantissa.partition(".")[2])
    if not decimals and not exponent:
        return a == b
    last = 1.5 * 10.0 ** (int(exponent or 0) - decimals) if decimals else 0.0
    return math.isclose(a, b, rel_tol=RELATIVE, abs_tol=last)


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[dict[Path, Future[Any]]]:
    """Return all notebooks that are to run here, two of which run at a time."""
    name = test_a_notebook_gives_what_is_committed.__name__
    items: list[Any] = request.session.items
    wanted = [item.callspec.params["path"] for item in items if getattr(item, "originalname", None) == name]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        yield {path: pool.submit(executed, path) for path in wanted}
        pool.shutdown(cancel_futures=True)


@each
def test_a_notebook_gives_what_is_committed(path: Path, runs: dict[Path, Future[Any]]) -> None:
    committed = nbformat.read(path, as_version=4)
    fresh = runs[path].result()
    for new, old in zip(fresh.cells, committed.cells, strict=True):
        assert kinds(new) == kinds(old), old.source
        if "varies" not in old.metadata.get("tags", ()):
            for new_text, old_text in zip(texts(new), texts(old), strict=True):
                assert same(new_text, old_text), f"{old.source}\n\ngives\n{new_text}\nand not\n{old_text}"


@each
def test_a_notebook_is_committed_clean_and_executed(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert nbformat.writes(clean(nbformat.read(path, as_version=4))) == nbformat.writes(notebook)
    assert not any(output.output_type == "error" for cell in code for output in cell.outputs)


@each
def test_a_notebook_is_built_as_all_are(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    first, last = notebook.cells[0], notebook.cells[-1]
    assert first.source.startswith(f"# {int(path.stem[:2])}. ")
    assert [cell for cell in notebook.cells if cell.source.startswith("# ") and cell.cell_type == "markdown"] == [first]
    exercises, folded = last.source.split("<details><summary>Answers</summary>")
    assert exercises.startswith("## Exercises\n")
    assert folded.endswith("</details>")
    for part in (exercises, folded):
        assert re.findall(r"^(\d)\. ", part, re.MULTILINE) == ["1", "2", "3"]
    assert answers(notebook)
    assert any("assert " in cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert any({"image/svg+xml", "image/png"} & kind for cell in notebook.cells for kind in kinds(cell))


@each
def test_a_thumbnail_is_a_picture_of_its_notebook(path: Path) -> None:
    assert (THUMBNAILS / f"{path.stem}.svg").read_bytes() == thumbnail(nbformat.read(path, as_version=4))


@pytest.mark.parametrize("path", notebooks()[:-1], ids=lambda path: path.stem)
def test_times_are_in_the_last_one_alone(path: Path) -> None:
    printed = "\n".join(text for cell in nbformat.read(path, as_version=4).cells for text in texts(cell))
    assert not re.search(r"\d ?(ms|µs|us|ns|seconds)\b", printed)


def test_there_are_ten_and_no_stray_thumbnails() -> None:
    assert [path.stem[:2] for path in notebooks()] == [f"{k:02d}" for k in range(1, 11)]
    assert {path.stem for path in THUMBNAILS.iterdir()} == {path.stem for path in notebooks()}
    assert sum(path.stat().st_size for path in NOTEBOOKS.rglob("*")) < 12e6


def test_an_error_in_a_cell_or_in_an_answer_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "bad.ipynb"
    exercises = nbformat.v4.new_markdown_cell(
        "<details><summary>Answers</summary>\n\n```python\n1 / 0\n```\n</details>"
    )
    for cell in (nbformat.v4.new_code_cell("1 / 0"), exercises):
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), file)
        with pytest.raises(Exception, match="ZeroDivisionError"):
            executed(file)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the Jupyter client
def test_what_a_cell_prints_is_in_one_piece(tmp_path: Path) -> None:
    file = tmp_path / "prints.ipynb"
    cell = nbformat.v4.new_code_cell("for k in range(3):\n    print(k, flush=True)")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), file)
    assert texts(executed(file).cells[0]) == ["0\n1\n2\n"]


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("error 0.1234", "error 0.1235", True),
        ("error 0.1234", "error 0.1334", False),
        ("error 0.1234", "loss 0.1234", False),
        ("755 numbers", "756 numbers", False),
        ("2,049 numbers", "2,049 numbers", True),
        ("1e-12", "2e-12", False),
        ("[[0. 1.5]]", "[[0.  1.5]]", True),
        ("[0.01 -0.02]", "[0.02 -0.01]", True),
    ],
)
def test_what_is_the_same(one: str, other: str, equal: bool) -> None:
    assert same(one, other) is equal
