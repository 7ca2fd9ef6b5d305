"""The products of compiled nets: one library for float32 and one for float64, sizes given when they run.

All follow C's calling convention; integers have 64 bits, pointers are to numbers, and strides count numbers. Sizes may
be 0, except the k of a product, which would leave C as it is. None of them checks anything, and none allocates; several
threads may call them at once on different results. Where arrays, and above all packed ones, begin at multiples of 64
bytes, small products are up to half again as fast.

``gn_product(m, n, k, a, lda, packed, c, ldc, accumulate)``
    C[m, n] = A[m, k] B, or C += A B where ``accumulate`` is not 0, for B packed by ``gn_pack``.
``gn_product_few(m, n, k, a, lda, w, ldw, c, ldc, accumulate)``
    C[m, n] = A[m, k] Wᵀ, or C += A Wᵀ, for W[n, k] as it lies in memory: faster than packing it for ``few_rows``.
``gn_product_back(m, n, k, a, lda, w, ldw, c, ldc, accumulate)``
    C[m, n] = A[m, k] W, or C += A W, for W[k, n] likewise.
``gn_pack(n, k, w, stride_n, stride_k, packed)``
    Packs ``B[j, i] = w[i * stride_n + j * stride_k]``, for i < n and j < k, into ``packed_size`` numbers.
``gn_outer(m, n, blocks, k, a, lda, block_a, b, ldb, block_b, c, ldc, scratch)``
    C[m, n] += Aᵀ B: the sum of ``a[q * block_a + r * lda + i] * b[q * block_b + r * ldb + j]`` over q < blocks, r < k.
    ``scratch`` is room for ``SCRATCH`` numbers that no other thread uses meanwhile.
``gn_column_sums(n, blocks, k, a, lda, block_a, out)``
    ``out[j]`` += the sum of ``a[q * block_a + r * lda + j]`` over q < blocks and r < k.

The names of those for float32 end in ``_f32``, for float64 in ``_f64``.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from graphnet.compile.llvm import target

# What each function takes: integers, and pointers to numbers.
ARGUMENTS = {
    "gn_product": ("m", "n", "k", "*a", "lda", "*packed", "*c", "ldc", "accumulate"),
    "gn_product_few": ("m", "n", "k", "*a", "lda", "*w", "ldw", "*c", "ldc", "accumulate"),
    "gn_product_back": ("m", "n", "k", "*a", "lda", "*w", "ldw", "*c", "ldc", "accumulate"),
    "gn_pack": ("n", "k", "*w", "stride_n", "stride_k", "*packed"),
    "gn_outer": ("m", "n", "blocks", "k", "*a", "lda", "block_a", "*b", "ldb", "block_b", "*c", "ldc", "*scratch"),
    "gn_column_sums": ("n", "blocks", "k", "*a", "lda", "block_a", "*out"),
}
# Numbers: pieces of A and of three panels of B, a few rows of a transpose (see outer), and up to a line before them.
SCRATCH = 256 * (512 + 3 * 16) + 8 * 512 + 16
SOURCES = ("products", "tiles", "unpacked", "packing", "outer", "lanes", "loops")


def packed_size(n: int, k: int, lanes: int) -> int:
    """Return how many numbers the packed B of k rows and n columns has, for vectors of so many lanes.

    >>> packed_size(65, 128, lanes=16) == 5 * 128 * 16
    True
    """
    return -(-n // lanes) * k * lanes


def few_rows(direction: str, k: int, lanes: int) -> int:
    """Return for how many rows altogether a product with weights as they lie in memory is faster than to pack them.

    Forwards each sum's lanes are added up at the end, which pays where there is much to add up before.

    >>> few_rows("forward", 1024, lanes=16), few_rows("forward", 64, lanes=16), few_rows("backward", 64, lanes=16)
    (64, 16, 128)
    """
    return min(64, 4 * k // lanes) if direction == "forward" else 128


def lanes_of(dtype: Any) -> int:
    """Return how many numbers a vector of this machine holds."""
    return target.lane_bytes() // int(np.dtype(dtype).itemsize)


@cache
def library(dtype: Any) -> target.Library:
    """Return the compiled functions for float32 or float64, made or read from disk when first asked for.

    Raises
    ------
    ImportError
        If llvmlite cannot be used.
    """
    return library_for(np.dtype(dtype), target.lane_bytes(), target.host().registers)


def library_for(dtype: np.dtype[Any], lane_bytes: int, registers: int) -> target.Library:
    """Return the functions for vectors of so many bytes, of which so many are at hand; the host must have them."""
    key = f"products {dtype} {lane_bytes} {registers} {target.digest_of_sources(__file__, SOURCES)}"
    return target.load_or_build(key, lambda: program(dtype, lane_bytes, registers), names(dtype))


def names(dtype: Any) -> list[str]:
    """Return the names of the functions for a type.

    >>> names("float32")[0]
    'gn_product_f32'
    """
    return [f"{name}_f{8 * np.dtype(dtype).itemsize}" for name in ARGUMENTS]


def function(name: str, dtype: Any, of: target.Library | None = None) -> Callable[..., None]:
    """Return a function to call from Python, with integers for numbers and pointers; it releases the GIL."""
    types = [ctypes.c_void_p if argument.startswith("*") else ctypes.c_int64 for argument in ARGUMENTS[name]]
    return (of or library(np.dtype(dtype))).function(f"{name}_f{8 * np.dtype(dtype).itemsize}", types)


def declare(module: Any, name: str, lanes: Any) -> Any:
    """Return the declaration of a function in a module of ``llvmlite.ir``, for the numbers of some ``Lanes``."""
    import llvmlite.ir as ir

    full = f"{name}_{lanes.suffix}"
    known = module.globals.get(full)
    if known is not None:
        return known
    types = [lanes.pointer if argument.startswith("*") else ir.IntType(64) for argument in ARGUMENTS[name]]
    made = ir.Function(module, ir.FunctionType(ir.VoidType(), types), full)
    for value, argument in zip(made.args, ARGUMENTS[name], strict=True):
        value.name = argument.lstrip("*")
        if argument.startswith("*"):
            value.add_attribute("noalias")
    return made


def program(dtype: Any, lane_bytes: int, registers: int) -> str:
    """Return the LLVM IR of the functions."""
    import llvmlite.ir as ir

    from graphnet.compile.llvm.lanes import LINE, Lanes
    from graphnet.compile.llvm.outer import COLUMNS, PANELS, PIECE, build_column_sums, build_outer, few_columns
    from graphnet.compile.llvm.packing import build_pack
    from graphnet.compile.llvm.tiles import build_edges, build_product, build_tiles
    from graphnet.compile.llvm.unpacked import build_back, build_dots

    module = ir.Module("products")
    lanes = Lanes.of_bytes(dtype, lane_bytes)
    most = PIECE * (COLUMNS + PANELS * lanes.count) + few_columns(lanes) * COLUMNS
    assert most + LINE // lanes.bytes <= SCRATCH
    tiles, edges = build_tiles(module, lanes, registers), build_edges(module, lanes, registers)
    build_product(declare(module, "gn_product", lanes), lanes, tiles, registers)
    build_dots(declare(module, "gn_product_few", lanes), lanes, registers)
    build_back(declare(module, "gn_product_back", lanes), lanes, tiles, edges, registers)
    build_pack(declare(module, "gn_pack", lanes), lanes)
    build_outer(declare(module, "gn_outer", lanes), lanes, tiles, edges, registers)
    build_column_sums(declare(module, "gn_column_sums", lanes), lanes)
    return str(module)
