"""Wrong calls with arrays on a GPU: the CPU's errors, the name of the argument, nothing changed."""

import re

import numpy as np
import pytest
from gpus import Both, assert_same_operands, same_error
from support import function

import elufast
import elufast.cuda

X = np.array([-3.0, -0.5, 0.0, 4.0])


def data(gpu, row, values=X):
    return [Both(gpu, values.copy()) for _ in row.data]


def outs(gpu, row, dtype=np.float64, shape=X.shape):
    made = tuple(Both(gpu, np.full(shape, 77, dtype)) for _ in range(row.nout))
    return made if row.nout > 1 else made[0]


def raises(kind, *words):
    return pytest.raises(kind, match="^" + ".*".join(map(re.escape, words)))


# The CPU's own.


def test_missing_and_unknown_arguments(row, gpu):
    arrays = data(gpu, row)
    same_error(gpu, row)
    same_error(gpu, row, *arrays[:-1])
    same_error(gpu, row, *arrays, foo=1)
    same_error(gpu, row, *arrays, axis=0, out=outs(gpu, row))
    same_error(gpu, row, *arrays, alpha=1.0, **{row.data[0]: arrays[0]})
    too_many = [1.0] * (len(row.parameters) + row.nout + 1)
    same_error(gpu, row, *arrays, *too_many)


def test_missing_arguments_of_the_module(row, gpu):
    f = getattr(elufast.cuda, row.name)
    same_error(gpu, row, f=f)
    same_error(gpu, row, *data(gpu, row)[:-1], f=f)


def test_shapes(row, gpu):
    begins = "operands could not be broadcast together with shapes "
    arrays, three = data(gpu, row), Both(gpu, np.ones(3))
    same_error(gpu, row, *arrays, three, begins=begins)
    same_error(
        gpu, row, *arrays, where=Both(gpu, np.ones(3, bool)), begins=begins, out=outs(gpu, row)
    )
    if len(row.data) == 2:
        same_error(gpu, row, arrays[0], three, begins=begins)
    smaller = outs(gpu, row, shape=(1,))
    same_error(gpu, row, *arrays, out=smaller, begins="non-broadcastable output operand ")
    same_error(gpu, row, *arrays, out=outs(gpu, row, shape=(3,)), begins="")


def test_outputs(row, gpu):
    arrays, out = data(gpu, row), Both(gpu, X)
    entries = "The 'out' tuple must have exactly one entry per ufunc output"
    same_error(gpu, row, *arrays, out=(out,) * 3, begins=entries)
    same_error(gpu, row, *arrays, out=(), begins=entries)
    if row.nout == 2:
        same_error(gpu, row, *arrays, out=out, begins="'out' must be a tuple of arrays")
    alpha = [1.0] * len(row.parameters)
    positional = [out] * row.nout
    same_error(gpu, row, *arrays, *alpha, *positional, out=outs(gpu, row), begins="")


def test_casting(row, gpu):
    arrays = data(gpu, row)
    same_error(gpu, row, *arrays, out=outs(gpu, row, np.int32))
    same_error(gpu, row, *arrays, out=outs(gpu, row, np.float32), casting="safe")
    same_error(gpu, row, *arrays, dtype=np.float32, casting="safe")
    same_error(gpu, row, *arrays, dtype=np.float32, casting="no")
    same_error(gpu, row, *data(gpu, row, np.array([1, 2])), casting="equiv")


def test_numbers_that_cannot_be_cast(row, gpu):
    """Also where NumPy's `resolve_dtypes` alone would crash."""
    for name in ("float16", "float32", "float64", "int64"):
        arrays = data(gpu, row, X.astype(name))
        for casting in ("no", "equiv", "safe"):
            for number in (1.0, 2, 1j):
                keywords = {"alpha": number, "casting": casting}
                try:
                    function(row)(*(both.cpu for both in arrays), **keywords)
                except TypeError:
                    same_error(gpu, row, *arrays, **keywords, begins="")


def test_values_of_keywords(row, gpu):
    arrays = data(gpu, row)
    same_error(gpu, row, *arrays, casting="sometimes", begins="")
    same_error(gpu, row, *arrays, order="Z", begins="")
    same_error(gpu, row, *arrays, dtype="nothing", begins="")
    same_error(gpu, row, *arrays, dtype=np.float32, signature="d->d", begins="")
    same_error(gpu, row, *arrays, dtype=np.float32, sig="d->d", begins="")
    same_error(gpu, row, *arrays, signature="d->d", sig="d->d", begins="")
    same_error(gpu, row, *arrays, signature="qqqq->qq", begins="")
    same_error(gpu, row, *arrays, signature=3, begins="")
    same_error(gpu, row, *arrays, dtype=np.int32, casting="unsafe")
    same_error(gpu, row, *arrays, subok="maybe")


def test_masks(row, gpu):
    wrong = Both(gpu, np.array([1, 0, 1, 1]))
    begins = "Cannot cast array data from dtype('int64') to dtype('bool') according to "
    same_error(gpu, row, *data(gpu, row), where=wrong, out=outs(gpu, row), begins=begins)


