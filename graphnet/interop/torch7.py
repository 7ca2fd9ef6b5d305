"""Make our objects from descriptions of Torch7's: constructors with their Lua arguments, which count from 1.

A spec is ``{"ctor": "nn.Linear", "args": [3, 2], "calls": [["add", spec], ...]}``; a tensor among the arguments is
``{"shape": [...], "data": [...]}``. A graph is ``{"nodes": [...], "inputs": [ids], "outputs": [ids]}``, with nodes
``{"id", "op": "module", "module": spec, "inputs": [ids]}``, ``{"op": "split", "of", "n", "ids"}`` and
``{"id", "op": "nest", "of": nested ids}``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from graphnet import modules as nn
from graphnet.container import Container
from graphnet.criterion import Criterion
from graphnet.gmodule import gModule
from graphnet.module import Module
from graphnet.nesting import Array, Nested, map_nested, zeros_like
from graphnet.node import Node, nest

Spec = dict[str, Any]


class JustElement(Container):
    """The one element of a list of one; nngraph's ``split(1)``."""

    def drawing(self, x: Node) -> Nested:
        return x.split(1)[0]


class JustTable(Container):
    """A list of the one input; nngraph's ``nest({x})``."""

    def drawing(self, x: Node) -> Nested:
        return [x]


class ModuleFromCriterion(Module):
    """A criterion as nngraph made it a module: the loss has one element, and the target's gradient is always zero.

    Parameters
    ----------
    criterion : Criterion
    """

    def __init__(self, criterion: Criterion) -> None:
        self.criterion = criterion

    def update_output(self, x: Nested) -> Array:
        return np.reshape(self.criterion.update_output(x), 1)

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        return [self.criterion.update_grad_input(x, y[0], dy[0])[0], zeros_like(x[1])]


def build_module(spec: Spec) -> Module:
    """Make the module that a spec describes.

    Raises
    ------
    KeyError
        If its class, or a method in ``calls``, is not known here; the message names it.

    Examples
    --------
    >>> build_module({"ctor": "nn.Narrow", "args": [2, 1, 3]})
    Narrow(1, 0, 3)
    """
    module: Module = _made(_MODULES, spec)
    for method, *arguments in spec.get("calls") or []:
        if method != "add" or not isinstance(module, Container):
            raise KeyError(f"{spec['ctor']}:{method}(...) is a call that graphnet.interop.torch7 does not know")
        module.add(build_module(arguments[0]))
    return module


def build_criterion(spec: Spec) -> Criterion:
    """Make the criterion that a spec describes.

    Raises
    ------
    KeyError
        If its class is not known here; the message names it.

    Examples
    --------
    >>> build_criterion({"ctor": "nn.ClassNLLCriterion", "args": [None, False]})
    ClassNLLCriterion(size_average=False, ignore_index=-101)
    """
    criterion: Criterion = _made(_CRITERIONS, spec)
    return criterion


def build_graph(graph: dict[str, Any], inner: dict[str, Any] | None = None) -> gModule:
    """Make the gModule that a description of a graph gives.

    Parameters
    ----------
    graph : dict
    inner : dict, optional
        The graph of the gModule that stands at a node whose ``sameModuleAs`` is no node's id.

    Examples
    --------
    >>> nodes = [{"id": 1, "op": "module", "module": {"ctor": "nn.Tanh", "args": []}, "inputs": []}]
    >>> build_graph({"nodes": nodes, "inputs": [1], "outputs": [1]}).forward(np.zeros(2))
    array([0., 0.])
    """
    nodes: dict[int, Node] = {}
    modules: dict[Any, Module] = {}
    for row in graph["nodes"]:
        if row["op"] == "split":
            nodes.update(zip(row["ids"], nodes[row["of"]].split(row["n"]), strict=True))
        elif row["op"] == "nest":
            nodes[row["id"]] = nest(map_nested(nodes.__getitem__, row["of"]))
        elif row["op"] == "module":
            module = modules[row["id"]] = _module_of(row, modules, inner)
            sources = [nodes[i] for i in row["inputs"]]
            # A list of one parent is unwrapped, as Torch does.
            nodes[row["id"]] = module(*sources) if len(sources) < 2 else module(sources)
        else:
            raise KeyError(f"a node of the kind {row['op']!r} is unknown")
    return gModule([nodes[i] for i in graph["inputs"]], [nodes[i] for i in graph["outputs"]])


def _module_of(row: dict[str, Any], modules: dict[Any, Module], inner: dict[str, Any] | None) -> Module:
    same = row.get("sameModuleAs")
    if same is None:
        return build_module(row["module"])
    if same in modules:
        return modules[same]
    if inner is None:
        raise KeyError(f"node {row['id']} holds the module of {same!r}, which is no node before it")
    return build_graph(inner)


def set_parameters(module: Module, values: Sequence[ArrayLike]) -> None:
    """Write values into ``module.parameters()``, in their order.

    Raises
    ------
    ValueError
        If their number or a shape is another.
    """
    parameters = module.parameters()
    if len(parameters) != len(values):
        raise ValueError(f"{module.label()} has {len(parameters)} parameters, not {len(values)}")
    for parameter, value in zip(parameters, values, strict=True):
        parameter.value = value


