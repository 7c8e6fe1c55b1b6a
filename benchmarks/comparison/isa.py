"""Restricting the peers to an older instruction set, by the variables that they read at import."""

from __future__ import annotations

from .peers.base import Peer

ISAS = ("avx2",)


def environment(peer: Peer, isa: str | None) -> dict[str, str] | None:
    """Return what the peer's process must find in its environment; None where nothing helps."""
    if isa is None:
        return {}
    if peer.name == "elufast":
        return {"ELUFAST_ISA": isa}
    declared: dict[str, dict[str, str]] = getattr(peer, "isa_environment", {})
    if isa in declared:
        return dict(declared[isa])
    # What is shown for scale keeps to no instruction set and takes part all the same.
    return {} if peer.yardstick else None


def why_left_out(peer: Peer, isa: str | None) -> str | None:
    """Return why the peer takes no part, or None."""
    return f"cannot be restricted to {isa}" if environment(peer, isa) is None else None
