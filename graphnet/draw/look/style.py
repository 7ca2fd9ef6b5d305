"""What the parts of a picture look like: calm tints that differ for the colour-blind, and outline in black and white.

The colours are after Okabe and Ito, "Color universal design", 2008.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphnet.container import Container
from graphnet.criterion import Criterion
from graphnet.draw.scene.parts import Box, is_identity
from graphnet.elementwise import Elementwise, ElementwiseTable
from graphnet.recurrence import Recurrence

if TYPE_CHECKING:
    from graphnet.module import Module

FONT = "Helvetica,Arial,sans-serif"
INK = "#1f2933"
FAINT = "#52606d"
RED = "#c81e1e"
RED_TEXT = "#7a1010"  # legible on red boxes
FORWARD = "#52606d"
BACKWARD = "#b3541e"

GRAPH = {
    "bgcolor": "#ffffff",
    "fontcolor": INK,
    "fontname": FONT,
    "fontsize": "14",
    "labelloc": "t",
    "nodesep": "0.3",
    "pad": "0.2",
    "ranksep": "0.38",
}
NODE = {
    "color": FAINT,
    "fillcolor": "#f5f7fa",
    "fontcolor": INK,
    "fontname": FONT,
    "fontsize": "12",
    "height": "0.34",
    "margin": "0.13,0.06",
    "penwidth": "1.1",
    "shape": "box",
    "style": "rounded,filled",
    "width": "0.4",
}
EDGE = {
    "arrowsize": "0.65",
    "color": FORWARD,
    "fontcolor": FAINT,
    "fontname": FONT,
    "fontsize": "9",
    "penwidth": "1.1",
}

# What differs from EDGE where a state goes to another step. Graphviz is told of such an arrow with its ends exchanged,
# since then it keeps a lane free for it and leaves the nodes of the step in their places.
FEEDBACK = {
    "color": "#5b4b9a",
    "dir": "back",
    "fontcolor": "#5b4b9a",
    "penwidth": "1.4",
    "style": "dashed",
    "weight": "0",
}

# An arrow to a later step that is drawn itself, or to the next of equal parts that are drawn once.
NEXT_STEP = {"color": "#5b4b9a", "dir": "back", "fontcolor": "#5b4b9a", "penwidth": "1.4", "weight": "0"}
NEXT_REPETITION = {"color": FAINT, "dir": "back", "fontcolor": FAINT, "style": "dashed", "weight": "0"}
# What only tells Graphviz where things stand.
UNSEEN = {"style": "invis"}
PEG = {"height": "0", "label": "", "shape": "point", "style": "invis", "width": "0"}

# What differs from NODE, by the kind of module. Outlines differ too, so that black and white is enough.
KINDS = {
    "input": {"fillcolor": "#ffffff", "shape": "ellipse", "style": "filled", "margin": "0.04,0"},
    "output": {"fillcolor": "#ffffff", "shape": "ellipse", "style": "filled", "margin": "0.04,0", "penwidth": "1.8"},
    "parameters": {"fillcolor": "#d6e8f7", "color": "#0b62a4", "penwidth": "1.8"},
    "function": {"fillcolor": "#fdeccb", "color": "#b87a00"},
    "arithmetic": {"fillcolor": "#d5efe6", "color": "#00805f"},
    "criterion": {"fillcolor": "#f6dfec", "color": "#a3447d", "peripheries": "2"},
    "container": {"fillcolor": "#e9e6f7", "color": "#5b4b9a", "penwidth": "1.8"},
    "stretch": {"color": "#9fb0c0", "penwidth": "2.4"},
    "gap": {"color": FAINT, "fillcolor": "#ffffff", "style": "dashed,filled"},
    "other": {},
    "list": {"fillcolor": "#ffffff", "color": "#9fb0c0", "height": "0.28", "margin": "0.09,0.04"},
}
FAILED = {"fillcolor": "#f8b4b4", "color": RED, "penwidth": "3", "style": "rounded,filled"}
OUTLINED = {"color": RED, "penwidth": "3"}
FAILED_FRAME = {"color": RED, "penwidth": "2"}
FAILED_WIRE = {"color": RED, "fontcolor": RED, "fontsize": "11", "penwidth": "3.2"}

# A box whose number is NaN or infinite, told also without colours.
NOT_FINITE = {"fillcolor": "#f8b4b4", "color": RED, "fontcolor": INK, "penwidth": "3", "peripheries": "2"}

# What would mend a failure, beside it.
NOTE = {"fillcolor": "#fffbe6", "color": RED, "fontsize": "10", "shape": "note", "style": "filled"}
NOTE_LINE = {"arrowhead": "none", "color": RED, "style": "dotted"}

# Differences of two nets: vermilion and dashed, or blue and bold; both dark enough for text on white.
IN_BOTH = {"color": "#9fb0c0", "fillcolor": "#f2f4f7", "penwidth": "1"}
ONLY_IN = (
    {"color": "#b3440d", "fillcolor": "#fde3d3", "penwidth": "2", "style": "rounded,filled,dashed"},
    {"color": "#0b62a4", "fillcolor": "#d6e8f7", "penwidth": "2.6", "style": "rounded,filled"},
)
WIRE_ONLY_IN = (
    {"color": "#b3440d", "fontcolor": "#b3440d", "penwidth": "1.6", "style": "dashed"},
    {"color": "#0b62a4", "fontcolor": "#0b62a4", "penwidth": "2.4", "style": "solid"},
)
CHANGED = {"color": INK, "fillcolor": "#ffffff", "penwidth": "1.6", "peripheries": "2"}
LEGEND = {"color": "#b8c2cf", "fontcolor": INK, "fontname": FONT, "label": "", "margin": "10", "style": "rounded"}

# Graphviz lays out thousands of boxes well enough in a few rounds, in seconds instead of minutes.
MANY_RANKS_SPANNED, VERY_MANY_RANKS_SPANNED = 2_000, 10_000
LARGE = {"mclimit": "0.1", "nslimit": "0.05", "nslimit1": "0.05", "splines": "line"}
VERY_LARGE = {"mclimit": "0.0001", "nslimit": "0", "nslimit1": "0", "searchsize": "1", "splines": "line"}

# Frames, by depth: each a little darker than the one around it.
FRAME = {
    "fontcolor": INK,
    "fontname": FONT,
    "fontsize": "12",
    "labeljust": "l",
    "margin": "10",
    "penwidth": "1",
    "style": "rounded,filled",
}
FRAME_OF_LOOP = {"margin": "28"}  # Graphviz keeps no room for the labels of the arrows at its side
FRAME_OF_STEP = {"color": "#5b4b9a", "fillcolor": "#ffffff", "style": "rounded,filled"}
FRAME_OF_REPEAT = {"color": FAINT, "penwidth": "1.6", "peripheries": "1", "style": "rounded,dashed", "margin": "16"}
FRAME_FILLS = ("#f7f8fb", "#eef1f6", "#e4e9f0")
FRAME_LINE = "#b8c2cf"


# Kernels of compiled nets, one after the other, so that neighbours differ; what stands alone; what runs in a loop.
KERNELS = (
    {"color": "#0b62a4", "fillcolor": "#d6e8f7"},
    {"color": "#b87a00", "fillcolor": "#fdeccb"},
    {"color": "#00805f", "fillcolor": "#d5efe6"},
    {"color": "#a3447d", "fillcolor": "#f6dfec"},
)
IN_KERNEL = {"color": FAINT, "fillcolor": "#ffffff", "penwidth": "1.1", "style": "rounded,filled"}
PRODUCT = {"color": "#5b4b9a", "fillcolor": "#e9e6f7", "penwidth": "2.2", "style": "filled"}
AS_IT_IS = {"color": "#b3440d", "fillcolor": "#ffffff", "penwidth": "1.8", "style": "rounded,filled,dashed"}
ONCE = {"color": FRAME_LINE, "fillcolor": "#f7f8fb", "style": "rounded,filled"}
LOOP = {"color": "#5b4b9a", "fillcolor": "#f7f8fb", "penwidth": "2.2", "style": "rounded,filled", "margin": "40"}
LABEL = {"margin": "0.02,0.02", "shape": "plaintext", "style": ""}


def kind_of(box: Box) -> str:
    """Return the key of a box in :data:`KINDS`, by the contract that its module fulfils."""
    module = box.module
    if box.role != "node":
        return box.role
    if box.node is not None and box.node.inputs is None and is_identity(module):
        return "input"
    return "list" if module is None else kind_of_module(module)


def kind_of_module(module: Module) -> str:
    """Return the kind of a module: what it is for tells more than what it is made of."""
    if isinstance(module, Criterion):
        return "criterion"
    if isinstance(module, (Container, Recurrence)):
        return "container"
    if module.own_parameters():
        return "parameters"
    if isinstance(module, Elementwise):
        return "function"
    return "arithmetic" if isinstance(module, ElementwiseTable) else "other"


def order_matters(module: Module | None) -> bool:
    """Tell whether the places in a module's list of inputs mean different things, as in a quotient, not in a sum."""
    if not isinstance(module, ElementwiseTable):
        return True
    try:
        return bool(module.value(2.0, 3.0) != module.value(3.0, 2.0))
    except (TypeError, ValueError, ArithmeticError):  # of another number of arguments, or of arrays only
        return True
