"""Picture: DOT text that Graphviz makes visible, on a page, in a file or in a notebook."""

from __future__ import annotations

import os
import pathlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graphnet.draw.render import render
from graphnet.files import write_atomically

if TYPE_CHECKING:
    from graphnet.splicing import Site

FORMATS = {".svg": "svg", ".png": "png", ".pdf": "pdf", ".dot": "dot", ".gv": "dot"}

# Points of a notebook's page, and how small a picture is made to fit there.
WIDEST_IN_NOTEBOOK, SMALLEST_IN_NOTEBOOK = 700, 0.6
_SIZE = re.compile(r'width="([\d.]+)pt" height="([\d.]+)pt"')


class Picture:
    """A drawing as DOT text, and through Graphviz as SVG, PNG or PDF. A notebook shows it.

    Parameters
    ----------
    source : str
        DOT text.
    sites : dict of str to tuple of Call, optional
        Where the boxes stand in the net's plan, by their names in the DOT text, which are also the titles of their
        groups in the SVG.
    frames : dict of str to tuple of Call, optional
        The same for the frames around containers and recurrences.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> from graphnet.draw import draw
    >>> picture = draw(nn.lstm(3, 2))
    >>> picture.source.splitlines()[0]
    'digraph net {'
    """

    def __init__(
        self, source: str, sites: Mapping[str, Site] | None = None, frames: Mapping[str, Site] | None = None
    ) -> None:
        self.source = source
        self.sites = dict(sites or {})
        self.frames = dict(frames or {})

    def render(self, format: str = "svg") -> bytes:  # noqa: A002  # Graphviz's word
        """Return the picture in one of the formats svg, png, pdf or dot.

        Raises
        ------
        ValueError
            If the format is none of these.
        RuntimeError
            If there is no Graphviz, or it failed; the message tells the command that installs it.
        """
        if format not in FORMATS.values():
            raise ValueError(f"a picture can be svg, png, pdf or dot, not {format!r}")
        return self.source.encode() if format == "dot" else render(self.source, format)

    def save(self, file: str | os.PathLike[str]) -> pathlib.Path:
        """Write the picture to a file, in the format that the name ends in, and return its path.

        The file appears whole or not at all: if anything fails, an older one of that name stays.

        Raises
        ------
        ValueError
            If the name does not end in .svg, .png, .pdf, .dot or .gv.
        FileNotFoundError
            If the folder does not exist.
        """
        path = pathlib.Path(file)
        check_target(path)
        write_atomically(path, self.render(FORMATS[path.suffix.lower()]))
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Return what a notebook shows: the picture, or else why there is none. Nothing is raised."""
        try:
            return {"image/svg+xml": notebook_svg(self), "text/plain": repr(self)}
        except Exception as error:  # noqa: BLE001  # a cell's result must not be an error because it cannot be shown
            return {"text/plain": f"{self!r}\n{error}"}

    def __repr__(self) -> str:
        return f"Picture({len(self.source.splitlines())} lines of DOT)"


def svg_text(picture: Picture) -> str:
    """Return the SVG element itself, for a page that has a head already."""
    text = picture.render("svg").decode()
    return text[text.index("<svg") :]


def notebook_svg(picture: Picture) -> str:
    """Return the SVG element for a notebook: as wide as its page at most, unless its text became too small to read."""
    text = svg_text(picture)
    width, height = (float(number) for number in _SIZE.findall(text)[0])
    scale = max(SMALLEST_IN_NOTEBOOK, min(1.0, WIDEST_IN_NOTEBOOK / width))
    return _SIZE.sub(f'width="{scale * width:.0f}pt" height="{scale * height:.0f}pt"', text, count=1)


def check_target(path: pathlib.Path) -> None:
    """Refuse a file name that cannot be written to, before any work is done."""
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"the format of {str(path)!r} is unknown: the name must end in {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(path.parent)!r} to write {path.name!r} to")
