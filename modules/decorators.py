"""Decorators: a module with something around it that watches what goes in and comes out."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.container import Container
from graphnet.module import Module
from graphnet.nesting import Nested, describe
from graphnet.node import Node
from graphnet.shapes import Shape


class Decorator(Container):
    """One module with something around it; this one, the base of its kind, adds nothing: ``y = module(x)``.

    A subclass draws what it adds (:meth:`drawing`), or runs the module itself.

    Parameters
    ----------
    module : Module
        What is decorated; it is ``modules[0]``.

    Raises
    ------
    TypeError
        If it is none.

    Notes
    -----
    Torch7's ``nn.Decorator``.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet.modules import Linear
    >>> Decorator(Linear(3, 2)).forward(np.zeros(3)).shape
    (2,)
    """

    def __init__(self, module: Module) -> None:
        super().__init__(module)

    def drawing(self, x: Node) -> Nested:
        (module,) = self._held(1)
        return module(x)

    def _held(self, n: int) -> list[Module]:
        """Return the module, and behind it the decorator's own; there must be ``n`` of them together."""
        if len(self.modules) != n:
            own = f" and {n - 1} of its own" if n > 1 else ""
            raise ValueError(f"{self.label()} holds one module{own}; nothing can be added or taken away")
        return self.modules


class NaN(Decorator):
    """A module, and an error wherever NaN is in what it takes or gives: ``y = module(x)``.

    Forwards the input, the parameters and the output are looked at, and backwards the gradients of the output, of the
    input and of the parameters; the error says in which of them NaN is, in how many numbers, and in which first.
    Infinity is not NaN.

    Parameters
    ----------
    module : Module
        What is watched; it is ``modules[0]``.
    id : int or str, optional
        What the error calls it.

    Raises
    ------
    FloatingPointError
        Where NaN is.

    Notes
    -----
    Torch7's ``nn.NaN``. The two :class:`NaNCheck` behind the module in ``modules`` stand around it in the drawing.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet.modules import Log
    >>> try:
    ...     NaN(Log(), "cost").forward(np.array([1.0, -1.0]))
    ... except FloatingPointError as error:
    ...     print(error)
    NaN in the output of Log(), whose id is 'cost': in 1 of its 2 numbers, the first at [1]
    """

    def __init__(self, module: Module, id: int | str | None = None) -> None:  # noqa: A002  # its name in nn
        super().__init__(module)
        self.id = id
        self.add(NaNCheck(module, True, id)).add(NaNCheck(module, False, id))

    def drawing(self, x: Node) -> Nested:
        module, before, after = self._held(3)
        for check in (before, after):
            if vars(check).get("module", module) is not module:  # another one was put in its place
                vars(check)["module"] = module
        return after(module(before(x)))


class NaNCheck(Module):
    """``y = x``, and an error where NaN is in what passes before or behind a module; arrays and lists alike.

    Before the module, these are its input and parameters, and backwards its gradients; behind it, its output, and
    backwards that one's gradient.

    Parameters
    ----------
    module : Module
        The module that this one stands before or behind.
    before : bool
        Whether it stands before it.
    id : int or str, optional
        What the error calls the module.

    Raises
    ------
    FloatingPointError
        Where NaN is.

    Notes
    -----
    :class:`NaN` draws a module between two of these.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet.modules import Linear
    >>> layer = Linear(2, 2)
    >>> layer.bias.value[0] = np.nan
    >>> try:
    ...     NaNCheck(layer).forward(np.ones(2))
    ... except FloatingPointError as error:
    ...     print(error)
    NaN in the parameter bias of Linear(2, 2): in 1 of its 2 numbers, the first at [0]
    """

    def __init__(self, module: Module, before: bool = True, id: int | str | None = None) -> None:  # noqa: A002
        if not isinstance(module, Module):
            raise TypeError(f"NaNCheck takes a module, not {type(module).__name__}")
        self.module = module
        self.before = before
        self.id = id

    def reset(self, stdv: Any = None) -> None:
        """Do nothing: the module is drawn anew where it stands."""

    def update_output(self, x: Nested) -> Nested:
        self._look(x, "input" if self.before else "output")
        if self.before:
            for name, parameter in self.module.named_parameters().items():
                self._look(parameter.value, f"parameter {name}")
        return x

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested) -> Nested:
        self._look(dy, f"gradient of the {'input' if self.before else 'output'}")
        if self.before:  # by now, the module has added to its gradients
            for name, parameter in self.module.named_parameters().items():
                self._look(parameter.grad, f"gradient of the parameter {name}")
        return dy

    def _look(self, values: Nested, what: str) -> None:
        if isinstance(values, list):
            for i, part in enumerate(values):
                self._look(part, f"{what}[{i}]")
            return
        found = np.isnan(values)
        if found.any():
            place = ", ".join(map(str, np.argwhere(found)[0]))
            called = "" if self.id is None else f", whose id is {self.id!r}"
            raise FloatingPointError(
                f"NaN in the {what} of {self.module.label()}{called}: in {found.sum()} of its {found.size} numbers"
                + (f", the first at [{place}]" if place else "")
            )

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def inner_shapes(self, shape: Shape) -> dict[str, Shape]:
        return {}  # the module runs where it stands

    def __repr__(self) -> str:
        return self.label()  # without the module inside, which is another's


class PrintSize(Module):
    """``y = x``, and a line that tells the shape of x, and backwards that of dy; arrays and lists alike.

    Parameters
    ----------
    prefix : str, optional
        What the line begins with; "PrintSize" if left out.

    Notes
    -----
    Torch7's ``nn.PrintSize``.

    Examples
    --------
    >>> import numpy as np
    >>> y = PrintSize("encoder").forward([np.zeros((5, 3)), np.zeros(2)])
    encoder: x [5x3, 2]
    """

    def __init__(self, prefix: str | None = None) -> None:
        self.prefix = prefix

    def update_output(self, x: Nested) -> Nested:
        self._tell("x", x)
        return x

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested) -> Nested:
        self._tell("dy", dy)
        return dy

    def equation(self, x: Any) -> Any:
        return x

    def _tell(self, name: str, value: Nested) -> None:
        print(f"{'PrintSize' if self.prefix is None else self.prefix}: {name} {describe(value)}", flush=True)

    def output_shape(self, shape: Shape) -> Shape:
        return shape
