"""Long arrays of awkward layouts, which elufast walks through by itself instead of NumPy.

They must have the bits of the contiguous call, and in everything else (types, memory order, errors,
overlap) be what NumPy's own ufuncs give. A call with order="K" says nothing new but is left to
NumPy, so it is what the same call must agree with.
"""

import gc
import sys
import threading
import warnings

import numpy as np
import pytest
from support import (
    DTYPES,
    as_dtype,
    assert_same_bits,
    finfo,
    function,
    misaligned,
    outputs,
    promoted,
    rows_where,
    strict,
    swapped,
)

import elufast
from elufast import _ufuncs

# Above the size from which on calls are taken over, with remainders for every kind of block.
ROWS, COLUMNS = 61, 1301
SHAPE = (ROWS, COLUMNS)
NAMES = ["elu", "selu_with_grad", "celu_backward", "selu_backward_from_output"]  # each shape
rows_of_each_shape = pytest.mark.parametrize(
    "row", rows_where(lambda row: row.name in NAMES), ids=lambda row: row.name
)


def ordinary(shape, dtype, seed=0):
    rng = np.random.default_rng(seed)
    return as_dtype(rng.normal(size=shape) * 2.0 ** rng.integers(-4, 3, shape), dtype)


def positive(shape, dtype, seed=0):
    return np.abs(ordinary(shape, dtype, seed)) + np.dtype(dtype).type(0.25)


def field(x):
    records = np.zeros(x.shape, dtype=[("tag", "i1"), ("value", x.dtype)])
    records["value"] = x
    return records["value"]


def within(x, *, before, after):
    """The same numbers, as a part of a larger array."""
    padding = [(before, after)] * x.ndim
    return np.pad(x, padding)[tuple(slice(before, before + n) for n in x.shape)]


def spaced(x, *steps):
    wide = np.zeros([n * abs(step) for n, step in zip(x.shape, steps, strict=True)], x.dtype)
    view = wide[tuple(slice(None, None, step) for step in steps)]
    view[...] = x
    return view


def frozen(x):
    x = within(x, before=0, after=1)
    x.flags.writeable = False
    return x


# From an array to one with the same numbers that is not contiguous.
VIEWS = {
    "part": lambda x: within(x, before=1, after=2),
    "rows-apart": lambda x: spaced(x, 2, 1),
    "columns-apart": lambda x: spaced(x, 1, 2),
    "both-apart": lambda x: spaced(x, 2, 3),
    "columns-reversed": lambda x: spaced(x, 1, -1),
    "rows-reversed": lambda x: spaced(x, -1, 1),
    "all-reversed-apart": lambda x: spaced(x, -2, -3),
    "fortran-part": lambda x: within(x.T, before=1, after=2).T,
    "fortran-rows-apart": lambda x: spaced(x.T, 2, 1).T,
    "byte-swapped": swapped,
    "byte-swapped-part": lambda x: within(swapped(x), before=1, after=1),
    "byte-swapped-fortran": lambda x: np.asfortranarray(swapped(x)),
    "byte-swapped-reversed": lambda x: spaced(swapped(x), 1, -1),
    "misaligned": misaligned,
    "field": field,
    "field-columns-apart": lambda x: spaced(field(x), 1, 2),
    "read-only": frozen,
}
views = pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
# Shapes of x and of each parameter; small rows and columns are packed, periods are repeated.
PERIODS = {
    "per-column": (SHAPE, (COLUMNS,)),
    "per-row": (SHAPE, (ROWS, 1)),
    "per-short-column": ((30011, 3), (3,)),
    "per-short-row": ((30011, 3), (30011, 1)),
    "per-middle-column": ((211, 300), (300,)),
    "per-packed-column": ((97, 801), (801,)),
    "per-column-of-half-a-block": ((170, 512), (512,)),
    "per-column-of-more": ((170, 513), (513,)),
    "per-single-column": ((70001, 1), (70001, 1)),
    "per-image-channel": ((40, 13, 7, 11), (13, 1, 1)),
    "per-large-image-channel": ((3, 5, 70, 71), (5, 1, 1)),
    "per-image": ((40, 13, 7, 11), (40, 1, 1, 1)),
    "per-pixel": ((40, 13, 7, 11), (1, 7, 11)),
    "x-broadcast": ((COLUMNS,), SHAPE),
    "x-broadcast-column": ((ROWS, 1), SHAPE),
    "x-a-number": ((), SHAPE),
    "outer": ((ROWS, 1), (COLUMNS,)),
    "outer-3d": ((50, 1, 40), (50, 60, 1)),
}
periods = pytest.mark.parametrize("shapes", PERIODS.values(), ids=PERIODS.keys())


