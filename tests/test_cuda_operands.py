"""What the functions take on a GPU: types of elements, numbers, and arrays of other libraries."""

import itertools
import sys
import types

import numpy as np
import pytest
from gpus import KINDS, NAMES, Both, DLPack, Interface, assert_alike, same, same_outcome
from support import ROWS, all_numbers, as_dtype, function, outputs

import elufast
import elufast.cuda

X = np.array([-3.0, -0.5, 0.0, 4.0, -1.0, 0.25])
OTHERS = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]


def data(gpu, row, dtype):
    arrays = [X[::-1], X][-len(row.data) :]
    return [
        Both(gpu, np.abs(array).astype(dtype) if dtype in OTHERS else as_dtype(array, dtype))
        for array in arrays
    ]


# Types.


def test_integers_and_bool(row, gpu):
    for name in OTHERS:
        assert same_outcome(gpu, row, *data(gpu, row, name))
        same_outcome(gpu, row, *data(gpu, row, name), 0.5)


def test_large_integers(gpu):
    values = np.array([-(2**63), 2**53 + 1, -1, 2**63 - 1])
    same(gpu, ROWS[0], Both(gpu, values))
    same(gpu, ROWS[0], Both(gpu, values.view(np.uint64)))


@pytest.mark.parametrize("first", NAMES + OTHERS)
def test_mixed_types(first, gpu):
    two = [row for row in ROWS if len(row.data) == 2]
    for second in NAMES + OTHERS:
        for row in two[:2]:
            (grad, *_), (*_, x) = data(gpu, row, first), data(gpu, row, second)
            same_outcome(gpu, row, grad, x)
        x, alpha = data(gpu, ROWS[0], first)[-1], data(gpu, ROWS[0], second)[-1]
        same_outcome(gpu, ROWS[0], x, alpha)
        same_outcome(gpu, ROWS[0], -0.5, alpha)


@pytest.mark.parametrize("name", NAMES + OTHERS)
def test_numbers_of_numpy(name, gpu):
    """They take part in the promotion, and Python's do not."""
    numbers = [np.float16(0.5), np.float32(0.1), np.float64(0.1), np.int8(2), np.uint64(3)]
    numbers += [np.bool(True), np.float64(-0.0), np.float32(np.nan), np.float64(1e300)]
    numbers += [as_dtype(0.1, "bfloat16")[()], 0.1, 3, False, 10**30, 1e300]
    for number in numbers:
        for row in (ROWS[0], ROWS[-1]):
            same_outcome(gpu, row, *data(gpu, row, name), number)
    selu = next(row for row in ROWS if row.name == "selu")
    for pair in itertools.product(numbers[:5], repeat=2):
        same_outcome(gpu, selu, *data(gpu, selu, name), *pair)


@pytest.mark.parametrize("name", NAMES)
def test_numbers_for_all_data(row, name, gpu, monkeypatch):
    """Only parameters are arrays, or only outputs: nothing is copied from the host for that."""
    dtype = np.dtype(name)
    numbers = [dtype.type(-0.5)] * len(row.data)
    alpha = Both(gpu, as_dtype([0.5, 2.0, 1.0], dtype))
    outs = [tuple(Both(gpu, np.zeros(3, dtype)) for _ in range(row.nout)) for _ in range(2)]
    monkeypatch.setattr(gpu, "asarray", None)
    same(gpu, row, *numbers, alpha)
    same(gpu, row, *numbers, alpha, out=outs[0])
    same(gpu, row, *numbers, out=outs[1])


def test_defaults_as_numbers_of_the_type(row, gpu):
    """They are the defaults, and have the bits of those."""
    for name in NAMES:
        dtype = np.dtype(name)
        given = [as_dtype(value, dtype)[()] for value in row.parameters.values()]
        same(gpu, row, *data(gpu, row, dtype), *given)
        same(gpu, row, *data(gpu, row, dtype), *(Both(gpu, value) for value in given))
    # In float16, one formula is another one with its default.
    halves = [Both(gpu, all_numbers(np.dtype(np.float16))) for _ in row.data]
    same(gpu, row, *halves, *(np.float16(value) for value in row.parameters.values()))


def test_dtype_and_casting(row, gpu):
    for name in (*NAMES, "int64"):
        for dtype in (np.float16, np.float32, "float64", "bfloat16", float, "d", np.int32):
            for casting in ("no", "equiv", "safe", "same_kind", "unsafe"):
                dtype = np.dtype(dtype) if dtype == "bfloat16" else dtype
                # On the CPU, defaults are then rounded to bfloat16 first.
                twice = name == "bfloat16" and np.dtype(dtype) != name
                ones = dict.fromkeys(row.parameters, 1.0) if twice else {}
                arrays = data(gpu, row, name)
                same_outcome(gpu, row, *arrays, **ones, dtype=dtype, casting=casting)


def test_signature(row, gpu):
    inputs = len(row.data) + len(row.parameters)
    for letter in "efd":
        text = f"{letter * inputs}->{letter * row.nout}"
        for signature in (text, (np.dtype(letter),) * (inputs + row.nout)):
            for name in ("float32", "int16"):
                same_outcome(gpu, row, *data(gpu, row, name), signature=signature)
                same_outcome(gpu, row, *data(gpu, row, name), sig=signature)
    only = (None,) * inputs + ("d",) * row.nout
    same(gpu, row, *data(gpu, row, "float32"), signature=only)


