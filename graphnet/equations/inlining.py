"""Inlining: which calls have an equation of their own, and which are written out where they are used.

As a textbook would: what is only a sum or a product with weights on the way to something else needs no name, nor what
has none and is used once; and where only ranges of something are used, as the gates of an LSTM that are computed
together, these are written, each with its rows of the weights.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from graphnet.equations.functions import Function
from graphnet.equations.leaves import Variable, Weights
from graphnet.equations.operations import Elementwise, MatrixProduct, Product, Sum
from graphnet.equations.parts import Part
from graphnet.equations.reading import Formula, Reading
from graphnet.equations.terms import Piece, Term
from graphnet.nesting import leaves

# So many terms, and so many within each other, are read at one glance; an equation that would have more is divided.
_MOST, _DEEPEST = 30, 9


def inlined(reading: Reading) -> list[Formula]:
    """Return the formulas that are kept, with all others written out in them."""
    alive = _alive(reading)
    uses: Counter[Term] = Counter(_variables_of_outputs(reading))
    summands: Counter[Term] = Counter()
    pieces: dict[Term, list[Piece]] = {}
    for formula in alive:
        if isinstance(formula.term, Part):
            pieces.setdefault(formula.term.operands[0], []).append(formula.term.piece)
        if isinstance(formula.term, Sum):
            summands.update(formula.term.operands)
        uses.update(formula.term.leaves())
    copies = _copies(alive, uses, pieces)
    fixed = set(_variables_of_outputs(reading))
    terms: dict[Term, Term] = {}
    kept = []
    for formula in alive:
        term = formula.term.substituted(terms)
        (first, *others) = formula.targets
        ranges = pieces.get(first, [])
        once = uses[first] == 1 and (copies[first] <= 1 or _is_short(term))
        whole = len(ranges) == uses[first] and all(_opens(term, piece) for piece in ranges)
        if others or first in fixed or term.size > _MOST or term.depth > _DEEPEST:
            goes = False
        elif first in reading.names:
            goes = whole or (once and (_is_sum(term, summands[first] == 1) or _is_short(term)))
        else:
            goes = whole or once or (len(term.leaves()) == 1 and term.size <= 3)
        if goes:
            terms[first] = term
        else:
            kept.append(Formula(formula.targets, term))
    return kept


def _copies(alive: list[Formula], uses: Counter[Term], pieces: dict[Term, list[Piece]]) -> Counter[Term]:
    """Return how often all of a variable would be written, if what is used once or in ranges were written out.

    What a range of a sum needs of its operands is a range of them; but of ``W x`` it needs all of x, each time.
    """
    ranges: Counter[Term] = Counter()
    whole: Counter[Term] = Counter()
    for formula in reversed(alive):
        (target, *_) = formula.targets
        goes = uses[target] == 1 or len(pieces.get(target, [])) == uses[target]
        goes = goes and (ranges[target] < 2 or _may_open(formula.term))
        if isinstance(formula.term, Part):
            ranges[formula.term.operands[0]] += max(1, whole[target], ranges[target]) if goes else 1
            continue
        for leaf, all_of_it in _needed(formula.term, False):
            if not goes:
                whole[leaf] += 1
            elif all_of_it:
                whole[leaf] += max(whole[target], ranges[target])
            else:
                whole[leaf] += whole[target]
                ranges[leaf] += ranges[target]
    return whole


def _may_open(term: Term) -> bool:
    """Tell whether a range of a term may be made of ranges of its operands, or of rows of its weights."""
    return _is_of_elements(term) or isinstance(term, (MatrixProduct, Part)) or not term.operands


def _is_of_elements(term: Term) -> bool:
    return isinstance(term, Elementwise) or (isinstance(term, Function) and term.of_elements)


def _needed(term: Term, all_of_it: bool) -> Iterator[tuple[Term, bool]]:
    """Yield the leaves of a term, and whether a range of the term needs all of them."""
    if not term.operands:
        yield term, all_of_it
    inner = all_of_it or not _is_of_elements(term)
    for operand in term.shown:
        yield from _needed(operand, inner)


def _alive(reading: Reading) -> list[Formula]:
    """Return the formulas that the outputs depend on."""
    needed = set(_variables_of_outputs(reading))
    alive = []
    for formula in reversed(reading.formulas):
        if any(target in needed for target in formula.targets):
            alive.append(formula)
            needed.update(leaf for leaf in formula.term.leaves() if isinstance(leaf, Variable))
    return alive[::-1]


def _variables_of_outputs(reading: Reading) -> list[Variable]:
    return [value for value in leaves(reading.outputs) if isinstance(value, Variable)]


def _is_short(term: Term) -> bool:
    """Tell whether a term says no more than a name for it would."""
    return term.size <= 3 and not any(isinstance(leaf, Weights) for leaf in term.leaves())


def _is_sum(term: Term, added: bool) -> bool:
    """Tell whether a term is on the way to a sum or to a function of one: affine, or, where it is added, a product."""
    if term.linear or isinstance(term, MatrixProduct) or (added and isinstance(term, Product)):
        return True
    return isinstance(term, Sum) and all(_is_sum(operand, added) for operand in term.operands)


def _opens(term: Term, piece: Piece) -> bool:
    """Tell whether a part of a term is made of the parts of its variables and weights."""
    part = term.narrowed(piece)
    return part is not None and not _has_part_of_more(part)


def _has_part_of_more(term: Term) -> bool:
    if isinstance(term, Part) and term.operands[0].operands:
        return True
    return any(map(_has_part_of_more, term.operands))
