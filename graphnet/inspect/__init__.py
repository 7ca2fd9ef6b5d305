"""Looking into a net: whether its gradients are right."""

from graphnet.inspect.gradients import GradientCheck as GradientCheck
from graphnet.inspect.gradients import GradientReport as GradientReport
from graphnet.inspect.gradients import check_gradients as check_gradients
