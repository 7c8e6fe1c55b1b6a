"""What more threads bring: each peer against itself with one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from ..cases import Case
from ..forms import add_ratio, key_of
from ..machine import usable_cpus
from ..results import Comparison, Record
from ..sheets import BAD, Cell, Sheet, significant, times
from ..timing import measure_together, with_data
from .base import Preset, Study, threaded_peers

if TYPE_CHECKING:
    from ..bench import Bench

# Two medians of the same speed differ by so much.
NOISE = 1.05


class Threads(Study):
    name = "threads"
    summary = "scaling from 1 thread to all CPUs, at several sizes"
    preset = Preset(
        ("elu", "elu_backward"), {"float32": (10**3, 10**4, 10**5, 10**6, 10**7)}, rounds=9
    )
    quick = Preset(("elu",), {"float32": (1_000, 100_000)}, rounds=3, peers=("elufast",))

    def peers(self) -> tuple[str, ...]:
        return threaded_peers()

    def threads(self) -> tuple[int, ...]:
        """Return 1, 2, 4 and so on, and all."""
        most = usable_cpus()
        return (*(1 << power for power in range(most.bit_length()) if 1 << power < most), most)

    def plan(
        self,
        functions: Sequence[str],
        sizes: dict[str, tuple[int, ...]],
        threads: Sequence[int],
    ) -> list[Case]:
        """Return the cases, those that differ only in threads together, one thread always."""
        counts = sorted({1, *threads})
        single = super().plan(functions, sizes, [1])
        return [Case(c.function, c.dtype, c.n, count) for c in single for count in counts]

    def holders(self, peers: int, threads: int) -> int:
        return peers * threads

    def steps(self, plan: Sequence[Case]) -> int:
        return len(_one_of_each(plan))

    def measure(self, bench: Bench, plan: Sequence[Case]) -> list[Record]:
        """Measure all thread counts in the same rounds: processes for each wait side by side."""
        records: list[Record] = []
        with ExitStack() as stack:
            counts = sorted({case.threads for case in plan})
            teams = {count: stack.enter_context(bench.team(count)) for count in counts}
            for case, data in with_data(_one_of_each(plan)):
                together = [(teams[c], Case(case.function, case.dtype, case.n, c)) for c in counts]
                step = partial(bench.step, case)
                records += measure_together(together, data, bench.rounds, step)
        add_ratio(records, "time_to_one_thread", partial(key_of, threads=1))
        return records

    def sheets(self, comparison: Comparison) -> Iterator[Sheet]:
        for (function, dtype), records in comparison.groups("function", "dtype").items():
            yield _sheet(comparison, f"{function}, {dtype}", records)

    def draw(self, comparison: Comparison, folder: Path) -> list[Path]:
        from ..study_charts import save_scaling

        path = folder / f"{self.name}.png"
        keys = ("function", "dtype", "n")
        title = "speed-up against one thread"
        return [save_scaling(comparison, path, keys, "time_to_one_thread", title)]


def _one_of_each(plan: Sequence[Case]) -> list[Case]:
    return [next(group) for _, group in groupby(plan, lambda c: (c.function, c.dtype, c.n))]


def _sheet(comparison: Comparison, title: str, records: list[Record]) -> Sheet:
    counts = sorted({record.threads for record in records})
    found = {(r.n, r.peer, r.threads): r for r in records}
    rows: list[list[Cell | str]] = [
        [
            f"{n:,}",
            comparison.label(peer),
            significant(found[n, peer, 1].ns_per_element) if (n, peer, 1) in found else "-",
            *(_speed_up(found.get((n, peer, count))) for count in counts if count > 1),
        ]
        for n, peer in dict.fromkeys((r.n, r.peer) for r in records)
    ]
    columns = ["elements", "", "ns, 1 thread", *(f"x with {c}" for c in counts if c > 1)]
    note = f"Speed-up against one thread; marked: slower by more than {NOISE - 1:.0%}."
    return Sheet(title, columns, rows, note)


def _speed_up(record: Record | None) -> Cell:
    ratio = record.figures.get("time_to_one_thread") if record else None
    if ratio is None:
        return Cell("-")
    return Cell(times(1 / ratio), BAD if ratio > NOISE else "")