def as_array(tensor: dict[str, Any]) -> Array:
    """Return a tensor's description as an array; ``dtype`` may be long, byte or float, and is double if left out.

    Examples
    --------
    >>> as_array({"shape": [2], "data": [1, 2], "dtype": "long"})
    array([1, 2])
    """
    dtype = {"long": np.int64, "byte": np.uint8, "float": np.float32}.get(tensor.get("dtype", ""), np.float64)
    return np.array(tensor["data"], dtype).reshape(tensor["shape"])


def _made(table: dict[str, Callable[..., Any]], spec: Spec) -> Any:
    make = table.get(spec["ctor"])
    if make is None:
        raise KeyError(f"{spec['ctor']} is a class that graphnet.interop.torch7 does not know")
    arguments = [_argument(argument) for argument in spec["args"]]
    while arguments and arguments[-1] is None:  # nil at the end is an argument left out
        arguments.pop()
    return make(*arguments)


def _argument(argument: Any) -> Any:
    if isinstance(argument, float) and argument.is_integer():  # all of Lua's numbers are floats
        return int(argument)
    if not isinstance(argument, dict):
        return argument
    return argument if "ctor" in argument else as_array(argument)


def _from_zero(index: int) -> int:
    """Turn a dimension or an index that counts from 1 into ours; negative ones count from the end in both."""
    if index == 0:
        raise ValueError("Torch7's dimensions and indices count from 1; it was 0")
    return index - 1 if index > 0 else index


def _linear(input_size: int, output_size: int, bias: bool | None = True) -> nn.Linear:
    return nn.Linear(input_size, output_size, bias is not False)


def _narrow(dimension: int, offset: int, length: int = 1) -> nn.Narrow:
    if offset >= 0:
        return nn.Narrow(_from_zero(dimension), _from_zero(offset), length)
    if length >= 0:  # Torch7 ignores a negative offset, and takes all but `length` elements from the first on
        return nn.Narrow(_from_zero(dimension), 0, -length - 1)
    kept = offset - length - 2  # what its formula comes to if the length is negative, too, whatever the size
    if kept < 1:
        raise ValueError(f"nn.Narrow({dimension}, {offset}, {length}) is out of range in Torch7, too")
    return nn.Narrow(_from_zero(dimension), 0, kept)


def _join(dimension: int, n_input_dims: int | None = None) -> nn.JoinTable:
    return nn.JoinTable(_from_zero(dimension), n_input_dims)


def _split(dimension: int, n_input_dims: int | None = None) -> nn.SplitTable:
    return nn.SplitTable(_from_zero(dimension), n_input_dims)


def _lookup(n_index: int, n_output: int, padding: int = 0, *norm: Any) -> nn.LookupTable:
    return nn.LookupTable(n_index, n_output, padding - 1 if padding else None, *norm)


def _dropout(p: float | None = 0.5, v1: bool = False, inplace: bool = False, stochastic: bool = False) -> nn.Dropout:
    return nn.Dropout(0.5 if p is None else p, bool(v1), stochastic_inference=bool(stochastic))


def _in_place(make: Callable[[], Module]) -> Callable[..., Module]:
    """Accept Torch's argument ``inplace``: a module of ours never writes to its input."""
    return lambda inplace=False: make()


def _nll(make: Callable[..., Criterion]) -> Callable[..., Criterion]:
    def converted(weights: Any = None, size_average: bool | None = True, ignore_index: int = -100) -> Criterion:
        return make(weights, size_average is not False, ignore_index - 1)

    return converted


_MODULES: dict[str, Callable[..., Module]] = {
    "nn.CAddTable": _in_place(nn.CAddTable),
    "nn.CMulTable": nn.CMulTable,
    "nn.ConcatTable": nn.ConcatTable,
    "nn.Dropout": _dropout,
    "nn.Identity": nn.Identity,
    "nn.JoinTable": _join,
    "nn.Linear": _linear,
    "nn.LogSoftMax": nn.LogSoftMax,
    "nn.LookupTable": _lookup,
    "nn.ModuleFromCriterion": lambda spec: ModuleFromCriterion(build_criterion(spec)),
    "nn.Narrow": _narrow,
    "nn.OneHot": nn.OneHot,
    "nn.ParallelTable": nn.ParallelTable,
    "nn.SelectTable": lambda index: nn.SelectTable(_from_zero(index)),
    "nn.Sequential": nn.Sequential,
    "nn.Sigmoid": nn.Sigmoid,
    "nn.SplitTable": _split,
    "nn.Tanh": nn.Tanh,
    "nngraph.JustElement": JustElement,
    "nngraph.JustTable": JustTable,
}

_CRITERIONS: dict[str, Callable[..., Criterion]] = {
    "nn.ClassNLLCriterion": _nll(nn.ClassNLLCriterion),
    "nn.CrossEntropyCriterion": _nll(nn.CrossEntropyCriterion),
    "nn.MSECriterion": lambda size_average=True: nn.MSECriterion(size_average is not False),
}
