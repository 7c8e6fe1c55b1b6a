"""Errors in units of the last place, fast enough for billions of results.

`elufast._reference.ulp_error` defines the measure; this module computes the same numbers without
a slow pass per element: reading an exponent is one mask instead of a `frexp`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from elufast._reference import finfo

_EXPONENT_BITS = np.int64(0x7FF0000000000000)


def wide_type(dtype: Any) -> type[np.floating[Any]]:
    """Return the type to compute references for `dtype` in.

    float64 resolves 2**-29 ULP of a float32, and x86's longdouble 2**-11 ULP of a float64. Where
    longdouble is no wider than float64 there is nothing to compare a float64 with.
    """
    if np.dtype(dtype).itemsize < 8:
        return np.float64
    if np.finfo(np.longdouble).nmant <= np.finfo(dtype).nmant:
        raise TypeError(f"longdouble is no wider than {np.dtype(dtype)} on this platform")
    return np.longdouble


def ulp_unit(expected: Any, dtype: Any) -> Any:
    """Return one unit in the last place of `dtype` at the exact value `expected`, as float64."""
    info = finfo(dtype)
    magnitude = np.abs(expected)
    power = _power_of_two(magnitude.astype(np.float64))
    if expected.dtype != np.float64:
        # Rounding to float64 may have reached the next power of two.
        power = np.where(power > magnitude, power / 2, power)
    return np.maximum(power, float(info.smallest_normal)) * float(info.eps)


def _power_of_two(values: Any) -> Any:
    """Return the largest power of two not above `values`; 0 for subnormal ones, inf for NaN."""
    return (values.view(np.int64) & _EXPONENT_BITS).view(np.float64)


def ulp_error(actual: Any, expected: Any) -> Any:
    """Return the error of `actual`, elementwise, in ULPs of its type at the exact value `expected`.

    `expected` holds numbers of a wider type. NaN against NaN, equal infinities and equal zeros
    count 0; NaN or infinity on one side only counts inf. An expected value that rounds to
    overflow counts as infinite; below the normal numbers the unit is the smallest subnormal.
    """
    with np.errstate(all="ignore"):
        error = np.abs(actual.astype(expected.dtype) - expected) / ulp_unit(expected, actual.dtype)
        largest = expected.dtype.type(finfo(actual.dtype).max)
        suspect = ~(np.isfinite(actual) & (np.abs(expected) <= largest))
        if suspect.any():
            error[suspect] = _special_error(actual[suspect], expected[suspect], error[suspect])
    return error.astype(np.float64, copy=False)


def _special_error(actual: Any, expected: Any, error: Any) -> Any:
    largest = expected.dtype.type(finfo(actual.dtype).max)
    overflow = np.abs(expected) >= largest + ulp_unit(largest, actual.dtype) / 2
    rounded = np.where(overflow, np.copysign(np.inf, expected), expected)
    same = (actual == rounded) | (np.isnan(actual) & np.isnan(rounded))
    finite = np.isfinite(actual) & np.isfinite(rounded)
    return np.where(same, 0.0, np.where(finite, error, np.inf))
