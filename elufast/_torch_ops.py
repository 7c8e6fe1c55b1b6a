"""The ufuncs as operators of PyTorch and their derivatives, in all that its dispatcher knows.

`functions` makes the autograd functions of an activation out of operators that compile, trace,
batch and differentiate, to any order. They are the long way, for calls out of the ordinary;
elufast/torch.py has the short one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd import Function, forward_ad

from elufast._ufuncs import ROWS, UFUNCS, TensorLoops

Operator = Callable[..., Tensor]

INDEX = {row.name: index for index, row in enumerate(ROWS)}
DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def _loops() -> TensorLoops:
    # PyTorch has the exchange of C functions from 2.10 on; without it NumPy does what they do.
    exchange = getattr(Tensor, "__dlpack_c_exchange_api__", None)
    try:
        return TensorLoops(exchange, torch.empty_like, Tensor.is_neg)
    except ValueError:  # a DLPack of the future
        return TensorLoops(None, torch.empty_like, Tensor.is_neg)


loops = _loops()


# ---- on plain tensors ----


def computed(name: str, tensors: tuple[Tensor, ...], parameters: tuple[float, ...]) -> Tensor:
    """Return the function of plain tensors on the CPU, in the layout of the last one."""
    short: Callable[..., Tensor | None] = loops.one if len(tensors) == 1 else loops.two
    result = short(INDEX[name], *tensors, parameters)
    return through_numpy(name, tensors, parameters) if result is None else result


def through_numpy(name: str, tensors: tuple[Tensor, ...], parameters: tuple[float, ...]) -> Tensor:
    """Let the ufunc read the tensors' memory and write the result's: any strides, any parameter."""
    for tensor in tensors:
        check(name, tensor)
    result = torch.empty_like(tensors[-1])
    # PyTorch's functions do not report overflows.
    with np.errstate(all="ignore"):
        UFUNCS[name](*map(as_array, tensors), *parameters, out=as_array(result))
    return result


def as_array(tensor: Tensor) -> np.ndarray[Any, Any]:
    """Return a NumPy array on the tensor's memory."""
    # Not numpy(), after which neither the tensor nor its views could be resized any more.
    tensor = tensor.detach().resolve_neg()
    if tensor.dtype is not torch.bfloat16:
        return np.from_dlpack(tensor)
    import ml_dtypes

    return np.from_dlpack(tensor.view(torch.int16)).view(ml_dtypes.bfloat16)


def check(name: str, x: Tensor) -> None:
    """Raise TypeError for what no loop can read."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{name}() of elufast.torch needs a tensor, not {type(x).__name__}")
    if x.layout is not torch.strided:
        raise TypeError(f"{name}() of elufast.torch needs a dense tensor, not {x.layout}")
    if x.device.type not in ("cpu", "meta"):
        raise TypeError(f"{name}() of elufast.torch computes on the CPU; x is on {x.device}")
    if x.dtype not in DTYPES:
        names = ", ".join(str(dtype) for dtype in DTYPES)
        raise TypeError(f"{name}() of elufast.torch needs one of {names}, not {x.dtype}")


# ---- operators ----

_library = torch.library.Library("elufast", "DEF")


def _operator(name: str) -> Operator:
    """Register torch.ops.elufast.<name> and return it."""
    row = ROWS[INDEX[name]]
    count = len(row.data)
    tensors = [f"Tensor {one}" for one in row.data]
    parameters = [f"float {one}" for one in row.parameters]

    def on_cpu(*arguments: Any) -> Tensor:
        return computed(name, arguments[:count], arguments[count:])

    def on_meta(*arguments: Any) -> Tensor:
        return torch.empty_like(arguments[count - 1])

    _library.define(f"{name}({', '.join(tensors + parameters)}) -> Tensor")
    _library.impl(name, on_cpu, "CPU")
    torch.library.register_fake(f"elufast::{name}", on_meta, lib=_library)
    overload: Operator = getattr(torch.ops.elufast, name).default
    return overload


# ---- autograd ----


class _OfX(Function):
    """A function of x whose derivatives take x again, never its output, which has fewer digits."""

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        x, *ctx.parameters = inputs
        ctx.save_for_backward(x)
        if forward_ad._current_level >= 0:
            ctx.save_for_forward(x)


class Functions(NamedTuple):
    """An activation's functions of autograd, called with apply(x or grad and x, *parameters)."""

    value: type[Function]
    gradient: type[Function]
    compiled: type[Function]
    """The first one for torch.compile, which takes none with a jvp and none of second order."""


