"""Overlapping inputs and outputs, and where= masks: the result is as if the inputs had been copied.

NumPy itself copies where it must, and hands over the rest in the belief that a loop runs in
ascending order; a loop that is cut for threads or reads ahead of its output breaks here.
"""

import numpy as np
import pytest
from support import (
    DTYPES,
    as_dtype,
    assert_same_bits,
    finfo,
    function,
    long_size,
    outputs,
    rows_where,
)

import elufast
from elufast._ufuncs import ROWS

# Type, size and thread count: every type in short arrays, and long ones of the types that are fast.
RUNS = [(dtype, size, 1) for dtype in DTYPES for size in (37, 1000)]
RUNS += [(np.dtype(code), long_size(code), count) for code, count in [("f", 2), ("e", 2), ("d", 2)]]
SHIFTS = [1, 2, 7, 8, 16, 33, 64, 129]
LONG_SHIFTS = [1]


@pytest.fixture(params=RUNS, ids=lambda run: f"{run[0]}-{run[1]}-{run[2]}threads")
def run(request):
    """Type and size, with the thread count in force."""
    dtype, size, count = request.param
    elufast.set_num_threads(count)
    return dtype, size


def ordinary(size, dtype, seed=0):
    rng = np.random.default_rng(seed)
    return as_dtype(rng.normal(size=size) * 2.0 ** rng.integers(-4, 3, size), dtype)


def calm_parameters(row, size, dtype):
    return [np.abs(ordinary(size, dtype, 5)) + dtype.type(0.25) for _ in row.parameters]


@pytest.mark.parametrize("row", rows_where(lambda row: row.nout == 1), ids=lambda row: row.name)
def test_shifted_output(row, run):
    """Input ahead of the output, behind it, and both reversed."""
    dtype, size = run
    for shift in [n for n in SHIFTS if n < size] if size <= 1000 else LONG_SHIFTS:
        for flip in (1, -1):
            for ahead in (True, False):
                memory = ordinary(size, dtype)[::flip]
                source, target = memory[shift:], memory[:-shift]
                if not ahead:
                    source, target = target, source
                others = [ordinary(size - shift, dtype, 1)] * (len(row.data) - 1)
                expected = function(row)(*others, source.copy())
                function(row)(*others, source, out=target)
                assert_same_bits(target, expected)


@pytest.mark.parametrize("row", rows_where(lambda row: row.nout == 1), ids=lambda row: row.name)
def test_strides_that_overlap(row, run):
    """Input and output run through the same memory at different speeds, either one ahead."""
    dtype, size = run
    others = [ordinary(size, dtype, 1)] * (len(row.data) - 1)
    for step, flip in ((2, 1), (3, -1)):
        for place in (0, 5, 2 * size) if size <= 1000 else (5,):
            for fast_input in (True, False):
                memory = ordinary(3 * size + 5, dtype)[::flip]
                fast, slow = memory[: size * step : step], memory[place : place + size]
                source, target = (fast, slow) if fast_input else (slow, fast)
                expected = function(row)(*others, source.copy())
                function(row)(*others, source, out=target)
                assert_same_bits(target, expected)


@pytest.mark.parametrize("row", rows_where(lambda row: row.nout == 1), ids=lambda row: row.name)
def test_output_is_one_of_the_inputs(row, run):
    """In place, into each data array and each parameter array."""
    dtype, size = run
    inputs = [ordinary(size, dtype, seed) for seed in range(len(row.data))]
    inputs += calm_parameters(row, size, dtype)
    expected = function(row)(*inputs)
    for position in range(len(inputs)):
        copies = [column.copy() for column in inputs]
        assert function(row)(*copies, out=copies[position]) is copies[position]
        assert_same_bits(copies[position], expected)
        for other, original in zip(copies, inputs, strict=True):
            if other is not copies[position]:
                assert_same_bits(other, original)


@pytest.mark.parametrize("row", rows_where(lambda row: row.nout == 2), ids=lambda row: row.name)
def test_pair_into_its_inputs(row, run):
    """Either output in place of x or alpha, shifted or not; both outputs in one memory."""
    dtype, size = run
    x, parameters = ordinary(size + 16, dtype), calm_parameters(row, size, dtype)
    for start in (0, 1, 8):
        expected = function(row)(x[start : start + size].copy(), *parameters)
        for position in (0, 1):
            for target in (0, 3):
                memory = x.copy()
                out = [np.empty(size, dtype), np.empty(size, dtype)]
                out[position] = memory[target : target + size]
                function(row)(memory[start : start + size], *parameters, out=tuple(out))
                assert_same_bits(tuple(out), expected)
        memory, alpha = x.copy(), parameters[0].copy()
        out = (memory[:size], alpha)
        function(row)(memory[start : start + size], alpha, *parameters[1:], out=out)
        assert_same_bits(out, expected)
    both = np.empty(2 * size, dtype)
    interleaved = both[::2], both[1::2]
    function(row)(x[16:], *parameters, out=interleaved)
    assert_same_bits(interleaved, function(row)(x[16:], *parameters))


