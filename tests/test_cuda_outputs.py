"""Outputs of the functions on a GPU: out=, where=, order=, and memory that is shared."""

import numpy as np
import pytest
from gpus import NAMES, Both, assert_same_values, same
from support import as_dtype, function, outputs

from elufast._ufuncs import ROWS

X = np.array([[-3.0, -0.5, 0.0, 4.0], [np.nan, -0.0, 2.0, -np.inf], [-1.0, -20.0, 0.25, -0.125]])
GRAD = X[::-1] + 0.5
VIEWS = [
    lambda a: a,
    lambda a: a.T,
    lambda a: a[::-1, ::-1],
    lambda a: a[:, ::2],
    lambda a: a[1:, 1:3],
]


def data(gpu, row, dtype=np.float64, view=lambda a: a):
    return [Both(gpu, as_dtype(array, dtype), view) for array in (GRAD, X)[-len(row.data) :]]


def given(row, outs):
    """As NumPy takes them."""
    return outs[0] if row.nout == 1 else tuple(outs)


def empty(gpu, row, dtype=np.float64, view=lambda a: a, shape=X.shape):
    """Outputs that are full of a number that no result is."""
    return given(row, [Both(gpu, np.full(shape, 77, dtype), view) for _ in range(row.nout)])


# out=


@pytest.mark.parametrize("name", NAMES)
def test_out(row, name, gpu):
    dtype = np.dtype(name)
    same(gpu, row, *data(gpu, row, dtype), out=empty(gpu, row, dtype))
    same(gpu, row, *data(gpu, row, dtype), 0.5, out=empty(gpu, row, dtype))
    if row.nout == 1:
        same(gpu, row, *data(gpu, row, dtype), out=(empty(gpu, row, dtype),))


def test_in_place(row, gpu):
    for view in VIEWS:
        for place in range(len(row.data)):
            arrays = data(gpu, row, view=view)
            one = arrays[place]
            same(gpu, row, *arrays, out=given(row, [one, *_others(gpu, row, view)]))
            arrays = data(gpu, row, view=view)
            outs = [*_others(gpu, row, view), arrays[place]]
            same(gpu, row, *arrays, 0.5, out=given(row, outs[-row.nout :]))


def _others(gpu, row, view):
    return [Both(gpu, np.zeros_like(X), view) for _ in range(row.nout - 1)]


def test_strided_out(row, gpu):
    """What lies between is not touched."""
    for view in VIEWS:
        same(gpu, row, *data(gpu, row, view=view), out=empty(gpu, row, view=view))
        shape = view(X).shape
        same(gpu, row, *data(gpu, row, view=view), out=empty(gpu, row, shape=shape))
    same(gpu, row, *data(gpu, row), out=empty(gpu, row, view=lambda a: a.T, shape=X.T.shape))


def test_positional_out(row, gpu):
    outs = empty(gpu, row)
    outs = outs if isinstance(outs, tuple) else (outs,)
    results = same(gpu, row, *data(gpu, row), *row.parameters.values(), *outs)
    assert all(part is both.gpu for part, both in zip(outputs(results), outs, strict=True))


@pytest.mark.parametrize(
    ("kept", "to"), [("float32", "float64"), ("float64", "complex128"), ("float16", "float32")]
)
def test_out_of_another_type(row, kept, to, gpu):
    """It is cast: also without loss of what is between, and in place of the input's memory."""
    for view in VIEWS[:3]:
        same(gpu, row, *data(gpu, row, kept, view), out=empty(gpu, row, to, view))


def test_narrower_out(row, gpu):
    """same_kind lets a result be rounded."""
    for kept, to in (("float64", "float32"), ("float32", "float16"), ("float64", "float16")):
        same(gpu, row, *data(gpu, row, kept), out=empty(gpu, row, to))
    finite = [Both(gpu, array) for array in (X[:1] + 1, X[:1])[-len(row.data) :]]
    same(gpu, row, *finite, out=empty(gpu, row, "int32", shape=(1, 4)), casting="unsafe")


