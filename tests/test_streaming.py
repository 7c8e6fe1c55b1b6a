"""Outputs that go past the caches: the same bits, the same flags, and not a byte beside them."""

import ml_dtypes
import numpy as np
import pytest
from support import (
    BFLOAT16,
    assert_same_bits,
    function,
    misaligned,
    outputs,
    parameter_values,
    rows_where,
    swapped,
)

import elufast
from elufast import _ufuncs

LINE = 64
NEVER = 2**62
GUARD = 2 * LINE
# Around blocks of 1 KiB and their cuts between threads, for every size of element.
SIZES = [1, 2, 15, 16, 17, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1023, 1025, 4100]
STREAMED = [*(np.dtype(code) for code in "efd"), BFLOAT16]

pytestmark = pytest.mark.skipif(
    not _ufuncs.build_info()["streams"], reason="no streaming stores in this build"
)


@pytest.fixture
def tune():
    """Set where streaming starts, whatever a function costs, with threads for short loops too."""
    before = _ufuncs.get_tuning()
    always = {**before, "stream_cost": 1e30, "thread_work": 1.0}
    yield lambda stream_bytes: _ufuncs.set_tuning(**{**always, "stream_bytes": stream_bytes})
    _ufuncs.set_tuning(**before)


def buffers(count, size, dtype, offset, apart=3):
    """Arrays that begin `offset` elements after a cache line, or the second of them `apart` more
    than that, and what holds them."""
    whole = [
        np.full(size * dtype.itemsize + 2 * GUARD + LINE, 0xA5, np.uint8) for _ in range(count)
    ]
    arrays = []
    for i, raw in enumerate(whole):
        bytes_after = (offset + apart * i) * dtype.itemsize % LINE
        start = GUARD + -(raw.ctypes.data + GUARD) % LINE + bytes_after
        arrays.append(raw[start : start + size * dtype.itemsize].view(dtype))
    return whole, tuple(arrays)


def guards_hold(whole, arrays):
    for raw, array in zip(whole, arrays, strict=True):
        start = array.ctypes.data - raw.ctypes.data
        if not (raw[:start] == 0xA5).all() or not (raw[start + array.nbytes :] == 0xA5).all():
            return False
    return True


