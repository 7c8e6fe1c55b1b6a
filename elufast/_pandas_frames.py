"""pandas DataFrames, whose own `__array_ufunc__` gives up the columns' types beyond one input.

It makes one array of the frame and one of each Python number: float32 would come out as float64,
and nullable columns not at all. Series need no help.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np


def _aligned(frames: list[Any]) -> list[Any]:
    """All with the union of their labels, as pandas does it."""
    if len(frames) == 1:
        return frames
    index, columns = frames[0].index, frames[0].columns
    for frame in frames[1:]:
        index, columns = index.union(frame.index), columns.union(frame.columns)
    return [frame.reindex(index=index, columns=columns) for frame in frames]


def _is_one_array(frame: Any) -> bool:
    """Whether all columns have the same type, and NumPy knows it."""
    types = set(frame.dtypes)
    return len(types) == 1 and isinstance(types.pop(), np.dtype)


def _column(operand: Any, position: int, shape: tuple[int, int]) -> Any:
    """What meets the column at this position; numbers as they are, since Python's are weak."""
    if hasattr(operand, "iloc"):
        column = operand.iloc[:, position]
        return column.to_numpy() if isinstance(column.dtype, np.dtype) else column.array
    if np.ndim(operand) == 0:
        return operand
    return np.broadcast_to(operand, shape)[:, position]


def _frame(like: Any, data: Any) -> Any:
    """With the labels, the attributes and the kind of `like`; a dict numbers the columns."""
    made = like._constructor(data, index=like.index, copy=False)
    made.columns = like.columns
    return made.__finalize__(like)


def _outputs(result: Any) -> tuple[Any, ...]:
    return result if type(result) is tuple else (result,)


def call(ufunc: np.ufunc, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Column by column, or at once if that is the same. Outputs and masks are pandas' business."""
    pandas: Any = sys.modules["pandas"]
    is_frame = [isinstance(operand, pandas.DataFrame) for operand in inputs]
    known = (np.ndarray, np.generic, int, float, list, tuple)
    if "out" in kwargs or "where" in kwargs or not any(is_frame):
        return NotImplemented
    if not all(f or isinstance(i, known) for f, i in zip(is_frame, inputs, strict=True)):
        return NotImplemented
    frames = _aligned([i for f, i in zip(is_frame, inputs, strict=True) if f])
    like, remaining = frames[0], iter(frames)
    operands = [next(remaining) if f else i for f, i in zip(is_frame, inputs, strict=True)]
    if all(map(_is_one_array, frames)):
        arrays = [o.to_numpy() if f else o for f, o in zip(is_frame, operands, strict=True)]
        results = _outputs(ufunc(*arrays, **kwargs))
    else:
        results = tuple([{} for _ in range(ufunc.nout)])
        for position in range(like.shape[1]):
            given = [_column(operand, position, like.shape) for operand in operands]
            columns = _outputs(ufunc(*given, **kwargs))
            for result, column in zip(results, columns, strict=True):
                result[position] = column
    made = [_frame(like, result) for result in results]
    return made[0] if ufunc.nout == 1 else tuple(made)
