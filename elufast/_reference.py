"""The slow, obviously right oracle: every public function written as the formula reads.

Two arithmetics run the same formulas:

* ``elu(x, alpha)`` and its siblings compute in ``numpy.longdouble``, to which every narrower type
  converts exactly, and return the result unrounded.
* ``exact("elu", x, alpha)`` computes with mpmath, element by element, for checks of float64 and of
  longdouble itself.

Nothing here knows the compiled module. Parameters are taken as they are given: round them to the
computing type first with `parameters_as`, as the compiled loops do.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805

# Beyond this argument exp leaves every floating-point range, even when multiplied by the largest or
# smallest longdouble; mpmath would compute an exponent of thousands of digits for it.
_EXP_LIMIT = 10**6


class _Longdouble:
    """NumPy's own functions on longdouble arrays."""

    exp = staticmethod(np.exp)
    expm1 = staticmethod(np.expm1)
    where = staticmethod(np.where)

    @staticmethod
    def divide(a: Any, b: Any) -> Any:
        return np.where(b == 0, np.nan, a / b)


class _Mpmath:
    """The same operations on single mpmath numbers."""

    def __init__(self) -> None:
        import mpmath

        self._mpmath = mpmath

    def _clamp(self, x: Any) -> Any:
        return max(-_EXP_LIMIT, min(_EXP_LIMIT, x)) if self._mpmath.isfinite(x) else x

    def exp(self, x: Any) -> Any:
        return self._mpmath.exp(self._clamp(x))

    def expm1(self, x: Any) -> Any:
        return self._mpmath.expm1(self._clamp(x))

    def where(self, condition: bool, a: Any, b: Any) -> Any:
        return self._mpmath.mpf(a if condition else b)

    def divide(self, a: Any, b: Any) -> Any:
        return self._mpmath.nan if b == 0 else a / b


_FORMULAS: dict[str, Callable[..., Any]] = {}


def _oracle(formula: Callable[..., Any]) -> Callable[..., Any]:
    """Make a public longdouble function of ``formula(m, ...)``; ``m`` is the arithmetic."""
    name = formula.__name__
    _FORMULAS[name] = formula
    signature = inspect.signature(formula)
    public = signature.replace(parameters=list(signature.parameters.values())[1:])

    @functools.wraps(formula)
    def longdouble(*args: Any, **kwargs: Any) -> Any:
        bound = public.bind(*args, **kwargs)
        bound.apply_defaults()
        with np.errstate(all="ignore"):
            inputs = [np.asarray(value, dtype=np.longdouble) for value in bound.args]
            result = formula(_Longdouble, *np.broadcast_arrays(*inputs))
        if isinstance(result, tuple):
            return tuple(np.asarray(part) for part in result)
        return np.asarray(result)

    longdouble.__signature__ = public  # type: ignore[attr-defined]
    return longdouble


# The negative branch gets its operand through `where`, so that a positive x cannot make expm1
# overflow. The sign of a zero is kept by returning x itself.


@_oracle
def elu(m: Any, x: Any, alpha: Any = 1.0) -> Any:
    """x where x > 0, else alpha * expm1(x)."""
    return m.where((x > 0) | (x == 0), x, alpha * m.expm1(m.where(x > 0, 0, x)))


@_oracle
def elu_grad(m: Any, x: Any, alpha: Any = 1.0) -> Any:
    """1 where x > 0, else alpha * exp(x)."""
    return m.where(x > 0, 1, alpha * m.exp(m.where(x > 0, 0, x)))


@_oracle
def elu_grad2(m: Any, x: Any, alpha: Any = 1.0) -> Any:
    """0 where x > 0, else alpha * exp(x)."""
    return m.where(x > 0, 0, alpha * m.exp(m.where(x > 0, 0, x)))


@_oracle
def elu_with_grad(m: Any, x: Any, alpha: Any = 1.0) -> Any:
    """The pair (elu, elu_grad)."""
    return _FORMULAS["elu"](m, x, alpha), _FORMULAS["elu_grad"](m, x, alpha)


@_oracle
def elu_backward(m: Any, grad: Any, x: Any, alpha: Any = 1.0) -> Any:
    """grad * elu_grad(x, alpha)."""
    return grad * _FORMULAS["elu_grad"](m, x, alpha)


@_oracle
def elu_backward_from_output(m: Any, grad: Any, y: Any, alpha: Any = 1.0) -> Any:
    """grad where y > 0, else grad * (y + alpha); NaN unless alpha >= 0."""
    return m.where(alpha >= 0, m.where(y > 0, grad, grad * (y + alpha)), np.nan)


