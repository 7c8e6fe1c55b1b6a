"""One cell: everybody's result is checked once, and then they have turns in the same rounds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any

import numpy as np
from comparison.peers.base import Prepared
from comparison.processes import PeerFailure
from comparison.results import Record, median_speed
from comparison.rounds import interleave
from comparison.timing import FOLDERS

from . import checks
from .buffers import Sets, data, expected
from .device import Turn
from .peers import COPY, OURS, GpuPeer
from .plan import Cell, why_left_out

# The device waits at least so long, and at most, for the host to fill its queue.
LEAST_LEAD, MOST_LEAD = 50e-6, 0.1
LEAD_BY_HOST = 1.5
# A turn in which the host was too slow is repeated, with a longer lead.
TRIES = 4
LONGEST_REASON = 200


@contextmanager
def failing_as_peer() -> Iterator[None]:
    """Turn whatever a library raises into a reason: one line that names nobody's folders."""
    try:
        yield
    except PeerFailure:
        raise
    except Exception as error:
        raise PeerFailure(reason_of(error)) from error


def reason_of(error: Exception) -> str:
    """Return what an error says in its first line."""
    first = (str(error).strip().splitlines() or [""])[0]
    return FOLDERS.sub("", f"{type(error).__name__}: {first}")[:LONGEST_REASON].rstrip(": ")


class Contender:
    """A peer before one cell."""

    def __init__(self, device: Any, cell: Cell, sets: Sets, peer: GpuPeer) -> None:
        self.peer = peer
        self._device, self._cell, self._sets = device, cell, sets
        self._lead = 0.0
        self.turns: list[Turn] = []

    def bind(self, index: int) -> Prepared:
        if self.peer.name == COPY:
            source, target = self._sets.copied(index)
            return Prepared(self._device.copy(source, target), lambda: (target,))
        arrays = self._sets[index]
        parameters = self._cell.case.row.parameters
        return self.peer.bind(self._cell.function, arrays.inputs, arrays.outputs, parameters)

    def check(self) -> None:
        """Compute once, which also compiles, and compare."""
        self._sets.spoil(self._device)
        self._device.wait()
        with failing_as_peer():
            prepared = self.bind(0)
            prepared.call()
            self._finish()
            results = [self._device.to_host(array) for array in prepared.outputs()]
        complaint = self._complaint(results)
        if complaint:
            raise PeerFailure(complaint)

    def _complaint(self, results: Sequence[Any]) -> str | None:
        if self.peer.name == COPY:
            source = self._device.to_host(self._sets.copied(0)[0])
            return None if np.array_equal(results[0], source) else "it copied something else"
        inputs = data(self._cell.function, self._cell.dtype)
        return checks.complaint(self.peer.name == OURS, results, expected(self._cell), inputs)

    def _finish(self) -> None:
        if self.peer.finish is not None:
            self.peer.finish()
        self._device.wait()

    def warm_up(self) -> None:
        """Have a turn that does not count, and learn from it how slow the host is."""
        host = self._time().host
        self._lead = min(MOST_LEAD, max(LEAST_LEAD, LEAD_BY_HOST * host))

    def turn(self) -> float:
        """Return the seconds of one call."""
        with failing_as_peer():
            turn = self._time()
            for _ in range(TRIES - 1):
                if turn.filled or self.peer.finish is not None:
                    break
                self._lead = min(MOST_LEAD, 2 * self._lead)
                turn = self._time()
        self.turns.append(turn)
        return turn.device / self._cell.launches

    def _time(self) -> Turn:
        indices = self._sets.turn()
        calls = {index: self.bind(index).call for index in dict.fromkeys(indices)}
        return self._device.time([calls[i] for i in indices], self._lead, self.peer.finish)


