"""Fixtures shared by all tests: every public function, every type, every thread count."""

import os
import sys

import numpy as np
import pytest
import stand_in_cupy
from gpus import forget_cupy
from support import DTYPES, LONG_RUNS, REPOSITORY

import elufast
from elufast._ufuncs import ROWS

# benchmarks/distributed.py has the name of a package, which dask looks for: that folder comes last.
sys.path.sort(key=lambda path: path == str(REPOSITORY / "benchmarks"))

# A Python that a test starts must import the package, and not the source folder it is started in.
os.environ["PYTHONSAFEPATH"] = "1"


def pytest_addoption(parser):
    parser.addoption(
        "--native-torch", action="store_true", help="elufast.torch as build_native() makes it"
    )


def pytest_configure(config):
    if config.getoption("--native-torch"):
        import elufast.torch

        elufast.torch.build_native()


@pytest.fixture(params=ROWS, ids=lambda row: row.name)
def row(request):
    """One row of the list of public functions."""
    return request.param


@pytest.fixture(params=DTYPES, ids=str)
def dtype(request):
    """One of the types that have a loop."""
    return request.param


@pytest.fixture(autouse=True)
def _keep_threads():
    """Give the process its thread count back, whatever a test did to it."""
    before = elufast.get_num_threads()
    yield
    if elufast.get_num_threads() != before:
        elufast.set_num_threads(before)


@pytest.fixture(autouse=True)
def _keep_error_state():
    """Give NumPy its handling of warnings back: some benchmark peers switch it."""
    before = np.geterr()
    yield
    np.seterr(**before)


@pytest.fixture(params=[1, 3], ids="{}threads".format)
def threads(request):
    """A thread count, in force; 3 cuts arrays unevenly, and is more than many machines have."""
    elufast.set_num_threads(request.param)
    return request.param


@pytest.fixture(params=LONG_RUNS, ids=lambda run: f"{run[0]}-{run[1]}threads")
def long_dtype(request):
    """The type of arrays of `support.long_size`, with a thread count in force."""
    dtype, count = request.param
    elufast.set_num_threads(count)
    return dtype


@pytest.fixture
def rng():
    return np.random.default_rng(20170602)  # the day of the SELU paper


@pytest.fixture(scope="session")
def _kernel_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("kernels")


def _real_cupy():
    cupy = pytest.importorskip("cupy", reason="CuPy is not installed")
    if not cupy.cuda.is_available():
        pytest.skip("no GPU")
    return cupy


@pytest.fixture(params=["stand-in", "cupy"])
def gpu(request, monkeypatch, _kernel_folder):
    """CuPy, or what stands in for it, as the functions for a GPU find it."""
    if request.param == "cupy":
        yield _real_cupy()
        return
    stand_in_cupy.compile_into(_kernel_folder)
    monkeypatch.setitem(sys.modules, "cupy", stand_in_cupy)
    forget_cupy()
    yield stand_in_cupy
    forget_cupy()
