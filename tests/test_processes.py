"""Threads and other processes: nothing hangs after fork, and rounding modes reach the workers."""

import ctypes
import os
import platform
import subprocess
import sysconfig

import numpy as np
import pytest
from support import assert_same_bits
from test_threads import needs_openmp, run

import elufast

pytestmark = [
    needs_openmp,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
]

PARALLEL = """
    import os, sys, threading, warnings
    import numpy as np, elufast
    warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads is the point
    x = np.linspace(-5, 5, 1_000_000, dtype=np.float32)
    elufast.set_num_threads(3)
    expected = elufast.elu(x)

    def child():
        ok = elufast.get_num_threads() == 3 and (elufast.elu(x) == expected).all()
        elufast.set_num_threads(2)
        ok = ok and (elufast.elu(x) == expected).all()
        os._exit(0 if ok else 1)

    def fork(then=child):
        pid = os.fork()
        if pid == 0:
            then()
        status = os.waitpid(pid, 0)[1]
        assert status == 0, status
        assert (elufast.elu(x) == expected).all()
"""


def test_fork_after_a_parallel_call():
    assert run(PARALLEL + "\n    fork(); fork(); print('done')") == "done"


def test_fork_before_any_parallel_call():
    code = PARALLEL.replace(
        "expected = elufast.elu(x)", "expected = np.where(x > 0, x, np.expm1(x))"
    )
    code = code.replace("== expected).all()", "- expected < 1e-6).all()")
    assert run(code + "\n    fork(); print('done')") == "done"


def test_fork_of_a_fork():
    code = (
        PARALLEL
        + """
    def grandparent():
        fork()
        child()

    fork(grandparent)
    print('done')
    """
    )
    assert run(code) == "done"


def test_fork_from_a_thread():
    code = (
        PARALLEL
        + """
    errors = []

    def work():
        try:
            for _ in range(3):
                elufast.elu(x)
                fork()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    print(errors or 'done')
    """
    )
    assert run(code) == "done"


def test_fork_while_another_thread_computes():
    code = (
        PARALLEL
        + """
    stop = threading.Event()

    def work():
        while not stop.is_set():
            elufast.elu(x)

    thread = threading.Thread(target=work)
    thread.start()
    for _ in range(10):
        fork()
    stop.set()
    thread.join()
    print('done')
    """
    )
    assert run(code) == "done"


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(method, tmp_path):
    """A pool whose workers make parallel calls, made after the parent did."""
    script = tmp_path / "pool.py"
    script.write_text(
        "import multiprocessing, numpy as np, elufast\n"
        "def work(seed):\n"
        "    x = np.linspace(-5, seed, 1_000_000, dtype=np.float32)\n"
        "    return float(elufast.elu(x).sum(dtype=float))\n"
        "if __name__ == '__main__':\n"
        "    elufast.set_num_threads(2)\n"
        "    expected = list(map(work, range(4)))\n"
        f"    with multiprocessing.get_context({method!r}).Pool(2) as pool:\n"
        "        assert pool.map(work, range(4)) == expected\n"
        "    print('done')\n"
    )
    code = f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')"
    if method != "fork":  # those start from the script's path
        code = (
            f"import subprocess, sys; subprocess.run([sys.executable, {str(script)!r}], check=True)"
        )
    assert run(code) == "done"


MXCSR_SOURCE = """
#include <xmmintrin.h>
unsigned get_mxcsr(void) { return _mm_getcsr(); }
void set_mxcsr(unsigned value) { _mm_setcsr(value); }
"""


@pytest.fixture(scope="module")
def mxcsr(tmp_path_factory):
    """Functions to read and set the SSE control register."""
    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("MXCSR belongs to x86-64")
    folder = tmp_path_factory.mktemp("mxcsr")
    source, library = folder / "mxcsr.c", folder / "mxcsr.so"
    source.write_text(MXCSR_SOURCE)
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    try:
        command = [compiler, "-shared", "-fPIC", "-o", library, source]
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no C compiler: {error}")
    return ctypes.CDLL(str(library))


FLUSH = 0x8040  # flush to zero, and denormals are zero


@pytest.fixture
def flushing(mxcsr):
    """On, in this thread; the workers are there already, for new ones would inherit it."""
    elufast.set_num_threads(3)
    elufast.elu(np.ones(400_001, np.float32))
    before = mxcsr.get_mxcsr()
    mxcsr.set_mxcsr(before | FLUSH)
    yield
    mxcsr.set_mxcsr(before)


def subnormals(dtype, sign):
    """Three times the smallest one, made of bits: under flushing, arithmetic would give 0."""
    bits = np.dtype(f"u{np.dtype(dtype).itemsize}").type(3)
    x = np.full(400_001, bits).view(dtype)
    return np.copysign(x, dtype(sign))


def bits_below_the_sign(x):
    """Comparisons of numbers would take subnormals for 0 under flushing."""
    return np.abs(x).view(f"u{x.itemsize}")


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_workers_follow_the_callers_flush_to_zero(dtype, sign, flushing, mxcsr):
    """Whatever the caller's thread makes of subnormals, every other thread makes of them too."""
    x = subnormals(dtype, sign)
    assert (bits_below_the_sign(x) == 3).all()
    for f in (elufast.selu, lambda x: elufast.elu(x, 2.0), lambda x: elufast.elu_backward(x, -x)):
        elufast.set_num_threads(3)
        together = f(x)
        for count in (2, 1):
            elufast.set_num_threads(count)
            assert_same_bits(f(x), together)
    assert (bits_below_the_sign(elufast.selu(x)) == 0).all()  # it does flush
    assert mxcsr.get_mxcsr() & FLUSH == FLUSH


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_workers_stop_flushing_with_the_caller(dtype, mxcsr):
    """Workers that followed a flushing caller keep subnormals for the next caller."""
    x = subnormals(dtype, -1)
    elufast.set_num_threads(3)
    before = mxcsr.get_mxcsr()
    mxcsr.set_mxcsr(before | FLUSH)
    flushed = elufast.elu(x, 2.0)
    mxcsr.set_mxcsr(before)
    assert (flushed == 0).all()
    assert_same_bits(elufast.elu(x, 2.0), x * 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_control_register_is_left_alone(dtype, mxcsr):
    before = mxcsr.get_mxcsr() & 0xFFC0  # without the flags
    elufast.elu(np.linspace(-700, 700, 400_001, dtype=dtype))
    assert mxcsr.get_mxcsr() & 0xFFC0 == before
