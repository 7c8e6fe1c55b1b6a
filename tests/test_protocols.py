"""Objects that are known by a protocol alone: __array__, DLPack, buffers, and Python's numbers."""

import array
import collections
import decimal
import fractions

import numpy as np
import pytest
from support import assert_same_bits, function, outputs

import elufast

X = np.array([-3.0, -0.5, -0.0, 0.0, 0.25, 4.0])
GRAD = np.array([0.5, -2.0, 1.0, 3.0, 1.5, -1.0])


def arrays_of(row, dtype=np.float64):
    return [column.astype(dtype) for column in (GRAD, X)[-len(row.data) :]]


def assert_arrays(results, expected):
    for part, whole in zip(outputs(results), outputs(expected), strict=True):
        assert type(part) is type(whole)
        assert part.dtype == whole.dtype
        assert_same_bits(part, whole)


class Holder:
    def __init__(self, held):
        self.held = held


class WithArray(Holder):
    def __array__(self, dtype=None, copy=None):
        return np.array(self.held, dtype=dtype, copy=copy)


class WithInterface(Holder):
    @property
    def __array_interface__(self):
        return self.held.__array_interface__


class WithStruct(Holder):
    @property
    def __array_struct__(self):
        return self.held.__array_struct__


class WithDLPack(Holder):
    """And nothing else that NumPy would ask for."""

    def __dlpack__(self, **keywords):
        return self.held.__dlpack__(**keywords)

    def __dlpack_device__(self):
        return self.held.__dlpack_device__()


KINDS = [WithArray, WithInterface, WithStruct, WithDLPack]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32"])
@pytest.mark.parametrize("kind", KINDS)
def test_objects_of_one_protocol(row, kind, dtype):
    f, arrays = function(row), arrays_of(row, dtype)
    given = [kind(one) for one in arrays]
    for alpha in ((), (0.5,), (2,)):
        assert_arrays(f(*given, *alpha), f(*arrays, *alpha))
    named = dict(zip(row.data, given, strict=True))
    assert_arrays(f(**named, alpha=0.7), f(*arrays, alpha=0.7))
    alpha = np.linspace(1, 3, X.size).astype(dtype)
    assert_arrays(f(*arrays, kind(alpha)), f(*arrays, alpha))
    assert_arrays(f(*given, kind(alpha)), f(*arrays, alpha))
    out = tuple(np.empty_like(part) for part in outputs(f(*arrays)))
    results = outputs(f(*given, out=out))
    assert all(a is b for a, b in zip(results, out, strict=True))
    assert_arrays(out, f(*arrays))


@pytest.mark.parametrize("kind", KINDS)
def test_layouts_of_one_protocol(row, kind):
    bases = [np.resize(column, (4, 6)) for column in arrays_of(row)]
    for view in (lambda a: a.T, lambda a: a[::2, 1::3], lambda a: a[0, 0], lambda a: a[:0]):
        arrays = [view(base) for base in bases]
        expected = function(row)(*map(np.asarray, arrays))
        assert_arrays(function(row)(*[kind(np.asarray(one)) for one in arrays]), expected)


def test_protocol_without_a_copy():
    """DLPack hands over the memory itself."""
    memory, out = np.linspace(-3, 1, 1000), np.empty(1000)
    seen = []

    class Watched(WithDLPack):
        def __dlpack__(self, **keywords):
            seen.append(keywords.get("copy"))
            return super().__dlpack__(**keywords)

    elufast.elu(Watched(memory), out=out)
    assert seen == [None]
    elufast.elu(Watched(memory[:-1]), out=memory[1:])  # which overlap, as NumPy then sees
    assert_same_bits(memory[1:], out[:-1])


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_have_to_be_arrays(row, kind):
    """NumPy's rule; nothing is written."""
    memory = np.full(X.size, 99.0)
    with pytest.raises(TypeError, match="return arrays must be of ArrayType"):
        function(row)(*arrays_of(row), out=(kind(memory),) * row.nout)
    with pytest.raises(TypeError, match="return arrays must be of ArrayType"):
        function(row)(*map(kind, arrays_of(row)), out=(kind(memory),) * row.nout, where=True)
    assert (memory == 99).all()


