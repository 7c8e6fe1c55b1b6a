"""xarray's objects given to the ufuncs: names, coordinates and attributes are kept."""

import numpy as np
import pytest
from support import assert_same_bits, function, outputs, rows_where

import elufast

xr = pytest.importorskip("xarray", reason="xarray is not installed")

X = np.linspace(-4, 3, 12).reshape(3, 4)
GRAD = np.linspace(2, -1, 12).reshape(3, 4)
DTYPES = ["float16", "float32", "float64"]
ONE_OUTPUT = rows_where(lambda row: row.nout == 1)
TWO_OUTPUTS = rows_where(lambda row: row.nout == 2)


def arrays_of(row, dtype=np.float64):
    return [column.astype(dtype) for column in (GRAD, X)[-len(row.data) :]]


def labelled(array, **more):
    coordinates = {"time": [10, 20, 30], "site": list("wxyz"), "height": ("site", [1, 2, 3, 4])}
    named = {
        "dims": ("time", "site"),
        "coords": coordinates,
        "name": "flow",
        "attrs": {"unit": "m"},
    }
    return xr.DataArray(array, **{**named, **more})


def assert_arrays(results, expected):
    for part, whole in zip(outputs(results), outputs(expected), strict=True):
        assert type(part) is xr.DataArray
        wanted = labelled(np.empty_like(whole))
        assert part.coords.identical(wanted.coords)
        assert (part.name, part.dims, part.attrs) == (wanted.name, wanted.dims, wanted.attrs)
        assert part.dtype == whole.dtype
        assert_same_bits(part.values, whole)


@pytest.mark.parametrize("dtype", DTYPES)
def test_data_arrays(row, dtype):
    f, arrays = function(row), arrays_of(row, dtype)
    given = [labelled(array) for array in arrays]
    for alpha in ((), (0.5,), (2,)):
        assert_arrays(f(*given, *alpha), f(*arrays, *alpha))
    named = dict(zip(row.data, given, strict=True))
    assert_arrays(f(**named, alpha=0.7), f(*arrays, alpha=0.7))
    assert_arrays(f(*given, dtype=np.float64), f(*arrays, dtype=np.float64))


def test_integers(row):
    arrays = [np.arange(-6, 6).reshape(3, 4)] * len(row.data)
    assert_arrays(function(row)(*map(labelled, arrays)), function(row)(*arrays))


def test_alpha_by_the_name_of_its_dimension(row):
    """Broadcast by name: one alpha for each time, whatever the order of the dimensions."""
    arrays, alpha = arrays_of(row), np.array([0.5, 1.0, 2.0])
    given = xr.DataArray(alpha, dims="time", coords={"time": [10, 20, 30]})
    results = function(row)(*map(labelled, arrays), given)
    for part, whole in zip(
        outputs(results), outputs(function(row)(*arrays, alpha[:, None])), strict=True
    ):
        assert part.dims == ("time", "site")
        assert_same_bits(part.values, whole)


def test_alpha_as_array(row):
    arrays, alpha = arrays_of(row, np.float32), np.float32([0.5, 1, 2, 3])
    assert_arrays(function(row)(*map(labelled, arrays), alpha), function(row)(*arrays, alpha))


def test_labels_that_are_not_in_both(row):
    """The join of xarray's options."""
    arrays, f = arrays_of(row), function(row)
    alpha = xr.DataArray([0.5, 1.0, 2.0], dims="time", coords={"time": [20, 30, 40]})
    for part, whole in zip(
        outputs(f(*map(labelled, arrays), alpha)),
        outputs(f(*[array[1:] for array in arrays], np.array([[0.5], [1.0]]))),
        strict=True,
    ):
        assert list(part.time) == [20, 30]
        assert_same_bits(part.values, whole)
    with xr.set_options(arithmetic_join="outer"):
        for part in outputs(f(*map(labelled, arrays), alpha)):
            assert list(part.time) == [10, 20, 30, 40]
            assert part.isnull().sum("site").values.tolist()[::3] == [4, 4]


