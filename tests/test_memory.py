"""A million calls, wrong ones included, leave memory and reference counts as they were."""

import contextlib
import gc
import pathlib
import sys

import numpy as np
import pytest
from support import ROWS, function

import elufast

# Per form and function, so that all of them together make more than a million calls.
CALLS = 2200
X = np.linspace(-2.0, 2.0, 5)
ALPHA = np.full_like(X, 0.5)
SINGLE = X.astype(np.float32)
INTEGERS = np.array([1, 2, 3], np.int8)


class Foreign:
    def __array_ufunc__(self, *args, **kwargs):
        return None


class Broken:
    def __array__(self, dtype=None, copy=None):
        raise ZeroDivisionError


FOREIGN, BROKEN = Foreign(), Broken()
OUT = np.empty_like(X), np.empty_like(X)


def last(row):
    return list(row.parameters)[-1]


# Each form is called as form(f, row, data).
FORMS = {
    "array": lambda f, row, d: f(*d),
    "float32": lambda f, row, d: f(*[SINGLE] * len(d)),
    "integers": lambda f, row, d: f(*[INTEGERS] * len(d)),
    "python-float": lambda f, row, d: f(*[-0.5] * len(d)),
    "python-int": lambda f, row, d: f(*[1] * len(d)),
    "list": lambda f, row, d: f(*[[1.0, 2.0]] * len(d)),
    "numpy-scalar": lambda f, row, d: f(*[X[0]] * len(d)),
    "positional": lambda f, row, d: f(*d, 0.5),
    "keyword": lambda f, row, d: f(*d, alpha=0.5),
    "last-keyword": lambda f, row, d: f(*d, **{last(row): 0.5}),
    "all-keywords": lambda f, row, d: f(**dict(zip(row.data, d, strict=True)), alpha=ALPHA),
    "out": lambda f, row, d: f(*d, out=OUT[: row.nout]),
    "out-positional": lambda f, row, d: f(*d, *row.parameters.values(), *OUT[: row.nout]),
    "where": lambda f, row, d: f(*d, out=OUT[: row.nout], where=X > 0),
    "dtype": lambda f, row, d: f(*d, dtype=np.longdouble),
    "foreign": lambda f, row, d: f(*[FOREIGN] * len(d), alpha=0.5),
    "resolve-dtypes": lambda f, row, d: f.resolve_dtypes((X.dtype,) * f.nin + (None,) * row.nout),
}
WRONG = {
    "missing": (lambda f, row, d: f(*d[1:]), TypeError),
    "missing-keyword": (lambda f, row, d: f(alpha=ALPHA, out=OUT), TypeError),
    "multiple": (lambda f, row, d: f(*d, ALPHA, alpha=ALPHA), TypeError),
    "too-many": (lambda f, row, d: f(*d, *[ALPHA] * 9), TypeError),
    "unexpected": (lambda f, row, d: f(*d, alpha=ALPHA, foo=ALPHA), TypeError),
    "no-loop": (lambda f, row, d: f(*d, alpha=1j), TypeError),
    "no-broadcast": (lambda f, row, d: f(*d, ALPHA[:3]), ValueError),
    "broken": (lambda f, row, d: f(*d, alpha=BROKEN), ZeroDivisionError),
    "out-twice": (lambda f, row, d: f(*d, *(None,) * 9, out=OUT), TypeError),
}


@pytest.fixture(autouse=True, scope="module")
def _freeze_older_objects():
    """Collections below look at new objects alone; a long test session has many old ones."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def test_forms_make_a_million_calls():
    assert len(ROWS) * (len(FORMS) + len(WRONG)) * CALLS > 1_000_000


def repeat(call, f, row, data, times):
    for _ in range(times):
        call(f, row, data)


def repeat_wrong(call, error, f, row, data, times):
    for _ in range(times):
        try:
            call(f, row, data)
        except error:
            pass
        else:
            pytest.fail("no error")


def tracked_objects(f):
    objects = [X, ALPHA, SINGLE, INTEGERS, FOREIGN, BROKEN, *OUT, f, X.dtype, SINGLE.dtype]
    return [*objects, None, True, "alpha", "scale", "x", "grad", "out", (), *f.__dict__.values()]


def assert_nothing_left(run, f):
    """`run(times)` must leave as many memory blocks and references as it found."""
    run(50)  # caches of NumPy and of the interpreter fill
    gc.collect()
    objects = tracked_objects(f)
    counts = [sys.getrefcount(each) for each in objects]
    blocks = sys.getallocatedblocks()
    run(CALLS)
    gc.collect()
    grown = sys.getallocatedblocks() - blocks
    changed = [sys.getrefcount(each) - count for each, count in zip(objects, counts, strict=True)]
    assert abs(grown) < CALLS // 20, f"{grown} blocks"
    assert max(map(abs, changed)) < CALLS // 20, f"reference counts changed by {changed}"


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_right_calls(row, form):
    f, data = function(row), [X] * len(row.data)
    assert_nothing_left(lambda times: repeat(form, f, row, data, times), f)


@pytest.mark.parametrize(("form", "error"), WRONG.values(), ids=WRONG.keys())
def test_wrong_calls(row, form, error):
    f, data = function(row), [X] * len(row.data)
    assert_nothing_left(lambda times: repeat_wrong(form, error, f, row, data, times), f)


def resident_bytes():
    """Of this process now; the peak, which getrusage tells, would hide a leak."""
    status = pathlib.Path("/proc/self/statm")
    if not status.exists():
        pytest.skip("no /proc here")
    return int(status.read_text().split()[1]) * 4096


def test_long_arrays_leave_no_memory(row):
    """What threads and casts allocate outside of Python is freed, also after a flag was raised."""
    x = np.full((200, 1000), -0.5, np.float32)
    x[-1, -1] = np.finfo(np.float32).max
    swapped, cut = x.astype(">f4"), x[:, :999]
    elufast.set_num_threads(2)

    def work(times):
        for _ in range(times):
            for array in (x, swapped, cut):
                try:
                    with np.errstate(all="raise"):
                        function(row)(*[array] * len(row.data), np.float32(3.0))
                except FloatingPointError:
                    pass

    work(5)
    before = resident_bytes()
    work(30)
    assert resident_bytes() - before < 10 * x.nbytes


def test_set_num_threads_leaves_no_memory():
    def work(times):
        for number in range(times):
            elufast.set_num_threads(1 + number % 3)
            elufast.get_num_threads()
            with contextlib.suppress(ValueError):
                elufast.set_num_threads(0)

    work(50)
    blocks = sys.getallocatedblocks()
    work(5000)
    assert abs(sys.getallocatedblocks() - blocks) < 100
