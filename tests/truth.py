"""The verdict on single elements: value, tolerance, and the flags that must or must not rise.

The values come from `elufast._reference`. What is added here is what the contract says about their
surroundings: accuracy is promised where no intermediate that the formula names leaves the range of
the type, and a flag is justified by the exact result alone.
"""

import dataclasses

import numpy as np
import pytest
from support import NARROW, family, first, is_from_output, outputs

from elufast import _reference as reference
from elufast._ufuncs import ROWS

_BY_NAME = {row.name: row for row in ROWS}


@dataclasses.dataclass
class Truth:
    """One output of one function; every field has one element per input element."""

    value: np.ndarray  # longdouble
    bounded: np.ndarray  # the accuracy bounds apply: nothing over- or underflows
    slack: np.ndarray  # absolute tolerance on top of the bound; infinite: nothing is promised
    overflow: np.ndarray  # the flag must rise: a finite exact result rounds to infinity
    invalid: np.ndarray  # the flag must rise: NaN where no NaN went in
    quiet: np.ndarray  # no flag but underflow and inexact may rise
    amplification: np.ndarray  # how much the formula as written magnifies a rounding error

    @np.errstate(all="ignore")
    def accepts(self, actual):
        """Elementwise: the value is right, within the loosest bound of the contract."""
        error = reference.ulp_error(actual, self.value)
        near = np.abs(actual.astype(np.longdouble) - self.value) <= self.slack
        return (error <= self._tolerance(actual.dtype)) | near | np.isinf(self.slack)

    def _tolerance(self, dtype):
        if dtype == np.longdouble:  # both sides are libm's
            return 6 + 2 * self.amplification
        # The oracle's own intermediates are rounded too, 2**-11 finer than float64.
        own = 2.0**-11 * (1 + self.amplification) if dtype == np.float64 else 0
        return own + (0.51 if dtype in NARROW else 2)


def truths(row, dtype, inputs):
    """One Truth per output, for full arrays of all inputs (parameters too) of the given type."""
    if row.nout == 1:
        return (_truth(row, np.dtype(dtype), inputs),)
    single = family(row), f"{family(row)}_grad"
    return tuple(_truth(_BY_NAME[name], np.dtype(dtype), inputs) for name in single)


def quiet(row, dtype, inputs):
    return np.logical_and.reduce([each.quiet for each in truths(row, dtype, inputs)])


def assert_accepted(row, dtype, inputs, actual):
    for each, part in zip(truths(row, dtype, inputs), outputs(actual), strict=True):
        assert part.dtype == dtype
        good = each.accepts(part)
        if not good.all():
            where = first(~good)
            given = [np.broadcast_to(value, good.shape)[where] for value in inputs]
            pytest.fail(
                f"{row.name}{tuple(given)} -> {part[where]!r}, exactly {each.value[where]!r}; "
                f"{(~good).sum()} of {good.size} are wrong"
            )


class _Range:
    """Records where an operation on finite, nonzero operands leaves the normal range of a type."""

    def __init__(self, dtype, shape):
        self.limits = reference.finfo(dtype)
        self.under, self.over = np.zeros(shape, bool), np.zeros(shape, bool)

    def note(self, value, *operands):
        real = np.logical_and.reduce([np.isfinite(o) & (o != 0) for o in operands])
        self.under |= real & (np.abs(value) < self.limits.tiny)
        self.over |= real & ~(np.abs(value) <= self.limits.max)
        return value


@np.errstate(all="ignore")
def _truth(row, dtype, inputs):
    wide = np.broadcast_arrays(*[np.asarray(value, np.longdouble) for value in inputs])
    value = outputs(getattr(reference, row.name)(*wide))[0]
    named = dict(zip([*row.data, *row.parameters], wide, strict=True))
    named["x"] = named.pop("y" if is_from_output(row) else "x")
    one = np.ones_like(value)
    named = {"grad": one, "scale": one, **named}
    wrong, unspecified = _wrong_parameters(row, named), _unspecified(row, named)
    missing = np.logical_or.reduce([np.isnan(each) for each in named.values()])
    above = named["x"] > 0
    named["alpha"] = np.where(above, 1, named["alpha"])  # belongs to the branch not taken
    if not is_from_output(row):  # there a NaN alpha makes NaN of every element
        missing = np.logical_or.reduce([np.isnan(each) for each in named.values()])
    if row.name != family(row):
        named["x"] = np.where(above, 1, named["x"])  # chooses the branch, and no more
    judge = _from_output_range if is_from_output(row) else _forward_range
    span, gain = judge(row, dtype, named)

    limits = span.limits
    slack = np.where(span.under, 4 * np.longdouble(limits.smallest_subnormal) * gain, 0)
    doubtful = np.isnan(slack) | span.over | unspecified | _is_near_overflow(value, limits)
    sure_nan = wrong | np.isnan(named["x"]) | np.isnan(named["grad"])
    slack = np.where(sure_nan, 0, np.where(doubtful, np.inf, slack))

    finite = np.logical_and.reduce([np.isfinite(each) for each in named.values()])
    beyond = finite & (np.abs(value) > limits.max) & ~wrong
    overflow = beyond & ~doubtful & ~span.under
    invalid = np.isnan(value) & ~missing & (wrong | ~doubtful) & np.isfinite(slack)
    calm = ~beyond & ~invalid & (slack < limits.max) & ~(doubtful & ~np.isnan(named["x"]))
    calm &= ~(missing & wrong) & ~_excused(row, named, missing)
    bounded = (np.abs(value) >= limits.tiny) & (slack == 0) & np.isfinite(value) & ~overflow
    return Truth(value, bounded, slack, overflow, invalid, calm, _amplification(row, named))


