"""Layers that compare their input with learnt templates: by distance, weighted or not, or by angle."""

from __future__ import annotations

import numpy as np

from graphnet.edge import whole_number
from graphnet.modules.of_rows import OfRows
from graphnet.modules.sums import dots
from graphnet.nesting import Array
from graphnet.parameter import Parameter
from graphnet.random import generator


class Templates(OfRows):
    """A layer from input_size numbers to output_size, of vectors or of batches; both sizes are to be set."""

    _input_size: int
    _output_size: int

    def lengths(self) -> tuple[int, int]:
        return self._input_size, self._output_size


class Euclidean(Templates):
    """The distances to learnt points: ``y_j = |x - w_j|``.

    Parameters
    ----------
    input_size, output_size : int
        The lengths of x and y, at least 1.

    Attributes
    ----------
    weight : Parameter
        The points w_j as columns, input_size x output_size; drawn from U(-1/√input_size, 1/√input_size).

    Raises
    ------
    ValueError
        If the input is not input_size or B x input_size.

    Notes
    -----
    Torch7's ``nn.Euclidean``. As there, 1e-7 is added to y in the gradient, which so is 0 at a point itself.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Euclidean(2, 2)
    >>> layer.weight.value = [[0.0, 3.0], [0.0, 0.0]]
    >>> layer.forward(np.array([3.0, 4.0]))
    array([5., 4.])
    """

    def __init__(self, input_size: int, output_size: int) -> None:
        name = type(self).__name__
        self._input_size = whole_number(input_size, f"{name}'s input_size", 1)
        self._output_size = whole_number(output_size, f"{name}'s output_size", 1)
        self.weight = Parameter(np.zeros((input_size, output_size)))
        self.reset()

    def reset(self, stdv: float | None = None) -> None:
        """Draw the points from a uniform distribution, by default of U(-1/√input_size, 1/√input_size)."""
        bound = 1 / np.sqrt(self._input_size) if stdv is None else stdv * np.sqrt(3)
        self.weight.value = generator().uniform(-bound, bound, self.weight.shape)

    def fans(self, name: str) -> None:
        """Return None: the weights are points, not factors."""

    def scaled(self, differences: Array) -> Array:
        """Return differences, B x output_size x input_size, as they count in the distance."""
        return differences

    def update_output(self, x: Array) -> Array:
        counted = self.scaled(self._differences(x))
        y = np.sqrt(dots(counted, counted)[:, :, 0])
        return y.reshape(*x.shape[:-1], y.shape[1])

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        factor = _factor(y, dy)
        dx: Array = (factor[:, None, :] @ self._counted(x))[:, 0, :]
        return dx.reshape(x.shape)

    def acc_grad_parameters(self, x: Array, y: Array, dy: Array, scale: float = 1.0) -> None:
        self.weight.grad -= scale * _summed(_factor(y, dy), self._counted(x))

    def _differences(self, x: Array) -> Array:
        differences: Array = self.rows(x)[:, None, :] - np.ascontiguousarray(self.weight.value.T)
        return differences

    def _counted(self, x: Array) -> Array:
        """Return the slopes of half the squared distances along the differences."""
        return self.scaled(self.scaled(self._differences(x)))


class WeightedEuclidean(Euclidean):
    """The distances to learnt points, each with learnt scales: ``y_j = |c_j · (x - w_j)|``, element by element.

    Parameters
    ----------
    input_size, output_size : int
        The lengths of x and y, at least 1.

    Attributes
    ----------
    weight : Parameter
        The points w_j as columns, input_size x output_size; drawn from U(-1/√input_size, 1/√input_size).
    diag_cov : Parameter
        The scales c_j as columns; they start with 1.

    Raises
    ------
    ValueError
        If the input is not input_size or B x input_size.

    Notes
    -----
    Torch7's ``nn.WeightedEuclidean``. As there, 1e-7 is added to y in the gradient, which so is 0 at a point itself.

    Examples
    --------
    >>> import numpy as np
    >>> layer = WeightedEuclidean(2, 1)
    >>> layer.weight.value, layer.diag_cov.value = [[0.0], [0.0]], [[1.0], [2.0]]
    >>> layer.forward(np.array([3.0, 2.0]))
    array([5.])
    """

    def __init__(self, input_size: int, output_size: int) -> None:
        super().__init__(input_size, output_size)
        self.diag_cov = Parameter(np.ones(self.weight.shape))

    def reset(self, stdv: float | None = None) -> None:
        """Draw the points from a uniform distribution, by default of U(-1/√input_size, 1/√input_size); set c to 1."""
        super().reset(stdv)
        if "diag_cov" in self.own_parameters():  # not yet when it is made
            self.diag_cov.value.fill(1)

    def scaled(self, differences: Array) -> Array:
        scaled: Array = differences * np.ascontiguousarray(self.diag_cov.value.T)
        return scaled

    def acc_grad_parameters(self, x: Array, y: Array, dy: Array, scale: float = 1.0) -> None:
        super().acc_grad_parameters(x, y, dy, scale)
        differences = self._differences(x)
        self.diag_cov.grad += scale * _summed(_factor(y, dy), self.scaled(differences) * differences)


