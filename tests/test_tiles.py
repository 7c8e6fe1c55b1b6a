"""Arrays that lie transposed to each other, which are walked through by tiles."""

import itertools

import numpy as np
import pytest
from support import assert_same_bits, function, outputs, rows_where, swapped

import elufast
from elufast import _ufuncs

# Whole tiles, narrow and short ones, several at once, one more or less than that; three axes.
SHAPES = [
    (128, 256),
    (129, 257),
    (300, 700),
    (1025, 40),
    (127, 270),
    (1301, 27),
    (27, 1301),
    (9, 4001),
    (4001, 9),
    (300, 8, 16),
    (16, 9, 301),
]
shapes = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)))
rows = pytest.mark.parametrize(
    "row",
    rows_where(lambda row: row.name in ("elu", "celu_with_grad", "selu_backward")),
    ids=lambda row: row.name,
)


def numbers(rng, shape, dtype):
    return (rng.normal(size=shape) * 2).astype(dtype)


def swapped_fortran(x):
    return np.asfortranarray(swapped(x))


# How the last array of the data lies, after what lies before it.
WAYS = {
    "fortran": (np.asfortranarray, np.asfortranarray),
    "last": (np.ascontiguousarray, np.asfortranarray),
    "swapped": (swapped_fortran, swapped_fortran),
    "reversed": (
        lambda x: np.asfortranarray(x[::-1])[::-1],
        lambda x: np.asfortranarray(x[..., ::-1])[..., ::-1],
    ),
}


def tiled(call):
    before = _ufuncs.walked_calls()
    call()
    assert _ufuncs.walked_calls() == before + 1


@rows
@shapes
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_transposed_inputs(row, dtype, shape, way, threads, rng):
    data = [numbers(rng, shape, dtype) for _ in row.data]
    expected = outputs(function(row)(*data))
    data = [*map(way[0], data[:-1]), way[1](data[-1])]
    out = tuple(np.zeros(shape, dtype) for _ in range(row.nout))
    tiled(lambda: function(row)(*data, out=out))
    assert_same_bits(out, expected)


@rows
@shapes
def test_transposed_outputs(row, dtype, shape, threads, rng):
    data = [numbers(rng, shape, dtype) for _ in row.data]
    expected = outputs(function(row)(*data))
    for other in (np.asfortranarray, np.ascontiguousarray)[: row.nout]:
        kinds = (np.asfortranarray, other)[: row.nout]
        out = tuple(kind(np.zeros(shape, dtype)) for kind in kinds)
        tiled(lambda out=out: function(row)(*data, out=out))
        assert_same_bits(out, expected)


@rows
@pytest.mark.parametrize(
    "kinds", [("i4", "f8"), ("f4", "f8"), ("f2", "g"), ("f8", "f4")], ids="-".join
)
@pytest.mark.parametrize("shape", [(150, 224), (300, 71)], ids="{0[0]}x{0[1]}".format)
def test_transposed_casts(row, kinds, shape, threads, rng):
    """Items of different sizes, so that tiles are shorter."""
    data = [(rng.normal(size=shape) * 3).astype(kinds[0]) for _ in row.data]
    expected = outputs(function(row)(*data))
    for turn in (np.asfortranarray, np.ascontiguousarray):
        out = tuple(turn(np.zeros(shape, kinds[1])) for _ in range(row.nout))
        turned = [np.asfortranarray(x) if turn is np.ascontiguousarray else x for x in data]
        tiled(lambda t=turned, out=out: function(row)(*t, out=out))
        assert_same_bits(out, tuple(part.astype(kinds[1]) for part in expected))


def placed(shape, dtype, offset):
    """Zeros that begin `offset` bytes after a line of the cache."""
    dtype = np.dtype(dtype)
    raw = np.zeros(np.prod(shape) * dtype.itemsize + 128, np.uint8)
    start = -raw.ctypes.data % 64 + offset
    return raw[start : start + np.prod(shape) * dtype.itemsize].view(dtype).reshape(shape)


