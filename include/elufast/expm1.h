/* exp(x) and exp(x) - 1, float and double: the one transcendental, without a branch and without a
 * flag that the result does not deserve. A loop over these functions vectorises.
 *
 * The argument is reduced once, x = n ln 2 + r with |r| <= ln(2) / 2, and kept in parts from which
 * both functions follow, so that whoever needs both pays for one polynomial:
 *
 *     expm1(r) = r + r^2 p(r) = w
 *     exp(x)     = 2^n (1 + w)
 *     exp(x) - 1 = 2^n w + (2^n - 1)
 *
 * What counts is the number of multiplications and fmas: they, and not additions or integer
 * operations, keep the units of today's processors busy to the last cycle.
 *
 * The caller clamps x: |x| <= 384 for float and 2944 for double are enough for every result that is
 * not 0, -1 or inf. */
#ifndef ELUFAST_EXPM1_H
#define ELUFAST_EXPM1_H

#include "elufast/config.h"

/* All bits where the condition holds. A select made of such masks is done by the compiler as it
 * stands. Written with ?:, the operation that it protects may be moved into a branch or (with
 * -fno-trapping-math) out of it, which costs the vectorisation or raises flags for nothing. */
ELUFAST_FN elufast_i32 elufast_mask_f32(int condition) { return -(elufast_i32)(condition != 0); }
ELUFAST_FN elufast_i64 elufast_mask_f64(int condition) { return -(elufast_i64)(condition != 0); }

ELUFAST_FN float elufast_zero_unless_f32(int condition, float x) {
    return elufast_from_bits_f32(elufast_bits_f32(x) & elufast_mask_f32(condition));
}
ELUFAST_FN double elufast_zero_unless_f64(int condition, double x) {
    return elufast_from_bits_f64(elufast_bits_f64(x) & elufast_mask_f64(condition));
}

/* r, r^2, p(r) and n as above. `exponent` is n + lift, for the lift that `reduce` was given, where
 * a float has its exponent: added to the bits of a number it multiplies by 2^(n + lift). */
typedef struct {
    float r, rr, p;
    elufast_i32 n, exponent;
} elufast_parts_f32;

/* Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits. ln 2 goes in two parts, the
 * first so short that n times it is exact. The polynomial (benchmarks/minimax.py --type float
 * --terms 5 --polish) is within 2^-26 of expm1(r), relative to it; c3 and c4 are 3 and 8 units
 * below what that gives, for there the roundings meet better (expm1: 0.93 ULP, not 0.95). Two pairs
 * of terms side by side: Horner's one chain is as many operations, but it is what 8 elements at a
 * time wait for. The largest term comes in last, so that it is rounded once. */
ELUFAST_FN elufast_parts_f32 elufast_reduce_f32(float x, elufast_i32 lift) {
    const float magic = 12582912.0f + (float)lift;
    elufast_parts_f32 parts;
    float t = elufast_muladd_f32(x, 0x1.715476p+0f, magic);
    float n = t - magic;
    float r = elufast_muladd_f32(n, -0x1.62e000p-1f, x);
    r = elufast_muladd_f32(n, -0x1.0bfbe8p-15f, r);
    float rr = r * r;
    float low = elufast_muladd_f32(0x1.55578ep-5f, r, 0x1.5554a4p-3f);
    float high = elufast_muladd_f32(0x1.6ab0acp-10f, r, 0x1.122c7ap-7f);
    parts.p = elufast_muladd_f32(elufast_muladd_f32(high, rr, low), r, 0x1.fffffep-2f);
    parts.r = r;
    parts.rr = rr;
    parts.n = elufast_bits_f32(t) - elufast_bits_f32(magic);
    parts.exponent = (elufast_i32)((elufast_u32)elufast_bits_f32(t) << 23);
    return parts;
}

/* 2^n for -126 <= n <= 127. */
ELUFAST_FN float elufast_power_f32(elufast_i32 n) {
    return elufast_from_bits_f32((elufast_i32)((elufast_u32)(n + 127) << 23));
}

typedef struct {
    double r, rr, p;
    elufast_i64 n, exponent;
} elufast_parts_f64;

/* As above with 1.5 * 2^52, and -0.444 < r < 0.25: near x = -0.4, where exp(x) - 1 has fewer digits
 * than w, n stays 0 and r exact. The polynomial (benchmarks/minimax.py --type double --terms 11
 * --centre -0.097) is within 2^-58. Two half-length Horner chains side by side: one alone would be
 * bound by its latency. */
ELUFAST_FN elufast_parts_f64 elufast_reduce_f64(double x, elufast_i64 lift) {
    const double magic = 6755399441055744.0 + (double)lift;
    elufast_parts_f64 parts;
    double t = elufast_muladd_f64(x + 0.097, 0x1.71547652b82fep+0, magic);
    double n = t - magic;
    double r = elufast_muladd_f64(n, -0x1.62e42feep-1, x);
    r = elufast_muladd_f64(n, -0x1.a39ef35793c76p-33, r);
    double rr = r * r;
    double even = elufast_muladd_f64(0x1.ffe8f95a0723ep-30, rr, 0x1.27e8c22e29ec0p-22);
    double odd = elufast_muladd_f64(0x1.acdeae5b9e38ep-26, rr, 0x1.71debb55700d6p-19);
    even = elufast_muladd_f64(even, rr, 0x1.a01a02b3a518bp-16);
    odd = elufast_muladd_f64(odd, rr, 0x1.a01a0185aa314p-13);
    even = elufast_muladd_f64(even, rr, 0x1.6c16c16bb980ap-10);
    odd = elufast_muladd_f64(odd, rr, 0x1.1111111113294p-7);
    even = elufast_muladd_f64(even, rr, 0x1.5555555555617p-5);
    odd = elufast_muladd_f64(odd, rr, 0x1.5555555555552p-3);
    even = elufast_muladd_f64(even, rr, 0.5);
    parts.p = elufast_muladd_f64(odd, r, even);
    parts.r = r;
    parts.rr = rr;
    parts.n = elufast_bits_f64(t) - elufast_bits_f64(magic);
    parts.exponent = (elufast_i64)((elufast_u64)elufast_bits_f64(t) << 52);
    return parts;
}

ELUFAST_FN double elufast_power_f64(elufast_i64 n) {
    return elufast_from_bits_f64((elufast_i64)((elufast_u64)(n + 1023) << 52));
}

#endif
