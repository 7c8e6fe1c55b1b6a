"""Two builds of elufast in one process, on the same arrays, in turns.

    pip install --no-build-isolation --no-deps --target OLD .   # and NEW, of another commit
    python benchmarks/two_builds.py OLD NEW --functions elu elu_backward --sizes 1e5 --threads 2

The time of the second as a fraction of the first's: the median over rounds, which repeats far
better than what two processes take, since the pages of their arrays lie elsewhere.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

TURN_SECONDS = 0.002
PLACES = 3


def load(folder: Path) -> ModuleType:
    """Import the package of a folder beside others of the same name; all stay loaded."""
    sys.path.insert(0, str(folder.resolve()))
    import elufast

    sys.path.pop(0)
    if elufast.__file__ is None or not Path(elufast.__file__).is_relative_to(folder.resolve()):
        sys.exit(f"{folder} holds no build of elufast")
    for name in [name for name in sys.modules if name.partition(".")[0] == "elufast"]:
        del sys.modules[name]
    return elufast


def seconds(call: Callable[[], Any], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) / calls


def compare(
    builds: list[ModuleType], name: str, dtype: str, n: int, rounds: int, alpha: float | None = None
) -> str:
    """Each round has a turn of either; arrays lie elsewhere after a third of the rounds."""
    generator = np.random.default_rng(1506)
    count = len(next(row.data for row in builds[0]._ufuncs.ROWS if row.name == name))
    given = {} if alpha is None else {"alpha": alpha}
    taken = []
    for _ in range(PLACES):
        data = [generator.standard_normal(n).astype(dtype) for _ in range(count)]
        outs = tuple(np.empty_like(data[0]) for _ in range(getattr(builds[0], name).nout))
        turns = [partial(getattr(build, name), *data, **given, out=outs) for build in builds]
        calls = max(1, int(TURN_SECONDS / min(seconds(turn, 3) for turn in turns)))
        for _ in range(rounds // PLACES + 1):
            for turn in turns:
                seconds(turn, 2)  # the first calls find what the other build has left in the caches
                taken.append(seconds(turn, calls))
    old, new = np.array(taken).reshape(-1, 2).T
    nanoseconds, ratio = np.median(old) / n * 1e9, np.median(new / old)
    return f"{name:<26}{dtype:<9}{n:>10}  {nanoseconds:.4f} ns  {ratio:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--functions", nargs="+", default=["elu", "elu_backward"])
    parser.add_argument("--types", nargs="+", default=["float32"])
    parser.add_argument("--sizes", nargs="+", type=float, default=[1e4, 1e5, 1e6])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--alpha", type=float, help="instead of the default")
    options = parser.parse_args()
    builds = [load(options.old), load(options.new)]
    for build in builds:
        build.set_num_threads(options.threads)
    for name in options.functions:
        for dtype in options.types:
            for n in map(int, options.sizes):
                print(compare(builds, name, dtype, n, options.rounds, options.alpha), flush=True)


if __name__ == "__main__":
    main()
