"""Which objects are taken to be on a GPU, and whose word counts: nothing changes for the others."""

import unittest.mock
from types import SimpleNamespace

import numpy as np
import pytest
from gpus import Interface
from support import function

import elufast
import elufast.cuda

X = np.array([-3.0, -0.5, 0.0, 4.0])


def on_cpu(**attributes):
    """Return an object that NumPy knows how to read, with more attributes."""
    kind = type("Array", (), {"__array__": lambda self, dtype=None, copy=None: X.copy()})
    for name, value in attributes.items():
        setattr(kind, name, value)
    return kind()


def failing(error):
    @property
    def attribute(self):
        raise error

    return attribute


OTHERS = {
    "is_cuda raises": {"is_cuda": failing(ZeroDivisionError())},
    "is_cuda is no bool": {"is_cuda": np.array([True, False])},
    "is_cuda alone": {"is_cuda": True},
    "interface raises": {"__cuda_array_interface__": failing(ValueError("on the CPU"))},
    "interface is None": {"__cuda_array_interface__": None},
    "device raises": {"__dlpack_device__": failing(ZeroDivisionError())},
    "device is nonsense": {"__dlpack_device__": lambda self: "cuda:0"},
    "device is the CPU": {"__dlpack_device__": lambda self: (1, 0)},
}


@pytest.mark.parametrize("attributes", OTHERS.values(), ids=OTHERS)
def test_who_is_on_the_cpu(row, attributes):
    """NumPy's way, whatever attributes say, or fail to."""
    expected = function(row)(*[X] * len(row.data))
    results = function(row)(*[on_cpu(**attributes)] * len(row.data))
    np.testing.assert_array_equal(results, expected)


@pytest.mark.parametrize("kind", [unittest.mock.Mock, SimpleNamespace, object])
def test_who_is_no_array(row, kind):
    for attributes in ({}, {"is_cuda": True}):
        if attributes and kind is object:
            continue
        with pytest.raises(TypeError, match=r"not supported for the input types|no callable"):
            function(row)(*[kind(**attributes)] * len(row.data))


class Column(Interface):
    """What knows more about itself than its numbers."""

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return ufunc.__name__, method, kwargs


class Forbidding(Interface):
    __array_ufunc__ = None


def test_a_type_that_decides_by_itself(row, gpu):
    column = Column(gpu.asarray(X))
    assert function(row)(*[column] * len(row.data)) == (row.name, "__call__", {})
    if len(row.data) == 2:
        assert function(row)(1.0, column) == (row.name, "__call__", {})


def test_a_type_that_forbids_it(row, gpu):
    with pytest.raises(TypeError, match="does not support ufuncs"):
        function(row)(*[Forbidding(gpu.asarray(X))] * len(row.data))


def test_the_module_refuses_other_arrays_by_any_name(row):
    f = getattr(elufast.cuda, row.name)
    for x in (X, -1.0):
        with pytest.raises(TypeError, match=f"^elufast.cuda.{row.name}.* takes arrays on a GPU"):
            f(**dict.fromkeys(row.data, x))


def test_names_of_the_module():
    assert sorted(elufast.cuda.__all__) == sorted(row.name for row in elufast._ufuncs.ROWS)
