"""Which loop runs, and which type comes out."""

import itertools

import numpy as np
import pytest
from support import BFLOAT16, assert_same_bits, function, outputs, parameter_values, strict
from truth import assert_accepted

import elufast

INTEGERS = ["?", "b", "B", "h", "H", "i", "I", "l", "L", "q", "Q"]


def result_types(result):
    return {part.dtype for part in outputs(result)}


def data_of(row, *types):
    """One array per data input; the types are cycled through."""
    kinds = itertools.cycle(types)
    return [np.array([0, 1, 2], next(kinds)) for _ in row.data]


def codes(dtype):
    """The letter of the type, if it has one in NumPy."""
    return [] if dtype == BFLOAT16 else [dtype.char]


def nin(row):
    return len(row.data) + len(row.parameters)


def test_types_lists_the_loops(row):
    """Narrowest first, or float16 is sent to the wrong one."""
    f = function(row)
    wanted = [f"{code * nin(row)}->{code * row.nout}" for code in "efdg"]
    assert [types for types in f.types if set(types) <= set("efdg->")] == wanted
    assert f.ntypes == len(f.types)


def test_each_type_keeps_itself(row, dtype):
    assert result_types(function(row)(*data_of(row, dtype))) == {dtype}
    held = parameter_values(row, dtype)
    assert result_types(function(row)(*data_of(row, dtype), *held)) == {dtype}
    assert result_types(function(row)(*data_of(row, dtype.newbyteorder("S")))) == {dtype}
    scalars = [dtype.type(0.5)] * len(row.data)
    assert {type(part) for part in outputs(function(row)(*scalars))} == {dtype.type}


@pytest.mark.parametrize(
    "weak", [0.5, 2, True, np.True_, np.float16(0.5), np.int8(2), np.array(True)]
)
def test_weak_parameters(row, dtype, weak):
    """Python numbers, and anything that NumPy would not promote to."""
    if dtype == BFLOAT16 and np.asarray(weak).dtype == np.float16:
        pytest.skip("neither of the two holds the numbers of the other")
    for parameters in ([weak], [weak, weak])[: len(row.parameters)]:
        result = function(row)(*data_of(row, dtype), *parameters)
        assert result_types(result) == {dtype}
        held = parameter_values(row, dtype, **dict(zip(row.parameters, parameters, strict=False)))
        assert_same_bits(result, function(row)(*data_of(row, dtype), *held))
        assert result_types(function(row)(*data_of(row, dtype), alpha=weak)) == {dtype}


def test_strong_scalars_promote(row):
    """np.float64(0.5) is not weak."""
    data = data_of(row, "f")
    assert result_types(function(row)(*data, np.float64(0.5))) == {np.dtype("d")}
    assert result_types(function(row)(*data, alpha=np.float64(0.5))) == {np.dtype("d")}
    assert result_types(function(row)(*data, np.longdouble(0.5))) == {np.dtype("g")}
    assert result_types(function(row)(*data_of(row, "e"), np.float32(0.5))) == {np.dtype("f")}


@pytest.mark.parametrize(("a", "b"), list(itertools.product("efdg?bhilQ", repeat=2)))
def test_mixed_types_promote_as_in_numpy(row, a, b):
    """Of x and alpha, and of grad and x; all-integer ones have their own rule."""
    promoted = np.result_type(a, b)
    if promoted.kind != "f":
        promoted = np.dtype("d")
    alpha = np.array([1, 1, 1], b)
    assert result_types(function(row)(*data_of(row, a), alpha)) == {promoted}
    assert result_types(function(row)(*data_of(row, a), alpha=alpha)) == {promoted}
    if len(row.data) == 2:
        assert result_types(function(row)(*data_of(row, a, b))) == {promoted}


@pytest.mark.parametrize("kind", INTEGERS)
def test_integers_compute_in_float64(row, kind):
    """One rule for all of them, whatever is given as parameters."""
    data = data_of(row, kind)
    as_float = [column.astype(float) for column in data]
    double = {np.dtype("d")}
    with strict():
        result = function(row)(*data)
        assert result_types(result) == double
        assert_same_bits(result, function(row)(*as_float))
        for alpha in (0.5, 2, True, np.float64(0.5), np.array([1, 1, 1], kind), np.int8(1)):
            result = function(row)(*data, alpha)
            assert result_types(result) == double
            assert_same_bits(result, function(row)(*as_float, alpha))
            assert_same_bits(function(row)(*data, alpha=alpha), result)
    inputs = [*as_float, *row.parameters.values()]
    assert_accepted(row, np.dtype("d"), inputs, function(row)(*data))


@pytest.mark.parametrize("kind", INTEGERS)
def test_integer_scalars(row, kind):
    scalars = [np.dtype(kind).type(1)] * len(row.data)
    assert {type(part) for part in outputs(function(row)(*scalars))} == {np.float64}
    assert {type(part) for part in outputs(function(row)(*map(np.array, scalars)))} == {np.float64}


@pytest.mark.parametrize("value", [1, -1, True, 1.5, -1.5, 10**9])
def test_python_numbers(row, value):
    """Python's own numbers compute in float64, as NumPy's functions do."""
    data = [value] * len(row.data)
    for call in (data, [[v] for v in data], [*data, 0.5], [*data, 1], [*data, True]):
        result = function(row)(*call)
        assert result_types(result) == {np.dtype("d")}
        assert_same_bits(result, function(row)(*[np.asarray(v, float) for v in call]))


