"""The native products give NumPy's numbers for every size, and touch nothing else."""

import itertools

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from graphnet.compile.llvm import products, target

GUARD = 777.0
# The host's own vectors, and those of hosts with fewer or narrower registers: (type, bytes, registers).
HOSTS = [("f4", 0, 0), ("f8", 0, 0), ("f4", 32, 16), ("f4", 16, 32), ("f8", 16, 16)]
TOLERANCE = {"f4": 2e-5, "f8": 1e-13}


class Functions:
    def __init__(self, dtype, lane_bytes, registers):
        host = target.host()
        if lane_bytes > host.lane_bytes:
            pytest.skip("the host has no such vectors")
        lane_bytes, registers = lane_bytes or host.lane_bytes, registers or host.registers
        library = products.library_for(np.dtype(dtype), lane_bytes, registers)
        made = {name: products.function(name, dtype, library) for name in products.ARGUMENTS}
        self.dtype, self.lanes = np.dtype(dtype), lane_bytes // np.dtype(dtype).itemsize
        self.tolerance = TOLERANCE[dtype]
        self._product, self._pack = made["gn_product"], made["gn_pack"]
        self._few, self._back = made["gn_product_few"], made["gn_product_back"]
        self._outer, self._sums = made["gn_outer"], made["gn_column_sums"]
        self.scratch = np.empty(products.SCRATCH, dtype)

    def pack(self, b, stride_n, stride_k, n, k):
        packed = np.full(products.packed_size(n, k, self.lanes) + 8, GUARD, self.dtype)
        self._pack(n, k, b.ctypes.data, stride_n, stride_k, packed.ctypes.data)
        assert (packed[-8:] == GUARD).all()
        return packed[:-8]

    def product(self, a, b, c, accumulate=False, n=None):
        """C = A B, into the first columns of c; all else of it stays."""
        (m, k), n = a.shape, b.shape[1]
        packed = self.pack(b, *(stride // b.itemsize for stride in reversed(b.strides)), n, k)
        strides = a.strides[0] // a.itemsize, c.strides[0] // c.itemsize
        self._product(
            m, n, k, a.ctypes.data, strides[0], packed.ctypes.data, c.ctypes.data, strides[1], int(accumulate)
        )

    def product_unpacked(self, a, w, c, direction, accumulate=False):
        """C = A Wᵀ or A W, into the first columns of c, for W whose rows may lie apart."""
        function, (n, k) = (self._few, w.shape) if direction == "forward" else (self._back, w.shape[::-1])
        places = [number for x in (a, w, c) for number in (x.ctypes.data, x.strides[0] // x.itemsize)]
        function(len(a), n, k, *places, int(accumulate))

    def outer(self, a, b, c):
        """C += the sum over blocks and rows, into the first columns of c."""
        blocks, k, m = a.shape
        n = b.shape[2]
        block_a, lda, block_b, ldb = (x.strides[axis] // x.itemsize for x in (a, b) for axis in (0, 1))
        ldc = c.strides[0] // c.itemsize
        pointers = a.ctypes.data, b.ctypes.data, c.ctypes.data, self.scratch.ctypes.data
        self._outer(
            m, n, blocks, k, pointers[0], lda, block_a, pointers[1], ldb, block_b, pointers[2], ldc, pointers[3]
        )

    def column_sums(self, a, out):
        blocks, k, n = a.shape
        self._sums(n, blocks, k, a.ctypes.data, a.strides[1] // a.itemsize, a.strides[0] // a.itemsize, out.ctypes.data)


@pytest.fixture(scope="module", params=HOSTS, ids=lambda host: "-".join(map(str, host)))
def native(request, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAPHNET_CACHE", str(tmp_path_factory.getbasetemp() / "objects"))
        yield Functions(*request.param)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def wider(rng, native, *shape, by=3):
    """Return numbers whose rows have a few more behind them, and a view without those."""
    whole = rng.normal(size=(*shape[:-1], shape[-1] + by)).astype(native.dtype)
    return whole, whole[..., : shape[-1]]


def check_close(native, given, wanted, depth):
    np.testing.assert_allclose(given, wanted, rtol=native.tolerance, atol=native.tolerance * depth**0.5 * 4)


SIZES = [
    *itertools.product((1, 2, 3, 4, 5, 8, 9, 17), (1, 3, 15, 16, 17, 48, 65, 130), (1, 2, 16, 33)),
    *((m, n, 7) for m in (1, 7) for n in range(1, 71)),
    *((m, 20, 7) for m in range(1, 71)),
    (200, 70, 300),
    (50, 512, 128),
    (3, 33, 1030),
]


def test_products_of_all_sizes_are_numpys_and_write_nothing_else(native, rng):
    for m, n, k in SIZES:
        _, a = wider(rng, native, m, k)
        b = rng.normal(size=(k, n)).astype(native.dtype)
        whole, c = wider(rng, native, m, n, by=5)
        before = whole.copy()
        native.product(a, b, c)
        check_close(native, c, a @ b, k)
        native.product(a, b, c, accumulate=True)
        check_close(native, c, 2 * (a @ b), k)
        assert (whole[:, n:] == before[:, n:]).all(), f"{m} x {n} x {k} wrote beyond its columns"


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_products_with_matrices_as_they_lie_in_memory_are_numpys_and_write_nothing_else(native, rng, direction):
    for m, n, k in [*SIZES, (5, 7, 3000)]:
        _, a = wider(rng, native, m, k)
        rows, columns = (n, k) if direction == "forward" else (k, n)
        _, w = wider(rng, native, rows, columns, by=2)
        wanted = a @ (w.T if direction == "forward" else w)
        whole, c = wider(rng, native, m, n, by=5)
        before = whole.copy()
        native.product_unpacked(a, w, c, direction)
        check_close(native, c, wanted, k)
        native.product_unpacked(a, w, c, direction, accumulate=True)
        check_close(native, c, 2 * wanted, k)
        assert (whole[:, n:] == before[:, n:]).all(), f"{m} x {n} x {k} wrote beyond its columns"


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_products_with_matrices_as_they_lie_in_memory_read_nothing_around_them(native, direction):
    for m, n, k in itertools.product((1, 2, 9, 17), (1, 5, 19, 33), (1, 7, 18, 35)):
        rows, columns = (n, k) if direction == "forward" else (k, n)
        surrounded_a, surrounded_w = (
            np.full((height + 2, width + 2), np.nan, native.dtype) for height, width in ((m, k), (rows, columns))
        )
        a, w = surrounded_a[1:-1, 1:-1], surrounded_w[1:-1, 1:-1]
        a[...] = w[...] = 1
        c = np.zeros((m, n), native.dtype)
        native.product_unpacked(a, w, c, direction)
        assert (c == k).all(), f"{m} x {n} x {k}"


def test_a_matrix_is_packed_from_its_rows_its_columns_and_anything_between(native, rng):
    lanes = native.lanes
    for n, k in itertools.product(
        (1, 2, lanes - 1, lanes, lanes + 1, 3 * lanes + 2), (1, lanes - 1, lanes, 2 * lanes + 3)
    ):
        b = rng.normal(size=(k, n)).astype(native.dtype)
        wanted = np.zeros((k, -(-n // lanes) * lanes), native.dtype)
        wanted[:, :n] = b
        wanted = wanted.reshape(k, -1, lanes).transpose(1, 0, 2).ravel()
        spread = np.zeros((n, 2 * k + 1), native.dtype)
        spread[:, : 2 * k : 2] = b.T
        for matrix, stride_n, stride_k in ((b, 1, n), (np.ascontiguousarray(b.T), k, 1), (spread, 2 * k + 1, 2)):
            np.testing.assert_array_equal(native.pack(matrix, stride_n, stride_k, n, k), wanted)


def test_a_row_is_the_same_bit_by_bit_however_the_rows_are_split(native, rng):
    a, b = rng.normal(size=(50, 300)).astype(native.dtype), rng.normal(size=(300, 130)).astype(native.dtype)
    whole, parts = np.empty((2, 50, 130), native.dtype)
    native.product(a, b, whole)
    for first, last in ((0, 1), (1, 3), (3, 6), (6, 29), (29, 50)):
        native.product(a[first:last], b, parts[first:last])
    np.testing.assert_array_equal(whole, parts)


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_so_it_is_with_matrices_as_they_lie_in_memory(native, rng, direction):
    a = rng.normal(size=(50, 300)).astype(native.dtype)
    w = rng.normal(size=(130, 300) if direction == "forward" else (300, 130)).astype(native.dtype)
    whole, parts = np.empty((2, 50, 130), native.dtype)
    native.product_unpacked(a, w, whole, direction)
    for first, last in ((0, 1), (1, 3), (3, 6), (6, 11), (11, 29), (29, 50)):
        native.product_unpacked(a[first:last], w, parts[first:last], direction)
    np.testing.assert_array_equal(whole, parts)


def test_what_is_not_finite_goes_where_a_product_takes_it_and_nowhere_else(native, rng):
    a, b = rng.normal(size=(9, 20)).astype(native.dtype), rng.normal(size=(20, 37)).astype(native.dtype)
    a[2, 3], a[5, 0], b[7, 11], b[3, 30] = np.nan, np.inf, -np.inf, 0
    c = np.empty((9, 37), native.dtype)
    with np.errstate(invalid="ignore"):
        wanted = a @ b
    native.product(a, b, c)
    np.testing.assert_array_equal(np.isfinite(c), np.isfinite(wanted))
    np.testing.assert_array_equal(np.isnan(c), np.isnan(wanted))
    for direction in ("forward", "backward"):
        native.product_unpacked(a, np.ascontiguousarray(b.T) if direction == "forward" else b, c, direction)
        np.testing.assert_array_equal(np.isfinite(c), np.isfinite(wanted))
        np.testing.assert_array_equal(np.isnan(c), np.isnan(wanted))
    c = np.zeros((20, 37), native.dtype)
    native.outer(a[None], np.ones((1, 9, 37), native.dtype), c)
    assert np.isnan(c[3]).all()
    assert np.isposinf(c[0]).all()
    assert np.isfinite(np.delete(c, [0, 3], axis=0)).all()


def test_sums_of_outer_products_over_blocks_of_rows_are_numpys_and_write_nothing_else(native, rng):
    sizes = [*itertools.product((1, 3, 8, 9, 17), (1, 15, 16, 17, 65, 130), (1, 3), (1, 5, 40)), (20, 70, 50, 25)]
    sizes += [(70, 90, 1, 64), (70, 90, 1, 65)]
    for m, n, blocks, k in [*sizes, (9, 70, 1, 700), (530, 50, 2, 20), (65, 128, 600, 1), (1100, 2, 3, 30)]:
        _, a = wider(rng, native, blocks, k + 2, m)
        _, b = wider(rng, native, blocks, k + 1, n, by=1)
        a, b = a[:, :k], b[:, :k]
        whole, c = wider(rng, native, m, n, by=5)
        before = whole.copy()
        native.outer(a, b, c)
        check_close(native, c, before[:, :n] + np.einsum("qri,qrj->ij", a, b), blocks * k)
        assert (whole[:, n:] == before[:, n:]).all(), f"{m} x {n} over {blocks} x {k} wrote beyond its columns"


def test_columns_are_summed_over_blocks_of_rows_and_nothing_else_is_written(native, rng):
    for n, blocks, k in itertools.product((1, 3, 16, 17, 65, 130), (1, 3), (1, 7, 300)):
        _, a = wider(rng, native, blocks, k + 2, n)
        a = a[:, :k]
        out = np.full(n + 4, GUARD, native.dtype)
        native.column_sums(a, out[:n])
        check_close(native, out[:n], GUARD + a.sum((0, 1)), blocks * k + GUARD**2)
        assert (out[n:] == GUARD).all()


def test_no_rows_or_columns_are_no_work(native, rng):
    for m, n in ((0, 5), (5, 0), (0, 0)):
        a, b, c = (np.ones(shape, native.dtype) for shape in ((m, 4), (4, n), (m, n)))
        native.product(a, b, c)
        native.product_unpacked(a, np.ascontiguousarray(b.T), c, "forward")
        native.product_unpacked(a, b, c, "backward")
        native.outer(np.ones((2, 3, m), native.dtype), np.ones((2, 3, n), native.dtype), c)
        native.column_sums(np.ones((2, 3, n), native.dtype), np.ones(n, native.dtype))
    c = np.ones((4, 5), native.dtype)
    native.outer(np.ones((0, 3, 4), native.dtype), np.ones((0, 3, 5), native.dtype), c)
    assert (c == 1).all()


def test_long_sums_stay_accurate(native):
    rows = 200_000
    a = np.full((1, rows, 3), 0.1, native.dtype)
    sums, c = np.zeros(3, native.dtype), np.zeros((3, 3), native.dtype)
    native.column_sums(a, sums)
    native.outer(a, np.ones_like(a), c)
    wanted = float(native.dtype.type(0.1)) * rows
    tolerance = 2e-5 if native.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(sums, wanted, rtol=tolerance)
    np.testing.assert_allclose(c, wanted, rtol=tolerance)


def test_only_float32_and_float64_have_products(native):
    with pytest.raises(TypeError, match="vectors hold float32 or float64, not float16"):
        products.program(np.dtype("f2"), 16, 16)
