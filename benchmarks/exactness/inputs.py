"""The numbers that are walked: every bit pattern of the narrow types, hard places of float64."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

SEED = 170602515  # the number under which SELU was published
# Positive inputs take no exponential, so every so many of them are enough.
POSITIVE_STRIDE = 1_009
PATTERNS_PER_TASK = 1 << 22


def patterns(dtype: str, stride: int) -> list[tuple[str, int, int, int]]:
    """Return the tasks (dtype, first, end, stride) that walk the bit patterns of a type.

    Negative numbers, zeros, infinities and NaN: every `stride`-th; positive ones more sparsely.
    float16 and bfloat16 have so few that all are taken.
    """
    bits = np.dtype(dtype).itemsize * 8
    sign, end = 1 << (bits - 1), 1 << bits
    if bits == 16:
        return [(dtype, 0, end, 1)]
    # Every task takes about as much work, and keeps to the stride of the whole walk.
    step = PATTERNS_PER_TASK * stride
    negative = [(dtype, first, min(first + step, end), stride) for first in range(sign, end, step)]
    return [*negative, *_positive(dtype, sign, stride * POSITIVE_STRIDE)]


def _positive(dtype: str, end: int, stride: int) -> Iterator[tuple[str, int, int, int]]:
    step = PATTERNS_PER_TASK * stride
    for first in range(0, end, step):
        yield dtype, first, min(first + step, end), stride


def from_patterns(dtype: str, first: int, end: int, stride: int) -> Array:
    """Return the numbers with the given bit patterns."""
    unsigned = f"u{np.dtype(dtype).itemsize}"
    return np.arange(first, end, stride, dtype=np.int64).astype(unsigned).view(dtype)


def gradients(like: Array, first: int) -> Array:
    """Return normally distributed upstream gradients; `first` tells one block from another."""
    generator = np.random.default_rng((SEED, first))
    return np.asarray(generator.standard_normal(like.shape, np.float32)).astype(like.dtype)


def hard_places(count: int, part: int) -> Array:
    """Return about `count` float64 inputs, most of them where an exponential goes wrong first.

    `part` chooses among samples that have nothing in common.
    """
    generator = np.random.default_rng((SEED, part))
    each = count // 6
    multiples = np.round(generator.uniform(0.5, 1074, each)) * np.log(2) / 2
    near = multiples.view(np.int64) + generator.integers(-8, 9, each)
    magnitudes = (
        np.exp2(generator.uniform(-64, 10, 2 * each)),
        generator.uniform(0, 40, each),
        near.view(np.float64),  # where the reduced argument is 0 or largest
        generator.uniform(700, 760, each),  # the tail, down to underflow
        np.exp2(generator.uniform(-1074, -64, each)),
    )
    x = -np.concatenate(magnitudes)
    x[::50] *= -1
    return x
