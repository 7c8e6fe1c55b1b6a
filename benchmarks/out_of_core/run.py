"""The course of it all: the data, the passes, the verdict."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
import distributed
import zarr
from comparison import machine
from comparison.command import spell
from comparison.run import BUSY, BUSY_WARNING, file_or_terminal
from rich.console import Console

from . import cluster, passes, report
from .options import GIB

SCRIPT = "benchmarks/distributed.py"
# They name somebody's folders and machines, and change nothing in the numbers.
PRIVATE = ("--output", "--folder", "--scheduler-address")
# Arrays on disk at once: x, grad, and two results.
MOST_ARRAYS = 4


def run(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    """Run all passes, show and save; return 0 if everything is as promised."""
    console = file_or_terminal()
    load, started = machine.load(), time.monotonic()
    size = int(options.size * GIB)
    with _folder(options.folder) as folder:
        free = shutil.disk_usage(folder).free
        if free < MOST_ARRAYS * size:
            console.print(
                f"distributed.py: {MOST_ARRAYS * options.size:g} GiB are needed in the folder for "
                f"the arrays, {free / GIB:.1f} GiB are free",
                style="bold red",
            )
            return 2
        disk = passes.Disk(folder, size, options.chunk * 2**20)
        with cluster.connect(options, folder) as client:
            workers = cluster.workers(client)
            console.print(
                f"{len(workers)} workers, arrays of {options.size:g} GiB in {disk.chunks} chunks"
            )
            timings = _timings(client, disk, options, console)
            described = report.describe_workers(workers, cluster.peaks(client))
            restarted = cluster.restarted(client, workers)
    report.show(timings, console)
    report.show_workers(described, console)
    if options.output:
        settings: dict[str, Any] = {
            "command": spell(SCRIPT, arguments, PRIVATE),
            "cluster": "a running one" if options.scheduler_address else "processes",
            "array_bytes": disk.bytes,
            "chunk_bytes": options.chunk * 2**20,
            "load_before": round(load, 2),
            "seconds": round(time.monotonic() - started, 1),
            "versions": {each.__name__: each.__version__ for each in (dask, distributed, zarr)},
        }
        report.save(options.output, machine.describe(), settings, described, timings)
    if load > BUSY:
        console.print(BUSY_WARNING.format(load), style="yellow")
    found = report.complaints(timings, described, restarted)
    for complaint in found:
        console.print(complaint, style="bold red")
    return 1 if found else 0


@contextmanager
def _folder(parent: Path | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="elufast-", dir=parent) as folder:
        yield Path(folder)


def _timings(
    client: distributed.Client, disk: passes.Disk, options: argparse.Namespace, console: Console
) -> list[passes.Timing]:
    """Rounds, so that a slow while of the machine is not one pass's alone."""
    console.print("making the data")
    found = [passes.make_data(client, disk)]
    timed = [(each, passes.empty_timing(disk, each)) for each in passes.PASSES]
    for number in range(options.rounds):
        for each, timing in timed:
            console.print(f"round {number + 1}: {each.name}", highlight=False)
            passes.run_pass(client, disk, each, options.sample, timing)
    return found + [timing for _, timing in timed]
