"""Arrays of one type in any layout, and numbers, which NumPy does not get to see (_direct_walk.c).

What it does with them is what the same call with order="K" gives, which says nothing new but is
left to it: the same bits (any NaN being equal to any other), strides of axes that have some, and
errors, but for the names of operands that were not given; and whether underflow is told may differ.
"""

import contextlib
import gc
import sys

import numpy as np
import pytest
from support import (
    BFLOAT16,
    as_dtype,
    assert_same_bits,
    bit_patterns,
    function,
    outputs,
    rows_where,
)

import elufast
from elufast import _ufuncs

DTYPES = [np.dtype("e"), BFLOAT16, np.dtype("f"), np.dtype("d")]
NAMES = ["elu", "selu_with_grad", "celu_backward", "selu_backward_from_output"]  # each shape
VALUES = np.array([-3.0, -0.5, -0.0, 0.0, 0.25, 4.0, -60.0, np.inf, -np.inf, np.nan, -1e-3, 0.125])


@pytest.fixture(params=DTYPES, ids=str)
def dtype(request):
    return request.param


@pytest.fixture(params=rows_where(lambda row: row.name in NAMES), ids=lambda row: row.name)
def row(request):
    return request.param


def somewhere(rng, shape, dtype):
    """Numbers in an array of that shape, with axes in any order, gaps, and steps backwards."""
    axes = rng.permutation(len(shape))
    steps = rng.choice([1, 1, 1, 2, -1, -3], len(shape))
    room = [shape[axis] * abs(steps[axis]) + rng.integers(0, 3) for axis in axes]
    memory = as_dtype(rng.choice(VALUES, room), dtype)
    view = memory.transpose(np.argsort(axes))
    return view[tuple(slice(None, None, s) for s in steps)][tuple(slice(0, n) for n in shape)]


def broadcast(rng, shape, dtype):
    """An input that is broadcast to that shape, one way or the other."""
    kept = [length if rng.random() < 0.7 else 1 for length in shape]
    array = somewhere(rng, kept[rng.integers(0, len(kept) + 1) :], dtype)
    return np.broadcast_to(array, shape) if rng.random() < 0.2 else array


def number(rng, dtype):
    value = rng.choice([0.5, 1.25, 3.0])
    kinds = [float, lambda v: int(v) or 2, dtype.type, lambda v: np.array(v, dtype)]
    return kinds[rng.integers(len(kinds))](value)


def an_input(rng, shape, dtype, chances):
    kind = rng.choice(3, p=chances)
    return [somewhere, broadcast][kind](rng, shape, dtype) if kind < 2 else number(rng, dtype)


def a_call(rng, row, dtype):
    """Inputs that an array is among, and outputs, some of which are still to be made."""
    shape = tuple(rng.choice([1, 2, 3, 5, 8, 19, 40], rng.integers(1, 5)))
    inputs = [an_input(rng, shape, dtype, [0.6, 0.3, 0.1]) for _ in row.data]
    count = rng.integers(0, len(row.parameters) + 1)
    inputs += [an_input(rng, shape, dtype, [0.2, 0.4, 0.4]) for _ in range(count)]
    if not any(isinstance(each, np.ndarray) for each in inputs):
        inputs[0] = somewhere(rng, shape, dtype)
    shape = np.broadcast_shapes(*map(np.shape, inputs))
    outs = [somewhere(rng, shape, dtype) if rng.random() < 0.5 else None for _ in range(row.nout)]
    return inputs, outs if shape != () else [None] * row.nout


def copied(array):
    """The same numbers in memory of the same layout."""
    if array is None:
        return None
    base = array
    while base.base is not None:
        base = base.base
    memory = base.copy(order="K")
    offset = array.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    return np.ndarray(array.shape, array.dtype, memory, offset, array.strides)


def steps(array):
    """Of the axes that have some; NumPy's own ways disagree on the others."""
    return [s for s, length in zip(array.strides, array.shape, strict=True) if length > 1]


@contextlib.contextmanager
def mostly_taken(calls, at_least=0.5):
    """Of as many calls, NumPy may get to see the rest."""
    before = _ufuncs.walked_calls()
    yield
    assert _ufuncs.walked_calls() - before >= at_least * calls


