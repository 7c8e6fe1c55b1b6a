"""What the constants of long loops rest on: costs, threads and their parts, streaming, lines of the
cache, places in a page, grads, late threads, fresh memory.

    python benchmarks/thresholds.py costs        ns per element: the table of elufast/_costs.c
    python benchmarks/thresholds.py parameters   given ones against the defaults
    python benchmarks/thresholds.py threads      two threads against one, by work for each
    python benchmarks/thresholds.py parts        taken in one piece against chunk by chunk
    python benchmarks/thresholds.py streaming    past the caches against through them
    python benchmarks/thresholds.py lines        arrays that begin inside a line against others
    python benchmarks/thresholds.py offsets      outputs that begin later in a page than inputs
    python benchmarks/thresholds.py grads        moderate ones against some that are not
    python benchmarks/thresholds.py tail         the slowest of many calls with two threads
    python benchmarks/thresholds.py pauses       two threads against one, where they sleep between
    python benchmarks/thresholds.py fresh        results without out=, against out= and NumPy

Medians; what is compared takes turns. Run it on a machine that does nothing else.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import ml_dtypes  # noqa: F401 -- NumPy knows bfloat16 by its name
import numpy as np

import elufast
from elufast import _ufuncs

NEVER = 2**62
TYPES = (*"efdg", "bfloat16")
BY_SHAPE = {  # the columns of functions.inc that tell the shapes apart
    "map": lambda row: len(row.data) == 1 and row.nout == 1,
    "pair": lambda row: row.nout == 2,
    "backward": lambda row: row.data == ("grad", "x"),
    "from output": lambda row: row.data == ("grad", "y"),
}


def medians(turns: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Nanoseconds of each, every one having one turn a round."""
    times: dict[str, list[int]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, turn in turns.items():
            start = time.perf_counter_ns()
            turn()
            times[name].append(time.perf_counter_ns() - start)
    return {name: float(np.median(taken)) for name, taken in times.items()}


def arrays(row: _ufuncs.Row, n: int, dtype: str) -> tuple[list[Any], tuple[Any, ...]]:
    generator = np.random.default_rng(1506)
    data = [generator.standard_normal(n).astype(dtype) for _ in row.data]
    return data, tuple(np.zeros(n, dtype) for _ in range(row.nout))


def tuned(turn: Callable[[], Any], **changes: float) -> Callable[[], Any]:
    before = _ufuncs.get_tuning()

    def run() -> None:
        _ufuncs.set_tuning(**{**before, **changes})
        turn()
        _ufuncs.set_tuning(**before)

    return run


def call(row: _ufuncs.Row, n: int, dtype: str, *alpha: float) -> Callable[[], Any]:
    data, out = arrays(row, n, dtype)
    return lambda: getattr(elufast, row.name)(*data, *alpha, out=out)


def awaken() -> None:
    """NumPy's own threads (OpenBLAS) are awake for 0.1 s after the import, and ours not yet."""
    time.sleep(0.2)
    x = np.zeros(1_000_000, np.float32)
    for _ in range(100):
        elufast.elu(x, out=x)


def study_costs() -> None:
    """The fastest function of each shape, less what an empty call takes, in the caches."""
    elufast.set_num_threads(1)
    for shape, belongs in BY_SHAPE.items():
        cells = []
        for dtype in TYPES:
            n = 500 if dtype == "g" else 8000
            for alpha in ((), (0.7,)):
                costs = []
                for row in filter(belongs, _ufuncs.ROWS):
                    turns = {"": call(row, n, dtype, *alpha), "0": call(row, 0, dtype, *alpha)}
                    found = medians(turns, 100)
                    costs.append((found[""] - found["0"]) / n)
                cells.append(f"{dtype} {'given' if alpha else 'default'} {min(costs):.3f}")
        print(f"{shape:12}", "  ".join(cells), flush=True)


def study_parameters() -> None:
    """What numbers and arrays of them cost, ordinary ones and others, in the caches."""
    elufast.set_num_threads(1)
    n = 8000
    for dtype in ("f", "d", "e", "bfloat16"):
        for row in _ufuncs.ROWS:
            function, (data, out) = getattr(elufast, row.name), arrays(row, n, dtype)
            turns = {"": partial(function, *data, out=out)}
            for name, value in (("number", 0.7), ("array", 0.7), ("array below 2^-8", 0.003)):
                given = [np.full(n, value, dtype) if "array" in name else value]
                given *= len(row.parameters)
                turns[name] = partial(function, *data, *given, out=out)
            found = medians(turns, 100)
            cells = [f"{name} {found[name] / found['']:.2f}" for name in turns if name]
            print(f"{dtype:9}{row.name:26}", "  ".join(cells), flush=True)


def study_threads() -> None:
    """At which work for each of two threads they beat one: ratio of the times, two to one."""
    elufast.set_num_threads(2)
    awaken()
    for name, dtype in (("elu", "f"), ("elu", "d"), ("elu_backward", "f"), ("elu", "g")):
        row = next(row for row in _ufuncs.ROWS if row.name == name)
        elufast.set_num_threads(1)
        probe = 200 if dtype == "g" else 8000
        cost = medians({"": call(row, probe, dtype)}, 50)[""] / probe
        elufast.set_num_threads(2)
        for work in (1000, 2000, 3000, 4000, 6000, 8000, 12000, 24000):
            turn = call(row, int(2 * work / cost), dtype)
            found = medians(
                {"1": tuned(turn, thread_work=1e30), "2": tuned(turn, thread_work=1.0)}, 300
            )
            print(f"{name} {dtype} {work / 1000:g} us each: {found['2'] / found['1']:.2f}")


def study_parts() -> None:
    """Two threads whose parts are taken in one piece, by the same chunk by chunk."""
    elufast.set_num_threads(2)
    awaken()
    for name in ("elu", "elu_backward", "elu_backward_from_output"):
        row = next(row for row in _ufuncs.ROWS if row.name == name)
        for n in (50_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000):
            turn, calls = call(row, n, "f"), max(1, 2_000_000 // n)

            def turns(turn=turn, calls=calls):
                for _ in range(calls):
                    turn()

            found = medians(
                {"chunks": tuned(turns, whole_part=0), "whole": tuned(turns, whole_part=NEVER)},
                max(31, 200_000_000 // max(n, 1_000_000)),
            )
            print(f"f {name:<25} {n:>9} {found['whole'] / found['chunks']:.3f}", flush=True)


def study_streaming() -> None:
    """Past the caches against through them, alone and with a reader of the result behind it."""
    cells = [("elu", "f"), ("elu_backward_from_output", "f"), ("elu_with_grad", "f"), ("elu", "d")]
    for threads in (1, 2):
        elufast.set_num_threads(threads)
        for name, dtype in cells:
            row = next(row for row in _ufuncs.ROWS if row.name == name)
            for mib in (4, 16, 24, 32, 40, 64, 128):
                n = mib * 2**20 // np.dtype(dtype).itemsize
                data, out = arrays(row, n, dtype)

                def turn(data=data, out=out, name=name):
                    getattr(elufast, name)(*data, out=out)

                def read(out=out, turn=turn):
                    turn()
                    out[0].max()

                always = {"stream_bytes": 0, "stream_cost": 1e30}
                found = medians(
                    {
                        "copyto": lambda data=data, out=out: np.copyto(out[0], data[0]),
                        "through": tuned(turn, stream_bytes=NEVER),
                        "past": tuned(turn, **always),
                        "through, read": tuned(read, stream_bytes=NEVER),
                        "past, read": tuned(read, **always),
                    },
                    max(7, 500 // mib),
                )
                print(
                    f"{threads} threads {name} {dtype} {mib} MiB: "
                    f"past/through {found['past'] / found['through']:.2f}, "
                    f"with a reader {found['past, read'] / found['through, read']:.2f}, "
                    f"of copyto: through {found['through'] / found['copyto']:.2f}, "
                    f"past {found['past'] / found['copyto']:.2f}",
                    flush=True,
                )


def placed(values: np.ndarray, offset: int, unit: int = 64) -> np.ndarray:
    """Return a copy that begins `offset` bytes into a line of the cache, or another unit."""
    memory = np.zeros(values.nbytes + 2 * unit, np.uint8)
    start = (offset - memory.ctypes.data) % unit
    copy = memory[start : start + values.nbytes].view(values.dtype)
    copy[:] = values
    return copy


def study_lines() -> None:
    """The same place for all arrays, as NumPy gives it to large ones. Short pieces ahead begin at
    64 KiB."""
    elufast.set_num_threads(1)
    for name in ("elu", "elu_backward", "elu_backward_from_output"):
        row = next(row for row in _ufuncs.ROWS if row.name == name)
        for n in (4_096, 12_000, 20_000, 100_000, 250_000, 1_000_000):
            data, outs = arrays(row, n, "f")
            turns = {
                str(offset): partial(
                    getattr(elufast, name),
                    *(placed(array, offset) for array in data),
                    out=placed(outs[0], offset),
                )
                for offset in (0, 16)
            }
            found = medians(turns, max(31, 20_000_000 // n))
            print(f"f {name:<25} {n:>9} {found['16'] / found['0']:.3f}", flush=True)


def study_offsets() -> None:
    """Times by where the output begins, as multiples of those where all begin with a page."""
    page = 4096
    offsets = (0, 16, 48, 64, 128, 256, 512, 1024, 2048, page - 64, page - 16)
    for threads in (1, 2):
        elufast.set_num_threads(threads)
        for name in ("elu", "elu_backward", "elu_with_grad"):
            row = next(row for row in _ufuncs.ROWS if row.name == name)
            for n in (10_000, 100_000, 16_000_000):
                data, out = arrays(row, n, "f")
                data = [placed(x, 0, page) for x in data]
                turns = {
                    str(at): partial(
                        getattr(elufast, name), *data, out=tuple(placed(o, at, page) for o in out)
                    )
                    for at in offsets
                }
                found = medians(turns, max(7, 20_000_000 // n))
                ratios = " ".join(f"{at}: {found[at] / found['0']:.2f}" for at in turns)
                print(f"{threads} threads {name:15} f {n:9}: {ratios}", flush=True)


def study_grads() -> None:
    """Float backward passes, by the same with one grad in 2,048 that is infinite. Where moderate
    operands have no loops of their own (AVX-512) it is 1; ELUFAST_ISA=avx2 tells what they gain."""
    elufast.set_num_threads(1)
    for name in ("elu_backward", "selu_backward"):
        row = next(row for row in _ufuncs.ROWS if row.name == name)
        function = getattr(elufast, name)
        for n in (1_000, 10_000, 100_000, 1_000_000):
            (grad, x), outs = arrays(row, n, "f")
            other = grad.copy()
            other[::2048] = np.inf
            turns = {
                "moderate": partial(function, grad, np.minimum(x, 1), out=outs),
                "others": partial(function, other, np.minimum(x, 1), out=outs),
            }
            found = medians(turns, max(31, 20_000_000 // n))
            print(f"f {name} {n:>9} {found['moderate'] / found['others']:.3f}", flush=True)


def study_pauses() -> None:
    """Single calls, after pauses, and so with cold caches: ratio of the times, two to one."""
    for pause, count in ((0.0, 2000), (0.001, 600), (0.003, 400), (0.02, 100)):
        for n in (40_000, 100_000, 300_000, 1_000_000, 3_000_000):
            x = np.random.default_rng(1).standard_normal(n, dtype=np.float32)
            out, taken = np.empty_like(x), {1: [], 2: []}
            for _ in range(4):  # a stretch each, for threads that are awake stay so for a while
                for threads, times in taken.items():
                    elufast.set_num_threads(threads)
                    for _ in range(count // 4):
                        time.sleep(pause)
                        start = time.perf_counter_ns()
                        elufast.elu(x, out=out)
                        times.append(time.perf_counter_ns() - start)
            one, two = map(np.median, taken.values())
            mean = np.mean(taken[2]) / np.mean(taken[1])
            print(
                f"elu f {n}, {pause * 1000:g} ms between: {one / 1000:.1f} us with one thread; "
                f"two take {two / one:.2f} (medians), {mean:.2f} (means) times that",
                flush=True,
            )


def study_tail() -> None:
    """Back to back, and after sleeps that the threads do not stay awake for."""
    elufast.set_num_threads(2)
    awaken()
    for n in (100_000, 1_000_000):
        x = np.random.default_rng(1).standard_normal(n, dtype=np.float32)
        out = np.empty_like(x)
        for pause, count in ((0.0, 10_000), (0.02, 100)):
            taken = []
            for _ in range(count):
                if pause:
                    time.sleep(pause)
                start = time.perf_counter_ns()
                elufast.elu(x, out=out)
                taken.append(time.perf_counter_ns() - start)
            median, *tail = np.percentile(taken, [50, 99, 99.9, 100])
            print(
                f"elu f {n}, {pause * 1000:g} ms between: median {median / 1000:.1f} us; "
                f"p99, p99.9, slowest {' '.join(f'{t / median:.1f}' for t in tail)} times that",
                flush=True,
            )


def study_fresh() -> None:
    """Times of elu without out= and of its like, as multiples of elu with out=."""
    for threads in (1, 2):
        elufast.set_num_threads(threads)
        for n in (10_000, 100_000, 1_000_000, 10_000_000):
            x = np.random.default_rng(1).standard_normal(n, dtype=np.float32)
            out, through = np.empty_like(x), {"stream_bytes": NEVER}
            found = medians(
                {
                    "out=": lambda x=x, out=out: elufast.elu(x, out=out),
                    "fresh": lambda x=x: elufast.elu(x),
                    "fresh, through the caches": tuned(lambda x=x: elufast.elu(x), **through),
                    "fresh, past them": tuned(lambda x=x: elufast.elu(x), stream_bytes=0),
                    "np.exp(out=)": lambda x=x, out=out: np.exp(x, out=out),
                    "np.exp": lambda x=x: np.exp(x),
                    "np.empty, touched": lambda x=x: np.empty_like(x)[::1024].fill(0),
                    "x.copy()": lambda x=x: x.copy(),
                },
                max(7, 20_000_000 // n if n > 10_000 else 500),
            )
            ratios = ", ".join(f"{name} {found[name] / found['out=']:.2f}" for name in found)
            print(f"{threads} threads {n}: {found['out='] / n:.3f} ns; {ratios}", flush=True)


STUDIES = {
    "costs": study_costs,
    "parameters": study_parameters,
    "threads": study_threads,
    "parts": study_parts,
    "streaming": study_streaming,
    "lines": study_lines,
    "offsets": study_offsets,
    "grads": study_grads,
    "tail": study_tail,
    "pauses": study_pauses,
    "fresh": study_fresh,
}


def main(wanted: Iterable[str]) -> int:
    names = list(wanted)
    if not names or not set(names) <= set(STUDIES):
        print(__doc__)
        return 2
    before = _ufuncs.get_tuning()
    for name in names:
        _ufuncs.set_tuning(**before)
        STUDIES[name]()
    _ufuncs.set_tuning(**before)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
