"""Text that cannot break a picture: escaped, cut to length, and free of the machine's paths."""

from __future__ import annotations

import html
import os
import re
from pathlib import PurePath

from graphnet.node import Node, Place

# What neither XML nor a C string can hold, and what turns the direction of the text that follows.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]")

_LINKS = ("URL", "href")


def clean(text: object) -> str:
    """Return the text with a replacement character for each character that no picture can hold."""
    return _FORBIDDEN.sub("\ufffd", str(text))


def cut(text: str, length: int) -> str:
    """Return the text, with an ellipsis for what goes beyond ``length`` characters.

    >>> cut("forget_gate", 7)
    'forget…'
    """
    return text if len(text) <= length else text[: length - 1] + "…"


def one_line(text: object, length: int) -> str:
    r"""Return the text on one line of at most ``length`` characters, escaped for an HTML-like label.

    >>> one_line("a < b\nand c", 40)
    'a &lt; b and c'
    """
    return html.escape(cut(" ".join(clean(text).split()), length)).replace("\\", r"\\")


def literal(text: object) -> str:
    r"""Return the text so that Graphviz shows it as it is, whatever backslashes, quotes or entities it holds.

    >>> print(literal(r"\N & <b>"))
    \\N &amp; <b>
    """
    shown = _escaped(clean(text))
    # Graphviz takes no more than 16,384 bytes, and a character may become ten of them.
    return shown if len(shown.encode()) < 16_000 else _escaped(cut(clean(text), 1500))


def _escaped(text: str) -> str:
    import graphviz

    escaped = text.replace("&", "&amp;").replace("\\", r"\\")
    shown: str = graphviz.nohtml(r"\n".join(escaped.splitlines()))
    return shown


def literal_tooltip(text: object) -> str:
    r"""Return the text so that Graphviz shows it as it is in a tooltip, where it reads backslashes twice.

    >>> print(literal_tooltip(r"\N & <b>"))
    \\\\N &amp; <b>
    """
    return literal(clean(text).replace("\\", r"\\"))


def attributes_of(node: Node) -> dict[str, str]:
    """Return the attributes that the user gave a node, so that their values reach Graphviz as they are.

    A link that would run a script when it is clicked is left out: the net may come from another's file.
    """
    return {
        literal(name): _attribute(name, value)
        for name, value in node.graph_attributes.items()
        if name not in _LINKS or _is_safe(value)
    }


def _attribute(name: str, value: str) -> str:
    if name == "fontname":  # Graphviz puts it into SVG as it is
        value = re.sub('["<>]', "", value)
    return literal_tooltip(value) if name.endswith("tooltip") else literal(value)


def _is_safe(link: str) -> bool:
    """Tell whether a link leads to a page; browsers leave out white space in it."""
    scheme = re.match(r"([^/?#:]*):", re.sub(r"[\x00-\x20]", "", link))
    return scheme is None or scheme[1].lower() in ("http", "https", "mailto", "file")


def short_place(place: Place) -> str:
    """Return ``file:line``, relative to the current folder, or else with the last folder only.

    So a picture in a published notebook does not tell where on a machine it was made, nor does it change from one
    machine, or one session, to the next.

    >>> short_place(Place("/projects/mine/nets/lstm.py", 12))
    'nets/lstm.py:12'
    >>> short_place(Place("/var/ipykernel_31/1234567.py", 3))
    'notebook cell:3'
    """
    path = PurePath(place.file)
    if path.parent.name.startswith("ipykernel_"):  # it holds the number of the process
        return f"notebook cell:{place.line}"
    if path.is_absolute():
        here = _current_folder()
        below = here is not None and path.is_relative_to(here)
        path = path.relative_to(here) if below and here is not None else PurePath(*path.parts[1:][-2:])
    return f"{path.as_posix()}:{place.line}"


def _current_folder() -> PurePath | None:
    try:
        return PurePath(os.getcwd())
    except OSError:  # it was deleted
        return None


def describe_node(node: Node, action: str) -> str:
    """Return what a tooltip tells of a node: its name, what it calls, its description, and where it was written."""
    lines = [f"{node.name} = {action}" if node.name else action]
    if node.description:
        lines.append(node.description)
    if node.place is not None:
        lines.append(short_place(node.place))
    return "\n".join(lines)
