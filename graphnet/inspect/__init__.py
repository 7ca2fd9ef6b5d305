"""Looking into a net: whether its gradients are right, its shapes before it runs, its summary."""

from graphnet.inspect.compiled.explanation import Explanation as Explanation
from graphnet.inspect.compiled.explanation import explain as explain
from graphnet.inspect.costs.memory import MemoryEstimate as MemoryEstimate
from graphnet.inspect.costs.memory import memory_estimate as memory_estimate
from graphnet.inspect.costs.profiling import Profile as Profile
from graphnet.inspect.costs.profiling import profile as profile
from graphnet.inspect.gradients.check import check_gradients as check_gradients
from graphnet.inspect.gradients.differences import GradientCheck as GradientCheck
from graphnet.inspect.gradients.report import GradientReport as GradientReport
from graphnet.inspect.gradients.report import NodeCheck as NodeCheck
from graphnet.inspect.heat_map import heat_map as heat_map
from graphnet.inspect.nan import NaNOrigin as NaNOrigin
from graphnet.inspect.nan import find_nan as find_nan
from graphnet.inspect.shapes import InferredShapes as InferredShapes
from graphnet.inspect.shapes import infer_shapes as infer_shapes
from graphnet.inspect.steps import BackwardSteps as BackwardSteps
from graphnet.inspect.steps import Steps as Steps
from graphnet.inspect.summary import Summary as Summary
from graphnet.inspect.summary import SummaryRow as SummaryRow
from graphnet.inspect.summary import summarise as summarise
from graphnet.inspect.text_map import text_map as text_map
