from typing import Any, NamedTuple

class Row(NamedTuple):
    name: str
    data: tuple[str, ...]
    parameters: dict[str, float]
    nout: int

ROWS: tuple[Row, ...]

def build_info() -> dict[str, Any]: ...
