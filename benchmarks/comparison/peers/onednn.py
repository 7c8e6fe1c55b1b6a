"""oneDNN: its eltwise primitives over given memory, through its C API.

The package with the CPU alone and libgomp; the newer "onednn" computes through SYCL.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping, Sequence
from functools import cache, partial
from importlib import metadata
from typing import Any, ClassVar

from .base import Array, Peer, Prepared, avx2_through, empty_outputs, kept
from .native import libraries

DISTRIBUTION = "onednn-cpu-gomp"
LIBRARY = "libdnnl.so"

# From oneDNN's dnnl_types.h; its numbers stay the same through all releases 3.x.
CPU, IN_ORDER, FORWARD_TRAINING = 1, 1, 64
TYPES = {"float32": 3, "bfloat16": 2}
SRC, DST, DIFF_SRC, DIFF_DST = 1, 17, 129, 145
ELU, ELU_USE_DST_FOR_BACKWARD = 0x22, 0x102

# By function: the algorithm, and what the inputs and the output are to it.
PRIMITIVES = {
    "elu": (ELU, (SRC, DST)),
    "elu_backward": (ELU, (DIFF_DST, SRC, DIFF_SRC)),
    "elu_backward_from_output": (ELU_USE_DST_FOR_BACKWARD, (DIFF_DST, DST, DIFF_SRC)),
}


class Argument(ctypes.Structure):
    _fields_: ClassVar = [("role", ctypes.c_int), ("memory", ctypes.c_void_p)]


class OneDnn(Peer):
    name = "onednn"
    label = "oneDNN"
    isa_environment = avx2_through(ONEDNN_MAX_CPU_ISA="AVX2")

    def why_missing(self) -> str | None:
        if sys.platform != "linux" or libraries.installed(DISTRIBUTION, LIBRARY) is None:
            return f"package {DISTRIBUTION!r} is not installed"
        return None

    def version(self) -> str:
        return metadata.version(DISTRIBUTION)

    def start(self, threads: int) -> None:
        path = libraries.installed(DISTRIBUTION, LIBRARY)
        assert path is not None
        self._library = libraries.load(path)
        ctypes.CDLL("libgomp.so.1").omp_set_num_threads(threads)
        self._engine = self._created("engine", CPU, ctypes.c_size_t(0))
        self._stream = self._created("stream", self._engine, IN_ORDER)

    def supports(self, function: str, dtype: str) -> bool:
        return function in PRIMITIVES and dtype in TYPES

    def prepare(
        self, function: str, inputs: tuple[Array, ...], parameters: Mapping[str, float]
    ) -> Prepared:
        outputs = empty_outputs(function, inputs[0])
        algorithm, roles = PRIMITIVES[function]
        backward, n, dtype = len(inputs) == 2, inputs[0].size, inputs[0].dtype.name
        primitive = self._primitive(algorithm, backward, n, dtype, **parameters)
        arguments = self._arguments(roles, (*inputs, *outputs))
        execute = self._library.dnnl_primitive_execute
        call = partial(execute, primitive, self._stream, len(roles), arguments)
        _check(call())
        # No dnnl_stream_wait(): a CPU stream has computed when it returns.
        return kept(call, outputs, also_kept=inputs)

    @cache  # noqa: B019 -- one instance, which lives as long as its process
    def _primitive(self, algorithm: int, backward: bool, n: int, dtype: str, alpha: float) -> Any:
        array, factors = self._description(n, dtype), (ctypes.c_float(alpha), ctypes.c_float(0))
        forward = self._created(
            "eltwise_forward_primitive_desc",
            *(self._engine, FORWARD_TRAINING, algorithm, array, array, *factors, None),
        )
        description = forward
        if backward:
            description = self._created(
                "eltwise_backward_primitive_desc",
                *(self._engine, algorithm, array, array, array, *factors, forward, None),
            )
        return self._created("primitive", description)

    def _description(self, n: int, dtype: str) -> Any:
        sizes, strides = (ctypes.c_int64 * 12)(n), (ctypes.c_int64 * 12)(1)
        description = ctypes.c_void_p()
        create = self._library.dnnl_memory_desc_create_with_strides
        _check(create(ctypes.byref(description), 1, sizes, TYPES[dtype], strides))
        return description

    def _arguments(self, roles: Sequence[int], arrays: Sequence[Array]) -> Any:
        description = self._description(arrays[0].size, arrays[0].dtype.name)
        memories = [
            self._created("memory", description, self._engine, ctypes.c_void_p(array.ctypes.data))
            for array in arrays
        ]
        return (Argument * len(roles))(*map(Argument, roles, memories))

    def _created(self, what: str, *details: Any) -> Any:
        """Call a dnnl_..._create(); what it creates lives as long as the process."""
        handle = ctypes.c_void_p()
        _check(getattr(self._library, f"dnnl_{what}_create")(ctypes.byref(handle), *details))
        return handle


def _check(status: int) -> None:
    if status != 0:
        raise RuntimeError(f"oneDNN's status is {status}")


PEER = OneDnn()
