"""Special values, combined with each other, alone and in every position of an array.

Every combination is computed with every flag but underflow raising, unless the result itself gives
a reason for a flag. test_values says in words what these values are.
"""

import numpy as np
import pytest
from support import (
    as_dtype,
    assert_same_bits,
    data_grid,
    finfo,
    full_grid,
    function,
    grads,
    outputs,
    parameter_sets,
    parameter_values,
    special_values,
    strict,
)
from truth import assert_accepted, quiet


def test_grid_of_specials(row, dtype):
    """Every combination of special data and special parameters, as arrays."""
    inputs = full_grid(row, dtype)
    with np.errstate(all="ignore"):
        assert_accepted(row, dtype, inputs, function(row)(*inputs))
    chosen = [column[quiet(row, dtype, inputs)] for column in inputs]
    with strict():
        assert_accepted(row, dtype, chosen, function(row)(*chosen))


def test_scalars(row, dtype):
    """The same, one NumPy scalar at a time."""
    inputs = full_grid(row, dtype)
    calm = quiet(row, dtype, inputs)
    f = function(row)
    for errors, mask in [(strict(), calm), (np.errstate(all="ignore"), ~calm)]:
        chosen = [column[mask] for column in inputs]
        with errors:
            results = [outputs(f(*scalars)) for scalars in zip(*chosen, strict=True)]
        assert {type(part) for result in results for part in result} == {dtype.type}
        columns = tuple(np.array(column, dtype) for column in zip(*results, strict=True))
        assert_accepted(row, dtype, chosen, columns)


def test_python_floats_with_default_parameters(row):
    data = data_grid(row, np.float64)
    inputs = [*data, *row.parameters.values()]
    calm = quiet(row, np.float64, inputs)
    chosen = [column[calm] for column in data]
    with strict():
        results = [
            outputs(function(row)(*map(float, scalars))) for scalars in zip(*chosen, strict=True)
        ]
    columns = tuple(np.array(column) for column in zip(*results, strict=True))
    assert_accepted(row, np.float64, [*chosen, *row.parameters.values()], columns)


def every_position(f, columns, shifts, dtype, nout):
    """Call f on arrays of length 1 to 130, so that each of `shifts` values stands everywhere.

    Returns the results, end to end, and for each the index of its input in `columns`.
    """
    lengths = range(1, 131)
    total = sum(lengths) * shifts
    results = [np.empty(total, dtype) for _ in range(nout)]
    indices = np.empty(total, np.intp)
    start = 0
    for length in lengths:
        for shift in range(shifts):
            stop = start + length
            f(
                *[column[shift : shift + length] for column in columns],
                out=tuple(result[start:stop] for result in results),
            )
            indices[start:stop] = np.arange(shift, shift + length)
            start = stop
    return results, indices


def check_every_position(row, dtype, f, data, parameters, shifts):
    inputs = [*data, *parameters]
    arrays = [value for value in inputs if np.ndim(value)]
    results, indices = every_position(f, arrays, shifts, dtype, row.nout)
    seen = np.unique(indices, return_index=True)[1]
    unique = tuple(part[seen] for part in results)
    assert_accepted(row, dtype, [v[: seen.size] if np.ndim(v) else v for v in inputs], unique)
    for part, at_first in zip(results, unique, strict=True):
        assert_same_bits(part, at_first[indices])


def cycled(values, length):
    return np.resize(values, length)


# alpha, and for selu a scale; "huge" stands for half of the largest number of the type.
SCALARS = {
    "defaults": (),
    "zero": (0.0, 1.1),
    "infinite": (np.inf, 0.0),
    "nan": (np.nan, np.inf),
    "negative": (-0.7, -2.0),
    "huge": ("huge", np.nan),
}


def scalar_parameters(row, dtype, which):
    values = [finfo(dtype).max / 2 if v == "huge" else v for v in SCALARS[which]]
    given = dict(zip(row.parameters, values, strict=False))
    return parameter_values(row, dtype, **given)


def values_to_place(dtype):
    """longdouble has no vector loops and is slow: half of the values must do."""
    return special_values(dtype)[:: 2 if dtype == np.longdouble else 1]


@pytest.mark.parametrize("which", SCALARS)
def test_every_position_with_scalar_parameters(row, dtype, which):
    """Special values in each position of arrays of length 1 to 130; the parameters are scalars."""
    parameters = scalar_parameters(row, dtype, which)
    x, grad = values_to_place(dtype), grads(dtype)
    length = x.size * grad.size
    data = [cycled(grad, length), cycled(x, length)][-len(row.data) :]
    keep = quiet(row, dtype, [*data, *parameters])
    errors = strict() if keep.any() else np.errstate(all="ignore")  # wrong for every element
    keep |= not keep.any()
    data = [cycled(column[keep], 130 + x.size) for column in data]
    given = () if which == "defaults" else parameters

    def call(*arrays, out):
        return f(*arrays, *given, out=out)

    f = function(row)
    with errors:
        check_every_position(row, dtype, call, data, parameters, x.size)


def test_every_position_with_array_parameters(row, dtype):
    """The same with one parameter per element; elements that raise flags are among them."""
    sets = parameter_sets(row, dtype)
    shifts = max(len(sets), special_values(dtype).size)
    length = 130 + shifts
    x, grad = special_values(dtype), grads(dtype)
    data = [cycled(grad, length), cycled(x, length)][-len(row.data) :]
    parameters = [cycled(as_dtype(column, dtype), length) for column in zip(*sets, strict=True)]
    with np.errstate(all="ignore"):
        check_every_position(row, dtype, function(row), data, parameters, shifts)
