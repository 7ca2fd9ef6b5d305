"""Description: a program in words that are the same for equal programs; the key of its machine code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphnet.compile.buffers import Access, Buffer
from graphnet.compile.program import Kernel, Operation, Program, Store
from graphnet.compile.scalars import Scalar


def described(program: Program, numbers: Mapping[Buffer, int], sources: Mapping[int, int]) -> str:
    """Return all that the code of a program depends on.

    Parameters
    ----------
    program : Program
    numbers : dict
        By buffer its number.
    sources : dict
        By the identity of a parameter or a constant its number.
    """
    lines = [f"{program.backwards}"]
    for buffer, number in numbers.items():
        made_of = ()
        if buffer.role == "packed":
            made_of = (sources[id(buffer.source[0])], *buffer.source[1:])
        elif buffer.role == "turned":
            made_of = (sources[id(buffer.source)], *buffer.source.shape)
        lines.append(f"{number} {buffer.role} {buffer.extent.name} {buffer.width} {made_of}")

    def place(buffer: Buffer) -> Any:
        root = buffer.root()
        return numbers[root] if root in numbers else f"source {sources[id(root.source)]}"

    def access(a: Access) -> str:
        index = "" if a.index is None else place(a.index)
        column = a.column + a.buffer.offset
        return f"{place(a.buffer)}.{a.buffer.extent.name}[{column}] {a.when.name} {index} {a.buffer.stride}"

    def scalar(s: Scalar) -> str:
        detail = access(s.detail) if isinstance(s.detail, Access) else repr(s.detail) if s.op == "constant" else ""
        return f"  {s.number} {s.op} {[x.number for x in s.operands]} {s.length} {detail}"

    def store(s: Store) -> str:
        return f"  {access(s.access)} {s.scalar.number} {s.length} {s.accumulate} {s.over_rows}"

    def operation(o: Operation) -> list[str]:
        if isinstance(o, Kernel):
            return ["Kernel", *map(scalar, o.scalars()), *map(store, o.stores)]
        told = [
            access(value)
            if isinstance(value, Access)
            else str([place(one) for one in value])
            if isinstance(value, list)
            else str(place(value))
            if isinstance(value, Buffer)
            else str(value)
            for name, value in vars(o).items()
            if name != "calls"
        ]
        return [f"{type(o).__name__} {' '.join(told)}"]

    for part in program.parts:
        lines.append(f"part {part.loop}")
        for o in part.operations:
            lines += operation(o)
    return "\n".join(lines)
