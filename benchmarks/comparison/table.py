"""The tables in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from .machine import in_short
from .results import Comparison, PeerState, Record, threads
from .sheets import BAD, BEST, Cell, Sheet, significant

WINNER = "bold green"
STATUS_STYLES = {"missing": "yellow", "left out": "yellow", "failed": "bold red"}
# Within this factor two medians are the same speed for a reader.
CLOSE = 1.05
# The largest error, in ULPs, that still deserves no colour: what good libraries promise.
GOOD_ULP = 4


def show(comparison: Comparison, console: Console, sheets: Iterable[Sheet]) -> None:
    """Print the peers, the speeds and errors of an overview, the sheets, and what failed."""
    console.print(in_short(comparison.machine), style="dim", highlight=False)
    console.print(_peers(comparison))
    if not comparison.settings.get("study"):
        _overview(comparison, console)
    for sheet in sheets:
        console.print(_of_sheet(sheet))
    for failure in comparison.failures():
        console.print(Text(f"failed: {failure}", style="bold red"))


def _overview(comparison: Comparison, console: Console) -> None:
    for count in comparison.values("threads"):
        for function in comparison.values("function"):
            if comparison.find(function=function, threads=count):
                console.print(_speeds(comparison, function, count))
    console.print(_legend())
    console.print(Group(*_errors(comparison)))


def _of_sheet(sheet: Sheet) -> RenderableType:
    # Not the table's own title and caption, which are no wider than the table.
    title, note = Text(sheet.title, style="bold"), Text(sheet.note, style="dim")
    if not sheet.rows:
        return Group(title, note)
    table = Table(box=box.SIMPLE_HEAD)
    for number, column in enumerate(sheet.columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    for row in sheet.rows:
        table.add_row(*map(_field, row))
    return Group(title, table, note)


def _field(cell: Cell | str) -> Text:
    if isinstance(cell, str):
        return Text(cell)
    return Text(cell.text, style={BEST: WINNER, BAD: "bold red"}.get(cell.mark, ""))


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)


def _peers(comparison: Comparison) -> Table:
    table = _table("Peers")
    for column in ("", "version", "", ""):
        table.add_column(column)
    for state in comparison.peers:
        note = "" if state.threaded else "one thread only"
        if state.yardstick:
            note = "for scale, not ranked; one thread only"
        style = STATUS_STYLES.get(state.status, "")
        what = f"{state.status}: {state.reason}" if state.reason else state.status
        table.add_row(state.label, state.version or "", Text(what, style=style), note)
    return table


def _speeds(comparison: Comparison, function: str, count: int) -> Table:
    table = _table(f"{function}, {threads(count)}")
    cells = {(r.dtype, r.n): None for r in comparison.find(function=function, threads=count)}
    table.add_column("", no_wrap=True)
    for dtype, n in cells:
        table.add_column(f"{dtype}\n{n:,}", justify="right")
    for state in comparison.ran():
        rows = [
            comparison.find(function=function, threads=count, dtype=dtype, n=n, peer=state.name)
            for dtype, n in cells
        ]
        if any(rows):
            table.add_row(_name(state), *(_speed(row[0], state) if row else "-" for row in rows))
    return table


def _name(state: PeerState) -> Text:
    return Text(state.label, style="dim italic" if state.yardstick else "")


def _speed(record: Record, state: PeerState) -> RenderableType:
    assert record.ns_per_element is not None
    assert record.ratio_to_best is not None
    best = record.ratio_to_best <= CLOSE and not state.yardstick
    style = WINNER if best else "dim italic" if state.yardstick else ""
    first = f"{significant(record.ns_per_element)} {_ratio(record.ratio_to_best)}"
    return Text.assemble((first, style), "\n", (f"{record.gb_per_s:.3g} GB/s", "dim"))


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f}x" if ratio < 10 else f"{ratio:,.0f}x"


def _legend() -> Text:
    return Text(
        "Cells: ns per element, time as a ratio to the fastest; GB/s read and written. "
        "Medians of interleaved rounds.",
        style="dim",
    )


def _errors(comparison: Comparison) -> Iterator[Table]:
    """Yield a table per type: the largest error over all sizes and thread counts."""
    for dtype in comparison.values("dtype"):
        judged = [r for r in comparison.find(dtype=dtype) if r.max_ulp is not None]
        if not judged:
            continue
        how = "/".join(sorted({r.ulp_reference or "" for r in judged}))
        table = _table(f"Largest error in ULP, {dtype}, same data, against {how}")
        table.add_column("", no_wrap=True)
        functions = list(dict.fromkeys(r.function for r in judged))
        for function in functions:
            table.add_column(_on_lines(function), justify="right", no_wrap=True)
        for state in comparison.ran():
            errors = [worst_ulp(judged, state.name, function) for function in functions]
            if any(error is not None for error in errors):
                table.add_row(state.label, *map(_error, errors))
        yield table


def _on_lines(function: str) -> str:
    """Break a long name before its role, so that columns stay narrow."""
    for role in ("_with_grad", "_backward", "_from_output"):
        function = function.replace(role, f"\n{role}")
    return function


def worst_ulp(records: list[Record], peer: str, function: str) -> float | None:
    """Return a peer's largest error in a function, or None."""
    errors = [
        r.max_ulp
        for r in records
        if (r.peer, r.function) == (peer, function) and r.max_ulp is not None
    ]
    return max(errors, default=None)


def _error(error: float | None) -> Text:
    if error is None:
        return Text("-")
    return Text(significant(error), style="" if error <= GOOD_ULP else "red")
