"""Parameters from 2^-8 to 2^8 have loops of their own, whose bits are those of the general ones."""

import numpy as np
import pytest
from support import (
    BFLOAT16,
    assert_same_bits,
    check_with_instruction_set,
    function,
    lower_instruction_sets,
    outputs,
)

import elufast
from elufast._reference import finfo

PART = 1024  # how many of an array of parameters are looked at at once: one that is out of the
#             ordinary sends the others the general way, too
EDGES = [2.0**-8, 2.0**8, 1.0, np.nextafter(np.float32(2**-8), 1), np.nextafter(np.float32(256), 1)]


def samples(dtype, rng, n):
    """What x, grad and y may be: every size, and the places where results or products end."""
    info = finfo(dtype)
    lowest = float(np.log(info.smallest_subnormal.astype(np.longdouble)))
    x = np.concatenate(
        [
            rng.standard_normal(n // 8) * 3,
            rng.uniform(lowest * 1.02, lowest * 0.8, n // 4),
            lowest + rng.standard_normal(n // 8),
            rng.uniform(lowest * 256, 0, n // 8),
            -np.exp2(rng.uniform(info.minexp - info.nmant, 8, n // 8)),
            np.exp2(rng.uniform(info.minexp, info.maxexp, n // 16)),
        ]
    )
    special = [0.0, -0.0, np.nan, np.inf, -np.inf, info.max, -info.max, info.tiny, -info.tiny]
    with np.errstate(over="ignore", under="ignore"):
        x = np.resize(np.concatenate([x, np.resize(special, n // 8)]), n).astype(dtype)
    return rng.permutation(x)


def gradients(dtype, rng, n):
    info = finfo(dtype)
    with np.errstate(under="ignore"):
        grad = np.exp2(rng.uniform(info.minexp - info.nmant, info.maxexp, n)).astype(dtype)
    grad *= rng.choice(np.array([-1, 1], dtype), n)
    grad[:: n // 16] = np.resize([0.0, -0.0, np.inf, -np.inf, np.nan], len(grad[:: n // 16]))
    return grad


@pytest.fixture(params=[np.dtype("e"), BFLOAT16, np.dtype("f"), np.dtype("d")], ids=str)
def kind(request):
    return request.param


def arrays(row, kind, rng, n):
    x = samples(kind, rng, n)
    return [gradients(kind, rng, n), x] if len(row.data) == 2 else [x]


def parameters(row, kind, rng, n):
    values = [np.exp2(rng.uniform(-8, 8, n)).astype(kind) for _ in row.parameters]
    for one in values:
        one[rng.integers(0, n, n // 4)] = rng.choice(np.array(EDGES, kind), n // 4)
    return [np.clip(one, 2.0**-8, 2.0**8) for one in values]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_arrays_have_the_bits_of_the_general_loops(row, kind, rng):
    n = PART * 200
    data, given = arrays(row, kind, rng, n), parameters(row, kind, rng, n)
    ordinary = outputs(function(row)(*data, *given))
    # The first element of every part is not compared: its parameters are others.
    for value in (1e-20, 1e20, 0.0, -1.0, np.nan):
        for one in given:
            one[::PART] = value
        general = outputs(function(row)(*data, *given))
        for a, b in zip(ordinary, general, strict=True):
            assert_same_bits(a.reshape(-1, PART)[:, 1:], b.reshape(-1, PART)[:, 1:])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_numbers_have_the_bits_of_arrays(row, kind, rng):
    n = 4 * PART
    data = arrays(row, kind, rng, n)
    for value in (2.0**-8, 0.05, 0.5, 1.0, 1.25, 3.0, 2.0**8, 2.0**-9, 300.0):
        number = [float(kind.type(value))] * len(row.parameters)
        given = [np.full(n, value, kind) for _ in number]
        for one in given:
            one[::PART] = 1e20
        by_number, by_array = (outputs(function(row)(*data, *p)) for p in (number, given))
        for a, b in zip(by_number, by_array, strict=True):
            assert_same_bits(a.reshape(-1, PART)[:, 1:], b.reshape(-1, PART)[:, 1:])


def test_only_true_overflows_are_told(row, kind):
    """And none of the branch that is not taken."""
    largest = finfo(kind).max
    for x, grad, overflows in ((-1e-3, largest, True), (1.0, largest, False), (-50.0, 1.0, False)):
        data = [np.full(5, value, kind) for value in ((grad, x) if len(row.data) == 2 else (x,))]
        given = [np.full(5, 100.0, kind) for _ in row.parameters]
        if overflows and (len(row.data) == 1 or row.name.startswith("celu")):
            continue
        if row.name.startswith("selu") and x > 0 and len(row.data) == 2:
            continue  # the scale is taken there
        with np.errstate(all="raise", under="ignore"):
            if overflows:
                with pytest.raises(FloatingPointError, match="overflow"):
                    function(row)(*data, *given)
            else:
                function(row)(*data, *given)


def test_a_part_ends_anywhere():
    for n in (1, 511, 1023, 1024, 1025, 2048, 3073):
        x, alpha = np.linspace(-4, 1, n), np.linspace(0.5, 2, n)
        got = elufast.elu_grad(x, alpha)
        expected = [elufast.elu_grad(a, b) for a, b in zip(x, alpha, strict=True)]
        assert_same_bits(got, np.array(expected))


@lower_instruction_sets
def test_with_lower_instruction_sets(name):
    check_with_instruction_set(name, __file__)
