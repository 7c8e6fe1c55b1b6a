"""What is measured: a function, for a type, at a size, with a number of threads."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from elufast._ufuncs import ROWS

# After this NumPy knows bfloat16 by its name. Earlier results are shown without it.
with suppress(ImportError):
    import ml_dtypes  # noqa: F401

ROW_OF = {row.name: row for row in ROWS}
TYPES = ("float32", "float64", "float16", "bfloat16")

DEFAULT_FUNCTIONS = (
    "elu",
    "selu",
    "celu",
    "elu_grad",
    "elu_with_grad",
    "elu_backward",
    "elu_backward_from_output",
)
# float32 and bfloat16 show a call's overhead, both caches and memory; the others one size for
# contrast.
DEFAULT_SIZES = {
    "float32": (1_000, 100_000, 1_000_000, 10_000_000),
    "float64": (1_000_000,),
    "float16": (1_000_000,),
    "bfloat16": (1_000, 10_000, 100_000, 1_000_000, 10_000_000),
}
QUICK_FUNCTIONS = ("elu", "selu", "celu", "elu_with_grad", "elu_backward")
QUICK_SIZES = {
    "float32": (1_000, 100_000),
    "float64": (100_000,),
    "float16": (100_000,),
    "bfloat16": (1_000, 100_000),
}


@dataclass(frozen=True)
class Case:
    """One cell of the comparison."""

    function: str
    dtype: str
    n: int
    threads: int

    @property
    def row(self) -> Any:
        return ROW_OF[self.function]

    @property
    def bytes_per_array(self) -> int:
        return self.n * np.dtype(self.dtype).itemsize

    @property
    def bytes_moved(self) -> int:
        """Bytes read and written by one call, every array counted once."""
        return int(len(self.row.data) + self.row.nout) * self.bytes_per_array


def cases(functions: Sequence[str], sizes: dict[str, tuple[int, ...]], threads: int) -> list[Case]:
    """Return the cells for one thread count, those that share their data next to each other."""
    return [
        Case(function, dtype, n, threads)
        for dtype, dtype_sizes in sizes.items()
        for n in dtype_sizes
        for function in functions
    ]
