"""The benchmark on a GPU, without one: its arithmetic, its tables, and a run on the processor."""

import dataclasses
import io
import subprocess
import sys
import time
from functools import partial

import bench_gpu
import numpy as np
import pytest
import support
from comparison.cases import TYPES
from comparison.results import Comparison, PeerState, Record, load, save
from gpus import is_real
from support import REPOSITORY, function

from elufast._ufuncs import ROWS

pytest.importorskip("ml_dtypes")
pytest.importorskip("rich")
from gpu import calls, checks, measure, options, peers, plan, report, run
from gpu.buffers import Sets
from gpu.device import Turn

L2 = 50_000


class OnHost:
    """What stands for a device: arrays of NumPy's, and the processor's clock."""

    l2_bytes = L2

    def __init__(self, free=10**9, slow_turns=0):
        self.free, self.slow_turns = free, slow_turns
        self.leads = []

    def free_bytes(self):
        return self.free

    def empty(self, rows, nbytes):
        return np.empty((rows, nbytes), np.uint8)

    def fill(self, rows, values):
        rows[:, : values.size] = values

    def to_host(self, array):
        return np.array(array)

    def copy(self, source, target):
        return lambda: np.copyto(target, source)

    def wait(self):
        pass

    def time(self, batch, lead=0.0, finish=None):
        self.leads.append(lead)
        before = time.perf_counter()
        for call in batch:
            call()
        host = time.perf_counter() - before
        if finish is not None:
            finish()
        filled = len(self.leads) > self.slow_turns and finish is None
        return Turn(time.perf_counter() - before, host, filled)


class Wrong(peers.CupyExpression):
    """Writes nothing: the garbage stays."""

    name = label = "wrong"
    module = "numpy"

    def version(self):
        return "1.0"

    def begin(self):
        pass

    def bind(self, function, inputs, outputs, parameters):
        return peers.Prepared(lambda: None, lambda: tuple(outputs))


class Broken(Wrong):
    name = label = "broken"

    def bind(self, function, inputs, outputs, parameters):
        raise RuntimeError("no kernel in /home/somebody/cache/kernels.py\nand so on")


class LacksAGpu(Wrong):
    name = label = "lacks-a-gpu"

    def begin(self):
        raise peers.LeftOut("it has no CUDA")


class NobodyHas(Wrong):
    name = label = "nobody-has"
    module = "a_module_that_nobody_has"


# The command line


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--functions", "gelu"], "argument --functions: invalid choice: 'gelu'"),
        (["--types", "int8"], "argument --types: invalid choice: 'int8'"),
        (["--peers", "elufast"], "argument --peers: invalid choice: 'elufast'"),
        (["--bytes", "99"], "argument --bytes: '99' is not a whole number of bytes from 100"),
        (["--bytes", "1e12"], "argument --bytes: '1e12' is not a whole number of bytes"),
        (["--bytes", "100.5"], "argument --bytes: '100.5' is not a whole number of bytes"),
        (["--bytes", "nan"], "argument --bytes: 'nan' is not a whole number of bytes"),
        (["--bytes", "many"], "argument --bytes: 'many' is not a whole number of bytes"),
        (["--rounds", "0"], "argument --rounds: '0' is not a whole number above 0"),
        (["--output", __file__], "argument --output: "),
        (["--markdown", "no/such.json"], "argument --markdown: there is no file no/such.json"),
        (["--fast"], "unrecognized arguments: --fast"),
    ],
)
def test_a_bad_option_is_named(arguments, complaint, capsys):
    with pytest.raises(SystemExit) as ended:
        options.parse(arguments)
    assert ended.value.code == 2
    assert f"bench_gpu.py: error: {complaint}" in capsys.readouterr().err


def test_without_options_everything_is_measured():
    wanted = options.parse([])
    assert wanted.functions == tuple(row.name for row in ROWS)
    assert wanted.types == TYPES
    assert (min(wanted.bytes), max(wanted.bytes)) == (10**3, 10**9)
    assert wanted.peers == ("cupy", "torch", "torch-compile", "jax")


def test_a_quick_run_is_smaller_and_options_overrule_it():
    quick, full = options.parse(["--quick"]), options.parse([])
    assert {*quick.functions} < {*full.functions}
    assert len(quick.bytes) < len(full.bytes)
    assert quick.rounds < full.rounds
    assert "torch-compile" not in quick.peers
    wanted = options.parse(["--quick", "--bytes", "2e6", "1e3", "1e3", "--rounds", "5", "--peers"])
    assert (wanted.bytes, wanted.rounds, wanted.peers) == ((1000, 2_000_000), 5, ())


