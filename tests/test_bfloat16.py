"""bfloat16, which belongs to ml_dtypes: whenever that is imported, and next to other types."""

import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest
from support import (
    BFLOAT16,
    all_numbers,
    assert_same_bits,
    bit_patterns,
    finfo,
    first,
    function,
    outputs,
    parameter_values,
    promoted,
    same_bits,
    strict,
)

import elufast
from elufast import _reference as reference

X = np.array([-3.0, -0.5, -0.0, 0.0, 0.25, 4.0, -60.0, np.inf, -np.inf, np.nan], BFLOAT16)


def run(script):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


# The order of imports. NumPy remembers for good which loop it found for some types, so the first
# question of each kind, before elufast has met bfloat16, must not get float32 for an answer.

QUESTIONS = {
    "one": "elufast.elu(x)",
    "number": "elufast.elu(x, 0.5)",
    "keyword": "elufast.elu(x, alpha=2)",
    "array": "elufast.elu(x, x)",
    "zero-dimensional": "elufast.elu(np.array(0.5, bfloat16))",
    "scalar": "elufast.elu(bfloat16(0.5))",
    "two": "elufast.elu_backward(x, x)",
    "pair": "elufast.elu_with_grad(x)[1]",
    "out": "elufast.elu(x, out=np.empty_like(x))",
    "where": "elufast.elu(x, out=np.empty_like(x), where=np.array([True, False]))",
    "dtype": "elufast.elu(np.ones(2, 'f4'), dtype=bfloat16, casting='unsafe')",
    "outer": "elufast.elu.outer(x, x)",
    "at": "(elufast.elu.at(x, [0], 1), x)[1]",
    "large": "elufast.elu(np.ones((300, 200), bfloat16)[:, 1:])",
    "resolve": "np.empty(0, elufast.elu.resolve_dtypes((x.dtype, float, None))[2])",
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("order", ["elufast, ml_dtypes", "ml_dtypes, elufast"])
def test_any_order_of_imports_and_any_first_call(question, order):
    asked = [question, *QUESTIONS]
    lines = [f"print(({QUESTIONS[each]}).dtype)" for each in asked]
    script = (
        f"import numpy as np\nimport {order}\nfrom ml_dtypes import bfloat16\n"
        "x = np.array([-1, 2], bfloat16)\n" + "\n".join(lines)
    )
    assert run(script) == ["bfloat16"] * len(asked)


def test_other_types_before_it_do_no_harm():
    """float8 comes from ml_dtypes too, and may be the first that is met."""
    script = (
        "import numpy as np, elufast, ml_dtypes\n"
        "small = np.array([1], ml_dtypes.float8_e5m2)\n"
        "print(elufast.elu(small).dtype, elufast.elu(small, small).dtype)\n"
        "x = np.array([1], ml_dtypes.bfloat16)\n"
        "print(elufast.elu(x, small).dtype, elufast.elu(x).dtype, elufast.elu(small).dtype)"
    )
    assert run(script) == ["float32", "float32", "float32", "bfloat16", "float32"]


def test_ml_dtypes_is_optional():
    script = (
        "import sys, numpy as np, elufast\n"
        "print('ml_dtypes' in sys.modules)\n"
        "sys.modules['ml_dtypes'] = None\n"
        "print(elufast.elu(np.ones(2, 'f2')).dtype)\n"
        "class half_imported: pass\n"
        "sys.modules['ml_dtypes'] = half_imported\n"
        "print(elufast.elu(np.ones(2, 'i1'), 2).dtype)\n"
        "try: elufast.elu(np.array(['1'], 'T'))\n"
        "except TypeError: print('TypeError')"
    )
    assert run(script) == ["False", "float16", "float64", "TypeError"]


# Next to other types: as NumPy's own functions have it.


@pytest.mark.parametrize("other", "efdg?bBhHiIqQ")
def test_mixed_with_arrays(row, other):
    other = np.ones(X.size, other)
    wanted = promoted(BFLOAT16, other.dtype)
    f = function(row)
    for data, parameters in (([X] * len(row.data), [other]), ([other] * len(row.data), [X])):
        with np.errstate(all="ignore"):
            result = f(*data, *parameters)
            same = f(*[each.astype(wanted) for each in (*data, *parameters)])
            assert_same_bits(f(*data, alpha=parameters[0]), result)
        assert {part.dtype for part in outputs(result)} == {wanted}
        assert_same_bits(result, same)


@pytest.mark.parametrize("strong", [np.float32(0.5), np.float64(0.5), np.longdouble(0.5)])
def test_strong_scalars_promote(row, strong):
    data = [X[:7]] * len(row.data)
    for result in (function(row)(*data, strong), function(row)(*data, alpha=strong)):
        assert {part.dtype for part in outputs(result)} == {strong.dtype}


def test_python_numbers_as_data_are_weak(row):
    alpha = np.array([0.5, 2], BFLOAT16)
    for number in (-1.5, 2):
        result = function(row)(*[number] * len(row.data), alpha)
        expected = function(row)(*[np.full(2, number, BFLOAT16)] * len(row.data), alpha)
        assert_same_bits(result, expected)


def test_scalars(row):
    result = function(row)(*[ml_dtypes.bfloat16(-0.5)] * len(row.data))
    assert {type(part) for part in outputs(result)} == {ml_dtypes.bfloat16}


def test_numbers_are_rounded_as_ml_dtypes_does():
    """Halfway between two of its numbers, and beside that: there it rounds to float32 first."""
    patterns = np.arange(0x3880, 0x477F, 3, np.uint16)  # what goes the short way, and less
    below = patterns.view(BFLOAT16).astype(float)
    above = (patterns + np.uint16(1)).view(BFLOAT16).astype(float)
    middle = (below + above) / 2
    minus_one = np.array([-np.inf], BFLOAT16)  # elu of it is -alpha
    for numbers in (middle, middle * (1 - 2**-30), middle * (1 + 2**-30), -middle):
        found = np.concatenate([elufast.elu(minus_one, number) for number in numbers.tolist()])
        equal = same_bits(found, -numbers.astype(BFLOAT16))
        assert equal.all(), numbers[first(~equal)]


# Rounding to bfloat16 overflows where float32 does not.


@pytest.mark.parametrize("size", [1, 2, 5, 33, 70_001])
@pytest.mark.parametrize("sign", [1, -1])
def test_overflow_by_rounding_alone(size, sign):
    """181**2 has 15 bits: times 2**113 it is a float32, and beyond the largest bfloat16."""
    scale, large = 181 / 128, sign * 181 / 128 * 2.0**127
    assert np.isfinite(np.float32(scale) * np.float32(large))
    x, grad = np.ones((2, size), BFLOAT16)
    for place in (0, size // 2, size - 1):
        grad[:] = 1
        grad[place] = large
        for alpha in (1.0, np.ones(size, BFLOAT16)):
            with np.errstate(all="raise"), pytest.raises(FloatingPointError, match=r"^overflow"):
                elufast.selu_backward(grad, x, alpha, scale)
            with np.errstate(all="ignore"):
                result = elufast.selu_backward(grad, x, alpha, scale)
            assert float(result[place]) == sign * np.inf
            with strict():
                elufast.selu_backward(grad, x, alpha, 180 / 128)


def test_overflow_with_default_parameters(row):
    """An infinity made of finite numbers is one, everywhere: some loops do not look for it."""
    x = all_numbers(BFLOAT16)
    x = x[bit_patterns(x) & 0x7F80 != 0x7F80]  # the finite ones
    exact, largest = getattr(reference, row.name), finfo(BFLOAT16).max
    parameters, data = parameter_values(row, BFLOAT16), [x]
    if len(row.data) == 2:
        with np.errstate(all="ignore"):
            grad = (2.0**128 * (1 - 2.0**-10) / np.abs(exact(1, x, *parameters))).astype(BFLOAT16)
        data = [np.where(np.isfinite(grad), grad, largest), x]
    with np.errstate(all="ignore"):
        results = outputs(function(row)(*data))
    infinite = np.any([np.isinf(part) for part in results], axis=0)
    with strict():
        function(row)(*(part[~infinite] for part in data))
    # The others overflow in float32 already, which tells by itself.
    in_float32 = [
        np.abs(part) < np.finfo(np.float32).max for part in outputs(exact(*data, *parameters))
    ]
    by_rounding = np.flatnonzero(infinite & np.all(in_float32, axis=0))
    for place in by_rounding[:: max(1, by_rounding.size // 100)]:
        with np.errstate(over="raise"), pytest.raises(FloatingPointError, match=r"^overflow"):
            function(row)(*(part[[place] * 3] for part in data))
    if row.name in ("elu_backward_from_output", "selu_backward", "celu_backward_from_output"):
        assert by_rounding.size > 100


def test_infinities_and_nans_overflow_nowhere(row):
    data = [np.repeat([np.inf, -np.inf, np.nan], 11).astype(BFLOAT16)] * len(row.data)
    with np.errstate(over="raise", invalid="ignore"):  # 0 times inf is invalid
        function(row)(*data)


@pytest.mark.parametrize("casting", ["no", "equiv", "safe", "same_kind", "unsafe"])
def test_nothing_is_cast(row, casting):
    """Python numbers, the defaults among them, are of the arrays' own type."""
    data = [X[:7]] * len(row.data)
    for parameters in ([], [0.5], [2]):
        expected = function(row)(*data, *parameters)
        assert_same_bits(function(row)(*data, *parameters, casting=casting), expected)
        where = function(row)(*data, *parameters, casting=casting, where=True, dtype=BFLOAT16)
        assert_same_bits(where, expected)
    if casting in ("no", "equiv", "safe"):
        with pytest.raises(TypeError, match=f"Cannot cast ufunc '{row.name}' input"):
            function(row)(*data, np.float64(0.5), dtype=BFLOAT16, casting=casting)


def test_another_type_of_that_name_is_none():
    script = (
        "import sys, types; m = types.ModuleType('ml_dtypes'); m.bfloat16 = float\n"
        "sys.modules['ml_dtypes'] = m\n"
        "import numpy as np, elufast; print(elufast.elu(np.ones(1, 'f4')).dtype)"
    )
    assert run(script) == ["float32"]
