"""What workers are asked to say about themselves. Sent to them as it stands, for they may run on
machines that have no copy of this folder: it needs nothing but what it imports itself."""

from __future__ import annotations

from typing import Any


def about() -> dict[str, Any]:
    """Say which process this is, and what elufast is here."""
    import os

    import elufast

    config = elufast.show_config("dict")
    return {
        "pid": os.getpid(),
        "version": elufast.__version__,
        "threads": config["threads"],
        "threads_from": config["threads_from"],
        "instruction_set": config["instruction_set"],
    }


def peak_memory() -> int | None:
    """Return the most bytes that this process has had in memory; None where Linux is not asked."""
    from pathlib import Path

    status = Path("/proc/self/status")
    if not status.exists():
        return None
    lines = status.read_text(encoding="utf-8").splitlines()
    kib = next(line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(kib) * 1024
