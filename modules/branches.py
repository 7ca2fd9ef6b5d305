"""Containers whose branches' outputs are joined into one array."""

from __future__ import annotations

from typing import ClassVar, Self

from graphnet.container import Container
from graphnet.module import Module
from graphnet.modules.tables.usual import JoinTable, SplitTable
from graphnet.nesting import Nested
from graphnet.node import Node


class Joined(Container):
    """Branches, and behind them in ``modules`` those ``own`` modules that split the input and join the outputs."""

    own: ClassVar[int] = 1

    def add(self, module: Module) -> Self:
        """Append a branch; return the container."""
        super().add(module)
        if self.size() > self.own:  # else it is one of the own
            self.modules.insert(-self.own, self.modules.pop())
        return self

    def branches(self) -> list[Module]:
        """Return the branches, at least one."""
        if self.size() <= self.own:
            raise ValueError(f"{self.label()} holds no branches, so it has no output; add(module) some first")
        return self.modules[: -self.own]


class Concat(Joined):
    """Branches that take the same input, and their outputs joined: ``y = join([m_1(x), m_2(x), ...])``.

    Parameters
    ----------
    dimension : int
        The dimension along which the outputs are joined, 0-based; negative ones count from the last.
    *modules : Module
        The branches; ``add`` appends more.

    Raises
    ------
    ValueError
        If there are no branches, or their outputs differ in another dimension.

    Notes
    -----
    Torch7's ``nn.Concat``. Behind the branches, ``modules`` has the JoinTable that joins.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet.modules import Linear, Tanh
    >>> Concat(1, Linear(3, 2), Tanh()).forward(np.zeros((5, 3))).shape
    (5, 5)
    """

    def __init__(self, dimension: int, *modules: Module) -> None:
        super().__init__(JoinTable(dimension), *modules)

    def drawing(self, x: Node) -> Nested:
        outputs = [module(x) for module in self.branches()]
        return self.modules[-1](outputs)


class Parallel(Joined):
    """Branches that take the slices of an array, one each, and their outputs joined.

    ``y = join([m_1(x[..., 0, ...]), m_2(x[..., 1, ...]), ...])``

    Parameters
    ----------
    input_dimension : int
        The dimension along which the input is sliced, and which the slices lack, 0-based; negative ones count from the
        last.
    output_dimension : int
        The dimension along which the outputs are joined.
    *modules : Module
        The branches; ``add`` appends more.

    Raises
    ------
    ValueError
        If there are not as many slices as branches, or the outputs differ in another dimension.

    Notes
    -----
    Torch7's ``nn.Parallel``. Behind the branches, ``modules`` has the SplitTable that slices and the JoinTable that
    joins.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet.modules import Linear, Tanh
    >>> Parallel(0, 0, Linear(3, 2), Tanh()).forward(np.zeros((2, 3))).shape
    (5,)
    """

    own = 2

    def __init__(self, input_dimension: int, output_dimension: int, *modules: Module) -> None:
        super().__init__(SplitTable(input_dimension), JoinTable(output_dimension), *modules)

    def drawing(self, x: Node) -> Nested:
        branches, (split, join) = self.branches(), self.modules[-self.own :]
        slices = split(x).split(len(branches))
        return join([module(part) for module, part in zip(branches, slices, strict=True)])
