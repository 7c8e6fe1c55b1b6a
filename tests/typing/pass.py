"""Correct uses: mypy --strict accepts all of this."""

import io
from pathlib import Path
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import elufast

single = np.ones((2, 3), dtype=np.float32)
whole = np.arange(3)
mask = np.array([True, False, True])
buffer = np.empty((2, 3), dtype=np.float32)
other = np.empty((2, 3), dtype=np.float32)

# Arrays give arrays.
assert_type(elufast.elu(single), NDArray[Any])
assert_type(elufast.elu(x=single, alpha=0.5), NDArray[Any])
assert_type(elufast.elu(single, np.array([0.1, 0.2, 0.3])), NDArray[Any])
assert_type(elufast.elu([1, 2.5, -1]), NDArray[Any])
assert_type(elufast.elu(whole), NDArray[Any])
assert_type(elufast.selu(single, alpha=1.5, scale=[1.0, 1.1, 1.2]), NDArray[Any])
assert_type(elufast.celu_grad(single, 2), NDArray[Any])
assert_type(elufast.elu_backward(single, single, alpha=0.5), NDArray[Any])
assert_type(elufast.selu_backward(grad=1.0, x=single), NDArray[Any])
assert_type(elufast.celu_backward_from_output(grad=single, y=single), NDArray[Any])
assert_type(elufast.elu_with_grad(single), tuple[NDArray[Any], NDArray[Any]])
assert_type(elufast.selu_with_grad(single, scale=2.0), tuple[NDArray[Any], NDArray[Any]])

# Numbers give scalars, of any type.
assert_type(elufast.elu(-1.0), Any)
assert_type(elufast.elu(np.float32(-1), alpha=np.float32(2)), Any)
assert_type(elufast.elu_grad2(True), Any)
assert_type(elufast.selu_backward_from_output(1, -1, 1.6, 1.05), Any)
assert_type(elufast.celu_with_grad(-1.0), tuple[Any, Any])

# Outputs.
elufast.elu(single, out=buffer)
elufast.elu(single, out=(buffer,))
elufast.elu(single, 0.5, buffer)
elufast.selu(single, 1.5, 1.0, buffer)
elufast.celu_backward(single, single, 1.0, buffer)
elufast.elu(-1.0, out=buffer)
elufast.elu_with_grad(single, out=(buffer, other))
elufast.elu_with_grad(single, out=(buffer, None))
elufast.elu_with_grad(single, 1.0, buffer, other)
elufast.selu_with_grad(single, 1.5, 1.0, buffer, other)

# The keywords of every ufunc.
elufast.elu(single, where=mask, out=buffer)
elufast.elu(single, dtype=np.float64, casting="same_kind", order="F", subok=False)
elufast.elu(single, dtype="f8")
elufast.elu(single, signature="ff->f")
elufast.selu_with_grad(single, signature=("f", "f", "f", None, np.float32))

# They are ufuncs.
ufuncs: list[np.ufunc] = [elufast.elu, elufast.selu_with_grad, elufast.celu_backward_from_output]
names: list[str] = [ufunc.__name__ for ufunc in ufuncs]
types: list[str] = list(elufast.elu.types)
elufast.elu.at(single, [0, 1], 0.5)
elufast.elu.outer(single, [0.5, 1.0])
elufast.elu_with_grad.outer(single, [0.5, 1.0])
elufast.elu.resolve_dtypes((np.dtype("f4"), float, None))

# The rest.
elufast.set_num_threads(2)
elufast.set_num_threads(np.int64(2))
assert_type(elufast.get_num_threads(), int)
assert_type(elufast.__version__, str)
assert_type(elufast.show_config(), None)
assert_type(elufast.show_config("dict")["threads"], int)
assert_type(elufast.show_config(mode="dict")["instruction_sets_built"], list[str])
Path(elufast.get_include()) / "elufast"
io.StringIO(elufast.show_config("dict")["compiler"])
