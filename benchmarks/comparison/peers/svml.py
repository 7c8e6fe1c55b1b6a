"""Intel's SVML in a C loop, at "low accuracy": at most 4 ULP, what icx calls by default.

Its functions named "_ep" are faster still, but give half the digits: 229 ULP in float32.
"""

from __future__ import annotations

from importlib import metadata

from .native import libraries
from .native.vector_math import VectorMath

DISTRIBUTION = "intel-cmplr-lib-rt"


class Svml(VectorMath):
    name = "svml"
    label = "Intel SVML (C loop)"
    distribution = DISTRIBUTION

    def why_missing(self) -> str | None:
        if libraries.installed(DISTRIBUTION, "libsvml.so") is None:
            return f"package {DISTRIBUTION!r} is not installed"
        return super().why_missing()

    def version(self) -> str:
        return metadata.version(DISTRIBUTION)

    def load(self) -> None:
        # SVML needs the other one and would not find it in the package's folder.
        for name in ("libintlc.so.5", "libsvml.so"):
            path = libraries.installed(DISTRIBUTION, name)
            assert path is not None
            libraries.load(path)

    def names(self, lanes: int, itemsize: int) -> dict[str, str]:
        suffix = f"{'f' if itemsize == 4 else ''}{lanes}"
        return {"EXPM1": f"__svml_expm1{suffix}", "EXP": f"__svml_exp{suffix}"}


PEER = Svml()
