"""Initialisers: objects that draw the numbers a parameter starts with, for one parameter, a module or a whole net.

>>> import graphnet as gn
>>> from graphnet import modules as nn
>>> net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
>>> gn.manual_seed(0)
>>> gn.init.Xavier(gain="tanh")(net) is net                                   # its weights
True
>>> net = gn.init.Uniform(-0.08, 0.08)(net)                                   # all its parameters
>>> net = gn.init.rules(net, {"*.weight": gn.init.Orthogonal(), "*.bias": 0.0})
>>> net = gn.init.Torch()(net)                                                # as it was made

Whatever is drawn comes from the one generator, in the order of ``net.parameters()`` and each shared parameter once; so
the same seed gives the same net. Types stay, and numbers are drawn in double precision before they are rounded to them.
"""

from graphnet.init.initialiser import Initialiser as Initialiser
from graphnet.init.plain import Constant as Constant
from graphnet.init.plain import Normal as Normal
from graphnet.init.plain import Torch as Torch
from graphnet.init.plain import Uniform as Uniform
from graphnet.init.rules import rules as rules
from graphnet.init.scaled import He as He
from graphnet.init.scaled import LeCun as LeCun
from graphnet.init.scaled import Xavier as Xavier
from graphnet.init.scaled import gain as gain
from graphnet.init.shaped import Identity as Identity
from graphnet.init.shaped import Orthogonal as Orthogonal
