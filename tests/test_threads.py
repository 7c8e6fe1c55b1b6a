"""How many threads there are, where the number comes from, and what must not disturb them."""

import concurrent.futures
import os
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest
from support import assert_same_bits, function

import elufast

LONG = 400_000


def run(code, *, env=None, timeout=60):
    """The output of Python code run in a new process; a hang fails after `timeout` seconds."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OMP_")}
    environment |= env or {}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=environment,
        timeout=timeout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


needs_openmp = pytest.mark.skipif(
    elufast.show_config(mode="dict")["openmp"].startswith("not built in"),
    reason="built without OpenMP: always one thread",
)


REPORT = "import elufast; print(elufast.get_num_threads())"


@needs_openmp
class TestSetNumThreads:
    @pytest.mark.parametrize("count", [1, 2, 3, 7, 64, np.int64(2), np.uint8(3)])
    def test_holds(self, count):
        assert elufast.set_num_threads(count) is None
        assert elufast.get_num_threads() == int(count)
        assert type(elufast.get_num_threads()) is int

    def test_above_the_cpu_count(self):
        count = 4 * os.cpu_count()
        elufast.set_num_threads(count)
        assert elufast.get_num_threads() == count
        x = np.linspace(-3, 3, LONG, dtype=np.float32)
        many = elufast.elu(x)
        elufast.set_num_threads(1)
        assert_same_bits(many, elufast.elu(x))

    @pytest.mark.parametrize("wrong", [0, -1, -100, np.int64(0), -(10**30)])
    def test_less_than_one(self, wrong):
        self.refuses(wrong, ValueError)

    @pytest.mark.parametrize(
        "wrong", [1.0, 2.5, "2", None, [2], np.float64(2), 2j, np.array([1, 2])]
    )
    def test_no_integer(self, wrong):
        self.refuses(wrong, TypeError)

    def refuses(self, wrong, error):
        elufast.set_num_threads(3)
        with pytest.raises(error):
            elufast.set_num_threads(wrong)
        assert elufast.get_num_threads() == 3

    def test_any_number_is_taken(self):
        """What is beyond a C int counts as the largest one; a loop starts no such number."""
        for n in (4096, 2**31 - 1, 2**40):
            elufast.set_num_threads(n)
            assert elufast.get_num_threads() == min(n, 2**31 - 1)

    def test_holds_for_the_whole_process(self):
        """Set in one Python thread, seen in the others."""
        elufast.set_num_threads(5)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            assert pool.submit(elufast.get_num_threads).result() == 5
            pool.submit(elufast.set_num_threads, 2).result()
        assert elufast.get_num_threads() == 2

    def test_wins_over_the_environment(self):
        code = "import elufast; elufast.set_num_threads(5); print(elufast.get_num_threads())"
        assert run(code, env={"OMP_NUM_THREADS": "2"}) == "5"


class TestDefault:
    """Without set_num_threads: OMP_NUM_THREADS, affinity and quota."""

    @needs_openmp
    def test_environment(self):
        assert run(REPORT, env={"OMP_NUM_THREADS": "1"}) == "1"
        assert run(REPORT, env={"OMP_NUM_THREADS": "3"}) == "3"
        assert run(REPORT, env={"OMP_NUM_THREADS": "3,2"}) == "3"

    @pytest.mark.parametrize("value", ["", "0", "-2", "many", "1e3"])
    def test_senseless_environment(self, value):
        """No reason to fail, nor to start a thousand threads."""
        available = (
            len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        )
        assert 1 <= int(run(REPORT, env={"OMP_NUM_THREADS": value})) <= available

    @pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity here")
    def test_affinity(self):
        cpu = min(os.sched_getaffinity(0))
        code = f"import os; os.sched_setaffinity(0, [{cpu}]); {REPORT}"
        assert run(code) == "1"

    @pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity here")
    def test_no_more_than_the_cpus(self):
        assert 1 <= int(run(REPORT)) <= len(os.sched_getaffinity(0))

    def test_import_starts_no_threads(self):
        code = """
            import numpy, os
            before = len(os.listdir("/proc/self/task"))
            import elufast
            elufast.elu(numpy.linspace(-1, 1, 1000))
            print(len(os.listdir("/proc/self/task")) - before)
        """
        if not os.path.isdir("/proc/self/task"):  # noqa: PTH112
            pytest.skip("no /proc here")
        assert run(code) == "0"


class TestCgroupQuota:
    """A container's CPU limit, read from a made-up tree of files."""

    def quota(self, root, files):
        from elufast import _threads

        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        both = root / "sys/fs/cgroup/cpu,cpuacct"
        if both.exists():  # as systemd lays them out
            (both.parent / "cpu").symlink_to(both.name)
        return _threads.cgroup_quota(root)

    V2 = "sys/fs/cgroup/{}cpu.max"
    V1 = "sys/fs/cgroup/cpu,cpuacct/{}cpu.cfs_{}_us"
    V1_SELF = "12:memory:/m\n4:cpu,cpuacct:{}\n1:name=systemd:/s\n"

    def test_no_files(self, tmp_path):
        assert self.quota(tmp_path, {}) is None

    @pytest.mark.parametrize(
        ("text", "cpus"),
        [
            ("max 100000\n", None),
            ("200000 100000\n", 2.0),
            ("50000 100000\n", 0.5),
            ("150000 50000", 3.0),
        ],
    )
    def test_version_2(self, tmp_path, text, cpus):
        files = {"proc/self/cgroup": "0::/\n", self.V2.format(""): text}
        assert self.quota(tmp_path, files) == cpus

    def test_version_2_below_a_path(self, tmp_path):
        files = {
            "proc/self/cgroup": "0::/kubepods/pod1\n",
            self.V2.format("kubepods/pod1/"): "150000 100000\n",
        }
        assert self.quota(tmp_path, files) == 1.5

    def test_version_2_takes_the_tightest_of_the_ancestors(self, tmp_path):
        files = {
            "proc/self/cgroup": "0::/a/b/c\n",
            self.V2.format("a/"): "300000 100000\n",
            self.V2.format("a/b/"): "200000 100000\n",
            self.V2.format("a/b/c/"): "max 100000\n",
        }
        assert self.quota(tmp_path, files) == 2.0

    @pytest.mark.parametrize(
        ("quota", "period", "cpus"),
        [("-1", "100000", None), ("250000\n", "100000\n", 2.5), ("50000", "50000", 1.0)],
    )
    @pytest.mark.parametrize("path", ["/", "/docker/x"])
    def test_version_1(self, tmp_path, quota, period, cpus, path):
        inner = path.strip("/") + "/" if path != "/" else ""
        files = {
            "proc/self/cgroup": self.V1_SELF.format(path),
            self.V1.format(inner, "quota"): quota,
            self.V1.format(inner, "period"): period,
        }
        assert self.quota(tmp_path, files) == cpus

    def test_version_1_mounted_as_cpu(self, tmp_path):
        files = {
            "proc/self/cgroup": "4:cpu:/\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        }
        assert self.quota(tmp_path, files) == 2.0

    def test_path_outside_of_the_mount(self, tmp_path):
        """In a container the path may be one of the host; the root then has the limit."""
        files = {"proc/self/cgroup": "0::/host/abc\n", self.V2.format(""): "200000 100000\n"}
        assert self.quota(tmp_path, files) == 2.0
        files = {
            "proc/self/cgroup": self.V1_SELF.format("/host/abc"),
            self.V1.format("", "quota"): "300000\n",
            self.V1.format("", "period"): "100000\n",
        }
        assert self.quota(tmp_path / "v1", files) == 3.0

    @pytest.mark.parametrize("text", ["", "\n", "nonsense", "max", "1 0", "a b", "-5 100000"])
    def test_unreadable_files_are_no_quota(self, tmp_path, text):
        files = {"proc/self/cgroup": "0::/\n", self.V2.format(""): text}
        assert self.quota(tmp_path, files) is None

    def test_of_this_machine(self):
        from elufast import _threads

        quota = _threads.cgroup_quota()
        assert quota is None or quota > 0


def test_concurrent_python_threads(row):
    """Many Python threads, each with parallel calls of its own, and one that changes the count."""
    rng = np.random.default_rng(1)
    inputs = [[rng.normal(size=LONG).astype(np.float32) for _ in row.data] for _ in range(4)]
    elufast.set_num_threads(2)
    expected = [function(row)(*data) for data in inputs]
    stop = threading.Event()

    def disturb():
        while not stop.wait(0.001):
            elufast.set_num_threads(1 + elufast.get_num_threads() % 3)

    def work(number):
        for _ in range(3):
            assert_same_bits(function(row)(*inputs[number]), expected[number])

    disturber = threading.Thread(target=disturb)
    disturber.start()
    try:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(4)))
    finally:
        stop.set()
        disturber.join()


