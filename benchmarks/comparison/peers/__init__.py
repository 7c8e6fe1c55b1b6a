"""The peers: every module here but `base` is one adapter, found by being here.

The package `native` holds what several of them share to call libraries that have no Python.

A module defines ``PEER``, an instance of a class derived from `base.Peer`, and imports its library
only in `start`, which runs in a process of the peer's own.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from .base import Peer

SHARED = ("base", "native")


@cache
def all_peers() -> dict[str, Peer]:
    """Return every adapter by name: elufast first, yardsticks last, the others by name."""
    modules = [info.name for info in pkgutil.iter_modules(__path__) if info.name not in SHARED]
    peers = [importlib.import_module(f"{__name__}.{module}").PEER for module in modules]
    peers.sort(key=lambda peer: (peer.yardstick, peer.name != "elufast", peer.name.lower()))
    return {peer.name: peer for peer in peers}
