"""A Cython module that cimports the formulas: all of them declared, with the bits of the ufuncs."""

import ast
import importlib.util
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from compilers import (
    EXACT,
    compiler_or_skip,
    flags_for_the_bits_of_the_ufuncs,
    readme_example,
)
from support import BFLOAT16, assert_same_bits, full_grid, function

import elufast
from elufast._ufuncs import ROWS

PACKAGE = Path(elufast.__file__).parent
TYPES = {
    "f32": ("float", np.float32),
    "f64": ("double", np.float64),
    "ld": ("long double", np.longdouble),
}

HEAD = """
# cython: language_level=3, boundscheck=False, wraparound=False
from cython.parallel cimport prange
cimport elufast
from elufast cimport elu_f32

def elu_in_threads(const float[::1] x, float alpha, float[::1] y):
    cdef Py_ssize_t i
    for i in prange(x.shape[0], nogil=True):
        y[i] = elu_f32(x[i], alpha)
"""

CONVERSIONS = """
def from_TYPE(const elufast.TYPE[::1] narrow, float[::1] y):
    cdef Py_ssize_t i
    with nogil:
        for i in range(narrow.shape[0]):
            y[i] = elufast.f32_from_TYPE(narrow[i])

def to_TYPE(const float[::1] x, elufast.TYPE[::1] narrow):
    cdef Py_ssize_t i
    with nogil:
        for i in range(x.shape[0]):
            narrow[i] = elufast.TYPE_from_f32(x[i])
"""

SETUP = """
import elufast
from Cython.Build import cythonize
from setuptools import Extension, setup

module = Extension(
    "uses_elufast",
    ["uses_elufast.pyx"],
    include_dirs=[elufast.get_include()],
    extra_compile_args=FLAGS,
    extra_link_args=LINK,
)
setup(ext_modules=cythonize([module]))
"""


def loop(row, suffix):
    """A loop over one formula, in Cython."""
    c_type = TYPES[suffix][0]
    inputs = [*row.data, *row.parameters]
    outputs = ["first"] if row.nout == 1 else ["first", "second"]
    arguments = ", ".join(
        [f"const {c_type}[::1] {name}" for name in inputs]
        + [f"{c_type}[::1] {name}" for name in outputs]
    )
    call = f"elufast.{row.name}_{suffix}({', '.join(f'{name}[i]' for name in inputs)})"
    if row.nout == 1:
        variable, body = "", f"first[i] = {call}"
    else:
        variable = f"    cdef elufast.pair_{suffix} both\n"
        body = f"both = {call}\n            first[i] = both.y\n            second[i] = both.dydx"
    return (
        f"\ndef map_{row.name}_{suffix}({arguments}):\n    cdef Py_ssize_t i\n{variable}"
        f"    with nogil:\n        for i in range(first.shape[0]):\n            {body}\n"
    )


def told_where(setup):
    """A setup.py that names the .pxd's folder to Cython, if this is an editable install.

    Cython searches sys.path, where that is not. After a plain install it must find it by itself.
    """
    if PACKAGE.parent == Path(sysconfig.get_path("platlib")):
        return setup
    told = setup.replace(
        "cythonize([module]", f"cythonize([module], include_path={[str(PACKAGE.parent)]}"
    )
    assert told != setup
    return told


