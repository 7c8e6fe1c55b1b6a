"""The accuracy bounds of the contract, against the oracle (up to float32) and mpmath (wider).

float16 and bfloat16 are checked whole. The other types are sampled here; `benchmarks/accuracy.py`
walks all negative float32 numbers.
"""

import numpy as np
import pytest
from support import (
    NARROW,
    all_numbers,
    as_dtype,
    assert_same_bits,
    family,
    finfo,
    function,
    is_from_output,
    outputs,
    parameter_values,
    rounded,
    rows_where,
)
from truth import truths

from elufast import _reference as reference

PARAMETERS = [  # alpha and scale; families with alpha alone ignore the other
    (1.0, 1.0),
    (1.6732632423543772, 1.0507009873554805),
    (0.3, 1.1),
    (1 / 3, 0.7),
    (2.0, 2.0),
    (-0.6, 3.0),
    (1.5, -1.2),
    (300.0, 1e-3),
]


def usable(row, parameters):
    """Whether the function is defined for these parameters everywhere."""
    return not is_from_output(row) or (parameters[0] >= 0 and all(v > 0 for v in parameters[1:]))


def parameter_list(row, dtype):
    chosen = {values[: len(row.parameters)] for values in PARAMETERS}
    chosen = sorted(values for values in chosen if usable(row, values))
    return [tuple(as_dtype(value, dtype)[()] for value in values) for values in chosen]


def names_of_outputs(row):
    return [row.name] if row.nout == 1 else [family(row), f"{family(row)}_grad"]


def bounds(row, default):
    """The promised ULPs of float32 and float64, per output."""
    tight = {"elu", "celu", "elu_grad"}  # at alpha = 1
    return [
        1.0 if default and name in tight else 1.5 if default else 2.0
        for name in names_of_outputs(row)
    ]


def assert_within(row, inputs, actual, values, masks, allowed):
    """`allowed` may be one number or one per element; message: where it is worst."""
    for name, part, value, mask, bound in zip(
        names_of_outputs(row), outputs(actual), values, masks, allowed, strict=True
    ):
        error = np.where(mask, reference.ulp_error(part, value), 0)
        excess = error - bound
        worst = int(np.argmax(excess))
        given = [np.broadcast_to(column, error.shape)[worst] for column in inputs]
        assert excess[worst] <= 0, f"{name}{tuple(given)}: {error[worst]:.4f} ULP, {part[worst]!r}"
        assert mask.mean() > 0.1  # or the sample says nothing


# float16 and bfloat16: correctly rounded


@pytest.mark.parametrize("dtype", NARROW, ids=str)
@pytest.mark.parametrize(
    "row", rows_where(lambda row: len(row.data) == 1), ids=lambda row: row.name
)
def test_narrow_defaults_are_correctly_rounded(row, dtype):
    x = all_numbers(dtype)
    exact = getattr(reference, row.name)(x, *parameter_values(row, dtype))
    with np.errstate(all="ignore"):  # overflows, and signalling NaNs
        actual = function(row)(x)
    assert_same_bits(actual, tuple(rounded(part, dtype) for part in outputs(exact)))


@pytest.mark.parametrize("dtype", NARROW, ids=str)
def test_narrow_with_any_parameters(row, dtype, rng):
    """A third of the numbers; benchmarks/accuracy.py takes all of them."""
    x = all_numbers(dtype)[rng.integers(3) :: 3]
    for parameters in parameter_list(row, dtype):
        data = [rng.normal(size=x.size).astype(dtype), x]
        inputs = [*data[-len(row.data) :], *parameters]
        with np.errstate(all="ignore"):
            actual = function(row)(*inputs)
            judged = truths(row, dtype, inputs)
        values = [each.value for each in judged]
        masks = [each.bounded for each in judged]
        assert_within(row, inputs, actual, values, masks, [0.51] * row.nout)


# float32, float64 and longdouble: samples


def neighbours(centres, dtype, reach=3):
    """The numbers of dtype around each centre."""
    x = as_dtype(centres, dtype)
    steps = np.arange(-reach, reach + 1).astype(dtype)[:, np.newaxis]
    return (x + steps * np.spacing(np.abs(x))).ravel()


def hard_places(dtype):
    """Negative numbers where kernels of exp and expm1 are weak."""
    limits = finfo(dtype)
    ln2 = np.log(np.longdouble(2))
    lowest = np.log(np.longdouble(limits.tiny))
    count = min(int(-lowest / ln2), 160)
    k = np.linspace(1, -lowest / ln2, count).astype(np.int64).astype(np.longdouble)
    near_zero = -(np.longdouble(2) ** -np.arange(1, min(-limits.minexp, 120)))
    tail = -ln2 * np.arange(limits.nmant - 2, limits.nmant + 6)  # where expm1 becomes -1
    places = [near_zero, -k * ln2, -(k - 0.5) * ln2, tail, lowest + np.arange(1, 4)]
    return neighbours(np.concatenate(places), dtype)


