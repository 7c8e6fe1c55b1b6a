"""Which cases fit into the memory: at 1e8 elements, ten peers' arrays do not fit everywhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .cases import Case

# Some of it belongs to others, and the estimate is rough.
USABLE = 0.85
# In the process that makes the data, all of them float64 (see data.layer).
ARRAYS_OF_THE_LAYER = 5
# Of a peer on the way to its result or in buffers of its own, between none and three.
TEMPORARIES = 1


def needed(case: Case, holders: int) -> float:
    """Return the bytes that a case takes where so many processes hold its arrays at once."""
    making = case.n * ARRAYS_OF_THE_LAYER * np.dtype(np.float64).itemsize
    arrays = len(case.row.data) + case.row.nout + TEMPORARIES
    parents = (2 + len(case.row.data)) * case.bytes_per_array
    return float(max(making, parents + holders * arrays * case.bytes_per_array))


def fitting(plan: Sequence[Case], holders: int, available: float) -> tuple[list[Case], list[str]]:
    """Return the cases that fit, and a line for each that does not."""
    fit = [case for case in plan if needed(case, holders) <= USABLE * available]
    left_out = [
        f"{case.function} {case.dtype} n={case.n:,} needs {needed(case, holders) / 2**30:.0f} GiB"
        for case in plan
        if case not in fit
    ]
    return fit, list(dict.fromkeys(left_out))
