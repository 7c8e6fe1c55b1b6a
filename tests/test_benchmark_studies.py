"""compare.py's studies: what is timed is what their tables say."""

import os
from types import SimpleNamespace

import compare
import numpy as np
import pytest
from comparison import (
    forms,
    isa,
    markdown,
    memory,
    options,
    rounds,
    sheets,
    timing,
    verdict,
    worker,
)
from comparison.bench import Bench
from comparison.cases import Case
from comparison.peers import all_peers
from comparison.peers.native import vector_math
from comparison.processes import PeerFailure, PeerProcess
from comparison.results import Comparison, PeerState, Record, load, state_of
from comparison.studies import (
    STUDIES,
    fresh,
    layouts,
    products,
    small,
    study_of,
    sweep,
    tail,
    threads,
)
from comparison.worker import TURN_SECONDS, Session
from fake_peers import FAKES, spawn_with_fakes

import elufast
from elufast import _reference as reference
from elufast._ufuncs import ROWS

F4 = np.float32


def run_module():
    """comparison.run, which shows its tables with rich."""
    pytest.importorskip("rich")
    from comparison import run

    return run


@pytest.fixture
def fakes(monkeypatch):
    for name, fake in FAKES.items():
        monkeypatch.setitem(all_peers(), name, fake)


# End to end

ARGUMENTS = {
    "sweep": ["--sizes", "1", "1000", "--peers", "elufast", "numpy-where", "copyto"],
    "threads": ["--sizes", "1000", "--threads", "2", "--peers", "elufast"],
    "layouts": ["--sizes", "1000", "--functions", "elu", "elu_backward"],
    "tail": ["--sizes", "1000", "--peers", "elufast"],
    "products": ["--sizes", "1000", "--peers", "elufast"],
    "small": ["--sizes", "1", "20", "20000"],
    "torch": ["--sizes", "1001", "--functions", "elu", "celu"],
    "fresh": ["--sizes", "20000", "--peers", "elufast", "numpy-where", "np.exp"],
}


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_runs(name, tmp_path, capsys):
    for package in (*compare.NEEDED, *(["torch"] if name == "torch" else [])):
        pytest.importorskip(package)
    arguments = ["--study", name, *ARGUMENTS[name], "--rounds", "2", "--output", str(tmp_path)]
    if name != "threads":
        arguments += ["--threads", "1"]
    assert compare.main(arguments) == 0
    assert "elu" in capsys.readouterr().out
    path = tmp_path / f"{name}.json"
    written = load(path)
    assert {record.status for record in written.records} == {"measured"}
    assert {state.status for state in written.peers} == {"ran"}
    assert written.settings["command"].startswith(f"python benchmarks/compare.py --study {name} ")
    assert str(tmp_path) not in path.read_text()
    assert [*tmp_path.glob("*.png")]
    assert compare.main(["--markdown", str(path)]) == 0
    shown = capsys.readouterr().out
    for sheet in study_of(written).sheets(written):
        assert sheet.title in shown
        assert all(len(row) == len(sheet.columns) for row in sheet.rows)


@pytest.mark.parametrize("name", ["sweep", "threads", "tail", "products"])
def test_a_study_goes_on_without_a_peer_that_fails(name, fakes):
    pytest.importorskip("sklearn")  # the data
    peers = ["good", "fails-to-start", "dies", "elephants-only"]
    states = [state_of(FAKES[peer]) for peer in peers]
    steps = []
    bench = Bench(states, 2, step=steps.append, spawn=spawn_with_fakes)
    plan = STUDIES[name].plan(["elu"], {"float32": (500,)}, [1])
    records = {record.peer: record for record in STUDIES[name].measure(bench, plan)}
    assert {peer: record.status for peer, record in records.items()} == {
        "good": "measured",
        "dies": "failed",
        "elephants-only": "unsupported",
    }
    assert records["good"].ns_per_element > 0
    assert states[1].reason == "ImportError: its library is broken"
    assert len(steps) == STUDIES[name].steps(plan) * 2
    comparison = Comparison({}, {}, states, [*records.values()])
    assert any("exit code 41" in line for line in comparison.failures())
    assert all(
        sheet.rows for sheet in STUDIES[name].sheets(comparison) if "Lost" not in sheet.title
    )


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_has_a_quick_form(name):
    ordinary, quick = (options.parse(["--study", name, *q]) for q in ([], ["--quick"]))
    assert quick.rounds < ordinary.rounds
    assert max(max(sizes) for sizes in quick.sizes.values()) <= 10**6
    assert {*quick.peers} <= {*ordinary.peers}


