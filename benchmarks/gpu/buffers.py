"""Arrays that take turns, and the numbers in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from comparison.data import SEED, Inputs, arguments

from .device import Array, Host
from .plan import Cell, stride

# Numbers repeat after so many (a prime, so that no block of a kernel sees the same twice): the
# results of the CPU are then the results of a million, whatever the size.
PERIOD = 1_000_003
# Outputs hold this before they are checked: bytes of no result.
GARBAGE = 0xA5


@cache
def data(function: str, dtype: str) -> tuple[Host, ...]:
    """Return one period of the data inputs: standard normal pre-activations, twice as wide."""
    generator = np.random.default_rng(SEED)
    x, grad = (generator.standard_normal(PERIOD) * width for width in (2.0, 1.0))
    inputs = Inputs(*(_without_zero(array.astype(dtype)) for array in (x, grad)))
    return arguments(Cell(function, dtype, 0).case.row.data, inputs, function.partition("_")[0])


def _without_zero(array: Host) -> Host:
    """Libraries differ in what a derivative at 0 is, and that is not the question."""
    array[array == 0] = 1
    return array


def expected(cell: Cell) -> tuple[Host, ...]:
    """Return one period of the outputs, as the ufunc on the CPU has them."""
    import elufast

    results = getattr(elufast, cell.function)(*data(cell.function, cell.dtype))
    return results if isinstance(results, tuple) else (results,)


@dataclass
class Set:
    """The arrays of one call."""

    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]


class Sets:
    """All sets of a cell; every turn goes on where the turn before it ended, whoever had it."""

    def __init__(self, device: Any, cell: Cell) -> None:
        self._cell = cell
        self.count = cell.sets(device.l2_bytes)
        self._next = 0
        nbytes = cell.n * cell.itemsize
        periods = data(cell.function, cell.dtype)
        rows = [device.empty(self.count, stride(nbytes)) for _ in range(cell.arrays)]
        self._inputs, self._outputs = rows[: len(periods)], rows[len(periods) :]
        for array, period in zip(self._inputs, periods, strict=True):
            device.fill(array, np.resize(period, cell.n).view(np.uint8))
        copied = cell.bytes_copied
        self._copied = tuple(device.empty(self.count, stride(copied)) for _ in range(2))

    def __getitem__(self, index: int) -> Set:
        return Set(self._views(self._inputs, index), self._views(self._outputs, index))

    def _views(self, arrays: Sequence[Array], index: int) -> tuple[Array, ...]:
        nbytes = self._cell.n * self._cell.itemsize
        return tuple(array[index, :nbytes].view(self._cell.dtype) for array in arrays)

    def copied(self, index: int) -> tuple[Array, Array]:
        """Return the arrays of the yardstick, from and to."""
        source, target = (array[index, : self._cell.bytes_copied] for array in self._copied)
        return source, target

    def turn(self) -> list[int]:
        """Return the sets of the next launches."""
        indices = [(self._next + k) % self.count for k in range(self._cell.launches)]
        self._next = (self._next + len(indices)) % self.count
        return indices

    def spoil(self, device: Any) -> None:
        """Overwrite what a check looks at, so that nobody passes with another's results."""
        for array in (*self._outputs, self._copied[1]):
            device.fill(array[:1], np.full(array.shape[1], GARBAGE, np.uint8))
        source = self._copied[0]
        device.fill(source[:1], np.arange(source.shape[1], dtype=np.uint64).astype(np.uint8))
