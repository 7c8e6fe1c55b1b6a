"""Floating-point flags: true ones are reported, from every thread; others are never raised.

Underflow and inexact are exempt. What is true is told by the exact result (`truth`): a finite one
that rounds to infinity overflows; a NaN where no NaN went in is invalid.
"""

import numpy as np
import pytest
from support import (
    finfo,
    full_grid,
    function,
    is_from_output,
    long_size,
    parameter_values,
    rows_where,
    strict,
)
from truth import truths

import elufast

LARGE = long_size(np.float16)
# For every kind of flag the field of Truth, and the name that errstate gives it.
KINDS = {"overflow": "over", "invalid": "invalid"}


def flagged(row, dtype, kind):
    """The elements of the grid that must raise this flag, as columns."""
    inputs = full_grid(row, dtype)
    mask = np.logical_or.reduce([getattr(each, kind) for each in truths(row, dtype, inputs)])
    return [column[mask] for column in inputs]


def rows_flagging(kind):
    found = [row for row in rows_where(lambda _: True) if flagged(row, np.float32, kind)[0].size]
    return pytest.mark.parametrize("row", found, ids=lambda row: row.name)


def benign(row, dtype, size):
    """Columns of ordinary inputs, parameters included, that raise nothing."""
    data = [np.full(size, 0.75, dtype), np.full(size, -0.5, dtype)][-len(row.data) :]
    return data + [np.full(size, value) for value in parameter_values(row, dtype)]


def only(kind):
    return np.errstate(all="ignore", **{KINDS[kind]: "raise"})


def assert_raises(row, kind, inputs):
    with only(kind), pytest.raises(FloatingPointError, match=rf"^{kind} .*in {row.name}$"):
        function(row)(*inputs)


@rows_flagging("overflow")
def test_every_true_overflow_is_reported(row, dtype):
    check_each(row, dtype, "overflow")


@rows_flagging("invalid")
def test_every_true_invalid_is_reported(row, dtype):
    check_each(row, dtype, "invalid")


