"""A cluster of two processes: an array that no worker could hold, and the bits of one process."""

import json
import os
import re
import subprocess
import sys
import zlib

import numpy as np
import pytest
from support import REPOSITORY, assert_same_bits, function, outputs

import elufast
from elufast._ufuncs import ROWS

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")
da = pytest.importorskip("dask.array")
pytest.importorskip("zarr")
pytest.importorskip("rich")
from out_of_core import options, report  # noqa: E402 (needs all of these)
from out_of_core.passes import PASSES, Disk, Timing, is_right, sampled  # noqa: E402
from out_of_core.probes import peak_memory  # noqa: E402

# A worker has some 180 MB before it computes anything; dask pauses it at 80 % of the limit, and
# kills it at 95 %.
MEMORY_LIMIT = 400_000_000
BLOCK, BLOCKS = 2_000_000, 75  # 8 MB each, 600 MB in all; the gradient is as large


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    settings = {
        "distributed.comm.timeouts.connect": "60s",  # on a busy machine
        "distributed.worker.use-file-locking": False,
        "distributed.admin.log-format": "%(message)s",
    }
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            n_workers=2,
            processes=True,
            threads_per_worker=1,
            memory_limit=MEMORY_LIMIT,
            dashboard_address=None,
            local_directory=str(tmp_path_factory.mktemp("workers")),
            silence_logs="ERROR",
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def block(number, seed):
    """The same numbers in whatever process they are made."""
    values = np.random.default_rng([seed, number]).random(BLOCK, dtype=np.float32)
    values -= np.float32(0.7)
    values *= np.float32(12)
    return values


def lazy_blocks(seed):
    def make(block_info=None):
        return block(block_info[None]["chunk-location"][0], seed)

    meta = np.empty(0, np.float32)
    return da.map_blocks(make, chunks=((BLOCK,) * BLOCKS,), dtype=np.float32, meta=meta)


def checksum(array):
    """Of all bits of a block."""
    return np.array([zlib.crc32(array)])


def checksums(lazy):
    return lazy.map_blocks(checksum, dtype=np.int64, chunks=(1,), meta=np.empty(0, np.int64))


def passes(x, grad):
    """Forward, backward, and both in one; the same text for arrays and for dask arrays."""
    return [elufast.elu(x), elufast.elu_backward(grad, x), *elufast.elu_with_grad(x)]


def test_larger_than_a_workers_memory(client):
    workers = client.run(os.getpid)
    assert len(set(workers.values())) == 2
    x, grad = lazy_blocks(1), lazy_blocks(2)
    assert x.nbytes >= 1.5 * MEMORY_LIMIT
    found = dask.compute(*(checksums(each) for each in passes(x, grad)))
    for number in range(BLOCKS):
        expected = [checksum(y)[0] for y in passes(block(number, 1), block(number, 2))]
        assert [each[number] for each in found] == expected, number
    assert client.run(os.getpid) == workers, "a worker died on the way"
    for worker, peak in client.run(peak_memory).items():
        assert peak is None or peak < MEMORY_LIMIT, worker


def test_every_function(client, rng):
    """Sent to the workers, with parameters of every kind, and back."""
    expected, lazy = [], []
    for row in ROWS:
        arrays = [rng.normal(size=(40, 30)) for _ in row.data]
        dasks = [da.from_array(array, chunks=(20, 30)) for array in arrays]
        alpha = rng.uniform(0.1, 2, 30)
        for value in (0.5, alpha, da.from_array(alpha, chunks=11)):
            parameters = list(row.parameters.values())
            parameters[0] = value
            expected += outputs(function(row)(*arrays, *map(np.asarray, parameters)))
            lazy += outputs(function(row)(*dasks, *parameters))
    assert_same_bits(tuple(dask.compute(*lazy)), tuple(expected))


def test_threads_of_a_worker(client):
    """The nanny sets OMP_NUM_THREADS to 1: workers times threads would be too many."""
    reported = client.run(elufast.show_config, "dict").values()
    if any(config["openmp"].startswith("not built in") for config in reported):
        pytest.skip("built without OpenMP")
    found = {(config["threads"], config["threads_from"]) for config in reported}
    assert found == {(1, "OMP_NUM_THREADS")}


