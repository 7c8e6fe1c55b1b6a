"""Several threads that call at the same time share the limit, and results stay the same."""

import concurrent.futures
import contextlib
import os
import threading
import time

import numpy as np
import pytest
from support import assert_same_bits, function
from test_threads import needs_openmp, run

import elufast
from elufast import _ufuncs

pytestmark = needs_openmp

# longdouble is slow: a loop that is under way long enough to look at it.
SLOW = np.full(100_000, -0.5, np.longdouble)


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"


@contextlib.contextmanager
def another_caller():
    """A thread in which one long loop follows the other; it has begun."""
    stop = threading.Event()

    def work():
        while not stop.is_set():
            elufast.elu_with_grad(SLOW)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        until(lambda: _ufuncs.threads_in_use()[0] > 0)
        yield
    finally:
        stop.set()
        thread.join()


def most_in_use(call):
    _ufuncs.threads_in_use()
    call()
    return _ufuncs.threads_in_use()[1]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_lone_caller_has_the_limit(limit):
    elufast.set_num_threads(limit)
    x = np.ones(400_000, np.float32)
    for _ in range(3):
        assert most_in_use(lambda: elufast.elu(x)) == limit
        assert most_in_use(lambda: elufast.elu(x[::2])) == limit  # without NumPy's iteration
    assert _ufuncs.threads_in_use()[0] == 0


def test_short_loops_are_not_counted():
    elufast.set_num_threads(2)
    assert most_in_use(lambda: elufast.elu(np.ones(1000, np.float32))) == 0


def test_no_more_than_the_loop_is_worth():
    """What a loop does not use is left to others."""
    elufast.set_num_threads(1000)
    assert 2 <= most_in_use(lambda: elufast.elu(np.ones(400_000, np.float32))) < 1000


def test_given_back_after_an_error():
    elufast.set_num_threads(2)
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        elufast.elu(np.full(400_000, -5, np.float32), np.float32(3e38) * np.ones(1, np.float32) * 2)
    assert _ufuncs.threads_in_use()[0] == 0


@pytest.mark.parametrize("limit", [1, 2, 4])
def test_callers_share_the_limit(limit):
    """Not limit * callers, which is what OpenMP would start."""
    callers = 5
    elufast.set_num_threads(limit)
    _ufuncs.threads_in_use()
    start = threading.Barrier(callers)

    def work(_):
        start.wait()
        for _ in range(5):
            elufast.elu_with_grad(SLOW[:20_000])

    with concurrent.futures.ThreadPoolExecutor(callers) as pool:
        list(pool.map(work, range(callers)))
    now, most = _ufuncs.threads_in_use()
    assert now == 0
    assert limit <= most < limit + callers


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="no /proc here")  # noqa: PTH112
def test_no_threads_are_started_beside_another_caller():
    """The system's own count: who computes later takes the threads of who computed before."""
    code = """
        import os, threading, numpy as np, elufast
        from elufast import _ufuncs

        def tasks():
            return len(os.listdir("/proc/self/task"))

        def work():
            elufast.elu(slow)
            done.set()
            stay.wait()

        x, slow = np.ones(400_000, np.float32), np.full(5_000_000, -0.5, np.longdouble)
        done, stay, first = threading.Event(), threading.Event(), tasks()
        elufast.set_num_threads(3)
        thread = threading.Thread(target=work)
        thread.start()
        while tasks() < first + 3:
            pass
        elufast.elu(x)
        beside = tasks()
        assert not done.is_set(), "the other one was done too soon"
        done.wait()
        elufast.elu(x)
        print(beside - first, tasks() - first)
        stay.set()
    """
    assert run(code) == "3 3"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_child_does_not_inherit_what_is_in_use():
    """The loop of the parent's other thread never ends in the child."""
    code = """
        import os, threading, warnings, numpy as np, elufast
        from elufast import _ufuncs
        warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads is the point
        elufast.set_num_threads(3)
        slow = np.full(5_000_000, -0.5, np.longdouble)
        thread = threading.Thread(target=elufast.elu, args=(slow,))
        thread.start()
        while _ufuncs.threads_in_use()[0] < 3:
            pass
        pid = os.fork()
        if pid == 0:
            now = _ufuncs.threads_in_use()[0]
            elufast.elu(np.ones(400_000, np.float32))
            os._exit(10 * now + _ufuncs.threads_in_use()[1])
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), _ufuncs.threads_in_use()[0])
        thread.join()
    """
    assert run(code) == "3 3"


def test_same_bits_beside_another_caller(row, rng):
    """Whatever number of threads a loop is left with."""
    elufast.set_num_threads(3)
    data = [rng.normal(size=200_003).astype(np.float32) for _ in row.data]
    alone = function(row)(*data)
    with another_caller():
        assert_same_bits(function(row)(*data), alone)
