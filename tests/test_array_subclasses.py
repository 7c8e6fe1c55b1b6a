"""Subclasses of ndarray: masked arrays, memory maps, matrices, records, and a user's own."""

import warnings

import numpy as np
import pytest
from support import assert_same_bits, function, outputs, rows_where, strict

import elufast

X = np.array([[-3.0, -0.5, -0.0], [0.25, 4.0, -1e-3]])
GRAD = np.array([[0.5, -2.0, 1.0], [3.0, 1.5, -1.0]])
ONE_OUTPUT = pytest.mark.parametrize(
    "row", rows_where(lambda row: row.nout == 1), ids=lambda row: row.name
)


def arrays_of(row, dtype=np.float64):
    return [column.astype(dtype) for column in (GRAD, X)[-len(row.data) :]]


# Masked arrays.


def masked(arrays, mask, bad=np.nan, **keywords):
    """With numbers under the mask that must not be seen."""
    made = []
    for array in arrays:
        data = array.copy()
        data[mask] = bad
        made.append(np.ma.array(data, mask=mask, **keywords))
    return made


MASK = np.array([[True, False, False], [False, True, False]])


def assert_masked(results, expected, mask=MASK):
    for part, whole in zip(outputs(results), outputs(expected), strict=True):
        assert type(part) is np.ma.MaskedArray
        np.testing.assert_array_equal(np.ma.getmaskarray(part), mask)
        assert part.dtype == whole.dtype
        assert_same_bits(part.data[~mask], whole[~mask])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "longdouble"])
def test_masked_arrays(row, dtype):
    f, arrays = function(row), arrays_of(row, dtype)
    for alpha in ((), (0.5,), (2,)):
        with strict():
            assert_masked(f(*masked(arrays, MASK), *alpha), f(*arrays, *alpha))


def test_masks_are_joined(row):
    """An element is masked if one of its inputs is, alpha too."""
    arrays, f = arrays_of(row), function(row)
    alpha = np.ma.array([0.5, 1.0, 2.0], mask=[False, False, True])
    joined = MASK | [False, False, True]
    assert_masked(f(*masked(arrays, MASK), alpha), f(*arrays, alpha.data), joined)
    whole = np.ma.array(np.broadcast_to(alpha.data, X.shape), mask=MASK)
    assert_masked(f(*arrays, whole), f(*arrays, alpha.data))
    for part in outputs(f(*map(np.ma.array, arrays))):
        assert part.mask is np.ma.nomask


def test_broadcast_mask_of_one_among_three_inputs():
    """NumPy's own fault, with any ufunc: the mask keeps the shape that it had."""
    alpha = np.ma.array([0.5, 1.0, 2.0], mask=[False, False, True])
    for f in (elufast.elu_backward, np.frompyfunc(lambda a, b, c: a, 3, 1)):
        result = f(GRAD, X, alpha)
        assert (result.shape, result.mask.shape) == ((2, 3), (3,))
    assert elufast.elu(X, alpha).mask.shape == (2, 3)  # two inputs are right


def test_masked_fill_value(row):
    """Kept, as NumPy keeps it in its own functions."""
    arrays = arrays_of(row)
    for part in outputs(function(row)(*masked(arrays, MASK, fill_value=-77.0))):
        assert (
            part.fill_value == np.exp(masked(arrays, MASK, fill_value=-77.0)[0]).fill_value == -77
        )
        assert (part.filled()[MASK] == -77).all()


def test_masked_arrays_are_independent(row):
    """Of the inputs' memory: neither the numbers nor the mask are shared."""
    given = masked(arrays_of(row), MASK)
    for part in outputs(function(row)(*given)):
        part[0, 1] = np.ma.masked
        part[1, 0] = 7
        for one, array in zip(given, arrays_of(row), strict=True):
            np.testing.assert_array_equal(one.mask, MASK)
            assert one[1, 0] == array[1, 0]


def test_hard_masks(row):
    """Stay in the result's mask; what the result allows is NumPy's own rule."""
    given = masked(arrays_of(row), MASK, hard_mask=True)
    results = function(row)(*given)
    assert_masked(results, function(row)(*arrays_of(row)))
    assert {part.hardmask for part in outputs(results)} == {np.exp(given[0]).hardmask}


