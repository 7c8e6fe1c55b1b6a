"""Calls with arrays of other libraries that NumPy does not take, or not as their users expect.

The ufuncs come here with every call that has an operand of an unknown type, before NumPy. If one of
them is on a GPU, so is the whole call, whatever library the array is of. Of the others, what no
entry of `_HANDLERS` takes goes NumPy's way: `__array_ufunc__`, then `__array__`.

A handler is a module with a function `call(ufunc, inputs, kwargs)`. `inputs` are all inputs, those
that were not given as Python floats; `kwargs` are the other keywords, and `out` is one of them also
if outputs were given by position. It returns the result, or NotImplemented if it does not care.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from elufast._cuda_arrays import is_on_gpu

if TYPE_CHECKING:
    from collections.abc import Iterator


# By the package that a type or one of its bases is from, or by the protocol that it speaks.
_HANDLERS = {
    "dask": "elufast._dask",
    "pandas": "elufast._pandas_frames",
    "torch": "elufast._torch_tensors",
    "__dlpack__": "elufast._dlpack",
    "cupy": "elufast._cuda_call",
}

# With any of these, NumPy finds its way by itself.
_PROTOCOLS_OF_NUMPY = ("__array_ufunc__", "__array__", "__array_interface__", "__array_struct__")


def speaks_dlpack_alone(kind: type) -> bool:
    """Whether this is all that NumPy could know such an object by."""
    return hasattr(kind, "__dlpack__") and not any(hasattr(kind, p) for p in _PROTOCOLS_OF_NUMPY)


_known: dict[type, frozenset[str]] = {}
_MANY_TYPES = 256  # bounds it, since it keeps the types alive


def _handlers_of(kind: type) -> frozenset[str]:
    """The keys of `_HANDLERS` that the type asks for."""
    keys = _known.get(kind)
    if keys is None:
        packages = {str(base.__module__).partition(".")[0] for base in kind.__mro__}
        if speaks_dlpack_alone(kind):
            packages.add("__dlpack__")
        keys = frozenset(packages & _HANDLERS.keys())
        if len(_known) >= _MANY_TYPES:
            _known.clear()
        _known[kind] = keys
    return keys


def operands(inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[object]:
    """All that a container may be: inputs, outputs, the mask."""
    yield from inputs
    for value in kwargs.values():
        yield from value if type(value) is tuple else (value,)


def overrides(operand: object, handled: type = np.ndarray) -> bool:
    """Whether its library has a say in what becomes of the call, or has forbidden it.

    That is an `__array_ufunc__` which is neither NumPy's nor that of the type that is handled.
    """
    default = np.ndarray.__array_ufunc__
    given = getattr(type(operand), "__array_ufunc__", default)
    return given is not default and given is not getattr(handled, "__array_ufunc__", default)


def call(ufunc: np.ufunc, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of the call, or NotImplemented: then it is NumPy's."""
    keys: set[str] = set()
    for operand in operands(inputs, kwargs):
        kind = type(operand)
        if kind is float or kind is np.ndarray:
            continue
        keys |= (asked := _handlers_of(kind))
        is_cupy = "cupy" in asked
        if is_cupy or is_on_gpu(operand):
            if not is_cupy and overrides(operand):  # a data frame's column, say
                return NotImplemented
            return importlib.import_module(_HANDLERS["cupy"]).call(ufunc, inputs, kwargs)
    if not keys:
        return NotImplemented
    for key, module in _HANDLERS.items():
        if key in keys:
            result = importlib.import_module(module).call(ufunc, inputs, kwargs)
            if result is not NotImplemented:
                return result
    return NotImplemented
