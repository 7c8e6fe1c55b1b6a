"""What the walk found: a table, a verdict, a JSON file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from comparison.cases import ROW_OF, TYPES
from comparison.results import json_by_lines
from rich import box
from rich.console import Console
from rich.table import Table

from .bounds import bound, bound_out_of_range
from .statistics import Largest, Statistics
from .walk import Key


@dataclass(frozen=True)
class Verdict:
    """The statistics of one function, type and set of parameters against their bounds."""

    function: str
    dtype: str
    parameters: dict[str, float]
    statistics: Statistics

    @property
    def bound(self) -> float:
        return bound(self.function, self.dtype, self.parameters)

    @property
    def holds(self) -> bool:
        others = bound_out_of_range(self.function, self.dtype, self.parameters)
        return (
            self.statistics.bounded.error <= self.bound
            and self.statistics.unbounded.error <= others
        )

    def as_dict(self) -> dict[str, Any]:
        """Return what the JSON file holds; infinite numbers and NaN are spelled."""
        found = self.statistics
        numbers = {
            "max_ulp": found.bounded.error,
            "at": found.bounded.where,
            "mean_ulp": found.mean,
            "bound": self.bound,
            "out_of_range_max_ulp": found.unbounded.error,
            "out_of_range_at": found.unbounded.where,
        }
        spelled = {k: v if v is None or math.isfinite(v) else str(v) for k, v in numbers.items()}
        return {
            "function": self.function,
            "dtype": self.dtype,
            "parameters": self.parameters or "default",
            **spelled,
            "results": found.count,
            "holds": self.holds,
        }


def verdicts(results: dict[Key, Statistics]) -> list[Verdict]:
    """Judge the results: by parameters, the defaults first, by type and by function."""
    names = list(ROW_OF)
    order = sorted(results, key=lambda key: (key[2], TYPES.index(key[1]), names.index(key[0])))
    return [Verdict(f, dtype, dict(p), results[f, dtype, p]) for f, dtype, p in order]


def show(found: Iterable[Verdict], console: Console) -> None:
    """Print a table for every type and set of parameters."""
    for (dtype, parameters), group in groupby(found, lambda v: (v.dtype, v.parameters)):
        spelled = ", ".join(f"{name}={value:.9g}" for name, value in parameters.items())
        table = Table(
            title=f"{dtype}, {spelled or 'default parameters'}",
            title_justify="left",
            box=box.SIMPLE_HEAD,
        )
        table.add_column("", no_wrap=True)
        for name in ("max ULP", "at", "mean", "bound", "out of range", "at", "results"):
            table.add_column(name, justify="right")
        for verdict in group:
            table.add_row(*_cells(verdict), style=None if verdict.holds else "bold red")
        console.print(table)


def _cells(verdict: Verdict) -> list[str]:
    found = verdict.statistics
    others = ("-", "-") if found.unbounded.where is None else _largest(found.unbounded)
    return [
        verdict.function,
        *_largest(found.bounded),
        f"{found.mean:.3f}",
        f"{verdict.bound:g}",
        *others,
        f"{found.count:,}",
    ]


def _largest(largest: Largest) -> tuple[str, str]:
    return f"{largest.error:#.4g}", f"{largest.where:.7g}"


def show_broken(found: Sequence[Verdict], console: Console) -> list[Verdict]:
    """Print the bounds that do not hold, in full precision; return them."""
    broken = [verdict for verdict in found if not verdict.holds]
    for verdict in broken:
        numbers = ", ".join(f"{key} {value}" for key, value in verdict.as_dict().items())
        console.print(f"broken: {numbers}", style="bold red", soft_wrap=True, highlight=False)
    console.print(f"{len(found) - len(broken)} of {len(found)} bounds hold")
    return broken


def save(found: Iterable[Verdict], machine: dict[str, Any], command: str, path: Path) -> None:
    """Write the JSON file."""
    content = {
        "command": command,
        "machine": machine,
        "results": [verdict.as_dict() for verdict in found],
    }
    path.write_text(json_by_lines(content, "results"), encoding="utf-8")
