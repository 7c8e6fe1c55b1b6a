/* The helpers of real.h and the reduction of expm1.h for long double, whatever its format is. The
 * loops over it stay scalar, so libm may do the work. */
#ifndef ELUFAST_REAL_LD_H
#define ELUFAST_REAL_LD_H

#include "elufast/config.h"

typedef struct {
    long double w; /* expm1(r) */
    elufast_i32 n;
} elufast_parts_ld;

typedef struct {
    long double high, low;
} elufast_sum_ld;
ELUFAST_FN long double elufast_added_ld(elufast_sum_ld s) { return s.high + s.low; }
ELUFAST_FN long double elufast_added_to_odd_ld(elufast_sum_ld s) { return s.high + s.low; }

/* ln 2 in two parts; the first has 33 bits, so that n times it is exact in every format. libm's
 * powers of two reach into the subnormal numbers: there is nothing to lift. */
ELUFAST_FN elufast_parts_ld elufast_reduce_to_n_ld(long double x) {
    elufast_parts_ld parts;
    long double n = rintl(x * 1.442695040888963407359924681001892137L);
    long double r = x - n * 0.693147180369123816490173339843750L;
    r -= n * 1.90821492927058781614426568482072e-10L;
    parts.w = expm1l(r);
    parts.n = isnan(n) ? 0 : (elufast_i32)n;
    return parts;
}
ELUFAST_FN elufast_parts_ld elufast_reduce_to_power_ld(long double x) {
    return elufast_reduce_to_n_ld(x);
}
ELUFAST_FN elufast_parts_ld elufast_reduce_to_lifted_n_ld(long double x) {
    return elufast_reduce_to_n_ld(x);
}
ELUFAST_FN elufast_parts_ld elufast_reduce_to_lifted_power_ld(long double x, elufast_i32 more) {
    (void)more;
    return elufast_reduce_to_n_ld(x);
}
ELUFAST_FN long double elufast_power_of_ld(elufast_parts_ld parts) { return ldexpl(1.0L, parts.n); }
ELUFAST_FN long double elufast_lowered_ld(long double x, elufast_i32 more) {
    (void)more;
    return x;
}
ELUFAST_FN long double elufast_scale_down_ld(long double v, elufast_parts_ld parts) {
    return ldexpl(v, parts.n);
}

/* Both parts positive, as in real.inc. */
ELUFAST_FN elufast_sum_ld elufast_exp_significand_ld(elufast_parts_ld parts) {
    elufast_sum_ld e = {0.5L, 0.5L + parts.w};
    return e;
}

ELUFAST_FN long double elufast_expm1_from_ld(elufast_parts_ld parts, long double power) {
    return parts.n == 0 ? parts.w : power * parts.w + (power - 1.0L);
}
ELUFAST_FN elufast_sum_ld elufast_expm1_sum_ld(elufast_parts_ld parts, long double power) {
    elufast_sum_ld v;
    v.high = elufast_expm1_from_ld(parts, power);
    v.low = parts.n == 0 ? 0.0L : power * parts.w + (power - 1.0L - v.high);
    return v;
}

ELUFAST_FN long double elufast_power_ld(elufast_i32 n) { return ldexpl(1.0L, n); }
ELUFAST_FN long double elufast_exact_fma_ld(long double a, long double b, long double c) {
    return fmal(a, b, c);
}
/* Without the exact product a chain of products costs half a ULP for each, as in libm. */
ELUFAST_FN long double elufast_fma_ld(long double a, long double b, long double c) {
    return a * b + c;
}
ELUFAST_FN long double elufast_muladd_ld(long double a, long double b, long double c) {
    return a * b + c;
}
/* Volatile keeps the select in front of the operation that it protects: see elufast_mask_f32 in
 * expm1.h. */
