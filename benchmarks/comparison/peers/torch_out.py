"""PyTorch on the CPU: the operators behind torch.nn.functional and autograd, with `out=`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from .base import Array, Peer, Prepared, avx2_through, empty_outputs, kept, split


class Torch(Peer):
    name = "torch"
    label = "PyTorch"
    module = "torch"
    isa_environment = avx2_through(ATEN_CPU_CAPABILITY="avx2")

    def start(self, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
        torch.set_grad_enabled(False)

    def supports(self, function: str, dtype: str) -> bool:
        return split(function)[1] != "_grad2"

    def prepare(
        self, function: str, inputs: tuple[Array, ...], parameters: Mapping[str, float]
    ) -> Prepared:
        family, kind = split(function)
        outputs = empty_outputs(function, inputs[0])
        tensors = [tensor(array) for array in (*inputs, *outputs)]
        return kept(prepared_call(kind, tensors, coefficients(family, parameters)), outputs)


def tensor(array: Array) -> Any:
    """Return a tensor in the memory of the array; torch takes no bfloat16 that is not its own."""
    import torch

    if array.dtype == "bfloat16":
        return torch.from_numpy(array.view("int16")).view(torch.bfloat16)
    return torch.from_numpy(array)


def array(tensor: Any) -> Array:
    """Return an array on the memory of a tensor."""
    import torch

    if tensor.dtype is torch.bfloat16:
        import ml_dtypes

        return np.asarray(tensor.view(torch.int16).numpy().view(ml_dtypes.bfloat16))
    return np.asarray(tensor)


def coefficients(family: str, parameters: Mapping[str, float]) -> tuple[float, float, float]:
    """Return the alpha, scale and input_scale with which torch computes selu and celu, too."""
    alpha, scale = parameters["alpha"], parameters.get("scale", 1.0)
    return alpha, scale, 1 / alpha if family == "celu" else 1.0


def prepared_call(
    kind: str, tensors: list[Any], coefficients: tuple[float, ...]
) -> Callable[[], object]:
    import torch

    forward, backward = torch.ops.aten.elu.out, torch.ops.aten.elu_backward.grad_input
    if kind == "":
        x, y = tensors
        return partial(forward, x, *coefficients, out=y)
    if kind in ("_backward", "_backward_from_output"):
        grad, saved, out = tensors
        from_output = kind == "_backward_from_output"
        return partial(backward, grad, *coefficients, from_output, saved, grad_input=out)
    x, slope = tensors[0], tensors[-1]
    ones = torch.ones_like(x)
    slope_call = partial(backward, ones, *coefficients, False, x, grad_input=slope)
    if kind == "_grad":
        return slope_call
    value_call = partial(forward, x, *coefficients, out=tensors[1])
    return lambda: (value_call(), slope_call())


PEER = Torch()
