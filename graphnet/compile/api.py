"""compile: what users call."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TypeVar

from graphnet.compile.executor import CompiledPlan
from graphnet.compile.options import Options
from graphnet.module import Module
from graphnet.plan import Plan

Net = TypeVar("Net", bound=Module)


@dataclass(frozen=True)
class Compiler:
    """The executor of compiled nets."""

    options: Options

    def plan_of(self, module: Module) -> Plan:
        return CompiledPlan(module, self.options)


def compile(net: Net, **options: bool) -> Net:  # noqa: A001
    """Return the net with a faster executor."""
    if not isinstance(net, Module):
        raise TypeError(f"compile takes a net, not {net!r}")
    compiled = copy.copy(net)
    compiled._plan = None
    compiled._executor = Compiler(Options(**options))
    return compiled
