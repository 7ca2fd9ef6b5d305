"""The stepper: a run, node by node, there and back, on its diagram, as one self-contained block of HTML."""

from __future__ import annotations

import os
import pathlib
import re
from html import escape
from typing import Any

from graphnet.draw import draw
from graphnet.draw.look.text import clean, cut
from graphnet.draw.picture import svg_text
from graphnet.edge import whole_number
from graphnet.files import check_writable, write_atomically
from graphnet.module import Module
from graphnet.nesting import Nested, leaves
from graphnet.pages.page import asset, embedded, page
from graphnet.pages.recording import MOST_PARTS, Recording
from graphnet.pages.tensors import tensor_html
from graphnet.splicing import Call, Site
from graphnet.stepping import Stop
from graphnet.tape import Tape

MOST_POINTS_HIGH = 720

# Where styles are dropped, all but the sentence stays hidden. (Jupyter drops attributes without a value, too.)
UNTRUSTED = (
    "<style>.gn-trusted[hidden] { display: block !important; } .gn-untrusted { display: none; }</style>"
    '<p class="gn-untrusted">Run this cell to step through the net here. '
    "(Jupyter keeps scripts and styles out of a notebook that has not been run or trusted yet.)</p>"
)


class Stepper:
    """A recorded run that a notebook shows, and that can be saved as a page; all of it works without Python.

    Attributes
    ----------
    recording : Recording
    html : str
        The block.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet import modules as nn
    >>> made = stepper(nn.lstm(3, 2), [np.ones((1, 3)), np.zeros((1, 2)), np.zeros((1, 2))])
    >>> made.recording.counts
    {'forward': 18, 'backward': 18}
    """

    def __init__(self, net: Module, recording: Recording, told: list[str]) -> None:
        self.recording = recording
        self.title = f"{net.label()}, step by step"
        diagram, boxes = _diagram(net, recording.tape)
        if not diagram:
            boxes = {site: f"n{i}" for i, site in enumerate(recording.sites)}
            diagram = _list(recording.nodes)
        for site, node in zip(recording.sites, recording.nodes, strict=True):
            node["box"] = _box_of(site, boxes)
        self.html = _block(recording, diagram, boxes, told)

    def save(self, file: str | os.PathLike[str]) -> pathlib.Path:
        """Write the block as a page of its own, whole or not at all, and return its path.

        Raises
        ------
        ValueError
            If the name does not end in .html.
        OSError
            If it cannot be written.
        """
        path = pathlib.Path(file)
        _check(path)
        write_atomically(path, page(self.title, self.html).encode())
        return path

    def _repr_html_(self) -> str:
        """Return what a notebook shows; one that is not trusted, whose styles and scripts Jupyter drops, says so."""
        return f'{UNTRUSTED}<div class="gn-trusted" hidden="hidden">{self.html}</div>'

    def __repr__(self) -> str:
        counts = " and ".join(f"{n:,} {direction}" for direction, n in self.recording.counts.items() if n)
        return f"Stepper({counts}; a notebook shows it, save('step.html') writes it)"


def stepper(
    net: Module, x: Nested, dy: Nested = None, file: str | os.PathLike[str] | None = None, *, most: int = 2000
) -> Stepper:
    """Record a run, forwards and backwards, to step through it on the net's diagram: in a notebook, or as a page.

    At every stop the node is lit, and shown are what it took and gave, the gradients that came and went, its parameters
    and what has accumulated in their gradients; inside recurrences at every time step. The block holds all numbers (six
    digits of them) and its scripts, and loads nothing: it works in a saved notebook without a kernel, and shows the
    first node where no scripts run. The net stays as it was: gradients, running statistics, random numbers.

    Parameters
    ----------
    net : Module
    x : ndarray or nested list
        The input, as ``net.forward`` takes it.
    dy : ndarray or nested list, optional
        The gradient of the output; by default ones.
    file : path, optional
        Where to write it as a page, too: a name that ends in .html. It is written whole or not at all.
    most : int
        How many stops are shown in each direction, the first ones.

    Returns
    -------
    Stepper
        If a node fails, the stops before it, and the failing node in red with what it raised.

    Raises
    ------
    TypeError, ValueError
        If the input cannot be the net's, the net has no nodes, or the file's name does not end in .html.

    Notes
    -----
    To go through a run from Python, one node at a time, see :class:`graphnet.inspect.Steps`.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet import modules as nn
    >>> stepper(nn.Sequential(nn.Linear(3, 2), nn.Tanh()), np.ones((4, 3)))
    Stepper(2 forward and 2 backward; a notebook shows it, save('step.html') writes it)
    """
    if file is not None:
        _check(pathlib.Path(file))
    recording = Recording(net, x, dy, most=whole_number(most, "stepper's most", 1))
    told = [] if dy is not None else ["The gradient of the output is taken to be ones."]
    for direction, n in recording.counts.items():
        if n > most:
            told.append(f"Of {n:,} stops {direction}, the first {most:,} are shown; most={n} shows all.")
    made = Stepper(net, recording, told)
    if file is not None:
        made.save(file)
    return made


def _check(path: pathlib.Path) -> None:
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"the stepper is a page, so its file must end in .html, not {path.name!r}")
    check_writable(path, "the page")


def _diagram(net: Module, tape: Tape | None) -> tuple[str, dict[Site, str]]:
    """Return the run's picture as SVG, without ids that another one on the page has, too; nothing without Graphviz."""
    net.plan()
    picture = draw(net, tape=tape)
    boxes: dict[Site, str] = {}
    for name, site in (*picture.sites.items(), *picture.frames.items()):
        boxes.setdefault(site, name)
    try:
        return re.sub(r'(<(?:g|a|svg)\b[^>]*?) id="[^"]*"', r"\1", svg_text(picture)), boxes
    except RuntimeError:
        return "", {}


