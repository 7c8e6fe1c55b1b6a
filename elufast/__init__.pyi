"""Types of the public functions: one line each, below one class for each way of calling them."""

# These classes exist for the type checker alone, so they may extend the final numpy.ufunc.
# mypy: disable-error-code="misc"

from typing import (
    Any,
    Final,
    Literal,
    NoReturn,
    SupportsIndex,
    TypeAlias,
    TypedDict,
    Unpack,
    overload,
    type_check_only,
)

import numpy as np
from numpy._typing import _ArrayLikeBool_co, _ArrayLikeFloat_co
from numpy.typing import DTypeLike, NDArray

from elufast._config import show_config as show_config

__version__: Final[str]

def get_include() -> str: ...
def get_num_threads() -> int: ...
def set_num_threads(n: SupportsIndex) -> None: ...

_Number: TypeAlias = float | np.floating[Any] | np.integer[Any] | np.bool
_Numbers: TypeAlias = _ArrayLikeFloat_co
_Array: TypeAlias = NDArray[Any]
_Out: TypeAlias = _Array | tuple[_Array] | None
_OutPair: TypeAlias = tuple[_Array | None, _Array | None]

@type_check_only
class _Keywords(TypedDict, total=False):
    where: _ArrayLikeBool_co | None
    casting: Literal["no", "equiv", "safe", "same_kind", "unsafe"]
    order: Literal["K", "A", "C", "F"] | None
    dtype: DTypeLike | None
    subok: bool
    signature: str | tuple[DTypeLike | None, ...] | None

# Like NumPy's stubs for its own ufuncs: numbers alone give a scalar, of which no more is said, and
# everything else gives an array. Methods that cannot work are typed as never returning.

@type_check_only
class _NotBinary(np.ufunc):
    def accumulate(self, /, *args: object, **kwargs: object) -> NoReturn: ...
    def at(self, /, *args: object, **kwargs: object) -> NoReturn: ...
    def outer(self, /, *args: object, **kwargs: object) -> NoReturn: ...
    def reduce(self, /, *args: object, **kwargs: object) -> NoReturn: ...
    def reduceat(self, /, *args: object, **kwargs: object) -> NoReturn: ...

@type_check_only
class _Activation(np.ufunc):
    @overload
    def __call__(
        self,
        x: _Number,
        alpha: _Number = 1.0,
        out: None = None,
        **kwargs: Unpack[_Keywords],
    ) -> Any: ...
    @overload
    def __call__(
        self,
        x: _Numbers,
        alpha: _Numbers = 1.0,
        out: _Out = None,
        **kwargs: Unpack[_Keywords],
    ) -> _Array: ...

@type_check_only
class _ScaledActivation(_NotBinary):
    @overload
    def __call__(
        self,
        x: _Number,
        alpha: _Number = 1.6732632423543772,
        scale: _Number = 1.0507009873554805,
        out: None = None,
        **kwargs: Unpack[_Keywords],
    ) -> Any: ...
    @overload
    def __call__(
        self,
        x: _Numbers,
        alpha: _Numbers = 1.6732632423543772,
        scale: _Numbers = 1.0507009873554805,
        out: _Out = None,
        **kwargs: Unpack[_Keywords],
    ) -> _Array: ...

@type_check_only
class _ActivationWithGrad(_NotBinary):
    @overload
    def __call__(
        self,
        x: _Number,
        alpha: _Number = 1.0,
        *,
        out: tuple[None, None] = (None, None),
        **kwargs: Unpack[_Keywords],
    ) -> tuple[Any, Any]: ...
    @overload
    def __call__(
        self,
        x: _Numbers,
        alpha: _Numbers = 1.0,
        *,
        out: _OutPair = (None, None),
        **kwargs: Unpack[_Keywords],
    ) -> tuple[_Array, _Array]: ...
    @overload
    def __call__(
        self,
        x: _Numbers,
        alpha: _Numbers,
        out1: _Array | None,
        out2: _Array | None = None,
        /,
        **kwargs: Unpack[_Keywords],
    ) -> tuple[_Array, _Array]: ...
    def outer(self, /, *args: Any, **kwargs: Any) -> Any: ...

