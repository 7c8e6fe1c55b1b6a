"""The price of moving the array once: np.copyto, for scale."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from .base import NUMPY_ISA_ENVIRONMENT, Array, Peer, Prepared, kept


class CopyTo(Peer):
    name = "copyto"
    label = "np.copyto (scale)"
    module = "numpy"
    isa_environment = NUMPY_ISA_ENVIRONMENT
    threaded = False
    yardstick = True

    def start(self, threads: int) -> None:
        pass

    def supports(self, function: str, dtype: str) -> bool:
        return True

    def prepare(
        self, function: str, inputs: tuple[Array, ...], parameters: Mapping[str, float]
    ) -> Prepared:
        copy = np.empty_like(inputs[-1])
        return kept(partial(np.copyto, copy, inputs[-1]), (copy,))


PEER = CopyTo()
