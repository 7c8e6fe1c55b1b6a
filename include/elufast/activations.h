/* THE formulas: ELU, SELU, CELU and their derivatives, for float, double and (not on a GPU) long
 * double. elufast_elu_f32(x, alpha) and so on: the function, then the type. Compile them without
 * contraction (-ffp-contract=off) and without fast-math, and they give the bits of the ufuncs. */
#ifndef ELUFAST_ACTIVATIONS_H
#define ELUFAST_ACTIVATIONS_H

#include "elufast/config.h"
#include "elufast/expm1.h"
#include "elufast/real.h"

/* 1 where all parameters are from 2^-8 to 2^8, which need less; the bits are the same. */
#ifndef ELUFAST_ORDINARY
#define ELUFAST_ORDINARY 0
#endif

/* 1 where all grads are moderate: less than 2^65 in magnitude. The bits are the same. */
#ifndef ELUFAST_MODERATE
#define ELUFAST_MODERATE 0
#endif

/* For each type: where exp(x) - 1 has become -1; where exp(x) is 0 when rounded, and where it
 * counts as 0 exactly, with the n that this means; and the scaling by which celu keeps x / alpha
 * exact. */
#define ELUFAST_REAL float
#define ELUFAST_INT elufast_i32
#define ELUFAST_F(name) elufast_##name##_f32
#define ELUFAST_EXPM1_LOWEST (-17.5f)
#define ELUFAST_EXP_LOWEST (-103.97206f)
#define ELUFAST_ZERO_EXPONENT -150
#define ELUFAST_MORE 0
#define ELUFAST_MAY_BE_PLAIN 1
#define ELUFAST_MIN_EXPONENT -126
#define ELUFAST_MAX_EXPONENT 127
#define ELUFAST_LARGEST 3.40282346638528859811704183484516925e+38f
#define ELUFAST_QUOTIENT_LIMIT 240
#define ELUFAST_SMALL_ALPHA -60
#define ELUFAST_ALPHA_LIFT 96
#define ELUFAST_LARGE_ALPHA 120
#define ELUFAST_POWER_CAP 64
#include "elufast/activations.inc"

#define ELUFAST_REAL double
#define ELUFAST_INT elufast_i64
#define ELUFAST_F(name) elufast_##name##_f64
#define ELUFAST_EXPM1_LOWEST (-38.0)
#define ELUFAST_EXP_LOWEST (-745.1332191019)
#define ELUFAST_ZERO_EXPONENT -1075
#define ELUFAST_MORE 1
#define ELUFAST_MAY_BE_PLAIN 1
#define ELUFAST_MIN_EXPONENT -1022
#define ELUFAST_MAX_EXPONENT 1023
#define ELUFAST_LARGEST 1.79769313486231570814527423731704357e+308
#define ELUFAST_QUOTIENT_LIMIT 1536
#define ELUFAST_SMALL_ALPHA -500
#define ELUFAST_ALPHA_LIFT 768
#define ELUFAST_LARGE_ALPHA 1013
#define ELUFAST_POWER_CAP 512
#include "elufast/activations.inc"

#if !defined(ELUFAST_CUDA) && !ELUFAST_ORDINARY && !ELUFAST_MODERATE
#define ELUFAST_REAL long double
#define ELUFAST_INT elufast_i32
#define ELUFAST_F(name) elufast_##name##_ld
#define ELUFAST_EXPM1_LOWEST (-120.0L)
#define ELUFAST_EXP_LOWEST (0.69314718055L * ELUFAST_ZERO_EXPONENT)
#define ELUFAST_ZERO_EXPONENT (LDBL_MIN_EXP - LDBL_MANT_DIG - 1)
#define ELUFAST_MORE 0
#define ELUFAST_MAY_BE_PLAIN 0
#define ELUFAST_MIN_EXPONENT (LDBL_MIN_EXP - 1)
#define ELUFAST_MAX_EXPONENT (LDBL_MAX_EXP - 1)
#define ELUFAST_LARGEST LDBL_MAX
#define ELUFAST_QUOTIENT_LIMIT (LDBL_MAX_EXP * 3 / 2)
#define ELUFAST_SMALL_ALPHA (LDBL_MIN_EXP / 2)
#define ELUFAST_ALPHA_LIFT (LDBL_MAX_EXP * 3 / 4)
#define ELUFAST_LARGE_ALPHA (LDBL_MAX_EXP - 16)
#define ELUFAST_POWER_CAP (LDBL_MAX_EXP / 2)
#include "elufast/activations.inc"
#endif

#endif
