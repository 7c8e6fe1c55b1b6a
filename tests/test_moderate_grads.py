"""Moderate operands (float grads below 2^65, x above -103 and not NaN) have loops of their own on
AVX2, with the bits of the general ones."""

import numpy as np
import pytest
from support import (
    assert_same_bits,
    check_with_instruction_set,
    lower_instruction_sets,
    rows_where,
    strict,
)

import elufast

PART = 2048  # as many are computed at a time
UNTRIED = 7  # so many parts after one that was not moderate
ROWS = rows_where(lambda row: row.name.endswith("_backward"))


@pytest.fixture(params=ROWS, ids=lambda row: row.name)
def backward(request):
    return getattr(elufast, request.param.name)


def moderate(rng, n):
    """From the smallest subnormal number to just below 2^65."""
    grad = np.exp2(rng.uniform(-149, 65, n)).astype(np.float32)
    grad[rng.integers(0, n, n // 50)] = np.nextafter(np.float32(2.0**65), np.float32(0))
    grad[rng.integers(0, n, n // 50)] = 0
    return np.minimum(grad, np.nextafter(np.float32(2.0**65), np.float32(0))) * rng.choice(
        np.array([-1, 1], np.float32), n
    )


def everywhere(rng, n):
    """Negative numbers down to where exp(x) is 0, and all that is special."""
    x = np.where(rng.random(n) < 0.5, rng.normal(0, 3, n), rng.uniform(-106, -60, n))
    x[rng.integers(0, n, n // 10)] = rng.choice([0.0, -0.0, np.inf, -np.inf, np.nan], n // 10)
    return x.astype(np.float32)


@pytest.mark.parametrize("other", [2.0**65, np.inf, np.nan])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_bits_of_the_general_loop(backward, other, rng):
    """One grad out of bounds sends those beside it the general way."""
    grad, x = moderate(rng, PART * 40), everywhere(rng, PART * 40)
    by_themselves = backward(grad, x)
    grad[::PART] = other
    together = backward(grad, x)
    assert_same_bits(by_themselves.reshape(-1, PART)[:, 1:], together.reshape(-1, PART)[:, 1:])


@pytest.mark.parametrize("other", [-103.0, -np.inf, np.nan, -np.nan])
def test_an_x_that_is_not_moderate(backward, other, rng):
    """It sends those beside it the general way, and has its own result."""
    n = PART * 8
    grad, x = moderate(rng, n), rng.uniform(-102.9, 5, n).astype(np.float32)
    by_themselves = backward(grad, x)
    x[1::PART] = other
    together = backward(grad, x)
    assert_same_bits(by_themselves.reshape(-1, PART)[:, 2:], together.reshape(-1, PART)[:, 2:])
    assert_same_bits(
        together[1::PART], np.array([backward(g, np.float32(other)) for g in grad[1::PART]])
    )


@pytest.mark.parametrize("place", [None, 0, 1])
@pytest.mark.parametrize("first", [0, 1, UNTRIED, 2 * UNTRIED])
def test_in_place(backward, place, first, rng):
    """A part that was not moderate is still there to be computed again."""
    n = PART * (3 * UNTRIED)
    operands = [moderate(rng, n), everywhere(rng, n)]
    operands[0][first * PART + 5 :: PART * 5] = 2.0**66
    some = range(0, n, 997)
    expected = np.array([backward(*(operand[i] for operand in operands)) for i in some])
    out = None if place is None else operands[place]
    assert_same_bits(backward(*operands, out=out)[::997], expected)


@pytest.mark.parametrize("of_others", [0, 3 * PART])
def test_flags_are_those_of_the_results(backward, of_others):
    """Not of an attempt, and true ones are not forgotten with it."""
    n = 5 * PART
    grad, x = np.ones(n, np.float32), np.full(n, -1.0, np.float32)
    x[of_others : of_others + 4] = [np.nan, -np.inf, -200, -103.5]
    grad[of_others + 5 : of_others + 7] = np.finfo(np.float32).max, 2.0**100
    with strict():
        backward(grad, x)
    grad[of_others + 2] = np.inf  # 0 of it has no value
    with pytest.raises(FloatingPointError, match="invalid"), strict():
        backward(grad, x)
    if "selu" in backward.__name__:
        grad[:], x[:] = 1, -1
        grad[PART] = np.finfo(np.float32).max
        x[of_others], x[PART] = np.nan, 0
        with pytest.raises(FloatingPointError, match="overflow"), strict():
            backward(grad, x)


# Of elu_backward, where the exact product is within 10^-6 of the middle between two subnormal
# numbers. A factor that were itself rounded among those would give the neighbour of the result.
HALVES = """
    0x1.ececc2p-91   -0x1.3177f2p+5  0x1.cp-146
    0x1.1381e8p-110  -0x1.ab361ep+4  0x1p-149
    0x1.c4p-139      -0x1.b2dbdp+1   0x1.e8p-144
    0x1.36646ep-101  -0x1.f52db4p+4  0x1.2p-146
    0x1.156a1ap-96   -0x1.234b1ap+5  0x1p-148
    0x1.0cd5eap-124  -0x1.fbf3eap+3  0x1p-147
"""


@pytest.mark.parametrize("n", [6, 600])
def test_products_between_two_subnormal_numbers(n):
    rows = [[float.fromhex(word) for word in line.split()] for line in HALVES.split("\n") if line]
    grad, x, expected = np.resize(np.array([r for r in rows if r], np.float32), (n, 3)).T.copy()
    for parameters in ((), (1.0,), (np.ones_like(x),)):
        assert_same_bits(elufast.elu_backward(grad, x, *parameters), expected)
        assert_same_bits(elufast.celu_backward(grad, x, *parameters), expected)


def slope(backward, x):
    coefficient = 1.0507009873554805 * 1.6732632423543772 if "selu" in backward.__name__ else 1
    return coefficient * np.exp(x)


@pytest.mark.parametrize("n", [101, 128, PART - 1, PART, PART + 1, (UNTRIED + 4) * PART + 5])
@pytest.mark.parametrize("place", [0, 100, -1])
def test_large_grads_do_not_overflow(backward, n, place):
    """Wherever they stand: on the way to the result there is no number that is larger."""
    grad, x = np.ones(n, np.float32), np.full(n, -1.0, np.float32)
    grad[place], x[place] = np.finfo(np.float32).max, -2.0
    with strict():
        got = backward(grad, x)
        alone = backward(grad[place], x[place])
    assert_same_bits(got[place], alone)
    assert got[place] == pytest.approx(float(grad[place]) * slope(backward, -2.0), rel=1e-6)


@lower_instruction_sets
def test_with_lower_instruction_sets(name):
    check_with_instruction_set(name, __file__)
