"""compile: what users call."""

from __future__ import annotations

import copy
from dataclasses import dataclass, fields
from typing import TypeVar

from graphnet.compile.executor import CompiledPlan
from graphnet.compile.options import Options
from graphnet.module import Module
from graphnet.plan import Plan

Net = TypeVar("Net", bound=Module)


@dataclass(frozen=True)
class Compiler:
    """The executor of compiled nets."""

    options: Options

    def plan_of(self, module: Module) -> Plan:
        return CompiledPlan(module, self.options)


def compile(net: Net, **transformations: bool) -> Net:  # noqa: A001  # what it is called elsewhere
    """Return a net of the same modules and parameters that runs faster, there and back.

    To its user it is the same: an object of the same class, with ``forward``, ``backward``, ``run``, ``parameters``,
    modes, states and lengths; only what runs it is another. What is shared is shared both ways: a step of an optimizer
    on the one is one on the other.

    Everything between two matrix products becomes one kernel, generated from the modules' own formulas, whatever was
    drawn; what no state waits for runs once for all time steps; weights get their gradients once, after the loop; a
    large batch is split over threads (:func:`graphnet.set_num_threads`). Numbers are those of the interpreter, to
    rounding: 1e-10 in float64, 1e-4 in float32.

    It is compiled when it first runs, for each kind of input (numbers of dimensions, widths, types) and each mode;
    numbers of rows and steps may change freely. Machine code is kept on disk, in the user's cache folder or in
    ``GRAPHNET_CACHE`` ("off" for nowhere). A module that says nothing of what it does to rows
    (:meth:`graphnet.Module.trace`) is called as it is, and the rest is compiled around it; ``explain`` tells which.

    Parameters
    ----------
    net : Module
        Usually a gModule or a Recurrence.
    **transformations : bool
        Transformations to leave out, for those who want to see what each does: ``fission``, ``postponing``, ``fusion``,
        ``sharing``, ``buffers``; or ``machine_code=False``, so that NumPy runs the same programs.

    Returns
    -------
    Module
        Of the net's class. Its values are its own; files, of either, hold the net alone.

    Raises
    ------
    TypeError
        If it is no module, or a transformation has another name.

    Warns
    -----
    RuntimeWarning
        Once, if no machine code can be made; ``pip install "graphnet-nn[fast]"`` brings what makes it.

    Notes
    -----
    Values inside of a run are not kept: when a tape is asked for one, ``tape["forget_gate"]``, the interpreter computes
    it, from the same random numbers. Change parameters after the ``backward`` of a tape, not before. Arrays that
    modules keep besides parameters are read when they are compiled: assign others, do not write into them.
    Modules inside are shared with the net; the mode and the type of the outermost one are each one's own, so call
    ``evaluate()`` and ``float()`` on what runs.

    Examples
    --------
    >>> import numpy as np, graphnet as gn
    >>> from graphnet import modules as nn
    >>> net = gn.Recurrence(nn.layer_norm_lstm(3, 8))
    >>> fast = gn.compile(net)
    >>> x = np.random.default_rng(0).normal(size=(20, 5, 3))
    >>> bool(np.allclose(fast.forward(x), net.forward(x), rtol=1e-10))
    True
    """
    if not isinstance(net, Module):
        raise TypeError(f"compile takes a net, a module with all that is in it; it was given {net!r}")
    names = [field.name for field in fields(Options)]
    for name, chosen in transformations.items():
        if name not in names:
            raise TypeError(f"compile knows the transformations {', '.join(names)}; not {name}")
        if not isinstance(chosen, bool):
            raise TypeError(f"compile's {name} is True or False, not {chosen!r}")
    compiled = copy.copy(net)
    compiled._plan = None
    compiled._executor = Compiler(Options(**transformations))
    return compiled
