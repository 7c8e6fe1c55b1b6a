"""OpenMP libraries that other packages bring along: shared, or older than ours."""

import os
import shutil
import subprocess

import pytest
from test_threads import needs_openmp, run

import elufast

pytestmark = [needs_openmp, pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")]

# As libgomp was before OpenMP 5.0: it has no omp_pause_resource_all. The work is done by a copy of
# today's libgomp, a library of its own.
OLD_LIBRARY = """
#include <dlfcn.h>
static void *find(const char *name) {
    static void *copy;
    if (!copy) copy = dlopen(COPY, RTLD_NOW | RTLD_LOCAL);
    return dlsym(copy, name);
}
void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags) {
    ((void (*)(void (*)(void *), void *, unsigned, unsigned))find("GOMP_parallel"))(
        body, data, threads, flags);
}
int omp_get_thread_num(void) { return ((int (*)(void))find("omp_get_thread_num"))(); }
int omp_get_num_threads(void) { return ((int (*)(void))find("omp_get_num_threads"))(); }
int omp_in_parallel(void) { return ((int (*)(void))find("omp_in_parallel"))(); }
"""
OLD_VERSIONS = (
    "OMP_1.0 { global: omp_*; local: *; };\n"
    "GOMP_1.0 { }; GOMP_4.0 { global: GOMP_parallel; } GOMP_1.0;\n"
)


@pytest.fixture(params=["libgomp-of-another-wheel.so.1", "libgomp.so.1"])
def old_library(request, tmp_path):
    """Its path; it is called like the usual one, or otherwise, as in a repaired wheel."""
    runtimes = elufast.show_config("dict")["openmp_runtimes"]
    ours = next((path for path in runtimes if "libgomp" in path), None)
    if ours is None or shutil.which("gcc") is None:
        pytest.skip("needs gcc and its libgomp")
    copy, source = tmp_path / "libgomp.so.9", tmp_path / "old.c"
    with open(ours, "rb") as file:  # noqa: PTH123 (a path of the system)
        copy.write_bytes(file.read().replace(b"libgomp.so.1\0", b"libgomp.so.9\0"))
    source.write_text(OLD_LIBRARY)
    versions = tmp_path / "versions"
    versions.write_text(OLD_VERSIONS)
    library = tmp_path / request.param
    options = [
        f'-DCOPY="{copy}"',
        f"-Wl,-soname,{request.param}",
        f"-Wl,--version-script={versions}",
    ]
    command = ["gcc", "-shared", "-fPIC", *options, "-o", library, source, "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    return library


def test_fork_under_a_library_that_cannot_release_its_threads(old_library):
    """The child computes by itself, for the threads of the parent's pool are not there."""
    code = f"""
        import ctypes, os
        import numpy as np
        ctypes.CDLL({str(old_library)!r}, os.RTLD_GLOBAL | os.RTLD_NOW)
        import elufast
        elufast.set_num_threads(2)
        x = np.linspace(-5, 5, 1_000_000, dtype=np.float32)
        expected = elufast.elu(x)
        assert any("libgomp.so.9" in line for line in open("/proc/self/maps"))  # it is in use
        pid = os.fork()
        if pid == 0:
            ok = (elufast.elu(x) == expected).all() and elufast.get_num_threads() == 1
            os._exit(0 if ok else 1)
        assert os.waitpid(pid, 0)[1] == 0
        assert elufast.get_num_threads() == 2
        assert (elufast.elu(x) == expected).all()
        print("done")
    """
    if not os.path.exists("/proc/self/maps"):  # noqa: PTH110
        pytest.skip("no /proc here")
    assert run(code, timeout=30) == "done"


ORDERS = {
    "elufast first": "import elufast, torch",
    "torch first": "import torch, elufast",
    "elufast at work first": "import elufast; elufast.set_num_threads(2); elufast.elu(x)\n"
    "import torch",
    "torch at work first": "import torch; torch.set_num_threads(2); torch.from_numpy(x).exp()\n"
    "import elufast",
}


@pytest.mark.parametrize("order", ORDERS)
def test_together_with_torch(order):
    """One libgomp, whoever brought it: one pool of threads, which is released before a fork.

    With two, calls in turn wait for each other's idle threads, a hundred times as long.
    """
    pytest.importorskip("torch")
    code = f"""
import os
import numpy as np
x = np.linspace(-5, 5, 1_000_000, dtype=np.float32)
{ORDERS[order]}
torch.set_num_threads(2)
elufast.set_num_threads(2)

def compute():
    return elufast.elu(x), torch.from_numpy(x).exp().numpy()

expected = compute()

def is_same():
    return all((a == b).all() for a, b in zip(compute(), expected, strict=True))

def fork(then):
    pid = os.fork()
    if pid == 0:
        os._exit(0 if then() else 1)
    assert os.waitpid(pid, 0)[1] == 0
    return True

fork(is_same)
fork(lambda: is_same() and fork(is_same))
assert is_same() and elufast.get_num_threads() == torch.get_num_threads() == 2
elufast.set_num_threads(1)
assert torch.get_num_threads() == 2
torch.set_num_threads(1)
elufast.set_num_threads(2)
assert elufast.get_num_threads() == 2
names = {{os.path.basename(path) for path in elufast.show_config("dict")["openmp_runtimes"]}}
print(sorted(name for name in names if "gomp" in name))
"""
    output = run(code)
    assert output.startswith("['libgomp.so.1")
    assert output.count("libgomp") == 1
