"""Subject: what a picture is of: the graph of what draw was given, the run whose values it shows, and what is red."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx

from graphnet.draw.look.marks import Failed, Marks
from graphnet.draw.scene.flow import Flow
from graphnet.draw.scene.overview import LARGE, Shown, scene_of
from graphnet.draw.scene.parts import Drawing
from graphnet.edge import whole_number
from graphnet.inference import ShapeError
from graphnet.module import Module
from graphnet.node import Node
from graphnet.recurrence import Recurrence
from graphnet.tape import Tape

if TYPE_CHECKING:
    from graphnet.draw.scene.scene import Scene
    from graphnet.graph import Digraph, Graph
    from graphnet.plan import Plan


def scene_and_marks(
    net: Module | Digraph,
    tape: Tape | None,
    step: int | None,
    shown: Shown,
    *,
    backward: bool = False,
    failed: Failed | None = None,
    most: int = LARGE,
) -> tuple[Scene, Marks]:
    """Return what a picture shows, and what of it is red; the arguments are those of :func:`graphnet.draw.draw`.

    Of a module without a tape, the latest run of this thread is shown. There are no more than ``most`` boxes, unless
    they are asked for.
    """
    graph: Graph | Drawing | Recurrence
    plan = None if tape is None else tape.plan
    run = tape
    if isinstance(net, Module):
        graph = net if isinstance(net, Recurrence) else net.graph() or _single(net)
        if plan is None and net._plan is not None and net._plan.is_current():
            plan = net._plan
            run = plan.latest.tape if failed is None else _known_shapes(failed, plan)
    elif isinstance(net, nx.MultiDiGraph) and {"inputs", "outputs"} <= net.graph.keys():
        graph = _drawing_of(net)
    else:
        raise TypeError(f"draw takes a module, or a graph as net.fg and net.bg are, not {net!r}")
    if tape is not None and not _is_of(tape, net):
        raise ValueError(f"the tape is of a run of {tape.plan.module.label()}, not of what is to be drawn")
    place = None if step is None else whole_number(step, "draw's step")
    if place is not None and run is None:
        raise ValueError(f"there is no run to show step {place} of: pass tape=net.run(x), or call forward(x) before")
    flow = Flow(plan, run, backward=backward, step=place)
    if place is not None and shown.unroll is not None:
        raise ValueError("step shows one step of a run, unroll several; pass one of them")
    marks = Marks(failed, plan, net if isinstance(net, Recurrence) else None)
    around = net if isinstance(net, Module) else None
    scene = scene_of(graph, flow, shown._replace(apart=marks.marked(), around=around), most)
    if not scene.shows_step and (place is not None or shown.unroll is not None):
        what = f"step {place} to show" if shown.unroll is None else "step to unroll"
        raise ValueError(f"the picture shows the inside of no recurrence, so there is no {what}")
    return scene, marks


def scene_of_plan(net: Module, shown: Shown) -> Scene:
    """Return what the picture of a compiled plan shows: the nodes, without what flowed along the arrows."""
    graph = net if isinstance(net, Recurrence) else net.graph() or _single(net)
    return scene_of(graph, Flow(net.plan(), None, backward=False), shown._replace(around=net))


def _known_shapes(failed: Failed, plan: Plan) -> Tape | None:
    """Return what is known of the shapes where they do not fit; no run, since the latest is older than what failed."""
    conflict = failed.conflict if isinstance(failed, ShapeError) else None
    return Tape(plan, None, conflict.shapes, {}) if conflict is not None and conflict.plan is plan else None


def _is_of(tape: Tape, net: Module | Digraph) -> bool:
    """Tell whether a tape is of a run of this net, or of the net that this graph was made of."""
    module = tape.plan.module
    if isinstance(net, Module):
        return module is net
    graph = module.graph()
    return graph is not None and [net.graph["inputs"], net.graph["outputs"]] == [graph.inputs, graph.outputs]


def is_backward(graph: Digraph) -> bool:
    """Tell whether the edges follow the gradients: by themselves, for networkx can reverse a graph, too."""
    for tail, head in graph.edges():
        if isinstance(tail, Node) and isinstance(head, Node):
            return head in tail.sources()
    return bool(graph.graph.get("direction") == "backward")


def _single(module: Module) -> Drawing:
    """Return the drawing of a module that is not made of others: one node."""
    node = Node(module)
    return Drawing([node], [node], [node], {node: module})


def _drawing_of(graph: Digraph) -> Drawing:
    """Return what is left in a networkx graph, which may be a part of the net's or one that the user changed."""
    strangers = [node for node in graph if not isinstance(node, Node)]
    if strangers:
        raise TypeError(f"draw takes a graph over nodes, as net.fg is; it has {strangers[0]!r}")
    forward = graph.reverse(copy=False) if is_backward(graph) else graph
    order = list(forward)
    if graph is not forward:
        order.reverse()
    place = {node: i for i, node in enumerate(order)}
    if any(place[tail] > place[head] for tail, head in forward.edges()):
        order = list(nx.topological_sort(forward))
    hidden = {
        (node, i)
        for node in order
        for i, source in enumerate(node.sources())
        if not forward.has_edge(source, node, key=i)
    }
    inputs, outputs = ([n for n in graph.graph[which] if n in graph] for which in ("inputs", "outputs"))
    modules = {node: module for node, module in graph.nodes(data="module") if module is not None}
    return Drawing(inputs, outputs, order, modules, frozenset(hidden))
