"""Modules that pass on what they take in another type, or with a price on its size; and one that gives a constant."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from graphnet.edge import given, whole_number
from graphnet.elementwise import as_numbers, one_shape
from graphnet.module import Module
from graphnet.modules.arguments import array_of, number
from graphnet.modules.of_array import one_array
from graphnet.nesting import Array, Nested, map_nested, zeros_like
from graphnet.shapes import Shape, written


class Copy(Module):
    """The same numbers in another type: ``y = x``; arrays and lists alike.

    The gradient comes back in the type of x; integers have none.

    Parameters
    ----------
    intype : dtype, optional
        The type of x. Where the module runs alone, floating numbers are cast to it; inside a net, x has the net's type.
    outtype : dtype, optional
        The type of y; by default that of x.
    dont_cast : bool
        Keep both when a net is cast, as by ``net.float()``, which otherwise turns floating types into its own.

    Attributes
    ----------
    intype, outtype : str or None
        The types' names.

    Raises
    ------
    TypeError
        If a type is none of numbers.

    Notes
    -----
    Torch7's ``nn.Copy``, without its ``forceCopy``: nothing here is written to, so no copy can be missed.

    Examples
    --------
    >>> import numpy as np
    >>> module = Copy(np.float64, np.float32)
    >>> module.forward(np.array([0.1])), module.backward(np.array([0.1]), np.ones(1, np.float32))
    (array([0.1], dtype=float32), array([1.]))
    """

    moves = True

    def __init__(
        self, intype: DTypeLike | None = None, outtype: DTypeLike | None = None, *, dont_cast: bool = False
    ) -> None:
        self.intype = _type_name(intype, "Copy's intype")
        self.outtype = _type_name(outtype, "Copy's outtype")
        self.dont_cast = dont_cast
        named = {"intype": self.intype, "outtype": self.outtype, "dont_cast": dont_cast or None}
        self._arguments = ((), {name: value for name, value in named.items() if value is not None})

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.intype if self.intype and np.dtype(self.intype).kind == "f" else np.float64)

    @dtype.setter
    def dtype(self, wanted: np.dtype[Any]) -> None:
        if not self.dont_cast:
            self.intype = _cast(self.intype or np.float64, wanted)
            self.outtype = self.outtype and _cast(self.outtype, wanted)

    def update_output(self, x: Nested) -> Nested:
        return x if self.outtype is None else map_nested(lambda part: part.astype(self.outtype), x)

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested) -> Nested:
        return map_nested(lambda part, d: d.astype(part.dtype, copy=False) if part.dtype.kind == "f" else None, x, dy)

    def output_shape(self, shape: Shape) -> Shape:
        return shape


class Constant(Module):
    """A constant, whatever the input: ``y = value``, or with a batch ``y[b] = value`` for each row b.

    Nothing comes back: the gradient of the input is zero. ``Constant(value)()`` is a node that needs no input.

    Parameters
    ----------
    value : float or array_like
        A number stands for an array of one element.
    n_input_dim : int, optional
        The number of the input's dimensions without the batch. Where the input, which then must be an array, has more,
        its first dimension is the batch. By default no batch is looked for, and the input may be a list.

    Attributes
    ----------
    value : ndarray
        Of floating numbers.

    Raises
    ------
    TypeError
        If the value holds no numbers.
    ValueError
        If there is an n_input_dim and the input is a list.

    Notes
    -----
    Torch7's ``nn.Constant``.

    Examples
    --------
    >>> import numpy as np
    >>> Constant(3.5).forward(np.zeros(2))
    array([3.5])
    >>> Constant([1, 2], 1).forward(np.zeros((3, 5)))
    array([[1., 2.],
           [1., 2.],
           [1., 2.]])
    """

    needs_input = False

    def __init__(self, value: Any, n_input_dim: int | None = None) -> None:
        array = array_of(value)
        if array.dtype.kind not in "fiu":
            raise TypeError(f"Constant's value must be a number or an array of numbers, not {value!r}")
        self.value = np.array(array, array.dtype if array.dtype.kind == "f" else np.float64, ndmin=1)
        self.n_input_dim = None if n_input_dim is None else whole_number(n_input_dim, "Constant's n_input_dim", 0)

    def update_output(self, x: Nested) -> Array:
        if self.n_input_dim is None:
            return self.value.copy()
        batch = one_array(x, self).shape[: max(0, min(1, x.ndim - self.n_input_dim))]
        return np.broadcast_to(self.value, batch + self.value.shape).copy()

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        return zeros_like(x)

    def output_shape(self, shape: Shape) -> Shape:
        if self.n_input_dim is None:
            return self.value.shape
        if isinstance(shape, list):
            raise ValueError(f"{self.label()} takes one array, not {written(shape)}")
        if shape is None:
            return None
        return (*shape[: max(0, min(1, len(shape) - self.n_input_dim))], *self.value.shape)


class L1Penalty(Module):
    """``y = x``, at a price: backwards, the gradient of ``w Σ |x_i|`` is added. ``dx = dy + w sign(x)``; any shape.

    What is minimised is thus the loss behind it plus :meth:`penalty`, of which the net's own output knows nothing.

    Parameters
    ----------
    l1weight : float
        w.
    size_average : bool
        Divide w by the number of elements of x.
    provide_output : bool
        Whether dy counts; otherwise the penalty's gradient is all that comes back, ``dx = w sign(x)``.

    Raises
    ------
    TypeError
        If l1weight is no number.

    Notes
    -----
    Torch7's ``nn.L1Penalty``, which keeps the penalty as its ``loss``, and takes ``provideOutput`` for true whatever it
    is. Its gradient is not that of its output, so check_gradients calls it wrong. The slope at 0 is 0.

    Examples
    --------
    >>> import numpy as np
    >>> x, module = np.array([2.0, -1.0]), L1Penalty(0.5)
    >>> module.penalty(x), module.forward(x), module.backward(x, np.zeros(2))
    (1.5, array([ 2., -1.]), array([ 0.5, -0.5]))
    """

    def __init__(self, l1weight: float, size_average: bool = False, provide_output: bool = True) -> None:
        self.l1weight = number(l1weight, "L1Penalty's l1weight")
        self.size_average = size_average
        self.provide_output = provide_output

    def penalty(self, x: Any) -> float:
        """Return the penalty of an input, ``w Σ |x_i|``, a number."""
        array = array_of(x)
        if array.dtype.kind not in "fiub":
            raise TypeError(f"{self.label()} takes one array of numbers, not {given(x)}")
        return float(self._share(array.size) * np.abs(array).sum())

    def update_output(self, x: Array) -> Array:
        return as_numbers(x, self)

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        slope: Array = self._share(y.size) * np.sign(y)
        return dy + slope if self.provide_output else slope

    def _share(self, size: int) -> float:
        return self.l1weight / max(1, size) if self.size_average else self.l1weight

    def equation(self, x: Any) -> Any:
        return x

    def output_shape(self, shape: Shape) -> Shape:
        return one_shape(shape, self)


def _type_name(dtype: DTypeLike | None, what: str) -> str | None:
    """Return the name of a type of numbers, or refuse another; None stays."""
    if dtype is None:
        return None
    try:
        found = np.dtype(dtype)
    except TypeError:
        raise TypeError(f"{what} must be a type of numbers, such as numpy.float32, not {dtype!r}") from None
    if found.kind not in "fiub":
        raise TypeError(f"{what} must be a type of numbers, such as numpy.float32, not {found}")
    return found.name


def _cast(dtype: DTypeLike, wanted: np.dtype[Any]) -> str:
    """Return the type that a net is cast to, in the place of a floating one."""
    return wanted.name if np.dtype(dtype).kind == "f" else np.dtype(dtype).name