def call_in_every_way(number):
    """Results of one thread's own calls: short, by keyword, into given memory, masked, walked."""
    x = np.linspace(-4, 2, 3001 + number).astype("efd"[number % 3])  # NumPy releases the lock
    alpha, out, mask = 0.25 + number / 8, np.zeros_like(x), np.arange(x.size) % 3 > 0
    long = np.linspace(-4, 2, 40_000 + number).astype(np.float32)[::2]
    return [
        elufast.elu(x, alpha),
        elufast.elu(x, alpha=alpha, out=out),
        elufast.selu(x, scale=alpha, alpha=1.5, where=mask, out=np.zeros_like(x)),
        elufast.celu(float(number) - 5, alpha=alpha),
        *elufast.celu_with_grad(long, alpha),
        elufast.elu_backward(x, x, np.full_like(x, alpha)),
    ]


def test_many_threads_with_parameters_of_their_own():
    """At once, in calls so short that they begin and end in each other's midst.

    Without the interpreter's lock (in a free-threaded Python) this is where shared state shows.
    """
    count, rounds = 8, 60
    expected = [call_in_every_way(number) for number in range(count)]
    start = threading.Barrier(count)

    def work(number):
        start.wait()
        for _ in range(rounds):
            for actual, right in zip(call_in_every_way(number), expected[number], strict=True):
                assert_same_bits(actual, right)

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        list(pool.map(work, range(count)))