def check_each(row, dtype, kind):
    """Alone, and as the only such element among ordinary ones."""
    columns = flagged(row, dtype, kind)
    step = max(1, columns[0].size // 60)
    crowd = benign(row, dtype, 67)
    with strict():
        function(row)(*crowd)
    for number, scalars in enumerate(zip(*[column[::step] for column in columns], strict=True)):
        assert_raises(row, kind, scalars)
        planted = [column.copy() for column in crowd]
        for column, value in zip(planted, scalars, strict=True):
            column[number * 5 % 67] = value
        assert_raises(row, kind, planted)


def test_quiet_in_long_arrays(row, long_dtype):
    """Nothing is raised by any mix of inputs that has no reason to."""
    dtype, size = long_dtype, long_size(long_dtype)
    inputs = full_grid(row, dtype)
    mask = np.logical_and.reduce([each.quiet for each in truths(row, dtype, inputs)])
    with strict():
        function(row)(*[np.resize(column[mask], size) for column in inputs])


@pytest.mark.parametrize("place", [0, LARGE // 2, LARGE - 1])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_selu_overflow_in_one_far_element(count, place):
    elufast.set_num_threads(count)
    x = np.full(LARGE, -0.5, np.float16)
    with strict():
        elufast.selu(x, alpha=6e4, scale=1.1)
    x[place] = -10
    with strict(), pytest.raises(FloatingPointError, match="overflow encountered in selu"):
        elufast.selu(x, alpha=6e4, scale=1.1)
    with pytest.warns(RuntimeWarning, match="overflow encountered in selu"):
        result = elufast.selu(x, alpha=6e4, scale=1.1)
    assert np.flatnonzero(np.isinf(result)).tolist() == [place]


@rows_flagging("overflow")
def test_overflow_in_one_far_element(row, long_dtype):
    check_far(row, long_dtype, "overflow")


@rows_flagging("invalid")
def test_invalid_in_one_far_element(row, long_dtype):
    check_far(row, long_dtype, "invalid")


def check_far(row, dtype, kind):
    """In the first, an inner and the last element of a long array: in any thread's part."""
    bad = [column[0] for column in flagged(row, dtype, kind)]
    size = long_size(dtype)
    inputs = benign(row, dtype, size)
    for place in (0, size // 3, size - 1):
        planted = [column.copy() for column in inputs]
        for column, value in zip(planted, bad, strict=True):
            column[place] = value
        assert_raises(row, kind, planted)


def test_far_element_of_strided_and_cast_arrays(long_dtype):
    """NumPy hands these over in pieces."""
    dtype = long_dtype
    x = np.full((2, long_size(dtype)), -0.5, dtype)
    x[0, -1] = -100
    huge = finfo(dtype).max
    for view in (x[0], x.T[:, 0], x[:, ::-1], x[:, 1:], x.astype(dtype.newbyteorder("S"))):
        with (
            only("overflow"),
            pytest.raises(FloatingPointError, match="overflow encountered in selu"),
        ):
            elufast.selu(view, huge, dtype.type(1.5))


@pytest.mark.parametrize("name", ["selu", "selu_with_grad"])
def test_overflow_with_default_parameters(name, dtype):
    """Also on the short way that plain calls take; the message names the public function."""
    f = getattr(elufast, name)
    largest = finfo(dtype).max
    for x in (largest, np.full(3, largest), np.full(long_size(dtype), largest)):
        with only("overflow"), pytest.raises(FloatingPointError, match=f"in {name}$"):
            f(x)
    if dtype == np.float64:
        with only("overflow"), pytest.raises(FloatingPointError, match=f"in {name}$"):
            f(float(largest))


@pytest.mark.parametrize("row", rows_where(is_from_output), ids=lambda row: row.name)
def test_negative_alpha_of_from_output_is_invalid(row, dtype):
    for y in (-0.5, 0.0, 0.5):
        assert_raises(row, "invalid", [dtype.type(1), dtype.type(y), dtype.type(-1)])


def test_celu_alpha_zero_is_invalid(dtype):
    for size in (1, 100):
        with (
            only("invalid"),
            pytest.raises(FloatingPointError, match="invalid value encountered in celu"),
        ):
            elufast.celu(np.full(size, -1, dtype), 0.0)
        with strict():
            elufast.celu(np.full(size, 1, dtype), 0.0)


@pytest.mark.parametrize("alpha", [0.0, -2.0])
@pytest.mark.parametrize("size", [1, 9, 40])
def test_what_is_invalid_does_not_overflow_too(dtype, alpha, size):
    """Where a product of the grad and of what stands for the slope would: by position, once."""
    grad, y = np.ones(size, dtype), np.full(size, 0.5, dtype)
    grad[-1] = finfo(dtype).max
    y[-1] = -grad[-1]
    with np.errstate(all="raise", under="ignore", invalid="ignore"):
        result = elufast.celu_backward_from_output(grad, y, alpha)
    assert np.isnan(result[-1])


class TestErrstateModes:
    """Every way of errstate to report names the public function."""

    def overflow(self):
        return elufast.selu(np.full(3, -9, np.float16), alpha=6e4, scale=1.1)

    def test_raise(self):
        message = "^overflow encountered in selu$"
        with np.errstate(over="raise"), pytest.raises(FloatingPointError, match=message):
            self.overflow()

    def test_warn(self):
        with (
            np.errstate(over="warn"),
            pytest.warns(RuntimeWarning, match="^overflow encountered in selu$"),
        ):
            self.overflow()

    def test_ignore(self, recwarn):
        with np.errstate(over="ignore"):
            assert np.isneginf(self.overflow()).all()
        assert not recwarn.list

    def test_call(self):
        seen = []
        with np.errstate(over="call", call=lambda *args: seen.append(args)):
            self.overflow()
        assert [args[0] for args in seen] == ["overflow"]

    def test_log(self):
        class Log:
            text = ""

            def write(self, text):
                self.text += text

        log = Log()
        with np.errstate(over="log", call=log):
            self.overflow()
        assert log.text == "Warning: overflow encountered in selu\n"

    def test_print(self, capfd):
        with np.errstate(over="print"):
            self.overflow()
        captured = capfd.readouterr()
        assert captured.out + captured.err == "Warning: overflow encountered in selu\n"

    @rows_flagging("overflow")
    def test_every_function_names_itself_in_overflows(self, row):
        self.check_name(row, "overflow", "overflow")

    @rows_flagging("invalid")
    def test_every_function_names_itself_in_invalids(self, row):
        self.check_name(row, "invalid", "invalid value")

    def check_name(self, row, kind, text):
        bad = [column[0] for column in flagged(row, np.float64, kind)]
        with (
            np.errstate(all="ignore", **{KINDS[kind]: "warn"}),
            pytest.warns(RuntimeWarning) as seen,
        ):
            function(row)(*bad)
        assert {str(w.message) for w in seen} == {f"{text} encountered in {row.name}"}


def test_earlier_flags_are_not_reported(row, dtype):
    """Flags left behind by somebody else's arithmetic are not this call's."""
    inputs = benign(row, dtype, 5)
    with np.errstate(all="ignore"):
        np.float32(1e38) * np.float32(1e38)
        np.array([np.inf]) - np.inf
        np.array([1.0]) / 0
    with strict():
        function(row)(*inputs)


def test_product_of_parameters_is_not_an_intermediate_of_selu(dtype):
    """scale * (alpha * expm1(x)) fits although scale * alpha does not."""
    limits = finfo(dtype)
    x = np.full(40, -limits.eps * 4, dtype)
    with strict():
        result = elufast.selu(x, limits.max / 2, 4.0)
    assert np.isfinite(result).all()
