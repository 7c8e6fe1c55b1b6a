"""What is measured: cells, the bytes that they move, how often arrays rotate, and what fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from comparison.cases import Case

# A set of arrays is used again after so many times the bytes that the L2 cache holds.
CACHES = 4
# A turn is a batch of launches that together move about this much, a millisecond or more, within
# bounds: the queue of a GPU has room for some thousand, and one launch is no batch.
BYTES_OF_A_TURN = 4_000_000_000
FEWEST_LAUNCHES, MOST_LAUNCHES = 5, 200
# CuPy's allocations begin at such addresses; so does every array here.
ALIGNMENT = 512
# Of the free memory: some of it goes in pieces, and the libraries want workspaces.
USABLE = 0.85


@dataclass(frozen=True)
class Cell:
    """One function for one type, at about so many bytes that a call reads and writes."""

    function: str
    dtype: str
    bytes: int

    @property
    def case(self) -> Case:
        return Case(self.function, self.dtype, self.n, threads=1)

    @property
    def itemsize(self) -> int:
        return int(np.dtype(self.dtype).itemsize)

    @property
    def arrays(self) -> int:
        """The data inputs and the outputs."""
        row = Case(self.function, self.dtype, 0, threads=1).row
        return len(row.data) + int(row.nout)

    @property
    def n(self) -> int:
        return self.bytes // (self.arrays * self.itemsize)

    @property
    def bytes_moved(self) -> int:
        """Bytes that a call reads and writes, exactly: each data input and output once."""
        return self.case.bytes_moved

    @property
    def bytes_copied(self) -> int:
        """What the yardstick copies, for it reads and writes as many bytes as the function."""
        return self.bytes_moved // 2

    @property
    def launches(self) -> int:
        """Launches in one turn."""
        return min(MOST_LAUNCHES, max(FEWEST_LAUNCHES, BYTES_OF_A_TURN // self.bytes_moved))

    def sets(self, l2_bytes: int) -> int:
        """Return how many sets of arrays take turns: more bytes than several caches, at least 1."""
        return CACHES * l2_bytes // self.bytes_moved + 1

    def bytes_needed(self, l2_bytes: int) -> int:
        """Return the memory of the sets, of the copy's, and of what peers allocate themselves."""
        sets = self.sets(l2_bytes)
        array = stride(self.n * self.itemsize)
        of_peers = 2 * array * min(sets, self.launches)
        return sets * (self.arrays * array + 2 * stride(self.bytes_copied)) + of_peers


def stride(nbytes: int) -> int:
    """Return the bytes from one array to the next of the same kind."""
    return -(-nbytes // ALIGNMENT) * ALIGNMENT


def cells(functions: Sequence[str], types: Sequence[str], sizes: Sequence[int]) -> list[Cell]:
    """Return the cells in order: a type after the other, small arrays first."""
    return [
        Cell(function, dtype, size) for dtype in types for size in sizes for function in functions
    ]


def why_left_out(cell: Cell, l2_bytes: int, free_bytes: int) -> str | None:
    """Return a line for a cell that does not fit into the memory of the GPU, else None."""
    needed = cell.bytes_needed(l2_bytes)
    if needed <= USABLE * free_bytes:
        return None
    return (
        f"{cell.function} {cell.dtype} {cell.bytes:,} bytes needs {needed / 2**30:.1f} GiB of "
        f"GPU memory, {free_bytes / 2**30:.1f} GiB are free"
    )
