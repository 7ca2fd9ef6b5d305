"""Containers: chains and bundles of modules."""

from __future__ import annotations

from typing import Any, Self

from graphnet.container import Container
from graphnet.module import Module
from graphnet.nesting import Nested, describe
from graphnet.node import Node
from graphnet.shapes import Shape, output_of, written
from graphnet.tape import Tape


class Sequential(Container):
    """A chain: each module takes what the one before it gives.

    ``y = m_n(... m_2(m_1(x)))``; an empty chain passes its input on.

    Parameters
    ----------
    *modules : Module
        The links, first to last; ``add``, ``insert`` and ``remove`` change them later.

    Notes
    -----
    Torch7's ``nn.Sequential``.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet.modules import Linear, Tanh
    >>> net = Sequential().add(Linear(3, 4)).add(Tanh()).add(Linear(4, 2))
    >>> net.forward(np.zeros((5, 3))).shape
    (5, 2)
    """

    def drawing(self, x: Node) -> Nested:
        for module in self.modules:
            x = module(x)
        return x

    def insert(self, module: Module, index: int | None = None) -> Self:
        """Put a module before the one at ``index``, by default at the end; return the chain."""
        place = len(self.modules) if index is None else index
        if not 0 <= place <= len(self.modules):
            raise IndexError(f"{self.label()} has {len(self.modules)} modules; {place} is no place among them")
        self.add(module)
        self.modules.insert(place, self.modules.pop())
        return self

    def remove(self, index: int = -1) -> Module:
        """Take the module at ``index`` out, by default the last one, and return it."""
        module = self.get(index)
        del self.modules[index]
        return module


class ConcatTable(Container):
    """A bundle: every module takes the same input; the output is the list of their outputs.

    ``y = [m_1(x), m_2(x), ...]``

    Parameters
    ----------
    *modules : Module

    Notes
    -----
    Torch7's ``nn.ConcatTable``.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet.modules import Linear, Tanh
    >>> [y.shape for y in ConcatTable(Linear(3, 2), Linear(3, 4)).forward(np.zeros(3))]
    [(2,), (4,)]
    """

    def drawing(self, x: Node) -> Nested:
        return [module(x) for module in _some(self)]


class ParallelTable(Container):
    """Modules side by side: the i-th takes the i-th element of the input's list.

    ``y = [m_1(x[0]), m_2(x[1]), ...]``

    Parameters
    ----------
    *modules : Module

    Raises
    ------
    ValueError
        If the list does not have as many elements as there are modules.

    Notes
    -----
    Torch7's ``nn.ParallelTable``.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet.modules import Linear, Tanh
    >>> [y.shape for y in ParallelTable(Linear(3, 2), Tanh()).forward([np.zeros(3), np.zeros(5)])]
    [(2,), (5,)]
    """

    def drawing(self, x: Node) -> Nested:
        modules = _some(self)
        return [module(part) for module, part in zip(modules, x.split(len(modules)), strict=True)]


class MapTable(Module):
    """One module for all elements of a list, of any length: ``y = [m(x[0]), m(x[1]), ...]``.

    Parameters
    ----------
    module : Module
        m; its gradients add up over the elements.

    Raises
    ------
    TypeError
        If ``module`` is none.
    ValueError
        If the input is not a list.

    Notes
    -----
    Torch7's ``nn.MapTable``, which clones the module. For arrays of one shape, T x B x ..., Bottle is faster.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet.modules import Linear
    >>> [y.shape for y in MapTable(Linear(3, 2)).forward([np.zeros((5, 3)), np.zeros(3)])]
    [(5, 2), (2,)]
    """

    saves = True
    joint = True

    def __init__(self, module: Module) -> None:
        if not isinstance(module, Module):
            raise TypeError(f"MapTable takes a module, not {type(module).__name__}")
        self.module = module

    def update_output(self, x: Nested) -> tuple[Nested, list[Tape]]:
        if not isinstance(x, list):
            raise self._misfit(describe(x))
        tapes = [self.module.run(item) for item in x]
        return [tape.result() for tape in tapes], tapes

    def pull_back(self, x: Nested, y: Nested, dy: Nested, scale: Any, accumulate: bool, *saved: Any) -> Nested:
        tapes: list[Tape] = saved[0]
        return [tape.plan.pull(tape, part, scale, accumulate=accumulate) for tape, part in zip(tapes, dy, strict=True)]

    def output_shape(self, shape: Shape) -> Shape:
        if isinstance(shape, tuple):
            raise self._misfit(written(shape))
        return None if shape is None else [output_of(self.module, part) for part in shape]

    def inner_shapes(self, shape: Shape) -> dict[str, Shape]:
        alike = isinstance(shape, list) and len(set(map(written, shape))) == 1
        return {"module": shape[0] if alike else None}

    def _misfit(self, came: str) -> ValueError:
        return ValueError(f"{self.label()} takes a list, not an array of shape {came}")


def _some(container: Container) -> list[Module]:
    if not container.modules:
        raise ValueError(f"{container.label()} holds no modules, so it has no output; add(module) some first")
    return container.modules
