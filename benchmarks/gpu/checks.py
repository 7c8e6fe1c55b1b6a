"""Whether a result is right: elufast's by its bits, a peer's roughly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from elufast._reference import finfo

from .device import Host

# CuPy compiles for flushing subnormal numbers of these two to zero.
FLUSHED = ("float32", "bfloat16")
# By how much a peer may be off, of 1 + |result|: no other formula, and no other type, passes.
TOLERANCE = {"float64": 1e-10, "float32": 1e-4, "float16": 2e-2, "bfloat16": 1e-1}
# Of a peer's results; elufast's are looked at one and all.
SAMPLE = 1_000_000


def wrong_bits(actual: Host, expected: Host, inputs: Sequence[Host]) -> int:
    """Return how many elements have other bits than `expected`, repeated.

    Elements that are subnormal numbers, or come from some, do not count where they are flushed.
    """
    bits = f"u{actual.dtype.itemsize}"
    counted = ~_flushed(expected, inputs)
    found = 0
    for start in range(0, actual.size, expected.size):
        part = actual[start : start + expected.size]
        differs = part.view(bits) != expected[: part.size].view(bits)
        found += int(np.count_nonzero(differs & counted[: part.size]))
    return found


def _flushed(expected: Host, inputs: Sequence[Host]) -> Host:
    flushed = np.zeros(expected.shape, bool)
    if expected.dtype.name in FLUSHED:
        tiny = finfo(expected.dtype).tiny
        for array in (expected, *inputs):
            flushed |= (abs(array) < tiny) & (array != 0)
    return flushed


def largest_error(actual: Host, expected: Host) -> float:
    """Return the largest error of a sample, by 1 + |result|; NaN counts as infinite."""
    count = min(SAMPLE, actual.size, expected.size)
    with np.errstate(all="ignore"):
        right = expected[:count].astype(np.float64)
        error = abs(actual[:count].astype(np.float64) - right) / (1 + abs(right))
    return float(np.where(np.isnan(error), np.inf, error).max(initial=0.0))


def complaint(
    ours: bool,
    actual: Sequence[Host],
    expected: Sequence[Host],
    inputs: Sequence[Host],
) -> str | None:
    """Return what is wrong with results, or None."""
    for result, right in zip(actual, expected, strict=True):
        if result.dtype != right.dtype:
            return f"its results are {result.dtype}, not {right.dtype}"
        if ours and (wrong := wrong_bits(result, right, inputs)):
            return f"{wrong:,} of {result.size:,} elements have not the bits of the CPU"
        if not ours and (error := largest_error(result, right)) > TOLERANCE[right.dtype.name]:
            return f"its results are wrong: off by {error:.2g}"
    return None
