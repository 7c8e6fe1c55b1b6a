"""What an installed distribution brings along, and that importing it costs next to nothing."""

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

import elufast


@pytest.fixture(scope="module")
def files():
    try:
        listed = importlib.metadata.files("elufast")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("elufast is imported from a source tree, not installed")
    if not any(path.name == "_config.py" for path in listed):
        pytest.skip("an editable install: its files are those of the source tree")
    return {str(path) for path in listed}


def test_complete(files):
    package = {
        "py.typed", "__init__.pyi", "__init__.pxd", "_ufuncs.pyi", "_reference.py", "__main__.py",
        "include/elufast/activations.h", "include/elufast/activations.inc",
        "include/elufast/functions.inc", "include/elufast/expm1.h", "include/elufast/config.h",
        "include/elufast/real.h", "include/elufast/real.inc", "include/elufast/real_ld.h",
        "include/elufast/reduce_f32.inc", "include/elufast/reduce_f64.inc",
        "include/elufast/elu.inc", "include/elufast/selu.inc", "include/elufast/celu.inc",
        "include/elufast/half.h", "include/elufast/bfloat.h",
        "_torch_node.cpp", "_row_calls.h",
    }  # fmt: skip
    assert {f"elufast/{name}" for name in package} <= files
    assert any(name.endswith("LICENSE") for name in files)


def test_no_build_inputs(files):
    """Sources of the extension belong to the sdist, not to the wheel."""
    assert not [name for name in files if name.endswith((".c", ".pyx"))]
    assert not [name for name in files if name.startswith(("tests", "benchmarks"))]


def test_get_include_is_where_this_install_has_the_headers():
    """In the package, or in the sources of an editable install; test_headers.py compiles them."""
    try:
        stated = importlib.metadata.distribution("elufast").read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("elufast is imported from a source tree, not installed")
    origin = json.loads(stated or "{}")  # installed from an index, it has no such file
    folder = Path(elufast.__file__).parent
    if origin.get("dir_info", {}).get("editable"):
        folder = Path(url2pathname(urlsplit(origin["url"]).path))
    assert Path(elufast.get_include()).samefile(folder / "include")
    assert (folder / "include" / "elufast" / "activations.h").exists()


def test_version_is_stated_once():
    try:
        version = importlib.metadata.version("elufast")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("elufast is imported from a source tree, not installed")
    assert version == elufast.__version__


def test_import_brings_in_nothing_but_numpy():
    """Beyond NumPy, the package itself, and inspect with its own imports (for the signatures)."""
    code = (
        "import inspect, numpy, sys; before = set(sys.modules); import elufast; "
        "print(*sorted(set(sys.modules) - before))"
    )
    command = [sys.executable, "-P", "-c", code]
    environment = {"PYTHONPATH": str(Path(elufast.__file__).parents[1])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    imported = {name.split(".")[0] for name in done.stdout.split()}
    assert {name for name in imported if "cython" not in name} - {"__future__"} == {"elufast"}