def test_out_larger_than_the_inputs(row, gpu):
    same(gpu, row, *data(gpu, row), out=empty(gpu, row, shape=(2, *X.shape)))
    same(gpu, row, *data(gpu, row, view=lambda a: a[1]), 0.5, out=empty(gpu, row))
    numbers = [-0.5] * len(row.data)
    same(gpu, row, *numbers, out=empty(gpu, row))


def test_one_of_two_outputs(gpu):
    for row in (row for row in ROWS if row.nout == 2):
        for which in range(2):
            for dtype, view in ((np.float64, VIEWS[0]), (np.float32, VIEWS[1])):
                outs = [None, None]
                outs[which] = Both(gpu, np.zeros(X.shape, dtype), view)
                same(gpu, row, *data(gpu, row, view=view), out=tuple(outs))
        same(gpu, row, *data(gpu, row), out=(None, None))


# Overlap.

SHIFTS = {
    "forwards": (lambda a: a[:-1], lambda a: a[1:]),
    "backwards": (lambda a: a[1:], lambda a: a[:-1]),
    "reversed": (lambda a: a, lambda a: a[::-1]),
    "other steps": (lambda a: a[:6], lambda a: a[::2]),
}


@pytest.mark.parametrize("views", SHIFTS.values(), ids=SHIFTS)
def test_overlap(row, views, gpu):
    """Everything is read before it is overwritten; the outputs may be any of the two."""
    source, target = views
    for dtype in (np.float32, np.float64):
        for place in range(len(row.data)):
            for which in range(row.nout):
                values = as_dtype(np.resize(X, 12), dtype)
                base = Both(gpu, values)
                x, out = _views(base, source), _views(base, target)
                arrays = [Both(gpu, x.cpu + dtype(1)) for _ in row.data]
                arrays[place] = x
                outs = [Both(gpu, np.zeros_like(x.cpu)) for _ in range(row.nout)]
                outs[which] = out
                same(gpu, row, *arrays, out=given(row, outs))


def test_overlap_with_a_parameter(row, gpu):
    base = Both(gpu, np.resize(np.where(np.isnan(X), 1, X), 12))
    x = [Both(gpu, array) for array in (X.ravel()[1:], X.ravel()[:-1])][-len(row.data) :]
    outs = [_views(base, lambda a: a[1:]), Both(gpu, np.zeros(11))][: row.nout]
    same(gpu, row, *x, _views(base, lambda a: a[:-1]), out=given(row, outs))


def test_transposed_in_place(row, gpu):
    base = Both(gpu, np.linspace(-3, 3, 16).reshape(4, 4))
    outs = [_views(base, lambda a: a.T), Both(gpu, np.zeros((4, 4)))][: row.nout]
    same(gpu, row, *[base] * len(row.data), out=given(row, outs))


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=str)
@pytest.mark.parametrize("views", SHIFTS.values(), ids=SHIFTS)
def test_outputs_that_overlap(views, dtype, gpu):
    """The second is written after the first: a GPU has no order among the elements."""
    for row in (row for row in ROWS if row.nout == 2):
        for where in (True, np.resize([True, False, True], 12)):
            x, base = Both(gpu, np.resize(X, 12)), Both(gpu, np.full(12, 77, dtype))
            outs = [_views(base, view) for view in views]
            size = outs[0].cpu.size
            data = _views(x, lambda a, size=size: a[:size])
            mask = where if where is True else where[:size]
            with np.errstate(all="ignore"):
                for out, result in zip(outs, function(row)(data.cpu), strict=True):
                    np.copyto(out.cpu, result, casting="same_kind", where=mask)
            on_gpu = mask if mask is True else gpu.asarray(mask)
            function(row)(data.gpu, out=tuple(out.gpu for out in outs), where=on_gpu)
            assert_same_values(gpu, base.gpu, base.cpu)


def test_one_array_for_both_outputs(gpu):
    for row in (row for row in ROWS if row.nout == 2):
        for view in VIEWS:
            out = Both(gpu, np.zeros_like(X), view)
            same(gpu, row, *data(gpu, row, view=view), out=(out, out))


