"""Every sentence of the contract about values, for every function and every type.

The tests run with every flag but underflow raising, wherever the result itself gives no reason for
one;
parameters 0, infinite, NaN, negative and huge are among them.
"""

import numpy as np
import pytest
from support import (
    as_dtype,
    assert_same_bits,
    finfo,
    function,
    is_from_output,
    outputs,
    parameter_sets,
    rows_where,
    same_bits,
    special_values,
    strict,
)
from truth import assert_accepted, quiet

import elufast
from elufast import _reference as reference


def rows_with(*suffixes, families=("elu", "selu", "celu")):
    names = [name + suffix for name in families for suffix in suffixes]
    return pytest.mark.parametrize(
        "row", rows_where(lambda row: row.name in names), ids=lambda row: row.name
    )


def alphas(row, dtype):
    return sorted({values[0] for values in parameter_sets(row, dtype)}, key=repr)


@rows_with("", families=("elu", "celu"))
def test_positive_x_is_returned_itself(row, dtype):
    """Whatever the parameters are."""
    x = special_values(dtype)
    x = x[~np.isnan(x)]  # some types compare it aloud
    x = x[x > 0]
    for alpha in alphas(row, dtype):
        with strict():
            assert_same_bits(function(row)(x, alpha), x)
            assert_same_bits(function(row)(x, np.full_like(x, alpha)), x)


@rows_with("")
def test_zero_keeps_its_sign(row, dtype):
    """Whatever alpha is."""
    zeros = np.array([0.0, -0.0] * 20, dtype)
    for alpha in alphas(row, dtype):
        with strict():
            assert_same_bits(function(row)(zeros, alpha), zeros)
            assert_same_bits(function(row)(zeros, np.full_like(zeros, alpha)), zeros)
            assert_same_bits(function(row)(dtype.type(-0.0), alpha), dtype.type(-0.0))


def test_infinities(dtype):
    lowest = np.full(40, -np.inf, dtype)
    alphas = as_dtype([1, 0.3, 2.5, finfo(dtype).max, np.inf, -0.7, -np.inf], dtype)
    with strict():
        for alpha in alphas:
            assert_same_bits(elufast.elu(lowest, alpha), np.full_like(lowest, -alpha))
            assert_same_bits(elufast.elu(-lowest, alpha), -lowest)
            assert_same_bits(elufast.celu(-lowest, alpha), -lowest)
            if 0 < alpha < np.inf:
                assert_same_bits(elufast.celu(lowest, alpha), np.full_like(lowest, -alpha))
        assert_same_bits(elufast.selu(-lowest), -lowest)
        bottom = elufast.selu(lowest)
    exact = -np.multiply(*map(np.longdouble, reference.parameters_as("selu", dtype)))
    assert (reference.ulp_error(bottom, exact) <= (0.5 if dtype == np.float16 else 1.5)).all()


def test_derivative_at_zero_is_the_left_one(dtype):
    zeros = np.array([0.0, -0.0] * 20, dtype)
    with strict():
        for alpha in as_dtype([1.0, 0.3, 2.5, 0.0, -0.7, np.inf, -np.inf, np.nan], dtype):
            for f in (elufast.elu_grad, elufast.elu_grad2):
                assert_same_bits(f(zeros, alpha), np.full_like(zeros, alpha))
        for alpha in as_dtype([1.0, 0.3, 2.5, -0.7, np.inf, -np.inf], dtype):
            assert_same_bits(elufast.celu_grad(zeros, alpha), np.ones_like(zeros))
            error = reference.ulp_error(elufast.celu_grad2(zeros, alpha), 1 / np.longdouble(alpha))
            assert (error <= (0.51 if dtype == np.float16 else 1.5)).all()
        slopes = elufast.selu_grad(zeros), elufast.selu_grad2(zeros)
    exact = np.multiply(*map(np.longdouble, reference.parameters_as("selu", dtype)))
    for slope in slopes:
        assert (reference.ulp_error(slope, exact) <= (0.5 if dtype == np.float16 else 1.5)).all()


