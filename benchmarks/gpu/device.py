"""The only part that touches a GPU: memory, time, and what the device says of itself."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

Array = Any
"""An array on the device, CuPy's."""
Host = np.ndarray[Any, Any]

# Keeps the stream busy until the host has put a whole batch into its queue.
_WAIT = r"""
extern "C" __global__ void elufast_bench_wait(unsigned long long nanoseconds) {
    unsigned long long start, now;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(start));
    do {
        asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
    } while (now - start < nanoseconds);
}
"""


class Turn(NamedTuple):
    """One batch, in seconds."""

    device: float
    """Between the events before and after it."""
    host: float
    """Until the host had put all of it into the queue."""
    filled: bool
    """Whether it was in the queue before the first launch of it ran, so that the time between the
    events is the device's alone."""


def why_unusable() -> str | None:
    """Return a sentence on what is missing, CuPy or a GPU, or None."""
    from elufast._cuda_arrays import cupy_module, explain

    try:
        count = cupy_module().cuda.runtime.getDeviceCount()
    except ImportError as error:
        return str(error)
    except Exception as error:
        return str(explain(error))
    return None if count else "there is no NVIDIA GPU that this process may use"


class Device:
    """The current GPU, on CuPy's current stream."""

    def __init__(self) -> None:
        import cupy

        self._cupy = cupy
        self.l2_bytes = int(cupy.cuda.Device().attributes["L2CacheSize"])
        self._kernel = cupy.RawKernel(_WAIT, "elufast_bench_wait")

    def free_bytes(self) -> int:
        """Return how much memory may still be taken, after what lies idle in pools is returned."""
        gc.collect()  # what failed is kept alive by its own traceback
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_initialized():
            torch.cuda.empty_cache()
        self._cupy.get_default_memory_pool().free_all_blocks()
        return int(self._cupy.cuda.runtime.memGetInfo()[0])

    def empty(self, rows: int, nbytes: int) -> Array:
        """Return rows of bytes that nobody has written to."""
        return self._cupy.empty((rows, nbytes), np.uint8)

    def fill(self, rows: Array, values: Host) -> None:
        """Write the same bytes into every row, from its beginning."""
        rows[:, : values.size] = self._cupy.asarray(values)

    def to_host(self, array: Array) -> Host:
        """Return a copy in the host's memory."""
        if isinstance(array, self._cupy.ndarray):
            return np.asarray(self._cupy.asnumpy(array))
        return np.asarray(array)

    def copy(self, source: Array, target: Array) -> Callable[[], object]:
        """Return a call that copies all of `source` to `target`, both without gaps."""
        to, origin, nbytes = target.data, source.data, source.nbytes
        return lambda: to.copy_from_device_async(origin, nbytes)

    def wait(self) -> None:
        """Wait for everything on the device, in whatever stream."""
        self._cupy.cuda.Device().synchronize()

    def time(
        self,
        calls: Sequence[Callable[[], object]],
        lead: float = 0.0,
        finish: Callable[[], object] | None = None,
    ) -> Turn:
        """Time a batch with events.

        The device is kept busy for `lead` seconds first, while the host fills the queue. A library
        with streams of its own cannot be timed from this one: `finish` waits for it, and its time
        has that in it, and what the host does.
        """
        start, end = self._cupy.cuda.Event(), self._cupy.cuda.Event()
        self.wait()
        if lead and finish is None:
            self._kernel((1,), (1,), (np.uint64(lead * 1e9),))
        start.record()
        before = perf_counter()
        for call in calls:
            call()
        host = perf_counter() - before
        filled = finish is None and not start.done
        if finish is not None:
            finish()
        end.record()
        end.synchronize()
        return Turn(self._cupy.cuda.get_elapsed_time(start, end) / 1e3, host, filled)

    def describe(self) -> dict[str, Any]:
        """Return what the JSON file says of the GPU and its software."""
        runtime = self._cupy.cuda.runtime
        about = runtime.getDeviceProperties(runtime.getDevice())
        return {
            "name": about["name"].decode(),
            "compute_capability": f"{about['major']}.{about['minor']}",
            "multiprocessors": about["multiProcessorCount"],
            "memory_bytes": about["totalGlobalMem"],
            "l2_bytes": self.l2_bytes,
            "ecc": bool(about["ECCEnabled"]),
            "driver": _version(runtime.driverGetVersion()),
            "runtime": _version(runtime.runtimeGetVersion()),
            "cupy": self._cupy.__version__,
        }


def _version(number: int) -> str:
    """Spell CUDA's number of a version: 12040 is 12.4."""
    return f"{number // 1000}.{number % 1000 // 10}"