def test_output_is_a_folder_or_a_file(tmp_path):
    folder = options.parse(["--output", str(tmp_path)])
    assert (folder.folder, folder.file_name) == (tmp_path, "gpu.json")
    file = options.parse(["--output", str(tmp_path / "h.json")])
    assert (file.folder, file.file_name) == (tmp_path, "h.json")


# Bytes, rotation and memory


@pytest.mark.parametrize("dtype", TYPES)
def test_bytes_are_those_of_all_data_inputs_and_outputs(row, dtype):
    kind = row.name.partition("_")[2]
    arrays = 3 if kind in ("with_grad", "backward", "backward_from_output") else 2
    itemsize = {"float64": 8, "float32": 4}.get(dtype, 2)
    cell = plan.Cell(row.name, dtype, 10**6)
    assert cell.arrays == arrays
    assert cell.n == 10**6 // (arrays * itemsize)
    assert cell.bytes_moved == cell.n * arrays * itemsize
    assert 10**6 - 24 < cell.bytes_moved <= 10**6
    assert 2 * cell.bytes_copied == cell.bytes_moved


@pytest.mark.parametrize("size", [100, 10**3, 10**6, 10**9])
@pytest.mark.parametrize("l2", [0, 6 * 2**20, 50 * 2**20])
def test_sets_are_more_than_four_caches_and_no_more_than_that_takes(size, l2):
    cell = plan.Cell("elu", "float32", size)
    sets = cell.sets(l2)
    assert sets * cell.bytes_moved > 4 * l2
    assert sets == 1 or (sets - 1) * cell.bytes_moved <= 4 * l2


def test_turns_go_through_all_sets_before_they_come_back():
    sets = Sets(OnHost(), cell := plan.Cell("elu", "float32", 10**3))
    seen = []
    while len(seen) < 2 * sets.count:
        turn = sets.turn()
        assert len(turn) == cell.launches
        seen += turn
    assert seen[: sets.count] == list(range(sets.count))
    assert seen[sets.count : 2 * sets.count] == list(range(sets.count))


def test_arrays_of_a_set_are_apart_and_aligned():
    cell = plan.Cell("elu_backward", "float16", 1000)
    device = OnHost()
    sets = Sets(device, cell)
    device.fill(sets[1].outputs[0][None], np.full(cell.n, 7, np.float16))
    assert (sets[0].outputs[0].ctypes.data - sets[1].outputs[0].ctypes.data) % plan.ALIGNMENT == 0
    for array in (*sets[0].inputs, *sets[1].inputs, sets[1].outputs[0]):
        assert (array.size, array.dtype) == (cell.n, np.float16)
    assert (sets[1].outputs[0] == 7).all()
    np.testing.assert_array_equal(sets[0].inputs[1], sets[1].inputs[1])
    assert 0 < np.count_nonzero(sets[0].inputs[1] < 0) < cell.n


@pytest.mark.parametrize("size", [10**3, 10**7, 10**9])
def test_a_turn_has_a_few_launches_and_fits_into_the_queue(size):
    assert 5 <= plan.Cell("elu", "float32", size).launches <= 200


def test_a_cell_that_does_not_fit_says_so():
    cell = plan.Cell("elu", "float32", 10**9)
    needed = cell.bytes_needed(L2)
    assert needed >= 2 * cell.bytes_moved  # the function's arrays and the copy's
    assert plan.why_left_out(cell, L2, 2 * needed) is None
    reason = plan.why_left_out(cell, L2, needed)
    assert reason.startswith("elu float32 1,000,000,000 bytes needs 2.8 GiB of GPU memory")


def test_what_does_not_fit_is_left_out_and_the_rest_measured():
    cells = plan.cells(["elu"], ["float32"], [1000, 10**9])
    device = OnHost(free=2 * 10**6)
    records, left_out, stopped = measure.measure_all(
        device, cells, [peers.Elufast()], 1, lambda cell: None
    )
    assert not stopped
    assert [record.n for record in records] == [125]
    assert len(left_out) == 1
    assert "1,000,000,000" in left_out[0]


