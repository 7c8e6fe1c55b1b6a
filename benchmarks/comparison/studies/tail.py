"""How long the slowest calls take, with all threads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..cases import Case
from ..machine import usable_cpus
from ..peers.base import Array
from ..results import Comparison, Record, threads
from ..sheets import Cell, Sheet, significant, times
from .base import Preset, Study, ask_in_rounds, threaded_peers

if TYPE_CHECKING:
    from ..bench import Bench

# A turn is so many calls back to back; a round later come the next, when the mood has changed.
CALLS_IN_TURN = 500
# A peer that needs longer than this for its calls is known by those that it has made.
ENOUGH_SECONDS = 20.0
# The batches that calls change between.
ROWS = 4
QUANTILES = {"median": 0.5, "p99": 0.99, "p99.9": 0.999, "max": 1.0}


class Tail(Study):
    name = "tail"
    summary = f"latencies of single calls on all CPUs: {CALLS_IN_TURN} calls a round"
    preset = Preset(("elu",), {"float32": (100_000, 1_000_000)}, rounds=20)
    quick = Preset(("elu",), {"float32": (100_000,)}, rounds=2, peers=("elufast",))

    def peers(self) -> tuple[str, ...]:
        return threaded_peers()

    def threads(self) -> tuple[int, ...]:
        return (usable_cpus(),)

    def holders(self, peers: int, threads: int) -> int:
        return peers * ROWS

    def measure(self, bench: Bench, plan: Sequence[Case]) -> list[Record]:
        def describe(record: Record, chunks: list[Array]) -> None:
            _describe(record, np.concatenate(chunks))

        asked = ("latencies", CALLS_IN_TURN)
        return ask_in_rounds(bench, plan, *asked, describe, ROWS, ENOUGH_SECONDS)

    def sheets(self, comparison: Comparison) -> Iterator[Sheet]:
        groups = comparison.groups("function", "dtype", "n", "threads")
        for (function, dtype, n, count), records in groups.items():
            title = f"{function}, {dtype}, {n:,} elements, {threads(count)}: microseconds a call"
            columns = ["", "calls", "median", "p99", "p99.9", "max"]
            rows = [_row(comparison.label(record.peer), record) for record in records]
            yield Sheet(title, columns, rows, "In brackets: as a ratio to the peer's own median.")

    def draw(self, comparison: Comparison, folder: Path) -> list[Path]:
        from ..study_charts import save_spreads

        path = folder / f"{self.name}.png"
        keys = ("threads", "n", "dtype", "function")
        return [save_spreads(comparison, path, keys, tuple(QUANTILES), "microseconds a call")]


def _describe(record: Record, nanoseconds: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
    # A quantile that was measured, not one between two calls.
    found = np.quantile(nanoseconds, list(QUANTILES.values()), method="inverted_cdf")
    record.ns_per_element = float(found[0]) / record.n
    record.figures = dict(zip(QUANTILES, (found / 1e3).tolist(), strict=True))
    record.figures["calls"] = nanoseconds.size


def _row(label: str, record: Record) -> list[Cell | str]:
    middle = record.figures["median"]
    spread = [
        f"{significant(record.figures[q])} ({times(record.figures[q] / middle)})"
        for q in list(QUANTILES)[1:]
    ]
    return [label, f"{record.figures['calls']:,.0f}", significant(middle), *spread]