@pytest.mark.parametrize("dtype", STREAMED, ids=str)
@pytest.mark.parametrize("size", SIZES)
def test_same_bits_at_every_alignment(row, dtype, size, threads, tune, rng):
    data = [rng.normal(size=size).astype(dtype) for _ in row.data]
    tune(NEVER)
    expected = outputs(function(row)(*data))
    tune(0)
    for offset in range(LINE // dtype.itemsize):
        whole, arrays = buffers(row.nout, size, dtype, offset, apart=offset % 2)
        function(row)(*data, out=arrays)
        assert_same_bits(arrays, expected)
        assert guards_hold(whole, arrays)


@pytest.mark.parametrize("kind", ["i1", "i4", "u8"])
@pytest.mark.parametrize("name", ["elu", "selu_with_grad"])
def test_integers_that_are_looked_up(name, kind, threads, tune, rng):
    """As many as a table pays for, and some, on AVX-512 and AVX2 straight from the table; one that
    is not in it has its block computed."""
    low = 0 if kind == "u8" else -100
    x = rng.integers(low, 100, 17_001).astype(kind)
    others = x.copy()
    others[[3, 8_000, 17_000]] = 30_000 if kind != "i1" else -128
    for integers in (x, others):
        tune(NEVER)
        expected = outputs(getattr(elufast, name)(integers.astype(np.float64)))
        tune(0)
        for offset in range(LINE // 8):
            whole, arrays = buffers(len(expected), x.size, np.dtype(float), offset, offset % 2)
            getattr(elufast, name)(integers, out=arrays)
            assert_same_bits(arrays, expected)
            assert guards_hold(whole, arrays)
        unaligned = tuple(misaligned(np.zeros(x.size)) for _ in expected)
        getattr(elufast, name)(integers, out=unaligned)
        assert_same_bits(unaligned, expected)


@pytest.mark.parametrize("dtype", STREAMED, ids=str)
def test_parameters_that_are_arrays(row, dtype, threads, tune, rng):
    data = [rng.normal(size=4100).astype(dtype) for _ in row.data]
    parameters = [
        value * rng.uniform(0.5, 2, size=4100).astype(dtype)
        for value in parameter_values(row, dtype)
    ]
    # Arrays and numbers that need scaling, and a number that is wrong for some.
    far = [p * ml_dtypes.finfo(dtype).smallest_normal * 8 for p in parameters]
    given = parameters, far, [0.5], [2.0**-10], [1000.0], [-0.5]
    tune(NEVER)
    with np.errstate(invalid="ignore"):
        expected = [outputs(function(row)(*data, *some)) for some in given]
        tune(0)
        for some, results in zip(given, expected, strict=True):
            assert_same_bits(outputs(function(row)(*data, *some)), results)


@pytest.mark.parametrize("dtype", STREAMED, ids=str)
def test_around_the_threshold(dtype, threads, tune, rng):
    size = 3000
    x = rng.normal(size=size).astype(dtype)
    tune(NEVER)
    expected = elufast.elu_with_grad(x)
    for at_least in (-1, 0, 1):
        tune(x.nbytes + at_least)
        assert_same_bits(elufast.elu_with_grad(x), expected)


@pytest.mark.parametrize("dtype", STREAMED, ids=str)
def test_in_place(row, dtype, threads, tune, rng):
    data = [rng.normal(size=5000).astype(dtype) for _ in row.data]
    expected = outputs(function(row)(*data))
    tune(0)
    for i in range(len(data)):
        copies = [array.copy() for array in data]
        out = (copies[i], *(np.empty_like(copies[i]) for _ in range(row.nout - 1)))
        function(row)(*copies, out=out)
        assert_same_bits(out, expected)


# Rows of 2,601 are cut into pieces, of 150 they are not; 23 are packed.
SHAPES = [(31, 2601), (400, 150), (2100, 23)]


def framed(x, items=3):
    """The same numbers in rows that do not follow each other, a few items after a line."""
    return np.pad(x, items)[items:-items, items:-items]


def every_second(x):
    return np.repeat(x, 2, axis=1)[:, ::2]


def far_rows(x):
    """Far enough from each other to be fetched before their turn, and backwards in memory."""
    return np.repeat(x[::-1], 3, axis=0)[::-1][::3]


PLACES = {
    "framed": framed,
    "every-second": every_second,
    "byte-swapped": swapped,
    "far-rows": far_rows,
    "far-rows-every-second": lambda x: far_rows(np.repeat(x, 2, axis=1))[:, ::2],
    "fortran": np.asfortranarray,
    "misaligned": misaligned,
}
rows = pytest.mark.parametrize(
    "row",
    rows_where(lambda row: row.name in ("elu", "selu_with_grad", "celu_backward")),
    ids=lambda row: row.name,
)
places = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())


def walked(call):
    before = _ufuncs.walked_calls()
    call()
    assert _ufuncs.walked_calls() == before + 1


def memory_of(array):
    """All bytes of the array that holds this one's memory."""
    while array.base is not None:
        array = array.base
    return array.tobytes("A")


@rows
@places
@pytest.mark.parametrize("shape", SHAPES, ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize("dtype", STREAMED, ids=str)
def test_awkward_inputs(row, dtype, shape, place, threads, tune, rng):
    data = [place(rng.normal(size=shape).astype(dtype)) for _ in row.data]
    tune(NEVER)
    expected = outputs(function(row)(*map(np.ascontiguousarray, data)))
    tune(0)
    for apart in (0, 3):
        whole, flat = buffers(row.nout, shape[0] * shape[1], dtype, 5, apart)
        arrays = tuple(array.reshape(shape) for array in flat)
        walked(lambda arrays=arrays: function(row)(*data, out=arrays))
        assert_same_bits(arrays, expected)
        assert guards_hold(whole, flat)


@pytest.mark.parametrize("dtype", STREAMED, ids=str)
def test_parameters_of_far_rows(row, dtype, threads, tune, rng):
    shape = (31, 2601)
    data = [rng.normal(size=shape).astype(dtype) for _ in row.data]
    lines = rng.uniform(0.5, 2, size=shape).astype(dtype)
    values = parameter_values(row, dtype)
    given = [[p * form for p in values] for form in (lines[0], lines[:, :1], dtype.type(0.75))]
    tune(NEVER)
    expected = [outputs(function(row)(*data, *some)) for some in given]
    tune(0)
    whole, flat = buffers(row.nout, lines.size, dtype, 5)
    arrays = tuple(array.reshape(shape) for array in flat)
    for some, results in zip(given, expected, strict=True):
        walked(lambda some=some: function(row)(*map(far_rows, data), *some, out=arrays))
        assert_same_bits(arrays, results)
        assert guards_hold(whole, flat)


@pytest.mark.parametrize("dtype", STREAMED, ids=str)
def test_rows_of_one_number(dtype, threads, tune, rng):
    """Data that are the same all along a row, beside others and parameters that are not."""
    grad, x = (rng.normal(size=(31, 2601)).astype(dtype) for _ in range(2))
    alpha = rng.uniform(0.5, 2, size=2601).astype(dtype)
    repeated = np.broadcast_to(x[:, :1], x.shape)
    tune(NEVER)
    expected = elufast.elu_backward(grad, repeated.copy(), alpha)
    tune(0)
    assert_same_bits(elufast.elu_backward(grad, x[:, :1], alpha), expected)


@pytest.mark.parametrize("offset", [0, 5])
@pytest.mark.parametrize("dtype", STREAMED, ids=str)
def test_turned_lines(row, dtype, offset, threads, tune, rng):
    """Rows that all begin at the same place of a line."""
    shape = (208, 160)
    data = [np.asfortranarray(rng.normal(size=shape).astype(dtype)) for _ in row.data]
    tune(NEVER)
    expected = outputs(function(row)(*map(np.ascontiguousarray, data)))
    tune(0)
    whole, flat = buffers(row.nout, shape[0] * shape[1], dtype, offset)
    arrays = tuple(array.reshape(shape) for array in flat)
    walked(lambda: function(row)(*data, out=arrays))
    assert_same_bits(arrays, expected)
    assert guards_hold(whole, flat)


@rows
@places
@pytest.mark.parametrize("shape", SHAPES, ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize("dtype", STREAMED, ids=str)
def test_awkward_outputs(row, dtype, shape, place, threads, tune, rng):
    data = [rng.normal(size=shape).astype(dtype) for _ in row.data]
    tune(NEVER)
    expected = outputs(function(row)(*data))
    arrays = [tuple(place(np.zeros(shape, dtype)) for _ in range(row.nout)) for _ in range(2)]
    function(row)(*data, out=arrays[0])
    tune(0)
    walked(lambda: function(row)(*data, out=arrays[1]))
    assert_same_bits(tuple(array.astype(dtype) for array in arrays[1]), expected)
    for plain, streamed in zip(*arrays, strict=True):
        assert memory_of(plain) == memory_of(streamed)


@rows
@pytest.mark.parametrize("shape", SHAPES, ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize("kinds", ["fd", "ef", "if"])
def test_other_types(row, kinds, shape, threads, tune, rng):
    x, out = (np.dtype(kind) for kind in kinds)
    data = [(rng.normal(size=shape) * 3).astype(x) for _ in row.data]
    tune(NEVER)
    results = [[np.zeros(shape, out) for _ in range(row.nout)] for _ in range(2)]
    for limit, arrays in zip((NEVER, 0), results, strict=True):
        tune(limit)
        walked(lambda arrays=arrays: function(row)(*data, out=tuple(arrays)))
    assert_same_bits(tuple(results[1]), tuple(results[0]))
    assert any(array.any() for array in results[0])


@rows
@pytest.mark.parametrize("place", [framed, far_rows, every_second, swapped, misaligned])
@pytest.mark.parametrize("dtype", STREAMED, ids=str)
def test_awkward_arrays_in_place(row, dtype, place, threads, tune, rng):
    data = [rng.normal(size=(120, 500)).astype(dtype) for _ in row.data]
    tune(NEVER)
    expected = outputs(function(row)(*data))
    tune(0)
    given = [place(array) for array in data]
    out = (given[-1], *(place(np.zeros_like(data[0])) for _ in range(row.nout - 1)))
    walked(lambda: function(row)(*given, out=out))
    assert_same_bits(tuple(array.astype(dtype) for array in out), expected)


@rows
@pytest.mark.parametrize("period", [1, 3, 1021, 8001])
@pytest.mark.parametrize("dtype", STREAMED, ids=str)
def test_repeated_results(row, dtype, period, threads, tune, rng):
    data = [rng.normal(size=period).astype(dtype) for _ in row.data]
    shape = (70000 // period, period)
    tune(NEVER)
    expected = [np.broadcast_to(part, shape) for part in outputs(function(row)(*data))]
    tune(0)
    for offset in range(0, LINE // dtype.itemsize, 3):
        whole, flat = buffers(row.nout, shape[0] * shape[1], dtype, offset)
        arrays = tuple(array.reshape(shape) for array in flat)
        walked(lambda o=arrays: function(row)(*(np.broadcast_to(x, shape) for x in data), out=o))
        assert_same_bits(arrays, tuple(expected))
        assert guards_hold(whole, flat)


def test_longdouble_keeps_the_bytes_between_numbers(tune):
    """Its stores write 10 of 16 bytes on x86-64; what lies in the others must not come from us."""
    x = np.full(3000, -0.5, np.longdouble)
    whole, (out,) = buffers(1, x.size, x.dtype, 0)
    tune(NEVER)
    elufast.elu(x, out=out)
    plain = whole[0].copy()
    whole[0][:] = 0xA5
    tune(0)
    elufast.elu(x, out=out)
    assert (whole[0] == plain).all()


@pytest.mark.parametrize("position", [0, 1000, -1])
def test_flags(position, threads, tune):
    tune(0)
    x = np.full(4100, -1, np.float32)
    x[position] = -2.0
    huge = np.finfo(np.float32).max
    with np.errstate(all="raise", under="ignore"):
        elufast.elu(x)
        with pytest.raises(FloatingPointError, match="overflow"):
            elufast.elu_backward(-x * huge / 2, x, 3.0 * (x == -2.0) + 0.1)


def test_threshold_is_the_cache():
    tuning, build = _ufuncs.get_tuning(), _ufuncs.build_info()
    assert tuning["stream_bytes"] == build["cache"]
    assert 2**18 <= build["cache"] <= 2**33
