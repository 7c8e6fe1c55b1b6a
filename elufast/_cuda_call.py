"""Calls with arrays on a GPU: what NumPy does with a ufunc's arguments, done for CuPy's arrays.

Types are NumPy's own answer (`resolve_dtypes` of the ufunc); shapes, outputs and errors follow it.
"""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from elufast import _cuda_kernels as kernels
from elufast._cuda_arrays import as_cupy, cupy_module, explain, is_on_gpu
from elufast._cuda_source import ELEMENTS, ROW
from elufast._ufuncs import UFUNCS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from elufast._ufuncs import Row

_SCALARS = (bool, int, float, complex, np.generic)


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
    device = x.data.device_id
    for array in arrays:
        plain = array.dtype == dtype and array.shape == shape and array.flags.c_contiguous
        if not plain or array.data.device_id != device:
            return None
    if device != cupy.cuda.runtime.getDevice():
        return None
    if kwargs:
        if any(_overlap_apart(array, out) for array in arrays[:count]):
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
    operands = [_operand(row, *pair) for pair in zip(names, inputs, strict=True)]
    outs = _outs(row, keywords.out)
    mask = _mask(row, keywords.where)
    device = _device(row, [*zip(names, operands, strict=True), *_named_outs(outs), ("where", mask)])
    types = _types(row, operands, outs, keywords)
    shape = _shape(operands, outs, mask)
    order = _order(keywords.order)
    with cupy_module().cuda.Device(device):
        return _compute(row, operands, outs, mask, types[0], shape, order)


def _compute(
    row: Row,
    operands: list[Any],
    outs: list[Any],
    mask: Any,
    dtype: np.dtype,
    shape: tuple[int, ...],
    order: str,
) -> Any:
    values = [_as_type(operand, dtype) for operand in operands]
    arrays = [operand for operand in (*operands, *outs, mask) if _is_array(operand)]
    results = [
        out if _takes_results(out, outs, dtype) else _new(arrays, shape, dtype, order)
        for out in outs
    ]
    values = [_apart(value, results) for value in values]
    mask = _apart(mask, outs)
    data, parameters = values[: len(row.data)], values[len(row.data) :]
    if mask is None and _is_contiguous([*data, *results]) and not any(map(_is_array, parameters)):
        kernels.run_contiguous(row, dtype, [*data, *results], _given(row, dtype, parameters))
    else:
        kernels.run_elementwise(row, dtype, values, results, mask)
    finished = [_finished(*pair, mask) for pair in zip(results, outs, strict=True)]
    return finished[0] if row.nout == 1 else tuple(finished)


# Arguments


def _is_array(operand: object) -> bool:
    return isinstance(operand, cupy_module().ndarray)


def _operand(row: Row, name: str, operand: Any) -> Any:
    """An input: an array of CuPy's, or a number."""
    if isinstance(operand, _SCALARS):
        return operand
    return _gpu_array(row, name, operand)


def _gpu_array(row: Row, name: str, operand: Any) -> Any:
    if _is_array(operand) or is_on_gpu(operand):
        return as_cupy(operand, row.name, name)
    kind = type(operand)
    raise TypeError(
        f"{row.name}() on a GPU: argument '{name}' is on the CPU "
        f"({kind.__module__}.{kind.__qualname__}), and nothing is moved silently: use "
        "cupy.asarray() on it, or cupy.asnumpy() on the others"
    )


def _outs(row: Row, out: Any) -> list[Any]:
    """One entry for each output, None where a new array is wanted."""
    given = out if isinstance(out, tuple) else (out,)
    if not isinstance(out, tuple) and out is not None and row.nout > 1:
        raise TypeError("'out' must be a tuple of arrays")
    if out is None:
        given = (None,) * row.nout
    if len(given) != row.nout:
        raise ValueError("The 'out' tuple must have exactly one entry per ufunc output")
    return [None if one is None else _gpu_array(row, "out", one) for one in given]


def _named_outs(outs: list[Any]) -> Iterator[tuple[str, Any]]:
    for out in outs:
        yield "out", out


def _mask(row: Row, where: Any) -> Any:
    """None if it is to be computed everywhere."""
    if where is None or isinstance(where, (bool, np.bool)):
        return None if where else cupy_module().zeros((), bool)
    mask = _gpu_array(row, "where", where)
    if mask.dtype != bool:
        raise TypeError(
            f"Cannot cast array data from {mask.dtype!r} to dtype('bool') according to the rule "
            "'safe'"
        )
    return mask


def _device(row: Row, operands: list[tuple[str, Any]]) -> int:
    """The one device of all arrays."""
    arrays = [(name, operand) for name, operand in operands if _is_array(operand)]
    if not arrays:
        name, operand = operands[0]
        raise TypeError(
            f"{row.name}() of elufast.cuda takes arrays on a GPU, and argument '{name}' is "
            f"{type(operand).__name__}"
        )
    (first, array), *others = arrays
    device = int(array.data.device_id)
    for name, other in others:
        if other.data.device_id != device:
            raise ValueError(
                f"{row.name}() has argument '{first}' on GPU {device}, but argument '{name}' on "
                f"GPU {other.data.device_id}"
            )
    return device


# Types


