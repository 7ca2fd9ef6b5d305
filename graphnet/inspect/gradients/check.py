"""Compare the gradients that a net computes with differences of its values: of the whole net, and of each node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from graphnet.inspect.gradients.differences import Differences, GradientCheck
from graphnet.inspect.gradients.report import GradientReport, NodeCheck
from graphnet.inspect.progress import Progress
from graphnet.inspect.untouched import steady_statistics
from graphnet.module import Module
from graphnet.nesting import Array, Nested, leaves, map_nested
from graphnet.plan import Plan
from graphnet.random import drawing_from, generator
from graphnet.recurrence import Recurrence
from graphnet.splicing import Call, Site
from graphnet.stepping import Stop, forwards
from graphnet.tape import Tape

# Outputs beyond this are weighted down.
LARGE = 100

# Numbers that are moved by less, beside their own size, may stay what they are.
LEAST_STEP = 1e-12


def check_gradients(module: Module, x: Nested, *, step: float = 1e-6, tolerance: float = 1e-6) -> GradientReport:
    """Check the gradients of all inputs and parameters numerically, and find the nodes that compute wrong ones.

    First the net is checked as a whole, then every node by itself, at the values that flow there; inside recurrences,
    at those of the first and the last step; where these are right and the recurrence is not, at those of the others.
    So where one module is wrong, the report names it, although its error spreads to the gradients of all that stands
    before it.

    The loss is a fixed random weighting of the output. Numbers are moved up and down by ``step``: each number of a
    small array; those of a large one together at first, each by a length of its own, and then in ever smaller groups
    where that does not hold. Where no slope is found so, for rounding or a bend, other steps are tried, too. Where the
    loss has a kink, as ReLU has at 0, a gradient between the slopes of both sides is right. A copy of the module in
    float64 is checked, so the module stays as it is; random modules draw the same each time.

    Gradients of parameters are computed twice, the second time with half the ``scale``: a module that overwrites what
    is there, or leaves ``scale`` out, is wrong, too; told as computed is then what it added, divided by ``scale``.
    Recurrences go all the way back, without ``truncate``.

    Parameters
    ----------
    module : Module
        Any module; a criterion too, with ``x = [input, target]``.
    x : ndarray or nested list
        The input. Integer arrays are indices, and are left alone.
    step : float
        How far the numbers are moved, at least 1e-12. Central differences have an error of about step².
    tolerance : float
        The error up to which a gradient counts as right.

    Returns
    -------
    GradientReport
        Its ``ok`` tells whether all are right; printed, it names the wrong ones, and the nodes at fault. A notebook
        shows the net with these in red.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> print(check_gradients(nn.Linear(2, 1), np.array([0.5, -1.0])).ok)
    True
    >>> class Wrong(nn.Tanh):
    ...     def slope(self, x, y):
    ...         return 1 - y
    >>> report = check_gradients(nn.Sequential(nn.Linear(2, 2), Wrong(), nn.Linear(2, 1)), np.array([0.5, -1.0]))
    >>> [(check.path, check.name) for check in report.wrong]
    [('[1] Wrong()', 'input')]
    """
    if not step >= LEAST_STEP:
        raise ValueError(f"step, how far numbers are moved, must be at least {LEAST_STEP:g}, not {step!r}")
    double = module.clone().double()
    for inside in double.list_modules():
        if isinstance(inside, Recurrence):
            inside.truncate = None  # it drops gradients on purpose
    own = np.random.default_rng()
    own.bit_generator.state = generator().bit_generator.state
    with drawing_from(own), np.errstate(all="ignore"):  # infinities and NaN are values
        net = _Checked(double, double.plan().admit(x), own, step, tolerance)
        stops = net.stops()
        ends = [stop for at_site in stops.values() for stop in dict.fromkeys([at_site[0], at_site[-1]])]
        n_arrays = len(net.arrays())
        with Progress("checking gradients", n_arrays + len(ends), "checks") as progress:
            checks = []
            for check in net.checks():
                checks.append(check)
                progress.step()
            nodes = _Nodes(net, checks, stops)
            for stop in ends:
                nodes.look_at(stop)
                progress.step()
    return GradientReport(module, checks, nodes.found(_counterparts(double.plan(), module.plan())))


class _Checked:
    """A module at one input: its gradients, and its loss whenever numbers of the input or of a parameter are moved."""

    def __init__(self, module: Module, inputs: Nested, own: np.random.Generator, step: float, tolerance: float) -> None:
        self.module = module
        self.inputs = inputs
        self.own = own
        self.start = own.bit_generator.state
        self.options = step, tolerance
        tape = self._run()
        weighting = np.random.default_rng(0)
        self.weights = map_nested(lambda y: _weights(y, weighting), tape.output)
        module.zero_grad_parameters()
        parameters = module.named_parameters()
        with steady_statistics(module):  # the loss must be that of the backward
            self.gradients = tape.backward(self.weights)
            self.of_parameters = {name: parameter.grad.copy() for name, parameter in parameters.items()}
            tape.backward(self.weights, 0.5)
        # What is added to gradients that are there, by scale: the same, if all is right.
        self.added = {name: 2 * (p.grad - self.of_parameters[name]) for name, p in parameters.items()}

    def alone(self, module: Module, x: Nested) -> _Checked:
        """Return one of the modules inside, at another input."""
        return _Checked(module, module.plan().admit(x), self.own, *self.options)

    def _run(self) -> Tape:
        self.own.bit_generator.state = self.start
        return self.module.run(self.inputs)

    def stops(self) -> dict[Site, list[Stop]]:
        """Return, of every call of a module, the stops of a run; those inside of a recurrence before its own."""
        self.own.bit_generator.state = self.start
        plan = self.module.plan()
        found: dict[Site, list[Stop]] = {}
        for stop in forwards(plan, plan.admit(self.inputs)):
            if stop.module is not None:
                found.setdefault(stop.site, []).append(stop)
        return found

    def loss(self) -> list[Array]:
        outputs = leaves(self._run().output)
        return [w * y if w.all() else np.where(w, w * y, 0) for w, y in zip(leaves(self.weights), outputs, strict=True)]

    def arrays(self) -> list[tuple[str, Array, Array]]:
        """Return the name, the numbers and the gradients of all inputs and parameters."""
        arrays, gradients = list(leaves(self.inputs)), list(leaves(self.gradients))
        found = []
        for i, (array, gradient) in enumerate(zip(arrays, gradients, strict=True)):
            if array.dtype.kind == "f":
                found.append(("input" if len(arrays) == 1 else f"input {i}", array, gradient))
        return found + [(name, p.value, self.of_parameters[name]) for name, p in self.module.named_parameters().items()]

    def checks(self) -> Iterator[GradientCheck]:
        differences = Differences(self.loss, *self.options)
        for name, array, gradient in self.arrays():
            check, added = differences.check(name, array, gradient), self.added.get(name, gradient)
            if check.ok and not np.allclose(added, gradient, equal_nan=True):
                check = differences.check(name, array, added)
            yield check


def _weights(y: Array, weighting: np.random.Generator) -> Array:
    """Return the weights of an output in the loss; the rounding of large numbers must not hide the others."""
    weights = weighting.uniform(0.5, 1.5, y.shape) / np.fmax(1, np.abs(y) / LARGE)
    return np.where(np.isinf(y), 0, weights)


class _Nodes:
    """The checks of the nodes, each by itself."""

    def __init__(self, net: _Checked, checks: list[GradientCheck], stops: dict[Site, list[Stop]]) -> None:
        self._net = net
        self._checks = checks
        self._stops = stops
        self._net_ok = all(check.ok for check in checks)
        self._worst: dict[tuple[Site, str], NodeCheck] = {}
        self._around_wrong: set[Site] = set()  # where the recurrences stand in which a node is wrong

    def look_at(self, stop: Stop) -> None:
        """Check what a node calls, at what it takes."""
        module, site = stop.module, stop.site
        assert module is not None
        over_time = isinstance(module, Recurrence)
        # A recurrence is at fault itself only if nothing inside of it is.
        if over_time and (self._net_ok or site in self._around_wrong):
            return
        checks = self._checks if module is self._net.module else self._checks_of(module, stop)
        if over_time and not all(check.ok for check in checks) and self._finds_wrong_inside(site):
            return
        for check in checks:
            found = NodeCheck(**vars(check), site=site, times=stop.times)
            kept = self._worst.setdefault((site, check.name), found)
            if kept.ok and not (found.ok and found.error <= kept.error):
                self._worst[site, check.name] = found
            if not found.ok:
                self._around_wrong.update(site[:n] for n in range(1, len(site)))

    def _finds_wrong_inside(self, site: Site) -> bool:
        """Look inside of a recurrence at the steps between the first and the last, until a node is wrong."""
        for inside, stops in self._stops.items():
            if inside[: len(site)] == site and not isinstance(inside[-1].module, Recurrence):
                for stop in stops[1:-1]:
                    self.look_at(stop)
                    if site in self._around_wrong:
                        return True
        return False

    def _checks_of(self, module: Module, stop: Stop) -> list[GradientCheck]:
        try:
            return list(self._net.alone(module, stop.input).checks())
        except NotImplementedError:  # it has no gradient, and none came to it, since the net's backward did not fail
            return []
        except Exception as error:
            error.add_note(f"while the gradients of {stop.node} were checked by themselves")
            raise

    def found(self, counterparts: dict[Call, Call]) -> list[NodeCheck]:
        """Return the worst check of each array of each node, which stands in another net than in that checked."""
        return [replace(check, site=tuple(counterparts[call] for call in check.site)) for check in self._worst.values()]


def _counterparts(plan: Plan, other: Plan) -> dict[Call, Call]:
    """Return the call of the other plan, of a copy of the same net, for each call, also inside of recurrences."""
    found: dict[Call, Call] = {}
    pending = [(plan, other)]
    while pending:
        for pair in zip(*(p.executed for p in pending.pop()), strict=True):
            found.update([pair])
            steps = [call.module.step.plan() for call in pair if isinstance(call.module, Recurrence)]
            if steps:
                pending.append((steps[0], steps[1]))
    return found
