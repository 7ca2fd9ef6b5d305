"""Time every module beside its twin in PyTorch: ``python -m tests.benchmarks.modules``.

Ours is timed as a net runs it: the plan of the module alone forwards, and for forward + backward also back over the
tape, so with the interpreter's share but without the copies at a net's outer edge. PyTorch's is timed eagerly: forward
under ``no_grad``; for forward + backward with gradients of all that has one with us, a criterion's target included.
Parameters' gradients accumulate in both; those of inputs are fresh. The two take turns in one process, on one thread
each, so that no pool of threads disturbs the other; what is shown is the median over the rounds. Before they are timed
they are compared: both must give the same numbers.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from graphnet import Module
from graphnet.nesting import Nested, describe, leaves, map_nested
from tests.benchmarks.module_twins import Pair, pairs
from tests.benchmarks.timing import in_turn

WORST = 5


class Row(NamedTuple):
    """Microseconds of a module and of its twin, forward and forward + backward."""

    name: str
    size: str
    sizes: str
    forward: tuple[float, float]
    both: tuple[float, float]

    def __str__(self) -> str:
        cells = "".join(f"{ours:12.1f}{theirs:12.1f}{ours / theirs:8.2f}" for ours, theirs in (self.forward, self.both))
        return f"{self.name:<30}{self.sizes:<34}{cells}"


def cast(x: Nested, dtype: str) -> Nested:
    return map_nested(lambda array: array.astype(dtype) if array.dtype.kind == "f" else array, x)


def our_side(module: Module, x: Nested) -> tuple[Callable[[], Any], Callable[[], Any], Nested, list[Any]]:
    """Return how ours runs, forwards and there and back; its gradient dy; and all that it gave."""
    plan = module.plan()
    tape = plan.execute(x)
    rng = np.random.default_rng(0)
    dy = map_nested(lambda y: np.asarray(rng.normal(size=y.shape)).astype(y.dtype), tape.result())

    def there_and_back() -> Any:
        return plan.pull_back(plan.execute(x), [dy], 1.0, True)

    gave = [*leaves(tape.result()), *leaves(there_and_back()), *(p.grad.copy() for p in module.parameters())]
    return lambda: plan.execute(x), there_and_back, dy, gave


def their_side(
    twin: Callable[..., Any], module: Module, x: Nested, dy: Nested
) -> tuple[Callable[[], Any], Callable[[], Any], list[Any]]:
    """Return how the twin runs, forwards and there and back, and all that it gave; None where there is no gradient."""
    inputs = [torch.from_numpy(a).requires_grad_(a.dtype.kind == "f") for a in leaves(x)]  # as they lie in memory
    parameters = [torch.tensor(p.value, requires_grad=True) for p in module.parameters()]
    gradients = [torch.tensor(g) for g in leaves(dy)]

    def forward() -> Any:
        with torch.no_grad():
            return twin(*inputs, *parameters)

    def there_and_back() -> list[Any]:
        for tensor in inputs:
            tensor.grad = None
        y = twin(*inputs, *parameters)
        outputs = y if isinstance(y, list) else [y]
        if outputs[0].requires_grad:
            torch.autograd.backward(outputs, gradients)
        return outputs

    outputs = there_and_back()
    gave = [*(y.detach() for y in outputs), *(t.grad for t in inputs), *(p.grad.clone() for p in parameters)]
    return forward, there_and_back, [None if t is None else t.numpy() for t in gave]


def measure(name: str, pair: Pair, size: str, dtype: str, repeats: int, seconds: float) -> Row:
    """Compare a module with its twin, then time both."""
    x = cast(getattr(pair, size), dtype)
    module = pair.make(x).type(dtype)
    module.zero_grad_parameters()
    forward, both, dy, gave = our_side(module, x)
    their_forward, their_both, they_gave = their_side(pair.twin, module, x, dy)
    for mine, theirs in zip(gave, they_gave, strict=True):
        if theirs is not None and not pair.drawn:
            mine = mine.reshape(theirs.shape)
            np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6 if dtype == "float64" else 1e-3, err_msg=name)
    ours_there, theirs_there, ours_back, theirs_back = (
        1e6 * s for s in in_turn(forward, their_forward, both, their_both, rounds=repeats, least=seconds)
    )
    return Row(name, size, describe(x), (ours_there, theirs_there), (ours_back, theirs_back))


def mean_ratio(figures: Sequence[tuple[float, float]]) -> float:
    """Return the geometric mean of ratios, ours to theirs."""
    return math.exp(statistics.fmean(math.log(ours / theirs) for ours, theirs in figures))


def summary(rows: list[Row]) -> str:
    """Return the geometric means, and where we are slowest."""
    columns = {
        f"{what}, {size}": [getattr(row, attribute) for row in rows if row.size == size]
        for size in ("small", "large")
        for what, attribute in (("forward", "forward"), ("forward + backward", "both"))
    }
    lines = [f"geometric mean of {len(f)} ratios, {name}: {mean_ratio(f):.2f}" for name, f in columns.items()]
    lines.append(
        f"geometric mean of all: {mean_ratio([figures for column in columns.values() for figures in column]):.2f}"
    )
    by_module = {
        name: mean_ratio([figures for row in rows if row.name == name for figures in (row.forward, row.both)])
        for name in dict.fromkeys(row.name for row in rows)
    }
    worst = sorted(by_module, key=by_module.__getitem__, reverse=True)[:WORST]
    lines.append("slowest beside their twins, of four ratios: " + ", ".join(f"{n} {by_module[n]:.2f}" for n in worst))
    single = sorted(
        (
            (ours / theirs, f"{row.name} {what} {row.size}")
            for row in rows
            for what, (ours, theirs) in (("forward", row.forward), ("forward + backward", row.both))
        ),
        reverse=True,
    )[:WORST]
    lines.append("largest single ratios: " + ", ".join(f"{name} {ratio:.2f}" for ratio, name in single))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these modules; by default all")
    parser.add_argument("--dtype", choices=["float64", "float32"], default="float64")
    parser.add_argument("--repeats", type=int, default=9, help="rounds")
    parser.add_argument("--seconds", type=float, default=0.003, help="that a measurement takes at least")
    options = parser.parse_args(arguments)
    only = options.only
    chosen = {name: pair for name, pair in pairs() if not only or {name, name.split(",")[0]} & set(only)}
    torch.set_num_threads(1)
    np.empty(2**25 - 2**13, np.uint8)  # glibc's malloc then keeps freed memory, as in a program that ran for a while
    rows = []
    print(
        f"NumPy {np.__version__}, PyTorch {torch.__version__}, {options.dtype}, one thread each, in turn; "
        f"microseconds, medians of {options.repeats} rounds\n"
        "ours: the module's plan, without a net's edge; PyTorch: eager, forward under no_grad\n\n"
        f"{'':<64}{'forward':>32}{'forward + backward':>32}\n{'':<64}" + f"{'ours':>12}{'PyTorch':>12}{'ratio':>8}" * 2
    )
    with threadpool_limits(1), tqdm(total=2 * len(chosen), file=sys.stderr, leave=False) as bar:
        for name, pair in chosen.items():
            for size in ("small", "large"):
                bar.set_description(name)
                rows.append(measure(name, pair, size, options.dtype, options.repeats, options.seconds))
                tqdm.write(str(rows[-1]), file=sys.stdout)
                bar.update()
    print("\n" + summary(rows))


if __name__ == "__main__":
    main()
