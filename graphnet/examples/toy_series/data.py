"""The toy series: noisy values of a curve, from which the place on the curve is to be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from graphnet.batches import Shuffled
from graphnet.nesting import Array

END = 10.0  # places are from 0 to here
NOISE = 0.1  # its standard deviation
TRAINING_SHARE = 0.7
TEST_BATCH = 5_000

# An input of the net: N x T, or that and the lengths of the rows.
Inputs: TypeAlias = Array | list[Array]


def curve(z: Array) -> Array:
    """Return the curve's height at each place.

    >>> curve(np.array([0.0, 10.0])).round(3)
    array([3.33 , 0.718])
    """
    height: Array = 0.5 * np.sin(z / 2 - 1) + np.sin(z) + np.sin(2 * z + 2) + np.sin(z / 4 + 1) + 2
    return height


def heights_before(z: Array, n_steps: int) -> Array:
    """Return the heights at z, z - 1, ..., z - n_steps + 1, a row for each z.

    >>> heights_before(np.array([5.0, 6.0]), 3).shape
    (2, 3)
    """
    return curve(z[:, None] - np.arange(n_steps))


@dataclass(frozen=True)
class Scale:
    """The mean and the standard deviation of the training inputs, one of each for all."""

    mean: float
    deviation: float

    def normalised(self, heights: Array, lengths: Array | None = None) -> Array:
        """Return heights less the mean, over the deviation; padding is zeros again.

        >>> Scale(2.0, 0.5).normalised(np.array([[3.0, 2.5]]), np.array([1]))
        array([[2., 0.]])
        """
        scaled: Array = (heights - self.mean) / self.deviation
        return scaled if lengths is None else scaled * real_cells(lengths, heights.shape[1])


def real_cells(lengths: Array, n_steps: int) -> Array:
    """Return which cells of N x T are no padding.

    >>> real_cells(np.array([2, 3]), 3)
    array([[ True,  True, False],
           [ True,  True,  True]])
    """
    return np.arange(n_steps) < lengths[:, None]


@dataclass(frozen=True)
class Toy:
    """Data to train on and to test on, normalised: inputs, and the places to tell, N x 1."""

    train: tuple[Inputs, Array]
    test: tuple[Inputs, Array]
    scale: Scale

    def batches(self, size: int, seed: int) -> Shuffled:
        """Return the training data in batches, in one order by chance that is the same in all epochs."""
        return Shuffled(*self.train, size, seed=seed, order="once", steps_first=True, target_steps_first=False)

    def test_batches(self) -> Shuffled:
        """Return the test data in large batches."""
        return Shuffled(*self.test, TEST_BATCH, order="kept", steps_first=True, target_steps_first=False)


def draw(n: int, generator: np.random.Generator, lengths: tuple[int, int] = (3, 3)) -> Toy:
    """Draw n rows: places z ~ U(0, 10), and what is seen of each, the heights at z, z - 1, ... with noise.

    Rows of several lengths are padded with zeros, and come with their lengths. The mean and the deviation are those of
    the cells that are no padding: with padding among them, the nets of the source learnt ten times slower.

    Parameters
    ----------
    n : int
        The first 70 % of them are to train on.
    generator : numpy.random.Generator
    lengths : (int, int)
        The shortest and the longest number of heights; those between are as frequent.

    Examples
    --------
    >>> toy = draw(10, np.random.default_rng(0), (2, 4))
    >>> (heights, lengths), z = toy.train
    >>> heights.shape, lengths.shape, z.shape
    ((7, 4, 1), (7,), (7, 1))
    """
    shortest, n_steps = lengths
    z = generator.uniform(0, END, n)
    heights = heights_before(z, n_steps) + generator.normal(0, NOISE, (n, n_steps))
    of_rows = None if shortest == n_steps else generator.integers(shortest, n_steps + 1, n)
    n_train = int(TRAINING_SHARE * n)
    seen = heights[:n_train] if of_rows is None else heights[:n_train][real_cells(of_rows[:n_train], n_steps)]
    scale = Scale(float(seen.mean()), float(seen.std()))
    x = scale.normalised(heights, of_rows)[:, :, None]

    def part(rows: slice) -> tuple[Inputs, Array]:
        return (x[rows] if of_rows is None else [x[rows], of_rows[rows]]), z[rows, None]

    return Toy(part(slice(n_train)), part(slice(n_train, None)), scale)


def least_error(generator: np.random.Generator, n_steps: int, n: int = 20_000) -> float:
    """Return the least mean squared error that anything can have: that of the mean of z, given the heights.

    Places that look alike within the noise cannot be told apart. It is estimated from n rows, with places on a grid.

    Examples
    --------
    >>> least_error(np.random.default_rng(0), 3, 2_000) < 0.1 < 1 < least_error(np.random.default_rng(0), 2, 2_000)
    True
    """
    places = np.linspace(0, END, 1_001)
    total = 0.0
    for z in np.array_split(generator.uniform(0, END, n), -(-n // 1_000)):
        seen = heights_before(z, n_steps) + generator.normal(0, NOISE, (len(z), n_steps))
        exponents = np.zeros((len(z), len(places)))
        for height, there in zip(seen.T, heights_before(places, n_steps).T, strict=True):
            exponents -= (height[:, None] - there) ** 2 / (2 * NOISE**2)
        likelihoods = np.exp(exponents - exponents.max(1, keepdims=True))
        expected = likelihoods @ places / likelihoods.sum(1)
        total += float(((expected - z) ** 2).sum())
    return total / n


def grid(scale: Scale, n: int = 200, variable: bool = False) -> tuple[Array, Inputs]:
    """Return places from 0 to 10, and a net's input there: three heights without noise, T x N x 1.

    >>> z, x = grid(Scale(2.0, 1.0), 5)
    >>> x.shape
    (3, 5, 1)
    """
    z = np.linspace(0, END, n)
    x = scale.normalised(heights_before(z, 3)).T[:, :, None]
    return z, ([x, np.full(n, 3)] if variable else x)
