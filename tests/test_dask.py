"""Dask arrays: lazy, with the right types and chunks, and the bits of the arrays they stand for."""

import functools
import pickle

import numpy as np
import pytest
from support import DTYPES, assert_same_bits, function, outputs, rows_where
from test_threads import needs_openmp

import elufast
from elufast import _ufuncs

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
from elufast import _dask  # noqa: E402 (needs dask)

PAIRS = rows_where(lambda row: row.nout == 2)
ONE_OUTPUT = rows_where(lambda row: row.nout == 1)
SHAPE, CHUNKS = (40, 30), (16, 7)


def made(row, rng, dtype=np.float32, shape=SHAPE, chunks=CHUNKS):
    """Arrays for a row's data, and the same as dask arrays."""
    arrays = [(rng.normal(size=shape) * 3).astype(dtype) for _ in row.data]
    return arrays, [da.from_array(array, chunks=chunks) for array in arrays]


def check(lazy, expected, chunks=None):
    """Everything that is known before the computation, and its result."""
    lazy, expected = outputs(lazy), outputs(expected)
    assert all(type(each) is da.Array for each in lazy)
    for each, array in zip(lazy, expected, strict=True):
        assert each.dtype == array.dtype
        assert each.shape == array.shape
        assert (type(each._meta), each._meta.dtype) == (np.ndarray, array.dtype)
        assert each._meta.ndim == each.ndim
        if chunks is not None:
            assert each.chunks == chunks
    computed = dask.compute(*lazy, scheduler="sync")
    for each, array in zip(computed, expected, strict=True):
        assert each.dtype == array.dtype
    assert_same_bits(computed, expected)


def test_every_type(row, dtype, rng):
    arrays, lazy = made(row, rng, dtype)
    check(function(row)(*lazy), function(row)(*arrays), lazy[0].chunks)


def test_bfloat16(row, rng):
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    arrays, lazy = made(row, rng, bfloat16)
    check(function(row)(*lazy), function(row)(*arrays), lazy[0].chunks)


@pytest.mark.parametrize("dtype", ["?", "i1", "u2", "i8"])
def test_integers(row, dtype, rng):
    arrays, lazy = made(row, rng, dtype)
    check(function(row)(*lazy), function(row)(*arrays), lazy[0].chunks)
    assert outputs(function(row)(*lazy))[0].dtype == np.float64


class TestParameters:
    @pytest.mark.parametrize("dtype", DTYPES, ids=str)
    def test_keywords(self, row, dtype, rng):
        """Python numbers leave the type alone."""
        arrays, lazy = made(row, rng, dtype)
        given = dict.fromkeys(row.parameters, 0.5)
        check(function(row)(*lazy, **given), function(row)(*arrays, **given))

    @pytest.mark.parametrize("value", [np.float64(0.5), np.array(0.5), 2, np.float16(0.5)])
    def test_numbers_of_a_type(self, row, value, rng):
        arrays, lazy = made(row, rng)
        check(function(row)(*lazy, alpha=value), function(row)(*arrays, alpha=value))

    @pytest.mark.parametrize("shape", [30, (40, 1), (2, 40, 30), 1])
    def test_arrays(self, row, shape, rng):
        arrays, lazy = made(row, rng)
        alpha = rng.uniform(0.1, 2, shape).astype(np.float32)
        expected = function(row)(*arrays, alpha=alpha)
        check(function(row)(*lazy, alpha=alpha), expected)
        check(function(row)(*lazy, alpha=da.from_array(alpha, chunks=11)), expected)
        check(function(row)(*arrays, alpha=da.from_array(alpha, chunks=11)), expected)

    def test_list(self, row, rng):
        arrays, lazy = made(row, rng, shape=(5, 3), chunks=2)
        check(function(row)(*lazy, alpha=[1, 2, 3]), function(row)(*arrays, alpha=[1, 2, 3]))

    def test_without_dimensions(self, row, rng):
        """No value of a dask array counts in the choice of a type, as in NumPy."""
        arrays, lazy = made(row, rng)
        alpha = np.array(0.5)
        expected = function(row)(*arrays, alpha=alpha)
        check(function(row)(*lazy, alpha=da.from_array(alpha, chunks=())), expected)


class TestShapes:
    def test_unlike_chunks(self, rng):
        """Inputs are cut where any of them is."""
        for row in rows_where(lambda row: len(row.data) == 2):
            (g, x), (lazy, _) = made(row, rng)
            chunks = ((8, 8, 8, 8, 8), (7, 3, 4, 6, 1, 7, 2))
            other = da.from_array(x, chunks=(8, 10))
            check(function(row)(lazy, other), function(row)(g, x), chunks)

    @pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1,), (2, 3, 4, 5)])
    def test_of_all_kinds(self, row, shape, rng):
        arrays, lazy = made(row, rng, shape=shape, chunks=2)
        check(function(row)(*lazy), function(row)(*arrays))

    def test_unknown(self, row, rng):
        arrays, lazy = made(row, rng)
        positive = [each[lazy[0] > 0] for each in lazy]
        result = outputs(function(row)(*positive))
        assert all(np.isnan(each.shape[0]) for each in result)
        expected = function(row)(*(array[arrays[0] > 0] for array in arrays))
        assert_same_bits(dask.compute(*result), expected)

    def test_that_do_not_broadcast(self, row, rng):
        _, lazy = made(row, rng)
        with pytest.raises(ValueError, match="could not be broadcast"):
            function(row)(*lazy, alpha=np.ones(7))


