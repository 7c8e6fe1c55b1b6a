"""The GPU kernels without a GPU: what NVRTC makes of them, and what the same text computes here.

Their source is compiled for every kind of GPU, its PTX is looked at, and compiled for the processor
at hand it is run: over every length and alignment, with the bits of the ufuncs.
"""

import re
from pathlib import Path

import numpy as np
import nvrtc
import pytest
from cuda_on_host import Kernels
from support import (
    BFLOAT16,
    all_numbers,
    as_dtype,
    assert_same_bits,
    data_grid,
    function,
    grads,
    outputs,
    parameter_sets,
    same_bits,
)

import elufast
from elufast import _cuda_source as source
from elufast._ufuncs import ROWS

DTYPES = [np.dtype("e"), BFLOAT16, np.dtype("f"), np.dtype("d")]
ARCHITECTURES = [f"sm_{n}" for n in (70, 75, 80, 86, 87, 89, 90, 100, 103, 120)]
OPTIONS = (*source.OPTIONS, "-ftz=true")  # the last one is CuPy's
VARIANTS = {"defaults": True, "given": False}


@pytest.fixture(params=DTYPES, ids=str)
def dtype(request):
    """A type that the GPU has."""
    return request.param


@pytest.fixture(params=VARIANTS)
def literals(request):
    return VARIANTS[request.param]


def sets_of(row, dtype, literals):
    """The parameters to try: the defaults, or those and all that may break something."""
    sets = parameter_sets(row, dtype)
    return sets[:1] if literals else sets


def expected(row, data, parameters):
    with np.errstate(all="ignore"):
        return outputs(function(row)(*data, *parameters))


# ---- the text --------------------------------------------------------------------------------


def test_a_source_is_one_text(row, dtype, literals):
    """Nothing of ours is left to include; what a C compiler includes, NVRTC does not see."""
    text = source.module_source(row, dtype, literals=literals)
    assert '#include "elufast' not in text


@pytest.fixture
def _no_texts_kept():
    """Read the headers anew, now and afterwards."""
    source._text.cache_clear()
    yield
    source._text.cache_clear()


HEADERS = [
    "config.h",
    "expm1.h",
    "reduce_f32.inc",
    "real.h",
    "real.inc",
    "exponential.inc",
    "activations.h",
    "activations.inc",
    "celu.inc",
    "gpu_elements.h",
]
HEADERS_OF_A_TYPE = {"float16": "half.h", "bfloat16": "bfloat.h"}


@pytest.mark.usefixtures("_no_texts_kept")
@pytest.mark.parametrize("header", [*HEADERS, "gpu_kernel.inc", "of the type"])
def test_a_change_to_a_header_changes_the_source(header, dtype, monkeypatch):
    """CuPy keeps compiled kernels by their text, and would go on with the old one."""
    header = HEADERS_OF_A_TYPE.get(dtype.name, "config.h") if header == "of the type" else header
    row, element, read = source.ROW["celu"], source.ELEMENTS[dtype.name], Path.read_text
    before = source.module_source(row, dtype, literals=True), source.preamble(element)

    def changed(path, **how):
        return read(path, **how) + "/* new */\n" * (path.name == header)

    monkeypatch.setattr(Path, "read_text", changed)
    source._text.cache_clear()
    assert source.module_source(row, dtype, literals=True) != before[0]
    assert (source.preamble(element) != before[1]) == (header != "gpu_kernel.inc")


def test_the_headers_of_the_kernels_are_installed():
    folder = Path(elufast.get_include(), "elufast")
    assert {"gpu_elements.h", "gpu_kernel.inc"} <= {path.name for path in folder.iterdir()}


# ---- NVRTC -----------------------------------------------------------------------------------


def all_kernels(dtype, literals):
    """One program of all kernels of a type."""
    element = source.ELEMENTS[dtype.name]
    kernels = [
        source.kernel(row, element, source.defaults_as(row, dtype) if literals else None)
        for row in ROWS
    ]
    return "\n".join([source.preamble(element, literals=literals), *kernels])


