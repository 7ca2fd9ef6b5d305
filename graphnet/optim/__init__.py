"""Optimizers: the ways to step down the gradients of parameters."""

from graphnet.optim import schedules as schedules
from graphnet.optim.accumulated import Adadelta as Adadelta
from graphnet.optim.accumulated import Adagrad as Adagrad
from graphnet.optim.adaptive import Adam as Adam
from graphnet.optim.adaptive import Adamax as Adamax
from graphnet.optim.adaptive import RMSProp as RMSProp
from graphnet.optim.ahead import NAG as NAG
from graphnet.optim.averaged import ASGD as ASGD
from graphnet.optim.optimizer import Optimizer as Optimizer
from graphnet.optim.sgd import SGD as SGD
from graphnet.optim.signs import RProp as RProp
