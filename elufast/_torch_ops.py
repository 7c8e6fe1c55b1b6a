"""The ufuncs as operators of PyTorch and their derivatives, in all that its dispatcher knows.

`operators` registers those of an activation, and `functions` makes functions of autograd out of
them; both differentiate to any order. They are the long way, for calls out of the ordinary;
_torch_calls.py has the short one.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd import Function

from elufast._torch_arrays import as_array
from elufast._torch_private import LEVEL
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
        arrays = map(as_array, tensors)
        UFUNCS[name](*arrays, *parameters, out=as_array(result, to_write=True))
    return result


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


def number(name: str, value: Any) -> float:
    """Return a parameter as a float; TypeError for what is none."""
    if isinstance(value, Real):
        return float(value)
    raise TypeError(
        f"{name} has to be a number, not {type(value).__name__}: elufast.torch has no gradient "
        f"for it (elufast's ufuncs take arrays)"
    )


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


# ---- derivatives ----


class Operators(NamedTuple):
    """An activation's operators, and its third derivative out of the second and the parameters."""

    value: Operator
    gradient: Operator
    curvature: Operator
    third: Callable[..., Tensor]


def _save(ctx: Any, tensors: tuple[Tensor, ...], parameters: tuple[Any, ...]) -> None:
    # Never the output, which has fewer digits than what a derivative takes.
    ctx.save_for_backward(*tensors)
    ctx.parameters = tuple(map(float, parameters))


def _save_x(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    _save(ctx, inputs[:1], inputs[1:])


def _save_both(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    _save(ctx, inputs[:2], inputs[2:])


class Backwards(NamedTuple):
    """What each of an activation's three functions gives in the backward pass."""

    of_value: Callable[..., tuple[Any, ...]]
    of_gradient: Callable[..., tuple[Any, ...]]
    of_curvature: Callable[..., tuple[Any, ...]]


def _backwards(gradient: Operator, curvature: Operator, third: Callable[..., Tensor]) -> Backwards:
    """Make them of two functions, which are differentiable: all orders follow."""

    def of_value(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
        (x,) = ctx.saved_tensors
        return gradient(grad, x, *ctx.parameters), *(None for _ in ctx.parameters)

    def of_gradient(ctx: Any, grad2: Tensor) -> tuple[Any, ...]:
        grad, x = ctx.saved_tensors
        of_grad, of_x = None, None
        if ctx.needs_input_grad[0]:
            of_grad = gradient(grad2, x, *ctx.parameters)
        if ctx.needs_input_grad[1]:
            of_x = grad2 * grad * curvature(x, *ctx.parameters)
        return of_grad, of_x, *(None for _ in ctx.parameters)

    def of_curvature(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
        (x,) = ctx.saved_tensors
        slope = third(curvature(x, *ctx.parameters), *ctx.parameters)
        return grad * slope, *(None for _ in ctx.parameters)

    return Backwards(of_value, of_gradient, of_curvature)


def operators(name: str, third: Callable[..., Tensor]) -> Operators:
    """Register an activation's operators, differentiable by themselves.

    So they are what torch.compile and torch.jit.trace keep. Neither takes a function with a jvp.
    """
    rows = name, f"{name}_backward", f"{name}_grad2"
    value, gradient, curvature = map(_operator, rows)
    made = Operators(value, gradient, curvature, third)
    saved = _save_x, _save_both, _save_x
    backwards = _backwards(made.gradient, made.curvature, third)
    for row, backward, save in zip(rows, backwards, saved, strict=True):
        torch.library.register_autograd(
            f"elufast::{row}", backward, setup_context=save, lib=_library
        )
    return made


# ---- functions of autograd, which forward mode and torch.func follow, too ----


class Functions(NamedTuple):
    """An activation's functions of autograd, called with apply(x or grad and x, *parameters)."""

    value: type[Function]
    gradient: type[Function]


class _OfX(Function):
    """A function of x."""

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        _save_x(ctx, inputs, output)
        if LEVEL._current_level >= 0:
            ctx.save_for_forward(inputs[0])


def _signature(name: str) -> Signature:
    """Return that of the ufunc, with which `apply` takes keywords and fills in defaults."""
    row = ROWS[INDEX[name]]
    kind = Parameter.POSITIONAL_OR_KEYWORD
    names = {**dict.fromkeys(row.data, Parameter.empty), **row.parameters}
    return Signature([Parameter(one, kind, default=default) for one, default in names.items()])


def functions(name: str, made: Operators) -> Functions:
    """Make the functions of the operators, which they call with the tape off."""
    parameter_names = tuple(ROWS[INDEX[name]].parameters)

    class Curvature(_OfX):
        @staticmethod
        def forward(x: Tensor, *parameters: float) -> Tensor:
            return made.curvature(x, *parameters)

        @staticmethod
        def backward(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
            return backwards.of_curvature(ctx, grad)

        @staticmethod
        def jvp(ctx: Any, dx: Tensor, *rest: None) -> Tensor:
            return backwards.of_curvature(ctx, dx)[0]

        @staticmethod
        def vmap(info: Any, dims: tuple[Any, ...], x: Tensor, *parameters: float) -> Any:
            return Curvature.apply(x, *parameters), dims[0]

    class Gradient(Function):
        @staticmethod
        def forward(grad: Tensor, x: Tensor, *parameters: float) -> Tensor:
            return made.gradient(grad, x, *parameters)

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
            _save_both(ctx, inputs, output)
            if LEVEL._current_level >= 0:
                ctx.save_for_forward(*inputs[:2])

        @staticmethod
        def backward(ctx: Any, grad2: Tensor) -> tuple[Any, ...]:
            return backwards.of_gradient(ctx, grad2)

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

    backwards = _backwards(Gradient.apply, Curvature.apply, made.third)

    def forward(x: Tensor, *parameters: float) -> Tensor:
        check(name, x)
        return made.value(x, *map(number, parameter_names, parameters))

    def vmap(info: Any, dims: tuple[Any, ...], x: Tensor, *parameters: float) -> Any:
        return value.apply(x, *parameters), dims[0]

    forward.__signature__ = _signature(name)  # type: ignore[attr-defined]
    value = make_function(
        name,
        _OfX,
        forward=forward,
        backward=backwards.of_value,
        jvp=lambda ctx, dx, *rest: backwards.of_value(ctx, dx)[0],
        vmap=vmap,
    )
    return Functions(value, Gradient)


def make_function(name: str, base: type[Function], **methods: Callable[..., Any]) -> type[Function]:
    """Make <Name>Function, whose name is that of its results' grad_fn."""
    make: Any = type(Function)
    static = {method: staticmethod(function) for method, function in methods.items()}
    made: type[Function] = make(
        f"{name.capitalize()}Function", (base,), {"__module__": "elufast.torch", **static}
    )
    return made
