"""PyTorch tensors as operands of the ufuncs: a tensor in, a tensor out, over the same memory.

NumPy's own way (`__array__`, `__array_wrap__`) warns since NumPy 2.0, knows no bfloat16, and cannot
write to a tensor.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from elufast._foreign import operands, overrides
from elufast._torch_arrays import as_array
from elufast._ufuncs import ROWS

_INPUT_NAMES = {row.name: (*row.data, *row.parameters) for row in ROWS}


def _check_grad(ufunc: np.ufunc, name: str, tensor: Any) -> None:
    """A RuntimeError, as from `tensor.numpy()`: a gradient that is silently lost is a wrong one."""
    if (tensor.requires_grad and torch.is_grad_enabled()) or (
        torch.autograd.forward_ad.unpack_dual(tensor).tangent is not None
    ):
        family = ufunc.__name__.partition("_")[0]
        raise RuntimeError(
            f"{ufunc.__name__}() is no function of autograd's, but argument '{name}' is a tensor "
            f"that requires grad: use elufast.torch.{family}, or {name}.detach()"
        )


def _as_array(ufunc: np.ufunc, name: str, operand: Any) -> Any:
    """An array over the same memory; operands that are no tensors as they are."""
    if not isinstance(operand, torch.Tensor):
        return operand
    _check_grad(ufunc, name, operand)
    try:
        return as_array(operand, to_write=name == "out")
    except ImportError as error:
        raise TypeError(
            f"{ufunc.__name__}(): argument '{name}' is a tensor of bfloat16, which NumPy knows "
            "from the package ml_dtypes alone, and that is not installed"
        ) from error


def _as_tensor(like: Any, result: Any) -> Any:
    """The result as a tensor of the kind of `like`; subclasses of ndarray stay what they are."""
    if not isinstance(result, np.generic) and type(result) is not np.ndarray:
        return result
    array = np.asarray(result)
    if array.dtype.isbuiltin == 2:  # not NumPy's own: of these, only bfloat16 has loops
        return like.__array_wrap__(array.view(np.int16)).view(torch.bfloat16)
    return like.__array_wrap__(array)


def call(ufunc: np.ufunc, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The ufunc's result; NotImplemented if there is no tensor, or someone else who may decide."""
    foreign = [operand for operand in operands(inputs, kwargs) if type(operand) is not float]
    tensors = [operand for operand in foreign if isinstance(operand, torch.Tensor)]
    if not tensors or any(map(overrides, foreign)):
        return NotImplemented

    def convert(name: str, value: Any) -> Any:
        if type(value) is tuple:
            return tuple([_as_array(ufunc, name, item) for item in value])
        return _as_array(ufunc, name, value)

    arrays = list(map(convert, _INPUT_NAMES[ufunc.__name__], inputs))
    keywords = {name: convert(name, value) for name, value in kwargs.items()}
    out = kwargs.get("out")
    outs = out if type(out) is tuple else (out,) * ufunc.nout
    overwritten = [o for o in outs if isinstance(o, torch.Tensor)]
    if overwritten:
        # Then autograd refuses to use what it had saved in that memory.
        torch.autograd.graph.increment_version(overwritten)
    results = ufunc(*arrays, **keywords)
    finished = [
        _as_tensor(tensors[0], result) if given is None else given
        for given, result in zip(outs, results if ufunc.nout > 1 else (results,), strict=True)
    ]
    return finished[0] if ufunc.nout == 1 else tuple(finished)
