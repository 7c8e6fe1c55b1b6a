"""Calls on the short way (see _plain_call.h) give what the long way gives, to the bit.

The long way is taken by arrays as parameters, which NumPy itself has cast.
"""

import contextlib
import threading

import numpy as np
import pytest
from support import assert_same_bits, finfo, first, function, outputs, promoted, same_bits

import elufast

X = np.array([-3.0, -0.5, -0.0, 0.0, 0.25, 4.0, -60.0, np.inf, -np.inf, np.nan])
GRAD = np.array([0.5, -2.0, 1.0, 3.0, 1.5, -1.0, 0.125, 7.0, -0.25, 1.0])


def data_of(row, dtype=np.float64, size=X.size):
    """Few elements, or more than one run of the short loop takes."""
    return [np.resize(column, size).astype(dtype) for column in (GRAD, X)[-len(row.data) :]]


def cast(values, dtype):
    """Each Python number as NumPy rounds it, in an array of one element."""
    with np.errstate(all="ignore"):
        return [np.array([value]).astype(dtype) for value in values]


# Parameters as Python numbers.

# Halfway between two numbers of float16 or float32, and beside it; the ends of what goes the short
# way; and what does not: too large or small for some type, infinite, NaN, and no number of floats.
NUMBERS = [0.5, 1, 2.5, 0, 0.0, 1 + 2**-11, 1 + 3 * 2**-11, 1 + 2**-11 + 2**-40, 1 + 2**-24]
NUMBERS += [1 + 2**-11 - 2**-40, 1 + 3 * 2**-24, 0.1, 2047.4999, 2049, 4099, 65503, 0.3333333333333]
NUMBERS += [65504.0, 65504, 65504.1, 65520.0, 70000, 2.0**-14, 2.0**-14 * (1 - 2**-12), 2.0**-24]
NUMBERS += [1e-30, 1e30, 1e300, 10**40, np.inf, np.nan, True, 2**-14 + 2**-26]


def fits(number, dtype):
    """NumPy turns down an int that is too large, or not, by its version."""
    return not isinstance(number, int) or abs(number) <= float(finfo(dtype).max)


@pytest.mark.parametrize("size", [1, 3, 700])
def test_python_numbers_have_numpys_rounding(row, dtype, size):
    data = data_of(row, dtype, size)
    with np.errstate(all="ignore"):
        for number in NUMBERS:
            if not fits(number, dtype):
                continue
            for given in ([number], [1.25, number])[: len(row.parameters)]:
                named = dict(zip(row.parameters, given, strict=False))
                expected = function(row)(*data, *cast(given, dtype))
                assert_same_bits(function(row)(*data, *given), expected)
                assert_same_bits(function(row)(*data, **named), expected)


def test_every_halfway_number_is_rounded_as_numpy_does():
    """Float16 from double in one rounding, over all its binades, on the line of the parameter."""
    patterns = np.arange(0x0400, 0x7BFF, 7, np.uint16)
    below = patterns.view(np.float16).astype(float)
    above = (patterns + np.uint16(1)).view(np.float16).astype(float)
    middle = (below + above) / 2
    minus_one = np.array([-np.inf], np.float16)  # elu of it is -alpha
    for numbers in (middle, np.nextafter(middle, 0), np.nextafter(middle, np.inf), -middle):
        found = np.concatenate([elufast.elu(minus_one, number) for number in numbers.tolist()])
        expected = -numbers.astype(np.float16)
        equal = same_bits(found, expected)
        assert equal.all(), numbers[first(~equal)]


def test_every_form_with_python_numbers(row, dtype):
    """Positional, named, with outputs and masks: each against the same call with arrays."""
    f, data = function(row), data_of(row, dtype)
    last = list(row.parameters)[-1]
    expected = outputs(f(*data, **dict(zip([last], cast([0.7], dtype), strict=True))))
    mask = np.arange(X.size) % 3 > 0
    default = list(row.parameters.values())[:-1]
    for positional, named in (([*default, 0.7], {}), (default, {last: 0.7}), ([], {last: 0.7})):
        assert_same_bits(f(*data, *positional, **named), expected)
        for where in ({}, {"where": mask}, {"where": True}):
            out = tuple(np.full(X.shape, 99, dtype) for _ in expected)
            result = outputs(f(*data, *positional, **named, out=out, **where))
            assert all(a is b for a, b in zip(result, out, strict=True))
            chosen = np.broadcast_to(where.get("where", True), X.shape)
            for part, whole in zip(out, expected, strict=True):
                assert_same_bits(part[chosen], whole[chosen])
                assert (part[~chosen] == 99).all()
    out = tuple(np.empty_like(part) for part in expected)
    result = outputs(f(*data, *default, 0.7, *out))
    assert all(a is b for a, b in zip(result, out, strict=True))
    assert_same_bits(out, expected)


