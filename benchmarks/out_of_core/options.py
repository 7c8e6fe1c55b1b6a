"""The command line of distributed.py."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from comparison.machine import usable_cpus
from exactness.options import positive

GIB = 2**30
# --quick: the pipeline from end to end, at a size that says nothing about speed.
DEFAULTS = {"size": 2.0, "chunk": 16, "sample": 16, "rounds": 3}
QUICK = {"size": 0.125, "chunk": 4, "sample": 4, "rounds": 1}


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; a wrong one ends the program and names what was wrong."""
    parser = argparse.ArgumentParser(
        prog="distributed.py",
        allow_abbrev=False,
        description="Run elu, its backward pass, and elu_with_grad over float32 arrays on disk, "
        "with Dask workers none of which could hold one of them.",
    )
    add = parser.add_argument
    add("--size", type=_above_0, metavar="GIB",
        help=f"of one array; up to four are on disk (default: {DEFAULTS['size']:g})")  # fmt: skip
    add("--chunk", type=positive, metavar="MIB", help=f"default: {DEFAULTS['chunk']}")
    add("--sample", type=positive, metavar="N",
        help=f"chunks of each result to check (default: {DEFAULTS['sample']})")  # fmt: skip
    add("--rounds", type=positive, metavar="N",
        help=f"of all passes; medians count (default: {DEFAULTS['rounds']})")  # fmt: skip
    add("--workers", type=positive, default=usable_cpus(), metavar="N",
        help="processes, of one thread each (default: %(default)s, the CPUs here)")  # fmt: skip
    add("--memory-limit", default="600MB", metavar="BYTES",
        help="of a worker; 2GiB is understood (default: %(default)s)")  # fmt: skip
    add("--folder", type=Path, metavar="FOLDER",
        help="where the arrays go, for a cluster one that all its machines share; they are removed "
        "at the end (default: a temporary folder)")  # fmt: skip
    add("--scheduler-address", metavar="ADDRESS",
        help="a cluster that runs, with workers and memory limits of its own")  # fmt: skip
    add("--quick", action="store_true", help=f"{QUICK['size']:g} GiB")
    add("--output", type=Path, metavar="FILE", help="write the results to a JSON file as well")
    given = parser.parse_args(arguments)
    for name, value in (QUICK if given.quick else DEFAULTS).items():
        if getattr(given, name) is None:
            setattr(given, name, value)
    if given.scheduler_address and not given.folder:
        parser.error("argument --scheduler-address: needs a --folder that all workers see")
    if given.folder and not given.folder.is_dir():
        parser.error(f"argument --folder: there is no folder {given.folder}")
    given.memory_limit = _bytes(parser, given.memory_limit)
    return given


def _above_0(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def _bytes(parser: argparse.ArgumentParser, text: str) -> int:
    from dask.utils import parse_bytes

    try:
        return parse_bytes(text)
    except ValueError:
        parser.error(f"argument --memory-limit: {text!r} is not a number of bytes")
