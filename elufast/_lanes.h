/* The formulas over as many elements at once as an AVX-512 register holds, for parameters that are
 * plain numbers: elufast_elu_f32x16(x, alpha) and so on, from the text of the scalar ones.
 *
 * Loops over the scalar formulas do their clamps and selects in the integers, for the sake of the
 * flags, and the compiler vectorises them as they stand. Here they are one operation each: a
 * maximum that raises no flag and lets NaN through, a multiplication by 2^n for which no multiplier
 * is needed. The results are the same, to the bit. */
#ifndef ELUFAST_LANES_H
#define ELUFAST_LANES_H

#include <immintrin.h>

#include "elufast/activations.h"

typedef int32_t elufast_i32x16 __attribute__((vector_size(64)));
typedef uint32_t elufast_u32x16 __attribute__((vector_size(64)));
typedef int64_t elufast_i64x8 __attribute__((vector_size(64)));
typedef uint64_t elufast_u64x8 __attribute__((vector_size(64)));

/* An operand of the formulas' text, lanes or a number, as lanes. */
#define ELUFAST_LANES_f32x16(v) \
    _Generic((v), __m512: elufast_as_it_is_f32x16, default: elufast_number_f32x16)(v)
#define ELUFAST_LANES_f64x8(v) \
    _Generic((v), __m512d: elufast_as_it_is_f64x8, default: elufast_number_f64x8)(v)

#define elufast_muladd_f32x16(a, b, c) \
    elufast_fused_f32x16(ELUFAST_LANES_f32x16(a), ELUFAST_LANES_f32x16(b), ELUFAST_LANES_f32x16(c))
#define elufast_muladd_f64x8(a, b, c) \
    elufast_fused_f64x8(ELUFAST_LANES_f64x8(a), ELUFAST_LANES_f64x8(b), ELUFAST_LANES_f64x8(c))
#define elufast_fma_f32x16 elufast_muladd_f32x16
#define elufast_fma_f64x8 elufast_muladd_f64x8
#define elufast_exact_fma_f32x16 elufast_muladd_f32x16
#define elufast_exact_fma_f64x8 elufast_muladd_f64x8
#define elufast_select_f32x16(truth, yes, no) \
    elufast_chosen_f32x16(truth, ELUFAST_LANES_f32x16(yes), ELUFAST_LANES_f32x16(no))
#define elufast_select_f64x8(truth, yes, no) \
    elufast_chosen_f64x8(truth, ELUFAST_LANES_f64x8(yes), ELUFAST_LANES_f64x8(no))

#include "elufast/float.inc"
#define ELUFAST_REAL __m512
#define ELUFAST_INT elufast_i32x16
#define ELUFAST_UINT elufast_u32x16
#define ELUFAST_F(name) elufast_##name##_f32x16
#define ELUFAST_TRUTH __mmask16
#define ELUFAST_MM(operation) _mm512_##operation##_ps
#define ELUFAST_COMPARE _mm512_cmp_ps_mask
#define ELUFAST_IS_MORE _mm512_cmpgt_epi32_mask
#define ELUFAST_REDUCE "elufast/reduce_f32.inc"
#include "_lanes.inc"

#include "elufast/double.inc"
#define ELUFAST_REAL __m512d
#define ELUFAST_INT elufast_i64x8
#define ELUFAST_UINT elufast_u64x8
#define ELUFAST_F(name) elufast_##name##_f64x8
#define ELUFAST_TRUTH __mmask8
#define ELUFAST_MM(operation) _mm512_##operation##_pd
#define ELUFAST_COMPARE _mm512_cmp_pd_mask
#define ELUFAST_IS_MORE _mm512_cmpgt_epi64_mask
#define ELUFAST_REDUCE "elufast/reduce_f64.inc"
#include "_lanes.inc"

#endif
