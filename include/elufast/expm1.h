/* exp(x) and exp(x) - 1, float and double: the one transcendental, without a branch and without a
 * flag that the result does not deserve. A loop over these functions vectorises.
 *
 * The argument is reduced once, x = n ln 2 + r + low with |r| <= ln(2) / 2, and kept in parts from
 * which both functions follow, so that whoever needs both pays for one polynomial:
 *
 *     exp(x)     = 2^n (1 + w),    w = expm1(r + low) = r + q
 *     exp(x) - 1 = 2^n w + (2^n - 1)
 *
 * Both come as an unevaluated sum high + low, in which high is the rounded result: a product with
 * it then costs one rounding and not two. Who does not use `low` does not pay for it.
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

typedef struct {
    float high, low;
} elufast_sum_f32;

typedef struct {
    float r, q;     /* expm1(r) = r + q */
    float w, w_low; /* the same rounded, and what that left */
    float low;      /* what r lacks: n ln 2 was subtracted as n fl(ln 2); or what the caller adds */
    float power;    /* 2^n, where n >= -126 */
    elufast_i32 n;
} elufast_parts_f32;

/* Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits; with 127 more, those bits
 * are the exponent field of 2^n. The polynomial (benchmarks/minimax.py --type float --terms 5) is
 * within 2^-26 of expm1(r), relative to it. */
ELUFAST_FN elufast_parts_f32 elufast_reduce_f32(float x) {
    const float magic = 12582912.0f + 127.0f;
    elufast_parts_f32 parts;
    float t = elufast_muladd_f32(x, 0x1.715476p+0f, magic);
    float n = t - magic;
    float r = elufast_fma_f32(n, -0x1.62e430p-1f, x);
    float rr = r * r;
    float p = elufast_muladd_f32(0x1.6ab0acp-10f, r, 0x1.122c7ap-7f);
    p = elufast_muladd_f32(p, r, 0x1.55579ep-5f);
    p = elufast_muladd_f32(p, r, 0x1.5554aap-3f);
    p = elufast_muladd_f32(p, r, 0x1.fffffep-2f);
    parts.r = r;
    parts.q = rr * p;
    parts.w = elufast_muladd_f32(rr, p, r);
    parts.w_low = elufast_muladd_f32(rr, p, r - parts.w);
    parts.low = n * 0x1.05c610p-29f;
    parts.n = elufast_bits_f32(t) - elufast_bits_f32(magic);
    parts.power = elufast_from_bits_f32((elufast_i32)((elufast_u32)elufast_bits_f32(t) << 23));
    return parts;
}

/* 2^n w + (2^n - 1), for a power that the caller may have limited; parts.low is too small to be
 * seen here. high: at most 1 ULP; the sum: 0.7. The rounding of w enters the sum where it is all of
 * it (n = 0), and must not elsewhere: high has to be the sum rounded, so that a product with 1
 * gives the same bits as high alone. */
ELUFAST_FN elufast_sum_f32 elufast_expm1_from_f32(elufast_parts_f32 parts, float power) {
    float power_less_1 = power - 1.0f;
    elufast_sum_f32 v;
    v.high = elufast_muladd_f32(power, parts.w, power_less_1);
    v.low = elufast_muladd_f32(power, parts.w, power_less_1 - v.high);
    v.low = v.low + elufast_zero_unless_f32(parts.n == 0, parts.w_low);
    return v;
}

/* What expm1_from leaves out, to be multiplied by exp(x): nothing that shows for x < 0. */
ELUFAST_FN float elufast_expm1_missing_f32(elufast_parts_f32 parts) {
    return elufast_zero_unless_f32(parts.n > 0, parts.low);
}

/* 2^n for -126 <= n <= 127. */
ELUFAST_FN float elufast_power_f32(elufast_i32 n) {
    return elufast_from_bits_f32((elufast_i32)((elufast_u32)(n + 127) << 23));
}

typedef struct {
    double high, low;
} elufast_sum_f64;

typedef struct {
    double r, q, low, power;
    elufast_i64 n;
} elufast_parts_f64;

/* As above with 1.5 * 2^52 and 1023; the polynomial (benchmarks/minimax.py --type double --terms
 * 11) is within 2^-55. Two half-length Horner chains side by side: one alone would be bound by its
 * latency. Without fma, ln 2 goes in two parts, the first so short that n times it is exact. */
ELUFAST_FN elufast_parts_f64 elufast_reduce_f64(double x) {
    const double magic = 6755399441055744.0 + 1023.0;
    elufast_parts_f64 parts;
    double t = elufast_muladd_f64(x, 0x1.71547652b82fep+0, magic);
    double n = t - magic;
#if ELUFAST_HAVE_FMA
    double r = elufast_fma_f64(n, -0x1.62e42fefa39efp-1, x);
    parts.low = n * -0x1.abc9e3b39803fp-56;
#else
    double r = (x - n * 0x1.62e42feep-1) - n * 0x1.a39ef35793c76p-33;
    parts.low = 0.0;
#endif
    double rr = r * r;
    double even = elufast_muladd_f64(0x1.1fc1d518b5d09p-29, rr, 0x1.27e4d5a5c6be3p-22);
    double odd = elufast_muladd_f64(0x1.af63b02030ce8p-26, rr, 0x1.71ddf70989123p-19);
    even = elufast_muladd_f64(even, rr, 0x1.a01a01a4e18efp-16);
    odd = elufast_muladd_f64(odd, rr, 0x1.a01a01b052195p-13);
    even = elufast_muladd_f64(even, rr, 0x1.6c16c16c174b9p-10);
    odd = elufast_muladd_f64(odd, rr, 0x1.111111110f5e1p-7);
    even = elufast_muladd_f64(even, rr, 0x1.5555555555552p-5);
    odd = elufast_muladd_f64(odd, rr, 0x1.5555555555559p-3);
    even = elufast_muladd_f64(even, rr, 0.5);
    parts.r = r;
    parts.q = elufast_muladd_f64(odd, r, even) * rr;
    parts.n = elufast_bits_f64(t) - elufast_bits_f64(magic);
    parts.power = elufast_from_bits_f64((elufast_i64)((elufast_u64)elufast_bits_f64(t) << 52));
    return parts;
}

/* 2^n r + (2^n - 1) is split into its rounded sum and the error of that (2^n r is exact), so that
 * one rounding is left. high: at most 0.8 ULP. */
ELUFAST_FN elufast_sum_f64 elufast_expm1_from_f64(elufast_parts_f64 parts, double power) {
    double power_less_1 = power - 1.0;
    double sum = elufast_muladd_f64(power, parts.r, power_less_1);
    double error = elufast_muladd_f64(power, parts.r, power_less_1 - sum);
    double q = elufast_muladd_f64(parts.low, 1.0 + (parts.r + parts.q), parts.q);
    double tail = elufast_muladd_f64(power, q, error);
    elufast_sum_f64 v;
    v.high = sum + tail;
    v.low = tail - (v.high - sum);
    return v;
}

ELUFAST_FN double elufast_expm1_missing_f64(elufast_parts_f64 parts) {
    (void)parts;
    return 0.0;
}

ELUFAST_FN double elufast_power_f64(elufast_i64 n) {
    return elufast_from_bits_f64((elufast_i64)((elufast_u64)(n + 1023) << 52));
}

#endif
