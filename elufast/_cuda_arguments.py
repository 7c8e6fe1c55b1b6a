"""The arguments of a call with arrays on a GPU, as arrays of CuPy's; the errors of wrong ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from elufast._cuda_arrays import as_cupy, is_cupy, is_on_gpu, is_read_only
from elufast._cuda_memory import is_aligned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from elufast._ufuncs import Row

_SCALARS = (bool, int, float, complex, np.generic)


def operand_of(row: Row, name: str, operand: Any) -> Any:
    """An input: an array of CuPy's, or a number."""
    if isinstance(operand, _SCALARS):
        return operand
    return _gpu_array(row, name, operand)


def _gpu_array(row: Row, name: str, operand: Any) -> Any:
    if is_cupy(operand) or is_on_gpu(operand):
        return _usable(row, name, as_cupy(operand, row.name, name))
    kind = type(operand)
    raise TypeError(
        f"{row.name}() on a GPU: argument '{name}' is no array on a GPU but "
        f"{kind.__module__}.{kind.__qualname__}, and nothing is moved silently: use "
        "cupy.asarray() on it, or cupy.asnumpy() on the others"
    )


def _usable(row: Row, name: str, array: Any) -> Any:
    """The array; an error for what a kernel would read as something else, or fail at."""
    if not array.dtype.isnative:
        raise TypeError(
            f"{row.name}() on a GPU: argument '{name}' is of type {array.dtype.str}, and a GPU "
            "knows no byte order but its own"
        )
    if not is_aligned(array):
        raise ValueError(
            f"{row.name}() on a GPU: argument '{name}' has elements of {array.itemsize} bytes that "
            "do not lie at multiples of that, where a GPU cannot read or write them"
        )
    return array


def outputs_of(row: Row, out: Any) -> list[Any]:
    """One entry for each output, None where a new array is wanted."""
    given = out if isinstance(out, tuple) else (out,)
    if not isinstance(out, tuple) and out is not None and row.nout > 1:
        raise TypeError("'out' must be a tuple of arrays")
    if out is None:
        given = (None,) * row.nout
    if len(given) != row.nout:
        raise ValueError("The 'out' tuple must have exactly one entry per ufunc output")
    arrays = [None if one is None else _gpu_array(row, "out", one) for one in given]
    if any(map(is_read_only, given)):
        raise ValueError("output array is read-only")
    return arrays


def named_outputs(outs: list[Any]) -> Iterator[tuple[str, Any]]:
    for out in outs:
        yield "out", out


def mask_of(row: Row, where: Any) -> Any:
    """An array; None for everywhere, False for nowhere."""
    if where is None or isinstance(where, (int, np.bool)):
        return None if where else False
    mask = _gpu_array(row, "where", where)
    if mask.dtype != bool:
        raise TypeError(
            f"Cannot cast array data from {mask.dtype!r} to dtype('bool') according to the rule "
            "'safe'"
        )
    return mask


def device_of(row: Row, operands: list[tuple[str, Any]]) -> int:
    """The one device of all arrays."""
    arrays = [(name, operand) for name, operand in operands if is_cupy(operand)]
    if not arrays:
        name, operand = operands[0]
        raise TypeError(
            f"{row.name}() of elufast.cuda takes arrays on a GPU, and argument '{name}' is "
            f"{type(operand).__name__}"
        )
    # An empty one of another library is on whatever device was in use.
    arrays = [pair for pair in arrays if pair[1].size > 0] or arrays[:1]
    (first, array), *others = arrays
    device = int(array.data.device_id)
    for name, other in others:
        if other.data.device_id != device:
            raise ValueError(
                f"{row.name}() has argument '{first}' on GPU {device}, but argument '{name}' on "
                f"GPU {other.data.device_id}"
            )
    return device
