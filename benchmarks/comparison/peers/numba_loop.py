"""Numba: a compiled loop over a scalar formula, parallel where there are threads."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from .base import Array, Peer, Prepared, avx2_through, empty_outputs, kept, split

Formula = Callable[..., Any]

FORMULAS: dict[str, Formula] = {
    "elu": lambda x, alpha: x if x > 0 else alpha * math.expm1(x),
    "elu_grad": lambda x, alpha: 1 if x > 0 else alpha * math.exp(x),
    "elu_grad2": lambda x, alpha: 0 if x > 0 else alpha * math.exp(x),
    "elu_backward": lambda g, x, alpha: g if x > 0 else g * alpha * math.exp(x),
    "elu_backward_from_output": lambda g, y, alpha: g if y > 0 else g * (y + alpha),
    "selu": lambda x, alpha, scale: scale * (x if x > 0 else alpha * math.expm1(x)),
    "selu_grad": lambda x, alpha, scale: scale * (1 if x > 0 else alpha * math.exp(x)),
    "selu_grad2": lambda x, alpha, scale: 0 if x > 0 else scale * alpha * math.exp(x),
    "selu_backward": lambda g, x, alpha, scale: g * scale * (1 if x > 0 else alpha * math.exp(x)),
    "selu_backward_from_output": lambda g, y, alpha, scale: (
        g * (scale if y > 0 else y + scale * alpha)
    ),
    "celu": lambda x, alpha: x if x > 0 else alpha * math.expm1(x / alpha),
    "celu_grad": lambda x, alpha: 1 if x > 0 else math.exp(x / alpha),
    "celu_grad2": lambda x, alpha: 0 if x > 0 else math.exp(x / alpha) / alpha,
    "celu_backward": lambda g, x, alpha: g if x > 0 else g * math.exp(x / alpha),
    "celu_backward_from_output": lambda g, y, alpha: g if y > 0 else g * (1 + y / alpha),
}


class Numba(Peer):
    name = "numba"
    label = "Numba"
    module = "numba"
    isa_environment = avx2_through(NUMBA_CPU_NAME="haswell")

    def start(self, threads: int) -> None:
        os.environ["NUMBA_NUM_THREADS"] = str(threads)
        import numba

        self.formula_jit = numba.njit(error_model="numpy")
        self.loop_jit = numba.njit(parallel=threads > 1)

    def supports(self, function: str, dtype: str) -> bool:
        return dtype in ("float32", "float64")

    def prepare(
        self, function: str, inputs: tuple[Array, ...], parameters: Mapping[str, float]
    ) -> Prepared:
        outputs = empty_outputs(function, inputs[0])
        # Constants of the array's type: a Python float would make the arithmetic float64.
        typed = tuple(inputs[0].dtype.type(value) for value in parameters.values())
        loop = self._loop(function, typed)
        return kept(partial(loop, *inputs, *outputs), outputs)

    @cache  # noqa: B019 -- one instance, which lives as long as its process
    def _loop(self, function: str, parameters: tuple[Any, ...]) -> Callable[..., object]:
        family, kind = split(function)
        parts = [family, f"{family}_grad"] if kind == "_with_grad" else [function]
        formulas = [self.formula_jit(FORMULAS[part]) for part in parts]
        make = _pair if kind == "_with_grad" else _binary if "_backward" in kind else _unary
        loop: Callable[..., object] = self.loop_jit(make(*formulas, parameters))
        return loop


def _unary(formula: Formula, parameters: tuple[Any, ...]) -> Formula:
    import numba

    def loop(x: Array, y: Array) -> None:
        for i in numba.prange(x.size):
            y[i] = formula(x[i], *parameters)

    return loop


def _binary(formula: Formula, parameters: tuple[Any, ...]) -> Formula:
    import numba

    def loop(grad: Array, x: Array, out: Array) -> None:
        for i in numba.prange(x.size):
            out[i] = formula(grad[i], x[i], *parameters)

    return loop


def _pair(value: Formula, slope: Formula, parameters: tuple[Any, ...]) -> Formula:
    import numba

    def loop(x: Array, y: Array, dydx: Array) -> None:
        for i in numba.prange(x.size):
            y[i] = value(x[i], *parameters)
            dydx[i] = slope(x[i], *parameters)

    return loop


PEER = Numba()