@type_check_only
class _ScaledActivationWithGrad(_NotBinary):
    @overload
    def __call__(
        self,
        x: _Number,
        alpha: _Number = 1.6732632423543772,
        scale: _Number = 1.0507009873554805,
        *,
        out: tuple[None, None] = (None, None),
        **kwargs: Unpack[_Keywords],
    ) -> tuple[Any, Any]: ...
    @overload
    def __call__(
        self,
        x: _Numbers,
        alpha: _Numbers = 1.6732632423543772,
        scale: _Numbers = 1.0507009873554805,
        *,
        out: _OutPair = (None, None),
        **kwargs: Unpack[_Keywords],
    ) -> tuple[_Array, _Array]: ...
    @overload
    def __call__(
        self,
        x: _Numbers,
        alpha: _Numbers,
        scale: _Numbers,
        out1: _Array | None,
        out2: _Array | None = None,
        /,
        **kwargs: Unpack[_Keywords],
    ) -> tuple[_Array, _Array]: ...

@type_check_only
class _Backward(_NotBinary):
    @overload
    def __call__(
        self,
        grad: _Number,
        x: _Number,
        alpha: _Number = 1.0,
        out: None = None,
        **kwargs: Unpack[_Keywords],
    ) -> Any: ...
    @overload
    def __call__(
        self,
        grad: _Numbers,
        x: _Numbers,
        alpha: _Numbers = 1.0,
        out: _Out = None,
        **kwargs: Unpack[_Keywords],
    ) -> _Array: ...

@type_check_only
class _ScaledBackward(_NotBinary):
    @overload
    def __call__(
        self,
        grad: _Number,
        x: _Number,
        alpha: _Number = 1.6732632423543772,
        scale: _Number = 1.0507009873554805,
        out: None = None,
        **kwargs: Unpack[_Keywords],
    ) -> Any: ...
    @overload
    def __call__(
        self,
        grad: _Numbers,
        x: _Numbers,
        alpha: _Numbers = 1.6732632423543772,
        scale: _Numbers = 1.0507009873554805,
        out: _Out = None,
        **kwargs: Unpack[_Keywords],
    ) -> _Array: ...

@type_check_only
class _BackwardFromOutput(_NotBinary):
    @overload
    def __call__(
        self,
        grad: _Number,
        y: _Number,
        alpha: _Number = 1.0,
        out: None = None,
        **kwargs: Unpack[_Keywords],
    ) -> Any: ...
    @overload
    def __call__(
        self,
        grad: _Numbers,
        y: _Numbers,
        alpha: _Numbers = 1.0,
        out: _Out = None,
        **kwargs: Unpack[_Keywords],
    ) -> _Array: ...

@type_check_only
class _ScaledBackwardFromOutput(_NotBinary):
    @overload
    def __call__(
        self,
        grad: _Number,
        y: _Number,
        alpha: _Number = 1.6732632423543772,
        scale: _Number = 1.0507009873554805,
        out: None = None,
        **kwargs: Unpack[_Keywords],
    ) -> Any: ...
    @overload
    def __call__(
        self,
        grad: _Numbers,
        y: _Numbers,
        alpha: _Numbers = 1.6732632423543772,
        scale: _Numbers = 1.0507009873554805,
        out: _Out = None,
        **kwargs: Unpack[_Keywords],
    ) -> _Array: ...

elu: Final[_Activation]
elu_grad: Final[_Activation]
elu_grad2: Final[_Activation]
elu_with_grad: Final[_ActivationWithGrad]
elu_backward: Final[_Backward]
elu_backward_from_output: Final[_BackwardFromOutput]
selu: Final[_ScaledActivation]
selu_grad: Final[_ScaledActivation]
selu_grad2: Final[_ScaledActivation]
selu_with_grad: Final[_ScaledActivationWithGrad]
selu_backward: Final[_ScaledBackward]
selu_backward_from_output: Final[_ScaledBackwardFromOutput]
celu: Final[_Activation]
celu_grad: Final[_Activation]
celu_grad2: Final[_Activation]
celu_with_grad: Final[_ActivationWithGrad]
celu_backward: Final[_Backward]
celu_backward_from_output: Final[_BackwardFromOutput]
