"""The charts of the studies, with the panels of chart.py."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .chart import colour, lines, panels
from .results import Comparison, Record, grouped

# Wide enough for the names of layouts, and a height for each bar.
BARS_WIDTH, BAR_HEIGHT = 5.0, 0.16


def save_scaling(
    comparison: Comparison, path: Path, keys: tuple[str, ...], figure: str, title: str
) -> Path:
    """Draw a line per peer over the number of threads; `figure` is the time to be inverted."""

    def draw(panel: Any, cell: list[Record]) -> None:
        lines(panel, comparison, cell, lambda r: (r.threads, 1 / r.figures[figure]))
        panel.axhline(1, color="black", linewidth=0.8)
        panel.set_xticks(sorted({record.threads for record in cell}))
        panel.set_xlabel("threads")

    records = [record for record in comparison.find() if figure in record.figures]
    return panels(comparison, path, keys, draw, title, records)


def save_bars(
    comparison: Comparison,
    path: Path,
    keys: tuple[str, ...],
    figure: str | None,
    title: str,
    marks: Sequence[float] = (),
) -> Path:
    """Draw a bar per form and peer, its time or the `figure`, and lines at `marks`."""

    def value(record: Record) -> float | None:
        return record.figures.get(figure) if figure else record.ns_per_element

    records = [record for record in comparison.find() if value(record) is not None]
    most = max(map(len, grouped(records, *keys).values()), default=1)

    def draw(panel: Any, cell: list[Record]) -> None:
        names = [f"{r.form}, {comparison.label(r.peer)}".removesuffix(", elufast") for r in cell]
        known = [state.name for state in comparison.peers]
        bars = panel.barh(
            names,
            [value(record) for record in cell],
            color=[
                colour(known.index(r.peer), comparison.peers[known.index(r.peer)].yardstick)
                for r in cell
            ],
        )
        panel.bar_label(bars, fmt="{:#.3g}", padding=2, fontsize="x-small")
        panel.invert_yaxis()
        panel.margins(x=0.15)
        panel.tick_params(labelsize="x-small")
        for mark in marks:
            panel.axvline(mark, color="black", linewidth=0.8, linestyle=":")

    inches = (BARS_WIDTH, 1.0 + BAR_HEIGHT * most)
    return panels(comparison, path, keys, draw, title, records, inches)


def save_spreads(
    comparison: Comparison, path: Path, keys: tuple[str, ...], figures: Sequence[str], title: str
) -> Path:
    """Draw a row of points per peer, one for each of its `figures`, on a logarithmic scale."""

    def draw(panel: Any, cell: list[Record]) -> None:
        labels = [comparison.label(record.peer) for record in cell]
        for number, figure in enumerate(figures):
            values = [record.figures[figure] for record in cell]
            panel.plot(
                values, labels, "o|dx"[number % 4], color=colour(number, False), label=figure
            )
        panel.set_xscale("log")
        panel.invert_yaxis()
        panel.grid(which="both", axis="x", alpha=0.2)
        panel.tick_params(labelsize="x-small")

    return panels(comparison, path, keys, draw, title, panel_inches=(BARS_WIDTH, 3.0))
