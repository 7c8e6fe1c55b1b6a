"""The types in which NumPy would compute a call with arrays on a GPU: its own answer."""

from __future__ import annotations

import functools
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import numpy as np

from elufast._cuda_source import ELEMENTS
from elufast._ufuncs import UFUNCS

if TYPE_CHECKING:
    from elufast._ufuncs import Row


def resolved_types(row: Row, operands: list[Any], outs: list[Any], keywords: Any) -> list[np.dtype]:
    """The types that NumPy computes in."""
    asked = [_type_of(operand) for operand in operands]
    asked += [None if out is None else out.dtype for out in outs]
    signature = _signature(row, keywords)
    resolve = _resolved if isinstance(signature, Hashable) else _resolved.__wrapped__
    types = resolve(row.name, tuple(asked), signature, keywords.casting)
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


def _signature(row: Row, keywords: Any) -> Any:
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
