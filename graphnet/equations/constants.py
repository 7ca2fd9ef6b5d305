"""Naming constants: weights after what they lead from and to, W_{xi}, where that tells them apart; else by number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from graphnet.equations.leaves import Constant, Variable, Weights
from graphnet.equations.naming import Given, Names
from graphnet.equations.operations import MatrixProduct, Product, Sum
from graphnet.equations.parts import Joined
from graphnet.equations.reading import Formula
from graphnet.equations.sections import Section
from graphnet.equations.symbols import Symbol, beside
from graphnet.equations.terms import Term
from graphnet.module import Module
from graphnet.parameter import Parameter


class Use(NamedTuple):
    """A constant, or a term that may hold some, where it stands.

    Attributes
    ----------
    constant : Term
    section : int
    target : Variable
        What its equation is for.
    origin : tuple of Variable
        What it is multiplied with, if these are variables.
    layered : bool
        Whether that has weights in it itself.
    """

    constant: Any
    section: int
    target: Variable
    origin: tuple[Variable, ...]
    layered: bool


def name_constants(net: Module, sections: list[Section], names: list[Names], given: Given) -> dict[Any, Symbol]:
    """Return the symbols of all constants, by their keys."""
    uses = [use for i, section in enumerate(sections) for formula in section.formulas for use in _uses(formula, i)]
    places = Counter(use.constant.key for use in uses)
    letters = Counter(use.constant.letter for use in {use.constant.key: use for use in uses}.values())
    plain = all(n == 1 for letter, n in letters.items() if letter in "Wwb")
    paths = {id(parameter): path for path, parameter in net.named_parameters().items()}
    taken = {symbol.text() for those in names for symbol in those.symbols.values()}
    found: dict[Any, Symbol] = {}
    for use in uses:
        path = _path(use.constant, paths)
        mine = given.find(path) if path else None
        if mine is not None:
            found[use.constant.key] = mine
        elif letters[letter := use.constant.letter] == 1 and letter not in taken and (plain or letter not in "Wwb"):
            found[use.constant.key] = Symbol(use.constant.letter)
    rest = [use for use in uses if use.constant.key not in found]
    _name_by_ends([use for use in rest if isinstance(use.constant, Weights)], places, names, found, taken)
    _name_by_number([use for use in rest if use.constant.key not in found], net, found, taken)
    return found


def _path(constant: Constant, paths: dict[int, str]) -> str | None:
    """Return the name of the parameter that a constant is all of."""
    if isinstance(constant, Weights) and len(constant.sources) == 1:
        (source, rows), *_ = constant.sources
        return paths.get(id(source)) if rows is None else None
    return None


def _uses(formula: Formula, section: int) -> Iterator[Use]:
    """Yield the constants in a formula, in the order of computing, with what they lead from."""
    target = formula.targets[0]
    pending = [Use(formula.term, section, target, (), False)]
    while pending:
        use = pending.pop()
        term = use.constant
        if isinstance(term, Constant):
            yield use
            continue
        for operand in reversed(term.in_order):
            origin, layered = _led_from(operand, term) if isinstance(operand, Weights) else ((), False)
            pending.append(Use(operand, section, target, origin, layered))


def _led_from(own: Weights, term: Term) -> tuple[tuple[Variable, ...], bool]:
    """Return what an operand of a product, or the matrix beside it in a sum, is multiplied with; and if layered."""
    others = [other for other in term.shown if other is not own]
    if isinstance(term, (MatrixProduct, Product)):
        return _origin(others), any(map(_has_weights, others))
    if not isinstance(term, Sum):
        return (), False
    origins = [_origin(other.operands[1:]) for other in others if isinstance(other, MatrixProduct)]
    return origins[0] if len(origins) == 1 else (), any(map(_is_layered, others))


def _origin(terms: Iterable[Term]) -> tuple[Variable, ...]:
    """Return the variable, the last one in a product (h in ``U (r ⊙ h)``, as textbooks write U_h), or those joined."""
    found: tuple[Variable, ...] = ()
    for term in terms:
        if isinstance(term, Joined):
            parts = [_origin([operand]) for operand in term.operands]
            return tuple(variable for part in parts for variable in part) if all(parts) else ()
        factors = term.operands if isinstance(term, Product) else (term,)
        several = [[leaf for leaf in factor.leaves() if isinstance(leaf, Variable)] for factor in factors]
        if _has_weights(term) or any(len(variables) > 1 for variables in several):
            return ()
        found = next((tuple(variables) for variables in reversed(several) if variables), found)
    return found


def _has_weights(term: Term) -> bool:
    return any(isinstance(leaf, Weights) for leaf in term.leaves())


def _is_layered(term: Term) -> bool:
    return isinstance(term, MatrixProduct) and _has_weights(term.operands[1])


def _name_by_ends(
    uses: list[Use], places: Counter[Any], names: list[Names], found: dict[Any, Symbol], taken: set[str]
) -> None:
    """Name the constants of those equations in which all are told apart by what they lead from and to."""
    by_equation: dict[tuple[int, Variable], list[Use]] = {}
    for use in uses:
        by_equation.setdefault((use.section, use.target), []).append(use)
    chosen: dict[Any, tuple[Symbol, int]] = {}
    for equation in by_equation.values():
        symbols = _symbols_by_ends(equation, names)
        once = all(places[use.constant.key] == 1 for use in equation)
        if symbols is not None and once:
            chosen.update({u.constant.key: (s, u.section) for u, s in zip(equation, symbols, strict=True)})
    # Two steps may call their variables alike; then the number of the section stands above.
    alike = Counter(symbol for symbol, _ in chosen.values())
    for key, (symbol, section) in chosen.items():
        found[key] = symbol if alike[symbol] == 1 else symbol._replace(above=(*symbol.above, str(section)))
    times = Counter(symbol.text() for symbol in found.values())
    for key in chosen:
        if times[found[key].text()] > 1 or found[key].text() in taken:
            del found[key]


def _symbols_by_ends(equation: list[Use], names: list[Names]) -> list[Symbol] | None:
    """Return a symbol for each constant in an equation; None if two would be alike, or if one leads to another."""
    biases = [use for use in equation if use.constant.letter == "b"]
    symbols = []
    for use in equation:
        mine = names[use.section].symbols
        to = mine[use.target]
        if use.layered:
            return None
        if use.constant.letter == "b" and len(biases) == 1:
            below = beside(to)
        elif not use.origin:
            return None
        else:
            below = beside(*(mine[variable] for variable in use.origin), to)
        symbols.append(Symbol(use.constant.letter, (below,), to.above))
    return symbols if len(set(symbols)) == len(symbols) else None


def _name_by_number(uses: list[Use], net: Module, found: dict[Any, Symbol], taken: set[str]) -> None:
    """Give numbers to the constants, the same to those of one module."""
    owner: dict[int, int] = {}
    for module in net.list_modules():
        for parameter in module.own_parameters().values():
            owner.setdefault(id(parameter), id(module))
    numbers: dict[Any, str] = {}
    counts: Counter[str] = Counter()
    taken = taken | {symbol.text() for symbol in found.values()}
    for use in uses:
        constant = use.constant
        if constant.key in found:
            continue
        who: Any = constant.key
        if isinstance(constant, Weights) and isinstance(constant.sources[0][0], Parameter):
            source, rows = constant.sources[0]
            who = (owner.get(id(source), id(source)), rows)
        kind = "modules" if isinstance(constant, Weights) and who is not constant.key else constant.letter
        if who not in numbers:
            counts[kind] += 1
            numbers[who] = str(counts[kind])
        symbol = Symbol(constant.letter, (numbers[who],))
        while symbol.text() in taken:
            symbol = symbol._replace(below=(*symbol.below, "1"))
        found[constant.key] = symbol
        taken.add(symbol.text())
