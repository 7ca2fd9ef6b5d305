"""Programs as LLVM IR: one function that runs all parts over some rows of the batch.

``run(table, sizes, first, last)`` runs it over the rows from first to last of each step; threads run it over rows of
their own. ``prepare(table, sizes)`` makes what is made of parameters, and ``whole`` does the one and then the other.
What the tables hold is said in :mod:`graphnet.compile.llvm.places`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import llvmlite.ir as ir

from graphnet.compile.buffers import Access, Buffer, Extent, When
from graphnet.compile.llvm import products
from graphnet.compile.llvm.blocks import Block
from graphnet.compile.llvm.kernels import KernelCode
from graphnet.compile.llvm.lanes import Lanes
from graphnet.compile.llvm.loops import I1, I8, I64, counted, i64, smaller
from graphnet.compile.llvm.places import COUNTS, EVEN, FIRST_BUFFER, SCRATCH, STARTS, TRUNCATE, B, N, T
from graphnet.compile.llvm.sums import Sums
from graphnet.compile.program import (
    Clear,
    ColumnSums,
    Kernel,
    Operation,
    Outer,
    Part,
    Product,
    Program,
    Scatter,
    touched,
)

CHUNK = 64  # so many rows of all steps go through a part together, so that what they need stays in the cache


class ProgramCode(Sums):
    """Writes a program as one function.

    Parameters
    ----------
    program : Program
    numbers : dict
        By buffer its place among the buffers of the table.
    sources : dict
        By the identity of a parameter or a constant its place behind them.
    lanes : Lanes
        Of a whole vector register.
    """

    def __init__(
        self, program: Program, numbers: Mapping[Buffer, int], sources: Mapping[int, int], lanes: Lanes
    ) -> None:
        self.program = program
        self.numbers = numbers
        self.sources = sources
        self.lanes = lanes
        self.module = ir.Module("program")
        pointers = ir.PointerType(ir.PointerType(I8))
        prepare = ir.Function(self.module, ir.FunctionType(ir.VoidType(), [pointers, ir.PointerType(I64)]), "prepare")
        kind = ir.FunctionType(ir.VoidType(), [pointers, ir.PointerType(I64), I64, I64])
        run, whole = (ir.Function(self.module, kind, name) for name in ("run", "whole"))
        self._write_prepare(prepare)
        self._write_run(run)
        build = ir.IRBuilder(whole.append_basic_block("entry"))
        build.call(prepare, whole.args[:2])
        build.call(run, whole.args)
        build.ret_void()

    def text(self) -> str:
        """Return the module as assembly."""
        return str(self.module)

    def _pointer(self, k: int, to: ir.Type) -> ir.Value:
        """Return a pointer of the table."""
        build = self.build
        return build.bitcast(build.load(build.gep(self.table, [i64(k)])), ir.PointerType(to))

    def _of_source(self, source: object) -> ir.Value:
        return self._pointer(FIRST_BUFFER + self.sources[id(source)], self.lanes.element)

    def _write_prepare(self, function: ir.Function) -> None:
        self.build = build = ir.IRBuilder(function.append_basic_block("entry"))
        self.table, sizes = function.args
        self.n_all = build.load(build.gep(sizes, [i64(N)]))
        for buffer, number in self.numbers.items():
            if buffer.role == "packed":
                weight, direction, k, n = buffer.source
                across = weight.shape[1]
                strides = (across, 1) if direction == "forward" else (1, across)
                packed = self._pointer(FIRST_BUFFER + number, self.lanes.element)
                pack = products.declare(self.module, "gn_pack", self.lanes)
                with build.if_then(build.not_(self._are_few(buffer))):
                    build.call(pack, [i64(n), i64(k), self._of_source(weight), *map(i64, strides), packed])
            elif buffer.role == "turned":
                rows, columns = buffer.source.shape
                self._turn(self._of_source(buffer.source), rows, columns, number)
        build.ret_void()

    def _are_few(self, packed: Buffer) -> ir.Value:
        """Return whether all rows together are so few that weights are not packed for them."""
        _, direction, k, _ = packed.source
        return self.build.icmp_signed("<=", self.n_all, i64(products.few_rows(direction, k, self.lanes.count)))

    def _turn(self, matrix: ir.Value, rows: int, columns: int, number: int) -> None:
        """Write a matrix, its columns as rows."""
        build, lanes = self.build, self.lanes
        to = self._pointer(FIRST_BUFFER + number, lanes.element)
        with counted(build, i64(0), i64(columns)) as j, counted(build, i64(0), i64(rows)) as i:
            value = build.load(lanes.at(build, matrix, build.add(build.mul(i, i64(columns)), j)))
            build.store(value, lanes.at(build, to, build.add(build.mul(j, i64(rows)), i)))

    def _write_run(self, function: ir.Function) -> None:
        self.build = build = ir.IRBuilder(function.append_basic_block("entry"))
        self.table, sizes, self.first, self.last = function.args
        self.starts, self.counts = self._pointer(STARTS, I64), self._pointer(COUNTS, I64)
        self.scratch = self._pointer(SCRATCH, self.lanes.element)
        self.base: dict[Buffer, ir.Value] = {
            buffer: self._pointer(FIRST_BUFFER + k, I64 if buffer.role == "index" else self.lanes.element)
            for buffer, k in self.numbers.items()
        }
        for operation in self.program.operations():
            for access in (a for side in touched(operation) for a in side):
                if access.buffer.root() not in self.base:
                    self.base[access.buffer.root()] = self._of_source(access.buffer.source)
        self.n_steps, self.n_rows, self.n_all, even, self.truncate = (
            build.load(build.gep(sizes, [i64(k)])) for k in (T, B, N, EVEN, TRUNCATE)
        )
        self.is_even = build.icmp_signed("!=", even, i64(0))
        every = build.and_(build.icmp_signed("==", self.first, i64(0)), build.icmp_signed("==", self.last, self.n_rows))
        self.is_whole = build.and_(every, self.is_even)  # all rows of all steps, without gaps
        self.every = every
        for part in self.program.parts:
            self._part(part)
        self.build.ret_void()

    # ---- parts

    def _part(self, part: Part) -> None:
        if part.loop:
            self._loop(part)
            return
        rowwise = [o for o in part.operations if isinstance(o, (Kernel, Product))]
        if rowwise:
            self._rowwise(rowwise)
        for operation in part.operations:
            if isinstance(operation, (Outer, ColumnSums, Scatter)):
                self._over_all(operation)

    def _loop(self, part: Part) -> None:
        build = self.build
        with counted(build, i64(0), self.n_steps) as step:
            t = build.sub(build.sub(self.n_steps, i64(1)), step) if self.program.backwards else step
            block = self._of_step(t)
            for operation in part.operations:
                self._operation(operation, block)
            if self.program.backwards:
                self._truncated(part, block)

    def _of_step(self, t: ir.Value) -> Block:
        build = self.build
        start = build.load(build.gep(self.starts, [t]))
        count = build.load(build.gep(self.counts, [t]))
        is_first = build.icmp_signed("==", t, i64(0))
        before = build.load(build.gep(self.starts, [build.select(is_first, t, build.sub(t, i64(1)))]))
        previous = build.select(is_first, i64(0), build.add(before, self.n_rows))
        return Block(t, start, previous, self.first, smaller(build, self.last, count))

    def _rowwise(self, operations: Sequence[Operation]) -> None:
        """Run kernels and products over the rows of all steps: chunk by chunk, or step by step where there are gaps."""
        build = self.build
        accesses = [a for operation in operations for side in touched(operation) for a in side]
        if any(a.buffer.extent is Extent.STEP for a in accesses):
            flat: ir.Value = ir.Constant(I1, 0)
        elif any(a.when is When.PREVIOUS for a in accesses):
            flat = self.is_whole
        else:
            flat = self.every
        chunks = build.sdiv(build.add(self.n_all, i64(CHUNK - 1)), i64(CHUNK))
        with counted(build, i64(0), build.select(flat, chunks, self.n_steps)) as k:
            safe = build.select(flat, i64(0), k)
            step = self._of_step(safe)
            low = build.mul(k, i64(CHUNK))
            high = smaller(build, build.add(low, i64(CHUNK)), self.n_all)
            block = Block(
                safe,
                build.select(flat, i64(0), step.start),
                build.select(flat, i64(0), step.previous),
                build.select(flat, low, step.low),
                build.select(flat, high, step.high),
            )
            for operation in operations:
                self._operation(operation, block)

    def _over_all(self, operation: Outer | ColumnSums | Scatter) -> None:
        """Sum over the rows of all steps: in one call, or step by step where their numbers differ."""
        build = self.build
        with build.if_else(self.is_even) as (even, ragged):
            with even:
                reads = [operation.dy] + ([operation.x] if isinstance(operation, Outer) else [])
                if any(a.buffer.extent is Extent.STEP for a in reads) or isinstance(operation, Scatter):
                    gapless: ir.Value = ir.Constant(I1, 0)
                else:
                    gapless = self.is_whole
                blocks = build.select(gapless, i64(1), self.n_steps)
                rows = build.select(gapless, self.n_all, build.sub(self.last, self.first))
                block = Block(i64(0), i64(0), i64(0), self.first, build.add(self.first, rows), blocks)
                self._operation(operation, block)
            with ragged, counted(build, i64(0), self.n_steps) as t:
                self._operation(operation, self._of_step(t))

    def _truncated(self, part: Part, block: Block) -> None:
        """Drop the gradients of the states at the multiples of so many steps."""
        build = self.build
        carries = {a.buffer for o in part.operations for a in touched(o)[1] if a.buffer.extent is Extent.CARRY}
        ordered = [buffer for buffer in self.program.buffers if buffer in carries]
        if not ordered:
            return
        some = build.icmp_signed("!=", self.truncate, i64(0))
        divisor = build.select(some, self.truncate, i64(1))
        multiple = build.icmp_signed("==", build.srem(block.t, divisor), i64(0))
        later = build.icmp_signed("!=", block.t, i64(0))
        with build.if_then(build.and_(some, build.and_(multiple, later))):
            for buffer in ordered:
                self._clear(buffer, block)

    # ---- operations

    def _operation(self, operation: Operation, block: Block) -> None:
        match operation:
            case Kernel():
                with counted(self.build, block.low, block.high) as row:
                    self._kernel(operation, block, row)
            case Product():
                self._product(operation, block)
            case Outer() | ColumnSums():
                self._sums(operation, block)
            case Scatter():
                self._scatter(operation, block)
            case Clear():
                self._clear(operation.buffer, block)

    def _product(self, operation: Product, block: Block) -> None:
        """Call the product with packed weights, or, where rows are few, with the weights as they lie in memory."""
        build = self.build
        packed = operation.weights.root()
        weight, direction, _, _ = packed.source
        rows = build.sub(block.high, block.low)
        x = [self._row(operation.x, block, block.low), i64(operation.x.buffer.stride)]
        out = [self._row(operation.out, block, block.low), i64(operation.out.buffer.stride)]
        sizes = [rows, i64(operation.n), i64(operation.k)]
        accumulate = i64(int(operation.accumulate))
        with (
            build.if_then(build.icmp_signed(">", rows, i64(0))),
            build.if_else(self._are_few(packed)) as (few, many),
        ):
            with few:
                name = "gn_product_few" if direction == "forward" else "gn_product_back"
                function = products.declare(self.module, name, self.lanes)
                unpacked = [self._of_source(weight), i64(weight.shape[1])]
                build.call(function, [*sizes, *x, *unpacked, *out, accumulate])
            with many:
                function = products.declare(self.module, "gn_product", self.lanes)
                build.call(function, [*sizes, *x, self.base[packed], *out, accumulate])

    def _clear(self, buffer: Buffer, block: Block) -> None:
        build, lanes = self.build, self.lanes
        if buffer.extent is not Extent.CARRY:
            return  # at the beginning, by who fills the buffers
        with counted(build, block.low, block.high) as row:
            place = self._row(Access(buffer), block, row)
            with counted(build, i64(0), i64(buffer.width)) as column:
                build.store(lanes.number(0), lanes.at(build, place, column))

    def _kernel(self, kernel: Kernel, block: Block, row: ir.Value) -> None:
        known: dict[tuple[Buffer, When, Buffer | None], ir.Value] = {}
        start = self.build.block

        def row_of(access: Access) -> ir.Value:
            key = (access.buffer.root(), access.when, access.index)
            return self.lanes.at(self.build, known[key], i64(access.column + access.buffer.offset))

        for access in (*kernel.loads(), *(store.access for store in kernel.stores)):
            key = (access.buffer.root(), access.when, access.index)
            if key not in known:
                known[key] = self._row(Access(access.buffer.root(), 0, access.when, access.index), block, row)
        assert self.build.block is start
        KernelCode(kernel, self.lanes, self.build, row_of).write()
