"""The stub: mypy accepts correct uses, rejects wrong ones, and finds it equal to the runtime."""

import ast
import inspect
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import elufast
from elufast._ufuncs import ROWS

PACKAGE = Path(elufast.__file__).parent
SAMPLES = Path(__file__).parent / "typing"


@pytest.fixture(scope="module")
def mypy(tmp_path_factory):
    """Run a module of mypy on the package that is imported here; return what it prints."""
    cache = tmp_path_factory.mktemp("mypy")

    def run(module, *arguments):
        environment = {**os.environ, "MYPY_CACHE_DIR": str(cache)}
        # mypy looks into site-packages itself, and refuses it as a MYPYPATH.
        if PACKAGE.parent != Path(sysconfig.get_path("platlib")):
            environment["MYPYPATH"] = str(PACKAGE.parent)
        command = [sys.executable, "-P", "-m", module, *arguments]
        done = subprocess.run(
            command, cwd=cache, env=environment, capture_output=True, text=True, check=False
        )
        assert not done.stderr, done.stderr
        return done.stdout.splitlines()

    return run


@pytest.fixture(scope="module")
def reported(mypy):
    """File name and line of every error that mypy reports for the samples."""
    output = mypy(
        "mypy",
        f"--config-file={SAMPLES / 'mypy.ini'}",
        str(SAMPLES / "pass.py"),
        str(SAMPLES / "fail.py"),
    )
    errors = [re.match(r"(.+?):(\d+): error: ", line) for line in output]
    return {(Path(error[1]).name, int(error[2])) for error in errors if error}


def test_the_package_is_typed():
    assert (PACKAGE / "py.typed").exists()


def test_mypy_accepts_correct_uses_and_rejects_wrong_ones(reported):
    lines = (SAMPLES / "fail.py").read_text().splitlines()
    wrong = {("fail.py", n) for n, line in enumerate(lines, start=1) if "# error: " in line}
    assert len(wrong) > 20
    assert reported == wrong


def test_stubtest_finds_the_stub_equal_to_the_runtime(mypy):
    output = mypy(
        "mypy.stubtest", "elufast", "--concise", f"--mypy-config-file={SAMPLES / 'mypy.ini'}"
    )
    # These have their annotations inline: there is no stub of them to compare. And what is imported
    # on request may be for a package that is not here.
    inline = r"elufast\.(_reference\.|_cuda_|_torch_|torch)"
    excused = re.compile(inline + r"|.*: No module named '(?!elufast)")
    assert [line for line in output if not excused.match(line)] == []


@pytest.fixture(scope="module")
def stub():
    """The stub's classes, and the class of each of its variables."""
    tree = ast.parse((PACKAGE / "__init__.pyi").read_text())
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    annotations = {
        node.target.id: ast.unparse(node.annotation)
        for node in tree.body
        if isinstance(node, ast.AnnAssign)
    }
    finals = {
        name: match[1]
        for name, annotation in annotations.items()
        if (match := re.fullmatch(r"Final\[(_\w+)\]", annotation))
    }
    return classes, finals


def test_the_stub_has_one_line_for_each_row(stub):
    assert list(stub[1]) == [row.name for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_overload_has_the_inputs_of_the_row(stub, row):
    classes, finals = stub
    overloads = [
        node
        for node in classes[finals[row.name]].body
        if isinstance(node, ast.FunctionDef) and node.name == "__call__"
    ]
    inputs = [*row.data, *row.parameters]
    assert len(overloads) == (2 if row.nout == 1 else 3)
    for overload in overloads:
        arguments = overload.args
        names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
        outs = [a.arg for a in arguments.kwonlyargs] + names[1 + len(inputs) :]
        assert names[: 1 + len(inputs)] == ["self", *inputs]
        assert outs in ([["out"]] if row.nout == 1 else [["out"], ["out1", "out2"]])
        # Outputs by position need the parameters by position, which then have no defaults.
        if not arguments.posonlyargs:
            defaults = [ast.literal_eval(default) for default in arguments.defaults]
            assert defaults[: len(row.parameters)] == list(row.parameters.values())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_signature_has_the_inputs_of_the_row(row):
    parameters = list(inspect.signature(getattr(elufast, row.name)).parameters.values())
    inputs = {p.name: p.default for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD}
    assert inputs.pop("out") == (None if row.nout == 1 else (None, None))
    assert list(inputs.items()) == [
        *((name, inspect.Parameter.empty) for name in row.data),
        *row.parameters.items(),
    ]
    keywords = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    assert keywords == {
        "where": True,
        "casting": "same_kind",
        "order": "K",
        "dtype": None,
        "subok": True,
        "signature": None,
    }
