"""Objects that hold an array on the CPU and speak DLPack alone, which NumPy does not ask for."""

from __future__ import annotations

from typing import Any

import numpy as np

from elufast._foreign import speaks_dlpack_alone


def _as_array(operand: Any) -> Any:
    """An array over the same memory; other operands as they are."""
    return np.from_dlpack(operand) if speaks_dlpack_alone(type(operand)) else operand


def call(ufunc: np.ufunc, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Inputs alone: an output has to be something that NumPy may write to."""
    if not any(speaks_dlpack_alone(type(operand)) for operand in inputs):
        return NotImplemented
    return ufunc(*map(_as_array, inputs), **kwargs)
