/* exp(x) and exp(x) - 1, float and double: the one transcendental, without a branch and without a
 * flag that the result does not deserve. The argument is reduced here, exponential.inc makes both
 * of what comes of it, and a loop over them vectorises.
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

#include "elufast/one_float.inc"
#include "elufast/reduce_f32.inc"
#include "elufast/no_type.inc"

/* 2^n for -126 <= n <= 127. */
ELUFAST_FN float elufast_power_f32(elufast_i32 n) {
    return elufast_from_bits_f32((elufast_i32)((elufast_u32)(n + 127) << 23));
}

#include "elufast/one_double.inc"
#include "elufast/reduce_f64.inc"
#include "elufast/no_type.inc"

ELUFAST_FN double elufast_power_f64(elufast_i64 n) {
    return elufast_from_bits_f64((elufast_i64)((elufast_u64)(n + 1023) << 52));
}

#endif