def test_nvrtc_knows_these_architectures():
    assert set(ARCHITECTURES) <= set(nvrtc.architectures())


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_kernel_compiles_for_every_gpu(architecture, dtype, literals):
    binary = nvrtc.cubin(all_kernels(dtype, literals), architecture, OPTIONS)
    assert binary.startswith(b"\x7fELF")
    for row in ROWS:
        name = source.kernel_name(row, source.ELEMENTS[dtype.name], literals=literals)
        assert f".text.{name}\0".encode() in binary


SIXTEEN_BYTES = r"\.(?:v4\.\w32|v2\.\w64)\s"
# Without .rn the assembler may fuse a product with a sum.
MAY_BE_FUSED = r"\b(?:add|sub|mul)(?:\.ftz)?\.f(?:32|64)\b"


def parameters_of(ptx):
    return re.findall(r"^\s*\.param \.(\w+) \w+,?$", ptx, re.MULTILINE)


def uses_of_the_grid(ptx):
    """The instructions that take a block's or a thread's number, or their counts."""
    registers = re.findall(r"mov\.u32\s+(%r\d+), %(?:n?ctaid|n?tid)\.x;", ptx)
    lines = [line for name in registers for line in re.findall(rf"^.*, {name}\b.*$", ptx, re.M)]
    return {line.split()[0] for line in lines}


@pytest.mark.parametrize("architecture", ["sm_70", "sm_90"])
def test_ptx(architecture, row, dtype, literals):
    ptx = nvrtc.ptx(source.module_source(row, dtype, literals=literals), architecture, OPTIONS)
    name = source.kernel_name(row, source.ELEMENTS[dtype.name], literals=literals)
    assert re.findall(r"\.entry (\w+)\(", ptx) == [name]
    computed = "f64" if dtype == np.float64 else "f32"
    given = [] if literals else [computed] * len(row.parameters)
    assert parameters_of(ptx) == ["u64"] * (len(row.data) + row.nout + 1) + given

    assert len(re.findall(r"ld\.global" + SIXTEEN_BYTES, ptx)) == len(row.data)
    assert len(re.findall(r"st\.global" + SIXTEEN_BYTES, ptx)) == row.nout
    # That would be the cache for what nobody writes, but the arrays may be one and the same.
    assert not re.search(r"ld\.global\.nc", ptx)
    assert uses_of_the_grid(ptx) == {"mul.wide.u32", "cvt.u64.u32"}
    assert not re.search(r"\.local|\bcall\b", ptx)
    assert not re.search(MAY_BE_FUSED, ptx)


def test_the_options_keep_products_and_sums_apart():
    """What `test_ptx` looks for is there without them. (It is the assembler that fuses.)"""
    text = source.module_source(source.ROW["celu"], np.dtype("f"), literals=False)
    options = [option.replace("fmad=false", "fmad=true") for option in OPTIONS]
    assert re.search(MAY_BE_FUSED, nvrtc.ptx(text, "sm_90", options))
    assert not re.search(MAY_BE_FUSED, nvrtc.ptx(text, "sm_90", OPTIONS))


# How CuPy numbers the kinds of arguments in `_ArgInfo`.
ARRAY, INDEXER, SCALAR = 1, 2, 3


@pytest.fixture
def as_cupy_compiles(monkeypatch):
    """Return the source and the options that CuPy would give to NVRTC."""
    cupy = pytest.importorskip("cupy")
    given = []
    monkeypatch.setattr(
        cupy.cuda.compiler,
        "_compile_module_with_cache",
        lambda text, options, **_: given.append((text, options)),
    )

    def prepared(text, options):
        cupy._core.core.compile_with_cache(text, options)
        return given.pop()

    return prepared


