"""The same bits: between functions that promise to agree, and for a value wherever it stands.

A NaN's sign and payload are nobody's promise. The bits themselves are judged in test_values and
test_accuracy; here two runs are compared.
"""

import numpy as np
import pytest
from support import (
    BFLOAT16,
    DTYPES,
    NARROW,
    all_numbers,
    as_dtype,
    assert_same_bits,
    family,
    full_grid,
    function,
    long_size,
    outputs,
    parameter_sets,
    parameter_values,
    rows_where,
    special_values,
)

import elufast
from elufast._ufuncs import ROWS

BY_NAME = {row.name: row for row in ROWS}


@pytest.fixture(autouse=True)
def _no_warnings():
    with np.errstate(all="ignore"):
        yield


def ordinary(dtype, size, seed=1):
    """Values around zero of every magnitude, with special ones strewn in."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=size) * np.exp2(rng.integers(-12, 7, size))
    x = as_dtype(x * (1 + 2.0**-55 * rng.uniform(size=size).astype(np.longdouble)), dtype)
    specials = special_values(dtype)
    x[rng.integers(0, size, size // 20)] = np.resize(specials, size // 20)
    return x


def data_of(row, dtype, size):
    return [ordinary(dtype, size, seed) for seed in range(len(row.data))]


# Functions agree with each other.


def test_defaults_and_explicit_parameters(row, dtype):
    """Left out, weak Python floats, numbers of the type, and arrays of them."""
    data = data_of(row, dtype, 1001)
    expected = function(row)(*data)
    assert_same_bits(function(row)(*data, *row.parameters.values()), expected)
    assert_same_bits(function(row)(*data, **row.parameters), expected)
    held = parameter_values(row, dtype)
    assert_same_bits(function(row)(*data, *held), expected)
    arrays = [np.full(1001, value) for value in held]
    assert_same_bits(function(row)(*data, *arrays), expected)
    assert_same_bits(function(row)(*data, *[value[:1] for value in arrays]), expected)
    assert_same_bits(function(row)(*data, out=(None,) * row.nout), expected)


def test_scalar_and_array_parameters(row, dtype):
    """Each special parameter set, as scalars, as an array, and broadcast along rows."""
    data = data_of(row, dtype, 260)
    for parameters in parameter_sets(row, dtype):
        expected = function(row)(*data, *parameters)
        arrays = [np.full(260, value) for value in parameters]
        assert_same_bits(function(row)(*data, *arrays), expected)
        folded = [column.reshape(20, 13) for column in data]
        columns = [array.reshape(20, 13)[:, :1] for array in arrays]
        shaped = tuple(part.reshape(20, 13) for part in outputs(expected))
        assert_same_bits(function(row)(*folded, *columns), shaped)


@pytest.mark.parametrize("dtype", NARROW, ids=str)
def test_defaults_in_arrays_for_all_numbers(row, dtype, rng):
    """What is computed as float may differ there in its last bit, and then here in rare cases."""
    for _ in range(40 if len(row.data) == 2 else 1):
        data = [as_dtype(rng.normal(scale=50, size=1 << 16), dtype), all_numbers(dtype)]
        data = data[-len(row.data) :]
        arrays = [np.full(1 << 16, value) for value in parameter_values(row, dtype)]
        assert_same_bits(function(row)(*data, *arrays), function(row)(*data))


@pytest.mark.parametrize("row", rows_where(lambda row: row.nout == 2), ids=lambda row: row.name)
def test_pair_agrees_with_the_separate_functions(row, dtype):
    forward, slope = getattr(elufast, family(row)), getattr(elufast, f"{family(row)}_grad")
    x = ordinary(dtype, 2001)
    assert_same_bits(function(row)(x), (forward(x), slope(x)))
    grid = full_grid(row, dtype)
    assert_same_bits(function(row)(*grid), (forward(*grid), slope(*grid)))
    for scalars in list(zip(*grid, strict=True))[::5]:
        assert_same_bits(function(row)(*scalars), (forward(*scalars), slope(*scalars)))


@pytest.mark.parametrize(
    "row", rows_where(lambda row: row.name.endswith("_backward")), ids=lambda row: row.name
)
def test_backward_of_one_is_the_gradient(row, dtype):
    slope = BY_NAME[f"{family(row)}_grad"]
    x = ordinary(dtype, 2001)
    assert_same_bits(function(row)(np.ones_like(x), x), function(slope)(x))
    assert_same_bits(function(row)(1.0, x), function(slope)(x))
    grid = full_grid(slope, dtype)
    assert_same_bits(function(row)(np.ones_like(grid[0]), *grid), function(slope)(*grid))


# A value has the same bits wherever it stands.


def one_by_one(row, data, parameters=()):
    results = [outputs(function(row)(*scalars, *parameters)) for scalars in zip(*data, strict=True)]
    return tuple(np.array(column, data[0].dtype) for column in zip(*results, strict=True))


def test_alone_or_in_an_array(row, dtype):
    data = data_of(row, dtype, 2003)
    assert_same_bits(function(row)(*data), one_by_one(row, data))
    parameters = parameter_values(row, dtype, alpha=0.7)
    assert_same_bits(function(row)(*data, *parameters), one_by_one(row, data, parameters))


def test_tails_and_starts(row, dtype):
    """Every length to 130 and every start to 40, into every place of the output."""
    data = data_of(row, dtype, 200)
    expected = outputs(function(row)(*data))
    buffers = tuple(np.empty(200, dtype) for _ in expected)
    for length in range(131):
        for start in {0, 1, 2, 3, 5, length % 40}:
            stop = start + length
            views = tuple(buffer[start : start + length] for buffer in buffers)
            function(row)(*[column[start:stop] for column in data], out=views)
            assert_same_bits(views, tuple(part[start:stop] for part in expected))


def test_strides(row, dtype):
    """-4 to 4, of inputs and outputs; 0 is broadcasting."""
    data = data_of(row, dtype, 600)
    for stride in (-4, -3, -2, -1, 1, 2, 3, 4):
        views = [column[::stride] for column in data]
        expected = function(row)(*[view.copy() for view in views])
        assert_same_bits(function(row)(*views), expected)
        for step in (-3, -1, 1, 2):
            size = views[0].size
            spaced = tuple(np.zeros(4 * size, dtype)[::step][:size] for _ in range(row.nout))
            function(row)(*views, out=spaced)
            assert_same_bits(spaced, expected)
    constant = [np.broadcast_to(column[:1], 500) for column in data]
    assert_same_bits(function(row)(*constant), function(row)(*[view.copy() for view in constant]))


def offset(array, bytes_off):
    """A copy that starts bytes_off beyond a multiple of 64."""
    raw = np.empty(array.nbytes + 128, np.uint8)
    start = -raw.ctypes.data % 64 + bytes_off
    view = raw[start : start + array.nbytes].view(array.dtype)
    view[:] = array
    return view


def test_alignment(row, dtype):
    """Every byte offset within a cache line, aligned to the item or not, of inputs and outputs."""
    data = data_of(row, dtype, 301)
    expected = function(row)(*data)
    for shift in range(65):
        views = [offset(column, shift) for column in data]
        assert_same_bits(function(row)(*views), expected)
        places = tuple(offset(column, (shift * 7) % 64) for column in outputs(expected))
        for place in places:
            place[:] = 0
        function(row)(*views, out=places)
        assert_same_bits(places, expected)


def test_batch_shape(row, dtype):
    data = data_of(row, dtype, 1440)
    expected = outputs(function(row)(*data))
    for shape in [(1440, 1), (1, 1440), (3, 480), (480, 3), (2, 3, 4, 5, 12), (9, 160)]:
        for order in "CF":
            arrays = [np.asarray(column.reshape(shape), order=order) for column in data]
            wanted = tuple(part.reshape(shape) for part in expected)
            assert_same_bits(function(row)(*arrays), wanted)


@pytest.mark.parametrize("kind", ["scalar", "array", "default"])
@pytest.mark.parametrize("dtype", [*(np.dtype(code) for code in "efd"), BFLOAT16], ids=str)
def test_thread_count(row, dtype, kind):
    """1, 2, 3 and more threads than CPUs, whatever the parameters' layout."""
    check_thread_counts(row, dtype, kind, (2, 3, 7))


