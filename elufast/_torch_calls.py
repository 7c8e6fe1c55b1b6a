"""The short ways to an activation of plain tensors, and the choice between them and the long ones.

The shortest is in C++ (_torch_node.cpp), for those who have it compiled; without it, and for what
it does not take, a function of autograd in Python is next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function
from torch.compiler import is_dynamo_compiling

from elufast import _torch_ops as ops
from elufast._torch_private import LEVEL, PLAIN, WATCHERS, is_readable, set_engines_backward
from elufast._ufuncs import ROW_CALLS, ROWS, TorchCalls


class Activation(NamedTuple):
    """Its function of autograd, what calls it or a shorter way, and the switch to the C++."""

    function: type[Function]
    call: Callable[[Tensor, tuple[float, ...]], Tensor]
    go_native: Callable[[Any], None]


def activation(
    name: str, third: Callable[..., Tensor] = lambda curvature, *parameters: curvature
) -> Activation:
    """Make the activation called `name`; `third` as in `_torch_ops.Operators`."""
    made = ops.operators(name, third)
    long = ops.functions(name, made)
    value, gradient = ops.INDEX[name], ops.INDEX[f"{name}_backward"]
    short = TorchCalls(ops.loops, value, gradient, PLAIN, torch.is_grad_enabled, LEVEL, *WATCHERS)
    _, are_transforms_active, _ = WATCHERS
    # Where it is not to be known, the functions of autograd are safe; a trace may fail then.
    is_tracing: Any = getattr(torch._C, "_is_tracing", bool)
    short_call, short_forward, short_backward = short.call, ops.loops.one, short.backward

    def forward(ctx: Any, x: Tensor, parameters: tuple[float, ...]) -> Tensor:
        # Not the output: what the forward pass rounds away would be missing in the gradient.
        ctx.save_for_backward(x)
        ctx.parameters = parameters
        result: Tensor | None = short_forward(value, x, parameters)
        return long_forward(x, parameters) if result is None else result

    def long_forward(x: Tensor, parameters: tuple[float, ...]) -> Tensor:
        ops.check(name, x)
        if not is_readable(x):
            return made.value(x, *parameters)
        return ops.through_numpy(name, (x,), parameters)

    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        result: Tensor | None = short_backward(grad, x, ctx.parameters)
        return long_backward(grad, x, ctx.parameters) if result is None else result, None

    def backward_of_node(grad: Tensor, x: Tensor, parameters: tuple[float, ...]) -> Tensor:
        result: Tensor | None = short_backward(grad, x, parameters)
        return long_backward(grad, x, parameters) if result is None else result

    def long_backward(grad: Tensor, x: Tensor, parameters: tuple[float, ...]) -> Tensor:
        if torch.is_grad_enabled() or not is_readable(grad, x):
            return long.gradient.apply(grad, x, *parameters)
        return ops.through_numpy(f"{name}_backward", (grad, x), parameters)

    # The fast half of `long.value`: it takes the parameters as one, and neither transforms nor
    # checks. It has the same name, which the user meets as that of grad_fn.
    function = ops.make_function(name, Function, forward=forward, backward=backward)
    set_engines_backward(function, backward)
    # Without its look for transforms, which was had, and for default arguments.
    apply = getattr(super(Function, function), "apply", function.apply)

    def call(x: Tensor, parameters: tuple[float, ...]) -> Tensor:
        if is_dynamo_compiling():
            # torch.compile runs what raises as it is, and then the functions are transformed.
            if are_transforms_active() or LEVEL._current_level >= 0:
                raise RuntimeError(f"torch.func and forward mode need {name}() uncompiled")
            return made.value(x, *parameters)
        result: Tensor | None = short_call(apply, x, parameters)
        return long_call(x, parameters) if result is None else result

    def long_call(x: Tensor, parameters: tuple[float, ...]) -> Tensor:
        ops.check(name, x)
        if is_tracing():
            return made.value(x, *parameters)
        if not is_readable(x):
            return long.value.apply(x, *parameters)
        return ops.through_numpy(name, (x,), parameters)

    def go_native(module: Any) -> None:
        nonlocal short_call
        count = len(ROWS[value].parameters)
        short_call = module.make(
            function.__name__, value, gradient, count, ROW_CALLS, short.call, backward_of_node
        )

    return Activation(long.value, call, go_native)