def test_nan_gives_nan_without_warning(row, dtype):
    """In x, grad or y; of either sign and any payload; gradients too."""
    nans = np.array([np.nan, -np.nan, np.nan] * 14, dtype)
    if dtype != np.longdouble:
        nans.view(f"u{dtype.itemsize}")[::3] |= 5  # a payload
    other = np.resize(special_values(dtype), nans.size)
    for position in range(len(row.data)):
        data = [other] * len(row.data)
        data[position] = nans
        for parameters in parameter_sets(row, dtype):
            calm = quiet(row, dtype, [*data, *parameters])
            if not calm.any():
                continue
            chosen = [column[calm] for column in data]
            with strict():
                for part in outputs(function(row)(*chosen, *parameters)):
                    assert np.isnan(part).all()
            if position == len(row.data) - 1 and not is_from_output(row):
                assert calm.all()


def test_subnormal_inputs_are_kept(dtype):
    limits = finfo(dtype)
    least = np.longdouble(limits.smallest_subnormal)
    x = as_dtype(np.concatenate([np.arange(1, 200), -np.arange(1, 200)]) * least, dtype)
    negative = x[x < 0]
    with strict():
        assert_same_bits(elufast.elu(x), x)
        assert_same_bits(elufast.celu(x), x)
        assert_same_bits(elufast.celu(x * 2, 2.0), x * 2)  # so that x / alpha is exact
        assert_same_bits(elufast.elu_backward(x, np.ones_like(x)), x)
        assert_same_bits(elufast.celu_backward(x, np.zeros_like(x)), x)
        assert_same_bits(elufast.elu_backward_from_output(x, np.ones_like(x)), x)
        assert_same_bits(elufast.elu(negative, 2.0), negative * 2)
        result = elufast.selu(x)
    exact = reference.selu(x, *reference.parameters_as("selu", dtype))
    assert (reference.ulp_error(result, exact) <= 1).all()


@rows_with("_grad", "_grad2")
def test_subnormal_results_are_kept(row, dtype):
    """Every step from the smallest normal number down to half of the smallest subnormal."""
    limits = finfo(dtype)
    top = np.log(np.longdouble(limits.tiny))
    bottom = np.log(np.longdouble(limits.smallest_subnormal)) - np.log(np.longdouble(2))
    x = as_dtype(np.linspace(top + 1, bottom - 1, 500, dtype=np.longdouble), dtype)
    with strict():
        result = function(row)(x)
    parameters = reference.parameters_as(row.name, dtype)
    exact = getattr(reference, row.name)(x, *parameters)
    bound = {np.dtype("e"): 0.5, np.longdouble: 4}.get(dtype, 2)
    assert (reference.ulp_error(result, exact) <= bound).all()
    assert (result[exact > limits.smallest_subnormal] > 0).all()


def test_forward_keeps_its_digits_near_zero(dtype):
    """The naive exp(x) - 1 has none left here."""
    x = as_dtype(-np.geomspace(finfo(dtype).tiny, 1e-2, 300, dtype=np.longdouble), dtype)
    for name in ("elu", "selu", "celu"):
        with strict():
            error = reference.ulp_error(getattr(elufast, name)(x), reference_of(name, x))
        assert error.max() <= (0.5 if dtype == np.float16 else 4 if dtype == np.longdouble else 1.5)


def test_derivative_keeps_its_digits_far_below_zero(dtype):
    """The naive expm1(x) + 1 has none left here."""
    lowest = np.log(finfo(dtype).tiny.astype(np.longdouble))
    x = as_dtype(np.linspace(lowest + 1, lowest / 3, 300, dtype=np.longdouble), dtype)
    for name in ("elu_grad", "selu_grad", "celu_grad", "elu_grad2", "selu_grad2", "celu_grad2"):
        with strict():
            error = reference.ulp_error(getattr(elufast, name)(x), reference_of(name, x))
        assert error.max() <= (0.5 if dtype == np.float16 else 4 if dtype == np.longdouble else 1.5)


def reference_of(name, x):
    return getattr(reference, name)(x, *reference.parameters_as(name, x.dtype))


