"""Naming variables: the symbol of each, by the names of its nodes, with the time step where there is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from graphnet.equations.leaves import Variable
from graphnet.equations.sections import Section, variables_of
from graphnet.equations.symbols import Symbol, given_symbol, symbol_of
from graphnet.recurrence.feedback import NEXT, PREVIOUS

# So many names are listed in a message.
_MOST = 60


class Given:
    """The symbols that the user chose, and which of them are used."""

    def __init__(self, symbols: Mapping[str, str] | None) -> None:
        self.symbols = {name: given_symbol(latex, name) for name, latex in (symbols or {}).items()}
        self.texts = dict(symbols or {})
        self.known: set[str] = set()

    def find(self, *names: str) -> Symbol | None:
        """Return the symbol for the first of the names that has one."""
        self.known.update(names)
        return next((self.symbols[name] for name in names if name in self.symbols), None)

    def replaced(self, text: str) -> str:
        """Return what stands for a whole symbol, as it would be written."""
        self.known.add(text)
        return self.texts.get(text, text)

    def check(self) -> None:
        """Refuse names that nothing has.

        Raises
        ------
        LookupError
            With the names that there are.
        """
        for name in self.symbols:
            if name not in self.known:
                known = sorted(self.known)
                listed = ", ".join(known[:_MOST]) + (", ..." if len(known) > _MOST else "")
                raise LookupError(
                    f"symbols names {name!r}, which nothing in these equations is called; what has a name: {listed}"
                )


@dataclass
class _Unit:
    """Variables with one symbol, each with a time of its own: a state, now and before.

    Without a symbol they have the letter, and a number if there are others.
    """

    times: dict[Variable, str | None]
    symbol: Symbol | None
    letter: str
    around: tuple[str, ...] = ()


class Names:
    """The symbols of the variables of one section.

    Attributes
    ----------
    symbols : dict of Variable to Symbol
    times : dict of Variable to (str or None)
    """

    def __init__(self, section: Section, given: Given) -> None:
        self._section, self._given = section, given
        self.symbols: dict[Variable, Symbol] = {}
        self.times: dict[Variable, str | None] = {}
        units = self._units()
        for unit, symbol in zip(units, self._told_apart(units), strict=True):
            for variable, time in unit.times.items():
                self.symbols[variable] = symbol
                self.times[variable] = time

    def text(self, variable: Variable) -> str:
        """Return the symbol of a variable as it is written."""
        return self._given.replaced(self.symbols[variable].text(self.times[variable]))

    # ---- first choices

    def _units(self) -> list[_Unit]:
        section = self._section
        inputs = section.reading.inputs
        units = []
        of_states: set[Variable] = set()
        for output, place in section.feedback:
            if len(section.outputs[output]) == 1:
                now, before = section.outputs[output][0], inputs[place]
                times: dict[Variable, str | None] = {now: "t", before: section.previous}
                if not of_states & times.keys():
                    of_states |= times.keys()
                    units.append(_Unit(times, self._symbol_of_state(now, before), "s"))
        steady = {inputs[place] for place in section.constants}
        outputs = [variable for several in section.outputs for variable in several]
        for variable in dict.fromkeys(variables_of(section)):
            if variable not in of_states:
                time = "t" if section.in_time and variable not in steady else None
                letter = "x" if variable in inputs else "y" if variable in outputs else "a"
                units.append(_Unit({variable: time}, *self._symbol_of(variable, letter)))
        return units

    def _symbol_of_state(self, now: Variable, before: Variable) -> Symbol | None:
        names = [found[0][1] if (found := self._names_of(variable)) else None for variable in (now, before)]
        given = self._given.find(*[name for name in names if name])
        if given is not None:
            return given
        bases = [name.removeprefix(start) for name, start in zip(names, (NEXT, PREVIOUS), strict=True) if name]
        return (self._given.find(bases[0]) or symbol_of(bases[0])) if bases else None

    def _symbol_of(self, variable: Variable, letter: str) -> tuple[Symbol | None, str, tuple[str, ...]]:
        names = self._names_of(variable)
        given = self._given.find(*[path for _, _, path, _ in names], *[name for _, name, _, _ in names])
        if not names:
            return None, letter, ()
        _, name, _, around = names[0]
        return given or symbol_of(name), letter, around

    def _names_of(self, variable: Variable) -> list[tuple[int, str, str, tuple[str, ...]]]:
        """Return what is known of the names of a variable, those that stand in fewest containers first."""
        return sorted(self._section.reading.names.get(variable, ()), key=lambda name: name[0])

    # ---- no two alike

    def _told_apart(self, units: list[_Unit]) -> list[Symbol]:
        """Return a symbol for each, those that are alike with their containers above or, else, a number below them."""
        alike = Counter(unit.symbol for unit in units)
        letters = Counter(unit.letter for unit in units if unit.symbol is None)
        numbers: Counter[str] = Counter()
        found: list[Symbol] = []
        taken: set[str] = set()
        for unit in units:
            first = unit.symbol
            if first is None:
                numbers[unit.letter] += 1
                first = Symbol(unit.letter, (str(numbers[unit.letter]),) if letters[unit.letter] > 1 else ())
            elif alike[first] > 1 and unit.around:
                around = [self._given.find(name) or symbol_of(name) for name in unit.around]
                first = first._replace(above=tuple(symbol.text() for symbol in around))
            symbol, number = first, 1
            while symbol.text() in taken:
                number += 1
                symbol = first._replace(below=(*first.below, str(number)))
            found.append(symbol)
            taken.add(symbol.text())
        return found
