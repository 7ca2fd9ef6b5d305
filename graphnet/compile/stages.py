"""Stages: what runs once for all time steps, before, between and after the loops, and what runs in which loop.

A strongly connected component of the step's graph, with the edges that feed its states back, is what must go step by
step; all else is done for all steps at once (fission). Within a stage, levels count the matrix products that come
before: what is of one level becomes one kernel.

    x ─ affine ──────┐                     stage 0, all steps
                     add ─ ... ─ h         stage 1, a loop
    prev_h ─ affine ─┘           │
                               affine      stage 2, all steps
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import networkx as nx

from graphnet.compile.rows import ALONE, Rows

# Other places of the same numbers: nothing is done for them.
TRANSPARENT = frozenset(("part", "join", "constant", "vector", "lookup", "noise", "checked"))
OUTSIDE = frozenset(("input", "state", "index", "noise", "constant", "vector", "checked"))


@dataclass
class Stage:
    """What runs together: ``levels`` has the nodes of each level, in order."""

    loop: bool
    levels: list[list[Rows]]


def nodes_below(ends: Iterable[Rows], stop: Callable[[Rows], bool] = lambda node: False) -> list[Rows]:
    """Return all nodes that some are made of, and these, sources first; ``stop`` tells whose sources are left out."""
    order: list[Rows] = []
    seen: set[int] = set()
    for end in ends:
        waiting: list[tuple[Rows, bool]] = [(end, False)]
        while waiting:
            node, done = waiting.pop()
            if done:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                waiting.append((node, True))
                if not stop(node):
                    waiting.extend((source, False) for source in reversed(node.sources))
    return order


def staged(outputs: Sequence[Rows], states: Sequence[tuple[Rows, Rows]], *, fission: bool = True) -> list[Stage]:
    """Sort all nodes that outputs and states need into stages.

    Parameters
    ----------
    outputs : list of Rows
    states : list of (Rows, Rows)
        For each state what it is at a step, and what it will be at the next.
    fission : bool
        Take out of the loops what no state waits for; else all is one loop.
    """
    nodes = nodes_below([*outputs, *(node for pair in states for node in pair)])
    number = {id(node): i for i, node in enumerate(nodes)}
    loops = _components(nodes, number, states, fission)
    stage_of: dict[int, int] = {}
    loop_of = {i: k for k, members in enumerate(loops) for i in members}
    waiting = _in_order(nodes, number, loops, loop_of)
    stages: dict[int, list[list[int]]] = {}
    for members in waiting:
        inner = set(members)
        before = [stage_of[j] for i in members for source in nodes[i].sources if (j := number[id(source)]) not in inner]
        last = max(before, default=0)
        if members[0] in loop_of:
            stage = last + 1 if last % 2 == 0 else last + 2
            stages.setdefault(stage, []).append(sorted(members))
        else:
            stage = last if last % 2 == 0 else last + 1
            stages.setdefault(stage, [[]])[0].extend(members)
        for i in members:
            stage_of[i] = stage
    found = [
        Stage(bool(stage % 2), _levelled([nodes[i] for i in sorted(group)]))
        for stage in sorted(stages)
        for group in stages[stage]
    ]
    if fission:
        _sink(found, nodes, {id(node) for node in (*outputs, *(following for _, following in states))})
    return found


def _sink(stages: list[Stage], nodes: list[Rows], wanted: set[int]) -> None:
    """Move what only one kernel needs into that kernel, so that it need not be written and read again."""
    group = {
        id(node): (s, k) for s, stage in enumerate(stages) for k, level in enumerate(stage.levels) for node in level
    }
    users: dict[int, list[Rows]] = {}
    for node in nodes:
        for source in node.sources:
            users.setdefault(id(source), []).append(node)
    for node in reversed(nodes):
        s, k = group[id(node)]
        mine = users.get(id(node), [])
        groups = {group[id(user)] for user in mine}
        if (
            node.detail is not ALONE
            and node.kind in ("map", "let", "part", "join", "sum", "max")
            and id(node) not in wanted
            and len(groups) == 1
            and (not stages[s].loop or all(s == other for other, _ in groups))
            and (s, k) not in groups
            and not any(user.kind == "affine" for user in mine)
        ):
            (there,) = groups
            stages[s].levels[k] = [other for other in stages[s].levels[k] if other is not node]
            stages[there[0]].levels[there[1]].insert(0, node)
            group[id(node)] = there


def _components(
    nodes: list[Rows], number: dict[int, int], states: Sequence[tuple[Rows, Rows]], fission: bool
) -> list[list[int]]:
    """Return the nodes of each loop."""
    if not states:
        return []
    if not fission:
        return [[i for i, node in enumerate(nodes) if node.kind not in OUTSIDE or node.kind == "state"]]
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(nodes)))
    of_states = {id(state) for state, _ in states}
    for i, node in enumerate(nodes):
        for source in node.sources:
            graph.add_edge(number[id(source)], i)
            if id(source) in of_states:  # who looks at a state, or at a part of one, goes along with it
                graph.add_edge(i, number[id(source)])
                if node.kind in ("part", "join"):
                    of_states.add(id(node))
    for state, following in states:
        graph.add_edge(number[id(following)], number[id(state)])
        graph.add_edge(number[id(state)], number[id(following)])
    found = [sorted(part) for part in nx.strongly_connected_components(graph) if len(part) > 1]
    return sorted(found)


def _in_order(
    nodes: list[Rows], number: dict[int, int], loops: list[list[int]], loop_of: dict[int, int]
) -> list[list[int]]:
    """Return single nodes and whole loops, so that what they need comes first."""
    graph = nx.DiGraph()
    first = {k: min(members) for k, members in enumerate(loops)}

    def place(i: int) -> int:
        return first[loop_of[i]] if i in loop_of else i

    for i, node in enumerate(nodes):
        graph.add_node(place(i))
        for source in node.sources:
            if (j := place(number[id(source)])) != place(i):
                graph.add_edge(j, place(i))
    order = nx.lexicographical_topological_sort(graph)
    return [loops[loop_of[i]] if i in loop_of else [i] for i in order]


def _levelled(group: list[Rows]) -> list[list[Rows]]:
    """Sort nodes by how many matrix products of the group come before them."""
    level: dict[int, int] = {}
    levels: list[list[Rows]] = []
    for node in group:  # sources first
        mine = max(
            (level[id(s)] + (s.kind == "affine" or s.detail is ALONE) for s in node.sources if id(s) in level),
            default=0,
        )
        level[id(node)] = mine
        while len(levels) <= mine:
            levels.append([])
        levels[mine].append(node)
    return levels