def _is_near_overflow(value, limits):
    """A finite number of which an allowed error may or may not make infinity."""
    near = (np.abs(value) > limits.max * (1 - limits.eps)) & np.isfinite(value)
    return near & (np.abs(value) / 2 < limits.max / 2 * (1 + limits.eps))


def _amplification(row, named):
    """exp magnifies a relative error of its argument by |x / alpha|; differences do it too."""
    x, alpha, scale = named["x"], named["alpha"], named["scale"]
    if is_from_output(row):
        factor = np.maximum(np.abs(x), scale * alpha) / np.abs(x + scale * alpha)
    elif family(row) == "celu":
        factor = np.abs(x / alpha)
    else:
        factor = np.zeros(x.shape)
    return np.where(np.isfinite(factor) & (x <= 0), factor, 0)


def _wrong_parameters(row, named):
    """Where *_backward_from_output gives NaN for its parameters."""
    return is_from_output(row) & ((named["alpha"] < 0) | (named["scale"] <= 0))


def _unspecified(row, named):
    """Where the contract says nothing, or two of its sentences disagree."""
    x, alpha, scale = named["x"], named["alpha"], named["scale"]
    if row.name == "selu":  # scale * 0 as written, or the 0 of elu
        return (x == 0) & ~np.isfinite(scale)
    if row.name == "selu_grad2":  # 0 where x > 0, or scale times this 0
        return (x > 0) & ~np.isfinite(scale)
    if family(row) == "celu" and row.name != "celu":  # exp(0 / alpha), or celu_grad(0) = 1
        return ((alpha == 0) | np.isnan(alpha)) & (x == 0) | (
            (alpha == 0) & is_from_output(row) & (x <= 0)
        )
    return np.zeros(x.shape, bool)


def _excused(row, named, missing):
    """A NaN that would be there without the NaN that went in may raise its flag, or not."""
    replaced = {key: np.where(np.isnan(each), 1, each) for key, each in named.items()}
    names = [*row.data[:-1], "x", *row.parameters]
    anyway = np.isnan(getattr(reference, row.name)(*[replaced[name] for name in names]))
    return missing & ~np.isnan(named["x"]) & anyway


def _from_output_range(row, dtype, named):
    y, alpha, scale, grad = (named[name] for name in ("x", "alpha", "scale", "grad"))
    span = _Range(dtype, y.shape)
    product = span.note(scale * alpha, scale, alpha)
    total = 1 + y / alpha if family(row) == "celu" else y + product
    finite = np.isfinite(y) & np.isfinite(product) & (alpha != 0) & (y <= 0)
    span.over |= finite & ~(np.abs(total) <= span.limits.max)
    return span, np.maximum(1, np.abs(grad))


def _forward_range(row, dtype, named):
    alpha, scale, grad = (named[name] for name in ("alpha", "scale", "grad"))
    x = np.where(named["x"] > 0, 0, named["x"])  # the branch x > 0 names no exponential
    span = _Range(dtype, x.shape)
    forward, argument, factors = row.name == family(row), x, [alpha, scale, grad]
    if family(row) == "celu":
        argument = span.note(x / alpha, x, alpha)
        factors[0] = (
            alpha if forward else 1 / alpha if row.name == "celu_grad2" else np.ones_like(x)
        )
    power = span.note(np.expm1(argument) if forward else np.exp(argument), argument)
    span.note(scale * factors[0], scale, factors[0])
    for factor in factors:
        power = span.note(power * factor, power, factor)
    gain = np.multiply.reduce([np.maximum(1, np.abs(factor)) for factor in factors])
    return span, gain
