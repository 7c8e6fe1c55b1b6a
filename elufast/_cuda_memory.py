"""How arrays on a GPU lie in memory: shapes, new ones, overlap, and what must not be temporary."""

from __future__ import annotations

from typing import Any

import numpy as np

from elufast._cuda_arrays import cupy_module, is_cupy


def common_shape(operands: list[Any], outs: list[Any], mask: Any) -> tuple[int, ...]:
    """To which everything broadcasts; an output is never stretched."""
    given = [out for out in outs if out is not None]
    arrays = [operand for operand in (*operands, *given, mask) if is_cupy(operand)]
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arrays))
    except ValueError:
        shapes = " ".join(str(array.shape).replace(" ", "") for array in arrays)
        raise ValueError(f"operands could not be broadcast together with shapes {shapes}") from None
    for out in given:
        if out.shape != shape:
            raise ValueError(
                f"non-broadcastable output operand with shape {out.shape} doesn't match the "
                f"broadcast shape {shape}"
            )
    return shape


def checked_order(order: Any) -> str:
    """One of NumPy's letters, which may be small ones."""
    order = "K" if order is None else order
    if not isinstance(order, str):
        raise TypeError(f"order must be str, not {type(order).__name__}")
    if order.upper() not in ("C", "F", "A", "K"):
        raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
    return order.upper()


def new_array(arrays: list[Any], shape: tuple[int, ...], dtype: np.dtype, order: str) -> Any:
    """A new array, with its axes in the order in which NumPy's iterators would have them."""
    if order == "A":
        order = "F" if all(array.flags.f_contiguous for array in arrays) else "C"
    if order == "K" and any(not array.flags.c_contiguous for array in arrays):
        inner_first = _kept_order(arrays, shape)
    else:
        axes = range(len(shape))
        inner_first = list(axes if order == "F" else reversed(axes))
    outer_first = inner_first[::-1]
    new = cupy_module().empty([shape[axis] for axis in outer_first], dtype)
    return new.transpose([outer_first.index(axis) for axis in range(len(shape))])


def _kept_order(arrays: list[Any], shape: tuple[int, ...]) -> list[int]:
    """The axes, the one with the smallest steps first; C's order where arrays contradict."""
    steps = [_steps(array, shape) for array in arrays]
    sorted_axes: list[int] = []
    for axis in reversed(range(len(shape))):
        place = len(sorted_axes)
        for at in reversed(range(len(sorted_axes))):
            pairs = [(step[axis], step[sorted_axes[at]]) for step in steps]
            told = [mine < other for mine, other in pairs if mine and other]
            if told and not all(told):
                break
            if told:
                place = at
        sorted_axes.insert(place, axis)
    return sorted_axes


def _steps(array: Any, shape: tuple[int, ...]) -> list[int]:
    """How far it is to the next element on each axis of `shape`, 0 where it is the same one."""
    pairs = zip(array.strides, array.shape, strict=True)
    own = [0 if size == 1 else abs(stride) for stride, size in pairs]
    return [0] * (len(shape) - len(own)) + own


def is_contiguous(arrays: list[Any]) -> bool:
    """Whether one walk through memory visits the elements of all arrays in the same order."""
    first, *others = arrays
    if not all(is_cupy(array) and array.shape == first.shape for array in arrays):
        return False
    if all(array.flags.c_contiguous for array in arrays):
        return True
    alike = all(array.strides == first.strides for array in others)
    return alike and _has_no_gaps(first)


def _has_no_gaps(array: Any) -> bool:
    """For transposed arrays as well: each step is as long as what lies inside of it."""
    expected = array.itemsize
    for stride, size in sorted(zip(array.strides, array.shape, strict=True)):
        if size > 1 and stride != expected:
            return False
        expected *= size
    return True


def is_aligned(array: Any) -> bool:
    """Whether every element is at a multiple of its size: a GPU can read no other."""
    size = array.itemsize
    pairs = zip(array.strides, array.shape, strict=True)
    return array.data.ptr % size == 0 and all(n == 1 or step % size == 0 for step, n in pairs)


def _extent(array: Any) -> tuple[int, int]:
    """The first byte and the one behind the last."""
    first = last = int(array.data.ptr)
    if array.size == 0:
        return first, first
    for step, size in zip(array.strides, array.shape, strict=True):
        first += min(0, step * (size - 1))
        last += max(0, step * (size - 1))
    return first, last + array.itemsize


def overlap_apart(value: Any, out: Any) -> bool:
    """Whether writing to `out` may change elements of `value` that are still to be read.

    Told by the addresses: cupy.may_share_memory sees no more than views of one CuPy array.
    """
    same = value.data.ptr == out.data.ptr and value.shape == out.shape
    if same and value.strides == out.strides:
        return False
    (first, end), (other_first, other_end) = _extent(value), _extent(out)
    return first < other_end and other_first < end


def takes_results(out: Any, outs: list[Any], dtype: np.dtype) -> bool:
    """Whether a kernel may write to this output: not to two that overlap, in no certain order."""
    if out is None or out.dtype != dtype:
        return False
    return not any(other is not None and overlap_apart(other, out) for other in outs)


def allow_temporary(function: str, reason: str) -> None:
    """A RuntimeError while a graph is captured, for its replays would use memory of others."""
    if cupy_module().cuda.get_current_stream().is_capturing():
        raise RuntimeError(
            f"{function}() needs a temporary array, which cannot be captured into a graph: {reason}"
        )
