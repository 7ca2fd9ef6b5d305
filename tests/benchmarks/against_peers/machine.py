"""The machine and what runs on it: what figures depend on, and so are printed with."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.against_peers.contestants import PRODUCTS, PRODUCTS_OF_PYTORCH
from tests.benchmarks.against_peers.race import Track
from tests.benchmarks.against_peers.work import Work

SIDE = 1024  # of the matrices whose product is timed
PACKAGES = ("numpy", "numba", "torch", "jax")


def cores() -> int:
    """Return how many cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe_machine() -> dict[str, Any]:
    """Return the processor, its cores, and the versions of what takes part."""
    blas = np.show_config("dicts")["Build Dependencies"]["blas"]  # type: ignore[call-overload]
    return {
        "cpu": _cpu(),
        "cores": cores(),
        "python": platform.python_version(),
        "blas": f"{blas['name']} {blas['version']}",
        "versions": {name: version for name in PACKAGES if (version := _version(name)) is not None},
    }


def measure_blas(track: Track) -> dict[str, float]:
    """Return the GF/s of large products in float32 on one thread, at their best."""
    work = Work("square", n=SIDE, backward=False)
    entries = {who: (who, work) for who in track.available([PRODUCTS, PRODUCTS_OF_PYTORCH])}
    return {who: 2e-9 * SIDE**3 / min(seconds) for who, seconds in track.race(entries, 1).items()}


def lines(machine: dict[str, Any]) -> list[str]:
    """Return a description as text."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    where = f"{machine['cpu']}, {machine['cores']} cores"
    found = [f"{where}; Python {machine['python']}, {versions}; NumPy's BLAS: {machine['blas']}"]
    found += [f"{who}: {speed:.0f} GF/s on one core" for who, speed in machine.get("blas_speed", {}).items()]
    return found


def _cpu() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
