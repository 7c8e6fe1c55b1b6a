"""What a result in new memory costs: y = f(x) against f(x, out=y), for large arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..cases import Case
from ..forms import Forms, add_ratio, key_of, measure_forms, serve_forms
from ..peers.base import Array, Peer, Prepared
from ..results import Comparison, Record, threads
from ..sheets import Cell, Sheet, significant, times
from ..timing import with_data
from .base import Preset, Study, by_threads

if TYPE_CHECKING:
    from ..bench import Bench

GIVEN, NEW = "f(x, out=y)", "y = f(x)"


def prepare(
    peer: Peer, function: str, batches: tuple[Array, ...], parameters: Mapping[str, float]
) -> Forms:
    """Prepare the adapter's call into given memory and the library's own in new memory."""
    rows = list(zip(*batches, strict=True))
    fresh = CALLS.get(peer.name)
    if fresh is None:  # the adapter itself returns new memory
        slots = [_assigned(peer.prepare(function, row, parameters).call) for row in rows]
        return {(peer.name, NEW): slots}
    return {
        (peer.name, GIVEN): [peer.prepare(function, row, parameters) for row in rows],
        (peer.name, NEW): [_assigned(fresh(function, row)) for row in rows],
    }


def _assigned(call: Callable[[], Any]) -> Prepared:
    """Keep each result until there is the next, as an assignment in a loop does."""
    kept: list[Any] = [None]

    def assign() -> None:
        kept[0] = call()

    return Prepared(assign, lambda: (np.asarray(kept[0]),))


def _elufast(function: str, inputs: tuple[Array, ...]) -> Callable[[], Any]:
    import elufast

    return partial(getattr(elufast, function), *inputs)


def _torch(function: str, inputs: tuple[Array, ...]) -> Callable[[], Any]:
    import torch

    return partial(getattr(torch.nn.functional, function), *map(torch.from_numpy, inputs))


def _exp(function: str, inputs: tuple[Array, ...]) -> Callable[[], Any]:
    return partial(np.exp, inputs[-1])


CALLS = {"elufast": _elufast, "torch": _torch, "np.exp": _exp}


class Fresh(Study):
    name = "fresh"
    summary = "results in new memory against given memory"
    preset = Preset(("elu",), {"float32": (10**6, 10**7, 5 * 10**7)}, rounds=9)
    quick = Preset(("elu",), {"float32": (10**6,)}, rounds=3, peers=("elufast", "np.exp"))

    def functions(self) -> tuple[str, ...]:
        return ("elu", "selu", "celu")

    def peers(self) -> tuple[str, ...]:
        return ("elufast", "numpy-where", "torch", "np.exp")

    def holders(self, peers: int, threads: int) -> int:
        return 2 * peers

    def measure(self, bench: Bench, plan: Sequence[Case]) -> list[Record]:
        records: list[Record] = []
        for count, mine in by_threads(plan):
            with bench.team(count, serve_forms) as team:
                for case, data in with_data(mine, rows=1):
                    step = partial(bench.step, case)
                    records += measure_forms(team, self.name, case, data, bench.rounds, step)
        add_ratio(records, "to_given", lambda r: key_of(r, form=GIVEN))
        return records

    def sheets(self, comparison: Comparison) -> Iterator[Sheet]:
        groups = comparison.groups("function", "dtype", "n", "threads")
        for (function, dtype, n, count), records in groups.items():
            peers = dict.fromkeys(record.peer for record in records)
            found = {(record.peer, record.form): record for record in records}
            rows = [
                _row(comparison.label(p), found.get((p, GIVEN)), found.get((p, NEW))) for p in peers
            ]
            title = f"{function}, {dtype}, {n:,} elements, {threads(count)}: ns per element"
            yield Sheet(title, ["", GIVEN, NEW, "ratio"], rows)

    def draw(self, comparison: Comparison, folder: Path) -> list[Path]:
        from ..study_charts import save_bars

        path = folder / f"{self.name}.png"
        keys = ("threads", "n", "dtype", "function")
        return [save_bars(comparison, path, keys, None, "ns per element")]


def _row(label: str, given: Record | None, new: Record | None) -> list[Cell | str]:
    return [
        label,
        significant(given.ns_per_element if given else None),
        significant(new.ns_per_element if new else None),
        times(new.figures.get("to_given") if new else None),
    ]
