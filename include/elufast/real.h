/* What the formulas need to know of a type beyond arithmetic: its limits, comparisons that are
 * quiet on NaN, clamps, and scaling by powers of two. float and double do it all in the integers: a
 * compiler turns that into min, max and blend, and it can raise no flag. */
#ifndef ELUFAST_REAL_H
#define ELUFAST_REAL_H

#include "elufast/config.h"
#include "elufast/expm1.h"

/* The bits of max(x, lowest) from those of x <= 0 and lowest < 0; 0 where x > 0. */
ELUFAST_FN elufast_i32 elufast_clamped_bits_f32(elufast_i32 bits, elufast_i32 lowest) {
    bits = bits < 0 ? bits : 0;
    return (elufast_u32)bits < (elufast_u32)lowest ? bits : lowest;
}
/* Without a minimum, which of 64 bits takes a multiplier's place on AVX-512, and is none on AVX2.
 */
ELUFAST_FN elufast_i64 elufast_clamped_bits_f64(elufast_i64 bits, elufast_i64 lowest) {
    elufast_i64 above = (elufast_i64)((elufast_u64)bits - (elufast_u64)lowest);
    elufast_u64 clamped = (elufast_u64)lowest + (elufast_u64)(above & (above >> 63));
    return (elufast_i64)clamped & (bits >> 63);
}

#include "elufast/one_float.inc"
#include "elufast/real.inc"
#include "elufast/no_type.inc"

#include "elufast/one_double.inc"
#include "elufast/real.inc"
#include "elufast/no_type.inc"

#ifndef ELUFAST_CUDA
#include "elufast/real_ld.h"
#endif

#endif
