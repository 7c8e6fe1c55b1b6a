"""Fixtures shared by all tests: every public function, every type, every thread count."""

import os
import sys

import numpy as np
import pytest
from support import DTYPES, LONG_RUNS, REPOSITORY

import elufast
from elufast._ufuncs import ROWS

# benchmarks/distributed.py has the name of a package, which dask looks for: that folder comes last.
sys.path.sort(key=lambda path: path == str(REPOSITORY / "benchmarks"))

# A Python that a test starts must import the package, and not the source folder it is started in.
os.environ["PYTHONSAFEPATH"] = "1"


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


@pytest.fixture(params=[1, 2, 3], ids="{}threads".format)
def threads(request):
    """A thread count, in force; 3 is more than many machines have, and cuts arrays unevenly."""
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
