"""Float grads below 2^65 have loops of their own on AVX2, with the bits of the general ones."""

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

PART, LEAST = 2048, 128  # how many are looked at at once, and how few are not
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


def slope(backward, x):
    coefficient = 1.0507009873554805 * 1.6732632423543772 if "selu" in backward.__name__ else 1
    return coefficient * np.exp(x)


@pytest.mark.parametrize("n", [LEAST - 1, LEAST, PART - 1, PART, PART + 1, 3 * PART + 5])
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
