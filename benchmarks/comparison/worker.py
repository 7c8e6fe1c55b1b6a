"""The process a peer runs in: it does as the parent asks, one request at a time.

Every peer has a process of its own, so that no two libraries share a thread pool (PyTorch and
elufast would share libgomp), an environment variable or a crash.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from itertools import cycle, islice
from multiprocessing.connection import Connection
from statistics import median
from time import perf_counter, perf_counter_ns
from typing import Any

import numpy as np

from .peers import all_peers
from .peers.base import Array, Prepared

# Long enough for the clock and for many passes; short enough to come round again before the
# machine's mood changes.
TURN_SECONDS = 0.003
# Long enough to fill the caches.
WARM_UP_SECONDS = 0.001
# Threads that have slept may wake up on one CPU; it takes the scheduler so long to part them.
THREADED_WARM_UP_SECONDS = 0.030
# Where the system happens to have put the pages of arrays that just about fit a cache, they may be
# in each other's way there for as long as they stay, which no other peer's do. So everybody has new
# memory after so many turns; not for larger arrays, nor where binding a computation to it takes
# longer than that.
TURNS_IN_A_PLACE = 3
LARGEST_MOVED_BYTES = 4 * 2**20
LONGEST_BINDING_SECONDS = 0.1
# A layer of a small network, some milliseconds on one CPU.
FACTORS = ((256, 512), (512, 1024))


def _nothing() -> None:
    pass


class Session:
    """The requests a parent may make. Every public method is one."""

    def __init__(self, peer: str) -> None:
        self._peer = all_peers()[peer]
        self._slots: list[Prepared] = []
        self._bind: Callable[[], list[Prepared]] | None = None
        self._left: list[list[Prepared]] = []
        self._turns = 0
        self._latest_pass = 0.0
        self._warm_up_seconds = WARM_UP_SECONDS

    def start(self, threads: int) -> str:
        """Import the library; return its version."""
        if threads > 1 and self._peer.threaded:
            self._warm_up_seconds = THREADED_WARM_UP_SECONDS
        self._peer.start(threads)
        return self._peer.version()

    def prepare(
        self, function: str, batches: tuple[Array, ...], parameters: Mapping[str, float]
    ) -> None:
        """Bind the function to every row of the inputs, and call each once (it may compile)."""

        def bind() -> list[Prepared]:
            mine = [array.copy() for array in batches]
            return [
                self._peer.prepare(function, row, parameters) for row in zip(*mine, strict=True)
            ]

        self._slots = bind()
        self._latest_pass = self._pass()
        self._turns = 0
        self._bind = bind if max(a.nbytes for a in batches) <= LARGEST_MOVED_BYTES else None

    def _move(self) -> None:
        """Bind the computation to new memory; what it had is kept, lest it be given out again."""
        if self._bind is None:
            return
        start = perf_counter()
        self._left.append(self._slots)
        self._slots = self._bind()
        self._latest_pass = self._pass()
        if perf_counter() - start > LONGEST_BINDING_SECONDS:
            self._bind = None

    def turn(self) -> float:
        """Return the seconds of one call, from the median of the passes of a turn.

        A pass is one call for every row. What is slower than turn and warm-up needs no warming up.
        """
        if self._turns > 0 and self._turns % TURNS_IN_A_PLACE == 0:
            self._move()
        self._turns += 1
        gc.disable()
        try:
            if self._latest_pass < max(TURN_SECONDS, self._warm_up_seconds):
                self._passes(self._warm_up_seconds)
            passes = self._passes(TURN_SECONDS)
        finally:
            gc.enable()
        self._latest_pass = median(passes)
        return self._latest_pass / len(self._slots)

    def _passes(self, seconds: float) -> list[float]:
        """Make passes until they have taken long enough; return the seconds of each."""
        passes: list[float] = []
        end = perf_counter() + seconds
        while not passes or perf_counter() < end:
            passes.append(self._pass())
        return passes

    def _pass(self) -> float:
        calls = [slot.call for slot in self._slots]
        start = perf_counter()
        for call in calls:
            call()
        return perf_counter() - start

    def latencies(self, count: int) -> Array:
        """Return the nanoseconds of each of `count` calls, back to back, the rows in turn."""
        times = []
        self._passes(self._warm_up_seconds)
        gc.disable()
        try:
            for call in islice(cycle([slot.call for slot in self._slots]), count):
                before = perf_counter_ns()
                call()
                times.append(perf_counter_ns() - before)
        finally:
            gc.enable()
        return np.array(times)

    def between_products(self, count: int) -> Array:
        """Return the nanoseconds of products of NumPy and of a call after each, `count` times.

        Before that, as many products are computed with nothing between them, whose times come
        first, and before those as many that are not timed: NumPy's threads have slept.
        """
        times, calls = [], [slot.call for slot in self._slots]
        left, right = (np.full(shape, 1e-3, np.float32) for shape in FACTORS)
        product = np.empty((FACTORS[0][0], FACTORS[1][1]), np.float32)
        gc.disable()
        try:
            for call in [*[_nothing] * 2 * count, *islice(cycle(calls), count)]:
                start = perf_counter_ns()
                np.matmul(left, right, out=product)
                middle = perf_counter_ns()
                call()
                times.append((middle - start, perf_counter_ns() - middle))
        finally:
            gc.enable()
        return np.array(times[count:]).reshape(2, count, 2)

    def results(self, limit: int) -> tuple[Array, ...]:
        """Return the first `limit` elements of the results, all rows joined."""
        rows = [slot.outputs() for slot in self._slots]
        return tuple(np.concatenate(output)[:limit] for output in zip(*rows, strict=True))

    def release(self) -> None:
        """Let go of inputs and outputs."""
        self._slots, self._left, self._bind = [], [], None


def serve(
    connection: Connection, peer: str, make_session: Callable[[str], Session] = Session
) -> None:
    """Answer requests until the parent hangs up."""
    session = make_session(peer)
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
