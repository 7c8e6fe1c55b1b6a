/* What the formulas need to know of a type beyond arithmetic: its limits, comparisons that are
 * quiet on NaN, clamps, and scaling by powers of two. float and double do it all in the integers: a
 * compiler turns that into min, max and blend, and it can raise no flag. */
#ifndef ELUFAST_REAL_H
#define ELUFAST_REAL_H

#include "elufast/config.h"
#include "elufast/expm1.h"

/* The bits of a negative number, and 0 for the others: of 64 bits a minimum is slow. */
ELUFAST_FN elufast_i32 elufast_if_negative_f32(elufast_i32 bits) { return bits < 0 ? bits : 0; }
ELUFAST_FN elufast_i64 elufast_if_negative_f64(elufast_i64 bits) { return bits & (bits >> 63); }

#define ELUFAST_REAL float
#define ELUFAST_INT elufast_i32
#define ELUFAST_UINT elufast_u32
#define ELUFAST_F(name) elufast_##name##_f32
#define ELUFAST_SIGNIFICAND_BITS 23
#define ELUFAST_MAX_EXPONENT 127
#define ELUFAST_SHORTAGE 0x1p-12f
#include "elufast/real.inc"
#undef ELUFAST_REAL
#undef ELUFAST_INT
#undef ELUFAST_UINT
#undef ELUFAST_F
#undef ELUFAST_SIGNIFICAND_BITS
#undef ELUFAST_MAX_EXPONENT
#undef ELUFAST_SHORTAGE

#define ELUFAST_REAL double
#define ELUFAST_INT elufast_i64
#define ELUFAST_UINT elufast_u64
#define ELUFAST_F(name) elufast_##name##_f64
#define ELUFAST_SIGNIFICAND_BITS 52
#define ELUFAST_MAX_EXPONENT 1023
#define ELUFAST_SHORTAGE 0x1p-32
#include "elufast/real.inc"
#undef ELUFAST_REAL
#undef ELUFAST_INT
#undef ELUFAST_UINT
#undef ELUFAST_F
#undef ELUFAST_SIGNIFICAND_BITS
#undef ELUFAST_MAX_EXPONENT
#undef ELUFAST_SHORTAGE

#ifndef ELUFAST_CUDA
#include "elufast/real_ld.h"
#endif

#endif
