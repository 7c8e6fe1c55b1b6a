"""The functions of elufast.torch in C++, compiled on request against the PyTorch that is there.

A wheel cannot bring them: PyTorch's C++ is another one in each of its versions.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch

from elufast._version import __version__

SOURCE = Path(__file__).with_name("_torch_node.cpp")


def module_name() -> str:
    """Return what stands for this source and this PyTorch among its extensions."""
    return re.sub(r"\W", "_", f"elufast_torch_{__version__}_torch_{torch.__version__}")


def compiled(verbose: bool) -> Any:
    """Return the module, from PyTorch's folder of extensions if it is there already."""
    try:
        # It needs setuptools, which not every PyTorch brings, and half a second.
        from torch.utils import cpp_extension

        return cpp_extension.load(
            name=module_name(), sources=[str(SOURCE)], extra_cflags=["-O2"], verbose=verbose
        )
    except Exception as error:
        raise RuntimeError(
            "elufast.torch.build_native() could not compile its C++ against PyTorch "
            f"{torch.__version__}; the functions are as they were. It needs a C++ compiler, "
            f"Python's headers, and the packages ninja and setuptools: {error}"
        ) from error