# Rounds


def test_rounds_are_interleaved_and_a_failure_ends_only_its_own_turns():
    called, ends = [], []

    def turn(name):
        called.append(name)
        if name == "b" and called.count("b") == 2:
            raise PeerFailure("tired")
        return len(called)

    turns = {name: lambda name=name: turn(name) for name in "abc"}
    answers, failures = rounds.interleave(turns, 3, lambda: ends.append(len(called)))
    assert "".join(called) == "abcbcaca"
    assert ends == [3, 6, 8]
    assert answers == {"a": [1, 6, 8], "b": [2], "c": [3, 5, 7]}
    assert [*failures] == ["b"]


def test_who_takes_long_has_three_turns():
    answers, _ = rounds.interleave({"slow": int, "too": int}, 9, int, enough_seconds=-1.0)
    assert answers == {"slow": [0, 0, 0], "too": [0, 0, 0]}


@pytest.mark.parametrize(("threads", "pauses"), [(1, 0), (2, 6)])
def test_turns_wait_until_the_threads_of_the_last_one_sleep(threads, pauses, monkeypatch):
    slept = []
    monkeypatch.setattr(rounds, "sleep", slept.append)
    rounds.interleave({"a": int, "b": int}, 3, int, threads=threads)
    assert slept == [rounds.SETTLE_SECONDS] * pauses


@pytest.mark.parametrize(
    ("peer", "threads", "latest", "warm_up"),
    [
        ("good", 1, 0.0, 0.001),
        ("good", 1, 0.004, None),
        ("good", 2, 0.0, 0.030),
        ("good", 2, 0.004, 0.030),
        ("good", 2, 0.031, None),
        ("single", 2, 0.0, 0.001),
    ],
)
def test_several_threads_have_a_longer_warm_up(peer, threads, latest, warm_up, fakes, monkeypatch):
    session, passes = Session(peer), []
    session.start(threads)
    session._slots, session._latest_pass = [None], latest
    monkeypatch.setattr(session, "_passes", lambda seconds: passes.append(seconds) or [1.0])
    session.turn()
    assert passes == [*filter(None, [warm_up]), TURN_SECONDS]


def places_of_turns(peer, x, turns=7):
    """Run turns; return where the input of each lay."""
    session, places = Session(peer), []
    session.start(1)
    prepare = session._peer.prepare

    def noting(function, inputs, parameters):
        places.append(inputs[0].ctypes.data)
        return prepare(function, inputs, parameters)

    session._peer.prepare = noting
    try:
        session.prepare("elu", (x,), {"alpha": 1.0})
        seen = []
        for _ in range(turns):
            session.turn()
            seen.append(places[-1])
        results = session.results(x.size)
    finally:
        del session._peer.prepare
    return seen, results


def test_everybody_has_new_memory_after_some_turns(fakes):
    x = np.linspace(-2, 2, 1000, dtype=F4)[None]
    seen, (result,) = places_of_turns("good", x)
    first, second, third = seen[0], seen[3], seen[6]
    assert seen == [first] * 3 + [second] * 3 + [third]
    assert len({first, second, third}) == 3
    np.testing.assert_allclose(result, elufast.elu(x[0]), rtol=1e-6)


def test_large_arrays_stay(fakes):
    seen, _ = places_of_turns("good", np.zeros((1, 2**20 + 1), F4), turns=4)
    assert len(set(seen)) == 1


def test_who_binds_slowly_stays_after_the_first_time(fakes, monkeypatch):
    monkeypatch.setattr(worker, "LONGEST_BINDING_SECONDS", 0)
    seen, _ = places_of_turns("good", np.zeros((1, 10), F4))
    assert len(set(seen)) == 2


def test_latencies_have_the_warm_up_too(fakes, monkeypatch):
    session, passes = Session("good"), []
    session.start(2)
    session._slots = [SimpleNamespace(call=int)]
    monkeypatch.setattr(session, "_passes", passes.append)
    session.latencies(1)
    assert passes == [0.030]