def test_thread_count_of_longdouble(row):
    check_thread_counts(row, np.dtype("g"), "default", (2,))


def check_thread_counts(row, dtype, kind, counts):
    size = long_size(dtype)
    data = data_of(row, dtype, size)
    alpha = np.resize(parameter_values(row, dtype, alpha=0.7)[0], size).copy()
    alpha[::2] = 1.3
    given = {"scalar": (alpha[0],), "array": (alpha,), "default": ()}[kind]
    elufast.set_num_threads(1)
    expected = function(row)(*data, *given)
    small = [column[:1000] for column in data]
    short = [value[:1000] if np.ndim(value) else value for value in given]
    assert_same_bits(
        function(row)(*small, *short), tuple(part[:1000] for part in outputs(expected))
    )
    for count in counts:
        elufast.set_num_threads(count)
        assert_same_bits(function(row)(*data, *given), expected)


def test_in_place_has_the_same_bits(row, long_dtype):
    data = data_of(row, long_dtype, long_size(long_dtype))
    expected = function(row)(*data)
    copies = [column.copy() for column in data]
    out = (copies[-1],) if row.nout == 1 else (copies[-1], np.empty_like(copies[-1]))
    assert_same_bits(function(row)(*copies, out=out), expected)


@pytest.mark.parametrize("family_name", ["elu", "selu", "celu"])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_both_in_one_pass_agree_with_the_single_ones(family_name, dtype, rng):
    """With any parameters, also where the function no longer changes but in its last place."""
    x = np.concatenate([-np.logspace(-3, 3.3, 4000), rng.normal(size=100)]).astype(dtype)
    row = next(row for row in ROWS if row.name == family_name)
    single = [getattr(elufast, f"{family_name}{name}") for name in ("", "_grad")]
    for _ in range(30):
        numbers = [dtype.type(abs(rng.normal()) + 0.1) for _ in row.parameters]
        arrays = [(rng.uniform(0.1, 3, x.size)).astype(dtype) for _ in row.parameters]
        extreme = [array * dtype.type(2.0**-10) for array in arrays]
        for parameters in (numbers, arrays, extreme):
            both = getattr(elufast, f"{family_name}_with_grad")(x, *parameters)
            assert_same_bits(both, tuple(f(x, *parameters) for f in single))


@pytest.mark.parametrize("family_name", ["elu", "selu", "celu"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_ways_to_a_gradient_agree_among_subnormal_results(family_name, dtype):
    """Where exp(x) runs out of digits each way scales differently, and all have to end alike."""
    start, end = np.array([-80, -105] if dtype == np.float32 else [-690, -760], dtype)
    bits = np.dtype(f"u{start.itemsize}")
    step = 7 if dtype == np.float32 else 2**35 + 1
    x = np.arange(start.view(bits), end.view(bits), step, dtype=bits).view(dtype)
    call = {name: getattr(elufast, f"{family_name}{name}") for name in ("_grad", "_grad2")}
    row = next(row for row in ROWS if row.name == family_name)
    parameters = [np.full_like(x, value) for value in row.parameters.values()]
    expected = call["_grad"](x)
    for arguments in ([], parameters):
        both = getattr(elufast, f"{family_name}_with_grad")(x, *arguments)
        backward = getattr(elufast, f"{family_name}_backward")(np.ones_like(x), x, *arguments)
        assert_same_bits(both[0], getattr(elufast, family_name)(x))
        for actual in (both[1], backward, *(f(x, *arguments) for f in call.values())):
            assert_same_bits(actual, expected)
