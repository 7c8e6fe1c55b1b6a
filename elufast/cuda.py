"""The functions of elufast for arrays on a GPU: `elufast.cuda.elu` and so on.

They are what the functions of the same names in `elufast` do when they are given an array in the
memory of a CUDA device: a CuPy array, or any object with ``__cuda_array_interface__`` or DLPack,
such as a PyTorch CUDA tensor or a Numba device array, which is taken without a copy. The only
difference is that these refuse to be called without such an array.

The result is a CuPy array on the same device (for a function with two outputs a tuple of two), or
what was given as `out`, computed in the current stream of CuPy. The numbers have the bits that the
CPU gives, but for what CuPy's flushing of subnormal float32 numbers to zero changes: float32 and
bfloat16 next to 0 (below 2^-62; with default parameters at most 1 ULP of `selu` below 2^-100, and
subnormal numbers).

- float16, bfloat16, float32 and float64 have kernels; integers and bool give float64; types mix as
  they do on the CPU. longdouble and complex are a TypeError.
- Parameters may be Python or NumPy numbers, or arrays on the GPU, which broadcast.
- `out`, also the input itself or a view, `where`, `dtype`, `casting`, `order` and `signature` are
  as for every NumPy ufunc. Of two outputs that overlap each other, the second is written last.
- A NumPy array among the arguments is a TypeError that names it, and arrays on different devices a
  ValueError: nothing is moved silently. A GPU that is missing, or CuPy, is named by a RuntimeError
  or an ImportError.
- An output that is read-only (a JAX array always is) is a ValueError, as is an array whose elements
  do not lie at multiples of their size: a GPU could not read them.
- No flag is raised and no warning given: a GPU knows none.
- A call with `out` may be captured into a CUDA graph after a first call with the same function,
  types and kind of layout, which compiles the kernel. One that needs a temporary array (for a cast,
  or where an input overlaps `out`) is a RuntimeError then: the graph would outlive its memory.
- Another library's arrays are kept in step by DLPack on their way in. What that library does with
  them after the call is not: use one stream for both (with PyTorch
  ``cupy.cuda.ExternalStream(torch.cuda.current_stream().cuda_stream)``), and inside of a capture
  CuPy's arrays alone.

Needs CuPy: ``pip install 'elufast[cuda]'`` (CUDA 12) or ``'elufast[cuda13]'``.

Examples
--------
>>> import cupy  # doctest: +SKIP
>>> import elufast
>>> x = cupy.linspace(-3, 3, 5, dtype=cupy.float32)  # doctest: +SKIP
>>> elufast.elu(x)  # doctest: +SKIP
array([-0.95021296, -0.7768698 ,  0.        ,  1.5       ,  3.        ],
      dtype=float32)
"""

from __future__ import annotations

from collections.abc import Callable as _Callable
from typing import Any as _Any

from elufast._cuda_arrays import is_on_gpu as _is_on_gpu
from elufast._docs import signature_of as _signature_of
from elufast._docs import summary_of as _summary_of
from elufast._foreign import operands as _operands
from elufast._ufuncs import ROWS as _ROWS
from elufast._ufuncs import UFUNCS as _UFUNCS
from elufast._ufuncs import Row as _Row


def _function(row: _Row) -> _Callable[..., _Any]:
    ufunc = _UFUNCS[row.name]

    def function(*args: _Any, **kwargs: _Any) -> _Any:
        if (args or kwargs) and not any(map(_is_on_gpu, _operands(args, kwargs))):
            raise TypeError(
                f"elufast.cuda.{row.name}() takes arrays on a GPU, and got none: "
                f"elufast.{row.name} is for those on the CPU"
            )
        return ufunc(*args, **kwargs)

    function.__name__ = function.__qualname__ = row.name
    function.__module__ = __name__
    function.__signature__ = _signature_of(row)  # type: ignore[attr-defined]
    function.__doc__ = (
        f"{_summary_of(row)}\n\nOn a GPU: see `elufast.{row.name}` for the formula, the parameters "
        "and the accuracy,\nand `elufast.cuda` for what is particular to a GPU."
    )
    return function


__all__ = [row.name for row in _ROWS]

globals().update({row.name: _function(row) for row in _ROWS})