def test_memory_that_is_in_pieces_leaves_a_cell_out(monkeypatch):
    def no_memory(rows, nbytes):
        raise MemoryError("out of memory")

    device = OnHost()
    monkeypatch.setattr(device, "empty", no_memory)
    cells = plan.cells(["elu"], ["float32"], [1000])
    assert measure.measure_all(device, cells, [peers.Elufast()], 1, lambda cell: None) == (
        [],
        ["elu float32 1,000 bytes: MemoryError: out of memory"],
        "",
    )


@pytest.mark.parametrize("is_lost", [False, True])
def test_an_error_that_is_nobodys_costs_no_other_cell(is_lost, monkeypatch):
    """But where the device no longer answers, it is over; what was measured is kept."""
    cells = plan.cells(["elu"], ["float32"], [1000, 2000, 4000])
    device, everybody = OnHost(), [peers.Elufast(), peers.CopyOnDevice()]
    ordinary = measure.measure

    def fault():
        raise RuntimeError("an illegal memory access")

    def measured(device, cell, *rest):
        if cell.bytes != 2000:
            return ordinary(device, cell, *rest)
        if is_lost:
            monkeypatch.setattr(device, "wait", fault)
        return fault()

    monkeypatch.setattr(measure, "measure", measured)
    records, left_out, stopped = measure.measure_all(device, cells, everybody, 1, lambda cell: None)
    found = [(record.figures["bytes"], record.status) for record in records]
    kept, failed = [(1000, "measured")] * 2, [(2000, "failed")] * 2
    assert found == kept + failed + ([] if is_lost else [(4000, "measured")] * 2)
    assert {record.reason for record in records[2:4]} == {"RuntimeError: an illegal memory access"}
    assert left_out == []
    place = "elu float32 2,000 bytes: RuntimeError: an illegal memory access"
    assert stopped == (place if is_lost else "")


# Checks


@pytest.mark.parametrize("dtype", TYPES)
def test_one_wrong_bit_is_found_in_every_period(dtype):
    right = np.array([1.0, -2.0, 0.25], dtype)
    actual = np.resize(right, 8)
    assert checks.wrong_bits(actual, right, [right]) == 0
    actual[7] = np.nextafter(actual[7], right[0]) if dtype != "bfloat16" else right[2]
    assert checks.wrong_bits(actual, right, [right]) == 1
    actual[0] = -actual[0]
    assert checks.wrong_bits(actual, right, [right]) == 2


@pytest.mark.parametrize(("dtype", "found"), [("float32", 0), ("float64", 2), ("float16", 2)])
def test_subnormal_numbers_do_not_count_where_they_are_flushed(dtype, found):
    small = np.finfo(dtype).smallest_subnormal
    right = np.array([small, 1, 1], dtype)
    x = np.array([1, small, 1], dtype)
    actual = np.array([0, 0, 1], dtype)
    assert checks.wrong_bits(actual, right, [x]) == found


def test_a_sign_of_zero_counts():
    zero = np.zeros(1, np.float32)
    assert checks.wrong_bits(-zero, zero, [zero]) == 1


def test_a_peer_may_round_differently_and_not_compute_something_else():
    right = np.array([1.0, 2.0], np.float32)
    near, far = right * np.float32(1 + 1e-6), right * np.float32(1.01)
    assert checks.complaint(False, [near], [right], []) is None
    assert "off by" in checks.complaint(False, [far], [right], [])
    assert "off by inf" in checks.complaint(False, [right * np.float32(np.nan)], [right], [])
    assert "not the bits" in checks.complaint(True, [near], [right], [right])
    assert "float64, not float32" in checks.complaint(False, [right.astype("f8")], [right], [])


# A run on the processor


@pytest.mark.parametrize("dtype", TYPES)
def test_every_function_is_measured_with_its_yardstick(row, dtype):
    cell = plan.Cell(row.name, dtype, 1000)
    records = measure.measure(OnHost(), cell, peers.taking_part([]), 2)
    assert [(r.peer, r.status, r.reason) for r in records] == [
        ("elufast", "measured", None),
        ("copy", "measured", None),
    ]
    for record in records:
        assert len(record.seconds) == 2
        assert record.gb_per_s == pytest.approx(cell.bytes_moved / np.median(record.seconds) / 1e9)
    ours, copy = records
    assert ours.figures["to_copy"] == pytest.approx(ours.gb_per_s / copy.gb_per_s)
    assert ours.figures["sets"] == cell.sets(L2)


