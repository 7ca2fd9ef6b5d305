"""Parameter: a learnable array and its gradient. FlatView: many parameters seen as one vector."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import ArrayLike, DTypeLike

from graphnet.nesting import Array

# How many products are summed for one output, and to how many outputs one input goes.
Fans: TypeAlias = tuple[int, int]


class Parameter:
    """A learnable array with the gradient that backward passes add to.

    A parameter has identity: modules that hold the same object share it, and so they stay tied whatever is done to its
    numbers.

    Parameters
    ----------
    value : array_like
        The initial numbers. Integers become float64.

    Attributes
    ----------
    value : ndarray
        The numbers. Assigning copies into the array that is there; the shape must be the same.
    grad : ndarray
        The accumulated gradient, of the same shape and type. It starts at zero.

    Examples
    --------
    >>> p = Parameter([[1.0, 2.0]])
    >>> p.value -= 0.5
    >>> p
    Parameter(1x2, float64)
    """

    __slots__ = ("__weakref__", "_grad", "_value")
    moves: ClassVar[int] = 0  # how often the arrays of any parameter were replaced by others

    def __init__(self, value: ArrayLike) -> None:
        array = np.array(value)
        self._value: Array = array if array.dtype.kind == "f" else array.astype(np.float64)
        self._grad: Array = np.zeros_like(self._value)

    @property
    def value(self) -> Array:
        return self._value

    @value.setter
    def value(self, new: ArrayLike) -> None:
        self._write(self._value, new)

    @property
    def grad(self) -> Array:
        return self._grad

    @grad.setter
    def grad(self, new: ArrayLike) -> None:
        self._write(self._grad, new)

    def _write(self, mine: Array, new: ArrayLike) -> None:
        if new is mine:  # what `p.value -= step` assigns
            return
        array = np.asarray(new)
        if array.shape != mine.shape:
            raise ValueError(f"a parameter of shape {mine.shape} cannot take an array of shape {array.shape}")
        mine[...] = array

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self._value.shape)

    @property
    def size(self) -> int:
        return int(self._value.size)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._value.dtype

    def cast(self, dtype: DTypeLike) -> None:
        """Change the type of the numbers; whoever shares this parameter sees the new ones."""
        Parameter.moves += 1
        self._value = self._value.astype(dtype, copy=False)
        self._grad = self._grad.astype(dtype, copy=False)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        return np.array(self._value, dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        return f"Parameter({'x'.join(map(str, self.shape)) or 'scalar'}, {self.dtype})"


class FlatView(NDArrayOperatorsMixin):
    """Parameters, or their gradients, seen as one vector that always tells the truth.

    Nothing is moved: reading gathers from the parameters, writing scatters to them. So any number of views can be held
    at a time, over whole nets and over parts of them, and all stay right when parameters are shared or cast. NumPy's
    functions and operators take it as they take a vector; ``view[...]`` gives a copy as an ndarray.

    Parameters
    ----------
    parameters : callable
        Gives the parameters as they are now, in order: a net's ``parameters``.
    what : {"value", "grad"}
        Which of their arrays are seen.

    Examples
    --------
    >>> p = Parameter([1.0, 2.0]); q = Parameter([[3.0]])
    >>> view = FlatView(lambda: [p, q], "value")
    >>> view -= 1
    >>> print(view, p.value)
    [0. 1. 2.] [0. 1.]
    """

    __hash__ = None  # type: ignore[assignment]  # it compares by its numbers, as arrays do

    def __init__(self, parameters: Callable[[], Sequence[Parameter]], what: Literal["value", "grad"]) -> None:
        self._parameters = parameters
        self._what = what

    def _arrays(self) -> list[Array]:
        return [getattr(p, self._what) for p in self._parameters()]

    @property
    def size(self) -> int:
        return sum(a.size for a in self._arrays())

    @property
    def shape(self) -> tuple[int]:
        return (self.size,)

    @property
    def ndim(self) -> int:
        return 1

    @property
    def dtype(self) -> np.dtype[Any]:
        arrays = self._arrays()
        return np.result_type(*arrays) if arrays else np.dtype(np.float64)

    def copy(self) -> Array:
        """Return the numbers as an ndarray of their own."""
        parts = [a.ravel() for a in self._arrays()]
        return np.concatenate(parts) if parts else np.zeros(0)

    def fill(self, number: float) -> None:
        """Write one number everywhere."""
        self[:] = number

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError("a flat view has no array of its own; np.asarray(view) copies")
        return self.copy().astype(dtype or self.dtype, copy=False)

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[Any]:
        return iter(self.copy())

    def __getitem__(self, index: Any) -> Any:
        return self.copy()[index]

    def __setitem__(self, index: Any, numbers: ArrayLike) -> None:
        vector = self.copy()
        vector[index] = numbers
        start = 0
        for array in self._arrays():
            array[...] = vector[start : start + array.size].reshape(array.shape)
            start += array.size

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        arrays = [np.asarray(x) if isinstance(x, FlatView) else x for x in inputs]
        outs: tuple[Any, ...] = kwargs.pop("out", ())
        if outs:  # NumPy writes to copies, so that `where` and its checks of types and shapes keep their meaning
            kwargs["out"] = tuple(np.asarray(out) if isinstance(out, FlatView) else out for out in outs)
        result = getattr(ufunc, method)(*arrays, **kwargs)
        if method == "at" and isinstance(inputs[0], FlatView):
            inputs[0][...] = arrays[0]
        for out, written in zip(outs, kwargs.get("out", ()), strict=True):
            if isinstance(out, FlatView):
                out[...] = written
        if not outs:
            return result
        given = tuple(
            r if out is None else out
            for out, r in zip(outs, result if isinstance(result, tuple) else (result,), strict=True)
        )
        return given[0] if len(given) == 1 else given

    def __repr__(self) -> str:
        return f"FlatView({self.copy()!r})"

    def __str__(self) -> str:
        return str(self.copy())


def fans_of(shape: tuple[int, ...]) -> Fans | None:
    """Return the fans of weights n_out x n_in, or n_out x n_in x kH x kW; a vector has none.

    >>> fans_of((5, 3)), fans_of((5, 3, 2, 2)), fans_of((5,))
    ((3, 5), (12, 20), None)
    """
    if len(shape) < 2:
        return None
    n_out, n_in, *kernel = shape
    return n_in * math.prod(kernel), n_out * math.prod(kernel)


def distinct(parameters: Iterable[Parameter]) -> list[Parameter]:
    """Return the parameters, each once; refuse what is none.

    >>> p = Parameter([1.0])
    >>> distinct([p, p])
    [Parameter(1, float64)]
    """
    hint = "pass net.parameters()"
    if isinstance(parameters, FlatView) or not isinstance(parameters, Iterable):
        raise TypeError(f"a list of Parameters is meant, not {type(parameters).__name__}; {hint}")
    found: dict[int, Parameter] = {}
    for parameter in parameters:
        if not isinstance(parameter, Parameter):
            raise TypeError(f"a list of Parameters is meant; it holds {type(parameter).__name__}: {hint}")
        found[id(parameter)] = parameter
    return list(found.values())