def assert_as_numpy(row, inputs, outs):
    theirs = tuple(map(copied, outs))
    with np.errstate(all="ignore"):
        expected = outputs(function(row)(*inputs, out=theirs, order="K"))
        actual = outputs(function(row)(*inputs, out=tuple(outs)))
    for ours, theirs, out in zip(actual, expected, outs, strict=True):
        assert out is None or ours is out
        assert type(ours) is type(theirs)
        assert ours.dtype == theirs.dtype
        assert_same_bits(ours, theirs)
        if isinstance(ours, np.ndarray):
            assert steps(ours) == steps(theirs)
            assert out is not None or ours.flags == theirs.flags


@pytest.mark.parametrize("seed", range(4))
def test_any_layout(row, dtype, seed):
    """Random ones, of which nobody would think."""
    rng = np.random.default_rng([seed, dtype.num, len(row.name)])
    with mostly_taken(150):
        for _ in range(150):
            assert_as_numpy(row, *a_call(rng, row, dtype))


@pytest.mark.parametrize("code", "?bBhHiIlLqQ")
def test_integers(row, code):
    """Alone they are computed as float64, whatever they are, and with numbers of Python too."""
    rng = np.random.default_rng(ord(code))

    def whole(array, code):
        """The same view of memory that holds integers."""
        with np.errstate(invalid="ignore"):
            return array.astype(code) if isinstance(array, np.ndarray) else array

    with mostly_taken(60, 0.4):
        for _ in range(60):
            inputs, outs = a_call(rng, row, np.dtype("d"))
            for k in range(len(row.data)):
                inputs[k] = whole(inputs[k], code if k == 0 or rng.random() < 0.5 else "b")
            if rng.random() < 0.7:
                inputs[len(row.data) :] = [0.5] * (len(inputs) - len(row.data))
            shape = np.broadcast_shapes(*map(np.shape, inputs))
            outs = [out if np.shape(out) == shape else None for out in outs]
            assert_as_numpy(row, inputs, outs)


def test_integers_in_the_memory_of_the_output(row):
    memory = np.arange(-40, 40).reshape(8, 10)[:, ::2]
    results = []
    for keywords in ({}, {"order": "K"}):
        x = memory.copy()
        outs = [None] * row.nout
        outs[0] = x.view(np.float64)
        results.append(outputs(function(row)(*[x] * len(row.data), out=tuple(outs), **keywords)))
    assert_same_bits(*results)


def test_nothing_else_is_written(row, dtype):
    """Not even between the elements of an output."""
    rng = np.random.default_rng(5)
    for shape in ((7,), (40, 33), (5, 16, 16), (64, 64)):
        inputs = [somewhere(rng, shape, dtype) for _ in row.data]
        wide = [as_dtype(np.full([2 * n for n in shape], 77), dtype) for _ in range(row.nout)]
        before = [bit_patterns(each) for each in wide]
        every_second = tuple(slice(1, None, 2) for _ in shape)
        with np.errstate(all="ignore"):
            function(row)(*inputs, out=tuple(each[every_second] for each in wide))
        for each, bits in zip(wide, before, strict=True):
            untouched = np.ones(each.shape, bool)
            untouched[every_second] = False
            assert (bit_patterns(each)[untouched] == bits[untouched]).all()


def test_numpy_is_not_asked(row):
    x = np.ones((9, 12), np.float32)
    for data in (x[:, :5], x[::2], x.T[1:], x[:, ::-1]):
        out = tuple(np.empty(data.shape, np.float32) for _ in range(row.nout))
        for keywords in ({}, {"out": out}):
            before = _ufuncs.walked_calls()
            function(row)(*[data] * len(row.data), **keywords)
            assert _ufuncs.walked_calls() == before + 1


@pytest.mark.parametrize("length", [20, 300])
def test_directions(row, length):
    """Of data and outputs, each forward or backward along each axis, long rows or short ones."""
    rng = np.random.default_rng(length)
    shape = (4, 30, length, 1)
    ways = [(slice(None, None, a), slice(None, None, b), slice(None, None, c), slice(None))
            for a in (1, -1) for b in (1, -1) for c in (1, -1)]  # fmt: skip
    x = rng.normal(size=shape).astype(np.float32)
    expected = outputs(function(row)(*[x] * len(row.data), order="K"))
    for way in ways:
        for other in ways:
            data = [np.ascontiguousarray(x[way])[way] for _ in row.data]
            data[0] = np.ascontiguousarray(x[other])[other]
            outs = tuple(np.empty(shape, np.float32)[way] for _ in range(row.nout))
            assert_same_bits(function(row)(*data, out=outs), expected)
            assert_same_bits(function(row)(*data), expected)
        column = np.ascontiguousarray(x[:, :, :1][way])[way]
        wide = tuple(np.empty(shape, np.float32)[way] for _ in range(row.nout))
        function(row)(*[column] * len(row.data), out=wide)
        assert_same_bits(
            wide,
            tuple(
                np.broadcast_to(each[:, :, :1], shape)
                for each in outputs(function(row)(*[x] * len(row.data)))
            ),
        )


