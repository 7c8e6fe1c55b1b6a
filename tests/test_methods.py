"""Methods of ufuncs, pickles and copies."""

import copy
import pickle

import cloudpickle
import numpy as np
import pytest
from support import assert_same_bits, function, outputs

X = np.array([-3.0, -0.5, -0.0, 0.0, 0.25, 4.0])


def data_of(row):
    return [X] * len(row.data)


def test_outer(row):
    """Where there are two inputs; alpha is then explicit."""
    f = function(row)
    alphas = np.array([0.5, 2.0])
    if f.nin == 2:
        result = outputs(f.outer(X, alphas))
        assert result[0].shape == (X.size, 2)
        assert_same_bits(result, f(X[:, np.newaxis], alphas))
    else:
        with pytest.raises(ValueError, match="outer product only supported for binary functions"):
            f.outer(*data_of(row), *row.parameters.values())


def test_at(row):
    """Where there are at most two inputs and one output: NumPy's rule."""
    f, x = function(row), X.copy()
    if f.nin <= 2 and f.nout == 1:
        f.at(x, [0, 1, 0, 5], 0.5)
        twice = f(f(X[0], 0.5), 0.5)
        wanted = [twice, f(X[1], 0.5), *X[2:5], f(X[5], 0.5)]
        assert_same_bits(x, np.array(wanted))
        y = X.copy()
        f.at(y, [1, 2], np.array([0.5, 2.0]))
        assert_same_bits(y, np.array([X[0], f(X[1], 0.5), f(X[2], 2.0), *X[3:]]))
    else:
        with pytest.raises((TypeError, ValueError)):
            f.at(x, [0], 0.5)
        assert_same_bits(x, X)


@pytest.mark.parametrize("size", [1, 2, 50, 5000])
def test_reduce_and_accumulate_run_in_order(row, size):
    """They have no meaning here, but NumPy's: each result is the next call's x."""
    f = function(row)
    alphas = np.random.default_rng(2).uniform(0.5, 1.5, size)
    alphas[0] = -2.0  # the first x
    if f.nin != 2 or f.nout != 1:
        with pytest.raises(ValueError, match="reduce only supported for"):
            f.reduce(alphas)
        return
    wanted = [alphas[0]]
    for alpha in alphas[1:]:
        wanted.append(f(wanted[-1], alpha))
    with np.errstate(under="ignore"):
        assert_same_bits(f.accumulate(alphas), np.array(wanted))
        assert_same_bits(f.reduce(alphas), wanted[-1])


# Pickles and copies give the same object.


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(row, protocol):
    assert pickle.loads(pickle.dumps(function(row), protocol)) is function(row)
    assert pickle.loads(pickle.dumps([function(row)] * 2, protocol))[1] is function(row)
    assert cloudpickle.loads(cloudpickle.dumps(function(row), protocol)) is function(row)


def test_cloudpickle_of_a_closure(row):
    f, data = function(row), data_of(row)
    revived = cloudpickle.loads(cloudpickle.dumps(lambda: f(*data)))
    assert_same_bits(revived(), f(*data))


def test_copy(row):
    assert copy.copy(function(row)) is function(row)
    assert copy.deepcopy(function(row)) is function(row)
    assert copy.deepcopy({"f": [function(row)]})["f"][0] is function(row)
