"""Calls with numbers alone, which NumPy does not get to see (_direct_number.c).

They return what NumPy's own way returns, which a call with order="K" takes.
"""

import warnings

import numpy as np
import pytest
from support import BFLOAT16, as_dtype, assert_same_bits, function, outputs, special_values

import elufast

DTYPES = [np.dtype(code) for code in "efd"]
KINDS = {
    "scalar": lambda value, dtype: dtype.type(value),
    "0-d": lambda value, dtype: np.array(value, dtype),
    "read-only 0-d": lambda value, dtype: np.broadcast_to(np.array(value, dtype), ()),
}
PARAMETERS = [(), (0.5,), (2,), (0.0,), (1.25, 0.75)]


@pytest.fixture(params=DTYPES, ids=str)
def dtype(request):
    return request.param


def assert_as_numpy(row, *inputs, **keywords):
    with np.errstate(all="ignore"):
        actual = function(row)(*inputs, **keywords)
        expected = function(row)(*inputs, **keywords, order="K")
    assert type(actual) is type(expected)
    for ours, theirs in zip(outputs(actual), outputs(expected), strict=True):
        assert type(ours) is type(theirs)
        assert_same_bits(ours, theirs)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind(row, dtype, kind):
    values = special_values(dtype)
    for given in PARAMETERS:
        for place, value in enumerate(values):
            data = [
                kind(values[(place + 5 * k) % values.size], dtype) for k in range(len(row.data))
            ]
            data[-1] = kind(value, dtype)
            assert_as_numpy(row, *data, *given[: len(row.parameters)])


def test_python_floats(row):
    for value in (-0.0, 0.5, -3.0, float("inf"), float("nan"), 5e-324, -1e308):
        assert_as_numpy(row, *[value] * len(row.data))
        assert_as_numpy(row, *[value] * len(row.data), alpha=0.5)
        assert_as_numpy(row, *[np.float64(value)] * len(row.data))


def test_other_types(row):
    """Whatever is not of one type is NumPy's to promote."""
    others = [1, True, np.float16(-0.5), np.float64(-0.5), np.longdouble(-0.5), np.int8(-3), -0.5]
    others += [np.array(-0.5, ">f4"), BFLOAT16.type(-0.5), np.array(-0.5, BFLOAT16), [-0.5]]
    for other in others:
        data = [np.float32(-2)] * len(row.data)
        data[0] = other
        assert_as_numpy(row, *data)
        assert_as_numpy(row, *data[::-1])
        assert_as_numpy(row, *[np.float32(-2)] * len(row.data), other)


def test_subclasses(row):
    """Their results are what they make of them."""

    class Number(np.float64):
        pass

    class Real(float):
        pass

    class Array(np.ndarray):
        pass

    for value in (Number(-0.5), Real(-0.5), np.array(-0.5).view(Array)):
        assert_as_numpy(row, *[value] * len(row.data))


def test_with_an_output(row, dtype):
    data = [dtype.type(-0.5)] * len(row.data)
    for out in (np.zeros((), dtype), np.zeros(3, dtype), np.zeros((), "d")):
        outs = tuple(out.copy() for _ in range(row.nout))
        results = outputs(function(row)(*data, out=outs))
        for result, mine, expected in zip(
            results, outs, outputs(function(row)(*data, order="K")), strict=True
        ):
            assert result is mine
            assert (mine == expected).all()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_errors_and_warnings(dtype, kind):
    large = as_dtype({"e": 65504, "f": 3.4e38, "d": 1.79e308}[dtype.char], dtype)
    grad, x = kind(large, dtype), kind(1, dtype)
    message = r"^overflow encountered in selu_backward$"
    with np.errstate(over="raise"), pytest.raises(FloatingPointError, match=message):
        elufast.selu_backward(grad, x)
    with np.errstate(over="warn"), pytest.warns(RuntimeWarning, match=message):
        assert np.isinf(elufast.selu_backward(grad, x))
    with np.errstate(over="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isinf(elufast.selu_backward(grad, x))
        assert elufast.selu_backward(x, x) < 2  # no flag stays behind
    with np.errstate(all="raise"):
        assert elufast.elu(kind(np.inf, dtype)) == np.inf
        assert np.isnan(elufast.elu(kind(np.nan, dtype)))


def test_errors_as_numpys(row):
    """Nothing of the call is lost on the way to them."""
    data = [np.float32(1)] * len(row.data)
    for arguments, keywords in (
        ([*data, "half"], {}),
        (data, {"alpha": None}),
        (data, {"beta": 1}),
        ([*data, *[1] * 9], {}),
    ):
        with pytest.raises(TypeError) as ours:
            function(row)(*arguments, **keywords)
        assert row.name in str(ours.value) or "keyword" in str(ours.value)
