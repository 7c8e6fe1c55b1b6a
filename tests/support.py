"""What the tests share: the table of functions, comparison by bits, and the nasty inputs."""

import itertools
import os
import pathlib
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest

import elufast
from elufast import _reference as reference
from elufast._reference import finfo
from elufast._ufuncs import ROWS

REPOSITORY = pathlib.Path(__file__).parent.parent
BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
DTYPES = [*(np.dtype(code) for code in "efdg"), BFLOAT16]
NARROW = (np.dtype(np.float16), BFLOAT16)  # correctly rounded, or within 0.51 ULP
# x87 numbers fill 10 of their 12 or 16 bytes; the rest is whatever was in memory.
_LONGDOUBLE_BYTES = 10 if np.finfo(np.longdouble).nmant == 63 else np.longdouble().nbytes


# Types and thread counts for arrays that are long enough to be cut for threads. longdouble runs at
# a hundredth of the speed and shares all code outside of its formulas, so one count has to do.
LONG_RUNS = [(np.dtype(code), count) for code in "efd" for count in (1, 2, 3)]
LONG_RUNS += [(np.dtype("g"), 2), (BFLOAT16, 2)]


def long_size(dtype):
    """An odd number of elements, enough for three threads (longdouble: two)."""
    return 70_001 if dtype == np.longdouble else 200_003


def function(row):
    return getattr(elufast, row.name)


def family(row):
    """elu, selu or celu."""
    return row.name.split("_")[0]


def is_from_output(row):
    return row.name.endswith("_from_output")


def rows_where(condition):
    return [row for row in ROWS if condition(row)]


def parameter_values(row, dtype, **given):
    """The row's parameters, rounded to dtype, in their order."""
    values = [given.get(name, default) for name, default in row.parameters.items()]
    return reference.parameters_as(row.name, dtype, *values)


def outputs(result):
    """The outputs of any public function, as a tuple."""
    return result if isinstance(result, tuple) else (result,)


def oracle(row, *inputs):
    """The oracle's longdouble outputs for inputs of one type, as a tuple."""
    data, parameters = inputs[: len(row.data)], inputs[len(row.data) :]
    dtype = np.result_type(*(np.asarray(value).dtype for value in data))
    filled = reference.parameters_as(row.name, dtype, *parameters)
    return outputs(getattr(reference, row.name)(*data, *filled))


def bit_patterns(array):
    """The bits that hold the numbers: one unsigned integer per element, or a row of bytes."""
    array = np.ascontiguousarray(array)
    if array.dtype != np.longdouble:
        return array.view(f"u{array.itemsize}")
    return array.view(np.uint8).reshape(*array.shape, array.itemsize)[..., :_LONGDOUBLE_BYTES]


def same_bits(a, b):
    """Elementwise: equal to the bit, any NaN being equal to any other."""
    a, b = np.broadcast_arrays(a, b)
    assert a.dtype == b.dtype
    equal = bit_patterns(a) == bit_patterns(b)
    if a.dtype == np.longdouble:
        equal = equal.all(axis=-1)
    with np.errstate(invalid="ignore"):  # ml_dtypes looks at signalling NaNs aloud
        return equal.reshape(a.shape) | (np.isnan(a) & np.isnan(b))


def assert_same_bits(actual, expected):
    for a, b in zip(outputs(actual), outputs(expected), strict=True):
        assert np.shape(a) == np.shape(b)
        equal = same_bits(a, b)
        assert equal.all(), f"{(~equal).sum()} of {equal.size} differ, first at {first(~equal)}"


def promoted(a, b):
    """The type that NumPy's functions compute in; `numpy.result_type` knows none for bfloat16 and
    float16."""
    return np.add(np.zeros(1, a), np.zeros(1, b)).dtype


def all_numbers(dtype):
    """Of a type of 16 bits."""
    return np.arange(1 << 16, dtype=np.uint16).view(dtype)


def strict():
    """Every floating-point flag raises, but underflow (inexact has no errstate)."""
    return np.errstate(all="raise", under="ignore")


def first(mask):
    return tuple(int(i) for i in np.argwhere(mask)[0])


