"""The largest errors that the contract allows, in ULPs."""

from __future__ import annotations

import math

NARROW = ("float16", "bfloat16")
TIGHT = ("elu", "celu", "elu_grad")


def is_default(parameters: dict[str, float]) -> bool:
    """Tell whether a call leaves the parameters alone: overrides of none are the defaults."""
    return not parameters


def bound(function: str, dtype: str, parameters: dict[str, float]) -> float:
    """Return the bound where neither the result nor an intermediate leaves the normal range."""
    if dtype in NARROW:
        return 0.5 if _correctly_rounded(function, parameters) else 0.51
    if not is_default(parameters):
        return 2.0
    return 1.0 if function in TIGHT else 1.5


def bound_out_of_range(function: str, dtype: str, parameters: dict[str, float]) -> float:
    """Return the bound where one of them does leave it; there is one for float16 and
    bfloat16 alone."""
    if dtype in NARROW and _correctly_rounded(function, parameters):
        return 0.5
    return math.inf


def _correctly_rounded(function: str, parameters: dict[str, float]) -> bool:
    return "_backward" not in function and is_default(parameters)