def test_whoever_fails_is_recorded_and_the_others_go_on():
    team = [peers.Elufast(), peers.CopyOnDevice(), Wrong(), Broken()]
    records = measure.measure(OnHost(), plan.Cell("elu", "float32", 1000), team, 1)
    assert [record.status for record in records] == ["measured", "measured", "failed", "failed"]
    assert "off by" in records[2].reason
    assert records[3].reason == "RuntimeError: no kernel in kernels.py"


def test_elufast_that_writes_nothing_fails_by_its_bits(monkeypatch):
    monkeypatch.setattr(Wrong, "name", "elufast")
    (record,) = measure.measure(OnHost(), plan.Cell("elu", "float32", 1000), [Wrong()], 1)
    assert record.reason == "125 of 125 elements have not the bits of the CPU"


def test_a_turn_with_an_empty_queue_is_repeated_with_a_longer_lead():
    device = OnHost(slow_turns=3)
    measure.measure(device, plan.Cell("elu", "float32", 1000), [peers.Elufast()], 1)
    warm_up, *leads = device.leads
    assert warm_up == 0
    assert len(leads) == 3
    assert leads[0] >= measure.LEAST_LEAD
    assert leads == pytest.approx([leads[0], 2 * leads[0], 4 * leads[0]])


def test_who_cannot_take_part_says_why():
    present, states = run.start([Wrong(), NobodyHas(), LacksAGpu()])
    assert [peer.name for peer in present] == ["wrong"]
    assert [(state.status, state.version, state.reason) for state in states[:3]] == [
        ("ran", "1.0", None),
        ("missing", None, "module 'a_module_that_nobody_has' is not installed"),
        ("left out", None, "it has no CUDA"),
    ]


@pytest.mark.parametrize("module", ["torch", "jax"])
def test_peers_compute_what_they_are_asked_for(module, row, monkeypatch):
    """Over the same memory, as on a GPU: the arguments are right, or the check would tell."""
    pytest.importorskip(module)
    peer = peers.RIVALS[module]
    if module == "jax":
        import jax

        monkeypatch.setattr(peer, "_latest", None)
        before = jax.config.jax_enable_x64
        jax.config.update("jax_enable_x64", True)
    else:
        import torch

        before = torch.is_grad_enabled()
    try:
        for dtype in TYPES:
            cell = plan.Cell(row.name, dtype, 10_000)
            (record,) = measure.measure(OnHost(), cell, [peer], 1)
            assert (record.status == "measured") == peer.supports(row.name, dtype), record.reason
    finally:
        if module == "jax":
            jax.config.update("jax_enable_x64", before)
        else:
            torch.set_grad_enabled(before)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_plain_expression_is_the_function(row, dtype, gpu, monkeypatch):
    if not is_real(gpu):  # a C++ compiler knows no function that is not declared
        declared = partial(gpu.ElementwiseKernel, preamble="#include <math.h>\n")
        monkeypatch.setattr(gpu, "ElementwiseKernel", declared)
    peers._elementwise_kernel.cache_clear()
    peer, cell = peers.CupyExpression(), plan.Cell(row.name, dtype, 10_000)
    sets = Sets(OnHost(), cell)[0]
    inputs, outputs = ([gpu.asarray(np.array(a)) for a in s] for s in (sets.inputs, sets.outputs))
    parameters = {name: 0.5 * value for name, value in row.parameters.items()}
    peer.bind(row.name, inputs, outputs, parameters).call()
    peers._elementwise_kernel.cache_clear()
    results = [gpu.asnumpy(array) for array in outputs]
    expected = function(row)(*sets.inputs, *parameters.values())
    assert checks.complaint(False, results, support.outputs(expected), []) is None


# The price of calls


def test_the_host_is_timed_beside_exp():
    seen = []
    todo = {"elufast": lambda: seen.append(1), "cupy.exp": lambda: seen.append(2)}
    ours, exp = calls.measure_launches(OnHost(), todo, 3)
    assert (len(ours.seconds), ours.form) == (3, "launch")
    assert ours.figures["to_exp"] == pytest.approx(np.median(ours.seconds) / np.median(exp.seconds))
    assert seen.count(1) == seen.count(2) == 4 * calls.CALLS


