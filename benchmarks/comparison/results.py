"""The outcome of a comparison: plain records, what follows from them, and the JSON file."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from .cases import Case
from .peers import all_peers
from .peers.base import Peer

FILE_NAME = "comparison.json"
DIGITS = 6


@dataclass
class Record:
    """One peer in one cell. `status` is measured, unsupported or failed."""

    function: str
    dtype: str
    n: int
    threads: int
    peer: str
    status: str
    reason: str | None = None
    seconds: list[float] = field(default_factory=list)
    ns_per_element: float | None = None
    ratio_to_best: float | None = None
    gb_per_s: float | None = None
    max_ulp: float | None = None
    ulp_elements: int | None = None
    ulp_reference: str | None = None
    form: str = ""
    """How it was called, in the studies of that; "" is the plain way."""
    figures: dict[str, float] = field(default_factory=dict)
    """What else a study found."""


@dataclass
class PeerState:
    """Whether a peer took part. `status` is ran, missing, left out or failed."""

    name: str
    label: str
    status: str
    version: str | None = None
    reason: str | None = None
    threaded: bool = True
    yardstick: bool = False


def state_of(peer: Peer) -> PeerState:
    """Return whether a peer can take part, before it has."""
    reason = peer.why_missing()
    return PeerState(
        peer.name,
        peer.label,
        "missing" if reason else "ran",
        reason=reason,
        threaded=peer.threaded,
        yardstick=peer.yardstick,
    )


@dataclass
class Comparison:
    """Everything a table, a chart or a reader needs."""

    machine: dict[str, Any]
    settings: dict[str, Any]
    peers: list[PeerState]
    records: list[Record]

    def label(self, peer: str) -> str:
        return next(state.label for state in self.peers if state.name == peer)

    def ran(self) -> list[PeerState]:
        """Return the peers with at least one measurement."""
        measured = {record.peer for record in self.records if record.status == "measured"}
        return [state for state in self.peers if state.name in measured]

    def find(self, **keys: Any) -> list[Record]:
        """Return the measured records whose fields equal `keys`."""
        return [
            record
            for record in self.records
            if record.status == "measured"
            and all(getattr(record, key) == value for key, value in keys.items())
        ]

    def values(self, key: str) -> list[Any]:
        """Return the distinct values of a field, in the order of the records."""
        return list(dict.fromkeys(getattr(record, key) for record in self.records))

    def groups(self, *keys: str) -> dict[tuple[Any, ...], list[Record]]:
        """Return the measured records by the values of fields."""
        return grouped(self.find(), *keys)

    def failures(self) -> list[str]:
        """Return one line per peer that failed to start and per failed measurement."""
        started = [f"{s.label}: {s.reason}" for s in self.peers if s.status == "failed"]
        return started + [
            f"{self.label(r.peer)}, {' '.join(filter(None, (r.function, r.form)))} {r.dtype} "
            f"n={r.n:,}, {threads(r.threads)}: {r.reason}"
            for r in self.records
            if r.status == "failed"
        ]


def grouped(records: Iterable[Record], *keys: str) -> dict[tuple[Any, ...], list[Record]]:
    """Return records by the values of fields, in the order of the records."""
    found: dict[tuple[Any, ...], list[Record]] = {}
    for record in records:
        found.setdefault(tuple(getattr(record, key) for key in keys), []).append(record)
    return found


def threads(count: int) -> str:
    """Spell a number of threads."""
    return f"{count} thread" if count == 1 else f"{count} threads"


def median_speed(record: Record) -> float:
    """Return the nanoseconds per element that the samples amount to."""
    return median(record.seconds) / record.n * 1e9


def summarise(case: Case, records: Iterable[Record]) -> None:
    """Fill in what follows from the samples of one case."""
    yardsticks = {name for name, peer in all_peers().items() if peer.yardstick}
    measured = [record for record in records if record.status == "measured"]
    medians = {record.peer: median(record.seconds) for record in measured}
    best = min((s for peer, s in medians.items() if peer not in yardsticks), default=math.nan)
    for record in measured:
        seconds = medians[record.peer]
        record.ns_per_element = median_speed(record)
        record.ratio_to_best = seconds / best
        # A yardstick moves one array in and one out, whatever the function does.
        moved = 2 * case.bytes_per_array if record.peer in yardsticks else case.bytes_moved
        record.gb_per_s = moved / seconds / 1e9


def save(comparison: Comparison, folder: Path, name: str = FILE_NAME) -> Path:
    """Write the JSON file into `folder`."""
    path = folder / name
    path.write_text(json_by_lines(_plain(asdict(comparison)), "records"), encoding="utf-8")
    return path


def json_by_lines(content: dict[str, Any], key: str) -> str:
    """Return JSON that has each item of `content[key]` on a line of its own."""
    rest = {name: value for name, value in content.items() if name != key}
    head = json.dumps(rest, indent=1, allow_nan=False).removesuffix("\n}")
    items = ",\n".join(json.dumps(item, allow_nan=False) for item in content[key])
    return f'{head},\n "{key}": [\n{items}\n ]\n}}\n'


def load(path: Path) -> Comparison:
    """Read a JSON file that `save` wrote; a ValueError for any other file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        records = [Record(**record) for record in content["records"]]
        peers = [PeerState(**state) for state in content["peers"]]
        comparison = Comparison(content["machine"], content["settings"], peers, records)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} holds no comparison") from error
    for record in records:
        if record.max_ulp is not None:
            record.max_ulp = float(record.max_ulp)
    return comparison


def _plain(value: Any) -> Any:
    """Return what JSON can hold: no infinity (a NaN where a number belongs is an infinite error),
    but its name; and no more digits than are worth anything."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value