def test_first_calls_with_bfloat16_from_many_threads():
    """One of them registers the loops; none gets NumPy's guess for want of them."""
    pytest.importorskip("ml_dtypes")
    code = """
        import sys, threading
        import numpy as np, elufast, ml_dtypes
        sys.setswitchinterval(1e-6)
        x = np.full(100, -0.5, ml_dtypes.bfloat16)
        start, types = threading.Barrier(8), []

        def work():
            start.wait()
            for name in ("elu", "selu_grad", "celu_backward"):
                f = getattr(elufast, name)
                types.append(f(*[x] * (1 + name.endswith("backward")), alpha=0.5).dtype)

        threads = [threading.Thread(target=work) for _ in range(8)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert len(types) == 24
        print({str(dtype) for dtype in types})
    """
    assert run(code) == "{'bfloat16'}"


def test_python_runs_meanwhile():
    """The lock of the interpreter is released."""
    ticks, stop = [], threading.Event()

    def tick():
        while not stop.is_set():
            ticks.append(None)
            stop.wait(0.0005)

    ticker = threading.Thread(target=tick)
    x = np.full(200_000, -0.5, np.longdouble)  # slow: some tenths of a second
    elufast.set_num_threads(1)
    ticker.start()
    before = len(ticks)
    elufast.elu_with_grad(x, x, out=(x, np.empty_like(x)))
    seen = len(ticks) - before
    stop.set()
    ticker.join()
    assert seen > 5


def test_a_thread_with_a_small_stack():
    """128 KiB is what musl gives to a thread."""
    code = """
        import threading
        import numpy as np
        import elufast
        elufast.set_num_threads(2)
        x = np.linspace(-3, 3, 140_000, dtype=np.float32)
        integers = np.resize(np.arange(-3, 3), 70_000)
        turned, out = np.ones((300, 300), np.float32, order="F"), np.empty((300, 300), np.float32)
        def work():
            elufast.elu(x[::2])
            elufast.elu(integers)
            elufast.selu_backward(turned, turned.astype(np.float16), out, out)
        threading.stack_size(128 << 10)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        print("done")
    """
    assert run(code) == "done"
