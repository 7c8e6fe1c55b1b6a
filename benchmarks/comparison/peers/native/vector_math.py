"""A C loop over the vector exp and expm1 of a library: what svml and libmvec share."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path

import numpy as np

from ..base import Array, Peer, Prepared, avx2_through, canonical, empty_outputs, kept, split
from . import libraries

# These libraries leave the choice to their caller, which is told by a variable of our own.
ISA_VARIABLE = "ELUFAST_BENCH_VECTOR_ISA"
SOURCE = Path(__file__).with_suffix(".c")
MARCH = {64: "-march=x86-64-v4", 32: "-march=x86-64-v3"}
INTEGER = {4: "int", 8: "long long"}
SCALAR = {4: "float", 8: "double"}


class VectorMath(Peer):
    """A library's exp and expm1 in a loop compiled by gcc for the parameters at hand."""

    isa_environment = avx2_through(**{ISA_VARIABLE: "avx2"})

    def names(self, lanes: int, itemsize: int) -> dict[str, str]:
        """Return the library's EXPM1 and EXP for vectors of so many lanes."""
        raise NotImplementedError

    def load(self) -> None:
        """Load the library, visibly for the compiled loop."""
        raise NotImplementedError

    def why_missing(self) -> str | None:
        if sys.platform != "linux" or platform.machine() != "x86_64":
            return "only on Linux on x86-64"
        if not libraries.has_compiler():
            return f"its loop needs {libraries.COMPILER}"
        return None

    def start(self, threads: int) -> None:
        self._threads = threads
        self.load()

    def supports(self, function: str, dtype: str) -> bool:
        return dtype in ("float32", "float64") and split(function)[1] != "_grad2"

    def prepare(
        self, function: str, inputs: tuple[Array, ...], parameters: Mapping[str, float]
    ) -> Prepared:
        family, kind = split(function)
        outputs = empty_outputs(function, inputs[0])
        loops = self._loops(canonical(family, parameters), inputs[0].dtype)
        arrays = (*inputs, *outputs)
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in arrays]
        loop = getattr(loops, kind.removeprefix("_") or "forward")
        loop.restype = None
        call = partial(loop, ctypes.c_size_t(inputs[0].size), *pointers)
        return kept(call, outputs, also_kept=inputs)

    @cache  # noqa: B019 -- one instance, which lives as long as its process
    def _loops(self, constants: tuple[float, float, float], dtype: np.dtype) -> ctypes.CDLL:
        width = vector_bytes()
        a, p, q = map(repr, constants)
        itemsize = dtype.itemsize
        definitions = {
            "SCALAR": SCALAR[itemsize],
            "INTEGER": INTEGER[itemsize],
            "WIDTH": width,
            "THREADS": self._threads,
            "A": a,
            "P": p,
            "Q": q,
        }
        definitions |= self.names(width // itemsize, itemsize)
        return libraries.compiled(SOURCE, definitions, [MARCH[width]])


def vector_bytes() -> int:
    """Return the size of the longest vectors that the loop may use."""
    return 64 if _has_avx512() and os.environ.get(ISA_VARIABLE) != "avx2" else 32


def _has_avx512() -> bool:
    """Return whether the CPU has what x86-64-v4 stands for."""
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    return {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"} <= set(flags)
