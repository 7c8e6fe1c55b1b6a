"""Contiguous arrays of one type and shape, which NumPy does not get to see (_direct_call.c).

They give what NumPy's own way gives: the same arrays, warnings, errors, and order of writing. Its
way is taken by calls with order="K", which says nothing new.
"""

import threading
import warnings

import numpy as np
import pytest
from support import BFLOAT16, as_dtype, assert_same_bits, function, outputs

import elufast
from elufast._ufuncs import ROWS

DTYPES = [np.dtype("e"), BFLOAT16, np.dtype("f"), np.dtype("d")]
VALUES = np.array([-3.0, -0.5, -0.0, 0.0, 0.25, 4.0, -60.0, np.inf, -np.inf, np.nan, -1e-3])
SHAPES = [(1,), (2,), (3, 5), (1, 1, 1), (255,), (256,), (257,), (500,), (501,), (8, 1001), (6, 0)]


@pytest.fixture(params=DTYPES, ids=str)
def dtype(request):
    return request.param


def data_of(row, dtype, shape):
    values = [np.roll(VALUES, 3 * k) for k in range(len(row.data))]
    return [as_dtype(np.resize(one, shape), dtype) for one in values]


def numpys(row, data, *parameters):
    with np.errstate(all="ignore"):
        return outputs(function(row)(*data, *parameters, order="K"))


def new(row, like):
    return tuple(np.full_like(like, 77) for _ in range(row.nout))


def out_of(row, outs):
    return outs[0] if row.nout == 1 else outs


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_way_to_say_where_to(row, dtype, shape):
    data = data_of(row, dtype, shape)
    for given in ((), (0.5,), (1.25, 2.5)[: len(row.parameters)]):
        expected = numpys(row, data, *given)
        with np.errstate(all="ignore"):
            fresh = outputs(function(row)(*data, *given))
            for result in fresh:
                assert type(result) is np.ndarray
                assert (result.shape, result.dtype, result.flags.c_contiguous) == (
                    shape, dtype, True,
                )  # fmt: skip
                assert result.flags.owndata
                assert result.flags.writeable
            outs = [new(row, data[0]) for _ in range(3)]
            named = function(row)(*data, *given, out=out_of(row, outs[0]))
            as_tuple = function(row)(*data, *given, out=outs[1])
            rest = list(row.parameters.values())[len(given) :]
            positional = function(row)(*data, *given, *rest, *outs[2])
        for result, written in zip((named, as_tuple, positional), outs, strict=True):
            for part, array in zip(outputs(result), written, strict=True):
                assert part is array
        for found in (fresh, *outs):
            for part, whole in zip(found, expected, strict=True):
                assert_same_bits(part, whole)


def test_one_output_of_two(dtype):
    for row in (row for row in ROWS if row.nout == 2):
        data = data_of(row, dtype, (300,))
        expected = numpys(row, data)
        for place in range(2):
            outs = [None, None]
            outs[place] = np.zeros(300, dtype)
            with np.errstate(all="ignore"):
                results = function(row)(*data, out=tuple(outs))
            assert results[place] is outs[place]
            for part, whole in zip(results, expected, strict=True):
                assert_same_bits(part, whole)


@pytest.mark.parametrize("size", [3, 300, 8000])
def test_in_place(row, dtype, size):
    for place in range(len(row.data)):
        for which in range(row.nout):
            data = data_of(row, dtype, (size,))
            expected = numpys(row, data)
            outs = list(new(row, data[0]))
            outs[which] = data[place]
            with np.errstate(all="ignore"):
                function(row)(*data, out=tuple(outs))
            for part, whole in zip(outs, expected, strict=True):
                assert_same_bits(part, whole)


@pytest.mark.parametrize("shift", [1, -1, 7, -7])
def test_overlap(row, dtype, shift):
    """Everything is read before it is overwritten."""
    size, low, high = 400, max(shift, 0), max(-shift, 0)
    for which in range(row.nout):
        base = data_of(row, dtype, (size + abs(shift),))[-1]
        source, target = base[low : low + size], base[high : high + size]
        others = data_of(row, dtype, (size,))[:-1]
        expected = numpys(row, [*others, source.copy()])
        outs = list(new(row, source))
        outs[which] = target
        with np.errstate(all="ignore"):
            function(row)(*others, source, out=tuple(outs))
        for part, whole in zip(outs, expected, strict=True):
            assert_same_bits(part, whole)


def test_both_outputs_in_one_array(dtype):
    """NumPy writes them element after element: the second of each is what stays."""
    for row in (row for row in ROWS if row.nout == 2):
        data = data_of(row, dtype, (40,))
        with np.errstate(all="ignore"):
            out = np.zeros(40, dtype)
            function(row)(*data, out=(out, out))
            assert_same_bits(out, numpys(row, data)[1])
            base = np.zeros(41, dtype)
            expected = np.zeros(41, dtype)
            for k, (y, dydx) in enumerate(zip(*numpys(row, data), strict=True)):
                expected[k], expected[k + 1] = y, dydx
            function(row)(*data, out=(base[:-1], base[1:]))
        assert_same_bits(base, expected)


