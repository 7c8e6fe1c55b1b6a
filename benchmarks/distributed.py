"""Forward and backward over arrays on disk that are larger than any worker's memory, with Dask.

    python benchmarks/distributed.py             some minutes, and 8 GiB of disk for as long
    python benchmarks/distributed.py --quick     a short look
    python benchmarks/distributed.py --scheduler-address tcp://head:8786 --folder /shared/data
    python benchmarks/distributed.py --help

Needs ``pip install ".[ecosystem]"``. Starts a cluster of processes on this machine, or goes to one
that runs. Every pass reads its inputs from disk and writes its results there; a plain copy is the
yardstick. Times are medians over rounds of all passes. A sample of the results is compared with
those of this process, bit for bit. The exit status is 1 if they differ, if a worker was restarted,
or if one came above its memory limit.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence

# This script has the name of a package that it needs: its own folder has to come last.
FOLDER = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
sys.path[:] = [path for path in sys.path if path not in ("", FOLDER)] + [FOLDER]

NEEDED = ("elufast", "dask", "distributed", "zarr", "rich")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all passes; return 0 if the results are right and the workers lived within bounds."""
    arguments = sys.argv[1:] if arguments is None else arguments
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        print(
            f"distributed.py needs {', '.join(missing)}: pip install '.[ecosystem]'",
            file=sys.stderr,
        )
        return 2
    from out_of_core import options, run

    return run.run(options.parse(arguments), arguments)


if __name__ == "__main__":  # and not in the processes of the cluster, which import this file
    sys.exit(main())