def failing(block):
    raise RuntimeError("computed")


def test_nothing_is_computed_before_it_is_asked_for(row):
    x = da.map_blocks(failing, da.ones(10, chunks=5), dtype=float, meta=np.empty(0))
    for each in outputs(function(row)(*[x] * len(row.data))):
        with pytest.raises(RuntimeError, match="computed"):
            each.compute(scheduler="sync")


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
def test_schedulers(scheduler, rng):
    """All functions in one computation: it takes a second to start processes."""
    expected, lazy = [], []
    for row in _ufuncs.ROWS:
        arrays, dasks = made(row, rng)
        for keywords in ({}, {"alpha": 0.5}):
            expected += outputs(function(row)(*arrays, **keywords))
            lazy += outputs(function(row)(*dasks, **keywords))
    computed = dask.compute(*lazy, scheduler=scheduler, num_workers=2)
    assert_same_bits(computed, tuple(expected))


def threads_here(block):
    return np.array([elufast.get_num_threads()])


def test_threads_of_processes():
    """dask starts them with the usual number of threads each; README tells how not to."""
    once = functools.partial(elufast.set_num_threads, 1)
    lazy = da.ones(4, chunks=2).map_blocks(threads_here, dtype=int, chunks=(1,))
    with dask.config.set({"multiprocessing.initializer": once}):
        assert lazy.compute(scheduler="processes", num_workers=2).tolist() == [1, 1]


def test_pickle(row, rng):
    arrays, lazy = made(row, rng)
    result = pickle.loads(pickle.dumps(function(row)(*lazy, alpha=0.5)))
    check(result, function(row)(*arrays, alpha=0.5))


def test_names(row, rng):
    """Equal calls are one and the same to dask, others are not."""
    _, lazy = made(row, rng)
    first, again, other = (
        [each.name for each in outputs(function(row)(*lazy, alpha=alpha))]
        for alpha in (0.5, 0.5, 0.25)
    )
    assert first == again
    assert len({*first, *other}) == 2 * row.nout
    assert all(name.startswith(row.name) for name in first)


def test_functions_of_the_package_in_an_expression(rng):
    """A forward and a backward pass over blocks, put together by dask."""
    x, grad = (rng.normal(size=SHAPE) for _ in range(2))
    lazy, lazy_grad = (da.from_array(each, chunks=CHUNKS) for each in (x, grad))
    y = elufast.elu(lazy * 2, alpha=0.5)
    check(y, elufast.elu(x * 2, alpha=0.5))
    check(
        elufast.elu_backward(lazy_grad, lazy * 2, alpha=0.5) + y,
        elufast.elu_backward(grad, x * 2, alpha=0.5) + elufast.elu(x * 2, alpha=0.5),
    )


class Counting:
    """A ufunc as far as `_dask.call` and dask look, that counts its calls on data."""

    nout, __name__ = 2, "counting"

    def __init__(self):
        self.calls = 0

    def __call__(self, x, alpha):
        self.calls += x.size > 0
        return elufast.elu_with_grad(x, alpha)

    def __dask_tokenize__(self):
        return "counting"


class TestTwoOutputs:
    def test_each_block_is_computed_once(self):
        counting, x = Counting(), da.linspace(-3, 3, 60, chunks=10)
        y, slope = _dask.call(counting, (x, 1.0), {})
        counting.calls = 0
        dask.compute(y, slope, scheduler="sync")
        assert counting.calls == x.npartitions

    def test_also_under_what_follows(self):
        """Fused with the operations before and after it."""
        counting, x = Counting(), da.linspace(-3, 3, 60, chunks=10) * 2
        y, slope = _dask.call(counting, (x, 1.0), {})
        counting.calls = 0
        dask.compute(y.sum(), (slope * 2 + y).mean(), y + 1, scheduler="sync")
        assert counting.calls == x.npartitions

    @pytest.mark.parametrize("which", [0, 1])
    def test_one_alone(self, which, rng):
        for row in PAIRS:
            (x,), (lazy,) = made(row, rng)
            check(function(row)(lazy)[which], function(row)(x)[which])

    @pytest.mark.parametrize("row", PAIRS, ids=lambda row: row.name)
    @pytest.mark.parametrize("keyword", ["out", "where"])
    def test_keywords_that_make_no_sense(self, row, keyword, rng):
        _, (x,) = made(row, rng)
        value = (x, x) if keyword == "out" else x > 0
        message = rf"{row.name}\(\) with two outputs takes no {keyword}= for dask arrays"
        with pytest.raises(TypeError, match=message):
            function(row)(x, **{keyword: value})

    def test_keywords_at_their_defaults(self, rng):
        (x,), (lazy,) = made(PAIRS[0], rng)
        for keywords in ({"out": None}, {"out": (None, None)}, {"where": True}):
            check(elufast.elu_with_grad(lazy, **keywords), elufast.elu_with_grad(x))

    def test_unknown_keyword(self, rng):
        _, (x,) = made(PAIRS[0], rng)
        with pytest.raises(TypeError, match="unexpected keyword argument 'axes_'"):
            elufast.elu_with_grad(x, axes_=1)


