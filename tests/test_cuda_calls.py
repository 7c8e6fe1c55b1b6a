"""Functions with arrays on a GPU: the values of the CPU, with all parameters, shapes, layouts."""

import math

import numpy as np
import pytest
from gpus import NAMES, Both, assert_same_values, same
from support import (
    as_dtype,
    data_grid,
    full_grid,
    function,
    oracle,
    outputs,
    parameter_sets,
    rounded,
)

import elufast
import elufast.cuda
from elufast._ufuncs import ROWS


@pytest.fixture(params=NAMES)
def dtype(request):
    return np.dtype(request.param)


def column(dtype, size=12):
    """Numbers on both sides of 0, and the special ones."""
    special = [np.nan, -np.inf, np.inf, -0.0, 0.0, -1e-4]
    return as_dtype([*np.linspace(-4, 3, size - len(special)), *special], dtype)


def data(gpu, row, dtype, shape=(12,), view=lambda array: array):
    """Arrays for the data of a row, no two the same."""
    flat = column(dtype, max(12, math.prod(shape)))[: math.prod(shape)]
    arrays = [np.reshape(np.roll(flat, 5 * k), shape) for k in range(len(row.data))]
    return [Both(gpu, array, view) for array in arrays]


# Values.


def test_all_combinations(row, dtype, gpu):
    same(gpu, row, *(Both(gpu, array) for array in full_grid(row, dtype)))


def test_defaults(row, dtype, gpu):
    same(gpu, row, *(Both(gpu, array) for array in data_grid(row, dtype)))
    given = [float(value) for value in row.parameters.values()]
    same(gpu, row, *(Both(gpu, array) for array in data_grid(row, dtype)), *given)


def test_parameters_of_the_type(row, dtype, gpu):
    arrays = [Both(gpu, array) for array in data_grid(row, dtype)]
    for values in parameter_sets(row, dtype):
        same(gpu, row, *arrays, *values)


def test_python_numbers(row, dtype, gpu):
    arrays = data(gpu, row, dtype)
    for alpha in (0.5, 2, 0, -1, True, -0.0, 0.0, math.inf, -math.inf, math.nan, 0.1, 1e-30):
        same(gpu, row, *arrays, alpha)
        same(gpu, row, *arrays, alpha=alpha)
    named = dict(zip(row.data, arrays, strict=True))
    same(gpu, row, **named, **dict.fromkeys(row.parameters, 0.3))


def test_more_than_the_grid_at_once(dtype, gpu, rng):
    """An odd number of elements, some packs for each thread, from each distance to 16 bytes."""
    (row,) = (row for row in ROWS if row.name == "selu_backward")
    size = 70_000
    values = [as_dtype(rng.normal(size=size), dtype) for _ in row.data]
    for start in range(1 + 16 // dtype.itemsize):
        same(gpu, row, *(Both(gpu, array, lambda a, at=start: a[at:]) for array in values))
    same(
        gpu,
        row,
        *(
            Both(gpu, array, lambda a, at=k: a[at : size - 1 + at])
            for k, array in enumerate(values)
        ),
    )


def test_the_oracle(row, dtype, gpu):
    """Not the ufunc on the CPU: within an ULP of the exact value."""
    x = as_dtype(np.linspace(-5, 5, 101), dtype)
    arrays = [x[::-1].copy(), x][-len(row.data) :]
    results = function(row)(*map(gpu.asarray, arrays))
    with np.errstate(all="ignore"):
        for part, exact in zip(outputs(results), oracle(row, *arrays), strict=True):
            host, nearest = gpu.asnumpy(part), rounded(exact, dtype)
            ulp = np.spacing(np.abs(nearest)).astype(np.longdouble)
            assert (np.abs(host.astype(np.longdouble) - exact) <= 1.01 * ulp).all()


def test_the_module(row, gpu):
    arrays = data(gpu, row, np.dtype(np.float32))
    f = getattr(elufast.cuda, row.name)
    same(gpu, row, *arrays, f=f)
    same(gpu, row, *arrays, 0.5, f=f)
    same(gpu, row, *arrays, f=f, dtype=np.float64, order="F")


# Shapes.


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (1, 1), (3, 4), (2, 3, 2, 1, 2)])
def test_shapes(row, shape, gpu):
    dtype = np.dtype(np.float32)
    values = np.resize(column(dtype)[:6], shape)
    arrays = [Both(gpu, values) for _ in row.data]
    same(gpu, row, *arrays)
    same(gpu, row, *arrays, 0.5)
    same(gpu, row, *arrays, Both(gpu, np.float32(0.5)))


