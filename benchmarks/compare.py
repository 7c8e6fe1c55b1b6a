"""Compare elufast with the ways people compute ELU, SELU and CELU today, on real data.

    python benchmarks/compare.py             some minutes: speed, errors, charts, JSON
    python benchmarks/compare.py --quick     a short look
    python benchmarks/compare.py --study sweep         sizes from 1 to 1e8; there are other studies
    python benchmarks/compare.py --markdown FILE --ratios     every cell of a run, losses first
    python benchmarks/compare.py --help

Needs ``pip install ".[bench]"``; those of ``".[peers]"`` take part where they are installed, and
where there is gcc if they need it. With ``--isa avx2`` those do that can be kept to AVX2. Numbers
are medians over rounds in which every peer has a short turn, each peer in a process of its own.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence

NEEDED = ("elufast", "ml_dtypes", "rich", "matplotlib", "sklearn")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison; return 0 if everything that was tried could be measured."""
    arguments = sys.argv[1:] if arguments is None else arguments
    # Tables of an earlier run take nothing but the package itself.
    needed = ("elufast",) if any(a.startswith("--markdown") for a in arguments) else NEEDED
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        print(f"compare.py needs {', '.join(missing)}: pip install '.[bench]'", file=sys.stderr)
        return 2
    from comparison import markdown, options, results

    wanted = options.parse(arguments)
    if wanted.markdown:
        try:
            comparison = results.load(wanted.markdown)
        except ValueError as error:
            print(f"compare.py: {error}", file=sys.stderr)
            return 2
        print(markdown.render(comparison, list(wanted.sizes), wanted.ratios))
        return 0
    from comparison import run
    from comparison.command import spell

    return run.run(wanted, spell("benchmarks/compare.py", arguments))


if __name__ == "__main__":
    sys.exit(main())
