from typing import Any, NamedTuple

import numpy as np

class Row(NamedTuple):
    name: str
    data: tuple[str, ...]
    parameters: dict[str, float]
    nout: int

ROWS: tuple[Row, ...]
UFUNCS: dict[str, np.ufunc]

def build_info() -> dict[str, Any]: ...
def get_tuning() -> dict[str, float]: ...
def set_tuning(stream_bytes: int, stream_cost: float, thread_work: float) -> None: ...
def configure_threads(environment: int, quota: int, processors: int) -> None: ...
def set_threads(count: int) -> None: ...
def get_threads() -> tuple[int, int]: ...

__test__: dict[str, str]  # Cython's
