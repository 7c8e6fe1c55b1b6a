"""Calls with arrays of other libraries that NumPy does not take, or not as their users expect.

The ufuncs come here with every call that has an operand of an unknown type, before NumPy. What no
entry of `_HANDLERS` takes goes NumPy's way: `__array_ufunc__`, then `__array__`.

A handler is a module with a function `call(ufunc, inputs, kwargs)`: `inputs` holds all inputs, those
that were not given as Python floats; `kwargs` the other keywords, `out` among them, also for outputs
given by position. It returns the result, or NotImplemented if the call is not its business.
"""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np


class _Handler(NamedTuple):
    module: str
    least_outputs: int = 1  # functions with fewer are left to the library's own __array_ufunc__


# By the package that a type, or one that it is derived from, comes from. Containers stand before
# what they may hold.
_HANDLERS = {
    "dask": _Handler("elufast._dask", least_outputs=2),
    "torch": _Handler("elufast._torch_tensors"),
}


@functools.lru_cache(maxsize=256)  # bounded, since it keeps the types alive
def _packages(kind: type) -> frozenset[str]:
    """Those packages of `_HANDLERS` that the type comes from."""
    names = {base.__module__.partition(".")[0] for base in kind.__mro__}
    return frozenset(names & _HANDLERS.keys())


def _operands(inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[Any]:
    yield from inputs
    for value in kwargs.values():
        yield from value if type(value) is tuple else (value,)


def call(ufunc: np.ufunc, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of the call, or NotImplemented: then it is NumPy's."""
    packages: set[str] = set()
    for operand in _operands(inputs, kwargs):
        packages |= _packages(type(operand))
    if not packages:
        return NotImplemented
    for package, handler in _HANDLERS.items():
        if package not in packages or ufunc.nout < handler.least_outputs:
            continue
        result = importlib.import_module(handler.module).call(ufunc, inputs, kwargs)
        if result is not NotImplemented:
            return result
    return NotImplemented
