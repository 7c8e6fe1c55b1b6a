"""Every instruction set that was built gives right values, and those with fma the same bits."""

import os
import platform
import subprocess
import sys

import numpy as np
import pytest
from support import (
    DTYPES,
    as_dtype,
    assert_same_bits,
    at,
    bit_patterns,
    full_grid,
    function,
    outputs,
)
from truth import assert_accepted

import elufast
from elufast._ufuncs import ROWS

BUILT = elufast.show_config(mode="dict")["instruction_sets_built"]
TYPES = [dtype for dtype in DTYPES if dtype != np.longdouble]  # that one is libm's
TESTS = os.path.dirname(__file__)  # noqa: PTH120

# Runs in a new process, for the choice is made at import.
SCRIPT = f"""
import sys
sys.path.insert(0, {TESTS!r})
import numpy, test_instruction_sets as t
numpy.savez(sys.argv[1], **t.results())
"""


def inputs_of(row, dtype):
    """The grid of special values, and ordinary ones with a parameter each."""
    rng = np.random.default_rng(4)
    grid = full_grid(row, dtype)
    size = 3001
    plain = [rng.normal(size=size) * 2.0 ** rng.integers(-8, 7, size) for _ in row.data]
    plain += [rng.uniform(0.2, 3, size) for _ in row.parameters]
    return [np.append(a, as_dtype(b, dtype)) for a, b in zip(grid, plain, strict=True)]


FORMS = {"": None, "-defaults": [], "-ordinary": [0.7, 1.3], "-others": [3e-4, 600.0]}
"""Of parameters: an array of each, or these numbers."""


def outputs_of_arrays_that_begin_alike(row, data):
    """All of them as far after a line of the cache: some loops go to the next one first."""
    data = [at(24, x)[0] for x in data]
    out = tuple(at(24, data[0])[0] for _ in range(row.nout))
    with np.errstate(all="ignore"):
        return outputs(function(row)(*data, out=out))


def results():
    found = {"used": np.array(elufast.show_config(mode="dict")["instruction_set"])}
    for row in ROWS:
        for dtype in TYPES:
            given, count = inputs_of(row, dtype), len(row.data)
            for form, numbers in FORMS.items():
                of_form = given[count:] if numbers is None else numbers[: len(row.parameters)]
                with np.errstate(all="ignore"):
                    parts = outputs(function(row)(*given[:count], *of_form))
                key = f"{row.name}-{dtype}{form}"
                found[key] = np.stack([bit_patterns(part) for part in parts])
            alike = outputs_of_arrays_that_begin_alike(row, given[:count])
            found[f"{row.name}-{dtype}-alike"] = np.stack([bit_patterns(x) for x in alike])
    return found


@pytest.fixture(scope="module")
def computed(tmp_path_factory):
    """The results of every instruction set that this machine has, by name."""
    folder, found = tmp_path_factory.mktemp("results"), {}
    for name in BUILT:
        path = folder / f"{name}.npz"
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, path],
            env=os.environ | {"ELUFAST_ISA": name},
            capture_output=True,
            text=True,
            check=False,
        )
        if "ImportError: ELUFAST_ISA" in done.stderr:
            continue  # built, but this processor lacks it
        assert done.returncode == 0, done.stderr
        with np.load(path) as file:
            found[name] = dict(file)
        assert found[name]["used"] == name
    return found


@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_values(row, dtype, computed):
    inputs = inputs_of(row, dtype)
    assert BUILT[-1] in computed  # the one that runs on every machine of this kind
    for found in computed.values():
        assert_accepted(row, dtype, inputs, tuple(found[f"{row.name}-{dtype}"].view(dtype)))


@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_same_bits_with_fma(row, dtype, computed):
    found = [parts for name, parts in computed.items() if name != "baseline"]
    for form in FORMS:
        first, *others = [parts[f"{row.name}-{dtype}{form}"].view(dtype) for parts in found]
        for other in others:
            assert_same_bits(other, first)


@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_arrays_that_begin_alike(row, dtype, computed):
    for found in computed.values():
        alike, defaults = (found[f"{row.name}-{dtype}-{form}"] for form in ("alike", "defaults"))
        assert_same_bits(alike.view(dtype), defaults.view(dtype))


@pytest.mark.parametrize("name", ["abacus", "avx2" if "neon" in BUILT else "neon"])
def test_error_names_those_that_there_are(name):
    done = subprocess.run(
        [sys.executable, "-c", "import elufast"],
        env=os.environ | {"ELUFAST_ISA": name},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    message = done.stderr.splitlines()[-1]
    assert message.startswith(f"ImportError: ELUFAST_ISA='{name}' is not an instruction set that")
    usable = message.partition("choose one of ")[2].split(", ")
    assert usable == [each for each in BUILT if each in usable]
    assert usable[-1] == BUILT[-1]


def test_name_of_the_last_one():
    """NEON belongs to every 64-bit ARM processor; elsewhere the baseline has no other name."""
    is_arm = platform.machine().lower() in ("aarch64", "arm64")
    assert BUILT[-1] == ("neon" if is_arm else "baseline")