@pytest.mark.parametrize("dtype", ["c8", "M8[s]", "O"])
def test_types_without_a_loop(row, dtype):
    """dask would say no more than that all operands returned NotImplemented."""
    data = [da.zeros(3, dtype=dtype, chunks=2)] * len(row.data)
    with pytest.raises(TypeError, match=f"'{row.name}' not supported for the input types"):
        function(row)(*data)


class TestKeywordsOfNumPy:
    """`dtype=` and others, which dask reads in another way or refuses."""

    @pytest.mark.parametrize(("of", "dtype"), [("e", "d"), ("d", "f"), ("f", "g"), ("i4", "f")])
    def test_dtype_is_what_is_computed_in(self, row, of, dtype, rng):
        """As in NumPy; a cast of the result would have other bits."""
        arrays, lazy = made(row, rng, of)
        keywords = {"dtype": dtype, "casting": "unsafe"}
        check(function(row)(*lazy, **keywords), function(row)(*arrays, **keywords))

    def test_casting(self, row, rng):
        _, lazy = made(row, rng, np.float64)
        with pytest.raises(TypeError, match=r"No loop matching|Cannot cast"):
            function(row)(*lazy, dtype="f", casting="safe")

    def test_beside_out(self, rng):
        _, (x,) = made(PAIRS[0], rng)
        with pytest.raises(TypeError, match=r"elu\(\) with dtype= takes no out="):
            elufast.elu(x, dtype="d", out=x)


class TestLeftToOthers:
    """What `_dask.call` hands back."""

    @pytest.mark.parametrize("keywords", [{}, {"out": None}, {"where": True}])
    def test_one_output(self, keywords):
        x = da.ones(3)
        assert _dask.call(elufast.elu, (x, 1.0), keywords) is NotImplemented

    def test_no_dask_array(self):
        delayed = dask.delayed(np.ones)(3)
        assert _dask.call(elufast.elu_with_grad, (delayed, 1.0), {}) is NotImplemented

    def test_types_above_dasks(self):
        class Above:
            def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
                return "above"

        assert _dask.call(elufast.elu_with_grad, (da.ones(3), Above()), {}) is NotImplemented
        assert elufast.elu_with_grad(da.ones(3), Above()) == "above"


class TestDasksOwnKeywords:
    def test_out(self, rng):
        (x,), (lazy,) = made(PAIRS[0], rng)
        out = da.empty(SHAPE, chunks=CHUNKS, dtype=np.float32)
        assert elufast.elu(lazy, out=out) is out
        check(out, elufast.elu(x))

    def test_where(self, rng):
        (x,), (lazy,) = made(PAIRS[0], rng)
        result = elufast.elu(lazy, where=lazy > 1, out=da.zeros_like(lazy))
        check(result, elufast.elu(x, where=x > 1, out=np.zeros_like(x)))


class TestRecipes:
    """The ways of dask's own, which know nothing of this package."""

    def test_apply_gufunc(self, rng):
        for row in PAIRS:
            (x,), (lazy,) = made(row, rng)
            types = (x.dtype, x.dtype)
            check(
                da.apply_gufunc(function(row), "()->(),()", lazy, output_dtypes=types, alpha=0.5),
                function(row)(x, alpha=0.5),
            )

    @pytest.mark.parametrize("row", ONE_OUTPUT, ids=lambda row: row.name)
    def test_map_blocks(self, row, rng):
        arrays, lazy = made(row, rng)
        result = da.map_blocks(function(row), *lazy, alpha=0.5, dtype=np.float32)
        check(result, function(row)(*arrays, alpha=0.5))


@needs_openmp
@pytest.mark.parametrize("workers", [2, 4])
def test_workers_share_the_limit(workers):
    """Dask's threads times OpenMP's would be more than there are CPUs."""
    limit = 2
    elufast.set_num_threads(limit)
    x = da.from_array(np.full(8 * workers * 20_000, -0.5, np.longdouble), chunks=20_000)
    _ufuncs.threads_in_use()
    total = elufast.elu(x).sum().compute(scheduler="threads", num_workers=workers)
    now, most = _ufuncs.threads_in_use()
    assert now == 0
    assert limit <= most < limit + workers
    assert np.isclose(float(total), x.size * np.expm1(-0.5))
