"""Programs made by chance, and what they print: six operations, composed on a stack.

::

    j=8;                   vars: a new variable, and a sum or difference with it
    print((j+(6*3)))       smallmul, then vars
    26

The lines of a program are joined by ``#``; ``@`` ends it, and its answer ends with a full stop:
``j=8;#print((j+(6*3)))@26.``
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

# Gives (length, nesting): the digits of the largest numbers, and the number of operations. It is asked for each number
# anew, so that a curriculum may mix.
Hardness: TypeAlias = Callable[[np.random.Generator], tuple[int, int]]

VARIABLES = "abcdefghij"
SYMBOLS = "".join(sorted({*VARIABLES, *"0123456789", *"print(+-*)", *"for x in range():=;", *"if < > else", *"#@."}))
PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Program:
    """A program and what it prints.

    Attributes
    ----------
    question : str
        The program's lines, joined by ``#``, with ``@`` at the end.
    answer : str
        What it prints, with a full stop at the end.

    Examples
    --------
    >>> print(Program("a=3;#print((a+4))@", "7.").source)
    a=3;
    print((a+4))
    """

    question: str
    answer: str

    @property
    def text(self) -> str:
        """The question and the answer."""
        return self.question + self.answer

    @property
    def source(self) -> str:
        """The program as Python runs it."""
        return self.question.removesuffix("@").replace("#", "\n")

    @property
    def part(self) -> str:
        """Whether it is for training, validation or test: a checksum of its text decides, so no program is in two."""
        return PARTS[zlib.crc32(self.text.encode()) % len(PARTS)]


class Composer:
    """Composes one program: operations take their operands from a stack of results, and put their own on it.

    Where the stack is empty, an operand is a number from 1 to 10^length.

    Parameters
    ----------
    hardness : callable
        Gives (length, nesting).
    generator : numpy.random.Generator

    Attributes
    ----------
    lines : list of str
        The lines so far.
    stack : list of (str, int)
        Results so far: expressions, and what they are worth.

    Examples
    --------
    >>> composer = Composer(lambda generator: (1, 1), np.random.default_rng(0))
    >>> composer.small_loop(); composer.lines, composer.stack
    (['b=6', 'for x in range(3):b-=7'], [('b', -15)])
    """

    def __init__(self, hardness: Hardness, generator: np.random.Generator) -> None:
        self.hardness = hardness
        self.generator = generator
        self.lines: list[str] = []
        self.stack: list[tuple[str, int]] = []
        self._unused = [str(name) for name in generator.permutation(list(VARIABLES))]
        self._operations = (self.pair, self.smallmul, self.equality, self.vars, self.small_loop, self.ifstat)

    def compose(self) -> Program:
        """Return the program of as many operations as the hardness says, drawn by chance."""
        _, nesting = self.hardness(self.generator)
        if not 1 <= nesting <= len(VARIABLES):
            raise ValueError(f"a program has 1 to {len(VARIABLES)} operations, as there are variables; not {nesting}")
        for _ in range(nesting):
            self._operations[self._random(len(self._operations)) - 1]()
        expression, value = self.stack.pop()
        return Program("#".join([*self.lines, f"print({expression})@"]), f"{value}.")

    # ---- the operations

    def pair(self) -> None:
        """Put ``(a+b)`` or ``(a-b)`` on the stack."""
        (a, a_value), (b, b_value) = self._operands(2)
        sign, factor = self._sign()
        self.stack.append((f"({a}{sign}{b})", a_value + factor * b_value))

    def smallmul(self) -> None:
        """Put ``(a*k)`` or ``(k*a)`` there, k a number from 1 to 4 · length."""
        ((a, value),) = self._operands(1)
        k = self._small()
        self.stack.append((f"({a}*{k})" if self._coin() else f"({k}*{a})", value * k))

    def equality(self) -> None:
        """Put ``a`` there as it is."""
        self.stack += self._operands(1)

    def vars(self) -> None:
        """Write a line ``v=a;``, and put ``(v+b)`` or ``(v-b)`` there."""
        variable = self._unused.pop()
        (a, a_value), (b, b_value) = self._operands(2)
        sign, factor = self._sign()
        self.lines.append(f"{variable}={a};")
        self.stack.append((f"({variable}{sign}{b})", a_value + factor * b_value))

    def small_loop(self) -> None:
        """Write ``v=a`` and ``for x in range(k):v+=b``, or ``v-=b``, k from 1 to 4 · length; put ``v`` there."""
        variable = self._unused.pop()
        (a, a_value), (b, b_value) = self._operands(2)
        times = self._small()
        sign, factor = self._sign()
        self.lines += [f"{variable}={a}", f"for x in range({times}):{variable}{sign}={b}"]
        self.stack.append((variable, a_value + factor * times * b_value))

    def ifstat(self) -> None:
        """Put ``(c if a<b else d)`` there, or with ``>``."""
        (a, a_value), (b, b_value), (c, c_value), (d, d_value) = self._operands(4)
        less = self._coin()
        true = a_value < b_value if less else a_value > b_value
        self.stack.append((f"({c} if {a}{'<' if less else '>'}{b} else {d})", c_value if true else d_value))

    # ---- chance

    def _random(self, largest: int) -> int:
        """Return a number from 1 on."""
        return int(self.generator.integers(1, largest + 1))

    def _coin(self) -> bool:
        return self._random(2) == 1

    def _sign(self) -> tuple[str, int]:
        return ("+", 1) if self._coin() else ("-", -1)

    def _small(self) -> int:
        length, _ = self.hardness(self.generator)
        return self._random(4 * length)

    def _operands(self, n: int) -> list[tuple[str, int]]:
        """Return operands, in an order by chance: results from the stack as far as there are any, then numbers."""
        operands = []
        for _ in range(n):
            if self.stack:
                operands.append(self.stack.pop())
            else:
                length, _ = self.hardness(self.generator)
                number = self._random(10**length)
                operands.append((str(number), number))
        return [operands[i] for i in self.generator.permutation(n)]


def programs(hardness: Hardness, part: str, seed: int) -> Iterator[Program]:
    """Yield programs of one part without end; the same ones for the same seed.

    Parameters
    ----------
    hardness : callable
        Gives (length, nesting).
    part : {"train", "validation", "test"}
    seed : int

    Raises
    ------
    ValueError
        If there is no such part.

    Examples
    --------
    >>> endless = programs(lambda generator: (2, 2), "test", seed=0)
    >>> for _ in range(3):
    ...     print(next(endless).text)
    print((99 if 81>47 else 38))@99.
    print((10 if 59>(41+58) else 63))@63.
    c=14#for x in range(3):c+=93#e=66;#print((e+c))@359.
    """
    if part not in PARTS:
        raise ValueError(f"programs are for {', '.join(PARTS)}; there is no part {part!r}")
    generator = np.random.default_rng(seed)
    while True:
        program = Composer(hardness, generator).compose()
        if program.part == part:
            yield program
