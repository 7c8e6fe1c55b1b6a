"""What elufast uses of CuPy, over the memory of the host: its path to the GPU runs without one.

It is as strict as CuPy is: arrays of NumPy's are no arguments of kernels, types are never cast but
for scalars, outputs are never stretched, and all arrays are on the device in use. Kernels are
compiled as C++ for the processor at hand; the threads of a grid come last to first, since none may
wait for what another has done.
"""

import ctypes
import functools
import hashlib
import math
import subprocess
from types import SimpleNamespace

import numpy as np
from compilers import compiler_or_skip, flags_for_the_bits_of_the_ufuncs

_C_NAMES = {"uint16": "unsigned short", "float32": "float", "float64": "double", "bool": "bool"}
_TYPES = frozenset("?bBhHiIlLqQefdFD")  # and bfloat16
_GARBAGE = 0xA5  # in memory that nobody has written to yet

_state = SimpleNamespace(device=0, devices={}, is_captured=False, folder=None)


def compile_into(folder):
    """Say where compiled kernels go."""
    _state.folder = folder


def _checked(dtype):
    dtype = np.dtype(dtype)
    if dtype.char not in _TYPES and dtype.name != "bfloat16":
        raise TypeError(f"Unsupported dtype {dtype}")
    return dtype


# Arrays


class ndarray:
    """CuPy's class of arrays."""

    def __init__(self, host, device=None):
        self._host = host
        self.dtype = _checked(host.dtype)
        self.shape, self.strides, self.ndim = host.shape, host.strides, host.ndim
        self.size, self.itemsize, self.nbytes = host.size, host.itemsize, host.nbytes
        self.data = SimpleNamespace(
            ptr=host.ctypes.data, device_id=_state.device if device is None else device
        )
        self.flags = SimpleNamespace(
            c_contiguous=host.flags.c_contiguous, f_contiguous=host.flags.f_contiguous
        )

    def _like(self, host):
        return type(self)(host, self.data.device_id)

    def __array__(self, dtype=None, copy=None):
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return NotImplemented

    @property
    def __cuda_array_interface__(self):
        strides = None if self.flags.c_contiguous else self.strides
        return {
            "shape": self.shape,
            "typestr": self.dtype.str,
            "data": (self.data.ptr, False),
            "strides": strides,
            "version": 3,
        }

    def __dlpack_device__(self):
        return (2, self.data.device_id)

    def __dlpack__(self, **keywords):
        return self._host.__dlpack__()

    @property
    def T(self):
        return self._like(self._host.T)

    def __getitem__(self, key):
        keys = key if isinstance(key, tuple) else (key,)
        return self._like(self._host[key if Ellipsis in keys else (*keys, Ellipsis)])

    def view(self, dtype):
        return self._like(self._host.view(_checked(dtype)))

    def transpose(self, *axes):
        return self._like(self._host.transpose(*axes))

    def reshape(self, *shape):
        return self._like(self._host.reshape(*shape))

    def fill(self, value):
        _on_this_device(self)
        self._host.fill(value)

    def copy(self, order="C"):
        _on_this_device(self)
        return ndarray(self._host.copy(order))

    def astype(self, dtype):
        _on_this_device(self)
        with np.errstate(all="ignore"):
            return ndarray(self._host.astype(_checked(dtype)))


ndarray.__module__ = "cupy"


def _on_this_device(*arrays):
    for array in arrays:
        if array.data.device_id != _state.device:
            raise ValueError(
                f"The device where the array resides ({array.data.device_id}) is different from "
                f"the current device ({_state.device})."
            )


def empty(shape, dtype=float, order="C"):
    host = np.empty(shape, _checked(dtype), order)
    host.reshape(-1, order="A").view(np.uint8).fill(_GARBAGE)
    return ndarray(host)


def empty_like(prototype, dtype=None, order="K"):
    dtype = prototype.dtype if dtype is None else dtype
    if order != "K":
        return empty(prototype.shape, dtype, order)
    axes = sorted(range(prototype.ndim), key=lambda axis: (abs(prototype.strides[axis]), -axis))
    if prototype.flags.c_contiguous:
        axes = range(prototype.ndim)[::-1]
    outer_first = list(axes)[::-1]
    host = empty([prototype.shape[axis] for axis in outer_first], dtype)._host
    return ndarray(host.transpose(np.argsort(outer_first)) if outer_first else host)


def zeros(shape, dtype=float):
    return ndarray(np.zeros(shape, _checked(dtype)))


