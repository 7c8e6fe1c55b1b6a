"""Arrays that kernels read and write where and as they lie: every function, bits and flags.

What the same call gives when NumPy iterates (order="K") is what they must give.
"""

import ctypes
import mmap
import os

import numpy as np
import pytest
from support import assert_same_bits, data_grid, function, outputs, rows_where, swapped

import elufast
from elufast import _ufuncs

# Of rows and of arrays that are one run, registers of 8 and 16 leave 1, 15 (or 7) and 0 elements.
SHAPES = [(601, 33), (601, 47), (600, 64)]
PAGE = mmap.PAGESIZE
FLOATS = pytest.mark.parametrize("kind", ["f4", "f8"])


def every_second(x):
    return np.repeat(x, 2, axis=1)[:, ::2]


def cut(x):
    return np.pad(x, 1)[1:-1, 1:-1]


INPUTS = {
    "every-second": every_second,
    "every-second-cut": lambda x: every_second(np.pad(x, 1))[1:-1, 1:-1],
    "swapped": swapped,
    "swapped-cut": lambda x: cut(swapped(x)),
    "fortran": np.asfortranarray,
    "fortran-swapped": lambda x: np.asfortranarray(swapped(x)),
    "every-second-turned": lambda x: np.asfortranarray(np.repeat(x, 2, axis=0))[::2],
    "cut": cut,
    "repeated": lambda x: np.broadcast_to(x[:, :1], x.shape),
    "repeated-cut": lambda x: np.broadcast_to(cut(x)[:, -1:], x.shape),
    "reversed": lambda x: x[:, ::-1],
    "reversed-cut": lambda x: cut(x)[:, ::-1],
    "all-reversed": lambda x: x[::-1, ::-1],
    "fortran-reversed": lambda x: np.asfortranarray(x)[::-1],
}
ways = pytest.mark.parametrize("place", INPUTS.values(), ids=INPUTS.keys())
shapes = pytest.mark.parametrize("shape", SHAPES, ids="{0[0]}x{0[1]}".format)


def special_data(row, kind, shape):
    """Every combination of special values, again and again."""
    return [np.resize(x, shape) for x in data_grid(row, np.dtype(kind))]


def quiet_data(row, kind, shape):
    """The last array alone has special values: few of them raise a flag."""
    data = special_data(row, kind, shape)
    return [np.full_like(x, 0.75) for x in data[:-1]] + data[-1:]


def with_flags(call):
    flags = set()
    with np.errstate(all="call", call=lambda kind, _: flags.add(kind)):
        return outputs(call()), flags


def check(row, data, out):
    """The call over these operands against NumPy's iteration over the same."""
    expected, flags = with_flags(
        lambda: function(row)(*data, out=tuple(map(np.copy, out)), order="K")
    )
    before = _ufuncs.walked_calls()
    actual, raised = with_flags(lambda: function(row)(*data, out=out))
    assert _ufuncs.walked_calls() == before + 1
    assert_same_bits(actual, expected)
    assert raised == flags


@FLOATS
@ways
@shapes
def test_inputs(row, kind, place, shape):
    for data in (special_data(row, kind, shape), quiet_data(row, kind, shape)):
        out = tuple(np.zeros(shape, kind) for _ in range(row.nout))
        check(row, [place(x) for x in data], out)
        check(row, [*data[:-1], place(data[-1])], out)


@FLOATS
@shapes
def test_outputs_of_the_other_type(row, kind, shape):
    other = {"f4": "f8", "f8": "f4"}[kind]
    data = quiet_data(row, kind, shape)
    whole = np.zeros((row.nout, shape[0], shape[1] + 1), other)
    check(row, data, tuple(np.zeros(shape, other) for _ in range(row.nout)))
    check(row, data, tuple(part[:, :-1] for part in whole))
    assert not whole[:, :, -1].any()
    check(row, data, tuple(np.zeros(shape[::-1], other).T for _ in range(row.nout)))


@pytest.mark.parametrize("kind", ["f4", "i4", "i8"])
@shapes
def test_inputs_of_other_types(row, kind, shape, rng):
    """As the only input they make a loop of another type, or there is a table for them."""
    x = (rng.normal(size=shape) * 40).astype(kind)
    grad = rng.normal(size=shape)
    for data in ([cut(grad), x], [grad, cut(x)], [cut(grad), cut(x)]):
        given = data[-len(row.data) :]
        computed = np.result_type(*given, np.float32)
        whole = np.zeros((row.nout, shape[0], shape[1] + 1), computed)
        check(row, given, tuple(part[:, :-1] for part in whole))


