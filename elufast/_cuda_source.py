"""The CUDA sources of the GPU kernels, made from the rows and the headers that the CPU's loops use.

Nothing here needs CuPy or a GPU. A source is one text without includes: CuPy keeps compiled kernels
on disk by the text of their source, so a change to a header has to change it.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from elufast._config import get_include
from elufast._ufuncs import ROWS

if TYPE_CHECKING:
    from elufast._ufuncs import Row

OPTIONS = ("--fmad=false", "--std=c++17")
"""No contraction: the formulas say themselves where to fuse, and the bits are those of the CPU."""

ROW = {row.name: row for row in ROWS}


class Element(NamedTuple):
    """A type of elements on the GPU."""

    suffix: str
    """What kernels are named by."""
    computed: str
    """The type in C in which it is computed."""
    formulas: str
    """The suffix of the formulas for that type."""


ELEMENTS = {
    "float16": Element("f16", "float", "f32"),
    "bfloat16": Element("bf16", "float", "f32"),
    "float32": Element("f32", "float", "f32"),
    "float64": Element("f64", "double", "f64"),
}
"""By the name of the dtype."""

_INCLUDE = re.compile(r'^#include "(elufast/[a-z0-9_.]+)"$', re.MULTILINE)


@functools.cache
def _text(name: str) -> str:
    """The text of a header, with all that it includes of ours in it."""
    text = Path(get_include(), name).read_text(encoding="ascii")
    return _INCLUDE.sub(lambda match: _text(match[1]), text)


def literal(value: float, element: Element) -> str:
    """A number of the computing type, exactly, as it stands in C."""
    return float(value).hex() + ("f" if element.computed == "float" else "")


def formula(row: Row, element: Element, data: list[str], parameters: list[str]) -> str:
    """The call of a row's formula."""
    return f"elufast_{row.name}_{element.formulas}({', '.join(data + parameters)})"


def preamble(element: Element, *, literals: bool = False) -> str:
    """All formulas for a type, and how its elements lie in memory."""
    lines = [f"#define ELUFAST_TYPE_{element.suffix.upper()}"]
    if literals:
        lines.append("#define ELUFAST_ALL_LITERALS")
    return "\n".join([*lines, _text("elufast/gpu_elements.h")])


def kernel_name(row: Row, element: Element, *, literals: bool) -> str:
    return f"elufast_{row.name}_{element.suffix}_{'defaults' if literals else 'given'}"


def kernel(row: Row, element: Element, defaults: tuple[float, ...] | None) -> str:
    """The kernel of a row over arrays without gaps, for a source that starts with `preamble`.

    It takes the input arrays, the output arrays, their length, and without `defaults` the
    parameters, in the computing type.
    """
    names = [*row.parameters]
    values = names if defaults is None else [literal(value, element) for value in defaults]
    declared = "" if defaults is not None else "".join(f", {element.computed} {p}" for p in names)
    call = formula(row, element, [f"(in)[{k}]" for k in range(len(row.data))], values)
    if row.nout == 1:
        apply = f"(out)[0] = {call};"
    else:
        both = f"elufast_pair_{element.formulas}"
        apply = f"{both} both = {call}; (out)[0] = both.y; (out)[1] = both.dydx;"
    return "\n".join(
        [
            f"#define ELUFAST_KERNEL {kernel_name(row, element, literals=defaults is not None)}",
            f"#define ELUFAST_IN {len(row.data)}",
            f"#define ELUFAST_OUT {row.nout}",
            f"#define ELUFAST_PARAMETERS {declared}",
            f"#define ELUFAST_APPLY(in, out) {apply}",
            _text("elufast/gpu_kernel.inc"),
        ]
    )


def defaults_as(row: Row, dtype: np.dtype) -> tuple[float, ...]:
    """A row's defaults as the type holds them, which is what the loops of the CPU compute with."""
    return tuple(float(np.asarray(value).astype(dtype)) for value in row.parameters.values())


def module_source(row: Row, dtype: np.dtype, *, literals: bool) -> str:
    """The whole source of one kernel."""
    element = ELEMENTS[dtype.name]
    defaults = defaults_as(row, dtype) if literals else None
    return preamble(element, literals=literals) + "\n" + kernel(row, element, defaults)


def elementwise_operation(row: Row, element: Element) -> str:
    """The body of a kernel over elements with names, one at a time, for a source with `preamble`.

    Inputs, parameters included, and outputs are elements as they lie in memory.
    """
    data = [f"elufast_widen({name})" for name in row.data]
    parameters = [f"elufast_widen({name})" for name in row.parameters]
    call = formula(row, element, data, parameters)
    if row.nout == 1:
        return f"out0 = elufast_narrow({call});"
    both = f"elufast_pair_{element.formulas}"
    return f"{both} both = {call}; out0 = elufast_narrow(both.y); out1 = elufast_narrow(both.dydx);"
