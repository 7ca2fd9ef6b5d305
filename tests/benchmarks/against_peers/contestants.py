"""The contestants as the benchmark sees them: who they are, whether they are installed, and their processes."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from tests.benchmarks.against_peers.work import Work

ROOT = Path(__file__).parents[3]


class Side(NamedTuple):
    """The file that holds a contestant, the package it needs, and that package's name."""

    file: str
    package: str
    called: str


_PYTORCH, _JAX = ("torch", "PyTorch"), ("jax", "JAX")
OURS, LOSS_DRAWN = "graphnet", "graphnet, loss drawn"
FUSED, EAGER, COMPILED, JIT = "torch.nn.LSTM", "PyTorch eager", "torch.compile", "JAX jit"
PRODUCTS, PRODUCTS_OF_PYTORCH = "NumPy's products alone", "PyTorch's products alone"
SIDES = {
    OURS: Side("with_graphnet", "numpy", "NumPy"),
    LOSS_DRAWN: Side("with_graphnet", "numpy", "NumPy"),
    FUSED: Side("with_pytorch", *_PYTORCH),
    EAGER: Side("with_pytorch", *_PYTORCH),
    COMPILED: Side("with_pytorch", *_PYTORCH),
    JIT: Side("with_jax", *_JAX),
    PRODUCTS: Side("with_products", "numpy", "NumPy"),
    PRODUCTS_OF_PYTORCH: Side("with_products", *_PYTORCH),
}


def missing(who: str) -> str | None:
    """Return why a contestant cannot run here, or None.

    >>> missing("graphnet")
    """
    side = SIDES[who]
    if importlib.util.find_spec(side.package) is None:
        return f"{side.called} is not installed"
    if who == COMPILED and not any(shutil.which(name) for name in (os.environ.get("CXX", "c++"), "g++", "clang++")):
        return "there is no C++ compiler, which torch.compile needs"
    return None


class WorkerError(RuntimeError):
    """A contestant failed; the text is its own traceback."""


class Process:
    """The process of a contestant, which sleeps while it is asked nothing.

    Parameters
    ----------
    who, work
        Who computes what.
    numbers : Path or None
        The file of the numbers that it starts from.
    threads : int
        How many threads it has.
    caches : Path
        The folder for what compilers keep from process to process.
    """

    def __init__(self, who: str, work: Work, numbers: Path | None, threads: int, caches: Path) -> None:
        self.who = who
        given = {"side": SIDES[who].file, "who": who, "work": asdict(work), "threads": threads}
        given["numbers"] = None if numbers is None else str(numbers)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.against_peers.worker", json.dumps(given)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            env={**os.environ, **environment(threads, caches)},
        )

    def ask(self, command: str, **arguments: Any) -> Any:
        """Have a command done and return what came of it.

        Raises
        ------
        WorkerError
            If it failed.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        answer = json.loads(line) if line else {"error": f"its process ended with {self._process.wait()}"}
        if "error" in answer:
            raise WorkerError(f"{self.who} failed when asked to {command}:\n{answer['error']}")
        return answer["answer"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:  # it may be in the middle of something long
            self._process.kill()
        self._process.communicate()


def environment(threads: int, caches: Path) -> dict[str, str]:
    """Return the variables that tell libraries how many threads they have, and where to keep what they compile."""
    n = str(threads)
    found = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), n)
    single = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1" if threads == 1 else ""
    return {
        **found,
        "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} {single}".strip(),
        "JAX_PLATFORMS": "cpu",
        "GRAPHNET_CACHE": str(caches / "graphnet"),
        "TORCHINDUCTOR_CACHE_DIR": str(caches / "torch"),
        "JAX_COMPILATION_CACHE_DIR": str(caches / "jax"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
