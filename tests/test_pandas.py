"""pandas' objects given to the ufuncs: labels, types and missing values are kept."""

import numpy as np
import pytest
from support import assert_same_bits, function, outputs, rows_where

import elufast

pd = pytest.importorskip("pandas", reason="pandas is not installed")

X = np.array([-3.0, -0.5, -0.0, 0.25, np.nan, -np.inf])
GRAD = np.array([0.5, -2.0, 1.0, 3.0, 1.5, -1.0])
LABELS = list("abcdef")
FLOATS = ["float16", "float32", "float64"]
NULLABLE = {"Float32": "Float32", "Float64": "Float64", "Int64": "Float64", "Int8": "Float64"}
NULLABLE["boolean"] = "Float64"

# Functions of two arrays.
BACKWARD = pytest.mark.parametrize(
    "row", rows_where(lambda row: len(row.data) == 2), ids=lambda row: row.name
)


def arrays_of(row, dtype=np.float64):
    return [column.astype(dtype) for column in (GRAD, X)[-len(row.data) :]]


def series_of(row, dtype=np.float64):
    return [pd.Series(a, index=LABELS, name="number") for a in arrays_of(row, dtype)]


def assert_series(results, expected, name="number"):
    for part, whole in zip(outputs(results), outputs(expected), strict=True):
        assert type(part) is pd.Series
        assert list(part.index) == LABELS
        assert part.name == name
        assert part.dtype == whole.dtype
        assert_same_bits(part.to_numpy(), whole)


# Series.


@pytest.mark.parametrize("dtype", FLOATS)
def test_series(row, dtype):
    f, arrays, series = function(row), arrays_of(row, dtype), series_of(row, dtype)
    for alpha in ((), (0.5,), (2,)):
        assert_series(f(*series, *alpha), f(*arrays, *alpha))
    named = dict(zip(row.data, series, strict=True))
    assert_series(f(**named, alpha=0.7), f(*arrays, alpha=0.7))
    alpha = np.linspace(0.5, 2, X.size).astype(dtype)
    assert_series(f(*series, alpha), f(*arrays, alpha))
    assert_series(f(*arrays, pd.Series(alpha, index=LABELS, name="number")), f(*arrays, alpha))


def test_series_of_integers(row):
    arrays = [np.array([1, 0, -3, 2, 5, -7])] * len(row.data)
    series = [pd.Series(array, index=LABELS, name="number") for array in arrays]
    assert_series(function(row)(*series), function(row)(*arrays))


def test_series_are_aligned(row):
    """By their labels, as in all of pandas; what one of them lacks is NaN."""
    arrays, alpha = arrays_of(row), np.linspace(0.5, 2, X.size)
    shuffled = pd.Series(alpha[::-1], index=LABELS[::-1], name="number")
    assert_series(function(row)(*series_of(row), shuffled), function(row)(*arrays, alpha))
    fewer = pd.Series(alpha[1:], index=LABELS[1:], name="number")
    alpha[0] = np.nan
    assert_series(function(row)(*series_of(row), fewer), function(row)(*arrays, alpha))


def test_series_as_out(row):
    """pandas writes to it, and gives back another Series."""
    arrays, series = arrays_of(row), series_of(row)
    out = tuple(series[0] * 0 for _ in range(row.nout))
    assert_series(function(row)(*series, out=out), function(row)(*arrays))
    assert_series(out, function(row)(*arrays))
    memory = tuple(np.empty(X.size) for _ in range(row.nout))
    function(row)(*series, out=memory)
    assert_same_bits(memory, function(row)(*arrays))


def test_index(row):
    arrays = arrays_of(row)
    results = outputs(function(row)(*[pd.Index(a, name="number") for a in arrays]))
    for part, whole in zip(results, outputs(function(row)(*arrays)), strict=True):
        assert isinstance(part, pd.Index)
        assert part.name == "number"
        assert_same_bits(part.to_numpy(), whole)


def test_warnings_name_the_function():
    x = pd.Series(np.full(3, -9, np.float16))
    with np.errstate(all="raise"), pytest.raises(FloatingPointError, match=r"encountered in selu$"):
        elufast.selu(x, alpha=6e4, scale=1.5)


