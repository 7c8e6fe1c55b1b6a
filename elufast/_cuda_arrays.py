"""What is an array on a GPU, told without CuPy; and such an array as CuPy's, without a copy."""

from __future__ import annotations

import functools
import importlib
from typing import Any

_ON_CUDA = (2, 13)  # DLPack's kDLCUDA and kDLCUDAManaged
# CUDA's error codes: no driver or one that is too old, none that works, no device.
_WITHOUT_GPU = (3, 35, 100, 999)


def is_on_gpu(operand: object) -> bool:
    """Whether this is an array in the memory of a CUDA device.

    The object is asked and not its type: a PyTorch tensor's type has the interface in any case.
    """
    is_cuda = getattr(operand, "is_cuda", None)  # PyTorch's, and much cheaper than the interface
    if isinstance(is_cuda, bool):
        return is_cuda
    try:
        if hasattr(operand, "__cuda_array_interface__"):
            return True
    except Exception:  # CuPy's arrays ask the driver, which may be what is missing
        return True
    where = getattr(operand, "__dlpack_device__", None)
    try:
        return where is not None and where()[0] in _ON_CUDA
    except Exception:  # an array that cannot say where it is goes NumPy's way
        return False


@functools.cache
def cupy_module() -> Any:
    """CuPy; an ImportError that says what is missing where it is not there, or broken."""
    try:
        return importlib.import_module("cupy")
    except Exception as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name == "cupy"
        reason = "is not installed" if missing else f"cannot be imported ({error})"
        raise ImportError(
            f"arrays on a GPU need CuPy, which {reason}: pip install 'elufast[cuda]' for CUDA 12, "
            "'elufast[cuda13]' for CUDA 13"
        ) from error


def explain(error: Exception) -> Exception:
    """The error itself, or where CUDA's says that there is no GPU, one that says so in words."""
    if getattr(error, "status", None) not in _WITHOUT_GPU:
        return error
    return RuntimeError(
        f"elufast's GPU path needs an NVIDIA GPU and its driver, and CuPy finds none ({error})"
    )


def as_cupy(operand: Any, function: str, argument: str) -> Any:
    """A CuPy array over the same memory."""
    cupy = cupy_module()
    if isinstance(operand, cupy.ndarray):
        return operand
    if getattr(operand, "requires_grad", False):
        raise RuntimeError(
            f"{function}() is no function of autograd's, but argument '{argument}' is a tensor "
            f"that requires grad: use {argument}.detach()"
        )
    if str(getattr(operand, "dtype", "")) == "torch.bfloat16":
        # Neither interface has always had a name for it.
        torch, ml_dtypes = map(importlib.import_module, ("torch", "ml_dtypes"))
        return _taken(cupy, operand.view(torch.int16)).view(ml_dtypes.bfloat16)
    return _taken(cupy, operand)


def _taken(cupy: Any, operand: Any) -> Any:
    """DLPack first: it also waits for what the other library's stream has still to write."""
    if hasattr(operand, "__dlpack__"):
        try:
            return cupy.from_dlpack(operand)
        except (BufferError, TypeError, RuntimeError):
            if not hasattr(operand, "__cuda_array_interface__"):
                raise
    return cupy.asarray(operand)
