"""Wrong calls get NumPy's own kind of error, and touch nothing."""

import re
import sys

import numpy as np
import pytest
from support import ROWS, function, outputs

import elufast

X = np.array([-3.0, -0.5, 0.0, 4.0])


def data_of(row):
    return [X.copy() for _ in row.data]


def raises(kind, message):
    return pytest.raises(kind, match=f"^{re.escape(message)}$")


def listed(names):
    """'a', 'a' and 'b', ... as Python writes missing arguments."""
    return " and ".join(repr(name) for name in names)


def test_missing_arguments(row):
    f, data = function(row), list(row.data)
    for given in range(len(data)):
        missing = data[given:]
        word = "argument" if len(missing) == 1 else "arguments"
        message = (
            f"{row.name}() missing {len(missing)} required positional {word}: {listed(missing)}"
        )
        for keywords in ({}, {"alpha": 0.5}, {"out": None}, {"order": "C"}):
            with raises(TypeError, message):
                f(*[X] * given, **keywords)
    if len(data) == 2:  # the first one is missing, the second given
        with raises(TypeError, f"{row.name}() missing 1 required positional argument: {data[0]!r}"):
            f(**{data[1]: X})


def test_missing_arguments_in_words():
    with raises(TypeError, "elu() missing 1 required positional argument: 'x'"):
        elufast.elu()
    with raises(
        TypeError, "elu_backward() missing 2 required positional arguments: 'grad' and 'x'"
    ):
        elufast.elu_backward()
    with raises(TypeError, "elu_backward() missing 1 required positional argument: 'x'"):
        elufast.elu_backward(X)
    with raises(TypeError, "elu() got multiple values for argument 'alpha'"):
        elufast.elu(X, 0.5, alpha=0.5)
    with raises(TypeError, "elu() takes from 1 to 3 positional arguments but 4 were given"):
        elufast.elu(X, 0.5, X.copy(), X.copy())
    with raises(TypeError, "elu() got an unexpected keyword argument 'foo'"):
        elufast.elu(X, foo=1)


def test_multiple_values(row):
    names = [*row.data, *row.parameters]
    for position, name in enumerate(names):
        for count in range(max(position + 1, len(row.data)), len(names) + 1):
            with raises(TypeError, f"{row.name}() got multiple values for argument {name!r}"):
                function(row)(*[X] * count, **{name: X})


def test_too_many_positional(row):
    f = function(row)
    given = f.nargs + 1
    message = (
        f"{row.name}() takes from {len(row.data)} to {f.nargs} positional arguments "
        f"but {given} were given"
    )
    inputs = [X.copy() for _ in range(given)]
    with raises(TypeError, message):
        f(*inputs)
    for array in inputs:
        np.testing.assert_array_equal(array, X)


@pytest.mark.parametrize("name", ["foo", "Alpha", "axis", "keepdims", "x0", "é"])
def test_unexpected_keyword(row, name):
    for keywords in ({}, {"alpha": 0.5}):
        with raises(TypeError, f"{row.name}() got an unexpected keyword argument {name!r}"):
            function(row)(*data_of(row), **keywords, **{name: 1})


def test_keyword_that_another_family_has():
    for row in ROWS:
        if "scale" not in row.parameters:
            message = f"{row.name}() got an unexpected keyword argument 'scale'"
            with raises(TypeError, message):
                function(row)(*data_of(row), scale=1.0)


def test_out_twice(row):
    f, data = function(row), data_of(row)
    buffers = [np.full_like(X, 99) for _ in range(row.nout)]
    with raises(TypeError, "cannot specify 'out' as both a positional and keyword argument"):
        f(*data, *row.parameters.values(), *buffers, out=tuple(buffers))
    assert all((buffer == 99).all() for buffer in buffers)


