"""A row of a table instead of a product with a one-hot vector: the same numbers, and what that saves.

``one_hot(x) W`` is row x of W, so an embedding needs no product: LookupTable takes the row. Both ways are run here from
the same numbers, forwards and backwards, and compared. The one-hot vectors are what takes the memory. For as few
symbols as a text has characters, both ways cost about the same.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import graphnet as gn
from graphnet import modules as nn
from graphnet.nesting import Array

SIZES, QUICK_SIZES = (65, 256, 1_024, 4_096, 16_384), (65, 256, 1_024)  # of the vocabulary: 65 for characters
UNITS = 128
N_INDICES = 512
ROUNDS = 9  # and one before them


@dataclass(frozen=True)
class Cost:
    """The median seconds of the processor for a forward and a backward, and the most bytes that they hold at once.

    >>> Cost(0.5, 8).seconds
    0.5
    """

    seconds: float
    n_bytes: int


@dataclass(frozen=True)
class Comparison:
    """Both ways over a vocabulary of one size.

    Attributes
    ----------
    size : int
    difference : float
        The largest one between their outputs or their gradients.
    one_hot, table : Cost
    """

    size: int
    difference: float
    one_hot: Cost
    table: Cost


def run(folder: Path, *, quick: bool, seed: int) -> None:
    """Compare both ways over vocabularies of several sizes, print their costs, and draw them."""
    gn.manual_seed(seed)
    print(f"{N_INDICES} indices to vectors of {UNITS} numbers, forwards and backwards, medians of {ROUNDS} rounds\n")
    print(f"{'vocabulary':>10} {'largest difference':>19} {'one-hot':>20} {'table':>20} {'ratios':>15}")
    comparisons = []
    for size in QUICK_SIZES if quick else SIZES:
        found = compare(size, UNITS, N_INDICES)
        comparisons.append(found)
        costs = " ".join(f"{c.seconds * 1e3:>8.2f} ms {c.n_bytes / 1e6:>5.1f} MB" for c in (found.one_hot, found.table))
        faster = found.one_hot.seconds / found.table.seconds
        smaller = found.one_hot.n_bytes / found.table.n_bytes
        print(f"{size:>10,} {found.difference:>19.1e} {costs} {faster:>8.1f} {smaller:>6.1f}", flush=True)
    print(f"\nwritten: {draw(comparisons, folder / 'embedding.png')}")


def compare(size: int, n: int, n_indices: int) -> Comparison:
    """Run both ways from the same numbers.

    Parameters
    ----------
    size : int
        The vocabulary: indices run from 0 to size - 1.
    n : int
        The length of a vector.
    n_indices : int

    Examples
    --------
    >>> compare(10, 4, 20).difference < 1e-14
    True
    """
    one_hot = nn.Sequential(nn.OneHot(size), nn.Linear(size, n, bias=False))
    table = nn.LookupTable(size, n)
    (weight,) = one_hot.parameters()
    table.weight.value = weight.value.T
    x = gn.generator().integers(0, size, n_indices)
    dy = gn.generator().normal(size=(n_indices, n))

    def there_and_back(net: gn.Module) -> Array:
        tape = net.run(x)
        tape.backward(dy)
        y: Array = tape.result()
        return y

    differences = [there_and_back(one_hot) - there_and_back(table), weight.grad.T - table.weight.grad]
    calls = [lambda: there_and_back(one_hot), lambda: there_and_back(table)]
    of_one_hot, of_table = map(Cost, seconds_of(calls), map(most_bytes, calls))
    return Comparison(size, max(float(np.abs(d).max()) for d in differences), of_one_hot, of_table)


def seconds_of(calls: Sequence[Callable[[], object]]) -> list[float]:
    """Return the median seconds of the processor for each of several calls, made in turn.

    >>> [seconds < 0.5 for seconds in seconds_of([list, dict])]
    [True, True]
    """
    rounds: list[list[float]] = []
    for _ in range(ROUNDS + 1):
        rounds.append([])
        for call in calls:
            start = time.process_time()
            call()
            rounds[-1].append(time.process_time() - start)
    return [statistics.median(seconds) for seconds in zip(*rounds[1:], strict=True)]


def most_bytes(call: Callable[[], object]) -> int:
    """Return the most bytes that are held during a call.

    >>> 800_000 <= most_bytes(lambda: np.zeros(100_000)) < 810_000
    True
    """
    tracemalloc.start()
    call()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def draw(comparisons: list[Comparison], file: Path) -> Path:
    """Draw the time and the memory of both ways over the size of the vocabulary."""
    from graphnet.examples.pictures import panels, write

    axes = panels(1, 2, width=10, height=4.5)
    sizes = [found.size for found in comparisons]
    for label, costs in (
        ("one-hot · W", [found.one_hot for found in comparisons]),
        ("row of a table", [found.table for found in comparisons]),
    ):
        axes[0].plot(sizes, [cost.seconds * 1e3 for cost in costs], "o-", label=label)
        axes[1].plot(sizes, [cost.n_bytes / 1e6 for cost in costs], "o-", label=label)
    for one, unit in zip(axes, ("time (ms)", "memory (MB)"), strict=True):
        one.set(xlabel="size of the vocabulary", ylabel=unit, xscale="log", yscale="log")
        one.legend()
    return write(axes[0], file)