def test_attributes_by_option(row):
    with xr.set_options(keep_attrs=False):
        for part in outputs(function(row)(*[labelled(array) for array in arrays_of(row)])):
            assert part.attrs == {}
            assert part.name == "flow"


def test_datasets(row):
    """Variable by variable, each with its own type."""
    f = function(row)
    sets = [
        xr.Dataset({"a": labelled(array.astype("f4")), "b": labelled(array)}, attrs={"source": "s"})
        for array in arrays_of(row)
    ]
    for alpha in ((), (0.5,)):
        for k, part in enumerate(outputs(f(*sets, *alpha))):
            assert type(part) is xr.Dataset
            assert list(part) == ["a", "b"]
            assert part.attrs == {"source": "s"}
            assert part.coords.identical(sets[0].coords)
            for name in part:
                plain = [one[name].values for one in sets]
                assert part[name].attrs == {"unit": "m"}
                assert part[name].dtype == plain[0].dtype
                assert_same_bits(part[name].values, outputs(f(*plain, *alpha))[k])


def test_variables_and_groups(row):
    arrays = arrays_of(row)
    variables = [labelled(array).variable for array in arrays]
    for part, whole in zip(
        outputs(function(row)(*variables)), outputs(function(row)(*arrays)), strict=True
    ):
        assert type(part) is xr.Variable
        assert_same_bits(part.values, whole)
    if len(row.data) == 1:
        assert_arrays(function(row)(labelled(X).groupby("time")), function(row)(X))


def test_out(row):
    """Arrays can be written to; xarray takes none of its own objects, and says so."""
    arrays = arrays_of(row)
    out = tuple(np.empty_like(X) for _ in range(row.nout))
    assert_arrays(function(row)(*map(labelled, arrays), out=out), function(row)(*arrays))
    assert_same_bits(out, function(row)(*arrays))
    with pytest.raises(NotImplementedError, match="not yet supported in the `out` argument"):
        function(row)(*arrays, out=(labelled(X),) * row.nout)


def test_lists_are_refused(row):
    """xarray's own rule: a list as alpha has no dimension."""
    with pytest.raises(TypeError, match="NotImplemented from __array_ufunc__"):
        function(row)(*[labelled(array) for array in arrays_of(row)], [1.0, 2.0, 3.0, 4.0])


# On dask.


def chunked(row, dtype=np.float64):
    pytest.importorskip("dask.array", reason="Dask is not installed")
    return [labelled(array).chunk({"time": 2, "site": 3}) for array in arrays_of(row, dtype)]


def assert_lazy(part):
    import dask

    assert dask.is_dask_collection(part)
    assert part.chunks == ((2, 1), (3, 1))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("row", ONE_OUTPUT, ids=lambda row: row.name)
def test_lazy_data_arrays(row, dtype):
    lazy = function(row)(*chunked(row, dtype), alpha=0.5)
    assert_lazy(lazy)
    assert lazy.dtype == dtype
    assert_arrays(lazy.compute(), function(row)(*arrays_of(row, dtype), alpha=0.5))


@pytest.mark.parametrize("row", TWO_OUTPUTS, ids=lambda row: row.name)
def test_lazy_data_arrays_two_outputs(row):
    lazy = function(row)(*chunked(row), alpha=0.5)
    for part in lazy:
        assert_lazy(part)
    expected = function(row)(*arrays_of(row), alpha=0.5)
    assert_arrays(tuple(part.compute() for part in lazy), expected)


def test_lazy_datasets():
    data = xr.Dataset({"a": chunked(elufast._ufuncs.ROWS[0])[0], "b": ("time", [1.0, -2.0, 3.0])})
    lazy = elufast.elu(data)
    assert_lazy(lazy["a"])
    assert_same_bits(lazy["a"].values, elufast.elu(X))
    assert_same_bits(lazy["b"].values, elufast.elu(np.array([1.0, -2.0, 3.0])))