def test_parameter_arrays(row, dtype, gpu):
    arrays = data(gpu, row, dtype, (3, 4))
    values = as_dtype([0.5, -2.0, 0.0, np.nan], dtype)
    for per in (values, values[:3, None], values[:1], np.resize(values, (3, 4))):
        for count in range(1, 1 + len(row.parameters)):
            same(gpu, row, *arrays, *[Both(gpu, per)] * count)
        same(gpu, row, *arrays, **{list(row.parameters)[-1]: Both(gpu, per)})
    # One for each x, and more than there are of x.
    same(gpu, row, *data(gpu, row, dtype, (3, 1)), Both(gpu, values))


def test_inputs_broadcast(row, gpu):
    dtype = np.dtype(np.float64)
    shapes = [(2, 1, 3), (4, 1), ()]
    count = len(row.data) + len(row.parameters)
    for first in range(3):
        arrays = []
        for k in range(count):
            shape = shapes[(first + k) % 3]
            arrays.append(Both(gpu, np.resize(np.roll(column(dtype), k)[3:8], shape)))
        same(gpu, row, *arrays)
        same(gpu, row, *arrays[: len(row.data)])


def test_a_number_as_data(row, dtype, gpu):
    """Something has to be on the GPU: that may be a parameter alone, or the other data."""
    alpha = Both(gpu, as_dtype([0.5, -2.0, np.inf], dtype))
    for number in (-1.5, 2, dtype.type(-0.5)):
        same(gpu, row, *[number] * len(row.data), alpha)
    if len(row.data) == 2:
        (x,) = data(gpu, ROWS[0], dtype)
        same(gpu, row, x, -0.5)
        same(gpu, row, 1, x)


# Layouts.

VIEWS = {
    "strided": lambda a: a[:, ::2],
    "reversed": lambda a: a[::-1, ::-1],
    "transposed": lambda a: a.T,
    "transposed, strided": lambda a: a.T[::2],
    "column": lambda a: a[:, 1],
    "inner rows": lambda a: a[1:3],
    "inner block": lambda a: a[1:, 1:4],
    "off 16 bytes": lambda a: a.reshape(-1)[1:],
    "one element": lambda a: a[2, 2],
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_views(row, view, gpu):
    for name in ("float16", "float64"):
        arrays = data(gpu, row, np.dtype(name), (4, 6), view)
        same(gpu, row, *arrays)
        same(gpu, row, *arrays, 0.5)


def test_views_of_other_types(dtype, gpu):
    for view in VIEWS.values():
        same(gpu, ROWS[0], *data(gpu, ROWS[0], dtype, (4, 6), view), 0.25)


def test_fortran_order(row, gpu):
    values = np.asfortranarray(np.resize(column(np.float32), (3, 4)))
    arrays = [Both(gpu, values, lambda a: a.T.T) for _ in row.data]
    assert not arrays[0].gpu.flags.c_contiguous
    same(gpu, row, *arrays)


def test_three_axes_in_any_order(row, gpu):
    for view in (
        lambda a: a.transpose(1, 0, 2),
        lambda a: a.transpose(2, 0, 1),
        lambda a: a.transpose(2, 0, 1)[::-1, :, ::2],
        lambda a: a.transpose(1, 2, 0)[:, :1],
    ):
        same(gpu, row, *data(gpu, row, np.dtype(np.float32), (2, 3, 4), view))


def test_data_in_different_layouts(gpu):
    rows = [row for row in ROWS if len(row.data) == 2]
    views = [lambda a: a, lambda a: a.T, lambda a: a[::-1], lambda a: a[:, ::-1]]
    for row in rows:
        for first in views:
            for second in views:
                values = np.resize(column(np.float64), (4, 4))
                same(gpu, row, Both(gpu, values + 1, first), Both(gpu, values, second))


def test_inputs_are_what_they_were(row, gpu):
    """And the result is new memory."""
    arrays = data(gpu, row, np.dtype(np.float32))
    results = same(gpu, row, *arrays)
    starts = {array.data.ptr for array in (*(both.gpu for both in arrays), *outputs(results))}
    assert len(starts) == len(arrays) + row.nout
    for both in arrays:
        assert_same_values(gpu, both.gpu, both.cpu)
    assert elufast.elu(arrays[0].gpu).data.ptr != arrays[0].gpu.data.ptr