# What memory is shared.


def test_in_place(row, dtype):
    rng = np.random.default_rng(1)
    for shape in ((33,), (17, 40), (3, 20, 20)):
        for place in range(len(row.data)):
            for which in range(row.nout):
                data = [somewhere(rng, shape, dtype) for _ in row.data]
                outs = [None] * row.nout
                outs[which] = data[place]
                with np.errstate(all="ignore"):
                    expected = outputs(function(row)(*map(copied, data), order="K"))
                    actual = function(row)(*data, out=tuple(outs))
                assert_same_bits(actual, expected)


@pytest.mark.parametrize("size", [6, 40, 130])
def test_overlap(row, dtype, size):
    """Everything is read before it is overwritten."""
    rng = np.random.default_rng(2)
    pairs = {
        "itself-transposed": lambda m: (m[:size, :size].T, m[:size, :size]),
        "a-row-further": lambda m: (m[:size, :size], m[1 : size + 1, :size]),
        "a-column-further": lambda m: (m[:size, 1 : size + 1], m[:size, :size]),
        "reversed": lambda m: (m[:size, :size], m[size - 1 :: -1, :size]),
        "first-row": lambda m: (np.broadcast_to(m[0, :size], (size, size)), m[:size, :size]),
        "interleaved": lambda m: (m[:size, ::2], m[:size, 1::2]),
    }
    for take in pairs.values():
        memory = as_dtype(rng.choice(VALUES, (size + 1, 2 * size)), dtype)
        source, target = take(memory)
        others = [somewhere(rng, source.shape, dtype) for _ in row.data[1:]]
        outs = [None] * row.nout
        outs[-1] = target
        with np.errstate(all="ignore"):
            expected = outputs(function(row)(*others, source.copy(), order="K"))
            actual = function(row)(*others, source, out=tuple(outs))
        assert_same_bits(actual, expected)


def test_both_outputs_in_one_array(dtype):
    """NumPy's order is what tells which one stays."""
    x = somewhere(np.random.default_rng(3), (6, 20), dtype)
    for share in (lambda m: (m[:, :20], m[:, :20]), lambda m: (m[:, :20], m[:, 1:21])):
        memory = [np.zeros((6, 22), dtype) for _ in range(2)]
        with np.errstate(all="ignore"):
            elufast.elu_with_grad(x, out=share(memory[0]))
            elufast.elu_with_grad(x, out=share(memory[1]), order="K")
        assert_same_bits(*memory)


def test_output_that_repeats_elements(dtype):
    x = somewhere(np.random.default_rng(4), (5, 8), dtype)
    results = []
    for keywords in ({}, {"order": "K"}):
        memory = np.zeros(12, dtype)
        windows = np.lib.stride_tricks.as_strided(memory, (5, 8), (memory.itemsize,) * 2)
        with np.errstate(all="ignore"):
            elufast.elu(x, out=windows, **keywords)
        results.append(memory)
    assert_same_bits(*results)


# Numbers.

NUMBERS = [
    0.5,
    2,
    -0.7,
    0.0,
    -0.0,
    np.inf,
    np.nan,
    1e30,
    70000,
    1e-7,
    2.0**-14,
    65504,
    10**400,
    True,
]