def rounded(expected, dtype):
    """Longdouble to nearest even of dtype (NumPy's own cast to float16 rounds twice)."""
    dtype = np.dtype(dtype)
    expected = np.asarray(expected, dtype=np.longdouble)
    limits = finfo(dtype)
    with np.errstate(all="ignore"):
        exponent = np.maximum(np.frexp(expected)[1] - 1, limits.minexp)
        unit = np.ldexp(np.longdouble(1), exponent - limits.nmant)
        steps = np.rint(expected / unit)  # exact but for the rounding to integer, to nearest even
        return np.where(np.isfinite(expected), steps * unit, expected).astype(dtype)


def as_dtype(values, dtype):
    with np.errstate(all="ignore"):
        return np.asarray(values, dtype=np.longdouble).astype(dtype)


def special_values(dtype):
    """Data values that stand in the contract or break kernels."""
    limits = finfo(dtype)
    cut = np.log(limits.smallest_subnormal.astype(np.longdouble))
    values = [0.0, 1.0, 0.5, 3.3, 1e-3, 0.6931, 5.0, 9.7, limits.smallest_subnormal]
    values += [limits.smallest_subnormal * 5, limits.tiny, limits.eps, limits.max, np.inf, -cut]
    values += [-cut + 2, -cut - 8, limits.max / 4]
    signed = as_dtype([*values, *np.negative(np.asarray(values, dtype=np.longdouble))], dtype)
    return np.append(signed, as_dtype([np.nan, -np.nan], dtype))


def parameter_sets(row, dtype):
    """Tuples of parameters: the defaults, and 0, inf, NaN, negative, huge and tiny ones."""
    limits = finfo(dtype)
    alphas = [1.0, 0.5, 0.0, -0.0, np.inf, -np.inf, np.nan, -0.7, limits.max / 2, -limits.max]
    alphas += [limits.smallest_subnormal * 3, 60.0]
    sets = [tuple(row.parameters.values())]
    if len(row.parameters) == 1:
        sets += [(alpha,) for alpha in alphas]
    else:
        scales = [1.1, 0.0, np.inf, np.nan, -2.0, limits.max / 2, limits.smallest_subnormal]
        sets += list(itertools.product(alphas, scales))
    return [tuple(as_dtype(value, dtype)[()] for value in values) for values in sets]


def grads(dtype):
    limits = finfo(dtype)
    values = [1.0, -0.7, 0.0, np.inf, np.nan, limits.max / 2, limits.smallest_subnormal]
    return as_dtype(values, dtype)


def data_grid(row, dtype):
    """Flat data arrays holding every combination of special values."""
    axes = [special_values(dtype)] if len(row.data) == 1 else [grads(dtype), special_values(dtype)]
    return [axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")]


def full_grid(row, dtype):
    """Flat arrays of all inputs, parameters among them, holding every combination."""
    data, sets = data_grid(row, dtype), parameter_sets(row, dtype)
    columns = [np.tile(column, len(sets)) for column in data]
    return columns + [np.repeat(as_dtype(c, dtype), data[0].size) for c in zip(*sets, strict=True)]


lower_instruction_sets = pytest.mark.parametrize(
    "name",
    []
    if "ELUFAST_ISA" in os.environ  # within such a test
    else elufast.show_config(mode="dict")["instruction_sets_built"][1:],
)


def check_with_instruction_set(name, file):
    """Run the tests of a file again, in a Python that has another instruction set."""
    environment = os.environ | {"ELUFAST_ISA": name}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", file]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if "is not an instruction set that this build" in done.stdout + done.stderr:
        pytest.skip(f"this processor lacks {name}")
    assert done.returncode == 0, done.stdout


def swapped(x):
    return x.astype(x.dtype.newbyteorder("S"))


def misaligned(x):
    view = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    view[...] = x
    return view


PAGE = 4096


def at(offset, values):
    """The same values so many bytes after the beginning of a page, and what holds them."""
    memory = np.full(values.nbytes + 3 * PAGE, 0xA5, np.uint8)
    start = PAGE + (offset - memory.ctypes.data) % PAGE
    array = memory[start : start + values.nbytes].view(values.dtype)
    array[...] = values
    return array, memory
