"""Where the polynomial coefficients of ``include/elufast/reduce_*.inc`` come from.

expm1(r) = r + r**2 * p(r) on an interval of length ln(2), with p the polynomial that minimises the
largest error relative to expm1(r) (Remez exchange in 60 digits). Coefficients are rounded to the
type one after the other, lowest degree first, and the rest is fitted anew around what is fixed
already, so that the rounding of one is made good by the others. With ``--polish``, neighbours of
float's c3 and c4 are tried in the arithmetic of the header: where its roundings meet best.

    python benchmarks/minimax.py --type float --terms 5 --polish
    python benchmarks/minimax.py --type double --terms 11 --centre -0.097
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

Array = np.ndarray[Any, Any]

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


# As in the header: 1 / ln 2, and ln 2 in two parts.
INVERSE, HIGH, LOW = map(float.fromhex, ("0x1.715476p+0", "0x1.62e000p-1", "0x1.0bfbe8p-15"))
# Units by which c3 and c4 are moved down.
MOVES = [(c3, c4) for c3 in range(-2, 9) for c4 in range(-4, 13)]
# The header's; within 0.002 ULP of the best that was found.
CHOSEN = (3, 8)
# Of so many numbers one is tried, and all of them with the best of these moves.
STRIDE, BEST, AT_ONCE = 13, 8, 400_000


def fma(a: Array, b: Array | float, c: Array | float) -> Array:
    """In float32 by way of float64, which is rounded twice once in 2^29."""
    return (a.astype(np.float64) * b + c).astype(np.float32)


def expm1_errors(x: Array, coefficients: list[float], moves: list[tuple[int, int]]) -> Array:
    """Return the largest error, in ULP, with each of the moves, in the header's arithmetic."""
    c2, c3, c4, c5, c6 = np.float32(coefficients)
    magic = np.float32(1.5 * 2**23)
    n = fma(x, INVERSE, magic) - magic
    r = fma(n, -LOW, fma(n, -HIGH, x))
    rr, power, high = r * r, np.exp2(n), fma(r, c6, c5)
    exact = np.expm1(x.astype(np.float64))
    unit = np.spacing(np.abs(exact).astype(np.float32)).astype(np.float64)
    found = []
    for down3, down4 in moves:
        low = fma(r, c4 - down4 * np.spacing(c4), c3 - down3 * np.spacing(c3))
        p = fma(fma(high, rr, low), r, c2)
        result = fma(-power, fma(-rr, p, -r), -(1 - power))
        found.append(np.max(np.abs(result - exact) / unit))
    return np.array(found)


def polish(coefficients: list[float]) -> None:
    """Print which neighbours of c3 and c4 make the largest error of expm1 the smallest."""

    def over(stride: int, moves: list[tuple[int, int]]) -> list[tuple[float, tuple[int, int]]]:
        first, last = np.float32([-(2.0**-6), -17.0]).view(np.int32)
        x = np.arange(first, last, stride, dtype=np.int32).view(np.float32)
        parts = np.array_split(x, x.size // AT_ONCE + 1)
        largest = np.max([expm1_errors(part, coefficients, moves) for part in parts], axis=0)
        return sorted(zip(largest, moves, strict=True))

    best = [move for _, move in over(STRIDE, MOVES)[:BEST]]
    for largest, (down3, down4) in over(1, list(dict.fromkeys([(0, 0), CHOSEN, *best]))):
        print(
            f"c3 {down3:2} and c4 {down4:2} units down: {largest:.4f} ULP, of all from -17 to -2^-6"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--type", choices=sorted(ROUNDERS), default="float")
    parser.add_argument("--terms", type=int, default=5)
    parser.add_argument("--centre", type=mpmath.mpf, default=mpmath.mpf(0))
    parser.add_argument("--polish", action="store_true", help="float with 5 terms alone")
    options = parser.parse_args()
    if options.polish and (options.type, options.terms) != ("float", 5):
        parser.error("--polish is for --type float --terms 5")
    coefficients, largest = fit(options.terms, ROUNDERS[options.type], options.centre)
    for degree, c in enumerate(coefficients):
        print(f"c{degree + 2} = {c.hex()}  {c!r}")
    print(
        f"largest relative error: {mpmath.nstr(largest, 5)} = 2^{float(mpmath.log(largest, 2)):.2f}"
    )
    if options.polish:
        polish(coefficients)


if __name__ == "__main__":
    main()
