"""Ways to call: what a study compares beyond functions, types and sizes.

A study with forms says in `prepare` what a peer's process calls; the arrays are laid out in that
process, for a layout does not survive the way there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection
from statistics import median
from typing import Any

import numpy as np

from .cases import Case
from .data import Inputs, arguments
from .peers.base import Array, Prepared
from .processes import PeerFailure
from .results import Record, median_speed
from .rounds import interleave
from .timing import Team
from .worker import Session, serve

Key = tuple[str, str]
"""The peer and the form."""
Forms = dict[Key, list[Prepared]]


class FormSession(Session):
    """A session that keeps several forms prepared, and times one at a time."""

    def __init__(self, peer: str) -> None:
        super().__init__(peer)
        self._forms: Forms = {}
        self._latest: dict[Key, float] = {}

    def prepare_forms(
        self,
        study: str,
        function: str,
        batches: tuple[Array, ...],
        parameters: Mapping[str, float],
    ) -> list[Key]:
        """Prepare all forms of a study; return their names."""
        prepare = import_module(f"{__package__}.studies.{study}").prepare
        self._forms = prepare(self._peer, function, batches, parameters)
        for key in self._forms:
            self._take(key)
            self._latest[key] = self._pass()
        return list(self._forms)

    def _take(self, key: Key) -> None:
        self._slots = self._forms[key]
        self._latest_pass = self._latest.get(key, 0.0)

    def turn_of(self, key: Key) -> float:
        """Return the seconds of one call in this form."""
        self._take(key)
        seconds = self.turn()
        self._latest[key] = self._latest_pass
        return seconds

    def results_of(self, key: Key) -> Array:
        """Return the first output of the first row, as it is."""
        return np.asarray(self._forms[key][0].outputs()[0])

    def release(self) -> None:
        super().release()
        self._forms = {}


def serve_forms(connection: Connection, peer: str) -> None:
    """Be the process of a peer in a study with forms."""
    serve(connection, peer, FormSession)


def measure_forms(
    team: Team,
    study: str,
    case: Case,
    data: Inputs,
    rounds: int,
    after_round: Callable[[], None],
) -> list[Record]:
    """Time every form of every peer of the team, in the same rounds."""
    batches = arguments(case.row.data, data, case.function.partition("_")[0])
    failures: dict[str, str] = {}
    details = (study, case.function, batches, case.row.parameters)
    keys = team.ask_all(team.members, failures, "prepare_forms", *details)
    turns = {
        (host, peer, form): partial(team.ask, host, "turn_of", (peer, form))
        for host, mine in keys.items()
        for peer, form in mine
    }
    answers, failed = interleave(turns, rounds, after_round, threads=case.threads)
    team.ask_all(list(keys), failures, "release")
    records = [
        _record(case, (peer, form), samples, failed.get((host, peer, form)))
        for (host, peer, form), samples in answers.items()
    ]
    return records + [_failed(case, peer, "", reason) for peer, reason in failures.items()]


def _record(case: Case, key: Key, samples: Sequence[float], failure: PeerFailure | None) -> Record:
    if failure is not None:
        return _failed(case, *key, str(failure))
    peer, form = key
    record = _blank(case, peer, form, "measured")
    record.seconds = list(samples)
    record.ns_per_element = median_speed(record)
    return record


def _failed(case: Case, peer: str, form: str, reason: str) -> Record:
    record = _blank(case, peer, form, "failed")
    record.reason = reason
    return record


def _blank(case: Case, peer: str, form: str, status: str) -> Record:
    return Record(case.function, case.dtype, case.n, case.threads, peer, status, form=form)


def add_ratio(records: Sequence[Record], name: str, base_of: Callable[[Record], Any]) -> None:
    """Put into `figures` the time of each record as a ratio to that of its base, if there is one.

    `base_of` gives the key of a record's base, as `key_of` gives the key of any record.
    """
    found = {key_of(record): record for record in records if record.status == "measured"}
    for record in found.values():
        base = found.get(base_of(record))
        if base is not None and base.ns_per_element and record.ns_per_element:
            record.figures[name] = record.ns_per_element / base.ns_per_element


def add_ratio_of_rounds(
    records: Sequence[Record], name: str, base_of: Callable[[Record], Any]
) -> None:
    """As `add_ratio`, but the median of the ratios that single rounds have.

    For calls that wander by a third while the rounds go on: those of one round meet the same.
    """
    found = {key_of(record): record for record in records if record.status == "measured"}
    for record in found.values():
        base = found.get(base_of(record))
        if base is not None:
            rounds = zip(record.seconds, base.seconds, strict=False)
            record.figures[name] = median(mine / others for mine, others in rounds)


def key_of(record: Record, **changes: Any) -> tuple[Any, ...]:
    """Return what tells one record of a study from the others, with some of it changed."""
    names = ("function", "dtype", "n", "threads", "peer", "form")
    return tuple(changes.get(name, getattr(record, name)) for name in names)
