"""elufast itself, writing into given arrays."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from .base import (
    NUMPY_ISA_ENVIRONMENT,
    Array,
    Peer,
    Prepared,
    avx2_through,
    empty_outputs,
    kept,
)


class Elufast(Peer):
    name = "elufast"
    label = "elufast"
    module = "elufast"
    # NumPy, too: --study small times np.exp in elufast's process.
    isa_environment = avx2_through(ELUFAST_ISA="avx2", **NUMPY_ISA_ENVIRONMENT["avx2"])

    def version(self) -> str:
        import elufast

        return elufast.__version__

    def start(self, threads: int) -> None:
        import elufast

        elufast.set_num_threads(threads)

    def supports(self, function: str, dtype: str) -> bool:
        return True

    def prepare(
        self, function: str, inputs: tuple[Array, ...], parameters: Mapping[str, float]
    ) -> Prepared:
        import elufast

        outputs = empty_outputs(function, inputs[0])
        return kept(partial(getattr(elufast, function), *inputs, out=outputs), outputs)


PEER = Elufast()
