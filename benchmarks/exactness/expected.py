"""The exact results, from the formulas of the package's oracle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from comparison.ulp import ulp_error

from elufast import _reference

Array = np.ndarray[Any, Any]


class _Float64:
    """The oracle's arithmetic in float64: 2**-29 ULP of a float32, at a tenth of the time."""

    exp = staticmethod(np.exp)
    expm1 = staticmethod(np.expm1)
    where = staticmethod(np.where)
    divide = staticmethod(np.divide)


class Exact:
    """The exact results of functions on the same data: x, and grad for those that take it."""

    def __init__(self, x: Array, grad: Array) -> None:
        self.x, self.grad = x, grad
        self._wide = x.astype(np.float64), grad.astype(np.float64)
        limits = _reference.finfo(x.dtype)
        self._smallest, self._largest = float(limits.smallest_normal), float(limits.max)
        self._normal_exponentials: dict[float, Array] = {}

    def errors(self, row: Any, parameters: Sequence[Any], actual: Sequence[Array]) -> Iterator[Any]:
        """Yield (error in ULP, whether the contract bounds it) for each output."""
        in_range = self._intermediates_in_range(row, float(parameters[0]))
        x, grad = self._wide
        data = (grad, x) if len(row.data) == 2 else (x,)
        if self.x.dtype == np.float64:
            results, measure = _reference.exact(row.name, *data, *parameters), _reference.ulp_error
        else:
            # _FORMULAS runs the public oracle's formulas in any arithmetic.
            formula, measure = _reference._FORMULAS[row.name], ulp_error
            results = formula(_Float64, *data, *map(np.float64, parameters))
        for result, exact in zip(actual, _as_tuple(results), strict=True):
            magnitude = np.abs(exact.astype(np.float64, copy=False))
            yield measure(result, exact), ~(magnitude < self._smallest) & in_range

    def _intermediates_in_range(self, row: Any, alpha: float) -> Any:
        """Tell where the exponential of a derivative and the quotient of celu stay in range."""
        family, _, role = row.name.partition("_")
        divisor = alpha if family == "celu" else 1.0
        if role == "backward_from_output":
            return ~(np.abs(self._wide[0] / divisor) > self._largest) | np.isinf(self._wide[0])
        if role == "":
            return True
        if divisor not in self._normal_exponentials:
            normal = np.exp(np.minimum(self._wide[0] / divisor, 0)) >= self._smallest
            self._normal_exponentials[divisor] = normal | np.isnan(self._wide[0])
        return self._normal_exponentials[divisor]


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
