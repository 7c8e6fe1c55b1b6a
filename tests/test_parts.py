"""A long loop is dealt out in parts: all of it is computed, once, and in the caller's modes."""

import contextlib
import ctypes
import ctypes.util
import itertools
import platform
import subprocess
import sys
import time

import numpy as np
import pytest
from compilers import compiler_or_skip
from support import assert_same_bits, long_size, same_bits
from test_threads import needs_openmp, run

import elufast
from elufast import _ufuncs

pytestmark = needs_openmp

UPWARD = {"x86_64": 0x800, "AMD64": 0x800, "aarch64": 0x400000, "arm64": 0x400000}
# Of a subnormal result, and of a subnormal operand, to 0.
FLUSH = 0x8040


@pytest.fixture(params=["team", "pool"])
def kind(request):
    """Threads of the team, woken by each loop, or those that OpenMP has for everybody."""
    before = _ufuncs.get_tuning()
    _ufuncs.set_tuning(**{**before, "parts_to_wake": 1})
    did_share = _ufuncs.share_pool(request.param == "pool")
    yield request.param
    _ufuncs.share_pool(did_share)
    _ufuncs.set_tuning(**before)


@pytest.fixture(params=[0, 10**9], ids=["chunks", "whole"])
def eager(request, kind):
    """Threads for a few lines of the cache, which take their parts in chunks or in one piece."""
    before = _ufuncs.get_tuning()
    _ufuncs.set_tuning(**{**before, "thread_work": 1.0, "whole_part": request.param})
    yield
    _ufuncs.set_tuning(**before)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("count", [2, 3, 7, 70])
def test_every_element_is_computed_once(count, rng, kind):
    """In place: what is computed twice differs. An array of alpha lets short calls come here."""
    errands, latest = _ufuncs.errands_run(), time.monotonic() + 30
    sizes = [*range(12, 36), 63, 64, 65, 250, 1000, 4099]
    for size, offset in itertools.product(sizes, (0, 1, 15)):
        x = rng.normal(size=size + offset).astype(np.float32)[offset:] * 3
        alpha = np.full_like(x, 0.75)
        elufast.set_num_threads(1)
        expected = elufast.elu(x, alpha)
        elufast.set_num_threads(count)
        _ufuncs.threads_in_use()
        turns = 5  # threads come in another order each time
        while turns > 0:
            given = np.concatenate([np.zeros(offset, np.float32), x])[offset:]
            elufast.elu(given, alpha, out=given)
            assert_same_bits(given, expected)
            turns -= 1
            if size == max(sizes) and helps(kind) and time.monotonic() < latest:
                turns += _ufuncs.errands_run() == errands  # a busy machine lets nobody help
        assert _ufuncs.threads_in_use()[1] > 1
    assert (_ufuncs.errands_run() > errands) == helps(kind)


def helps(kind):
    return kind == "team" and sys.platform == "linux"


