"""Parametrised: the parameters of a module and of all modules inside it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import DTypeLike

from graphnet.parameter import Fans, FlatView, Parameter, fans_of
from graphnet.tree import Tree

if TYPE_CHECKING:
    from graphnet.module import Module


class Parametrised(Tree):
    """A module as seen by those who train, share, copy and cast its parameters.

    Attributes that are a :class:`Parameter` are the module's own, in the order of their assignment.

    Attributes
    ----------
    dtype : numpy.dtype
        The type of its numbers: float64, or float32 after :meth:`float`.
    """

    dtype: np.dtype[Any] = np.dtype(np.float64)

    def own_parameters(self) -> dict[str, Parameter]:
        """Return the parameters that are attributes of this module, by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Parameter)}

    def parameters(self) -> list[Parameter]:
        """Return all parameters in topological order, each shared one once."""
        return list({id(p): p for _, module in self._walk("") for p in module.own_parameters().values()}.values())

    def named_parameters(self) -> dict[str, Parameter]:
        """Return all parameters by name (``i2h.weight``), in the order of :meth:`parameters`."""
        named: dict[str, Parameter] = {}
        seen: set[int] = set()
        for path, module in self._walk(""):
            for name, parameter in module.own_parameters().items():
                if id(parameter) not in seen:
                    seen.add(id(parameter))
                    name = path + name
                    while name in named:  # two paths may read the same, since the names of nodes may have dots
                        name += "'"
                    named[name] = parameter
        return named

    def get_parameters(self) -> tuple[FlatView, FlatView]:
        """Return all parameters and all gradients as two flat vectors.

        Both are views: writing to them writes to the parameters. They may be asked for at any time and repeatedly, and
        stay right when parameters are shared or cast afterwards.

        Examples
        --------
        >>> from graphnet import modules as nn
        >>> weights, gradients = nn.Linear(3, 2).get_parameters()
        >>> weights.fill(0.5); weights.shape
        (8,)
        """
        return self.flatten(self.parameters)

    @staticmethod
    def flatten(parameters: Callable[[], list[Parameter]]) -> tuple[FlatView, FlatView]:
        """Return flat views of the values and the gradients of the parameters that the function gives."""
        return FlatView(parameters, "value"), FlatView(parameters, "grad")

    def zero_grad_parameters(self) -> None:
        """Set all accumulated gradients to zero."""
        for parameter in self.parameters():
            parameter.grad.fill(0)

    def update_parameters(self, learning_rate: Any) -> None:
        """Take a step down the gradient: ``value -= learning_rate * grad``, once for each shared parameter."""
        for parameter in self.parameters():
            parameter.value -= learning_rate * parameter.grad

    def reset(self, stdv: Any = None) -> None:
        """Draw the initial parameters anew, with the standard deviation ``stdv`` or as the module chooses.

        A class that has parameters says how; one that only holds modules has theirs drawn.
        """
        for _, child in self.named_children():
            child.reset(stdv)

    def fans(self, name: str) -> Fans | None:
        """Return fan_in and fan_out of an own parameter for the initialisers of :mod:`graphnet.init`, or None.

        By default they follow from the shape: n_out x n_in, with a kernel behind it or without. A class whose weights
        are arranged otherwise, or are not weights of a sum, says so.
        """
        return fans_of(self.own_parameters()[name].shape)

    def share(self, other: Module, *names: str) -> Self:
        """Use the parameters of these names of ``other``, of the same structure, instead of the own ones.

        Parameters are objects with identity: the value and the gradient are shared together, and stay so when cast.
        """
        if _structure(self) != _structure(other):
            raise ValueError(f"{self.label()} cannot share with {other.label()}: their modules differ")
        other._check_names(names)
        for mine, theirs in zip(self.list_modules(), other.list_modules(), strict=True):
            for name, parameter in theirs.own_parameters().items():
                if name in names:
                    own = mine.own_parameters().get(name)
                    if own is None or own.shape != parameter.shape:
                        raise ValueError(
                            f"{mine.label()} cannot share the {name} of {theirs.label()}: {own!r}, {parameter!r}"
                        )
                    setattr(mine, name, parameter)
        return self

    def _check_names(self, names: tuple[str, ...]) -> None:
        there = {name for module in self.list_modules() for name in module.own_parameters()}
        for name in names:
            if name not in there:
                listed = ", ".join(sorted(there)) or "none"
                raise ValueError(f"{self.label()} has no parameter {name!r}; the names there are: {listed}")

    def clone(self, *names: str) -> Self:
        """Return a copy of its own, but for the parameters of the given names, which it shares.

        Examples
        --------
        >>> from graphnet import modules as nn
        >>> a = nn.Linear(3, 2); b = a.clone("weight")
        >>> b.weight is a.weight, b.bias is a.bias
        (True, False)
        """
        self._check_names(names)
        shared = {
            id(parameter): parameter
            for module in self.list_modules()
            for name, parameter in module.own_parameters().items()
            if name in names
        }
        return copy.deepcopy(self, shared)  # what the memo holds is not copied

    def type(self, dtype: DTypeLike | None = None) -> Any:
        """Return the type of the numbers, or cast everything to ``dtype`` and return the module."""
        if dtype is None:
            return next((parameter.dtype for parameter in self.parameters()), self.dtype)
        wanted = np.dtype(dtype)
        if wanted.kind != "f":
            raise TypeError(f"a module's numbers are floating; it cannot be cast to {wanted}")
        for module in self.list_modules():
            module.dtype = wanted
            for name, value in vars(module).items():
                if isinstance(value, Parameter):
                    value.cast(wanted)
                elif isinstance(value, np.ndarray) and value.dtype.kind == "f":
                    setattr(module, name, value.astype(wanted))
        return self

    def float(self) -> Self:
        """Cast to float32, which takes half the memory."""
        self.type(np.float32)
        return self

    def double(self) -> Self:
        """Cast to float64."""
        self.type(np.float64)
        return self


def _structure(tree: Tree) -> list[tuple[type, list[int]]]:
    """Return the classes of all modules, and which of them each holds."""
    modules = tree.list_modules()
    number = {id(module): i for i, module in enumerate(modules)}
    return [(type(module), [number[id(child)] for _, child in module.named_children()]) for module in modules]