# Of grad, x (or y) and the output: products with these grads overflow or underflow where the other
# operand is 0, but not here.
EDGES = {
    "f4": [(3e38, -5.0, "f4"), (1.4e-45, -90.0, "f4")],
    "f8": [(1.5e308, -5.0, "f8"), (5e-324, -700.0, "f8"), (1e300, -10000.0, "f4")],
}
backward = pytest.mark.parametrize(
    "row", rows_where(lambda row: len(row.data) == 2), ids=lambda row: row.name
)


@backward
@FLOATS
@shapes
@pytest.mark.parametrize("placed", [0, 1])
def test_flags_of_what_is_left_over(row, kind, shape, placed):
    """The elements after the last whole register, one operand placed and the other plain."""
    for large, x, other in EDGES[kind]:
        operands = [np.full(shape, large, kind), np.full(shape, x, kind)]
        placings = [every_second, cut, swapped, lambda a: cut(swapped(a))]
        placings += [lambda a: cut(every_second(a))]
        if kind == "f8" and placed == 1:
            placings += [lambda a, t=t: cut(a.astype(t)) for t in ("f4", "i4", "i8")]
        for place in placings:
            data = list(operands)
            data[placed] = place(data[placed])
            check(row, data, (np.zeros(shape, other),))


def test_in_place_as_the_other_float(rng):
    grad, x = rng.normal(size=(2, 601, 47))
    for given in (x.astype("f4"), cut(x.astype("f4"))):
        out = given.copy("K")
        expected = elufast.selu_backward(grad, given).astype("f4")
        assert_same_bits(elufast.selu_backward(grad, out, out=out), expected)


@pytest.fixture
def at_the_edge():
    """Make arrays whose last byte is the last that may be read, or the first the first one."""
    libc = ctypes.CDLL(None, use_errno=True)
    maps = []

    def make(nbytes, *, is_first):
        inside = -(-nbytes // PAGE) * PAGE
        memory = mmap.mmap(-1, inside + 2 * PAGE)
        maps.append(memory)
        array = np.frombuffer(memory, np.uint8)
        for beyond in (0, inside + PAGE):
            page = ctypes.c_void_p(array.ctypes.data + beyond)
            assert libc.mprotect(page, ctypes.c_size_t(PAGE), 0) == 0
        start = PAGE if is_first else PAGE + inside - nbytes
        return array[start : start + nbytes]

    return make


@pytest.mark.skipif(os.name != "posix", reason="mprotect")
@backward
@FLOATS
@shapes
def test_nothing_beyond_is_touched(row, kind, shape, at_the_edge, rng):
    """A process that reads or writes there ends at once."""

    def ending(size, shape, kind=kind, *, is_first=False):
        memory = at_the_edge(size * np.dtype(kind).itemsize, is_first=is_first)
        return memory.view(kind).reshape(shape)

    x = (rng.normal(size=shape) * 9).astype("i4").astype(kind)
    expected = function(row)(x, x)
    flat = ending(2 * x.size - 1, -1)
    strides = (2 * shape[1] * flat.itemsize, 2 * flat.itemsize)
    spaced = np.lib.stride_tricks.as_strided(flat, shape, strides)
    places = [spaced, ending(x.size, shape[::-1]).T]
    places += [ending(x.size, shape).view(x.dtype.newbyteorder("S"))]
    places += [ending(x.size, shape, is_first=is_first)[:, ::-1] for is_first in (False, True)]
    if kind == "f8":
        places += [ending(x.size, shape, other) for other in ("f4", "i4", "i8")]
    outs = [ending(x.size, shape, each) for each in ("f4", "f8")]
    for place in places:
        place[...] = x
        for out in outs:
            function(row)(x, place, out=out)
            assert_same_bits(out, expected.astype(out.dtype))


@pytest.mark.parametrize("place", [0, 300, -1])
@pytest.mark.parametrize("columns", [300, 801])
def test_one_parameter_of_a_row_is_out_of_the_ordinary(place, columns, rng):
    """Parameters that repeat are looked at once, each of them."""
    alpha = rng.uniform(0.5, 2, columns).astype(np.float32)
    grad, x = rng.normal(size=(2, 100, columns)).astype(np.float32)
    for odd in (np.nan, np.inf, 1e-40, -1.0, 3e38):
        alpha[place % columns if place >= 0 else place] = odd
        full = np.broadcast_to(alpha, x.shape).copy()
        for f, data in ((elufast.elu_backward, (grad, x)), (elufast.selu_grad, (x,))):
            with np.errstate(all="ignore"):
                assert_same_bits(f(*data, alpha), f(*data, full))
