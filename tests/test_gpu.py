"""What only a GPU can show; without one, all of this is skipped."""

import os
import subprocess
import sys

import numpy as np
import pytest
from gpus import NAMES, assert_same_values
from support import all_numbers, assert_same_bits, data_grid, function, outputs

import elufast

cupy = pytest.importorskip("cupy", reason="CuPy is not installed")
if not cupy.cuda.is_available():
    pytest.skip("no GPU", allow_module_level=True)

EVERY = 1021  # a prime: the sample meets all low bits


def on_cpu(row, *arrays, **keywords):
    with np.errstate(all="ignore"):
        return function(row)(*arrays, **keywords)


def assert_same_on_gpu(row, *arrays):
    """Defaults, and parameters that are not literals."""
    given = [cupy.asarray(array) for array in arrays]
    for parameters in ((), (0.7,)):
        results = outputs(function(row)(*given, *parameters))
        expected = outputs(on_cpu(row, *arrays, *parameters))
        for part, whole in zip(results, expected, strict=True):
            assert_same_values(cupy, part, whole, *arrays)


# Values.


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_all_numbers_of_16_bits(row, name):
    x = all_numbers(np.dtype(name))
    assert_same_on_gpu(row, *[x] * len(row.data))


def test_many_numbers_of_32_bits(row):
    x = np.arange(0, 1 << 32, EVERY, dtype=np.uint32).view(np.float32)
    assert_same_on_gpu(row, *[x] * len(row.data))


def test_many_numbers_of_64_bits(row, rng):
    x = rng.integers(0, 1 << 64, 1 << 20, dtype=np.uint64).view(np.float64)
    near = rng.normal(scale=20, size=1 << 20)
    assert_same_on_gpu(row, *[np.concatenate([x, near])] * len(row.data))


# Size.


def test_more_than_32_bits_of_elements():
    """The last elements and those around 2**31, of results whose index needs 64 bits."""
    size = 2**31 + 16
    free, _ = cupy.cuda.runtime.memGetInfo()
    if free < 6 * size:
        pytest.skip("too little memory on this GPU")
    x = cupy.empty(size, cupy.float16)
    x[:] = -1
    places = [slice(0, 16), slice(2**31 - 16, 2**31), slice(2**31, None)]
    values = np.linspace(-3, 3, 16).astype(np.float16)
    for k, place in enumerate(places):
        x[place] = cupy.asarray(np.roll(values, k))
    elufast.elu(x, out=x)  # contiguous, with the defaults
    for k, place in enumerate(places):
        assert_same_bits(cupy.asnumpy(x[place]), elufast.elu(np.roll(values, k)))
        x[place] = cupy.asarray(np.roll(values, k))
    elufast.elu(x, cupy.asarray(np.float16(0.5)), out=x)  # element by element
    for k, place in enumerate(places):
        assert_same_bits(cupy.asnumpy(x[place]), elufast.elu(np.roll(values, k), np.float16(0.5)))


# Streams, graphs, devices.


@pytest.mark.parametrize("name", NAMES)
def test_the_current_stream(row, name):
    """What comes before and after in the same stream is in order, whatever others do."""
    data = data_grid(row, np.dtype(name))
    stream = cupy.cuda.Stream(non_blocking=True)
    given = [cupy.asarray(array) for array in data]
    cupy.cuda.Device().synchronize()
    with stream:
        late = [cupy.empty_like(array) for array in given]
        cupy.random.random(1 << 24)  # keeps the stream busy
        for to, array in zip(late, given, strict=True):
            to[...] = array
        results = [part.copy() for part in outputs(function(row)(*late))]
    stream.synchronize()
    for part, whole in zip(results, outputs(on_cpu(row, *data)), strict=True):
        assert_same_values(cupy, part, whole, *data)


@pytest.mark.parametrize("parameters", [(), (0.5,)], ids=str)
def test_graphs(row, parameters):
    """After a first call, a call with out= can be captured, and replayed with other numbers."""
    x = np.linspace(-3, 3, 1000, dtype=np.float32)
    given = [cupy.asarray(x) for _ in row.data]
    outs = tuple(cupy.empty_like(given[0]) for _ in range(row.nout))
    function(row)(*given, *parameters, out=outs)
    stream = cupy.cuda.Stream(non_blocking=True)
    cupy.cuda.Device().synchronize()
    with stream:
        stream.begin_capture()
        function(row)(*given, *parameters, out=outs)
        graph = stream.end_capture()
        for array in given:
            array[...] = cupy.asarray(x[::-1])
        graph.launch(stream)
    stream.synchronize()
    expected = on_cpu(row, *[x[::-1]] * len(row.data), *parameters)
    for part, whole in zip(outs, outputs(expected), strict=True):
        assert_same_values(cupy, part, whole, x)


