"""Restricting the peers to an older instruction set, by the variables that they read at import."""

from __future__ import annotations

from collections.abc import Mapping

from .peers.base import Peer

ISAS = ("avx2",)


def environment(peer: Peer, isa: str | None) -> Mapping[str, str]:
    """Return what a peer that is not left out must find in its process's environment."""
    return {} if isa is None else peer.isa_environment[isa]


def why_left_out(peer: Peer, isa: str | None) -> str | None:
    """Return why the peer takes no part, or None."""
    if isa is None or isa in peer.isa_environment:
        return None
    return f"cannot be restricted to {isa}"
