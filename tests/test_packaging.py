"""The links are alive, and what is built holds the modules inside the package and nothing beside it."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import graphnet
import graphnet.modules

ROOT = Path(__file__).parents[1]


def test_the_links_are_alive() -> None:
    for name in ("modules", "notebooks"):
        link = ROOT / "graphnet" / name
        assert link.is_symlink()
        assert link.readlink() == Path("..") / name
    assert graphnet.modules.Linear.__module__ == "graphnet.modules.linear"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def test_the_wheel(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"graphnet/modules/linear.py", "graphnet/py.typed", "graphnet/draw/__init__.py"} <= set(names)
    assets = {
        f"graphnet/pages/{file.name}" for file in (ROOT / "graphnet/pages").iterdir() if file.suffix in (".js", ".css")
    }
    assert len(assets) > 5
    assert assets <= set(names)
    tutorials = {name for name in names if name.startswith("graphnet/notebooks/")}
    assert tutorials == {f"graphnet/notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"graphnet"}


def test_the_source_distribution(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as source:
        names = {name.split("/", 1)[1] for name in source.getnames() if "/" in name}
    assert {"graphnet/modules/linear.py", "pyproject.toml", "LICENSE"} <= names
    assert not any(name.startswith(("modules/", "notebooks/")) for name in names)


def test_importing_loads_nothing_optional() -> None:
    optional = {"matplotlib", "safetensors", "tqdm", "pygraphviz", "graphviz", "IPython", "numba"}
    code = f"import sys, graphnet, graphnet.modules; print(sorted({optional} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
