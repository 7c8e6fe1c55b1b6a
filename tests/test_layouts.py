"""Arrays of every layout that NumPy has, as inputs, parameters and outputs.

Small arrays are judged by the oracle. Long ones, which are cut and run by threads, must have the
bits of the contiguous result of one thread.
"""

import numpy as np
import pytest
from support import (
    as_dtype,
    assert_same_bits,
    function,
    misaligned,
    outputs,
    parameter_values,
    strict,
)
from truth import assert_accepted

import elufast

SHAPE = (24, 37)


def ordinary(shape, dtype, seed):
    rng = np.random.default_rng(seed)
    return as_dtype(rng.normal(size=shape) * 2.0 ** rng.integers(-4, 3, shape), dtype)


def data_of(row, shape, dtype):
    return [ordinary(shape, dtype, seed) for seed in range(len(row.data))]


def field(x):
    """The same numbers as a field of packed records: neither contiguous nor aligned."""
    records = np.zeros(x.shape, dtype=[("tag", "i1"), ("value", x.dtype), ("rest", "i2")])
    records["value"] = x
    return records["value"]


def spaced(x, step):
    """A view with a last stride of `step` items."""
    wide = np.zeros((*x.shape[:-1], x.shape[-1] * abs(step)), x.dtype)
    view = wide[..., ::step]
    view[...] = x
    return view


def frozen(x):
    x = x.copy()
    x.flags.writeable = False
    return x


LAYOUTS = {
    "contiguous": np.copy,
    "fortran": np.asfortranarray,
    "every-second": lambda x: spaced(x, 2),
    "every-third-backwards": lambda x: spaced(x, -3),
    "reversed": lambda x: x[::-1, ::-1].copy()[::-1, ::-1],
    "rows-reversed": lambda x: x[::-1].copy()[::-1],
    "inner-part": lambda x: np.pad(x, 3)[3:-3, 3:-3],
    "transposed": lambda x: np.ascontiguousarray(x.T).T,
    "field": field,
    "misaligned": misaligned,
    "byte-swapped": lambda x: x.astype(x.dtype.newbyteorder("S")),
    "read-only": frozen,
}


@pytest.fixture(params=LAYOUTS.values(), ids=LAYOUTS.keys())
def layout(request):
    return request.param


def test_input_layouts(row, dtype, layout):
    data = data_of(row, SHAPE, dtype)
    with strict():
        actual = function(row)(*[layout(column) for column in data])
    assert_accepted(row, dtype, [*data, *parameter_values(row, dtype)], actual)


def test_output_layouts(row, dtype, layout):
    data = data_of(row, SHAPE, dtype)
    out = tuple(layout(np.zeros(SHAPE, dtype)) for _ in range(row.nout))
    if not out[0].flags.writeable:
        with pytest.raises(ValueError, match="read-only"):
            function(row)(*data, out=out)
        assert all((part == 0).all() for part in out)
        return
    with strict():
        actual = outputs(function(row)(*data, out=out))
    assert all(a is b for a, b in zip(actual, out, strict=True))
    native = tuple(part.astype(dtype) for part in out)
    assert_accepted(row, dtype, [*data, *parameter_values(row, dtype)], native)


def test_parameter_layouts(row, dtype, layout):
    """One parameter per element, in every layout; and each of them mixed with plain data."""
    data = data_of(row, SHAPE, dtype)
    parameters = [np.abs(ordinary(SHAPE, dtype, seed)) + dtype.type(0.25) for seed in (7, 8)]
    inputs = data + parameters[: len(row.parameters)]
    with strict():
        actual = function(row)(*[layout(column) for column in inputs])
    assert_accepted(row, dtype, inputs, actual)


@pytest.mark.parametrize(
    ("shape", "parameter_shape"),
    [
        (SHAPE, (37,)),  # one alpha per channel
        (SHAPE, (24, 1)),  # one per row
        (SHAPE, (1, 37)),
        ((2, 5, 4, 3), (5, 1, 1)),  # per channel of images
        ((1, 37), (24, 1)),  # both broadcast
        ((37,), (24, 37)),  # x broadcast
        ((), (24, 37)),
        (SHAPE, ()),
        ((24, 1), (2, 1, 37)),
    ],
)
def test_broadcast_parameters(row, dtype, shape, parameter_shape):
    data = data_of(row, shape, dtype)
    parameters = [
        np.abs(ordinary(parameter_shape, dtype, seed)) + dtype.type(0.25) for seed in (7, 8)
    ]
    inputs = data + parameters[: len(row.parameters)]
    with strict():
        actual = function(row)(*inputs)
    assert outputs(actual)[0].shape == np.broadcast_shapes(shape, parameter_shape)
    assert_accepted(row, dtype, inputs, actual)


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 3), (2, 0, 5)])
def test_zero_size(row, dtype, shape):
    with strict():
        for part in outputs(function(row)(*[np.empty(shape, dtype)] * len(row.data))):
            assert part.shape == shape
            assert part.dtype == dtype