def test_a_reason_names_no_folder():
    failures = {}
    with timing._noting(failures, "it"):
        raise PeerFailure("OSError: '/home/me/lib/libx.so': see https://example.org/a/b, 1/2/3")
    assert failures["it"] == "OSError: 'libx.so': see https://example.org/a/b, 1/2/3"


# Instruction sets


def test_a_restriction_is_there_when_the_process_starts(fakes):
    states = [state_of(FAKES["restricted"])]
    with Bench(states, 1, "avx2", spawn=spawn_with_fakes).team(1):
        assert states[0].version == "no more than AVX2"
    assert "FAKE_ISA" not in os.environ
    with Bench(states, 1, None, spawn=spawn_with_fakes).team(1):
        assert states[0].version == "unrestricted"


def test_the_environment_is_as_before(monkeypatch, fakes):
    monkeypatch.setenv("FAKE_ISA", "mine")
    with Bench([state_of(FAKES["restricted"])], 1, "avx2", spawn=spawn_with_fakes).team(1):
        assert os.environ["FAKE_ISA"] == "mine"


def test_who_cannot_be_restricted_is_left_out(fakes):
    assert run_module()._state("restricted", "avx2").status == "ran"
    assert run_module()._state("copyto", "avx2").status == "ran"
    state = run_module()._state("unrestrictable", "avx2")
    assert (state.status, state.reason) == ("left out", "cannot be restricted to avx2")
    assert run_module()._state("unrestrictable", None).status == "ran"
    assert isa.environment(all_peers()["elufast"], "avx2")["ELUFAST_ISA"] == "avx2"
    assert isa.environment(all_peers()["elufast"], None) == {}


def test_a_yardstick_can_be_restricted():
    yardsticks = [peer for peer in all_peers().values() if peer.yardstick]
    assert [peer.name for peer in yardsticks if isa.why_left_out(peer, "avx2")] == []


@pytest.mark.parametrize(("wanted", "expected"), [(None, 64), ("avx2", 32)])
def test_a_c_loop_keeps_to_the_vectors_that_are_wanted(wanted, expected, monkeypatch):
    monkeypatch.setattr(vector_math, "_has_avx512", lambda: True)
    for name, value in isa.environment(all_peers()["svml"], wanted).items():
        monkeypatch.setenv(name, value)
    assert vector_math.vector_bytes() == expected


def test_elufast_is_restricted():
    process = PeerProcess("elufast", environment={"ELUFAST_ISA": "no such set"})
    try:
        with pytest.raises(PeerFailure, match="no such set"):
            process.ask("start", 1)
    finally:
        process.stop()


# Memory


def test_what_does_not_fit_is_left_out_and_named():
    plan = [Case("elu", "float32", n, count) for count in (1, 2) for n in (10**6, 10**9)]
    fit, left_out = memory.fitting(plan, 4, available=2**33)
    assert {case.n for case in fit} == {10**6}
    assert left_out == ["elu float32 n=1,000,000,000 needs 56 GiB"]
    assert memory.fitting(plan, 4, float("inf")) == (plan, [])


# Layouts


@pytest.mark.parametrize("function", ["elu", "celu_backward"])
@pytest.mark.parametrize("layout", layouts.LAYOUTS, ids=lambda layout: layout.name)
def test_a_layout_is_called_as_it_is_named(layout, function, rng):
    row = next(row for row in ROWS if row.name == function)
    arrays = [rng.standard_normal(3500).astype(F4) for _ in row.data]
    inputs, out, parameters = layouts.operands(layout, row.data, arrays)
    getattr(elufast, function)(*inputs, out=out, **parameters)
    exact = getattr(reference, function)
    expected = exact(
        *(a.astype(float) for a in inputs), *(a.astype(float) for a in parameters.values())
    )
    expected = np.broadcast_to(expected.astype(float), out.shape)
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-6)
    assert out.flags.f_contiguous if layout.name == "out transposed" else out.flags.c_contiguous
    assert out.dtype == (layout.out or layout.dtype)
    assert out.shape == ((54, 64) if "2^k" in layout.name else (59, 59))


