"""Pages: self-contained HTML, which loads nothing from anywhere, of a body, data, scripts and styles."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from graphnet.draw.look.text import clean


@cache
def asset(name: str) -> str:
    """Return the text of a script or a style of this package."""
    return files("graphnet.pages").joinpath(name).read_text("utf-8")


def embedded(data: Any) -> str:
    r"""Return data as JSON that can stand inside of a script element, whatever texts are in it.

    Numbers that are not finite must have been made texts or None.

    Raises
    ------
    ValueError
        If a number is not finite.

    Examples
    --------
    >>> embedded({"name": "</script><!--"})
    '{"name":"\\u003c/script\\u003e\\u003c!--"}'
    """
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    # In JSON these stand in texts only. So no text can end the script, begin a comment or be taken for an entity.
    return text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")


def page(
    title: str,
    body: str,
    *,
    data: Any = None,
    styles: Sequence[str] = (),
    scripts: Sequence[str] = (),
    beside: str = "",
    head: str = "",
) -> str:
    """Return a whole page in the house's style, light or dark as the reader has it, with a button to change that.

    Parameters
    ----------
    title : str
        Any text; it stands over the page and in the browser's tab.
    body : str
        HTML, which goes in as it is.
    data : optional
        What the scripts find as JSON in the element ``data``.
    styles, scripts : sequence of str
        The names of assets of this package, in order.
    beside : str
        HTML that stands beside the title.
    head : str
        HTML for the page's head.

    Examples
    --------
    >>> text = page("a < b", "<p>so</p>")
    >>> "<title>a &lt; b</title>" in text, "http" in text
    (True, False)
    """
    shown = escape(clean(title))
    style = "\n".join(map(asset, ("tokens.css", "theme.css", *styles)))
    script = "\n".join(map(asset, ("theme.js", *scripts)))
    held = "" if data is None else f'<script type="application/json" id="data">{embedded(data)}</script>\n'
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{shown}</title>
{head}<style>
{style}
</style>
</head>
<body>
<header class="head"><h1>{shown}</h1>{beside}<button type="button" id="theme" hidden></button></header>
{body}
{held}<script>
{script}
</script>
</body>
</html>
"""
