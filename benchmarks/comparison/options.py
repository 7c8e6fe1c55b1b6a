"""The command line of compare.py."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .cases import (
    DEFAULT_FUNCTIONS,
    DEFAULT_SIZES,
    QUICK_FUNCTIONS,
    QUICK_SIZES,
    ROW_OF,
    TYPES,
)
from .machine import usable_cpus
from .peers import all_peers

DEFAULT_OUTPUT = Path("elufast-comparison")
DEFAULT_ROUNDS = 7
QUICK_ROUNDS = 3
LARGEST_SIZE = 10**9

EPILOG = """\
Every size is a number of elements; 1e6 is understood. Without --sizes, float32 is measured at
1e3, 1e5, 1e6 and 1e7 elements and the other types at 1e6."""


@dataclass(frozen=True)
class Options:
    """What to measure, and where to put the results."""

    functions: tuple[str, ...]
    sizes: dict[str, tuple[int, ...]]
    threads: tuple[int, ...]
    peers: tuple[str, ...]
    rounds: int
    output: Path
    markdown: Path | None


def parse(arguments: Sequence[str]) -> Options:
    """Read the command line; a wrong one ends the program and names what was wrong."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.output.exists() and not given.output.is_dir():
        parser.error(f"argument --output: {given.output} is a file, not a folder")
    if given.markdown is not None and not given.markdown.is_file():
        parser.error(f"argument --markdown: there is no file {given.markdown}")
    presets = QUICK_SIZES if given.quick else DEFAULT_SIZES
    types = given.types or TYPES
    return Options(
        functions=_unique(
            given.functions or (QUICK_FUNCTIONS if given.quick else DEFAULT_FUNCTIONS)
        ),
        sizes={t: _unique(given.sizes) if given.sizes else presets[t] for t in _unique(types)},
        threads=_unique(given.threads or (1, usable_cpus())),
        peers=_unique(given.peers or all_peers()),
        rounds=given.rounds or (QUICK_ROUNDS if given.quick else DEFAULT_ROUNDS),
        output=given.output,
        markdown=given.markdown,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="compare.py",
        allow_abbrev=False,
        description="Compare elufast with other ways to compute ELU, SELU, CELU and their "
        "derivatives, on real data: speed and accuracy.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--sizes", nargs="+", type=_size, metavar="N", help="numbers of elements")
    add("--types", nargs="+", type=_one_of(TYPES, "type"), metavar="TYPE", help=", ".join(TYPES))
    add("--functions", nargs="+", type=_one_of(ROW_OF, "function"), metavar="NAME")
    add("--threads", nargs="+", type=_positive, metavar="T", help="default: 1 and all CPUs")
    add("--peers", nargs="+", type=_one_of(all_peers(), "peer"), metavar="PEER",
        help=f"default: all that are installed, of {', '.join(all_peers())}")  # fmt: skip
    add("--rounds", type=_positive, metavar="R", help=f"default: {DEFAULT_ROUNDS}")
    add("--quick", action="store_true", help="fewer cells and rounds, some 15 seconds")
    add("--output", type=Path, default=DEFAULT_OUTPUT, metavar="FOLDER",
        help="where the JSON file and the charts go (default: ./%(default)s)")  # fmt: skip
    add("--markdown", type=Path, metavar="FILE",
        help="measure nothing; print a JSON file's tables (of --types) for a README")  # fmt: skip
    return parser


def _size(text: str) -> int:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not (1 <= value <= LARGEST_SIZE and value.is_integer()):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a whole number of elements from 1 to {LARGEST_SIZE:.0e}"
        )
    return int(value)


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _one_of(names: Collection[str], what: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(
                f"unknown {what} {text!r}; choose from {', '.join(names)}"
            )
        return text

    return check


def _unique(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))