@ONE_OUTPUT
def test_masked_out(row):
    given = masked(arrays_of(row), MASK)
    out = np.ma.array(np.full(X.shape, 99.0))
    assert function(row)(*given, out=out) is out
    expected = function(row)(*arrays_of(row))
    assert_same_bits(out.data[~MASK], expected[~MASK])
    assert np.ma.getmaskarray(out)[MASK].all()


def test_masked_values_do_not_warn(row):
    """No number, or an infinite one: what would not warn outside of a mask either."""
    arrays = arrays_of(row, np.float16)
    for bad in (np.nan,) if len(arrays) == 2 else (np.nan, np.inf, -np.inf):
        given = masked(arrays, MASK, bad)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            function(row)(*given)


def test_masked_overflow_is_computed():
    """NumPy's limit: it computes under the mask too, and reports what happens there."""
    x = np.ma.array(np.float16([-9, 1]), mask=[True, False])
    with np.errstate(over="raise"), pytest.raises(FloatingPointError, match="in selu"):
        elufast.selu(x, 6e4, 1.5)
    with np.errstate(over="raise"), pytest.raises(FloatingPointError, match="in exp"):
        np.exp(np.ma.array(np.float16([50, 1]), mask=[True, False]))


# Memory maps.


@pytest.mark.parametrize("size", [6, 100_003])
def test_memory_maps(row, tmp_path, size):
    """Read from a file and written to one; results in memory are plain arrays."""
    arrays = [np.resize(array, size).astype("f4") for array in arrays_of(row)]
    maps = []
    for number, array in enumerate(arrays):
        array.tofile(tmp_path / f"{number}")
        maps.append(np.memmap(tmp_path / f"{number}", "f4", mode="r"))
    expected = outputs(function(row)(*arrays))
    for part, whole in zip(outputs(function(row)(*maps)), expected, strict=True):
        assert type(part) is np.ndarray
        assert_same_bits(part, whole)
    files = [tmp_path / f"out{k}" for k in range(row.nout)]
    out = tuple(np.memmap(file, "f4", mode="w+", shape=size) for file in files)
    results = outputs(function(row)(*maps, 0.5, out=out))
    assert all(a is b for a, b in zip(results, out, strict=True))
    for memory, file, whole in zip(out, files, outputs(function(row)(*arrays, 0.5)), strict=True):
        memory.flush()
        assert_same_bits(np.fromfile(file, "f4"), whole)


def test_memory_maps_are_protected(row, tmp_path):
    (X.ravel()).tofile(tmp_path / "x")
    read_only = np.memmap(tmp_path / "x", mode="r", dtype=float)
    with pytest.raises(ValueError, match="read-only"):
        function(row)(*[X.ravel()] * len(row.data), out=(read_only,) * row.nout)


# Matrices and records.


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_matrices(row):
    """Stay matrices; alpha is met element by element."""
    arrays, f = arrays_of(row), function(row)
    for alpha in ((), (0.5,), (np.array([0.5, 1.0, 2.0]),)):
        results = outputs(f(*map(np.matrix, arrays), *alpha))
        for part, whole in zip(results, outputs(f(*arrays, *alpha)), strict=True):
            assert type(part) is np.matrix
            assert_same_bits(np.asarray(part), whole)
        for part in outputs(f(*map(np.matrix, arrays), *alpha, subok=False)):
            assert type(part) is np.ndarray


def test_records(row):
    """Their fields are arrays; a whole record is no number."""
    table = np.zeros(4, [("a", "f4"), ("b", "f8")]).view(np.recarray)
    table.a, table.b = [-1, 2, -3, 4], [0.5, -0.5, 1, -2]
    data = [table.a, table.b][-len(row.data) :]
    expected = function(row)(*[np.array(column) for column in data])
    assert_same_bits(function(row)(*data), expected)
    table_out = [np.zeros(4, table.dtype).view(np.recarray) for _ in range(row.nout)]
    function(row)(*data, out=tuple(one.b for one in table_out))
    for one, whole in zip(table_out, outputs(expected), strict=True):
        assert_same_bits(np.asarray(one.b), whole.astype("f8"))
        assert (one.a == 0).all()
    with pytest.raises(TypeError, match=row.name):
        function(row)(*[table] * len(row.data))


