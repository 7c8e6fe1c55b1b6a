"""The charts: one PNG per type, a panel per thread count and function."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt

from .machine import in_short
from .results import Comparison, Record, threads

COLUMNS = 4
PANEL_INCHES = (3.6, 3.0)
# Number 7 of tab10 is grey, which is for yardsticks; Dark2 goes on with darker ones.
COLOURS = [
    *(plt.get_cmap("tab10")(number) for number in range(10) if number != 7),
    *(plt.get_cmap("Dark2")(number) for number in range(7)),
]


def save_all(comparison: Comparison, folder: Path) -> list[Path]:
    """Draw a chart for each type that was measured."""
    types = [t for t in comparison.values("dtype") if comparison.find(dtype=t)]
    return [_save(comparison, dtype, folder / f"{dtype}.png") for dtype in types]


def _save(comparison: Comparison, dtype: str, path: Path) -> Path:
    records = comparison.find(dtype=dtype)
    cells: dict[tuple[int, str], list[Record]] = {}
    for record in records:
        cells.setdefault((record.threads, record.function), []).append(record)
    figure, panels = _grid(len(cells))
    for panel, ((count, function), cell) in zip(panels, cells.items(), strict=False):
        draw = _lines if len({record.n for record in cell}) > 1 else _bars
        draw(panel, comparison, cell)
        panel.set_title(f"{function}, {threads(count)}", fontsize="medium")
    for panel in panels[len(cells) :]:
        panel.set_axis_off()
    _finish(figure, panels, f"{dtype}: ns per element\n{in_short(comparison.machine)}")
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path


def _grid(count: int) -> tuple[Any, Any]:
    columns = min(count, COLUMNS)
    rows = -(-count // columns)
    width, height = PANEL_INCHES
    figure, panels = plt.subplots(
        rows,
        columns,
        figsize=(max(width * columns, 2 * width), height * rows + 1.2),
        squeeze=False,
        layout="constrained",
    )
    return figure, panels.ravel()


def _lines(panel: Any, comparison: Comparison, cell: list[Record]) -> None:
    """Draw each peer as a line over the sizes."""
    for position, state in enumerate(comparison.peers):
        points = sorted((r.n, r.ns_per_element) for r in cell if r.peer == state.name)
        if points:
            panel.loglog(
                *zip(*points, strict=True),
                "--" if state.yardstick else "-",
                marker="o",
                markersize=3,
                linewidth=2.5 if state.name == "elufast" else 1.2,
                color=_colour(position, state.yardstick),
                label=state.label,
            )
    panel.set_xlabel("elements")
    panel.grid(which="both", alpha=0.2)


def _bars(panel: Any, comparison: Comparison, cell: list[Record]) -> None:
    """Draw each peer as a bar with its number: there is one size."""
    states = [s for s in comparison.peers if any(r.peer == s.name for r in cell)]
    values = [r.ns_per_element for s in states for r in cell if r.peer == s.name]
    colours = [_colour(comparison.peers.index(s), s.yardstick) for s in states]
    bars = panel.barh([state.label for state in states], values, color=colours)
    panel.bar_label(bars, fmt="{:#.3g}", padding=2, fontsize="x-small")
    panel.invert_yaxis()
    panel.margins(x=0.15)
    panel.tick_params(labelsize="x-small")
    panel.set_xlabel(f"{cell[0].n:,} elements")


def _colour(position: int, yardstick: bool) -> Any:
    """Return the peer's colour; grey is for yardsticks."""
    return "grey" if yardstick else COLOURS[position % len(COLOURS)]


def _finish(figure: Any, panels: Any, title: str) -> None:
    """Give the figure one legend with every peer that is a line in any panel."""
    named: dict[str, Any] = {}
    for panel in panels:
        handles, labels = panel.get_legend_handles_labels()
        lines = [(n, h) for n, h in zip(labels, handles, strict=True) if hasattr(h, "get_marker")]
        named.update(lines)
    if named:
        figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=6)
    figure.suptitle(title, fontsize="medium")