def built(name, pyx, setup, folder):
    """The module of a .pyx, built in a folder by a setup.py of its own, if the tools are here."""
    compiler_or_skip("cc")
    for tool in ("Cython", "setuptools"):
        if importlib.util.find_spec(tool) is None:
            pytest.skip(f"no {tool} in this environment")
    (folder / f"{name}.pyx").write_text(pyx)
    (folder / "setup.py").write_text(told_where(setup))
    done = subprocess.run(
        [sys.executable, "-P", "setup.py", "-q", "build_ext", "--inplace"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (binary,) = folder.glob(f"{name}.*.so")
    spec = importlib.util.spec_from_file_location(name, binary)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    """The module of all loops."""
    loops = "".join(loop(row, suffix) for suffix in TYPES for row in ROWS)
    has_openmp = not elufast.show_config("dict")["openmp"].startswith("not built in")
    openmp = ["-fopenmp"] if has_openmp else []
    setup = SETUP.replace("FLAGS", repr(["-O2", *flags_for_the_bits_of_the_ufuncs(), *openmp]))
    setup = setup.replace("LINK", repr(openmp))
    loops += "".join(CONVERSIONS.replace("TYPE", name) for name in ("f16", "bf16"))
    return built("uses_elufast", HEAD + loops, setup, tmp_path_factory.mktemp("cython"))


@pytest.mark.parametrize("suffix", TYPES)
def test_every_formula_gives_the_bits_of_the_ufunc(module, row, suffix):
    inputs = full_grid(row, TYPES[suffix][1])
    results = tuple(np.empty_like(inputs[0]) for _ in range(row.nout))
    getattr(module, f"map_{row.name}_{suffix}")(*inputs, *results)
    with np.errstate(all="ignore"):
        assert_same_bits(results, function(row)(*inputs))


def test_a_formula_runs_in_several_threads(module, rng):
    x = rng.normal(size=100_003).astype(np.float32)
    y = np.empty_like(x)
    module.elu_in_threads(x, 0.7, y)
    assert_same_bits(y, elufast.elu(x, 0.7))


@pytest.mark.parametrize(("name", "dtype"), [("f16", np.dtype("e")), ("bf16", BFLOAT16)])
def test_narrow_types_are_converted_as_their_arrays_are(module, name, dtype):
    widen, narrow = getattr(module, f"from_{name}"), getattr(module, f"to_{name}")
    numbers = np.arange(2**16).astype(np.uint16)
    x = np.empty(numbers.size, np.float32)
    widen(numbers, x)
    back = np.empty_like(numbers)
    with np.errstate(all="ignore"):
        assert_same_bits(x, numbers.view(dtype).astype(np.float32))
        # The same numbers, and just beside the ties between two of them.
        above = (numbers + np.uint16(1)).view(dtype).astype(np.float32)
        ties = x + (above - x) / 2
        for values in (x, ties, np.nextafter(ties, 0), np.nextafter(ties, np.inf)):
            values = values.astype(np.float32)
            narrow(values, back)
            assert_same_bits(back.view(dtype), values.astype(dtype))


def test_the_example_of_the_readme_has_the_bits_of_the_ufunc(tmp_path, rng):
    setup = readme_example("python", "cythonize")
    flags = re.search(r"extra_compile_args=(\[.*?\])", setup)[1]
    assert ast.literal_eval(flags) == ["-O3", *EXACT, "-mfma"]
    setup = setup.replace(flags, repr(["-O3", *flags_for_the_bits_of_the_ufuncs()]))
    mine = built("mine", readme_example("cython"), setup, tmp_path)
    x = rng.normal(scale=3, size=10_001).astype(np.float32)
    y = np.empty_like(x)
    mine.elu(x, 0.7, y)
    assert_same_bits(y, elufast.elu(x, 0.7))


def declared():
    """C name -> result, Cython name and arguments of every function in the .pxd."""
    text = " ".join((PACKAGE / "__init__.pxd").read_text().split())
    found = re.findall(
        r'(float|double|long double|pair_\w+) (\w+) "(elufast_\w+)"\( ?([^)]*?) ?\) noexcept', text
    )
    return {c_name: (result, name, arguments) for result, name, c_name, arguments in found}


@pytest.mark.parametrize("suffix", TYPES)
def test_the_pxd_declares_every_row(suffix):
    c_type = TYPES[suffix][0]
    expected = {
        f"elufast_{row.name}_{suffix}": (
            c_type if row.nout == 1 else f"pair_{suffix}",
            f"{row.name}_{suffix}",
            ", ".join(f"{c_type} {name}" for name in (*row.data, *row.parameters)),
        )
        for row in ROWS
    }
    assert {name: line for name, line in declared().items() if name.endswith(suffix)} == expected