def data_of(row, shape, dtype):
    return [ordinary(shape, dtype, seed) for seed in range(len(row.data))]


def parameters_of(row, shape, dtype):
    return [positive(shape, dtype, 7 + seed) for seed in range(len(row.parameters))]


def taken(call):
    """The result of a call, which must have been taken over from NumPy exactly once."""
    before = _ufuncs.walked_calls()
    result = call()
    assert _ufuncs.walked_calls() == before + 1
    return result


def left_alone(call):
    before = _ufuncs.walked_calls()
    result = call()
    assert _ufuncs.walked_calls() == before
    return result


def contiguous(arrays, shape):
    return [np.broadcast_to(a, shape).astype(a.dtype.newbyteorder("="), order="C") for a in arrays]


def assert_as_numpy(row, actual, *inputs, **keywords):
    """NumPy's own iteration gives arrays of the same types, strides and bits."""
    expected = outputs(left_alone(lambda: function(row)(*inputs, **keywords, order="K")))
    for a, b in zip(outputs(actual), expected, strict=True):
        assert a.dtype == b.dtype
        assert a.dtype.isnative == b.dtype.isnative
        assert a.strides == b.strides
        assert type(a) is type(b) is np.ndarray
        assert a.flags.owndata == b.flags.owndata
        assert a.flags.writeable
    assert_same_bits(actual, tuple(expected))


@rows_of_each_shape
@views
def test_views(row, dtype, view, threads):
    data = data_of(row, SHAPE, dtype)
    alphas = parameters_of(row, SHAPE, dtype)
    for inputs in (data, [*data, *alphas]):
        expected = function(row)(*inputs)
        viewed = [view(column) for column in inputs]
        with strict():
            actual = taken(lambda viewed=viewed: function(row)(*viewed))
        assert_same_bits(actual, expected)
        assert_as_numpy(row, actual, *viewed)


@rows_of_each_shape
@periods
def test_broadcast_parameters(row, dtype, shapes, threads):
    data = data_of(row, shapes[0], dtype)
    alphas = parameters_of(row, shapes[1], dtype)
    shape = np.broadcast_shapes(*shapes)
    expected = function(row)(*contiguous([*data, *alphas], shape))
    for inputs in ([*data, *alphas], [*data, *map(swapped, alphas)]):
        if all(a.flags.contiguous and a.shape == shape and a.dtype.isnative for a in inputs):
            actual = function(row)(*inputs)  # what numbers of rows and columns make contiguous
        else:
            with strict():
                actual = taken(lambda inputs=inputs: function(row)(*inputs))
        assert_same_bits(actual, expected)
        assert_as_numpy(row, actual, *inputs)


@rows_of_each_shape
def test_rows_of_which_one_has_the_defaults(row, dtype, threads):
    data = data_of(row, SHAPE, dtype)
    for default in (0, 1, ROWS - 1):
        alphas = [positive((ROWS, 1), dtype, seed) for seed in range(len(row.parameters))]
        for alpha, value in zip(alphas, row.parameters.values(), strict=True):
            alpha[default] = value
        expected = function(row)(*contiguous([*data, *alphas], SHAPE))
        assert_same_bits(taken(lambda a=alphas: function(row)(*data, *a)), expected)


@rows_of_each_shape
@pytest.mark.parametrize("columns", [31, 32, 33])
def test_rows_that_are_just_packed_or_not(row, dtype, columns, threads):
    shape = (2000, columns)
    data, alphas = data_of(row, shape, dtype), parameters_of(row, (2000, 1), dtype)
    expected = function(row)(*data), function(row)(*contiguous([*data, *alphas], shape))
    cut = [within(column, before=0, after=1) for column in data]
    assert_same_bits(taken(lambda: function(row)(*cut)), expected[0])
    assert_same_bits(taken(lambda: function(row)(*cut, *alphas)), expected[1])


# What the inputs are broadcast from, and the shape that they are broadcast to.
REPEATED = {
    "number": ((), (300, 301)),
    "one": ((1,), (300, 301)),
    "short": ((3,), (30011, 3)),
    "row": ((1301,), (61, 1301)),
    "long-row": ((20011,), (5, 20011)),
    "block": ((11, 13), (701, 11, 13)),
    "middle": ((1, 13, 7), (50, 23, 13, 7)),
    "both-ends": ((1, 70, 1), (9, 70, 130)),
}


