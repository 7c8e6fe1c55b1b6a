"""Lazy calls on dask arrays, where dask does not make them by itself.

A call with one output is dask's own business: its ``__array_ufunc__`` makes it a lazy array. But it
does not take two outputs; of ``dtype=`` it takes the meaning to be a cast of the result, where in
NumPy it is the type to compute in; and it refuses the other keywords of a ufunc.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from operator import getitem
from typing import Any

import dask.array as da
import numpy as np
from dask.array.chunk_types import is_valid_array_chunk
from dask.array.core import elemwise, is_scalar_for_elemwise
from dask.array.utils import meta_from_array

DASKS_KEYWORDS = {"out", "where"}


def call(ufunc: np.ufunc, inputs: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """
    Call a ufunc of this package lazily.

    Parameters
    ----------
    ufunc : numpy.ufunc
        A public function.
    inputs : tuple
        All of its inputs, parameters included.
    kwargs : mapping
        Keywords of NumPy's: ``dtype``, ``casting`` and the like.

    Returns
    -------
    dask.array.Array, tuple of dask.array.Array or NotImplemented
        One lazy array for each output, with the chunks that the inputs have in common. The outputs
        of one call share its tasks: computed together, each block is computed once.
        NotImplemented where dask, or a type that wraps dask arrays, makes the call itself, or
        where there is no dask array.

    Raises
    ------
    TypeError
        For `out` or `where` with two outputs, or with keywords that dask does not know; for types
        that the function has no loop for.
    ValueError
        For shapes that do not broadcast.
    """
    kwargs = {key: value for key, value in kwargs.items() if not is_default(key, value)}
    if any(map(wraps_dask, inputs)) or not any(isinstance(value, da.Array) for value in inputs):
        return NotImplemented
    numpys = {key: value for key, value in kwargs.items() if key not in DASKS_KEYWORDS}
    operation = partial(ufunc, **numpys) if numpys else ufunc
    metas = operation(*map(empty_like, inputs))  # complains of types and keywords as NumPy does
    if ufunc.nout == 1 and not numpys:
        return NotImplemented
    refuse_memory(ufunc, kwargs)
    if ufunc.nout == 1:
        return elemwise(operation, *inputs)
    # To dask the pairs are objects of a type that it does not look into.
    pairs = elemwise(operation, *inputs, dtype=object)
    return tuple(nth(pairs, i, meta, ufunc.__name__) for i, meta in enumerate(metas))


def refuse_memory(ufunc: np.ufunc, kwargs: Mapping[str, Any]) -> None:
    """Complain of the keywords that are for arrays in memory."""
    refused = [f"{key}=" for key in sorted(kwargs.keys() & DASKS_KEYWORDS)]
    if not refused:
        return
    others = [f"{key}=" for key in sorted(kwargs.keys() - DASKS_KEYWORDS)]
    what = " and ".join(others) if ufunc.nout == 1 else "two outputs"
    raise TypeError(
        f"{ufunc.__name__}() with {what} takes no {' or '.join(refused)} for dask arrays, which "
        "are no memory to write to; use dask.array.where on the result"
    )


def is_default(key: str, value: Any) -> bool:
    """Whether the keyword says what is so without it."""
    if key == "out":
        return value is None or (isinstance(value, tuple) and all(each is None for each in value))
    return key == "where" and value is True


def wraps_dask(value: Any) -> bool:
    """Whether it is of a type (xarray's, say) that goes above dask's and makes the call itself."""
    return (
        hasattr(value, "__array_ufunc__")
        and not isinstance(value, (da.Array, np.generic))
        and not is_valid_array_chunk(value)
    )


def empty_like(value: Any) -> Any:
    """Without elements; as it is where its value takes part in the choice of the type."""
    if isinstance(value, (list, tuple)):
        value = np.asarray(value)
    return value if is_scalar_for_elemwise(value) else meta_from_array(value)


def nth(pairs: da.Array, i: int, meta: Any, name: str) -> da.Array:
    """Output i of every block. Blockwise, so that dask fuses it with what follows."""
    axes = tuple(range(pairs.ndim))
    return da.blockwise(
        getitem, axes, pairs, axes, i, None, token=f"{name}_{i}", dtype=meta.dtype, meta=meta
    )