def test_a_failing_launch_is_recorded():
    def fail():
        raise ValueError("no")

    ours, exp = calls.measure_launches(OnHost(), {"elufast": fail, "cupy.exp": int}, 1)
    assert (ours.status, ours.reason, exp.status) == ("failed", "ValueError: no", "measured")


def test_first_calls_share_a_cache_in_pairs_of_processes():
    asked = []

    def process(function, dtype, caches):
        asked.append(caches)
        return {"first": 2.0 if asked.count(caches) == 1 else 0.5, "next": 1e-5}

    first, second = calls.measure_first_calls("elu", ["float32"], 2, process)
    assert len({*asked}) == 2
    assert not any(folder.exists() for folder in asked)
    assert (first.form, first.figures["first_milliseconds"]) == ("first process", 2000)
    assert (second.form, second.figures["first_milliseconds"]) == ("second process", 500)


def test_a_failing_process_is_recorded():
    def process(function, dtype, caches):
        return calls.run_process("no_such_function", dtype, caches)

    records = calls.measure_first_calls("elu", ["float32"], 1, process)
    assert [(record.status, record.seconds) for record in records] == 2 * [("failed", [])]
    assert "Error" in records[0].reason


# Tables and the verdict


def cell_of(peer, function, nbytes, gb_per_s, status="measured"):
    figures = {"bytes": nbytes, "bytes_moved": nbytes}
    record = Record(function, "float32", nbytes // 8, 1, peer, status, figures=figures)
    if status == "measured":
        record.seconds = [nbytes / gb_per_s / 1e9]
        record.ns_per_element = record.seconds[0] / record.n * 1e9
        record.gb_per_s = gb_per_s
    return record


@pytest.fixture
def made_up():
    """Two functions at three sizes: one short of the copy, one lost to PyTorch."""
    speeds = {
        ("elu", 1000): (1, 2, 0.5),
        ("elu", 256_000_000): (96, 100, 90),
        ("elu", 10**9): (94, 100, 90),
        ("selu", 256_000_000): (98, 100, 109.76),
    }
    records = []
    for (name, nbytes), cell in speeds.items():
        mine = [
            cell_of(peer, name, nbytes, speed)
            for peer, speed in zip(("elufast", "copy", "torch"), cell, strict=True)
        ]
        measure.add_ratios(mine)
        records += mine
    records += [cell_of("torch", "selu", 10**9, 0, "failed")]
    records += calls.measure_launches(OnHost(), {"elufast": int, "cupy.exp": float}, 1)
    records += calls.measure_first_calls(
        "elu", ["float32"], 1, lambda *_: {"first": 0.25, "next": 1e-5}
    )
    states = [PeerState("elufast", "elufast", "ran", "0.1"), PeerState("copy", "copy", "ran")]
    states += [PeerState("torch", "PyTorch", "ran", "2.0")]
    states += [PeerState("jax", "JAX", "missing", reason="module 'jax' is not installed")]
    states += [PeerState("cupy.exp", "cupy.exp", "ran")]
    gpu = {"name": "A GPU", "memory_bytes": 80 * 2**30, "l2_bytes": 50 * 2**20}
    gpu |= {"driver": "12.4", "runtime": "12.9", "cupy": "14.2.0"}
    about = {"cpu": "A CPU", "cpus_usable": 2, "cpus": 2, "system": "Linux", "numpy": "2"}
    about |= {"architecture": "x86_64", "python": "3", "elufast": "0.1", "date": "2026-01-02T"}
    settings = {"study": "gpu", "command": "python benchmarks/bench_gpu.py", "left_out": ["elu x"]}
    settings["stopped"] = "celu float32 9 bytes: a fault"
    return Comparison({**about, "gpu": gpu}, settings, states, records)


def test_the_verdict_names_what_is_short_of_the_copy_and_what_is_lost(made_up):
    assert report.verdict(made_up) == [
        "Below 95% of the copy at 256 MB and above: 1 of 3 cells:",
        "  elu float32, 1 GB: 94.0% of the copy, 94.0 GB/s",
        "Slower than a peer by more than 5%: 1 of 4 cells:",
        "  selu float32, 256 MB: 1.120 times the time of PyTorch",
    ]


def test_a_verdict_without_anything_to_judge_claims_nothing(made_up):
    alone = dataclasses.replace(made_up, records=[r for r in made_up.records if r.n == 125])
    alone.records = [record for record in alone.records if record.peer != "torch"]
    assert report.verdict(alone) == [
        "Below 95% of the copy at 256 MB and above: nothing to judge by was measured",
        "Slower than a peer by more than 5%: nothing to judge by was measured",
    ]


def test_markdown_of_a_file(made_up, tmp_path, capsys):
    path = save(made_up, tmp_path, "gpu.json")
    assert bench_gpu.main(["--markdown", str(path)]) == 0
    text = capsys.readouterr().out
    assert text == report.markdown(load(path)) + "\n"
    for line in (
        "|  | 1 kB | 256 MB | 1 GB |",
        "| copy on the device | 2.00 | 100 | 100 |",
        "| elu | 1.00 (0.50) | 96.0 (0.96) | 94.0 (0.94) (!) |",
        "| elu | **94.0** | 100 | **90.0** |",
        "| selu | - | - | failed (!) |",
        "| elu float32, compiled | 250 | 10.0 |",
        "- left out, for want of memory: elu x",
        "Stopped early at celu float32 9 bytes: a fault.",
        "A GPU, 80 GiB, L2 cache 50 MiB, driver for CUDA 12.4, runtime 12.9, CuPy 14.2.0. A CPU",
        "Without: JAX: module 'jax' is not installed.",
    ):
        assert line in text


def test_what_a_terminal_shows(made_up):
    from rich.console import Console

    console = Console(width=120, record=True, file=io.StringIO())
    run.show(made_up, console)
    text = console.export_text()
    assert "missing: module 'jax' is not installed" in text
    assert "left out, for want of memory: elu x" in text
    assert "stopped early at celu float32 9 bytes: a fault" in text
    assert "failed: PyTorch, selu float32" in text
    assert "1.120 times the time of PyTorch" in text


def test_no_comparison_is_refused(tmp_path, capsys):
    for text in ("# a README", '{"machine": {}}', "[]", '{"records": [{"name": 1}]}'):
        path = tmp_path / "other.json"
        path.write_text(text)
        assert bench_gpu.main(["--markdown", str(path)]) == 2
        assert capsys.readouterr().err == f"bench_gpu.py: {path} holds no comparison\n"


def test_another_benchmarks_file_is_refused(made_up, tmp_path, capsys):
    made_up.settings["study"] = "small"
    path = save(made_up, tmp_path, "small.json")
    assert bench_gpu.main(["--markdown", str(path)]) == 2
    assert "was not written by bench_gpu.py" in capsys.readouterr().err


# Without what it needs


def test_a_missing_package_is_named(monkeypatch, capsys):
    monkeypatch.setattr(bench_gpu, "NEEDED", ("numpy", "a_module_that_nobody_has"))
    assert bench_gpu.main([]) == 2
    assert "needs a_module_that_nobody_has" in capsys.readouterr().err


def run_script(folder, cupy):
    """Run it where `cupy` is the whole text of CuPy, in a folder that is looked through first."""
    folder.joinpath("cupy.py").write_text(cupy, encoding="utf-8")
    program = f"import sys; sys.path.insert(0, {str(REPOSITORY / 'benchmarks')!r}); "
    program += (
        f"sys.path.insert(0, {str(folder)!r}); import bench_gpu; sys.exit(bench_gpu.main([]))"
    )
    return subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True)


WITHOUT_A_DRIVER = """
ndarray = None
class Error(RuntimeError):
    status = 35
class cuda:
    class runtime:
        def getDeviceCount():
            raise Error("cudaErrorInsufficientDriver")
"""
WITHOUT_A_GPU = "ndarray = None\nclass cuda:\n    class runtime:\n        getDeviceCount = int\n"
WITHOUT_CUPY = "raise ModuleNotFoundError(\"No module named 'cupy'\", name='cupy')"


@pytest.mark.parametrize(
    ("cupy", "complaint"),
    [
        (WITHOUT_CUPY, "arrays on a GPU need CuPy, which is not installed"),
        (WITHOUT_A_DRIVER, "elufast's GPU path needs an NVIDIA GPU and its driver"),
        (WITHOUT_A_GPU, "there is no NVIDIA GPU that this process may use"),
    ],
    ids=["cupy", "driver", "gpu"],
)
def test_what_is_missing_is_named_in_one_sentence(cupy, complaint, tmp_path):
    done = run_script(tmp_path, cupy)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith(f"bench_gpu.py: {complaint}")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