def asarray(a):
    """Memory of another library is taken as it is; what is on the host is copied.

    So is what is on another device than the current one.
    """
    if isinstance(a, ndarray):
        return a
    if hasattr(a, "__cuda_array_interface__"):
        interface = dict(a.__cuda_array_interface__)
        pointer, _ = interface["data"]
        holder = SimpleNamespace(__array_interface__=interface, base=a)
        host = np.asarray(holder)
        return ndarray(host if _device_of(pointer) == _state.device else host.copy())
    return ndarray(np.array(a, order="K"))


def from_dlpack(array):
    kind, device = array.__dlpack_device__()
    if kind != 2:
        raise BufferError("not on a GPU")
    capsule = array.__dlpack__(stream=0)
    on_host = SimpleNamespace(__dlpack__=lambda **_: capsule, __dlpack_device__=lambda: (1, 0))
    interface = dict(np.from_dlpack(on_host).__array_interface__)  # read-only, which CuPy ignores
    interface["data"] = (interface["data"][0], False)
    holder = SimpleNamespace(__array_interface__=interface, base=array)
    return ndarray(np.asarray(holder), device)


def asnumpy(a):
    return a._host.copy("K") if isinstance(a, ndarray) else np.asarray(a)


def broadcast_to(array, shape):
    return array._like(np.broadcast_to(array._host, shape))


def copyto(dst, src, casting="same_kind", where=None):
    _on_this_device(dst, src)
    mask = where._host if isinstance(where, ndarray) else where is None or bool(where)
    np.copyto(dst._host, src._host, casting, where=mask)


# Devices


class _Device:
    def __init__(self, device=None):
        self.id = _state.device if device is None else device
        self.attributes = {"MultiProcessorCount": 1}

    def __enter__(self):
        self._before, _state.device = _state.device, self.id
        return self

    def __exit__(self, *exception):
        _state.device = self._before


def place_on(device, array):
    """Let the driver say that the memory of an array, given by its interface, is on a device."""
    _state.devices[array.__cuda_array_interface__["data"][0]] = device


def forget_places():
    _state.devices.clear()


def _device_of(pointer):
    return _state.devices.get(pointer, _state.device)


def capture(is_captured):
    """Say whether the current stream is being captured into a graph."""
    _state.is_captured = is_captured


cuda = SimpleNamespace(
    Device=_Device,
    get_current_stream=lambda: SimpleNamespace(is_capturing=lambda: _state.is_captured),
    runtime=SimpleNamespace(
        getDevice=lambda: _state.device,
        pointerGetAttributes=lambda pointer: SimpleNamespace(device=_device_of(pointer)),
    ),
)


# Kernels

_BEFORE = """
#include <utility>
#define ELUFAST_GLOBAL static void
#define ELUFAST_UNROLL
#define ELUFAST_ROLLED
#define ELUFAST_ALIGNED(bytes) __attribute__((aligned(bytes)))
static struct { unsigned x; } gridDim, blockDim, blockIdx, threadIdx;
"""

# As the driver has it: an argument is where its value is found.
_LAUNCH = """
template <class... A, std::size_t... I>
static int launch(void (*kernel)(A...), void **arguments, std::index_sequence<I...>) {
    for (blockIdx.x = gridDim.x; blockIdx.x-- > 0;)
        for (threadIdx.x = blockDim.x; threadIdx.x-- > 0;)
            kernel(*static_cast<std::decay_t<A> *>(arguments[I])...);
    return sizeof...(A);
}
template <class... A> static int launch(void (*kernel)(A...), void **arguments, int count) {
    if (count != sizeof...(A)) return -1;
    return launch(kernel, arguments, std::index_sequence_for<A...>());
}
extern "C" int run(unsigned blocks, unsigned threads, void **arguments, int count) {
    gridDim.x = blocks;
    blockDim.x = threads;
    return launch(KERNEL, arguments, count);
}
"""

_EACH = """
extern "C" void run(long long size, int axes, const long long *shape, char *const *arrays,
                    const long long *strides) {{
    for (long long i = size; i-- > 0;) {{
        char *at[{count}];
        for (int k = 0; k < {count}; k++) {{
            at[k] = arrays[k];
            long long rest = i;
            for (int axis = axes; axis-- > 0;) {{
                at[k] += rest % shape[axis] * strides[k * axes + axis];
                rest /= shape[axis];
            }}
        }}
        {elements}
        {operation};
    }}
}}
"""


def _flags(options):
    flags = [*flags_for_the_bits_of_the_ufuncs(), "-O1", "-fno-strict-aliasing", "-fPIC"]
    for option in options:
        if option.startswith("--std="):
            flags.append(option[1:])
        elif option != "--fmad=false":
            raise ValueError(f"unknown option {option}")
    if "--fmad=false" not in options:
        flags += ["-O2", "-ffp-contract=fast"]  # what NVRTC does unless told otherwise
    return flags


def _file(text, end):
    path = (_state.folder / hashlib.sha256(text.encode()).hexdigest()).with_suffix(end)
    path.write_text(text)
    return path