def test_types_of_data_decide(row, dtype):
    """Python numbers are weak: they leave the types of arrays and NumPy scalars alone."""
    for data in (data_of(row, dtype), [dtype.type(0.5)] * len(row.data)):
        for number in (0.1, 3):
            for part in outputs(function(row)(*data, number)):
                assert part.dtype == dtype
                assert type(part) is (np.ndarray if np.ndim(data[0]) else dtype.type)
    mixed = [*data_of(row, np.float16)[:-1], data_of(row, dtype)[-1]]
    common = promoted(*(column.dtype for column in (mixed[0], mixed[-1])))
    expected = function(row)(*[column.astype(common) for column in mixed], *cast([0.1], common))
    assert_same_bits(function(row)(*mixed, 0.1), expected)


def test_python_float_as_data(row):
    data = [-0.75, -0.5][-len(row.data) :]
    expected = function(row)(*[np.array(value) for value in data], np.array(0.1))
    result = function(row)(*data, 0.1)
    assert_same_bits(result, expected)
    assert {type(part) for part in outputs(result)} == {np.float64}


def test_flags_name_the_public_function():
    for size in (3, 700):
        x = np.full(size, -9, np.float16)
        with (
            np.errstate(all="raise"),
            pytest.raises(FloatingPointError, match=r"^overflow encountered in selu$"),
        ):
            elufast.selu(x, alpha=6e4, scale=1.5)


# NumPy's scalars.


def test_numpy_scalars(row, dtype):
    scalars = [dtype.type(value) for value in (-0.75, -0.5)[-len(row.data) :]]
    expected = function(row)(*[np.array([value]) for value in scalars])
    result = outputs(function(row)(*scalars))
    assert {type(part) for part in result} == {dtype.type}
    assert_same_bits(tuple(np.array([part]) for part in result), expected)


# The parameters of a call are those of no other.


def test_calls_inside_of_a_call():
    """An error's handler runs while the outer call is not over; its own call changes nothing."""
    x, inner = np.array([-np.inf, -9.0], np.float16), []

    def handler(*_):
        inner.append(elufast.elu(np.float32([-np.inf]), 0.25)[0])
        with contextlib.suppress(FloatingPointError), np.errstate(over="raise"):
            elufast.selu(x, alpha=6e4, scale=2.0)

    with np.errstate(over="call", call=handler):
        elufast.selu(x, alpha=6e4, scale=1.5)
    assert inner == [-0.25]
    assert elufast.elu(np.float32([-np.inf]), 0.75)[0] == -0.75
    assert elufast.elu(np.float32([-np.inf]))[0] == -1


def test_threads_do_not_share_parameters():
    """Masked loops run without the GIL and look at their parameters again in every run."""
    failures = []
    mask = np.arange(100_000) % 2 == 0

    def work(alpha):
        x, out = np.full(mask.size, -np.inf, np.float32), np.zeros(mask.size, np.float32)
        for _ in range(30):
            elufast.elu(x, alpha, out=out, where=mask)
            if not (out[mask] == -alpha).all():
                failures.append(alpha)

    threads = [threading.Thread(target=work, args=(alpha,)) for alpha in (0.25, 0.5, 0.75, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


# Runs of a mask.


@pytest.mark.parametrize("alpha", [(), (0.5,)], ids=["default", "given"])
def test_random_mask(row, dtype, alpha):
    """Runs of every length, in place and beside, contiguous or not."""
    rng = np.random.default_rng(7)
    mask = np.repeat(rng.random(900) < 0.5, rng.integers(1, 20, 900))
    data = data_of(row, dtype, mask.size)
    expected = outputs(function(row)(*data, *cast(alpha, dtype)))
    for step in (1, 2):
        out = tuple(np.full(mask.size * step, 99, dtype)[::step] for _ in expected)
        function(row)(*data, *alpha, out=out, where=mask)
        for part, whole in zip(out, expected, strict=True):
            assert_same_bits(part[mask], whole[mask])
            assert (part[~mask] == 99).all()
    if row.nout == 1:
        x = data[-1].copy()
        function(row)(*data[:-1], x, *alpha, out=x, where=mask)
        assert_same_bits(x, np.where(mask, expected[0], data[-1]))


@pytest.mark.parametrize("shift", [-3, -1, 1, 3])
def test_short_runs_that_overlap(row, dtype, shift):
    """As NumPy has it: as if the inputs had been copied first, for short arrays too."""
    for size in (2, 5, 40):
        memory = np.resize(X[:6], size + 3).astype(dtype)
        low, high = memory[:size], memory[abs(shift) : abs(shift) + size]
        x, out = (low, high) if shift > 0 else (high, low)
        data = [x] * len(row.data)
        expected = outputs(function(row)(*[column.copy() for column in data], 0.5))[0]
        others = (np.empty_like(out),) * (row.nout - 1)
        function(row)(*data, 0.5, out=(out, *others))
        assert_same_bits(out, expected)