ELUFAST_FN long double elufast_select_ld(int condition, long double yes, long double no) {
    volatile long double chosen = condition ? yes : no;
    return chosen;
}
ELUFAST_FN long double elufast_zero_unless_ld(int condition, long double x) {
    return elufast_select_ld(condition, x, 0.0L);
}
ELUFAST_FN long double elufast_either_ld(long double a, long double b) {
    return a == 0.0L && !signbit(a) ? b : a;
}
ELUFAST_FN long double elufast_finite_or_0_ld(long double x) {
    return elufast_select_ld(isfinite(x), x, 0.0L);
}
ELUFAST_FN long double elufast_number_ld(long double v) { return v; }
typedef int elufast_truth_ld;
ELUFAST_FN int elufast_not_ld(int condition) { return !condition; }
ELUFAST_FN int elufast_everywhere_ld(int condition) { return condition; }
ELUFAST_FN int elufast_is_nan_ld(long double x) { return isnan(x); }
ELUFAST_FN int elufast_is_nonpositive_ld(long double x) { return islessequal(x, 0.0L); }
ELUFAST_FN int elufast_is_positive_ld(long double x) { return isgreater(x, 0.0L); }
ELUFAST_FN long double elufast_nonpositive_part_ld(long double x) {
    return elufast_zero_unless_ld(!elufast_is_positive_ld(x), x);
}
ELUFAST_FN int elufast_is_negative_ld(long double x) { return isless(x, 0.0L); }
/* Without -0, which spares nothing here: what it chooses between is -0 there in any case. */
ELUFAST_FN int elufast_is_negative_or_minus_0_ld(long double x) { return isless(x, 0.0L); }
ELUFAST_FN int elufast_is_zero_ld(long double x) { return x == 0.0L; }
ELUFAST_FN elufast_i32 elufast_mask_ld(int condition) { return -(elufast_i32)(condition != 0); }
ELUFAST_FN long double elufast_neutral_if_0_ld(long double x) { return x == 0.0L ? -0.0L : x; }
ELUFAST_FN int elufast_is_large_ld(long double x) { return !isless(fabsl(x), 0x1p60L); }
ELUFAST_FN int elufast_is_finite_ld(long double x) { return isfinite(x); }
ELUFAST_FN int elufast_is_minus_infinity_ld(long double x) { return isinf(x) && signbit(x); }
ELUFAST_FN long double elufast_magnitude_ld(long double x) { return fabsl(x); }

ELUFAST_FN long double elufast_clamp_nonpositive_ld(long double x, long double lowest) {
    if (isless(x, lowest)) return lowest;
    return islessequal(x, 0.0L) ? x : 0.0L;
}
ELUFAST_FN long double elufast_clamp_negative_ld(long double x, long double lowest) {
    return elufast_clamp_nonpositive_ld(x, lowest);
}
ELUFAST_FN long double elufast_clamp_or_0_ld(long double x, long double lowest) {
    return elufast_zero_unless_ld(elufast_is_negative_ld(x), elufast_clamp_negative_ld(x, lowest));
}
ELUFAST_FN elufast_i32 elufast_clamp_exponent_ld(elufast_i32 n, elufast_i32 low, elufast_i32 high) {
    return n < low ? low : n > high ? high : n;
}
ELUFAST_FN long double elufast_scale_by_power_ld(long double x, elufast_i32 n) {
    return ldexpl(x, n);
}

typedef struct {
    long double significand, special;
    elufast_i32 n;
} elufast_scaled_ld;

ELUFAST_FN elufast_scaled_ld elufast_normalise_ld(long double x) {
    elufast_scaled_ld result = {x, 1.0L, 0};
    if (!isfinite(x)) {
        result.significand = 1.0L;
        result.special = x;
    } else if (x != 0.0L) {
        int n;
        result.significand = 2.0L * frexpl(x, &n);
        result.n = n - 1;
    }
    return result;
}

ELUFAST_FN elufast_i32 elufast_exponent_of_normal_ld(long double x) {
    return elufast_normalise_ld(x).n;
}

ELUFAST_FN long double elufast_invalid_where_ld(int is_wrong) {
    volatile long double x = is_wrong ? HUGE_VALL : 0.0L;
    return x - x;
}

#endif
