"""numexpr: one pass in blocks that fit the cache, on all its threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from .base import Array, Peer, Prepared, avx2_through, empty_outputs, kept, split

EXPRESSIONS = {
    "elu": "where(x > 0, x, alpha * expm1(x))",
    "elu_grad": "where(x > 0, 1, alpha * exp(x))",
    "elu_grad2": "where(x > 0, 0, alpha * exp(x))",
    "elu_backward": "grad * where(x > 0, 1, alpha * exp(x))",
    "elu_backward_from_output": "where(y > 0, grad, grad * (y + alpha))",
    "selu": "scale * where(x > 0, x, alpha * expm1(x))",
    "selu_grad": "scale * where(x > 0, 1, alpha * exp(x))",
    "selu_grad2": "where(x > 0, 0, scale * alpha * exp(x))",
    "selu_backward": "grad * scale * where(x > 0, 1, alpha * exp(x))",
    "selu_backward_from_output": "grad * where(y > 0, scale, y + scale * alpha)",
    "celu": "where(x > 0, x, alpha * expm1(x / alpha))",
    "celu_grad": "where(x > 0, 1, exp(x / alpha))",
    "celu_grad2": "where(x > 0, 0, exp(x / alpha) / alpha)",
    "celu_backward": "grad * where(x > 0, 1, exp(x / alpha))",
    "celu_backward_from_output": "where(y > 0, grad, grad * (1 + y / alpha))",
}


class NumExpr(Peer):
    name = "numexpr"
    label = "numexpr"
    module = "numexpr"
    # it is compiled for SSE2
    isa_environment = avx2_through()

    def start(self, threads: int) -> None:
        os.environ["NUMEXPR_MAX_THREADS"] = str(threads)
        import numexpr

        numexpr.set_num_threads(threads)

    def supports(self, function: str, dtype: str) -> bool:
        return dtype in ("float32", "float64")

    def prepare(
        self, function: str, inputs: tuple[Array, ...], parameters: Mapping[str, float]
    ) -> Prepared:
        outputs = empty_outputs(function, inputs[0])
        family, kind = split(function)
        parts = [family, f"{family}_grad"] if kind == "_with_grad" else [function]
        names = {"_backward": ("grad", "x"), "_backward_from_output": ("grad", "y")}
        # numexpr takes a Python float for float64 and would then compute everything in it.
        typed = {name: inputs[0].dtype.type(value) for name, value in parameters.items()}
        variables = dict(zip(names.get(kind, ("x",)), inputs, strict=True)) | typed
        evaluations = [
            _evaluation(EXPRESSIONS[part], variables, out)
            for part, out in zip(parts, outputs, strict=True)
        ]
        return kept(lambda: [evaluate() for evaluate in evaluations], outputs)


def _evaluation(
    expression: str, variables: Mapping[str, Array | np.generic], out: Array
) -> Callable[[], object]:
    import numexpr

    return partial(numexpr.evaluate, expression, local_dict=variables, global_dict={}, out=out)


PEER = NumExpr()
