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

from graphnet.container import Container
from graphnet.criterion import Criterion
from graphnet.gmodule import gModule
from graphnet.interop.torch7_calls import REPLACED, change_contents
from graphnet.interop.torch7_constructors import MODULES
from graphnet.interop.torch7_criterions import CRITERIONS
from graphnet.interop.torch7_images import SETTINGS
from graphnet.module import Module
from graphnet.modules.criterions.combined import Weighted
from graphnet.nesting import Array, map_nested
from graphnet.node import Node, nest

Spec = dict[str, Any]


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
    settings: dict[str, Any] = {}
    contents: list[Spec] = []
    by_call, replaced = SETTINGS.get(spec["ctor"], {}), REPLACED.get(spec["ctor"], {})
    for method, *arguments in spec.get("calls") or []:
        if method == "setNumInputDims" and spec["ctor"] in ("nn.Transpose", "nn.View"):
            settings["n_input_dims"] = int(arguments[0])  # an argument of ours
        elif method in by_call:
            settings |= by_call[method]
        elif method in replaced:
            spec = {**spec, "args": replaced[method](spec["args"], arguments)}
        elif not change_contents(contents, method, arguments) and spec["ctor"] in MODULES:
            raise _unknown_call(spec, method)
    module: Module = _made(MODULES, spec, **settings)
    for inner in contents:
        if not isinstance(module, Container):
            raise _unknown_call(spec, "add")
        module.add(build_module(inner))
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
    criterion: Criterion = _made(CRITERIONS, spec)
    for method, *arguments in spec.get("calls") or []:
        if method != "add" or not isinstance(criterion, Weighted):
            raise _unknown_call(spec, method)
        criterion.add(build_criterion(arguments[0]), *arguments[1:])
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


def _unknown_call(spec: Spec, method: str) -> KeyError:
    return KeyError(f"{spec['ctor']}:{method}(...) is a call that graphnet.interop.torch7 does not know")


def _made(table: dict[str, Callable[..., Any]], spec: Spec, **settings: Any) -> Any:
    make = table.get(spec["ctor"])
    if make is None:
        raise KeyError(f"{spec['ctor']} is a class that graphnet.interop.torch7 does not know")
    arguments = [_argument(argument) for argument in spec["args"]]
    while arguments and arguments[-1] is None:  # nil at the end is an argument left out
        arguments.pop()
    return make(*arguments, **settings)


def _argument(argument: Any) -> Any:
    if isinstance(argument, float) and argument.is_integer():  # all of Lua's numbers are floats
        return int(argument)
    if not isinstance(argument, dict):
        return argument
    if "ctor" not in argument:
        return as_array(argument)
    return build_criterion(argument) if argument["ctor"] in CRITERIONS else build_module(argument)
