"""A cluster of processes on this machine, or one that runs already."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle
import dask
import distributed

import elufast

from . import probes

cloudpickle.register_pickle_by_value(probes)


@dataclass(frozen=True)
class Worker:
    """What one worker said before it began, and how much memory it may have."""

    address: str
    limit: int
    about: dict[str, Any]


@contextlib.contextmanager
def connect(options: argparse.Namespace, scratch: Path) -> Iterator[distributed.Client]:
    """Start a cluster or go to the one that is named; what was started here ends here."""
    if options.scheduler_address:
        with distributed.Client(options.scheduler_address) as client:
            yield client
        return
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "60s"}),
        distributed.LocalCluster(
            n_workers=options.workers,
            processes=True,
            threads_per_worker=1,
            memory_limit=options.memory_limit,
            dashboard_address=None,
            local_directory=str(scratch),
            silence_logs="ERROR",
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def workers(client: distributed.Client) -> list[Worker]:
    """Ask every worker who it is; complain of those that have another elufast."""
    described = client.scheduler_info(n_workers=-1)["workers"]
    found = [
        Worker(address, described[address]["memory_limit"], about)
        for address, about in sorted(client.run(probes.about).items())
    ]
    if not found:
        raise RuntimeError("the cluster has no workers")
    others = {each.about["version"] for each in found} - {elufast.__version__}
    if others:
        raise RuntimeError(f"workers have elufast {', '.join(others)}, not {elufast.__version__}")
    return found


def peaks(client: distributed.Client) -> dict[str, int | None]:
    """Return the peak memory of every worker."""
    return client.run(probes.peak_memory)


def restarted(client: distributed.Client, before: list[Worker]) -> list[str]:
    """Return the workers that are no longer the processes that they were."""
    now = {each.address: each.about["pid"] for each in workers(client)}
    return [each.address for each in before if now.get(each.address) != each.about["pid"]]
