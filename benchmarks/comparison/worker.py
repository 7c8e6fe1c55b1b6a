"""The process a peer runs in: it does as the parent asks, one request at a time.

Every peer has a process of its own, so that no two libraries share a thread pool (PyTorch and
elufast would share libgomp), an environment variable or a crash.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from time import perf_counter
from typing import Any

import numpy as np

from .peers import all_peers
from .peers.base import Array, Prepared

# Long enough for the clock and for a thread pool to be awake; short enough to come round again
# before the machine's mood changes.
TURN_SECONDS = 0.004


class Session:
    """The requests a parent may make. Every public method is one."""

    def __init__(self, peer: str) -> None:
        self._peer = all_peers()[peer]
        self._slots: list[Prepared] = []
        self._passes = 1

    def start(self, threads: int) -> str:
        """Import the library; return its version."""
        self._peer.start(threads)
        return self._peer.version()

    def prepare(
        self, function: str, batches: tuple[Array, ...], parameters: Mapping[str, float]
    ) -> None:
        """Bind the function to every row of the inputs, and call each once (it may compile)."""
        self._slots = [
            self._peer.prepare(function, row, parameters) for row in zip(*batches, strict=True)
        ]
        _run([slot.call for slot in self._slots], 1)

    def calibrate(self) -> None:
        """Choose how many passes over the rows make a turn."""
        calls = [slot.call for slot in self._slots]
        _run(calls, 1)
        self._passes = max(1, round(TURN_SECONDS / _timed(calls, 1)))

    def turn(self) -> float:
        """Return the seconds of one call, the mean of a turn after half a turn of warming up."""
        calls = [slot.call for slot in self._slots]
        _run(calls, self._passes // 2)
        return _timed(calls, self._passes) / (self._passes * len(calls))

    def results(self, limit: int) -> tuple[Array, ...]:
        """Return the first `limit` elements of the results, all rows joined."""
        rows = [slot.outputs() for slot in self._slots]
        return tuple(np.concatenate(output)[:limit] for output in zip(*rows, strict=True))

    def release(self) -> None:
        """Let go of inputs and outputs."""
        self._slots = []


def _run(calls: list[Callable[[], object]], passes: int) -> None:
    for _ in range(passes):
        for call in calls:
            call()


def _timed(calls: list[Callable[[], object]], passes: int) -> float:
    gc.collect()
    gc.disable()
    try:
        start = perf_counter()
        _run(calls, passes)
        return perf_counter() - start
    finally:
        gc.enable()


def serve(connection: Connection, peer: str) -> None:
    """Answer requests until the parent hangs up."""
    session = Session(peer)
    while True:
        try:
            request, arguments = connection.recv()
        except EOFError:
            return
        connection.send(_answer(getattr(session, request), arguments))


def _answer(method: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[bool, Any]:
    """Return (True, result) or (False, the error in one line)."""
    try:
        return True, method(*arguments)
    except Exception as error:
        first_line = (str(error).strip().splitlines() or [""])[0]
        return False, f"{type(error).__name__}: {first_line}"[:200]
