"""The README's tables, from a JSON file, so that anybody can make them again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import sheets
from .machine import in_short
from .results import Comparison, Record, threads
from .studies import study_of
from .verdict import all_cells

# The tables show one size: large enough for a call's overhead not to matter.
PREFERRED_SIZE = 1_000_000


def render(comparison: Comparison, types: Sequence[str], ratios: bool = False) -> str:
    """Return the tables, or that of all ratios, and the machine and the command below.

    An overview has one table per type and thread count; a study has those of its own.
    """
    if ratios:
        tables = [sheets.markdown(all_cells(comparison))]
    elif comparison.settings.get("study"):
        tables = [sheets.markdown(study_of(comparison).sheets(comparison))]
    else:
        tables = [
            table
            for dtype in types
            for count in comparison.values("threads")
            if (table := "\n".join(_table(comparison, dtype, count)))
        ]
    machine = comparison.machine
    source = f"{in_short(machine)}; {machine['date'][:10]}; `{comparison.settings['command']}`"
    versions = ", ".join(f"{s.label} {s.version}" for s in comparison.ran() if s.version)
    return "\n\n".join([*tables, f"{source}. {versions}."])


def _table(comparison: Comparison, dtype: str, count: int) -> Iterator[str]:
    records = comparison.find(dtype=dtype, threads=count)
    if not records:
        return
    sizes = sorted({record.n for record in records})
    n = max((size for size in sizes if size <= PREFERRED_SIZE), default=sizes[0])
    records = [record for record in records if record.n == n]
    functions = list(dict.fromkeys(record.function for record in records))
    yield f"{dtype}, {n:,} elements, {threads(count)}: ns per element (largest error in ULP)"
    yield ""
    yield "| | " + " | ".join(f"`{function}`" for function in functions) + " |"
    yield "|---|" + "---:|" * len(functions)
    for state in comparison.ran():
        mine = {record.function: record for record in records if record.peer == state.name}
        if mine:
            cells = [_cell(mine.get(function), records) for function in functions]
            yield f"| {state.label} | " + " | ".join(cells) + " |"


def _cell(record: Record | None, records: list[Record]) -> str:
    if record is None or record.ns_per_element is None:
        return "-"
    speed = f"{record.ns_per_element:#.3g}"
    if record.max_ulp is None:
        return speed
    text = f"**{speed}**" if record.ratio_to_best == 1 else speed
    return f"{text} ({_ulp(record.max_ulp)})"


def _ulp(error: float) -> str:
    return f"{error:,.0f}" if error >= 100 else f"{error:.2f}"