@pytest.mark.parametrize("of_type", [False, True], ids=["python", "numpy"])
def test_numbers_among_the_inputs(row, dtype, of_type):
    """What the arrays' type cannot hold is NumPy's to report."""
    x = somewhere(np.random.default_rng(6), (9, 40), dtype)
    for value in NUMBERS:
        for place in range(len(row.data) + len(row.parameters)):
            inputs = [x] * len(row.data) + [0.5] * len(row.parameters)
            with np.errstate(all="ignore"):
                inputs[place] = dtype.type(value) if of_type and value != 10**400 else value
            if not any(isinstance(each, np.ndarray) for each in inputs):
                continue
            for errors in ("ignore", "raise"):
                results = []
                for keywords in ({}, {"order": "K"}):
                    with np.errstate(all=errors, under="ignore"):
                        try:
                            results.append(outputs(function(row)(*inputs, **keywords)))
                        except (FloatingPointError, OverflowError, TypeError) as error:
                            results.append((type(error), str(error)))
                if isinstance(results[1][0], np.ndarray):
                    assert_same_bits(*results)
                else:
                    assert results[0] == results[1]


def test_numbers_of_another_type():
    """They have a say in the type of the result."""
    x = np.ones((4, 6), np.float32)[:, :5]
    for value in (np.float64(0.5), np.float16(0.5), np.longdouble(0.5), np.int8(1), np.int64(1)):
        assert elufast.elu(x, value).dtype == np.add(x, value).dtype
        assert elufast.elu_backward(value, x).dtype == np.add(x, value).dtype
    assert elufast.elu(0.5, out=x).dtype == np.float32  # computed as float64
    assert x[0, 0] == np.float32(0.5)


# What NumPy refuses.


def refusals(row, dtype):
    x = np.ones((4, 6), dtype)
    read_only, other = np.ones((4, 5), dtype), np.ones((4, 4), dtype)
    read_only.flags.writeable = False
    yield [x[:, :5]] * len(row.data), {"out": (read_only,) * row.nout}
    yield [x[:, :5]] * len(row.data), {"out": (other,) * row.nout}
    yield [x[:1, :5]] * len(row.data), {"out": (np.ones(5, dtype),) * row.nout}
    yield [x[:, :5]] * len(row.data), {"out": (np.ones((1, 5), dtype),) * row.nout}
    yield [x[:, :5]] * (len(row.data) - 1) + [x[:, :5], other], {}
    yield [x[:, :5]] * len(row.data) + [np.ones(4, dtype)], {}


def test_errors(row, dtype):
    for inputs, keywords in refusals(row, dtype):
        before = [out.copy() for out in keywords.get("out", ())]
        with pytest.raises(ValueError, match=r"broadcast|read-only|mismatch") as ours:
            function(row)(*inputs, **keywords)
        with pytest.raises(ValueError, match=r"broadcast|read-only|mismatch") as theirs:
            function(row)(*inputs, **keywords, order="K")
        # A ufunc without inputs for the parameters may have been asked, which does not name them.
        assert str(ours.value).replace("() ", "") == str(theirs.value).replace("() ", "")
        for out, kept in zip(keywords.get("out", ()), before, strict=True):
            assert_same_bits(out, kept)


@pytest.mark.parametrize("shape", [(3, 5), (40, 40), (700,)], ids=str)
def test_floating_point_errors(shape):
    for dtype, large in (
        (np.dtype("e"), 65504),
        (np.dtype("f"), 3.4e38),
        (np.dtype("d"), 1.79e308),
    ):
        grad = as_dtype(np.full([2 * n for n in shape], large), dtype)
        grad = grad[tuple(slice(None, None, 2) for _ in shape)]
        x = np.ones(shape, dtype)
        message = r"^overflow encountered in selu_backward$"
        with np.errstate(over="raise"), pytest.raises(FloatingPointError, match=message):
            elufast.selu_backward(grad, x)
        with np.errstate(over="warn"), pytest.warns(RuntimeWarning, match=message):
            assert np.isinf(elufast.selu_backward(grad, x)).all()


@pytest.mark.parametrize("lengths", [(2**40, 2**40), (274177, 67280421310721)], ids=["0", "1"])
def test_too_many_elements(lengths):
    """More than there are addresses, so that their number is another one."""

    def large(*shape):
        return np.lib.stride_tricks.as_strided(np.ones(1, np.float32), shape, (0,) * len(shape))

    a, b = lengths
    with pytest.raises(ValueError, match=r"too (big|large)"):
        elufast.elu(large(a, 1), large(1, b))
    for inputs, shape in (
        ((large(a, 1), large(1, b)), (1, 1)),
        ((large(a, 1, 1), large(1, 1, b)), (1, 5, 1)),
    ):
        with pytest.raises(ValueError, match="non-broadcastable"):
            elufast.elu(*inputs, out=np.zeros(shape, np.float32))


