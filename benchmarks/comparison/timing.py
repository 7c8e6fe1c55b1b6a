"""Interleaved rounds: every peer has a short turn in each, so all meet the machine's same moods."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from time import perf_counter
from typing import Any

from .cases import Case
from .data import Inputs, arguments, inputs
from .errors import MAXIMUM_ELEMENTS, Reference
from .peers import all_peers
from .processes import PeerFailure, PeerProcess
from .results import Record, summarise

# A peer that has had this many turns and this much time in a case has shown what it can do.
ENOUGH_TURNS = 3
ENOUGH_SECONDS = 0.25


class Team:
    """The peers' processes for one number of threads."""

    def __init__(
        self,
        peers: Sequence[str],
        threads: int,
        make_process: Callable[[str], PeerProcess] = PeerProcess,
    ) -> None:
        self._processes = {peer: make_process(peer) for peer in peers}
        self.versions: dict[str, str] = {}
        self.failures: dict[str, str] = {}
        self.versions = self.ask_all(peers, self.failures, "start", threads)

    @property
    def members(self) -> list[str]:
        """The peers that started."""
        return list(self.versions)

    def ask(self, peer: str, request: str, *details: Any) -> Any:
        return self._processes[peer].ask(request, *details)

    def ask_all(
        self, peers: Sequence[str], failures: dict[str, str], request: str, *details: Any
    ) -> dict[str, Any]:
        """Ask peers at the same time; who fails is put into `failures`, with the reason."""
        for peer in peers:
            with _noting(failures, peer):
                self._processes[peer].send(request, *details)
        answers = {}
        for peer in peers:
            if peer not in failures:
                with _noting(failures, peer):
                    answers[peer] = self._processes[peer].receive()
        return answers

    def stop(self) -> None:
        for process in self._processes.values():
            process.stop()


@contextmanager
def _noting(failures: dict[str, str], peer: str) -> Iterator[None]:
    """Turn a peer's failure into a reason in `failures`: the others go on."""
    try:
        yield
    except PeerFailure as failure:
        failures[peer] = str(failure)


def measure(
    team: Team, case: Case, data: Inputs, rounds: int, after_round: Callable[[], None]
) -> list[Record]:
    """Time and judge every peer of the team in one case."""
    records = {peer: _record(case, peer) for peer in team.members}
    able = [peer for peer in records if all_peers()[peer].supports(case.function, case.dtype)]
    failures: dict[str, str] = {}
    batches = arguments(case.row.data, data, case.function.partition("_")[0])
    team.ask_all(able, failures, "prepare", case.function, batches, case.row.parameters)
    seconds = _rounds(team, [p for p in able if p not in failures], failures, rounds, after_round)
    for peer, samples in seconds.items():
        records[peer].status, records[peer].seconds = "measured", samples
    _judge(team, case, batches, [records[p] for p in seconds if p not in failures], failures)
    for peer, reason in failures.items():
        records[peer].status, records[peer].reason = "failed", reason
    team.ask_all([p for p in able if p not in failures], failures, "release")
    summarise(case, records.values())
    return list(records.values())


def _record(case: Case, peer: str) -> Record:
    return Record(case.function, case.dtype, case.n, case.threads, peer, "unsupported")


def _rounds(
    team: Team,
    peers: Sequence[str],
    failures: dict[str, str],
    rounds: int,
    after_round: Callable[[], None],
) -> dict[str, list[float]]:
    """Return the samples of every peer, in seconds per call."""
    samples: dict[str, list[float]] = {peer: [] for peer in peers}
    spent = dict.fromkeys(peers, 0.0)
    for number in range(rounds):
        # Nobody always comes after the same neighbour.
        start = number % max(1, len(peers))
        for peer in [*peers[start:], *peers[:start]]:
            taken = samples[peer]
            enough = len(taken) >= ENOUGH_TURNS and spent[peer] > ENOUGH_SECONDS
            if peer in failures or enough:
                continue
            before = perf_counter()
            with _noting(failures, peer):
                taken.append(team.ask(peer, "turn"))
            spent[peer] += perf_counter() - before
        after_round()
    return samples


def _judge(
    team: Team,
    case: Case,
    batches: tuple[Any, ...],
    records: Sequence[Record],
    failures: dict[str, str],
) -> None:
    """Measure the errors of all but the yardsticks, which compute something else."""
    judged = [record for record in records if not all_peers()[record.peer].yardstick]
    if not judged:
        return
    reference = Reference(case, batches)
    for record in judged:
        with _noting(failures, record.peer):
            results = team.ask(record.peer, "results", MAXIMUM_ELEMENTS)
            record.max_ulp = reference.max_ulp(results)
        record.ulp_elements = reference.elements
        record.ulp_reference = reference.arithmetic


def measure_all(
    team: Team, team_cases: Sequence[Case], rounds: int, progress: Callable[[Case], None]
) -> list[Record]:
    """Measure cases in order, making data only when size or type change."""
    records: list[Record] = []
    data: Inputs | None = None
    for case in team_cases:
        if data is None or (data.n, data.x.dtype.name) != (case.n, case.dtype):
            data = inputs(case.n, case.dtype)
        records += measure(team, case, data, rounds, partial(progress, case))
    return records
