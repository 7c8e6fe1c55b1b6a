"""The course of it all: who takes part, measuring with a progress bar, showing, saving."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from comparison import machine, table
from comparison.results import Comparison, PeerState, Record, save, state_of
from comparison.run import BUSY, BUSY_WARNING, file_or_terminal
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from . import calls, report
from .device import Device
from .measure import measure_all, reason_of
from .options import Options
from .peers import GpuPeer, LeftOut, taking_part
from .plan import Cell, cells

# Pairs of fresh processes for each type.
PAIRS, QUICK_PAIRS = 3, 1


def run(options: Options, command: str) -> int:
    """Measure, show and save; return 0 if nothing failed."""
    console = file_or_terminal()
    load, started = machine.load(), time.monotonic()
    device = Device()
    peers, states = start(taking_part(options.peers))
    plan = cells(options.functions, options.types, options.bytes)
    about = {**machine.describe(), "gpu": device.describe()}
    records, left_out, stopped = _measure(device, plan, peers, options.rounds, console)
    console.print("launches and first calls", style="dim")
    if not stopped:
        try:
            records += calls.measure_launches(device, calls.launches(), options.rounds)
        except Exception as error:
            stopped = f"the launches: {reason_of(error)}"
    records += calls.measure_first_calls(
        options.functions[0], options.types, QUICK_PAIRS if options.quick else PAIRS
    )
    settings = {
        "study": report.STUDY,
        "command": command,
        "rounds": options.rounds,
        "left_out": left_out,
        "stopped": stopped,
        "load_before": round(load, 2),
        "seconds": round(time.monotonic() - started, 1),
    }
    comparison = Comparison(about, settings, states, records)
    show(comparison, console)
    options.folder.mkdir(parents=True, exist_ok=True)
    path = save(comparison, options.folder, options.file_name)
    console.print(f"{settings['seconds']:.0f} s. Written: {path}", soft_wrap=True, highlight=False)
    if load > BUSY:
        console.print(BUSY_WARNING.format(load), style="yellow")
    return 1 if stopped or comparison.failures() else 0


def start(peers: Sequence[GpuPeer]) -> tuple[list[GpuPeer], list[PeerState]]:
    """Return the peers that can take part, and the state of all."""
    present, states = [], []
    for peer in peers:
        state = state_of(peer)
        states.append(state)
        if state.status == "ran":
            try:
                peer.begin()
                state.version = peer.version()
                present.append(peer)
            except LeftOut as error:
                state.status, state.reason = "left out", str(error)
            except Exception as error:
                state.status, state.reason = "failed", reason_of(error)
    return present, [*states, PeerState(calls.EXP, "cupy.exp", "ran", yardstick=False)]


def _measure(
    device: Any, plan: Sequence[Cell], peers: Sequence[GpuPeer], rounds: int, console: Console
) -> tuple[list[Record], list[str], str]:
    # No refresh thread: the display must not run while a peer is timed.
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=console, auto_refresh=False, transient=True
    ) as progress:
        task = progress.add_task("starting", total=len(plan))

        def step(cell: Cell) -> None:
            text = f"{cell.function} {cell.dtype} {report.size(cell.bytes)}"
            progress.update(task, advance=1, description=text, refresh=True)

        return measure_all(device, plan, peers, rounds, step)


def show(comparison: Comparison, console: Console) -> None:
    """Print the machine, the peers, all tables, and the verdict."""
    console.print(report.gpu_in_short(comparison.machine["gpu"]), style="dim", highlight=False)
    table.show(comparison, console, report.all_sheets(comparison))
    for line in comparison.settings["left_out"]:
        console.print(f"left out, for want of memory: {line}", style="yellow", highlight=False)
    if stopped := comparison.settings["stopped"]:
        console.print(f"stopped early at {stopped}", style="red", highlight=False)
    for line in report.verdict(comparison):
        console.print(line, highlight=False)
