"""Equations: what ``net.latex()`` gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from graphnet.equations.constants import name_constants
from graphnet.equations.heads import functions_of, heads_of_step, left_of, listed
from graphnet.equations.leaves import Constant, Drawn, Variable
from graphnet.equations.meanings import meanings_of
from graphnet.equations.naming import Given, Names
from graphnet.equations.operations import Sum
from graphnet.equations.reading import Formula
from graphnet.equations.sections import Section, sections_of
from graphnet.equations.terms import Term
from graphnet.equations.writer import LatexWriter
from graphnet.module import Module
from graphnet.nesting import Nested
from graphnet.tape import Tape


@dataclass(frozen=True)
class Equation:
    """One equation.

    Attributes
    ----------
    left : str
        The left side, as LaTeX.
    rows : tuple of str
        The right side; a long sum in several rows.
    formula : Formula
        The same as terms, which compute.
    """

    left: str
    rows: tuple[str, ...]
    formula: Formula

    def __str__(self) -> str:
        return f"{self.left} = {''.join(self.rows)}"

    def values(self, tape: Tape) -> tuple[Nested, Nested]:
        """Return what both sides are in a run: what the tape holds, and what the equation makes of what it holds.

        Parameters
        ----------
        tape : Tape
            Of the net or the module whose equation this is; of one step for that of a recurrence's step.
        """

        def value(leaf: Variable | Drawn) -> Nested:
            if isinstance(leaf, Drawn):
                return tape.saved[leaf.register]  # type: ignore[index]
            found = tape.values[leaf.register]  # type: ignore[index]
            for place in leaf.path:
                found = found[place]
            return found

        left = [value(target) for target in self.formula.targets]
        with np.errstate(all="ignore"):  # as in a run
            return left[0] if len(left) == 1 else left, self.formula.term.evaluate(value)


@dataclass(frozen=True)
class Group:
    """The equations of a net, of one module that it calls at several places, or of a step.

    Attributes
    ----------
    module : Module
    head : tuple of str
        Lines before the equations, as LaTeX: whose they are, for which times they hold, and what they begin with.
    equations : list of Equation
    """

    module: Module
    head: tuple[str, ...]
    equations: list[Equation]


# Between the rows of one equation.
_AND_ON = " \\\\\n&\\quad{}"


class Equations:
    r"""The equations of a net; notebooks typeset them, ``str`` gives the LaTeX.

    Attributes
    ----------
    groups : list of Group
        The net's own equations; behind them those of modules that stand at several places, and of steps.
    lines : list of str
        All equations, one in each line.
    meanings : list of (list of str, str)
        Symbols of weights and other constants, and what they stand for.
    where : list of str
        The same, a line for each.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> equations = nn.rnn(3, 2).latex()
    >>> print(*equations.lines, sep="\n")
    h_t = \tanh(W_{xh} x_t + W_{hh} h_{t-1} + b_h)
    >>> print(equations.where[0])
    W_{xh} = \mathtt{i2h.weight} \; (2 \times 3)
    """

    def __init__(self, groups: list[Group], meanings: list[tuple[list[str], str]]) -> None:
        self.groups = groups
        self.meanings = meanings

    @property
    def lines(self) -> list[str]:
        """All equations, one in each line."""
        return [str(equation) for group in self.groups for equation in group.equations]

    @property
    def where(self) -> list[str]:
        """What the symbols of weights and other constants stand for."""
        return [f"{', '.join(symbols)} = {meaning}" for symbols, meaning in self.meanings]

    def __len__(self) -> int:
        return len(self.lines)

    def __str__(self) -> str:
        blocks: list[str] = []
        for group in self.groups:
            blocks += group.head
            rows = [f"{equation.left} &= {_AND_ON.join(equation.rows)}" for equation in group.equations]
            blocks += [_aligned(rows, indented=bool(group.head))] if rows else []
        if self.meanings:
            rows = [rf"{', '.join(symbols)} &= {meaning}" for symbols, meaning in self.meanings]
            blocks += [r"\text{where}", _aligned(rows, indented=True)]
        if len(blocks) == 1:
            return blocks[0]
        return "\\begin{array}{l}\n" + " \\\\[0.6em]\n".join(blocks) + "\n\\end{array}"

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        """Return what a notebook typesets."""
        return f"$$\n{self}\n$$"


def _aligned(rows: list[str], *, indented: bool) -> str:
    body = " \\\\\n".join(rows)
    return ("\\quad " if indented else "") + f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


def equations_of(
    net: Module, symbols: Mapping[str, str] | None = None, *, inline: bool = True, shape: Any = None
) -> Equations:
    r"""Return the equations of a net, in the order of execution.

    Variables have the names of their nodes; a name that is a word is written as one. In the step of a recurrence, or in
    a net whose outputs ``next_c`` are meant for its inputs ``prev_c``, they have the time step below them: ``c_t`` and
    ``c_{t-1}``. Weights are named after what they lead from and to, ``W_{xi}``, or by number; what they are follows
    the equations. Vectors are columns, ``W x + b``, as in textbooks; an array of rows holds one in each row.
    ``x[0:2]`` are the components 0 and 1 of x, ``[x; y]`` is x with y below it, and ⊙ multiplies element by element.

    Parameters
    ----------
    net : Module
    symbols : dict of str to str, optional
        LaTeX in place of names: of nodes or their paths (``{"in_gate": "i", "layer/in_gate": "i"}``), of parameters
        (``"i2h.weight"``), or of whole symbols as they would be written (``{"W_{xi}": "V"}``). The symbol of
        ``next_c`` is that of ``prev_c``, too.
    inline : bool
        Write out what needs no name, as a textbook would: what has none and is used once, and sums with weights on the
        way to something else. Ranges of a matrix product become products with rows of its weights. Else every call has
        an equation of its own.
    shape : tuple or list, optional
        Of the input, as :func:`~graphnet.infer_shapes` takes it, where indices should be those of components and the
        drawing alone does not tell.

    Returns
    -------
    Equations

    Raises
    ------
    LookupError
        If ``symbols`` names what is not there.
    TypeError, ValueError
        If one of them is no LaTeX of a symbol.

    Notes
    -----
    Containers are seen through. One that stands at several places is written as a function, with equations of its own;
    so is a :class:`~graphnet.Recurrence`, whose step they are. How a module is written is up to its ``equation(x)``;
    those of modules of one formula follow from it.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> names = {"in_gate": "i", "forget_gate": "f", "out_gate": "o", "in_transform": "g"}
    >>> print(*nn.lstm(3, 2).latex(names).lines, sep="\n")
    f_t = \sigma(W_{xf} x_t + W_{hf} h_{t-1} + b_f)
    i_t = \sigma(W_{xi} x_t + W_{hi} h_{t-1} + b_i)
    g_t = \tanh(W_{xg} x_t + W_{hg} h_{t-1} + b_g)
    c_t = f_t \odot c_{t-1} + i_t \odot g_t
    o_t = \sigma(W_{xo} x_t + W_{ho} h_{t-1} + b_o)
    h_t = o_t \odot \tanh(c_t)
    """
    given = Given(symbols)
    sections = sections_of(net, inline, shape)
    names = [Names(section, given) for section in sections]
    constants = name_constants(net, sections, names, given)
    functions = functions_of(sections)

    def writer(section: Section, mine: Names) -> LatexWriter:
        def symbol(term: Term) -> str:
            if isinstance(term, Variable):
                return mine.text(term)
            assert isinstance(term, Constant)
            changes = isinstance(term, Drawn) and section.in_time and not term.module.steady
            return given.replaced(constants[term.key].text("t" if changes else None))

        return LatexWriter(symbol, functions)

    groups = [_group(s, mine, writer(s, mine), functions) for s, mine in zip(sections, names, strict=True)]
    told: dict[Any, tuple[Constant, str]] = {}
    for section, mine in zip(sections, names, strict=True):
        write = writer(section, mine)
        for formula in section.formulas:
            for leaf in formula.term.leaves():
                if isinstance(leaf, Constant):
                    told.setdefault(leaf.key, (leaf, write.symbol(leaf)))
    given.check()
    return Equations(groups, list(meanings_of(list(told.values()), net)))


# A sum of more terms is written in several rows.
_WIDEST = 40


def _rows(term: Term, write: LatexWriter) -> tuple[str, ...]:
    """Write the right side of an equation."""
    if not isinstance(term, Sum) or term.size <= _WIDEST:
        return (write(term),)
    rows = [""]
    width = 0
    for operand, text in zip(term.operands, term.summands(write), strict=True):
        width += operand.size
        if width > _WIDEST and rows[-1]:
            rows.append("")
            width = operand.size
        rows[-1] += text
    return tuple(rows)


def _group(section: Section, names: Names, write: LatexWriter, functions: Mapping[int, str]) -> Group:
    equations = [Equation(left_of(formula, names), _rows(formula.term, write), formula) for formula in section.formulas]
    symbol = functions.get(id(section.module))
    if section.recurrence is not None:
        return Group(section.module, heads_of_step(section, names, symbol), equations)
    if symbol is None:
        return Group(section.module, (), equations)
    whole = f"{symbol}({', '.join(map(names.text, section.reading.inputs))})"
    if len(equations) == 1 and [section.formulas[0].targets] == section.outputs:
        return Group(section.module, (), [replace(equations[0], left=whole)])
    return Group(section.module, (rf"{whole} = {listed(section.outputs, names)}, \text{{ where}}",), equations)
