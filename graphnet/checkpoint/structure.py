"""The structure of a net as plain data: what modules, drawings and parameters there are, and which belong together.

Modules, parameters, arrays and drawings are numbered; where one stands in another's state, its number stands in the
data, so what was shared is shared again. A module's state is what ``__getstate__`` gives, as for ``copy``:

    {"class": "Linear", "state": [["weight", {"parameter": 0}], ["bias", {"parameter": 1}], ...]}
"""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import numpy as np

from graphnet.gmodule import gModule
from graphnet.graph import Graph
from graphnet.module import Module
from graphnet.nesting import Array, leaves
from graphnet.node import Place
from graphnet.parameter import Parameter
from graphnet.recurrence import Recurrence


def pack(module: Module) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return the structure of a module as data that JSON can hold, and its arrays by name."""
    packer = _Packer(module)
    return packer.data(), packer.arrays


def unpack(data: dict[str, Any], arrays: dict[str, Array], classes: tuple[type[Module], ...] = ()) -> Module:
    """Build the module that :func:`pack` described; refuse classes that are not allowed.

    Raises
    ------
    LookupError
        If a class is neither one of ``graphnet.modules`` nor among ``classes``; the message names it.
    """
    return _Unpacker(data, arrays, classes).modules[0]


class _Packer:
    def __init__(self, root: Module) -> None:
        self.arrays: dict[str, Array] = {}
        self._numbers: dict[int, dict[str, Any]] = {}  # by identity: what stands for an object in the data
        self._kept: list[Any] = []  # so that no identity is given twice
        self._parameters: list[str] = []
        self._graphs: list[Graph] = []
        self._states: list[dict[str, Any]] = []
        self._modules: list[Module] = []
        self._paths = {id(module): path for path, module in root._walk("")}
        self._tables: list[Any] = []
        self._module(root)
        while len(self._states) < len(self._modules) or len(self._tables) < len(self._graphs):
            if len(self._states) < len(self._modules):  # packing one may meet others, which are put behind
                self._states.append(self._state(self._modules[len(self._states)]))
            else:
                table = self._graphs[len(self._tables)].__getstate__()
                self._tables.append([self._row(row) for row in table])

    def data(self) -> dict[str, Any]:
        return {"modules": self._states, "graphs": self._tables, "parameters": self._parameters}

    def _number(self, thing: Any, kind: str, number: Any) -> dict[str, Any]:
        self._kept.append(thing)
        return self._numbers.setdefault(id(thing), {kind: number})

    def _module(self, module: Module) -> dict[str, Any]:
        self._modules.append(module)
        return self._number(module, "module", len(self._modules) - 1)

    def _state(self, module: Module) -> dict[str, Any]:
        state = dict(module.__getstate__())
        state.pop("_executor", None)  # a file holds the net, not what runs it
        state["_arguments"] = self._arguments(module)
        pairs = []
        for name, value in state.items():
            where = f"{self._paths.get(id(module), '')}{name}"
            try:
                pairs.append([name, self._value(value, where)])
            except TypeError as error:
                raise TypeError(f"{module.label()} cannot be saved: its attribute {name!r} {error}") from None
        return {**_class_name(type(module)), "state": pairs}

    def _arguments(self, module: Module) -> tuple[Any, ...]:
        """Return the constructor's arguments, but for modules that have been replaced or removed since."""
        args, kwargs = module._arguments
        bound = inspect.signature(type(module)).bind_partial(*args, **kwargs)
        for name, value in list(bound.arguments.items()):
            for item in leaves(_as_lists(value)):
                if isinstance(item, Module) and id(item) not in self._paths:
                    bound.arguments.pop(name, None)
        return bound.args, bound.kwargs

    def _row(self, row: dict[str, Any]) -> Any:
        """Pack a row of a drawing's table, which is plain data but for the module and the place."""
        plain = {name: value for name, value in row.items() if name not in ("module", "place")}
        if "module" in row:
            plain["module"] = self._value(row["module"], "")
            plain["place"] = None if row["place"] is None else list(row["place"])
        return plain

    def _value(self, value: Any, where: str) -> Any:
        if id(value) in self._numbers:
            return self._numbers[id(value)]
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, np.ndarray):
            return self._number(value, "array", self._array(value, where))
        if isinstance(value, Parameter):
            self._parameters.append(self._array(value.value, where))
            return self._number(value, "parameter", len(self._parameters) - 1)
        if isinstance(value, Module):
            return self._module(value)
        if isinstance(value, Graph):
            self._graphs.append(value)
            return self._number(value, "graph", len(self._graphs) - 1)
        if isinstance(value, np.dtype):
            return {"dtype": value.name}
        if isinstance(value, list):
            return [self._value(item, f"{where}.{i}") for i, item in enumerate(value)]
        if isinstance(value, tuple):
            return {"tuple": [self._value(item, f"{where}.{i}") for i, item in enumerate(value)]}
        if isinstance(value, dict):
            return {"dict": [[self._value(k, where), self._value(v, f"{where}.{k}")] for k, v in value.items()]}
        raise TypeError(
            f"holds {value!r}, and a checkpoint holds numbers, text, arrays, parameters, modules, and lists, tuples "
            "and dicts of them"
        )

    def _array(self, array: Array, name: str) -> str:
        name = name or "array"
        while name in self.arrays:  # two paths may read the same, since the names of nodes may have dots
            name += "'"
        self.arrays[name] = array
        return name


