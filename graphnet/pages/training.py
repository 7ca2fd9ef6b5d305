"""The page of a training: what its scripts need as data, and the latest state as plain HTML, for where none runs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from html import escape
from typing import Any

from graphnet.draw.look.scale import Scale, legible_on
from graphnet.draw.look.themes import DARK
from graphnet.inspect.readings import KINDS
from graphnet.pages.curve import Line, curve
from graphnet.pages.page import page

STYLES = ("charts.css", "training.css")
SCRIPTS = (
    "numbers.js",
    "charts.js",
    "scale.js",
    "following.js",
    "view.js",
    "coloured-diagram.js",
    "node-panel.js",
    "training.js",
)

# Of a box in SVG as Graphviz writes it: its class, its name, and the beginning of its outline.
_BOX = re.compile(
    r'class="node"(>\s*<title>(n\d+)</title>\s*(?:<g [^>]*>\s*<a [^>]*>\s*)?)(<(?:path|polygon|ellipse) )'
)

_CHARTS = (
    ("norm", "third", "Gradient", "The norm of the whole gradient, before clipping."),
    ("rate", "third", "Learning rate", "With the factor of the schedule."),
    ("speed", "third", "Speed", "Validation, callbacks and files included."),
    ("saturation", "half", "Saturation of gates", KINDS["saturation"].meaning),
    ("dead", "half", "Dead units", KINDS["dead"].meaning),
)


def training_page(data: Mapping[str, Any], diagram: str, note: str) -> str:
    """Return the page, whole.

    Parameters
    ----------
    data : dict
        What the scripts take, as :func:`graphnet.training.page_data.page_data` makes it.
    diagram : str
        The SVG of the net; empty if there is none.
    note : str
        What is to be said of the diagram, such as why there is none.
    """
    latest = data["moments"][-1] if data["moments"] else None
    panels = [
        _panel("half", "Loss", _LOG, _loss_chart(data), "Its mean, and the range of single batches, by step."),
        _panel("half", "Metrics", "", _place("metrics", "the metrics"), "On the validation data.", by_script=True),
        _panel("full", "On the diagram", "", _diagram(data, latest, diagram, note), ""),
        _panel(
            "full",
            "Gradients of the parameters",
            "",
            _place("gradients", "gradient norms, by step", 300),
            data["norms"],
            by_script=True,
        ),
        *(
            _panel(size, title, "", _place(key, title), meaning, by_script=True)
            for key, size, title, meaning in _CHARTS
        ),
        _panel("full", "Parameters", "", _table(data, latest), "At the moment that the slider stands at."),
    ]
    alarms = "".join(f"<p>{escape(text)}</p>" for text in data["alarms"])
    body = "\n".join(
        [
            _dark_colors(),
            f'<div id="alarms" role="alert"{"" if alarms else " hidden"}>{alarms}</div>',
            f'<progress id="progress" max="1" value="{data["share"]:.4f}" aria-label="how much is done"></progress>',
            _facts(data),
            f'<main class="panels">{"".join(panels)}</main>',
        ]
    )
    pill = f'<span id="state" data-state="{data["state"]}" role="status">{data["state"]}</span>'
    return page(data["title"], body, data=data, styles=STYLES, scripts=SCRIPTS, beside=pill, head=_head(data))


def _head(data: Mapping[str, Any]) -> str:
    """Return an empty icon, else a browser asks a server for one; and what loads the page anew where no script does."""
    seconds = max(2, math.ceil(data["seconds"]))
    running = data["state"] == "running"
    anew = f'<noscript><meta http-equiv="refresh" content="{seconds}"></noscript>\n' if running else ""
    return f'<link rel="icon" href="data:,">\n{anew}'


_LOG = '<label class="log"><input type="checkbox" id="log"> logarithmic</label>'


def _panel(size: str, title: str, beside: str, content: str, meaning: str, *, by_script: bool = False) -> str:
    """Return a part of the page; one that a script fills in is hidden until it has."""
    hidden = " hidden" if by_script else ""
    told = f"<p>{escape(meaning)}</p>" if meaning else ""
    return f'<section data-panel="{size}"{hidden}><h2>{escape(title)}{beside}</h2>{told}{content}</section>'


def _place(name: str, label: str, height: int = 220, content: str = "") -> str:
    return f'<div data-chart="{name}" data-label="{escape(label)}" data-height="{height}">{content}</div>'


def _loss_chart(data: Mapping[str, Any]) -> str:
    losses, validation = data["losses"], data["validation"]
    lines = [Line("training", losses["steps"], losses["means"])]
    if validation["steps"]:
        lines.append(Line("validation", validation["steps"], validation["losses"]))
    return _place("loss", "the loss, by step", 240, curve(lines, "the loss, by step", "step"))


def _facts(data: Mapping[str, Any]) -> str:
    cells = (
        f'<div data-fact="{name}"{"" if name in data["facts"] else " hidden"}><dt>{escape(title)}</dt>'
        f"<dd>{escape(data['facts'].get(name, ('', ''))[0])}</dd>"
        f"<dd>{escape(data['facts'].get(name, ('', ''))[1])}</dd></div>"
        for name, title in data["titles"].items()
    )
    return f'<dl class="facts">{"".join(cells)}</dl>'


def _diagram(data: Mapping[str, Any], latest: Mapping[str, Any] | None, diagram: str, note: str) -> str:
    shown = f'<div id="diagram">{coloured(diagram, data, latest)}</div>' if diagram else '<div id="diagram"></div>'
    said = f"<p>{escape(note)}</p>" if note else ""
    where = f"step {latest['step']:,}" if latest else "nothing recorded yet"
    meaning = data["readings"][0]["meaning"] if data["readings"] else ""
    return f"""{said}
