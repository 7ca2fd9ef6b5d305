"""Heads: what stands before the equations of functions and of steps."""

from __future__ import annotations

from collections import Counter

from graphnet.equations.leaves import Variable
from graphnet.equations.naming import Names
from graphnet.equations.reading import Formula
from graphnet.equations.sections import Section
from graphnet.equations.symbols import plain_text
from graphnet.recurrence import Recurrence


def functions_of(sections: list[Section]) -> dict[int, str]:
    """Return the symbols of the modules that are written as functions: name or class, with a number if needed."""
    texts = {}
    for section in sections[1:]:
        name = getattr(section.module, "name", None) or type(section.module).__name__
        texts[id(section.module)] = rf"\operatorname{{{plain_text(name)}}}"
    times = Counter(texts.values())
    numbers: Counter[str] = Counter()
    found = {}
    for key, text in texts.items():
        numbers[text] += 1
        found[key] = f"{text}_{{{numbers[text]}}}" if times[text] > 1 else text
    return found


def left_of(formula: Formula, names: Names) -> str:
    """Return the left side of an equation."""
    return listed([formula.targets], names)


def listed(variables: list[list[Variable]], names: Names) -> str:
    """Write one variable as it is, several in brackets."""
    texts = [names.text(variable) for several in variables for variable in several]
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"


def heads_of_step(section: Section, names: Names, symbol: str | None) -> tuple[str, ...]:
    """Return what a recurrence makes of what, the states before its first step, and the times of its equations.

    Parameters
    ----------
    section : Section
    names : Names
    symbol : str or None
        What the recurrence is called where it is used; None for a net that is one.
    """
    module = section.recurrence
    assert module is not None
    wiring = module.wiring
    inputs, outputs = section.reading.inputs, section.outputs
    first, last = ("T", "1") if module.reverse else ("1", "T")
    before = "T+1" if module.reverse else "0"
    given = _is_given(module, section)
    fronts = sorted([*wiring.sequences, *wiring.constants])
    taken = [_sequence(inputs[i], names) if i in wiring.sequences else names.text(inputs[i]) for i in fronts]
    starts = [_at(inputs[place], before, names) for place in wiring.states]
    states = [variable for k in wiring.fed_by for variable in outputs[k]]
    gives = [_sequence(variable, names) for k in wiring.put_out for variable in outputs[k]]
    gives += [_at(variable, last, names) for variable in states] if module.final_states else []
    lines = [f"{', '.join(taken + (starts if given else []))} \\mapsto {', '.join(gives)}"]
    if symbol is not None:
        lines[0] = rf"{symbol} \colon {lines[0]}"
    end = r"\text{ (the length of each row)}" if module.lengths else ""
    times = rf"\text{{for }} t = {first}, \ldots, {last}{end}\text{{:}}"
    if given:
        return (*lines, times)
    unless = r"\text{ unless given}" if section.applied is None else ""
    values = [_initial(module, i) for i in range(len(starts))]
    begin = r", \; ".join(f"{start} = {value}" for start, value in zip(starts, values, strict=True))
    return (*lines, rf"{begin}{unless}, \; {times}")


def _is_given(module: Recurrence, section: Section) -> bool:
    """Tell whether the states before the first step are taken from outside."""
    x = None if section.applied is None else section.applied.x
    fronts = len(module.wiring.sequences) + len(module.wiring.constants)
    return isinstance(x, list) and len(x) - module.lengths > fronts


def _initial(module: Recurrence, place: int) -> str:
    learnt = None if module._initial is None else module._initial[place]
    return (
        rf"\mathtt{{initial\_{learnt}}}" if isinstance(learnt, int) else "0" if learnt is None else r"\mathtt{initial}"
    )


def _at(variable: Variable, time: str, names: Names) -> str:
    """Write a variable of a step at another time."""
    return names.symbols[variable].text(time)


def _sequence(variable: Variable, names: Names) -> str:
    return rf"({_at(variable, '1', names)}, \ldots, {_at(variable, 'T', names)})"
