"""What `import elufast` costs over `import numpy`, what it imports, and how large a wheel is."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from comparison import machine

# In one process, so that the two share what they both need, as in a program that uses both.
PROGRAM = """
import json, sys, time
def now():
    return time.perf_counter(), time.process_time()
start = now()
import numpy
middle, before = now(), set(sys.modules)
import elufast
end, new = now(), sorted(set(sys.modules) - before)
times = {"numpy": (start, middle), "elufast": (middle, end)}
print(json.dumps({"modules": new, "times": {
    name: {"wall": b[0] - a[0], "processor": b[1] - a[1]} for name, (a, b) in times.items()}}))
"""


def run_once() -> dict[str, Any]:
    """Import both in a fresh process; -P, so that this folder is not looked through."""
    command = [sys.executable, "-P", "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    content: dict[str, Any] = json.loads(done.stdout)
    return content


def in_milliseconds(seconds: list[float]) -> dict[str, float]:
    """Median and the quarters around it."""
    low, _, high = quantiles(seconds, n=4)
    return {"median": median(seconds) * 1e3, "quarter": low * 1e3, "three_quarters": high * 1e3}


def is_own(module: str) -> bool:
    """The package's modules, and what Cython puts beside a compiled one."""
    return module.partition(".")[0] == "elufast" or "cython" in module


def measure(processes: int) -> dict[str, Any]:
    """Times of both imports, and the modules that come with the second."""
    run_once()  # files into the system's cache
    runs = [run_once() for _ in range(processes)]
    return {
        "processes": processes,
        "milliseconds": {
            name: {
                clock: in_milliseconds([run["times"][name][clock] for run in runs])
                for clock in ("wall", "processor")
            }
            for name in ("numpy", "elufast")
        },
        "other_modules": [name for name in runs[0]["modules"] if not is_own(name)],
    }


def describe_wheel(path: Path) -> dict[str, Any]:
    """Sizes in bytes: to be loaded, and when installed, of that the compiled parts."""
    with zipfile.ZipFile(path) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
    compiled = {
        name: size for name, size in sizes.items() if ".so" in name or name.endswith(".pyd")
    }
    return {
        "name": path.name,
        "bytes": path.stat().st_size,
        "installed_bytes": sum(sizes.values()),
        "compiled_bytes": compiled,
    }


def show(result: dict[str, Any]) -> None:
    """Print it for a reader."""
    imports = result["imports"]
    for name, clocks in imports["milliseconds"].items():
        wall, processor = clocks["wall"], clocks["processor"]
        print(
            f"import {name}: {wall['median']:.1f} ms, {processor['median']:.1f} ms of a processor "
            f"(half of {imports['processes']} processes: {processor['quarter']:.1f} to "
            f"{processor['three_quarters']:.1f})"
        )
    print("modules beyond numpy's:", ", ".join(imports["other_modules"]) or "none")
    if result["wheel"]:
        wheel = result["wheel"]
        print(f"{wheel['name']}: {wheel['bytes']:,} bytes, {wheel['installed_bytes']:,} installed")


def complaint(imports: dict[str, Any], limit: float) -> str | None:
    """What is wrong if the import of elufast takes more than `limit` milliseconds, by the median.

    By the clock that says less: other programs lengthen the one, threads of NumPy's the other.
    """
    taken = min(clock["median"] for clock in imports["milliseconds"]["elufast"].values())
    return f"import elufast: {taken:.1f} ms are more than {limit:g}" if taken > limit else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=101, help="fresh ones (default: 101)")
    parser.add_argument("--wheel", type=Path, help="a wheel whose size is to be reported")
    parser.add_argument(
        "--limit", type=float, metavar="MS", help="fail if the median over numpy is above"
    )
    parser.add_argument("--output", type=Path, help="a JSON file to write")
    options = parser.parse_args()
    result = {
        "machine": {**machine.describe(), "load": machine.load()},
        "imports": measure(options.processes),
        "wheel": describe_wheel(options.wheel) if options.wheel else None,
    }
    show(result)
    if options.output:
        options.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if options.limit is not None:
        sys.exit(complaint(result["imports"], options.limit))


if __name__ == "__main__":
    main()
