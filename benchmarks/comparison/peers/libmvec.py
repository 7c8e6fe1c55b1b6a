"""glibc's libmvec in a C loop: what gcc calls for expm1 in a loop with -Ofast."""

from __future__ import annotations

import ctypes
import platform

from .native import libraries
from .native.vector_math import VectorMath

LIBRARY = "libmvec.so.1"


class Libmvec(VectorMath):
    name = "libmvec"
    label = "glibc libmvec (C loop)"

    def why_missing(self) -> str | None:
        return super().why_missing() or _why_not_here()

    def version(self) -> str:
        return "glibc " + platform.libc_ver()[1]

    def load(self) -> None:
        libraries.load(LIBRARY)

    def names(self, lanes: int, itemsize: int) -> dict[str, str]:
        # The names are those of the vector ABI: d for AVX2, e for AVX-512.
        prefix = f"_ZGV{'e' if lanes * itemsize == 64 else 'd'}N{lanes}v_"
        suffix = "f" if itemsize == 4 else ""
        return {"EXPM1": f"{prefix}expm1{suffix}", "EXP": f"{prefix}exp{suffix}"}


def _why_not_here() -> str | None:
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError:
        return f"{LIBRARY} is not installed"
    return None if hasattr(library, "_ZGVdN8v_expm1f") else f"{LIBRARY} has no expm1: glibc < 2.35"


PEER = Libmvec()
