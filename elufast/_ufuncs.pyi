from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from typing_extensions import CapsuleType, disjoint_base

class Row(NamedTuple):
    name: str
    data: tuple[str, ...]
    parameters: dict[str, float]
    nout: int

ROWS: tuple[Row, ...]
UFUNCS: dict[str, np.ufunc]
ROW_CALLS: CapsuleType

def build_info() -> dict[str, Any]: ...
def get_tuning() -> dict[str, float]: ...
def set_tuning(
    stream_bytes: int,
    stream_cost: float,
    thread_work: float,
    whole_part: int,
    parts_to_wake: int,
) -> None: ...
def configure_threads(environment: int, quota: int, processors: int) -> None: ...
def configure_team(are_passive: int, limit: int) -> None: ...
def set_threads(count: int) -> None: ...
def walked_calls() -> int: ...
def threads_in_use() -> tuple[int, int]: ...
def share_pool(yes: int) -> bool: ...
def errands_run() -> int: ...
def get_threads() -> tuple[int, int]: ...

@disjoint_base
class TensorLoops:
    def __init__(
        self,
        capsule: object,
        empty_like: Callable[[Any], Any],
        is_lazy: Callable[[Any], bool],
    ) -> None: ...
    def one(self, row: int, x: Any, parameters: tuple[float, ...]) -> Any: ...
    def two(self, row: int, grad: Any, x: Any, parameters: tuple[float, ...]) -> Any: ...

@disjoint_base
class TorchCalls:
    def __init__(
        self,
        loops: TensorLoops,
        value: int,
        gradient: int,
        plain_types: tuple[type, type],
        is_grad_enabled: Callable[[], bool],
        level_of: Any,
        has_modes: Callable[[], Any],
        has_transforms: Callable[[], bool],
        is_tracing: Callable[[], bool],
    ) -> None: ...
    def call(self, apply: Callable[..., Any], x: Any, parameters: tuple[float, ...]) -> Any: ...
    def backward(self, grad: Any, x: Any, parameters: tuple[float, ...]) -> Any: ...

__test__: dict[str, str]  # Cython's
