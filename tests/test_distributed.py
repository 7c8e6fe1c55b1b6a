"""A cluster of two processes: an array that no worker could hold, and the bits of one process."""

import os
import zlib

import numpy as np
import pytest
from support import assert_same_bits, function, outputs

import elufast
from elufast._ufuncs import ROWS

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")
da = pytest.importorskip("dask.array")
from elufast import _dask  # noqa: E402 (needs dask)

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
    if isinstance(x, da.Array):
        both = _dask.call(elufast.elu_with_grad, (x, 1.0), {})
    else:
        both = elufast.elu_with_grad(x)
    return [elufast.elu(x), elufast.elu_backward(grad, x), *both]


def peak_memory():
    """Of this process so far, as the system counts it; None where it does not tell."""
    if not os.path.exists("/proc/self/status"):  # noqa: PTH110
        return None
    with open("/proc/self/status", encoding="utf-8") as status:  # noqa: PTH123
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


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
            if row.nout == 1:
                lazy.append(function(row)(*dasks, *parameters))
            else:
                lazy += _dask.call(function(row), (*dasks, *parameters), {})
    assert_same_bits(tuple(dask.compute(*lazy)), tuple(expected))


def test_threads_of_a_worker(client):
    """The nanny sets OMP_NUM_THREADS to 1: workers times threads would be too many."""
    reported = client.run(elufast.show_config, "dict").values()
    if any(config["openmp"].startswith("not built in") for config in reported):
        pytest.skip("built without OpenMP")
    found = {(config["threads"], config["threads_from"]) for config in reported}
    assert found == {(1, "OMP_NUM_THREADS")}
