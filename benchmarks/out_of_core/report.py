"""The table, the verdict and the JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from .cluster import Worker
from .passes import Timing

MB, GB = 1e6, 1e9


def show(timings: Sequence[Timing], console: Console) -> None:
    """Print a row for each pass; the copy is what the disks and Dask cost alone."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("", no_wrap=True)
    for name in ("GB read", "GB written", "s", "GB/s", "chunks", "checked", "that differ"):
        table.add_column(name, justify="right")
    for each in timings:
        table.add_row(
            each.name,
            f"{each.bytes_read / GB:.2f}",
            f"{each.bytes_written / GB:.2f}",
            f"{each.median:.1f}",
            f"{each.gb_per_s:.2f}",
            *(str(n) for n in (each.chunks, each.chunks_checked, each.chunks_that_differ)),
        )
    console.print(table)


def describe_workers(
    workers: Sequence[Worker], peaks: Mapping[str, int | None]
) -> list[dict[str, Any]]:
    """Return what the JSON file says of each worker: nothing that names a machine or a process."""
    return [
        {
            "memory_limit": each.limit,
            "peak_memory": peaks.get(each.address),
            **{key: value for key, value in each.about.items() if key != "pid"},
        }
        for each in workers
    ]


def show_workers(described: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print a line for each worker."""
    for number, each in enumerate(described):
        peak = each["peak_memory"]
        memory = "unknown" if peak is None else f"{peak / MB:.0f} MB"
        share = f", {peak / each['memory_limit']:.0%}" if peak and each["memory_limit"] else ""
        console.print(
            f"worker {number}: peak memory {memory} (limit {each['memory_limit'] / MB:.0f} MB"
            f"{share}), elufast threads {each['threads']} ({each['threads_from']})",
            highlight=False,
        )


def complaints(
    timings: Sequence[Timing], described: Sequence[Mapping[str, Any]], restarted: Sequence[str]
) -> list[str]:
    """Return a line for everything that must not be."""
    found = [
        f"{each.name}: {each.chunks_that_differ} of {each.chunks_checked} chunks differ from "
        "those of one process"
        for each in timings
        if each.chunks_that_differ
    ]
    found += [
        f"worker {number} came to {each['peak_memory'] / MB:.0f} MB, above its limit"
        for number, each in enumerate(described)
        if each["peak_memory"] and 0 < each["memory_limit"] < each["peak_memory"]
    ]
    if restarted:
        found.append(f"workers restarted on the way: {len(restarted)}")
    return found


def save(
    path: Path,
    machine: Mapping[str, Any],
    settings: Mapping[str, Any],
    described: Sequence[Mapping[str, Any]],
    timings: Sequence[Timing],
) -> None:
    """Write the JSON file."""
    content = {
        "machine": machine,
        "settings": settings,
        "workers": described,
        "passes": [{**asdict(each), "gb_per_s": each.gb_per_s} for each in timings],
    }
    path.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
