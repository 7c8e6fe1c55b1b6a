"""The oracle itself: hand values, published values, mpmath, and its measure of error."""

import ast
import inspect
import pathlib

import mpmath
import numpy as np
import pytest
from support import finfo, is_from_output, outputs, rounded, rows_where

from elufast import _reference as reference

NAN, INF = np.nan, np.inf
# Klambauer et al. 2017, arXiv 1706.02515.
ALPHA = mpmath.mpf("1.6732632423543772848170429916717")
SCALE = mpmath.mpf("1.0507009873554804934193349852946")

# (function, inputs, result): values that need no computer.
BY_HAND = [
    ("elu", (2.5,), 2.5),
    ("elu", (2.5, NAN), 2.5),
    ("elu", (-INF, 3.0), -3.0),
    ("elu", (INF,), INF),
    ("elu", (0.0, INF), 0.0),
    ("elu", (-1.0, INF), -INF),
    ("elu_grad", (7.0, 3.0), 1.0),
    ("elu_grad", (0.0, 3.0), 3.0),
    ("elu_grad", (-INF, 3.0), 0.0),
    ("elu_grad", (-INF, INF), NAN),
    ("elu_grad2", (7.0, 3.0), 0.0),
    ("elu_grad2", (0.0, 3.0), 3.0),
    ("elu_backward", (4.0, 7.0, 3.0), 4.0),
    ("elu_backward", (4.0, 0.0, 3.0), 12.0),
    ("elu_backward_from_output", (4.0, 7.0, 3.0), 4.0),
    ("elu_backward_from_output", (4.0, -1.0, 3.0), 8.0),
    ("elu_backward_from_output", (4.0, 7.0, -3.0), NAN),
    ("elu_backward_from_output", (4.0, -1.0, 0.0), -4.0),
    ("selu", (2.0, 5.0, 3.0), 6.0),
    ("selu", (-INF, 5.0, 3.0), -15.0),
    ("selu_grad", (2.0, 5.0, 3.0), 3.0),
    ("selu_grad", (0.0, 5.0, 3.0), 15.0),
    ("selu_grad2", (2.0, 5.0, 3.0), 0.0),
    ("selu_grad2", (-0.0, 5.0, 3.0), 15.0),
    ("selu_backward", (2.0, 1.0, 5.0, 3.0), 6.0),
    ("selu_backward_from_output", (2.0, 1.0, 5.0, 3.0), 6.0),
    ("selu_backward_from_output", (2.0, -1.0, 5.0, 3.0), 28.0),
    ("selu_backward_from_output", (2.0, -1.0, 5.0, 0.0), NAN),
    ("selu_backward_from_output", (2.0, 1.0, -5.0, 1.0), NAN),
    ("celu", (2.0, 0.0), 2.0),
    ("celu", (0.0, 0.0), 0.0),
    ("celu", (-2.0, 0.0), NAN),
    ("celu", (-2.0, -0.0), NAN),
    ("celu", (-INF, 3.0), -3.0),
    ("celu", (-2.0, INF), NAN),
    ("celu_grad", (2.0, 3.0), 1.0),
    ("celu_grad", (0.0, 3.0), 1.0),
    ("celu_grad", (-2.0, INF), 1.0),
    ("celu_grad2", (2.0, 4.0), 0.0),
    ("celu_grad2", (0.0, 4.0), 0.25),
    ("celu_backward", (5.0, 0.0, 4.0), 5.0),
    ("celu_backward_from_output", (5.0, 1.0, 4.0), 5.0),
    ("celu_backward_from_output", (5.0, -1.0, 4.0), 3.75),
    ("celu_backward_from_output", (5.0, -1.0, -4.0), NAN),
]


@pytest.mark.parametrize(("name", "inputs", "expected"), BY_HAND)
def test_hand_values(name, inputs, expected):
    assert reference.ulp_error(np.float64(getattr(reference, name)(*inputs)), expected) == 0
    assert reference.ulp_error(np.float64(expected), reference.exact(name, *inputs)) == 0


