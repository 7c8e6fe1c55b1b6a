"""Every public function across sizes, types and layouts: ``pytest benchmarks --benchmark-only``.

For looking at one change against another (``--benchmark-autosave``, ``--benchmark-compare``); for
elufast against other libraries use compare.py. np.exp and np.copyto run along for scale.
"""

from __future__ import annotations

import ml_dtypes  # noqa: F401 -- NumPy knows bfloat16 by its name
import numpy as np
import pytest

import elufast
from elufast._ufuncs import ROWS

FUNCTIONS = [row.name for row in ROWS]
ROW_OF = {row.name: row for row in ROWS}
# One below every thread's threshold, one in the caches and one beyond most of them.
SIZES = [100, 10_000, 1_000_000]
TYPES = ["float16", "bfloat16", "float64", "longdouble"]
LAYOUT_SIZE = 1 << 17
CHANNELS = 64


def group(name):
    """Mark a benchmark with its table; short (but five rounds at least), for there are hundreds."""
    return pytest.mark.benchmark(group=name, max_time=0.1)


@pytest.fixture
def normal():
    """Make arrays of normally distributed numbers, always the same."""
    generator = np.random.default_rng(1506)
    return lambda shape, dtype="float32": generator.standard_normal(shape).astype(dtype)


def arrays(name, shape, dtype, normal):
    """Return inputs for the function and outputs to write to."""
    row = ROW_OF[name]
    data = [normal(shape, dtype) for _ in row.data]
    return data, tuple(np.empty(shape, dtype) for _ in range(row.nout))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", FUNCTIONS)
@group("contiguous float32")
def test_size(benchmark, name, size, normal):
    data, out = arrays(name, size, "float32", normal)
    benchmark(getattr(elufast, name), *data, out=out)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
@group("types")
def test_type(benchmark, name, dtype, normal):
    data, out = arrays(name, 10_000, dtype, normal)
    benchmark(getattr(elufast, name), *data, out=out)


@pytest.mark.parametrize("name", FUNCTIONS)
@group("fresh output")
def test_fresh_output(benchmark, name, normal):
    data, _ = arrays(name, LAYOUT_SIZE, "float32", normal)
    benchmark(getattr(elufast, name), *data)


@pytest.mark.parametrize("name", FUNCTIONS)
@group("strided")
def test_strided(benchmark, name, normal):
    data, _ = arrays(name, (LAYOUT_SIZE, 2), "float32", normal)
    _, out = arrays(name, LAYOUT_SIZE, "float32", normal)
    benchmark(getattr(elufast, name), *(array[:, 0] for array in data), out=out)


@pytest.mark.parametrize("name", FUNCTIONS)
@group("non-coalescable view")
def test_cut_rows(benchmark, name, normal):
    data, _ = arrays(name, (LAYOUT_SIZE // 256, 257), "float32", normal)
    _, out = arrays(name, (LAYOUT_SIZE // 256, 256), "float32", normal)
    benchmark(getattr(elufast, name), *(array[:, :-1] for array in data), out=out)


@pytest.mark.parametrize("name", FUNCTIONS)
@group("in place")
def test_in_place(benchmark, name, normal):
    data, out = arrays(name, LAYOUT_SIZE, "float32", normal)
    work = data[0].copy()

    def restore():
        # Results as inputs would shrink or grow without end.
        np.copyto(work, data[0])
        return (work, *data[1:]), {"out": (work, *out[1:])}

    benchmark.pedantic(getattr(elufast, name), setup=restore, rounds=50)


@pytest.mark.parametrize("name", FUNCTIONS)
@group("alpha per channel")
def test_alpha_per_channel(benchmark, name, normal):
    data, out = arrays(name, (LAYOUT_SIZE // CHANNELS, CHANNELS), "float32", normal)
    alpha = np.abs(normal(CHANNELS)) + np.float32(0.1)
    benchmark(getattr(elufast, name), *data, alpha=alpha, out=out)


@pytest.mark.parametrize("name", FUNCTIONS)
@group("where mask")
def test_where(benchmark, name, normal):
    data, out = arrays(name, LAYOUT_SIZE, "float32", normal)
    benchmark(getattr(elufast, name), *data, out=out, where=normal(LAYOUT_SIZE) > 0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("function", [np.exp, np.copyto], ids=["np.exp", "np.copyto"])
@group("contiguous float32")
def test_scale(benchmark, function, size, normal):
    x, out = normal(size), np.empty(size, "float32")
    if function is np.copyto:
        benchmark(np.copyto, out, x)
    else:
        benchmark(np.exp, x, out=out)


@group("where mask")
def test_scale_where(benchmark, normal):
    x, out = normal(LAYOUT_SIZE), np.empty(LAYOUT_SIZE, "float32")
    benchmark(np.exp, x, out=out, where=normal(LAYOUT_SIZE) > 0)
