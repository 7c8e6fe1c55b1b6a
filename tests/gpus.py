"""What tests of the GPU path share: operands that exist on both sides, and calls on both."""

import numpy as np
import pytest
from support import assert_same_bits, function, outputs

from elufast import _cuda_arrays, _cuda_kernels

NAMES = ["float16", "bfloat16", "float32", "float64"]


def forget_cupy():
    """Let elufast look for CuPy anew, and compile anew."""
    for cached in (
        _cuda_arrays.cupy_module,
        _cuda_kernels._contiguous,
        _cuda_kernels._elementwise,
        _cuda_kernels._most_blocks,
    ):
        cached.cache_clear()


def is_real(gpu):
    return gpu.__name__ == "cupy"


class Both:
    """An array and the same one on the GPU, or the same view of both."""

    def __init__(self, gpu, array, view=lambda array: array):
        self.bases = (np.array(array), gpu.asarray(np.array(array)))
        self.cpu, self.gpu = map(view, self.bases)
        self.cpu = np.asarray(self.cpu)  # what is indexed without axes left is an array on a GPU


def _side(value, side):
    if isinstance(value, tuple):
        return tuple(_side(item, side) for item in value)
    return getattr(value, side) if isinstance(value, Both) else value


def _all_both(values):
    for value in values:
        if isinstance(value, tuple):
            yield from _all_both(value)
        elif isinstance(value, Both):
            yield value


def _is_near_zero(array):
    """Of float32 or bfloat16, and so small that what CuPy has a GPU flush can change a result."""
    array = np.asarray(array)
    if array.dtype.name not in ("float32", "bfloat16"):
        return np.zeros(array.shape, bool)
    with np.errstate(all="ignore"):
        return (np.abs(array) < 2.0**-62) & (array != 0)


def _may_differ(host, expected, inputs):
    """On a real GPU: see elufast.cuda, and the tests of flushing in test_cuda_kernels.py."""
    where = _is_near_zero(host) | _is_near_zero(expected)
    with np.errstate(all="ignore"):
        for value in inputs:
            where = where | _is_near_zero(np.asarray(value).astype(expected.dtype))
    return where


def assert_same_values(gpu, actual, expected, *inputs):
    """The same bits; on a real GPU but for what is flushed."""
    host, expected = gpu.asnumpy(actual), np.asarray(expected)
    assert host.dtype == expected.dtype
    if is_real(gpu):
        host = np.where(_may_differ(host, expected, inputs), expected, host)
    if expected.dtype.kind == "c":
        host, expected = (np.stack([array.real, array.imag]) for array in (host, expected))
    assert_same_bits(host, expected)


def _steps(array):
    return [step for step, size in zip(array.strides, array.shape, strict=True) if size > 1]


def assert_alike(gpu, actual, expected, inputs=()):
    """The same class of array, type, shape, bits, and order in memory."""
    for part, whole in zip(outputs(actual), outputs(expected), strict=True):
        whole = np.asarray(whole)
        assert type(part) is gpu.ndarray
        assert (part.dtype, part.shape) == (whole.dtype, whole.shape)
        if whole.size > 0:
            assert _steps(part) == _steps(whole)
        assert_same_values(gpu, part, whole, *inputs)


def called(f, inputs, keywords, side):
    """Call with one side of everything."""
    keywords = {name: _side(value, side) for name, value in keywords.items()}
    with np.errstate(all="ignore"):
        return f(*_side(inputs, side), **keywords)


def same(gpu, row, *inputs, f=None, **keywords):
    """The result for arrays on the GPU, which is that for those on the CPU.

    What lies around the outputs and the inputs is the same after it, too.
    """
    operands = [
        *inputs,
        *(keywords[name] for name in (*row.data, *row.parameters) if name in keywords),
    ]
    values = [np.array(_side(operand, "cpu")) for operand in operands]
    expected = called(function(row), inputs, keywords, "cpu")
    actual = called(f or function(row), inputs, keywords, "gpu")
    assert_alike(gpu, actual, expected, values)
    out = _side(keywords.get("out"), "gpu")
    for given, part in zip(outputs(out), outputs(actual), strict=isinstance(out, tuple)):
        assert given is None or given is part
    assert_same_operands(gpu, *inputs, *keywords.values())
    return actual


def assert_same_operands(gpu, *operands):
    for both in _all_both(operands):
        on_cpu, on_gpu = both.bases
        assert_same_values(gpu, on_gpu, on_cpu)


def same_error(gpu, row, *inputs, begins=None, f=None, **keywords):
    """The error on the GPU, which is that on the CPU; of its words, those that are given."""
    with pytest.raises((TypeError, ValueError)) as on_cpu:
        called(function(row), inputs, keywords, "cpu")
    with pytest.raises((TypeError, ValueError)) as on_gpu:
        called(f or function(row), inputs, keywords, "gpu")
    assert type(on_gpu.value) is type(on_cpu.value)
    expected = str(on_cpu.value) if begins is None else begins
    assert str(on_cpu.value).startswith(expected)
    assert str(on_gpu.value).startswith(expected)
    assert_same_operands(gpu, *inputs, *keywords.values())
    return on_gpu.value


def same_outcome(gpu, row, *inputs, **keywords):
    """The same result or the same kind of error; True if there is a result."""
    try:
        called(function(row), inputs, keywords, "cpu")
    except (TypeError, ValueError):
        same_error(gpu, row, *inputs, begins="", **keywords)
        return False
    same(gpu, row, *inputs, **keywords)
    return True


# Arrays of other libraries.


class Interface:
    """An array that other libraries know by its pointer alone."""

    def __init__(self, array):
        self.array = array

    @property
    def __cuda_array_interface__(self):
        return self.array.__cuda_array_interface__


class DLPack:
    """An array that other libraries know by DLPack alone."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **keywords):
        return self.array.__dlpack__(**keywords)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


class Refusing(DLPack, Interface):
    """One whose DLPack says no: the interface is then asked."""

    def __dlpack__(self, **keywords):
        raise BufferError("not now")


KINDS = [Interface, DLPack, Refusing]
