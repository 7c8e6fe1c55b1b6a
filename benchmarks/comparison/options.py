"""The command line of compare.py."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .cases import ROW_OF, TYPES
from .isa import ISAS
from .peers import all_peers
from .studies import OVERVIEW, STUDIES
from .studies.base import Study

DEFAULT_OUTPUT = Path("elufast-comparison")
LARGEST_SIZE = 10**9
SLOW = [name for name, peer in all_peers().items() if not peer.in_quick]

EPILOG = """\
Every size is a number of elements; 1e6 is understood. Without --sizes, float32 is measured at
1e3, 1e5, 1e6 and 1e7 elements, bfloat16 at these and 1e4, and the other types at 1e6.

The studies have presets of their own, which the same options change:
""" + "\n".join(f"  {study.name:<10}{study.summary}" for study in STUDIES.values())


@dataclass(frozen=True)
class Options:
    """What to measure, and where to put the results."""

    study: Study
    functions: tuple[str, ...]
    sizes: dict[str, tuple[int, ...]]
    threads: tuple[int, ...]
    peers: tuple[str, ...]
    rounds: int
    isa: str | None
    output: Path
    markdown: Path | None
    ratios: bool


def parse(arguments: Sequence[str]) -> Options:
    """Read the command line; a wrong one ends the program and names what was wrong."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.output.exists() and not given.output.is_dir():
        parser.error(f"argument --output: {given.output} is a file, not a folder")
    if given.markdown is not None and not given.markdown.is_file():
        parser.error(f"argument --markdown: there is no file {given.markdown}")
    study = STUDIES.get(given.study, OVERVIEW)
    for complaint in _complaints(given, study):
        parser.error(complaint)
    preset = study.quick if given.quick else study.preset
    return Options(
        study=study,
        functions=_unique(given.functions or preset.functions),
        sizes=_sizes(given.types, given.sizes, preset.sizes),
        threads=_unique(given.threads or preset.threads or study.threads()),
        peers=_unique(given.peers or preset.peers or study.peers()),
        rounds=given.rounds or preset.rounds,
        isa=given.isa,
        output=given.output,
        markdown=given.markdown,
        ratios=given.ratios,
    )


def _sizes(
    types: Sequence[str] | None,
    sizes: Sequence[int] | None,
    presets: Mapping[str, tuple[int, ...]],
) -> dict[str, tuple[int, ...]]:
    """Return the sizes of every type; a type without a preset has those of the first with one."""
    first = next(iter(presets.values()))
    return {t: _unique(sizes or presets.get(t, first)) for t in _unique(types or presets)}


def _complaints(given: argparse.Namespace, study: Study) -> Iterator[str]:
    """Yield what the study does not take."""
    for option in study.fixed:
        if getattr(given, option) is not None:
            yield f"argument --{option}: not for --study {study.name}"
    for option, taken in (("functions", study.functions()), ("peers", study.peers())):
        for value in getattr(given, option) or ():
            if value not in taken:
                one = option.removesuffix("s")
                yield (
                    f"argument --{option}: --study {study.name} has no {one} {value!r}; "
                    f"choose from {', '.join(taken)}"
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
    add("--study", type=_one_of(STUDIES, "study"), metavar="NAME",
        help=f"instead of the overview: {', '.join(STUDIES)} (see below)")  # fmt: skip
    add("--sizes", nargs="+", type=_size, metavar="N", help="numbers of elements")
    add("--types", nargs="+", type=_one_of(TYPES, "type"), metavar="TYPE", help=", ".join(TYPES))
    add("--functions", nargs="+", type=_one_of(ROW_OF, "function"), metavar="NAME")
    add("--threads", nargs="+", type=_positive, metavar="T",
        help="default: 1 and all CPUs")  # fmt: skip
    add("--peers", nargs="+", type=_one_of(all_peers(), "peer"), metavar="PEER",
        help=f"default: all that are installed, of {', '.join(all_peers())}")  # fmt: skip
    add("--rounds", type=_positive, metavar="R",
        help=f"default: {OVERVIEW.preset.rounds}")  # fmt: skip
    add("--isa", type=_one_of(ISAS, "instruction set"), metavar="ISA",
        help=f"restrict all peers, leave out those that cannot be: {', '.join(ISAS)}")  # fmt: skip
    add("--quick", action="store_true",
        help=f"fewer cells and rounds, no {', '.join(SLOW)} unless named")  # fmt: skip
    add("--output", type=Path, default=DEFAULT_OUTPUT, metavar="FOLDER",
        help="where the JSON file and the charts go (default: ./%(default)s)")  # fmt: skip
    add("--markdown", type=Path, metavar="FILE",
        help="measure nothing; print a JSON file's tables (of --types) for a README")  # fmt: skip
    add("--ratios", action="store_true",
        help="show every cell as a ratio to the fastest other peer, losses first")  # fmt: skip
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
