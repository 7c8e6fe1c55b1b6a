"""What becomes of a call with an operand of an unknown type: see elufast/_foreign.py."""

import contextlib
import subprocess
import sys
import types

import numpy as np
import pytest
from support import function, outputs

import elufast
from elufast import _foreign

X = np.array([-3.0, -0.5, -0.0, 0.0, 0.25, 4.0])


class Array:
    """Of another library: NumPy converts it."""

    def __array__(self, dtype=None, copy=None):
        return X.copy()


class Derived(Array):
    pass


Array.__module__ = "some_arrays.core"


@pytest.fixture
def handler(monkeypatch):
    """A module that handles the package some_arrays, and notes its calls."""
    module = types.ModuleType("elufast_handler")
    module.seen, module.answer = [], "handled"

    def call(ufunc, inputs, kwargs):
        module.seen.append((ufunc, inputs, kwargs))
        if isinstance(module.answer, Exception):
            raise module.answer.with_traceback(None)
        return module.answer

    module.call = call
    monkeypatch.setitem(sys.modules, "elufast_handler", module)
    monkeypatch.setitem(_foreign._HANDLERS, "some_arrays", "elufast_handler")
    monkeypatch.setattr(_foreign, "_known", {})
    return module


def data_of(row):
    return [X] * len(row.data)


def test_inputs_are_in_their_places(row, handler):
    """All of them, defaults as Python floats; the other keywords beside."""
    f, array, defaults = function(row), Array(), list(row.parameters.values())
    inputs = (*[X] * (len(row.data) - 1), array)
    named = dict(zip(row.data, inputs, strict=True))
    assert f(*inputs) == f(**named) == f(*inputs, alpha=defaults[0]) == "handled"
    assert f(*inputs, dtype=np.float32, casting="unsafe") == "handled"
    for ufunc, given, kwargs in handler.seen:
        assert ufunc is f
        assert all(a is b for a, b in zip(given[: len(inputs)], inputs, strict=True))
        assert list(given[len(inputs) :]) == defaults
        assert {type(value) for value in given[len(inputs) :]} == {float}
        expected = {} if len(handler.seen) < 3 else kwargs
        assert kwargs == expected or kwargs == {"dtype": np.float32, "casting": "unsafe"}
    assert handler.seen[-1][2] == {"dtype": np.float32, "casting": "unsafe"}


def test_every_place_of_an_operand(row, handler):
    """A parameter, an output by position or keyword, alone or in a tuple, or a mask."""
    f, array, defaults = function(row), Array(), list(row.parameters.values())
    one = (array,) + (None,) * (row.nout - 1)
    whole = ()
    for k in range(len(row.parameters)):
        whole = (*defaults[:k], array)
        assert f(*data_of(row), *whole) == "handled"
        assert handler.seen[-1][1][len(row.data) :] == (*whole, *defaults[k + 1 :])
        assert handler.seen[-1][2] == {}
    for positional, named in (((*defaults, array), {}), ((), {"out": one})):
        assert f(*data_of(row), *positional, **named) == "handled"
        assert handler.seen[-1][1][len(row.data) :] == tuple(defaults)
        assert handler.seen[-1][2] == {"out": one}
    assert f(*data_of(row), where=array) == "handled"
    assert handler.seen[-1][2] == {"where": array}


def test_derived_types_too(row, handler):
    assert function(row)(*[Derived()] * len(row.data)) == "handled"


def test_not_implemented_goes_numpys_way(row, handler):
    handler.answer = NotImplemented
    expected = outputs(function(row)(*data_of(row)))
    result = outputs(function(row)(*[Array()] * len(row.data)))
    for part, whole in zip(result, expected, strict=True):
        assert type(part) is np.ndarray
        np.testing.assert_array_equal(part, whole)
    assert len(handler.seen) == 1


def test_errors_of_the_handler_arrive(handler):
    handler.answer = ValueError("no")
    with pytest.raises(ValueError, match=r"^no$"):
        elufast.elu(Array())


