"""The parent's side of the peers' processes."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .peers import all_peers
from .peers.base import wanted_isa
from .worker import serve

# Longer than any compiler among the peers needs; a peer that is silent for longer hangs.
TIMEOUT_SECONDS = 120.0


class PeerFailure(Exception):
    """A peer could not do what it was asked; the message is the reason."""


def restriction(peer: str) -> Mapping[str, str]:
    """Return the variables that keep the peer to the wanted instruction set, if there is one."""
    return all_peers()[peer].isa_environment.get(wanted_isa() or "", {})


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables for a process to inherit: NumPy reads them before any code of ours runs."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class PeerProcess:
    """A process that serves one peer."""

    def __init__(
        self, peer: str, target: Callable[..., None] = serve, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=target, args=(theirs, peer), daemon=True)
        with _environment(restriction(peer)):
            self._process.start()
        theirs.close()  # so that the end of the process ends our recv()
        self._timeout = timeout

    def send(self, request: str, *arguments: Any) -> None:
        """Make a request without waiting for its answer."""
        try:
            self._connection.send((request, arguments))
        except OSError:
            raise self._ended() from None

    def receive(self) -> Any:
        """Wait for the answer to the latest request."""
        try:
            if not self._connection.poll(self._timeout):
                self._process.kill()
                self.stop()
                raise PeerFailure(f"no answer within {self._timeout:g} s")
            succeeded, value = self._connection.recv()
        except (EOFError, OSError):
            raise self._ended() from None
        if not succeeded:
            raise PeerFailure(value)
        return value

    def ask(self, request: str, *arguments: Any) -> Any:
        """Make a request and wait for its answer."""
        self.send(request, *arguments)
        return self.receive()

    def stop(self) -> None:
        """Hang up and wait for the end of the process."""
        with contextlib.suppress(OSError):
            self._connection.close()
        self._process.join(timeout=2)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _ended(self) -> PeerFailure:
        self._process.join(timeout=2)
        return PeerFailure(f"its process ended (exit code {self._process.exitcode})")
