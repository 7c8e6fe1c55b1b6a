"""The report on what was built and what is in use."""

from __future__ import annotations

import os
from typing import Literal, TypedDict, overload


class Config(TypedDict):
    """What `show_config` returns: strings, numbers and lists only, so that JSON takes it."""

    version: str
    compiler: str
    instruction_sets_built: list[str]
    instruction_set: str
    threads: int
    threads_from: str
    streaming: str
    openmp: str
    openmp_runtimes: list[str]
    numpy_built_against: str
    numpy: str
    python: str
    gpu: str


# What the compilers' _OPENMP macro means; openmp.org lists the dates.
_OPENMP_VERSIONS = {
    "201107": "3.1",
    "201307": "4.0",
    "201511": "4.5",
    "201811": "5.0",
    "202011": "5.1",
    "202111": "5.2",
    "202411": "6.0",
}

_LABELS = {
    "version": "elufast",
    "compiler": "compiler",
    "instruction_sets_built": "instruction sets built",
    "instruction_set": "instruction set in use",
    "threads": "threads",
    "threads_from": "  number from",
    "streaming": "past the caches",
    "openmp": "OpenMP",
    "openmp_runtimes": "OpenMP runtimes loaded",
    "numpy_built_against": "NumPy built against",
    "numpy": "NumPy running",
    "python": "Python",
    "gpu": "GPU path",
}


@overload
def show_config(mode: Literal["stdout"] = "stdout") -> None: ...
@overload
def show_config(mode: Literal["dict"]) -> Config: ...
def show_config(mode: str = "stdout") -> Config | None:
    """Show how elufast was built and what it uses.

    Parameters
    ----------
    mode : {"stdout", "dict"}, optional
        "stdout" prints a table, "dict" returns the same as a dictionary of
        strings, numbers and lists of strings.

    Returns
    -------
    config : dict or None
        The configuration for "dict", None for "stdout".

    Raises
    ------
    ValueError
        For another `mode`.

    Examples
    --------
    >>> import elufast
    >>> elufast.show_config("dict")["version"] == elufast.__version__
    True
    """
    if mode not in ("stdout", "dict"):
        raise ValueError(f"mode must be 'stdout' or 'dict', not {mode!r}")
    config = _config()
    if mode == "dict":
        return config
    width = max(map(len, _LABELS.values()))
    for key, label in _LABELS.items():
        value = config[key]  # type: ignore[literal-required]
        text = (", ".join(value) or "none") if isinstance(value, list) else value
        print(f"{label:{width}}  {text}")
    return None


def get_include() -> str:
    """
    Return the folder of the C headers with the formulas, for a compiler's ``-I``.

    Returns
    -------
    str
        The folder that holds ``elufast/activations.h``, installed or in a source tree.

    Notes
    -----
    The headers need nothing but a C99 or C++17 compiler. Compile with ``-ffp-contract=off``, on
    x86-64 with ``-mfma`` as well, and without fast-math for the bits of the ufuncs. Cython finds
    the formulas by ``cimport elufast``, and its compiler the headers in this folder.

    Examples
    --------
    >>> import elufast, os
    >>> os.path.exists(os.path.join(elufast.get_include(), "elufast", "activations.h"))
    True
    """
    package = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 (pathlib: 2 ms)
    installed = os.path.join(package, "include")  # noqa: PTH118
    if os.path.isdir(installed):  # noqa: PTH112
        return installed
    return os.path.join(os.path.dirname(package), "include")  # noqa: PTH118, PTH120


def _config() -> Config:
    # Imported here: the report is rare, the start of the package is not.
    import platform

    import numpy as np

    from elufast import __version__, _threads, _ufuncs

    build = _ufuncs.build_info()
    threads, threads_from = _threads.thread_count()
    return {
        "version": __version__,
        "compiler": build["compiler"],
        "instruction_sets_built": list(build["isa_built"]),
        "instruction_set": build["isa"],
        "threads": threads,
        "threads_from": threads_from,
        "streaming": _streaming(build["streams"], build["cache"], _ufuncs.get_tuning()),
        "openmp": _openmp(build["openmp"]),
        "openmp_runtimes": _openmp_runtimes(),
        "numpy_built_against": build["numpy_abi"],
        "numpy": np.__version__,
        "python": platform.python_version(),
        "gpu": _gpu(),
    }


def _gpu() -> str:
    """CuPy is looked for and not imported, which would take a second."""
    from importlib.metadata import PackageNotFoundError, version

    for package in ("cupy-cuda12x", "cupy-cuda13x", "cupy"):
        try:
            return f"through {package} {version(package)}"
        except PackageNotFoundError:
            continue
    return "needs CuPy: pip install 'elufast[cuda]'"


def _openmp(date: str | None) -> str:
    if date is None:
        return "not built in: everything runs in the calling thread"
    return f"{_OPENMP_VERSIONS.get(date, 'unknown version')} ({date})"


def _streaming(can_stream: bool, cache: int, tuning: dict[str, float]) -> str:
    if not can_stream:
        return "never: not for this kind of processor"
    mib = 2**20
    return (
        f"outputs from {tuning['stream_bytes'] / mib:g} MiB on (largest cache: {cache / mib:g} MiB)"
    )


def _openmp_runtimes() -> list[str]:
    """Return the OpenMP libraries in this process; two of them compete for the CPUs.

    Only Linux tells (in ``/proc/self/maps``, whose last column is the file); empty elsewhere.
    """
    from pathlib import Path

    maps = Path("/proc/self/maps")
    if not maps.exists():
        return []
    files = {Path(line.split(maxsplit=5)[-1]) for line in maps.read_text().splitlines()}
    return sorted(
        str(file) for file in files if file.name.startswith(("libgomp", "libomp", "libiomp"))
    )
