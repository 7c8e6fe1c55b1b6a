/* What the formulas need to know of a type beyond arithmetic: its limits, comparisons that are quiet
 * on NaN, clamps, and scaling by powers of two. float and double do it all in the integers: a
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
