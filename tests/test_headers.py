"""The headers alone: C99 and C++17 take them without a warning, with the bits of the ufuncs."""

import ctypes
import subprocess
from pathlib import Path

import numpy as np
import pytest
from compilers import compiler_or_skip, flags_for_the_bits_of_the_ufuncs
from support import as_dtype, assert_same_bits, full_grid, function, outputs

import elufast
from elufast._ufuncs import ROWS

ONE_INPUT = [row for row in ROWS if row.data == ("x",) and row.nout == 1]
# The row with the most inputs, whose grid holds those of all others.
(WIDEST,) = [row for row in ROWS if row.name == "selu_backward"]

# The compiler's own dialect is the one in which it would contract.
LANGUAGES = {
    "c": ("cc", ["-x", "c"]),
    "c99": ("cc", ["-x", "c", "-std=c99"]),
    "c++17": ("c++", ["-x", "c++", "-std=c++17"]),
}
# The suffix of the formula, its type in C, and what comes before the headers. float16 is computed
# as float, by formulas that know what they are for.
FORMULAS = {
    "e": ("f32", "float", "#define ELUFAST_FOR_HALF\n"),
    "f": ("f32", "float", ""),
    "d": ("f64", "double", ""),
    "g": ("ld", "long double", ""),
}
TYPES = {
    "e": ("elufast_f16", "elufast_f32_from_f16", "elufast_f16_from_f32"),
    "f": ("float", "", ""),
    "d": ("double", "", ""),
    "g": ("long double", "", ""),
}


def calls(row, code):
    """C that writes the results of a formula, with the defaults and with given parameters."""
    suffix, narrow = FORMULAS[code][0], TYPES[code][2]
    # A default is rounded to the type of the loop first.
    defaults = [repr(float(as_dtype(value, code))) for value in row.parameters.values()]
    lines = []
    for parameters in (defaults, row.parameters):
        arguments = ", ".join(["x" if name == "y" else name for name in row.data] + [*parameters])
        call = f"elufast_{row.name}_{suffix}({arguments})"
        if row.nout == 1:
            results = [call]
        else:
            lines.append(f"both = {call};")
            results = ["both.y", "both.dydx"]
        for result in results:
            lines.append(f"out = {narrow}({result}); fwrite(&out, sizeof out, 1, stdout);")
    return "\n".join(f"        {line}" for line in lines)


def program(code):
    """Reads grad, x, alpha and scale, and writes what every function makes of them, in binary."""
    suffix, c_type, before = FORMULAS[code]
    stored, widen, _ = TYPES[code]
    names = [*WIDEST.data, *WIDEST.parameters]
    read = "\n".join(f"        {c_type} {n} = {widen}(in[{k}]);" for k, n in enumerate(names))
    body = "\n".join(calls(row, code) for row in ROWS)
    return (
        f'{before}#include "elufast/activations.h"\n#include "elufast/half.h"\n'
        f"#include <stdio.h>\nint main(void) {{\n    {stored} in[{len(names)}], out;\n"
        f"    elufast_pair_{suffix} both;\n    while (fread(in, sizeof in, 1, stdin) == 1) {{\n"
        f"{read}\n{body}\n    }}\n    return 0;\n}}\n"
    )


def inputs(dtype):
    """grad, x, alpha and scale: all combinations of special ones, and ordinary x."""
    grid = full_grid(WIDEST, dtype)
    x = as_dtype(np.linspace(-40, 3, 2001), dtype)
    ordinary = [np.full_like(x, 0.7), x, np.full_like(x, 1.3), np.full_like(x, 0.9)]
    return [np.concatenate(pair) for pair in zip(grid, ordinary, strict=True)]


@pytest.fixture(params=LANGUAGES)
def compiler(request):
    name, flags = LANGUAGES[request.param]
    return [compiler_or_skip(name), *flags]


def test_compiled_alone_they_give_the_bits_of_the_ufuncs(compiler, dtype, tmp_path):
    source = tmp_path / "program"
    source.write_text(program(dtype.char))
    flags = ["-O2", "-Wall", "-Wextra", "-pedantic", "-Werror", *flags_for_the_bits_of_the_ufuncs()]
    binary = tmp_path / "a.out"
    include = ["-I", elufast.get_include(), "-o", str(binary)]
    subprocess.run([*compiler, *flags, *include, str(source), "-lm"], check=True)
    grad, x, alpha, scale = columns = inputs(dtype)
    given = {"grad": grad, "x": x, "y": x, "alpha": alpha, "scale": scale}
    records = np.stack(columns, axis=1)
    done = subprocess.run([str(binary)], input=records.tobytes(), capture_output=True, check=True)
    computed = iter(np.frombuffer(done.stdout, dtype).reshape(x.size, -1).T)
    for row in ROWS:
        for names in (row.data, [*row.data, *row.parameters]):
            with np.errstate(all="ignore"):
                expected = outputs(function(row)(*(given[name] for name in names)))
            assert_same_bits(tuple(next(computed) for _ in expected), expected)
    assert not list(computed)


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