def test_layouts_lie_as_they_are_named():
    x = np.zeros(100 * 100, F4)
    placed = {each.name: layouts.operands(each, ("x",), [x])[0][0] for each in layouts.LAYOUTS}
    assert placed["X[::2, :]"].strides == (800, 4)
    assert placed["X[:, ::2]"].strides == (800, 8)
    assert placed["X[::-1, :]"].strides == (-400, 4)
    assert placed["X[:, ::-1]"].strides == (400, -4)
    assert placed["X[:, :k], k = columns - 1"].strides == (404, 4)
    assert placed["transposed"].strides == (4, 400)
    assert placed["transposed, 2^k columns"].shape == (78, 128)
    assert placed["transposed, 2^k columns"].strides == (4, 312)
    assert placed["x (C,) broadcast"].shape == (100,)
    assert placed["x (N, 1) broadcast"].shape == (100, 1)
    assert placed["byte-swapped"].dtype == np.dtype(">f4" if np.little_endian else "<f4")
    assert not placed["misaligned"].flags.aligned
    assert placed["int32 x"].dtype == np.int32


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        ("contiguous float32", 8),
        ("contiguous float64", 16),
        ("X[:, ::2]", 12),
        ("x (C,) broadcast", 4 + 4 / 1600),
        ("alpha (C,)", 8 + 4 / 1600),
        ("transposed", 8),
        ("transposed, 2^k columns", 8),
        ("float32 to float64 out", 12),
        ("int32 x", 12),
    ],
)
def test_bytes_are_those_of_whole_cache_lines(layout, expected):
    """Rows of 1600 elements begin at a line each, so that no line is shared."""
    assert layouts._bytes("elu", 1600 * 1600)[layout] == pytest.approx(expected, rel=1e-3)


def test_transposed_rows_share_lines_where_contiguous_ones_do():
    """Of 62.5 lines each."""
    assert layouts._bytes("elu", 1000 * 1000)["transposed"] == 8
    assert layouts._line_bytes(np.zeros((1000, 1000), F4, "F")) == 4_000_000


def test_a_number_in_each_line_costs_the_line():
    assert layouts._line_bytes(np.zeros((50, 160), F4)[:, ::16]) == 50 * 10 * 64
    assert layouts._line_bytes(np.zeros((640, 16), F4)[:, :1]) == 640 * 64


def test_ratios_are_those_to_the_contiguous_case_of_the_loop():
    times = {"contiguous float32": 1.0, "contiguous float64": 4.0, "X[:, ::2]": 3.0, "int32 x": 6.0}
    records = [
        Record("elu", "float32", 10**6, 1, "elufast", "measured", ns_per_element=ns, form=form)
        for form, ns in times.items()
    ]
    layouts._compare(records)
    found = {record.form: record.figures for record in records}
    assert found["X[:, ::2]"]["time"] == 3
    assert found["X[:, ::2]"]["per_byte"] == pytest.approx(2, rel=1e-2)
    assert found["int32 x"]["time"] == 1.5
    assert found["int32 x"]["per_byte"] == pytest.approx(2, rel=1e-2)
    assert records[-1].dtype == "float64"


# Forms


@pytest.fixture
def prepared_forms():
    """Prepare a study's forms in this process; return the first output of each."""

    def prepare(study, peer, x, function="elu"):
        session = forms.FormSession(peer)
        row = next(row for row in ROWS if row.name == function)
        keys = session.prepare_forms(study, function, (x,), row.parameters)
        assert all(session.turn_of(key) > 0 for key in keys)
        return {key: session.results_of(key) for key in keys}

    return prepare


def _of_small_form(form, x, peer):
    if "integers" in form:
        x = np.rint(x).astype(int)
    by_array = "alphas" in form or "channels" in form
    if peer == "np.exp":
        return 0.5 * x if by_array else np.exp(x)
    return elufast.elu(x, 0.5 if by_array or "alpha" in form else 1.0)


def test_small_calls_are_what_their_names_say(prepared_forms, rng):
    x = rng.standard_normal((3, 1)).astype(F4)
    found = prepared_forms("small", "elufast", x)
    ours = {form: result for (peer, form), result in found.items() if peer == "elufast"}
    exps = {form: result for (peer, form), result in found.items() if peer == "np.exp"}
    assert list(ours) == list(exps)
    assert len(ours) == 7
    for form, result in ours.items():
        expected, exp = (_of_small_form(form, x[0], peer) for peer in ("elufast", "np.exp"))
        np.testing.assert_allclose(np.ravel(result), expected, rtol=1e-6)
        np.testing.assert_allclose(np.ravel(exps[form]), exp, rtol=1e-6)
    assert ours["f(x)"].shape == (1,)
    assert ours["f(np.float32)"].shape == ours["f(float)"].shape == ()
    assert (ours["f(np.float32)"].dtype, ours["f(float)"].dtype) == ("f4", "f8")


