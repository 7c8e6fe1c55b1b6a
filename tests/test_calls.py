"""Every form of a call that works."""

import inspect
import pydoc
import warnings

import numpy as np
import pytest
from support import (
    assert_same_bits,
    function,
    outputs,
    parameter_values,
    rows_where,
)
from truth import assert_accepted

import elufast
from elufast._ufuncs import ROWS

X = np.array([-3.0, -0.5, -0.0, 0.0, 0.25, 4.0])
GRAD = np.array([0.5, -2.0, 1.0, 3.0, 1.5, -1.0])


def data_of(row, dtype=np.float64):
    return [column.astype(dtype) for column in (GRAD, X)[-len(row.data) :]]


def check(row, result, dtype=np.float64, **given):
    """Against the oracle."""
    inputs = [*data_of(row, dtype), *parameter_values(row, dtype, **given)]
    assert_accepted(row, np.dtype(dtype), inputs, result)


def empty_outputs(row, dtype=np.float64):
    return tuple(np.full(X.shape, 99, dtype) for _ in range(row.nout))


# What they are.


def test_they_are_ufuncs(row):
    f = function(row)
    assert type(f) is np.ufunc
    assert f.nin == len(row.data) + len(row.parameters)
    assert f.nout == row.nout
    assert f.nargs == f.nin + f.nout
    assert f.__name__ == f.__qualname__ == row.name
    assert f.__module__ == "elufast"
    assert f.signature is None
    assert f.identity is None
    assert repr(f) == f"<ufunc '{row.name}'>"


def test_rows_are_the_public_functions():
    ufuncs = {name for name in dir(elufast) if isinstance(getattr(elufast, name), np.ufunc)}
    names = [row.name for row in ROWS]
    assert ufuncs == set(names)
    assert len(names) == len(set(names)) == 18
    namespace = {}
    exec("from elufast import *", namespace)
    assert ufuncs <= set(namespace)


def test_inspect_signature(row):
    signature = inspect.signature(function(row))
    parameters = list(signature.parameters.values())
    names = [p.name for p in parameters]
    assert names[: function(row).nin] == [*row.data, *row.parameters]
    for p in parameters[: function(row).nin]:
        assert p.kind is p.POSITIONAL_OR_KEYWORD
        assert p.default == row.parameters.get(p.name, p.empty)
    for keyword in ("out", "where", "casting", "order", "dtype", "subok", "signature"):
        assert keyword in names
    signature.bind(*data_of(row), alpha=0.5, out=None, where=True, dtype=np.float32)
    with pytest.raises(TypeError):
        signature.bind()


def test_help(row):
    text = pydoc.render_doc(function(row), renderer=pydoc.plaintext)
    assert row.name in text
    assert "alpha" in text
    for name, default in row.parameters.items():
        assert f"{name}={default!r}" in text


# Positional and keyword inputs.


def test_every_split_into_positional_and_keyword(row, dtype):
    """elu(x), elu(x=x), elu(x, 0.5), elu(x, alpha=0.5), elu(alpha=0.5, x=x) and so on."""
    f, data = function(row), data_of(row, dtype)
    values = {"alpha": 0.5, "scale": 1.25}
    given = list(row.parameters)
    for count in range(len(given) + 1):
        chosen = {name: values[name] for name in given[:count]}
        names, inputs = [*row.data, *chosen], [*data, *chosen.values()]
        for positional in range(len(inputs) + 1):
            keywords = dict(zip(names[positional:], inputs[positional:], strict=True))
            check(row, f(*inputs[:positional], **keywords), dtype, **chosen)
            backwards = dict(reversed(keywords.items()))
            check(row, f(*inputs[:positional], **backwards), dtype, **chosen)


def test_a_later_parameter_alone(row, dtype):
    """selu(x, scale=2) leaves alpha at its default."""
    last = list(row.parameters)[-1]
    for data in (data_of(row, dtype), [*map(list, data_of(row, dtype))]):
        wanted = dtype if isinstance(data[0], np.ndarray) else np.dtype("d")
        if wanted == dtype:
            check(row, function(row)(*data, **{last: 2.0}), dtype, **{last: 2.0})
    keywords = dict(zip(row.data, data_of(row, dtype), strict=True))
    check(row, function(row)(**keywords, **{last: 2.0}), dtype, **{last: 2.0})


def test_scalars_and_sequences(row):
    """Python numbers, lists and nested lists."""
    for convert in (list, tuple, lambda column: [[v] for v in column.tolist()]):
        result = outputs(function(row)(*[convert(column) for column in data_of(row)]))
        check(row, tuple(part.reshape(X.shape) for part in result))
    columns = [
        outputs(function(row)(*map(float, scalars), 0.5))
        for scalars in zip(*data_of(row), strict=True)
    ]
    check(row, tuple(np.array(part) for part in zip(*columns, strict=True)), alpha=0.5)


