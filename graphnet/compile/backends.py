"""Backends: what runs programs, machine code or NumPy."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

import numpy as np

from graphnet.compile.buffers import Buffer
from graphnet.compile.layout import Layout
from graphnet.compile.llvm.host import why_unavailable
from graphnet.compile.native import Native
from graphnet.compile.on_numpy import OnNumPy
from graphnet.compile.operators import Untraceable
from graphnet.compile.program import Program
from graphnet.compile.rooms import Room
from graphnet.parameter import Parameter


class Backend(Protocol):
    """What runs programs."""

    name: str
    dtype: np.dtype[Any]

    def packed_shape(self, k: int, n: int) -> tuple[int, int]:
        """Return the rows and columns of the room for packed weights of k rows and n columns."""

    def compile(self, program: Program) -> None:
        """Do what is to be done once for a program."""

    def n_parts(self, program: Program, layout: Layout) -> int:
        """Return on how many threads a program runs."""

    def run(
        self,
        program: Program,
        rooms: list[Room],
        layout: Layout,
        truncate: int = 0,
        direct: Mapping[Buffer, Parameter] = ...,
    ) -> None:
        """Run a program.

        Parameters
        ----------
        program : Program
        rooms : list of Room
            Where what it reads of other programs lies, and its own, the last one.
        layout : Layout
        truncate : int
            At the multiples of how many steps gradients of states are dropped on the way back; 0 for never.
        direct : dict
            By buffer of a sum the parameter to whose gradient it is added at once.
        """


# Making machine code takes some 6 ms for an operation, and more for each where there are many.
MOST_OPERATIONS = 500


def backend_for(dtype: np.dtype[Any], n_operations: int, *, machine_code: bool) -> Backend:
    """Return what runs programs of so many operations on this type of numbers.

    Without a compiler NumPy does, and a warning says so once; and where a drawing repeats itself so often that to
    compile it would take long.
    """
    if dtype.char not in "fd":
        raise Untraceable(f"numbers of type {dtype}")
    if not machine_code or n_operations > MOST_OPERATIONS:
        return OnNumPy(dtype)
    reason = why_unavailable()
    if reason is None:
        return Native(dtype)
    _warn(reason)
    return OnNumPy(dtype)


@cache  # once
def _warn(reason: str) -> None:
    warnings.warn(f"compiled nets run on NumPy alone here, which is slower: {reason}", RuntimeWarning, stacklevel=2)
