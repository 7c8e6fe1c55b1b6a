"""The headers alone: C99 and C++17 take them without a warning, with the bits of the ufuncs."""

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import elufast
from elufast._ufuncs import ROWS

ONE_INPUT = [row for row in ROWS if row.data == ("x",) and row.nout == 1]
X = np.concatenate([np.linspace(-40, 3, 2001), [0.0, -0.0, np.inf, -np.inf, 1e-30, -1e-30]])

LANGUAGES = {
    "c99": ("cc", ["-x", "c", "-std=c99"]),
    "c++17": ("c++", ["-x", "c++", "-std=c++17"]),
}


def has_fma():
    """Whether this machine's instruction set in use is one of those that share their bits."""
    return elufast.show_config("dict")["instruction_set"] != "baseline"


def program(suffix, c_type):
    """Reads x and writes every one-input function of it, one after the other, in binary."""
    calls = "\n".join(
        f"    y = elufast_{row.name}_{suffix}(x, {', '.join(map(repr, row.parameters.values()))});"
        " fwrite(&y, sizeof y, 1, stdout);"
        for row in ONE_INPUT
    )
    return (
        '#include "elufast/activations.h"\n#include <stdio.h>\nint main(void) {\n'
        f"    {c_type} x, y;\n    while (fread(&x, sizeof x, 1, stdin) == 1) {{\n{calls}\n"
        "    }\n    return 0;\n}\n"
    )


@pytest.fixture(params=LANGUAGES)
def compiler(request):
    name, flags = LANGUAGES[request.param]
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"no {name} on this machine")
    return [path, *flags]


@pytest.mark.parametrize(
    ("suffix", "c_type", "dtype"), [("f32", "float", "f4"), ("f64", "double", "f8")]
)
def test_compiled_alone_they_give_the_bits_of_the_ufuncs(compiler, suffix, c_type, dtype, tmp_path):
    if not has_fma():
        pytest.skip("the baseline without fma has bits of its own")
    source = tmp_path / "program"
    source.write_text(program(suffix, c_type))
    flags = ["-O2", "-Wall", "-Wextra", "-pedantic", "-Werror", "-ffp-contract=off"]
    if os.uname().machine == "x86_64":
        flags.append("-mfma")
    binary = tmp_path / "a.out"
    include = ["-I", elufast.get_include(), "-o", str(binary)]
    subprocess.run([*compiler, *flags, *include, str(source), "-lm"], check=True)
    x = X.astype(dtype)
    done = subprocess.run([str(binary)], input=x.tobytes(), capture_output=True, check=True)
    computed = np.frombuffer(done.stdout, dtype).reshape(x.size, len(ONE_INPUT)).T
    for row, y in zip(ONE_INPUT, computed, strict=True):
        assert getattr(elufast, row.name)(x).tobytes() == y.tobytes(), row.name


def test_the_include_folder_holds_the_list_and_the_formulas():
    folder = Path(elufast.get_include(), "elufast")
    names = {path.name for path in folder.iterdir()}
    assert {"activations.h", "activations.inc", "functions.inc", "expm1.h", "config.h"} <= names
    for row in ROWS:
        assert f"ELUFAST_FUNCTION({row.name}, " in (folder / "functions.inc").read_text()


def nvrtc_library():
    """NVRTC of the package nvidia-cuda-nvrtc-cu12, which needs neither a GPU nor a driver."""
    package = pytest.importorskip("nvidia.cuda_nvrtc")
    (library,) = Path(package.__path__[0], "lib").glob("libnvrtc.so.*")
    return ctypes.CDLL(str(library))


def test_nvrtc_compiles_every_formula():
    nvrtc = nvrtc_library()
    calls = "".join(
        f"y[{k}] = elufast_{row.name}_{suffix}(x, {', '.join(map(repr, row.parameters.values()))});"
        for suffix in ("f32", "f64")
        for k, row in enumerate(ONE_INPUT)
    )
    source = (
        '#include "elufast/activations.h"\n#include "elufast/half.h"\n'
        f'extern "C" __global__ void f(double x, double *y) {{ {calls} }}\n'
    )
    program = ctypes.c_void_p()
    assert (
        nvrtc.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"f", 0, None, None) == 0
    )
    options = [b"-arch=sm_80", b"--fmad=false", f"-I{elufast.get_include()}".encode()]
    status = nvrtc.nvrtcCompileProgram(program, 3, (ctypes.c_char_p * 3)(*options))
    log = ctypes.create_string_buffer(1 << 20)
    nvrtc.nvrtcGetProgramLog(program, log)
    assert status == 0, log.value.decode()
