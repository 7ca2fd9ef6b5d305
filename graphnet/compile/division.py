"""Division: the calls of a plan sorted into groups, those that become one program and those that do not, in turn.

    Linear  Tanh  MM  Linear  SoftMax
    1       1     2   3       3

Odd levels are of programs, even ones of all others; here MM does not say what it does to rows.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from typing import TYPE_CHECKING, NamedTuple

import networkx as nx

from graphnet.nesting import leaves

if TYPE_CHECKING:
    from graphnet.plan import Plan
    from graphnet.splicing import Call

# Where a step is not one loop, its programs are started anew at each step, there and back. That takes about as long as
# the interpreter takes for this many small calls that compute; an LSTM's cell has as many behind its products.
WORTH_A_START = 9


class Group(NamedTuple):
    """Calls that run together.

    Attributes
    ----------
    fused : bool
        Whether they are to become one program.
    calls : list of Call
    given : list of int
        The registers of a program that others look at.
    """

    fused: bool
    calls: list[Call]
    given: list[int]

    def is_worth_a_start(self) -> bool:
        """Tell whether a program of these calls gains, also if it is started for few rows, at each step anew."""
        return sum(not call.hooks.moves for call in self.calls) >= WORTH_A_START


def divided(plan: Plan, fuses: Callable[[Call], bool], in_turn: Container[int], *, apart: bool) -> Iterator[Group]:
    """Yield the groups of a plan's calls in order.

    Parameters
    ----------
    plan : Plan
    fuses : callable
        Tells of a call whether it is to become part of a program.
    in_turn : set of int
        The identities of calls that keep their order among each other.
    apart : bool
        Whether calls that have nothing to do with each other are groups of their own.
    """
    level: dict[int, int] = dict.fromkeys(range(len(plan.inputs)), 0)
    groups: dict[int, list[Call]] = {}
    latest = 0
    for call in plan.executed:
        before = max((level[r] for r in leaves(call.source)), default=0)
        if id(call) in in_turn:
            before = max(before, latest)
        mine = before + (before % 2 != fuses(call))
        level[call.target] = mine
        if id(call) in in_turn:
            latest = mine
        groups.setdefault(mine, []).append(call)
    takers: dict[int, set[int]] = {register: {-1} for register in leaves(plan.outputs)}
    for call in plan.executed:
        for register in leaves(call.source):
            takers.setdefault(register, set()).add(level[call.target])
    for mine in sorted(groups):
        if mine % 2:
            for calls in _connected(groups[mine]) if apart else [groups[mine]]:
                yield Group(True, calls, [c.target for c in calls if takers.get(c.target, set()) - {mine}])
        else:
            yield Group(False, groups[mine], [])


def _connected(calls: list[Call]) -> list[list[Call]]:
    """Sort calls by which take what the others give, or the same as others."""
    graph = nx.Graph()
    for call in calls:
        graph.add_edges_from((register, call.target) for register in [call.target, *leaves(call.source)])
    component = {register: k for k, registers in enumerate(nx.connected_components(graph)) for register in registers}
    found: dict[int, list[Call]] = {}
    for call in calls:
        found.setdefault(component[call.target], []).append(call)
    return list(found.values())
