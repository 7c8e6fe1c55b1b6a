"""The ways to compute on a GPU: elufast, the yardstick, and its rivals, each over given arrays.

The adapters for the CPU know what the libraries call the functions, and where they have none.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from comparison.peers import elufast_ufuncs, jax_jit, torch_compile, torch_out
from comparison.peers.base import Peer, Prepared, canonical, kept, split

from .device import Array

OURS, COPY = "elufast", "copy"


class LeftOut(Exception):
    """A library is installed and has nothing for this GPU; the message is the reason."""


class GpuPeer(Peer):
    """A library that computes on the GPU, in this process."""

    finish: Callable[[], object] | None = None
    """Waits for its results, where it has streams of its own."""

    def begin(self) -> None:
        """Import the library and look for its GPU."""
        raise NotImplementedError

    def bind(
        self,
        function: str,
        inputs: Sequence[Array],
        outputs: Sequence[Array],
        parameters: Mapping[str, float],
    ) -> Prepared:
        """Bind arrays of CuPy's; the library writes to `outputs` if it can."""
        raise NotImplementedError


class Elufast(elufast_ufuncs.Elufast, GpuPeer):
    def begin(self) -> None:
        import elufast  # noqa: F401

    def bind(
        self,
        function: str,
        inputs: Sequence[Array],
        outputs: Sequence[Array],
        parameters: Mapping[str, float],
    ) -> Prepared:
        import elufast

        out = outputs[0] if len(outputs) == 1 else tuple(outputs)
        return kept(partial(getattr(elufast, function), *inputs, out=out), tuple(outputs))


class CopyOnDevice(GpuPeer):
    """The yardstick; its arrays are bytes, and `measure` binds them."""

    name = COPY
    label = "copy on the device"
    module = "cupy"

    def version(self) -> str:
        return ""

    def begin(self) -> None:
        pass

    def supports(self, function: str, dtype: str) -> bool:
        return True


class CupyExpression(GpuPeer):
    name = "cupy"
    label = "CuPy expression"
    module = "cupy"

    def version(self) -> str:
        import cupy

        return str(cupy.__version__)

    def begin(self) -> None:
        import cupy  # noqa: F401

    def supports(self, function: str, dtype: str) -> bool:
        return True

    def bind(
        self,
        function: str,
        inputs: Sequence[Array],
        outputs: Sequence[Array],
        parameters: Mapping[str, float],
    ) -> Prepared:
        constants = canonical(split(function)[0], parameters)
        kernel = _elementwise_kernel(split(function)[1], inputs[0].dtype.name)
        return kept(partial(kernel, *inputs, *constants, *outputs), tuple(outputs))


# What one writes: y = p * x where x > 0, else a * expm1(q * x); v is the latter input, computed in
# C, the type to compute in.
_VALUE = "v > 0 ? p * v : a * expm1(q * v)"
_SLOPE = "v > 0 ? p : a * q * exp(q * v)"
EXPRESSIONS = {
    "": f"out0 = {_VALUE}",
    "_grad": f"out0 = {_SLOPE}",
    "_grad2": "out0 = v > 0 ? C(0) : a * q * q * exp(q * v)",
    "_with_grad": f"out0 = {_VALUE}; out1 = {_SLOPE}",
    "_backward": f"out0 = C(grad) * ({_SLOPE})",
    "_backward_from_output": "out0 = C(grad) * (v > 0 ? p : q * (v + a))",
}


def expression(kind: str, dtype: str) -> tuple[str, str, str]:
    """Return the inputs, the outputs and the operation of an ElementwiseKernel."""
    computed = "double" if dtype == "float64" else "float"
    arrays = ("grad", "x") if "backward" in kind else ("x",)
    inputs = [f"{dtype} {name}" for name in arrays]
    inputs += [f"float{64 if computed == 'double' else 32} {name}" for name in "apq"]
    outputs = [f"{dtype} out{k}" for k in range(2 if kind == "_with_grad" else 1)]
    operation = f"typedef {computed} C; const C v = C(x); {EXPRESSIONS[kind]};"
    return ", ".join(inputs), ", ".join(outputs), operation


