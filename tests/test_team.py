"""The threads that wait for long loops: they help, they give way, and nobody waits for them."""

import sys

import pytest
from test_threads import needs_openmp, run

pytestmark = [
    needs_openmp,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere regions are OpenMP's own"),
]

SETUP = """
    import os, signal, threading, time
    import numpy as np, elufast
    from elufast import _ufuncs
    elufast.set_num_threads(2)
    x = np.linspace(-3, 3, 400_000, dtype=np.float32)
    elufast.set_num_threads(1)
    expected = elufast.elu(x)
    elufast.set_num_threads(2)

    def helps(seconds=20):
        before, end = _ufuncs.errands_run(), time.monotonic() + seconds
        while _ufuncs.errands_run() == before and time.monotonic() < end:
            assert (elufast.elu(x) == expected).all()
        return _ufuncs.errands_run() > before

    def tasks():
        return sorted(map(int, os.listdir("/proc/self/task")))

    def about(task, word):
        with open(f"/proc/self/task/{task}/status") as file:
            return next(line.split()[1] for line in file if line.startswith(word + ":"))

    def used(task):
        with open(f"/proc/self/task/{task}/schedstat") as file:
            return int(file.read().split()[0]) / 1e9

    others = tasks()
    assert helps()
    workers = sorted(set(tasks()) - set(others))
"""


def test_they_help():
    assert run(SETUP + "\n    print(len(workers))") == "1"


def test_more_are_added_when_more_are_wanted():
    code = """
    elufast.set_num_threads(5)
    end = time.monotonic() + 20
    while len(tasks()) < len(others) + 4 and time.monotonic() < end:
        assert (elufast.elu(x) == expected).all()
    print(len(tasks()) - len(others), helps())
    """
    assert run(SETUP + code) == "4 True"


def test_they_sleep_when_nobody_calls():
    code = """
    time.sleep(0.1)
    before = used(workers[0])
    time.sleep(0.2)
    print(used(workers[0]) - before == 0, about(workers[0], "State"))
    """
    assert run(SETUP + code) == "True S"


def test_a_short_loop_now_and_then_wakes_nobody():
    """40,000 elements are worth a second thread that is awake; not one that sleeps."""
    code = """
    short, out = x[:40_000].copy(), np.empty(40_000, np.float32)
    time.sleep(0.1)
    before = _ufuncs.errands_run(), about(workers[0], "voluntary_ctxt_switches")
    for _ in range(20):
        elufast.elu(short, out=out)
        time.sleep(0.005)
    assert (out == expected[:40_000]).all()
    print(before == (_ufuncs.errands_run(), about(workers[0], "voluntary_ctxt_switches")))
    """
    assert run(SETUP + code) == "True"


def test_nobody_waits_for_one_that_gets_no_processor():
    """All on one processor, which the caller keeps: it does the work of the others as well."""
    code = """
    for task in tasks():
        os.sched_setaffinity(task, [min(os.sched_getaffinity(0))])
    before = _ufuncs.errands_run()
    for _ in range(500):
        assert (elufast.elu(x) == expected).all()
    print(_ufuncs.errands_run() - before < 500)
    """
    assert run(SETUP + code) == "True"


def test_passive_ones_sleep_at_once():
    code = """
    before = used(workers[0])
    for _ in range(100):
        elufast.elu(x)
        time.sleep(0.001)
    print(used(workers[0]) - before < 0.02)  # of 0.1 s
    """
    assert run(SETUP + code, env={"OMP_WAIT_POLICY": "PASSIVE"}) == "True"


def test_a_limit_on_threads():
    """Fewer come than were asked for, and nobody waits for the rest."""
    code = """
    elufast.set_num_threads(8)
    assert helps()
    count = len(tasks())
    assert helps() and len(tasks()) == count
    print(count < len(others) + 8)
    """
    assert run(SETUP + code, env={"OMP_THREAD_LIMIT": "3"}) == "True"


def test_signals_are_for_the_program():
    code = """
    blocked = int(about(workers[0], "SigBlk"), 16)
    print(*(blocked >> (number - 1) & 1 for number in (
        signal.SIGINT, signal.SIGALRM, signal.SIGTERM, signal.SIGSEGV, signal.SIGFPE)))
    """
    assert run(SETUP + code) == "1 1 1 0 0"


@pytest.mark.parametrize("pause", [0, 0.1], ids=["awake", "asleep"])
def test_they_end_before_a_fork_and_start_anew(pause):
    """So that Python has no threads to warn of: a child does not have them."""
    code = f"""
    time.sleep({pause})
    def see():
        return len(set(workers) & set(tasks())), helps(), elufast.get_num_threads()
    pid = os.fork()
    if pid == 0:
        os._exit(0 if len(tasks()) == 1 and see() == (0, True, 2) else 1)
    print(*see(), os.waitpid(pid, 0)[1])
    """
    assert run(SETUP + code) == "0 True 2 0"


def test_fork_while_they_are_at_work():
    """They are another caller's then, and stay; the child starts its own."""
    code = """
    stop = threading.Event()
    def work():
        while not stop.is_set():
            elufast.elu(np.broadcast_to(x, (20, x.size)))
    thread = threading.Thread(target=work)
    thread.start()
    for _ in range(20):
        time.sleep(0.002)
        pid = os.fork()
        if pid == 0:
            os._exit(0 if helps() else 1)
        assert os.waitpid(pid, 0)[1] == 0
    stop.set()
    thread.join()
    print(helps())
    """
    assert run("    import warnings; warnings.simplefilter('ignore')" + SETUP + code) == "True"


def test_pytorch_shares_its_threads():
    pytest.importorskip("torch")
    code = """
    import torch, elufast.torch
    before = _ufuncs.errands_run()
    for _ in range(50):
        assert (elufast.elu(x) == expected).all()
        assert (elufast.torch.elu(torch.from_numpy(x)).numpy() == expected).all()
    print(_ufuncs.errands_run() - before)
    """
    assert run(SETUP + code) == "0"


def test_many_callers_and_few_workers():
    """A worker has one caller at a time."""
    code = """
    inputs = [np.random.default_rng(i).normal(size=300_000).astype("f4") for i in range(6)]
    elufast.set_num_threads(1)
    right = [elufast.elu(x) for x in inputs]
    elufast.set_num_threads(4)
    errors = []
    def work(number):
        out = np.empty_like(x, shape=300_000)
        for _ in range(300):
            elufast.elu(inputs[number], out=out)
            if not (out == right[number]).all():
                errors.append(number)
    threads = [threading.Thread(target=work, args=[i]) for i in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    print(errors, helps())
    """
    assert run(SETUP + code) == "[] True"
