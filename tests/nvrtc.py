"""NVRTC of the package nvidia-cuda-nvrtc-cu12, which needs neither a GPU nor a driver."""

import ctypes
import functools
from pathlib import Path

import pytest

_QUIET = "--diag-suppress=177"  # nobody uses all functions of a header


@functools.cache
def _library():
    package = pytest.importorskip("nvidia.cuda_nvrtc")
    (path,) = Path(package.__path__[0], "lib").glob("libnvrtc.so.*")
    library = ctypes.CDLL(str(path))
    library.nvrtcGetErrorString.restype = ctypes.c_char_p
    return library


def _done(status):
    assert status == 0, _library().nvrtcGetErrorString(status).decode()


def _read(kind, program):
    """A text or a binary that a program has: its Log, PTX or CUBIN."""
    size = ctypes.c_size_t()
    _done(getattr(_library(), f"nvrtcGet{kind}Size")(program, ctypes.byref(size)))
    buffer = ctypes.create_string_buffer(size.value)
    _done(getattr(_library(), f"nvrtcGet{kind}")(program, buffer))
    return buffer.raw


def architectures():
    """What it compiles for: "sm_70" and so on."""
    count = ctypes.c_int()
    _done(_library().nvrtcGetNumSupportedArchs(ctypes.byref(count)))
    numbers = (ctypes.c_int * count.value)()
    _done(_library().nvrtcGetSupportedArchs(numbers))
    return [f"sm_{number}" for number in numbers]


def _warnings(log):
    """What a log says, but for the news that an architecture will not be supported for ever."""
    return [line for line in log.splitlines() if line and "are deprecated and may be" not in line]


def _compiled(kind, source, architecture, options):
    given = [f"-arch={architecture}", _QUIET, *options]
    arguments = [option.encode() for option in given]
    program = ctypes.c_void_p()
    handle = ctypes.byref(program)
    _done(_library().nvrtcCreateProgram(handle, source.encode(), b"kernel.cu", 0, None, None))
    try:
        array = (ctypes.c_char_p * len(arguments))(*arguments)
        status = _library().nvrtcCompileProgram(program, len(arguments), array)
        log = _read("ProgramLog", program).rstrip(b"\0").decode()
        assert status == 0, log
        assert not _warnings(log), log
        return _read(kind, program)
    finally:
        _done(_library().nvrtcDestroyProgram(handle))


def ptx(source, architecture, options=()):
    """A source as PTX, as text; the log is an AssertionError where it does not compile."""
    return _compiled("PTX", source, architecture, options).rstrip(b"\0").decode()


def cubin(source, architecture, options=()):
    """A source as the machine code of an architecture."""
    return _compiled("CUBIN", source, architecture, options)