def test_graphs_with_a_number_for_x(row):
    """It is no copy from the host, which a graph would not take."""
    alpha = cupy.asarray(np.linspace(0.5, 2, 1000))
    numbers = [-0.5] * len(row.data)
    outs = tuple(cupy.empty_like(alpha) for _ in range(row.nout))
    function(row)(*numbers, alpha, out=outs)
    stream = cupy.cuda.Stream(non_blocking=True)
    cupy.cuda.Device().synchronize()
    with stream:
        stream.begin_capture()
        function(row)(*numbers, alpha, out=outs)
        graph = stream.end_capture()
        for out in outs:
            out.fill(77)
        graph.launch(stream)
    stream.synchronize()
    expected = on_cpu(row, *numbers, np.linspace(0.5, 2, 1000))
    for part, whole in zip(outs, outputs(expected), strict=True):
        assert_same_values(cupy, part, whole)


def test_a_second_device(row):
    if cupy.cuda.runtime.getDeviceCount() < 2:
        pytest.skip("one GPU")
    x = np.linspace(-3, 3, 1000)
    with cupy.cuda.Device(1):
        given = [cupy.asarray(x) for _ in row.data]
    results = outputs(function(row)(*given))
    assert all(part.device.id == 1 for part in results)
    assert cupy.cuda.runtime.getDevice() == 0
    for part, whole in zip(results, outputs(on_cpu(row, *[x] * len(row.data))), strict=True):
        assert_same_bits(cupy.asnumpy(part), whole)


# Other libraries.


@pytest.mark.parametrize("name", NAMES)
def test_torch(row, name):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    if not torch.cuda.is_available():
        pytest.skip("this PyTorch has no CUDA")
    x = torch.linspace(-3, 3, 100, dtype=getattr(torch, name), device="cuda")
    given = [x.clone() for _ in row.data]
    fresh = function(row)(*given)
    outs = tuple(torch.empty_like(x) for _ in range(row.nout))
    results = outputs(function(row)(*given, out=outs))
    torch.cuda.synchronize()
    for part, new, out in zip(results, outputs(fresh), outs, strict=True):
        assert type(part) is type(new) is cupy.ndarray
        assert part.data.ptr == out.data_ptr()
        assert_same_bits(cupy.asnumpy(part), cupy.asnumpy(new))
    one = given[-1]
    in_place = outputs(function(row)(*given, out=(one, *outs[1:])))
    assert in_place[0].data.ptr == one.data_ptr()
    with pytest.raises(RuntimeError, match="requires grad"):
        function(row)(*[x.clone().requires_grad_() for _ in row.data])


def test_numba(row):
    cuda = pytest.importorskip("numba.cuda", reason="Numba is not installed")
    if not cuda.is_available():
        pytest.skip("Numba finds no GPU")
    x = np.linspace(-3, 3, 100)
    given = [cuda.to_device(x) for _ in row.data]
    outs = tuple(cuda.device_array_like(given[0]) for _ in range(row.nout))
    results = outputs(function(row)(*given, out=outs))
    expected = outputs(on_cpu(row, *[x] * len(row.data)))
    for part, out, whole in zip(results, outs, expected, strict=True):
        assert part.data.ptr == out.device_ctypes_pointer.value
        assert_same_bits(out.copy_to_host(), whole)


# The cache.


def test_another_process_compiles_nothing(tmp_path):
    """CuPy keeps the kernels on disk, by the text of their source."""
    program = (
        "import cupy, elufast; x = cupy.ones(8); elufast.elu(x); elufast.elu(x, 0.5); "
        "elufast.elu(x[::2])"
    )
    environment = {**os.environ, "CUPY_CACHE_DIR": str(tmp_path)}
    kept = []
    for _ in range(2):
        subprocess.run([sys.executable, "-c", program], check=True, env=environment)
        kept.append({path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()})
    assert len(kept[0]) >= 3
    assert kept[1] == kept[0]
