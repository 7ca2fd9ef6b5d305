"""Marks: what is red in a picture: nodes at which a run failed, whose gradient is wrong, or whose shapes cannot fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from graphnet.draw.look.text import short_place
from graphnet.draw.scene.flow import part
from graphnet.draw.scene.parts import Arrow, Box, Frame
from graphnet.inference import ShapeError
from graphnet.inspect import GradientReport, NaNOrigin
from graphnet.mends import Conflict
from graphnet.node import Node
from graphnet.shapes import written

if TYPE_CHECKING:
    from graphnet.plan import Plan
    from graphnet.recurrence import Recurrence
    from graphnet.splicing import Call, Site

# What a picture can show in red.
Failed: TypeAlias = BaseException | Node | GradientReport | NaNOrigin


class Mark(NamedTuple):
    """A node in red.

    Attributes
    ----------
    where : tuple of Call, or Node
        The site of one call; or a node, wherever it is called.
    message : str
        Stands in the tooltip.
    label : str
        Stands below the node's name.
    conflict : Conflict or None
        Shapes that do not fit on the wires to this node.
    outlined : bool
        Only the outline is red: the node is not at fault, but has to do with it.
    times : tuple of int
        The time steps of the recurrences around it, the outermost first, if it is a matter of these.
    """

    where: Site | Node
    message: str
    label: str = ""
    conflict: Conflict | None = None
    outlined: bool = False
    times: tuple[int, ...] = ()

    def name(self) -> str:
        """Return what the node is called."""
        return (self.where if isinstance(self.where, Node) else self.where[-1].node).label()


def marks_of(failed: Failed | None) -> Iterator[Mark]:
    """Yield the marks that a picture of a failure has.

    Raises
    ------
    TypeError
        If it is nothing that a picture can show.
    """
    if isinstance(failed, Node):
        yield Mark(failed, "")
    elif isinstance(failed, GradientReport):
        for check in failed.wrong:
            place = "" if check.place is None else str(list(check.place))
            label = f"∂{check.name}{place}: {check.computed:.4g}, not {check.numeric:.4g}"
            yield Mark(check.site, check.told(), label)
    elif isinstance(failed, NaNOrigin):
        kind = "NaN" if failed.result.n_nan else "infinity"
        when = "".join(f", step {t}" for t in failed.stop.times)
        message = _without_folders(failed.message, failed.site)
        yield Mark(failed.site, message, f"{kind}, {failed.stop.direction}{when}", times=failed.stop.times)
    elif isinstance(failed, ShapeError):
        around, conflict = failed.innermost
        if conflict is not None:
            label = f"cannot take {written(conflict.taken)}"
            message = _without_folders(f"failed: ShapeError: {conflict.message}", (*failed.site, *conflict.makers))
            yield Mark(failed.site, message, label, conflict)
            for maker in conflict.makers:
                told = f"gives {written(conflict.shapes[maker.target])}"
                yield Mark((*around, maker), told, outlined=True)
    elif isinstance(failed, BaseException):
        calls: Site = getattr(failed, "graphnet_calls", ())  # of the plan of a step before that of the net
        nodes: tuple[Node, ...] = getattr(failed, "graphnet_nodes", ())  # of a drawing that was refused
        message = f"{type(failed).__name__}: {failed}"
        if calls:
            yield Mark(tuple(reversed(calls)), f"failed: {message}", message)
        elif nodes:
            yield Mark(nodes[0], "", "refused")
    elif failed is not None:
        raise TypeError(
            "failed is the exception that a run raised, a node, or what check_gradients or find_nan found, not "
            f"{type(failed).__name__}"
        )


def _without_folders(message: str, calls: Iterable[Call]) -> str:
    """Return a message that tells where calls were written as pictures tell it."""
    for call in calls:
        around: Call | None = call
        while around is not None:
            if (place := around.node.place) is not None:
                message = message.replace(str(place), short_place(place))
            around = around.parent
    return message


class Marks:
    """The marks of a picture, and which of its boxes and frames they are on.

    Parameters
    ----------
    failed : exception, Node, GradientReport, NaNOrigin or None
        An exception that no node raised marks nothing.
    plan : Plan or None
        The net's plan. If the marked calls are of this plan, it is known exactly where they stand; if not, as after a
        change of the net, their nodes and modules tell.
    shown_as_step : Recurrence, optional
        The net, if it is a recurrence: the picture shows its step, without a frame for the call of the recurrence.
    """

    def __init__(self, failed: Failed | None, plan: Plan | None, shown_as_step: Recurrence | None = None) -> None:
        self._by_node: dict[Node, list[Mark]] = {}
        self._by_site: dict[Site, list[tuple[Mark, bool]]] = {}
        self._by_chain: list[tuple[list[Call], Mark]] = []
        known = set() if plan is None else set(plan.calls)
        for mark in marks_of(failed):
            if isinstance(mark.where, Node):
                self._by_node.setdefault(mark.where, []).append(mark)
                continue
            # The picture may be of a net inside of the one that failed.
            first = next((n for n, call in enumerate(mark.where) if call in known), None)
            sites = sites_around(mark.where[first or 0 :])
            if first is not None:
                for n, site in enumerate(sites):
                    self._by_site.setdefault(site, []).append((mark, not n))
            else:
                chain = [site[-1] for site in sites]
                if chain[-1].module is shown_as_step:
                    chain.pop()
                self._by_chain.append((chain, mark))

    def marked(self) -> frozenset[Node | Call]:
        """Return the nodes and calls that are marked, or inside of which something is; they are not folded away."""
        chains = [call for chain, _ in self._by_chain for call in chain]
        nodes = [call.node for call in chains]
        return frozenset([*self._by_node, *(site[-1] for site in self._by_site), *chains, *nodes])

    def on(self, item: Box | Frame) -> list[tuple[Mark, bool]]:
        """Return the marks on a box or frame or inside of it, each with whether the node is this box itself."""
        if item.node is None:
            return []
        found = [(mark, True) for mark in self._by_node.get(item.node, [])]
        if item.site is not None:
            found += self._by_site.get(item.site, [])
        depth = _depth(item)
        for chain, mark in self._by_chain:
            if depth < len(chain) and _is_call(item, chain[len(chain) - 1 - depth]):
                found.append((mark, depth == len(chain) - 1))
        return [(mark, itself) for mark, itself in found if not _at_another_time(mark, item)]

    def on_wire(self, arrow: Arrow) -> str:
        """Return what is written on an arrow to a node that cannot take the shape that comes by it; else nothing."""
        for mark, itself in self.on(arrow.head):
            if mark.conflict is not None and itself:
                conflict = mark.conflict
                shape = written(part(conflict.taken, arrow.place))
                if isinstance(conflict.taken, list):
                    return shape
                return " ≠ ".join(map(str, conflict.sizes or ())) or f"{shape} into {conflict.call.action()}"
        return ""

    def notes(self, boxes: Iterable[Box]) -> Iterator[tuple[Box, str]]:
        """Yield what would fit, with the box that it is a note to."""
        for box in boxes:
            for mark, itself in self.on(box):
                if mark.conflict is not None and itself and mark.conflict.mends:
                    yield box, mark.conflict.mend


def sites_around(site: Site) -> list[Site]:
    """Return a site and those of all that stands around it, the innermost first."""
    found: list[Site] = []
    for n in range(len(site), 0, -1):
        call: Call | None = site[n - 1]
        while call is not None:
            found.append((*site[: n - 1], call))
            call = call.parent
    return found


def _at_another_time(mark: Mark, item: Box | Frame) -> bool:
    """Tell whether a box of an unrolled recurrence is of another step than the marked one."""
    times = item.times if isinstance(item, Box) else ()
    return bool(times) and bool(mark.times) and mark.times[: len(times)] != times


def _depth(item: Box | Frame) -> int:
    """Return how many frames stand around it."""
    frame = item.frame if isinstance(item, Box) else item.parent
    depth = 0
    while frame is not None and frame.parent is not None:
        depth += frame.node is not None
        frame = frame.parent
    return depth


def _is_call(item: Box | Frame, call: Call) -> bool:
    """Tell whether this is the call, as far as node and module tell: a container draws its own nodes anew each time."""
    if item.node is call.node:
        return True
    both_drawn_by_a_container = item.node is not None and item.node.place is None and call.node.place is None
    return both_drawn_by_a_container and item.module is not None and item.module is call.module
