"""The functions for a GPU where something is missing: CuPy, a part of it, the driver, the GPU."""

import subprocess
import sys
import types

import numpy as np
import pytest
from gpus import forget_cupy
from support import function

import elufast
import elufast.cuda

X = np.array([-3.0, -0.5, 0.0, 4.0])


class OnGpu:
    """An array that says that it is on a GPU."""

    __cuda_array_interface__ = types.MappingProxyType(
        {"shape": (4,), "typestr": "<f8", "data": (4096, False), "version": 3}
    )


class Tensor(OnGpu):
    is_cuda = True


class DLPack:
    def __dlpack_device__(self):
        return (2, 0)


@pytest.fixture
def _without_cupy(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    forget_cupy()
    yield
    forget_cupy()


# CuPy.


def test_import_takes_no_cupy():
    """Nor does a look at elufast.cuda, or a call with arrays on the CPU."""
    program = (
        "import sys, numpy as np, elufast, elufast.cuda; elufast.elu(np.zeros(3)); "
        "elufast.elu(memoryview(b'ab')); assert elufast.cuda.elu.__doc__; "
        "assert 'cupy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.usefixtures("_without_cupy")
@pytest.mark.parametrize("kind", [OnGpu, Tensor, DLPack])
def test_without_cupy(row, kind):
    words = r"^arrays on a GPU need CuPy, which is not installed: pip install 'elufast\[cuda\]'"
    for f in (function(row), getattr(elufast.cuda, row.name)):
        with pytest.raises(ImportError, match=words):
            f(*[kind()] * len(row.data))
        with pytest.raises(ImportError, match=words):
            f(*[kind()] * len(row.data), out=(X.copy(),) * row.nout)
    for keywords in ({"out": (kind(),) * row.nout}, {"where": kind()}, {"alpha": kind()}):
        with pytest.raises(ImportError, match=words):
            function(row)(*[X] * len(row.data), **keywords)


@pytest.mark.usefixtures("_without_cupy")
def test_the_cpu_needs_no_cupy(row):
    assert function(row)(*[X] * len(row.data)) is not None
    with pytest.raises(TypeError, match="takes arrays on a GPU, and got none"):
        getattr(elufast.cuda, row.name)(*[X] * len(row.data))


CALL_TWICE = """
import sys
sys.path.insert(0, sys.argv[1])
import elufast

class OnGpu:
    __cuda_array_interface__ = {}

for _ in range(2):
    try:
        elufast.elu(OnGpu())
    except ImportError as error:
        print(type(error.__cause__).__name__, error)
    else:
        raise AssertionError
"""


@pytest.mark.parametrize(
    ("text", "cause", "reason"),
    [
        ("raise OSError('libnothing.so: not found')", "OSError", "libnothing.so: not found"),
        # What is left of CuPy, or a folder that happens to be called so.
        ("", "AttributeError", "it has no ndarray"),
        # It is installed, and says itself what is not.
        ("import cupy_parts", "ModuleNotFoundError", "No module named 'cupy_parts'"),
    ],
    ids=["broken", "empty", "in parts"],
)
def test_a_cupy_that_cannot_be_used(text, cause, reason, tmp_path):
    """In a process of its own: half an import leaves something behind."""
    (tmp_path / "cupy.py").write_text(text)
    command = [sys.executable, "-c", CALL_TWICE, tmp_path]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    begin = f"{cause} arrays on a GPU need CuPy, which cannot be imported ({reason}): pip install "
    first, second = done.stdout.splitlines()
    assert first.startswith(begin)
    assert second == first


# The driver.


@pytest.fixture
def cupy():
    """CuPy on a machine without a GPU."""
    module = pytest.importorskip("cupy", reason="CuPy is not installed")
    if module.cuda.is_available():
        pytest.skip("there is a GPU")
    forget_cupy()
    yield module
    forget_cupy()


def on_gpu(cupy, array):
    """An array of CuPy's, which says that the memory of the host was a GPU's."""
    memory = cupy.cuda.UnownedMemory(array.ctypes.data, max(array.nbytes, 1), array, 0)
    pointer = cupy.cuda.MemoryPointer(memory, 0)
    return cupy.ndarray(array.shape, array.dtype, memptr=pointer, strides=array.strides)


def calls(row):
    """Both ways to call it."""
    return function(row), getattr(elufast.cuda, row.name)


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64", "int32"])
def test_no_driver(row, name, cupy):
    array = np.ones((3, 4), np.dtype(name))
    words = "needs an NVIDIA GPU and its driver, and CuPy finds none"
    for view in (lambda a: a, lambda a: a[:, ::2], lambda a: a[:0], lambda a: a[0, 0]):
        x = view(on_gpu(cupy, array))
        for f in calls(row):
            for keywords in ({}, {"alpha": 0.5}, {"out": (x,) * row.nout}, {"alpha": x}):
                if name == "int32" and "out" in keywords:
                    continue
                with pytest.raises(RuntimeError, match=words) as caught:
                    f(*[x] * len(row.data), **keywords)
                assert type(caught.value) is RuntimeError
    assert (array == 1).all()


def test_wrong_arguments_come_first(row, cupy):
    x = on_gpu(cupy, X.copy())
    data, three = [x] * len(row.data), on_gpu(cupy, np.ones(3))
    on_cpu = "on a GPU: argument '{}' is no array on a GPU but "
    wrong = [
        (TypeError, "unexpected keyword argument 'foo'", data, {"foo": 1}),
        (TypeError, on_cpu.format("alpha"), data, {"alpha": X}),
        (TypeError, on_cpu.format("out"), data, {"out": (X,) * row.nout}),
        (TypeError, on_cpu.format("where"), data, {"where": [True] * 4}),
        (TypeError, "Cannot cast", data, {"dtype": np.float32, "casting": "safe"}),
        (TypeError, "has no loop for", data, {"alpha": np.longdouble(1)}),
        (TypeError, "according to the rule 'safe'", data, {"where": x}),
        (ValueError, "could not be broadcast", data, {"alpha": three}),
        (ValueError, "non-broadcastable output", data, {"out": (three[:1],) * row.nout}),
        (ValueError, "'out' tuple must have", data, {"out": (x,) * 3}),
        (ValueError, "order", data, {"order": "Z"}),
    ]
    if len(data) == 2:
        wrong.append((ValueError, "could not be broadcast", [x, three], {}))
        wrong.append((TypeError, on_cpu.format(row.data[1]), [x, X], {}))
    for kind, words, inputs, keywords in wrong:
        for f in calls(row):
            with pytest.raises(kind, match=words):
                f(*inputs, **keywords)


def test_other_errors_stay(row, cupy):
    """Only what CUDA says without a GPU is put into words."""

    class Broken(Tensor):
        @property
        def __cuda_array_interface__(self):
            raise LookupError("no such array")

    with pytest.raises(LookupError, match=r"^no such array$"):
        function(row)(*[Broken()] * len(row.data))
