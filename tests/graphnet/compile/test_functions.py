"""Functions of numbers in native code, against NumPy with more digits."""

import ctypes
import re

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import llvmlite.binding as llvm
import llvmlite.ir as ir

from graphnet.compile.llvm import functions
from graphnet.compile.llvm.loops import I64, counted, i64

EXACT = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
}
SIMPLE = {
    "sqrt": np.sqrt,
    "absolute": np.absolute,
    "floor": np.floor,
    "sign": np.sign,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "copysign": np.copysign,
}
PROCESSORS = [
    ("x86_64-unknown-linux-gnu", "x86-64-v4", 64),
    ("x86_64-unknown-linux-gnu", "x86-64-v3", 32),
    ("x86_64-unknown-linux-gnu", "x86-64-v2", 16),
    ("aarch64-unknown-linux-gnu", "generic", 16),
]


def program(name, dtype, lanes):
    """The function over arrays whose length is a multiple of the lanes; of single numbers for 0 lanes."""
    element = ir.FloatType() if dtype == np.float32 else ir.DoubleType()
    kind = ir.VectorType(element, lanes) if lanes else element
    arrays = 3 if name in ("minimum", "maximum", "copysign") else 2
    module = ir.Module("functions")
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [ir.PointerType(element)] * arrays + [I64]), "run")
    build = ir.IRBuilder(function.append_basic_block())
    with counted(build, i64(0), function.args[-1], i64(max(lanes, 1))) as i:
        *given, result = (
            build.bitcast(build.gep(pointer, [i]), ir.PointerType(kind)) for pointer in function.args[:-1]
        )
        loaded = (build.load(pointer, align=4) for pointer in given)
        build.store(getattr(functions, name)(build, *loaded), result, align=4)
    build.ret_void()
    return str(module)


def machine_code(text, triple, cpu, features):
    module = llvm.parse_assembly(text)
    module.verify()
    machine = llvm.Target.from_triple(triple).create_target_machine(cpu=cpu, features=features, opt=3)
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
    builder.getModulePassManager().run(module, builder)
    return module, machine


