"""The loops that must run on every x86-64 processor hold no instruction that some of them lack.

The objects are compiled anew as setup.py compiles them, and disassembled; what the assembler then
refuses when it is told to know the baseline alone has no place in them.
"""

import ast
import platform
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import REPOSITORY

from elufast._ufuncs import ROWS

TOOLS = ("cc", "objdump", "as")
# generic64 is x86-64 with SSE2 and nothing above; endbr64, which distributions' compilers put at
# the start of functions, is a no-op to processors that do not know it.
BASELINE = "-march=generic64+ibt"
pytestmark = [
    pytest.mark.skipif(
        platform.machine() != "x86_64" or platform.system() != "Linux",
        reason="x86-64 Linux alone has this baseline and these tools",
    ),
    *(
        pytest.mark.skipif(shutil.which(tool) is None, reason=f"no {tool} on this machine")
        for tool in TOOLS
    ),
]


def of_setup(*names):
    """Constants of setup.py, which cannot be imported: that would build."""
    found = {}
    for node in ast.parse((REPOSITORY / "setup.py").read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id in names:
            found[node.targets[0].id] = ast.literal_eval(node.value)
    return [found[name] for name in names]


COMMON, EXACT, LOOPS = of_setup("COMMON", "EXACT", "LOOPS")


def compiled(source, folder, *more):
    path = folder / source.replace("/", "_").replace(".c", ".o")
    names = [f"-DELUFAST_{kind}=the_{kind.lower()}" for kind in ("TABLE", "MOVES", "STREAM")]
    flags = [*COMMON, *EXACT, *more, "-fPIC", "-Iinclude", "-Ielufast", *names]
    subprocess.run(["cc", *flags, "-c", source, "-o", path], cwd=REPOSITORY, check=True)
    return path


def instructions(path):
    """Every instruction of an object but padding, once, as the assembler takes it."""
    listing = subprocess.run(
        ["objdump", "-d", "-w", "--no-show-raw-insn", path],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.findall(r"^ *[0-9a-f]+:\t([^<#\n]+)", listing, re.MULTILINE)
    found = {re.sub(" [0-9a-f]+$", " 0", text.strip()) for text in found}  # where jumps go to
    # Compilers write `rep bsf` for the baseline: the same bytes, and the same result for all but 0.
    return sorted({re.sub("^tzcnt", "bsf", text) for text in found if "nop" not in text})


def refused(lines, folder):
    """Those of the instructions that the assembler does not find in the baseline."""
    done = subprocess.run(
        ["as", BASELINE, "-o", folder / "again.o", "-"],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        check=False,
    )
    numbers = re.findall(r"^\{standard input\}:(\d+): Error", done.stderr, re.MULTILINE)
    assert bool(numbers) == bool(done.returncode), done.stderr
    return [lines[int(number) - 1] for number in numbers]


@pytest.fixture(scope="module")
def objects(tmp_path_factory):
    """One for each source, compiled at the same time."""
    folder = tmp_path_factory.mktemp("objects")
    with ThreadPoolExecutor() as pool:
        paths = pool.map(lambda source: compiled(source, folder), LOOPS)
        return dict(zip(LOOPS, paths, strict=True))


@pytest.mark.parametrize("source", LOOPS)
def test_nothing_above_the_baseline(source, objects, tmp_path):
    lines = instructions(objects[source])
    if re.search("/_(ordinary|moderate|placed|past|turned)_", source):  # for fma alone
        assert not lines
        return
    assert any("%xmm" in line for line in lines)
    assert refused(lines, tmp_path) == []


@pytest.mark.parametrize(("flag", "rows"), [("-mavx2", ["celu", "elu", "selu"]), ("-mavx512f", [])])
def test_who_has_loops_for_moderate_operands(flag, rows, tmp_path):
    """Nobody else would notice: the bits are those of the general loops."""
    path = compiled("elufast/_moderate_loops.c", tmp_path, flag, "-mfma")
    listing = subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout
    defined = r" [A-Z] the_table_moderate_(\w+)_backward$"
    assert sorted(re.findall(defined, listing, re.MULTILINE)) == rows


def rows_in_lanes(source, variant):
    rows = {row.name for row in ROWS if row.name.startswith(("elu", "selu"))}
    one_way = {"elu", *(name for name in rows if name.endswith("_from_output"))}
    if "ordinary" in source:
        return rows - one_way if variant != "defaults" else set()
    return rows if variant == "defaults" else one_way


@pytest.mark.parametrize("flag", ["-mavx2", "-mavx512f"])
@pytest.mark.parametrize("kind", ["", "_past"])
@pytest.mark.parametrize("parameters", ["", "_ordinary"])
def test_who_has_loops_in_lanes(parameters, kind, flag, tmp_path):
    """The same; by operations that a compiler does not find by itself: maxima that raise no flag,
    quiet comparisons, stores past the caches."""
    if "clang" in subprocess.run(["cc", "--version"], capture_output=True, text=True).stdout:
        pytest.skip("clang has none")
    flags = {flag, flag.replace("f", "dq"), flag.replace("f", "vl")}
    source = f"elufast/{parameters}{kind}_loops.c"
    path = compiled(source, tmp_path, *flags, "-mfma")
    command = ["objdump", "-d", "--no-show-raw-insn", path]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    functions = re.split(
        r"^[0-9a-f]+ <(?:the_table_(?:ordinary|past)_)?(\w+)>:$", listing, flags=re.MULTILINE
    )
    bodies = list(zip(functions[1::2], functions[2::2], strict=True))
    for variant in ("defaults", "scalar", "array"):
        rows = rows_in_lanes(source, variant) if flag == "-mavx512f" else ()
        expected = {f"{name}_{variant}_{type_}" for name in rows for type_ in ("f32", "f64")}
        mine = [(name, body) for name, body in bodies if f"_{variant}_f" in name]
        assert {name for name, body in mine if re.search("{sae}|_oqp", body)} == expected
        past = {name for name, body in mine if re.search("vmovntp[sd] +%zmm", body)}
        assert past == (expected if kind else set())


@pytest.mark.parametrize("flag", ["-msse3", "-msse4.1", "-mavx", "-mpopcnt", "-mbmi2"])
def test_what_is_above_the_baseline_is_seen(flag, tmp_path):
    source = tmp_path / "above.c"
    source.write_text(
        "void least(int *a, const int *b) {\n"
        "    for (int i = 0; i < 4096; i++) a[i] = a[i] < b[i] ? a[i] : b[i];\n}\n"
        "int count(unsigned x) { return __builtin_popcount(x); }\n"
        "unsigned shift(unsigned x, unsigned n) { return x << n; }\n"
        "long truncated(long double x) { return (long)x; }\n"
    )
    above = tmp_path / "above.o"
    subprocess.run(["cc", "-O3", flag, "-c", source, "-o", above], check=True)
    lines = refused(instructions(above), tmp_path)
    assert lines
    assert not any(line.startswith(("mov ", "add ", "j", "ret")) for line in lines)
