"""torch.compile: PyTorch's operators as loops that Inductor generates and gcc compiles.

The results are copied to given tensors inside the compiled function: Inductor fuses the copy, so
nothing is written twice and no memory is new.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from .base import Array, Peer, Prepared, avx2_through, empty_outputs, kept, split
from .native import libraries
from .torch_out import coefficients, tensor

# Torch counts every function, type and family that shares a line of code here; beyond its limit
# of 8 it would quietly compile no more.
VARIANTS = 64


class TorchCompile(Peer):
    name = "torch-compile"
    label = "torch.compile"
    module = "torch"
    isa_environment = avx2_through(ATEN_CPU_CAPABILITY="avx2")
    in_quick = False

    def why_missing(self) -> str | None:
        if not libraries.has_compiler():
            return f"it needs {libraries.COMPILER}"
        return super().why_missing()

    def start(self, threads: int) -> None:
        import torch
        from torch import _dynamo, _inductor

        torch.set_num_threads(threads)
        torch.set_grad_enabled(False)
        _dynamo.config.recompile_limit = VARIANTS
        # One loop at a time is compiled: a pool of processes and a header for many cost more.
        _inductor.config.compile_threads = 1
        _inductor.config.cpp_cache_precompile_headers = False
        # Inductor obeys the variable, too, but its cache on disk does not: loops generated for
        # AVX-512 would be compiled for AVX2 and skip every second vector. Its key has the setting.
        if os.environ.get("ATEN_CPU_CAPABILITY") == "avx2":
            _inductor.config.cpp.simdlen = 256

    def supports(self, function: str, dtype: str) -> bool:
        return split(function)[1] != "_grad2"

    def prepare(
        self, function: str, inputs: tuple[Array, ...], parameters: Mapping[str, float]
    ) -> Prepared:
        family, kind = split(function)
        outputs = empty_outputs(function, inputs[0])
        tensors = [tensor(array) for array in (*inputs, *outputs)]
        return kept(
            partial(compiled_function(kind, coefficients(family, parameters)), *tensors), outputs
        )


@cache
def compiled_function(kind: str, constants: tuple[float, float, float]) -> Callable[..., object]:
    import torch

    aten = torch.ops.aten

    def slope(grad: Any, saved: Any, from_output: bool = False) -> Any:
        return aten.elu_backward(grad, *constants, from_output, saved)

    def forward(x: Any, y: Any) -> None:
        y.copy_(aten.elu(x, *constants))

    def grad(x: Any, d: Any) -> None:
        d.copy_(slope(torch.ones_like(x), x))

    def with_grad(x: Any, y: Any, d: Any) -> None:
        y.copy_(aten.elu(x, *constants))
        d.copy_(slope(torch.ones_like(x), x))

    def backward(grad: Any, x: Any, out: Any) -> None:
        out.copy_(slope(grad, x))

    def backward_from_output(grad: Any, y: Any, out: Any) -> None:
        out.copy_(slope(grad, y, from_output=True))

    kinds = {
        "": forward,
        "_grad": grad,
        "_with_grad": with_grad,
        "_backward": backward,
        "_backward_from_output": backward_from_output,
    }
    compiled: Callable[..., object] = torch.compile(kinds[kind], dynamic=True)
    return compiled


PEER = TorchCompile()
