"""ELU, SELU and CELU for PyTorch: the ufuncs on CPU tensors, with autograd.

Only on request: ``import elufast.torch`` (``import elufast`` alone does not import PyTorch).

- `elu`, `selu`, `celu`: functions as those of `torch.nn.functional`;
- `ELU`, `SELU`, `CELU`: modules, to be put in the place of those of `torch.nn`;
- `EluFunction`, `SeluFunction`, `CeluFunction`: the `torch.autograd.Function` of each, which the
  functions apply where a gradient may be asked for.

Examples
--------
>>> import torch
>>> import elufast.torch
>>> x = torch.tensor([-2.0, -0.5, 0.0, 3.0], dtype=torch.float64, requires_grad=True)
>>> y = elufast.torch.elu(x)
>>> y
tensor([-0.8647, -0.3935,  0.0000,  3.0000], dtype=torch.float64,
       grad_fn=<EluFunctionBackward>)
>>> y.sum().backward()
>>> x.grad
tensor([0.1353, 0.6065, 1.0000, 1.0000], dtype=torch.float64)
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function, forward_ad
from torch.compiler import is_dynamo_compiling
from torch.nn import Parameter

from elufast import _torch_docs
from elufast._torch_ops import INDEX, check, functions, loops, through_numpy
from elufast._ufuncs import ROWS, ShortCalls

__all__ = ["CELU", "ELU", "SELU", "CeluFunction", "EluFunction", "SeluFunction"]
__all__ += ["celu", "elu", "selu"]

_PLAIN = (Tensor, Parameter)


def _always() -> bool:
    return True


# Who has to see every operator: modes, torch.func's transforms, torch.jit.trace. The names are
# PyTorch's own affair: where one is gone, somebody may always be watching.
_WATCHERS = tuple(
    getattr(torch._C, name, _always)
    for name in ("_len_torch_dispatch_stack", "_are_functorch_transforms_active", "_is_tracing")
)


def _is_readable(*tensors: Tensor) -> bool:
    """Whether NumPy may read them: plain tensors in plain calls, with memory of their own."""
    if forward_ad._current_level >= 0 or any(watcher() for watcher in _WATCHERS):
        return False
    return all(type(t) in _PLAIN and t.is_cpu and torch._C._has_storage(t) for t in tensors)


def _activation(
    name: str, third: Callable[..., Tensor] = lambda curvature, *parameters: curvature
) -> tuple[type[Function], Callable[[Tensor, tuple[float, ...]], Tensor]]:
    """Return the activation's function of autograd, and what calls it or the loops.

    Those are the short way; the long one, which all of PyTorch can follow, is in _torch_ops.py.
    """
    long = functions(name, third)
    value, gradient = INDEX[name], INDEX[f"{name}_backward"]
    short = ShortCalls(
        loops, value, gradient, _PLAIN, torch.is_grad_enabled, forward_ad, *_WATCHERS
    )
    short_call, short_forward, short_backward = short.call, loops.one, short.backward

    def forward(ctx: Any, x: Tensor, parameters: tuple[float, ...]) -> Tensor:
        # Not the output: what the forward pass rounds away would be missing in the gradient.
        ctx.save_for_backward(x)
        ctx.parameters = parameters
        result: Tensor | None = short_forward(value, x, parameters)
        return through_numpy(name, (x,), parameters) if result is None else result

    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        result: Tensor | None = short_backward(grad, x, ctx.parameters)
        return long_backward(grad, x, ctx.parameters) if result is None else result, None

    def long_backward(grad: Tensor, x: Tensor, parameters: tuple[float, ...]) -> Tensor:
        if torch.is_grad_enabled() or not _is_readable(grad, x):
            return long.gradient.apply(grad, x, *parameters)
        return through_numpy(f"{name}_backward", (grad, x), parameters)

    make: Any = type(Function)
    function = make(
        f"{name.capitalize()}Function",
        (Function,),
        {
            "__module__": __name__,
            "__doc__": f"The `torch.autograd.Function` of `{name}`: ``apply(x, parameters)``.",
            "forward": staticmethod(forward),
            "backward": staticmethod(backward),
        },
    )
    # The engine would look `backward` up in two more Python functions, for some 0.7 us.
    function._backward_cls.apply = backward
    # Without the look for transforms, which was had, and for default arguments, some 1.3 us.
    apply = super(Function, function).apply

    def call(x: Tensor, parameters: tuple[float, ...]) -> Tensor:
        if is_dynamo_compiling():
            return long.compiled.apply(x, *parameters)
        result: Tensor | None = short_call(apply, x, parameters)
        return long_call(x, parameters) if result is None else result

    def long_call(x: Tensor, parameters: tuple[float, ...]) -> Tensor:
        check(name, x)
        if not _is_readable(x):
            return long.value.apply(x, *parameters)
        return through_numpy(name, (x,), parameters)

    return function, call


EluFunction, _elu = _activation("elu")
SeluFunction, _selu = _activation("selu")
CeluFunction, _celu = _activation("celu", lambda curvature, alpha: curvature / alpha)


def _number(name: str, value: Any) -> float:
    if isinstance(value, Real):
        return float(value)
    raise TypeError(
        f"{name} has to be a number, not {type(value).__name__}: elufast.torch has no gradient "
        f"for it (elufast's ufuncs take arrays)"
    )


def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    return _elu(x, (alpha if type(alpha) is float else _number("alpha", alpha),))


def selu(x: Tensor, alpha: float = 1.6732632423543772, scale: float = 1.0507009873554805) -> Tensor:
    alpha = alpha if type(alpha) is float else _number("alpha", alpha)
    scale = scale if type(scale) is float else _number("scale", scale)
    return _selu(x, (alpha, scale))


def celu(x: Tensor, alpha: float = 1.0) -> Tensor:
    return _celu(x, (alpha if type(alpha) is float else _number("alpha", alpha),))


def _not_in_place(inplace: bool) -> None:
    if inplace:
        raise ValueError("inplace=True: the gradient needs the input, which would be overwritten")


# Those of torch.nn, so that what looks for them, in printing or initialising a model, finds them.


class ELU(nn.ELU):
    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        _not_in_place(inplace)
        super().__init__(_number("alpha", alpha))

    def forward(self, input: Tensor) -> Tensor:
        return elu(input, self.alpha)


class SELU(nn.SELU):
    def __init__(self, inplace: bool = False) -> None:
        _not_in_place(inplace)
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return selu(input)


class CELU(nn.CELU):
    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        _not_in_place(inplace)
        super().__init__(_number("alpha", alpha))

    def forward(self, input: Tensor) -> Tensor:
        return celu(input, self.alpha)


for _row in ROWS:
    if _row.name in globals():
        globals()[_row.name].__doc__ = _torch_docs.function_docstring(_row)
        globals()[_row.name.upper()].__doc__ = _torch_docs.module_docstring(_row)
del _row