@pytest.mark.parametrize("name", ["elu", "selu", "celu"])
def test_zero_keeps_its_sign(name):
    result = getattr(reference, name)([0.0, -0.0], 2.0)
    assert (result == 0).all()
    np.testing.assert_array_equal(np.signbit(result), [False, True])


def test_published_constants():
    """The defaults are the paper's numbers, and ONNX Selu's once rounded to float32."""
    assert float(ALPHA) == reference.SELU_ALPHA
    assert float(SCALE) == reference.SELU_SCALE
    alpha, scale = reference.parameters_as("selu", np.float32)
    assert float(alpha) == 1.67326319217681884765625
    assert float(scale) == 1.05070102214813232421875


def test_selu_fixed_point():
    """SELU was made so that a standard normal input keeps mean 0 and variance 1."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    moments = np.zeros(2)
    for sign in (-1, 1):  # the kink at 0 splits the integral
        x = sign * 6.0 * (nodes + 1)
        density = 6.0 * weights * np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
        y = reference.selu(x).astype(float)
        moments += (y @ density, (y * y) @ density)
    np.testing.assert_allclose(moments, [0, 1], atol=1e-12)


@pytest.mark.parametrize(
    ("name", "inputs", "printed"),
    [  # what torch.nn.functional prints in float32 for these inputs
        ("elu", (-1.0,), -0.6321205588),
        ("elu", (-0.5, 2.0), -0.7869386806),
        ("selu", (-1.0,), -1.1113307378),
        ("selu", (1.0,), 1.0507009874),
        ("celu", (-1.0, 2.0), -0.7869386806),
        ("celu", (-3.0, 0.5), -0.4987606239),
    ],
)
def test_published_values(name, inputs, printed):
    assert float(getattr(reference, name)(*inputs)) == pytest.approx(printed, abs=6e-11)


@pytest.mark.parametrize(
    "row",
    rows_where(lambda row: "grad" in row.name and "backward" not in row.name),
    ids=lambda row: row.name,
)
def test_derivatives_are_derivatives(row):
    """Numerical differentiation of the forward gives every gradient."""
    forward = row.name.split("_")[0]
    order = 2 if row.name.endswith("grad2") else 1
    parameters = [1.25, 0.75][: len(row.parameters)]
    for x in (-3.0, -0.25, 0.5):
        with mpmath.workdps(60):

            def curve(t):
                value = reference._FORMULAS[forward](reference._Mpmath(), t, *parameters)
                return mpmath.mpf(value)

            slope = mpmath.diff(curve, mpmath.mpf(x), order)
        actual = outputs(reference.exact(row.name, x, *parameters))[-1][()]
        assert abs(actual - slope) < 1e-15


@pytest.mark.parametrize("row", rows_where(is_from_output), ids=lambda row: row.name)
def test_backward_from_output_inverts_the_forward(row):
    forward, parameters = row.name.split("_")[0], [1.25, 0.75][: len(row.parameters)]
    x = np.array([-3.0, -0.25, 0.0, 0.5])
    y = getattr(reference, forward)(x, *parameters)
    slope = getattr(reference, f"{forward}_grad")(x, *parameters)
    np.testing.assert_allclose(
        getattr(reference, row.name)(2.0, y, *parameters).astype(float),
        2 * slope.astype(float),
        rtol=1e-15,
    )


def test_longdouble_agrees_with_mpmath(row, rng):
    """Three units of the last place of longdouble, far less than half a unit of float32."""
    x = np.concatenate([-np.exp2(rng.uniform(-60, 6, 300)), rng.normal(size=100)])
    x = x.astype(np.float32)
    inputs = [rng.normal(size=x.size).astype(np.float32)] * (len(row.data) - 1) + [x]
    parameters = reference.parameters_as(row.name, np.float32)
    fast = outputs(getattr(reference, row.name)(*inputs, *parameters))
    slow = outputs(reference.exact(row.name, *inputs, *parameters))
    for a, b in zip(fast, slow, strict=True):
        error = reference.ulp_error(a, b) * 2.0 ** (23 - np.finfo(np.longdouble).nmant)
        assert error.max() < 0.001  # of float32
    assert len(fast) == row.nout


def test_names_and_signatures_are_those_of_the_rows(row):
    """The oracle is written by hand: it must follow the list of functions."""
    parameters = inspect.signature(getattr(reference, row.name)).parameters
    assert list(parameters) == [*row.data, *row.parameters]
    defaults = {key: p.default for key, p in parameters.items() if p.default is not p.empty}
    assert defaults == row.parameters


def test_oracle_is_independent():
    """It imports nothing of the package it judges."""
    tree = ast.parse(pathlib.Path(reference.__file__).read_text())
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(node.module)
    others = {"__future__", "collections.abc", "functools", "inspect", "typing"}
    assert imported <= others | {"numpy", "ml_dtypes", "mpmath"}


def test_broadcasting_and_shapes():
    assert reference.elu([[-1.0], [2.0]], [1.0, 2.0, 3.0]).shape == (2, 3)
    assert reference.exact("elu", [[-1.0], [2.0]], [1.0, 2.0, 3.0]).shape == (2, 3)
    assert reference.elu(np.empty((0, 3))).shape == (0, 3)
    assert [part.shape for part in reference.exact("elu_with_grad", np.empty((0, 3)))] == [
        (0, 3)
    ] * 2
    assert reference.elu(np.float16(-1)).dtype == np.longdouble


class TestUlpError:
    def test_neighbours_are_one_apart(self, dtype):
        for value in (1.5, 100.0, -3e-4):
            expected = np.longdouble(dtype.type(value))
            above = np.nextafter(dtype.type(value), dtype.type(np.inf))
            assert reference.ulp_error(above, expected) == 1
            precise = reference.exact("elu_backward", expected, 1.0)  # grad * 1 as an mpmath number
            assert reference.ulp_error(above, precise) == 1

    def test_exact_halves(self):
        assert reference.ulp_error(np.float32(1), np.longdouble(1 + 2.0**-24)) == 0.5
        assert reference.ulp_error(np.float16(1), 1 + 2.0**-12) == 0.25

    def test_subnormals(self, dtype):
        least = finfo(dtype).smallest_subnormal
        assert reference.ulp_error(least, np.longdouble(0)) == 1
        assert reference.ulp_error(dtype.type(0), np.longdouble(least)) == 1
        if dtype != np.longdouble:
            assert reference.ulp_error(dtype.type(0), np.longdouble(least) / 4) == 0.25

    def test_not_a_number_and_infinity(self, dtype):
        actual = np.array([NAN, INF, -INF, 0.0, NAN, 1.0, INF, INF], dtype)
        expected = np.array([NAN, INF, -INF, -0.0, 1.0, NAN, -INF, 1.0], np.longdouble)
        errors = [0, 0, 0, 0, INF, INF, INF, INF]
        np.testing.assert_array_equal(reference.ulp_error(actual, expected), errors)
        precise = reference.exact("elu", expected, INF)  # as mpmath numbers
        precise[[2, 6]] = -mpmath.inf
        np.testing.assert_array_equal(reference.ulp_error(actual, precise), errors)

    @pytest.mark.parametrize("convert", [np.longdouble, mpmath.mpf])
    def test_rounding_to_overflow(self, convert):
        for dtype in (np.float16, np.float32):
            largest = finfo(dtype).max
            half = (float(largest) - float(np.nextafter(largest, dtype(0)))) / 2
            below, above = float(largest) + half * 0.875, float(largest) + half
            expected = np.array([convert(below), convert(above)])
            actual = np.array([largest, np.inf], dtype)
            np.testing.assert_allclose(reference.ulp_error(actual, expected), [0.4375, 0])
            np.testing.assert_array_equal(reference.ulp_error(actual[::-1], expected), INF)


def test_rounding_helper():
    """`support.rounded` rounds once: this number lies just above a tie of float16."""
    value = np.longdouble(1) + np.longdouble(2) ** -11 + np.longdouble(2) ** -40
    assert rounded(value, np.float16) == 1 + 2.0**-10
    assert rounded(np.longdouble(65519.9), np.float16) == 65504
    assert rounded(np.longdouble(65520), np.float16) == np.inf
    assert rounded(np.longdouble(2) ** -25, np.float16) == 0
    assert rounded(np.longdouble(2) ** -25 * 1.01, np.float16) == 2.0**-24