def test_overlap_with_the_mask(row, gpu):
    """It is read before it is overwritten."""
    for dtype, first in ((np.float64, 0), (np.float64, 84), (np.float32, 36)):
        base = Both(gpu, np.zeros(12, dtype))
        masks = [side.view(bool)[first : first + 12] for side in base.bases]
        mask = np.resize([True, False, False, True, True], 12)
        masks[0][:] = mask
        gpu.copyto(masks[1], gpu.asarray(mask))
        arrays = [Both(gpu, np.resize(array, 12)) for array in (GRAD, X)[-len(row.data) :]]
        outs = [base, Both(gpu, np.zeros(12, dtype))][: row.nout]
        where = Both.__new__(Both)
        where.bases = where.cpu, where.gpu = masks
        same(gpu, row, *arrays, out=given(row, outs), where=where)


def _views(both, view):
    """Another view of the same memory."""
    other = Both.__new__(Both)
    other.bases = both.bases
    other.cpu, other.gpu = map(view, both.bases)
    return other


# where=


def masks(gpu):
    mask = np.array([[True, False, False, True]] * 2 + [[False, True, True, True]])
    return [
        Both(gpu, mask),
        Both(gpu, mask.T.copy(), lambda a: a.T),
        Both(gpu, mask[0]),
        Both(gpu, mask[:, :1]),
        Both(gpu, np.array(False)),
        False,
        np.False_,
        True,
    ]


def test_where(row, gpu):
    for mask in masks(gpu):
        for view in VIEWS[:1] + VIEWS[2:3]:
            same(gpu, row, *data(gpu, row, view=view), out=empty(gpu, row), where=mask)
        same(gpu, row, *data(gpu, row), 0.5, out=empty(gpu, row), where=mask)
        same(gpu, row, *data(gpu, row), out=empty(gpu, row, "float32"), where=mask)
        arrays = data(gpu, row)
        outs = [arrays[-1], Both(gpu, X)][: row.nout]
        same(gpu, row, *arrays, out=given(row, outs), where=mask)


@pytest.mark.parametrize("name", NAMES)
def test_where_of_every_type(name, gpu):
    dtype, row = np.dtype(name), ROWS[0]
    for mask in masks(gpu):
        same(gpu, row, *data(gpu, row, dtype), out=empty(gpu, row, dtype), where=mask)


def test_where_makes_the_result_larger(row, gpu):
    mask = Both(gpu, np.resize([True, False, True], (5, *X.shape)))
    same(gpu, row, *data(gpu, row), out=empty(gpu, row, shape=(5, *X.shape)), where=mask)


def test_where_without_out(row, gpu):
    mask = np.array([True, False, True, True])
    arrays = data(gpu, row)
    results = function(row)(*(both.gpu for both in arrays), where=gpu.asarray(mask))
    with np.errstate(all="ignore"):
        expected = function(row)(*(both.cpu for both in arrays))
    for part, whole in zip(outputs(results), outputs(expected), strict=True):
        assert part.shape == whole.shape
        assert_same_values(gpu, part[:, 2:], whole[:, 2:])
        assert_same_values(gpu, part[:, :1], whole[:, :1])


# order=


@pytest.mark.parametrize("order", ["C", "F", "A", "K", None])
def test_order(row, order, gpu):
    cube = np.arange(-12.0, 12).reshape(2, 3, 4)
    for view in (
        lambda a: a,
        lambda a: a.T,
        lambda a: a[:, :, ::2],
        lambda a: a.transpose(1, 0, 2),
        lambda a: a[::-1].T,
        lambda a: a[:, :1],
    ):
        arrays = [Both(gpu, cube / 7, view) for _ in row.data]
        for dtype in (None, np.float32):
            same(gpu, row, *arrays, order=order, dtype=dtype)
        same(gpu, row, *arrays, Both(gpu, np.asfortranarray(cube[0])[:1, :1]), order=order)
    flat = [Both(gpu, cube[0], lambda a: a.T) for _ in row.data]
    same(gpu, row, *flat, Both(gpu, np.resize(cube, (2, 4, 3))), order=order)
