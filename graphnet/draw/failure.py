"""Failure: the node of a drawing at which a run failed, for the picture with this node in red."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphnet.draw.parts import Box, Frame
from graphnet.node import Node

if TYPE_CHECKING:
    from graphnet.plan import Plan
    from graphnet.recurrence import Recurrence
    from graphnet.splicing import Call


class Failure:
    """What is drawn in red.

    Parameters
    ----------
    failed : BaseException, Node or None
        What a run raised, or the node itself. An exception that no node raised marks nothing.
    plan : Plan or None
        The net's plan. If the failing call is one of its calls, it is known exactly where it stands; if not, as after a
        change of the net, its node and its module tell.
    shown_as_step : Recurrence, optional
        The net, if it is a recurrence: the picture shows its step, without a frame for the call of the recurrence.
    """

    def __init__(
        self, failed: BaseException | Node | None, plan: Plan | None, shown_as_step: Recurrence | None = None
    ) -> None:
        if failed is not None and not isinstance(failed, (BaseException, Node)):
            raise TypeError(f"failed is the exception that a run raised, or a node, not {type(failed).__name__}")
        self.node = failed if isinstance(failed, Node) else None
        self.message = f"\n\nfailed: {type(failed).__name__}: {failed}" if isinstance(failed, BaseException) else ""
        calls: list[Call] = getattr(failed, "graphnet_calls", [])  # of the plan of a step before that of the net
        self.exact = plan is not None and bool(calls) and calls[-1] in plan.calls
        self.chain: list[Call] = []  # the failing call and those of what stands around it, innermost first
        for call in calls:
            around: Call | None = call
            while around is not None:
                self.chain.append(around)
                around = around.parent
        if self.chain and self.chain[-1].module is shown_as_step:
            self.chain.pop()

    def marks(self, item: Box | Frame) -> bool:
        """Tell whether the failing node is this box, or stands inside this box or frame."""
        if item.node is None:
            return False
        if self.node is not None:
            return item.node is self.node
        if self.exact:
            return item.call in self.chain
        depth = _depth(item)
        return depth < len(self.chain) and _is_call(item, self.chain[len(self.chain) - 1 - depth])


def _depth(item: Box | Frame) -> int:
    """Return how many frames stand around it."""
    frame = item.frame if isinstance(item, Box) else item.parent
    depth = 0
    while frame is not None and frame.parent is not None:
        frame = frame.parent
        depth += 1
    return depth


def _is_call(item: Box | Frame, call: Call) -> bool:
    """Tell whether this is the call, as far as node and module tell: a container draws its own nodes anew each time."""
    if item.node is call.node:
        return True
    both_drawn_by_a_container = item.node is not None and item.node.place is None and call.node.place is None
    return both_drawn_by_a_container and item.module is not None and item.module is call.module
