"""Largest and mean error, and where."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass
class Largest:
    """The largest error and the input where it is, None before there is any."""

    error: float = 0.0
    where: float | None = None

    def add_largest(self, errors: Array, inputs: Array) -> None:
        if errors.size:
            worst = int(np.argmax(errors))
            self.merge(Largest(float(errors[worst]), float(inputs[worst])))

    def merge(self, other: Largest) -> None:
        if other.where is not None and (self.where is None or other.error > self.error):
            self.error, self.where = other.error, other.where


@dataclass
class Statistics:
    """Errors in ULP: of the results that the contract bounds, and of those it does not."""

    bounded: Largest = field(default_factory=Largest)
    unbounded: Largest = field(default_factory=Largest)
    total: float = 0.0
    count: int = 0

    @property
    def mean(self) -> float:
        return self.total / self.count if self.count else math.nan

    def add(self, errors: Array, inputs: Array, bounded: Array) -> None:
        """Take in the errors at `inputs`; `bounded` tells which of them the contract bounds."""
        if bounded.all():
            self._add_bounded(errors, inputs)
        else:
            self._add_bounded(errors[bounded], inputs[bounded])
            self.unbounded.add_largest(errors[~bounded], inputs[~bounded])

    def _add_bounded(self, errors: Array, inputs: Array) -> None:
        self.bounded.add_largest(errors, inputs)
        self.total += float(errors.sum())
        self.count += errors.size

    def merge(self, other: Statistics) -> None:
        """Take in the statistics of other inputs."""
        self.bounded.merge(other.bounded)
        self.unbounded.merge(other.unbounded)
        self.total += other.total
        self.count += other.count
