"""The charts by size: one PNG per type, a panel per thread count and function."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt

from .machine import in_short
from .results import Comparison, Record, grouped, threads

COLUMNS = 4
PANEL_INCHES = (3.6, 3.0)
SPELT: dict[str, Callable[[Any], str]] = {"n": "{:,} elements".format, "threads": threads}
# Number 7 of tab10 is grey, which is for yardsticks; Dark2 goes on with darker ones.
COLOURS = [
    *(plt.get_cmap("tab10")(number) for number in range(10) if number != 7),
    *(plt.get_cmap("Dark2")(number) for number in range(7)),
]


def save_all(comparison: Comparison, folder: Path, prefix: str = "") -> list[Path]:
    """Draw a chart for each type that was measured: speeds by size."""
    types = [t for t in comparison.values("dtype") if comparison.find(dtype=t)]
    return [_save(comparison, dtype, folder / f"{prefix}{dtype}.png") for dtype in types]


def _save(comparison: Comparison, dtype: str, path: Path) -> Path:
    def draw(panel: Any, cell: list[Record]) -> None:
        if len({record.n for record in cell}) > 1:
            lines(panel, comparison, cell, _size_and_speed)
            panel.loglog()
            panel.set_xlabel("elements")
        else:
            _bars(panel, comparison, cell)

    cells = comparison.find(dtype=dtype)
    return panels(
        comparison, path, ("threads", "function"), draw, f"{dtype}: ns per element", cells
    )


def _size_and_speed(record: Record) -> tuple[float, float]:
    assert record.ns_per_element is not None
    return record.n, record.ns_per_element


def panels(
    comparison: Comparison,
    path: Path,
    keys: tuple[str, ...],
    draw: Callable[[Any, list[Record]], None],
    title: str,
    records: list[Record] | None = None,
    panel_inches: tuple[float, float] = PANEL_INCHES,
) -> Path:
    """Draw a panel for all records with the same `keys`, in their order, and a common legend."""
    cells = grouped(comparison.find() if records is None else records, *keys)
    figure, axes = _grid(len(cells), panel_inches)
    for panel, cell in zip(axes, cells.values(), strict=False):
        draw(panel, cell)
        named = (SPELT.get(key, str)(getattr(cell[0], key)) for key in keys[::-1])
        panel.set_title(", ".join(named), fontsize="medium")
    for panel in axes[len(cells) :]:
        panel.set_axis_off()
    _finish(figure, axes, f"{title}\n{in_short(comparison.machine)}")
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path


def _grid(count: int, panel_inches: tuple[float, float]) -> tuple[Any, Any]:
    columns = max(1, min(count, COLUMNS))
    rows = max(1, -(-count // columns))
    width, height = panel_inches
    figure, panels = plt.subplots(
        rows,
        columns,
        figsize=(max(width * columns, 2 * width), height * rows + 1.2),
        squeeze=False,
        layout="constrained",
    )
    return figure, panels.ravel()


def lines(
    panel: Any,
    comparison: Comparison,
    cell: list[Record],
    point: Callable[[Record], tuple[float, float]],
) -> None:
    """Draw each peer as a line."""
    for position, state in enumerate(comparison.peers):
        points = sorted(point(record) for record in cell if record.peer == state.name)
        if points:
            panel.plot(
                *zip(*points, strict=True),
                "--" if state.yardstick else "-",
                marker="o",
                markersize=3,
                linewidth=2.5 if state.name == "elufast" else 1.2,
                color=colour(position, state.yardstick),
                label=state.label,
            )
    panel.grid(which="both", alpha=0.2)


def _bars(panel: Any, comparison: Comparison, cell: list[Record]) -> None:
    """Draw each peer as a bar with its number: there is one size."""
    states = [s for s in comparison.peers if any(r.peer == s.name for r in cell)]
    values = [r.ns_per_element for s in states for r in cell if r.peer == s.name]
    colours = [colour(comparison.peers.index(s), s.yardstick) for s in states]
    bars = panel.barh([state.label for state in states], values, color=colours)
    panel.bar_label(bars, fmt="{:#.3g}", padding=2, fontsize="x-small")
    panel.invert_yaxis()
    panel.margins(x=0.15)
    panel.tick_params(labelsize="x-small")
    panel.set_xlabel(f"{cell[0].n:,} elements")


def colour(position: int, yardstick: bool) -> Any:
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
