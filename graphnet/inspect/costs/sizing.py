"""Sizing: the shapes that a net's input shall have, and which of their sizes may as well be smaller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from graphnet.edge import whole_number
from graphnet.inference import infer, inputs_of
from graphnet.module import Module
from graphnet.nesting import Nested, gather, leaves, map_nested
from graphnet.recurrence import Recurrence
from graphnet.shapes import Shape, as_shape, written
from graphnet.sizes import UNKNOWN, Size

# A size under this is taken as it is.
_LEAST = 10


@dataclass(frozen=True)
class Sizing:
    """The input of a net: its shape, in which sizes may have names, the numbers of these, and its types.

    Parameters
    ----------
    shape : tuple or list
    numbers : dict of str to int
    types : nested list of numpy.dtype
    """

    shape: Shape
    numbers: dict[str, int]
    types: Any

    @classmethod
    def given(cls, net: Module, shapes: Any, dtype: Any, numbers: Mapping[str, Any]) -> Sizing:
        """Read what a user gives.

        Raises
        ------
        TypeError, ValueError
            If a name has no number, a number no name, or something is no shape.
        """
        shape = as_shape(_shapes_in(shapes))
        if any(not isinstance(part, tuple) for part in leaves(shape)):
            raise TypeError(f"the shape of every input is needed, in numbers or names; it was {written(shape)}")
        sizes = {size for part in leaves(shape) for size in part if isinstance(size, Size)}
        if UNKNOWN in sizes:
            raise ValueError(
                f"every size needs a number, or a name with one; of {written(shape)}, not all are known: write "
                '("B", 3) and B=32 where you wrote (None, 3)'
            )
        names = sorted({symbol for size in sizes for symbol in size.symbols()})
        missing = [name for name in names if name not in numbers]
        if missing:
            asked = ", ".join(f"{name}=..." for name in missing)
            raise ValueError(f"{' and '.join(missing)} in the shape {written(shape)} has no number; add {asked}")
        extra = [name for name in numbers if name not in names]
        if extra:
            there = f"has the names {', '.join(names)}" if names else "has no names"
            raise TypeError(f"{' and '.join(extra)} is in no shape: {written(shape)} {there}")
        checked = {name: whole_number(numbers[name], name, 0) for name in names}
        return cls(shape, checked, _types(shapes, dtype, net))

    def at(self, numbers: Mapping[str, int]) -> Shape:
        """Return the shape for some numbers, and its own for the others."""
        return sizes_at(self.shape, {**self.numbers, **numbers})

    def arrays(self, numbers: Mapping[str, int], fill: int) -> Nested:
        """Return an input for some numbers, filled with one number."""
        return map_nested(lambda shape, kind: np.full(shape, fill, kind), self.at(numbers), self.types)

    def named(self, net: Module) -> Sizing:
        """Return the sizing with names for numbers that may be smaller: of rows and steps, the first two dimensions.

        The same number in several places has one name, if it may change in all of them together.
        """
        found = sorted({n for part in leaves(self.shape) for n in part[:2] if isinstance(n, int) and n >= _LEAST})
        together = self
        for number in found:
            together = together._with_name(number, (0, 1))
        if together._may_be_smaller(net):
            return together
        sizing = self
        for number in found:
            for axes in ((0, 1), (0,), (1,)):
                trial = sizing._with_name(number, axes)
                if trial.names() != sizing.names() and trial._may_be_smaller(net):
                    sizing = trial
                    break
        return sizing

    def _with_name(self, number: int, axes: tuple[int, ...]) -> Sizing:
        name = f"{number} "  # no name of the user's

        def renamed(part: tuple[Any, ...]) -> tuple[Any, ...]:
            return tuple(
                Size(name) if i in axes and n.__class__ is int and n == number else n for i, n in enumerate(part)
            )

        return replace(self, shape=map_nested(renamed, self.shape), numbers={**self.numbers, name: number})

    def names(self) -> list[str]:
        """Return the names in the shape, in order."""
        sizes = (size for part in leaves(self.shape) for size in part if isinstance(size, Size))
        return list(dict.fromkeys(symbol for size in sizes for symbol in sorted(size.symbols())))

    def _may_be_smaller(self, net: Module) -> bool:
        """Tell whether the net's shapes would fit, too, if all that has a name were smaller."""
        plan = net.plan()
        try:
            infer(plan, inputs_of(plan, self.at({name: min(n, _LEAST - 1) for name, n in self.numbers.items()})))
        except ValueError:
            return False
        return True

    def computed_again(self, net: Module) -> set[str]:
        """Return the names of the numbers of steps of recurrences that compute steps again."""
        found: set[str] = set()
        plan = net.plan()
        registers = infer(plan, inputs_of(plan, self.shape))
        for call in plan.executed:
            if isinstance(call.module, Recurrence) and call.module.recompute:
                n_steps = call.module.steps_for(gather(call.source, registers))
                found |= {name for name in self.numbers if n_steps == name}
        return found


def sizes_at(shape: Shape, numbers: Mapping[str, int]) -> Shape:
    """Return a shape with numbers for names; None for a size that does not follow."""
    if isinstance(shape, list):
        return [sizes_at(part, numbers) for part in shape]
    if not isinstance(shape, tuple):
        return None
    return tuple(size.at(numbers) if isinstance(size, Size) else size for size in shape)


def _shapes_in(given: Any) -> Any:
    """Return shapes for the arrays that stand for theirs."""
    if isinstance(given, list):
        return [_shapes_in(part) for part in given]
    return given.shape if isinstance(given, np.ndarray) else given


def _types(shapes: Any, dtype: Any, net: Module) -> Any:
    """Return a type for each array: its own, or the one asked for, or the net's."""
    if isinstance(shapes, list):
        kinds = dtype if isinstance(dtype, list) else [dtype] * len(shapes)
        if len(kinds) != len(shapes):
            raise ValueError(f"dtype has {len(kinds)} types for {len(shapes)} inputs")
        return [_types(part, kind, net) for part, kind in zip(shapes, kinds, strict=True)]
    if isinstance(shapes, np.ndarray):
        return shapes.dtype
    return np.dtype(net.type() if dtype is None else dtype)
