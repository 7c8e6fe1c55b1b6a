"""What a study measures with: teams of peers, and somebody to tell about progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from . import isa
from .cases import Case
from .peers import all_peers
from .processes import TIMEOUT_SECONDS, PeerProcess
from .results import PeerState
from .timing import Team
from .worker import serve


class Bench:
    """The peers that take part, the rounds they have, and the instruction set they keep to."""

    def __init__(
        self,
        states: Sequence[PeerState],
        rounds: int,
        isa: str | None = None,
        step: Callable[[Case], None] = lambda case: None,
        spawn: Callable[..., PeerProcess] = PeerProcess,
    ) -> None:
        self.states, self.rounds, self.step = states, rounds, step
        self._isa, self._spawn = isa, spawn

    @contextmanager
    def team(self, threads: int, target: Callable[..., None] = serve) -> Iterator[Team]:
        """Start the peers; keep their versions, and who fails with the reason."""
        names = [state.name for state in self.states]
        team = Team(names, threads, lambda peer: self._process(peer, target))
        try:
            for state in self.states:
                state.version = team.versions.get(state.name, state.version)
                if state.name in team.failures:
                    state.status, state.reason = "failed", team.failures[state.name]
            yield team
        finally:
            team.stop()

    def _process(self, peer: str, target: Callable[..., None]) -> PeerProcess:
        environment = isa.environment(all_peers()[peer], self._isa)
        return self._spawn(peer, target, TIMEOUT_SECONDS, environment)
