"""The command line of accuracy.py."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from comparison.cases import ROW_OF, TYPES
from comparison.machine import usable_cpus

# Below and above 1, far from it, and SELU's: what people use, and what breaks a careless product.
DEFAULT_ALPHAS = (1e-3, 0.1, 0.5, 1.6732632423543772, 3.0, 30.0)
DEFAULT_PARAMETER_STRIDE = 4_099
DEFAULT_MPMATH_INPUTS = 100_000


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; a wrong one ends the program and names what was wrong."""
    parser = argparse.ArgumentParser(
        prog="accuracy.py",
        allow_abbrev=False,
        description="Walk every negative float32 through every function and check the largest "
        "error against the contract; the same for float16, bfloat16 and a sample of float64.",
    )
    add = parser.add_argument
    add("--functions", nargs="+", choices=list(ROW_OF), default=list(ROW_OF), metavar="NAME")
    add("--types", nargs="+", choices=TYPES, default=TYPES, help=", ".join(TYPES), metavar="TYPE")
    add("--stride", type=positive, default=1, metavar="N",
        help="walk every N-th float32 (default: every one)")  # fmt: skip
    add("--alpha", nargs="*", type=float, default=DEFAULT_ALPHAS, metavar="A",
        help="further alphas, on a sample (default: %(default)s; none: no sample)")  # fmt: skip
    add("--parameter-stride", type=positive, default=DEFAULT_PARAMETER_STRIDE, metavar="N",
        help="walk every N-th float32 for each further alpha (default: %(default)s)")  # fmt: skip
    add("--mpmath-inputs", type=positive, default=DEFAULT_MPMATH_INPUTS, metavar="N",
        help="float64 inputs, checked with mpmath (default: %(default)s)")  # fmt: skip
    add("--processes", type=positive, default=usable_cpus(), metavar="P")
    add("--output", type=Path, metavar="FILE", help="write the results to a JSON file as well")
    return parser.parse_args(arguments)


def positive(text: str) -> int:
    """Read a whole number above 0."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