def _compile(*arguments):
    command = [compiler_or_skip("c++"), *arguments]
    made = subprocess.run(command, check=False, capture_output=True, text=True)
    if made.returncode != 0:
        raise RuntimeError(made.stderr)


@functools.cache
def _header(text, options):
    """What many kernels begin with, which takes most of a compiler's time: read once."""
    path = _file(text, ".hpp")
    _compile(*_flags(options), "-x", "c++-header", path, "-o", path.with_suffix(".hpp.gch"))
    return path


@functools.cache
def _compiled(before, code, options):
    """The function `run` of a source in two parts."""
    header = _header(_BEFORE + before, options)
    source = _file(f"// {header.name}\n{code}", ".cpp")
    library = source.with_suffix(".so")
    _compile(*_flags(options), "-shared", "-include", header, source, "-o", library)
    return ctypes.CDLL(str(library)).run


def _scalar(value, dtype=None):
    """A Python or NumPy number as an array without axes."""
    if not isinstance(value, (bool, int, float, complex, np.generic)):
        raise TypeError(f"Unsupported type {type(value)}")
    host = np.empty((), _checked(np.asarray(value).dtype if dtype is None else dtype))
    host[...] = value
    return host


def _pointers(hosts):
    return (ctypes.c_void_p * len(hosts))(*(host.ctypes.data for host in hosts))


class RawModule:
    def __init__(self, *, code, options=()):
        self._code, self._options = code, options

    def get_function(self, name):
        mark = "#define ELUFAST_KERNEL"
        before, _, kernel = self._code.partition(mark)
        code = mark + kernel + _LAUNCH.replace("KERNEL", name)
        return functools.partial(_launch, _compiled(before, code, self._options))


def _launch(run, grid, block, args):
    _on_this_device(*(arg for arg in args if isinstance(arg, ndarray)))
    assert not any(arg.data.ptr % arg.itemsize for arg in args if isinstance(arg, ndarray)), (
        "a GPU faults here"
    )
    values = [np.array(arg.data.ptr) if isinstance(arg, ndarray) else _scalar(arg) for arg in args]
    if 0 in (*grid, *block):
        raise ValueError("CUDA_ERROR_INVALID_VALUE")
    assert run(*grid, *block, _pointers(values), len(args)) == len(args)


class ElementwiseKernel:
    def __init__(self, in_params, out_params, operation, name, preamble="", options=()):
        split = [[p.split() for p in params.split(",")] for params in (in_params, out_params)]
        self._ins, outs = split
        self._params = [*self._ins, *outs]
        self._body = (operation, preamble, options)

    def _code(self):
        operation = self._body[0]
        elements = []
        for k, (dtype, name) in enumerate(self._params):
            const = "const " if k < len(self._ins) else ""
            kind = f"{const}{_C_NAMES[dtype]}"
            elements.append(f"{kind} &{name} = *reinterpret_cast<{kind} *>(at[{k}]);")
        count, joined = len(self._params), "\n".join(elements)
        return _EACH.format(count=count, elements=joined, operation=operation)

    def __call__(self, *args):
        if len(args) != len(self._params):
            raise TypeError(f"Wrong number of arguments: {len(args)}")
        arrays = [arg for arg in args if isinstance(arg, ndarray)]
        _on_this_device(*arrays)
        if not arrays:
            raise ValueError("Loop size is undecided.")
        hosts = []
        for (dtype, name), arg in zip(self._params, args, strict=True):
            if isinstance(arg, ndarray) and arg.dtype != dtype:
                raise TypeError(f"Type is mismatched. {name} {arg.dtype} {dtype}")
            hosts.append(arg._host if isinstance(arg, ndarray) else _scalar(arg, dtype))
        shape = np.broadcast_shapes(*(host.shape for host in hosts[: len(self._ins)]))
        for out in args[len(self._ins) :]:
            if not isinstance(out, ndarray):
                raise TypeError("Output arguments type must be cupy.ndarray")
            if out.shape != shape:
                raise ValueError("Out shape is mismatched")
        self._run(shape, [np.broadcast_to(host, shape) for host in hosts])

    def _run(self, shape, hosts):
        strides = [stride for host in hosts for stride in host.strides]
        for host in hosts:
            addresses = (host.ctypes.data, *host.strides)
            assert not any(address % host.itemsize for address in addresses), "a GPU faults here"
        _, preamble, options = self._body
        run = _compiled(preamble, self._code(), options)
        sizes = (ctypes.c_longlong * len(shape))(*shape)
        steps = (ctypes.c_longlong * len(strides))(*strides)
        run(ctypes.c_longlong(math.prod(shape)), len(shape), sizes, _pointers(hosts), steps)
