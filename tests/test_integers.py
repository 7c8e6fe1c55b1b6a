"""Long arrays of integers, whose results are looked up where they are few: those of the same
numbers as float64."""

import threading

import numpy as np
import pytest
from support import assert_same_bits, function, outputs, rows_where, swapped

import elufast
from elufast import _ufuncs

SHAPE = 203, 307  # long enough for threads
KINDS = "?bBhHiIqQ"
# The table's first and last, and those beside it (_moves.h).
FIRST, LAST = -704, 1343
EDGES = [FIRST - 1, FIRST, LAST, LAST + 1]
EXTREMES = [np.iinfo(kind).min for kind in "hiq"] + [np.iinfo(kind).max for kind in "hHiIqQ"]

of_one_array = pytest.mark.parametrize("row", rows_where(lambda row: len(row.data) == 1), ids=str)
of_any_integers = pytest.mark.parametrize("kind", KINDS)


def fitting(numbers, kind):
    """Those of the numbers that the type has."""
    if kind == "?":
        return [False, True]
    info = np.iinfo(kind)
    return [number for number in numbers if info.min <= number <= info.max]


def drawn(rng, kind, low=FIRST, high=LAST):
    """Each number of the table that the type has, and others at random."""
    numbers = np.array(fitting(range(low, high + 1), kind), kind)
    x = rng.choice(numbers, np.prod(SHAPE))
    x[: numbers.size] = numbers
    return x.reshape(SHAPE)


def expected_of(row, x):
    return function(row)(x.astype(np.float64))


def strictly(row, *args, **keywords):
    with np.errstate(all="raise", under="ignore"):
        return function(row)(*args, **keywords)


@of_any_integers
@of_one_array
def test_all_of_the_table(row, kind, threads, rng):
    x = drawn(rng, kind)
    assert_same_bits(strictly(row, x), expected_of(row, x))


@of_any_integers
@of_one_array
def test_others_among_them(row, kind, rng):
    """The first in a block, the last, and one inside; next to the table and far from it."""
    for number in fitting(EDGES + EXTREMES, kind):
        x = drawn(rng, kind)
        for place in (0, 511, 512, 30_000, x.size - 1):
            x.flat[place] = number
        assert_same_bits(strictly(row, x), expected_of(row, x))


@of_one_array
def test_bytes_that_are_true(row):
    """A bool is 1 whatever its byte holds."""
    x = np.resize(np.arange(256, dtype=np.uint8), SHAPE).view("?")
    assert_same_bits(strictly(row, x), expected_of(row, x != 0))


LAYOUTS = {
    "columns": lambda x: x[:, ::2],
    "rows": lambda x: x[::-1],
    "cut": lambda x: x[:, :-1],
    "turned": np.asfortranarray,
    "swapped": swapped,
    "repeated": lambda x: np.broadcast_to(x[:, None], (SHAPE[0], 3, SHAPE[1])),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("kind", "?Biq")
def test_layouts(layout, kind, threads, rng):
    x = layout(drawn(rng, kind))
    for name in ("elu", "selu_with_grad"):
        wanted = getattr(elufast, name)(np.ascontiguousarray(x).astype(np.float64))
        outs = tuple(np.zeros(x.shape) for _ in outputs(wanted))
        assert_same_bits(getattr(elufast, name)(x, out=outs), wanted)


@pytest.mark.parametrize("dtype", "fdg")
def test_outputs(dtype, threads, rng):
    """Of other types, cut, and misaligned."""
    x = drawn(rng, "i")
    wanted = elufast.elu(x.astype(np.float64)).astype(dtype)
    wide = np.zeros((SHAPE[0], SHAPE[1] + 1), dtype)
    memory = np.zeros(wanted.nbytes + 1, np.uint8)
    misaligned = memory[1:].view(dtype).reshape(SHAPE)
    before = _ufuncs.walked_calls()
    elufast.elu(x, out=wide[:, :-1])
    elufast.elu(x, out=misaligned)
    assert _ufuncs.walked_calls() == before + 2  # not NumPy's own way
    assert_same_bits(wide[:, :-1], wanted)
    assert not wide[:, -1].any()
    assert_same_bits(misaligned, wanted)


def test_results_where_the_integers_were(threads, rng):
    x = drawn(rng, "q")
    wanted = elufast.elu(x.astype(np.float64))
    elufast.elu(x, out=x.view(np.float64))
    assert_same_bits(x.view(np.float64), wanted)


def test_other_parameters_are_not_looked_up(rng):
    x = drawn(rng, "i")
    for alpha in (0.5, np.full(SHAPE[1], 0.5), np.full(SHAPE[1], 1.0)):
        assert_same_bits(elufast.elu(x, alpha), elufast.elu(x.astype(np.float64), alpha))


@of_one_array
def test_nothing_underflows(row):
    """What is looked up raises nothing, so no number of the table may be one that does."""
    with np.errstate(all="raise"):
        function(row)(np.arange(FIRST, LAST + 1, dtype=np.float64))


def test_integers_that_change_meanwhile(rng):
    """Results may be old or new, but nothing is read from elsewhere."""
    x = np.resize(np.arange(-3, 1, dtype=np.int64), (100, 5000))
    stop = threading.Event()

    def disturb():
        while not stop.is_set():
            x[::7] = 2**40
            x[::7] = -1

    disturber = threading.Thread(target=disturb)
    disturber.start()
    try:
        for _ in range(50):
            elufast.elu(x)
    finally:
        stop.set()
        disturber.join()