def test_wrong_calls_are_numpys(row, handler):
    """Both ways of giving outputs at once, and keywords that no ufunc has."""
    handler.answer = NotImplemented
    out, defaults = np.empty_like(X), row.parameters.values()
    with pytest.raises(TypeError, match="positional and keyword"):
        function(row)(*[Array()] * len(row.data), *defaults, out, out=(out,) * row.nout)
    assert not handler.seen
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        function(row)(*[Array()] * len(row.data), axis=0)
    with pytest.raises(TypeError, match="multiple values for argument 'alpha'"):
        function(row)(*[Array()] * len(row.data), 1.0, alpha=2.0)


def test_known_operands_do_not_ask(handler, monkeypatch):
    """Arrays and their subclasses, NumPy's scalars, Python's numbers, sequences, dtypes."""
    monkeypatch.setattr(_foreign, "operands", None)  # the next look would fail
    values = [np.ma.array(X), X.view(np.recarray), np.float32(1), np.longdouble(1), True, 1, 1.0]
    values += [[1.0, 2.0], (1.0, 2.0), [Array()]]
    for value in values:
        elufast.elu(value)
        elufast.elu(X[0], value)
    elufast.elu([1.0], dtype=np.dtype("f4"))
    elufast.elu([1.0], dtype=np.float32, casting="same_kind", where=True, out=None)
    elufast.elu(X, np.array(1.0), out=(np.empty_like(X),))
    with pytest.raises(TypeError, match="NoneType"):
        elufast.elu(Array())


def test_the_next_handler_is_asked(handler, monkeypatch):
    """In the order of the table, until one of them takes the call."""
    first = types.ModuleType("elufast_first")
    first.call = lambda *_: NotImplemented
    monkeypatch.setitem(sys.modules, "elufast_first", first)
    rest = dict(_foreign._HANDLERS)
    monkeypatch.setattr(_foreign, "_HANDLERS", {"other_arrays": "elufast_first", **rest})

    class Both(Array):
        pass

    Both.__module__ = "other_arrays.core"
    assert elufast.elu(Both()) == "handled"


def test_the_memory_of_types_is_bounded(monkeypatch):
    """Types that a program makes anew in every call do not pile up."""
    monkeypatch.setattr(_foreign, "_MANY_TYPES", 3)
    for number in range(10):
        elufast.elu(type(f"Array{number}", (Array,), {})())
        assert len(_foreign._known) <= 3


def test_nothing_is_imported_before_it_is_needed():
    """Neither the look-up nor a handler, nor the library that the operand is of."""
    code = """if True:
        import sys, numpy as np, elufast
        def loaded():
            return [n for n in ("elufast._foreign", "elufast._torch_tensors") if n in sys.modules]
        class Array:
            def __array__(self, dtype=None, copy=None):
                return np.ones(2)
        elufast.elu(np.ones(2), np.ones(2), out=np.ones(2)); elufast.elu([1.0], alpha=[1.0])
        assert loaded() == [], loaded()
        elufast.elu(Array())
        assert loaded() == ["elufast._foreign"], loaded()
        assert "torch" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("answer", ["handled", NotImplemented, ValueError("no")], ids=str)
def test_references_are_given_back(handler, answer):
    """Of operands, results and the handler's answer, whatever it was."""
    array, out = Array(), np.empty_like(X)
    handler.answer = answer

    def call():
        for positional in ((array,), (array, 1.0, out)):
            with contextlib.suppress(ValueError):
                elufast.elu(*positional, dtype=np.float64)
        handler.seen.clear()

    call()
    counted = (array, out, answer, np.float64)
    before = [sys.getrefcount(one) for one in counted]
    for _ in range(100):
        call()
    after = [sys.getrefcount(one) for one in counted]
    assert max(abs(a - b) for a, b in zip(after, before, strict=True)) < 10