def test_starred_and_partial(row):
    import functools

    keywords = dict(zip(row.data, data_of(row), strict=True))
    check(row, functools.partial(function(row), alpha=0.5)(*data_of(row)), alpha=0.5)
    check(row, function(row)(*(), **keywords))
    check(row, np.ufunc.__call__(function(row), *data_of(row), alpha=0.5), alpha=0.5)


# out=


def test_out_keyword(row, dtype):
    f, data = function(row), data_of(row, dtype)
    for given in ((), (0.5,)):
        alpha = {"alpha": 0.5} if given else {}
        out = empty_outputs(row, dtype)
        result = outputs(f(*data, *given, out=out))
        assert all(a is b for a, b in zip(result, out, strict=True))
        check(row, result, dtype, **alpha)
        if row.nout == 1:
            (out,) = empty_outputs(row, dtype)
            assert f(*data, *given, out=out) is out
            check(row, out, dtype, **alpha)


def test_out_positional(row, dtype):
    """After all inputs: elu(x, 0.5, buf)."""
    out = empty_outputs(row, dtype)
    values = [0.5, 1.25][: len(row.parameters)]
    result = outputs(function(row)(*data_of(row, dtype), *values, *out))
    assert all(a is b for a, b in zip(result, out, strict=True))
    check(row, result, dtype, **dict(zip(row.parameters, values, strict=True)))


def test_none_as_output(row):
    """None allocates, alone or beside an array (for two outputs NumPy wants the tuple)."""
    data = data_of(row)
    if row.nout == 1:
        check(row, function(row)(*data, out=None))
    check(row, function(row)(*data, out=(None,) * row.nout))
    check(row, function(row)(*data, *row.parameters.values(), *(None,) * row.nout))
    if row.nout == 2:
        for position in (0, 1):
            out = [None, None]
            out[position] = np.empty_like(X)
            result = function(row)(*data, out=tuple(out))
            assert result[position] is out[position]
            check(row, result)
            result = function(row)(*data, *row.parameters.values(), *out)
            assert result[position] is out[position]
            check(row, result)


@pytest.mark.parametrize("row", rows_where(lambda row: row.nout == 1), ids=lambda row: row.name)
def test_second_positional_is_alpha_not_out(row):
    """elu(x, buf) broadcasts buf as alpha."""
    buffer = np.full_like(X, 0.5)
    result = function(row)(*data_of(row), buffer)
    assert result is not buffer
    assert (buffer == 0.5).all()
    check(row, result, alpha=0.5)


# Other keywords of ufuncs; dtype, casting and signature are in test_types, where in test_overlap.


def test_where(row):
    out = empty_outputs(row)
    mask = X < 0
    for keywords in ({}, {"alpha": 0.5}):
        function(row)(*data_of(row), **keywords, out=out, where=mask)
        expected = outputs(function(row)(*data_of(row), **keywords))
        for part, whole in zip(out, expected, strict=True):
            assert_same_bits(part[mask], whole[mask])
            assert (part[~mask] == 99).all()


class Tagged(np.ndarray):
    """A subclass that NumPy wraps results in."""


def test_subok(row):
    data = [column.view(Tagged) for column in data_of(row)]
    for result in (
        function(row)(*data),
        function(row)(*data, 0.5),
        function(row)(*data, alpha=0.5),
    ):
        assert {type(part) for part in outputs(result)} == {Tagged}
    for part in outputs(function(row)(*data, subok=False)):
        assert type(part) is np.ndarray


def test_array_ufunc_is_given_the_public_function(row):
    """Other arrays go their own way; they see the function and inputs as NumPy would tell them."""
    seen = []

    class Foreign:
        def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
            seen.append((ufunc, method, len(inputs), kwargs))
            return "mine"

    foreign = [Foreign()] * len(row.data)
    f = function(row)
    assert f(*foreign) == "mine"
    assert f(*foreign, alpha=0.5) == "mine"
    assert f(*[X] * len(row.data), Foreign()) == "mine"
    for ufunc, method, count, kwargs in seen:
        assert (ufunc, method, count, kwargs) == (f, "__call__", f.nin, {})
    out = (Foreign(),) * row.nout
    assert f(*[X] * len(row.data), out=out) == "mine"
    assert seen[-1] == (f, "__call__", f.nin, {"out": out})


def test_masked_arrays_and_array_wrap(row):
    mask = X > 1
    data = [np.ma.array(column, mask=mask) for column in data_of(row)]
    pairs = list(
        zip(outputs(function(row)(*data_of(row))), outputs(function(row)(*data)), strict=True)
    )
    for _, part in pairs:
        assert isinstance(part, np.ma.MaskedArray)
        np.testing.assert_array_equal(np.ma.getmaskarray(part), mask)
        assert part.dtype == np.float64
    check(row, tuple(np.where(mask, plain, part.filled(99)) for plain, part in pairs))


def test_no_warning_from_any_of_it(row, dtype):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        function(row)(*data_of(row, dtype))
        function(row)(*data_of(row, dtype), alpha=0.5)
