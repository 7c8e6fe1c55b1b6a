"""What a layout costs, against the contiguous call and against NumPy's own iteration.

    python benchmarks/layouts.py [--function elu] [--sizes 20000 1000000] [--threads 1 2]

For each layout: the time per byte moved (what is read and written, or lies between in the same
cache line) as a multiple of that of the contiguous call with the same loop (same computing type;
one alpha per element or one for all), and the time as a fraction of the same call's with order="K",
which elufast leaves to NumPy. Medians of interleaved rounds.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

import elufast
from elufast._ufuncs import ROWS

CHANNELS = 64
LINE = 64


def misaligned(x):
    view = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    view[...] = x
    return view


# From a contiguous float32 array of rows of CHANNELS * 32 numbers to the input, and the type of the
# output. Each takes the same number of elements or says how many it takes.
LAYOUTS = {
    "contiguous": lambda x: x,
    "contiguous float64": lambda x: x.astype(np.float64),
    "contiguous, a number": lambda x: x,
    "contiguous, all alphas": lambda x: x,
    "cut rows": lambda x: np.pad(x, [(0, 0), (0, 1)])[:, :-1],
    "every second row": lambda x: np.repeat(x, 2, axis=0)[::2],
    "every second column": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "three of four": lambda x: np.ascontiguousarray(x.reshape(-1, 4))[:, :3],
    "reversed rows": lambda x: x[:, ::-1],
    "transposed": lambda x: x.T,
    "byte-swapped": lambda x: x.astype(x.dtype.newbyteorder("S")),
    "misaligned": misaligned,
    "broadcast row": lambda x: np.broadcast_to(x[0], x.shape),
    "int32": lambda x: (x * 4).astype(np.int32),
    "int64": lambda x: (x * 4).astype(np.int64),
    "float64 to float32": lambda x: x.astype(np.float64),
    "float32 to float64": lambda x: x,
    "into a transposed": lambda x: x,
    "into every second": lambda x: x,
    "alpha per channel": lambda x: x.reshape(-1, CHANNELS),
    "alpha per wide channel": lambda x: x,
    "alpha per row": lambda x: x.reshape(-1, CHANNELS),
    "alpha per wide row": lambda x: x,
    "alpha per image channel": lambda x: x.reshape(-1, 32, 8, 8),
}

BASES = {
    "int32": "contiguous float64",
    "int64": "contiguous float64",
    "float64 to float32": "contiguous float64",
    "alpha per channel": "contiguous, all alphas",
    "alpha per wide channel": "contiguous, all alphas",
    "alpha per row": "contiguous, all alphas",
    "alpha per image channel": "contiguous, all alphas",
    "alpha per wide row": "contiguous, a number",
}


def output_like(name, x):
    if name == "float64 to float32":
        return np.empty(x.shape, np.float32)
    if name == "float32 to float64" or x.dtype.kind == "i":
        return np.empty(x.shape, np.float64)
    if name == "into a transposed":
        return np.empty(x.shape[::-1], np.float32).T
    if name == "into every second":
        return np.empty((*x.shape[:-1], x.shape[-1] * 2), np.float32)[..., ::2]
    if name == "transposed":
        return np.empty(x.shape[::-1], np.float32).T
    return np.empty(x.shape, x.dtype.newbyteorder("="))


def parameters(name, x):
    shape = {
        "contiguous, a number": (),
        "contiguous, all alphas": x.shape,
        "alpha per channel": x.shape[-1:],
        "alpha per wide channel": x.shape[-1:],
        "alpha per row": (x.shape[0], 1),
        "alpha per wide row": (x.shape[0], 1),
        "alpha per image channel": (x.shape[1], 1, 1),
    }.get(name)
    if shape is None:
        return []
    return [np.linspace(0.5, 1.5, int(np.prod(shape)), dtype=np.float32).reshape(shape)]


def bytes_moved(array):
    """Of the memory that is touched; elements of a cache line that are skipped are moved too."""
    if array.size <= 1:
        return array.nbytes
    if 0 in array.strides:
        return array[tuple(slice(1) if s == 0 else slice(None) for s in array.strides)].nbytes
    step = min(abs(s) for s, n in zip(array.strides, array.shape, strict=True) if n > 1)
    factor = min(max(step, array.itemsize), LINE) / array.itemsize
    if array.ndim == 2 and array.shape[1] < 16:
        factor = max(factor, abs(array.strides[0]) / (array.shape[1] * array.itemsize))
    return array.nbytes * factor


def cases(function, size, names):
    rng = np.random.default_rng(1511)
    row = next(each for each in ROWS if each.name == function)
    columns = CHANNELS * 32 - (CHANNELS * 32) % CHANNELS
    for name in names:
        shape = (max(2, size // columns), columns)
        data = [LAYOUTS[name](rng.standard_normal(shape).astype(np.float32)) for _ in row.data]
        out = tuple(output_like(name, data[0]) for _ in range(row.nout))
        given = parameters(name, data[0])
        moved = sum(map(bytes_moved, [*data, *out, *given]))
        yield name, [*data, *given], out, moved


def seconds(call, repeats):
    call()  # so that whoever comes first does not fill the caches for the others
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def measure(function, size, threads, rounds, names):
    elufast.set_num_threads(threads)
    f = getattr(elufast, function)
    found = list(cases(function, size, names))
    repeats = max(1, 200_000 // size)
    times = {name: ([], []) for name, *_ in found}
    for _ in range(rounds + 1):
        for name, inputs, out, _ in found:
            ours, numpys = times[name]
            ours.append(seconds(lambda i=inputs, o=out: f(*i, out=o), repeats))
            numpys.append(seconds(lambda i=inputs, o=out: f(*i, out=o, order="K"), repeats))
    medians = {
        name: tuple(statistics.median(each[1:]) for each in pair) for name, pair in times.items()
    }
    moved = {name: size_of for name, _, _, size_of in found}
    per_byte = {name: medians[name][0] / moved[name] for name in medians}
    count = found[0][1][0].size
    for name in medians:
        ours, numpys = medians[name]
        base = BASES.get(name, "contiguous")
        print(
            f"{function:14} {count:9} {threads} threads  {name:24} "
            f"{ours / count * 1e9:7.3f} ns  {per_byte[name] / per_byte[base]:5.2f} per byte of the "
            f"contiguous  {ours / numpys:5.2f} of NumPy's iteration"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--function", default="elu")
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 200_000, 8_000_000])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--layouts", nargs="+", default=list(LAYOUTS), choices=list(LAYOUTS))
    options = parser.parse_args()
    bases = [BASES.get(name, "contiguous") for name in options.layouts]
    names = list(dict.fromkeys(["contiguous", *bases, *options.layouts]))
    for size in options.sizes:
        for threads in options.threads:
            measure(options.function, size, threads, options.rounds, names)


if __name__ == "__main__":
    main()
