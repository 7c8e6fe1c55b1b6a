"""Arrays that a kernel may not use as they are: another library's, misaligned, temporary ones."""

import numpy as np
import pytest
from gpus import KINDS, NAMES, Both, Interface, assert_same_values, is_real, same
from support import as_dtype, function, outputs

X = np.array([-3.0, -0.5, 0.0, 4.0, np.nan, -0.0, 2.0, -np.inf, -1.0, -20.0, 0.25, -0.125])


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def results_of(row, *arrays, **keywords):
    with np.errstate(all="ignore"):
        return outputs(function(row)(*arrays, **keywords))


def given(row, outs):
    return outs[0] if row.nout == 1 else tuple(outs)


def raises(kind, *words):
    return pytest.raises(kind, match=".*".join(words))


# Overlap of what CuPy does not know to be one array.


@pytest.mark.parametrize("shift", [1, -1])
def test_overlap_of_other_arrays(row, kind, shift, gpu):
    for place in range(len(row.data)):
        base = Both(gpu, X)
        source, target = (slice(1, None), slice(-1)) if shift > 0 else (slice(-1), slice(1, None))
        arrays = [np.roll(X, 1)[source] for _ in row.data]
        arrays[place] = base.cpu[source].copy()
        expected = results_of(row, *arrays)
        operands = [gpu.asarray(array) for array in arrays]
        operands[place] = kind(base.gpu[source])
        rest = [gpu.zeros(11) for _ in range(row.nout - 1)]
        function(row)(*operands, out=given(row, [kind(base.gpu[target]), *rest]))
        assert_same_values(gpu, base.gpu[target], expected[0])


def test_outputs_of_others_that_overlap(kind, row, gpu):
    if row.nout == 1:
        pytest.skip("one output")
    base, wanted = gpu.zeros(12), np.zeros(12)
    function(row)(gpu.asarray(X[:-1]), out=(kind(base[:-1]), kind(base[1:])))
    wanted[:-1], wanted[1:] = results_of(row, X[:-1])
    assert_same_values(gpu, base, wanted)


# Another device than the one in use.


@pytest.fixture
def there(gpu):
    """Return an array of another library's, with the CuPy array that it is, on the second GPU."""
    if is_real(gpu) and gpu.cuda.runtime.getDeviceCount() < 2:
        pytest.skip("one GPU")

    def make(array):
        with gpu.cuda.Device(1):
            owner = gpu.asarray(array)
        if not is_real(gpu):
            gpu.place_on(1, owner)
        return Interface(owner), owner

    yield make
    if not is_real(gpu):
        gpu.forget_places()


def test_other_arrays_on_another_device(row, there, gpu):
    """They are taken as they are, and written to, not to a copy on the device in use."""
    pairs = [there(X) for _ in row.data]
    outs = [there(np.zeros(12)) for _ in range(row.nout)]
    expected = results_of(row, *[X] * len(row.data))
    others = [other for other, _ in pairs]
    for part, whole in zip(outputs(function(row)(*others)), expected, strict=True):
        assert part.data.device_id == 1
        assert_same_values(gpu, part, whole)
    function(row)(*others, out=given(row, [other for other, _ in outs]))
    for (_, owner), whole in zip(outs, expected, strict=True):
        assert_same_values(gpu, owner, whole)
    with raises(ValueError, "on GPU 0, but argument 'alpha' on GPU 1"):
        function(row)(*[gpu.asarray(X)] * len(row.data), others[0])


def test_nowhere_on_another_device(row, there, gpu):
    """A mask that is a number is on no device."""
    arrays = [there(X)[1] for _ in row.data]
    outs = [there(X)[1] for _ in range(row.nout)]
    assert outputs(function(row)(*arrays, out=given(row, outs), where=False)) == tuple(outs)
    for out in outs:
        assert_same_values(gpu, out, X)
    for part in outputs(function(row)(*arrays, where=False)):
        assert (part.shape, part.dtype, part.data.device_id) == ((12,), np.float64, 1)


def test_empty_arrays_of_others_are_on_any_device(row, gpu, there):
    """CuPy takes them to be where they are first met."""
    empty = Interface(gpu.zeros(0))
    arrays = [there(np.zeros((1,)))[1] for _ in row.data]
    for part in outputs(function(row)(*arrays, empty)):
        assert (part.shape, part.data.device_id) == ((0,), 1)


# What nobody may write to.


def test_read_only_outputs(row, gpu):
    class ReadOnly(Interface):
        @property
        def __cuda_array_interface__(self):
            interface = dict(self.array.__cuda_array_interface__)
            interface["data"] = (interface["data"][0], True)
            return interface

    class Immutable(Interface):
        """JAX says of its arrays that they may be written to."""

    Immutable.__module__ = "jaxlib._jax"
    arrays = [Both(gpu, X) for _ in row.data]
    for kind in (ReadOnly, Immutable):
        outs = [gpu.zeros(12) for _ in range(row.nout)]
        for place in range(row.nout):
            marked = [kind(out) if k == place else out for k, out in enumerate(outs)]
            with raises(ValueError, "^output array is read-only$"):
                function(row)(*(both.gpu for both in arrays), out=given(row, marked))
        assert not any(gpu.asnumpy(out).any() for out in outs)
        read = [kind(both.gpu) for both in arrays]
        for part, whole in zip(
            outputs(function(row)(*read)), results_of(row, *[X] * len(row.data)), strict=True
        ):
            assert_same_values(gpu, part, whole)