# A user's own.


class Tagged(np.ndarray):
    """Carries a tag along, as in NumPy's guide to subclassing."""

    def __array_finalize__(self, other):
        self.tag = getattr(other, "tag", None)


class Wrapped(np.ndarray):
    """Notes what its results are wrapped with."""

    def __array_wrap__(self, array, context=None, return_scalar=False):
        result = array.view(Wrapped)
        result.seen = context
        return array[()] if return_scalar else result


class OldWrapped(np.ndarray):
    """From before NumPy 2."""

    def __array_wrap__(self, array):
        return array.view(OldWrapped)


class Decibel(np.ndarray):
    """Overrides, calls the ufunc on plain arrays, and wraps the results."""

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        plain = [i.view(np.ndarray) if isinstance(i, Decibel) else i for i in inputs]
        if out is not None:
            kwargs["out"] = tuple(o.view(np.ndarray) if isinstance(o, Decibel) else o for o in out)
        results = getattr(ufunc, method)(*plain, **kwargs)
        wrapped = tuple(part.view(Decibel) for part in outputs(results))
        return wrapped if ufunc.nout > 1 else wrapped[0]


def test_finalize(row):
    arrays, f = arrays_of(row), function(row)
    given = [array.view(Tagged) for array in arrays]
    for one in given:
        one.tag = "volt"
    for alpha in ((), (0.5,), (np.array([0.5, 1.0, 2.0]),)):
        for part, whole in zip(
            outputs(f(*given, *alpha)), outputs(f(*arrays, *alpha)), strict=True
        ):
            assert (type(part), part.tag) == (Tagged, "volt")
            assert_same_bits(np.asarray(part), whole)
    for part in outputs(f(*given, subok=False)):
        assert type(part) is np.ndarray


def test_wrap(row):
    """With the public function and all inputs as its context; numbers for arrays without axes."""
    arrays, f = arrays_of(row), function(row)
    given = [array.view(Wrapped) for array in arrays]
    defaults = list(row.parameters.values())
    results = outputs(f(*given))
    for k, (part, whole) in enumerate(zip(results, outputs(f(*arrays)), strict=True)):
        assert type(part) is Wrapped
        assert_same_bits(np.asarray(part), whole)
        ufunc, inputs, number = part.seen
        assert (ufunc, number) == (f, k)
        assert all(a is b for a, b in zip(inputs, given, strict=False))
        assert list(inputs[len(given) :]) == defaults
    points = [array[0, 0].reshape(()).view(Wrapped) for array in arrays]
    for part in outputs(f(*points)):
        assert type(part) is np.float64


def test_wrap_of_before_numpy_2(row):
    given = [array.view(OldWrapped) for array in arrays_of(row)]
    with pytest.warns(DeprecationWarning, match="__array_wrap__ must accept context"):
        results = outputs(function(row)(*given))
    for part, whole in zip(results, outputs(function(row)(*arrays_of(row))), strict=True):
        assert type(part) is OldWrapped
        assert_same_bits(np.asarray(part), whole)


def test_override(row):
    arrays, f = arrays_of(row), function(row)
    given = [array.view(Decibel) for array in arrays]
    for parameters in ({}, {"alpha": 0.5}):
        for part, whole in zip(
            outputs(f(*given, **parameters)), outputs(f(*arrays, **parameters)), strict=True
        ):
            assert type(part) is Decibel
            assert_same_bits(np.asarray(part), whole)
    out = tuple(np.empty_like(given[0]) for _ in range(row.nout))
    f(*given, out=out)
    for part, whole in zip(out, outputs(f(*arrays)), strict=True):
        assert_same_bits(np.asarray(part), whole)


def test_the_one_of_highest_priority_wraps(row):
    class Higher(Tagged):
        __array_priority__ = 20

    alpha = np.array([0.5, 1.0, 2.0]).view(Higher)
    given = [array.view(Tagged) for array in arrays_of(row)]
    for part in outputs(function(row)(*given, alpha)):
        assert type(part) is Higher
