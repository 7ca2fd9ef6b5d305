"""Recording: the stops of a run, there and back, as data that a page can show: every array and every node once."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.draw.look.text import clean, cut, short_place
from graphnet.inspect import BackwardSteps, Steps
from graphnet.inspect.untouched import untouched
from graphnet.module import Module
from graphnet.nesting import Array, Nested, leaves, map_nested
from graphnet.pages.tensors import tensors_data
from graphnet.splicing import Site
from graphnet.stepping import Stop
from graphnet.tape import Tape

MOST_PARTS = 8  # of a list that are shown
MOST_CHARACTERS = 200  # of a name or a label


class Recording:
    """A run, forwards and then backwards, node by node, of which the net keeps nothing.

    Parameters
    ----------
    net : Module
    x : ndarray or nested list
        The input.
    dy : ndarray or nested list, optional
        The gradient of the output; by default ones.
    most : int
        How many stops are recorded in each direction, the first ones.

    Attributes
    ----------
    sites : list of tuple of Call
        Where the nodes stand, in the order in which they are first seen.
    nodes, tensors, stops : list
        What the page has: ``stops`` refer to ``nodes`` and ``tensors`` by their places.
    counts : dict of str to int
        How many stops there are in each direction, recorded or not.
    failure : str
        What a node raised, if one did; the stops before it are recorded.
    failing : tuple of Call
        Where that node stands.
    tape : Tape or None
        The run's, if no node failed on the way there.
    first : Stop
        The first one.

    Raises
    ------
    ValueError
        If the net has no node at all; and whatever the first one raises.
    """

    def __init__(self, net: Module, x: Nested, dy: Nested = None, *, most: int = 2000) -> None:
        self.sites: list[Site] = []
        self.nodes: list[dict[str, Any]] = []
        self.stops: list[dict[str, Any]] = []
        self.counts = {"forward": 0, "backward": 0}
        self.failure = ""
        self.failing: Site = ()
        self.tape: Tape | None = None
        self._first: Stop | None = None
        self._most = most
        self._node_numbers: dict[Site, int] = {}
        self._tensor_numbers: dict[int, int] = {}
        self._held: list[Array] = []  # so that no other array gets the identity of one that is recorded
        with untouched(net):
            steps = net.steps(x)
            if self._follow(steps):
                self.tape = steps.finish()
                ones = map_nested(np.ones_like, self.tape.result())
                self._follow(steps.backward_steps(ones if dy is None else dy))
        if not self.stops:
            raise ValueError(f"{net.label()} has no node to stop at")
        self.tensors = tensors_data(self._held)

    @property
    def first(self) -> Stop:
        assert self._first is not None  # else nothing was recorded, and this was never made
        return self._first

    def _follow(self, steps: Steps | BackwardSteps) -> bool:
        """Record the stops of one direction; tell whether all nodes ran."""
        try:
            for stop in steps:
                self._first = self._first or stop
                self.counts[stop.direction] += 1
                if self.counts[stop.direction] <= self._most:
                    self.stops.append(self._stop(stop))
        except Exception as error:
            if not self.stops:  # nothing can be shown
                raise
            notes = "\n".join(getattr(error, "__notes__", []))
            self.failure = clean(f"{type(error).__name__}: {error}\n{notes}").strip()
            self.failing = tuple(reversed(getattr(error, "graphnet_calls", ())))  # they tell the innermost first
            return False
        return True

    def _stop(self, stop: Stop) -> dict[str, Any]:
        data: dict[str, Any] = {"node": self._node(stop), "input": self._parts(stop.held("input"))}
        data["output"] = self._parts(stop.held("output"))
        if stop.times:
            data["times"] = list(stop.times)
        parameters = stop.parameter_arrays()
        if parameters:
            data["parameters"] = {name: self._tensor(value) for name, value in parameters.items()}
        if stop.direction == "backward":
            data["back"] = 1
            data["grad_output"] = self._parts(stop.held("grad_output"))
            data["grad_input"] = self._parts(stop.held("grad_input"))
            if parameters:
                data["gradients"] = {name: self._tensor(value) for name, value in stop.accumulated().items()}
        return data

    def _node(self, stop: Stop) -> int:
        if stop.site not in self._node_numbers:
            self._node_numbers[stop.site] = len(self.nodes)
            self.sites.append(stop.site)
            call = stop.site[-1]
            sources = [cut(clean(node.label()), 40) for node in stop.node.sources()]
            described = {
                "name": stop.name or "",
                "action": call.action(),
                "path": stop.path,
                "place": "" if stop.place is None else short_place(stop.place),
                "description": stop.node.description or "",
            }
            self.nodes.append({key: cut(clean(text), MOST_CHARACTERS) for key, text in described.items()})
            self.nodes[-1]["sources"] = sources if len(sources) > 1 else []
        return self._node_numbers[stop.site]

    def _parts(self, value: Nested) -> list[int]:
        """Return the numbers of a value's arrays, the first ones; a negative last number tells how many are left."""
        arrays = list(leaves(value))
        numbers = [self._tensor(array) for array in arrays[:MOST_PARTS]]
        return numbers if len(arrays) <= MOST_PARTS else [*numbers, MOST_PARTS - len(arrays)]

    def _tensor(self, array: Array) -> int:
        if id(array) not in self._tensor_numbers:
            self._tensor_numbers[id(array)] = len(self._held)
            self._held.append(array)
        return self._tensor_numbers[id(array)]
