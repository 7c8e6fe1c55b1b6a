"""Arrays on the memory of PyTorch's tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.compiler import is_dynamo_compiling

from elufast._torch_private import has_its_numbers
from elufast._ufuncs import share_pool

# PyTorch's threads stay awake for milliseconds after each of its operators, and give way to nobody:
# between two of them those of elufast's own team would not get a processor.
share_pool(True)


def as_array(tensor: Tensor, *, to_write: bool = False) -> np.ndarray[Any, Any]:
    """Return an array on the tensor's memory, for bfloat16 one of the type of ml_dtypes.

    If the memory holds other numbers than are meant (views that negate or conjugate), a tensor to
    be read is copied, and one to be written is the RuntimeError of `Tensor.numpy`, whose errors
    are those of all tensors that have no memory for NumPy. Without ml_dtypes: ImportError.
    """
    tensor = tensor.detach()
    if not to_write:
        tensor = tensor.resolve_conj().resolve_neg()
    if tensor.dtype is not torch.bfloat16:
        return _lent(tensor, to_write)
    import ml_dtypes

    return _lent(tensor.view(torch.int16), to_write).view(ml_dtypes.bfloat16)


def _lent(tensor: Tensor, to_write: bool) -> np.ndarray[Any, Any]:
    # Not numpy() if it can be helped: neither the tensor nor its views could be resized then.
    if is_dynamo_compiling() or tensor.is_conj() or tensor.is_neg() or not has_its_numbers(tensor):
        return tensor.numpy()
    try:
        array = np.from_dlpack(tensor)
    except (BufferError, RuntimeError):
        return tensor.numpy()
    # Before version 1 of DLPack nobody says that memory may be written to, and NumPy does not.
    return array if array.flags.writeable or not to_write else tensor.numpy()
