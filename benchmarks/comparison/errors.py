"""The error of every peer in ULPs, on the data it was timed with."""

from __future__ import annotations

from typing import Any

import numpy as np

from elufast import _reference

from .cases import Case
from .ulp import ulp_error, wide_type

Array = np.ndarray[Any, Any]

# The elements whose error is measured: all, up to this many (the oracle is slow).
MAXIMUM_ELEMENTS = 1 << 18
# mpmath takes some 50 microseconds per element.
MAXIMUM_MPMATH_ELEMENTS = 2_000


class Reference:
    """The exact results of a case, from the oracle of the package.

    In longdouble where that is wider than the type, else in mpmath on the first elements.
    """

    def __init__(self, case: Case, arguments: tuple[Array, ...]) -> None:
        try:
            self._wide: Any = wide_type(case.dtype)
        except TypeError:
            self._wide = None
        self.arithmetic = "longdouble" if self._wide else "mpmath"
        self.elements = MAXIMUM_ELEMENTS if self._wide else MAXIMUM_MPMATH_ELEMENTS
        flat = [array.ravel()[: self.elements] for array in arguments]
        self.elements = flat[0].size
        parameters = _reference.parameters_as(case.function, np.dtype(case.dtype))
        self._expected = _as_tuple(self._compute(case.function, *flat, *parameters))

    def _compute(self, function: str, *inputs: Any) -> Any:
        if self._wide is None:
            return _reference.exact(function, *inputs)
        return getattr(_reference, function)(*inputs)

    def max_ulp(self, results: tuple[Array, ...]) -> float:
        """Return the largest error over all outputs."""
        return max(
            float(self._error(result[: self.elements], expected).max())
            for result, expected in zip(results, self._expected, strict=True)
        )

    def _error(self, actual: Array, expected: Array) -> Array:
        if self._wide is None:
            return np.asarray(_reference.ulp_error(actual, expected))
        return np.asarray(ulp_error(actual, expected.astype(self._wide)))


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