# What goes another way.


def test_other_arrays(row):
    """Their order, class and byte order are what NumPy makes of them."""
    (x,) = data_of(ROWS[0], np.dtype("f"), (4, 6))
    data = [x] * len(row.data)
    with np.errstate(all="ignore"):
        for part in outputs(function(row)(*[x.T] * len(row.data))):
            assert part.flags.f_contiguous
        for part in outputs(function(row)(*data[:-1], x[:1])):
            assert part.shape == ((4, 6) if len(row.data) == 2 else (1, 6))
        for part in outputs(function(row)(*[x.view(np.matrix)] * len(row.data))):
            assert type(part) is np.matrix
        for part in outputs(function(row)(*[x[0, 0, ...]] * len(row.data))):
            assert type(part) is np.float32
        wide = tuple(np.zeros((4, 6)) for _ in range(row.nout))
        function(row)(*data, out=wide)
        for part, whole in zip(wide, numpys(row, data), strict=True):
            assert_same_bits(part, whole.astype(np.float64))


def test_outputs_that_may_not_be_written(row):
    x = np.ones(5, np.float32)
    for place in range(row.nout):
        outs = list(new(row, x))
        outs[place].flags.writeable = False
        with pytest.raises(ValueError, match="read-only"):
            function(row)(*[x] * len(row.data), out=tuple(outs))
        assert all((out == 77).all() for out in outs)


def test_outputs_of_another_shape(row):
    x = np.ones((2, 3), np.float32)
    for shape in ((3, 2), (6,), (1, 3), (2, 3, 1)):
        outs = tuple(np.zeros(shape, np.float32) for _ in range(row.nout))
        with pytest.raises(ValueError, match=r"broadcast"):
            function(row)(*[x] * len(row.data), out=outs)
    with pytest.raises(ValueError, match=r"'out' tuple must have exactly one entry per"):
        function(row)(*[x] * len(row.data), out=(None,) * 3)


# Flags.

OVERFLOWS = {  # in each type, of selu_backward(grad, 1)
    np.dtype("e"): 65504, BFLOAT16: 3.38e38, np.dtype("f"): 3.4e38, np.dtype("d"): 1.79e308,
}  # fmt: skip


@pytest.mark.parametrize("size", [1, 40, 257, 600])
def test_errors_and_warnings(dtype, size):
    grad, x = as_dtype(np.full((2, size), [[OVERFLOWS[dtype]], [1.0]]), dtype)
    message = r"^overflow encountered in selu_backward$"
    for out in (None, np.zeros(size, dtype), grad.copy()):
        with np.errstate(over="raise"), pytest.raises(FloatingPointError, match=message):
            elufast.selu_backward(grad, x, out=out)
        assert out is None or np.isinf(out.astype(float)).all()
        with np.errstate(over="warn"), pytest.warns(RuntimeWarning, match=message):
            elufast.selu_backward(grad, x, out=out)
        with np.errstate(over="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error")
            result = elufast.selu_backward(grad, x, out=out)
        assert np.isinf(result.astype(float)).all()
    with np.errstate(invalid="raise"), pytest.raises(FloatingPointError, match=r"^invalid value"):
        elufast.elu_backward_from_output(x, -x, -1.0)


def test_underflow():
    x = np.full(10, -95.0, np.float32)
    with np.errstate(under="raise"), pytest.raises(FloatingPointError, match=r"^underflow"):
        elufast.elu_grad(x)
    with np.errstate(all="raise", under="ignore"):
        assert (elufast.elu_grad(x) > 0).all()


def test_a_handler_that_calls_again():
    seen, x = [], np.full(10, 3.4e38, np.float32)

    def handle(kind, flag):
        seen.append((kind, elufast.elu(np.float32([-1]), 0.5)[0]))

    with np.errstate(over="call", call=handle):
        result = elufast.selu(x, 1.5)
    assert np.isinf(result).all()
    (kind, value), *rest = seen
    assert kind == "overflow"
    assert not rest
    assert value == elufast.elu(np.float32(-1), np.float32(0.5))


def test_flags_of_earlier_computations_do_not_count():
    x = np.ones(10, np.float32)
    with np.errstate(all="ignore"):
        np.exp(np.array([1000.0])), np.log(np.array([-1.0])), 1 / np.zeros(1)
    with np.errstate(all="raise"):
        elufast.elu(x)
        elufast.elu(x, out=x)


# Other threads.


def test_calls_of_many_threads(row):
    """Each has its own parameters, also while the lock of the interpreter is not held."""
    data = data_of(row, np.dtype("f"), (4000,))
    alphas = [0.5, 1.0, 1.5, 2.0]
    expected = [numpys(row, data, alpha) for alpha in alphas]
    wrong = []

    def work(k):
        with np.errstate(all="ignore"):
            for _ in range(200):
                found = outputs(function(row)(*data, alphas[k]))
                for part, whole in zip(found, expected[k], strict=True):
                    if not np.array_equal(part, whole, equal_nan=True):
                        wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(len(alphas))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
