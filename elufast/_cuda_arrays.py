"""What is an array on a GPU, told without CuPy; and such an array as CuPy's, without a copy."""

from __future__ import annotations

import functools
import importlib
from typing import Any

_ON_CUDA = (2, 13)  # DLPack's kDLCUDA and kDLCUDAManaged
_SIGNS = ("is_cuda", "__cuda_array_interface__", "__dlpack_device__")
# CUDA's error codes: no driver or one that is too old, none that works, no device.
_WITHOUT_GPU = (3, 35, 100, 999)


_known: dict[type, bool] = {}  # no functools.cache, which torch.compile warns of
_MANY_TYPES = 256  # bounds it, since it keeps the types alive


def _may_be_on_gpu(kind: type) -> bool:
    """Whether its objects are to be asked: where attributes are computed, to find none is slow."""
    answer = _known.get(kind)
    if answer is None:
        answer = any(hasattr(kind, name) for name in _SIGNS)
        answer = answer or (kind.__dictoffset__ != 0 and not hasattr(kind, "__getattr__"))
        if len(_known) >= _MANY_TYPES:
            _known.clear()
        _known[kind] = answer
    return answer


def is_on_gpu(operand: Any) -> bool:
    """Whether this is an array in the memory of a CUDA device.

    The object is asked and not its type: a PyTorch tensor's type has the interface in any case.
    """
    if not _may_be_on_gpu(type(operand)):
        return False
    try:
        # PyTorch's, and much cheaper than the interface, which it stands for
        if (is_cuda := getattr(operand, "is_cuda", None)) is False:
            return False
        if is_cuda is True and hasattr(type(operand), "__cuda_array_interface__"):
            return True
        if getattr(operand, "__cuda_array_interface__", None) is not None:
            return True
        where = getattr(operand, "__dlpack_device__", None)
        return where is not None and where()[0] in _ON_CUDA
    except Exception:
        # CuPy's arrays ask the driver, which may be what is missing; an array that cannot say where
        # it is goes NumPy's way.
        return type(operand).__module__.partition(".")[0] == "cupy"


@functools.cache
def cupy_module() -> Any:
    """CuPy; an ImportError that says what is missing where it is not there, or broken."""
    try:
        cupy = importlib.import_module("cupy")
        if not hasattr(cupy, "ndarray"):  # an empty folder of that name
            raise AttributeError("it has no ndarray")
        return cupy
    except Exception as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name == "cupy"
        reason = "is not installed" if missing else f"cannot be imported ({error})"
        raise ImportError(
            f"arrays on a GPU need CuPy, which {reason}: pip install 'elufast[cuda]' for CUDA 12, "
            "'elufast[cuda13]' for CUDA 13"
        ) from error


def is_cupy(operand: object) -> bool:
    return isinstance(operand, cupy_module().ndarray)


def is_read_only(operand: Any) -> bool:
    """Whether its library lets nobody write to it; CuPy does not look, and its arrays never are."""
    if type(operand).__module__.partition(".")[0] in ("jax", "jaxlib"):
        return True  # though its interface says otherwise
    if is_cupy(operand) or hasattr(operand, "is_cuda"):
        return False
    interface = getattr(operand, "__cuda_array_interface__", None)
    return interface is not None and bool(interface["data"][1])


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
    if is_cupy(operand):
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
    # On another device CuPy would copy it to the current one.
    address = operand.__cuda_array_interface__["data"][0]
    if not address:
        return cupy.asarray(operand)
    with cupy.cuda.Device(cupy.cuda.runtime.pointerGetAttributes(address).device):
        return cupy.asarray(operand)
