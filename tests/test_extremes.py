"""Huge and tiny factors together: results that are 0 are 0, and the bits still agree."""

import numpy as np
import pytest
from support import DTYPES, assert_same_bits, finfo

import elufast


@pytest.fixture(params=DTYPES, ids=str)
def limits(request):
    return finfo(request.param)


def far_below(limits):
    """From where exp has just become 0 on, by and by down to the largest finite number."""
    start = np.log(limits.smallest_subnormal) * limits.dtype.type(1.05)
    factors = np.append(np.linspace(1, 8, 60), np.geomspace(10, 500, 20))
    return np.append(start * factors.astype(limits.dtype), -limits.max)


def test_celu_derivatives_with_a_tiny_alpha(limits):
    x = far_below(limits)
    for alpha in (limits.smallest_subnormal, limits.tiny, limits.dtype.type(0.5)):
        assert not elufast.celu_grad(x, alpha).any()
        assert not elufast.celu_grad2(x, alpha).any()


@pytest.mark.parametrize("name", ["elu_backward", "celu_backward"])
def test_a_huge_gradient_far_below(limits, name):
    x = np.concatenate([far_below(limits), -np.linspace(1, 300, 400, dtype=limits.dtype)])
    grad = np.full_like(x, limits.max)
    f = getattr(elufast, name)
    with np.errstate(under="ignore"):
        assert_same_bits(f(grad, x), f(grad, x, np.ones_like(x)))


def test_three_huge_factors_do_not_keep_selu_from_0(limits):
    x = np.array([-limits.max, -limits.max / 2], limits.dtype)
    huge = np.full_like(x, limits.max)
    assert not elufast.selu_backward(huge, x, huge, huge).any()


def test_selu_with_alpha_0_keeps_the_sign(limits):
    x = -np.linspace(0.1, 30, 99, dtype=limits.dtype)
    for alpha in (limits.dtype.type(0), np.zeros_like(x)):
        assert_same_bits(elufast.selu(x, alpha), np.full_like(x, -0.0))
        assert_same_bits(elufast.selu_with_grad(x, alpha)[0], np.full_like(x, -0.0))