def run_script(*arguments):
    """benchmarks/distributed.py, from its command line to its verdict."""
    script = REPOSITORY / "benchmarks" / "distributed.py"
    command = [sys.executable, str(script), "--quick", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """The JSON file of a run with a cluster of its own, and what was printed."""
    data, output = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("out") / "result.json"
    places = ("--folder", data, "--output", output)
    printed = run_script("--size", "0.03", "--rounds", "2", "--memory-limit", "600MB", *places)
    assert list(data.iterdir()) == []
    return json.loads(output.read_text()), printed


class TestBenchmark:
    def test_result(self, quick):
        result, _ = quick
        names = ["making the data", "copy", "elu", "elu_backward", "elu_with_grad"]
        assert [each["name"] for each in result["passes"]] == names
        size = result["settings"]["array_bytes"]
        assert size == int(0.03 * 2**30) // 4 * 4
        moved = [each["bytes_read"] + each["bytes_written"] for each in result["passes"]]
        assert moved == [2 * size, 2 * size, 2 * size, 3 * size, 3 * size]
        for each in result["passes"]:
            assert each["gb_per_s"] > 0
            assert len(each["seconds"]) == (1 if each["name"] == names[0] else 2)
            assert each["chunks"] == 8
            assert each["chunks_checked"] == (0 if each["name"] == names[0] else 2 * 4)
            assert each["chunks_that_differ"] == 0
        for worker in result["workers"]:
            assert worker["memory_limit"] == 600_000_000
            assert worker["peak_memory"] is None or worker["peak_memory"] < 600_000_000
            assert worker["threads"] == 1

    def test_names_nobodys_folder(self, quick):
        result, _ = quick
        command = (
            "python benchmarks/distributed.py --quick --size 0.03 --rounds 2 --memory-limit 600MB"
        )
        assert result["settings"]["command"] == command
        assert str(REPOSITORY) not in json.dumps(result)

    def test_table(self, quick):
        _, text = quick
        assert re.search(r"elu_with_grad +0\.03 +0\.06 ", text)
        assert len(re.findall(r"worker \d: peak memory .* \(limit 600 MB", text)) >= 1

    def test_running_cluster(self, client, tmp_path):
        workers = client.run(os.getpid)
        address = client.scheduler.address
        printed = run_script("--size", "0.01", "--folder", tmp_path, "--scheduler-address", address)
        assert "2 workers" in printed
        assert client.run(os.getpid) == workers

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (["--size", "0"], "argument --size: '0' is not a number above 0"),
            (["--chunk", "1.5"], "argument --chunk: '1.5' is not a whole number above 0"),
            (["--memory-limit", "much"], "argument --memory-limit: 'much' is not a number of"),
            (["--folder", "no/such"], "argument --folder: there is no folder no/such"),
            (
                ["--scheduler-address", "tcp://x:1"],
                "--scheduler-address: needs a --folder",
            ),
        ],
    )
    def test_wrong_command_lines(self, arguments, complaint, capsys):
        with pytest.raises(SystemExit) as stopped:
            options.parse(arguments)
        assert stopped.value.code == 2
        assert complaint in capsys.readouterr().err

    def test_what_must_not_be_is_told(self):
        """Bits that differ, a worker above its limit, one that is another process now."""
        timings = [Timing("elu", 8, 8, 10, [1.0], 4, 1), Timing("copy", 8, 8, 10, [1.0], 4, 0)]
        workers = [{"memory_limit": 2e8, "peak_memory": peak} for peak in (3e8, 1e8, None)]
        found = report.complaints(timings, workers, ["tcp://x:1"])
        assert found == [
            "elu: 1 of 4 chunks differ from those of one process",
            "worker 0 came to 300 MB, above its limit",
            "workers restarted on the way: 1",
        ]
        assert report.complaints(timings[1:], workers[1:], []) == []

    def test_the_check_sees_a_bit(self, tmp_path):
        """And the last chunk, a shorter one, is among the sample."""
        disk = Disk(tmp_path, 4 * 1000, 4 * 300)
        x, y = disk.create("x"), disk.create("result0")
        x[:] = np.linspace(-3, 3, 1000, dtype=np.float32)
        y[:] = elufast.elu(x[:])
        forward = next(each for each in PASSES if each.name == "elu")
        assert sampled(disk.chunks, 2) == [0, 3]
        assert all(is_right(disk, forward, ["result0"], number) for number in range(4))
        y[-1] = np.nextafter(y[-1], np.float32(9))
        assert not is_right(disk, forward, ["result0"], 3)