def test_small_arrays_that_are_not_plain_hold_the_same_numbers(prepared_forms, rng):
    x = rng.standard_normal((3, 36)).astype(F4)
    found = prepared_forms("small", "elufast", x)
    assert len(found) == 20
    for (peer, form), result in found.items():
        expected = _of_small_form(form, x[0], peer)
        square = result.T if ".T" in form else result
        np.testing.assert_allclose(np.ravel(square), expected, rtol=1e-6)


def test_a_mask_leaves_half_as_it_was(prepared_forms, rng):
    x = -1 - rng.random((1, small.SMALLEST_MASKED), F4)
    found = prepared_forms("small", "elufast", x)
    assert len(found) == 2
    ours, exp = found.values()
    np.testing.assert_array_equal(ours == 0, exp == 0)
    assert 0.45 < (ours == 0).mean() < 0.55


@pytest.mark.parametrize("peer", ["elufast", "numpy-where", "np.exp"])
def test_fresh_results_are_new_memory(peer, rng):
    x = rng.standard_normal((1, 1000)).astype(F4)
    prepared = fresh.prepare(all_peers()[peer], "elu", (x,), {"alpha": 1.0})
    assert [form for _, form in prepared] == [fresh.GIVEN, fresh.NEW][peer == "numpy-where" :]
    (slot,) = prepared[peer, fresh.NEW]
    slot.call()
    first = slot.outputs()[0]
    slot.call()
    second = slot.outputs()[0]
    assert not np.shares_memory(first, second)
    expected = np.exp(x[0]) if peer == "np.exp" else reference.elu(x[0].astype(float))
    np.testing.assert_allclose(second, expected.astype(float), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("function", ["elu", "selu", "celu"])
def test_tensors_are_computed_by_both_libraries(prepared_forms, rng, function):
    pytest.importorskip("torch")
    x = rng.standard_normal((1, 1001))
    found = prepared_forms("torch", "elufast", x, function)
    slope = getattr(reference, f"{function}_grad")(x[0]).astype(float)
    exact = {
        "forward": getattr(reference, function)(x[0]).astype(float),
        "forward and backward": x[0, ::-1] * slope,
    }
    assert list(found) == [(peer, form) for peer in ("elufast", "torch") for form in exact]
    found |= prepared_forms("torch", "torch", x, function)
    assert found.pop(("floor", "forward and backward")).shape == x[0].shape
    assert list(found)[4:] == [("python", form) for form in exact]
    for (_, form), result in found.items():
        np.testing.assert_allclose(result, exact[form], rtol=1e-12)
    ours, theirs = (found[peer, "forward"] for peer in ("elufast", "torch"))
    np.testing.assert_array_equal(ours, getattr(elufast, function)(x[0]))
    assert (ours != theirs).any()
    np.testing.assert_array_equal(ours, found["python", "forward"])


# Products and latencies


def test_products_come_first_alone_and_then_with_calls_between(monkeypatch):
    done = []
    monkeypatch.setattr(worker.np, "matmul", lambda left, right, out: done.append("product"))
    session = Session("copyto")
    session._slots = [SimpleNamespace(call=lambda row=row: done.append(row)) for row in range(2)]
    times = session.between_products(3)
    assert done == ["product"] * 7 + [0, "product", 1, "product", 0]
    assert times.shape == (2, 3, 2)
    assert (times >= 0).all()


def test_what_a_call_leaves_behind_counts():
    record = Record("elu", "float32", 1000, 2, "elufast", "measured")
    times = np.array([[[10, 0], [10, 0], [10, 0]], [[10, 2], [40, 2], [10, 5]]]) * 1000
    products._describe(record, times)
    assert record.figures == {"alone": 10, "product": 20, "call": 3, "both": 23}
    assert record.ns_per_element == 3


def test_every_call_is_timed_and_the_rows_take_turns(monkeypatch):
    called = []
    session = Session("copyto")
    session._slots = [SimpleNamespace(call=lambda row=row: called.append(row)) for row in range(3)]
    monkeypatch.setattr(session, "_passes", lambda seconds: [])
    times = session.latencies(7)
    assert called == [0, 1, 2, 0, 1, 2, 0]
    assert times.shape == (7,)
    assert (times >= 0).all()


def test_quantiles_are_calls_that_were_made():
    record = Record("elu", "float32", 1000, 2, "elufast", "measured")
    tail._describe(record, np.arange(10_000, 0, -1) * 1000)
    expected = {"median": 5000, "p99": 9900, "p99.9": 9990, "max": 10_000, "calls": 10_000}
    assert record.figures == expected
    assert record.ns_per_element == 5000


# Verdicts


def measured(peer, ns, **changes):
    fields = {"function": "elu", "dtype": "float32", "n": 1000, "threads": 1, **changes}
    return Record(peer=peer, status="measured", ns_per_element=ns, **fields)


@pytest.fixture
def comparison():
    records = [
        measured("elufast", 1.0),
        measured("numba", 4.0),
        measured("jax", 2.0),
        measured("copyto", 0.5),
        measured("elufast", 3.0, n=10),
        measured("numba", 2.0, n=10),
        measured("elufast", 1.4, function="elu_with_grad"),
        measured("copyto", 0.1, function="elu_with_grad"),
    ]
    names = dict.fromkeys(record.peer for record in records)
    states = [PeerState(n, n.title(), "ran", yardstick=n == "copyto") for n in names]
    return Comparison({}, {}, states, records)


def test_losses_come_first_and_a_yardstick_is_no_rival(comparison):
    found = [(s.ours.n, s.rival.peer, s.ratio, s.to_copy) for s in verdict.standings(comparison)]
    assert found == [(10, "numba", 1.5, None), (1000, "jax", 0.5, 2.0)]


def test_lost_cells_are_named(comparison):
    (sheet,) = verdict.lost_cells(comparison)
    assert sheet.title == "Lost cells: 1 of 2"
    (row,) = sheet.rows
    assert row[:6] == ["elu", "float32", "10", "1", "3.00", "Numba"]
    assert row[7] == sheets.Cell("1.50", sheets.BAD)


def test_the_pair_is_compared_with_the_value(comparison):
    pairs = list(verdict.all_cells(comparison))[-1]
    assert pairs.rows == [["elu_with_grad", "float32", "1,000", "1", "1.40"]]


def test_all_ratios_in_markdown(comparison):
    comparison.machine.update(
        dict.fromkeys(["cpu", "system", "architecture", "python", "numpy", "elufast"], "x"),
        cpus=1, cpus_usable=1, date="2026-01-02T",
    )  # fmt: skip
    comparison.settings["command"] = "python benchmarks/compare.py"
    shown = markdown.render(comparison, ["float32"], ratios=True)
    assert "elufast by the fastest peer: 1 of 2 lost" in shown
    assert "| elu | float32 | 10 | 1 | 3.00 | Numba | 2.00 | 1.50 (!) | - |" in shown
    assert "| elu | float32 | 1,000 | 1 | 1.00 | Jax | 2.00 | 0.50 | 2.00 |" in shown


def test_more_threads_that_slow_down_are_marked():
    ratios = {1: None, 2: 0.5, 4: 1.04, 8: 1.25}
    records = [measured("elufast", 1.0, threads=count) for count in ratios]
    for record, ratio in zip(records, ratios.values(), strict=True):
        record.figures = {} if ratio is None else {"time_to_one_thread": ratio}
    comparison = Comparison({}, {}, [PeerState("elufast", "elufast", "ran")], records)
    (sheet,) = STUDIES["threads"].sheets(comparison)
    (row,) = sheet.rows
    assert row[3:] == [sheets.Cell("2.00"), sheets.Cell("0.96"), sheets.Cell("0.80", sheets.BAD)]


def test_threads_are_doubled_up_to_all(monkeypatch):
    for cpus, expected in ((1, (1,)), (2, (1, 2)), (6, (1, 2, 4, 6)), (8, (1, 2, 4, 8))):
        monkeypatch.setattr(threads, "usable_cpus", lambda cpus=cpus: cpus)
        assert STUDIES["threads"].threads() == expected


def test_sizes_are_written_short():
    written = {1: "1", 100: "100", 1000: "1e3", 5 * 10**7: "5e7", 10**8: "1e8", 65_536: "65,536"}
    assert {n: sweep._short(n) for n in written} == written
