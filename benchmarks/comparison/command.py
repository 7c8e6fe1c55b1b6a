"""How a result says by which command it was made."""

from __future__ import annotations

import shlex
from collections.abc import Sequence


def spell(script: str, arguments: Sequence[str], private: Sequence[str] = ("--output",)) -> str:
    """Spell the command without options that name somebody's folder and change nothing."""
    kept = [
        argument
        for previous, argument in zip(["", *arguments], arguments, strict=False)
        if previous not in private and argument.partition("=")[0] not in private
    ]
    return shlex.join(["python", script, *kept])
