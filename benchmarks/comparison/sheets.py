"""A table as data, written for a terminal by table.py and in Markdown here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

BEST, BAD = "best", "bad"


@dataclass(frozen=True)
class Cell:
    """What a field says, and whether it stands out: BEST, BAD or not at all."""

    text: str
    mark: str = ""


@dataclass
class Sheet:
    """A table; the first column names its rows."""

    title: str
    columns: list[str]
    rows: list[list[Cell | str]]
    note: str = ""


def markdown(sheets: Iterable[Sheet]) -> str:
    return "\n\n".join("\n".join(_lines(sheet)) for sheet in sheets)


def _lines(sheet: Sheet) -> list[str]:
    table = [
        "",
        "| " + " | ".join(sheet.columns) + " |",
        "|---|" + "---:|" * (len(sheet.columns) - 1),
        *("| " + " | ".join(map(_field, row)) + " |" for row in sheet.rows),
    ]
    return [sheet.title, *(table if sheet.rows else []), *(["", sheet.note] if sheet.note else [])]


def _field(cell: Cell | str) -> str:
    if isinstance(cell, str):
        return cell
    return {BEST: f"**{cell.text}**", BAD: f"{cell.text} (!)"}.get(cell.mark, cell.text)


def significant(value: float | None) -> str:
    """Write three significant digits, large numbers without an exponent."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:#.3g}"


def times(ratio: float | None) -> str:
    """Write a ratio."""
    if ratio is None:
        return "-"
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:#.2g}"
