"""Where elufast wins and where it loses: every cell as a ratio to the fastest of the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .results import Comparison, Record
from .sheets import BAD, Cell, Sheet, significant, times

OURS, COPY = "elufast", "copyto"


@dataclass(frozen=True)
class Standing:
    """elufast in one cell; `ratio` is its time by that of the fastest other peer."""

    ours: Record
    rival: Record
    ratio: float
    to_copy: float | None


def standings(comparison: Comparison) -> list[Standing]:
    """Return every cell in which elufast has somebody to lose to, the worst first."""
    scale = {state.name for state in comparison.peers if state.yardstick}
    found = []
    for records in comparison.groups("function", "dtype", "n", "threads", "form").values():
        named = {record.peer: record for record in records}
        rivals = [r for name, r in named.items() if name != OURS and name not in scale]
        if OURS in named and rivals:
            rival = min(rivals, key=_ns)
            ours = named[OURS]
            to_copy = _ns(ours) / _ns(named[COPY]) if COPY in named else None
            found.append(Standing(ours, rival, _ns(ours) / _ns(rival), to_copy))
    return sorted(found, key=lambda standing: -standing.ratio)


def _ns(record: Record) -> float:
    assert record.ns_per_element is not None
    return record.ns_per_element


def all_cells(comparison: Comparison) -> Iterator[Sheet]:
    """Yield the table of all cells, losses first, and that of the pairs against single values."""
    cells = standings(comparison)
    lost = sum(cell.ratio > 1 for cell in cells)
    if cells:
        yield _sheet(comparison, cells, f"elufast by the fastest peer: {lost} of {len(cells)} lost")
    yield from _pairs(comparison)


def lost_cells(comparison: Comparison) -> Iterator[Sheet]:
    """Yield the table of the cells that elufast loses, if there are cells."""
    cells = standings(comparison)
    lost = [cell for cell in cells if cell.ratio > 1]
    if cells:
        yield _sheet(comparison, lost, f"Lost cells: {len(lost)} of {len(cells)}")


def _sheet(comparison: Comparison, cells: list[Standing], title: str) -> Sheet:
    columns = ["function", "type", "elements", "threads", "ns", "fastest peer", "its ns"]
    rows: list[list[Cell | str]] = [
        [
            cell.ours.function,
            cell.ours.dtype,
            f"{cell.ours.n:,}",
            str(cell.ours.threads),
            significant(cell.ours.ns_per_element),
            comparison.label(cell.rival.peer),
            significant(cell.rival.ns_per_element),
            Cell(times(cell.ratio), BAD if cell.ratio > 1 else ""),
            times(cell.to_copy),
        ]
        for cell in cells
    ]
    return Sheet(title, [*columns, "ratio", "to np.copyto"], rows)


def _pairs(comparison: Comparison) -> Iterator[Sheet]:
    """What value and derivative together cost, by the value alone."""
    found = {_place(r): r for r in comparison.find(peer=OURS) if not r.form}
    rows: list[list[Cell | str]] = []
    for place, record in found.items():
        alone = found.get((record.function.removesuffix("_with_grad"), *place[1:]))
        if alone is not None and alone is not record:
            ratio = times(_ns(record) / _ns(alone))
            rows.append(
                [record.function, record.dtype, f"{record.n:,}", str(record.threads), ratio]
            )
    if rows:
        columns = ["function", "type", "elements", "threads", "ratio"]
        yield Sheet("Value and derivative by the value alone, elufast", columns, rows)


def _place(record: Record) -> tuple[Any, ...]:
    return record.function, record.dtype, record.n, record.threads