@pytest.mark.parametrize("values", [["a", "b"], [1j, 2j], pd.to_datetime(["2020-01-01"])])
def test_other_types_are_type_errors(row, values):
    series = [pd.Series(values)] * len(row.data)
    with pytest.raises(TypeError, match=row.name):
        function(row)(*series)
    with pytest.raises(TypeError, match=row.name):
        function(row)(*[one.to_frame() for one in series])


# Nullable types.


def nullable_of(row, dtype):
    """With a missing value in the first and in the last place of different columns."""
    numbers = [np.array([1, 0, -1, 1, 0, 1]), np.array([0, 1, 0, -1, 1, 1])][-len(row.data) :]
    numbers = [abs(column) if dtype == "boolean" else column for column in numbers]
    series = [pd.Series(column, index=LABELS, name="number").astype(dtype) for column in numbers]
    for place, one in zip((0, -1), series, strict=False):
        one.iloc[place] = pd.NA
    return numbers, series


@pytest.mark.parametrize("dtype", NULLABLE)
def test_nullable_types(row, dtype):
    """Missing stays missing; float32 stays float32."""
    numbers, series = nullable_of(row, dtype)
    wanted = NULLABLE[dtype]
    missing = np.any([one.isna() for one in series], axis=0)
    expected = function(row)(*[column.astype(wanted.lower()) for column in numbers])
    for part, whole in zip(outputs(function(row)(*series)), outputs(expected), strict=True):
        assert part.dtype == wanted
        assert (list(part.index), part.name) == (LABELS, "number")
        np.testing.assert_array_equal(part.isna(), missing)
        assert_same_bits(part.to_numpy(wanted.lower(), na_value=99)[~missing], whole[~missing])


def test_nullable_alpha(row):
    arrays, alpha = arrays_of(row, np.float32), pd.array([0.5, None] * 3, dtype="Float32")
    results = outputs(function(row)(*arrays, alpha))
    expected = outputs(function(row)(*arrays, np.resize(np.float32(0.5), X.size)))
    for part, whole in zip(results, expected, strict=True):
        assert part.dtype == "Float32"
        assert part.isna()[1::2].all()
        assert_same_bits(part[::2].to_numpy(np.float32, na_value=np.nan), whole[::2])


# DataFrames.


def frames_of(row, dtypes, **given):
    """Columns of several types, two of them with one name."""
    names = ["a", "b", "b", "c"][: len(dtypes)]
    frames = []
    for array in arrays_of(row):
        finite = np.where(np.isfinite(array), array, 2)
        columns = [
            pd.Series(finite if d.lower().startswith("int") else array, index=LABELS).astype(d)
            for d in dtypes
        ]
        frames.append(pd.concat(columns, axis=1).set_axis(names, axis=1))
        frames[-1].attrs["unit"] = "V"
    return frames


def assert_frames(results, expected_columns, frame, ufunc):
    """`expected_columns`: for each column the outputs as arrays."""
    parts = outputs(results)
    assert len(parts) == ufunc.nout
    for k, part in enumerate(parts):
        assert type(part) is type(frame)
        assert part.index.equals(frame.index)
        assert part.columns.equals(frame.columns)
        assert part.attrs == frame.attrs
        assert part.shape[1] == len(expected_columns)
        for position, expected in enumerate(expected_columns):
            column, whole = part.iloc[:, position], outputs(expected)[k]
            assert column.dtype == whole.dtype
            if isinstance(whole, np.ndarray):
                assert_same_bits(column.to_numpy(), whole)
            else:
                assert column.array.equals(whole)


def plain(column):
    """The array that it holds: NumPy's if that has the type."""
    return column.to_numpy() if isinstance(column.dtype, np.dtype) else column.array


MIXED = ["float32", "float64", "int64", "Float32"]


@pytest.mark.parametrize(
    "dtypes", [["float32"], ["float16"] * 3, ["float64"] * 2, MIXED[:3], MIXED]
)
def test_frames(row, dtypes):
    """Each column as if it had come alone, with its own type."""
    f, frames = function(row), frames_of(row, dtypes)
    before = [frame.copy() for frame in frames]

    def expected(*parameters):
        columns = [[plain(frame.iloc[:, i]) for frame in frames] for i in range(len(dtypes))]
        return [f(*column, *parameters) for column in columns]

    for alpha in ((), (0.5,), (2,), (np.float64(0.5),)):
        assert_frames(f(*frames, *alpha), expected(*alpha), frames[0], f)
    named = dict(zip(row.data, frames, strict=True))
    assert_frames(f(**named, alpha=0.7), expected(0.7), frames[0], f)
    for frame, copy in zip(frames, before, strict=True):
        pd.testing.assert_frame_equal(frame, copy)


