"""Pictures of nets: DOT text and, through Graphviz, SVG, PNG and PDF.

>>> import graphnet as gn
>>> from graphnet import modules as nn
>>> from graphnet.draw import draw
>>> x = nn.Identity()()
>>> h = nn.Tanh()(nn.Linear(3, 2)(x)); gn.annotate_nodes()
>>> draw(gn.gModule([x], [h])).source.startswith("digraph net {")
True
"""

from graphnet.draw.api import dot as dot
from graphnet.draw.api import draw as draw
from graphnet.draw.api import mimebundle as mimebundle
from graphnet.draw.comparison.difference import Difference as Difference
from graphnet.draw.comparison.difference import compare as compare
from graphnet.draw.debugging import set_debug as set_debug
from graphnet.draw.picture import Picture as Picture
