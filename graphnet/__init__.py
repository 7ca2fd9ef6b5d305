"""graphnet: draw a network by calling modules with nodes, look at it, step through it, train it.

>>> import numpy as np, graphnet as gn
>>> from graphnet import modules as nn
>>> x = nn.Identity()()
>>> net = gn.gModule([x], [nn.Tanh()(nn.Linear(3, 2)(x))])
>>> net.forward(np.zeros((4, 3))).shape
(4, 2)
"""

from graphnet import batches as batches
from graphnet import clip as clip
from graphnet import init as init
from graphnet import optim as optim
from graphnet.checkpoint import load as load
from graphnet.checkpoint import save as save
from graphnet.compile import compile as compile
from graphnet.container import Container as Container
from graphnet.criterion import Criterion as Criterion
from graphnet.draw import Difference as Difference
from graphnet.draw import Picture as Picture
from graphnet.draw import compare as compare
from graphnet.draw import dot as dot
from graphnet.draw import draw as draw
from graphnet.draw import set_debug as set_debug
from graphnet.elementwise import Elementwise as Elementwise
from graphnet.elementwise import ElementwiseTable as ElementwiseTable
from graphnet.equations import Equations as Equations
from graphnet.gmodule import gModule as gModule
from graphnet.inference import ShapeError as ShapeError
from graphnet.inspect import Explanation as Explanation
from graphnet.inspect import check_gradients as check_gradients
from graphnet.inspect import find_nan as find_nan
from graphnet.inspect import heat_map as heat_map
from graphnet.inspect import infer_shapes as infer_shapes
from graphnet.inspect import memory_estimate as memory_estimate
from graphnet.inspect import profile as profile
from graphnet.inspect import text_map as text_map
from graphnet.module import Module as Module
from graphnet.node import Node as Node
from graphnet.node import annotate_nodes as annotate_nodes
from graphnet.node import nest as nest
from graphnet.pages import Stepper as Stepper
from graphnet.pages import stepper as stepper
from graphnet.parameter import FlatView as FlatView
from graphnet.parameter import Parameter as Parameter
from graphnet.random import generator as generator
from graphnet.random import manual_seed as manual_seed
from graphnet.recurrence import Recurrence as Recurrence
from graphnet.recurrence import Stream as Stream
from graphnet.tape import Tape as Tape
from graphnet.threads import get_num_threads as get_num_threads
from graphnet.threads import set_num_threads as set_num_threads
from graphnet.training import Callback as Callback
from graphnet.training import DivergedError as DivergedError
from graphnet.training import History as History
from graphnet.training import LivePage as LivePage
from graphnet.training import StochasticGradient as StochasticGradient
from graphnet.training import Trainer as Trainer

__version__ = "0.1.0"
