"""What NumPy itself takes for a function of this kind: np.exp, for scale."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from .base import NUMPY_ISA_ENVIRONMENT, Array, Peer, Prepared, kept


class NumpyExp(Peer):
    name = "np.exp"
    label = "np.exp (scale)"
    module = "numpy"
    isa_environment = NUMPY_ISA_ENVIRONMENT
    threaded = False
    yardstick = True

    def start(self, threads: int) -> None:
        # Of a gradient or of a large pre-activation in float16, the exponential overflows.
        np.seterr(over="ignore")

    def supports(self, function: str, dtype: str) -> bool:
        return True

    def prepare(
        self, function: str, inputs: tuple[Array, ...], parameters: Mapping[str, float]
    ) -> Prepared:
        out = np.empty_like(inputs[-1])
        return kept(partial(np.exp, inputs[-1], out=out), (out,))


PEER = NumpyExp()
