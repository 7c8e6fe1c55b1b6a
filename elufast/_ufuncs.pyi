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
def configure_threads(environment: int, quota: int, processors: int) -> None: ...
def set_threads(count: int) -> None: ...
def iterated_calls() -> int: ...
def get_threads() -> tuple[int, int]: ...

__test__: dict[str, str]  # Cython's
