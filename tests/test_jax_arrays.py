"""JAX arrays given to the ufuncs: NumPy arrays come out; traced ones are an error that says so."""

import numpy as np
import pytest
from support import assert_same_bits, function, outputs

jax = pytest.importorskip("jax", reason="JAX is not installed")

X = np.array([-3.0, -0.5, -0.0, 0.0, 0.25, 4.0])
GRAD = np.array([0.5, -2.0, 1.0, 3.0, 1.5, -1.0])


def arrays_of(row, dtype=np.float32):
    return [column.astype(dtype) for column in (GRAD, X)[-len(row.data) :]]


def assert_arrays(results, expected):
    for part, whole in zip(outputs(results), outputs(expected), strict=True):
        assert type(part) is type(whole)
        assert part.dtype == whole.dtype
        assert_same_bits(part, whole)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_numpy_arrays_come_out(row, dtype):
    f, arrays = function(row), arrays_of(row, dtype)
    given = [jax.numpy.asarray(array) for array in arrays]
    for alpha in ((), (0.5,), (2,)):
        assert_arrays(f(*given, *alpha), f(*arrays, *alpha))
    named = dict(zip(row.data, given, strict=True))
    assert_arrays(f(**named, alpha=0.7), f(*arrays, alpha=0.7))
    alpha = np.linspace(0.5, 2, X.size, dtype=dtype)
    assert_arrays(f(*given, jax.numpy.asarray(alpha)), f(*arrays, alpha))
    assert_arrays(f(*arrays, jax.numpy.asarray(alpha)), f(*arrays, alpha))


def test_double_precision(row):
    with jax.enable_x64(True):
        given = [jax.numpy.asarray(array) for array in arrays_of(row, np.float64)]
        assert_arrays(function(row)(*given), function(row)(*arrays_of(row, np.float64)))


def test_integers_and_points(row):
    arrays = [np.array([1, 0, -3], np.int32)] * len(row.data)
    assert_arrays(function(row)(*map(jax.numpy.asarray, arrays)), function(row)(*arrays))
    points = [array[0] for array in arrays_of(row)]
    assert_arrays(function(row)(*map(jax.numpy.asarray, points)), function(row)(*points))


def test_inputs_stay(row):
    """JAX arrays never change, and nothing of the result is their memory."""
    given = [jax.numpy.asarray(array) for array in arrays_of(row)]
    for part in outputs(function(row)(*given)):
        part[...] = 99
    for one, array in zip(given, arrays_of(row), strict=True):
        np.testing.assert_array_equal(np.asarray(one), array)


def test_out(row):
    """An array of NumPy's; a JAX array cannot be written to."""
    arrays = arrays_of(row)
    given = [jax.numpy.asarray(array) for array in arrays]
    out = tuple(np.empty_like(array) for array in arrays[:1] * row.nout)
    results = outputs(function(row)(*given, out=out))
    assert all(a is b for a, b in zip(results, out, strict=True))
    assert_arrays(out, function(row)(*arrays))
    with pytest.raises(TypeError, match="return arrays must be of ArrayType"):
        function(row)(*arrays, out=(given[0],) * row.nout)


def test_traced_arrays_are_an_error(row):
    """Inside of jit and grad there are no numbers yet; JAX's error names the cause and the cure."""
    given = [jax.numpy.asarray(array) for array in arrays_of(row)]
    with pytest.raises(jax.errors.TracerArrayConversionError, match="traced array"):
        jax.jit(lambda *given: function(row)(*given))(*given)
    with pytest.raises(jax.errors.TracerArrayConversionError, match="traced array"):
        jax.grad(lambda *given: outputs(function(row)(*given))[0].sum())(*given)


def test_pure_callback(row):
    """The way into a compiled function."""
    given = [jax.numpy.asarray(array) for array in arrays_of(row)]
    shape = jax.ShapeDtypeStruct(X.shape, np.float32)
    shapes = shape if row.nout == 1 else (shape,) * row.nout

    @jax.jit
    def compiled(*data):
        def call(*data):
            return function(row)(*map(np.asarray, data))

        return jax.pure_callback(call, shapes, *data, vmap_method="broadcast_all")

    results = compiled(*given)
    results = results if row.nout == 1 else tuple(results)
    expected = function(row)(*arrays_of(row))
    for part, whole in zip(outputs(results), outputs(expected), strict=True):
        assert isinstance(part, jax.Array)
        assert_same_bits(np.asarray(part), whole)


bfloat16 = np.dtype(jax.numpy.bfloat16)


def test_bfloat16(row):
    arrays = arrays_of(row, bfloat16)
    given = [jax.numpy.asarray(array) for array in arrays]
    for alpha in ((), (0.5,)):
        results = outputs(function(row)(*given, *alpha))
        for part, whole in zip(results, outputs(function(row)(*arrays, *alpha)), strict=True):
            assert part.dtype == whole.dtype == bfloat16
            np.testing.assert_array_equal(part.view("u2"), whole.view("u2"))