def elementwise_code(kernel, row, parameter_kind):
    """What CuPy makes of an ElementwiseKernel for arrays with strides and these parameters."""
    import cupy
    from cupy._core import _carray, _kernel, _scalar

    infos = []
    for parameter in kernel.params[:-1]:
        if parameter.name in row.parameters and parameter_kind == SCALAR:
            rest = (SCALAR, _scalar.CScalar, parameter.dtype, 0, True, True)
        else:
            rest = (ARRAY, cupy.ndarray, parameter.dtype, 3, False, False)
        infos.append(_kernel._ArgInfo(*rest))
    infos.append(_kernel._ArgInfo(INDEXER, _carray.Indexer, None, 3, True, False))
    return _kernel._get_elementwise_kernel_code(
        tuple(infos), _kernel._TypeMap(()), kernel.params, kernel.operation, kernel.name,
        kernel.preamble,
    )  # fmt: skip


@pytest.mark.parametrize("masked", [False, True], ids=["all", "masked"])
@pytest.mark.parametrize("parameter_kind", [SCALAR, ARRAY], ids=["scalars", "arrays"])
def test_elementwise_kernels_compile_as_cupy_writes_them(
    dtype, parameter_kind, masked, as_cupy_compiles
):
    from elufast._cuda_kernels import _elementwise

    kernels = [_elementwise(row.name, dtype.name, masked) for row in ROWS]
    codes = map(elementwise_code, kernels, ROWS, [parameter_kind] * len(ROWS))
    text, options = as_cupy_compiles("\n".join(codes), source.OPTIONS)
    ptx = nvrtc.ptx(text, "sm_70", [*options, "-ftz=true"])
    assert re.findall(r"\.entry (\w+)\(", ptx) == [kernel.name for kernel in kernels]
    assert not re.search(r"\.local|\bcall\b", ptx)
    assert not re.search(MAY_BE_FUSED, ptx)


# ---- the same text on this processor -----------------------------------------------------------


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """Kernels by type and variant, each compiled once."""
    made = {}

    def get(*key, **how):
        key += tuple(how.items())
        if key not in made:
            made[key] = Kernels(*key[:2], tmp_path_factory.mktemp("kernels"), **how)
        return made[key]

    return get


def test_the_bits_of_the_ufuncs(row, dtype, literals, compiled):
    kernels = compiled(dtype, literals)
    data = data_grid(row, dtype)
    ordinary = as_dtype(np.linspace(-40, 3, 2001), dtype)
    data = [np.concatenate([values, ordinary]) for values in data]
    for parameters in sets_of(row, dtype, literals):
        assert_same_bits(kernels(row, data, parameters), expected(row, data, parameters))


SIZES = [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 255, 1000, 4099]
# One thread; a few; more than there are elements.
GRIDS = [(1, 1), (3, 5), (17, 256)]
PACK, GUARD = 16, 64


class Array:
    """Elements some way behind a multiple of 16 bytes, and bytes around them to be left alone."""

    def __init__(self, values, shift):
        self.size, self.dtype = values.size, values.dtype
        self.buffer = np.full(values.nbytes + 2 * GUARD + 2 * PACK, 0xA5, np.uint8)
        self.start = -self.buffer.ctypes.data % PACK + GUARD + shift * values.itemsize
        self.values[...] = values

    @property
    def values(self):
        end = self.start + self.size * self.dtype.itemsize
        return self.buffer[self.start : end].view(self.dtype)

    @property
    def address(self):
        return self.buffer.ctypes.data + self.start

    def assert_holds(self, values):
        assert_same_bits(self.values, values)
        around = self.buffer.copy()
        around[self.start : self.start + values.nbytes] = 0xA5
        assert (around == 0xA5).all()


def shifts_of(count, lanes):
    """How far `count` arrays are from a multiple of 16 bytes: all alike, one not, none alike."""
    for first in range(lanes):
        yield [first] * count
        for k in range(count):
            yield [(first + (j == k)) % lanes for j in range(count)]
        yield [(first + j) % lanes for j in range(count)]