class Cosine(Templates):
    """The cosines of the angles to learnt vectors: ``y_j = x · w_j / (|x| |w_j|)``.

    Parameters
    ----------
    input_size, output_size : int
        The lengths of x and y, at least 1.

    Attributes
    ----------
    weight : Parameter
        The vectors w_j as rows, output_size x input_size; drawn from U(-1/√output_size, 1/√output_size).

    Raises
    ------
    ValueError
        If the input is not input_size or B x input_size.

    Notes
    -----
    Torch7's ``nn.Cosine``, where the gradient of the vectors leaves ``scale`` out. 1e-12 is added to the lengths, so
    zeros give 0.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Cosine(2, 2)
    >>> layer.weight.value = [[2.0, 0.0], [0.0, -2.0]]
    >>> layer.forward(np.array([3.0, 4.0])).round(6)
    array([ 0.6, -0.8])
    """

    def __init__(self, input_size: int, output_size: int) -> None:
        self._input_size = whole_number(input_size, "Cosine's input_size", 1)
        self._output_size = whole_number(output_size, "Cosine's output_size", 1)
        self.weight = Parameter(np.zeros((output_size, input_size)))
        self.reset()

    def reset(self, stdv: float | None = None) -> None:
        """Draw the vectors from a uniform distribution, by default of U(-1/√output_size, 1/√output_size)."""
        bound = 1 / np.sqrt(self.weight.shape[0]) if stdv is None else stdv * np.sqrt(3)
        self.weight.value = generator().uniform(-bound, bound, self.weight.shape)

    def update_output(self, x: Array) -> Array:
        (rows, _), (vectors, _) = _unit(self.rows(x)), _unit(self.weight.value)
        y: Array = rows @ vectors.T
        return y.reshape(*x.shape[:-1], y.shape[1])

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        (rows, length), (vectors, _) = _unit(self.rows(x)), _unit(self.weight.value)
        y, dy = np.atleast_2d(y), np.atleast_2d(dy)
        dx: Array = (dy @ vectors - (dy * y).sum(1, keepdims=True) * rows) / length
        return dx.reshape(x.shape)

    def acc_grad_parameters(self, x: Array, y: Array, dy: Array, scale: float = 1.0) -> None:
        (rows, _), (vectors, length) = _unit(self.rows(x)), _unit(self.weight.value)
        y, dy = np.atleast_2d(y), np.atleast_2d(dy)
        self.weight.grad += scale * (dy.T @ rows - (dy * y).sum(0)[:, None] * vectors) / length


def _factor(y: Array, dy: Array) -> Array:
    """Return the gradient of the squared distances, twice, for each row and output."""
    return np.atleast_2d(dy / (y + 1e-7))


def _summed(factor: Array, slopes: Array) -> Array:
    """Return the sum over the rows of slopes, times their factors, with a column for each output."""
    sums: Array = (factor.T[:, None, :] @ slopes.swapaxes(0, 1))[:, 0, :]
    return sums.T


def _unit(rows: Array) -> tuple[Array, Array]:
    """Return rows brought to length 1, and their lengths, above 0."""
    length = np.sqrt(np.square(rows).sum(1, keepdims=True)) + 1e-12
    return rows / length, length
