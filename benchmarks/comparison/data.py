"""Real inputs: what a dense layer makes of handwritten digits, and its gradient.

The 1,797 digits of 8 x 8 pixels that ship inside scikit-learn, standardised, go through a layer
with He-initialised weights of a fixed seed; the layer is as wide as the size needs, so every
element comes from weights of its own and nothing repeats. The upstream gradient is that of the
cross-entropy of a Glorot-initialised classifier on top of the layer's ELU.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

SEED = 20151123  # the day the ELU paper appeared
MINIMUM_WIDTH = 64
# A small array used again and again would be learnt by the branch predictor and flatter code that
# branches on the sign; calls take turns over rows of this many elements together.
ELEMENTS_IN_TURN = 65_536
MAXIMUM_ROWS = 128

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Inputs:
    """Rows of `n` pre-activations and of the gradient with respect to the activations."""

    x: Array
    grad: Array

    @property
    def n(self) -> int:
        return int(self.x.shape[1])


def digits() -> tuple[Array, Array]:
    """Return the standardised pixels, (1797, 64), and the labels."""
    from sklearn.datasets import load_digits
    from sklearn.preprocessing import StandardScaler

    bunch = load_digits()
    return StandardScaler().fit_transform(bunch.data), bunch.target


def rows_in_turn(n: int) -> int:
    """Return how many rows of `n` elements take turns."""
    return max(1, min(ELEMENTS_IN_TURN // n, MAXIMUM_ROWS))


def inputs(n: int, dtype: str) -> Inputs:
    """Return rows of `n` elements, as many as it takes to keep them from being learnt."""
    rows = rows_in_turn(n)
    pixels, labels = digits()
    width = max(MINIMUM_WIDTH, -(-rows * n // len(pixels)))
    x, grad = layer(pixels, labels, width)
    return Inputs(*(a.ravel()[: rows * n].reshape(rows, n).astype(dtype) for a in (x, grad)))


def layer(pixels: Array, labels: Array, width: int) -> tuple[Array, Array]:
    """Return a layer's pre-activations and dloss/dactivations, both (images, width), float64."""
    generator = np.random.default_rng(SEED)
    features, classes = pixels.shape[1], int(labels.max()) + 1
    weights = generator.standard_normal((features, width)) * np.sqrt(2 / features)
    head = generator.standard_normal((width, classes)) * np.sqrt(2 / (width + classes))
    x = pixels @ weights
    logits = np.where(x > 0, x, np.expm1(np.minimum(x, 0))) @ head
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    probabilities[np.arange(len(labels)), labels] -= 1
    return x, probabilities @ head.T


def arguments(function_inputs: tuple[str, ...], inputs: Inputs, family: str) -> tuple[Array, ...]:
    """Return the arrays for inputs named x, grad or y; y is the output of the family's forward."""
    import elufast

    return tuple(
        getattr(elufast, family)(inputs.x) if name == "y" else getattr(inputs, name)
        for name in function_inputs
    )