def test_parameter_overlaps_the_output(row, run):
    """alpha ahead of the output, behind it, one number of it, and a row of it."""
    dtype, size = run
    data = [ordinary(size, dtype, seed) for seed in range(len(row.data))]
    rest = calm_parameters(row, size, dtype)[1:]
    for shift in (1, 8):
        for start, target in ((shift, 0), (0, shift)):
            memory = np.abs(ordinary(size + shift, dtype, 5)) + dtype.type(0.25)
            alpha, out = memory[start : start + size], memory[target : target + size]
            outs = (out,) if row.nout == 1 else (np.empty(size, dtype), out)
            expected = function(row)(*data, alpha.copy(), *rest)
            function(row)(*data, alpha, *rest, out=outs)
            assert_same_bits(outs, expected)
    for place in (0, size // 2, size - 1):
        memory = np.abs(ordinary(size, dtype, 5)) + dtype.type(0.25)
        expected = function(row)(*data, memory[place].copy(), *rest)
        outs = (memory,) if row.nout == 1 else (np.empty(size, dtype), memory)
        function(row)(*data, memory[place : place + 1], *rest, out=outs)
        assert_same_bits(outs, expected)


@pytest.mark.parametrize(
    ("dtype", "side"), [*((dtype, 12) for dtype in DTYPES), (np.dtype("f"), 300)]
)
def test_two_dimensional_overlaps(row, dtype, side):
    """A square transposed onto itself, rows onto the next ones, alphas inside the output."""
    elufast.set_num_threads(2)
    square = ordinary((side, side), dtype)
    others = [ordinary((side, side), dtype, 1)] * (len(row.data) - 1)
    spare = (np.empty((side, side), dtype),) * (row.nout - 1)
    memory = square.copy()
    expected = function(row)(*others, square.T.copy())
    function(row)(*others, memory.T, out=(memory, *spare))
    assert_same_bits(memory, outputs(expected)[0])
    memory = square.copy()
    expected = function(row)(*[column[1:] for column in others], square[:-1].copy())
    function(row)(
        *[column[1:] for column in others],
        memory[:-1],
        out=(memory[1:], *[s[1:] for s in spare]),
    )
    assert_same_bits(memory[1:], outputs(expected)[0])
    memory = np.abs(square) + dtype.type(0.25)
    expected = function(row)(*others, square, memory[side // 2].copy())
    function(row)(*others, square, memory[side // 2], out=(memory, *spare))
    assert_same_bits(memory, outputs(expected)[0])


@pytest.mark.parametrize(
    "row", rows_where(lambda row: len(row.data) == 2), ids=lambda row: row.name
)
def test_both_inputs_in_one_memory(row, run):
    dtype, size = run
    memory = ordinary(size + 2, dtype)
    expected = function(row)(memory[:-2].copy(), memory[2:].copy())
    function(row)(memory[:-2], memory[2:], out=memory[1:-1])
    assert_same_bits(memory[1:-1], expected)
    memory = ordinary(size, dtype)
    expected = function(row)(memory.copy(), memory.copy())
    assert_same_bits(function(row)(memory, memory, out=memory), expected)


class TestWhere:
    """where= leaves the other elements of out alone."""

    def masks(self, size):
        rng = np.random.default_rng(3)
        yield np.ones(size, bool)
        yield np.zeros(size, bool)
        yield np.arange(size) % 2 == 0
        yield np.arange(size) > size // 2
        for share in (0.01, 0.5, 0.99):
            yield rng.uniform(size=size) < share

    def test_masks(self, row, run):
        dtype, size = run
        data = [ordinary(size, dtype, seed) for seed in range(len(row.data))]
        expected = outputs(function(row)(*data))
        for mask in self.masks(size):
            out = tuple(np.full(size, 99, dtype) for _ in range(row.nout))
            function(row)(*data, out=out, where=mask)
            wanted = tuple(np.where(mask, part, dtype.type(99)) for part in expected)
            assert_same_bits(out, wanted)

    def test_broadcast_mask(self, row, dtype):
        data = [ordinary((6, 11), dtype, seed) for seed in range(len(row.data))]
        expected = outputs(function(row)(*data))
        for mask in (np.arange(11) % 3 == 0, np.arange(6)[:, None] % 2 == 0, True, False):
            out = tuple(np.full((6, 11), 99, dtype) for _ in range(row.nout))
            function(row)(*data, out=out, where=mask)
            assert_same_bits(out, tuple(np.where(mask, p, dtype.type(99)) for p in expected))

    def test_in_place(self, row, dtype):
        data = [ordinary(1000, dtype, seed) for seed in range(len(row.data))]
        mask = np.arange(1000) % 5 > 1
        wanted = np.where(mask, outputs(function(row)(*data))[0], data[-1])
        spare = (np.empty(1000, dtype),) * (row.nout - 1)
        function(row)(*data, out=(data[-1], *spare), where=mask)
        assert_same_bits(data[-1], wanted)

    def test_no_flag_from_masked_elements(self, dtype):
        x = as_dtype([-1.0, finfo(dtype).max, 2.0], dtype)
        with np.errstate(all="raise", under="ignore"):
            out = elufast.selu(x, out=np.zeros(3, dtype), where=[True, False, True])
        assert out[1] == 0


@pytest.mark.parametrize("name", [row.name for row in ROWS if row.nout == 2])
@pytest.mark.parametrize("size", [50, 100_000])
def test_outputs_that_overlap_each_other(name, size):
    """As in NumPy's own two-output ufuncs, element by element: the later write stays."""
    x = np.linspace(-5, 5, size, dtype=np.float32)
    y, dydx = getattr(elufast, name)(x)
    memory = np.zeros(size + 1, np.float32)
    getattr(elufast, name)(x, out=(memory[:-1], memory[1:]))
    assert_same_bits(memory[:-1], y)
    assert memory[-1] == dydx[-1]