<div class="controls" hidden>
  <div id="readings" role="radiogroup" aria-label="what the colours show"></div>
  <div id="scale" hidden></div>
  <div class="time">
    <button type="button" id="play">Play</button>
    <input type="range" id="moment" min="0" max="0" value="0" aria-label="the moment that is shown">
    <button type="button" id="latest">Latest</button>
    <span id="moment-name">{where}</span>
  </div>
</div>
<p id="meaning">{escape(meaning)}</p>
<div class="seen">
  {shown}
  <aside>
    <p id="node-hint" hidden>Click a node to see its curves.</p>
    <div id="node" hidden>
      <h3 id="node-name"></h3><p id="node-kind"></p>
      <dl id="node-values"></dl>
      <div id="node-charts"></div>
    </div>
  </aside>
</div>"""


def coloured(diagram: str, data: Mapping[str, Any], latest: Mapping[str, Any] | None) -> str:
    """Return the diagram with its boxes in the colours of the first reading at the latest moment."""
    if latest is None or not data["readings"]:
        return diagram
    reading = data["readings"][0]
    scale = Scale(reading["scale"], reading["unit"], (reading["low"], reading["high"]), tuple(data["palette"]))
    colors = {
        box: scale.color(value)
        for node, value in zip(data["nodes"], latest["nodes"][0], strict=True)
        for box in node["boxes"]
        if value is not None
    }

    def paint(found: re.Match[str]) -> str:
        start, box, shape = found.groups()
        if box not in colors:
            return found[0]
        legible = " on-dark" if legible_on(colors[box]) == "#ffffff" else ""
        return f'class="node coloured{legible}"{start}{shape}style="fill:{colors[box]}" '

    return _BOX.sub(paint, diagram)


def _dark_colors() -> str:
    """Return a style in which the diagram has the colours of the dark theme where the page is dark."""
    rules = (
        f'[data-theme="dark"] #diagram [{what}="{light}"] {{ {what}: {dark}; }}'
        for light, dark in DARK.colors.items()
        for what in ("fill", "stroke")
    )
    ground = f'[data-theme="dark"] {{ --unread: {DARK.unread}; }}'
    return f"<style>@media screen {{ {ground} {' '.join(rules)} }}</style>"


def _table(data: Mapping[str, Any], latest: Mapping[str, Any] | None) -> str:
    rows = []
    for i, parameter in enumerate(data["parameters"]):
        gradient, value = (latest["gradients"][i], latest["values"][i]) if latest else (None, None)
        ratio = gradient / value if gradient is not None and value else None
        cells = (("gradient", gradient), ("value", value), ("ratio", ratio))
        rows.append(
            f"<tr><td>{escape(parameter['name'])}</td><td>{escape(parameter['shape'])}</td>"
            + "".join(f'<td class="number" data-cell="{name}">{_number(number)}</td>' for name, number in cells)
            + "</tr>"
        )
    head = "".join(
        f'<th scope="col"{number}>{title}</th>'
        for title, number in (
            ("parameter", ""),
            ("shape", ""),
            ("norm of its gradient", ' class="number"'),
            ("norm of its value", ' class="number"'),
            ("the one by the other", ' class="number"'),
        )
    )
    return (
        f'<div class="scrolls"><table id="parameters"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _number(number: float | None) -> str:
    return "–" if number is None or not math.isfinite(number) else f"{number:.4g}"