def measure(
    device: Any,
    cell: Cell,
    peers: Sequence[GpuPeer],
    rounds: int,
) -> list[Record]:
    """Return a record for each peer."""
    sets = Sets(device, cell)
    records = {peer.name: _blank(cell, peer) for peer in peers}
    ready = []
    for peer in peers:
        if not peer.supports(cell.function, cell.dtype):
            continue
        contender = Contender(device, cell, sets, peer)
        try:
            contender.check()
            with failing_as_peer():
                contender.warm_up()
            ready.append(contender)
        except PeerFailure as failure:
            _fail(records[peer.name], failure)
    turns: dict[str, Callable[[], float]] = {each.peer.name: each.turn for each in ready}
    answers, failures = interleave(turns, rounds, lambda: None, enough_seconds=math.inf)
    for contender in ready:
        record = records[contender.peer.name]
        if contender.peer.name in failures:
            _fail(record, failures[contender.peer.name])
        else:
            _fill(record, cell, sets.count, contender, answers[contender.peer.name])
    add_ratios(list(records.values()))
    return list(records.values())


def _blank(cell: Cell, peer: GpuPeer) -> Record:
    # One thread of the host launches everything.
    return Record(
        cell.function,
        cell.dtype,
        cell.n,
        1,
        peer.name,
        "unsupported",
        figures={"bytes": cell.bytes, "bytes_moved": cell.bytes_moved},
    )


def _fail(record: Record, failure: PeerFailure) -> None:
    record.status, record.reason = "failed", str(failure)


def _fill(
    record: Record, cell: Cell, sets: int, contender: Contender, seconds: list[float]
) -> None:
    record.status, record.seconds = "measured", seconds
    record.ns_per_element = median_speed(record)
    record.gb_per_s = cell.bytes_moved / median(seconds) / 1e9
    turns = contender.turns
    record.figures |= {
        "sets": sets,
        "launches": cell.launches,
        "host_microseconds": median(turn.host for turn in turns) / cell.launches * 1e6,
        # The share of the turns whose time is the device's alone.
        "turns_filled": sum(turn.filled for turn in turns) / len(turns),
    }


def add_ratios(records: Sequence[Record]) -> None:
    """Put bandwidths as ratios to the copy's, and times as ratios to the best, into one cell's."""
    measured = [record for record in records if record.status == "measured"]
    speeds = {record.peer: record.gb_per_s or math.nan for record in measured}
    best = max((speed for peer, speed in speeds.items() if peer != COPY), default=math.nan)
    for record in measured:
        record.ratio_to_best = best / speeds[record.peer]
        if COPY in speeds:
            record.figures["to_copy"] = speeds[record.peer] / speeds[COPY]


def measure_all(
    device: Any,
    cells: Sequence[Cell],
    peers: Sequence[GpuPeer],
    rounds: int,
    step: Callable[[Cell], None],
) -> tuple[list[Record], list[str], str]:
    """Return the records of the cells that fit, and a line for each that does not.

    And why it stopped early, or nothing: one fault of a kernel's is the end of all that a process
    can do on a GPU, and what has been measured before is kept.
    """
    records: list[Record] = []
    left_out: list[str] = []
    for cell in cells:
        reason = None
        try:
            reason = why_left_out(cell, device.l2_bytes, device.free_bytes())
            if reason is None:
                records += measure(device, cell, peers, rounds)
        except MemoryError as error:  # what is free may be in pieces
            reason = f"{_name(cell)}: {reason_of(error)}"
        except Exception as error:
            records += _all_failed(cell, peers, error)
            if not _answers(device):
                return records, left_out, f"{_name(cell)}: {reason_of(error)}"
        if reason is not None:
            left_out.append(reason)
        step(cell)
    return records, left_out, ""


def _name(cell: Cell) -> str:
    return f"{cell.function} {cell.dtype} {cell.bytes:,} bytes"


def _all_failed(cell: Cell, peers: Sequence[GpuPeer], error: Exception) -> list[Record]:
    """What went wrong outside of anybody's turn is nobody's alone."""
    records = [_blank(cell, peer) for peer in peers]
    for record in records:
        _fail(record, PeerFailure(reason_of(error)))
    return records


def _answers(device: Any) -> bool:
    try:
        device.wait()
    except Exception:
        return False
    return True
