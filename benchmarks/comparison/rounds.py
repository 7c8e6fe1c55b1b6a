"""Interleaved rounds: everybody has a short turn in each, so all meet the machine's same moods."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from time import perf_counter, sleep
from typing import TypeVar

from .processes import PeerFailure

# Who has had this many turns and this much time in a case has shown what it can do.
ENOUGH_TURNS = 3
ENOUGH_SECONDS = 0.25
# The threads of an OpenMP pool spin on for some 10 ms after their last call; whoever has a turn
# meanwhile is short of a CPU, and its own pool then loses milliseconds in every call.
SETTLE_SECONDS = 0.015

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")


def interleave(
    turns: Mapping[Key, Callable[[], Answer]],
    rounds: int,
    after_round: Callable[[], None],
    enough_seconds: float = ENOUGH_SECONDS,
    threads: int = 1,
) -> tuple[dict[Key, list[Answer]], dict[Key, PeerFailure]]:
    """Return everybody's answers, and the failures of those who then had no further turns.

    Where somebody has several `threads`, turns begin after those of the turn before are asleep.
    """
    keys = list(turns)
    answers: dict[Key, list[Answer]] = {key: [] for key in keys}
    failures: dict[Key, PeerFailure] = {}
    spent = dict.fromkeys(keys, 0.0)
    for number in range(rounds):
        # Nobody is always the first.
        start = number % max(1, len(keys))
        for key in [*keys[start:], *keys[:start]]:
            enough = len(answers[key]) >= ENOUGH_TURNS and spent[key] > enough_seconds
            if key in failures or enough:
                continue
            if threads > 1:
                sleep(SETTLE_SECONDS)
            before = perf_counter()
            try:
                answers[key].append(turns[key]())
            except PeerFailure as failure:
                failures[key] = failure
            spent[key] += perf_counter() - before
        after_round()
    return answers, failures
