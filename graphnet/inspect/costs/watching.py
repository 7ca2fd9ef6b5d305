"""Watching: what every call of a net takes, in time or in memory, while the net runs as it always does."""

from __future__ import annotations

from typing import Any

from graphnet.module import Module
from graphnet.nesting import Nested
from graphnet.plan import Plan
from graphnet.recurrence import Recurrence
from graphnet.splicing import Call, Site


class Watch:
    """A copy of a net, whose calls tell when they begin and when they end, also inside of recurrences.

    The calls that are told of are the net's own, not the copy's. What modules run by themselves, as MapTable and
    WeightNorm do, is a part of their call.

    Parameters
    ----------
    net : Module

    Attributes
    ----------
    copy : Module
        What is run.
    own : dict of Call to Call
        The net's call for each of the copy's.
    site : tuple of Call
        Where the call stands that runs.
    """

    def __init__(self, net: Module) -> None:
        self.copy = net.clone()
        self.own: dict[Call, Call] = {}
        self.site: Site = ()
        pairs: list[tuple[Plan, Plan]] = [(net.plan(), self.copy.plan())]
        watched: set[int] = set()
        while pairs:
            own, copied = pairs.pop()
            if id(copied) in watched:  # one step, called at several nodes
                continue
            watched.add(id(copied))
            for call, twin in zip(own.executed, copied.executed, strict=True):
                self.own[twin] = call
                twin.hooks = Watched(twin.hooks, call, self)
                if isinstance(call.module, Recurrence) and isinstance(twin.module, Recurrence):
                    pairs.append((call.module.step.plan(), twin.module.step.plan()))
            copied.program = [
                (call.hooks.update_output, *rest)
                for call, (_, *rest) in zip(copied.executed, copied.program, strict=True)
            ]

    def begin(self, call: Call, direction: str) -> None:
        """Do what has to be done before the work of a call, "forward" or "backward"."""
        self.site = (*self.site, call)

    def end(self) -> None:
        """Do what has to be done after the work of the latest call that has begun."""
        self.site = self.site[:-1]


class Watched:
    """The hooks of a call that is watched."""

    def __init__(self, hooks: Any, call: Call, watch: Watch) -> None:
        self._hooks = hooks
        self._call = call
        self._watch = watch
        # What the engine asks for at every call is found at once.
        self.saves, self.joint, self.accumulates = hooks.saves, hooks.joint, hooks.accumulates

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hooks, name)

    def update_output(self, *given: Any) -> Any:
        self._watch.begin(self._call, "forward")
        try:
            return self._hooks.update_output(*given)
        finally:
            self._watch.end()

    def update_grad_input(self, *given: Any) -> Nested:
        self._watch.begin(self._call, "backward")
        try:
            return self._hooks.update_grad_input(*given)
        finally:
            self._watch.end()

    def acc_grad_parameters(self, *given: Any) -> None:
        self._watch.begin(self._call, "backward")
        try:
            self._hooks.acc_grad_parameters(*given)
        finally:
            self._watch.end()

    def pull_back(self, *given: Any) -> Nested:
        self._watch.begin(self._call, "backward")
        try:
            return self._hooks.pull_back(*given)
        finally:
            self._watch.end()
