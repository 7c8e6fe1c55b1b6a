/* What the formulas need to know of a type beyond arithmetic: its limits, comparisons that are
 * quiet on NaN, clamps, and scaling by powers of two. float and double do it all in the integers: a
 * compiler turns that into min, max and blend, and it can raise no flag. */
#ifndef ELUFAST_REAL_H
#define ELUFAST_REAL_H

#include "elufast/config.h"
#include "elufast/expm1.h"

#define ELUFAST_REAL float
#define ELUFAST_INT elufast_i32
#define ELUFAST_UINT elufast_u32
#define ELUFAST_F(name) elufast_##name##_f32
#define ELUFAST_SIGNIFICAND_BITS 23
#define ELUFAST_MAX_EXPONENT 127
#include "elufast/real.inc"
#undef ELUFAST_REAL
#undef ELUFAST_INT
#undef ELUFAST_UINT
#undef ELUFAST_F
#undef ELUFAST_SIGNIFICAND_BITS
#undef ELUFAST_MAX_EXPONENT

/* The sum truncated, with the last bit set if anything was cut off: rounded again to fewer bits it
 * gives what the exact sum would have given. */
ELUFAST_FN float elufast_round_to_odd_f32(elufast_sum_f32 s) {
    elufast_i32 bits = elufast_bits_f32(s.high), low = elufast_bits_f32(s.low);
    elufast_i32 is_even = (bits & 1) - 1, is_inexact = elufast_mask_f32((low & 0x7FFFFFFF) > 0);
    elufast_i32 is_nonzero = elufast_mask_f32((bits & 0x7FFFFFFF) > 0);
    elufast_i32 is_finite = elufast_mask_f32((bits & 0x7FFFFFFF) < 0x7F800000);
    /* Away from 0 where both parts have one sign, else towards 0. */
    elufast_i32 step = 1 | ((bits ^ low) >> 31);
    return elufast_from_bits_f32(bits + (step & is_even & is_inexact & is_nonzero & is_finite));
}

#define ELUFAST_REAL double
#define ELUFAST_INT elufast_i64
#define ELUFAST_UINT elufast_u64
#define ELUFAST_F(name) elufast_##name##_f64
#define ELUFAST_SIGNIFICAND_BITS 52
#define ELUFAST_MAX_EXPONENT 1023
#include "elufast/real.inc"
#undef ELUFAST_REAL
#undef ELUFAST_INT
#undef ELUFAST_UINT
#undef ELUFAST_F
#undef ELUFAST_SIGNIFICAND_BITS
#undef ELUFAST_MAX_EXPONENT

#ifndef ELUFAST_CUDA
#include "elufast/real_ld.h"
#endif

#endif
