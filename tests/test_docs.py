"""The docstrings and README: complete, in step with the rows, and their examples run."""

import doctest
import inspect
import pydoc
import re
from pathlib import Path

import numpy as np
import pytest

import elufast
from elufast import _docs
from elufast._ufuncs import ROWS

README = Path(__file__).parent.parent / "README.md"
SECTIONS = [
    "Parameters",
    "Returns",
    "Raises",
    "Warns",
    "Warnings",
    "See Also",
    "Notes",
    "References",
    "Examples",
]
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


@pytest.fixture
def doc(row):
    return getattr(elufast, row.name).__doc__


def sections(doc):
    """The sections of a NumPy-style docstring, in order; "" is what stands before them."""
    parts = re.split(r"^(.+)\n-{3,}\n", doc, flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def run_examples(text, name):
    """Run the examples in `text`; return how many there were."""
    test = doctest.DocTestParser().get_doctest(text, {}, name, None, None)
    report = []
    failed, attempted = doctest.DocTestRunner(verbose=False).run(test, out=report.append)
    assert not failed, "".join(report)
    return attempted


def test_prose_and_rows_agree():
    assert sorted(_docs.documented()) == sorted(row.name for row in ROWS)


@each_row
def test_first_line_is_the_signature(row, doc):
    line = doc.partition("\n")[0]
    written = line.replace("[, out1, out2]", "").replace("[, signature]", ", signature=None")
    assert written == f"{row.name}{inspect.signature(getattr(elufast, row.name))}"
    assert ("[, out1, out2]" in line) == (row.nout == 2)


@each_row
def test_numpydoc_sections(doc):
    assert list(sections(doc)) == ["", *SECTIONS]
    assert doc.count("\n\n\n") == 0
    assert max(map(len, doc.splitlines()[1:])) <= 80
    assert not re.search(r"[{}]", doc)


@each_row
def test_parameters_are_described_in_order(row, doc):
    described = re.findall(r"^(\S+) : array_like(, optional)?$", sections(doc)["Parameters"], re.M)
    expected = [(name, "") for name in row.data]
    expected += [(name, ", optional") for name in (*row.parameters, "where")]
    assert described == expected
    for name, default in row.parameters.items():
        text = sections(doc)["Parameters"].partition(f"\n{name} : ")[2]
        assert f"Default: {default!r}. " in text.partition(" : ")[0]


@each_row
def test_every_output_is_described(row, doc):
    assert len(re.findall(r"^\w+ : ndarray or scalar$", sections(doc)["Returns"], re.M)) == row.nout


@each_row
def test_formula_stands_before_the_parameters(row, doc):
    assert doc.count(" where ") >= 1
    assert sections(doc)[""].count("elsewhere\n") == row.nout


@each_row
def test_zero_nan_and_inf_are_described(row, doc):
    special = sections(doc)["Notes"].partition("\n\nThe ")[0]
    assert re.search(r"\(\+-0\) = |at 0 ", special)
    assert all(f"`{name}`" in special.partition("NaN in")[2] for name in row.data)
    assert re.search(r"\binf\b", special)


@each_row
def test_accuracy_is_stated_for_every_type(row, doc):
    accuracy = sections(doc)["Notes"].partition("Accuracy")[2]
    for dtype in ("float16", "bfloat16", "float32", "float64", "longdouble"):
        assert re.search(rf"^- .*{dtype}.*: ", accuracy, re.M)
    assert "ULP" in accuracy


@each_row
def test_source_is_named(row, doc):
    references = sections(doc)["References"]
    assert re.search(r"arXiv:\d{4}\.\d{5}", references)
    assert "ONNX" in references
    for number in re.findall(r"^\.\. \[(\d)\]", references, re.M):
        assert f"[{number}]_" in sections(doc)[""]


@each_row
def test_buffer_in_the_place_of_alpha_is_warned_of(row, doc):
    assert f"{row.name}({', '.join(row.data)}, out=" in sections(doc)["Warnings"]


@each_row
def test_functions_seen_also_exist(row, doc):
    names = re.findall(r"\w+", sections(doc)["See Also"])
    assert row.name not in names
    assert set(names) < {row.name for row in ROWS}


@each_row
def test_examples_run(row, doc):
    assert run_examples(doc, row.name) >= 4


@each_row
def test_help_shows_the_docstring(row, doc):
    assert doc.splitlines()[2] in pydoc.render_doc(getattr(elufast, row.name))


@pytest.mark.parametrize(
    "name", ["set_num_threads", "get_num_threads", "show_config", "get_include"]
)
def test_other_functions_have_a_docstring_whose_examples_run(name):
    doc = inspect.getdoc(getattr(elufast, name))
    assert "Returns" in sections(doc) or "Parameters" in sections(doc)
    run_examples(doc, name)


def readme_sections():
    """The examples under each heading of README that has any."""
    parts = re.split(r"^##+ (.+)$", README.read_text(), flags=re.M)
    blocks = re.compile(r"^```python\n(>>> .*?)^```$", re.M | re.S)
    found = {
        name: "\n".join(blocks.findall(part))
        for name, part in zip(parts[1::2], parts[2::2], strict=True)
    }
    return {name: examples for name, examples in found.items() if examples}


READMES = readme_sections()


@pytest.mark.parametrize("name", READMES)
def test_readme_examples_run(name):
    """Each section uses names of the first one, and no others."""
    for module in re.findall(r"^>>> (?:import|from) (\w+)", READMES[name], re.M):
        pytest.importorskip(module)
    start = next(iter(READMES))
    with np.errstate(all="warn"):
        run_examples(READMES[start] + ("" if name == start else READMES[name]), name)


def test_readme_has_examples():
    assert sum(examples.count(">>> ") for examples in READMES.values()) >= 40


def test_readme_lists_every_function():
    table = re.findall(r"^\| `(\w+)` \| `(\w+)` \| `(\w+)` \|", README.read_text(), re.M)
    assert sorted(name for line in table for name in line) == sorted(row.name for row in ROWS)


def test_special_values_as_described():
    """The docstrings' own words about 0 and infinity, for the functions as they are."""
    for row in ROWS:
        special = sections(getattr(elufast, row.name).__doc__)["Notes"]
        for call, value in re.findall(r"``(\w+\(-?inf\)) = ([^`]+)``", special):
            namespace = {**vars(elufast), **vars(np), **row.parameters}
            assert eval(call, namespace) == pytest.approx(eval(value, namespace), rel=1e-15)