def test_subok(row, gpu):
    for subok in (True, False):
        same(gpu, row, *data(gpu, row, "float32"), subok=subok)


# Arrays of others.


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def expected(row, arrays, **keywords):
    with np.errstate(all="ignore"):
        return function(row)(*(both.cpu for both in arrays), **keywords)


@pytest.mark.parametrize("name", ["float16", "float32", "float64", "int32"])
def test_other_arrays(row, kind, name, gpu):
    arrays = data(gpu, row, name)
    others = [kind(both.gpu) for both in arrays]
    for f in (function(row), getattr(elufast.cuda, row.name)):
        assert_alike(gpu, f(*others), expected(row, arrays))
        assert_alike(gpu, f(arrays[0].gpu, *others[1:], 0.5), expected(row, arrays, alpha=0.5))
    named = dict(zip(row.data, others, strict=True))
    assert_alike(gpu, function(row)(**named), expected(row, arrays))


def test_views_of_other_arrays(row, kind, gpu):
    base = np.linspace(-3, 3, 24).reshape(4, 6)
    for view in (lambda a: a[:, ::2], lambda a: a.T, lambda a: a[1:], lambda a: a[:0]):
        arrays = [Both(gpu, base, view) for _ in row.data]
        others = [kind(both.gpu) for both in arrays]
        assert_alike(gpu, function(row)(*others), expected(row, arrays))


def test_outputs_of_others(row, kind, gpu):
    """They are written to, and are what comes back."""
    arrays = data(gpu, row, "float64")
    outs = [gpu.zeros(X.shape) for _ in range(row.nout)]
    others = tuple(kind(out) for out in outs)
    results = function(row)(*(both.gpu for both in arrays), out=others)
    for other, part in zip(others, outputs(results), strict=True):
        assert part is other
    assert_alike(gpu, tuple(outs), expected(row, arrays))


def test_masks_and_parameters_of_others(row, kind, gpu):
    arrays = data(gpu, row, "float64")
    alpha, mask = X / 2, np.arange(X.size) % 3 > 0
    given = [kind(gpu.asarray(alpha))] * len(row.parameters)
    inputs = [both.gpu for both in arrays]
    values = dict.fromkeys(row.parameters, alpha)
    assert_alike(gpu, function(row)(*inputs, *given), expected(row, arrays, **values))
    if kind is not DLPack:  # CuPy's own DLPack may know no bool
        outs = tuple(gpu.zeros(X.shape) for _ in range(row.nout))
        where = kind(gpu.asarray(mask))
        results = function(row)(*inputs, where=where, out=outs)
        wanted = tuple(np.zeros(X.shape) for _ in range(row.nout))
        assert_alike(gpu, results, expected(row, arrays, where=mask, out=wanted))


def tensor(array, **attributes):
    """What elufast asks a CUDA tensor of PyTorch."""
    interface = Interface(array)
    for name, value in {"is_cuda": True, "requires_grad": False, **attributes}.items():
        setattr(interface, name, value)
    return interface


def test_tensors_that_require_grad(row, gpu):
    arrays = data(gpu, row, "float32")
    given = [tensor(both.gpu) for both in arrays]
    assert_alike(gpu, function(row)(*given), expected(row, arrays))
    for k, name in enumerate(row.data):
        given = [tensor(both.gpu, requires_grad=k == at) for at, both in enumerate(arrays)]
        with pytest.raises(RuntimeError, match=rf"^{row.name}\(\).*'{name}'.*{name}\.detach\(\)"):
            function(row)(*given)
    out = (tensor(gpu.zeros(X.shape, np.float32), requires_grad=True),) * row.nout
    with pytest.raises(RuntimeError, match="argument 'out' is a tensor that requires grad"):
        function(row)(*(both.gpu for both in arrays), out=out)
    assert not gpu.asnumpy(out[0].array).any()


def test_tensors_of_bfloat16(row, gpu, monkeypatch):
    """Neither interface need know a name for it: they go as int16."""
    arrays = data(gpu, row, "bfloat16")

    def bfloat16(array):
        return tensor(array, dtype="torch.bfloat16", view=lambda to: tensor(array.view(to)))

    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(int16=np.int16))
    given = [bfloat16(both.gpu) for both in arrays]
    assert_alike(gpu, function(row)(*given), expected(row, arrays))


def test_tensors_on_the_cpu_are_not_taken_for_others(gpu):
    class Tensor(np.ndarray):
        is_cuda = False
        __cuda_array_interface__ = property(lambda self: 1 / 0)

    x = X.view(Tensor)
    assert type(elufast.elu(x)) is Tensor


def test_interface_without_a_gpu_array(gpu):
    """An object that cannot say where it is goes NumPy's way."""

    class Broken:
        def __dlpack_device__(self):
            raise RuntimeError("unknown")

        def __array__(self, dtype=None, copy=None):
            return X

    assert (elufast.elu(Broken()) == elufast.elu(X)).all()
