"""Where what a picture shows stands in the net's plan, by its names in the DOT text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphnet.draw.scene.parts import Frame
    from graphnet.draw.scene.scene import Scene
    from graphnet.splicing import Site


def sites_of(scene: Scene) -> dict[str, Site]:
    """Return where the boxes stand."""
    return {f"n{box.number}": box.site for box in scene.boxes if box.site is not None}


def frames_of(scene: Scene) -> dict[str, Site]:
    """Return where the frames stand."""
    found: dict[str, Site] = {}
    for box in scene.boxes:
        frame: Frame | None = box.frame
        while frame is not None and f"cluster_{frame.number}" not in found:
            if frame.site is not None:
                found[f"cluster_{frame.number}"] = frame.site
            frame = frame.parent
    return found
