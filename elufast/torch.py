"""ELU, SELU and CELU for PyTorch: the ufuncs on CPU tensors, with autograd.

Only on request: ``import elufast.torch`` (``import elufast`` alone does not import PyTorch).

- `elu`, `selu`, `celu`: functions as those of `torch.nn.functional`;
- `ELU`, `SELU`, `CELU`: modules, to be put in the place of those of `torch.nn`;
- `EluFunction`, `SeluFunction`, `CeluFunction`: the `torch.autograd.Function` of each, for
  ``apply(x, alpha)``. The functions have a shorter way to the same;
- `build_native`: compiles a still shorter one, for many small tensors.

Examples
--------
>>> import torch
>>> import elufast.torch
>>> x = torch.tensor([-2.0, -0.5, 0.0, 3.0], dtype=torch.float64, requires_grad=True)
>>> y = elufast.torch.elu(x)
>>> y
tensor([-0.8647, -0.3935,  0.0000,  3.0000], dtype=torch.float64,
       grad_fn=<EluFunctionBackward>)
>>> y.sum().backward()
>>> x.grad
tensor([0.1353, 0.6065, 1.0000, 1.0000], dtype=torch.float64)
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.overrides import handle_torch_function as _handle
from torch.overrides import has_torch_function_unary as _is_overridden

from elufast import _torch_docs
from elufast._torch_calls import activation as _activation
from elufast._torch_native import compiled as _compiled
from elufast._torch_ops import number as _number
from elufast._ufuncs import ROWS as _ROWS

__all__ = ["CELU", "ELU", "SELU", "CeluFunction", "EluFunction", "SeluFunction"]
__all__ += ["build_native", "celu", "elu", "selu"]

EluFunction, _elu, _elu_go_native = _activation("elu")
SeluFunction, _selu, _selu_go_native = _activation("selu")
CeluFunction, _celu, _celu_go_native = _activation(
    "celu", lambda curvature, alpha: curvature / alpha
)


def build_native(*, verbose: bool = False) -> None:
    """Compile the functions' autograd in C++, and use it from now on in this process.

    Between two calls of the loops, forward and backward, PyTorch takes some
    10 microseconds for any `torch.autograd.Function` written in Python, and
    less than half of them for one in C++. So this pays for tensors of a few
    thousand elements or fewer; for large ones it makes no difference. Results
    are the same, to the bit, and so is what the functions and modules promise:
    what is out of the ordinary (transforms, forward mode, second derivatives,
    unusual strides) goes the way that it went before.

    The first call takes half a minute. What it makes lies in PyTorch's folder
    of extensions (see ``TORCH_EXTENSIONS_DIR``), and later calls, also those of
    other processes with the same PyTorch, take a second. Call it once, where a
    program begins.

    Parameters
    ----------
    verbose : bool, optional
        Show what the compiler is told and says. Default: False.

    Returns
    -------
    None

    Raises
    ------
    RuntimeError
        If it cannot be compiled: it takes a C++ compiler, the headers of
        Python, the packages ``ninja`` and ``setuptools``, and PyTorch 2.13 or
        one whose C++ is like that of 2.13. The functions are then as they were.

    Notes
    -----
    Differences that are left: ``grad_fn`` is a ``CppFunction`` without
    ``saved_tensors``, a hook of saved tensors that itself differentiates the
    same graph never returns, and modes of `torch.overrides` do not see what
    happens inside, all as with PyTorch's own functions; compiled autograd
    (``torch._dynamo.compiled_autograd``) does not take it.

    If a first call was killed, PyTorch's folder of extensions keeps a file
    ``lock``, for whose end all later ones wait: delete it.

    Examples
    --------
    >>> import elufast.torch
    >>> elufast.torch.build_native()  # doctest: +SKIP
    """
    module = _compiled(verbose)
    for go_native in (_elu_go_native, _selu_go_native, _celu_go_native):
        go_native(module)


# What is no plain tensor may decide by itself: subclasses, and the proxies of torch.fx.


def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    if type(x) is not Tensor and _is_overridden(x):
        return _handle(elu, (x,), x, alpha=alpha)
    return _elu(x, (alpha if type(alpha) is float else _number("alpha", alpha),))


def selu(x: Tensor, alpha: float = 1.6732632423543772, scale: float = 1.0507009873554805) -> Tensor:
    if type(x) is not Tensor and _is_overridden(x):
        return _handle(selu, (x,), x, alpha=alpha, scale=scale)
    alpha = alpha if type(alpha) is float else _number("alpha", alpha)
    scale = scale if type(scale) is float else _number("scale", scale)
    return _selu(x, (alpha, scale))


def celu(x: Tensor, alpha: float = 1.0) -> Tensor:
    if type(x) is not Tensor and _is_overridden(x):
        return _handle(celu, (x,), x, alpha=alpha)
    return _celu(x, (alpha if type(alpha) is float else _number("alpha", alpha),))


def _not_in_place(inplace: bool) -> None:
    if inplace:
        raise ValueError("inplace=True: the gradient needs the input, which would be overwritten")


# Those of torch.nn, so that what looks for them, in printing or initialising a model, finds them.


class ELU(nn.ELU):
    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        _not_in_place(inplace)
        super().__init__(_number("alpha", alpha))

    def forward(self, input: Tensor) -> Tensor:
        return elu(input, self.alpha)


class SELU(nn.SELU):
    def __init__(self, inplace: bool = False) -> None:
        _not_in_place(inplace)
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return selu(input)


class CELU(nn.CELU):
    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        _not_in_place(inplace)
        super().__init__(_number("alpha", alpha))

    def forward(self, input: Tensor) -> Tensor:
        return celu(input, self.alpha)


for _row in _ROWS:
    if _row.name in __all__:
        globals()[_row.name].__doc__ = _torch_docs.function_docstring(_row)
        globals()[_row.name.upper()].__doc__ = _torch_docs.module_docstring(_row)
        globals()[f"{_row.name.capitalize()}Function"].__doc__ = _torch_docs.autograd_docstring(
            _row
        )
del _row
