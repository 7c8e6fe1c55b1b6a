"""Measure the largest and mean error of every function, over every negative float32.

    python benchmarks/accuracy.py                   the whole walk, minutes
    python benchmarks/accuracy.py --stride 1009     a sample, seconds
    python benchmarks/accuracy.py --help

float32 inputs are compared with the oracle's formulas in float64, float64 inputs with mpmath. The
exit status is 1 if a bound of the contract does not hold.
"""

from __future__ import annotations

import importlib.util
import shlex
import sys
from collections.abc import Sequence

NEEDED = ("elufast", "ml_dtypes", "mpmath", "rich")


def main(arguments: Sequence[str] | None = None) -> int:
    """Walk, show and judge."""
    arguments = sys.argv[1:] if arguments is None else arguments
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        print(f"accuracy.py needs {', '.join(missing)}: pip install '.[bench]'", file=sys.stderr)
        return 2
    from comparison import machine
    from comparison.run import file_or_terminal
    from exactness import options, report, walk
    from rich.progress import Progress

    wanted = options.parse(arguments)
    todo = [
        task
        for parameters in ({}, *({"alpha": alpha} for alpha in wanted.alpha))
        for dtype in wanted.types
        for task in walk.tasks(
            wanted.functions,
            dtype,
            parameters,
            wanted.parameter_stride * wanted.stride if parameters else wanted.stride,
            wanted.mpmath_inputs // (10 if parameters else 1),
        )
    ]
    console = file_or_terminal()
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task(f"{len(todo)} blocks of inputs", total=len(todo))
        found = report.verdicts(walk.run(todo, wanted.processes, lambda: progress.advance(bar)))
    report.show(found, console)
    if wanted.output:
        command = shlex.join(["python", "benchmarks/accuracy.py", *arguments])
        report.save(found, machine.describe(), command, wanted.output)
    broken = report.show_broken(found, console)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