@pytest.mark.parametrize("row", rows_where(is_from_output), ids=lambda row: row.name)
def test_backward_from_output_refuses_parameters(row, dtype):
    """alpha < 0, and for selu scale <= 0: NaN and the invalid warning, for that element alone."""
    good = [1.5, 0.5][: len(row.parameters)]
    wrong = [[-1.5, *good[1:]], [-np.inf, *good[1:]]]
    if len(good) == 2:
        wrong += [[1.5, -0.5], [1.5, 0.0], [1.5, -0.0], [1.5, -np.inf], [-1.0, -1.0]]
    y = np.array([-0.5, 0.0, 0.5] * 13, dtype)
    for parameters in wrong:
        with pytest.warns(RuntimeWarning, match=f"invalid value encountered in {row.name}"):
            result = function(row)(np.ones_like(y), y, *np.array(parameters, dtype))
        assert np.isnan(result).all()
    column = np.array([good, wrong[0], good], dtype).T[:, :, np.newaxis]
    with np.errstate(invalid="ignore"):
        mixed = function(row)(np.ones_like(y), y, *column)
    assert np.isnan(mixed[1]).all()
    assert not np.isnan(mixed[[0, 2]]).any()
    with strict():
        assert np.isnan(function(row)(np.ones_like(y), y, dtype.type(np.nan))).all()


def test_backward_from_output_accepts_negative_zero_alpha(dtype):
    with strict():
        assert elufast.elu_backward_from_output(dtype.type(2), dtype.type(-0.5), -0.0) == -1


@rows_with("", "_grad", "_grad2", "_with_grad", "_backward", families=("celu",))
def test_celu_with_alpha_zero(row, dtype):
    """x for x >= 0; NaN and the invalid warning for x < 0, in the derivatives too."""
    ones = [np.ones(40, dtype)] * (len(row.data) - 1)
    for alpha in (0.0, -0.0):
        with pytest.warns(RuntimeWarning, match=f"invalid value encountered in {row.name}"):
            result = function(row)(*ones, np.full(40, -2, dtype), alpha)
        assert all(np.isnan(part).all() for part in outputs(result))
        with strict():
            x = np.full(40, 2, dtype)
            result = outputs(function(row)(*ones, x, alpha))
        wanted = outputs(getattr(reference, row.name)(*ones, x, alpha))
        assert_same_bits(result, tuple(part.astype(dtype) for part in wanted))
    with strict():
        assert_same_bits(elufast.celu(dtype.type(-0.0), 0.0), dtype.type(-0.0))


@rows_with("", "_grad", "_grad2", "_with_grad", "_backward", families=("celu",))
def test_celu_with_negative_alpha(row, dtype, rng):
    """The formula as written: the arguments of expm1 and exp are positive, up to overflow."""
    z = rng.uniform(
        0, np.log(finfo(dtype).max.astype(np.float64) / 4) if dtype != "g" else 11000, 400
    )
    for alpha in (-0.5, -1.0, -3.0):
        x = as_dtype(z * alpha, dtype)
        data = [np.full(400, 0.75, dtype)] * (len(row.data) - 1) + [x]
        with strict():
            result = function(row)(*data, alpha)
        assert_accepted(row, dtype, [*data, alpha], result)
    with pytest.warns(RuntimeWarning, match=f"overflow encountered in {row.name}"):
        function(row)(
            *[column[:1] for column in data[:-1]], as_dtype(np.longdouble("-1e4"), dtype), -0.5
        )


def test_tiny_alpha_of_celu(dtype):
    """x / alpha overflows, the result does not: -alpha."""
    alpha = finfo(dtype).tiny
    with strict():
        assert_same_bits(elufast.celu(np.full(40, -100, dtype), alpha), np.full(40, -alpha, dtype))
        assert_same_bits(elufast.celu_grad(np.full(40, -100, dtype), alpha), np.zeros(40, dtype))


def test_families_differ_only_where_they_should(dtype, rng):
    """With alpha 1 and scale 1 the three families are one function."""
    x = as_dtype(rng.uniform(-10, 2, 1000), dtype)
    for suffix in ("", "_grad", "_grad2", "_with_grad"):
        results = [getattr(elufast, "elu" + suffix)(x), getattr(elufast, "celu" + suffix)(x)]
        results.append(getattr(elufast, "selu" + suffix)(x, 1.0, 1.0))
        first_one, *others = [np.array(result) for result in results]
        for other in others:
            near = reference.ulp_error(other, first_one.astype(np.longdouble)) <= 3
            assert (near | same_bits(other, first_one)).all()
