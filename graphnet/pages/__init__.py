"""Self-contained pages: stepping through a run, and a training while it goes on.

>>> import numpy as np
>>> from graphnet import modules as nn
>>> "<svg" in stepper(nn.Linear(2, 1), np.ones(2)).html
True
"""

from graphnet.pages.step_through import Stepper as Stepper
from graphnet.pages.step_through import stepper as stepper
