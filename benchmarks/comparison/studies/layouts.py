"""Arrays that are not plain: each layout against the plain one, by the bytes that move.

Bytes are those of the cache lines that an operand occupies, each line counted once: a column of
every second number costs all lines, a broadcast operand those of its few numbers. The output is
contiguous where nothing else is said. In a cache the arithmetic and not the bytes may set the time;
both ratios are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import isqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..cases import ROW_OF, Case
from ..forms import Forms, add_ratio, key_of, measure_forms, serve_forms
from ..peers.base import Array, Peer, kept
from ..results import Comparison, Record, threads
from ..sheets import BAD, Cell, Sheet, significant, times
from ..timing import with_data
from .base import Preset, Study, by_threads

if TYPE_CHECKING:
    from ..bench import Bench

LINE = 64
# Rows of which the cache lines are counted; the others are like them.
COUNTED_ROWS = 64
# What a layout may cost per byte.
GOOD = 1.3


def _every_second_row(array: Array) -> Array:
    return _put(array, np.zeros((2 * len(array), array.shape[1]), array.dtype)[::2])


def _every_second_column(array: Array) -> Array:
    return _put(array, np.zeros((len(array), 2 * array.shape[1]), array.dtype)[:, ::2])


def _all_but_a_column(array: Array) -> Array:
    return _put(array, np.zeros((len(array), array.shape[1] + 1), array.dtype)[:, :-1])


def _misaligned(array: Array) -> Array:
    buffer = np.zeros(array.nbytes + 1, np.uint8)
    return _put(array, buffer[1:].view(array.dtype).reshape(array.shape))


def _byte_swapped(array: Array) -> Array:
    return array.astype(array.dtype.newbyteorder())


def _as_many_as_rows(side: int) -> int:
    return side


def _power_of_two(side: int) -> int:
    """Return the next one, of which rows lie where lines drive each other out of the caches."""
    return 1 << (side - 1).bit_length()


def _put(array: Array, view: Array) -> Array:
    view[...] = array
    return view


@dataclass(frozen=True)
class Layout:
    """How the operands lie. `place` is for `x` alone where `only_x`, else for all the inputs."""

    name: str
    dtype: str = "float32"
    """The type of the loop, and of the plain case to compare with."""
    place: Callable[[Array], Array] = np.ascontiguousarray
    only_x: bool = False
    alpha: Callable[[int, int], Array] | None = None
    out: str = ""
    """The type of the output, if not that of the loop."""
    order: str = "C"
    """In which the output lies."""
    columns: Callable[[int], int] = _as_many_as_rows
    """How many there are, by the side of a square of as many elements."""

    @property
    def base(self) -> str:
        return f"contiguous {self.dtype}"


LAYOUTS = (
    Layout("contiguous float32"),
    Layout("contiguous float64", "float64"),
    Layout("X[::2, :]", place=_every_second_row),
    Layout("X[:, ::2]", place=_every_second_column),
    Layout("X[::-1, :]", place=lambda x: np.ascontiguousarray(x[::-1])[::-1]),
    Layout("X[:, ::-1]", place=lambda x: np.ascontiguousarray(x[:, ::-1])[:, ::-1]),
    Layout("X[:, :k], k = columns - 1", place=_all_but_a_column),
    Layout("transposed", place=np.asfortranarray),
    Layout("transposed, 2^k columns", place=np.asfortranarray, columns=_power_of_two),
    Layout("out transposed", order="F"),
    Layout("alpha (C,)", alpha=lambda rows, columns: np.linspace(0.5, 1.5, columns)),
    Layout("alpha (N, 1)", alpha=lambda rows, columns: np.linspace(0.5, 1.5, rows)[:, None]),
    Layout("x (C,) broadcast", place=lambda x: np.ascontiguousarray(x[0]), only_x=True),
    Layout("x (N, 1) broadcast", place=lambda x: np.ascontiguousarray(x[:, :1]), only_x=True),
    Layout("byte-swapped", place=_byte_swapped),
    Layout("misaligned", place=_misaligned),
    Layout("float32 to float64 out", out="float64"),
    Layout("int32 x", "float64", place=lambda x: np.rint(x).astype(np.int32), only_x=True),
)


def operands(
    layout: Layout, names: Sequence[str], arrays: Sequence[Array]
) -> tuple[list[Array], Array, dict[str, Array]]:
    """Return inputs, output and parameters of a call; `arrays` are flat, and `names` say what."""
    columns = layout.columns(isqrt(arrays[0].size))
    rows = arrays[0].size // columns
    plain = [a[: rows * columns].reshape(rows, columns).astype(layout.dtype) for a in arrays]
    inputs = [
        np.ascontiguousarray(array) if layout.only_x and name == "grad" else layout.place(array)
        for name, array in zip(names, plain, strict=True)
    ]
    parameters = {}
    if layout.alpha is not None:
        parameters["alpha"] = layout.alpha(rows, columns).astype(layout.dtype)
    out = np.empty((rows, columns), layout.out or layout.dtype, layout.order)
    return inputs, out, parameters


def bytes_per_element(arrays: Sequence[Array], count: int) -> float:
    return sum(_line_bytes(array) for array in arrays) / count


def _line_bytes(array: Array) -> float:
    """Return the bytes of the cache lines that an array occupies.

    Rows are those along which its numbers lie closest: parts of them would share lines.
    """
    array = array.transpose(np.argsort([-abs(step) for step in array.strides], kind="stable"))
    some = array[:COUNTED_ROWS]
    steps = np.ix_(*(np.arange(n) * s for n, s in zip(some.shape, some.strides, strict=True)))
    places = sum(steps[1:], steps[0]).ravel()
    ends = places + (array.itemsize - 1)
    lines = np.union1d(places // LINE, ends // LINE).size
    return lines * LINE * len(array) / len(some)


def prepare(
    peer: Peer, function: str, batches: tuple[Array, ...], parameters: Mapping[str, float]
) -> Forms:
    """Bind the function to every layout; np.exp has the same inputs, but no parameter."""
    forms: Forms = {}
    for layout in LAYOUTS:
        if peer.yardstick and layout.alpha is not None:
            continue
        slots = []
        for row in zip(*batches, strict=True):
            inputs, out, given = operands(layout, ROW_OF[function].data, row)
            slots.append(kept(partial(_callee(peer, function), *inputs, out=out, **given), (out,)))
        forms[peer.name, layout.name] = slots
    return forms


def _callee(peer: Peer, function: str) -> Any:
    if peer.yardstick:
        return lambda *inputs, out: np.exp(inputs[-1], out=out)
    import elufast

    return getattr(elufast, function)


class Layouts(Study):
    name = "layouts"
    summary = "strided, transposed, cut, cast and broadcast arrays against contiguous ones"
    preset = Preset(("elu", "elu_backward"), {"float32": (1_000_000, 16_000_000)}, rounds=9)
    quick = Preset(("elu",), {"float32": (100_000,)}, rounds=2)
    fixed = ("types",)

    def functions(self) -> tuple[str, ...]:
        return tuple(name for name, row in ROW_OF.items() if row.nout == 1)

    def peers(self) -> tuple[str, ...]:
        return ("elufast", "np.exp")

    def holders(self, peers: int, threads: int) -> int:
        return peers * len(LAYOUTS) * 2  # float64 and views of twice the size

    def measure(self, bench: Bench, plan: Sequence[Case]) -> list[Record]:
        records: list[Record] = []
        for count, mine in by_threads(plan):
            with bench.team(count, serve_forms) as team:
                for case, data in with_data(mine, rows=1):
                    step = partial(bench.step, case)
                    records += measure_forms(team, self.name, case, data, bench.rounds, step)
        _compare(records)
        return records

    def sheets(self, comparison: Comparison) -> Iterator[Sheet]:
        groups = comparison.groups("function", "n", "threads")
        for (function, n, count), records in groups.items():
            yield _sheet(f"{function}, {n:,} elements, {threads(count)}", records)

    def draw(self, comparison: Comparison, folder: Path) -> list[Path]:
        from ..study_charts import save_bars

        path = folder / f"{self.name}.png"
        keys, title = ("threads", "n", "function"), "time per byte, by that of the contiguous case"
        return [save_bars(comparison, path, keys, "per_byte", title, (1, GOOD))]


def _compare(records: Sequence[Record]) -> None:
    """Fill in the figures: bytes per element, and both ratios to the contiguous case."""
    bases = {layout.name: layout.base for layout in LAYOUTS}
    sizes: dict[tuple[str, int], dict[str, float]] = {}
    for record in records:
        if record.status == "measured":
            place = record.function, record.n
            moved = sizes.setdefault(place, {}) or _bytes(*place)
            sizes[place] = moved
            record.dtype = bases[record.form].removeprefix("contiguous ")
            record.figures["bytes_per_element"] = moved[record.form]
    add_ratio(records, "time", lambda r: key_of(r, form=bases[r.form]))
    for record in records:
        if "time" in record.figures:
            moved = sizes[record.function, record.n]
            more = moved[record.form] / moved[bases[record.form]]
            record.figures["per_byte"] = record.figures["time"] / more


def _bytes(function: str, n: int) -> dict[str, float]:
    """Return what every layout moves, counted on arrays like those that were timed."""
    names = ROW_OF[function].data
    found = {}
    for layout in LAYOUTS:
        inputs, out, given = operands(layout, names, [np.zeros(n, "float32") for _ in names])
        found[layout.name] = bytes_per_element([*inputs, out, *given.values()], out.size)
    return found


def _sheet(title: str, records: list[Record]) -> Sheet:
    found = {(record.peer, record.form): record for record in records}
    rows: list[list[Cell | str]] = []
    for layout in LAYOUTS:
        ours, exp = found.get(("elufast", layout.name)), found.get(("np.exp", layout.name))
        if ours is not None:
            rows.append(
                [
                    layout.name,
                    significant(ours.figures["bytes_per_element"]),
                    significant(ours.ns_per_element),
                    times(ours.figures.get("time")),
                    _per_byte(ours),
                    significant(exp.ns_per_element if exp else None),
                    times(exp.figures.get("time") if exp else None),
                ]
            )
    columns = ["", "bytes", "ns", "time", "per byte", "np.exp ns", "its time"]
    note = (
        "Per element. Time: by that of the contiguous case of the same loop; per byte: the same, "
        f"by the cache lines that move, each once; marked: above {GOOD}."
    )
    return Sheet(title, columns, rows, note)


def _per_byte(record: Record) -> Cell:
    ratio = record.figures.get("per_byte")
    return Cell(times(ratio), BAD if ratio is not None and ratio > GOOD else "")
