"""How much memory a run of a net takes, by node, told before it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphnet.inference import infer, inputs_of
from graphnet.inspect.by_node import Report, row_at, shortened
from graphnet.inspect.costs.extrapolation import Axis, Extrapolation, Measured, Point
from graphnet.inspect.costs.holdings import Holding
from graphnet.inspect.costs.rehearsal import Rehearsal
from graphnet.inspect.costs.sizing import Sizing, sizes_at
from graphnet.inspect.costs.units import bar, percent, readable
from graphnet.inspect.readings import Reading
from graphnet.inspect.table import table
from graphnet.module import Module
from graphnet.nesting import gather
from graphnet.plan import Plan
from graphnet.recurrence import Recurrence
from graphnet.recurrence.layer import segment_length
from graphnet.shapes import Shape, as_shape, says_nothing, written
from graphnet.sizes import Size
from graphnet.splicing import Site, path_of

# Where a call stands, the shape of what it gives, and the recurrences around it with their numbers of steps.
Found: TypeAlias = tuple[Site, Shape, list[tuple[Recurrence, Size | int]]]

# Of the names and the shapes in the table, which is to fit into 100 columns.
_WIDTH, _WIDTH_OF_SHAPES = 34, 26

# What the small sizes shall be at least, tried one after the other: some nets take none that are too small. Then each
# size is made smaller alone.
_LEAST_SIZES = (2, 16, 64)


@dataclass(frozen=True)
class MemoryRow(Holding):
    """What one node will hold, in bytes.

    Attributes
    ----------
    site : tuple of Call
        Where the node stands.
    shape : tuple, list or None
        Of what it gives, inside of a recurrence at one step.
    n_steps : int
        How often it runs.
    """

    site: Site
    shape: Shape
    n_steps: int

    @property
    def path(self) -> str:
        """The node's name behind those of the nets it stands in."""
        return path_of(self.site)


@dataclass(frozen=True)
class MemoryEstimate(Report):
    """What :func:`memory_estimate` gives; printed, a table.

    Attributes
    ----------
    rows : list of MemoryRow
        By node, in order of execution.
    input, output : int
        The bytes of the copies that a run makes of the net's input and of its gradient; likewise of its output.
    peak : int
        The most bytes that are held at a time.
    peak_at : str
        When that is.
    """

    rows: list[MemoryRow]
    input: int
    output: int
    peak: int
    peak_at: str
    forward_only: bool

    @property
    def total(self) -> int:
        """The bytes of all arrays that the run holds: those of all nodes, of the input and of the output."""
        return sum(row.total for row in self.rows) + self.input + self.output

    @property
    def reading(self) -> Reading:
        """The bytes that each node holds, by where it stands: ``net.draw(color=estimate.reading)`` shows them."""
        numbers = {row.site: float(row.total) for row in self.rows}
        return Reading("memory", "memory", "bytes", "log", "The memory that a node holds, there and back.", numbers)

    @property
    def line(self) -> str:
        """The peak in one line."""
        what = "a forward" if self.forward_only else "a forward and a backward"
        return f"about {readable(self.peak)} of memory for {what}, the most {self.peak_at}"

    def __getitem__(self, key: str) -> MemoryRow:
        """Return the row of a node, by its path or its name."""
        row: MemoryRow = row_at(self.rows, key)
        return row

    def __str__(self) -> str:
        head = ["node", "gives", "values", "saved", "gradients", "share", ""]
        lines = [self._line_of(row) for row in self.rows]
        for name, size in (
            ("input and its gradient", self.input),
            ("output and its gradient", self.output),
            ("temporary arrays, objects", max(0, self.peak - self.total)),
        ):
            lines.append([name, "", "", "", "", *self._share(size)])
        return f"{table(head, lines, right=[2, 3, 4, 5])}\n\n{self.line}"

    def _line_of(self, row: MemoryRow) -> list[str]:
        times = f", {row.n_steps:,} times" if len(row.site) > 1 else ""
        sizes = [readable(size) if size else "" for size in (row.values, row.saved, row.gradients)]
        indent = "  " * (len(row.site) - 1)
        name = indent + shortened(row.site[-1].path(), _WIDTH - len(indent))
        return [
            name,
            shortened(written(as_shape(row.shape)) + times, _WIDTH_OF_SHAPES),
            *sizes,
            *self._share(row.total),
        ]

    def _share(self, size: float) -> list[str]:
        share = size / self.peak if self.peak else 0.0
        return [percent(share), bar(share, 10)]