# What a GPU cannot read.


@pytest.mark.parametrize("name", NAMES)
def test_misaligned_arrays(row, name, gpu):
    """Between the multiples of their elements' size; a GPU would fail for good."""
    dtype = np.dtype(name)
    bytes_of = gpu.zeros(1 + 12 * dtype.itemsize, np.uint8)
    odd = bytes_of[1:].view(dtype)
    good = gpu.asarray(as_dtype(X, dtype))
    names = (*row.data, *row.parameters)
    for k, argument in enumerate(names):
        arrays = [good] * len(names)
        arrays[k] = odd
        with raises(ValueError, rf"^{row.name}\(\) on a GPU: argument '{argument}' has elements"):
            function(row)(*arrays)
    with raises(ValueError, rf"^{row.name}\(\) on a GPU: argument 'out' has elements"):
        function(row)(*[good] * len(row.data), out=(odd,) * row.nout)
    assert not gpu.asnumpy(bytes_of).any()


def test_misaligned_steps(row, gpu):
    records = gpu.zeros((12, 12), np.uint8)
    if is_real(gpu):
        odd = gpu.ndarray((12,), np.float64, records.data, (12,))
    else:
        host = np.ndarray((12,), np.float64, records._host, strides=(12,))
        odd = gpu.ndarray(host)
    with raises(ValueError, f"argument '{row.data[0]}' has elements of 8 bytes"):
        function(row)(odd, *[gpu.asarray(X)] * (len(row.data) - 1))
    same(gpu, row, *[Both(gpu, X, lambda a: a[:1]) for _ in row.data])


def test_other_byte_orders(row, gpu):
    odd = gpu.ndarray((12,), ">f4") if is_real(gpu) else gpu.ndarray(np.zeros(12, ">f4"))
    with raises(TypeError, f"argument '{row.data[0]}' is of type >f4"):
        function(row)(*[odd] * len(row.data))


# Graphs.


@pytest.fixture
def captured(gpu):
    """Return a call while the current stream is captured into a graph."""

    def call(f, *args, **kwargs):
        if not is_real(gpu):
            gpu.capture(True)
            try:
                return f(*args, **kwargs)
            finally:
                gpu.capture(False)
        stream = gpu.cuda.Stream(non_blocking=True)
        with stream:
            stream.begin_capture()
            try:
                return f(*args, **kwargs)
            finally:
                stream.end_capture()

    return call


def test_temporary_arrays_are_not_captured(row, captured, gpu):
    """When the graph is replayed, their memory may be somebody else's."""
    arrays = [gpu.asarray(X) for _ in row.data]
    narrow = [gpu.asarray(X.astype(np.float32)), *arrays[1:]]
    outs, f = [gpu.zeros(12) for _ in range(row.nout)], function(row)
    wide = [gpu.zeros(12, np.complex128), *outs[1:]]
    base = gpu.asarray(np.append(X, 1.0))
    shifted = [base[1:], *arrays[1:]]
    message = rf"^{row.name}\(\) needs a temporary array, which cannot be captured into a graph: "
    with raises(RuntimeError, message + f"'{row.data[0]}' is of type float32, not float64"):
        captured(f, *narrow, out=given(row, outs), dtype=np.float64)
    with raises(RuntimeError, message + "'out' is of another type"):
        captured(f, *arrays, out=given(row, wide))
    with raises(RuntimeError, message + f"'{row.data[0]}' overlaps 'out'"):
        captured(f, *shifted, out=given(row, [base[:-1], *outs[1:]]))
    assert not any(gpu.asnumpy(out).any() for out in (*outs, *wide))


def test_calls_without_temporary_arrays_are_captured(row, captured, gpu):
    arrays, f = [gpu.asarray(X) for _ in row.data], function(row)
    outs = given(row, [gpu.zeros(12) for _ in range(row.nout)])
    alpha, mask = gpu.asarray(X), gpu.asarray(np.isnan(X))
    numbers = [-0.5] * len(row.data)
    for args, kwargs in [
        (arrays, {}),
        (arrays, {"alpha": 0.5}),
        (arrays, {"alpha": alpha}),
        (arrays, {"where": mask}),
        (arrays, {"where": False}),
        (numbers, {"alpha": alpha}),
        (numbers, {"where": mask}),
        (numbers, {}),
    ]:
        f(*args, **kwargs, out=outs)
        captured(f, *args, **kwargs, out=outs)


# Warnings.


def test_parameters_beyond_the_type_give_no_warning(row, gpu):
    """A GPU gives none, and these come before it."""
    x = gpu.asarray(X.astype(np.float16))
    for alpha in (1e10, -1e300, 1e-30):
        expected = results_of(row, *[X.astype(np.float16)] * len(row.data), alpha)
        with np.errstate(all="raise"):
            results = outputs(function(row)(*[x] * len(row.data), alpha))
            strided = outputs(function(row)(*[x[::2]] * len(row.data), alpha))
        for part, other, whole in zip(results, strided, expected, strict=True):
            assert_same_values(gpu, part, whole)
            assert_same_values(gpu, other, whole[::2])
