"""Sections: the equations of a net, of modules that it calls at several places, and of steps that run in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graphnet.equations.inlining import inlined
from graphnet.equations.leaves import Variable
from graphnet.equations.notation import Applied
from graphnet.equations.reading import Formula, Reading, read
from graphnet.gmodule import gModule
from graphnet.inference import inputs_of
from graphnet.module import Module
from graphnet.nesting import leaves
from graphnet.recurrence import Recurrence
from graphnet.recurrence.feedback import feedback_places
from graphnet.shapes import as_shape


@dataclass
class Section:
    """The equations of one plan.

    Attributes
    ----------
    module : Module
        Whose they are: the net, a container, or a Recurrence, whose step they are of.
    reading : Reading
    formulas : list of Formula
    feedback : tuple of (int, int)
        For a step: the places of the outputs that are fed back, and of the inputs that they feed.
    constants : tuple of int
        For a step: the places of the inputs that are the same at every step.
    in_time : bool
        Whether it is a step.
    applied : Applied or None
        The first call of what is written as a function.
    outputs : list of list of Variable
        For each output of the plan the variables in it: one, or those of a list.
    """

    module: Module
    reading: Reading
    formulas: list[Formula]
    feedback: tuple[tuple[int, int], ...] = ()
    constants: tuple[int, ...] = ()
    in_time: bool = False
    applied: Applied | None = None
    outputs: list[list[Variable]] = field(default_factory=list)

    @property
    def recurrence(self) -> Recurrence | None:
        """The recurrence whose step this is."""
        return self.module if isinstance(self.module, Recurrence) else None

    @property
    def previous(self) -> str:
        """The time of what is fed back."""
        return "t+1" if self.recurrence is not None and self.recurrence.reverse else "t-1"


def sections_of(net: Module, inline: bool, shape: Any = None) -> list[Section]:
    """Return the sections of a net, its own first."""
    found: list[Section] = []
    seen = {id(net)}
    pending: list[tuple[Module, Applied | None]] = [(net, None)]
    while pending:
        module, applied = pending.pop(0)
        section = _section_of(module, inline, shape if module is net else None)
        section.applied = applied
        found.append(section)
        for called in section.reading.called:
            if id(called.module) not in seen:
                seen.add(id(called.module))
                pending.append((called.module, called))
    return found


def _section_of(module: Module, inline: bool, shape: Any) -> Section:
    if isinstance(module, Recurrence):
        reading = read(module.step.plan(), None if shape is None else module.inner_shapes(as_shape(shape))["step"])
        section = Section(module, reading, [], module.feedback, module.wiring.constants, True)
    else:
        plan = module.plan()
        reading = read(plan, None if shape is None else inputs_of(plan, as_shape(shape)))
        pairs = _feedback_by_name(module)
        section = Section(module, reading, [], pairs, (), bool(pairs))
    section.formulas = inlined(reading) if inline else list(reading.formulas)
    _name_outputs(section)
    return section


def _feedback_by_name(module: Module) -> tuple[tuple[int, int], ...]:
    """Return what would be fed back, if the net were the step of a recurrence; nothing if it is none by its names."""
    if not isinstance(module, gModule):
        return ()
    try:
        return feedback_places(module.graph(), None)
    except ValueError:
        return ()


def _name_outputs(section: Section) -> None:
    """Give every output a variable of its own, with an equation, also where it is an input or another output."""
    reading = section.reading
    nodes = reading.plan.splice.output_nodes
    fed = {output for output, _ in section.feedback}
    taken: dict[Variable, tuple[str | None, bool]] = dict.fromkeys(reading.inputs, (None, True))
    for place, (value, node) in enumerate(zip(reading.outputs, nodes, strict=True)):
        section.outputs.append([])
        for variable in leaves(value):
            mine = (None if isinstance(value, list) else node.name, place in fed)
            if variable in taken and (variable in reading.inputs or taken[variable] != mine):
                new = Variable(variable.register, variable.path, variable.shape)
                section.formulas.append(Formula([new], variable))
                if mine[0]:
                    reading.names[new] = [(0, mine[0], mine[0], ())]
                variable = new
            elif mine[0]:  # before the names of containers whose output it is, too
                reading.names[variable] = [(-1, mine[0], mine[0], ()), *reading.names[variable]]
            taken[variable] = mine
            section.outputs[place].append(variable)


def variables_of(section: Section) -> Iterator[Variable]:
    """Yield the inputs, and all that have an equation."""
    yield from section.reading.inputs
    for formula in section.formulas:
        yield from formula.targets