def test_alpha_per_column_and_per_row(row):
    """As arrays, which know no labels."""
    f = function(row)
    for dtypes in (["float32"] * 3, ["float32", "float64", "Float64"]):
        frames = frames_of(row, dtypes)
        for alpha in ([0.5, 1.0, 2.0], np.linspace(0.5, 2, X.size)[:, None]):
            whole = np.broadcast_to(alpha, frames[0].shape)
            columns = [
                f(*[frame.iloc[:, i].array for frame in frames], whole[:, i]) for i in range(3)
            ]
            columns = [tuple(getattr(c, "_ndarray", c) for c in outputs(o)) for o in columns]
            assert_frames(f(*frames, alpha), columns, frames[0], f)


@pytest.mark.parametrize("dtypes", [["float32"] * 3, ["float32", "float64", "Float64"], MIXED[1:]])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64"])
@pytest.mark.parametrize("shape", [(3,), (X.size, 1), (1, 3), (X.size, 3)])
def test_masked_alpha(row, dtypes, dtype, shape):
    """What is under the mask is missing, the rest as from an array."""
    alpha = np.arange(1, 1 + np.prod(shape)).reshape(shape).astype(dtype)
    mask = np.arange(alpha.size).reshape(shape) % 3 == 1
    missing = np.broadcast_to(mask, (X.size, 3))
    frames = frames_of(row, dtypes)
    masked = outputs(function(row)(*frames, np.ma.array(alpha, mask=mask)))
    for part, whole in zip(masked, outputs(function(row)(*frames, alpha)), strict=True):
        assert part.isna().to_numpy()[missing].all()
        pd.testing.assert_frame_equal(part.mask(missing), whole.mask(missing), check_exact=True)


def test_masked_numbers(row):
    for dtypes in (["float32"] * 2, ["float32", "float64"], ["float32", "Float64"]):
        with np.errstate(invalid="ignore"):  # NumPy computes under the mask, where 0 is
            results = function(row)(*frames_of(row, dtypes), np.ma.masked)
        for part in outputs(results):
            assert part.isna().all(axis=None)


@BACKWARD
def test_frame_and_array(row):
    """In the backward pass one may be an array, of the frame's shape."""
    f = function(row)
    for dtypes in (["float32"] * 2, ["float32", "Float32"]):
        grad, x = frames_of(row, dtypes)
        array = grad.to_numpy(np.float32)
        pd.testing.assert_frame_equal(f(array, x), f(grad.astype("float32"), x))
        pd.testing.assert_frame_equal(f(array, x, 0.5), f(grad.astype("float32"), x, 0.5))


@BACKWARD
def test_frames_are_aligned(row):
    """By their labels; what one of them lacks is missing."""
    grad, x = frames_of(row, ["float32", "float64"])
    shuffled = x.iloc[::-1, ::-1]
    expected = function(row)(grad, x)
    result = function(row)(grad, shuffled)
    pd.testing.assert_frame_equal(result[["a", "b"]].loc[LABELS], expected)
    assert list(result.dtypes) == [np.float32, np.float64]
    result = function(row)(grad, x.drop(columns="a").drop(index="c"))
    assert result["a"].isna().all()
    assert result.loc["c"].isna().all()
    rest = [label for label in LABELS if label != "c"]
    pd.testing.assert_series_equal(result["b"][rest], expected["b"][rest])


def test_frames_without_rows_or_columns(row):
    f = function(row)
    for frame in (pd.DataFrame({"a": np.zeros(0, "f4"), "b": []}), pd.DataFrame(index=[1, 2])):
        columns = [np.zeros(0, "f4"), np.zeros(0)][: frame.shape[1]]
        assert_frames(f(*[frame] * len(row.data)), [(c,) * row.nout for c in columns], frame, f)


class Frame(pd.DataFrame):
    @property
    def _constructor(self):
        return Frame


def test_subclasses_of_frames(row):
    f = function(row)
    for dtypes in (["float32"], MIXED):
        frames = [Frame(frame) for frame in frames_of(row, dtypes)]
        assert {type(part) for part in outputs(f(*frames))} == {Frame}


def mine(self, ufunc, method, *inputs, **kwargs):
    """Another library's `__array_ufunc__`."""
    return "mine", ufunc, method, len(inputs), kwargs


