"""Looking into a net: whether its gradients are right, its shapes before it runs, its summary."""

from graphnet.inspect.gradients import GradientCheck as GradientCheck
from graphnet.inspect.gradients import GradientReport as GradientReport
from graphnet.inspect.gradients import check_gradients as check_gradients
from graphnet.inspect.shapes import InferredShapes as InferredShapes
from graphnet.inspect.shapes import infer_shapes as infer_shapes
from graphnet.inspect.summary import Summary as Summary
from graphnet.inspect.summary import SummaryRow as SummaryRow
from graphnet.inspect.summary import summarise as summarise
