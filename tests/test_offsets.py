"""Arrays that begin anywhere in a page: where an output begins shortly after an input, loops go
from the end to the beginning (elufast/_direction.h)."""

import numpy as np
import pytest
from support import PAGE, assert_same_bits, at, function, outputs, parameter_values

# Registers of 8 and 16 elements that are too few for that, just enough, and more, with a rest; and
# the same for going to where an output's first line begins, or all arrays are aligned.
SIZES = [each + rest for each in (128, 256, 512, 1024, 4096, 8192) for rest in (-1, 0, 5)]
SHORTLY_AFTER = [8, 16, 64, 200, 504]
NOT_SHORTLY_AFTER = [0, 512, 2048, PAGE - 64]

kinds = pytest.mark.parametrize("kind", ["f4", "f8"])


def is_alone(array, memory):
    """Whether nothing was written beside the array."""
    start = array.ctypes.data - memory.ctypes.data
    rest = np.concatenate([memory[:start], memory[start + array.nbytes :]])
    return bool((rest == 0xA5).all())


def given(row, kind, rng, size):
    """Parameters: the defaults, numbers, arrays, and arrays that need scaling."""
    numbers = parameter_values(row, np.dtype(kind), alpha=0.75)
    some = [(number * rng.uniform(0.5, 2, size)).astype(kind) for number in numbers]
    return [], numbers, some, [array * np.dtype(kind).type(2.0**-12) for array in some]


@kinds
@pytest.mark.parametrize("size", SIZES)
def test_outputs_anywhere(row, kind, size, rng):
    data = [at(0, (rng.normal(size=size) * 3).astype(kind))[0] for _ in row.data]
    for parameters in given(row, kind, rng, size):
        expected = None
        for offset in NOT_SHORTLY_AFTER + SHORTLY_AFTER:
            out = [at(offset, np.zeros(size, kind)) for _ in range(row.nout)]
            function(row)(*data, *parameters, out=tuple(array for array, _ in out))
            expected = expected or [array.copy() for array, _ in out]
            assert_same_bits(tuple(array for array, _ in out), tuple(expected))
            assert all(is_alone(*each) for each in out)


@kinds
@pytest.mark.parametrize("first", [0, 64, 2048])
@pytest.mark.parametrize("second", [0, 48, 96, 4032])
def test_inputs_anywhere(row, kind, first, second, rng):
    """Where outputs begin shortly after some inputs and before others as well."""
    size, out_at = 8261, 64
    places = [first, second]
    values = [(rng.normal(size=size) * 3).astype(kind) for _ in row.data]
    expected = tuple(at(2048, np.zeros(size, kind))[0] for _ in range(row.nout))
    function(row)(*(at(1024, x)[0] for x in values), out=expected)
    data = [at(place, x)[0] for place, x in zip(places, values, strict=False)]
    out = tuple(at(out_at, np.zeros(size, kind))[0] for _ in range(row.nout))
    function(row)(*data, out=out)
    assert_same_bits(out, expected)


@kinds
@pytest.mark.parametrize("offset", [*NOT_SHORTLY_AFTER, *SHORTLY_AFTER])
def test_in_place(row, kind, offset, rng):
    """An input is the output; another one, or the other output, begins a little apart from it."""
    values = [(rng.normal(size=8261) * 3).astype(kind) for _ in row.data]
    expected = outputs(function(row)(*values))
    for i in range(len(values)):
        data = [at(offset if k == i else 0, x)[0] for k, x in enumerate(values)]
        out = (data[i], *(at(offset + 64, x)[0] for x in expected[1:]))
        function(row)(*data, out=out)
        assert_same_bits(out, expected)
