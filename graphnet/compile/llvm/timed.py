"""Programs that count the ticks of the processor's clock that each of their operations takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import llvmlite.ir as ir

from graphnet.compile.buffers import Buffer
from graphnet.compile.llvm import target
from graphnet.compile.llvm.blocks import Block
from graphnet.compile.llvm.lanes import Lanes
from graphnet.compile.llvm.loops import I64, i64
from graphnet.compile.llvm.places import FIRST_BUFFER
from graphnet.compile.llvm.programs import ProgramCode
from graphnet.compile.program import Operation, Program


class TimedProgramCode(ProgramCode):
    """Writes a program that adds to a table, which stands behind all others, the ticks of each operation.

    There is also ``ticks()``, which reads the clock.
    """

    def __init__(
        self, program: Program, numbers: Mapping[Buffer, int], sources: Mapping[int, int], lanes: Lanes
    ) -> None:
        self.places = {operation: k for k, operation in enumerate(program.operations())}
        super().__init__(program, numbers, sources, lanes)
        function = ir.Function(self.module, ir.FunctionType(I64, []), "ticks")
        self.build = build = ir.IRBuilder(function.append_basic_block("entry"))
        build.ret(self._ticks())

    def _ticks(self) -> ir.Value:
        """Return what the clock shows: it goes on evenly, whatever the processor does."""
        if target.host().triple.startswith(("aarch64", "arm64")):  # whose counter of cycles a program may not read
            register = self.module.add_metadata([ir.MetaDataString(self.module, "cntvct_el0")])
            return self._called("llvm.read_volatile_register.i64", [ir.MetaDataType()], [register])
        return self._called("llvm.readcyclecounter", [], [])

    def _called(self, name: str, kinds: list[ir.Type], arguments: list[Any]) -> ir.Value:
        known = self.module.globals.get(name)
        return self.build.call(known or ir.Function(self.module, ir.FunctionType(I64, kinds), name), arguments)

    def _operation(self, operation: Operation, block: Block) -> None:
        before = self._ticks()
        super()._operation(operation, block)
        build = self.build
        taken = build.sub(self._ticks(), before)
        table = self._pointer(FIRST_BUFFER + len(self.numbers) + len(self.sources), I64)
        place = build.gep(table, [i64(self.places[operation])])
        build.store(build.add(build.load(place), taken), place)
