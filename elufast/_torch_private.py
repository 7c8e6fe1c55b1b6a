"""What elufast asks PyTorch by names that it does not promise: each may be gone one day.

What stands in for one that is gone says that the call is out of the ordinary, so that it goes the
long way, which needs none of them.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.nn import Parameter

PLAIN = (Tensor, Parameter)


def _always(*anything: object) -> bool:
    return True


# Who has to see every operator: modes, torch.func's transforms, torch.jit.trace.
WATCHERS = tuple(
    getattr(torch._C, name, _always)
    for name in ("_len_torch_dispatch_stack", "_are_functorch_transforms_active", "_is_tracing")
)

# Has the level of forward mode as `_current_level`; none is below 0.
LEVEL: Any = (
    forward_ad if hasattr(forward_ad, "_current_level") else SimpleNamespace(_current_level=0)
)

_has_memory = getattr(torch._C, "_has_storage", lambda tensor: False)
_is_without_numbers = getattr(Tensor, "_is_zerotensor", _always)


def is_readable(*tensors: Tensor) -> bool:
    """Whether NumPy may read them: plain tensors in plain calls, with memory of their own."""
    if LEVEL._current_level >= 0 or any(watcher() for watcher in WATCHERS):
        return False
    return all(type(t) in PLAIN and t.is_cpu and _has_memory(t) for t in tensors)


def has_its_numbers(tensor: Tensor) -> bool:
    """Whether those in memory are the ones meant: no fake tensor, no promise of zeros."""
    dispatch = getattr(type(tensor), "__torch_dispatch__", None)
    return dispatch is Tensor.__torch_dispatch__ and not _is_without_numbers(tensor)


def set_engines_backward(function: Any, backward: Any) -> None:
    """Let the engine call it at once; else it looks it up in two more Python functions."""
    if hasattr(function, "_backward_cls"):
        function._backward_cls.apply = backward
