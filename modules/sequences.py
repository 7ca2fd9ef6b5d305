"""Modules over sequences of different lengths: T x B x ..., of whose row b only the first lengths[b] steps count."""

from __future__ import annotations

import numpy as np

from graphnet.module import Module
from graphnet.nesting import Array, Nested, describe
from graphnet.recurrence.sequences import check_lengths, rows_of_lengths, turned
from graphnet.shapes import Shape, written
from graphnet.sizes import UNKNOWN


class SelectTerminal(Module):
    """What each row has at its last step: ``y[b] = x[lengths[b] - 1, b]``, and zeros for a row of no steps.

    The input is [x, lengths]: T x B x ... and B whole numbers; the output is B x .... Padding gets no gradient.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a length is not a whole number from 0 to T.

    Notes
    -----
    The SelectTerminal of the lstm-play pages, which take one-hot lengths.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[[1.0], [2.0]], [[3.0], [4.0]]])
    >>> SelectTerminal().forward([x, np.array([1, 2])])
    array([[1.],
           [4.]])
    """

    def update_output(self, x: Nested) -> Array:
        sequences, lengths = _sequences_and_lengths(x, self)
        rows = np.arange(len(lengths))
        if not len(sequences):
            return np.zeros(sequences.shape[1:], sequences.dtype)
        y: Array = sequences[np.maximum(lengths - 1, 0), rows]
        y[lengths == 0] = 0
        return y

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        sequences, lengths = _sequences_and_lengths(x, self)
        dx = np.zeros(sequences.shape, dy.dtype)
        (rows,) = np.nonzero(lengths)
        dx[lengths[rows] - 1, rows] = dy[rows]
        return [dx, None]

    def output_shape(self, shape: Shape) -> Shape:
        sequences = None if shape is None else _shape_of_sequences(shape, self)
        return None if sequences is None else sequences[1:]


class ReverseSequence(Module):
    """Sequences from their ends to their beginnings: ``y[t, b] = x[lengths[b] - 1 - t, b]``; padding stays in place.

    The input is [x, lengths], T x B x ... and B whole numbers; or x alone, whose first dimension is reversed.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a length is not a whole number from 0 to T.

    Notes
    -----
    The ReverseSequence of the lstm-play pages. Reversing twice gives the input.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 0.0]])
    >>> ReverseSequence().forward([x, np.array([3, 2])])
    array([[3., 2.],
           [2., 1.],
           [1., 0.]])
    """

    def update_output(self, x: Nested) -> Array:
        return self._reversed(x, x[0] if isinstance(x, list) and x else x)

    def update_grad_input(self, x: Nested, y: Array, dy: Array) -> Nested:
        dx = self._reversed(x, dy)
        return [dx, None] if isinstance(x, list) else dx

    def output_shape(self, shape: Shape) -> Shape:
        if shape == ():
            raise self._misfit()
        return _shape_of_sequences(shape, self) if isinstance(shape, list) else shape

    def _misfit(self) -> ValueError:
        return ValueError(f"{self.label()} takes sequences TxBx..., or [sequences, lengths]; it was given a scalar")

    def _reversed(self, x: Nested, array: Array) -> Array:
        """Return an array like the sequences of ``x``, reversed by its lengths."""
        if not isinstance(x, list) and not x.ndim:
            raise self._misfit()
        lengths = _sequences_and_lengths(x, self)[1] if isinstance(x, list) else None
        y: Array = turned([array], lengths)[0]
        return y


def _sequences_and_lengths(x: Nested, module: Module) -> tuple[Array, Array]:
    """Return both as arrays, the lengths as integers, or refuse them."""
    if not isinstance(x, list) or len(x) != 2 or not isinstance(x[0], np.ndarray) or x[0].ndim < 2:
        raise _misfit(module, describe(x))
    sequences, lengths = x
    n_steps, n_rows = sequences.shape[:2]
    return sequences, check_lengths(lengths, n_steps, n_rows, module.label)


def _shape_of_sequences(shape: Shape, module: Module) -> Shape:
    """Return the shape of sequences that stand in a list with their lengths, or refuse both."""
    if not isinstance(shape, list) or len(shape) != 2:
        raise _misfit(module, written(shape))
    sequences, lengths = shape
    if isinstance(sequences, list) or (sequences is not None and len(sequences) < 2):
        raise _misfit(module, written(shape))
    rows = rows_of_lengths(lengths, UNKNOWN if sequences is None else sequences[1], module.label)
    return None if sequences is None else (sequences[0], rows, *sequences[2:])


def _misfit(module: Module, came: str) -> ValueError:
    return ValueError(f"{module.label()} takes a list of sequences TxBx... and B lengths; it was given {came}")
