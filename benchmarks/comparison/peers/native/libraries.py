"""Shared libraries that packages bring, and small ones compiled here, loaded by ctypes."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

COMPILER = "gcc"
FLAGS = ("-O3", "-fno-math-errno", "-fno-trapping-math", "-fopenmp", "-shared", "-fPIC")


def installed(distribution: str, name: str) -> Path | None:
    """Return where the distribution put the library, or None if it is not installed."""
    try:
        files = metadata.files(distribution) or []
    except metadata.PackageNotFoundError:
        return None
    return next((Path(str(file.locate())).resolve() for file in files if file.name == name), None)


def load(path: str | Path) -> ctypes.CDLL:
    """Load a library so that those loaded later find its functions."""
    return ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)


def has_compiler() -> bool:
    return shutil.which(COMPILER) is not None


def compiled(
    source: Path, definitions: Mapping[str, object], flags: Sequence[str] = ()
) -> ctypes.CDLL:
    """Compile a C file and load it; what it leaves undefined is found in what was loaded."""
    macros = [f"-D{name}={value}" for name, value in definitions.items()]
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "compiled.so")
        command = [COMPILER, *FLAGS, *flags, *macros, str(source), "-o", str(library)]
        subprocess.run(command, check=True, capture_output=True, text=True)
        return ctypes.CDLL(str(library))  # once loaded it needs its file no more
