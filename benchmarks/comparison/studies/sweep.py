"""From one element to a hundred million."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..results import Comparison, Record, threads
from ..sheets import BEST, Cell, Sheet, significant
from ..verdict import lost_cells
from .base import Preset, Study

SIZES = (1, 10, 100, 10**3, 10**4, 10**5, 10**6, 10**7, 5 * 10**7, 10**8)


class Sweep(Study):
    name = "sweep"
    summary = "sizes from 1 to 1e8 elements, as far as the memory reaches"
    preset = Preset(("elu",), {"float32": SIZES}, rounds=7)
    quick = Preset(
        ("elu",),
        {"float32": (1, 100, 10_000)},
        rounds=2,
        peers=("elufast", "numpy-where", "copyto"),
    )

    def sheets(self, comparison: Comparison) -> Iterator[Sheet]:
        groups = comparison.groups("function", "dtype", "threads")
        for (function, dtype, count), records in groups.items():
            yield _sheet(comparison, f"{function}, {dtype}, {threads(count)}", records)
        yield from lost_cells(comparison)

    def draw(self, comparison: Comparison, folder: Path) -> list[Path]:
        from .. import chart

        return chart.save_all(comparison, folder, f"{self.name}-")


def _sheet(comparison: Comparison, title: str, records: list[Record]) -> Sheet:
    sizes = sorted({record.n for record in records})
    rows: list[list[Cell | str]] = []
    for state in comparison.ran():
        mine = {record.n: record for record in records if record.peer == state.name}
        if mine:
            rows.append([state.label, *(_cell(mine.get(n), state.yardstick) for n in sizes)])
    return Sheet(f"{title}: ns per element", ["elements", *map(_short, sizes)], rows)


def _cell(record: Record | None, yardstick: bool) -> Cell:
    if record is None:
        return Cell("-")
    best = record.ratio_to_best == 1 and not yardstick
    return Cell(significant(record.ns_per_element), BEST if best else "")


def _short(n: int) -> str:
    """Write 1e7 for 10,000,000 and 5e7, too."""
    text = f"{n:.0e}".replace("e+0", "e").replace("e+", "e")
    return text if n >= 1000 and float(text) == n else f"{n:,}"