def _box_of(site: Site, boxes: dict[Site, str]) -> str | None:
    """Return the box of a node, or else of the innermost that it stands inside of."""
    for n in range(len(site), 0, -1):
        call: Call | None = site[n - 1]
        while call is not None:
            if (*site[: n - 1], call) in boxes:
                return boxes[(*site[: n - 1], call)]
            call = call.parent
    return None


def _list(nodes: list[dict[str, Any]]) -> str:
    """Return the nodes as a list, in place of a diagram."""
    items = [f'<li data-box="n{i}">{escape(node["name"] or node["path"])}</li>' for i, node in enumerate(nodes)]
    hint = 'For a diagram, install Graphviz: pip install "graphnet-nn[diagrams]"'
    return f'<p class="gn-note">{escape(hint)}</p><ol class="gn-list">{"".join(items)}</ol>'


def _block(recording: Recording, diagram: str, boxes: dict[Site, str], told: list[str]) -> str:
    """Return the block: what is seen without scripts, the data, and the script."""
    failed = _box_of(recording.failing, boxes)
    data = {
        "nodes": recording.nodes,
        "tensors": recording.tensors,
        "stops": recording.stops,
        "failed": failed,
    }
    style = asset("tokens.css").replace(":root", ".gn-stepper").replace(
        "[data-theme", ".gn-stepper[data-theme"
    ) + asset("stepper.css")
    script = "".join(map(asset, ("block-theme.js", "heat-map.js", "stepper.js")))
    notes = "".join(f'<p class="gn-note">{escape(text)}</p>' for text in told)
    if recording.failure:
        notes += f'<p class="gn-note gn-wrong">{escape(recording.failure)}</p>'
    still = f"Here stands the first of {len(recording.stops):,} stops; scripts step through all of them."
    here = recording.nodes[0]["box"]
    return f"""<div class="gn-stepper" data-direction="forward" tabindex="0" role="group" aria-label="step by step">
<style>
{style}</style>
{_CONTROLS}{notes}<p class="gn-note gn-still">{still}</p>
<div class="gn-main">
<div class="gn-diagram{" gn-fits" * _is_low(diagram)}">{_lit(diagram, here) if here else diagram}</div>
<div class="gn-panel">{_first_panel(recording.first)}</div>
</div>
<script type="application/json" class="gn-data">{embedded(data)}</script>
<script>(() => {{
{script}}})();</script>
</div>
"""


# Shown by the script, since without it they do nothing.
_CONTROLS = """<div class="gn-bar gn-live" hidden>
<span class="gn-group">
<button type="button" class="gn-first" aria-label="first stop">|◀</button>
<button type="button" class="gn-previous" aria-label="previous stop">◀</button>
<button type="button" class="gn-next" aria-label="next stop">▶</button>
<button type="button" class="gn-last" aria-label="last stop">▶|</button>
</span>
<button type="button" class="gn-play">Play</button>
<span class="gn-group" role="group" aria-label="direction">
<button type="button" class="gn-forward">▼ Forward</button>
<button type="button" class="gn-backward">▲ Backward</button>
</span>
<input type="range" class="gn-all" min="0" value="0" aria-label="stop">
<span class="gn-where" role="status"></span>
<button type="button" class="gn-theme"></button>
</div>
<div class="gn-bar gn-live" hidden>
<label>Node <select class="gn-jump"></select></label>
<span class="gn-time"><output class="gn-t-name"></output>
<input type="range" class="gn-t" min="0" value="0" aria-label="time step"></span>
<details class="gn-tools"><summary>Search</summary>
<div class="gn-bar">
<label>the next stop where a <select class="gn-of"><option value="value">value</option>
<option value="gradient">gradient</option></select> is larger than
<input type="number" class="gn-bound" value="1" min="0" step="any"></label>
<button type="button" class="gn-find">Find</button>
<button type="button" class="gn-nan">Next NaN or infinity</button>
<span class="gn-answer" role="status"></span>
</div></details>
</div>
"""


def _is_low(diagram: str) -> bool:
    """Tell whether all of the diagram can be shown at once, perhaps a little smaller."""
    height = re.search(r'<svg[^>]* height="([\d.]+)pt"', diagram)
    return height is not None and float(height[1]) <= MOST_POINTS_HIGH


def _lit(diagram: str, box: str) -> str:
    """Return the diagram with one of its nodes lit."""
    of_svg = re.sub(rf'class="(node|cluster)">(\s*<title>{box}</title>)', r'class="\1 gn-here">\2', diagram)
    return of_svg.replace(f'<li data-box="{box}"', f'<li class="gn-here" data-box="{box}"')


def _first_panel(stop: Stop) -> str:
    """Return what is told of the first stop."""
    name, action = (escape(cut(clean(text), 200)) for text in (stop.name or stop.path, stop.site[-1].action()))
    sections = ""
    for title, what in (("It takes", "input"), ("It gives", "output")):
        arrays = list(leaves(stop.held(what)))[:MOST_PARTS]
        tensors = "".join(
            tensor_html(what if len(arrays) == 1 else f"{what} [{i}]", array) for i, array in enumerate(arrays)
        )
        sections += f'<section><h4>{title}</h4><div class="gn-tensors">{tensors}</div></section>'
    head = f'<h3>{name}<small>▼ forward</small></h3><p class="gn-told">{action}</p>'
    return f'{head}<div class="gn-sections">{sections}</div>'