@rows_of_each_shape
@pytest.mark.parametrize("shapes", REPEATED.values(), ids=REPEATED.keys())
@pytest.mark.parametrize("out", ["own", "swapped", "wider", "part", "fortran"])
def test_repeated_inputs(row, dtype, shapes, out):
    """All of them are broadcast, so that outputs repeat."""
    elufast.set_num_threads(2)
    small, shape = shapes
    data = data_of(row, small, dtype)
    alphas = parameters_of(row, small, dtype)
    kinds = {"swapped": dtype.newbyteorder("S"), "wider": np.longdouble}
    makers = {"part": lambda x: within(x, before=0, after=1), "fortran": np.asfortranarray}
    make = makers.get(out, np.ascontiguousarray)
    for given in ([], alphas, [dtype.type(0.75)] * len(alphas)):
        expected = outputs(function(row)(*contiguous([*data, *given], shape)))
        views = [np.broadcast_to(x, shape) for x in data]
        results = tuple(make(np.full(shape, 99, kinds.get(out, dtype))) for _ in range(row.nout))
        with strict():
            taken(lambda v=views, g=given, o=results: function(row)(*v, *g, out=o))
        for actual, wanted in zip(results, expected, strict=True):
            assert_same_bits(actual.astype(dtype), wanted)


