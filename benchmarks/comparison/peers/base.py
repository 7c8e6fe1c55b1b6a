"""What an adapter must say about its library, and what is the same for all."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import Any, ClassVar, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


def avx2_through(**variables: str) -> Mapping[str, Mapping[str, str]]:
    """Declare which environment variables keep a library from using more than AVX2."""
    return {"avx2": variables}


def _numpy_above_avx2() -> str:
    """Name what NumPy uses above AVX2 on this machine."""
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    return " ".join(name for name in found if name.startswith(("AVX512", "X86_V4")))


NUMPY_ISA_ENVIRONMENT = avx2_through(NPY_DISABLE_CPU_FEATURES=_numpy_above_avx2())


class Prepared(NamedTuple):
    """A computation bound to its inputs."""

    call: Callable[[], object]
    """Computes once; this is what is timed."""
    outputs: Callable[[], tuple[Array, ...]]
    """Returns the results of the latest call, or of a new one where a peer keeps none."""


class Peer:
    """One way to compute the functions. `start` and `prepare` run in the peer's own process."""

    name: ClassVar[str]
    """As given to --peers and kept in the JSON file."""
    label: ClassVar[str]
    """As shown in tables and charts."""
    module: ClassVar[str]
    """The module to import; the peer is missing where it cannot be found. Unused by a peer with a
    `why_missing` and a `version` of its own."""
    distribution: ClassVar[str | None] = None
    """The installed package whose version is shown, if not named like the module."""
    threaded: ClassVar[bool] = True
    """False where the library has no threads to compute with."""
    yardstick: ClassVar[bool] = False
    """True for what computes something else and is shown for scale only."""
    isa_environment: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """By instruction set, as --isa names it, the environment variables that keep the library from
    using higher ones; an instruction set is not in it where the library offers no way."""
    in_quick: ClassVar[bool] = True
    """False for what takes so long to start that --quick is without it, unless it is named."""

    def why_missing(self) -> str | None:
        """Return why the peer cannot run here, or None."""
        if importlib.util.find_spec(self.module) is None:
            return f"module {self.module!r} is not installed"
        return None

    def version(self) -> str:
        return metadata.version(self.distribution or self.module)

    def start(self, threads: int) -> None:
        """Import the library and tell it the number of threads."""
        raise NotImplementedError

    def supports(self, function: str, dtype: str) -> bool:
        """Return whether the library offers the function for the type. Must not import it."""
        raise NotImplementedError

    def prepare(
        self, function: str, inputs: tuple[Array, ...], parameters: Mapping[str, float]
    ) -> Prepared:
        """Bind inputs and parameters, allocating outputs where the library takes them."""
        raise NotImplementedError


def canonical(family: str, parameters: Mapping[str, float]) -> tuple[float, float, float]:
    """Return (a, p, q): y = p*x where x > 0, else a * expm1(q*x). Factors of 1 cost nothing."""
    alpha, scale = parameters["alpha"], parameters.get("scale", 1.0)
    return alpha * scale, scale, 1 / alpha if family == "celu" else 1.0


def split(function: str) -> tuple[str, str]:
    """Split ``"selu_backward"`` into the family ``"selu"`` and the kind ``"_backward"``."""
    family, underscore, rest = function.partition("_")
    return family, underscore + rest


def empty_outputs(function: str, like: Array) -> tuple[Array, ...]:
    """Return preallocated outputs: two for the functions that return value and derivative."""
    count = 2 if function.endswith("_with_grad") else 1
    return tuple(np.empty_like(like) for _ in range(count))


def kept(
    call: Callable[[], object], outputs: tuple[Array, ...], also_kept: tuple[Array, ...] = ()
) -> Prepared:
    """Prepare a call that writes its results into `outputs`.

    A call that knows addresses alone needs `also_kept` to keep its inputs from being freed.
    """

    def results() -> tuple[Array, ...]:
        _ = also_kept
        return outputs

    return Prepared(call, results)


def returned(call: Callable[[], Any]) -> Prepared:
    """Prepare a call that returns its results in new memory."""

    def outputs() -> tuple[Array, ...]:
        results = call()
        return tuple(map(np.asarray, results if isinstance(results, tuple) else (results,)))

    return Prepared(call, outputs)
