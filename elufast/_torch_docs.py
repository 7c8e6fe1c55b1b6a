"""Docstrings of elufast.torch, from the parts that the ufuncs' are made of."""

from __future__ import annotations

from typing import Any

from elufast._docs import words_of
from elufast._ufuncs import Row

_FUNCTION = """\
{short} of a tensor, element-wise, with autograd.

{short} is the {title} [1]_::

{value_cases}

Parameters
----------
x : Tensor
    A dense tensor on the CPU, of any shape and strides, of type float16,
    bfloat16 (with the package ml_dtypes), float32 or float64.
{parameters}

Returns
-------
y : Tensor
    A new tensor of the type and shape of `x`, in its memory format as with
    `torch.nn.functional.{name}`.

Raises
------
TypeError
    For anything but such a tensor, and for parameters that are not numbers.

See Also
--------
{NAME} : The same as a module.
{Name}Function : The same as a `torch.autograd.Function`.
build_native : Makes it faster for small tensors, by C++.
elufast.{name}, elufast.{name}_backward, elufast.{name}_grad2

Notes
-----
Forward, backward and second derivative have the bits and the accuracy of the
ufuncs `elufast.{name}`, `elufast.{name}_backward` and `elufast.{name}_grad2`:
for float32 and float64 at most {ulp} ULP for default parameters and 2 ULP for
any, for float16 and bfloat16 0.51 ULP. They read tensors where they are, and
run on the threads of `elufast.set_num_threads`; no overflow is reported, as
PyTorch does not report it.

Special values:

- ``{name}(+-0) = +-0``, ``{name}(inf) = {value[at_inf]}``,
  ``{name}(-inf) = {value[at_minus_inf]}``;
- at 0 the derivative is the left one, ``{slope[at_zero]}``, as in PyTorch;
- NaN in `x` or in a gradient gives NaN.

Saved for the backward pass is `x`, as PyTorch does, and not `y`, from which the
gradient would have lost what the forward pass rounded away. So `x` must not be
changed in place before the backward pass: PyTorch tells if it was.

Derivatives of any order, forward-mode ones, `torch.func` and `torch.vmap` work.
`torch.compile` and `torch.jit.trace` keep one operator,
`torch.ops.elufast.{name}`, which has derivatives of any order, too,
where the backend allows them (Inductor: of the first, else a RuntimeError).
It is not fused with what is around, and a saved trace needs
``import elufast.torch`` to be loaded. Transforms inside a compiled
function are run uncompiled. There is no gradient with respect to a parameter.

References
----------
{paper}

Examples
--------
>>> import torch
>>> import elufast.torch
>>> x = torch.tensor([-2.0, -0.5, 0.0, 3.0], dtype=torch.float64)
>>> x = x.requires_grad_()
>>> y = elufast.torch.{name}(x)
>>> y.detach().numpy()
{value[example]}
>>> (slope,) = torch.autograd.grad(y.sum(), x)
>>> slope.numpy()
{slope[example]}
"""

_AUTOGRAD = """\
The `torch.autograd.Function` of `{name}`: ``apply({call})``.

For code that is built of such functions; `elufast.torch.{name}` gives the same
by a shorter way. Do not make instances: call the static method ``apply``::

{value_cases}

It is differentiable to any order, also in forward mode (``jvp``) and under
`torch.vmap`.

Parameters
----------
x : Tensor
    A dense tensor on the CPU, of any shape and strides, of type float16,
    bfloat16 (with the package ml_dtypes), float32 or float64.
{parameters}

Returns
-------
y : Tensor
    A new tensor of the type and shape of `x`.

Raises
------
TypeError
    For anything but such a tensor, for parameters that are not numbers (there
    is no gradient with respect to them), and for too many arguments.

See Also
--------
{name} : With accuracy, special values and source.

Examples
--------
>>> import torch
>>> from elufast.torch import {Name}Function
>>> x = torch.tensor([-2.0, -0.5, 0.0, 3.0], dtype=torch.float64)
>>> x = x.requires_grad_()
>>> y = {Name}Function.apply(x{defaults})
>>> (slope,) = torch.autograd.grad(y.sum(), x, create_graph=True)
>>> slope.detach().numpy()
{slope[example]}
>>> torch.autograd.gradcheck({Name}Function.apply, x[[0, 1, 3]])
True
"""

_MODULE = """\
`torch.nn.{NAME}` computed by elufast: the module of `{name}`.

It is a `torch.nn.{NAME}` and takes its parameters, but for ``inplace=True``,
which is a ValueError: it would overwrite what the gradient is computed from.
See `elufast.torch.{name}` for everything else.

Examples
--------
>>> import torch
>>> import elufast.torch
>>> module = elufast.torch.{NAME}()
>>> isinstance(module, torch.nn.{NAME})
True
>>> module(torch.tensor([-2.0, -0.5, 0.0, 3.0], dtype=torch.float64)).numpy()
{value[example]}
"""


def _words_of(row: Row) -> dict[str, Any]:
    parameters = "\n".join(
        f"{name} : float, optional\n    As for `elufast.{row.name}`. Default: {default!r}."
        for name, default in row.parameters.items()
    )
    return {
        **words_of(row),
        "Name": row.name.capitalize(),
        "call": ", ".join(["x", *row.parameters]),
        "defaults": "".join(f", {default!r}" for default in row.parameters.values()),
        "parameters": parameters,
    }


def function_docstring(row: Row) -> str:
    """Return the docstring of the function of `row`."""
    return _FUNCTION.format_map(_words_of(row))


def autograd_docstring(row: Row) -> str:
    """Return the docstring of the function of autograd of `row`."""
    return _AUTOGRAD.format_map(_words_of(row))


def module_docstring(row: Row) -> str:
    """Return the docstring of the module of `row`."""
    return _MODULE.format_map(_words_of(row))
