"""Types of `elufast.cuda`: CuPy's arrays have none of their own to be named here."""

from collections.abc import Callable
from typing import Any, Final

__all__ = [
    "celu",
    "celu_backward",
    "celu_backward_from_output",
    "celu_grad",
    "celu_grad2",
    "celu_with_grad",
    "elu",
    "elu_backward",
    "elu_backward_from_output",
    "elu_grad",
    "elu_grad2",
    "elu_with_grad",
    "selu",
    "selu_backward",
    "selu_backward_from_output",
    "selu_grad",
    "selu_grad2",
    "selu_with_grad",
]

elu: Final[Callable[..., Any]]
elu_grad: Final[Callable[..., Any]]
elu_grad2: Final[Callable[..., Any]]
elu_with_grad: Final[Callable[..., Any]]
elu_backward: Final[Callable[..., Any]]
elu_backward_from_output: Final[Callable[..., Any]]
selu: Final[Callable[..., Any]]
selu_grad: Final[Callable[..., Any]]
selu_grad2: Final[Callable[..., Any]]
selu_with_grad: Final[Callable[..., Any]]
selu_backward: Final[Callable[..., Any]]
selu_backward_from_output: Final[Callable[..., Any]]
celu: Final[Callable[..., Any]]
celu_grad: Final[Callable[..., Any]]
celu_grad2: Final[Callable[..., Any]]
celu_with_grad: Final[Callable[..., Any]]
celu_backward: Final[Callable[..., Any]]
celu_backward_from_output: Final[Callable[..., Any]]
