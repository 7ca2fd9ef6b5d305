"""Turn indices and classes, which count from 1 in the golden files, to count from 0; they may come in doubles."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet import Criterion, Module, gModule
from graphnet import modules as nn
from graphnet.interop.torch7_only import ModuleFromCriterion
from graphnet.modules.criterions.combined import Weighted
from graphnet.nesting import map_nested
from graphnet.node import Node

# Those whose targets are classes; in the files these count from 1, also where they are no integers.
_OF_CLASSES = (nn.ClassNLLCriterion, nn.MultiMarginCriterion, nn.MultiLabelMarginCriterion)


def from_one(value: Any) -> Any:
    """Turn all arrays to count from 0."""
    return map_nested(lambda array: array - 1, value)


def _from_long(value: Any) -> Any:
    """Turn the integer arrays of an input, which are indices, to count from 0."""
    return map_nested(lambda array: array - 1 if array.dtype.kind == "i" else array, value)


def from_zero(module: Module, x: Any) -> Any:
    """Turn the indices and classes in a module's input to count from 0, also where they come in doubles."""
    if isinstance(module, (nn.LookupTable, nn.OneHot)):
        return from_one(x)
    if isinstance(module, ModuleFromCriterion):
        return [x[0], classes_from_zero(module.criterion, x[1])]
    if isinstance(module, nn.MapTable):
        return [from_zero(module.module, item) for item in x]
    if isinstance(module, nn.ParallelTable):
        return [from_zero(inner, item) for inner, item in zip(module.modules, x, strict=True)]
    if isinstance(module, (nn.ConcatTable, nn.Concat)) and any(map(_takes_indices, module.modules)):
        return from_one(x)
    if isinstance(module, nn.Sequential) and module.modules:
        return from_zero(module.modules[0], x)
    if isinstance(module, gModule):
        inputs = module.graph().inputs
        if len(inputs) == 1:
            return from_one(x) if _leads_to_indices(inputs[0]) else _from_long(x)
        return [from_one(item) if _leads_to_indices(n) else _from_long(item) for n, item in zip(inputs, x, strict=True)]
    return _from_long(x)


def _takes_indices(module: Module) -> bool:
    """Tell whether a module's input is one array of indices."""
    if isinstance(module, nn.Sequential):
        return bool(module.modules) and _takes_indices(module.modules[0])
    if isinstance(module, (nn.ConcatTable, nn.Concat)):
        return any(map(_takes_indices, module.modules))
    return isinstance(module, (nn.LookupTable, nn.OneHot))


def _leads_to_indices(node: Node) -> bool:
    consumers = node.consumers if isinstance(node.module, nn.Identity) else [node]
    return any(c.module is not None and _takes_indices(c.module) for c in consumers)


def classes_from_zero(criterion: Criterion, target: Any) -> Any:
    """Turn the classes in a target to count from 0."""
    if isinstance(criterion, nn.ParallelCriterion) and not criterion.repeat_target:
        return [classes_from_zero(inner, item) for inner, item in zip(criterion.criterions, target, strict=False)]
    if isinstance(criterion, Weighted):
        # One target for all: either all of them compare classes, or none does.
        return classes_from_zero(criterion.criterions[0], target)
    if isinstance(target, list):
        return _from_long(target)
    return np.asarray(target) - isinstance(criterion, _OF_CLASSES)
