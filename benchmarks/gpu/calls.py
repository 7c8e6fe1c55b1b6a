"""What a call costs the host, and what the first call of all costs, with and without a cache."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from comparison.processes import PeerFailure
from comparison.results import Record, median_speed
from comparison.rounds import interleave
from comparison.timing import FOLDERS

from .measure import failing_as_peer
from .peers import OURS

LAUNCH, FIRST, SECOND = "launch", "first process", "second process"
EXP = "cupy.exp"
ELEMENTS = 1_000
# As many as the queue of a GPU takes without making the host wait.
CALLS = 500
TIMEOUT_SECONDS = 300

PROGRAM = """
import json, sys, time
import ml_dtypes, numpy, cupy, elufast
from elufast._ufuncs import ROWS
name, dtype, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
row = {row.name: row for row in ROWS}[name]
inputs = [cupy.asarray(numpy.ones(n).astype(dtype)) for _ in row.data]
outs = tuple(cupy.empty(n, numpy.dtype(dtype)) for _ in range(row.nout))
out = outs[0] if row.nout == 1 else outs
def call():
    start = time.perf_counter()
    getattr(elufast, name)(*inputs, out=out)
    cupy.cuda.Device().synchronize()
    return time.perf_counter() - start
cupy.cuda.Device().synchronize()
print(json.dumps({"first": call(), "next": call()}))
"""


def launches() -> dict[str, Callable[[], object]]:
    """Return the calls to compare: both write to given arrays of CuPy's."""
    import cupy

    import elufast

    x = cupy.asarray(np.linspace(-1, 1, ELEMENTS, dtype=np.float32))
    y = cupy.empty_like(x)
    return {OURS: partial(elufast.elu, x, out=y), EXP: partial(cupy.exp, x, out=y)}


def measure_launches(
    device: Any, calls: Mapping[str, Callable[[], object]], rounds: int
) -> list[Record]:
    """Return the host's time for each call, many of them without waiting for the device."""

    def turn(call: Callable[[], object]) -> float:
        with failing_as_peer():
            return float(device.time([call] * CALLS).host) / CALLS

    turns = {name: partial(turn, call) for name, call in calls.items()}
    _, failures = interleave(turns, 1, lambda: None)  # compiles
    answers, later = interleave(
        {name: turn for name, turn in turns.items() if name not in failures},
        rounds,
        lambda: None,
        enough_seconds=math.inf,
    )
    failures |= later
    records = [
        _record("elu" if name == OURS else "exp", "float32", name, LAUNCH, answers.get(name, []))
        for name in calls
    ]
    for record in records:
        if record.peer in failures:
            _fail(record, failures[record.peer])
    _add_ratio(records)
    return records


def _add_ratio(records: Sequence[Record]) -> None:
    measured = {r.peer: median(r.seconds) for r in records if r.status == "measured"}
    for record in records:
        if record.peer in measured:
            record.figures["host_microseconds"] = measured[record.peer] * 1e6
            if EXP in measured:
                record.figures["to_exp"] = measured[record.peer] / measured[EXP]


def _record(function: str, dtype: str, peer: str, form: str, seconds: Sequence[float]) -> Record:
    status = "measured" if seconds else "failed"
    record = Record(function, dtype, ELEMENTS, 1, peer, status, form=form, seconds=[*seconds])
    if seconds:
        record.ns_per_element = median_speed(record)
    return record


def _fail(record: Record, failure: PeerFailure) -> None:
    record.status, record.reason, record.seconds = "failed", str(failure), []


def run_process(function: str, dtype: str, caches: Path) -> dict[str, float]:
    """Call a function in a fresh process that keeps compiled kernels in `caches`."""
    # The driver has a cache of its own.
    environment = {**os.environ, "CUPY_CACHE_DIR": str(caches / "cupy")}
    environment |= {"CUDA_CACHE_PATH": str(caches / "cuda"), "CUPY_CACHE_IN_MEMORY": "0"}
    # -P, so that the folder it is started in is not looked through.
    command = [sys.executable, "-P", "-c", PROGRAM, function, dtype, str(ELEMENTS)]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=TIMEOUT_SECONDS
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise PeerFailure(FOLDERS.sub("", last))
    content: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return content


def measure_first_calls(
    function: str,
    types: Sequence[str],
    repeats: int,
    process: Callable[[str, str, Path], dict[str, float]] = run_process,
) -> list[Record]:
    """Return for each type the first call of a process with an empty cache, and of the next."""
    records = []
    for dtype in types:
        runs: dict[str, list[dict[str, float]]] = {FIRST: [], SECOND: []}
        failure = None
        try:
            for _ in range(repeats):
                with tempfile.TemporaryDirectory(prefix="elufast-") as folder, failing_as_peer():
                    for form in runs:
                        runs[form].append(process(function, dtype, Path(folder)))
        except PeerFailure as error:
            failure = error
        records += [_first_call(function, dtype, form, runs[form], failure) for form in runs]
    return records


def _first_call(
    function: str,
    dtype: str,
    form: str,
    runs: Sequence[dict[str, float]],
    failure: PeerFailure | None,
) -> Record:
    record = _record(function, dtype, OURS, form, [run["first"] for run in runs])
    if failure is not None:
        _fail(record, failure)
    else:
        record.figures = {
            "first_milliseconds": median(record.seconds) * 1e3,
            "next_microseconds": median(run["next"] for run in runs) * 1e6,
        }
    return record
