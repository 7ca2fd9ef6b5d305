"""What users call: draw, dot and, behind a notebook's display, mimebundle."""

from __future__ import annotations

import os
import pathlib
from typing import TYPE_CHECKING

import networkx as nx

from graphnet.draw.diagram import dot_source
from graphnet.draw.failure import Failure
from graphnet.draw.flow import Flow
from graphnet.draw.parts import Drawing
from graphnet.draw.picture import FORMATS, Picture, check_target, svg_text
from graphnet.draw.scene import Scene
from graphnet.edge import whole_number
from graphnet.module import Module
from graphnet.node import Node
from graphnet.recurrence import Recurrence

if TYPE_CHECKING:
    from graphnet.graph import Digraph, Graph
    from graphnet.tape import Tape

# Beyond this, a layout takes longer than someone waits for a cell of a notebook.
MOST_BOXES_SHOWN_UNASKED = 200
MOST_LINES_SHOWN_UNASKED = 100


def draw(
    net: Module | Digraph,
    file: str | os.PathLike[str] | None = None,
    *,
    tape: Tape | None = None,
    backward: bool = False,
    contract: bool = False,
    expand: bool = True,
    title: str | None = None,
    failed: BaseException | Node | None = None,
    step: int | None = None,
) -> Picture:
    """Draw a net as a picture, which a notebook shows and :meth:`Picture.save` writes.

    Parameters
    ----------
    net : Module or networkx.MultiDiGraph
        Any module, or ``net.fg`` or ``net.bg``.
    file : str or path, optional
        Where to save the picture as well; the name ends in .svg, .png, .pdf, .dot or .gv.
    tape : Tape, optional
        A run of the net: the arrows carry the shapes of its values. By default, for a module, the latest ``forward``
        of this thread.
    backward : bool
        Draw the arrows along the gradients; after ``tape.backward``, with the gradients' shapes.
    contract : bool
        Leave out what computes nothing: Identity between other nodes, lists, elements of lists.
    expand : bool
        Show the inside of containers and inner gModules, in frames; else each is one box.
    title : str, optional
        Stands over the picture.
    failed : exception or Node, optional
        What a run raised: the node at which it failed is red. Or the node itself.
    step : int, optional
        The step of a run whose values are shown inside of recurrences; by default none, since they differ from step to
        step. Negative ones count from the last.

    Returns
    -------
    Picture

    Raises
    ------
    TypeError, ValueError
        If ``net`` cannot be drawn, the tape is of another net, a step is asked for without a run or a recurrence, or
        the file's format is unknown.
    LookupError
        If the run has no such step, or kept none.
    FileNotFoundError
        If the file's folder does not exist.
    RuntimeError
        If a file is wanted and there is no Graphviz.

    Notes
    -----
    A recurrence is shown as its step, with a dashed arrow from each output that is fed back to the input that it is at
    the next step.

    nngraph's ``graph.dot``, ``nngraph.simple_print`` (``contract``) and ``nngraph.setDebug`` (``failed``).

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> picture = draw(nn.Sequential(nn.Linear(3, 8), nn.Tanh()), title="a layer")
    >>> "Linear(3, 8)" in picture.source
    True
    >>> draw(Recurrence(nn.lstm(3, 8))).source.count("t → t+1")
    2
    """
    if file is not None:
        check_target(pathlib.Path(file))
    if isinstance(net, nx.Graph):
        backward = backward or _is_backward(net)
    scene, failure = _scene(net, tape, step, backward=backward, contract=contract, expand=expand, failed=failed)
    picture = Picture(dot_source(scene, backward=backward, title=title, failure=failure))
    if file is not None:
        picture.save(file)
    return picture


def dot(
    graph: Digraph, title: str = "", file: str | os.PathLike[str] | None = None, *, tape: Tape | None = None
) -> Picture:
    """Draw ``net.fg`` or ``net.bg``; with a file name ``x``, write ``x.dot`` and ``x.svg``.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
    title : str
    file : str or path, optional
        The name without an extension; one that a picture can have is taken off.
    tape : Tape, optional
        A run of the net, whose shapes the arrows carry.

    Notes
    -----
    nngraph's ``graph.dot``, which drops the title.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> "LSTM" in dot(nn.lstm(3, 2).fg, "LSTM").source
    True
    """
    picture = draw(graph, title=title, tape=tape)
    if file is not None:
        path = pathlib.Path(file)
        stem = path.with_suffix("") if path.suffix.lower() in FORMATS else path
        for extension in (".dot", ".svg"):
            picture.save(stem.with_name(stem.name + extension))
    return picture


def mimebundle(net: Module) -> dict[str, str]:
    """Return what a notebook shows of a net: its picture, or else why there is none. Nothing is raised."""
    try:
        text = _shortened(repr(net))
    except Exception:  # noqa: BLE001  # a cell's result must not be an error because it cannot be shown
        text = object.__repr__(net)
    try:
        picture = _picture_shown_unasked(net)
        return {"image/svg+xml": svg_text(picture), "text/plain": text}
    except Exception as error:  # noqa: BLE001
        return {"text/plain": f"{text}\n({error})"}


def _shortened(text: str) -> str:
    lines = text.splitlines()
    more = len(lines) - MOST_LINES_SHOWN_UNASKED
    return text if more <= 0 else "\n".join([*lines[:MOST_LINES_SHOWN_UNASKED], f"  ... and {more:,} more"])


def _picture_shown_unasked(net: Module) -> Picture:
    for expand in (True, False):
        scene, failure = _scene(net, None, None, expand=expand)
        if len(scene.boxes) <= MOST_BOXES_SHOWN_UNASKED:
            return Picture(dot_source(scene, backward=False, title=None, failure=failure))
    raise ValueError(f"with {len(scene.boxes)} nodes it is drawn only when asked: gn.draw(net)")


def _scene(
    net: Module | Digraph,
    tape: Tape | None,
    step: int | None,
    *,
    backward: bool = False,
    contract: bool = False,
    expand: bool = True,
    failed: BaseException | Node | None = None,
) -> tuple[Scene, Failure]:
    graph: Graph | Drawing | Recurrence
    plan = None if tape is None else tape.plan
    run = tape
    if isinstance(net, Module):
        graph = net if isinstance(net, Recurrence) else net.graph() or _single(net)
        if plan is None and net._plan is not None and net._plan.is_current():
            plan = net._plan
            run = plan.latest.tape if failed is None else None  # that run is older than the one that failed
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
    scene = Scene(graph, flow, contract=contract, expand=expand)
    if place is not None and not scene.shows_step:
        raise ValueError(f"the picture shows the inside of no recurrence, so there is no step {place} to show")
    failure = Failure(failed, plan, net if isinstance(net, Recurrence) else None)
    return scene, failure


def _is_of(tape: Tape, net: Module | Digraph) -> bool:
    """Tell whether a tape is of a run of this net, or of the net that this graph was made of."""
    module = tape.plan.module
    if isinstance(net, Module):
        return module is net
    graph = module.graph()
    return graph is not None and [net.graph["inputs"], net.graph["outputs"]] == [graph.inputs, graph.outputs]


def _is_backward(graph: Digraph) -> bool:
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
    forward = graph.reverse(copy=False) if _is_backward(graph) else graph
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
