"""The picture that stands for a notebook in the README: small, and all of one size."""

from __future__ import annotations

import struct
from base64 import b64decode
from typing import Any
from xml.etree import ElementTree

WIDTH, HEIGHT, MARGIN = 320, 240, 8
SVG = "http://www.w3.org/2000/svg"
LINK = "http://www.w3.org/1999/xlink"


def thumbnail(notebook: Any) -> bytes:
    """Return the picture that the cell tagged ``thumbnail`` shows, as an SVG of one size, on white."""
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", LINK)
    card = ElementTree.Element(f"{{{SVG}}}svg", viewBox=f"0 0 {WIDTH} {HEIGHT}", width=f"{WIDTH}", height=f"{HEIGHT}")
    ground = {"x": "1", "y": "1", "width": f"{WIDTH - 2}", "height": f"{HEIGHT - 2}", "rx": "10"}
    ElementTree.SubElement(card, f"{{{SVG}}}rect", ground, fill="#ffffff", stroke="#c9ced6")
    picture, (width, height) = shown(notebook)
    # As large as the card, unless much would be cut off at its foot.
    scale = min((WIDTH - 2 * MARGIN) / width, 1.6 * (HEIGHT - 2 * MARGIN) / height)
    left = (WIDTH - scale * width) / 2
    top = max(MARGIN, (HEIGHT - scale * height) / 2)
    place = {"x": left, "y": top, "width": scale * width, "height": min(scale * height, HEIGHT - top - 1)}
    window = {name: f"{value:.1f}" for name, value in place.items()}
    frame = ElementTree.SubElement(card, f"{{{SVG}}}svg", window)
    frame.set("viewBox", f"0 0 {width:g} {place['height'] / scale:g}")
    frame.append(picture)
    return ElementTree.tostring(card, encoding="utf-8")


def shown(notebook: Any) -> tuple[ElementTree.Element, tuple[float, float]]:
    """Return what the tagged cell shows as an element of SVG, and its size."""
    (cell,) = (cell for cell in notebook.cells if "thumbnail" in cell.metadata.get("tags", ()))
    for output in cell.outputs:
        data = output.get("data", {})
        if "image/svg+xml" in data:
            drawing = ElementTree.fromstring(data["image/svg+xml"])
            left, top, width, height = (float(number) for number in drawing.attrib["viewBox"].split())
            assert left == top == 0
            drawing.set("width", f"{width}")
            drawing.set("height", f"{height}")
            return drawing, (width, height)
        if "image/png" in data:
            width, height = struct.unpack(">II", b64decode(data["image/png"])[16:24])
            link = "data:image/png;base64," + "".join(data["image/png"].split())
            size = {"width": f"{width}", "height": f"{height}"}
            return ElementTree.Element(f"{{{SVG}}}image", {f"{{{LINK}}}href": link, **size}), (width, height)
    raise ValueError(f"the cell tagged thumbnail shows no picture:\n{cell.source}")