class OtherFrame(pd.DataFrame):
    __array_ufunc__ = mine


class OtherArray(np.ndarray):
    __array_ufunc__ = mine


class UnwillingArray(np.ndarray):
    __array_ufunc__ = None


@pytest.mark.parametrize("dtypes", [["float32"] * 2, MIXED[:2]])
def test_those_who_override_decide(row, dtypes):
    f, frames = function(row), frames_of(row, dtypes)
    answer = ("mine", f, "__call__", f.nin, {})
    assert f(*map(OtherFrame, frames)) == answer
    assert f(*frames[1:], OtherFrame(frames[0]), 0.5) == answer
    if len(frames) == 2:
        assert f(np.zeros(2).view(OtherArray), frames[0]) == answer
    with pytest.raises(TypeError, match="does not support ufuncs"):
        f(*frames, np.ones(2).view(UnwillingArray))


@pytest.mark.parametrize("dtypes", [["float32"] * 2, MIXED[:2]])
def test_an_alpha_that_overrides_is_asked_after_the_frame(row, dtypes):
    """As NumPy does it, from left to right; pandas makes a plain array of it."""
    f, frames = function(row), frames_of(row, dtypes)
    others = [np.ones(2), *list(row.parameters.values())[1:]]
    given = f(*frames, np.ones(2).view(OtherArray))
    expected = pd.DataFrame.__array_ufunc__(frames[0], f, "__call__", *frames, *others)
    for part, whole in zip(outputs(given), outputs(expected), strict=True):
        pd.testing.assert_frame_equal(part, whole, check_exact=True)


@pytest.mark.parametrize("dtypes", [["float32"] * 2, MIXED[:2]])
def test_frame_as_out(row, dtypes):
    """pandas writes to it, and gives back another DataFrame."""
    frames = frames_of(row, dtypes)
    expected = outputs(function(row)(*frames))
    out = tuple(frame * 0 for frame in expected)
    results = outputs(function(row)(*frames, out=out))
    for part, given, whole in zip(results, out, expected, strict=True):
        pd.testing.assert_frame_equal(part, whole, check_exact=True)
        pd.testing.assert_frame_equal(given, whole, check_exact=True)


def test_frames_in_pandas_methods():
    frame = pd.DataFrame({"a": np.float32([-1, 2]), "b": [-1.0, 2.0]})
    for given in ({}, {"alpha": 0.5}):
        expected = elufast.elu(frame, **given)
        pd.testing.assert_frame_equal(frame.pipe(elufast.elu, **given), expected, check_exact=True)
        each = frame.apply(lambda column, given=given: elufast.elu(column, **given))
        pd.testing.assert_frame_equal(each, expected, check_exact=True)
    pd.testing.assert_frame_equal(frame.apply(elufast.elu), elufast.elu(frame), check_exact=True)


# Limits.


def test_frame_and_series_together_are_refused(row):
    """pandas' own limit, and its error: it cannot know which axis is meant."""
    frames = frames_of(row, ["float32"])
    with pytest.raises(NotImplementedError, match="mixed DataFrame and Series"):
        function(row)(*frames, pd.Series(1.0, index=LABELS))


def test_shapes_that_do_not_fit(row):
    for dtypes in (["float32"] * 2, ["float32", "float64"]):
        with pytest.raises(ValueError, match="broadcast"):
            function(row)(*frames_of(row, dtypes), [1.0, 2.0, 3.0])


def test_series_as_a_mask_is_beyond_pandas():
    """NumPy asks it forever, for NumPy's own functions too; an array of the mask is fine."""
    x = pd.Series([-1.0, 2.0])
    for call in (np.exp, elufast.elu):
        with pytest.raises(RecursionError):
            call(x, where=x > 0)
    out = elufast.elu(x, out=np.zeros(2), where=(x > 0).to_numpy())
    assert out.tolist() == [0.0, 2.0]


def test_apply_drops_the_keywords_of_a_ufunc():
    """pandas' own limit: `frame.pipe(elufast.elu, alpha=0.5)` keeps them."""
    frame = pd.DataFrame({"a": [-1.0, 2.0]})
    pd.testing.assert_frame_equal(frame.apply(elufast.elu, alpha=0.5), elufast.elu(frame))
    wrong = frame.apply(np.exp, where=False)
    pd.testing.assert_frame_equal(wrong, np.exp(frame))