def test_complex(row, gpu):
    same_error(gpu, row, *data(gpu, row, X * 1j), begins="")
    same_error(gpu, row, *data(gpu, row), 1j, begins="")
    same_error(gpu, row, *data(gpu, row), np.complex64(1), begins="")
    same_error(gpu, row, *data(gpu, row), "1", begins="")


# A GPU's own.


def test_longdouble(row, gpu):
    """The CPU has it."""
    arrays = data(gpu, row)
    given = [both.gpu for both in arrays]
    name = np.dtype(np.longdouble).name
    message = f"ufunc '{row.name}' has no loop for {name} on a GPU: its types are float16, "
    with raises(TypeError, message):
        function(row)(*given, np.longdouble(0.5))
    with raises(TypeError, message):
        function(row)(*given, dtype=np.longdouble)
    assert_same_operands(gpu, *arrays)


@pytest.mark.parametrize("other", [X, X[0, ...], X.tolist(), tuple(X), None, [1.0]], ids=repr)
def test_arrays_on_the_cpu(row, other, gpu):
    """Also those without axes, lists, and None; each in each place but that of all data."""
    names = (*row.data, *row.parameters)
    arrays = [*data(gpu, row), *(Both(gpu, np.ones(4)) for _ in row.parameters)]
    kind = f"{type(other).__module__}.{type(other).__qualname__}"
    for k, name in enumerate(names):
        given = [both.gpu for both in arrays]
        given[k] = other
        with raises(
            TypeError, f"{row.name}() on a GPU: argument '{name}' is no array on a GPU but {kind}"
        ):
            function(row)(*given)
        with raises(TypeError, f"{row.name}() on a GPU: argument '{name}' is no array on a GPU"):
            function(row)(**dict(zip(names, given, strict=True)))
    assert_same_operands(gpu, *arrays)


def test_outputs_and_masks_on_the_cpu(row, gpu):
    arrays = data(gpu, row)
    given = [both.gpu for both in arrays]
    for out in (np.zeros(4), np.zeros(4).tolist()):
        before = np.array(out)
        with raises(TypeError, f"{row.name}() on a GPU: argument 'out' is no array on a GPU"):
            function(row)(*given, out=(out,) * row.nout if row.nout > 1 else out)
        assert (np.array(out) == before).all()
    for mask in (np.ones(4, bool), [True] * 4):
        with raises(TypeError, f"{row.name}() on a GPU: argument 'where' is no array on a GPU"):
            function(row)(*given, where=mask)
    assert_same_operands(gpu, *arrays)


def test_only_outputs_or_masks_on_the_gpu(row, gpu):
    """The data is what has to be moved."""
    for keywords in (
        {"out": (gpu.zeros(4),) * row.nout},
        {"where": gpu.zeros(4, bool)},
    ):
        with raises(
            TypeError, f"{row.name}() on a GPU: argument '{row.data[0]}' is no array on a GPU"
        ):
            function(row)(*[X] * len(row.data), **keywords)


def test_the_module_without_a_gpu_array(row, gpu):
    f = getattr(elufast.cuda, row.name)
    for x in (X, 1.0, X.tolist(), np.float32(1)):
        with raises(TypeError, f"elufast.cuda.{row.name}() takes arrays on a GPU, and got none"):
            f(*[x] * len(row.data))


def test_devices(row, gpu):
    """All arrays are on one; results are there, whatever the device in use."""
    if not hasattr(gpu, "compile_into") and gpu.cuda.runtime.getDeviceCount() < 2:
        pytest.skip("one GPU")
    arrays = data(gpu, row)
    here = [both.gpu for both in arrays]
    with gpu.cuda.Device(1):
        there = [gpu.asarray(X) for _ in row.data]
        mask, out, alpha = gpu.zeros(4, bool), (gpu.zeros(4),) * row.nout, gpu.asarray(X)
    first = f"{row.name}() has argument '{row.data[0]}' on GPU 0, but argument "
    with raises(ValueError, f"{first}'alpha' on GPU 1"):
        function(row)(*here, alpha)
    with raises(ValueError, f"{first}'out' on GPU 1"):
        function(row)(*here, out=out)
    with raises(ValueError, f"{first}'where' on GPU 1"):
        function(row)(*here, where=mask)
    if len(row.data) == 2:
        with raises(ValueError, f"{first}'{row.data[1]}' on GPU 1"):
            function(row)(here[0], there[1])
    assert_same_operands(gpu, *arrays)
    wanted = function(row)(*[X] * len(row.data))
    for keywords in ({}, {"out": out}, {"alpha": alpha}, {"dtype": np.float32}):
        results = function(row)(*there, **keywords)
        for part in results if row.nout == 2 else (results,):
            assert part.data.device_id == 1
        if not keywords:
            for part, whole in zip(
                results if row.nout == 2 else (results,),
                wanted if row.nout == 2 else (wanted,),
                strict=True,
            ):
                assert (gpu.asnumpy(part) == whole).all()
    assert gpu.cuda.runtime.getDevice() == 0
    with gpu.cuda.Device(1):
        results = function(row)(*here)
        assert gpu.cuda.runtime.getDevice() == 1
    assert (results if row.nout == 1 else results[0]).data.device_id == 0


def test_methods_are_not_for_a_gpu(gpu):
    x = gpu.asarray(X)
    with pytest.raises(TypeError):
        elufast.elu.outer(x, 1.0)