def memory_estimate(
    net: Module, shapes: Any, *, dtype: Any = None, forward_only: bool = False, **sizes: int
) -> MemoryEstimate:
    """Estimate the memory that a run of a net takes, before it is run.

    Counted is all that ``y = net.forward(x); dx = net.backward(x, dy)`` allocates and holds at a time, Python's objects
    included: the copies of x, y, dy and dx, what every node gives, keeps for its way back and passes back, and the
    temporary arrays of the node that takes most. Not counted is what is there before: x, the parameters, their
    gradients.

    It is measured: a copy of the net runs there and back on a few rows and steps (see Notes). The net itself, its
    gradients and statistics and the random numbers stay as they are.

    Parameters
    ----------
    net : Module
    shapes : tuple, list or ndarray
        The shape of the input as :func:`graphnet.infer_shapes` takes it: a tuple of sizes, or a list of them for
        several inputs. A size is an integer or a name. An array stands for one of its shape and type.
    dtype : data-type, or list of them
        Of the input, as "int64" for indices; by default the net's.
    forward_only : bool
        Leave out the backward.
    **sizes : int
        The numbers that the names stand for: ``T=1000, B=32``.

    Returns
    -------
    MemoryEstimate
        Its ``peak`` is the number of bytes; printed, it is a table of the nodes.

    Raises
    ------
    ShapeError
        If a node cannot take what it gets.
    TypeError, ValueError
        If a size has no number or a number no size.

    Notes
    -----
    Sizes with a name, and the numbers in the first two dimensions that the net's shapes allow to be others, are made
    small: 2 and 8 rows, say. What is measured grows with a size, with its square or, where a recurrence computes steps
    again, with its root; so it follows for large sizes. Sizes under 10 are taken as they are, and so are those of a net
    that runs on no smaller ones. Input is zeros; rows that may be ragged are all taken for as long as the longest.

    Examples
    --------
    >>> import graphnet as gn
    >>> from graphnet import modules as nn
    >>> net = nn.Sequential(nn.Linear(100, 500), nn.Tanh(), nn.Linear(500, 10))
    >>> estimate = memory_estimate(net, ("B", 100), B=1000)
    >>> estimate["[0] Linear(100, 500)"].values
    4000000
    >>> print(estimate.line)
    about 21 MB of memory for a forward and a backward, the most in the backward of [1] Tanh()
    """
    sizing = Sizing.given(net, shapes, dtype, sizes).named(net)
    plan = net.plan()
    tried = any(says_nothing(call.hooks) for call in plan.executed)  # which shall not be at full size
    inputs = inputs_of(plan, sizing.shape if tried else sizing.at({}))
    infer(plan, inputs)
    measured = _measured(net, sizing, forward_only)
    found = {key[1:]: size for key, size in measured.items() if key[0] == "peak"}
    site, direction = max(found, key=lambda key: found[key])
    where = f"in the {direction} of {path_of(site)}" if site else f"at the end of the {direction}"
    rows = list(_rows(_sites(plan, inputs), sizing, measured, forward_only))
    outside = [round(measured[what,]) for what in ("input", "output")]
    return MemoryEstimate(rows, outside[0], outside[1], round(found[site, direction]), where, forward_only)


def _measured(net: Module, sizing: Sizing, forward_only: bool) -> Measured:
    """Return what follows for the full sizes from small ones on which the net runs."""
    rehearsal = Rehearsal(net, forward_only)
    rooted = sizing.computed_again(net)
    for names, least in [*((sizing.names(), least) for least in _LEAST_SIZES), *(([n], 2) for n in sizing.names())]:
        found = {name: Axis.of(sizing.numbers[name], least, rooted=name in rooted) for name in names}
        axes = {name: axis for name, axis in found.items() if axis is not None}
        if axes:
            with suppress(Exception):  # whatever a module says to sizes that it cannot take
                return _extrapolated(rehearsal, sizing, axes)
    return _extrapolated(rehearsal, sizing, {})


def _extrapolated(rehearsal: Rehearsal, sizing: Sizing, axes: dict[str, Axis]) -> Measured:
    def measure(point: Point) -> Measured:
        numbers = dict(zip(axes, point, strict=True))
        try:
            return rehearsal.measure(sizing.arrays(numbers, 0))
        except Exception as refusal:  # noqa: BLE001
            try:
                return rehearsal.measure(sizing.arrays(numbers, 1))  # targets of 1 and -1, say
            except Exception:  # noqa: BLE001
                raise refusal from None

    return Extrapolation(measure, list(axes.values())).result()


def _rows(found: Iterable[Found], sizing: Sizing, measured: Measured, forward_only: bool) -> Iterator[MemoryRow]:
    for site, shape, loops in found:
        kept = passed = 1.0
        runs = 1
        for recurrence, steps in loops:
            n = sizes_at((steps,), sizing.numbers)[0] or 1
            runs *= n
            if recurrence.recompute:  # a segment is kept at a time, and gradients are those of one step
                kept *= (1 if forward_only else segment_length(n)) / n
                passed /= n
        values, saved, gradients = (
            max(0.0, measured.get((kind, site), 0.0)) for kind in ("values", "saved", "gradients")
        )
        if not site[-1].helper or values or saved or gradients:
            gives = sizes_at(shape, sizing.numbers)
            sizes = round(values * kept), round(saved * kept), round(gradients * passed)
            yield MemoryRow(*sizes, site, gives, runs)


def _sites(plan: Plan, inputs: list[Shape]) -> Iterator[Found]:
    """Yield where every call stands, the shape of what it gives, and the recurrences around it."""
    registers = infer(plan, inputs)
    for call in plan.executed:
        yield (call,), registers[call.target], []
        module = call.module
        if isinstance(module, Recurrence):
            taken = gather(call.source, registers)
            loop = module, module.steps_for(taken)
            for site, shape, loops in _sites(module.step.plan(), module.inner_shapes(taken)["step"]):
                yield (call, *site), shape, [loop, *loops]
