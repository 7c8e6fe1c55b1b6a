"""JAX: jit-compiled jax.nn functions and their automatic derivatives, in new memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from .base import Array, Peer, Prepared, avx2_through, returned, split


class Jax(Peer):
    name = "jax"
    label = "JAX"
    module = "jax"
    isa_environment = avx2_through(XLA_FLAGS="--xla_cpu_max_isa=AVX2")

    def start(self, threads: int) -> None:
        os.environ["JAX_PLATFORMS"] = "cpu"
        # XLA has no setting for its threads; it starts one per CPU that the process may use.
        if sys.platform == "linux":
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
        import jax

        jax.config.update("jax_enable_x64", True)

    def supports(self, function: str, dtype: str) -> bool:
        return split(function)[1] != "_backward_from_output"

    def prepare(
        self, function: str, inputs: tuple[Array, ...], parameters: Mapping[str, float]
    ) -> Prepared:
        import jax

        compiled = compiled_function(function, parameters["alpha"])
        arrays = [jax.device_put(array) for array in inputs]
        return returned(lambda: jax.block_until_ready(compiled(*arrays)))


@cache
def compiled_function(function: str, alpha: float) -> Callable[..., Any]:
    import jax
    from jax import numpy as jnp

    family, kind = split(function)
    activation = getattr(jax.nn, family)

    def value(x: Any) -> Any:
        return activation(x) if family == "selu" else activation(x, alpha)

    def value_and_slope(x: Any) -> Any:
        return jax.jvp(value, (x,), (jnp.ones_like(x),))

    def slope(x: Any) -> Any:
        return value_and_slope(x)[1]

    def second(x: Any) -> Any:
        return jax.jvp(slope, (x,), (jnp.ones_like(x),))[1]

    def backward(grad: Any, x: Any) -> Any:
        return jax.vjp(value, x)[1](grad)[0]

    kinds = {
        "": value,
        "_grad": slope,
        "_grad2": second,
        "_with_grad": value_and_slope,
        "_backward": backward,
    }
    return jax.jit(kinds[kind])


PEER = Jax()
