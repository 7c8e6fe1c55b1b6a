"""NumPy as most people write it: `where` over both branches, in new memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from .base import NUMPY_ISA_ENVIRONMENT, Array, Peer, Prepared, returned

FORMULAS: dict[str, Callable[..., Any]] = {
    "elu": lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(x)),
    "elu_grad": lambda x, alpha: np.where(x > 0, 1, alpha * np.exp(x)),
    "elu_grad2": lambda x, alpha: np.where(x > 0, 0, alpha * np.exp(x)),
    "elu_backward": lambda g, x, alpha: g * np.where(x > 0, 1, alpha * np.exp(x)),
    "elu_backward_from_output": lambda g, y, alpha: np.where(y > 0, g, g * (y + alpha)),
    "selu": lambda x, alpha, scale: scale * np.where(x > 0, x, alpha * np.expm1(x)),
    "selu_grad": lambda x, alpha, scale: scale * np.where(x > 0, 1, alpha * np.exp(x)),
    "selu_grad2": lambda x, alpha, scale: np.where(x > 0, 0, scale * alpha * np.exp(x)),
    "selu_backward": lambda g, x, alpha, scale: g * scale * np.where(x > 0, 1, alpha * np.exp(x)),
    "selu_backward_from_output": lambda g, y, alpha, scale: (
        g * np.where(y > 0, scale, y + scale * alpha)
    ),
    "celu": lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(x / alpha)),
    "celu_grad": lambda x, alpha: np.where(x > 0, 1, np.exp(x / alpha)),
    "celu_grad2": lambda x, alpha: np.where(x > 0, 0, np.exp(x / alpha) / alpha),
    "celu_backward": lambda g, x, alpha: g * np.where(x > 0, 1, np.exp(x / alpha)),
    "celu_backward_from_output": lambda g, y, alpha: np.where(y > 0, g, g * (1 + y / alpha)),
}


class NumpyWhere(Peer):
    name = "numpy-where"
    label = "NumPy where+expm1"
    module = "numpy"
    isa_environment = NUMPY_ISA_ENVIRONMENT
    threaded = False

    def start(self, threads: int) -> None:
        # The branch that `where` throws away overflows; the warnings would hide the tables.
        np.seterr(over="ignore")

    def supports(self, function: str, dtype: str) -> bool:
        # bfloat16 times a Python float is float32.
        return function.removesuffix("_with_grad") in FORMULAS and dtype != "bfloat16"

    def prepare(
        self, function: str, inputs: tuple[Array, ...], parameters: Mapping[str, float]
    ) -> Prepared:
        if function.endswith("_with_grad"):
            family = function.removesuffix("_with_grad")
            value = partial(FORMULAS[family], *inputs, *parameters.values())
            slope = partial(FORMULAS[f"{family}_grad"], *inputs, *parameters.values())
            return returned(lambda: (value(), slope()))
        return returned(partial(FORMULAS[function], *inputs, *parameters.values()))


PEER = NumpyWhere()