@pytest.mark.parametrize("axes", [1, 31, 32, 61, 62, 63, 64])
def test_as_many_axes_as_numpy_has(axes):
    shape = [1] * axes
    for k, length in enumerate((3, 2, 2, 5, 3)[:axes]):
        shape[-(k * 7 % axes) - 1] = length
    x = np.linspace(-3, 3, 2 * np.prod(shape), dtype=np.float32)[::2].reshape(shape)
    for view in (x, x.T, x[..., ::-1]):
        expected = elufast.elu(view, order="K")
        for out in (None, np.zeros(view.shape, np.float32)):
            actual = elufast.elu(view, out=out)
            assert actual.shape == expected.shape
            assert_same_bits(actual.ravel(), expected.ravel())


def test_axes_of_one_element_may_have_any_steps():
    memory = np.linspace(-3, 3, 12, dtype=np.float32)
    x = np.lib.stride_tricks.as_strided(memory, (1, 4, 1, 3), (2**62, 12, -(2**60), 4))
    out = np.lib.stride_tricks.as_strided(np.zeros(12, np.float32), x.shape, (-(2**62), 12, 0, 4))
    assert_same_bits(elufast.elu(x), elufast.elu(memory).reshape(x.shape))
    assert_same_bits(elufast.elu(x, out=out), elufast.elu(memory).reshape(x.shape))


def test_metadata_of_types():
    """New outputs have that of the first input."""
    described = np.ones((4, 6), np.dtype("f4", metadata={"a": 1}))[:, :5]
    plain = np.ones((4, 6), np.float32)[:, :5]
    for inputs in ((described,), (plain, described[0]), (0.5, described[0]), (described, 0.5)):
        ours, theirs = elufast.elu(*inputs), elufast.elu(*inputs, order="K")
        assert ours.dtype.metadata == theirs.dtype.metadata


def test_an_error_handler_may_call_again():
    seen = []

    def handler(kind, _):
        seen.append((kind, elufast.elu(x[:, ::2], alpha=0.25)[0, 0]))

    x = np.full((9, 12), -1, np.float32)
    grad = np.full((9, 12), 3.4e38, np.float32)[:, ::2]
    with np.errstate(over="call", call=handler):
        result = elufast.selu_backward(grad, -x[:, ::2], 1.5)
    assert np.isinf(result).all()
    assert seen == [("overflow", elufast.elu(np.float32(-1), alpha=0.25))]


def test_outputs_that_warn():
    """NumPy tells that writing to what was broadcast will be an error some day."""
    out, _ = np.broadcast_arrays(np.zeros(4, np.float32), np.zeros((3, 4)))
    with pytest.warns(DeprecationWarning, match="broadcast"):
        elufast.elu(np.ones((3, 8), np.float32)[:, ::2], out=out)


def test_nested_tuples():
    """However deep."""
    deep = (1.0,)
    for _ in range(100_000):
        deep = (deep,)
    with pytest.raises((ValueError, RecursionError)):
        elufast.elu(deep)
    while isinstance(deep, tuple):  # which is as deep for who lets go of it
        (deep,) = deep


def test_empty():
    for x in (np.ones((3, 0), np.float32), np.ones((0, 4), np.float32)[:, ::2]):
        assert elufast.elu(x).shape == x.shape
        assert elufast.elu(x, np.ones(x.shape, np.float32)).shape == x.shape


def test_references():
    """Every array is let go of, also after an error."""
    x, alpha = np.ones((30, 50), np.float32)[:, :40], np.full(40, 0.5, np.float32)
    grad, out = np.full((30, 40), 3.4e38, np.float32), np.empty((30, 40), np.float32)
    arrays = [x, alpha, grad, out]
    gc.collect()
    before = [sys.getrefcount(each) for each in arrays]
    for _ in range(50):
        fresh, other = elufast.elu(x, alpha), np.add(x, alpha)
        assert sys.getrefcount(fresh) == sys.getrefcount(other)
        assert elufast.elu(x, alpha, out=out) is out
        with np.errstate(over="raise"), pytest.raises(FloatingPointError):
            elufast.selu_backward(grad, x, alpha)
    gc.collect()
    assert [sys.getrefcount(each) for each in arrays] == before
