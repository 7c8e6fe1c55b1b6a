"""The threads that wait for long loops: they help, they give way, and nobody waits for them."""

import subprocess
import sys

import pytest
from compilers import compiler_or_skip
from support import REPOSITORY
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
    def fall_asleep():
        end = time.monotonic() + 20
        while about(workers[0], "State") != "S" and time.monotonic() < end:
            time.sleep(0.05)
    fall_asleep()
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
    for _ in range(200):
        elufast.elu(short, out=out)
        time.sleep(0.007)  # they are awake for 5 ms
    assert (out == expected[:40_000]).all()
    print(before == (_ufuncs.errands_run(), about(workers[0], "voluntary_ctxt_switches")))
    """
    assert run(SETUP + code) == "True"


def test_nobody_waits_for_one_that_gets_no_processor():
    """All on one processor, which the caller keeps: it does the work of the others as well."""
    code = """
    one = {min(os.sched_getaffinity(0))}
    while any(os.sched_getaffinity(task) != one for task in tasks()):
        for task in tasks():  # a worker that goes back to where it was may undo it
            os.sched_setaffinity(task, one)
        time.sleep(0.01)
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
        time.sleep(0.0015)  # so long others stay awake, which is 0.15 s
    print(used(workers[0]) - before < 0.075)
    """
    assert run(SETUP + code, env={"OMP_WAIT_POLICY": "PASSIVE"}) == "True"


def test_a_limit_on_threads():
    """Of all that compute, the caller among them."""
    code = """
    elufast.set_num_threads(8)
    for _ in range(10):
        assert helps()
    print(len(tasks()) - len(others))
    """
    assert run(SETUP + code, env={"OMP_THREAD_LIMIT": "3"}) == "2"


def test_fewer_come_than_were_asked_for():
    """Nobody waits for the rest, nor asks for them again and again."""
    code = """
    elufast.set_num_threads(2 * os.cpu_count() + 2)
    for _ in range(10):
        assert helps()
    count = len(tasks()) - len(others)
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    print(count <= 2 * os.cpu_count(), set(workers).isdisjoint(tasks()))
    """
    assert run(SETUP + code, env={"OMP_DYNAMIC": "true"}) == "True True"


@pytest.mark.parametrize("name", ["OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY"])
def test_threads_that_are_bound_to_processors_are_openmps(name):
    """It would bind the first of a team to where the caller is."""
    value = {"OMP_PROC_BIND": "true", "OMP_PLACES": "cores", "GOMP_CPU_AFFINITY": "0-1"}[name]
    code = "from elufast import _ufuncs; print(_ufuncs.share_pool(False))"
    assert run(code, env={name: value}) == "True"
    assert run(code, env={name: value, "OMP_PROC_BIND": "false"}) == "False"
    assert run(code) == "False"


def test_who_is_bound_to_a_processor_does_not_bind_those_it_starts():
    code = """
    elufast.set_num_threads(4)
    def work():
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
        end = time.monotonic() + 20
        while len(tasks()) < len(others) + 4 and time.monotonic() < end:
            elufast.elu(x)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    end = time.monotonic() + 20
    while len(masks := {tuple(sorted(os.sched_getaffinity(task))) for task in tasks()}) > 1:
        assert time.monotonic() < end, masks  # while one is sent away from its caller
    print(len(tasks()) - len(others))
    """
    assert run(SETUP + code) == "3"


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
    """They are other callers' then, and stay; the child starts its own. Nobody's results differ."""
    code = """
    stop, errors = threading.Event(), []
    def work(number):
        mine, right = x[number:], expected[number:]
        out = np.empty_like(mine)
        while not stop.is_set():
            out.fill(9)
            elufast.elu(mine, out=out)
            if not (out == right).all():
                errors.append(number)
    threads = [threading.Thread(target=work, args=[i]) for i in range(3)]
    [thread.start() for thread in threads]
    for _ in range(60):
        time.sleep(0.001)
        elufast.set_num_threads(2 + _ % 3)
        pid = os.fork()
        if pid == 0:
            os._exit(0 if helps() else 1)
        assert os.waitpid(pid, 0)[1] == 0
    stop.set()
    [thread.join() for thread in threads]
    print(errors, helps())
    """
    assert run("    import warnings; warnings.simplefilter('ignore')" + SETUP + code) == "[] True"


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


def test_a_call_that_was_withdrawn_is_not_answered(tmp_path):
    sources = [f"elufast/{name}.c" for name in ("_crew", "_processor", "_team", "_worker")]
    if not all((REPOSITORY / source).exists() for source in sources):
        pytest.skip("needs the sources")
    program, folders = tmp_path / "harness", ["-Ielufast", "-Iinclude"]
    options = ["-O2", "-std=gnu11", "-fopenmp", "-pthread", *folders, "-o", program]
    command = [compiler_or_skip("gcc"), "tests/team_harness.c", *sources, *options]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    done = subprocess.run([program], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["1", "0"]


def test_who_has_slept_may_run_wherever_the_caller_may():
    """One that was sent away from its caller's processor when it woke is bound to no other."""
    code = """
    for _ in range(5):
        time.sleep(0.02)
        assert helps()
    end = time.monotonic() + 20
    while any(os.sched_getaffinity(task) != os.sched_getaffinity(0) for task in workers):
        assert time.monotonic() < end  # while it is sent away
    print(len(workers))
    """
    assert run(SETUP + code) == "1"