def sample(dtype, size, rng):
    """Negative numbers: hard places, the whole exponent range, and the interesting interval."""
    limits = finfo(dtype)
    lowest = float(np.log(np.longdouble(limits.tiny)))
    exponents = rng.integers(max(limits.minexp, -200), 8, size // 4)
    patterns = -np.ldexp(rng.uniform(0.5, 1, size // 4).astype(np.longdouble), exponents)
    fine = rng.uniform(size=size // 4).astype(np.longdouble) * 2.0**-53  # low bits for longdouble
    spread = [rng.uniform(lowest, 0, size // 4), -rng.exponential(size=size // 4) * (1 + fine)]
    return np.concatenate(
        [hard_places(dtype), *(as_dtype(part, dtype) for part in [patterns, *spread])]
    )


def random_powers(dtype, size, rng, reach):
    """Positive numbers of any mantissa, 2**-reach to 2**reach."""
    return as_dtype(np.exp2(rng.uniform(-reach, reach, size)), dtype)


def random_parameters(row, dtype, size, rng):
    columns = [random_powers(dtype, size, rng, 20) for _ in row.parameters]
    columns[0][::3] = np.resize([1, 0.3, 2, 1.5, 0.1, 7, 1.6732632423543772], columns[0][::3].size)
    if not is_from_output(row):
        for column in columns:
            column *= np.where(rng.uniform(size=size) < 0.2, -1, 1).astype(dtype)
    return columns


def inputs_for(row, dtype, size, rng, default):
    """Data, and (unless default) one parameter per element, drawn so that results are ordinary."""
    x = sample(dtype, size, rng)
    parameters = list(parameter_values(row, dtype))
    if not default:
        parameters = random_parameters(row, dtype, x.size, rng)
    if is_from_output(row):  # outputs end at -scale * alpha, where the slope vanishes
        floor = np.prod([np.broadcast_to(p, x.shape) for p in parameters], axis=0)
        x = (floor * np.expm1(np.maximum(x, -20 * np.ones_like(x)))).astype(dtype)
        x[::7] *= -1
    elif family(row) == "celu" and not default:
        x *= np.abs(parameters[0])
    data = [random_powers(dtype, x.size, rng, 20), x]
    data[0] *= np.where(rng.uniform(size=x.size) < 0.5, -1, 1).astype(dtype)
    return data[-len(row.data) :], parameters


def compute(row, data, parameters, default):
    with np.errstate(all="ignore"):
        return function(row)(*data, *(() if default else parameters))


@pytest.mark.parametrize("default", [True, False], ids=["defaults", "any-parameters"])
def test_float32(row, rng, default):
    data, parameters = inputs_for(row, np.float32, 200_000, rng, default)
    actual = compute(row, data, parameters, default)
    inputs = [*data, *parameters]
    judged = truths(row, np.float32, inputs)
    values, masks = [each.value for each in judged], [each.bounded for each in judged]
    assert_within(row, inputs, actual, values, masks, bounds(row, default))


@pytest.mark.parametrize("default", [True, False], ids=["defaults", "any-parameters"])
def test_float64(row, rng, default):
    data, parameters = inputs_for(row, np.float64, 1400, rng, default)
    actual = compute(row, data, parameters, default)
    inputs = [*data, *parameters]
    values = outputs(reference.exact(row.name, *inputs))
    masks = [each.bounded for each in truths(row, np.float64, inputs)]
    assert_within(row, inputs, actual, values, masks, bounds(row, default))


@pytest.mark.parametrize("default", [True, False], ids=["defaults", "any-parameters"])
def test_longdouble_is_as_good_as_libm(row, rng, default):
    """expm1l and expl are good to 2 ULP or so; quotients and sums are taken as written."""
    data, parameters = inputs_for(row, np.longdouble, 800, rng, default)
    actual = compute(row, data, parameters, default)
    inputs = [*data, *parameters]
    values = outputs(reference.exact(row.name, *inputs))
    judged = truths(row, np.longdouble, inputs)
    exact_argument = default and not is_from_output(row)  # x / 1
    allowed = [4 + (0 if exact_argument else 2 * each.amplification) for each in judged]
    assert_within(row, inputs, actual, values, [each.bounded for each in judged], allowed)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "row", rows_where(lambda row: row.name == family(row)), ids=lambda r: r.name
)
def test_positive_branch_is_correctly_rounded(row, dtype, rng):
    """x itself, or one product."""
    x = random_powers(dtype, 5000, rng, 60)
    exact = getattr(reference, row.name)(x, *parameter_values(row, dtype))
    assert (reference.ulp_error(function(row)(x), exact) <= 0.5 + 2.0**-11).all()


def test_parameters_are_rounded_to_the_computing_type(row):
    """A float32 array is computed with the float32 alpha, which the oracle is given here."""
    x = -np.linspace(0.01, 3, 500, dtype=np.float32)
    data = [np.ones_like(x)] * (len(row.data) - 1) + [x * (0.3 if is_from_output(row) else 1)]
    alpha = 0.7 + 2.0**-25  # float32 cannot hold it
    (held, *_) = as_dtype([alpha], np.float32)
    assert float(held) != alpha
    actual = function(row)(*data, alpha)
    assert_same_bits(actual, function(row)(*data, held))
    inputs = [*data, *parameter_values(row, np.float32, alpha=held)]
    judged = truths(row, np.float32, inputs)
    values, masks = [each.value for each in judged], [each.bounded for each in judged]
    assert_within(row, inputs, actual, values, masks, [2.0] * row.nout)
