"""Optimizers: the ways to step down the gradients of parameters."""

from graphnet.optim.adaptive import Adam as Adam
from graphnet.optim.adaptive import RMSProp as RMSProp
from graphnet.optim.optimizer import Optimizer as Optimizer
from graphnet.optim.sgd import SGD as SGD