class _Unpacker:
    def __init__(self, data: dict[str, Any], arrays: dict[str, Array], classes: tuple[type[Module], ...]) -> None:
        # All modules first and empty, since drawings and states refer to them in any order.
        found = [_find_class(entry["class"], entry.get("of"), classes) for entry in data["modules"]]
        self.modules: list[Module] = [Module.__new__(cls) for cls in found]
        parameters = [Parameter(arrays[name]) for name in data["parameters"]]
        self._things: dict[str, Any] = {"module": self.modules, "parameter": parameters, "array": arrays}
        self._things["graph"] = [self._graph(table) for table in data["graphs"]]
        for module, entry in zip(self.modules, data["modules"], strict=True):
            state = {name: self._value(value) for name, value in entry["state"]}
            if hasattr(module, "__setstate__"):
                module.__setstate__(state)
            else:
                vars(module).update(state)

    def _graph(self, table: list[dict[str, Any]]) -> Graph:
        places, *rows = table
        for row in rows:
            row["module"] = self._value(row["module"])
            row["place"] = None if row["place"] is None else Place(*row["place"])
        drawing: Graph = Graph.__new__(Graph)
        drawing.__setstate__([places, *rows])
        return drawing

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if not isinstance(value, dict):
            return value
        ((kind, content),) = value.items()
        if kind == "tuple":
            return tuple(self._value(item) for item in content)
        if kind == "dict":
            return {self._value(k): self._value(v) for k, v in content}
        if kind == "dtype":
            return np.dtype(content)
        return self._things[kind][content]


def _as_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return [_as_lists(item) for item in value.values()]
    return [_as_lists(item) for item in value] if isinstance(value, (list, tuple)) else value


def _class_name(cls: type[Module]) -> dict[str, str]:
    """Return what names a class in the file; the bare name alone for those that graphnet exports."""
    if _exported(cls.__name__) is cls:
        return {"class": cls.__name__}
    return {"class": cls.__qualname__, "of": cls.__module__}


def _exported(name: str) -> type[Module] | None:
    """Return the class of this name that every checkpoint may use."""
    for cls in (gModule, Recurrence):
        if name == cls.__name__:
            return cls
    # By name, since the engine knows no concrete module.
    return _class_in("graphnet.modules", name)


def _class_in(module: str, name: str) -> type[Module] | None:
    """Return a class of graphnet's own, by the name of its module and its own."""
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError:
        return None
    return found if isinstance(found, type) and issubclass(found, Module) else None


def _find_class(name: str, of: str | None, classes: tuple[type[Module], ...]) -> type[Module]:
    if of is None:
        found = _exported(name)
    else:  # the module part may differ: what was __main__ when saving may be imported when loading
        found = next((cls for cls in classes if cls.__qualname__ == name), None)
        if found is None and of.startswith("graphnet.interop."):  # what only other frameworks have
            found = _class_in(of, name)
    if found is None:
        origin = f" of {of}" if of else ""
        raise LookupError(
            f"it uses the class {name}{origin}, which is not one of graphnet.modules. If you trust it, import it and "
            f"pass it: load(file, classes=[{name}])"
        )
    return found