def test_zero_dimensional(row, dtype):
    """0-d arrays and scalars give scalars, as NumPy's functions do; out= stays an array."""
    data = [dtype.type(-0.75)] * len(row.data)
    for inputs in (data, [np.array(value) for value in data]):
        actual = outputs(function(row)(*inputs))
        assert all(type(part) is dtype.type for part in actual)
        assert_accepted(
            row, dtype, [*data, *parameter_values(row, dtype)], tuple(map(np.asarray, actual))
        )
    out = tuple(np.zeros((), dtype) for _ in range(row.nout))
    assert outputs(function(row)(*data, out=out))[0] is out[0]
    assert_same_bits(out, actual)


@pytest.mark.parametrize("size", [100_000, 131_071, 131_072, 131_073, 200_003, 262_145, 300_000])
@pytest.mark.parametrize("count", [1, 2])
def test_sizes_around_the_thread_threshold(row, size, count):
    """No element is left out or done twice, whichever way an array is cut."""
    data = data_of(row, size, np.float32)
    elufast.set_num_threads(count)
    with strict():
        actual = function(row)(*data)
        whole = outputs(actual)
        pieces = [
            outputs(function(row)(*[column[start : start + 1000] for column in data]))
            for start in range(0, size, 1000)
        ]
    assert_same_bits(whole, tuple(np.concatenate(parts) for parts in zip(*pieces, strict=True)))
    some = np.unique(np.linspace(0, size - 1, 500).astype(int))
    inputs = [*[column[some] for column in data], *parameter_values(row, np.float32)]
    assert_accepted(row, np.dtype("f"), inputs, tuple(part[some] for part in whole))


LONG = {
    "cut-rows": lambda x: x[:, :1999],
    "every-second-row": lambda x: x[::2],
    "every-second-column": lambda x: x[:, ::2],
    "reversed": lambda x: x[::-1, ::-1],
    "transposed": lambda x: x.T,
    "permuted": lambda x: x.reshape(40, 5, 2000).transpose(2, 0, 1),
    "byte-swapped": lambda x: x.astype(x.dtype.newbyteorder("S")),
    "misaligned": misaligned,
    "field": field,
    "broadcast-row": lambda x: np.broadcast_to(x[0], x.shape),
    "broadcast-column": lambda x: np.broadcast_to(x[:, :1], x.shape),
}


@pytest.mark.parametrize("long", LONG.values(), ids=LONG.keys())
@pytest.mark.parametrize("count", [1, 2])
def test_long_layouts(row, long, count):
    views = [long(column) for column in data_of(row, (200, 2000), np.float32)]
    alphas = np.abs(ordinary(views[0].shape[-1:], np.float32, 3)) + np.float32(0.25)
    elufast.set_num_threads(1)
    plain = [view.astype(np.float32, order="C") for view in views]
    whole = [np.broadcast_to(alphas, views[0].shape).copy()]
    expected = function(row)(*plain), function(row)(*plain, *whole)
    elufast.set_num_threads(count)
    with strict():
        assert_same_bits(function(row)(*views), expected[0])
        assert_same_bits(function(row)(*views, alphas), expected[1])
        out = tuple(np.zeros(views[0].shape, np.float32)[::-1] for _ in range(row.nout))
        assert_same_bits(function(row)(*views, alphas, out=out), expected[1])


def test_orders(row):
    """order= decides the layout of the result, as in NumPy."""
    data = data_of(row, SHAPE, np.float32)
    fortran = [np.asfortranarray(column) for column in data]
    for inputs, order, is_c in [
        (data, "K", True),
        (fortran, "K", False),
        (fortran, "A", False),
        (data, "F", False),
        (fortran, "C", True),
    ]:
        for part in outputs(function(row)(*inputs, order=order)):
            assert part.flags.c_contiguous == is_c
            assert part.flags.f_contiguous != is_c


def test_output_of_another_type(row):
    """Casts of outputs follow casting=; byte-swapped ones are covered above."""
    data = data_of(row, SHAPE, np.float32)
    expected = outputs(function(row)(*data))
    for kind in ("f8", "g", "f2", ">f4"):
        out = tuple(np.zeros(SHAPE, kind) for _ in range(row.nout))
        function(row)(*data, out=out)
        assert_same_bits(out, tuple(part.astype(kind) for part in expected))
    out = tuple(np.zeros(SHAPE, "i4") for _ in range(row.nout))
    with pytest.raises(TypeError, match=f"Cannot cast ufunc '{row.name}' output"):
        function(row)(*data, out=out)
    assert not any(part.any() for part in out)


def test_output_larger_than_the_inputs(row, dtype):
    """An output may have the broadcast dimensions that the inputs lack; too small is an error."""
    data = data_of(row, (37,), dtype)
    expected = outputs(function(row)(*data))
    out = tuple(np.zeros(SHAPE, dtype) for _ in range(row.nout))
    function(row)(*data, out=out)
    assert_same_bits(out, tuple(np.broadcast_to(part, SHAPE) for part in expected))
    small = tuple(np.zeros(36, dtype) for _ in range(row.nout))
    with pytest.raises(ValueError, match="broadcast"):
        function(row)(*data, out=small)
    assert not any(part.any() for part in small)
