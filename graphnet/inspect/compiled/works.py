"""Works: the operations of a compiled program, in the words of the drawing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphnet.compile.layout import Layout
from graphnet.compile.program import Clear, ColumnSums, Kernel, Operation, Outer, Product, Program, Scatter
from graphnet.compile.rows import Constant, Table
from graphnet.compile.specialisation import Specialisation
from graphnet.compile.stages import nodes_below
from graphnet.parameter import Parameter
from graphnet.splicing import Site, path_of

if TYPE_CHECKING:
    from graphnet.splicing import Call

# What runs once for each row, and what of a kernel is no arithmetic.
_NO_ARITHMETIC = frozenset(("constant", "load", "let"))


@dataclass(frozen=True)
class Work:
    """One operation of a program, for all steps.

    Attributes
    ----------
    kind : str
        "kernel", "product", and backwards also "weights", "biases", "table" (the gradients of these) and "clear".
    number : int
        Of a kernel, the same there and back; else 0.
    sites : tuple of Site
        The nodes that it computes or goes back over, in order of execution.
    biases : tuple of Site
        Those of which a kernel computes only the biases: their products stand by themselves.
    sizes : tuple of int
        Of a product, m x k times k x n: m, k and n; of other things none.
    operations : float
        How many additions, multiplications and functions of numbers it is.
    seconds : float or None
        The time that it takes, if that was measured.
    """

    kind: str
    number: int
    sites: tuple[Site, ...]
    biases: tuple[Site, ...]
    sizes: tuple[int, ...]
    operations: float
    seconds: float | None

    @property
    def paths(self) -> list[str]:
        """The names of its nodes, behind those of the nets they stand in."""
        return [path_of(site) for site in (*self.sites, *self.biases)]


@dataclass(frozen=True)
class Stage:
    """What runs together: ``loop`` tells whether step by step, or else once for all steps."""

    loop: bool
    works: list[Work]


class Naming:
    """What the operations of a specialisation are in the drawing.

    Parameters
    ----------
    specialisation : Specialisation
    site_of : dict of Call to Site
        Where each of its calls stands, in order of execution.
    first : int
        The number of its first kernel.
    n_times : int
        How often it runs.
    """

    def __init__(self, specialisation: Specialisation, site_of: Mapping[Call, Site], first: int, n_times: int) -> None:
        self.specialisation = specialisation
        self.site_of = site_of
        self.n_times = n_times
        self._place = {call: k for k, call in enumerate(site_of)}
        kernels = [operation for operation in specialisation.forward.operations() if isinstance(operation, Kernel)]
        self._numbers = {id(kernel.calls): first + k for k, kernel in enumerate(kernels)}
        self.next = first + len(kernels)
        products = [operation for operation in specialisation.forward.operations() if isinstance(operation, Product)]
        self._multiply = {call for product in products for call in product.calls}
        traced = specialisation.traced
        self._users: dict[int, list[Call]] = {}
        for node in nodes_below([*traced.outputs, *(following for _, following in traced.states)]):
            source = node.detail.parameter if isinstance(node.detail, Table) else node.detail
            if isinstance(source, (Parameter, Constant)) and node.call is not None:
                self._users.setdefault(id(source), []).append(node.call)

    def stages(self, program: Program, layout: Layout, seconds: Mapping[Operation, float] | None) -> list[Stage]:
        """Return what a program does, for rows that lie so."""
        return [
            Stage(part.loop, [self._work(operation, part.loop, layout, seconds) for operation in part.operations])
            for part in program.parts
            if part.operations
        ]

    def sites(self, calls: Iterable[Call]) -> tuple[Site, ...]:
        """Return where calls stand, in order of execution."""
        known = [call for call in dict.fromkeys(calls) if call in self._place]
        return tuple(self.site_of[call] for call in sorted(known, key=self._place.__getitem__))

    def _work(
        self, operation: Operation, loop: bool, layout: Layout, seconds: Mapping[Operation, float] | None
    ) -> Work:
        kind, number, per_row = "clear", 0, 0.0
        sizes: tuple[int, ...] = ()
        sites: tuple[Site, ...] = ()
        biases: tuple[Site, ...] = ()
        m = layout.n_rows if loop else layout.n_all
        match operation:
            case Kernel():
                kind, number = "kernel", self.number_of(operation)
                sites = self.sites(call for call in operation.calls if call not in self._multiply)
                biases = self.sites(call for call in operation.calls if call in self._multiply)
                made = [scalar for scalar in operation.scalars() if scalar.op not in _NO_ARITHMETIC]
                per_row = sum(
                    max(1, scalar.length, *(operand.length for operand in scalar.operands)) for scalar in made
                )
            case Product():
                kind, sites, sizes = "product", self.sites(operation.calls), (m, operation.k, operation.n)
                per_row = 2 * operation.k * operation.n
            case Outer():
                kind, sites, sizes = "weights", self.sites(operation.calls), (operation.m, m, operation.n)
                per_row = 2 * operation.m * operation.n
            case ColumnSums():
                kind, sites, per_row = "biases", self._summed(operation), operation.n
            case Scatter():
                kind, sites, per_row = "table", self._summed(operation), operation.n
            case Clear():
                pass
        taken = None if seconds is None else seconds.get(operation, 0.0)
        return Work(kind, number, sites, biases, sizes, per_row * layout.n_all * self.n_times, taken)

    def _summed(self, operation: ColumnSums | Scatter) -> tuple[Site, ...]:
        """Return where the parameters are used whose gradients are summed."""
        totals = operation.totals if isinstance(operation, ColumnSums) else [operation.total]
        parameters = [p for p, total in self.specialisation.back.totals.values() if total in totals]
        return tuple(site for parameter in parameters for site in self.users_of(parameter))

    def users_of(self, parameter: object) -> tuple[Site, ...]:
        """Return where a parameter is used."""
        return self.sites(self._users.get(id(parameter), []))

    def number_of(self, kernel: Kernel) -> int:
        """Return the number of a kernel, or of that whose way back it is; 0 if it is of no node."""
        return self._numbers.get(id(kernel.calls), 0)
