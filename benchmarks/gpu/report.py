"""The tables, for the terminal and for Markdown, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

from comparison import sheets
from comparison.machine import in_short
from comparison.results import Comparison, Record
from comparison.sheets import BAD, BEST, Cell, Sheet, significant, times

from .calls import EXP, FIRST, LAUNCH, SECOND
from .peers import COPY, OURS

STUDY = "gpu"
# What large arrays have to reach, as a share of the copy's bandwidth.
LARGE, SHARE = 256_000_000, 0.95
# Within this factor two medians are the same speed for a reader, as in the other tables.
CLOSE = 1.05
JAX_NOTE = "JAX has streams of its own: its times have one wait for each batch in them."


def size(nbytes: float) -> str:
    """Spell a number of bytes as short as it goes."""
    for factor, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if nbytes >= factor:
            return f"{nbytes / factor:g} {unit}"
    return f"{nbytes:g} B"


def gpu_in_short(gpu: dict[str, Any]) -> str:
    """Name the GPU and its software in a line."""
    return (
        f"{gpu['name']}, {gpu['memory_bytes'] / 2**30:.0f} GiB, L2 cache "
        f"{gpu['l2_bytes'] / 2**20:.0f} MiB, driver for CUDA {gpu['driver']}, runtime "
        f"{gpu['runtime']}, CuPy {gpu['cupy']}"
    )


def all_sheets(comparison: Comparison) -> Iterator[Sheet]:
    """Yield every table of a run."""
    cells = [record for record in comparison.records if not record.form]
    for dtype in dict.fromkeys(record.dtype for record in cells):
        mine = [record for record in cells if record.dtype == dtype]
        yield _against_copy(mine, dtype)
        yield _against_peers(comparison, mine, dtype)
    yield from _launch(comparison)
    yield from _first_calls(comparison)


def _against_copy(records: Sequence[Record], dtype: str) -> Sheet:
    asked = sorted({record.figures["bytes"] for record in records})
    copies = [[r for r in records if r.peer == COPY and r.figures["bytes"] == b] for b in asked]
    rows: list[list[Cell | str]] = [["copy on the device", *map(_median_speed, copies)]]
    for function in dict.fromkeys(record.function for record in records):
        ours = {r.figures["bytes"]: r for r in records if (r.peer, r.function) == (OURS, function)}
        rows.append([function, *(_speed_and_share(ours.get(b)) for b in asked)])
    return Sheet(
        f"elufast, {dtype}: GB/s (as a share of the copy), by the bytes that a call moves",
        ["", *map(size, asked)],
        rows,
    )


def _median_speed(records: Sequence[Record]) -> str:
    speeds = [record.gb_per_s for record in records if record.gb_per_s is not None]
    return significant(median(speeds) if speeds else None)


def _speed_and_share(record: Record | None) -> Cell | str:
    if record is None or record.status != "measured":
        return _without_number(record)
    share = record.figures.get("to_copy")
    return Cell(
        f"{significant(record.gb_per_s)} ({times(share)})", BAD if _is_short(record) else ""
    )


def _without_number(record: Record | None) -> Cell | str:
    if record is None or record.status == "unsupported":
        return "-"
    return Cell(record.status, BAD)


def _is_short(record: Record) -> bool:
    """Whether a large array is moved slower than it has to be."""
    share = record.figures.get("to_copy")
    return share is not None and share < SHARE and record.figures["bytes"] >= LARGE


def _against_peers(comparison: Comparison, records: Sequence[Record], dtype: str) -> Sheet:
    """The largest arrays, where the bandwidth is all that counts."""
    largest = max(record.figures["bytes"] for record in records)
    records = [record for record in records if record.figures["bytes"] == largest]
    peers = list(dict.fromkeys(record.peer for record in records))
    rows: list[list[Cell | str]] = []
    for function in dict.fromkeys(record.function for record in records):
        found = {record.peer: record for record in records if record.function == function}
        rows.append([function, *(_speed(found.get(peer)) for peer in peers)])
    return Sheet(
        f"{dtype}, {size(largest)}: GB/s",
        ["", *map(comparison.label, peers)],
        rows,
        JAX_NOTE if "jax" in peers else "",
    )


def _speed(record: Record | None) -> Cell | str:
    if record is None or record.status != "measured" or record.ratio_to_best is None:
        return _without_number(record)
    best = record.ratio_to_best <= CLOSE and record.peer != COPY
    return Cell(significant(record.gb_per_s), BEST if best else "")


def _launch(comparison: Comparison) -> Iterator[Sheet]:
    found = [record for record in comparison.records if record.form == LAUNCH]
    if not found:
        return
    rows: list[list[Cell | str]] = [
        [
            f"elufast.{record.function}(x, out=y)" if record.peer == OURS else f"{EXP}(x, out=y)",
            significant(record.figures.get("host_microseconds")),
            times(record.figures.get("to_exp")),
        ]
        if record.status == "measured"
        else [record.peer, Cell(record.status, BAD), "-"]
        for record in found
    ]
    title = f"A call for {found[0].n:,} elements of float32: the time of the host"
    yield Sheet(title, ["", "microseconds", f"to {EXP}"], rows)


def _first_calls(comparison: Comparison) -> Iterator[Sheet]:
    found = [record for record in comparison.records if record.form in (FIRST, SECOND)]
    rows: list[list[Cell | str]] = [
        [
            f"{record.function} {record.dtype}, {_PROCESSES[record.form]}",
            significant(record.figures.get("first_milliseconds")),
            significant(record.figures.get("next_microseconds")),
        ]
        if record.status == "measured"
        else [
            f"{record.function} {record.dtype}, {_PROCESSES[record.form]}",
            Cell(record.status, BAD),
            "-",
        ]
        for record in found
    ]
    if rows:
        columns = ["", "first call, milliseconds", "next call, microseconds"]
        yield Sheet("The first call in a process, until its result is there", columns, rows)


_PROCESSES = {FIRST: "compiled", SECOND: "from CuPy's cache on disk"}


def verdict(comparison: Comparison) -> list[str]:
    """Return what is slower than it should be: large cells by the copy, all by the peers."""
    return [*_short_cells(comparison), *_lost_cells(comparison)]


def _short_cells(comparison: Comparison) -> Iterator[str]:
    large = [
        record
        for record in comparison.find(peer=OURS, form="")
        if record.figures["bytes"] >= LARGE and "to_copy" in record.figures
    ]
    title = f"Below {SHARE:.0%} of the copy at {size(LARGE)} and above"
    short = sorted(filter(_is_short, large), key=lambda record: record.figures["to_copy"])
    yield _heading(title, len(short), len(large))
    for record in short:
        share, speed = record.figures["to_copy"], significant(record.gb_per_s)
        yield f"  {_place(record)}: {share:.1%} of the copy, {speed} GB/s"


def _lost_cells(comparison: Comparison) -> Iterator[str]:
    cells = []
    for records in _cells(comparison):
        ours = [record for record in records if record.peer == OURS]
        rivals = [record for record in records if record.peer not in (OURS, COPY)]
        if ours and rivals:
            rival = min(rivals, key=_ns)
            cells.append((_ns(ours[0]) / _ns(rival), ours[0], rival))
    lost = sorted((cell for cell in cells if cell[0] > CLOSE), key=lambda cell: -cell[0])
    yield _heading(f"Slower than a peer by more than {CLOSE - 1:.0%}", len(lost), len(cells))
    for ratio, ours, rival in lost:
        yield f"  {_place(ours)}: {ratio:.3f} times the time of {comparison.label(rival.peer)}"


def _cells(comparison: Comparison) -> Iterator[list[Record]]:
    found: dict[tuple[Any, ...], list[Record]] = {}
    for record in comparison.find(form=""):
        key = (record.function, record.dtype, record.figures["bytes"])
        found.setdefault(key, []).append(record)
    yield from found.values()


def _heading(title: str, count: int, total: int) -> str:
    if not total:
        return f"{title}: nothing to judge by was measured"
    return f"{title}: {count or 'none'} of {total} cells{':' if count else ''}"


def _ns(record: Record) -> float:
    assert record.ns_per_element is not None
    return record.ns_per_element


def _place(record: Record) -> str:
    return f"{record.function} {record.dtype}, {size(record.figures['bytes'])}"


def markdown(comparison: Comparison) -> str:
    """Return all tables, the verdict, and below what they were measured on."""
    machine, settings = comparison.machine, comparison.settings
    versions = ", ".join(f"{s.label} {s.version}" for s in comparison.ran() if s.version)
    absent = "; ".join(f"{s.label}: {s.reason}" for s in comparison.peers if s.reason)
    source = f"{in_short(machine)}; {machine['date'][:10]}; `{settings['command']}`"
    lines = "\n".join(f"- {line.strip()}" for line in verdict(comparison))
    left_out = "\n".join(f"- left out, for want of memory: {s}" for s in settings["left_out"])
    stopped = f"Stopped early at {settings['stopped']}." if settings["stopped"] else ""
    parts = [
        sheets.markdown(all_sheets(comparison)),
        lines,
        left_out,
        stopped,
        f"{gpu_in_short(machine['gpu'])}. {source}. {versions}.",
        f"Without: {absent}." if absent else "",
    ]
    return "\n\n".join(part for part in parts if part)
