"""The price of a call: one number, some that lie in any way, and a mask; elufast and np.exp."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import isqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..cases import ROW_OF, Case
from ..data import SEED
from ..forms import Forms, add_ratio, key_of, measure_forms, serve_forms
from ..peers.base import Array, Peer, Prepared, kept, returned
from ..results import Comparison, Record, threads
from ..sheets import BAD, Cell, Sheet, significant, times
from ..timing import with_data
from .base import Preset, Study, by_threads

if TYPE_CHECKING:
    from ..bench import Bench

# What a short call may cost.
GOOD = 1.15
# A mask is for arrays, the other forms are about the call.
SMALLEST_MASKED = 10_000


def prepare(
    peer: Peer, function: str, batches: tuple[Array, ...], parameters: Mapping[str, float]
) -> Forms:
    """Prepare both functions in one process, where they take turns of milliseconds."""
    if peer.yardstick:
        return {}
    import elufast

    (rows,) = batches
    ours = getattr(elufast, function)
    # np.exp has no alpha: elufast's call with one stands beside the call without.
    forms = {(peer.name, form): slots for form, slots in _forms(ours, rows, alpha=0.5).items()}
    return forms | {("np.exp", form): slots for form, slots in _forms(np.exp, rows).items()}


def _forms(function: Any, rows: Array, **alpha: float) -> dict[str, list[Prepared]]:
    if rows.shape[1] >= SMALLEST_MASKED:
        return {"f(x, out=y, where=mask)": [_masked(function, x) for x in rows]}
    forms = {
        "f(x)": [returned(partial(function, x)) for x in rows],
        "f(x, out=y)": [_into(function, x) for x in rows],
        "f(x, alpha=0.5)": [returned(partial(function, x, **alpha)) for x in rows],
        "f(integers)": [returned(partial(function, x)) for x in np.rint(rows).astype(np.int64)],
        "f(x, alphas, out=y)": _with_alphas(function, rows, np.full_like(rows[0], 0.5), alpha),
    }
    if rows.shape[1] == 1:
        forms["f(np.float32)"] = [returned(partial(function, row[0])) for row in rows]
        forms["f(float)"] = [returned(partial(function, float(row[0]))) for row in rows]
    return forms | _laid_out(function, rows, **alpha)


def _laid_out(function: Any, rows: Array, **alpha: float) -> dict[str, list[Prepared]]:
    """Squares of numbers, cut, turned and broadcast as small networks do it."""
    side = isqrt(rows.shape[1])
    if side < 2 or side * side != rows.shape[1]:
        return {}
    squares = rows.reshape(-1, side, side)
    cut = np.pad(squares, [(0, 0), (0, 0), (0, 8)])[..., :side]
    every_second = np.repeat(rows, 2, axis=1)[:, ::2]
    channels = np.full(side, 0.5, rows.dtype)
    return {
        "f(X[:, :k])": [returned(partial(function, x)) for x in cut],
        "f(X[:, :k], out=Y)": [_into(function, x) for x in cut],
        "f(X.T, out=Y)": [_into(function, x.T) for x in squares],
        "f(x[::2], out=y)": [_into(function, x) for x in every_second],
        "f(X, channels, out=Y)": _with_alphas(function, squares, channels, alpha),
    }


def _with_alphas(
    function: Any, rows: Array, alphas: Array, alpha: Mapping[str, float]
) -> list[Prepared]:
    """np.exp has no parameter that could be an array: np.multiply is called in its place."""
    return [_into(function if alpha else np.multiply, x, alphas) for x in rows]


def _into(function: Any, *inputs: Array, **where: Array) -> Prepared:
    out = np.zeros(inputs[0].shape, inputs[0].dtype)
    return kept(partial(function, *inputs, out=out, **where), (out,))


def _masked(function: Any, x: Array) -> Prepared:
    mask = np.random.default_rng(SEED).random(x.size) < 0.5
    return _into(function, x, where=mask)


class Small(Study):
    name = "small"
    summary = "one number, squares of 10 and 64, a where= mask; against np.exp in the same process"
    preset = Preset(("elu",), {"float32": (1, 100, 4_096, 1_000_000)}, rounds=25)
    quick = Preset(("elu",), {"float32": (1, 100, 100_000)}, rounds=3)
    fixed = ("types", "peers")

    def functions(self) -> tuple[str, ...]:
        return tuple(n for n, row in ROW_OF.items() if row.data == ("x",) and row.nout == 1)

    def peers(self) -> tuple[str, ...]:
        return ("elufast", "np.exp")

    def measure(self, bench: Bench, plan: Sequence[Case]) -> list[Record]:
        records: list[Record] = []
        for count, mine in by_threads(plan):
            with bench.team(count, serve_forms) as team:
                for case, data in with_data(mine):
                    step = partial(bench.step, case)
                    records += measure_forms(team, self.name, case, data, bench.rounds, step)
        add_ratio(records, "to_numpy", lambda r: key_of(r, peer="np.exp"))
        return records

    def sheets(self, comparison: Comparison) -> Iterator[Sheet]:
        for (function, count), records in comparison.groups("function", "threads").items():
            ours = [record for record in records if record.peer == "elufast"]
            found = {key_of(record): record for record in records}
            rows: list[list[Cell | str]] = [
                [
                    f"{record.n:,}",
                    record.form,
                    _a_call(record),
                    _a_call(found.get(key_of(record, peer="np.exp"))),
                    _ratio(record),
                ]
                for record in ours
            ]
            columns = ["elements", "", f"elufast.{function}", "np.exp", "ratio"]
            note = f"np.exp has no alpha; with arrays of them: np.multiply; marked: above {GOOD}."
            yield Sheet(f"{function}, {threads(count)}: ns a call", columns, rows, note)

    def draw(self, comparison: Comparison, folder: Path) -> list[Path]:
        from ..study_charts import save_bars

        path = folder / f"{self.name}.png"
        keys, title = ("threads", "n", "function"), "time, by that of np.exp"
        ours = replace(comparison, records=comparison.find(peer="elufast"))
        return [save_bars(ours, path, keys, "to_numpy", title, (1, GOOD))]


def _a_call(record: Record | None) -> str:
    if record is None or record.ns_per_element is None:
        return "-"
    return significant(record.ns_per_element * record.n)


def _ratio(record: Record) -> Cell:
    ratio = record.figures.get("to_numpy")
    return Cell(times(ratio), BAD if ratio is not None and ratio > GOOD else "")
