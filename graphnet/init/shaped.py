"""Initialisers of matrices that keep lengths: orthogonal ones, and the identity."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from graphnet.edge import whole_number
from graphnet.init.initialiser import Initialiser, Slot, finite
from graphnet.init.scaled import without_fans
from graphnet.nesting import Array, describe
from graphnet.random import generator


@dataclass(frozen=True)
class Orthogonal(Initialiser):
    """Random orthogonal matrices: ``W Wᵀ = gain² · 1``, or ``Wᵀ W = gain² · 1`` if W has more rows than columns.

    W is Q of the QR decomposition of a matrix of normal numbers, with its columns' signs such that R's diagonal is
    positive, which makes every orthogonal matrix equally likely. A kernel n_out x n_in x kH x kW is taken as a matrix
    n_out x (n_in·kH·kW). Over a net, biases and tables are left alone, as by :class:`Xavier`.

    Parameters
    ----------
    gain : float
        The length of the rows or columns, at least 0.
    blocks : int
        Into how many blocks the rows are divided, each orthogonal on its own: 4 for the 4n x n of an LSTM's gates.

    Raises
    ------
    ValueError
        If an argument is out of range, a vector is to be set, or blocks do not divide the rows.

    Notes
    -----
    Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks", 2013; the signs: Mezzadri, "How to generate random matrices from the classical compact groups", 2007.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> w = Orthogonal()(nn.Linear(3, 2)).weight.value
    >>> bool(np.allclose(w @ w.T, np.eye(2)))
    True
    >>> w = Orthogonal(blocks=4)(nn.lstm(3, 2), names="h2h.weight").named_parameters()["h2h.weight"].value
    >>> all(np.allclose(block @ block.T, np.eye(2)) for block in np.split(w, 4))
    True
    """

    gain: float = 1.0
    blocks: int = 1

    def __post_init__(self) -> None:
        finite(self.gain, "Orthogonal's gain", 0)
        whole_number(self.blocks, "Orthogonal's blocks", 1)

    def unfit(self, slot: Slot) -> str:
        return without_fans(slot)

    def check(self, slot: Slot) -> None:
        if slot.parameter.shape[0] % self.blocks:
            raise ValueError(
                f"{self!r} cannot set {slot.name}: {self.blocks} blocks do not divide the rows of "
                f"{describe(slot.parameter.value)}"
            )

    def numbers(self, slot: Slot) -> Array:
        n, *rest = slot.parameter.shape
        rows, columns = n // self.blocks, math.prod(rest)
        drawn = generator().normal(size=(self.blocks, max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(drawn)
        q = q * np.copysign(self.gain, np.diagonal(r, axis1=1, axis2=2))[:, None, :]
        matrices = q if rows >= columns else q.swapaxes(1, 2)
        numbers: Array = matrices.reshape(slot.parameter.shape)
        return numbers


@dataclass(frozen=True)
class Identity(Initialiser):
    """``W = gain · 1``: ones on the diagonal, the rest zeros. Draws nothing; over a net it sets only matrices.

    Parameters
    ----------
    gain : float
        What stands on the diagonal.

    Raises
    ------
    ValueError
        If the gain is not finite, or something else than a matrix is to be set.

    Notes
    -----
    Le, Jaitly and Hinton, "A simple way to initialize recurrent networks of rectified linear units", 2015, start the
    recurrent weights with it.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> Identity(0.5)(nn.Linear(2, 2)).weight.value
    array([[0.5, 0. ],
           [0. , 0.5]])
    """

    gain: float = 1.0

    def __post_init__(self) -> None:
        finite(self.gain, "Identity's gain")

    def unfit(self, slot: Slot) -> str:
        if len(slot.parameter.shape) > 2:
            return f"it has shape {describe(slot.parameter.value)}, where a matrix is meant"
        return without_fans(slot)

    def numbers(self, slot: Slot) -> Array:
        n_rows, n_columns = slot.parameter.shape
        numbers: Array = self.gain * np.eye(n_rows, n_columns)
        return numbers