@_oracle
def selu(m: Any, x: Any, alpha: Any = SELU_ALPHA, scale: Any = SELU_SCALE) -> Any:
    """scale * elu(x, alpha)."""
    return scale * _FORMULAS["elu"](m, x, alpha)


@_oracle
def selu_grad(m: Any, x: Any, alpha: Any = SELU_ALPHA, scale: Any = SELU_SCALE) -> Any:
    """scale * elu_grad(x, alpha)."""
    return scale * _FORMULAS["elu_grad"](m, x, alpha)


@_oracle
def selu_grad2(m: Any, x: Any, alpha: Any = SELU_ALPHA, scale: Any = SELU_SCALE) -> Any:
    """0 where x > 0, else scale * elu_grad2(x, alpha)."""
    return m.where(x > 0, 0, scale * _FORMULAS["elu_grad2"](m, x, alpha))


@_oracle
def selu_with_grad(m: Any, x: Any, alpha: Any = SELU_ALPHA, scale: Any = SELU_SCALE) -> Any:
    """The pair (selu, selu_grad)."""
    return _FORMULAS["selu"](m, x, alpha, scale), _FORMULAS["selu_grad"](m, x, alpha, scale)


@_oracle
def selu_backward(
    m: Any, grad: Any, x: Any, alpha: Any = SELU_ALPHA, scale: Any = SELU_SCALE
) -> Any:
    """grad * selu_grad(x, alpha, scale)."""
    return grad * _FORMULAS["selu_grad"](m, x, alpha, scale)


@_oracle
def selu_backward_from_output(
    m: Any, grad: Any, y: Any, alpha: Any = SELU_ALPHA, scale: Any = SELU_SCALE
) -> Any:
    """grad * scale where y > 0, else grad * (y + scale * alpha); NaN unless alpha >= 0 < scale."""
    slope = m.where(y > 0, scale, y + scale * alpha)
    return m.where((alpha >= 0) & (scale > 0), grad * slope, np.nan)


@_oracle
def celu(m: Any, x: Any, alpha: Any = 1.0) -> Any:
    """x where x > 0, else alpha * expm1(x / alpha); NaN for alpha = 0 and x < 0."""
    return m.where((x > 0) | (x == 0), x, alpha * m.expm1(m.divide(m.where(x > 0, 0, x), alpha)))


@_oracle
def celu_grad(m: Any, x: Any, alpha: Any = 1.0) -> Any:
    """1 where x > 0, else exp(x / alpha)."""
    return m.where(x > 0, 1, m.exp(m.divide(m.where(x > 0, 0, x), alpha)))


@_oracle
def celu_grad2(m: Any, x: Any, alpha: Any = 1.0) -> Any:
    """0 where x > 0, else exp(x / alpha) / alpha."""
    return m.where(x > 0, 0, m.divide(m.exp(m.divide(m.where(x > 0, 0, x), alpha)), alpha))


@_oracle
def celu_with_grad(m: Any, x: Any, alpha: Any = 1.0) -> Any:
    """The pair (celu, celu_grad)."""
    return _FORMULAS["celu"](m, x, alpha), _FORMULAS["celu_grad"](m, x, alpha)


@_oracle
def celu_backward(m: Any, grad: Any, x: Any, alpha: Any = 1.0) -> Any:
    """grad * celu_grad(x, alpha)."""
    return grad * _FORMULAS["celu_grad"](m, x, alpha)


@_oracle
def celu_backward_from_output(m: Any, grad: Any, y: Any, alpha: Any = 1.0) -> Any:
    """grad where y > 0, else grad * (1 + y / alpha); NaN unless alpha >= 0."""
    return m.where(alpha >= 0, m.where(y > 0, grad, grad * (1 + m.divide(y, alpha))), np.nan)


def parameters_as(name: str, dtype: Any, *parameters: Any) -> tuple[Any, ...]:
    """Return the parameters of function `name`, defaults filled in, rounded to `dtype`."""
    defaults = [
        parameter.default
        for parameter in inspect.signature(globals()[name]).parameters.values()
        if parameter.default is not inspect.Parameter.empty
    ]
    values = [*parameters, *defaults[len(parameters) :]]
    with np.errstate(all="ignore"):
        return tuple(np.asarray(value).astype(dtype)[()] for value in values)