def compiled(name, dtype, lanes, cpu=None):
    """The function as a Python function of arrays, for this processor or as if it were another."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = "" if cpu else llvm.get_host_cpu_features().flatten()
    text = program(name, dtype, lanes)
    module, machine = machine_code(text, llvm.get_process_triple(), cpu or llvm.get_host_cpu_name(), features)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()

    def run(*arrays):
        result = np.empty_like(arrays[0])
        pointers = [array.ctypes.data for array in (*arrays, result)]
        signature = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(pointers), ctypes.c_int64)
        signature(engine.get_function_address("run"))(*pointers, result.size)
        return result

    return run


def single_precision():
    """One of 4,099 of all numbers, and all from 1/128 to 1/64 and from 1 to 2."""
    bits = [np.arange(0, 2**32, 4099)]
    bits += [np.arange(2**23) + (exponent << 23) for exponent in (120, 127)]
    numbers = np.concatenate(bits).astype(np.uint32).view(np.float32)
    return numbers[: numbers.size // 16 * 16]


def double_precision():
    random = np.random.default_rng(1)
    everywhere = random.integers(0, 2**64, 2**17, dtype=np.uint64).view(np.float64)
    near = random.normal(size=2**17) * 10.0 ** random.integers(-9, 3, 2**17)
    return np.concatenate([everywhere, near, np.linspace(-760, 720, 2**17), 1 + near * 1e-3])


@pytest.fixture(scope="module", params=[np.float32, np.float64], ids=["float32", "float64"])
def numbers(request):
    return single_precision() if request.param is np.float32 else double_precision()


def assert_exact(name, x, y):
    """Within 4 units in the last place for float32, and 1e-14 for float64; as large or small as it should be."""
    info = np.finfo(x.dtype)
    with np.errstate(all="ignore"):
        exact = EXACT[name](x.astype(np.float64 if x.dtype == np.float32 else np.longdouble))
        rounded = exact.astype(x.dtype)
        np.testing.assert_array_equal(np.isnan(y), np.isnan(rounded))
        np.testing.assert_array_equal(np.isinf(y), np.isinf(rounded))
        defined = ~np.isnan(rounded)
        np.testing.assert_array_equal(np.signbit(y)[defined], np.signbit(rounded)[defined])
        normal = np.isfinite(rounded) & (np.abs(rounded) >= info.tiny)
        error = np.abs(y - exact)
        unit = np.spacing(np.abs(rounded)) * 4 if x.dtype == np.float32 else np.abs(rounded) * 1e-14
        assert np.max((error / unit)[normal]) <= 1
        subnormal = np.isfinite(rounded) & ~normal
        smallest = info.tiny if name == "sigmoid" else 3 * info.smallest_subnormal
        assert np.max(error[subnormal], initial=0) <= smallest


@pytest.mark.parametrize("name", EXACT)
def test_functions_are_exact_over_the_whole_range(name, numbers):
    assert_exact(name, numbers, compiled(name, numbers.dtype, 64 // numbers.itemsize)(numbers))


@pytest.mark.skipif("x86_64" not in llvm.get_process_triple(), reason="another kind of processor")
@pytest.mark.parametrize("name", EXACT)
def test_functions_are_exact_without_fused_instructions(name, numbers):
    x = np.ascontiguousarray(numbers[::16])
    x = x[: x.size // 4 * 4]
    assert_exact(name, x, compiled(name, x.dtype, 16 // x.itemsize, "x86-64-v2")(x))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("name", "limits"),
    {
        "exp": [(-np.inf, 0), (np.inf, np.inf), (-0.0, 1)],
        "expm1": [(-np.inf, -1), (np.inf, np.inf), (0.0, 0.0), (-0.0, -0.0)],
        "log": [(-np.inf, np.nan), (np.inf, np.inf), (0.0, -np.inf), (-0.0, -np.inf), (-1, np.nan), (1, 0)],
        "log1p": [(-np.inf, np.nan), (np.inf, np.inf), (-1, -np.inf), (-2, np.nan), (0.0, 0.0), (-0.0, -0.0)],
        "tanh": [(-np.inf, -1), (np.inf, 1), (0.0, 0.0), (-0.0, -0.0)],
        "sigmoid": [(-np.inf, 0), (np.inf, 1), (-0.0, 0.5)],
    }.items(),
)
def test_the_limits_are_those_of_mathematics(name, limits, dtype):
    x, want = np.array([(np.nan, np.nan), (-np.nan, np.nan), *limits], dtype).T.copy()
    got = compiled(name, dtype, 0)(x)
    np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(np.signbit(got[~np.isnan(got)]), np.signbit(want[~np.isnan(want)]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", SIMPLE)
def test_simple_functions_are_numpys_to_the_bit(name, dtype):
    values = [0.0, -0.0, 1.5, -1.5, 2.0, -7.25, 1e-40, -1e-40, 1e30, 2.0**52 + 1, np.inf, -np.inf, np.nan]
    x, y = (np.ravel(a) for a in np.meshgrid(np.array(values, dtype), np.array(values, dtype)))
    both = x != y if name in ("minimum", "maximum") else np.ones(x.size, bool)  # of two zeros it may be either
    x, y = (np.resize(a[both | np.isnan(x) | np.isnan(y)], 176) for a in (x, y))
    arrays = (x, y) if name in ("minimum", "maximum", "copysign") else (x,)
    with np.errstate(all="ignore"):
        want = SIMPLE[name](*arrays)
    got = compiled(name, dtype, 8)(*arrays)
    np.testing.assert_array_equal(got, want)
    defined = ~np.isnan(want)
    np.testing.assert_array_equal(np.signbit(got)[defined], np.signbit(want)[defined])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", EXACT)
def test_the_number_of_lanes_changes_no_bit(name, dtype):
    x = (np.random.default_rng(2).normal(size=4096) * 9).astype(dtype)
    alone = compiled(name, dtype, 0)(x)
    for lanes in (1, 2, 4, 16, 32):
        np.testing.assert_array_equal(compiled(name, dtype, lanes)(x), alone)


@pytest.mark.parametrize(("triple", "cpu", "size"), PROCESSORS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_call_is_left_in_the_machine_code(dtype, triple, cpu, size):
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    try:
        llvm.Target.from_triple(triple)
    except RuntimeError as error:
        pytest.skip(f"this LLVM makes no code for it: {error}")
    for name in [*EXACT, *SIMPLE]:
        text = program(name, dtype, size // np.dtype(dtype).itemsize)
        module, machine = machine_code(text, triple, cpu, "")
        assert not re.findall(r"^\s+(?:callq?|blr?)\s.*", machine.emit_assembly(module), re.MULTILINE)


def test_other_types_are_refused():
    build = ir.IRBuilder(ir.Function(ir.Module(), ir.FunctionType(ir.VoidType(), []), "f").append_basic_block())
    with pytest.raises(TypeError, match="float, double or vectors of these, not i32"):
        functions.tanh(build, ir.Constant(ir.IntType(32), 1))
