"""Steps: a run that goes on one node at a time, there and back, and can be looked at wherever it stands."""

from __future__ import annotations

import numpy as np

from graphnet.inspect.walk import Walk
from graphnet.module import Module
from graphnet.nesting import Nested, map_nested
from graphnet.plan import Plan
from graphnet.splicing import Call
from graphnet.stepping import Stops, backwards, forwards
from graphnet.tape import Tape


class Steps(Walk[Tape]):
    """A run forwards that goes on one node at a time, also through the nodes and time steps of recurrences.

    Every stop is a node that has just run. One goes on and back, to a node, to a time step, or until a condition holds;
    nothing runs before one goes on to it. Calls of containers are seen through. It is a run as any other: random
    modules draw, and the latest ``forward`` stays what it is.

    Parameters
    ----------
    net : Module
    x : ndarray or nested list
        The input, as ``net.forward`` takes it.

    Notes
    -----
    What nngraph's users did with ``print`` in modules of their own.

    Examples
    --------
    >>> import graphnet as gn
    >>> from graphnet import modules as nn
    >>> x = nn.Identity()(); half = nn.Sigmoid()(x); y = nn.MulConstant(4)(half); gn.annotate_nodes()
    >>> steps = gn.gModule([x], [y]).steps(np.zeros(2))
    >>> steps.next(), steps.to("half").output
    (Stop(x forward), array([0.5, 0.5]))
    >>> steps.finish().output
    array([2., 2.])
    >>> back = steps.backward_steps(np.ones(2))
    >>> back.until(lambda stop: abs(stop.grad).max(initial=0) > 3)
    Stop(half backward)
    >>> back.here.grad_input, back.finish()
    (array([1., 1.]), array([1., 1.]))
    """

    def __init__(self, net: Module, x: Nested) -> None:
        self.net = net
        plan = net.plan()
        super().__init__(forwards(plan, plan.admit(x)), _stopped_at(plan), plan)

    @property
    def tape(self) -> Tape | None:
        """The tape of the run, when all nodes have run; None before."""
        return self._result[0] if self._result else None

    def backward_steps(self, dy: Nested, scale: float = 1.0) -> BackwardSteps:
        """Run the nodes that are left, and return the way back, one node at a time.

        Parameters
        ----------
        dy : ndarray or nested list
            The gradient of the output, of its structure and shapes.
        scale : float
            A factor on what is added to the parameters' gradients.
        """
        return BackwardSteps(self.finish(), dy, scale)


class BackwardSteps(Walk[Nested]):
    """The way back over a run, one node at a time: as :meth:`~graphnet.Tape.backward`, it adds to the gradients.

    Parameters
    ----------
    tape : Tape
    dy : ndarray or nested list
        The gradient of the output.
    scale : float
        A factor on what is added to the parameters' gradients.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> net = nn.Sequential(nn.Linear(2, 1), nn.Tanh())
    >>> back = BackwardSteps(net.run(np.ones(2)), np.ones(1))
    >>> [stop.path for stop in back]
    ['[1] Tanh()', '[0] Linear(2, 1)']
    >>> sorted(back.here.parameter_gradients)
    ['bias', 'weight']
    """

    def __init__(self, tape: Tape, dy: Nested, scale: float = 1.0) -> None:
        self.tape = tape
        stops = _unwrapped(backwards(tape, tape.plan.admit_gradient(tape, dy), scale, accumulate=True))
        super().__init__(stops, _stopped_at(tape.plan)[::-1], tape.plan)


def _unwrapped(stops: Stops[list[Nested]]) -> Stops[Nested]:
    """Return a copy of the gradient of the input as the user has it: that of a single input by itself."""
    found = map_nested(np.copy, (yield from stops))
    return found[0] if len(found) == 1 else found


def _stopped_at(plan: Plan) -> list[Call]:
    return [call for call in plan.executed if not call.helper]
