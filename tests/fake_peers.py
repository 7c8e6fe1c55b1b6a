"""Peers that misbehave, for test_benchmark_peers.py; their processes import this module."""

import os
import time
from typing import ClassVar

from comparison.peers import all_peers, numpy_where
from comparison.peers.base import avx2_through
from comparison.processes import PeerProcess
from comparison.worker import serve


class Single(numpy_where.NumpyWhere):
    name = label = "single"


class Good(numpy_where.NumpyWhere):
    name = label = "good"
    threaded = True


class Missing(Good):
    name = label = "missing"
    module = "a_module_that_nobody_has"


class FailsToStart(Good):
    name = label = "fails-to-start"

    def start(self, threads):
        raise ImportError("its library is broken\nand says more than a line")


class FailsToPrepare(Good):
    name = label = "fails-to-prepare"

    def prepare(self, function, inputs, parameters):
        raise NotImplementedError("no such kernel")


class Dies(Good):
    name = label = "dies"

    def prepare(self, function, inputs, parameters):
        os._exit(41)


class Hangs(Good):
    name = label = "hangs"

    def prepare(self, function, inputs, parameters):
        time.sleep(600)


class Wrong(Good):
    name = label = "wrong"

    def prepare(self, function, inputs, parameters):
        return super().prepare(function, tuple(-array for array in inputs), parameters)


class ElephantsOnly(Good):
    name = label = "elephants-only"

    def supports(self, function, dtype):
        return False


class Restricted(Good):
    """Tells the instruction set that it was kept to."""

    name = label = "restricted"
    isa_environment = avx2_through(FAKE_ISA="no more than AVX2")

    def version(self):
        return os.environ.get("FAKE_ISA", "unrestricted")


class Unrestrictable(Good):
    name = label = "unrestrictable"
    isa_environment: ClassVar = {}


FAKES = {
    fake.name: fake
    for fake in (
        Good(),
        Single(),
        Missing(),
        FailsToStart(),
        FailsToPrepare(),
        Dies(),
        Hangs(),
        Wrong(),
        ElephantsOnly(),
        Restricted(),
        Unrestrictable(),
    )
}


def register():
    """Add the fakes to this process's peers."""
    all_peers().update(FAKES)


def serve_with_fakes(connection, peer):
    """Be the process of a fake peer."""
    register()
    serve(connection, peer)


def spawn_with_fakes(peer, target, timeout, environment):
    """Stand in for PeerProcess where a study starts its peers."""
    return PeerProcess(peer, serve_with_fakes, timeout, environment)
