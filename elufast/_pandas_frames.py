"""pandas DataFrames, whose own `__array_ufunc__` gives up the columns' types beyond one input.

It makes one array of the frame and one of each Python number: float32 would come out as float64,
and nullable columns not at all. Series need no help.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from elufast._foreign import overrides


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


def _broadcast(operand: Any, shape: tuple[int, int]) -> Any:
    """To the frame's shape, with its mask, which np.broadcast_to loses, also with `subok`."""
    if not isinstance(operand, np.ma.MaskedArray):
        return np.broadcast_to(operand, shape)
    mask = np.broadcast_to(np.ma.getmaskarray(operand), shape)
    return np.ma.array(np.broadcast_to(operand.data, shape), mask=mask)


def _column(operand: Any, position: int, shape: tuple[int, int]) -> Any:
    """What meets the column at this position; numbers as they are, since Python's are weak."""
    if hasattr(operand, "iloc"):
        column = operand.iloc[:, position]
        return column.to_numpy() if isinstance(column.dtype, np.dtype) else column.array
    if np.ndim(operand) == 0:
        return operand
    return _broadcast(operand, shape)[:, position]


def _whole(operand: Any, shape: tuple[int, int]) -> Any:
    """What meets a frame that is one array."""
    if hasattr(operand, "iloc"):
        return operand.to_numpy()
    # From masks of several shapes NumPy makes, with three inputs, one that is too small.
    return _broadcast(operand, shape) if isinstance(operand, np.ma.MaskedArray) else operand


def _columns(operands: list[Any], position: int, shape: tuple[int, int]) -> list[Any]:
    """What is given to the ufunc for one column. Nullable ones know masks of their own alone."""
    pandas: Any = sys.modules["pandas"]
    columns = [_column(operand, position, shape) for operand in operands]
    if not any(isinstance(column, pandas.api.extensions.ExtensionArray) for column in columns):
        return columns
    for k, column in enumerate(columns):
        if isinstance(column, np.ma.MaskedArray):
            # pandas has no nullable float16.
            exact = column.astype(np.float32) if column.dtype == np.float16 else column
            columns[k] = pandas.array(exact)
    return columns


def _frame(like: Any, data: Any) -> Any:
    """With the labels, the attributes and the kind of `like`; a dict numbers the columns."""
    made = like._constructor(data, index=like.index, copy=False)
    made.columns = like.columns
    return made.__finalize__(like)


def _outputs(result: Any) -> tuple[Any, ...]:
    return result if type(result) is tuple else (result,)


def call(ufunc: np.ufunc, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Column by column, or at once if that is the same.

    Outputs and `where` are pandas' business, and all is that of a type with a say of its own.
    """
    pandas: Any = sys.modules["pandas"]
    is_frame = [isinstance(operand, pandas.DataFrame) for operand in inputs]
    known = (np.ndarray, np.generic, int, float, list, tuple)
    if "out" in kwargs or "where" in kwargs or not any(is_frame):
        return NotImplemented
    if not all(f or isinstance(i, known) for f, i in zip(is_frame, inputs, strict=True)):
        return NotImplemented
    if any(overrides(operand, pandas.DataFrame) for operand in inputs):
        return NotImplemented
    frames = _aligned([i for f, i in zip(is_frame, inputs, strict=True) if f])
    like, remaining = frames[0], iter(frames)
    operands = [next(remaining) if f else i for f, i in zip(is_frame, inputs, strict=True)]
    if all(map(_is_one_array, frames)):
        arrays = [_whole(operand, like.shape) for operand in operands]
        results = _outputs(ufunc(*arrays, **kwargs))
    else:
        results = tuple([{} for _ in range(ufunc.nout)])
        for position in range(like.shape[1]):
            given = _columns(operands, position, like.shape)
            columns = _outputs(ufunc(*given, **kwargs))
            for result, column in zip(results, columns, strict=True):
                result[position] = column
    made = [_frame(like, result) for result in results]
    return made[0] if ufunc.nout == 1 else tuple(made)
