"""The benchmarks keep their word: complete, on real data, with errors that are errors."""

import json
import subprocess
import sys

import accuracy
import compare
import import_time
import numpy as np
import pytest
from comparison import data, markdown, options
from comparison.cases import TYPES, Case
from comparison.command import spell
from comparison.errors import Reference
from comparison.results import FILE_NAME, Comparison, PeerState, Record, load, save, summarise
from comparison.ulp import ulp_error, wide_type
from exactness import bounds, inputs, walk
from support import REPOSITORY

import elufast
from elufast import _reference as reference
from elufast._ufuncs import ROWS

BENCHMARKS = REPOSITORY / "benchmarks"
F4 = np.float32
EPS = float(np.finfo(F4).eps)
TINY = float(np.finfo(F4).smallest_subnormal)
MAX = float(np.finfo(F4).max)


# The suite


@pytest.fixture(scope="module")
def benchmark_names():
    """The collected names of the benchmark suite."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-o", "addopts="]
    command += ["-o", "python_files=bench_*.py", str(BENCHMARKS)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=BENCHMARKS.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.partition("::")[2] for line in done.stdout.splitlines() if "::" in line]


LAYOUTS = ["size", "type", "fresh_output", "strided", "cut_rows", "in_place"]
LAYOUTS += ["alpha_per_channel", "where"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_public_function_is_benchmarked(row, layout, benchmark_names):
    wanted = f"test_{layout}[{row.name}"
    assert any(name.startswith((wanted + "]", wanted + "-")) for name in benchmark_names)


# compare.py's command line


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--sizes", "1e3", "many"], "argument --sizes: 'many' is not a whole number of elements"),
        (["--sizes", "0"], "argument --sizes: '0' is not a whole number of elements"),
        (["--sizes", "1.5"], "argument --sizes: '1.5' is not a whole number of elements"),
        (["--sizes", "inf"], "argument --sizes: 'inf' is not a whole number of elements"),
        (["--sizes", "nan"], "argument --sizes: 'nan' is not a whole number of elements"),
        (["--types", "int8"], "argument --types: unknown type 'int8'; choose from float32"),
        (["--functions", "gelu"], "argument --functions: unknown function 'gelu'; choose from elu"),
        (["--peers", "fastest"], "argument --peers: unknown peer 'fastest'; choose from elufast"),
        (["--threads", "0"], "argument --threads: '0' is not a whole number above 0"),
        (["--rounds", "-1"], "argument --rounds: '-1' is not a whole number above 0"),
        (["--output", __file__], "argument --output: "),
        (["--markdown", "no/such.json"], "argument --markdown: there is no file no/such.json"),
        (["--study", "gpu"], "argument --study: unknown study 'gpu'; choose from sweep, threads"),
        (["--study", "layouts", "--types", "float64"], "argument --types: not for --study layouts"),
        (["--study", "small", "--peers", "jax"], "argument --peers: not for --study small"),
        (
            ["--study", "small", "--functions", "elu_backward"],
            "argument --functions: --study small has no function 'elu_backward'; choose from elu",
        ),
        (
            ["--study", "threads", "--peers", "copyto"],
            "argument --peers: --study threads has no peer 'copyto'; choose from elufast",
        ),
        (["--isa", "sse"], "argument --isa: unknown instruction set 'sse'; choose from avx2"),
        (["--fast"], "unrecognized arguments: --fast"),
    ],
)
def test_a_bad_option_is_named(arguments, complaint, capsys):
    with pytest.raises(SystemExit) as ended:
        options.parse(arguments)
    assert ended.value.code == 2
    assert f"compare.py: error: {complaint}" in capsys.readouterr().err


def test_options_choose_what_is_measured():
    chosen = options.parse(
        ["--sizes", "1e3", "7", "1e3", "--types", "float64", "--threads", "3", "--rounds", "9"]
    )
    assert chosen.sizes == {"float64": (1000, 7)}
    assert (chosen.threads, chosen.rounds) == ((3,), 9)


def test_a_quick_comparison_leaves_out_what_starts_slowly():
    assert {*options.parse([]).peers} - {*options.parse(["--quick"]).peers} == {"torch-compile"}
    named = options.parse(["--quick", "--peers", "elufast", "torch-compile"])
    assert named.peers == ("elufast", "torch-compile")


def test_the_default_output_is_outside_of_the_results():
    assert options.parse([]).output.name == "elufast-comparison"


@pytest.mark.parametrize("script", [compare, accuracy])
def test_a_missing_package_is_named(script, monkeypatch, capsys):
    monkeypatch.setattr(script, "NEEDED", ("numpy", "a_module_that_nobody_has"))
    assert script.main([]) == 2
    assert "needs a_module_that_nobody_has" in capsys.readouterr().err


def test_the_recorded_command_names_nobodys_folder():
    arguments = ["--quick", "--output", "/home/me", "--rounds", "3", "--folder=/home/me"]
    command = spell("compare.py", arguments, ("--output", "--folder"))
    assert command == "python compare.py --quick --rounds 3"
    assert spell("compare.py", ["--output=/home/me"]) == "python compare.py"


# The data


@pytest.mark.parametrize(("n", "rows"), [(1, 128), (1000, 65), (65_536, 1), (200_001, 1)])
def test_data_are_real_and_the_same_every_time(n, rows):
    pytest.importorskip("sklearn")
    first, second = data.inputs(n, "float32"), data.inputs(n, "float32")
    for name in ("x", "grad"):
        array = getattr(first, name)
        assert array.shape == (rows, n)
        assert array.dtype == F4
        assert np.isfinite(array).all()
        assert array.std() > 0
        np.testing.assert_array_equal(array, getattr(second, name))
    # Nothing is tiled; blank pixels give a few equal pre-activations of equal images.
    assert np.unique(first.x).size > 0.99 * first.x.size
    assert 0.3 < (first.x > 0).mean() < 0.7


def test_the_gradient_is_the_one_of_the_loss():
    """Against a finite difference of the loss, at one activation."""
    pixels, labels = np.eye(5, 4), np.array([0, 1, 2, 0, 1])
    width, (image, unit), step = 6, (3, 2), 1e-6
    x, grad = data.layer(pixels, labels, width)

    generator = np.random.default_rng(data.SEED)
    generator.standard_normal((4, width))
    head = generator.standard_normal((width, 3)) * np.sqrt(2 / (width + 3))

    def loss(change):
        activations = reference.elu(x).astype(float)
        activations[image, unit] += change
        logits = activations @ head
        log_sum = np.log(np.exp(logits).sum(axis=1))
        return (log_sum - logits[np.arange(5), labels]).sum()

    slope = (loss(step) - loss(-step)) / (2 * step)
    assert grad[image, unit] == pytest.approx(slope, rel=1e-6)


def test_arguments_follow_the_names():
    made = data.Inputs(np.array([[-1.0, 2.0]]), np.array([[3.0, 4.0]]))
    grad, y = data.arguments(("grad", "y"), made, "selu")
    np.testing.assert_array_equal(grad, made.grad)
    np.testing.assert_array_equal(y, elufast.selu(made.x))


# ULPs


@pytest.mark.parametrize(
    ("actual", "expected", "error"),
    [
        (1.0, 1.0, 0),
        (1.0 + EPS, 1.0, 1),
        (1.0 - EPS / 2, 1.0, 0.5),
        (1.0, 1.0 - EPS / 8, 0.25),  # the unit below 1 is half as large
        (-3.0, -3.0 - EPS, 0.5),
        (0.0, -0.0, 0),
        (TINY, 0.0, 1),
        (3 * TINY, 1.25 * TINY, 1.75),
        (0.0, TINY / 4, 0.25),
        (np.inf, np.inf, 0),
        (np.inf, 2 * MAX, 0),
        (MAX, MAX * (1 + EPS / 8), 0.25),
        (MAX, np.inf, np.inf),
        (MAX, 2 * MAX, np.inf),
        (np.inf, MAX, np.inf),
        (-np.inf, 2 * MAX, np.inf),
        (np.nan, np.nan, 0),
        (np.nan, 1.0, np.inf),
        (1.0, np.nan, np.inf),
    ],
)
def test_ulp_error_by_hand(actual, expected, error):
    found = ulp_error(np.array([actual], F4), np.array([expected], np.float64))
    assert found == pytest.approx([error], rel=1e-6)


@pytest.mark.parametrize("dtype", TYPES)
def test_ulp_error_agrees_with_the_oracle(dtype, rng):
    limits = reference.finfo(dtype)
    try:
        wide = wide_type(dtype)
    except TypeError as error:
        pytest.skip(str(error))
    exponents = rng.integers(limits.minexp - limits.nmant - 2, limits.maxexp + 1, 5000)
    expected = np.ldexp(rng.uniform(-1, 1, 5000).astype(wide), exponents)
    with np.errstate(over="ignore"):
        actual = expected.astype(dtype) * rng.choice([1, 1 + limits.eps, 2], 5000).astype(dtype)
    found, oracle = ulp_error(actual, expected), reference.ulp_error(actual, expected)
    np.testing.assert_allclose(found, oracle, rtol=1e-7)


@pytest.mark.parametrize("name", ["elu", "selu_with_grad", "celu_backward"])
@pytest.mark.parametrize("dtype", TYPES)
def test_errors_are_measured_against_the_exact_result(name, dtype, rng):
    case = Case(name, dtype, 500, threads=1)
    batches = tuple(rng.standard_normal((2, 500)).astype(dtype) for _ in case.row.data)
    judge = Reference(case, batches)
    wide = getattr(reference, name)(
        *(batch.ravel() for batch in batches), *reference.parameters_as(name, dtype)
    )
    results = tuple(each.astype(dtype) for each in (wide if isinstance(wide, tuple) else (wide,)))
    assert 0 < judge.max_ulp(results) <= 0.5001
    results[-1][77] = np.nextafter(results[-1][77], results[-1].dtype.type(np.inf))
    assert 0.5 <= judge.max_ulp(results) <= 1.5
    results[-1][77] = np.nan
    assert judge.max_ulp(results) == np.inf


# Results


def record(peer, seconds, **changes):
    fields = {"function": "elu", "dtype": "float32", "n": 1000, "threads": 1, "max_ulp": 0.5}
    return Record(peer=peer, status="measured", seconds=seconds, **{**fields, **changes})


@pytest.fixture
def comparison():
    records = [
        record("elufast", [1e-6, 3e-6, 9e-6]),
        record("numpy-where", [6e-6], max_ulp=np.inf),
        record("copyto", [1e-6], max_ulp=None),
    ]
    summarise(Case("elu", "float32", 1000, 1), records)
    states = [
        PeerState("elufast", "elufast", "ran", "1.2"),
        PeerState("numpy-where", "NumPy", "ran", "2.4"),
        PeerState("jax", "JAX", "missing", reason="module 'jax' is not installed"),
        PeerState("copyto", "copy", "ran", yardstick=True),
    ]
    machine = {
        "cpu": "a CPU",
        "cpus_usable": 1,
        "cpus": 2,
        "system": "Linux",
        "architecture": "x86_64",
        "python": "3.11",
        "numpy": "2.4",
        "elufast": "1.2",
        "date": "2026-01-02T03:04:05",
    }
    return Comparison(machine, {"command": "python benchmarks/compare.py"}, states, records)


def test_medians_ratios_and_bandwidth(comparison):
    ours, numpy, copy = comparison.records
    assert ours.ns_per_element == pytest.approx(3)
    assert (ours.ratio_to_best, numpy.ratio_to_best) == (1, pytest.approx(2))
    assert copy.ratio_to_best == pytest.approx(1 / 3)  # a yardstick is not the best
    assert ours.gb_per_s == pytest.approx(2 * 4 * 1000 / 3e-6 / 1e9)


def test_bytes_count_every_array():
    assert Case("elu_with_grad", "float64", 10, 1).bytes_moved == 3 * 8 * 10
    assert Case("elu_backward", "float16", 10, 1).bytes_moved == 3 * 2 * 10


def test_results_survive_their_file(comparison, tmp_path):
    path = save(comparison, tmp_path)
    assert path.name == FILE_NAME
    json.loads(path.read_text(), parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    lines = path.read_text().splitlines()
    assert sum(line.startswith('{"function"') for line in lines) == len(comparison.records)
    again = load(path)
    for record, saved in zip(comparison.records, again.records, strict=True):
        assert saved.seconds == pytest.approx(record.seconds, rel=1e-5)
        assert saved.ns_per_element == pytest.approx(record.ns_per_element, rel=1e-5)
        assert saved.gb_per_s == pytest.approx(record.gb_per_s, rel=1e-5)
        assert saved.ratio_to_best == pytest.approx(record.ratio_to_best, rel=1e-5)
        saved.seconds, saved.gb_per_s = record.seconds, record.gb_per_s
        saved.ns_per_element, saved.ratio_to_best = record.ns_per_element, record.ratio_to_best
    assert again == comparison


def test_markdown_of_another_file_is_refused(tmp_path, capsys):
    path = tmp_path / "accuracy.json"
    path.write_text('{"machine": {}, "records": [{"function": "elu", "bound": 1.5}]}')
    assert compare.main(["--markdown", str(path)]) == 2
    assert capsys.readouterr().err == f"compare.py: {path} holds no comparison\n"


def test_markdown_shows_the_file(comparison, tmp_path, capsys):
    path = save(comparison, tmp_path)
    assert compare.main(["--markdown", str(path)]) == 0
    shown = capsys.readouterr().out
    assert shown.strip() == markdown.render(comparison, ["float32"]).strip()
    assert "| elufast | **3.00** (0.50) |" in shown
    assert "| NumPy | 6.00 (inf) |" in shown
    assert "| copy | 1.00 |" in shown
    assert "a CPU, 1 of 2 CPUs" in shown
    assert "JAX" not in shown


def test_the_comparison_runs(tmp_path, capsys):
    """End to end, with what numpy alone offers, and with a peer that may be missing."""
    for name in compare.NEEDED:
        pytest.importorskip(name)
    arguments = ["--sizes", "1e3", "--types", "float32", "--threads", "1", "--rounds", "2"]
    arguments += ["--functions", "elu", "elu_backward", "--output", str(tmp_path / "new")]
    assert compare.main([*arguments, "--peers", "elufast", "numpy-where", "copyto"]) == 0
    assert "elu_backward, 1 thread" in capsys.readouterr().out
    written = load(tmp_path / "new" / FILE_NAME)
    assert {record.status for record in written.records} == {"measured"}
    assert len(written.records) == 6
    assert (tmp_path / "new" / "float32.png").stat().st_size > 10_000


# accuracy.py


def test_the_walk_takes_every_negative_float32_once():
    pieces = [piece for piece in inputs.patterns("float32", 1) if piece[1] >= 1 << 31]
    assert [piece[1] for piece in pieces[1:]] == [piece[2] for piece in pieces[:-1]]
    assert (pieces[0][1], pieces[-1][2]) == (1 << 31, 1 << 32)
    assert {piece[3] for piece in pieces} == {1}
    last = inputs.from_patterns("float32", (1 << 31) + 0x7F7FFFFF, (1 << 31) + 0x7F800001, 1)
    np.testing.assert_array_equal(last, F4([-MAX, -np.inf]))


@pytest.mark.parametrize("dtype", bounds.NARROW)
def test_the_walk_takes_every_number_of_a_narrow_type(dtype):
    (piece,) = inputs.patterns(dtype, 1009)
    assert inputs.from_patterns(*piece).dtype == dtype
    assert np.unique(inputs.from_patterns(*piece).view("u2")).size == 1 << 16


def test_the_bounds_are_the_contracts():
    assert bounds.bound("elu", "float32", {}) == 1
    assert bounds.bound("celu_grad", "float64", {}) == 1.5
    assert bounds.bound("elu", "float64", {"alpha": 0.5}) == 2
    for narrow in ("float16", "bfloat16"):
        assert bounds.bound("selu_with_grad", narrow, {}) == 0.5
        assert bounds.bound_out_of_range("selu_with_grad", narrow, {}) == 0.5
        assert bounds.bound("elu_backward", narrow, {}) == 0.51
        assert bounds.bound("elu", narrow, {"alpha": 0.5}) == 0.51


@pytest.mark.parametrize("dtype", TYPES)
def test_the_walk_finds_an_error_and_its_place(dtype, monkeypatch):
    place = np.dtype(dtype).type(-0.3)

    def two_off(x, alpha=1.0):
        right = reference.elu(x, alpha).astype(x.dtype)
        down = x.dtype.type(-np.inf)
        low = np.nextafter(np.nextafter(right, down), down)
        return np.where(x == place, low, right)

    monkeypatch.setattr(elufast, "elu", two_off)
    around = np.full(100, place)
    around[1:] = np.linspace(-3, -0.01, 99)
    task = walk.Task(("elu",), dtype, (), np.copy, (around,))
    ((_, found),) = walk.do(task).items()
    assert 1.5 <= found.bounded.error <= 2.5
    assert found.bounded.where == place
    assert found.count == 100


def test_the_walk_judges_the_library(capsys, tmp_path):
    for name in accuracy.NEEDED:
        pytest.importorskip(name)
    arguments = ["--stride", "100003", "--mpmath-inputs", "300", "--alpha", "0.5"]
    arguments += ["--functions", *(row.name for row in ROWS[:6]), "--output"]
    status = accuracy.main([*arguments, str(tmp_path / "accuracy.json")])
    written = json.loads((tmp_path / "accuracy.json").read_text())["results"]
    assert len(written) == 6 * len(TYPES) * 2
    broken = [(r["function"], r["dtype"], r["max_ulp"]) for r in written if not r["holds"]]
    assert (status, broken) == (0, [])
    assert f"{len(written)} of {len(written)} bounds hold" in capsys.readouterr().out


# The import


def import_times(wall, processor):
    """What import_time.py measures in one process, where only elufast's import is of interest."""
    slow = {"wall": 9.0, "processor": 9.0}
    return {"numpy": slow, "elufast": {"wall": wall / 1e3, "processor": processor / 1e3}}


@pytest.mark.parametrize("clock", ["wall", "processor"])
@pytest.mark.parametrize(
    ("limit", "code"), [("3.9", "import elufast: 4.0 ms are more than 3.9"), ("4.1", None)]
)
def test_a_slow_import_fails(clock, limit, code, monkeypatch, tmp_path):
    """By the median of the clock that says less; the result is written all the same."""
    # The first is to warm up.
    times = iter([9.0, 4.0, 1.0, 4.0, 5.0, 2.0])

    def run_once():
        taken = next(times)
        pair = (taken, 99.0) if clock == "wall" else (99.0, taken)
        return {"modules": ["elufast"], "times": import_times(*pair)}

    monkeypatch.setattr(import_time, "run_once", run_once)
    output = tmp_path / "import.json"
    arguments = ["--processes", "5", "--output", str(output), "--limit", limit]
    monkeypatch.setattr(sys, "argv", ["import_time.py", *arguments])
    with pytest.raises(SystemExit) as end:
        import_time.main()
    assert end.value.code == code
    measured = json.loads(output.read_text())["imports"]["milliseconds"]["elufast"]
    assert measured[clock]["median"] == pytest.approx(4)
