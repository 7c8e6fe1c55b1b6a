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
    """Errors in ULP: of the normal results, which the contract bounds, and of those below."""

    normal: Largest = field(default_factory=Largest)
    below: Largest = field(default_factory=Largest)
    total: float = 0.0
    count: int = 0

    @property
    def mean(self) -> float:
        return self.total / self.count if self.count else math.nan

    def add(self, errors: Array, inputs: Array, normal: Array) -> None:
        """Take in the errors at `inputs`; `normal` tells which of them the contract bounds."""
        if normal.all():
            self._add_normal(errors, inputs)
        else:
            self._add_normal(errors[normal], inputs[normal])
            self.below.add_largest(errors[~normal], inputs[~normal])

    def _add_normal(self, errors: Array, inputs: Array) -> None:
        self.normal.add_largest(errors, inputs)
        self.total += float(errors.sum())
        self.count += errors.size

    def merge(self, other: Statistics) -> None:
        """Take in the statistics of other inputs."""
        self.normal.merge(other.normal)
        self.below.merge(other.below)
        self.total += other.total
        self.count += other.count