def test_negative_integers_of_every_width():
    for kind in "bhilq":
        x = np.array([-3, -1, 0, 1, 100], kind)
        assert_same_bits(elufast.elu(x, 0.5), elufast.elu(x.astype(float), 0.5))


def test_integer_grad_with_float_x(row):
    """Mixed integer and float data follow NumPy's promotion."""
    if len(row.data) == 1:
        result = function(row)(np.float32(0.5), np.int8(1))
        wanted = np.result_type(np.float32, np.int8)
    else:
        result = function(row)(np.array([1, 2], np.int8), np.array([0.5, 1], np.float16))
        wanted = np.result_type(np.int8, np.float16)
    assert result_types(result) == {wanted}


@pytest.mark.parametrize(
    "wrong",
    [
        np.array([1j]),
        np.array([1j], "F"),
        np.array([object()]),
        np.array([1.0], object),
        np.array(["1.0"]),
        np.array([b"1.0"]),
        np.array(["2020-01-01"], "M8[D]"),
        np.array([1], "m8[s]"),
        np.array([(1.0,)], [("a", "f4")]),
        1j,
        "1.0",
        None,
        object(),
    ],
    ids=repr,
)
def test_types_without_a_loop(row, wrong):
    """TypeError, in the place of any input; named after the public function."""
    good = np.array([0.5], np.float32)
    for position in range(nin(row)):
        inputs = [good] * nin(row)
        inputs[position] = wrong
        with pytest.raises(TypeError, match=rf"'?\b{row.name}\b'?"):
            function(row)(*inputs)
    data = [good] * (len(row.data) - 1) + [wrong]
    with pytest.raises(TypeError, match=rf"'?\b{row.name}\b'?"):  # the parameters left out
        function(row)(*data)


def test_resolve_dtypes(row, dtype):
    f = function(row)
    every = (dtype,) * (nin(row) + row.nout)
    open_outputs = (None,) * row.nout
    assert f.resolve_dtypes((dtype,) * nin(row) + open_outputs) == every
    weak = (dtype,) * len(row.data) + (float,) * len(row.parameters) + open_outputs
    assert f.resolve_dtypes(weak) == every
    integers = (np.dtype("i1"),) * nin(row) + open_outputs
    assert f.resolve_dtypes(integers) == (np.dtype("d"),) * (nin(row) + row.nout)
    mixed = (np.dtype("i1"),) * len(row.data) + (float,) * len(row.parameters) + open_outputs
    assert f.resolve_dtypes(mixed) == (np.dtype("d"),) * (nin(row) + row.nout)


def test_dtype_argument(row, dtype):
    """dtype= decides the loop; the inputs are cast to it, the defaults too."""
    data = [np.array([-1.5, 0.5, 2.0], np.float16)] * len(row.data)
    for given in (dtype, dtype.type, *codes(dtype)):
        result = function(row)(*data, dtype=given, casting="same_kind")
        assert result_types(result) == {dtype}
        assert_same_bits(result, function(row)(*[column.astype(dtype) for column in data]))
    integers = [np.array([1, 2, 3], np.int64)] * len(row.data)
    result = function(row)(*integers, dtype=np.float32, casting="unsafe")
    assert_same_bits(result, function(row)(*[column.astype(np.float32) for column in integers]))
    with pytest.raises(TypeError, match=row.name):
        function(row)(*data, dtype=np.complex128)
    with pytest.raises(TypeError, match=row.name):
        function(row)(*data, dtype=np.int32)


def test_casting_argument(row):
    data = [np.array([-1.5, 0.5, 2.0])] * len(row.data)
    with pytest.raises(TypeError, match=f"Cannot cast ufunc '{row.name}' input"):
        function(row)(*data, dtype=np.float32, casting="safe")
    result = function(row)(*data, dtype=np.float32, casting="same_kind")
    assert result_types(result) == {np.dtype("f")}
    out = tuple(np.zeros(3, np.float32) for _ in range(row.nout))
    with pytest.raises(TypeError, match=f"Cannot cast ufunc '{row.name}' output"):
        function(row)(*data, out=out, casting="safe")
    assert not any(part.any() for part in out)
    function(row)(*data, out=out)
    assert all(part.any() for part in out)


def test_signature_argument(row, dtype):
    """As a string of letters, and as a tuple with the parameters spelled out."""
    data = [np.array([-1.5, 0.5, 2.0], np.float16)] * len(row.data)
    expected = function(row)(*[column.astype(dtype) for column in data])
    texts = [f"{code * nin(row)}->{code * row.nout}" for code in codes(dtype)]
    whole = (dtype,) * (nin(row) + row.nout)
    outs = (None,) * nin(row) + (dtype,) * row.nout
    for signature in (*texts, whole, outs):
        result = function(row)(*data, signature=signature)
        assert_same_bits(result, expected)
    with pytest.raises((TypeError, ValueError), match=row.name):
        function(row)(*data, signature="D" * nin(row) + "->" + "D" * row.nout)