def test_wrong_out(row):
    f, data = function(row), data_of(row)
    buffer = np.full_like(X, 99)
    if row.nout == 2:
        with raises(TypeError, "'out' must be a tuple of arrays"):
            f(*data, out=buffer)
    with raises(ValueError, "The 'out' tuple must have exactly one entry per ufunc output"):
        f(*data, out=(buffer,) * (row.nout + 1))
    with raises(TypeError, "return arrays must be of ArrayType"):
        f(*data, out=(3,) * row.nout)
    frozen = X.copy()
    frozen.flags.writeable = False
    for place in range(row.nout):
        out = [buffer.copy(), buffer.copy()][: row.nout]
        out[place] = frozen
        with raises(ValueError, "output array is read-only"):
            f(*data, out=tuple(out))
        np.testing.assert_array_equal(frozen, X)
        assert all((part == 99).all() for part in out if part is not frozen)
    assert (buffer == 99).all()


def test_shapes_that_do_not_broadcast(row):
    data = data_of(row)
    with pytest.raises(ValueError, match="operands could not be broadcast together"):
        function(row)(*data, np.ones(3))
    out = tuple(np.full(5, 99.0) for _ in range(row.nout))
    with pytest.raises(ValueError, match="broadcast"):
        function(row)(*data, out=out)
    assert all((part == 99).all() for part in out)
    for column in data:
        np.testing.assert_array_equal(column, X)


@pytest.mark.parametrize(
    ("keywords", "kind"),
    [
        ({"casting": "bogus"}, ValueError),
        ({"order": "Z"}, ValueError),
        ({"dtype": "bogus"}, TypeError),
        ({"signature": "dd"}, ValueError),
        ({"sig": "d->d", "signature": "d->d"}, TypeError),
        ({"subok": []}, TypeError),
    ],
    ids=repr,
)
def test_wrong_values_of_numpys_keywords(row, keywords, kind):
    """The same kind as np.negative raises."""
    with pytest.raises(kind) as numpys:
        np.negative(X, **keywords)
    with pytest.raises(kind) as ours:
        function(row)(*data_of(row), **keywords)
    assert ours.type is numpys.type


def test_inputs_that_raise_while_converted(row):
    class Broken:
        def __array__(self, dtype=None, copy=None):
            raise ZeroDivisionError("mine")

    for position in range(function(row).nin):
        inputs = [*data_of(row), *row.parameters.values()]
        inputs[position] = Broken()
        with raises(ZeroDivisionError, "mine"):
            function(row)(*inputs)
    with raises(ZeroDivisionError, "mine"):
        function(row)(*data_of(row), alpha=Broken())


def test_wrong_calls_touch_nothing(row):
    """Not their inputs, not out, not reference counts, and the next call works."""
    f, data = function(row), data_of(row)
    out = tuple(np.full_like(X, 99) for _ in range(row.nout))
    alpha = np.full_like(X, 0.5)
    kept = [*data, *out, alpha]
    before = [sys.getrefcount(each) for each in kept]
    wrong = [
        lambda: f(*data, alpha, alpha=alpha),
        lambda: f(*data, alpha=alpha, out=out, foo=1),
        lambda: f(*data, *[alpha] * 5, out=out),
        lambda: f(alpha=alpha, out=out),
        lambda: f(*data, alpha="text", out=out),
        lambda: f(*data, alpha=alpha, out=out, casting="bogus"),
        lambda: f(*data, alpha=np.ones(3), out=out),
        lambda: f(*data, alpha=alpha, out=out, where=np.ones(3, bool)),
        lambda: f(*data, alpha=1j, out=out),
    ]
    for call in wrong:
        with pytest.raises((TypeError, ValueError)):
            call()
    assert [sys.getrefcount(each) for each in kept] == before
    assert all((part == 99).all() for part in out)
    assert (alpha == 0.5).all()
    for column in data:
        np.testing.assert_array_equal(column, X)
    assert all(np.isfinite(part).all() for part in outputs(f(*data, alpha=alpha, out=out)))