@pytest.mark.parametrize(
    "kinds", [("f8", "f4"), ("i4", "f4"), ("f4", "f2"), ("g", "f8"), ("g", "f4")], ids="-".join
)
def test_lines_of_narrower_outputs(kinds, threads, rng):
    """Rows that all begin at the same place of a line, which more items of the output fill than a
    tile is wide; alpha keeps them from the squares."""
    shape = (144, 160)
    grad, x = (np.asfortranarray((rng.normal(size=shape) * 3).astype(kinds[0])) for _ in range(2))
    for alpha in (1, 0.75):
        expected = elufast.elu_backward(grad, x, alpha).astype(kinds[1])
        for offset in range(0, 64, expected.itemsize):
            out = placed(shape, kinds[1], offset)
            tiled(lambda a=alpha, out=out: elufast.elu_backward(grad, x, a, out=out))
            assert_same_bits(out, expected)


@pytest.mark.parametrize("shape", [(129, 257), (400, 150)], ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize("order", [np.asfortranarray, swapped_fortran], ids=["native", "swapped"])
def test_in_place(dtype, shape, order, threads, rng):
    """The input that lies the other way is the output too."""
    grad, x = numbers(rng, shape, dtype), numbers(rng, shape, dtype)
    expected = elufast.elu_backward(grad, x)
    for given in ((grad, order(x)), (order(grad), x)):
        out = given[0] if given[1] is x else given[1]
        tiled(lambda g=given, out=out: elufast.elu_backward(*g, out=out))
        assert_same_bits(out.astype(dtype), expected)


@pytest.fixture(params=[0, 2**62], ids=["far", "near"])
def _size_of_caches(request):
    """Which axis kernels follow, and what is prefetched, hangs on what the caches hold."""
    before = _ufuncs.get_tuning()
    _ufuncs.set_tuning(**{**before, "stream_bytes": request.param})
    yield
    _ufuncs.set_tuning(**before)


@rows
@pytest.mark.usefixtures("_size_of_caches")
@pytest.mark.parametrize("alpha", [1, 0.75])
@pytest.mark.parametrize("shape", [(299, 512), (512, 299), (40, 1030), (530, 41)], ids=str)
def test_any_axis_is_followed(row, dtype, shape, alpha, threads, rng):
    """Rows that are a power of 2 apart and others, in all the ways to lie; alpha keeps them from
    the squares."""
    data = [numbers(rng, shape, dtype) for _ in row.data]
    parameters = [alpha] * len(row.parameters)
    expected = outputs(function(row)(*data, *parameters))
    orders = (np.ascontiguousarray, np.asfortranarray)
    for kinds in itertools.product(orders, repeat=len(data) + row.nout):
        if len(set(kinds)) == 1:
            continue
        given = [kind(x) for kind, x in zip(kinds, data, strict=False)]
        out = tuple(kind(np.zeros(shape, dtype)) for kind in kinds[len(data) :])
        tiled(lambda g=given, out=out: function(row)(*g, *parameters, out=out))
        assert_same_bits(out, expected)


@rows
@shapes
def test_parameters_of_transposed_arrays(row, dtype, shape, rng):
    """For each column, for each row, for each element in both orders."""
    elufast.set_num_threads(2)
    data = [numbers(rng, shape, dtype) for _ in row.data]
    turned = [np.asfortranarray(array) for array in data]
    columns = rng.uniform(0.5, 2, shape[-1:]).astype(dtype)
    firsts = rng.uniform(0.5, 2, (shape[0], *[1] * (len(shape) - 1))).astype(dtype)
    full = rng.uniform(0.5, 2, shape).astype(dtype)
    for alpha in (columns, firsts, full, np.asfortranarray(full)):
        given = [np.broadcast_to(alpha, shape).copy()] * len(row.parameters)
        expected = outputs(function(row)(*data, *given))
        out = tuple(np.zeros(shape, dtype) for _ in range(row.nout))
        parameters = [alpha] * len(row.parameters)
        tiled(lambda p=parameters, out=out: function(row)(*turned, *p, out=out))
        assert_same_bits(out, expected)
