"""Training: steps down the gradients of a criterion over batches, stopped and resumed at any point, bit for bit."""

from graphnet.training.callback import Callback as Callback
from graphnet.training.history import History as History
from graphnet.training.history import TrainPoint as TrainPoint
from graphnet.training.history import ValidationPoint as ValidationPoint
from graphnet.training.live_page import LivePage as LivePage
from graphnet.training.step import DivergedError as DivergedError
from graphnet.training.stochastic_gradient import StochasticGradient as StochasticGradient
from graphnet.training.trainer import Trainer as Trainer