def _types(row: Row, operands: list[Any], outs: list[Any], keywords: Keywords) -> list[np.dtype]:
    """The types that NumPy computes in."""
    asked = [_type_of(operand) for operand in operands]
    asked += [None if out is None else out.dtype for out in outs]
    signature = _signature(row, keywords)
    types = _resolved(row.name, tuple(asked), signature, keywords.casting)
    if types[0].name not in ELEMENTS:
        raise TypeError(
            f"ufunc '{row.name}' has no loop for {types[0].name} on a GPU: its types are "
            f"{', '.join(ELEMENTS)}"
        )
    return types


def _type_of(operand: Any) -> Any:
    """A dtype, or the type of a Python number, which is weak."""
    if isinstance(operand, (bool, np.bool)):
        return np.dtype(bool)
    return operand.dtype if hasattr(operand, "dtype") else type(operand)


def _signature(row: Row, keywords: Keywords) -> Any:
    if keywords.sig is not None and keywords.signature is not None:
        raise TypeError("cannot specify both 'sig' and 'signature'")
    signature = keywords.signature if keywords.sig is None else keywords.sig
    if keywords.dtype is None:
        return signature
    if signature is not None:
        raise TypeError("cannot specify both 'signature' and 'dtype'")
    inputs = len(row.data) + len(row.parameters)
    return (None,) * inputs + (np.dtype(keywords.dtype),) * row.nout


@functools.lru_cache(maxsize=1024)
def _resolved(name: str, asked: tuple[Any, ...], signature: Any, casting: str) -> list[np.dtype]:
    ufunc: Any = UFUNCS[name]
    fixed = {} if signature is None else {"signature": signature}
    # A call without elements raises what is wrong, in NumPy's words. resolve_dtypes, asked for the
    # casting, would crash where it has to name a Python number (numpy/numpy#32496), and does not
    # round such numbers to bfloat16 as the call does.
    empty = [_no_elements(kind) for kind in asked]
    ufunc(*empty[: ufunc.nin], out=tuple(empty[ufunc.nin :]), casting=casting, **fixed)
    return list(ufunc.resolve_dtypes(asked, casting="unsafe", **fixed))


def _no_elements(kind: Any) -> Any:
    """An operand of a type as `resolve_dtypes` takes it."""
    if isinstance(kind, np.dtype):
        return np.empty(0, kind)
    return None if kind is None else kind()


def _given(row: Row, dtype: np.dtype, parameters: Sequence[Any]) -> list[float] | None:
    """Parameters as the type holds them; None if they are the defaults.

    A default that is given as a number of the type is one, too.
    """
    defaults = row.parameters.values()
    if all(type(value) is float for value in parameters):
        if all(map(operator.eq, parameters, defaults)):
            return None
        return [float(dtype.type(value)) for value in parameters]
    numbers = [float(value) for value in parameters]
    return None if numbers == [float(dtype.type(value)) for value in defaults] else numbers


def _as_type(operand: Any, dtype: np.dtype) -> Any:
    """An array of the type, or a scalar of it."""
    if _is_array(operand):
        return operand if operand.dtype == dtype else operand.astype(dtype)
    return np.asarray(operand).astype(dtype)[()]


# Shapes and memory


def _shape(operands: list[Any], outs: list[Any], mask: Any) -> tuple[int, ...]:
    """To which everything broadcasts; an output is never stretched."""
    given = [out for out in outs if out is not None]
    arrays = [operand for operand in (*operands, *given, mask) if _is_array(operand)]
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


def _order(order: Any) -> str:
    order = "K" if order is None else order
    if order not in ("C", "F", "A", "K"):
        raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
    return str(order)


def _new(arrays: list[Any], shape: tuple[int, ...], dtype: np.dtype, order: str) -> Any:
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


def _is_contiguous(arrays: list[Any]) -> bool:
    """Whether one walk through memory visits the elements of all arrays in the same order."""
    first, *others = arrays
    if not all(_is_array(array) and array.shape == first.shape for array in arrays):
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


def _takes_results(out: Any, outs: list[Any], dtype: np.dtype) -> bool:
    """Whether a kernel may write to this output: not to two that overlap, in no certain order."""
    if out is None or out.dtype != dtype:
        return False
    return not any(other is not None and _overlap_apart(other, out) for other in outs)


def _overlap_apart(value: Any, out: Any) -> bool:
    """Whether writing to `out` may change elements of `value` that are still to be read."""
    same = value.data.ptr == out.data.ptr and value.shape == out.shape
    if same and value.strides == out.strides:
        return False
    return bool(cupy_module().may_share_memory(value, out))


def _apart(value: Any, outs: list[Any]) -> Any:
    """The input, or a copy if an output overlaps it in another way than by being it."""
    given = [out for out in outs if out is not None]
    if _is_array(value) and any(_overlap_apart(value, out) for out in given):
        return value.copy()
    return value


def _finished(result: Any, out: Any, mask: Any) -> Any:
    """The output that was given, of whatever type, or else the result."""
    if out is None or out is result:
        return result
    cast = result if result.dtype == out.dtype else result.astype(out.dtype)
    cupy_module().copyto(out, cast, where=True if mask is None else mask)
    return out