@pytest.mark.parametrize("period", [1, 3, 1021, 40011])
def test_repeats_that_threads_share(period, dtype, threads):
    """So many that each thread begins in the middle of one."""
    x = ordinary(period, dtype)
    out = np.full((500000 // period, period), 99, dtype)
    taken(lambda: elufast.elu(np.broadcast_to(x, out.shape), out=out))
    assert_same_bits(out, np.broadcast_to(elufast.elu(x), out.shape))


@rows_of_each_shape
def test_parameters_of_different_kinds(row, dtype, threads):
    """A number and arrays side by side, by keyword too; the number counts as in NumPy."""
    data = data_of(row, SHAPE, dtype)
    names = list(row.parameters)
    for shape in ((COLUMNS,), (ROWS, 1), SHAPE):
        array = positive(shape, dtype, 5)
        for value in (0.5, 2, dtype.type(0.5), np.array(0.75, dtype)):
            for place in range(len(names)):
                given = dict.fromkeys(names, value)
                given[names[place]] = array
                inputs = [*data, *given.values()]
                full = contiguous([np.asarray(each, dtype) for each in inputs], SHAPE)
                viewed = [within(column, before=0, after=1) for column in data]
                actual = taken(lambda v=viewed, g=given: function(row)(*v, **g))
                assert_same_bits(actual, function(row)(*full))


@rows_of_each_shape
@pytest.mark.parametrize("kind", ["?", "b", "B", "h", "H", "i", "I", "l", "L", "q", "Q"])
def test_integers(row, kind, threads):
    """As numbers of every integer type, alone (float64) and next to each type of float."""
    info = np.iinfo(kind) if kind != "?" else None
    rng = np.random.default_rng(3)
    low, high = (0, 1) if info is None else (max(info.min, -(2**62)), info.max)
    whole = rng.integers(low, high, SHAPE, dtype=kind if kind != "?" else "i1", endpoint=True)
    whole = whole.astype(kind)
    for x in (whole, swapped(whole), within(whole, before=1, after=1)):
        inputs = [x] * len(row.data)
        wide = [x.astype(np.float64)] * len(row.data)
        with np.errstate(all="ignore"):
            assert_same_bits(taken(lambda i=inputs: function(row)(*i)), function(row)(*wide))
            for dtype in DTYPES:
                alphas = [dtype.type(0.75)] * len(row.parameters)
                expected = outputs(function(row)(*inputs, *alphas, order="K"))
                assert_same_bits(function(row)(*inputs, *alphas), tuple(expected))


@rows_of_each_shape
def test_mixed_floats(row, threads):
    """Inputs of two types, and outputs of another."""
    for first in DTYPES:
        for second in DTYPES:
            data = data_of(row, SHAPE, first)
            alphas = [positive(COLUMNS, second)] * len(row.parameters)
            computed = promoted(first, second)
            full = contiguous([each.astype(computed) for each in [*data, *alphas]], SHAPE)
            with strict():
                actual = taken(lambda d=data, a=alphas: function(row)(*d, *a))
                assert_same_bits(actual, function(row)(*full))
                assert_as_numpy(row, actual, *data, *alphas)


@rows_of_each_shape
@pytest.mark.parametrize("kind", [*"efdg", ">f2", ">f4", ">f8", ">g", "c8", "c16", "bfloat16"])
def test_outputs_of_another_type(row, dtype, kind, threads):
    data = data_of(row, SHAPE, dtype)
    if not np.can_cast(dtype, kind, "same_kind"):
        with pytest.raises(TypeError, match=f"Cannot cast ufunc '{row.name}' output"):
            function(row)(*data, out=tuple(np.zeros(SHAPE, kind) for _ in range(row.nout)))
        return
    ours = tuple(np.zeros(SHAPE, kind) for _ in range(row.nout))
    theirs = tuple(np.zeros(SHAPE, kind) for _ in range(row.nout))
    with np.errstate(all="ignore"):
        result = function(row)(*data, out=ours)
        function(row)(*data, out=theirs, order="K")
    assert all(a is b for a, b in zip(outputs(result), ours, strict=True))
    if kind[0] == "c":
        ours, theirs = ([part.view(part.real.dtype) for part in parts] for parts in (ours, theirs))
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype == b.dtype == np.dtype(kind) or kind[0] == "c"
        native = a.dtype.newbyteorder("=")
        assert_same_bits(a.astype(native), b.astype(native))


@rows_of_each_shape
@views
def test_out_views(row, dtype, view, threads):
    """Every way of passing out, and what lies around it is left alone."""
    data = data_of(row, SHAPE, dtype)
    expected = outputs(function(row)(*data))
    if view is frozen:
        out = tuple(view(np.zeros(SHAPE, dtype)) for _ in range(row.nout))
        with pytest.raises(ValueError, match="output array is read-only"):
            function(row)(*data, out=out)
        assert not any(part.any() for part in out)
        return
    numbers = list(row.parameters.values())
    ways = [
        lambda out: function(row)(*data, out=out),
        lambda out: function(row)(*data, *numbers, *out),
    ]
    if row.nout == 1:
        ways.append(lambda out: function(row)(*data, out=out[0]))
    for way in ways:
        out = tuple(view(np.full(SHAPE, 99, dtype)) for _ in range(row.nout))
        around = [surroundings(part) for part in out]
        result = outputs(taken(lambda way=way, out=out: way(out)))
        assert all(a is b for a, b in zip(result, out, strict=True))
        assert_same_bits(tuple(part.astype(dtype) for part in out), expected)
        for part, before in zip(out, around, strict=True):
            assert surroundings(part) == before


def surroundings(part):
    """The bytes of the memory that `part` is a view of, without its own."""
    base = part
    while isinstance(base.base, np.ndarray):
        base = base.base
    copy = np.frombuffer(base.tobytes("A"), np.uint8).copy()
    if base is part:
        return b""
    offset = np.lib.array_utils.byte_bounds(part)[0] - np.lib.array_utils.byte_bounds(base)[0]
    first = part.__array_interface__["data"][0] - np.lib.array_utils.byte_bounds(part)[0] + offset
    own = np.lib.stride_tricks.as_strided(
        copy[first:], (*part.shape, part.itemsize), (*part.strides, 1)
    )
    own[...] = 0
    return copy.tobytes()


@rows_of_each_shape
def test_some_outputs_given(row, dtype):
    data = [within(column, before=0, after=1) for column in data_of(row, SHAPE, dtype)]
    expected = outputs(function(row)(*data, order="K"))
    for given in range(2**row.nout):
        out = tuple(
            np.zeros(SHAPE, dtype) if given >> place & 1 else None for place in range(row.nout)
        )
        result = outputs(taken(lambda out=out: function(row)(*data, out=out)))
        assert_same_bits(result, expected)
        for part, own in zip(result, out, strict=True):
            assert own is None or part is own
    assert_same_bits(taken(lambda: function(row)(*data, out=None)), tuple(expected))


@rows_of_each_shape
def test_output_larger_than_the_inputs(row, dtype, threads):
    data = data_of(row, (COLUMNS,), dtype)
    expected = outputs(function(row)(*data))
    out = tuple(np.zeros(SHAPE, dtype) for _ in range(row.nout))
    taken(lambda: function(row)(*data, out=out))
    assert_same_bits(out, tuple(np.broadcast_to(part, SHAPE) for part in expected))


@pytest.mark.parametrize(
    ("shape", "out_shape", "axes"),
    [
        ((301, 303), (303, 301), (1, 0)),
        ((64, 1024), (1024, 64), (1, 0)),
        ((37, 41, 43), (43, 41, 37), (2, 1, 0)),
        ((37, 41, 43), (37, 43, 41), (0, 2, 1)),
        ((37, 41, 43), (41, 43, 37), (2, 0, 1)),
        ((5, 20011), (20011, 5), (1, 0)),
        ((20011, 9), (9, 20011), (1, 0)),
        ((2, 3, 5, 7, 11, 13, 17), (17, 2, 13, 3, 11, 5, 7), (1, 3, 5, 6, 4, 2, 0)),
    ],
)
@rows_of_each_shape
def test_transposed(row, dtype, shape, out_shape, axes, threads):
    """One operand lies across the others."""
    data = data_of(row, shape, dtype)
    expected = outputs(function(row)(*data))
    out = tuple(np.zeros(out_shape, dtype).transpose(axes) for _ in range(row.nout))
    taken(lambda: function(row)(*data, out=out))
    assert_same_bits(out, expected)
    turned = [within(column.transpose(np.argsort(axes)), before=1, after=1) for column in data]
    out = tuple(np.zeros(shape, dtype) for _ in range(row.nout))
    taken(lambda: function(row)(*[x.transpose(axes) for x in turned], out=out))
    assert_same_bits(out, expected)


@pytest.mark.parametrize("step", [1, 2, 3, -1, -2])
@pytest.mark.parametrize("shape", [SHAPE, (30011, 3), (40, 13, 7, 11), (70001,), (1, 70001)])
def test_memory_order_of_results(shape, step):
    """As that of np.exp, or of a ufunc with as many inputs, whatever the axes' order."""
    x = ordinary(shape, np.float32)
    for axes in {tuple(range(x.ndim)), tuple(range(x.ndim))[::-1], (*range(1, x.ndim), 0)}:
        view = x.transpose(axes)[..., ::step]
        with np.errstate(all="ignore"):
            assert elufast.elu(view).strides == np.exp(view).strides
            assert elufast.elu_grad(view[::2]).strides == np.exp(view[::2]).strides
            assert elufast.elu_backward(view, x.transpose(axes)[..., ::step][..., :1]).strides == (
                np.hypot(view, view[..., :1]).strides
            )
        alphas = positive(view.shape[-1:], np.float64)
        assert elufast.elu(view, alphas).strides == np.hypot(view, alphas).strides
        assert elufast.elu(view, alphas).dtype == np.float64


class TestFlags:
    """True ones are reported from whichever thread they arise in, in every way of errstate."""

    def overflowing(self, place, dtype=np.float16):
        x = np.full(SHAPE, -0.5, dtype)
        x.flat[place] = -9
        return within(x, before=0, after=1)

    @pytest.mark.parametrize("place", [0, ROWS * COLUMNS // 2, -1])
    def test_raise(self, place, threads):
        x, out = self.overflowing(place), np.zeros(SHAPE, np.float16)
        message = "^overflow encountered in selu$"
        with strict(), pytest.raises(FloatingPointError, match=message):
            taken(lambda: elufast.selu(x, 6e4, 1.1, out=out))
        assert np.isneginf(out.flat[place])  # written all the same, as by NumPy
        assert out.all()
        with pytest.warns(RuntimeWarning, match=message):
            taken(lambda: elufast.selu(x, 6e4, 1.1))
        seen = []
        with np.errstate(over="call", call=lambda *args: seen.append(args)):
            taken(lambda: elufast.selu(x, 6e4, 1.1))
        assert [args[0] for args in seen] == ["overflow"]
        with np.errstate(over="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error")
            taken(lambda: elufast.selu(x, 6e4, 1.1))

    def test_print(self, capfd):
        with np.errstate(over="print"):
            elufast.selu(self.overflowing(-1), 6e4, 1.1)
        captured = capfd.readouterr()
        assert captured.out + captured.err == "Warning: overflow encountered in selu\n"

    def test_log(self):
        class Log:
            text = ""

            def write(self, text):
                self.text += text

        log = Log()
        with np.errstate(over="log", call=log):
            elufast.selu(self.overflowing(-1), 6e4, 1.1)
        assert log.text == "Warning: overflow encountered in selu\n"

    @pytest.mark.parametrize("name", ["elu_backward_from_output", "celu_backward_from_output"])
    def test_invalid(self, name, threads):
        x = np.ones(SHAPE, np.float32)
        alphas = np.ones(COLUMNS, np.float32)
        with strict():
            taken(lambda: getattr(elufast, name)(x, x, alphas))
        alphas[-1] = -1
        with strict(), pytest.raises(FloatingPointError, match=f"invalid value .* in {name}$"):
            taken(lambda: getattr(elufast, name)(x, x, alphas))

    @pytest.mark.parametrize(("computed", "written"), [("f8", "f4"), ("g", "f8"), ("f4", "f2")])
    def test_casts_of_outputs(self, computed, written, threads):
        """A number that its output cannot hold is an overflow of the function, as in NumPy."""
        x = np.ones(SHAPE, computed)
        out = np.zeros(SHAPE, written)
        with strict():
            taken(lambda: elufast.elu(x, out=out))
            x[-1, -1] = finfo(written).max.astype(computed) * 4
            for keywords in ({}, {"order": "K"}):
                with pytest.raises(FloatingPointError, match=r"^overflow encountered in elu$"):
                    elufast.elu(x, out=out, **keywords)
        assert np.isinf(out[-1, -1])

    def test_earlier_flags_are_not_reported(self, dtype):
        x = within(np.full(SHAPE, -0.5, dtype), before=0, after=1)
        huge = float(np.finfo(np.float64).max)
        with strict():
            huge *= huge  # Python leaves the flag, where NumPy would take it away
            taken(lambda: elufast.elu(x))
        assert huge == np.inf
        x[-1, -1] = -finfo(dtype).max
        with np.errstate(all="ignore"):
            elufast.selu(x, finfo(dtype).max, 4.0)
        with strict():  # nor are the last call's
            np.add(x[0, :3], 1)


class TestErrors:
    """NumPy's own words for wrong calls; nothing is written."""

    def agree(self, call, error):
        with pytest.raises(error) as ours:
            left_alone(lambda: call({}))
        with pytest.raises(error) as theirs:
            call({"order": "K"})
        # A parameter that is a Python number may have been left out of the list of shapes.
        assert str(ours.value) == str(theirs.value).replace(") () (", ") (")
        assert type(ours.value) is type(theirs.value)

    def test_casting(self):
        x = within(ordinary(SHAPE, np.float32), before=0, after=1)
        out = np.zeros(SHAPE, np.int32)
        self.agree(lambda more: elufast.elu(x, out=out, **more), TypeError)
        assert not out.any()
        y = np.zeros(SHAPE, np.float32)
        self.agree(lambda more: elufast.elu_with_grad(x, out=(y, out), **more), TypeError)
        assert not y.any()

    def test_types_without_a_loop(self):
        for kind in ("c8", "O", "U3", "M8[s]"):
            x = np.zeros(SHAPE, kind)
            self.agree(lambda more, x=x: elufast.elu(x, **more), TypeError)
            self.agree(lambda more, x=x: elufast.elu(np.zeros(SHAPE, "f4"), x, **more), TypeError)

    def test_shapes(self):
        x = ordinary(SHAPE, np.float32)
        alphas = np.ones(COLUMNS - 1, np.float32)
        self.agree(lambda more: elufast.elu(x, alphas, **more), ValueError)
        for shape in ((ROWS, COLUMNS - 1), (COLUMNS,), (1, COLUMNS), (ROWS, 1), ()):
            out = np.zeros(shape, np.float32)
            self.agree(lambda more, out=out: elufast.elu(x, 0.5, out=out, **more), ValueError)
            assert not out.any()

    def test_wrong_out(self):
        x = within(ordinary(SHAPE, np.float32), before=0, after=1)
        out = np.zeros(SHAPE, np.float32)
        frozen_out = np.zeros(SHAPE, np.float32)
        frozen_out.flags.writeable = False
        for wrong, error in [
            (frozen_out, ValueError),
            ((out, out), ValueError),
            ((), ValueError),
            ([out], TypeError),
            (3, TypeError),
        ]:
            self.agree(lambda more, wrong=wrong: elufast.elu(x, out=wrong, **more), error)
        self.agree(lambda more: elufast.elu(x, 1.0, out, out=out, **more), TypeError)
        self.agree(lambda more: elufast.elu_with_grad(x, out=(out, frozen_out), **more), ValueError)
        self.agree(lambda more: elufast.elu_with_grad(x, out=out, **more), TypeError)
        assert not out.any()


def test_what_is_left_to_numpy():
    """Keywords, subclasses and overrides, short arrays, and what NumPy does in one loop anyway."""

    class Sub(np.ndarray):
        pass

    class SubScalar(np.float64):
        def __array_ufunc__(self, *args, **kwargs):
            return "mine"

    x = ordinary(SHAPE, np.float32)
    part = within(x, before=0, after=1)
    for keywords in (
        {"where": x > 0, "out": x.copy()},
        {"dtype": "f8"},
        {"casting": "unsafe"},
        {"subok": False},
        {"signature": "ff->f"},
        {"order": "C"},
    ):
        left_alone(lambda k=keywords: elufast.elu(part, **k))
    assert type(left_alone(lambda: elufast.elu(part.view(Sub)))) is Sub
    assert type(left_alone(lambda: elufast.elu(part, out=np.empty(SHAPE, "f4").view(Sub)))) is Sub
    assert left_alone(lambda: elufast.elu(part, SubScalar(1))) == "mine"
    left_alone(lambda: elufast.elu(np.ma.array(part)))
    left_alone(lambda: elufast.elu(part.tolist()))
    left_alone(lambda: elufast.elu(x))
    left_alone(lambda: elufast.elu(x, 0.5))
    left_alone(lambda: elufast.elu(swapped(part)[:3, :50]))
    left_alone(lambda: elufast.elu(part[:3, :50], out=np.empty((3, 50))))
    left_alone(lambda: elufast.elu(part[:, :0]))


def test_weak_numbers_that_do_not_fit():
    """An alpha that the loop's type rounds to 0 or infinity is NumPy's to report."""
    x = within(ordinary(SHAPE, np.float16), before=0, after=1)
    for alpha in (1e30, 70000, 1e-7, 10**400, -(10**5)):
        for errors in ("ignore", "raise"):
            results = []
            for keywords in ({}, {"order": "K"}):
                with np.errstate(all=errors):
                    try:
                        results.append(elufast.elu(x, alpha, **keywords).tobytes())
                    except (FloatingPointError, OverflowError) as error:
                        results.append((type(error), str(error)))
            assert results[0] == results[1], (alpha, errors)
    for alpha in (np.inf, -0.0, 65504, 2.0**-14, True):
        assert_same_bits(elufast.elu(x, alpha), elufast.elu(x, alpha, order="K"))


class TestOverlap:
    """As if the inputs had been copied."""

    @pytest.fixture(params=[1, 2], autouse=True)
    def _threads(self, request):
        elufast.set_num_threads(request.param)

    def check(self, row, memory, sources, target, **more):
        """`sources` and `target` pick views of the memory."""
        expected = outputs(function(row)(*[take(memory).copy() for take in sources]))
        expected = [np.broadcast_to(part, target(memory).shape) for part in expected]
        spare = [np.empty_like(expected[0]) for _ in range(row.nout - 1)]
        out = (target(memory), *spare)
        taken(lambda: function(row)(*[take(memory) for take in sources], out=out))
        assert_same_bits(out[0], expected[0].astype(out[0].dtype))

    @rows_of_each_shape
    def test_views_of_one_array(self, row):
        pairs = [
            (lambda m: m[:-1, :-1], lambda m: m[1:, 1:]),
            (lambda m: m[1:, 1:], lambda m: m[:-1, :-1]),
            (lambda m: m[:-1, :-1], lambda m: m[:-1, 1:]),
            (lambda m: m[:, :-1], lambda m: m[:, :-1]),
            (lambda m: m[::-1, :-1], lambda m: m[:, :-1]),
            (lambda m: m[:, -2::-1], lambda m: m[:, :-1]),
            (lambda m: m[:300, :300].T, lambda m: m[:300, :300]),
            (lambda m: m[0, :300], lambda m: m[:300, :300]),
            (lambda m: m[:300, 5:6], lambda m: m[:300, :300]),
        ]
        for source, target in pairs:
            others = [lambda m, t=target: t(m) * np.float32(0.5)] * (len(row.data) - 1)
            for order in (1, -1):
                sources = [*others, source][::order]
                self.check(row, ordinary((301, 303), np.float32), sources, target)

    @rows_of_each_shape
    def test_parameters_in_the_output(self, row):
        for take in (lambda m: m[5, :300], lambda m: m[:300, 5:6], lambda m: m[7, 7]):
            data = [lambda m: ordinary((300, 300), np.float32)] * len(row.data)
            sources = data + [take] * len(row.parameters)
            self.check(row, positive((301, 303), np.float32), sources, lambda m: m[:300, :300])

    def test_other_types_in_one_memory(self):
        memory = ordinary((300, 300), np.float64)
        expected = elufast.elu(memory)
        half = memory.view(np.float32)[:, :300]
        elufast.elu(memory.copy(), out=half)
        assert_same_bits(half.copy(), expected.astype(np.float32))
        memory = ordinary((300, 300), np.float64)
        taken(lambda: elufast.elu(memory, out=memory.view(np.float32)[:, ::2]))
        assert_same_bits(memory.view(np.float32)[:, ::2].copy(), expected.astype(np.float32))
        memory = ordinary((300, 301), np.dtype(np.float64).newbyteorder("S"))
        taken(lambda: elufast.elu(memory, out=memory))
        native = ordinary((300, 301), np.float64)
        assert_same_bits(memory.astype(np.float64), elufast.elu(native))

    def test_output_that_overlaps_itself(self):
        x = within(ordinary(SHAPE, np.float32), before=0, after=1)
        for strides in ((0, 4), (4, 0), (4, 4)):
            results = []
            for keywords in ({}, {"order": "K"}):
                memory = np.zeros(ROWS + COLUMNS, np.float32)
                out = np.lib.stride_tricks.as_strided(memory, SHAPE, strides)
                elufast.elu(x, out=out, **keywords)
                results.append(memory)
            np.testing.assert_array_equal(*results)

    def test_two_outputs_in_one_memory(self):
        x = within(ordinary(SHAPE, np.float32), before=0, after=1)
        results = []
        for keywords in ({}, {"order": "K"}):
            memory = np.zeros((ROWS, COLUMNS + 1), np.float32)
            elufast.elu_with_grad(x, out=(memory[:, :-1], memory[:, 1:]), **keywords)
            same = np.zeros(SHAPE, np.float32)
            elufast.elu_with_grad(x, out=(same, same), **keywords)
            results.append((memory, same))
        assert_same_bits(*results)


def test_references_and_memory():
    """Calls, right and wrong ones, leave reference counts as they were."""
    x = within(ordinary(SHAPE, np.float32), before=0, after=1)
    alphas, out = positive(COLUMNS, np.float32), np.zeros(SHAPE, np.float32)
    whole, small = out.astype(np.int32), np.zeros(3, np.float32)
    overflowing = np.full(SHAPE, np.finfo(np.float32).max)
    tracked = [x, alphas, out, whole, small, overflowing, x.dtype, whole.dtype, None, elufast.elu]

    def calls():
        elufast.elu(x)
        elufast.elu(x, alphas, out=out)
        elufast.elu(x, np.float32(0.5), out=(out,))
        elufast.elu(whole, out=out)
        elufast.elu_with_grad(x, alphas, out=(out, None))
        for wrong in (
            lambda: elufast.elu(x, out=whole),
            lambda: elufast.elu(x, small),
            lambda: elufast.elu(x, out=small),
            lambda: elufast.elu(x, 1j),
        ):
            with pytest.raises((TypeError, ValueError)):
                wrong()
        with np.errstate(all="raise"), pytest.raises(FloatingPointError):
            elufast.selu(overflowing, alphas)

    for _ in range(3):
        calls()
    gc.collect()
    before = [sys.getrefcount(each) for each in tracked]
    blocks = sys.getallocatedblocks()
    for _ in range(50):
        calls()
    gc.collect()
    changed = [sys.getrefcount(a) - n for a, n in zip(tracked, before, strict=True)]
    assert max(map(abs, changed)) < 25, changed
    assert sys.getallocatedblocks() - blocks < 100


def test_many_callers_at_once():
    """Nothing is shared between calls from different threads of Python."""
    arrays = [ordinary((50 + i, 1999), np.float32, i) for i in range(4)]
    expected = [elufast.elu(x[:, 5:].copy(), np.float32(0.5)) for x in arrays]
    failures = []

    def work(i):
        for _ in range(20):
            try:
                alphas = np.full(1994, 0.5, np.float32)
                assert_same_bits(elufast.elu(arrays[i][:, 5:], alphas), expected[i])
            except AssertionError as error:
                failures.append(error)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failures
