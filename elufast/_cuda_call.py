"""Calls with arrays on a GPU: what NumPy does with a ufunc's arguments, done for CuPy's arrays.

Types are NumPy's own answer (`resolve_dtypes` of the ufunc); shapes, outputs and errors follow it.
"""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from elufast import _cuda_kernels as kernels
from elufast import _cuda_memory as memory
from elufast._cuda_arguments import device_of, mask_of, named_outputs, operand_of, outputs_of
from elufast._cuda_arrays import cupy_module, explain, is_cupy
from elufast._cuda_source import ELEMENTS, ROW
from elufast._cuda_types import resolved_types

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elufast._ufuncs import Row


class Keywords(NamedTuple):
    """The keywords of a ufunc's call."""

    out: Any = None
    where: Any = True
    casting: str = "same_kind"
    order: str | None = "K"
    dtype: Any = None
    subok: bool = True
    signature: Any = None
    sig: Any = None


def call(ufunc: np.ufunc, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result, on the GPU where the arrays are; `inputs` are all inputs, parameters included."""
    row = ROW[ufunc.__name__]
    try:
        result = _quick(row, inputs, kwargs)
        return _call(row, inputs, kwargs) if result is None else result
    except Exception as error:
        explained = explain(error)
        if explained is error:
            raise
        raise explained from error


def _quick(row: Row, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of the plainest calls, whose price is what counts for small arrays; else None.

    Plain are arrays of CuPy's own class on the current device, of one type and shape, in C order,
    a new result or one array to write to, and Python floats for all parameters.
    """
    cupy = cupy_module()
    count = len(row.data)
    x, arrays, parameters = inputs[0], inputs[:count], inputs[count:]
    if kwargs:
        out = kwargs.get("out")
        if len(kwargs) > 1 or type(out) is not cupy.ndarray or row.nout > 1:
            return None
        arrays = (*arrays, out)
    for array in arrays:
        if type(array) is not cupy.ndarray:
            return None
    dtype, shape = x.dtype, x.shape
    if dtype.name not in ELEMENTS or not all(type(value) is float for value in parameters):
        return None
    device, addresses = x.data.device_id, []
    for array in arrays:
        plain = array.dtype == dtype and array.shape == shape and array.flags.c_contiguous
        memory_of = array.data
        if not plain or memory_of.device_id != device:
            return None
        addresses.append(memory_of.ptr)
    if device != cupy.cuda.runtime.getDevice() or not dtype.isnative:
        return None
    if any(address % dtype.itemsize for address in addresses):
        return None
    if kwargs:
        *given, written = addresses
        if any(0 < abs(address - written) < x.nbytes for address in given):
            return None
    else:
        arrays += tuple(cupy.empty(shape, dtype) for _ in range(row.nout))
    kernels.run_contiguous(row, dtype, arrays, _given(row, dtype, parameters))
    return arrays[count] if row.nout == 1 else arrays[count:]


def _call(row: Row, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    unknown = kwargs.keys() - Keywords._fields
    if unknown:
        raise TypeError(f"{row.name}() got an unexpected keyword argument '{min(unknown)}'")
    keywords = Keywords(**kwargs)
    if type(keywords.subok) is not bool:
        raise TypeError("'subok' must be a boolean")
    names = (*row.data, *row.parameters)
    operands = [operand_of(row, *pair) for pair in zip(names, inputs, strict=True)]
    outs = outputs_of(row, keywords.out)
    mask = mask_of(row, keywords.where)
    device = device_of(
        row, [*zip(names, operands, strict=True), *named_outputs(outs), ("where", mask)]
    )
    types = resolved_types(row, operands, outs, keywords)
    shape = memory.common_shape(operands, outs, mask)
    order = memory.checked_order(keywords.order)
    with cupy_module().cuda.Device(device):
        results = _compute(row, operands, outs, mask, types[0], shape, order)
    given = keywords.out if isinstance(keywords.out, tuple) else (keywords.out,) * row.nout
    # What was given, and not CuPy's array over its memory.
    results = [new if out is None else out for new, out in zip(results, given, strict=True)]
    return results[0] if row.nout == 1 else tuple(results)


def _compute(
    row: Row,
    operands: list[Any],
    outs: list[Any],
    mask: Any,
    dtype: np.dtype,
    shape: tuple[int, ...],
    order: str,
) -> list[Any]:
    arrays = [operand for operand in (*operands, *outs, mask) if is_cupy(operand)]
    new = functools.partial(memory.new_array, arrays, shape, dtype, order)
    if mask is False:
        return [new() if out is None else out for out in outs]
    results = []
    for out in outs:
        takes = memory.takes_results(out, outs, dtype)
        if out is not None and not takes:
            memory.allow_temporary(row.name, "'out' is of another type, or two outputs overlap")
        results.append(out if takes else new())
    names = (*row.data, *row.parameters)
    values = [
        _apart(row, name, _as_type(row, name, operand, dtype), results)
        for name, operand in zip(names, operands, strict=True)
    ]
    mask = _apart(row, "where", mask, [out for out in outs if out is not None])
    data, parameters = values[: len(row.data)], values[len(row.data) :]
    plain = memory.is_contiguous([*data, *results]) and not any(map(is_cupy, parameters))
    if mask is None and plain:
        kernels.run_contiguous(row, dtype, [*data, *results], _given(row, dtype, parameters))
    else:
        kernels.run_elementwise(row, dtype, values, results, mask)
    return [_finished(*pair, mask) for pair in zip(results, outs, strict=True)]


def _given(row: Row, dtype: np.dtype, parameters: Sequence[Any]) -> list[float] | None:
    """Parameters as the type holds them; None if they are the defaults.

    A default that is given as a number of the type is one, too.
    """
    defaults = row.parameters.values()
    if all(type(value) is float for value in parameters):
        if all(map(operator.eq, parameters, defaults)):
            return None
        with np.errstate(all="ignore"):
            return [float(dtype.type(value)) for value in parameters]
    numbers = [float(value) for value in parameters]
    return None if numbers == [float(dtype.type(value)) for value in defaults] else numbers


def _as_type(row: Row, name: str, operand: Any, dtype: np.dtype) -> Any:
    """An array of the type, or a scalar of it."""
    if not is_cupy(operand):
        with np.errstate(all="ignore"):  # a GPU gives no warnings
            return np.asarray(operand).astype(dtype)[()]
    if operand.dtype == dtype:
        return operand
    memory.allow_temporary(row.name, f"'{name}' is of type {operand.dtype}, not {dtype}")
    return operand.astype(dtype)


def _apart(row: Row, name: str, value: Any, outs: list[Any]) -> Any:
    """The input, or a copy if an output overlaps it in another way than by being it."""
    if not is_cupy(value) or not any(memory.overlap_apart(value, out) for out in outs):
        return value
    memory.allow_temporary(row.name, f"'{name}' overlaps 'out'")
    return value.copy()


def _finished(result: Any, out: Any, mask: Any) -> Any:
    """The output that was given, of whatever type, or else the result."""
    if out is None or out is result:
        return result
    cast = result if result.dtype == out.dtype else result.astype(out.dtype)
    cupy_module().copyto(out, cast, where=True if mask is None else mask)
    return out