def test_dlpack_that_is_not_on_the_cpu():
    """Its own library's, or NumPy's, BufferError or RuntimeError; never a wrong read."""

    class Elsewhere(WithDLPack):
        def __dlpack__(self, **keywords):
            raise BufferError("cannot be exported to the CPU")

        def __dlpack_device__(self):
            return (10, 0)  # ROCm

    with pytest.raises((BufferError, RuntimeError, ValueError), match=r"CPU|[Uu]nsupported device"):
        elufast.elu(Elsewhere(np.ones(3)))


def test_ort_values(row):
    """ONNX Runtime's own values speak DLPack alone."""
    onnxruntime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    arrays = arrays_of(row, np.float32)
    given = [onnxruntime.OrtValue.ortvalue_from_numpy(one)._ortvalue for one in arrays]
    assert not hasattr(given[0], "__array__")
    assert_arrays(function(row)(*given), function(row)(*arrays))


def test_strict_arrays_of_the_array_api(row):
    """They have `__array__`: a NumPy array comes out."""
    strict = pytest.importorskip("array_api_strict", reason="array-api-strict is not installed")
    arrays = arrays_of(row, np.float32)
    given = [strict.asarray(one) for one in arrays]
    assert_arrays(function(row)(*given, 0.5), function(row)(*arrays, 0.5))
    assert_arrays(function(row)(*given, strict.asarray(0.5)), function(row)(*arrays, np.array(0.5)))


# Buffers and sequences.


@pytest.mark.parametrize("code", ["f", "d", "i", "b"])
def test_buffers(row, code):
    arrays = [one.astype(code) for one in arrays_of(row)]
    expected = function(row)(*arrays)
    for convert in (
        lambda one: array.array(code, one.tobytes()),
        memoryview,
        lambda one: memoryview(one)[::-1][::-1],
    ):
        assert_arrays(function(row)(*map(convert, arrays)), expected)


def test_bytes_are_no_numbers(row):
    for wrong in (b"12", "12", [b"1"], ["1"]):
        with pytest.raises(TypeError, match=row.name):
            function(row)(*[wrong] * len(row.data))


def test_bytearrays_are_small_integers(row):
    """As for NumPy: a buffer of uint8."""
    expected = function(row)(*[np.array([1, 0, 255], np.uint8)] * len(row.data))
    assert_arrays(function(row)(*[bytearray([1, 0, 255])] * len(row.data)), expected)


def test_sequences(row):
    """Nested lists, ranges, named tuples, lists of arrays and of scalars."""
    f = function(row)
    nested = [one.reshape(2, 3).tolist() for one in arrays_of(row)]
    expected = f(*[one.reshape(2, 3) for one in arrays_of(row)])
    assert_arrays(f(*nested), expected)
    assert_arrays(f(*[tuple(map(tuple, one)) for one in nested]), expected)
    assert_arrays(f(*[[np.array(part) for part in one] for one in nested]), expected)
    assert_arrays(f(*[range(-2, 3)] * len(row.data)), f(*[np.arange(-2, 3)] * len(row.data)))
    pair = collections.namedtuple("Pair", "left right")(-1.5, 2.0)
    assert_arrays(f(*[pair] * len(row.data)), f(*[np.array(pair)] * len(row.data)))
    with pytest.raises(ValueError, match="inhomogeneous"):
        f(*[[[1.0, 2.0], [3.0]]] * len(row.data))


# Numbers.


class WithFloat:
    def __float__(self):
        return -0.5


class WithIndex:
    def __index__(self):
        return 3


class Real(float):
    pass


def test_numbers_of_other_kinds(row):
    """NumPy makes objects of what is no number of its own, and there is no loop for objects."""
    one = [fractions.Fraction(-1, 2), decimal.Decimal("-0.5"), WithFloat(), WithIndex(), None, {}]
    for wrong in (*one, *[[item] for item in one]):
        with pytest.raises(TypeError, match=f"ufunc '{row.name}' not supported for the input"):
            function(row)(*[wrong] * len(row.data))
        with pytest.raises(TypeError, match=f"ufunc '{row.name}' not supported for the input"):
            function(row)(*arrays_of(row), alpha=wrong)


def test_numbers_derived_from_float(row):
    """Are numbers, as data and as alpha."""
    f = function(row)
    assert_arrays(f(*[Real(-0.5)] * len(row.data)), f(*[-0.5] * len(row.data)))
    assert_arrays(f(*arrays_of(row), Real(0.5)), f(*arrays_of(row), 0.5))