def exact(name: str, *inputs: Any, dps: int = 50) -> Any:
    """Evaluate function `name` with `dps` decimal digits.

    Returns an object array of ``mpmath.mpf``, or a tuple of two for the ``*_with_grad`` functions.
    Missing parameters take their defaults (as float64 numbers). mpmath knows no negative zero.
    """
    import mpmath

    bound = inspect.signature(globals()[name]).bind(*inputs)
    bound.apply_defaults()
    arrays = np.broadcast_arrays(*[np.asarray(value, dtype=np.longdouble) for value in bound.args])
    formula, arithmetic = _FORMULAS[name], _Mpmath()
    # Converting before entering workdps: a longdouble becomes an mpf without any rounding.
    columns = [_to_mpf(array) for array in arrays]
    with mpmath.workdps(dps):
        results = [formula(arithmetic, *row) for row in zip(*columns, strict=True)]
    shape = arrays[0].shape
    if name.endswith("_with_grad"):
        return tuple(_object_array([pair[i] for pair in results], shape) for i in range(2))
    return _object_array(results, shape)


def finfo(dtype: Any) -> Any:
    """`numpy.finfo`, which does not know bfloat16."""
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return np.finfo(dtype)
    import ml_dtypes

    return ml_dtypes.finfo(dtype)


def ulp_error(actual: Any, expected: Any) -> Any:
    """Return the error of `actual` in units of the last place of its type at the exact value.

    `expected` holds longdouble numbers or mpmath ones. NaN against NaN, equal infinities and zeros
    of any sign are no error; a NaN or an infinity on one side alone is an infinite one. A finite
    expected value that rounds to overflow counts as infinity. Below the normal range the unit is
    the smallest subnormal.
    """
    actual, expected = np.broadcast_arrays(np.asarray(actual), np.asarray(expected))
    limits = finfo(actual.dtype)
    if expected.dtype == object:
        return _ulp_error_mpmath(actual, expected, limits)
    expected = expected.astype(np.longdouble)
    with np.errstate(all="ignore"):
        # Half a unit above the largest finite number. In two steps: 2**maxexp may be infinite.
        overflow = np.ldexp(np.longdouble(1) - limits.epsneg / 2, int(limits.maxexp) - 1) * 2
        rounded = np.where(np.abs(expected) >= overflow, np.copysign(np.inf, expected), expected)
        exponent = np.where(rounded == 0, limits.minexp, np.frexp(rounded)[1] - 1)
        exponent = np.maximum(exponent, limits.minexp)
        unit = np.ldexp(np.longdouble(1), exponent - limits.nmant)
        error = np.abs(actual.astype(np.longdouble) - rounded) / unit
        same = (actual == rounded) | (np.isnan(actual) & np.isnan(rounded))
        finite = np.isfinite(actual) & np.isfinite(rounded)
    return np.where(same, 0.0, np.where(finite, error, np.inf)).astype(np.float64)


def _ulp_error_mpmath(actual: Any, expected: Any, limits: Any) -> Any:
    import mpmath

    nmant, minexp, maxexp = int(limits.nmant), int(limits.minexp), int(limits.maxexp)
    overflow = mpmath.ldexp(2 ** (nmant + 2) - 1, maxexp - nmant - 2)

    def error(a: Any, e: Any) -> float:
        if mpmath.isfinite(e) and abs(e) >= overflow:
            e = mpmath.inf if e > 0 else -mpmath.inf
        if a == e or (mpmath.isnan(a) and mpmath.isnan(e)):
            return 0.0
        if not (mpmath.isfinite(a) and mpmath.isfinite(e)):
            return float("inf")
        exponent = max(mpmath.frexp(e)[1] - 1, minexp) if e else minexp
        return float(mpmath.ldexp(abs(a - e), nmant - exponent))

    with mpmath.workdps(60):
        errors = [error(a, e) for a, e in zip(_to_mpf(actual), expected.flat, strict=True)]
    return np.array(errors, dtype=np.float64).reshape(actual.shape)


def _to_mpf(array: Any) -> list[Any]:
    """Convert longdouble (or narrower) numbers to mpmath ones, exactly."""
    import mpmath

    flat = np.asarray(array, dtype=np.longdouble).ravel()
    digits = int(np.finfo(np.longdouble).nmant) + 1
    finite = np.isfinite(flat)
    mantissas, exponents = np.frexp(np.where(finite, flat, 0))
    integers = np.ldexp(mantissas, digits)
    with mpmath.workprec(digits):
        return [
            mpmath.ldexp(int(i), int(e) - digits) if ok else mpmath.mpf(float(v))
            for v, ok, i, e in zip(flat, finite, integers, exponents, strict=True)
        ]


def _object_array(values: Any, shape: tuple[int, ...]) -> Any:
    array = np.empty(shape, dtype=object)
    array.ravel()[:] = list(values)
    return array
