"""Meanings: what the symbols of constants stand for, told beside the equations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from graphnet.equations.leaves import Constant, Drawn, Source, Weights, number_text
from graphnet.equations.symbols import plain_text
from graphnet.module import Module
from graphnet.nesting import Array
from graphnet.parameter import Parameter

# So many numbers of a constant array are written out.
_FEW = 6


def meanings_of(constants: list[tuple[Constant, str]], net: Module) -> Iterator[tuple[list[str], str]]:
    """Yield symbols and what they mean; those that are rows of the same parameters, and follow each other, together."""
    paths = {id(parameter): path for path, parameter in net.named_parameters().items()}
    by_source: dict[Any, list[tuple[Constant, str]]] = {}
    for constant, symbol in constants:
        key: Any = constant.key
        if isinstance(constant, Weights):
            key = tuple((id(source), rows is None) for source, rows in constant.sources)
        by_source.setdefault(key, []).append((constant, symbol))
    for group in by_source.values():
        first = group[0][0]
        if isinstance(first, Drawn):
            yield [symbol for _, symbol in group], first.meaning
        else:
            rows = [(constant, symbol) for constant, symbol in group if isinstance(constant, Weights)]
            rows.sort(key=lambda item: [r or (0, 0) for _, r in item[0].sources])
            yield [symbol for _, symbol in rows], _sources_text([constant.sources for constant, _ in rows], paths)


def _sources_text(several: list[tuple[Source, ...]], paths: dict[int, str]) -> str:
    """Tell what arrays, or which of their rows, several symbols stand for, in this order."""
    by_array = list(zip(*several, strict=True))  # each with the rows for every symbol
    ranges = [", ".join(_rows_text(rows) for _, rows in sources) for sources in by_array]
    names = [_array_text(sources[0][0], paths) for sources in by_array]
    if not any(ranges):
        return " + ".join(names)
    if len(set(ranges)) == 1:
        return rf"\text{{rows }} {ranges[0]} \text{{ of }} {' + '.join(names)}"
    return " + ".join(
        rf"\text{{rows }} {r} \text{{ of }} {name}" if r else name for r, name in zip(ranges, names, strict=True)
    )


def _rows_text(rows: tuple[int, int] | None) -> str:
    return "" if rows is None else f"{rows[0]}{{:}}{rows[1]}"


def _array_text(array: Parameter | Array, paths: dict[int, str]) -> str:
    if isinstance(array, Parameter):
        return rf"\mathtt{{{plain_text(paths.get(id(array), 'a parameter'))}}} \; ({_size_text(array.shape)})"
    if array.ndim == 1 and array.size <= _FEW:
        return f"({', '.join(number_text(float(n)) for n in array)})"
    equal = array.size > 0 and bool(np.all(array == array.flat[0]))
    told = rf"\text{{, all }} {number_text(float(array.flat[0]))}" if equal else ""
    return rf"\text{{an array of }} {_size_text(array.shape)}{told}"


def _size_text(shape: tuple[int, ...]) -> str:
    return r" \times ".join(map(str, shape))
