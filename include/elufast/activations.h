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

/* 1 where all operands of the backward passes are moderate: each grad less than 2^65 in magnitude,
 * each x more than -103 and not NaN. The bits are the same. */
#ifndef ELUFAST_MODERATE
#define ELUFAST_MODERATE 0
#endif

#include "elufast/one_float.inc"
#include "elufast/activations.inc"
#include "elufast/no_type.inc"

#include "elufast/one_double.inc"
#include "elufast/activations.inc"
#include "elufast/no_type.inc"

#if !defined(ELUFAST_CUDA) && !ELUFAST_ORDINARY && !ELUFAST_MODERATE
#define ELUFAST_NUMBER long double
#define ELUFAST_WHOLE elufast_i32
#define ELUFAST_N(name) elufast_##name##_ld
#define ELUFAST_REAL long double
#define ELUFAST_INT elufast_i32
#define ELUFAST_F ELUFAST_N
#define ELUFAST_PARAMETER ELUFAST_NUMBER
#define ELUFAST_EXPONENT ELUFAST_WHOLE
#define ELUFAST_P ELUFAST_N
#define ELUFAST_EXPM1_LOWEST (-120.0L)
#define ELUFAST_EXP_LOWEST (0.69314718055L * ELUFAST_ZERO_EXPONENT)
#define ELUFAST_ZERO_EXPONENT (LDBL_MIN_EXP - LDBL_MANT_DIG - 1)
#define ELUFAST_MORE 0
#define ELUFAST_MAY_BE_PLAIN 0
#define ELUFAST_GRAD_LIFT 0
#define ELUFAST_MIN_EXPONENT (LDBL_MIN_EXP - 1)
#define ELUFAST_MAX_EXPONENT (LDBL_MAX_EXP - 1)
#define ELUFAST_LARGEST LDBL_MAX
#define ELUFAST_QUOTIENT_LIMIT (LDBL_MAX_EXP * 3 / 2)
#define ELUFAST_SMALL_ALPHA (LDBL_MIN_EXP / 2)
#define ELUFAST_ALPHA_LIFT (LDBL_MAX_EXP * 3 / 4)
#define ELUFAST_LARGE_ALPHA (LDBL_MAX_EXP - 16)
#define ELUFAST_POWER_CAP (LDBL_MAX_EXP / 2)
#include "elufast/activations.inc"
#include "elufast/no_type.inc"
#endif

#endif
