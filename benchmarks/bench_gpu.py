"""Compare elufast on a GPU with a copy on the device, and with other libraries there.

    python benchmarks/bench_gpu.py             every function and type, from 1 kB to 1 GB
    python benchmarks/bench_gpu.py --quick     a short look
    python benchmarks/bench_gpu.py --markdown FILE     the tables of an earlier run
    python benchmarks/bench_gpu.py --help

Needs an NVIDIA GPU and ``pip install ".[bench,cuda]"``; PyTorch, torch.compile and JAX take part
where they are installed for CUDA. Bandwidths are those of the bytes that a function has to read and
write, beside a copy of as many; times are medians over rounds in which everybody has a batch of
launches between two events, on arrays that the L2 cache has long forgotten. Then the host's time
for a call, and the first call of a process without and with compiled kernels on disk. Results are
checked: elufast's have the bits of the CPU. The exit status is 1 if anything failed.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

NEEDED = ("elufast", "ml_dtypes", "rich")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; return 0 if everything that was tried could be measured."""
    arguments = sys.argv[1:] if arguments is None else arguments
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        if {"-h", "--help"} & set(arguments):
            print(__doc__)
        needs = f"bench_gpu.py needs {', '.join(missing)}: pip install '.[bench,cuda]'"
        print(needs, file=sys.stderr)
        return 2
    from gpu import options

    wanted = options.parse(arguments)
    if wanted.markdown:
        return _show_again(wanted.markdown)
    from gpu.device import why_unusable

    reason = why_unusable()
    if reason:
        print(f"bench_gpu.py: {reason}", file=sys.stderr)
        return 2
    from comparison.command import spell
    from gpu import run

    return run.run(wanted, spell("benchmarks/bench_gpu.py", arguments))


def _show_again(path: Path) -> int:
    from comparison import results
    from gpu import report

    try:
        comparison = results.load(path)
    except ValueError as error:
        print(f"bench_gpu.py: {error}", file=sys.stderr)
        return 2
    if comparison.settings.get("study") != report.STUDY:
        print(f"bench_gpu.py: {path} was not written by bench_gpu.py", file=sys.stderr)
        return 2
    print(report.markdown(comparison))
    return 0


if __name__ == "__main__":
    sys.exit(main())
