"""The course of a comparison: who takes part, measuring with a progress bar, showing, saving."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from . import machine, table
from .bench import Bench
from .cases import Case
from .isa import why_left_out
from .memory import fitting
from .options import Options
from .peers import all_peers
from .results import Comparison, PeerState, Record, save, state_of, threads
from .verdict import all_cells

FILE_WIDTH = 120
BUSY = 0.5
BUSY_WARNING = (
    "The load of the machine was {:.1f} before the comparison began: other programs take part in "
    "these numbers, most of all in those with all threads."
)


def run(options: Options, command: str) -> int:
    """Measure, show and save; return 0 if nothing failed."""
    console = file_or_terminal()
    states = [_state(name, options.isa) for name in options.peers]
    present = [state for state in states if state.status == "ran"]
    if all(state.yardstick for state in present):
        for state in states:
            console.print(f"{state.label}: {state.reason or 'only a yardstick'}")
        console.print("compare.py: there is no peer to measure", style="bold red")
        return 2
    plan, left_out = _plan(options, len(present))
    load = machine.load()
    started = time.monotonic()
    records = _measure(options, present, plan, console)
    settings = {
        "study": options.study.name,
        "command": command,
        "rounds": options.rounds,
        "isa": options.isa,
        "left_out": left_out,
        "load_before": round(load, 2),
        "seconds": round(time.monotonic() - started, 1),
    }
    comparison = Comparison(machine.describe(), settings, states, records)
    sheets = all_cells(comparison) if options.ratios else options.study.sheets(comparison)
    table.show(comparison, console, sheets)
    for line in left_out:
        console.print(f"left out, for want of memory: {line}", style="yellow")
    _save(comparison, options, console)
    if load > BUSY:
        console.print(BUSY_WARNING.format(load), style="yellow")
    return 1 if comparison.failures() else 0


def _state(name: str, isa: str | None) -> PeerState:
    peer = all_peers()[name]
    state = state_of(peer)
    if state.status == "ran" and (reason := why_left_out(peer, isa)):
        state.status, state.reason = "left out", reason
    return state


def _plan(options: Options, peers: int) -> tuple[list[Case], list[str]]:
    study = options.study
    plan = study.plan(options.functions, options.sizes, options.threads)
    holders = study.holders(peers, len({case.threads for case in plan}))
    return fitting(plan, holders, machine.available_bytes())


def file_or_terminal() -> Console:
    console = Console()
    # A file or a pipe has no width of its own; the tables want this one.
    return console if console.is_terminal else Console(width=FILE_WIDTH)


def _measure(
    options: Options, states: Sequence[PeerState], plan: Sequence[Case], console: Console
) -> list[Record]:
    # No refresh thread: the display must not run while a peer is timed.
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=console, auto_refresh=False, transient=True
    ) as progress:
        task = progress.add_task("starting", total=options.study.steps(plan) * options.rounds)

        def show(case: Case) -> None:
            text = f"{case.function} {case.dtype} {case.n:,}, {threads(case.threads)}"
            progress.update(task, advance=1, description=text, refresh=True)

        return options.study.measure(Bench(states, options.rounds, options.isa, show), plan)


def _save(comparison: Comparison, options: Options, console: Console) -> None:
    options.output.mkdir(parents=True, exist_ok=True)
    study = options.study
    files = [
        save(comparison, options.output, study.file_name()),
        *study.draw(comparison, options.output),
    ]
    console.print(
        f"{comparison.settings['seconds']:.0f} s. Written: {', '.join(map(str, files))}",
        soft_wrap=True,
        highlight=False,
    )
