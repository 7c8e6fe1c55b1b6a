/* The formulas over as many elements at once as a register of AVX-512 holds, from the text of the
 * scalar ones: elufast_elu_f32x16(x, alpha) and so on for parameters that are plain numbers, and
 * elufast_elu_f32x16_each for those that are lanes.
 *
 * Loops over the scalar formulas do their clamps and selects in the integers, for the sake of the
 * flags, and the compiler vectorises them as they stand. Here they are one operation each: a
 * maximum that raises no flag and lets NaN through, a multiplication by 2^n for which no multiplier
 * is needed. The results are the same, to the bit. */
#ifndef ELUFAST_LANES_H
#define ELUFAST_LANES_H

#include "_lane_operands.h"
#include "elufast/activations.h"

typedef int32_t elufast_i32x16 __attribute__((vector_size(64)));
typedef uint32_t elufast_u32x16 __attribute__((vector_size(64)));
typedef int64_t elufast_i64x8 __attribute__((vector_size(64)));
typedef uint64_t elufast_u64x8 __attribute__((vector_size(64)));

/* Parameters are numbers. */
#define ELUFAST_F(name) elufast_##name##_f32x16
#define ELUFAST_PARAMETER float
#define ELUFAST_EXPONENT elufast_i32
#define ELUFAST_P(name) elufast_##name##_f32
#define ELUFAST_PARAMETERS_FILE "_lanes_numbers.inc"
#include "_lanes_f32.inc"

#define ELUFAST_F(name) elufast_##name##_f64x8
#define ELUFAST_PARAMETER double
#define ELUFAST_EXPONENT elufast_i64
#define ELUFAST_P(name) elufast_##name##_f64
#define ELUFAST_PARAMETERS_FILE "_lanes_numbers.inc"
#include "_lanes_f64.inc"

/* They are lanes. */
#define ELUFAST_F(name) elufast_##name##_f32x16_each
#define ELUFAST_PARAMETER __m512
#define ELUFAST_EXPONENT __m512
#define ELUFAST_P ELUFAST_F
#define ELUFAST_PARAMETERS_FILE "_lanes_each.inc"
#include "_lanes_f32.inc"

#define ELUFAST_F(name) elufast_##name##_f64x8_each
#define ELUFAST_PARAMETER __m512d
#define ELUFAST_EXPONENT __m512d
#define ELUFAST_P ELUFAST_F
#define ELUFAST_PARAMETERS_FILE "_lanes_each.inc"
#include "_lanes_f64.inc"

#endif
