"""One piece of the walk, and all of them in a pool of processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

import numpy as np
from comparison.cases import ROW_OF

from .expected import Exact
from .inputs import from_patterns, gradients, hard_places, patterns
from .statistics import Statistics

Array = np.ndarray[Any, Any]
Key = tuple[str, str, tuple[tuple[str, float], ...]]

# Elements that go through all functions while they are still in the cache.
CHUNK = 1 << 14
# mpmath is slow: a task of this many inputs takes about a second.
MPMATH_INPUTS_PER_TASK = 2_000


@dataclass(frozen=True)
class Task:
    """Functions with one set of parameters (overrides of the defaults) on some inputs."""

    functions: tuple[str, ...]
    dtype: str
    parameters: tuple[tuple[str, float], ...]
    make: Callable[..., Array]
    arguments: tuple[Any, ...]

    def inputs(self) -> Array:
        return self.make(*self.arguments)


def tasks(
    functions: Sequence[str],
    dtype: str,
    parameters: dict[str, float],
    stride: int,
    mpmath_inputs: int,
) -> list[Task]:
    """Return the tasks that walk a type."""
    fixed = (tuple(functions), dtype, tuple(parameters.items()))
    if dtype == "float64":
        parts = max(1, mpmath_inputs // MPMATH_INPUTS_PER_TASK)
        size = min(mpmath_inputs, MPMATH_INPUTS_PER_TASK)
        return [Task(*fixed, hard_places, (size, part)) for part in range(parts)]
    return [Task(*fixed, from_patterns, piece) for piece in patterns(dtype, stride)]


def run(todo: Sequence[Task], processes: int, advance: Callable[[], None]) -> dict[Key, Statistics]:
    """Do all tasks; return the statistics of every (function, dtype, parameters)."""
    results: dict[Key, Statistics] = {}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_one_thread) as pool:
        for future in as_completed([pool.submit(do, task) for task in todo]):
            for key, statistics in future.result().items():
                results.setdefault(key, Statistics()).merge(statistics)
            advance()
    return results


def do(task: Task) -> dict[Key, Statistics]:
    """Do one task."""
    results = {(f, task.dtype, task.parameters): Statistics() for f in task.functions}
    x = task.inputs()
    with np.errstate(all="ignore"):
        for start in range(0, x.size, CHUNK):
            _chunk(task, x[start : start + CHUNK], start, results.items())
    return results


def _chunk(task: Task, x: Array, start: int, results: Iterable[tuple[Key, Statistics]]) -> None:
    import elufast

    grad = gradients(x, int(x[:1].view(f"u{x.itemsize}")[0]) + start)
    exact = Exact(x, grad)
    for (function, _, _), statistics in results:
        row = ROW_OF[function]
        given = {**row.parameters, **dict(task.parameters)}
        parameters = [x.dtype.type(given[name]) for name in row.parameters]
        data = (grad, x) if len(row.data) == 2 else (x,)
        # The defaults are left out of the call: there they may have code of their own.
        actual = getattr(elufast, function)(*data, *(parameters if task.parameters else ()))
        outputs = actual if isinstance(actual, tuple) else (actual,)
        for error, bounded in exact.errors(row, parameters, outputs):
            statistics.add(error, x, bounded)


def _one_thread() -> None:
    import elufast

    elufast.set_num_threads(1)
