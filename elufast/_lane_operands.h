/* The operations of the formulas' text that take lanes and numbers as they come. */
#ifndef ELUFAST_LANE_OPERANDS_H
#define ELUFAST_LANE_OPERANDS_H

#include <immintrin.h>

#include "elufast/config.h"

#define ELUFAST_TO_LANES(name, type, number, set1)                \
    ELUFAST_FN type elufast_as_it_is_##name(type v) { return v; } \
    ELUFAST_FN type elufast_all_##name(number v) { return set1(v); }

/* 16 floats or 8 doubles: macros, for the types of what they take vary, and no macro can make them.
 */
ELUFAST_TO_LANES(f32x16, __m512, float, _mm512_set1_ps)
#define ELUFAST_LANES_f32x16(v) \
    _Generic((v), __m512: elufast_as_it_is_f32x16, default: elufast_all_f32x16)(v)
#define elufast_fused_f32x16(a, b, c) \
    _mm512_fmadd_ps(ELUFAST_LANES_f32x16(a), ELUFAST_LANES_f32x16(b), ELUFAST_LANES_f32x16(c))
#define elufast_select_f32x16(truth, yes, no) \
    _mm512_mask_mov_ps(ELUFAST_LANES_f32x16(no), truth, ELUFAST_LANES_f32x16(yes))
#define elufast_number_f32x16 ELUFAST_LANES_f32x16
#define elufast_muladd_f32x16 elufast_fused_f32x16
#define elufast_fma_f32x16 elufast_fused_f32x16
#define elufast_exact_fma_f32x16 elufast_fused_f32x16

ELUFAST_TO_LANES(f64x8, __m512d, double, _mm512_set1_pd)
#define ELUFAST_LANES_f64x8(v) \
    _Generic((v), __m512d: elufast_as_it_is_f64x8, default: elufast_all_f64x8)(v)
#define elufast_fused_f64x8(a, b, c) \
    _mm512_fmadd_pd(ELUFAST_LANES_f64x8(a), ELUFAST_LANES_f64x8(b), ELUFAST_LANES_f64x8(c))
#define elufast_select_f64x8(truth, yes, no) \
    _mm512_mask_mov_pd(ELUFAST_LANES_f64x8(no), truth, ELUFAST_LANES_f64x8(yes))
#define elufast_number_f64x8 ELUFAST_LANES_f64x8
#define elufast_muladd_f64x8 elufast_fused_f64x8
#define elufast_fma_f64x8 elufast_fused_f64x8
#define elufast_exact_fma_f64x8 elufast_fused_f64x8

/* Parameters that are lanes make no difference here. */
#define elufast_number_f32x16_each elufast_number_f32x16
#define elufast_muladd_f32x16_each elufast_muladd_f32x16
#define elufast_fma_f32x16_each elufast_fma_f32x16
#define elufast_exact_fma_f32x16_each elufast_exact_fma_f32x16
#define elufast_select_f32x16_each elufast_select_f32x16
#define elufast_number_f64x8_each elufast_number_f64x8
#define elufast_muladd_f64x8_each elufast_muladd_f64x8
#define elufast_fma_f64x8_each elufast_fma_f64x8
#define elufast_exact_fma_f64x8_each elufast_exact_fma_f64x8
#define elufast_select_f64x8_each elufast_select_f64x8

#endif
