"""What wheels are built of and for: cibuildwheel's settings, and what the module says of itself."""

import os
import re
import subprocess
import sys
import sysconfig

import pytest
from support import REPOSITORY

PYTHONS = {"cp311", "cp312", "cp313", "cp314", "cp314t"}
SYSTEMS = {
    "linux": ("x86_64,aarch64", {f"{libc}linux_{machine}" for libc in ("many", "musl")
                                 for machine in ("x86_64", "aarch64")}),
    "macos": ("x86_64,arm64", {"macosx_x86_64", "macosx_arm64"}),
    "windows": ("AMD64", {"win_amd64"}),
}  # fmt: skip


@pytest.mark.parametrize("system", SYSTEMS)
def test_cibuildwheel_takes_the_settings(system):
    """It knows every key, and builds for what it is to build for, and for no later Python yet."""
    pytest.importorskip("cibuildwheel")
    machines, platforms = SYSTEMS[system]
    if not (REPOSITORY / "setup.py").exists():
        pytest.skip("not in the source tree")
    command = [sys.executable, "-m", "cibuildwheel", "--print-build-identifiers"]
    done = subprocess.run(
        [*command, "--platform", system, "--archs", machines, str(REPOSITORY)],
        env={key: value for key, value in os.environ.items() if not key.startswith("CIBW_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == {
        f"{python}-{platform}" for python in PYTHONS for platform in platforms
    }


def test_module_needs_no_lock_of_the_interpreter(tmp_path):
    """As the generated C says it; only a free-threaded Python asks."""
    pytest.importorskip("Cython")
    source = REPOSITORY / "elufast" / "_ufuncs.pyx"
    if not source.exists():
        pytest.skip("not in the source tree")
    target = tmp_path / "_ufuncs.c"
    subprocess.run([sys.executable, "-m", "cython", source, "-o", target], check=True)
    text = target.read_text()
    assert "{Py_mod_gil, __Pyx_FREETHREADING_COMPATIBLE}," in text
    # The first two stand under a macro that only a builder's flags define.
    says = re.findall(r"^#define __Pyx_FREETHREADING_COMPATIBLE (\w+)$", text, re.M)
    assert says[2:] == ["Py_MOD_GIL_NOT_USED"]


@pytest.mark.skipif(
    not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="not a free-threaded Python"
)
def test_import_leaves_the_lock_off():
    code = (
        "import sys, numpy; off = not sys._is_gil_enabled(); import elufast; "
        "print(off, sys._is_gil_enabled())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
