"""What a comparison was measured on."""

from __future__ import annotations

import math
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def cpu_model() -> str:
    """Return the CPU's name as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def usable_cpus() -> int:
    """Return how many CPUs this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def caches() -> dict[str, str]:
    """Return the sizes of the first CPU's caches, where Linux tells them."""
    sizes = {}
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = (
            (index / name).read_text(encoding="utf-8").strip() for name in ("level", "type", "size")
        )
        if kind != "Instruction":
            sizes[f"L{level}"] = size
    return sizes


def load() -> float:
    """Return how many programs wanted a CPU in the last minute, 0 where the system cannot tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def available_bytes() -> float:
    """Return how much memory this process and its children may still take, inf if unknown."""
    return min(_meminfo_available(), _cgroup_available())


def _meminfo_available() -> float:
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        for line in meminfo.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key == "MemAvailable":
                return float(value.split()[0]) * 1024
    return math.inf


def _cgroup_available() -> float:
    """A container's own limit, which /proc/meminfo does not know."""
    folder = Path("/sys/fs/cgroup")
    try:
        limit, used = (
            (folder / name).read_text(encoding="utf-8").strip()
            for name in ("memory.max", "memory.current")
        )
    except OSError:
        return math.inf
    return math.inf if limit == "max" else float(limit) - float(used)


def describe() -> dict[str, Any]:
    """Return machine and software, for the JSON file."""
    import numpy as np

    import elufast

    return {
        "cpu": cpu_model(),
        "cpus_usable": usable_cpus(),
        "cpus": os.cpu_count(),
        "caches": caches(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "elufast": elufast.__version__,
        "elufast_config": config_without_paths(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def config_without_paths() -> dict[str, Any]:
    """elufast's configuration; of the OpenMP libraries the names, for results are published."""
    import elufast

    config: dict[str, Any] = dict(elufast.show_config("dict"))
    config["openmp_runtimes"] = [Path(path).name for path in config["openmp_runtimes"]]
    return config


def in_short(machine: dict[str, Any]) -> str:
    """Name the machine in a line."""
    usable, total = machine["cpus_usable"], machine["cpus"]
    cpus = f"{usable} CPUs" if usable == total else f"{usable} of {total} CPUs"
    return (
        f"{machine['cpu']}, {cpus}, {machine['system']} {machine['architecture']}, "
        f"Python {machine['python']}, NumPy {machine['numpy']}, elufast {machine['elufast']}"
    )
