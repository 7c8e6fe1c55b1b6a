"""The course of a comparison: who takes part, measuring with a progress bar, showing, saving."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from . import chart, machine, table
from .cases import Case, cases
from .options import Options
from .peers import all_peers
from .results import Comparison, PeerState, Record, save, state_of, threads
from .timing import Team, measure_all

FILE_WIDTH = 120
BUSY = 0.5
BUSY_WARNING = (
    "The load of the machine was {:.1f} before the comparison began: other programs take part in "
    "these numbers, most of all in those with all threads."
)


def run(options: Options, command: str) -> int:
    """Measure, show and save; return 0 if nothing failed."""
    console = file_or_terminal()
    states = [state_of(all_peers()[name]) for name in options.peers]
    present = [state for state in states if state.status != "missing"]
    if all(state.yardstick for state in present):
        for state in states:
            console.print(f"{state.label}: {state.reason or 'only a yardstick'}")
        console.print("compare.py: there is no peer to measure", style="bold red")
        return 2
    load = machine.load()
    started = time.monotonic()
    records = _measure(options, present, console)
    settings = {
        "command": command,
        "rounds": options.rounds,
        "load_before": round(load, 2),
        "seconds": round(time.monotonic() - started, 1),
    }
    comparison = Comparison(machine.describe(), settings, states, records)
    table.show(comparison, console)
    _save(comparison, options, console)
    if load > BUSY:
        console.print(BUSY_WARNING.format(load), style="yellow")
    return 1 if comparison.failures() else 0


def file_or_terminal() -> Console:
    console = Console()
    # A file or a pipe has no width of its own; the tables want this one.
    return console if console.is_terminal else Console(width=FILE_WIDTH)


def _measure(options: Options, states: Sequence[PeerState], console: Console) -> list[Record]:
    plan = {count: cases(options.functions, options.sizes, count) for count in options.threads}
    total = sum(map(len, plan.values())) * options.rounds
    # No refresh thread: the display must not run while a peer is timed.
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    records: list[Record] = []
    with Progress(
        *columns, TimeRemainingColumn(), console=console, auto_refresh=False, transient=True
    ) as progress:
        task = progress.add_task("", total=total)

        def show(case: Case) -> None:
            text = f"{case.function} {case.dtype} {case.n:,}, {threads(case.threads)}"
            progress.update(task, advance=1, description=text, refresh=True)

        for count, team_cases in plan.items():
            progress.update(task, description=f"starting, {threads(count)}", refresh=True)
            records += _measure_team(states, count, team_cases, options.rounds, show)
    return records


def _measure_team(
    states: Sequence[PeerState],
    count: int,
    team_cases: Sequence[Case],
    rounds: int,
    show: Callable[[Case], None],
) -> list[Record]:
    team = Team([state.name for state in states], count)
    try:
        for state in states:
            state.version = team.versions.get(state.name, state.version)
            if state.name in team.failures:
                state.status, state.reason = "failed", team.failures[state.name]
        return measure_all(team, team_cases, rounds, show)
    finally:
        team.stop()


def _save(comparison: Comparison, options: Options, console: Console) -> None:
    options.output.mkdir(parents=True, exist_ok=True)
    files = [save(comparison, options.output), *chart.save_all(comparison, options.output)]
    console.print(
        f"{comparison.settings['seconds']:.0f} s. Written: {', '.join(map(str, files))}",
        soft_wrap=True,
        highlight=False,
    )