@cache
def _elementwise_kernel(kind: str, dtype: str) -> Callable[..., object]:
    import cupy

    kernel: Callable[..., object] = cupy.ElementwiseKernel(
        *expression(kind, dtype), f"expression{kind}_{dtype}"
    )
    return kernel


def _begin_torch() -> None:
    import torch

    if not torch.cuda.is_available():
        raise LeftOut("this PyTorch has no CUDA, or finds no GPU")
    torch.set_grad_enabled(False)


class Torch(torch_out.Torch, GpuPeer):
    def begin(self) -> None:
        _begin_torch()

    def bind(
        self,
        function: str,
        inputs: Sequence[Array],
        outputs: Sequence[Array],
        parameters: Mapping[str, float],
    ) -> Prepared:
        family, kind = split(function)
        tensors = [_tensor(array) for array in (*inputs, *outputs)]
        coefficients = torch_out.coefficients(family, parameters)
        return kept(torch_out.prepared_call(kind, tensors, coefficients), tuple(outputs))


class TorchCompile(torch_compile.TorchCompile, GpuPeer):
    def begin(self) -> None:
        _begin_torch()
        from torch import _dynamo

        _dynamo.config.recompile_limit = torch_compile.VARIANTS

    def bind(
        self,
        function: str,
        inputs: Sequence[Array],
        outputs: Sequence[Array],
        parameters: Mapping[str, float],
    ) -> Prepared:
        family, kind = split(function)
        tensors = [_tensor(array) for array in (*inputs, *outputs)]
        compiled = torch_compile.compiled_function(kind, torch_out.coefficients(family, parameters))
        return kept(partial(compiled, *tensors), tuple(outputs))


def _tensor(array: Array) -> Any:
    """Return a tensor in the memory of the array; of bfloat16 not everybody's DLPack knows."""
    import torch

    if array.dtype.name == "bfloat16":
        return torch.from_dlpack(array.view("int16")).view(torch.bfloat16)
    return torch.from_dlpack(array)


class Jax(jax_jit.Jax, GpuPeer):
    """In new memory, for JAX writes to no given array; and in streams of its own."""

    _latest: Any = None

    def begin(self) -> None:
        # It would take three quarters of the memory, which is not its alone here.
        os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
        import jax

        jax.config.update("jax_enable_x64", True)
        if jax.default_backend() != "gpu":
            raise LeftOut("this JAX has no CUDA, or finds no GPU")

    def bind(
        self,
        function: str,
        inputs: Sequence[Array],
        outputs: Sequence[Array],
        parameters: Mapping[str, float],
    ) -> Prepared:
        compiled = jax_jit.compiled_function(function, parameters["alpha"])
        arrays = [_jax_array(array) for array in inputs]

        def call() -> None:
            self._latest = compiled(*arrays)

        def results() -> tuple[Any, ...]:
            found = compiled(*arrays)
            return found if isinstance(found, tuple) else (found,)

        return Prepared(call, results)

    def finish(self) -> None:
        import jax

        jax.block_until_ready(self._latest)
        self._latest = None  # the next cell may want the memory


def _jax_array(array: Array) -> Any:
    import jax

    if array.dtype.name == "bfloat16":
        stored = jax.dlpack.from_dlpack(array.view("int16"))
        return jax.lax.bitcast_convert_type(stored, "bfloat16")
    return jax.dlpack.from_dlpack(array)


RIVALS: dict[str, GpuPeer] = {
    peer.name: peer for peer in (CupyExpression(), Torch(), TorchCompile(), Jax())
}


def taking_part(rivals: Sequence[str]) -> list[GpuPeer]:
    """Return elufast and the yardstick, and then the rivals of these names."""
    return [Elufast(), CopyOnDevice(), *(RIVALS[name] for name in rivals)]