@pytest.mark.usefixtures("kind")
@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("dtype", "efd")
def test_flags_come_from_every_part(count, dtype):
    """Of contiguous arrays alone, whose calls do not go through NumPy, which would look at them."""
    elufast.set_num_threads(count)
    size = long_size(np.dtype(dtype))
    for place in range(0, size, size // 7):
        x = np.full(size, -0.5, dtype)
        x[place] = np.finfo(dtype).max
        with pytest.raises(FloatingPointError, match="overflow encountered in selu"):
            call_strictly(elufast.selu, x, out=np.empty_like(x))
        call_strictly(elufast.selu, np.full(size, -0.5, dtype))


def call_strictly(function, *args, **keywords):
    with np.errstate(all="raise", under="ignore"):
        return function(*args, **keywords)


# ---- the caller's modes ------------------------------------------------------------------------


def c_library():
    name = ctypes.util.find_library("m")
    return ctypes.CDLL(name) if name else pytest.skip("no library of mathematics here")


@contextlib.contextmanager
def rounding_upward():
    library, mode = c_library(), UPWARD.get(platform.machine())
    if mode is None:
        pytest.skip("what upward is called here is not known")
    before = library.fegetround()
    assert library.fesetround(mode) == 0
    try:
        yield
    finally:
        library.fesetround(before)


@contextlib.contextmanager
def flushing():
    """Of glibc's fenv_t the last word is MXCSR."""
    if platform.machine() != "x86_64" or platform.libc_ver()[0] != "glibc":
        pytest.skip("where the mode is kept here is not known")
    library, words = c_library(), (ctypes.c_uint32 * 8)()
    library.fegetenv(words)
    before = words[7]
    words[7] |= FLUSH
    library.fesetenv(words)
    try:
        yield
    finally:
        words[7] = before
        library.fesetenv(words)


@pytest.mark.usefixtures("kind")
@pytest.mark.parametrize("dtype", "fdg")
@pytest.mark.parametrize("count", [2, 3])
def test_workers_round_as_the_caller_does(count, dtype):
    x = np.linspace(-3, 0, long_size(np.dtype(dtype))).astype(dtype)
    nearest, upward, shared = np.empty_like(x), np.empty_like(x), np.empty_like(x)
    elufast.set_num_threads(1)
    elufast.elu(x, out=nearest)
    with rounding_upward():
        elufast.elu(x, out=upward)
        elufast.set_num_threads(count)
        elufast.elu(x, out=shared)
    assert_same_bits(shared, upward)
    # In every thread's part another rounding shows.
    assert all((~same_bits(*parts)).any() for parts in pieces(nearest, upward))
    elufast.elu(x, out=shared)
    assert_same_bits(shared, nearest)


def pieces(*arrays):
    return zip(*(np.array_split(array, 10) for array in arrays), strict=True)


@pytest.mark.usefixtures("kind")
@pytest.mark.parametrize("dtype", "fd")
def test_workers_flush_as_the_caller_does(dtype):
    x = np.full(long_size(np.dtype(dtype)), np.log(np.finfo(dtype).tiny) - 2, dtype)
    slope = np.empty_like(x)
    elufast.set_num_threads(3)
    with flushing():
        elufast.elu_grad(x, out=slope)
    assert not slope.any()
    elufast.elu_grad(x, out=slope)
    assert (slope > 0).all()


OTHER_LIBRARY = """
#include <fenv.h>
#include <omp.h>
#ifdef __x86_64__
#include <xmmintrin.h>
static int is_flushing(void) { return (_mm_getcsr() & 0x8040) != 0; }
void flush(int yes) { _mm_setcsr((_mm_getcsr() & ~0x8040) | (yes ? 0x8040 : 0)); }
#else
static int is_flushing(void) { return 0; }
void flush(int yes) { (void)yes; }
#endif
void round_upward(int yes) { fesetround(yes ? FE_UPWARD : FE_TONEAREST); }
int all_is_usual(int threads) {
    int changed = 0;
#pragma omp parallel num_threads(threads) reduction(| : changed)
    if (omp_get_thread_num() > 0) {
        changed |= fegetround() != FE_TONEAREST || is_flushing() || fetestexcept(FE_OVERFLOW);
    }
    return !changed;
}
"""


@pytest.mark.parametrize("mode", ["flush", "round_upward"])
def test_workers_get_their_own_modes_back(mode, tmp_path):
    """Other libraries have work for the same threads."""
    source, library = tmp_path / "other.c", tmp_path / "other.so"
    source.write_text(OTHER_LIBRARY)
    options = ["-shared", "-fPIC", "-fopenmp", "-lm"]
    command = [compiler_or_skip("gcc"), source, "-o", library, *options]
    subprocess.run(command, check=True, capture_output=True)
    code = f"""
        import ctypes
        import numpy as np
        import elufast
        other = ctypes.CDLL({str(library)!r})
        assert other.all_is_usual(3)  # the threads begin with the usual ones
        elufast.set_num_threads(3)
        elufast._ufuncs.share_pool(True)
        with np.errstate(over="ignore"):
            for dtype in "fg":
                x = np.full(200_003, np.finfo(dtype).max, dtype)
                other.{mode}(1)
                elufast.selu(x)
                other.{mode}(0)
                print(other.all_is_usual(3))
    """
    assert run(code).split() == ["1", "1"]
