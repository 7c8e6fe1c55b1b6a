"""The GPU kernels: compiled by NVRTC when a function first meets a type, kept on disk by CuPy.

Two for each row and type: one over arrays without gaps, which moves 16 bytes at a time, and one of
CuPy's ElementwiseKernel for everything else; the formulas and conversions are the same text.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from elufast import _cuda_source as source
from elufast._cuda_arrays import cupy_module
from elufast._ufuncs import UFUNCS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elufast._ufuncs import Row

_THREADS = 256  # in a block: eight of them fill a processor
_BLOCKS = 32
"""At most so many blocks for each processor, four times what it holds at once: what is left for the
last ones is then little, and starting blocks costs nothing that counts."""
_PACK = 16  # bytes; see gpu_elements.h


@functools.cache
def _most_blocks(device: int) -> int:
    attributes = cupy_module().cuda.Device(device).attributes
    return _BLOCKS * int(attributes["MultiProcessorCount"])


@functools.cache
def _contiguous(name: str, dtype: np.dtype, literals: bool, device: int) -> Any:
    """The kernel for the current device, which `device` is: a module is loaded into one."""
    row = source.ROW[name]
    module = cupy_module().RawModule(
        code=source.module_source(row, dtype, literals=literals), options=source.OPTIONS
    )
    element = source.ELEMENTS[dtype.name]
    return module.get_function(source.kernel_name(row, element, literals=literals))


def _computing_type(dtype: np.dtype) -> type[np.floating[Any]]:
    return np.float64 if dtype.name == "float64" else np.float32


def run_contiguous(
    row: Row, dtype: np.dtype, arrays: Sequence[Any], parameters: Sequence[float] | None
) -> None:
    """Compute all elements, in the order in which they lie in memory.

    `arrays` are the data and then the outputs, of one type and shape, without gaps and in one
    order, on the current device; `parameters` are numbers that the type holds exactly, or None for
    the defaults.
    """
    first = arrays[0]
    n = first.size
    if n == 0:
        return
    number = _computing_type(dtype)
    given = () if parameters is None else [number(value) for value in parameters]
    packs = -(-n * dtype.itemsize // _PACK)
    device = first.data.device_id
    blocks = min(-(-packs // _THREADS), _most_blocks(device))
    kernel = _contiguous(row.name, dtype, parameters is None, device)
    kernel((blocks,), (_THREADS,), (*arrays, n, *given))


_STORED = {"float16": "uint16", "bfloat16": "uint16", "float32": "float32", "float64": "float64"}
"""As what elements are handed over: those of 16 bits as their bits."""


@functools.cache
def _elementwise(name: str, dtype_name: str, masked: bool) -> Any:
    row, element = source.ROW[name], source.ELEMENTS[dtype_name]
    stored = _STORED[dtype_name]
    operation = source.elementwise_operation(row, element)
    inputs = [f"{stored} {operand}" for operand in (*row.data, *row.parameters)]
    if masked:
        inputs.append("bool mask")
        operation = f"if (mask) {{ {operation} }}"
    return cupy_module().ElementwiseKernel(
        ", ".join(inputs),
        ", ".join(f"{stored} out{k}" for k in range(row.nout)),
        operation,
        f"{source.kernel_name(row, element, literals=False)}_each{'_masked' if masked else ''}",
        preamble=source.preamble(element),
        options=source.OPTIONS,
    )


def run_elementwise(
    row: Row, dtype: np.dtype, inputs: Sequence[Any], outs: Sequence[Any], mask: Any
) -> None:
    """Compute with any strides, where `mask` (an array of bool, or None) holds.

    `inputs` are the data and the parameters, arrays of this type or NumPy's scalars of it; they
    and the mask broadcast to the outputs.
    """
    stored = np.dtype(_STORED[dtype.name])
    if outs[0].size == 0:
        return
    operands = [operand.view(stored) for operand in inputs] + ([] if mask is None else [mask])
    written = [out.view(stored) for out in outs]
    cupy = cupy_module()
    arrays = [k for k, operand in enumerate(operands) if isinstance(operand, cupy.ndarray)]
    if not arrays:
        _fill(row, inputs, written)
        return
    # CuPy compares the outputs with what the inputs broadcast to: one of them settles that.
    operands[arrays[0]] = cupy.broadcast_to(operands[arrays[0]], outs[0].shape)
    _elementwise(row.name, dtype.name, mask is not None)(*operands, *written)


def _fill(row: Row, numbers: Sequence[Any], outs: Sequence[Any]) -> None:
    """All elements are one, which the CPU has sooner than a GPU would begin; `outs` hold bits."""
    with np.errstate(all="ignore"):
        results = UFUNCS[row.name](*numbers)
    for out, value in zip(outs, results if row.nout > 1 else (results,), strict=True):
        out.fill(np.asarray(value).view(out.dtype)[()])
