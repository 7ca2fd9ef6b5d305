"""Folded: equal parts in a row as one of them, with an arrow back for those that lead from each to the next."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from graphnet.draw.scene.parts import Arrow, Drawing, Frame, Link, Source
from graphnet.draw.scene.sources import elements, ports

if TYPE_CHECKING:
    from graphnet.draw.scene.folding import Folding, Repeat
    from graphnet.draw.scene.scene import Scene
    from graphnet.graph import Graph
    from graphnet.node import Node
    from graphnet.splicing import Call


def repeats_in(
    scene: Scene,
    folding: Folding,
    graph: Graph | Drawing,
    order: list[Node],
    frame: Frame,
    calls: dict[Node, Call],
) -> dict[int, Repeat]:
    """Return what repeats in a graph and may be folded, by the place in ``order`` where it starts."""
    place = {node: i for i, node in enumerate(graph.order)}

    def peculiar(node: Node) -> Hashable:
        apart = node in scene.apart or calls.get(node) in scene.apart
        return place[node] if apart else scene.expansion.beneath((*frame.place, place[node]))

    return {repeat.start: repeat for repeat in folding.repeats(graph, order, peculiar)}


def add_once(
    scene: Scene,
    graph: Graph | Drawing,
    order: list[Node],
    repeat: Repeat,
    sources: dict[Node, Source],
    frame: Frame,
    calls: dict[Node, Call],
) -> None:
    """Add the first of equal parts in a row, and arrows from it to itself for those from one to the next."""
    place = {node: i for i, node in enumerate(graph.order)}
    start, period, times = repeat
    first = order[start : start + period]
    members = set(first)
    scene.n_folded += 1
    name = scene.n_folded
    n_arrows = len(scene.arrows)
    if period > 1:
        frame = scene.frame(None, None, frame)
        frame.repeats = times
    for q, node in enumerate(first):
        taken_by_next = order[start + period + q].sources()
        links = [Link(name, giver) if giver in members else None for giver in taken_by_next]
        source = scene.sources_of(node, sources, links)
        before = len(frame.content)
        sources[node] = scene.add(node, graph.modules.get(node), source, frame, calls.get(node), place[node])
        for item in frame.content[before:]:
            last = order[start + (times - 1) * period + q]
            item.last = last if last.name != node.name else None
            item.repeats = times if period == 1 else 1
    for i in range(start + period, repeat.stop):
        sources[order[i]] = sources[order[start + (i - start) % period]]
    for arrow in scene.arrows[n_arrows:]:
        for link in arrow.tail.links:
            if link.repeat == name:
                path = (*link.path, *arrow.tail.element[link.n_elements :])
                for _, port in ports(elements(sources[link.giver], path)):
                    if port.box is not arrow.tail.box:
                        scene.arrows.append(Arrow(port, arrow.head, arrow.place, None, leap="repeat"))
