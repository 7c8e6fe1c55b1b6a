"""The comparison itself: functions, types and sizes, speed and errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..cases import DEFAULT_FUNCTIONS, DEFAULT_SIZES, QUICK_FUNCTIONS, QUICK_SIZES
from ..peers import all_peers
from ..results import FILE_NAME, Comparison
from ..sheets import Sheet
from ..verdict import lost_cells
from .base import Preset, Study


class Overview(Study):
    name = ""
    summary = "functions, types and a few sizes: speed and errors"
    preset = Preset(DEFAULT_FUNCTIONS, DEFAULT_SIZES, rounds=7)
    quick = Preset(
        QUICK_FUNCTIONS,
        QUICK_SIZES,
        rounds=3,
        peers=tuple(name for name, peer in all_peers().items() if peer.in_quick),
    )

    def file_name(self) -> str:
        return FILE_NAME

    def sheets(self, comparison: Comparison) -> Iterator[Sheet]:
        """Yield what comes below the speeds and errors, which have tables of their own kind."""
        yield from lost_cells(comparison)

    def draw(self, comparison: Comparison, folder: Path) -> list[Path]:
        from .. import chart

        return chart.save_all(comparison, folder)
