"""The command line of bench_gpu.py."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comparison.cases import ROW_OF, TYPES
from comparison.options import DEFAULT_OUTPUT
from exactness.options import positive

from .peers import RIVALS

FILE_NAME = "gpu.json"
SMALLEST, LARGEST = 100, 10**11
BYTES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 256_000_000, 1_000_000_000)
ROUNDS = 9
# --quick: every part once, and nothing that compiles for long.
QUICK_FUNCTIONS = ("elu", "elu_with_grad", "elu_backward")
QUICK_TYPES = ("float32", "float16")
QUICK_BYTES = (1_000, 1_000_000, 256_000_000)
QUICK_ROUNDS = 3
QUICK_PEERS = tuple(name for name, peer in RIVALS.items() if peer.in_quick)


@dataclass(frozen=True)
class Options:
    """What to measure, and where to put the results."""

    functions: tuple[str, ...]
    types: tuple[str, ...]
    bytes: tuple[int, ...]
    peers: tuple[str, ...]
    rounds: int
    quick: bool
    folder: Path
    file_name: str
    markdown: Path | None


def parse(arguments: Sequence[str]) -> Options:
    """Read the command line; a wrong one ends the program and names what was wrong."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.markdown is not None and not given.markdown.is_file():
        parser.error(f"argument --markdown: there is no file {given.markdown}")
    folder, file_name = _target(given.output)
    if folder.exists() and not folder.is_dir():
        parser.error(f"argument --output: {folder} is a file, not a folder")
    if (folder / file_name).is_dir():
        parser.error(f"argument --output: {folder / file_name} is a folder, not a file")
    quick = given.quick
    return Options(
        functions=_unique(given.functions or (QUICK_FUNCTIONS if quick else ROW_OF)),
        types=_unique(given.types or (QUICK_TYPES if quick else TYPES)),
        bytes=_unique(sorted(given.bytes or (QUICK_BYTES if quick else BYTES))),
        peers=_unique((QUICK_PEERS if quick else RIVALS) if given.peers is None else given.peers),
        rounds=given.rounds or (QUICK_ROUNDS if quick else ROUNDS),
        quick=quick,
        folder=folder,
        file_name=file_name,
        markdown=given.markdown,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench_gpu.py",
        allow_abbrev=False,
        description="Compare elufast on a GPU with a copy on the device, and with other ways to "
        "compute ELU, SELU, CELU and their derivatives there.",
    )
    add = parser.add_argument
    add("--functions", nargs="+", choices=list(ROW_OF), metavar="NAME", help="default: all")
    add("--types", nargs="+", choices=TYPES, metavar="TYPE", help=", ".join(TYPES))
    add("--bytes", nargs="+", type=_bytes, metavar="N",
        help="that a call reads and writes, all arrays together; 1e6 is understood "
        "(default: 1e3 to 1e9)")  # fmt: skip
    add("--peers", nargs="*", choices=list(RIVALS), metavar="PEER",
        help=f"of {', '.join(RIVALS)} (default: all that are installed; none after the option: "
        "none)")  # fmt: skip
    add("--rounds", type=positive, metavar="R", help=f"default: {ROUNDS}")
    add("--quick", action="store_true",
        help="fewer cells and rounds, and without what starts slowly")  # fmt: skip
    add("--output", type=Path, default=DEFAULT_OUTPUT, metavar="FOLDER-or-FILE",
        help=f"for the JSON file, {FILE_NAME} in a folder (default: ./%(default)s)")  # fmt: skip
    add("--markdown", type=Path, metavar="FILE",
        help="measure nothing, which needs no GPU; print a JSON file's tables")  # fmt: skip
    return parser


def _target(output: Path) -> tuple[Path, str]:
    """Return the folder and the name of the JSON file; a name that ends in .json is a file's."""
    if output.suffix == ".json" and not output.is_dir():
        return output.parent, output.name
    return output, FILE_NAME


def _bytes(text: str) -> int:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not (SMALLEST <= value <= LARGEST and value.is_integer()):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a whole number of bytes from {SMALLEST} to {LARGEST:.0e}"
        )
    return int(value)


def _unique(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))