def functions(name: str, third: Callable[..., Tensor]) -> Functions:
    """Make the functions. The third derivative is `third` of the second one and the parameters."""
    value, gradient = _operator(name), _operator(f"{name}_backward")
    curvature = _operator(f"{name}_grad2")

    class Curvature(_OfX):
        @staticmethod
        def forward(x: Tensor, *parameters: float) -> Tensor:
            return curvature(x, *parameters)

        @staticmethod
        def backward(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
            (x,) = ctx.saved_tensors
            slope = third(Curvature.apply(x, *ctx.parameters), *ctx.parameters)
            return grad * slope, *(None for _ in ctx.parameters)

        @staticmethod
        def jvp(ctx: Any, dx: Tensor, *rest: None) -> Tensor:
            return Curvature.backward(ctx, dx)[0]

        @staticmethod
        def vmap(info: Any, dims: tuple[Any, ...], x: Tensor, *parameters: float) -> Any:
            return Curvature.apply(x, *parameters), dims[0]

    class Gradient(Function):
        @staticmethod
        def forward(grad: Tensor, x: Tensor, *parameters: float) -> Tensor:
            return gradient(grad, x, *parameters)

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
            grad, x, *ctx.parameters = inputs
            ctx.save_for_backward(grad, x)
            if forward_ad._current_level >= 0:
                ctx.save_for_forward(grad, x)

        @staticmethod
        def backward(ctx: Any, grad2: Tensor) -> tuple[Any, ...]:
            grad, x = ctx.saved_tensors
            of_grad, of_x = None, None
            if ctx.needs_input_grad[0]:
                of_grad = Gradient.apply(grad2, x, *ctx.parameters)
            if ctx.needs_input_grad[1]:
                of_x = grad2 * grad * Curvature.apply(x, *ctx.parameters)
            return of_grad, of_x, *(None for _ in ctx.parameters)

        @staticmethod
        def jvp(ctx: Any, dgrad: Tensor, dx: Tensor, *rest: None) -> Tensor:
            grad, x = ctx.saved_tensors
            bend = dx * grad * Curvature.apply(x, *ctx.parameters)
            return Gradient.apply(dgrad, x, *ctx.parameters) + bend

        @staticmethod
        def vmap(
            info: Any, dims: tuple[Any, ...], grad: Tensor, x: Tensor, *parameters: float
        ) -> Any:
            both = zip((grad, x), dims, strict=False)
            batched = [one.unsqueeze(0) if d is None else one.movedim(d, 0) for one, d in both]
            return Gradient.apply(*torch.broadcast_tensors(*batched), *parameters), 0

    class Value(_OfX):
        @staticmethod
        def forward(x: Tensor, *parameters: float) -> Tensor:
            return value(x, *parameters)

        @staticmethod
        def backward(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
            (x,) = ctx.saved_tensors
            return Gradient.apply(grad, x, *ctx.parameters), *(None for _ in ctx.parameters)

        @staticmethod
        def jvp(ctx: Any, dx: Tensor, *rest: None) -> Tensor:
            (x,) = ctx.saved_tensors
            return Gradient.apply(dx, x, *ctx.parameters)

        @staticmethod
        def vmap(info: Any, dims: tuple[Any, ...], x: Tensor, *parameters: float) -> Any:
            return Value.apply(x, *parameters), dims[0]

    class Compiled(Function):
        forward = Value.forward

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
            x, *ctx.parameters = inputs
            ctx.save_for_backward(x)

        @staticmethod
        def backward(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
            (x,) = ctx.saved_tensors
            return gradient(grad, x, *ctx.parameters), *(None for _ in ctx.parameters)

    return Functions(Value, Gradient, Compiled)
