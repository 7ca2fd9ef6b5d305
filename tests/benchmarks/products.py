"""Time the compiler's products beside NumPy's, on one thread: ``python -m tests.benchmarks.products``.

Four kinds, at the sizes that the nets of the other benchmarks have: products with packed weights, products of few rows
with weights as they lie in memory, outer products summed over rows (the weights' gradients), and packing itself, beside
a copy of the transpose. Few rows meet one layer's weights after another's, so that no cache near the processor still
has them. All arrays begin at multiples of 64 bytes, as the compiler's do. The two take turns; what is shown is the best
of the rounds, since a processor shared with others only ever makes them slower: in thousands of millions of operations
a second (GF/s), a multiplication and an addition being two; packing in microseconds.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from graphnet.compile.llvm import products
from tests.benchmarks.timing import in_turn

ALIGNMENT = 64
# Rows, depth and columns: (m, k, n).
PRODUCTS = {
    "a step of 128 units: recurrent": (50, 128, 512),
    "the same, half the batch": (25, 128, 512),
    "the same, backwards": (50, 512, 128),
    "all steps: 65 symbols": (2500, 65, 512),
    "all steps: second layer": (2500, 128, 512),
    "all steps: decoder": (2500, 128, 65),
    "a step of 512 units: recurrent": (64, 512, 2048),
    "the same, half the batch ": (32, 512, 2048),
    "the same, backwards ": (64, 2048, 512),
    "all steps: second layer ": (3200, 512, 2048),
    "one row: recurrent": (1, 128, 512),
    "one row, 1024 x 1024": (1, 1024, 1024),
    "a layer of 1024, batch 16": (16, 1024, 1024),
    "one step 3/2/1": (1, 3, 8),
}
# Rows, depth and columns, and whether W is n x k ("forward") or k x n ("backward").
UNPACKED = {
    "a layer of 1024, batch 1": (1, 1024, 1024, "forward"),
    "the same, backwards": (1, 1024, 1024, "backward"),
    "a layer of 1024, batch 8": (8, 1024, 1024, "forward"),
    "the same, backwards ": (8, 1024, 1024, "backward"),
    "a layer of 1024, batch 16": (16, 1024, 1024, "forward"),
    "the same, backwards  ": (16, 1024, 1024, "backward"),
    "a layer of 1024, batch 64": (64, 1024, 1024, "forward"),
    "the same, backwards   ": (64, 1024, 1024, "backward"),
    "a step of 128 units, batch 16": (16, 128, 512, "forward"),
    "the same, backwards    ": (16, 512, 128, "backward"),
    "a step of 128 units, batch 50": (50, 512, 128, "backward"),
}
LAYERS = 10
# Rows and columns of the weights, blocks of rows, rows in each: (m, n, blocks, k).
OUTER = {
    "128 units": (512, 128, 1, 2500),
    "128 units, half of each step": (512, 128, 50, 25),
    "65 symbols": (512, 65, 1, 2500),
    "decoder": (65, 128, 1, 2500),
    "512 units": (2048, 512, 1, 3200),
    "a layer of 1024, batch 16 ": (1024, 1024, 1, 16),
}
PACKED = {"128 units ": (512, 128), "512 units ": (2048, 512), "decoder ": (65, 128)}  # (n, k)


def aligned(array: Any) -> Any:
    """Return a copy that begins at a multiple of 64 bytes."""
    room = np.empty(array.nbytes + ALIGNMENT, np.uint8)
    start = -room.ctypes.data % ALIGNMENT
    copy = room[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


class Contest:
    """Ours and NumPy's of one type of number."""

    def __init__(self, dtype: str, rounds: int):
        self.dtype, self.rounds = dtype, rounds
        self.lanes = products.lanes_of(dtype)
        self.ours = {name: products.function(name, dtype) for name in products.ARGUMENTS}
        self.rng = np.random.default_rng(0)

    def random(self, *shape: int) -> Any:
        return aligned(self.rng.normal(size=shape).astype(self.dtype))

    def zeros(self, *shape: int) -> Any:
        return aligned(np.zeros(shape, self.dtype))

    def product(self, m: int, k: int, n: int) -> tuple[float, float]:
        """Return the GF/s of ours and of NumPy's."""
        a, w, c, other = self.random(m, k), self.random(n, k), self.zeros(m, n), self.zeros(m, n)
        packed, b = self.zeros(products.packed_size(n, k, self.lanes)), aligned(w.T)
        self.ours["gn_pack"](n, k, w.ctypes.data, k, 1, packed.ctypes.data)
        arguments = m, n, k, a.ctypes.data, k, packed.ctypes.data, c.ctypes.data, n, 0
        function = self.ours["gn_product"]
        return self.rates(lambda: function(*arguments), lambda: np.matmul(a, b, out=other), 2 * m * k * n, c, other)

    def unpacked(self, m: int, k: int, n: int, direction: str) -> tuple[float, float]:
        """Return the GF/s of ours and of NumPy's, over several layers of one size."""
        forwards = direction == "forward"
        a, c, other = self.random(m, k), self.zeros(m, n), self.zeros(m, n)
        layers = [self.random(n, k) if forwards else self.random(k, n) for _ in range(LAYERS)]
        function = self.ours["gn_product_few" if forwards else "gn_product_back"]
        places = [(w.ctypes.data, w.shape[1], c.ctypes.data, n, 0) for w in layers]
        start = m, n, k, a.ctypes.data, k

        def ours() -> None:
            for place in places:
                function(*start, *place)

        def numpys() -> None:
            for w in layers:
                np.matmul(a, w.T if forwards else w, out=other)

        return self.rates(ours, numpys, 2 * m * k * n * LAYERS, c, other)

    def outer(self, m: int, n: int, blocks: int, k: int) -> tuple[float, float]:
        """Return the GF/s of ours and of NumPy's, which gets the rows without gaps."""
        gap = 1 if blocks == 1 else 2
        a, b = self.random(blocks, gap * k, m), self.random(blocks, gap * k, n)
        c, other, scratch = self.zeros(m, n), self.zeros(m, n), self.zeros(products.SCRATCH)
        dense_a, dense_b = aligned(a[:, :k].reshape(-1, m)), aligned(b[:, :k].reshape(-1, n))
        places = a.ctypes.data, m, a[0].size, b.ctypes.data, n, b[0].size, c.ctypes.data, n, scratch.ctypes.data
        function = self.ours["gn_outer"]

        def fresh() -> None:
            c.fill(0)
            function(m, n, blocks, k, *places)

        operations = 2 * m * n * blocks * k
        return self.rates(fresh, lambda: np.matmul(dense_a.T, dense_b, out=other), operations, c, other)

    def packing(self, n: int, k: int) -> tuple[float, float]:
        """Return the microseconds of packing a matrix from its rows, and of NumPy's copy of its transpose."""
        w, packed = self.random(n, k), self.zeros(products.packed_size(n, k, self.lanes))
        arguments = n, k, w.ctypes.data, k, 1, packed.ctypes.data
        function = self.ours["gn_pack"]
        ours, numpys = in_turn(lambda: function(*arguments), lambda: w.T.copy(), rounds=self.rounds, typical=min)
        return 1e6 * ours, 1e6 * numpys

    def rates(
        self, ours: Callable[[], object], numpys: Callable[[], object], operations: int, c: Any, other: Any
    ) -> tuple[float, float]:
        ours()
        numpys()
        tolerance = 1e-3 if self.dtype == "float32" else 1e-10
        np.testing.assert_allclose(c, other, rtol=tolerance, atol=tolerance * np.abs(other).max())
        seconds = in_turn(ours, numpys, rounds=self.rounds, typical=min)
        return operations / seconds[0] / 1e9, operations / seconds[1] / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--rounds", type=int, default=25)
    options = parser.parse_args()
    with threadpool_limits(1):
        contest = Contest(options.dtype, options.rounds)
        kinds: list[tuple[str, dict[str, Any], Callable[..., tuple[float, float]]]] = [
            ("products, GF/s", PRODUCTS, contest.product),
            ("products of few rows, GF/s", UNPACKED, contest.unpacked),
            ("outer products over rows, GF/s", OUTER, contest.outer),
            ("packing, us", PACKED, contest.packing),
        ]
        for title, sizes, measure in kinds:
            print(f"{title:<60}{'ours':>9}{'NumPy':>9}{'ratio':>8}")
            for name, size in sizes.items():
                ours, numpys = measure(*size)
                row = f"{name.strip():<34}{' x '.join(map(str, size)):<26}"
                print(f"{row}{ours:9.4g}{numpys:9.4g}{ours / numpys:8.2f}", flush=True)


if __name__ == "__main__":
    main()
