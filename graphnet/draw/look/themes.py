"""Themes: what becomes of the colours of the style on dark pages and on paper, and those of numbers.

The scale of numbers is viridis (van der Walt and Smith, 2015): equal steps look equal, also to the colour-blind; on
paper it is greys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# Labels in HTML hold colours of fonts; those of cells are numbers'.
_COLOR_OF_FONT = re.compile(r'(?<= color=")#[0-9a-f]{6}(?=")')


@dataclass(frozen=True)
class Theme:
    """A look of pictures, told by what differs from the light one.

    Attributes
    ----------
    colors : dict of str to str
        What stands in place of the light theme's colours; one that is not there stays.
    kinds : dict of str to dict
        Attributes that differ, by the key of :data:`graphnet.draw.look.style.KINDS`.
    failed : dict
        Attributes of boxes in red, where there is no red.
    unread : str
        Fills boxes that have no number, where others are coloured by theirs.
    scale : tuple of str
        The colours of numbers from low to high.
    """

    name: str
    unread: str
    scale: tuple[str, ...]
    colors: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, dict[str, str]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def color(self, light: str) -> str:
        """Return what stands in place of a colour of the light theme."""
        return self.colors.get(light, light)

    def paint(self, attributes: Mapping[str, str]) -> dict[str, str]:
        """Return attributes with this theme's colours, also in labels written as HTML.

        Examples
        --------
        >>> DARK.paint({"bgcolor": "#ffffff", "label": '<<font color="#52606d">a</font>>'})
        {'bgcolor': '#151a21', 'label': '<<font color="#a3b0bd">a</font>>'}
        """
        if not self.colors:
            return dict(attributes)
        return {name: self._painted(value) for name, value in attributes.items()}

    def _painted(self, value: str) -> str:
        if type(value) is not str:  # a text of the user's, marked as one that is not HTML
            return value
        if value.startswith("<"):
            return _COLOR_OF_FONT.sub(lambda found: self.color(found[0]), value)
        return self.color(value)


VIRIDIS = (
    "#440154", "#481f70", "#443983", "#3b528b", "#31688e", "#287c8e", "#21918c", "#20a486", "#35b779", "#5ec962",
    "#90d743", "#c8e020", "#fde725",
)  # fmt: skip

LIGHT = Theme("light", "#ffffff", VIRIDIS)

DARK = Theme(
    "dark",
    "#2a323c",
    VIRIDIS,
    {
        "#ffffff": "#151a21",  # paper, inputs, steps
        "#1f2933": "#e6ebf1",  # ink
        "#52606d": "#a3b0bd",  # faint text, lines
        "#9fb0c0": "#6b7a89",
        "#b8c2cf": "#4a5866",
        "#f5f7fa": "#232b35",
        "#f2f4f7": "#1f262f",
        "#f7f8fb": "#1a2029",
        "#eef1f6": "#1f2630",
        "#e4e9f0": "#262e39",
        "#c81e1e": "#ff8a80",
        "#7a1010": "#ffb4ab",
        "#f8b4b4": "#5a1d1d",
        "#fffbe6": "#332d16",
        "#b3541e": "#f0975c",
        "#5b4b9a": "#b3a6ee",
        "#e9e6f7": "#2d2847",
        "#0b62a4": "#6cb8f0",
        "#d6e8f7": "#16324a",
        "#b87a00": "#e5ad3c",
        "#fdeccb": "#40310f",
        "#00805f": "#45c4a0",
        "#d5efe6": "#123a30",
        "#a3447d": "#e08cbd",
        "#f6dfec": "#42213a",
        "#b3440d": "#f0975c",
        "#fde3d3": "#472512",
    },
)

PRINT = Theme(
    "print",
    "#ffffff",
    ("#eeeeee", "#dadada", "#bdbdbd", "#969696", "#6b6b6b", "#454545", "#1c1c1c"),
    {
        "#1f2933": "#000000",
        "#52606d": "#333333",
        "#9fb0c0": "#777777",
        "#b8c2cf": "#777777",
        "#f5f7fa": "#ffffff",
        "#f2f4f7": "#ffffff",
        "#f7f8fb": "#ffffff",
        "#eef1f6": "#ffffff",
        "#e4e9f0": "#ffffff",
        "#c81e1e": "#000000",
        "#7a1010": "#000000",
        "#f8b4b4": "#d0d0d0",
        "#fffbe6": "#ffffff",
        "#b3541e": "#000000",
        "#5b4b9a": "#000000",
        "#e9e6f7": "#ffffff",
        "#0b62a4": "#000000",
        "#d6e8f7": "#ffffff",
        "#b87a00": "#000000",
        "#fdeccb": "#ffffff",
        "#00805f": "#000000",
        "#d5efe6": "#ffffff",
        "#a3447d": "#000000",
        "#f6dfec": "#ffffff",
        "#b3440d": "#000000",
        "#fde3d3": "#ffffff",
    },
    # Where tints tell the kinds apart, outlines do.
    kinds={
        "parameters": {"penwidth": "2.4", "style": "filled"},
        "function": {"penwidth": "1"},
        "arithmetic": {"margin": "0.06,0.02", "shape": "octagon", "style": "filled"},
        "container": {"shape": "box3d", "style": "filled"},
        "other": {"penwidth": "1", "style": "filled"},
    },
    failed={"peripheries": "2"},
)

THEMES = {theme.name: theme for theme in (LIGHT, DARK, PRINT)}


def theme_of(name: str) -> Theme:
    """Return the theme of a name.

    Raises
    ------
    ValueError
        If there is none.
    """
    if name not in THEMES:
        raise ValueError(f"there is no theme {name!r}; there are {', '.join(map(repr, THEMES))}")
    return THEMES[name]
