"""How many threads a long loop may use, and who says so."""

from __future__ import annotations

import math
import operator
import os

from elufast import _ufuncs

# In the order of elufast_threads_origin in _thread_count.h.
ORIGINS = (
    "set_num_threads",
    "OMP_NUM_THREADS",
    "cgroup CPU quota",
    "CPU affinity",
    "built without OpenMP",
    "forked from a parallel region, which OpenMP does not survive",
)

# A C int; how many of them one loop may start is limited in _parallel.c.
LARGEST_COUNT = 2**31 - 1


def set_num_threads(n: int) -> None:
    """
    Set the number of threads that a long loop may use, for the whole process.

    Parameters
    ----------
    n : int
        At least 1; it may exceed the number of CPUs. It wins over ``OMP_NUM_THREADS``, CPU
        affinity and container quotas. There is no default: until this is called, those decide.

    Returns
    -------
    None

    Raises
    ------
    TypeError
        If `n` is not an integer.
    ValueError
        If `n` is less than 1.

    See Also
    --------
    get_num_threads : The number in force.

    Notes
    -----
    Short loops use one thread whatever the number is, and the results are the same bits for every
    number of threads. A build without OpenMP always uses one thread.

    Examples
    --------
    >>> import elufast
    >>> before = elufast.get_num_threads()
    >>> elufast.set_num_threads(1)
    >>> elufast.get_num_threads()
    1
    >>> elufast.set_num_threads(before)
    """
    try:
        count = operator.index(n)
    except TypeError:
        message = f"the number of threads must be an integer, not {type(n).__name__}"
        raise TypeError(message) from None
    if count < 1:
        raise ValueError(f"the number of threads must be at least 1, not {count}")
    _ufuncs.set_threads(min(count, LARGEST_COUNT))


def get_num_threads() -> int:
    """
    Return the number of threads that a long loop may use.

    Returns
    -------
    int
        The number given to `set_num_threads`; else ``OMP_NUM_THREADS`` as it was at import; else
        the CPUs that this process may really use: its affinity now, limited by the container's
        (cgroup's) CPU quota at import. Always 1 in a build without OpenMP.

    See Also
    --------
    set_num_threads : Set it.
    show_config : Says also where the number comes from.

    Examples
    --------
    >>> import elufast
    >>> elufast.get_num_threads() >= 1
    True
    """
    return thread_count()[0]


def thread_count() -> tuple[int, str]:
    """The number of threads, and where it comes from."""
    count, origin = _ufuncs.get_threads()
    return count, ORIGINS[origin]


def environment_count(value: str | None) -> int:
    """OMP_NUM_THREADS, perhaps a list with one number for each nesting level; 0 if senseless."""
    first = (value or "").split(",")[0].strip()
    count = int(first) if first.isascii() and first.isdigit() else 0
    return count if count <= LARGEST_COUNT else 0


def cgroup_quota(root: str | os.PathLike[str] = "/") -> float | None:
    """The CPUs that the control groups of this process allow it, None without a limit.

    The strictest limit on the way from the process's own group up to the root counts. In a
    container the path of the group is often not mounted below /sys/fs/cgroup; then the mounted
    root is the container's own group, and is read in any case.
    """
    limits = []
    for controllers, group in cgroup_paths(root):
        if controllers and "cpu" not in controllers.split(","):
            continue
        mount = "sys/fs/cgroup" if not controllers else "sys/fs/cgroup/cpu"
        parts = [part for part in group.split("/") if part not in ("", "..")]
        for depth in range(len(parts), -1, -1):
            folder = os.path.join(root, mount, *parts[:depth])  # noqa: PTH118 (pathlib: 2 ms)
            limits.append(version_1_limit(folder) if controllers else version_2_limit(folder))
    return min((limit for limit in limits if limit is not None), default=None)


def cgroup_paths(root: str | os.PathLike[str]) -> list[tuple[str, str]]:
    """Controllers ("" in version 2) and path of each control group of this process."""
    lines = read(root, "proc/self/cgroup").splitlines()
    fields = [line.split(":", 2) for line in lines]
    return [(field[1], field[2]) for field in fields if len(field) == 3]


def version_2_limit(folder: str) -> float | None:
    quota, _, period = read(folder, "cpu.max").strip().partition(" ")
    return ratio(quota, period)


def version_1_limit(folder: str) -> float | None:
    return ratio(
        read(folder, "cpu.cfs_quota_us").strip(), read(folder, "cpu.cfs_period_us").strip()
    )


def ratio(quota: str, period: str) -> float | None:
    """Quota over period; None for "max", -1 or a file that is not there."""
    if not (quota.isdigit() and period.isdigit()):
        return None
    return int(quota) / int(period) if int(period) > 0 else None


def read(folder: str | os.PathLike[str], name: str) -> str:
    try:
        with open(os.path.join(folder, name), encoding="utf-8") as file:  # noqa: PTH118, PTH123
            return file.read()
    except (OSError, ValueError):
        return ""


def are_bound(environment: os._Environ[str] | dict[str, str]) -> bool:
    """Whether OpenMP has been told on which processors its threads are."""
    binding = environment.get("OMP_PROC_BIND", "").strip().lower()
    places = environment.get("OMP_PLACES") or environment.get("GOMP_CPU_AFFINITY")
    return binding != "false" and bool(binding or places)


def configure() -> None:
    """Tell the loops what the environment and the container say; once, at import."""
    quota, environment = cgroup_quota(), os.environ
    _ufuncs.configure_threads(
        environment_count(environment.get("OMP_NUM_THREADS")),
        0 if quota is None else max(1, math.ceil(quota)),
        os.cpu_count() or 1,
    )
    _ufuncs.configure_team(
        environment.get("OMP_WAIT_POLICY", "").strip().lower() == "passive",
        environment_count(environment.get("OMP_THREAD_LIMIT")),
    )
    _ufuncs.share_pool(are_bound(environment))
