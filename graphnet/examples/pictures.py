"""Figures for the examples' pictures; needs matplotlib, and is imported only when one is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graphnet.figures import panels as panels
from graphnet.figures import save_figure


def write(axes: Any, file: Path) -> Path:
    """Write the figure that some axes stand in as a PNG, whole or not at all; return the file."""
    save_figure(axes.figure, file)
    return file