def sample(row, dtype, rng):
    """As many data as the largest size has, every special value among them."""
    return [rng.permutation(np.resize(values, max(SIZES))) for values in data_grid(row, dtype)]


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_every_length_and_alignment(row, dtype, literals, grid, compiled, rng):
    kernels, data = compiled(dtype, literals), sample(row, dtype, rng)
    parameters = parameter_sets(row, dtype)[0 if literals else 2]
    results = expected(row, data, parameters)
    for shifts in shifts_of(len(data) + row.nout, PACK // dtype.itemsize):
        for n in SIZES:
            inputs = [Array(values[:n], s) for values, s in zip(data, shifts, strict=False)]
            nothing = np.zeros(n, dtype)
            outs = [Array(nothing, shift) for shift in shifts[len(data) :]]
            addresses = [array.address for array in (*inputs, *outs)]
            kernels.run(row, addresses, n, parameters, grid)
            for array, values in zip([*inputs, *outs], [*data, *results], strict=True):
                array.assert_holds(values[:n])
    assert kernels.misaligned() == 0


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_in_place(row, dtype, literals, grid, compiled, rng):
    """Either input may be where the results go; with two outputs it is the first or the second."""
    kernels, data = compiled(dtype, literals), sample(row, dtype, rng)
    parameters = parameter_sets(row, dtype)[0 if literals else 2]
    results = expected(row, data, parameters)
    lanes = PACK // dtype.itemsize
    for shared, written in [(i, o) for i in range(len(data)) for o in range(row.nout)]:
        for shifts in [[k] * 4 for k in range(lanes)] + [[0, 1, 1, 0]]:
            for n in SIZES:
                inputs = [Array(values[:n], s) for values, s in zip(data, shifts, strict=False)]
                outs = [Array(np.zeros(n, dtype), shifts[-1]) for _ in range(row.nout)]
                outs[written] = inputs[shared]
                addresses = [array.address for array in (*inputs, *outs)]
                kernels.run(row, addresses, n, parameters, grid)
                for array, values in zip(outs, results, strict=True):
                    array.assert_holds(values[:n])
                for k, array in enumerate(inputs):
                    if k != shared:
                        array.assert_holds(data[k][:n])
    assert kernels.misaligned() == 0


# ---- and with subnormal numbers flushed, as CuPy has it -----------------------------------------

SMALLEST = 2.0**-126  # of the normal floats
# Formulas add the square of x, and the errors of products, which are 48 bits smaller than those.
SMALLEST_WITH_A_SQUARE = 2.0**-62
MORE_SETS = 40


@pytest.fixture
def flushed(compiled):
    """Return what a GPU makes of data, or nearly so: subnormal float operands and results are 0.

    A processor keeps them where it only moves or negates them; a GPU may not.
    """
    if elufast.show_config("dict")["instruction_set"] not in ("avx2", "avx512"):
        pytest.skip("needs the settings and the conversions of a processor with AVX2")

    def run(row, literals, data, parameters):
        kernels = compiled(data[0].dtype, literals, like_a_gpu=True)
        return kernels(row, data, parameters, flush=True)

    return run


def spread(row, dtype, rng, size=20_000):
    """Data: every combination of special values, and numbers of every order of magnitude."""
    columns = []
    for values in data_grid(row, dtype):
        powers = np.exp2(rng.uniform(-149, 127, size)) * rng.choice([1, -1], size)
        parts = [-np.exp2(rng.uniform(-135, 8, size)), powers, rng.uniform(-110, 2, size)]
        columns.append(np.append(values, as_dtype(rng.permutation(np.concatenate(parts)), dtype)))
    return columns


def more_sets(row, dtype, rng):
    """Parameters of every order of magnitude."""
    shape = (MORE_SETS, len(row.parameters))
    values = np.exp2(rng.uniform(-126, 127, shape)) * rng.choice([1, 1, -1], shape)
    return [tuple(as_dtype(value, dtype)[()] for value in one) for one in values]


def magnitude(values):
    return np.abs(np.asarray(values).astype(np.float64))


def are_at_least(bound, operands):
    """Where no operand is smaller, but for 0."""
    sizes = [magnitude(values) for values in operands]
    return np.logical_and.reduce(
        np.broadcast_arrays(*((size >= bound) | (size == 0) for size in sizes))
    )


def is_flushed(results, dtype):
    """Where a result is subnormal, or 0: bfloat16 is rounded once more, up to the first one."""
    limit = magnitude(results)
    return (limit <= SMALLEST) if dtype == BFLOAT16 else (limit < SMALLEST)


FLOATS = [np.dtype("f"), BFLOAT16]


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_flushing_changes_what_is_next_to_0(row, dtype, literals, flushed, rng):
    """What is not 0 being at least 2^-62, nothing: neither operands, parameters nor the result."""
    sets = sets_of(row, dtype, literals) + ([] if literals else more_sets(row, dtype, rng))
    changed = 0
    for parameters in sets:
        data = spread(row, dtype, rng)
        large = are_at_least(SMALLEST_WITH_A_SQUARE, [*data, *parameters])
        wanted = expected(row, data, parameters)
        for actual, result in zip(flushed(row, literals, data, parameters), wanted, strict=True):
            differs = ~same_bits(actual, result)
            changed += differs.sum()
            assert not (differs & large & (magnitude(result) >= SMALLEST_WITH_A_SQUARE)).any()
    assert changed


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_flushing_makes_a_subnormal_result_0(row, dtype, literals, flushed, rng):
    """With its sign, where operands and parameters are normal."""
    seen = 0
    for parameters in sets_of(row, dtype, literals):
        data = spread(row, dtype, rng)
        normal = are_at_least(SMALLEST, [*data, *parameters])
        wanted = expected(row, data, parameters)
        for actual, result in zip(flushed(row, literals, data, parameters), wanted, strict=True):
            subnormal = normal & (magnitude(result) < SMALLEST) & (magnitude(result) > 0)
            zero = np.copysign(np.zeros_like(result), result)
            assert_same_bits(actual[subnormal], zero[subnormal])
            seen += subnormal.sum()
    assert seen or not_below(row)


def not_below(row):
    """Whether normal operands give no subnormal result by default."""
    return row.name in ("elu", "celu", "selu")


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_flushing_with_the_default_parameters(row, dtype, flushed, rng):
    """Where data and result are normal (or data are 0), nothing changes: but selu(x), the value,
    by 1 ULP for -2^-100 < x < 0, for its second part is subnormal."""
    data, (parameters, *_) = spread(row, dtype, rng), parameter_sets(row, dtype)
    normal = are_at_least(SMALLEST, data)
    is_value = row.name in ("selu", "selu_with_grad")
    wanted = expected(row, data, parameters)
    for k, (actual, result) in enumerate(
        zip(flushed(row, True, data, parameters), wanted, strict=True)
    ):
        kept = normal & ~is_flushed(result, dtype)
        near = kept & (magnitude(data[0]) < 2.0**-100) & (is_value and k == 0)
        assert_same_bits(actual[kept & ~near], result[kept & ~near])
        steps = bits_of(actual[near]) - bits_of(result[near])
        assert (np.abs(steps) <= 1).all()
        assert near.any() == (is_value and k == 0)


def bits_of(values):
    """The bits as signed integers, whose difference counts ULPs between numbers of one sign."""
    return values.view(f"i{values.itemsize}").astype(np.int64)


def all_of_float16(row):
    """Every number as x, or y, with each of some gradients."""
    columns = [all_numbers(np.dtype("e"))]
    if len(row.data) == 2:
        columns.insert(0, grads(np.dtype("e")))
    return [values.ravel() for values in np.meshgrid(*columns, indexing="ij")]


def test_flushing_changes_nothing_in_float16(row, literals, flushed):
    """Neither where exp(x) times the parameters is subnormal in float and a gradient infinite."""
    dtype = np.dtype("e")
    data = all_of_float16(row)
    for parameters in sets_of(row, dtype, literals):
        # A parameter in an array is never taken for a default, as in the kernels for given ones.
        given = parameters if literals else [np.full_like(data[0], value) for value in parameters]
        wanted = expected(row, data, given)
        for actual, result in zip(flushed(row, literals, data, parameters), wanted, strict=True):
            assert_same_bits(actual, result)
