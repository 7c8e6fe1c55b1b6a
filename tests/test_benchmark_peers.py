"""compare.py's peers: each in a process of its own, none hidden when it is missing or fails."""

import numpy as np
import pytest
from comparison import isa
from comparison.cases import ROW_OF, TYPES, Case
from comparison.data import Inputs
from comparison.peers import all_peers
from comparison.processes import PeerFailure, PeerProcess
from comparison.results import Comparison, state_of
from comparison.timing import Team, measure
from fake_peers import FAKES, serve_with_fakes

import elufast
from elufast import _reference as reference
from elufast._ufuncs import ROWS

# Peers are inexact; a function that is not the one meant is further off.
TOLERANCES = {"bfloat16": 2e-2, "float16": 2e-2, "float32": 1e-5, "float64": 1e-12}
CASE = Case("elu", "float32", 1000, threads=1)


@pytest.fixture(scope="module", autouse=True)
def _with_fakes():
    with pytest.MonkeyPatch.context() as patch:
        for name, fake in FAKES.items():
            patch.setitem(all_peers(), name, fake)
        yield


@pytest.fixture
def data(rng):
    return Inputs(*(rng.standard_normal((3, CASE.n)).astype("float32") for _ in "xg"))


@pytest.fixture
def team():
    """Start teams of peers, and stop them."""
    teams = []

    def start(*peers, timeout=60):
        make = lambda name: PeerProcess(name, serve_with_fakes, timeout)  # noqa: E731
        teams.append(Team(peers, 1, make))
        return teams[-1]

    yield start
    for each in teams:
        each.stop()


@pytest.fixture
def measured(team, data):
    """Measure peers in CASE; return their records by name."""

    def run(*peers, timeout=60, rounds=3):
        started = team(*peers, timeout=timeout)
        records = measure(started, CASE, data, rounds, lambda: None)
        return {record.peer: record for record in records}

    return run


def test_a_good_peer_is_measured_and_judged(measured):
    record = measured("good")["good"]
    assert record.status == "measured"
    assert len(record.seconds) == 3
    assert min(record.seconds) > 0
    assert record.ratio_to_best == 1
    assert 0 < record.max_ulp < 10
    assert record.ulp_elements == 3000


def test_a_missing_peer_says_why():
    state = state_of(FAKES["missing"])
    assert state.status == "missing"
    assert "a_module_that_nobody_has" in state.reason


def test_a_peer_that_cannot_start_is_reported(team):
    started = team("good", "fails-to-start")
    assert started.members == ["good"]
    assert started.failures == {"fails-to-start": "ImportError: its library is broken"}


@pytest.mark.parametrize(
    ("peer", "reason", "timeout"),
    [
        ("fails-to-prepare", "NotImplementedError: no such kernel", 60),
        ("dies", "its process ended (exit code 41)", 60),
        ("hangs", "no answer within 5 s", 5),
    ],
)
def test_a_failing_peer_is_reported_and_the_others_go_on(measured, peer, reason, timeout):
    records = measured("good", peer, timeout=timeout)
    assert records["good"].status == "measured"
    assert records[peer].status == "failed"
    assert records[peer].reason == reason
    comparison = Comparison({}, {}, [state_of(FAKES[n]) for n in records], [*records.values()])
    assert comparison.failures() == [f"{peer}, elu float32 n=1,000, 1 thread: {reason}"]


def test_a_dead_peer_stays_dead_without_stopping_the_others(team, data):
    started = team("good", "dies")
    for _ in range(2):
        first, second = measure(started, CASE, data, 1, lambda: None)
        assert (first.status, second.status) == ("measured", "failed")


def test_a_wrong_peer_is_found_out(measured):
    records = measured("good", "wrong")
    assert records["wrong"].max_ulp > 1e6
    assert records["good"].max_ulp < 10


def test_an_unable_peer_is_neither_measured_nor_failed(measured):
    record = measured("good", "elephants-only")["elephants-only"]
    assert (record.status, record.seconds) == ("unsupported", [])


def test_a_stopped_process_is_a_failure_not_a_hang():
    process = PeerProcess("good", serve_with_fakes)
    process.stop()
    with pytest.raises(PeerFailure):
        process.ask("start", 1)


# A yardstick computes something else.
@pytest.mark.parametrize("name", [n for n, p in all_peers().items() if not p.yardstick])
def test_an_adapter_computes_what_its_name_says(name, rng):
    """Every function and type that the adapter claims: same signs, branches and conventions."""
    peer = all_peers()[name]
    if peer.why_missing():
        pytest.skip(peer.why_missing())
    process = PeerProcess(name)
    try:
        assert process.ask("start", 2)
        for dtype in TYPES:
            # Some peers compile each: all functions in one type, in the others a few.
            for row in ROWS if dtype == "float32" else ROWS[::5]:
                if peer.supports(row.name, dtype):
                    _assert_right(process, row, dtype, rng)
    finally:
        process.stop()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (name, wanted)
        for name, peer in all_peers().items()
        for wanted in (None, *isa.ISAS)
        if not peer.yardstick and not isa.why_left_out(peer, wanted)
    ],
)
def test_an_adapter_is_right_on_two_threads_and_when_restricted(name, wanted, rng):
    """An array long enough to be shared by threads, of a length that no vector divides."""
    peer = all_peers()[name]
    if peer.why_missing():
        pytest.skip(peer.why_missing())
    if wanted and elufast.show_config("dict")["instruction_set"] not in ("avx2", "avx512"):
        pytest.skip("no AVX2 here")
    process = PeerProcess(name, environment=isa.environment(peer, wanted))
    try:
        process.ask("start", 2)
        _assert_right(process, ROW_OF["elu"], "float32", rng, shape=(1, 100_003), limit=100_003)
    finally:
        process.stop()


def _assert_right(process, row, dtype, rng, shape=(2, 70), limit=100):
    batches = tuple(rng.standard_normal(shape).astype(dtype) for _ in row.data)
    process.ask("prepare", row.name, batches, row.parameters)
    process.ask("turn")
    results = process.ask("results", limit)
    expected = getattr(reference, row.name)(*(batch.ravel()[:limit] for batch in batches))
    expected = expected if isinstance(expected, tuple) else (expected,)
    tolerance = TOLERANCES[dtype]
    for result, exact in zip(results, expected, strict=True):
        assert result.dtype == dtype
        np.testing.assert_allclose(
            *(result.astype(float), exact.astype(float)), tolerance, tolerance, err_msg=row.name
        )
