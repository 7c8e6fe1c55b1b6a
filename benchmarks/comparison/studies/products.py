"""Between two matrix products of NumPy: what threads cost others that want the same CPUs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..cases import Case
from ..peers.base import Array
from ..results import Comparison, Record, threads
from ..sheets import Cell, Sheet, significant, times
from .base import Preset, Study, ask_in_rounds, threaded_peers

if TYPE_CHECKING:
    from ..bench import Bench

STEPS_IN_TURN = 50


class Products(Study):
    name = "products"
    summary = f"calls between matrix products of NumPy: {STEPS_IN_TURN} of both a round"
    preset = Preset(("elu",), {"float32": (100_000, 1_000_000)}, rounds=7)
    quick = Preset(("elu",), {"float32": (100_000,)}, rounds=2, peers=("elufast",))

    def peers(self) -> tuple[str, ...]:
        return threaded_peers()

    def measure(self, bench: Bench, plan: Sequence[Case]) -> list[Record]:
        def describe(record: Record, turns: list[Array]) -> None:
            _describe(record, np.concatenate(turns, axis=1))

        return ask_in_rounds(bench, plan, "between_products", STEPS_IN_TURN, describe)

    def sheets(self, comparison: Comparison) -> Iterator[Sheet]:
        groups = comparison.groups("function", "dtype", "n", "threads")
        for (function, dtype, n, count), records in groups.items():
            title = f"{function}, {dtype}, {n:,} elements, {threads(count)}: microseconds"
            columns = ["", "product alone", "product", "call", "both", "by product alone"]
            rows = [_row(comparison.label(record.peer), record) for record in records]
            yield Sheet(title, columns, rows, "Means.")

    def draw(self, comparison: Comparison, folder: Path) -> list[Path]:
        from ..study_charts import save_bars

        path = folder / f"{self.name}.png"
        keys = ("threads", "n", "dtype", "function")
        return [save_bars(comparison, path, keys, "both", "microseconds")]


def _describe(
    record: Record, nanoseconds: np.ndarray[tuple[int, int, int], np.dtype[np.int64]]
) -> None:
    # Means, for what a call leaves behind may take one product in many a long time.
    (alone, _), (product, call) = nanoseconds.mean(axis=1) / 1e3
    record.ns_per_element = float(call) * 1e3 / record.n
    record.figures = {
        "alone": float(alone),
        "product": float(product),
        "call": float(call),
        "both": float(product + call),
    }


def _row(label: str, record: Record) -> list[Cell | str]:
    figures = record.figures
    shown = [significant(figures.get(name)) for name in ("alone", "product", "call", "both")]
    ratio = figures["both"] / figures["alone"] if figures else None
    return [label, *shown, times(ratio)]
