"""Long arrays that begin inside a line of the cache: the piece ahead, and what lies around."""

import numpy as np
import pytest
from support import assert_same_bits, function, outputs

import elufast

LINE, GUARD = 64, 1.5
PIECE = 1000  # in bytes of any type far below where a loop looks at lines


def inside_line(size, dtype, offset):
    """An array that begins `offset` elements into a line, and the memory around it."""
    per_line = LINE // np.dtype(dtype).itemsize
    memory = np.full(size + 3 * per_line, GUARD, dtype)
    start = -(memory.ctypes.data // memory.itemsize) % per_line + offset % per_line
    return memory[start : start + size], memory


def by_pieces(f, inputs, nout):
    size = inputs[0].size
    results = [np.empty_like(inputs[0]) for _ in range(nout)]
    for start in range(0, size, PIECE):
        part = slice(start, start + PIECE)
        f(*(a[part] if np.ndim(a) else a for a in inputs), out=tuple(r[part] for r in results))
    return results


@pytest.mark.parametrize("apart", [0, 1], ids=["alike", "apart"])
@pytest.mark.parametrize("given", ["defaults", "arrays"])
@pytest.mark.parametrize("offset", [1, -1])
def test_arrays_that_begin_inside_a_line(row, dtype, offset, given, apart, rng):
    elufast.set_num_threads(1)
    size = (64 << 10) // np.dtype(dtype).itemsize + 37
    names = [*row.data, *(row.parameters if given == "arrays" else ())]
    inputs = []
    for name in names:
        array, _ = inside_line(size, dtype, offset)
        array[:] = rng.uniform(0.5, 2, size) if name in row.parameters else rng.normal(0, 2, size)
        inputs.append(array)
    places = [inside_line(size, dtype, offset + apart) for _ in range(row.nout)]
    expected = by_pieces(function(row), inputs, row.nout)
    results = outputs(function(row)(*inputs, out=tuple(result for result, _ in places)))
    for (result, memory), returned, right in zip(places, results, expected, strict=True):
        assert returned is result
        assert_same_bits(result, right)
        result[:] = GUARD
        assert (memory == GUARD).all()
