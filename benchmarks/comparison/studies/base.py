"""What a study must say, and what is the same for most."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..cases import ROW_OF, Case, cases
from ..machine import usable_cpus
from ..peers import all_peers
from ..results import Comparison, Record
from ..rounds import ENOUGH_SECONDS
from ..sheets import Sheet
from ..timing import measure_all, prepared, take_turns, with_data

if TYPE_CHECKING:
    from ..bench import Bench


@dataclass(frozen=True)
class Preset:
    """What is measured unless the command line says otherwise."""

    functions: tuple[str, ...]
    sizes: dict[str, tuple[int, ...]]
    rounds: int
    peers: tuple[str, ...] | None = None
    """None for all that the study takes."""
    threads: tuple[int, ...] | None = None
    """None for one, and all CPUs."""


class Study:
    """A question to the peers. The methods are the course of an answer."""

    name: ClassVar[str]
    """As given to --study, and the name of the study's files."""
    summary: ClassVar[str]
    preset: ClassVar[Preset]
    quick: ClassVar[Preset]
    fixed: ClassVar[tuple[str, ...]] = ()
    """Options that the study does not take."""

    def functions(self) -> tuple[str, ...]:
        """Return the functions that the study takes."""
        return tuple(ROW_OF)

    def peers(self) -> tuple[str, ...]:
        """Return the peers that the study takes."""
        return tuple(all_peers())

    def threads(self) -> tuple[int, ...]:
        return (1, usable_cpus())

    def plan(
        self,
        functions: Sequence[str],
        sizes: dict[str, tuple[int, ...]],
        threads: Sequence[int],
    ) -> list[Case]:
        """Return the cases in order, thread by thread."""
        return [case for count in threads for case in cases(functions, sizes, count)]

    def holders(self, peers: int, threads: int) -> int:
        """Return how many copies of a case's arrays there are at once."""
        return peers

    def steps(self, plan: Sequence[Case]) -> int:
        """Return how many cases have rounds of their own."""
        return len(plan)

    def measure(self, bench: Bench, plan: Sequence[Case]) -> list[Record]:
        records: list[Record] = []
        for count, mine in by_threads(plan):
            with bench.team(count) as team:
                records += measure_all(team, mine, bench.rounds, bench.step)
        return records

    def file_name(self) -> str:
        return f"{self.name}.json"

    def sheets(self, comparison: Comparison) -> Iterator[Sheet]:
        """Yield the tables, for the terminal and for Markdown."""
        raise NotImplementedError

    def draw(self, comparison: Comparison, folder: Path) -> list[Path]:
        """Draw the charts; return their files."""
        raise NotImplementedError


def threaded_peers() -> tuple[str, ...]:
    """Name the peers that compute with more than one thread."""
    return tuple(name for name, peer in all_peers().items() if peer.threaded)


def by_threads(plan: Sequence[Case]) -> list[tuple[int, list[Case]]]:
    """Split a plan by the number of threads, which a peer is told when it starts."""
    counts = dict.fromkeys(case.threads for case in plan)
    return [(count, [case for case in plan if case.threads == count]) for count in counts]


def ask_in_rounds(
    bench: Bench,
    plan: Sequence[Case],
    request: str,
    count: int,
    describe: Callable[[Record, list[Any]], None],
    rows: int | None = None,
    enough_seconds: float = ENOUGH_SECONDS,
) -> list[Record]:
    """Ask the peers for `count` of something in each round; `describe` sums up the answers."""
    records: list[Record] = []
    for threads, mine in by_threads(plan):
        with bench.team(threads) as team:
            for case, data in with_data(mine, rows):
                (seats,), _ = prepared([(team, case)], data)
                step = partial(bench.step, case)
                for record, answers in take_turns(
                    [seats], bench.rounds, step, request, count, enough_seconds=enough_seconds
                ):
                    describe(record, answers)
                records += seats.close()
    return records
