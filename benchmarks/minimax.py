"""Where the polynomial coefficients of ``include/elufast/expm1.h`` come from.

expm1(r) = r + r**2 * p(r) on an interval of length ln(2), with p the polynomial that minimises the
largest error relative to expm1(r) (Remez exchange in 60 digits). Coefficients are rounded to the
type one after the other, lowest degree first, and the rest is fitted anew around what is fixed
already, so that the rounding of one is made good by the others.

    python benchmarks/minimax.py --type float --terms 5
    python benchmarks/minimax.py --type double --terms 11 --centre -0.097
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import mpmath
import numpy as np

mpmath.mp.dps = 60
HALF_LN2 = mpmath.log(2) / 2
# Rounding n = round(x / ln 2) is itself rounded: r may lie this much outside of ln(2) / 2.
MARGIN = mpmath.mpf("1.0001")
ROUNDERS = {"float": np.float32, "double": np.float64}


def target(r: mpmath.mpf) -> mpmath.mpf:
    """p(r) as it would have to be, by series where the closed form cancels."""
    if abs(r) < mpmath.mpf("1e-3"):
        return mpmath.fsum(r**k / mpmath.factorial(k + 2) for k in range(20))
    return (mpmath.expm1(r) - r) / r**2


def weight(r: mpmath.mpf) -> mpmath.mpf:
    """What an error of p does to expm1(r), relative to expm1(r)."""
    return r**2 / mpmath.expm1(r) if r else mpmath.mpf(0)


def remez(
    fixed: list[mpmath.mpf], terms: int, centre: mpmath.mpf
) -> tuple[list[mpmath.mpf], mpmath.mpf]:
    """All coefficients after a fit around the fixed ones, and the largest relative error.

    The weight vanishes at 0, where the error may or may not change its sign: which of the two
    alternations is the optimal one depends on the parity of the degree, so both are tried.
    """
    return min(
        (exchange(fixed, terms, centre, w) for w in (weight, lambda r: abs(weight(r)))), key=error
    )


def error(fitted: tuple[list[mpmath.mpf], mpmath.mpf]) -> mpmath.mpf:
    return fitted[1]


def exchange(
    fixed: list[mpmath.mpf],
    terms: int,
    centre: mpmath.mpf,
    weight: Callable[[mpmath.mpf], mpmath.mpf],
) -> tuple[list[mpmath.mpf], mpmath.mpf]:
    """One Remez exchange: see `remez`."""
    free = terms - len(fixed)
    edge = HALF_LN2 * MARGIN
    count = free + 1
    # Shifted off the centre: at r = 0 the weight is 0 and the system would be singular.
    shift = mpmath.mpf("0.03")
    nodes = [
        centre + edge * (shift - mpmath.cos(mpmath.pi * (2 * i + 1) / (2 * count))) / (1 + shift)
        for i in range(count)
    ]
    grid = [centre + edge * (2 * mpmath.mpf(i) / 2000 - 1) for i in range(2001)]
    values = [target(r) for r in grid]
    weights = [weight(r) for r in grid]
    for _ in range(30):
        rows, right = [], []
        for i, r in enumerate(nodes):
            known = mpmath.polyval(fixed[::-1], r) if fixed else mpmath.mpf(0)
            powers = [r ** (len(fixed) + k) for k in range(free)]
            rows.append([*powers, (-1) ** i / weight(r)])
            right.append(target(r) - known)
        solution = list(mpmath.lu_solve(mpmath.matrix(rows), mpmath.matrix(right)))
        coefficients, level = fixed + solution[:free], abs(solution[free])
        errors = [
            (mpmath.polyval(coefficients[::-1], r) - v) * w
            for r, v, w in zip(grid, values, weights, strict=True)
        ]
        extrema = alternating_extrema(grid, errors)
        largest = max(abs(e) for e in errors)
        if len(extrema) < count or largest <= level * mpmath.mpf("1.0001"):
            break
        while len(extrema) > count:
            drop_first = abs(extrema[0][1]) < abs(extrema[-1][1])
            extrema = extrema[1:] if drop_first else extrema[:-1]
        nodes = [r for r, _ in extrema]
    return coefficients, largest


def alternating_extrema(grid: list, errors: list) -> list[tuple]:
    """One point of largest error for each run of errors of one sign (0 itself has weight 0)."""
    found: list[tuple] = []
    for r, e in zip(grid, errors, strict=True):
        if e == 0:
            continue
        if found and (found[-1][1] > 0) == (e > 0):
            if abs(e) > abs(found[-1][1]):
                found[-1] = (r, e)
        else:
            found.append((r, e))
    return found


def fit(terms: int, rounder: type, centre: mpmath.mpf) -> tuple[list[float], mpmath.mpf]:
    fixed: list[mpmath.mpf] = []
    largest = mpmath.mpf(0)
    while len(fixed) < terms:
        coefficients, largest = remez(fixed, terms, centre)
        fixed.append(mpmath.mpf(float(rounder(float(coefficients[len(fixed)])))))
    return [float(c) for c in fixed], largest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--type", choices=sorted(ROUNDERS), default="float")
    parser.add_argument("--terms", type=int, default=5)
    parser.add_argument("--centre", type=mpmath.mpf, default=mpmath.mpf(0))
    options = parser.parse_args()
    coefficients, largest = fit(options.terms, ROUNDERS[options.type], options.centre)
    for degree, c in enumerate(coefficients):
        print(f"c{degree + 2} = {c.hex()}  {c!r}")
    print(
        f"largest relative error: {mpmath.nstr(largest, 5)} = 2^{float(mpmath.log(largest, 2)):.2f}"
    )


if __name__ == "__main__":
    main()
