"""What is computed, each pass from arrays on disk to arrays on disk."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import dask.array as da
import distributed
import numpy as np
import zarr

import elufast

SEED = 20151123  # the day of the ELU paper
F4 = np.dtype(np.float32)


@dataclass(frozen=True)
class Pass:
    """A function of arrays, of dask arrays here and of NumPy arrays in the check."""

    name: str
    inputs: tuple[str, ...]
    outputs: int
    function: Callable[..., Any]


PASSES = (
    Pass("copy", ("x",), 1, lambda x: x),
    Pass("elu", ("x",), 1, elufast.elu),
    Pass("elu_backward", ("grad", "x"), 1, elufast.elu_backward),
    Pass("elu_with_grad", ("x",), 2, elufast.elu_with_grad),
)


@dataclass
class Timing:
    """One pass over the data, in every round, and what the checks of all rounds found."""

    name: str
    bytes_read: int
    bytes_written: int
    chunks: int
    seconds: list[float] = field(default_factory=list)
    chunks_checked: int = 0
    chunks_that_differ: int = 0

    @property
    def median(self) -> float:
        return median(self.seconds)

    @property
    def gb_per_s(self) -> float:
        return (self.bytes_read + self.bytes_written) / self.median / 1e9


class Disk:
    """The arrays of one run: all float32, of one length, cut into the same chunks, not packed."""

    def __init__(self, folder: Path, size: int, chunk: int) -> None:
        self.folder, self.length, self.chunk = folder, size // F4.itemsize, chunk // F4.itemsize

    def create(self, name: str) -> zarr.Array:
        return zarr.create_array(
            self.folder / f"{name}.zarr",
            shape=(self.length,),
            chunks=(self.chunk,),
            dtype=F4,
            compressors=None,
            overwrite=True,
            # Else every chunk is searched for something that is not 0.
            config={"write_empty_chunks": True},
        )

    def lazy(self, name: str) -> da.Array:
        return da.from_zarr(self.folder / f"{name}.zarr")

    def block(self, name: str, number: int) -> Any:
        array = zarr.open_array(self.folder / f"{name}.zarr", mode="r")
        return array[number * self.chunk : (number + 1) * self.chunk]

    @property
    def bytes(self) -> int:
        return self.length * F4.itemsize

    @property
    def chunks(self) -> int:
        return -(-self.length // self.chunk)


def write(client: distributed.Client, lazy: Sequence[da.Array], to: Sequence[zarr.Array]) -> float:
    """Compute the arrays to disk, with a progress bar in a terminal; return the seconds."""
    start = time.perf_counter()
    futures = client.compute(da.store(list(lazy), list(to), lock=False, compute=False))
    if sys.stdout.isatty():
        distributed.progress(futures, notebook=False)
        print()  # the bar leaves its line open
    client.gather(futures)
    return time.perf_counter() - start


def make_data(client: distributed.Client, disk: Disk) -> Timing:
    """Write x, normally distributed around 0 as pre-activations are, and a gradient."""
    rng = da.random.default_rng(SEED)
    lazy = [rng.standard_normal(disk.length, chunks=disk.chunk).astype(F4) for _ in ("x", "grad")]
    seconds = write(client, lazy, [disk.create("x"), disk.create("grad")])
    return Timing("making the data", 0, 2 * disk.bytes, disk.chunks, [seconds])


def empty_timing(disk: Disk, each: Pass) -> Timing:
    """Return what is known of a pass before it has run."""
    return Timing(each.name, len(each.inputs) * disk.bytes, each.outputs * disk.bytes, disk.chunks)


def run_pass(
    client: distributed.Client, disk: Disk, each: Pass, sample: int, timing: Timing
) -> None:
    """Compute one pass once more, and check its results."""
    names = [f"result{i}" for i in range(each.outputs)]
    results = each.function(*map(disk.lazy, each.inputs))
    results = results if isinstance(results, tuple) else (results,)
    timing.seconds.append(write(client, results, [disk.create(name) for name in names]))
    for number in sampled(disk.chunks, sample):
        timing.chunks_checked += 1
        timing.chunks_that_differ += not is_right(disk, each, names, number)


def sampled(chunks: int, sample: int) -> list[int]:
    """Return numbers of chunks, the first and the last among them, evenly spaced."""
    return sorted({int(i) for i in np.linspace(0, chunks - 1, min(sample, chunks)).round()})


def is_right(disk: Disk, each: Pass, names: Sequence[str], number: int) -> bool:
    """Whether a chunk of the results has the bits that this process computes."""
    expected = each.function(*(disk.block(name, number) for name in each.inputs))
    expected = expected if isinstance(expected, tuple) else (expected,)
    return all(
        disk.block(name, number).tobytes() == array.tobytes()
        for name, array in zip(names, expected, strict=True)
    )
