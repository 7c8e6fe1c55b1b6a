"""Measuring: teams of peers, each peer seated before a case, and rounds of turns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from .cases import Case
from .data import Inputs, arguments, inputs
from .errors import MAXIMUM_ELEMENTS, Reference
from .peers import all_peers
from .processes import PeerFailure, PeerProcess
from .results import Record, summarise
from .rounds import ENOUGH_SECONDS, interleave

# Results are published, and a message may name somebody's folders.
FOLDERS = re.compile(r"(?<![\w/])/(?:[^\s/'\"]+/)+")


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
        failures[peer] = FOLDERS.sub("", str(failure))


class Seats:
    """The peers of a team before one case: their records, and who has failed."""

    def __init__(self, team: Team, case: Case) -> None:
        self.team, self.case = team, case
        self.records = {
            peer: Record(case.function, case.dtype, case.n, case.threads, peer, "unsupported")
            for peer in team.members
        }
        self._able = [p for p in self.records if all_peers()[p].supports(case.function, case.dtype)]
        self._failures: dict[str, str] = {}

    def prepare(self, batches: tuple[Any, ...]) -> None:
        details = (self.case.function, batches, self.case.row.parameters)
        self.team.ask_all(self._able, self._failures, "prepare", *details)

    def turns(self, request: str, *details: Any) -> dict[tuple[Seats, str], Callable[[], Any]]:
        """Return what `interleave` calls, for every peer that is prepared."""
        return {(self, p): partial(self.team.ask, p, request, *details) for p in self._able_still()}

    def _able_still(self) -> list[str]:
        return [peer for peer in self._able if peer not in self._failures]

    def note(self, peer: str, answers: list[Any], failure: PeerFailure | None) -> bool:
        """Write down how a peer's turns went; return whether there is anything to sum up."""
        with _noting(self._failures, peer):
            if failure is not None:
                raise failure
        self.records[peer].status = "measured" if answers else "failed"
        return bool(answers)

    def judge(self, batches: tuple[Any, ...]) -> None:
        """Measure the errors of all but the yardsticks, which compute something else."""
        judged = [peer for peer in self._able_still() if not all_peers()[peer].yardstick]
        if not judged:
            return
        reference = Reference(self.case, batches)
        for peer in judged:
            record = self.records[peer]
            with _noting(self._failures, peer):
                results = self.team.ask(peer, "results", MAXIMUM_ELEMENTS)
                record.max_ulp = reference.max_ulp(results)
            record.ulp_elements = reference.elements
            record.ulp_reference = reference.arithmetic

    def close(self) -> list[Record]:
        """Let go of the arrays; return the records."""
        for peer, reason in self._failures.items():
            self.records[peer].status, self.records[peer].reason = "failed", reason
        self.team.ask_all(self._able_still(), self._failures, "release")
        return list(self.records.values())


def prepared(
    pairs: Sequence[tuple[Team, Case]], data: Inputs
) -> tuple[list[Seats], tuple[Any, ...]]:
    """Seat teams before cases of the same function, type and size; return the arrays, too."""
    case = pairs[0][1]
    batches = arguments(case.row.data, data, case.function.partition("_")[0])
    seats = [Seats(*pair) for pair in pairs]
    for each in seats:
        each.prepare(batches)
    return seats, batches


def take_turns(
    seats: Sequence[Seats],
    rounds: int,
    after_round: Callable[[], None],
    request: str = "turn",
    *details: Any,
    enough_seconds: float = ENOUGH_SECONDS,
) -> list[tuple[Record, list[Any]]]:
    """Let all the peers answer a request in rounds; return the answers beside the records."""
    turns = {key: turn for each in seats for key, turn in each.turns(request, *details).items()}
    most = max(each.case.threads for each in seats)
    answers, failures = interleave(turns, rounds, after_round, enough_seconds, most)
    return [
        (each.records[peer], answers[each, peer])
        for each, peer in turns
        if each.note(peer, answers[each, peer], failures.get((each, peer)))
    ]


def measure(
    team: Team, case: Case, data: Inputs, rounds: int, after_round: Callable[[], None]
) -> list[Record]:
    """Time and judge every peer of the team in one case."""
    return measure_together([(team, case)], data, rounds, after_round)


def measure_together(
    pairs: Sequence[tuple[Team, Case]],
    data: Inputs,
    rounds: int,
    after_round: Callable[[], None],
) -> list[Record]:
    """Time and judge teams, which take part in the same rounds, each in its case."""
    seats, batches = prepared(pairs, data)
    for record, samples in take_turns(seats, rounds, after_round):
        record.seconds = samples
    records: list[Record] = []
    for each in seats:
        each.judge(batches)
        mine = each.close()
        summarise(each.case, mine)
        records += mine
    return records


def measure_all(
    team: Team, team_cases: Sequence[Case], rounds: int, progress: Callable[[Case], None]
) -> list[Record]:
    """Measure cases in order."""
    return [
        record
        for case, data in with_data(team_cases)
        for record in measure(team, case, data, rounds, partial(progress, case))
    ]


def with_data(cases: Sequence[Case], rows: int | None = None) -> Iterator[tuple[Case, Inputs]]:
    """Yield every case with its data, made anew only when size or type change."""
    data: Inputs | None = None
    for case in cases:
        if data is None or (data.n, data.x.dtype.name) != (case.n, case.dtype):
            data = None  # two of the largest arrays at a time would be too many
            data = inputs(case.n, case.dtype, rows)
        yield case, data
