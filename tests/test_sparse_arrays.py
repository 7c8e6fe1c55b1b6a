"""Sparse arrays: pydata's stay sparse, with the function of 0 as their fill value; SciPy's are
turned down."""

import numpy as np
import pytest
from support import assert_same_bits, function, outputs, rows_where

import elufast


@pytest.fixture(scope="module")
def sparse():
    return pytest.importorskip("sparse", reason="the package sparse is not installed")


def dense_of(row, dtype=np.float64):
    x = np.zeros((4, 5))
    x[0, 1], x[2, 3], x[3, 0], x[1, 1] = -2.0, 3.0, -0.5, np.nan
    grad = np.zeros((4, 5))
    grad[0, 1], grad[2, 2], grad[3, 0] = 1.5, -1.0, 2.0
    return [array.astype(dtype) for array in (grad, x)[-len(row.data) :]]


# GCXS has no float16.
@pytest.mark.parametrize(
    ("form", "dtype"),
    [(form, dtype) for form in ("COO", "GCXS") for dtype in ("float32", "float64")]
    + [("COO", "float16")],
)
def test_stay_sparse(row, sparse, form, dtype):
    kind, f, dense = getattr(sparse, form), function(row), dense_of(row, dtype)
    given = [kind.from_numpy(array) for array in dense]
    zeros = [np.zeros(1, dtype)] * len(row.data)
    for alpha in ((), (0.5,), (2,)):
        for part, whole, fill in zip(
            outputs(f(*given, *alpha)),
            outputs(f(*dense, *alpha)),
            outputs(f(*zeros, *alpha)),
            strict=True,
        ):
            assert type(part) is kind
            assert part.dtype == whole.dtype
            assert_same_bits(np.reshape(part.fill_value, 1), fill)
            assert part.nnz <= 5
            assert_same_bits(part.todense(), whole)


def test_fill_values(sparse):
    x = sparse.COO.from_numpy(np.array([0.0, -1.0, 0.0]))
    assert elufast.elu(x).fill_value == 0
    assert elufast.elu_grad(x, 0.5).fill_value == 0.5
    y, dydx = elufast.selu_with_grad(x)
    assert (y.fill_value, y.nnz) == (0, 1)
    assert dydx.fill_value == elufast.selu_grad(0.0)


@pytest.mark.parametrize("row", rows_where(lambda row: row.nout == 1), ids=lambda row: row.name)
def test_alpha_and_out(row, sparse):
    """alpha may be sparse, or an array that broadcasts."""
    dense = dense_of(row)
    given = [sparse.COO.from_numpy(array) for array in dense]
    alpha = np.linspace(0.5, 2, 20).reshape(4, 5)
    expected = function(row)(*dense, alpha)
    assert_same_bits(function(row)(*given, sparse.COO.from_numpy(alpha, 1.0)).todense(), expected)
    out = sparse.COO.from_numpy(np.zeros((4, 5)))
    assert function(row)(*given, 0.5, out=out) is out
    assert_same_bits(out.todense(), function(row)(*dense, 0.5))


FORMATS = ["coo", "csr", "csc", "dia", "lil", "dok", "bsr"]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kind", ["array", "matrix"])
def test_scipy_is_turned_down(row, kind, form):
    """NumPy sees an object there; a dense array, or the function of `.data`, is the way."""
    scipy_sparse = pytest.importorskip("scipy.sparse", reason="SciPy is not installed")
    make = getattr(scipy_sparse, f"{form}_{kind}")
    given = [make(np.eye(3))] * len(row.data)
    with pytest.raises(TypeError, match=row.name):
        function(row)(*given)
    with pytest.raises(TypeError, match="return arrays must be of ArrayType"):
        function(row)(*[np.eye(3)] * len(row.data), out=(given[0],) * row.nout)


def test_scipy_by_its_data():
    """Where f(0) = 0."""
    scipy_sparse = pytest.importorskip("scipy.sparse", reason="SciPy is not installed")
    dense = np.array([[0.0, -1.0], [2.0, 0.0]])
    matrix = scipy_sparse.csr_array(dense)
    elufast.elu(matrix.data, out=matrix.data)
    assert_same_bits(matrix.toarray(), elufast.elu(dense))
