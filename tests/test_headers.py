"""The headers alone: C99 and C++17 take them without a warning, with the bits of the ufuncs."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import nvrtc
import pytest
from compilers import (
    compiler_or_skip,
    flags_for_the_bits_of_the_ufuncs,
    readme_example,
    wider_flags,
)
from support import as_dtype, assert_same_bits, full_grid, function, outputs

import elufast
from elufast._ufuncs import ROWS

# The row with the most inputs, whose grid holds those of all others.
(WIDEST,) = [row for row in ROWS if row.name == "selu_backward"]

# The compiler's own dialect is the one in which it would contract.
LANGUAGES = {
    "c": ("cc", ["-x", "c", "-O3", *wider_flags()]),
    "c99": ("cc", ["-x", "c", "-O2", "-std=c99"]),
    "c++17": ("c++", ["-x", "c++", "-O2", "-std=c++17"]),
}


@dataclass
class Type:
    """How a type is computed: the formulas' suffix, their type in C, and that of what is stored."""

    suffix: str
    computed: str
    stored: str
    before: str = ""
    widen: str = ""
    narrow: str = ""


def narrow_type(short, before):
    """A type of 16 bits, which is computed as float."""
    widen, narrow = f"elufast_f32_from_{short}", f"elufast_{short}_from_f32"
    return Type("f32", "float", f"elufast_{short}", before, widen, narrow)


# By NumPy's letters. What computes float16 are formulas that know what they are for.
TYPES = {
    "e": narrow_type("f16", '#define ELUFAST_FOR_HALF\n#include "elufast/half.h"\n'),
    "E": narrow_type("bf16", '#include "elufast/bfloat.h"\n'),
    "f": Type("f32", "float", "float"),
    "d": Type("f64", "double", "double"),
    "g": Type("ld", "long double", "long double"),
}


def calls(row, dtype):
    """C that writes the results of a formula, with the defaults and with given parameters."""
    kind = TYPES[dtype.char]
    # A default is rounded to the type of the loop first.
    defaults = [repr(float(as_dtype(value, dtype))) for value in row.parameters.values()]
    lines = []
    for parameters in (defaults, row.parameters):
        arguments = ", ".join(["x" if name == "y" else name for name in row.data] + [*parameters])
        results = [f"elufast_{row.name}_{kind.suffix}({arguments})"]
        if row.nout == 2:
            lines.append(f"both = {results[0]};")
            results = ["both.y", "both.dydx"]
        lines += [
            f"out = {kind.narrow}({result}); fwrite(&out, sizeof out, 1, stdout);"
            for result in results
        ]
    return "\n".join(f"        {line}" for line in lines)


def program(dtype):
    """Reads grad, x, alpha and scale, and writes what every function makes of them, in binary."""
    kind = TYPES[dtype.char]
    names = [*WIDEST.data, *WIDEST.parameters]
    read = "\n".join(
        f"        {kind.computed} {name} = {kind.widen}(in[{k}]);" for k, name in enumerate(names)
    )
    body = "\n".join(calls(row, dtype) for row in ROWS)
    return (
        f'{kind.before}#include "elufast/activations.h"\n#include <stdio.h>\nint main(void) {{\n'
        f"    {kind.stored} in[{len(names)}], out;\n    elufast_pair_{kind.suffix} both;\n"
        f"    while (fread(in, sizeof in, 1, stdin) == 1) {{\n{read}\n{body}\n    }}\n"
        "    return 0;\n}\n"
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
    source.write_text(program(dtype))
    flags = ["-Wall", "-Wextra", "-pedantic", "-Werror", *flags_for_the_bits_of_the_ufuncs()]
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


# Of both signs, beyond all that is ordinary, and what makes NaN of zeros and infinities.
LITERALS = ["1.5", "1.05", "0.25", "3e30", "0.", "-0.", "-1.5", "INFINITY", "-INFINITY", "NAN"]
POINTS = "0, -0., 1, -1, 0.5, -1e-30, -200, 1e30, INFINITY, -INFINITY, NAN"


@pytest.mark.parametrize("kind", [TYPES["f"], TYPES["d"], TYPES["g"]], ids=lambda k: k.suffix)
def test_parameters_that_the_compiler_sees_change_no_bit(kind, tmp_path):
    """What the defaults do not need is left out, and only where these do not need it either."""
    compiler, real = compiler_or_skip("cc"), kind.computed
    calls = "\n".join(
        f"        show(elufast_selu_{kind.suffix}(points[i], GIVEN({alpha}), GIVEN({scale})));"
        for alpha in LITERALS
        for scale in LITERALS
    )
    source, program = tmp_path / "literals.c", tmp_path / "literals"
    source.write_text(
        f"""#include <math.h>
#include <stdio.h>
#include "elufast/activations.h"
#ifdef ELUFAST_ALL_LITERALS
#define GIVEN(value) value
#else
static {real} GIVEN({real} value) {{
    volatile {real} given = value;
    return given;
}}
#endif
static void show({real} result) {{
    if (isnan(result)) puts("nan");
    else printf("%La\\n", (long double)result);
}}
int main(void) {{
    static const {real} points[] = {{{POINTS}}};
    for (unsigned i = 0; i < sizeof points / sizeof *points; i++) {{
{calls}
    }}
    return 0;
}}
"""
    )
    printed = []
    for define in ("-DGIVEN_AT_RUN_TIME", "-DELUFAST_ALL_LITERALS"):
        flags = [define, *flags_for_the_bits_of_the_ufuncs(), f"-I{elufast.get_include()}"]
        subprocess.run([compiler, "-O1", *flags, source, "-lm", "-o", program], check=True)
        printed.append(subprocess.run([program], capture_output=True, check=True).stdout.split())
    assert len(printed[0]) == len(POINTS.split(",")) * len(LITERALS) ** 2
    assert printed[0] == printed[1]


def test_the_example_of_the_readme_prints_what_stands_there(tmp_path):
    source, binary = tmp_path / "example.c", tmp_path / "example"
    source.write_text(readme_example("c"))
    command = [compiler_or_skip("cc"), "-O3", *flags_for_the_bits_of_the_ufuncs()]
    command += ["-I", elufast.get_include(), str(source), "-o", str(binary), "-lm"]
    subprocess.run(command, check=True)
    done = subprocess.run([str(binary)], capture_output=True, text=True, check=True)
    assert done.stdout == readme_example("text", "-0.864664733")


def test_the_include_folder_holds_the_list_and_the_formulas():
    folder = Path(elufast.get_include(), "elufast")
    names = {path.name for path in folder.iterdir()}
    assert {"activations.h", "activations.inc", "functions.inc", "expm1.h", "config.h"} <= names
    for row in ROWS:
        assert f"ELUFAST_FUNCTION({row.name}, " in (folder / "functions.inc").read_text()


def test_nvrtc_compiles_every_formula():
    body = ""
    for suffix in ("f32", "f64"):
        for row in ROWS:
            arguments = ", ".join(["x"] * len(row.data) + [*map(repr, row.parameters.values())])
            output = "" if row.nout == 1 else ".dydx"
            body += f"*y++ = elufast_{row.name}_{suffix}({arguments}){output};"
    source = (
        '#include "elufast/activations.h"\n#include "elufast/half.h"\n'
        f'extern "C" __global__ void f(double x, double *y) {{ {body} }}\n'
    )
    nvrtc.ptx(source, "sm_80", ["--fmad=false", f"-I{elufast.get_include()}"])
